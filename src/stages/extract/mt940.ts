import type { CalendarDate } from '../../core/date.ts';
import { Failure } from '../../core/failure.ts';
import { ibanStatus } from '../../core/account.ts';
import { isCurrency } from '../../core/money.ts';
import { CHUNK_ENTRIES, type Check, type PrintedTotal, type RawEntry, type RawPart, type RawStatement } from '../../core/statement.ts';
import type { DocumentSource, Reader } from './contract.ts';
import { readTransaction } from './mt940-information.ts';
import { readLines } from './lines.ts';
import { parseAmount, parseBalance, parseDate, parseStatementLine, type PrintedBalance, type StatementLine } from './mt940-statement-line.ts';

/**
 * SWIFT Standards MT, category 9: MT940 Customer Statement, MT942 Interim Transaction Report, and MT950 Statement (an MT940 without
 * field 86), in their FIN envelope or bare, as banks deliver them in files. Pages of one statement (field 28C, fields 60M and 62M) that follow on
 * each other are one statement.
 */
const EXTRACTOR = 'mt940@1';

/** The standard allows 6 lines of 65; banks send more, but none a book. */
const MAX_FIELD_CHARACTERS = 65_536;
/** A million fields 86 behind one field 61 must not fill the memory. */
const MAX_INFORMATION_LINES = 10_000;

export const mt940Reader: Reader = {
  name: 'mt940',

  /** A FIN message of any type, so that others are refused by name; or the fields of a statement, each at the beginning of a line. */
  recognise(head: Buffer): boolean {
    const text = head.toString('latin1');
    return /\{1:[A-Z]?\d\d[A-Z]{6}[^}]{0,40}\}\s{0,4}\{2:/.test(text)
      || (/(?:^|[^ -~]):(?:20|25P?|28C?):/.test(text) && /[\r\n]:(?:60[FM]|61|62[FM]|34F|90[CD]):/.test(text));
  },

  /**
   * Throws `truncated` for a message that ends before its closing balance, `too_large` with the line, `unsupported_format` for other
   * messages, `not_a_statement`. A statement whose fields break the standard yields `failed`.
   */
  async *read(source: DocumentSource): AsyncGenerator<RawPart> {
    const messages = new MessageReader();
    for await (const { first, texts } of readLines(source.read())) {
      for (let i = 0; i < texts.length; i++) messages.add(texts[i]!, first + i);
      yield* messages.take();
    }
    messages.end();
    yield* messages.take();
    if (messages.count === 0) {
      throw messages.otherType === null
        ? new Failure('not_a_statement', 'the document has fields of MT940, but no message with a balance or an entry')
        : new Failure('unsupported_format', `the document is an MT${messages.otherType} message, which is no statement with entries; ask for MT940 or MT942`);
    }
  },
};

interface Field {
  readonly tag: string;
  readonly line: number;
  /** The section in which the field was met. */
  readonly section: Section;
  /** The field's lines, the first without the tag. */
  readonly texts: string[];
  characters: number;
}

/** What stands before a message's entries. */
interface MessageHead {
  readonly line: number;
  bank: string | null;
  reference: string | null;
  account: string | null;
  number: StatementNumber | null;
  currency: string | null;
  opening: PrintedBalance | null;
  /** Field 60M: the opening balance of a page that is not the first. */
  continues: boolean;
  /** A field 34F or 13D makes it an MT942. */
  interim: boolean;
  /** Entries below a floor limit are left out, so that totals say nothing about those that are there. */
  floorLimit: boolean;
  reportedOn: CalendarDate | null;
}

interface StatementNumber {
  readonly number: string;
  readonly page: number | null;
}

/** One statement while it is being read, page by page. */
interface Statement {
  readonly index: number;
  readonly head: MessageHead;
  lastPage: number | null;
  entries: RawEntry[];
  closing: PrintedBalance | null;
  /** Field 62M: another page follows. */
  continued: boolean;
  totals: PrintedTotal[];
  pages: number;
  pending: boolean;
  readonly checks: Check[];
  failure: Failure | undefined;
}

/** The field 61 whose fields 86 may still come. */
interface OpenEntry {
  readonly line: number;
  readonly statementLine: StatementLine;
  readonly supplementary: string;
  readonly information: string[];
}

/**
 * - `outside`: between messages, where envelopes stand, and the lines that some banks put there
 * - `head`: before the first entry
 * - `entries`: from the first field 61; only what may follow there is a field, so that a time of day at the beginning of a line is not
 * - `closed`: from the closing balance, or the totals of an MT942
 */
type Section = 'outside' | 'head' | 'entries' | 'closed';

class MessageReader {
  /** Statements found so far. */
  count = 0;
  /** The type of a message that is no statement. */
  otherType: string | null = null;
  #parts: RawPart[] = [];
  #entryCount = 0;
  #section: Section = 'outside';
  #field: Field | undefined;
  #head: MessageHead | undefined;
  #statement: Statement | undefined;
  #entry: OpenEntry | undefined;
  /** The statement whose next page may follow. */
  #held: Statement | undefined;
  /** Inside `{4:`, which ends with `-}`. */
  #enveloped = false;
  #skipped = false;
  #type: string | null = null;
  #bank: string | null = null;
  /** A line is understood in the light of the next one. */
  #waiting: string | null = null;
  #waitingLine = 0;

  /** The parts that are complete since the last call. */
  take(): RawPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  add(text: string, line: number): void {
    if (isBlank(text)) return;
    if (this.#waiting !== null) this.#line(this.#waiting, this.#waitingLine, text);
    this.#waiting = text;
    this.#waitingLine = line;
  }

  end(): void {
    if (this.#waiting !== null) this.#line(this.#waiting, this.#waitingLine, null);
    if (this.#enveloped && (this.#section === 'head' || this.#section === 'entries')) {
      const line = this.#field?.line ?? this.#head!.line;
      throw new Failure('truncated', 'the document ends in the middle of a message: neither its closing balance nor its end "-}" is there', { line });
    }
    this.#endMessage();
    if (this.#held !== undefined) this.#finish(this.#held);
  }

  #line(printed: string, line: number, next: string | null): void {
    // Message marks (SOH, ETX) and a byte order mark stand around the first and last lines.
    const text = printed.charCodeAt(0) < 0x20 || printed.charCodeAt(0) === 0xfeff ? withoutMarks(printed) : printed;
    if (text.charCodeAt(0) === COLON) {
      const tag = this.#tagOf(text, next);
      if (tag !== null) return this.#startField(tag, text, line);
    } else if (this.#endsMessage(text, next)) {
      this.#endMessage();
      if (text.includes('{')) this.#envelope(text, line);
      return;
    } else if (text.includes('{') && (this.#section === 'outside' ? /\{[124]:/ : /^[^{]{0,8}\{1:/).test(text)) {
      return this.#envelope(text, line);
    }
    if (this.#section === 'outside') {
      if (BIC.test(text.trim())) this.#bank = text.trim();
    } else if (this.#field !== undefined) this.#continueField(text);
  }

  /** A line `-` ends a message, unless it is a wrapped dash; after the closing balance whatever begins with a dash does. */
  #endsMessage(text: string, next: string | null): boolean {
    if (text[0] !== '-' || this.#section === 'outside') return false;
    if (text.startsWith('-}') || this.#section === 'closed') return true;
    return withoutMarks(text.slice(1)) === '' && (next === null || !/^:(?:6|86)/.test(next));
  }

  /** Blocks 1 and 2 name the sender (FIN user handbook): of an input message in block 1, of an output message in block 2. */
  #envelope(text: string, line: number): void {
    const first = /\{1:[A-Z]?\d\d([A-Z0-9]{8,12})/.exec(text)?.[1];
    const second = /\{2:([IO]?)(\d{3})(?:\d{10}([A-Z0-9]{12}))?/.exec(text);
    if (first !== undefined || second !== null) this.#endMessage();
    if (first !== undefined) {
      this.#bank = bankOf(first);
      this.#type = null;
    }
    if (second !== null) {
      this.#type = second[2]!;
      if (second[1] === 'O' && second[3] !== undefined) this.#bank = bankOf(second[3]);
    }
    const block = text.indexOf('{4:');
    if (block < 0) return;
    this.#endMessage();
    this.#skipped = this.#type !== null && !STATEMENT_TYPES.has(this.#type);
    if (this.#skipped) {
      this.otherType ??= this.#type;
    } else {
      this.#startMessage(line);
      this.#enveloped = true;
    }
    const rest = text.slice(block + 3);
    if (rest.trim() !== '') this.#line(rest, line, null);
  }

  /** The tag of the field that begins with this line, or null where it does not begin one. */
  #tagOf(text: string, next: string | null): string | null {
    if (this.#skipped) return null;
    const close = text.indexOf(':', 1);
    const tag = close === 3 || close === 4 ? text.slice(1, close) : '';
    if (!TAG.test(tag)) return null;
    if (this.#section !== 'entries' || ENTRY_FIELDS.has(tag) || tag.length === 3) return tag;
    return tag === '20' && next !== null && /^:2[1-8][A-Z]?:/.test(next) ? tag : null;
  }

  #startField(tag: string, text: string, line: number): void {
    this.#endField();
    if (HEAD_FIELDS.has(tag)) {
      const previous = this.#section === 'closed' && tag.startsWith('60') ? this.#head : undefined;
      if (this.#section === 'outside' || this.#section === 'closed' || (this.#section === 'entries' && tag === '20')) {
        this.#startMessage(line);
        if (previous !== undefined) this.#head = { ...previous, line, opening: null };
      }
    } else if (this.#section === 'outside') {
      // Lines of another kind of message, or of a statement whose beginning is missing.
      if (!ENTRY_FIELDS.has(tag)) return;
      this.#startMessage(line);
    }
    const own = text.slice(tag.length + 2);
    this.#field = { tag, line, section: this.#section, texts: [own], characters: own.length };
    if (tag === '61' && this.#section === 'head') this.#section = 'entries';
    else if (CLOSING_FIELDS.has(tag)) this.#section = 'closed';
  }

  #continueField(text: string): void {
    const field = this.#field!;
    field.characters += text.length;
    if (field.characters > MAX_FIELD_CHARACTERS) {
      throw new Failure('too_large', `field ${field.tag} is longer than ${MAX_FIELD_CHARACTERS} characters`, { line: field.line, field: field.tag });
    }
    field.texts.push(text);
  }

  #startMessage(line: number): void {
    this.#endMessage();
    this.#section = 'head';
    this.#skipped = false;
    this.#head = {
      line, bank: this.#bank, reference: null, account: null, number: null, currency: null, opening: null, continues: false,
      interim: this.#type === '942', floorLimit: false, reportedOn: null,
    };
  }

  #endMessage(): void {
    if (this.#section === 'outside') {
      this.#enveloped = this.#skipped = false;
      return;
    }
    this.#endField();
    const head = this.#head!;
    if (this.#statement === undefined && (head.opening !== null || head.interim)) this.#openStatement();
    const statement = this.#statement;
    if (statement !== undefined) {
      this.#endEntry(statement);
      if (statement.failure === undefined && statement.continued) this.#held = statement;
      else this.#finish(statement);
    }
    this.#section = 'outside';
    this.#statement = this.#head = this.#field = undefined;
    this.#enveloped = this.#skipped = false;
  }

  // ---- Fields

  #endField(): void {
    const field = this.#field;
    if (field === undefined) return;
    this.#field = undefined;
    if (this.#statement?.failure !== undefined) {
      if (field.tag === '61') this.#entryCount++;
      return;
    }
    try {
      this.#readField(field);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'malformed') throw error;
      const statement = this.#statement ?? this.#openStatement();
      statement.failure = new Failure(error.code, error.message, { line: field.line, field: field.tag, ...error.location }, error);
      statement.entries = [];
      this.#entry = undefined;
    }
  }

  #readField({ tag, line, section, texts }: Field): void {
    const head = this.#head!;
    const text = texts[0]!;
    if (HEAD_FIELDS.has(tag) && section !== 'head') {
      throw new Failure('malformed', `field ${tag} stands among the entries of the message that begins in line ${head.line}`);
    }
    switch (tag) {
      case '20':
        head.reference = text.trim() || null;
        break;
      case '25':
      case '25P':
        readAccount(texts, head);
        break;
      case '28':
      case '28C':
        head.number = parseNumber(text);
        break;
      case '13D':
        head.interim = true;
        head.reportedOn = parseDate(text.slice(0, 6)) ?? null;
        break;
      case '34F':
        readFloorLimit(text, head);
        break;
      case '60F':
      case '60M':
        if (head.opening !== null) throw new Failure('malformed', 'the message has two opening balances');
        head.opening = parseBalance(text, tag);
        head.continues = tag === '60M';
        head.currency = head.opening.currency;
        break;
      case '61':
        if (section === 'closed') throw new Failure('malformed', 'an entry stands behind the closing balance');
        this.#startEntry(texts, line);
        break;
      case '86':
        if (section === 'entries') this.#addInformation(texts);
        else if (section === 'closed' && this.#statement!.totals.length === 0) this.#statement!.totals = totalsOfInformation(texts.join(''));
        break;
      default:
        // Other fields, of the available balances and the bank's own (NS), say nothing about the entries.
        if (CLOSING_FIELDS.has(tag)) this.#close(tag, text);
        break;
    }
  }

  #startEntry(texts: readonly string[], line: number): void {
    const statement = this.#statement ?? this.#openStatement();
    this.#endEntry(statement);
    this.#entryCount++;
    const statementLine = parseStatementLine(texts[0]!, statement.head.opening?.date ?? null);
    this.#entry = { line, statementLine, supplementary: texts.slice(1).join(' '), information: [] };
  }

  /** Some banks repeat field 86 where the standard's six lines do not suffice. */
  #addInformation(texts: readonly string[]): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    for (const text of texts) if (!isBlank(text)) entry.information.push(text);
    if (entry.information.length > MAX_INFORMATION_LINES) {
      throw new Failure('too_large', `an entry has more than ${MAX_INFORMATION_LINES} lines of information`, { line: entry.line, field: '86' });
    }
  }

  #close(tag: string, text: string): void {
    const statement = this.#statement ?? this.#openStatement();
    this.#endEntry(statement);
    if (tag.startsWith('90')) {
      const [count, amount] = parseTotals(tag, text);
      if (statement.totals.some((total) => total.kind === count.kind)) throw new Failure('malformed', `the message has two fields ${tag}`);
      statement.totals.push(count, amount);
      return;
    }
    if (!tag.startsWith('62')) return;
    if (statement.closing !== null) throw new Failure('malformed', 'the message has two closing balances');
    statement.closing = parseBalance(text, tag);
    statement.continued = tag === '62M';
  }

  // ---- Statements

  /** At the message's first entry or closing balance: its head is known, and with it whether it is another page. */
  #openStatement(): Statement {
    const head = this.#head!;
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) {
      if (isNextPage(held, head)) {
        held.checks.push(...pageCheck(held, head));
        held.lastPage = head.number!.page;
        held.closing = null;
        held.continued = false;
        held.totals = [];
        held.pages++;
        return (this.#statement = held);
      }
      this.#finish(held);
    }
    return (this.#statement = {
      index: this.count++, head, lastPage: head.number?.page ?? null, entries: [], closing: null, continued: false, totals: [], pages: 1, pending: false,
      checks: [], failure: undefined,
    });
  }

  #endEntry(statement: Statement): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    this.#entry = undefined;
    const { booking_date, value_date, status, reversal } = entry.statementLine;
    if (status !== 'booked') statement.pending = true;
    const transaction = readTransaction(entry.statementLine, entry.supplementary, entry.information, statement.head.currency);
    statement.entries.push(Object.assign(transaction, {
      line: this.#entryCount, booking_date, value_date, status, reversal, source: { page: null, line: entry.line }, details: [], balance_after: null,
    }));
    if (statement.entries.length >= CHUNK_ENTRIES) this.#flush(statement);
  }

  #flush(statement: Statement): void {
    if (statement.entries.length > 0) this.#parts.push({ part: 'entries', statement: statement.index, entries: statement.entries });
    statement.entries = [];
  }

  #finish(statement: Statement): void {
    if (this.#held === statement) this.#held = undefined;
    const { failure, index } = statement;
    if (failure !== undefined) {
      const { code, message, location } = failure;
      this.#parts.push({ part: 'failed', statement: index, account: statement.head.account, code, message, location });
      return;
    }
    this.#flush(statement);
    this.#parts.push({ part: 'end', statement: index, head: headOf(statement) });
  }
}

const COLON = 0x3a;
const TAG = /^(?:\d\d[A-Z]?|NS)$/;
const BIC = /^[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/;
const STATEMENT_TYPES: ReadonlySet<string> = new Set(['940', '942', '950']);
const HEAD_FIELDS: ReadonlySet<string> = new Set(['20', '21', '25', '25P', '28', '28C', '13D', '34F', '60F', '60M']);
const CLOSING_FIELDS: ReadonlySet<string> = new Set(['62F', '62M', '64', '65', '90C', '90D']);
const ENTRY_FIELDS: ReadonlySet<string> = new Set(['61', '86', 'NS', ...CLOSING_FIELDS]);

/** Most lines are told by their first character. */
function isBlank(text: string): boolean {
  const first = text.charCodeAt(0);
  return !(first > SPACE && first < DELETE) && text.trim() === '';
}

const SPACE = 0x20;
const DELETE = 0x7f;

function withoutMarks(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/^[\u0000-\u001f\ufeff]+/, '').trimEnd();
}

/** The BIC in a logical terminal address: eight characters, the terminal, the branch (three times X for none). */
function bankOf(address: string): string {
  const branch = address.slice(9, 12);
  return address.slice(0, 8) + (branch.length === 3 && !/^X+$/.test(branch) ? branch : '');
}

// ---- Head

/** `35x`: an IBAN or the bank's own number, behind the bank's code or BIC (Germany), before the currency (Netherlands, Hungary); 25P adds a BIC. */
function readAccount(texts: readonly string[], head: MessageHead): void {
  const parts = texts[0]!.split('/').map((part) => part.trim()).filter((part) => part !== '');
  if (parts.length > 1 && isCurrency(parts.at(-1)!)) parts.pop();
  const printed = parts.pop() ?? '';
  const currency = printed.slice(-3);
  const bare = printed.slice(0, -3).trimEnd();
  // Three letters at the end are the currency where the number is one without them.
  head.account = (isCurrency(currency) && (/\d$/.test(bare) && ibanStatus(printed) !== 'valid') ? bare : printed) || null;
  const second = texts[1]?.trim() ?? '';
  const bank = parts.join('/') || (BIC.test(second) ? second : '');
  if (bank !== '') head.bank = bank;
}

/** `5n[/5n]`, statement and page number, without the zeros in front. Anything else is kept as printed. */
function parseNumber(text: string): StatementNumber | null {
  const plain = text.trim();
  if (plain === '') return null;
  const parts = /^(\d+)(?:\/(\d{1,9}))?$/.exec(plain);
  if (parts === null) return { number: plain, page: null };
  return { number: parts[1]!.replace(/^0+(?=\d)/, ''), page: parts[2] === undefined ? null : Number(parts[2]) };
}

/** `3!a[1!a]15d`. */
function readFloorLimit(text: string, head: MessageHead): void {
  head.interim = true;
  const currency = text.slice(0, 3);
  const amount = parseAmount(text.slice(/^[CD]/.test(text.slice(3)) ? 4 : 3).trim());
  if (!isCurrency(currency) || amount === undefined) {
    throw new Failure('malformed', `field 34F "${text.slice(0, 40)}" is no floor limit: currency, D or C, amount with a comma`);
  }
  head.currency ??= currency;
  if (/[1-9]/.test(amount)) head.floorLimit = true;
}

function isNextPage(held: Statement, head: MessageHead): boolean {
  const { number } = head;
  return number?.page != null && held.lastPage !== null && number.page === held.lastPage + 1 && number.number === held.head.number!.number
    && head.account === held.head.account && head.continues;
}

/** The next page opens with the balance that the last one closed with; said only where it does not, for the first time. */
function pageCheck(held: Statement, head: MessageHead): Check[] {
  const [before, after] = [held.closing!, head.opening!];
  if (held.checks.length > 0 || (before.amount === after.amount && before.currency === after.currency)) return [];
  return [{
    name: 'page_balance', ok: false,
    detail: `page ${held.lastPage} closes with ${before.amount} ${before.currency}, page ${head.number!.page} opens with ${after.amount} ${after.currency}`,
  }];
}

function headOf(statement: Statement): RawStatement {
  const { head, closing } = statement;
  const interim = head.interim && head.opening === null;
  const to = closing?.date ?? head.reportedOn;
  return {
    format: interim ? 'mt942' : 'mt940',
    extractor: EXTRACTOR,
    account: head.account,
    bank: head.bank,
    currency: head.currency ?? closing?.currency ?? null,
    statement_id: head.reference,
    sequence: sequenceOf(statement),
    // No period is printed: the opening balance has the date of the statement before.
    from: null,
    to,
    opening_balance: head.opening && { amount: head.opening.amount, date: head.opening.date },
    closing_balance: closing && { amount: closing.amount, date: closing.date },
    // Of pages, of a message with a floor limit, and with expected entries among them, it is not certain what is counted.
    printed_totals: statement.pages > 1 || head.floorLimit || statement.pending ? [] : statement.totals,
    newest_first: false,
    reader_checks: [...statement.checks, ...(interim ? [] : mandatoryChecks(head, closing))],
  };
}

/** `7/1`, or `7/1-3` for three pages that are one statement here. */
function sequenceOf({ head, lastPage, pages }: Statement): string | null {
  if (head.number === null) return null;
  const { number, page } = head.number;
  return page === null ? number : `${number}/${page}${pages > 1 ? `-${lastPage}` : ''}`;
}

/** Fields 60a and 62a are mandatory in MT940, in one currency: without them nothing shows that the message is whole. */
function mandatoryChecks({ opening }: MessageHead, closing: PrintedBalance | null): Check[] {
  const checks: Check[] = [];
  if (opening === null) checks.push({ name: 'opening_balance', ok: false, detail: 'field 60 is missing' });
  if (closing === null) checks.push({ name: 'closing_balance', ok: false, detail: 'field 62 is missing: the statement may be cut off' });
  if (opening !== null && closing !== null && opening.currency !== closing.currency) {
    checks.push({ name: 'one_currency', ok: false, detail: `the balances are in ${opening.currency} and ${closing.currency}` });
  }
  return checks;
}

// ---- Totals

/** Fields 90D and 90C, `5n3!a15d`: number and sum of the debit and of the credit entries. */
function parseTotals(tag: string, text: string): [PrintedTotal, PrintedTotal] {
  const parts = /^(\d{1,9})([A-Z]{3})([\d,.]+)$/.exec(text.trim());
  const amount = parts === null ? undefined : parseAmount(parts[3]!);
  if (amount === undefined) throw new Failure('malformed', `field ${tag} "${text.slice(0, 40)}" is no total: number, currency, amount with a comma`);
  return totals(tag === '90D' ? 'debit' : 'credit', Number(parts![1]), amount);
}

function totals(side: 'debit' | 'credit', count: number, amount: string): [PrintedTotal, PrintedTotal] {
  return side === 'debit'
    ? [{ kind: 'debit_count', count }, { kind: 'debits', amount }]
    : [{ kind: 'credit_count', count }, { kind: 'credits', amount }];
}

/** ING's totals in the field 86 behind the closing balance: `D000003C000001D6,58C1,00`, or `/SUM/3/1/6,58/1,00/`. Empty for other texts. */
function totalsOfInformation(text: string): PrintedTotal[] {
  const parts = /^D(\d{6})C(\d{6})D(\d{1,15},\d{0,3})C(\d{1,15},\d{0,3})/.exec(text)
    ?? /\/ ?SUM\/(\d{1,9})\/(\d{1,9})\/(\d{1,15},\d{0,3})\/(\d{1,15},\d{0,3})\//.exec(text);
  if (parts === null) return [];
  return [...totals('debit', Number(parts[1]), parseAmount(parts[3]!)!), ...totals('credit', Number(parts[2]), parseAmount(parts[4]!)!)];
}
