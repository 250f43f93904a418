import { addDays, weekday } from '../../core/date.ts';
import { INTERIM_FORMATS, type Check, type Format } from '../../core/statement.ts';
import type { BookedStatement, EntryIdentity, ReceivedStatement, StatementVerdict } from './contract.ts';

/**
 * Does a statement continue the books of its account? Statements are taken in the order of their periods, whatever the order of
 * arrival; each either follows, overlaps, fills or leaves a gap, repeats what is there, or contradicts.
 */

/** Where the same days come in two forms, the one that says most is taken as the original. */
const FORMAT_ORDER: readonly Format[] = ['camt.053', 'mt940', 'bai2', 'ofx', 'csv', 'pdf', 'qif', 'camt.054', 'camt.052', 'mt942'];

/** After every number that a statement prints. */
const UNNUMBERED = Number.MAX_SAFE_INTEGER;

/**
 * The order in which an account's statements are taken: by period, then number, then form, then content. What prints no number, as CSV, comes
 * after what does: of the same day in two forms the numbered one says more.
 */
export function compareStatements(a: ReceivedStatement, b: ReceivedStatement): number {
  return compare(a.from ?? '', b.from ?? '') || compare(a.to ?? '', b.to ?? '')
    || (numberOf(a.sequence) ?? UNNUMBERED) - (numberOf(b.sequence) ?? UNNUMBERED) || FORMAT_ORDER.indexOf(a.format) - FORMAT_ORDER.indexOf(b.format)
    || compare(a.sha256, b.sha256) || a.statement_no - b.statement_no;
}

/** The first number of a sequence such as `123/1`. */
export function numberOf(sequence: string | null): number | null {
  const digits = sequence === null ? null : /\d+/.exec(sequence);
  return digits ? Number(digits[0]) : null;
}

/** The multiset of what both contain: for each entry of the statement its counterpart on the books, or null for a new one. */
export function pairWithBooks(entries: readonly EntryIdentity[], booked: readonly EntryIdentity[]): Map<bigint, bigint | null> {
  const free = new Map<string, EntryIdentity[]>();
  for (const entry of booked) {
    const key = identityKey(entry);
    const list = free.get(key);
    if (list) list.push(entry);
    else free.set(key, [entry]);
  }
  const pairs = new Map<bigint, bigint | null>();
  // First those that agree in the bank's reference, then those of which one gives none; two different references are two entries.
  const passes: ((entry: EntryIdentity, other: EntryIdentity) => boolean)[] = [
    (entry, other) => entry.bank_reference !== null && entry.bank_reference === other.bank_reference,
    (entry, other) => entry.bank_reference === null && other.bank_reference === null,
    (entry, other) => entry.bank_reference === null || other.bank_reference === null,
  ];
  for (const agrees of passes) {
    for (const entry of entries) {
      if (pairs.get(entry.entry_id)) continue;
      const list = free.get(identityKey(entry));
      const at = list?.findIndex((other) => agrees(entry, other)) ?? -1;
      pairs.set(entry.entry_id, at < 0 ? null : list!.splice(at, 1)[0]!.entry_id);
    }
  }
  return pairs;
}

/** What the statement's place in the books is, before its entries are looked at. */
export type Place =
  | { kind: 'first' | 'follows' | 'overlaps' }
  | { kind: 'gap'; gap: bigint }
  | { kind: 'fills'; previous: BookedStatement | null; next: BookedStatement }
  | { kind: 'preview' }
  | { kind: 'contradicts'; check: Check };

/**
 * Finds the statement's place. `books` are the account's accepted statements in the order of their periods.
 * A statement without any date or entry says nothing and follows.
 */
export function placeOf(statement: ReceivedStatement, books: readonly BookedStatement[]): Place {
  if (INTERIM_FORMATS.has(statement.format)) return { kind: 'preview' };
  const last = books.at(-1);
  if (!last) return { kind: 'first' };
  if (statement.from === null || statement.to === null) return { kind: 'follows' };
  const repeated = books.some((other) => other.from === statement.from && other.to === statement.to && (sameNumber(other, statement) ?? true)
    && other.opening === statement.opening && other.closing === statement.closing);
  if (repeated) return { kind: 'overlaps' };
  const opening = openingOf(statement);
  if (statement.from >= last.to) {
    if (opening !== null && opening === last.closing) return { kind: 'follows' };
    if (statement.from > last.to) {
      if (opening === null || last.closing === null) return { kind: 'follows' };
      if (mayBeGap(statement, last)) return { kind: 'gap', gap: opening - last.closing };
      return { kind: 'contradicts', check: opens(statement, opening, last.closing) };
    }
  }
  const next = books.find((other) => other.from >= statement.to! && other.from > statement.from!);
  const at = next ? books.indexOf(next) : -1;
  const previous = at > 0 ? books[at - 1]! : null;
  if (next && opening !== null && statement.closing !== null && (previous === null || previous.to <= statement.from)) {
    // Before everything known, or where a gap was posted: a late arrival. It must lead up to what comes after it.
    const fits = previous === null ? next.opening === statement.closing : next.gap_before !== null;
    if (fits) return { kind: 'fills', previous, next };
  }
  return { kind: 'overlaps' };
}

/** The verdict for a statement whose place is known and whose new entries (those not on the books) sum up to `sum_of_new`. */
export function acceptStatement(statement: ReceivedStatement, place: Place, books: readonly BookedStatement[], new_count: number, sum_of_new: bigint): StatementVerdict {
  const accepted = (rest: Partial<Extract<StatementVerdict, { state: 'accepted' }>>): StatementVerdict =>
    ({ state: 'accepted', opening_posting: null, gap_before: null, gap_of_next: null, overlaps: false, ...rest });
  const opening = openingOf(statement);
  switch (place.kind) {
    case 'preview': return { state: 'preview' };
    case 'contradicts': return { state: 'quarantined', check: place.check };
    case 'first': return accepted({ opening_posting: opening });
    case 'follows': return accepted({});
    case 'gap': return accepted({ gap_before: place.gap });
    case 'fills': {
      const { previous, next } = place;
      if (previous === null) return accepted({ opening_posting: opening! - next.opening! });
      const before = previous.closing === null ? null : zeroIsNull(opening! - previous.closing);
      return accepted({ gap_before: before, gap_of_next: { statement_id: next.statement_id, gap: zeroIsNull(next.opening! - statement.closing!) } });
    }
    case 'overlaps': {
      if (new_count === 0) return { state: 'duplicate' };
      const reissued = books.find((other) => other.from === statement.from && other.to === statement.to && sameNumber(other, statement) !== false
        && statement.opening !== null && other.opening !== null);
      if (reissued) {
        return { state: 'quarantined', check: { name: 'reissued', ok: false, detail: `${new_count} entries are not in the statement already on the books for ${statement.from} to ${statement.to}` } };
      }
      const last = books.at(-1)!;
      if (statement.closing !== null && last.closing !== null) {
        if (statement.to! < last.to || last.closing + sum_of_new !== statement.closing) {
          return { state: 'quarantined', check: {
            name: 'continues_the_books', ok: false,
            detail: `the books with this statement's new entries come to ${last.closing + sum_of_new}, its closing balance is ${statement.closing} (minor units)`,
          } };
        }
      }
      return accepted({ overlaps: true });
    }
  }
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

/** A statement may be missing in between: a number is left out, or, without numbers, a working day is. */
function mayBeGap(statement: ReceivedStatement, last: BookedStatement): boolean {
  const [number, before] = [numberOf(statement.sequence), numberOf(last.sequence)];
  if (number !== null && before !== null && number > before) return number > before + 1;
  for (let day = addDays(last.to, 1); day < statement.from!; day = addDays(day, 1)) if (weekday(day) <= 5) return true;
  return false;
}

function opens(statement: ReceivedStatement, opening: bigint, books: bigint): Check {
  return { name: 'continues_the_books', ok: false, detail: `it opens with ${opening} on ${statement.from}, the books stand at ${books} (minor units), and no statement is missing in between` };
}

function identityKey(entry: EntryIdentity): string {
  return `${entry.booking_date} ${entry.amount}`;
}

function zeroIsNull(amount: bigint): bigint | null {
  return amount === 0n ? null : amount;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
