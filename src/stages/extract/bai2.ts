import { isUtf8 } from 'node:buffer';
import type { CalendarDate } from '../../core/date.ts';
import { calendarDate } from '../../core/date.ts';
import { Failure } from '../../core/failure.ts';
import { exponentOf, formatDecimal } from '../../core/money.ts';
import type { Check, PrintedTotal, RawEntry, RawPart, RawStatement } from '../../core/statement.ts';
import { CHUNK_ENTRIES, emptyTransaction } from '../../core/statement.ts';
import { findTypeCode } from './bai2-codes.ts';
import type { DocumentSource, Reader } from './contract.ts';

/**
 * BAI2: Cash Management Balance Reporting Specifications, Version 2 (BAI, 2005), and its successor ANSI X9.121 (BTRS, version 3), which
 * writes dates with the century. A file (01 … 99) holds groups (02 … 98) of one day each, a group holds accounts (03 … 49), an account its
 * transactions (16); any record goes on in 88 records. Each account of a group is a statement. Amounts have no decimal point: the
 * currency says how many decimals are implied. Trailers repeat sums and counts, which are checked at all three levels.
 */
const EXTRACTOR = 'bai2@1';

/** Sender, receiver, date and time of the 01 record, behind a byte order mark if need be; an 88 record may continue it before any of them. */
const FILE_HEADER = /^(?:\u00ef\u00bb\u00bf)?\s*01(?:(?:,|\/\s{1,200}88,)[^,\r\n]*?){2}(?:,|\/\s{1,200}88,)\d{6}(?:\d\d)?(?:,\d{0,4})?[,/]/;
/** Longer than any 01 record with its two identifications, and than two records of any physical length seen (80 to 1,024). */
const HEADER_BYTES = 4_096;

/** A file whose records stand on one line still comes in one piece; beyond 1 MiB it is no text of lines. */
const MAX_LINE_CHARACTERS = 1 << 20;
/** A transaction's text, with all its continuations, has to be in memory at once; a million 88 records must not fill it. */
const MAX_RECORD_CHARACTERS = 1 << 20;
/** A source's blocks are read in pieces of this size: lines cut from larger ones outlive the young generation, which halves the speed. */
const PIECE_BYTES = 1 << 18;
/** More digits than any amount or sum of amounts; keeps arithmetic on hostile numbers cheap. */
const MAX_DIGITS = 30;

/** The standard says USD where neither group nor account names a currency. */
const DEFAULT_CURRENCY = 'USD';

export const bai2Reader: Reader = {
  name: 'bai2',

  recognise(head: Buffer): boolean {
    return FILE_HEADER.test(head.toString('latin1', 0, HEADER_BYTES));
  },

  /**
   * Throws malformed, truncated and too_large with the line, and unsupported_format for another version of the format. An account whose
   * values break the standard, or whose group takes back what was reported before or is a test, yields `failed`.
   */
  async *read(source: DocumentSource): AsyncGenerator<RawPart, void, void> {
    const report = new Report();
    for await (const { first, lines } of linesOf(source)) {
      for (const [i, line] of lines.entries()) report.line(line, first + i);
      yield* report.take();
    }
    report.end();
    yield* report.take();
  },
};

// ---- Lines

/**
 * The document's lines, one character a byte, ended by LF, CR LF or CR; or, where it has no line breaks, its records of the physical length
 * that the 01 record names. `first` is the 1-based number of the first line.
 */
async function* linesOf(source: DocumentSource): AsyncGenerator<{ first: number; lines: readonly string[] }, void, void> {
  const record_length = unbrokenLength(await beginningOf(source));
  let rest = '';
  let first = 1;
  for await (const block of source.read()) {
    for (let at = 0; at < block.length; at += PIECE_BYTES) {
      const piece = block.toString('latin1', at, at + PIECE_BYTES);
      const cut = rest.length + piece.length;
      // A CR at the very end may be half of a CR LF.
      const end = record_length === null ? Math.max(piece.lastIndexOf('\n'), piece.lastIndexOf('\r', piece.length - 2)) + 1 : piece.length - (cut % record_length);
      if (end <= 0) {
        rest += piece;
      } else {
        const lines = splitLines(rest + piece.slice(0, end), record_length);
        yield { first, lines };
        first += lines.length;
        rest = piece.slice(end);
      }
      if (rest.length > MAX_LINE_CHARACTERS) {
        throw new Failure('too_large', `the line is longer than ${MAX_LINE_CHARACTERS} characters; a BAI2 file has a record on each line`, { line: first });
      }
    }
  }
  if (rest !== '') yield { first, lines: splitLines(rest, record_length) };
}

async function beginningOf(source: DocumentSource): Promise<string> {
  let text = '';
  for await (const block of source.read()) {
    text += block.toString('latin1', 0, HEADER_BYTES);
    if (text.length >= HEADER_BYTES) break;
  }
  return text;
}

/** The physical record length of a file without line breaks; null where lines are broken. */
function unbrokenLength(beginning: string): number | null {
  const length = Number(beginning.slice(0, beginning.indexOf('/')).split(',')[6]);
  return Number.isInteger(length) && length > 0 && beginning.startsWith('02,', length) && !/[\r\n]/.test(beginning.slice(0, length)) ? length : null;
}

/** Whole lines, without what ends them. */
function splitLines(text: string, record_length: number | null): string[] {
  if (record_length !== null) {
    return Array.from({ length: Math.ceil(text.length / record_length) }, (_, i) => text.slice(i * record_length, (i + 1) * record_length));
  }
  const lines = text.includes('\r') ? text.split(/\r\n|\n|\r/) : text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

const WINDOWS_1252 = new TextDecoder('windows-1252');

/** The standard is ASCII; banks also write UTF-8, and the Windows or Latin-1 letters of older systems. */
function decodeLine(line: string): string {
  if (!/[\x80-\xff]/.test(line)) return line;
  const bytes = Buffer.from(line, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : WINDOWS_1252.decode(bytes);
}

// ---- Records

const RECORD_CODES: ReadonlySet<string> = new Set(['01', '02', '03', '16', '49', '88', '98', '99']);

/** Where a record ends and the next begins on the same line; a text that may hold slashes is left only for what can be a record. */
const NEXT_ON_LINE = /\/[ \t]+(?=(?:01|02|03|88),|16,\d{3},[+-]?\d*,|(?:49|98|99),[+-]?\d*,\d)/g;

/** A record with its continuations: what stands behind the code on each physical record, the slash at its end included. */
interface BaiRecord {
  readonly code: string;
  readonly line: number;
  readonly segments: string[];
  length: number;
  /** The last physical record fills its length to the last character: what follows continues in the middle of a field or word. */
  unfinished: boolean;
}

/** The fields of a record, one after the other, and the text behind them. */
class Fields {
  readonly #segments: readonly string[];
  #segment = 0;
  #at = 0;
  #end = 0;

  constructor(segments: readonly string[]) {
    this.#segments = segments;
    this.#enter(0);
  }

  get done(): boolean {
    return this.#at > this.#end && this.#segment >= this.#segments.length - 1;
  }

  /** The next field without the blanks around it; '' beyond the last. A slash, or where it is left out the line's end, also ends a field. */
  next(): string {
    if (this.#at > this.#end) {
      if (this.done) return '';
      this.#enter(this.#segment + 1);
    }
    const segment = this.#segments[this.#segment]!;
    const comma = segment.indexOf(',', this.#at);
    const end = comma < 0 || comma > this.#end ? this.#end : comma;
    const field = segment.slice(this.#at, end).trim();
    this.#at = end + 1;
    // A comma that ends a line without a slash has ended the field already.
    const continued = this.#at === this.#end && this.#end === segment.length && this.#segment < this.#segments.length - 1;
    if (continued) this.#at++;
    return field;
  }

  /** The field that begins the next physical record, if that is what comes next. */
  peekContinuation(): string | null {
    const following = this.#at > this.#end ? this.#segments[this.#segment + 1] : undefined;
    return following === undefined ? null : following.split(/[,/]/, 1)[0]!.trim();
  }

  /** All that is left, as text: it may hold commas and slashes, and a bank that ends text with a slash does not mean it. */
  text(): string | null {
    const pieces = [this.#segments[this.#segment]!.slice(this.#at), ...this.#segments.slice(this.#segment + 1)];
    return pieces.map(textOf).filter((piece) => piece !== '').join(' ') || null;
  }

  #enter(segment: number): void {
    const text = this.#segments[segment]!;
    this.#segment = segment;
    this.#at = 0;
    this.#end = text.endsWith('/') ? text.length - 1 : text.length;
  }
}

function textOf(segment: string): string {
  const text = segment.trim();
  if (!text.endsWith('/')) return text;
  // `TEXT,/`: an empty field of a bank that closes every record alike.
  return text.slice(0, text.endsWith(',/') ? -2 : -1).trimEnd();
}

// ---- Values

/** An integer as the standard writes amounts, sums and counts; `signed` where it allows a sign. An empty field is `null`. */
function integer(text: string, field: string, signed: boolean): bigint | null {
  if (text === '') return null;
  const digits = /^[+-]?\d+$/.test(text) && text.length <= MAX_DIGITS ? text.replace('+', '') : undefined;
  if (digits === undefined || (!signed && digits.startsWith('-'))) {
    throw new Failure('malformed', `${field} "${text.slice(0, MAX_DIGITS)}" is no ${signed ? '' : 'unsigned '}whole number`, { field });
  }
  return BigInt(digits);
}

/** Digits of the year below this are of the 21st century: no bank has delivered such files before 1980. */
const CENTURY_PIVOT = 80;

/** YYMMDD, in version 3 YYYYMMDD; undefined for what is no day. */
function dateOf(text: string): CalendarDate | undefined {
  if (!/^\d{6}(?:\d\d)?$/.test(text)) return undefined;
  const year = Number(text.slice(0, -4));
  const full = text.length === 8 ? year : year + (year < CENTURY_PIVOT ? 2_000 : 1_900);
  return calendarDate(full, Number(text.slice(-4, -2)), Number(text.slice(-2)));
}

/** Passes over a funds type with what belongs to it; the value date of a value-dated amount (V), else null. */
function availability(fields: Fields): CalendarDate | null {
  const type = fields.next().toUpperCase();
  if (/^[012Z]?$/.test(type)) return null;
  if (type === 'S') {
    // Available at once, after one day, after two or more.
    for (let i = 0; i < 3; i++) fields.next();
    return null;
  }
  if (type === 'V') {
    const date = fields.next();
    fields.next();
    if (date !== '' && dateOf(date) === undefined) throw new Failure('malformed', `the value date "${date.slice(0, MAX_DIGITS)}" is no day`, { field: 'value date' });
    return dateOf(date) ?? null;
  }
  if (type === 'D') {
    const distributions = fields.next();
    if (/^\d{1,4}$/.test(distributions)) {
      for (let left = 2 * Number(distributions); left > 0 && !fields.done; left--) fields.next();
      return null;
    }
  }
  throw new Failure('malformed', `the funds type "${type.slice(0, MAX_DIGITS)}" is none of 0, 1, 2, S, V, D with its distributions, Z`, { field: 'funds type' });
}

// ---- The report

interface Group {
  readonly bank: string | null;
  readonly currency: string;
  readonly as_of: CalendarDate;
  /** 1 interim previous day, 2 final previous day, 3 interim same day, 4 final same day. */
  readonly modifier: string;
  /** Why nothing in it may be read as a statement. */
  readonly refusal: Failure | null;
  readonly checks: readonly Check[];
}

interface Account {
  readonly statement: number;
  readonly line: number;
  number: string | null;
  currency: string;
  exponent: number;
  /** The first amount of each type code of the 03 record. */
  readonly standings: Map<string, bigint>;
  /** Entries are a preview: the day is not over. */
  interim: boolean;
  /** The first code of a total, or of an item of a deposit, among the transactions. */
  doubtful: string | null;
  entries: RawEntry[];
  failure: Failure | null;
}

/** What the trailer of a file, group or account repeats: sums of what is inside, and how many physical records. */
interface Tally {
  sum: bigint;
  members: number;
  records: number;
}

const OPENING_LEDGER = '010';
const CLOSING_LEDGER = '015';
/** The ledger balance at the time of a same-day report. */
const CURRENT_LEDGER = '030';
const TOTAL_CREDITS = '100';
const TOTAL_DEBITS = '400';

const INTERIM_PREVIOUS_DAY = '1';
const INTERIM_SAME_DAY = '3';

/** Takes the document line by line and gives its parts. Only one statement's end is kept back: the trailers behind it are checked with it. */
class Report {
  #parts: RawPart[] = [];
  #record: BaiRecord | undefined;
  #record_length: number | null = null;
  #line = 0;
  #statements = 0;
  #entries = 0;
  #file: { id: string | null; sender: string | null; created: CalendarDate | undefined } | undefined;
  #group: Group | undefined;
  #account: Account | undefined;
  #of_file: Tally = newTally();
  #of_group: Tally = newTally();
  #of_account: Tally = newTally();
  #ended: { statement: number; head: RawStatement } | undefined;
  /** Checks of trailers that stand behind no statement: those of an empty group. */
  #checks: Check[] = [];

  /** The parts that are complete since the last call. */
  take(): RawPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  line(raw: string, number: number): void {
    this.#line = number;
    const text = (number === 1 ? decodeLine(raw).replace(/^\ufeff/, '') : decodeLine(raw)).trim();
    if (text === '') return;
    const full = raw.length === this.#record_length && !text.endsWith('/') && raw.trimEnd().length === raw.length;
    let from = 0;
    if (text.includes('/ ') || text.includes('/\t')) {
      for (const end of text.matchAll(NEXT_ON_LINE)) {
        this.#physicalRecord(text.slice(from, end.index + 1), false);
        from = end.index + end[0].length;
      }
    }
    this.#physicalRecord(from === 0 ? text : text.slice(from), full);
  }

  /** Throws truncated when the last file has no 99 record. */
  end(): void {
    this.#finishRecord();
    if (this.#file !== undefined) {
      throw new Failure('truncated', 'the BAI2 file ends without its trailer (99); fetch it again', { line: this.#line });
    }
    this.#emitEnded();
  }

  #physicalRecord(text: string, full: boolean): void {
    const code = text.slice(0, 2);
    const isRecord = RECORD_CODES.has(code) && (text.length === 2 || text[2] === ',' || text[2] === '/');
    if (isRecord && code !== '88') {
      this.#finishRecord();
      this.#begin(code);
      this.#record = { code, line: this.#line, segments: [], length: 0, unfinished: false };
    } else if (this.#record === undefined || (!isRecord && this.#record.code !== '16')) {
      throw new Failure('malformed', `a record of 01, 02, 03, 16, 49, 88, 98 or 99 is expected, not "${text.slice(0, 20)}"`, { line: this.#line });
    }
    // Only a transaction's text may go on without the code of a continuation; such a line counts as no record.
    if (isRecord) for (const tally of [this.#of_account, this.#of_group, this.#of_file]) tally.records++;
    this.#append(this.#record!, isRecord ? text.slice(text[2] === ',' ? 3 : 2) : text, full);
  }

  #append(record: BaiRecord, segment: string, full: boolean): void {
    if (record.unfinished) record.segments.push(record.segments.pop()! + segment);
    else record.segments.push(segment);
    record.unfinished = full;
    record.length += segment.length + 1;
    if (record.length > MAX_RECORD_CHARACTERS) {
      throw new Failure('too_large', `the record with its continuations is longer than ${MAX_RECORD_CHARACTERS} characters`, { line: record.line });
    }
  }

  /** Begins to count what a trailer will repeat. */
  #begin(code: string): void {
    if (code === '01') this.#of_file = newTally();
    if (code === '02') this.#of_group = newTally();
    if (code === '03') this.#of_account = newTally();
  }

  #finishRecord(): void {
    const record = this.#record;
    if (record === undefined) return;
    this.#record = undefined;
    const fields = new Fields(record.segments);
    try {
      switch (record.code) {
        case '01': return this.#fileHeader(fields);
        case '02': return this.#groupHeader(fields);
        case '03': return this.#accountIdentifier(fields, record.line);
        case '16': return this.#transaction(fields, record.line);
        case '49': return this.#accountTrailer(fields);
        case '98': return this.#groupTrailer(fields);
        default: return this.#fileTrailer(fields);
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(error.code, error.message, { line: record.line, ...error.location }, error);
    }
  }

  #fileHeader(fields: Fields): void {
    if (this.#file !== undefined) throw misplaced('01', 'before the trailer (99) of the file before it');
    const [sender, , created, , id, record_length, , version] = Array.from({ length: 8 }, () => fields.next());
    if (!/^[23]?$/.test(version!)) {
      throw new Failure('unsupported_format', `the file is of version "${version!.slice(0, 20)}" of the BAI format; ask for version 2`);
    }
    this.#emitEnded();
    this.#record_length = Number(record_length) || null;
    this.#file = { id: id || null, sender: sender || null, created: dateOf(created!) };
  }

  #groupHeader(fields: Fields): void {
    const file = this.#file;
    if (file === undefined || this.#group !== undefined) throw misplaced('02', file === undefined ? 'outside a file (01)' : 'before the trailer (98) of the group before it');
    const [, originator, status, as_of, , currency, modifier] = Array.from({ length: 7 }, () => fields.next());
    if (!/^[1-4]?$/.test(status!)) throw new Failure('malformed', `the group status "${status!.slice(0, 20)}" is none of 1 to 4`, { field: 'group status' });
    if (!/^[1-4]?$/.test(modifier!)) throw new Failure('malformed', `the as-of-date modifier "${modifier!.slice(0, 20)}" is none of 1 to 4`, { field: 'as-of-date modifier' });
    const printed = dateOf(as_of!);
    const date = printed ?? file.created;
    if (date === undefined) throw new Failure('malformed', `the as-of date "${as_of!.slice(0, 20)}" is no day`, { field: 'as-of date' });
    this.#group = {
      bank: originator || file.sender,
      currency: currency!.toUpperCase() || DEFAULT_CURRENCY,
      as_of: date,
      modifier: modifier!,
      refusal: status === '2' ? new Failure('unsupported_format', 'the group deletes what was reported before (group status 2); undo it in the review queue, or ask the bank for a new report')
        : status === '4' ? new Failure('not_a_statement', 'the group is a test (group status 4)')
        : null,
      checks: printed === undefined
        ? [{ name: 'as_of_date', ok: false, detail: `the as-of date "${as_of!.slice(0, 20)}" is no day; ${date}, when the file was created, stands for it` }]
        : [],
    };
  }

  #accountIdentifier(fields: Fields, line: number): void {
    const group = this.#group;
    if (group === undefined || this.#account !== undefined) throw misplaced('03', group === undefined ? 'outside a group (02)' : 'before the trailer (49) of the account before it');
    this.#emitEnded();
    const account: Account = {
      statement: this.#statements++, line, number: fields.next() || null, currency: fields.next().toUpperCase() || group.currency, exponent: 0,
      standings: new Map(), interim: group.modifier === INTERIM_SAME_DAY, doubtful: null, entries: [], failure: group.refusal,
    };
    this.#account = account;
    this.#attempt(account, line, () => {
      const exponent = exponentOf(account.currency);
      if (exponent === undefined) throw new Failure('malformed', `"${account.currency.slice(0, 20)}" is no ISO 4217 currency, so that its decimals are unknown`, { field: 'currency' });
      account.exponent = exponent;
      while (!fields.done) this.#standing(fields, account);
      if (group.modifier === INTERIM_PREVIOUS_DAY && !account.standings.has(CLOSING_LEDGER)) account.interim = true;
    });
  }

  /** One status or summary amount of the 03 record: type code, amount, item count, funds type. */
  #standing(fields: Fields, account: Account): void {
    const code = fields.next();
    if (code === '') return;
    if (findTypeCode(code) === undefined) throw unknownCode(code);
    const amount = integer(fields.next(), `the amount of type ${code}`, true);
    integer(fields.next(), `the item count of type ${code}`, false);
    // Some banks leave out the comma of an empty funds type where the record goes on.
    if (!/^\d{3}$/.test(fields.peekContinuation() ?? '')) availability(fields);
    if (amount === null) return;
    this.#of_account.sum += amount;
    if (!account.standings.has(code)) account.standings.set(code, amount);
  }

  #transaction(fields: Fields, line: number): void {
    const account = this.#account;
    if (account === undefined) throw misplaced('16', 'outside an account (03)');
    this.#attempt(account, line, () => {
      const code = fields.next();
      const type = findTypeCode(code);
      if (type === undefined) throw unknownCode(code);
      const amount = integer(fields.next(), 'the amount', false);
      const value_date = availability(fields);
      this.#of_account.sum += amount ?? 0n;
      const transaction = emptyTransaction(formatDecimal(type.side === 'debit' ? -(amount ?? 0n) : amount ?? 0n, account.exponent), account.currency);
      transaction.bank_reference = fields.next() || null;
      transaction.customer_reference = fields.next() || null;
      transaction.remittance = fields.text();
      transaction.transaction_code = { domain: null, family: null, subfamily: null, proprietary: code };
      if (type.level === 'summary' || type.level === 'item') account.doubtful ??= code;
      account.entries.push({
        ...transaction,
        line: ++this.#entries,
        booking_date: this.#group!.as_of,
        value_date,
        // A status or a note tells of no movement, and neither does a transaction without an amount.
        status: type.side === null || amount === null ? 'information' : account.interim ? 'pending' : 'booked',
        reversal: type.reversal,
        source: { page: null, line },
        details: [],
        balance_after: null,
      });
      if (account.entries.length === CHUNK_ENTRIES) this.#flush(account);
    });
  }

  #accountTrailer(fields: Fields): void {
    const account = this.#account;
    if (account === undefined) throw misplaced('49', 'outside an account (03)');
    const checks = this.#trailer(fields, 'account', this.#of_account, this.#of_group, null);
    this.#account = undefined;
    if (account.failure !== null) {
      const { code, message, location } = account.failure;
      this.#parts.push({ part: 'failed', statement: account.statement, account: account.number, code, message, location: location ?? { line: account.line } });
      return;
    }
    this.#flush(account);
    const head = headOf(account, this.#group!, this.#file!.id);
    head.reader_checks.push(...checks, ...this.#checks);
    this.#checks = [];
    this.#ended = { statement: account.statement, head };
  }

  #groupTrailer(fields: Fields): void {
    if (this.#group === undefined || this.#account !== undefined) throw misplaced('98', this.#group === undefined ? 'outside a group (02)' : 'before the trailer (49) of the account before it');
    this.#check(this.#trailer(fields, 'group', this.#of_group, this.#of_file, 'accounts'));
    this.#group = undefined;
  }

  #fileTrailer(fields: Fields): void {
    if (this.#file === undefined || this.#group !== undefined) throw misplaced('99', this.#file === undefined ? 'outside a file (01)' : 'before the trailer (98) of the group before it');
    this.#check(this.#trailer(fields, 'file', this.#of_file, newTally(), 'groups'));
    this.#file = undefined;
  }

  /** Control total, number of members (except in an account), number of physical records. What it prints counts as a member of what is around. */
  #trailer(fields: Fields, level: 'account' | 'group' | 'file', own: Tally, around: Tally, members: 'accounts' | 'groups' | null): Check[] {
    const total = integer(fields.next(), `the ${level} control total`, true);
    around.sum += total ?? own.sum;
    around.members++;
    const checks: Check[] = [];
    const compare = (name: string, counted: bigint, printed: bigint | null): void => {
      if (printed !== null) checks.push({ name: `${level}_${name}`, ok: counted === printed, detail: `${counted} counted, ${printed} printed` });
    };
    // An account that could not be read has no sum of its own to compare.
    if (level !== 'account' || this.#account!.failure === null) compare('control_total', own.sum, total);
    if (members !== null) compare(`number_of_${members}`, BigInt(own.members), integer(fields.next(), `the number of ${members}`, false));
    compare('number_of_records', BigInt(own.records), integer(fields.next(), 'the number of records', false));
    return checks;
  }

  /** Adds a trailer's checks to the statement that stands before it. */
  #check(checks: readonly Check[]): void {
    (this.#ended?.head.reader_checks ?? this.#checks).push(...checks);
  }

  /** Runs a reading step; what breaks the standard costs this account, and the others of the file still come. */
  #attempt(account: Account, line: number, step: () => void): void {
    if (account.failure !== null) return;
    try {
      step();
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'malformed') throw error;
      account.failure = new Failure(error.code, error.message, { line, ...error.location }, error);
      account.entries = [];
    }
  }

  #flush(account: Account): void {
    if (account.entries.length > 0) this.#parts.push({ part: 'entries', statement: account.statement, entries: account.entries });
    account.entries = [];
  }

  #emitEnded(): void {
    if (this.#ended !== undefined) this.#parts.push({ part: 'end', ...this.#ended });
    this.#ended = undefined;
  }
}

function newTally(): Tally {
  return { sum: 0n, members: 0, records: 0 };
}

/**
 * Opening and closing ledger; a same-day report that is final ends with the current ledger. An interim report's entries are pending and
 * lead to no balance, and its totals are those of the day so far.
 */
function headOf(account: Account, group: Group, file_id: string | null): RawStatement {
  const { standings, interim } = account;
  const show = (amount: bigint): string => formatDecimal(amount, account.exponent);
  const balance = (amount: bigint | undefined): RawStatement['opening_balance'] => (amount === undefined ? null : { amount: show(amount), date: group.as_of });
  const opening_balance = balance(standings.get(OPENING_LEDGER));
  const closing_balance = interim ? null : balance(standings.get(CLOSING_LEDGER) ?? standings.get(CURRENT_LEDGER));
  const totals: PrintedTotal[] = [];
  if (!interim) {
    for (const [code, kind] of [[TOTAL_CREDITS, 'credits'], [TOTAL_DEBITS, 'debits']] as const) {
      const amount = standings.get(code);
      if (amount !== undefined) totals.push({ kind, amount: show(amount) });
    }
  }
  const reader_checks = [...group.checks];
  if (account.doubtful !== null && (opening_balance === null || closing_balance === null)) {
    reader_checks.push({
      name: 'transactions_only', ok: false,
      detail: `type ${account.doubtful} is a total, or an item of a deposit that may be reported as well, and no balances prove that it is not counted twice`,
    });
  }
  return {
    format: 'bai2', extractor: EXTRACTOR, account: account.number, bank: group.bank, currency: account.currency, statement_id: file_id, sequence: null,
    from: group.as_of, to: group.as_of, opening_balance, closing_balance, printed_totals: totals, newest_first: false, reader_checks,
  };
}

function unknownCode(code: string): Failure {
  return new Failure('malformed', `"${code.slice(0, 20)}" is no type code of the standard`, { field: 'type code' });
}

function misplaced(code: string, where: string): Failure {
  return new Failure('malformed', `the record ${code} stands ${where}`);
}
