import { calendarDate, dayNumber, daysInMonth, type CalendarDate } from '../../core/date.ts';
import { Failure } from '../../core/failure.ts';
import type { EntryStatus, RawAmount } from '../../core/statement.ts';

/** Field 61 of MT940 and MT942 (SWIFT Standards MT, category 9): `6!n[4!n]2a[1!a]15d1!a3!c16x[//16x]` and, on a line of its own, `[34x]`. */
export interface StatementLine {
  value_date: CalendarDate;
  booking_date: CalendarDate;
  amount: RawAmount;
  status: EntryStatus;
  reversal: boolean;
  /** Subfield 6: N, F or S and three letters or digits, `NTRF`. */
  type: string | null;
  /** Subfield 7, reference for the account owner; null where it is a word for none or names the part of field 86 that has it. */
  customer_reference: string | null;
  /** Subfield 8, reference of the account servicing institution. */
  bank_reference: string | null;
}

/** Fields 60a, 62a, 64 and 65: `1!a6!n3!a15d`. */
export interface PrintedBalance {
  amount: RawAmount;
  date: CalendarDate | null;
  currency: string;
}

/** What banks write into a reference that is not there, or that field 86 has after this very word. */
const NO_REFERENCE = /^(?:NONREF|NOREF|NOTPROVIDED|NONE|NICHT ANGEGEBEN|[EKM]REF\+?|MARF|PREF|CREF|REMI|TRTP)$/i;

/** The text, unless it is empty or a word for none. */
export function referenceOf(text: string): string | null {
  const reference = text.trim();
  return reference === '' || NO_REFERENCE.test(reference) ? null : reference;
}

/**
 * Reads the first line of a field 61. `opening` is the date of the opening balance, where one is printed: no entry is booked long before it.
 * Throws `malformed` for what leaves date, sign or amount open.
 */
export function parseStatementLine(text: string, opening: CalendarDate | null): StatementLine {
  let at = skipSpaces(text, 0);
  const digits = countDigits(text, at);
  const value_date = digits < 6 ? undefined : parseDate(text.slice(at, at + 6));
  if (value_date === undefined) throw bad('value date', text, 'is no date YYMMDD');
  if (digits !== 6 && digits !== 10) throw bad('entry date', text, 'is not MMDD');
  const entry = digits === 10 ? text.slice(at + 6, at + 10) : null;
  at = skipSpaces(text, at + digits);

  const prefix = text[at] === 'R' || text[at] === 'E' ? text[at++]! : '';
  const side = text[at++];
  if (side !== 'C' && side !== 'D') throw bad('debit/credit mark', text, 'is none of C, D, RC, RD, EC, ED');
  // The third letter of the currency; some banks write all three.
  for (let n = 0; n < 3 && isLetter(text, at); n++) at++;
  at = skipSpaces(text, at);

  const amountEnd = endOfAmount(text, at);
  const amount = parseAmount(text.slice(at, amountEnd));
  if (amount === undefined) throw bad('amount', text, 'is no unsigned number with a decimal comma');
  at = skipSpaces(text, amountEnd);

  const typed = text[at] === 'N' || text[at] === 'F' || text[at] === 'S';
  const type = typed ? text.slice(at, at + 4).trim() : null;
  const references = text.slice(typed ? at + 4 : at);
  const slashes = references.indexOf('//');
  return {
    value_date,
    booking_date: bookingDate(entry, value_date, opening),
    amount: (side === 'D') === (prefix !== 'R') && /[1-9]/.test(amount) ? `-${amount}` : amount,
    status: prefix === 'E' ? 'pending' : 'booked',
    reversal: prefix === 'R',
    type,
    customer_reference: referenceOf(slashes < 0 ? references : references.slice(0, slashes)),
    bank_reference: slashes < 0 ? null : referenceOf(references.slice(slashes + 2)),
  };
}

/** Throws `malformed`; a balance without a date (`000000`) is one all the same. */
export function parseBalance(text: string, tag: string): PrintedBalance {
  const plain = text.trim();
  const currency = plain.slice(7, 10);
  const amount = parseAmount(plain.slice(10));
  const date = parseDate(plain.slice(1, 7));
  if ((plain[0] !== 'C' && plain[0] !== 'D') || !/^[A-Z]{3}$/.test(currency) || amount === undefined || (date === undefined && plain.slice(1, 7) !== '000000')) {
    throw new Failure('malformed', `field ${tag} "${text.slice(0, 40)}" is no balance: C or D, YYMMDD, currency, amount with a comma`, { field: tag });
  }
  return { amount: plain[0] === 'D' && /[1-9]/.test(amount) ? `-${amount}` : amount, date: date ?? null, currency };
}

/** SWIFT amounts have at most 15 characters; some banks fill them up with zeros to more. */
const MAX_AMOUNT_CHARACTERS = 40;

/**
 * An unsigned SWIFT amount (`15d`) as a plain decimal: `1234,` is 1234, `000001,62` is 1.62. A comma may be missing; a dot in its place is
 * taken when two decimals follow, where it cannot be a thousands mark. Undefined for anything else.
 */
export function parseAmount(text: string): RawAmount | undefined {
  return shortAmount(text) ?? otherAmount(text);
}

/** The bulk of all amounts, digits with a comma and no zero in front of others, read without a pattern. */
function shortAmount(text: string): RawAmount | undefined {
  const comma = text.indexOf(',');
  if (comma < 1 || text.length > MAX_AMOUNT_CHARACTERS || comma + 1 === text.length || (comma > 1 && text.charCodeAt(0) === ZERO)) return undefined;
  for (let at = 0; at < text.length; at++) if (at !== comma && !isDigit(text.charCodeAt(at))) return undefined;
  return `${text.slice(0, comma)}.${text.slice(comma + 1)}`;
}

const ZERO = 0x30;

function otherAmount(text: string): RawAmount | undefined {
  const parts = text.length <= MAX_AMOUNT_CHARACTERS ? /^(\d*)(?:,(\d*)|\.(\d\d))?$/.exec(text) : null;
  if (parts === null) return undefined;
  const whole = parts[1]!;
  const fraction = parts[2] ?? parts[3] ?? '';
  if (whole === '' && fraction === '') return undefined;
  const plain = whole === '' ? '0' : whole.replace(/^0+(?=\d)/, '');
  return fraction === '' ? plain : `${plain}.${fraction}`;
}

/**
 * `YYMMDD`; years from 80 are of the last century (SWIFT Standards MT General Information). Day 29, 30 or 31 of a shorter month is its last:
 * banks that count 30 days to every month print 30 February. Undefined for what is no date.
 */
export function parseDate(text: string): CalendarDate | undefined {
  if (text.length !== 6 || countDigits(text, 0) !== 6) return undefined;
  const [year, month, day] = [Number(text.slice(0, 2)), Number(text.slice(2, 4)), Number(text.slice(4))];
  if (month < 1 || month > 12 || day > 31) return undefined;
  const full = year + (year < 80 ? 2000 : 1900);
  return calendarDate(full, month, Math.min(day, daysInMonth(full, month)));
}

/** Statements of a year open at most this long before their first entry is booked; a bank may date its opening a little late. */
const OPENING_LATE_DAYS = 31;
/** An entry and its value lie at most months apart: farther, the entry date is that of an impossible day (29 February). */
const FARTHEST_DAYS = 300;

/** Subfield 2 has no year: the one that brings it nearest to the value date without lying before the opening balance. */
function bookingDate(entry: string | null, value: CalendarDate, opening: CalendarDate | null): CalendarDate {
  if (entry === null) return value;
  const year = Number(value.slice(0, 4));
  const [month, day] = [Number(entry.slice(0, 2)), Number(entry.slice(2))];
  const plain = calendarDate(year, month, day);
  const distanceOf = (date: CalendarDate): number => Math.abs(dayNumber(date) - dayNumber(value));
  if (plain !== undefined && (plain === value || (distanceOf(plain) < 150 && (opening === null || plain >= opening)))) return plain;
  const dates = [year - 1, year, year + 1].map((y) => calendarDate(y, month, day)).filter((date) => date !== undefined && distanceOf(date) <= FARTHEST_DAYS) as CalendarDate[];
  const late = dates.filter((date) => opening === null || dayNumber(date) >= dayNumber(opening) - OPENING_LATE_DAYS);
  return (late.length > 0 ? late : dates).toSorted((a, b) => distanceOf(a) - distanceOf(b))[0] ?? value;
}

function bad(what: string, text: string, why: string): Failure {
  return new Failure('malformed', `the ${what} in field 61 "${text.slice(0, 40)}" ${why}`, { field: '61' });
}

function skipSpaces(text: string, at: number): number {
  while (text[at] === ' ') at++;
  return at;
}

function countDigits(text: string, at: number): number {
  let end = at;
  while (isDigit(text.charCodeAt(end))) end++;
  return end - at;
}

function endOfAmount(text: string, at: number): number {
  while (isDigit(text.charCodeAt(at)) || text[at] === ',' || text[at] === '.') at++;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 65 && code <= 90;
}
