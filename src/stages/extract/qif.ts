import type { CalendarDate } from '../../core/date.ts';
import { Failure } from '../../core/failure.ts';
import { exponentOf, parseDecimal } from '../../core/money.ts';
import type { DateOrder, DecimalMark } from '../../core/numerals.ts';
import { createMarkVote, createOrderVote, findAmount, findDates, markOf, parseAmount, parseDate } from '../../core/numerals.ts';
import type { RawAmount, RawEntry, RawPart, StatementBalance, Transaction } from '../../core/statement.ts';
import { CHUNK_ENTRIES, emptyTransaction } from '../../core/statement.ts';
import type { DocumentSource, ReadContext, Reader } from './contract.ts';
import { labelOf } from './csv-labels.ts';
import type { Lines } from './lines.ts';
import { readLines } from './lines.ts';
import { payeeOrDescription } from './payee.ts';
import type { StatementProfile } from './profile.ts';
import { encodingOf, utf8Blocks } from './xml.ts';

/**
 * Quicken Interchange Format. Intuit's help file "QIF file format" is all the standard there is: sections begin with `!Type:` or `!Account`,
 * a record has a field on each line, named by its first letter, and ends with `^`. Dates and numbers are written as in the country of the
 * program that wrote them, which no field names; so the document is read twice, once to settle that.
 */
const EXTRACTOR = 'qif@1';

/** `!Type:` of the sections that list an account's transactions: bank, cash, credit card, other assets and liabilities. */
const REGISTERS: ReadonlySet<string> = new Set(['bank', 'cash', 'ccard', 'oth a', 'oth l', 'oth s']);
const INVESTMENTS: ReadonlySet<string> = new Set(['invst', 'port', '401(k)/403(b)']);

/** Comments and blank lines stand above the first section, if anything. */
const RECOGNISED_BYTES = 4_096;
/** What a profile's `match` looks at: the account is named in the first lines. */
const MATCH_LINES = 100;
/** A record without end would else be taken into memory whole; the longest fields are some hundred characters. */
const MAX_RECORD_CHARACTERS = 1 << 20;
/** Hundreds of times what programs allow for one transaction. */
const MAX_SPLITS = 10_000;
/** More than the accounts of any export; the head of each statement is kept to the document's end by those who read on. */
const MAX_STATEMENTS = 10_000;
/** Of an address, the sixth line is a message. */
const ADDRESS_LINES = 5;
/** Longer than any date; keeps other text from being searched for one. */
const MAX_DATE_CHARACTERS = 32;
/** Some hundred records. */
const PIECE_BYTES = 1 << 15;
/** The days of some years; a document of other texts in their place must not fill the memory. */
const KNOWN_DATES = 4_096;
/** More decimals than any amount has, so that splits of different lengths add up. */
const UNIT_DECIMALS = 12;

export const qifReader: Reader = {
  name: 'qif',

  recognise(head: Buffer): boolean {
    const encoding = encodingOf(head);
    const text = encoding.startsWith('utf-16') ? new TextDecoder(encoding).decode(head) : head.toString('latin1', 0, RECOGNISED_BYTES);
    return /^(?:\u00ef\u00bb\u00bf)?[ \t]*!(?:Type[ \t]*:|Account|Option[ \t]*:|Clear[ \t]*:)/im.test(text.slice(0, RECOGNISED_BYTES));
  },

  /**
   * Throws `ambiguous`, with the profile that settles it, where dates or amounts can be read in two ways; malformed, truncated and too_large
   * with the line; unsupported_format where nothing but investments is there. A section whose values cannot be read yields `failed`.
   */
  async *read(source: DocumentSource, context: ReadContext): AsyncGenerator<RawPart, void, void> {
    const reading = await settleReading(source, context);
    const statements = new Statements(reading);
    for await (const items of readItems(source)) {
      for (const item of items) statements.add(item);
      yield* statements.take();
    }
    statements.end();
    yield* statements.take();
  },
};

// ---- Sections and records

interface Section {
  readonly kind: 'register' | 'investment' | 'account' | 'other';
  /** As printed: `!Type:Bank`. */
  readonly header: string;
  readonly line: number;
}

/** A record with its fields, each with its letter in front; or, without any, the beginning of its section. */
interface Item {
  readonly section: Section;
  readonly line: number;
  readonly fields: readonly string[];
}

/** The document's sections and records in order. Throws truncated where the last record has no end. */
async function* readItems(source: DocumentSource): AsyncGenerator<Item[], void, void> {
  let section: Section | undefined;
  let fields: string[] = [];
  let begun = 0;
  let size = 0;
  for await (const { first, texts } of linesOf(source)) {
    const items: Item[] = [];
    const finish = (): void => {
      if (section !== undefined && fields.length > 0) items.push({ section, line: begun, fields });
      fields = [];
      size = 0;
    };
    for (const [i, printed] of texts.entries()) {
      const text = printed.trim();
      if (text === '') continue;
      if (text[0] === '!') {
        finish();
        const opened = sectionOf(text, first + i);
        section = opened ?? section;
        items.push({ section: opened ?? { kind: 'other', header: text, line: first + i }, line: first + i, fields: [] });
      } else if (text[0] === '^') finish();
      else if (section !== undefined) {
        if (fields.length === 0) begun = first + i;
        size += text.length;
        if (size > MAX_RECORD_CHARACTERS) {
          throw new Failure('too_large', `the record is longer than ${MAX_RECORD_CHARACTERS} characters; is its ^ missing?`, { line: begun });
        }
        fields.push(text);
      }
    }
    yield items;
  }
  if (section?.kind === 'register' && fields.length > 0) {
    throw new Failure('truncated', 'the document ends inside a record, before its ^; fetch it again', { line: begun });
  }
}

/** In small groups: what lives no longer than it takes to read it costs nothing to clear away. */
function linesOf(source: DocumentSource): AsyncGenerator<Lines> {
  return readLines((async function* () {
    for await (const block of utf8Blocks(source.read())) {
      for (let at = 0; at < block.length; at += PIECE_BYTES) yield block.subarray(at, at + PIECE_BYTES);
    }
  })());
}

function sectionOf(header: string, line: number): Section | undefined {
  if (/^!Account/i.test(header)) return { kind: 'account', header, line };
  const type = /^!Type\s*:(.*)/i.exec(header)?.[1]!.trim().toLowerCase();
  if (type === undefined) return undefined;
  return { kind: REGISTERS.has(type) ? 'register' : INVESTMENTS.has(type) ? 'investment' : 'other', header, line };
}

function fieldOf(fields: readonly string[], letter: string): string {
  return fields.find((field) => field[0] === letter)?.slice(1).trim() ?? '';
}

// ---- How dates and amounts are written

interface Reading {
  readonly order: DateOrder;
  readonly mark: DecimalMark;
  readonly profile: StatementProfile | undefined;
  /** The dates as read so far; they repeat from record to record. */
  readonly dates: Map<string, CalendarDate | undefined>;
}

async function settleReading(source: DocumentSource, { profiles }: ReadContext): Promise<Reading> {
  const beginning = await firstLines(source);
  const profile = profiles.find(({ format, match }) => format === 'qif' && match?.text !== undefined && beginning.includes(match.text));
  const order = createOrderVote();
  const mark = createMarkVote();
  let named: string | undefined;
  let header: string | undefined;
  let twofold: { text: string; line: number } | undefined;
  let grouped: { text: string; line: number } | undefined;
  const known = new Set<string>();
  for await (const items of readItems(source)) {
    for (const { section, line, fields } of items) {
      if (section.kind === 'account') named ??= fieldOf(fields, 'N') || undefined;
      if (section.kind !== 'register') continue;
      header ??= section.header;
      const date = fieldOf(fields, 'D');
      if (!known.has(date)) {
        if (known.size === KNOWN_DATES) known.clear();
        known.add(date);
        const plain = plainDate(date);
        order.add(plain);
        const readings = findDates(plain);
        if (twofold === undefined && readings.has('mdy') && readings.get('dmy')?.day !== readings.get('mdy')!.day) twofold = { text: date, line };
      }
      const amount = fieldOf(fields, 'T') || fieldOf(fields, 'U');
      if (mark.add(amount) && grouped === undefined && markOf(findAmount(amount)!.digits) === 'either') grouped = { text: amount, line };
    }
  }
  const match = named === undefined ? header ?? '!Type:' : `N${named}`;
  const ambiguous = (problem: string, line: number | undefined, setting: string): Failure => new Failure('ambiguous', [
    `${problem}. Write this to a file in rules/profiles/, keep what is right, then retry:`,
    'id: my-bank-qif', 'owner: finance', 'format: qif', 'match:',
    `  text: ${JSON.stringify(match)}   # something that stands in the first lines of every file of this kind`, setting,
  ].join('\n'), line === undefined ? null : { line });

  const found = mark.settle();
  let decimal = profile?.decimal ?? (found === 'none' ? '.' : found);
  if (decimal === 'ambiguous' && profile?.currency !== undefined && exponentOf(profile.currency) !== 3) {
    decimal = grouped!.text.includes(',') ? '.' : ',';
  }
  if (decimal === 'ambiguous' || decimal === 'mixed') {
    throw ambiguous(decimal === 'mixed' ? 'some amounts have a comma as the decimal mark and some a dot'
      : `"${grouped!.text}" can be a thousand and more, or an amount with three decimals`, grouped?.line, 'decimal: "."   # or: ","');
  }
  let orders = profile?.date_order !== undefined ? [profile.date_order] : order.settle();
  // A year in front has four digits, and then needs no order. Month first is written in English only, and never beside a decimal comma.
  if (orders.length > 1) orders = orders.filter((candidate) => candidate !== 'ymd' && (candidate !== 'mdy' || decimal !== ','));
  if (orders.length !== 1) {
    throw ambiguous(orders.length === 0 ? 'the dates are day first in some records and month first in others'
      : `every date can be day first or month first ("${twofold!.text}", for one)`, twofold?.line, 'date_order: mdy   # or: dmy');
  }
  return { order: orders[0]!, mark: decimal, profile, dates: new Map() };
}

async function firstLines(source: DocumentSource): Promise<string> {
  const lines: string[] = [];
  for await (const { texts } of linesOf(source)) {
    lines.push(...texts.slice(0, MATCH_LINES - lines.length));
    if (lines.length === MATCH_LINES) break;
  }
  return lines.join('\n');
}

/** `1/ 1'00` is `1/1/00`: Quicken pads with spaces, and from the year 2000 on writes an apostrophe before the year. */
function plainDate(text: string): string {
  if (text.length > MAX_DATE_CHARACTERS) return '';
  const plain = text.replace(/ ?([/.'-]) ?/g, '$1');
  return plain.includes("'") ? plain.replace("'", /[/.-]/.exec(plain)?.[0] ?? '/') : plain;
}

// ---- Statements

interface Statement {
  readonly index: number;
  readonly section: Section;
  account: string | null;
  opening: StatementBalance<RawAmount> | null;
  entries: RawEntry[];
  records: number;
  last_date: CalendarDate | null;
  forwards: number;
  backwards: number;
  failure: Failure | undefined;
}

/** One statement for each section of an account. */
class Statements {
  readonly #reading: Reading;
  #parts: RawPart[] = [];
  #statement: Statement | undefined;
  #statements = 0;
  #entries = 0;
  #banks = 0;
  #investments = 0;
  /** The account that the next section is of, and how many the `!Account` section at hand has listed. */
  #account: string | null = null;
  #listed = 0;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  take(): RawPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  add({ section, line, fields }: Item): void {
    if (fields.length === 0) this.#begin(section);
    else if (section.kind === 'account') {
      this.#listed++;
      // A list of all accounts says of none that it is the one that follows.
      this.#account = this.#listed === 1 ? fieldOf(fields, 'N') || null : null;
    } else if (section.kind === 'register') this.#record(this.#statement!, line, fields);
    else if (section.kind === 'investment') this.#statement!.records++;
    else if (findDates(plainDate(fieldOf(fields, 'D'))).size > 0 && findAmount(fieldOf(fields, 'T')) !== undefined) {
      const problem = `the section ${section.header.slice(0, 40)} has transactions, and is none of Bank, Cash, CCard, Oth A, Oth L`;
      throw new Failure('unsupported_format', problem, { line: section.line });
    }
  }

  /** The document is complete. */
  end(): void {
    this.#finish();
    if (this.#banks === 0 && this.#investments > 0) {
      throw new Failure('unsupported_format', 'the document has investment transactions alone, which are not read; export the bank account');
    }
  }

  #begin(section: Section): void {
    if (section.kind === 'account') this.#listed = 0;
    if (/^!Clear/i.test(section.header)) this.#account = null;
    const open = this.#statement;
    if (open !== undefined && this.#account === null && (open.section.header === section.header || section.kind === 'other')) return;
    this.#finish();
    if (section.kind !== 'register' && section.kind !== 'investment') return;
    if (section.kind === 'register') this.#banks++;
    else this.#investments++;
    if (this.#statements === MAX_STATEMENTS) {
      throw new Failure('too_large', `the document has more than ${MAX_STATEMENTS} sections; split it by account`, { line: section.line });
    }
    this.#statement = {
      index: this.#statements++, section, account: this.#account, opening: null, entries: [], records: 0,
      last_date: null, forwards: 0, backwards: 0, failure: undefined,
    };
    this.#account = null;
  }

  #record(statement: Statement, line: number, fields: readonly string[]): void {
    statement.records++;
    this.#entries++;
    if (statement.failure !== undefined) return;
    try {
      const { entry, category } = readRecord(fields, line, this.#entries, this.#reading);
      const own = statement.records === 1 ? openingAccount(entry, category, statement.account) : undefined;
      if (own !== undefined) {
        statement.account = own;
        statement.opening = { amount: entry.amount, date: entry.booking_date };
        entry.status = 'information';
      }
      if (statement.last_date !== null && entry.booking_date > statement.last_date) statement.forwards++;
      if (statement.last_date !== null && entry.booking_date < statement.last_date) statement.backwards++;
      statement.last_date = entry.booking_date;
      statement.entries.push(entry);
      if (statement.entries.length === CHUNK_ENTRIES) this.#flush(statement);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'malformed') throw error;
      statement.failure = error;
      statement.entries = [];
    }
  }

  #flush({ index, entries }: Statement): void {
    if (entries.length > 0) this.#parts.push({ part: 'entries', statement: index, entries: entries.splice(0) });
  }

  #finish(): void {
    const statement = this.#statement;
    if (statement === undefined) return;
    this.#statement = undefined;
    const { profile } = this.#reading;
    const account = profile?.account ?? statement.account;
    if (statement.failure !== undefined) {
      const { code, message, location } = statement.failure;
      this.#parts.push({ part: 'failed', statement: statement.index, account, code, message, location });
      return;
    }
    this.#flush(statement);
    this.#parts.push({
      part: 'end', statement: statement.index,
      head: {
        format: 'qif', extractor: EXTRACTOR, account, bank: null, currency: profile?.currency ?? null, statement_id: null, sequence: null,
        from: null, to: null, opening_balance: statement.opening, closing_balance: null, printed_totals: [],
        newest_first: profile?.newest_first ?? statement.backwards > statement.forwards,
        // Nothing is claimed about an investment account; but that it was there is said.
        reader_checks: statement.section.kind === 'register' ? []
          : [{ name: 'investments_left_out', ok: true, detail: `${statement.records} investment transactions, which are not read` }],
      },
    });
  }
}

/**
 * The account that an opening balance is of: by convention, a section begins with a transfer of it from the account to itself. Such a record
 * moves no money.
 */
function openingAccount(entry: RawEntry, category: string, account: string | null): string | undefined {
  const own = /^\[([^\]]+)\]$/.exec(category)?.[1]!.trim();
  if (own === undefined || labelOf(entry.counterparty?.name ?? '') !== 'opening') return undefined;
  return account === null || account.toLowerCase() === own.toLowerCase() ? own : undefined;
}

// ---- Records

interface Split {
  category: string;
  memo: string;
  amount: string;
}

/** A record of a register. The category (L) is the bookkeeping of whoever wrote the file; it is of use for the opening balance only. */
function readRecord(fields: readonly string[], line: number, number: number, reading: Reading): { entry: RawEntry; category: string } {
  const values = new Map<string, string>();
  const memos: string[] = [];
  const splits: Split[] = [];
  let address_lines = 0;
  for (const field of fields) {
    const letter = field[0]!;
    const text = field.slice(1).trim();
    const split = splits.at(-1);
    if (letter === 'S') {
      if (splits.length === MAX_SPLITS) throw new Failure('too_large', `the record has more than ${MAX_SPLITS} splits`, { line });
      splits.push({ category: text, memo: '', amount: '' });
    } else if (letter === 'E' && split !== undefined) split.memo = text;
    else if (letter === '$' && split !== undefined) split.amount = text;
    else if (letter === 'D' && split !== undefined) continue;
    else if (letter === 'M' || (letter === 'A' && ++address_lines > ADDRESS_LINES)) memos.push(text);
    else if (!values.has(letter)) values.set(letter, text);
    else if (letter === 'D' || letter === 'T') {
      throw new Failure('malformed', `entry ${number} has two ${letter === 'D' ? 'dates' : 'amounts'}; is a ^ missing?`, { line, field: letter });
    }
  }
  const value = (letter: string): string | null => values.get(letter) || null;

  const printed = value('T') ?? value('U');
  const amount = printed === null ? undefined : signedAmount(printed, reading);
  if (amount === undefined) {
    throw new Failure('malformed', printed === null ? `entry ${number} has no amount` : `"${printed.slice(0, 40)}" is no amount`, { line, field: 'T' });
  }
  const date = value('D');
  const booking_date = date === null ? undefined : dateOf(date, reading);
  if (booking_date === undefined) {
    throw new Failure('malformed', date === null ? `entry ${number} has no date` : `"${date.slice(0, 40)}" is no date`, { line, field: 'D' });
  }

  const memo = memos.filter((text) => text !== '').join(' ') || null;
  const { name, remittance } = payeeOrDescription(value('P'), memo);
  const reference = value('N');
  const own: Transaction<RawAmount> = {
    ...emptyTransaction(amount, null),
    // A check's number, or in its place a word for the kind of transaction (`ATM`, `DEP`, `EFT`).
    customer_reference: reference !== null && /\d/.test(reference) ? reference : null,
    transaction_code: reference === null || /\d/.test(reference) ? null : { domain: null, family: null, subfamily: null, proprietary: reference },
    counterparty: name === null ? null : { name, account: null, bank: null },
    remittance,
  };
  const details = detailsOf(own, splits, reading);
  const words = details.length > 0 ? [] : splits.map((split) => split.memo).filter((text) => text !== '');
  return {
    entry: {
      ...own,
      remittance: [remittance, ...words].filter((text) => text !== null).join(' ') || null,
      line: number, booking_date, value_date: null, status: 'booked', reversal: false,
      source: { page: null, line }, details, balance_after: null,
    },
    category: value('L') ?? '',
  };
}

function dateOf(text: string, { dates, order }: Reading): CalendarDate | undefined {
  if (!dates.has(text)) {
    if (dates.size === KNOWN_DATES) dates.clear();
    dates.set(text, parseDate(plainDate(text), order));
  }
  return dates.get(text);
}

function signedAmount(text: string, { mark, profile }: Reading): RawAmount | undefined {
  const amount = parseAmount(text, mark);
  if (amount === undefined || profile?.inverted !== true || !/[1-9]/.test(amount)) return amount;
  return amount[0] === '-' ? amount.slice(1) : `-${amount}`;
}

/** The splits as transactions of their own, where they add up to the whole; else what they say stays with the entry. */
function detailsOf(own: Transaction<RawAmount>, splits: readonly Split[], reading: Reading): Transaction<RawAmount>[] {
  if (splits.length < 2) return [];
  const details: Transaction<RawAmount>[] = [];
  let sum = 0n;
  for (const split of splits) {
    const amount = signedAmount(split.amount, reading);
    const units = amount === undefined ? undefined : parseDecimal(amount, UNIT_DECIMALS);
    if (units === undefined) return [];
    sum += units;
    details.push({ ...own, amount: amount!, remittance: split.memo || own.remittance || split.category || null });
  }
  return sum === parseDecimal(own.amount, UNIT_DECIMALS) ? details : [];
}
