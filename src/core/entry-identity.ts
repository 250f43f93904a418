import type { CalendarDate } from './date.ts';

/** An entry as far as its identity goes; a batch booking counts as one. */
export interface EntryIdentity {
  entry_id: bigint;
  booking_date: CalendarDate;
  amount: bigint;
  bank_reference: string | null;
}

/** The entries of either side that are equal to others of their day and amount: which of them are the same only their texts tell. */
export function listEquals(entries: readonly EntryIdentity[], booked: readonly EntryIdentity[]): bigint[] {
  const own = Map.groupBy(entries, identityKey);
  const others = Map.groupBy(booked, identityKey);
  return [...own].flatMap(([key, some]) => {
    const theirs = others.get(key) ?? [];
    return theirs.length > 0 && some.length + theirs.length > 2 ? [...some, ...theirs].map(({ entry_id }) => entry_id) : [];
  });
}

/**
 * The multiset of what both contain: for each entry of the statement its counterpart on the books, or null for a new one. First those that agree in
 * the bank's reference, then those of which one gives none; two different references are two entries. Among equals those are the same that say the
 * same: `texts` has what each of `listEquals` says.
 */
export function pairWithBooks(entries: readonly EntryIdentity[], booked: readonly EntryIdentity[], texts: ReadonlyMap<bigint, string> = new Map()): Map<bigint, bigint | null> {
  const pairs = new Map<bigint, bigint | null>(entries.map(({ entry_id }) => [entry_id, null]));
  const on_books = Map.groupBy(booked, identityKey);
  for (const [key, equals] of Map.groupBy(entries, identityKey)) {
    const there = on_books.get(key);
    if (there === undefined) continue;
    if (equals.length === 1 && there.length === 1) {
      if (agree(equals[0]!, there[0]!, 'same') || agree(equals[0]!, there[0]!, 'missing')) pairs.set(equals[0]!.entry_id, there[0]!.entry_id);
      continue;
    }
    const [own, others] = [new Set(equals), new Set(there)];
    const pair: Pair = (entry, other) => {
      own.delete(entry);
      others.delete(other);
      pairs.set(entry.entry_id, other.entry_id);
    };
    for (const by of ['same', 'missing'] as const) {
      if (own.size === 0 || others.size === 0) break;
      pairEqual(own, others, by, ({ entry_id }) => texts.get(entry_id) ?? '', pair);
      if (own.size * others.size <= MAX_WEIGHED) pairAlike(own, others, by, texts, pair);
      else pairEqual(own, others, by, () => '', pair);
    }
  }
  return pairs;
}

/** Two entries have the same reference of the bank's, or one of them lacks it. */
type Reference = 'same' | 'missing';
type Pair = (entry: EntryIdentity, other: EntryIdentity) => void;

function agree(a: EntryIdentity, b: EntryIdentity, by: Reference): boolean {
  if (a.bank_reference === null || b.bank_reference === null) return by === 'missing';
  return by === 'same' && a.bank_reference === b.bank_reference;
}

/** Those of one text, in their order, others without a reference first: most, where a document comes again. */
function pairEqual(own: ReadonlySet<EntryIdentity>, others: ReadonlySet<EntryIdentity>, by: Reference, textOf: (entry: EntryIdentity) => string, pair: Pair): void {
  const keyOf = (entry: EntryIdentity): string => `${by === 'same' ? entry.bank_reference : ''}\n${textOf(entry)}`;
  const free = Map.groupBy([...others].toReversed().sort((a, b) => Number(b.bank_reference !== null) - Number(a.bank_reference !== null)), keyOf);
  for (const entry of own) {
    const same = free.get(keyOf(entry));
    const other = same?.at(-1);
    if (other && agree(entry, other, by)) pair(entry, same!.pop()!);
  }
}

/** More pairs than these are taken in their order: what is left of so many equals differs in nothing that tells. */
const MAX_WEIGHED = 10_000;

/** The likest first: another format, or another export, has the same words in other places. */
function pairAlike(own: ReadonlySet<EntryIdentity>, others: ReadonlySet<EntryIdentity>, by: Reference, texts: ReadonlyMap<bigint, string>, pair: Pair): void {
  const words = new Map([...own, ...others].map(({ entry_id }) => [entry_id, wordsOf(texts.get(entry_id) ?? '')]));
  const possible = [...own].flatMap((entry) => [...others].filter((other) => agree(entry, other, by)).map((other) => (
    { entry, other, likeness: likenessOf(words.get(entry.entry_id)!, words.get(other.entry_id)!), alike: Number(entry.bank_reference === other.bank_reference) })));
  for (const { entry, other } of possible.sort((a, b) => b.likeness - a.likeness || b.alike - a.alike)) if (own.has(entry) && others.has(other)) pair(entry, other);
}

function wordsOf(text: string): Set<string> {
  return new Set(text.normalize('NFKD').replace(/\p{M}/gu, '').toUpperCase().match(/[\p{L}\d]{2,}/gu));
}

/** How many characters of words they share. */
function likenessOf(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of a) if (b.has(word)) shared += word.length;
  return shared;
}

function identityKey(entry: EntryIdentity): string {
  return `${entry.booking_date} ${entry.amount}`;
}
