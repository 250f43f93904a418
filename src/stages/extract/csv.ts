import { electronicIban } from '../../core/account.ts';
import { Failure } from '../../core/failure.ts';
import { isCurrency } from '../../core/money.ts';
import type { CalendarDate } from '../../core/date.ts';
import type { DateOrder, DecimalMark } from '../../core/numerals.ts';
import { findAmount, parseAmount, parseDate } from '../../core/numerals.ts';
import type { EntryStatus, PrintedTotal, RawEntry, RawPart, StatementBalance } from '../../core/statement.ts';
import { CHUNK_ENTRIES } from '../../core/statement.ts';
import type { DocumentSource, ReadContext, Reader } from './contract.ts';
import { readLabels } from './csv-description.ts';
import { findTable, sameTitle } from './csv-columns.ts';
import type { Dialect } from './csv-dialect.ts';
import type { Row } from './csv-rows.ts';
import { DELIMITERS, decodeHead, findEncodings, headRows, readRows, wideEncoding } from './csv-dialect.ts';
import type { Table } from './csv-table.ts';
import type { Facts } from './csv-labels.ts';
import { bareBalance, filledTexts, labelOf, readFacts, readPreamble, totalKind, withoutApostrophes } from './csv-labels.ts';
import type { Reading } from './csv-reading.ts';
import { add, ambiguous, settleReading, signedAmount } from './csv-reading.ts';
import { currencyIn, foldWords } from './csv-titles.ts';
import type { Role } from './csv-titles.ts';
import type { StatementProfile } from './profile.ts';
import { sniff } from './sniff.ts';

/**
 * CSV: what banks export when nothing better is to be had. There is no standard; RFC 4180 describes the quoting at most. The document is
 * read twice: once to settle encoding, delimiter, columns, dates, decimals and signs (as far as needed), once to yield its entries.
 */
export const csvReader: Reader = {
  name: 'csv',
  recognise,
  read,
};

const EXTRACTOR = 'csv@1';

// The first characters of other text formats: XML and HTML, SWIFT, OFX, QIF, BAI2, PDF, JSON, RTF.
const OTHER_FORMAT = /^\s*(?:<|\{|\[|:20:|OFXHEADER|!(?:Type|Account|Option)|01,[^,]*,[^,]*,\d{6}[,/]|%PDF-)/i;

function recognise(head: Buffer): boolean {
  const wide = wideEncoding(head);
  // Zeros in anything but UTF-16 make it binary.
  if (wide === undefined && head.includes(0)) return false;
  const text = new TextDecoder(wide ?? 'latin1').decode(head.subarray(0, 4_096)).replace(/^(?:\ufeff|\u00ef\u00bb\u00bf)/, '');
  return !OTHER_FORMAT.test(text) && DELIMITERS.some((delimiter) => text.includes(delimiter));
}

async function* read(source: DocumentSource, context: ReadContext): AsyncGenerator<RawPart, void, void> {
  const { dialect, table, head, profile } = await recogniseTable(source, context);
  const facts = readPreamble(table.preamble, '.', 'dmy');
  const currency = profile?.currency ?? table.currency ?? facts.currency;
  const reading = await settleReading(readRows(source, dialect, head), table, profile, currency);
  const statements = new Statements(table, reading, profile);
  for await (const rows of readRows(source, dialect, head)) {
    for (const row of rows) if (row.line >= table.body_line) statements.add(row);
    yield* statements.take(false);
  }
  yield* statements.take(true);
}

interface Recognised {
  dialect: Dialect;
  table: Table;
  /** The document's first lines. */
  head: string;
  profile: StatementProfile | undefined;
}

/** Tries every dialect on the document's first lines; the one with the plainest table is its own. Throws not_a_statement. */
async function recogniseTable(source: DocumentSource, context: ReadContext): Promise<Recognised> {
  const bytes = await sniff(source);
  const encodings = await findEncodings(source);
  const profiles = context.profiles.filter((profile) => profile.format === 'csv' && profile.match !== undefined);
  let best: Recognised | undefined;
  let best_score = 0;
  for (const profile of [...profiles, undefined]) {
    for (const encoding of profile?.encoding === undefined ? encodings : [profile.encoding]) {
      const complete = bytes.length === source.size;
      const head = decodeHead(bytes, encoding, complete);
      for (const delimiter of profile?.delimiter === undefined ? DELIMITERS : [profile.delimiter]) {
        // Where quotation marks enclose nothing, they are characters of the text.
        for (const quoted of head.includes('"') ? [true, false] : [true]) {
          const dialect = { encoding, delimiter, quoted };
          const rows = headRows(head, dialect, complete);
          if (rows === undefined || (profile !== undefined && !applies(profile, rows))) continue;
          const table = findTable(rows, profile);
          // Where the titles do not tell the code pages apart, the letters do.
          const score = table === undefined ? 0 : table.score - (encoding === 'windows-1252' && CENTRAL_EUROPEAN.test(head) ? HALF_A_TITLE : 0);
          if (table !== undefined && score > best_score) {
            best = { dialect, table, head, profile };
            best_score = score;
          }
        }
      }
    }
    if (best !== undefined) return best;
  }
  throw new Failure('not_a_statement', 'the document is text, and no row of it has the titles or the values of a bank statement (a date and an amount); '
    + 'if it is one, name its columns in a profile in rules/profiles/', { line: 1 });
}

/** Polish letters of Windows-1250 as Windows-1252 shows them, inside words. */
const CENTRAL_EUROPEAN = /\p{L}{2}[³¹¿]|[³¹¿]\p{L}/u;
const HALF_A_TITLE = 0.5;

/** More lines than any header is below the beginning. */
const MATCH_ROWS = 100;

function applies({ match }: StatementProfile, rows: readonly Row[]): boolean {
  const first = rows.slice(0, MATCH_ROWS);
  if (match?.header !== undefined && !first.some(({ cells }) => match.header!.every((title) => cells.some((cell) => sameTitle(cell, title))))) return false;
  return match?.text === undefined || first.some(({ cells }) => cells.some((cell) => cell.includes(match.text!)));
}

/** One bank account in one currency. */
interface Account {
  statement: number;
  /** The part of the document where it stands first. */
  section: number;
  account: string | null;
  bank: string | null;
  currency: string | null;
  entries: RawEntry[];
  failure: Failure | null;
  /** Steps of the booking dates in document order. */
  forwards: number;
  backwards: number;
  last_date: CalendarDate | null;
  /** Rows that wait to be booked and have a word in place of a date. */
  undated: number;
  opening: StatementBalance<string> | null;
  closing: StatementBalance<string> | null;
}

/** More accounts than a company has; a column of references taken for accounts would else open a statement for each row. */
const MAX_ACCOUNTS = 1_000;

/** Far more lines of text than stand around the tables of any statement; they are kept until its end. */
const MAX_NOTES = 10_000;

/** Words of a status column. What was refused or cancelled moved no money. */
const PENDING = new RegExp('\\b(?:pending|authori[sz]ed|processing|vorgemerkt|vormerkung|offen|ausstehend|en attente|en cours|in behandeling|gereserveerd'
  + '|pendiente|retenido|autorizzat[oa]|in sospeso|non contabilizzat[oa]|oczekujac[ay]|w toku|reserverad|vantande|venter|reserveret|afventer|reservert|odottaa|varaus|fuggo)\\b');
const NOT_BOOKED = new RegExp('\\b(?:failed|declined|rejected|cancell?ed|reverted|voided|abgelehnt|storniert|fehlgeschlagen|refuse|rejete|annule|geweigerd'
  + '|geannuleerd|rifiutat[oa]|annullat[oa]|rechazad[oa]|cancelad[oa]|odrzucon[ay]|anulowan[ay]|avvisad|misslyckad|afvist|annulleret|avvist|hylatty|peruttu)\\b');
const YES = /^(?:true|yes|y|1|ja|oui|si)$/i;

/** The document's accounts while its rows are read. Entries leave in chunks; what remains is a few numbers for each account. */
class Statements {
  readonly #table: Table;
  readonly #reading: Reading;
  readonly #profile: StatementProfile | undefined;
  readonly #accounts: Account[] = [];
  readonly #byKey = new Map<string, Account>();
  /** Most rows are of the account of the row before. */
  #last: { number: string | null; printed: string; account: Account } | undefined;
  /** The parts of the document, one for each account that a preamble names: the rows that are no entries, and what those above it say. */
  readonly #sections: { notes: Row[]; preamble: Facts }[];
  readonly #totals: PrintedTotal[] = [];
  readonly #mark: DecimalMark;
  readonly #order: DateOrder;
  /** By the order in which they are read; null for what is no date. */
  readonly #dates: Readonly<Record<DateOrder, Map<string, CalendarDate | null>>> = { dmy: new Map(), mdy: new Map(), ymd: new Map() };
  /** Where a row's text may be nothing but a label. */
  readonly #labelColumns: readonly number[];
  #line = 0;
  #noteCount = 0;
  /** How many of the section's notes stood there when the titles came last. */
  #notesSeen = 0;
  #buffered = 0;
  /** The last entry while rows that continue its text may follow. */
  #open: RawEntry | undefined;

  constructor(table: Table, reading: Reading, profile: StatementProfile | undefined) {
    this.#table = table;
    this.#reading = reading;
    this.#profile = profile;
    this.#mark = reading.marks.get(table.columns.amount?.[0] ?? table.columns.debit?.[0] ?? table.columns.credit![0]!) ?? '.';
    this.#order = reading.orders.get(table.columns.booking_date![0]!)!;
    const { columns } = table;
    this.#labelColumns = [columns.booking_date![0]!, ...(columns.description ?? []), ...(columns.counterparty_name ?? [])];
    this.#sections = [{ notes: [...table.preamble], preamble: readPreamble(table.preamble, this.#mark, this.#order) }];
  }

  /** Takes the next row of the table's body. */
  add(row: Row): void {
    try {
      this.#addRow(row);
    } catch (error) {
      // One account that cannot be read leaves the others of the document readable.
      if (!(error instanceof Failure) || this.#text(row, 'account') === null) throw error;
      this.#accountOf(row).failure ??= error;
    }
  }

  /** The parts that are due: all entries when enough have gathered, and at the end every statement's head. */
  *take(end: boolean): Generator<RawPart, void, void> {
    if (!end && this.#buffered < CHUNK_ENTRIES) return;
    for (const account of this.#accounts) {
      // The last entry stays until it is known that no row continues it.
      const rest = end || account.entries.at(-1) !== this.#open ? [] : account.entries.slice(-1);
      const due = account.entries.slice(0, account.entries.length - rest.length);
      account.entries = rest;
      if (account.failure !== null) continue;
      for (let at = 0; at < due.length; at += CHUNK_ENTRIES) yield { part: 'entries', statement: account.statement, entries: due.slice(at, at + CHUNK_ENTRIES) };
    }
    this.#buffered = this.#open === undefined ? 0 : 1;
    if (!end) return;
    const failures = this.#accounts.filter((account) => account.failure !== null);
    if (failures.length === this.#accounts.length && failures.length > 0) throw failures[0]!.failure!;
    for (const account of this.#accounts) yield this.#end(account);
  }

  #end(account: Account): RawPart {
    if (account.failure !== null) {
      const { code, message, location } = account.failure;
      return { part: 'failed', statement: account.statement, account: account.account, code, message, location };
    }
    const facts = readFacts(this.#sections[account.section]!.notes, this.#mark, this.#order);
    // Balances and totals that stand beside the rows are those of the only account there.
    const whole = this.#accounts.every((other) => other === account || other.section !== account.section) ? facts : null;
    return {
      part: 'end',
      statement: account.statement,
      head: {
        format: 'csv', extractor: EXTRACTOR, account: account.account ?? whole?.account ?? null, bank: account.bank ?? facts.bank, currency: account.currency, statement_id: null, sequence: null,
        from: facts.from, to: facts.to,
        opening_balance: account.opening ?? whole?.opening_balance ?? null,
        closing_balance: account.closing ?? whole?.closing_balance ?? (this.#table.columns.balance === undefined ? whole?.balance ?? null : null),
        printed_totals: this.#accounts.length === 1 ? this.#totals : [],
        newest_first: this.#profile?.newest_first ?? account.backwards > account.forwards,
        reader_checks: account.undated === 0 ? [] : [{
          name: 'pending_without_date', ok: true, detail: `${account.undated} rows that wait to be booked have no date yet and are left out`,
        }],
      },
    };
  }

  #addRow(row: Row): void {
    const dateText = this.#dateText(row);
    if (this.#table.header === null && bareBalance(filledTexts(row.cells)) !== null) return this.#note(row);
    const date = dateText === '' ? undefined : this.#date(dateText, this.#order);
    const amount = signedAmount(row, this.#table, this.#reading, this.#profile);
    const label = this.#labelOf(row, date === undefined || amount === undefined ? ANY_TEXT : BALANCE_WORDS);
    if (label === 'opening' || label === 'closing') return this.#addBalance(row, label, date);
    if (date !== undefined && amount !== undefined) return this.#addEntry(row, date, amount);
    if (date === undefined && amount !== undefined && label !== null) return this.#addTotals(row, label, amount);
    // Without a day there is nothing to preview: what is still to be booked comes again with its day.
    if (date === undefined && amount !== undefined && PENDING.test(foldWords(dateText))) return this.#addUndated(row);
    const printed = this.#moneyText(row);
    // Text in the amount's column is a note; what begins like a number is one that is broken.
    if (date === undefined && amount === undefined && !/^[^\p{L}]{0,3}\d/u.test(printed)) return this.#addNote(row);
    if (date === undefined && amount !== undefined) {
      const found = dateText === '' ? '' : `: "${dateText.slice(0, 40)}" is none`;
      throw new Failure('malformed', `the row has the amount "${printed}" and no date${found}`, { line: row.line });
    }
    throw new Failure('malformed', printed === '' ? 'the row has a date and no amount' : `"${printed.slice(0, 40)}" is no amount`, { line: row.line });
  }

  #addUndated(row: Row): void {
    this.#open = undefined;
    this.#accountOf(row).undated++;
  }

  #addEntry(row: Row, booking_date: CalendarDate, amount: string): void {
    if (amount === 'both') throw new Failure('malformed', 'the row has money going out and coming in', { line: row.line });
    if (amount === 'no_side') {
      throw ambiguous(this.#table, `nothing says whether "${this.#moneyText(row)}" goes out or comes in`, [
        `debit_words: [${JSON.stringify(this.#cell(row, 'indicator'))}]    # the words in the indicator column that mean money out`,
        'credit_words: []   # and money in',
      ], row.line);
    }
    const account = this.#accountOf(row);
    this.#line++;
    if (account.failure !== null) return;
    if (account.last_date !== null && booking_date > account.last_date) account.forwards++;
    if (account.last_date !== null && booking_date < account.last_date) account.backwards++;
    account.last_date = booking_date;
    if (this.#table.columns.opening_balance !== undefined) account.opening ??= this.#statementBalance(row, 'opening_balance');
    if (this.#table.columns.closing_balance !== undefined) account.closing ??= this.#statementBalance(row, 'closing_balance');
    const entry = this.#entry(row, booking_date, amount, account.currency);
    account.entries.push(entry);
    this.#buffered++;
    this.#open = entry;
  }

  #entry(row: Row, booking_date: CalendarDate, amount: string, currency: string | null): RawEntry {
    const { columns } = this.#table;
    const out = amount[0] === '-';
    const name = this.#text(row, 'counterparty_name') ?? this.#name(row, out ? 'payee_name' : 'payer_name') ?? this.#name(row, out ? 'payer_name' : 'payee_name');
    const number = this.#accountNumber(row, 'counterparty_account') ?? this.#accountNumber(row, out ? 'payee_account' : 'payer_account');
    const bank = this.#text(row, 'counterparty_bank');
    const ultimate = this.#text(row, 'ultimate_name');
    const code = this.#text(row, 'transaction_code');
    const value = this.#cell(row, 'value_date');
    const texts = this.#descriptionTexts(row);
    const entry: RawEntry = {
      amount,
      currency,
      bank_reference: this.#text(row, 'bank_reference'),
      end_to_end_id: this.#text(row, 'end_to_end_id'),
      mandate_id: this.#text(row, 'mandate_id'),
      customer_reference: this.#text(row, 'customer_reference'),
      transaction_code: code === null ? null : { domain: null, family: null, subfamily: null, proprietary: code },
      return_reason: this.#text(row, 'return_reason'),
      counterparty: name === null && number === null && bank === null ? null : { name, account: number, bank },
      ultimate_counterparty: ultimate === null ? null : { name: ultimate },
      remittance: texts.join(' ') || null,
      structured_reference: this.#text(row, 'structured_reference'),
      instructed: null,
      exchange_rate: null,
      charges: [],
      line: this.#line,
      booking_date,
      value_date: value === '' ? null : this.#date(value, this.#reading.orders.get(columns.value_date![0]!)!) ?? null,
      status: this.#status(row),
      reversal: false,
      source: { page: null, line: row.line },
      details: [],
      balance_after: this.#balanceAfter(row, amount),
    };
    readLabels(texts, entry);
    if (columns.instructed_amount !== undefined) this.#addInstructed(entry, row);
    if (columns.fee !== undefined) {
      const fee = this.#number(row, 'fee');
      // What is charged is money out, with a minus or without; beside an amount that it is added to, its sign is its own.
      const charged = fee !== null && fee[0] !== '-' && this.#reading.fee !== 'more' ? negated(fee) : fee;
      if (charged !== null && /[1-9]/.test(charged)) entry.charges = [{ amount: charged, currency, bearer: null }];
    }
    return entry;
  }

  #statementBalance(row: Row, role: 'opening_balance' | 'closing_balance'): StatementBalance<string> | null {
    const amount = this.#number(row, role);
    return amount === null ? null : { amount, date: null };
  }

  #balanceAfter(row: Row, amount: string): string | null {
    const { columns } = this.#table;
    if (columns.balance !== undefined) return this.#number(row, 'balance');
    const before = columns.balance_before === undefined ? null : this.#number(row, 'balance_before');
    return before === null ? null : add(before, amount);
  }

  /** What was instructed in another currency, where the row names both. */
  #addInstructed(entry: RawEntry, row: Row): void {
    const text = this.#cell(row, 'instructed_amount');
    const currency = this.#text(row, 'instructed_currency') ?? currencyIn(text);
    const amount = text === '' ? undefined : parseAmount(text, this.#mark);
    if (amount === undefined || currency === null || !isCurrency(currency) || currency === entry.currency) return;
    entry.instructed = { amount, currency };
    const rate = this.#cell(row, 'exchange_rate');
    entry.exchange_rate = rate === '' ? null : parseAmount(rate, this.#mark) ?? null;
  }

  /** A row without date and amount: blank, the titles again, a fact, the next line of the last entry's text, or a note. */
  #addNote(row: Row): void {
    const filled = row.cells.flatMap((cell, column) => (cell.trim() === '' ? [] : [column]));
    if (filled.length === 0) return;
    const header = this.#table.header;
    if (header !== null && row.cells.length >= header.cells.length && header.cells.every((cell, i) => cell === row.cells[i])) return this.#startSection();
    const description = this.#table.columns.description ?? [];
    if (this.#open !== undefined && filled.every((column) => description.includes(column)) && this.#labelOf(row, ANY_TEXT) === null) {
      this.#open.remittance = [this.#open.remittance, ...this.#descriptionTexts(row)].filter((text) => text !== null).join(' ');
      return;
    }
    this.#note(row);
  }

  #note(row: Row): void {
    this.#open = undefined;
    if (++this.#noteCount > MAX_NOTES) throw new Failure('too_large', `the document has more than ${MAX_NOTES} rows without date and amount`, { line: row.line });
    this.#sections.at(-1)!.notes.push(row);
  }

  /** The titles stand there again: another account follows when one is named since its predecessor's last row. */
  #startSection(): void {
    this.#open = undefined;
    const { notes, preamble } = this.#sections.at(-1)!;
    const recent = notes.slice(this.#notesSeen);
    const found = recent.findLastIndex(({ cells }) => cells.some((cell) => labelOf(cell.split(':')[0]!.trim()) === 'account'));
    const at = found < 0 ? -1 : this.#notesSeen + found;
    const next = readPreamble(at < 0 ? [] : notes.slice(at), this.#mark, this.#order);
    this.#notesSeen = notes.length;
    if (next.account === null || next.account === preamble.account) return;
    this.#sections.push({ notes: notes.splice(at), preamble: next });
    this.#notesSeen = this.#sections.at(-1)!.notes.length;
  }

  #addBalance(row: Row, label: 'opening' | 'closing', date: CalendarDate | undefined): void {
    this.#open = undefined;
    const amount = this.#number(row, 'balance') ?? this.#number(row, 'amount') ?? this.#number(row, 'credit') ?? negated(this.#number(row, 'debit'));
    // Without a date it may belong to the account that follows.
    if (amount === null || (date === undefined && this.#text(row, 'account') === null)) return this.#note(row);
    const account = this.#accountOf(row);
    account[label] ??= { amount, date: date ?? null };
  }

  #addTotals(row: Row, label: 'count' | 'total', amount: string): void {
    this.#open = undefined;
    const { columns } = this.#table;
    if (label === 'count') {
      if (/^-?\d{1,9}$/.test(amount)) this.#totals.push({ kind: 'count', count: Math.abs(Number(amount)) });
    } else if (columns.debit !== undefined || columns.credit !== undefined) {
      for (const [role, kind] of [['debit', 'debits'], ['credit', 'credits']] as const) {
        const total = this.#number(row, role);
        if (total !== null) this.#totals.push({ kind, amount: total });
      }
    } else if (amount !== 'both' && amount !== 'no_side') this.#totals.push({ kind: totalKind(row.cells.join(' ')), amount });
  }

  /** A row's label, where one of its texts is nothing but a label. */
  #labelOf(row: Row, like: RegExp): RowLabel | null {
    let filled = 0;
    for (const column of this.#labelColumns) {
      const text = row.cells[column];
      if (text === undefined || text === '') continue;
      filled++;
      const label = like.test(text) ? rowLabel(text) : null;
      if (label !== null) return label;
    }
    // Where the texts of an entry are blank, the label stands in another column.
    return filled > 1 ? null : row.cells.map((text) => (like.test(text) ? rowLabel(text) : null)).find((label) => label !== null) ?? null;
  }

  #accountOf(row: Row): Account {
    const number = this.#accountNumber(row, 'account') ?? this.#profile?.account ?? this.#sections.at(-1)!.preamble.account;
    const printed = this.#cell(row, 'currency');
    const last = this.#last;
    if (last !== undefined && last.number === number && last.printed === printed) return last.account;
    const account = this.#findAccount(row, number, printed);
    this.#last = { number, printed, account };
    return account;
  }

  #findAccount(row: Row, number: string | null, printed: string): Account {
    const { columns, currency: titled } = this.#table;
    const { preamble } = this.#sections.at(-1)!;
    const code = isCurrency(printed.toUpperCase()) ? printed.toUpperCase() : currencyIn(printed);
    const key = `${number ?? ''}\n${code ?? ''}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const currency = code ?? this.#profile?.currency ?? titled ?? preamble.currency ?? (columns.currency === undefined ? currencyBeside(this.#moneyText(row)) : null);
    // A row that leaves out its currency is of the account's own.
    const same = this.#accounts.find((other) => other.account === number
      && (other.currency === null || other.currency === currency || (code === null && columns.currency !== undefined)));
    if (same === undefined && this.#accounts.length === MAX_ACCOUNTS) {
      const problem = `the document has more than ${MAX_ACCOUNTS} accounts; is the column "${this.#title('account')}" the own account?`;
      throw new Failure('too_large', problem, { line: row.line });
    }
    const account: Account = same ?? {
      statement: this.#accounts.length, section: this.#sections.length - 1, account: number, bank: this.#text(row, 'account_bank'), currency, entries: [], failure: null,
      forwards: 0, backwards: 0, last_date: null, undated: 0, opening: null, closing: null,
    };
    account.currency ??= currency;
    this.#byKey.set(key, account);
    if (same === undefined) this.#accounts.push(account);
    return account;
  }

  #status(row: Row): EntryStatus {
    const { columns } = this.#table;
    if (columns.pending !== undefined && YES.test(this.#cell(row, 'pending'))) return 'pending';
    if (columns.status === undefined) return 'booked';
    const words = foldWords(this.#cell(row, 'status'));
    return PENDING.test(words) ? 'pending' : NOT_BOOKED.test(words) ? 'information' : 'booked';
  }

  #title(role: Role): string {
    const column = this.#table.columns[role]?.[0];
    return column === undefined ? role : this.#table.header?.cells[column]?.trim() ?? `column ${column + 1}`;
  }

  #cell(row: Row, role: Role): string {
    const column = this.#table.columns[role]?.[0];
    return column === undefined ? '' : row.cells[column]?.trim() ?? '';
  }

  #text(row: Row, role: Role): string | null {
    const text = this.#cell(row, role);
    if (text === '' || text === '-') return null;
    return withoutApostrophes(text) || null;
  }

  #accountNumber(row: Row, role: 'account' | 'counterparty_account' | 'payee_account' | 'payer_account'): string | null {
    const text = this.#text(row, role);
    return text === null ? null : electronicIban(text);
  }

  /** A name has letters: some banks put the own account where the payer's name belongs. */
  #name(row: Row, role: 'payer_name' | 'payee_name'): string | null {
    const text = this.#text(row, role);
    return text !== null && LETTER.test(text) ? text : null;
  }

  #descriptionTexts(row: Row): string[] {
    const texts = (this.#table.columns.description ?? []).map((column) => withoutApostrophes(row.cells[column] ?? ''));
    return texts.filter((text, i) => text !== '' && text !== '-' && texts.indexOf(text) === i);
  }

  /** A number of the row as a plain decimal; null where the cell is blank. Throws malformed where it is no number. */
  #number(row: Row, role: 'amount' | 'debit' | 'credit' | 'balance' | 'balance_before' | 'opening_balance' | 'closing_balance' | 'fee'): string | null {
    const text = this.#cell(row, role);
    if (text === '') return null;
    const value = parseAmount(text, this.#reading.marks.get(this.#table.columns[role]![0]!) ?? '.');
    if (value === undefined) throw new Failure('malformed', `"${text.slice(0, 40)}" under "${this.#title(role)}" is no amount`, { line: row.line });
    return value;
  }

  #moneyText(row: Row): string {
    return this.#cell(row, 'amount') || this.#cell(row, 'debit') || this.#cell(row, 'credit');
  }

  #dateText(row: Row): string {
    for (const column of this.#table.columns.booking_date!) {
      const text = row.cells[column]?.trim();
      if (text !== undefined && text !== '') return text;
    }
    return '';
  }

  /** Dates repeat from row to row; most are looked up. */
  #date(text: string, order: DateOrder): CalendarDate | undefined {
    const known = this.#dates[order];
    const before = known.get(text);
    if (before !== undefined) return before ?? undefined;
    if (known.size === KNOWN_DATES) known.clear();
    const date = parseDate(text, order);
    known.set(text, date ?? null);
    return date;
  }
}

const ANY_TEXT = /\S/;
const LETTER = /\p{L}/u;
/** A piece of every opening and closing label: saves looking for one in each description. */
const BALANCE_WORDS = /balan|saldo|stand|solde|bestand|vortrag|bertrag|forward|b\W?f\b/i;

/** The days of some years; timestamps, of which each is new, must not fill the memory. */
const KNOWN_DATES = 4_096;

/** The currency printed beside an amount, with a space between them or not. */
function currencyBeside(text: string): string | null {
  return currencyIn(findAmount(text)?.currency ?? text);
}

type RowLabel = 'opening' | 'closing' | 'count' | 'total';

function rowLabel(text: string): RowLabel | null {
  const label = labelOf(text.trim());
  return label === 'opening' || label === 'closing' || label === 'count' || label === 'total' ? label : null;
}

function negated(amount: string | null): string | null {
  return amount === null ? null : amount[0] === '-' ? amount.slice(1) : `-${amount}`;
}
