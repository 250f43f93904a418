import { addDays, weekday, type CalendarDate } from '../../core/date.ts';
import { formatMoney } from '../../core/money.ts';
import { INTERIM_FORMATS, type Check, type Format } from '../../core/statement.ts';
import type { BookedStatement, Difference, ReceivedStatement, StatementVerdict } from './contract.ts';

/**
 * Does a statement continue the books of its account? Statements are taken in the order of their periods, whatever the order of
 * arrival; each either follows, overlaps, fills or leaves a gap, repeats what is there, or contradicts.
 */

/** Where the same days come in two forms, the one that says most is taken as the original. */
const FORMAT_ORDER: readonly Format[] = ['camt.053', 'mt940', 'bai2', 'ofx', 'csv', 'pdf', 'qif', 'camt.054', 'camt.052', 'mt942'];

/** After every number that a statement prints. */
const UNNUMBERED = Number.MAX_SAFE_INTEGER;

/**
 * The order in which an account's statements are taken: by period, then number and page, then form, then how much they say, then content. What prints no
 * number, as CSV, comes after what does: of the same day in two forms the numbered one says more.
 */
export function compareStatements(a: ReceivedStatement, b: ReceivedStatement): number {
  return compare(a.from ?? '', b.from ?? '') || compare(a.to ?? '', b.to ?? '')
    || (numberOf(a.sequence) ?? UNNUMBERED) - (numberOf(b.sequence) ?? UNNUMBERED) || pageOf(a.sequence) - pageOf(b.sequence) || FORMAT_ORDER.indexOf(a.format) - FORMAT_ORDER.indexOf(b.format)
    || b.text_length - a.text_length || compare(a.sha256, b.sha256) || a.statement_no - b.statement_no;
}

/** The first number of a sequence such as `123/1`. */
export function numberOf(sequence: string | null): number | null {
  const digits = sequence === null ? null : /\d+/.exec(sequence);
  return digits ? Number(digits[0]) : null;
}

/** The page in a sequence such as `123/1`; 0 where there is none. */
function pageOf(sequence: string | null): number {
  return Number(/\d\/(\d{1,9})/.exec(sequence ?? '')?.[1] ?? 0);
}

/** What the statement's place in the books is, before its entries are looked at. */
export type Place =
  | { kind: 'first' | 'follows' | 'overlaps' }
  | { kind: 'gap'; gap: bigint }
  | { kind: 'fills'; previous: BookedStatement | null; next: BookedStatement }
  | { kind: 'preview' }
  | { kind: 'contradicts'; check: Check };

/**
 * Finds the statement's place. `books` are the account's accepted statements in the order of their last days.
 * A statement without any date or entry says nothing and follows.
 */
export function placeOf(statement: ReceivedStatement, books: readonly BookedStatement[]): Place {
  if (INTERIM_FORMATS.has(statement.format) && !statement.posts_interim) return { kind: 'preview' };
  const last = books.at(-1);
  if (!last) return { kind: 'first' };
  if (statement.from === null || statement.to === null) return { kind: 'follows' };
  // The same turnover of the same days; of one format, numbers tell two statements of a day apart, of two formats they say nothing.
  const repeated = books.some((other) => samePeriod(other, statement) && other.opening === statement.opening && other.closing === statement.closing
    && (other.format !== statement.format || sameNumber(other, statement) !== false));
  // Drawn again from the same balance on, even where what was there before sums up to nothing and this one could be taken to follow.
  const drawn_again = books.some((other) => other.from === statement.from && other.opening !== null && other.opening === statement.opening && (isDrawn(statement) || isDrawn(other)));
  if (repeated || drawn_again) return { kind: 'overlaps' };
  const opening = openingOf(statement);
  if (statement.from >= last.to) {
    if (opening !== null && opening === last.closing) return { kind: 'follows' };
    if (statement.from > last.to) {
      if (opening === null || last.closing === null) return { kind: 'follows' };
      if (mayBeGap(last, { from: statement.from, sequence: statement.sequence })) return { kind: 'gap', gap: opening - last.closing };
      return { kind: 'contradicts', check: opens(statement, opening, last.closing) };
    }
  }
  return lateArrival({ ...statement, from: statement.from, to: statement.to }, opening, books) ?? { kind: 'overlaps' };
}

/** The place of a statement before everything known, or where a gap was posted; null when it does not lead from what is before it to what is after it. */
function lateArrival(statement: ReceivedStatement & { from: CalendarDate; to: CalendarDate }, opening: bigint | null, books: readonly BookedStatement[]): Place | null {
  const at = books.findIndex((other) => other.from >= statement.to && other.from > statement.from);
  if (at < 0 || opening === null || statement.closing === null) return null;
  const next = books[at]!;
  const previous = books[at - 1] ?? null;
  if (next.opening === null || (next.opening !== statement.closing && !mayBeGap(statement, next))) return null;
  if (previous === null) return { kind: 'fills', previous, next };
  if (next.gap_before === null || previous.to > statement.from) return null;
  return previous.closing === opening || mayBeGap(previous, statement) ? { kind: 'fills', previous, next } : null;
}

/**
 * The verdict for a statement whose place is known. `found` is what it brings that is not on the books, `balance` what the ledger has in
 * its account: while no statement has printed balances, that is the sum of the entries, and the first that does opens the books.
 */
export function acceptStatement(statement: ReceivedStatement, place: Place, books: readonly BookedStatement[], found: Difference, balance: bigint): StatementVerdict {
  const last = books.at(-1);
  const closing = closingOf(statement);
  const opens_late = last !== undefined && last.closing === null && closing !== null && statement.to !== null && statement.to >= last.to;
  const accepted = (rest: Partial<Extract<StatementVerdict, { state: 'accepted' }>>): StatementVerdict =>
    ({ state: 'accepted', opening_posting: opens_late ? closing - found.sum - balance : null, gap_before: null, gap_of_next: null, overlaps: false, ...rest });
  const opening = openingOf(statement);
  switch (place.kind) {
    case 'preview': return { state: 'preview' };
    case 'contradicts': return { state: 'quarantined', check: place.check };
    case 'first': return accepted({ opening_posting: opening });
    case 'follows': return accepted({});
    case 'gap': return accepted({ gap_before: place.gap });
    case 'fills': {
      const { previous, next } = place;
      const gap_of_next = { statement_id: next.statement_id, gap: zeroIsNull(next.opening! - statement.closing!) };
      if (previous === null) return accepted({ opening_posting: opening! - next.opening!, gap_of_next });
      return accepted({ gap_before: previous.closing === null ? null : zeroIsNull(opening! - previous.closing), gap_of_next });
    }
    case 'overlaps': {
      if (repeatedBy(statement, books) && found.added + found.dropped > 0) {
        return refused('reissued', `${found.added} of its entries are not in the statement on the books for ${statement.from} to ${statement.to}, and ${found.dropped} of that are not in it`);
      }
      if (found.added === 0) return { state: 'duplicate' };
      if (last!.closing !== null && statement.to! < last!.to) {
        return refused('continues_the_books', `${found.added} of its entries are not on the books, which are closed with ${formatMoney(last!.closing, statement.currency)} ${statement.currency} as of ${last!.to}`);
      }
      if (last!.closing !== null && closing !== null && last!.closing + found.sum !== closing) {
        return refused('continues_the_books', `the books with this statement's new entries come to ${formatMoney(last!.closing + found.sum, statement.currency)} ${statement.currency}, its closing balance is ${formatMoney(closing, statement.currency)}`);
      }
      return accepted({ overlaps: true });
    }
  }
}

/** What a person draws in online banking, at any hour: its period is that of its rows, and it has no number. */
const DRAWN_FORMATS: ReadonlySet<Format> = new Set(['csv', 'ofx', 'qif']);

function isDrawn({ format, sequence }: Pick<BookedStatement, 'format' | 'sequence'>): boolean {
  return DRAWN_FORMATS.has(format) && sequence === null;
}

/** The statement on the books that this one is another issue of; both must print their balances. */
export function repeatedBy(statement: ReceivedStatement, books: readonly BookedStatement[]): BookedStatement | undefined {
  return statement.opening === null ? undefined
    : books.find((other) => other.proven && samePeriod(other, statement) && other.opening !== null && sameNumber(other, statement) !== false);
}

function refused(name: string, detail: string): StatementVerdict {
  return { state: 'quarantined', check: { name, ok: false, detail } };
}

function closingOf(statement: ReceivedStatement): bigint | null {
  return statement.closing ?? (statement.opening === null ? null : statement.opening + statement.sum);
}

/** The opening balance, where need be as the closing less the entries. */
export function openingOf(statement: ReceivedStatement): bigint | null {
  return statement.opening ?? (statement.closing === null ? null : statement.closing - statement.sum);
}

/** True or false where both have a number, null where that cannot be said. */
function sameNumber(a: { sequence: string | null }, b: { sequence: string | null }): boolean | null {
  const [x, y] = [numberOf(a.sequence), numberOf(b.sequence)];
  return x === null || y === null ? null : x === y;
}

function samePeriod(a: { from: string | null; to: string | null }, b: { from: string | null; to: string | null }): boolean {
  return a.from === b.from && a.to === b.to;
}

/** A statement may be missing between two: a number is left out, or, without numbers, a working day is. */
function mayBeGap(before: { to: CalendarDate; sequence: string | null }, after: { from: CalendarDate; sequence: string | null }): boolean {
  const [number, next] = [numberOf(before.sequence), numberOf(after.sequence)];
  if (number !== null && next !== null && next > number) return next > number + 1;
  for (let day = addDays(before.to, 1); day < after.from; day = addDays(day, 1)) if (weekday(day) <= 5) return true;
  return false;
}

function opens({ from, currency }: ReceivedStatement, opening: bigint, books: bigint): Check {
  const detail = `it opens with ${formatMoney(opening, currency)} ${currency} on ${from}, the books stand at ${formatMoney(books, currency)}, and no statement is missing in between`;
  return { name: 'continues_the_books', ok: false, detail };
}

function zeroIsNull(amount: bigint): bigint | null {
  return amount === 0n ? null : amount;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
