import type { CalendarDate } from './date.ts';

/** An entry as far as its identity goes; a batch booking counts as one. */
export interface EntryIdentity {
  entry_id: bigint;
  booking_date: CalendarDate;
  amount: bigint;
  bank_reference: string | null;
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

function identityKey(entry: EntryIdentity): string {
  return `${entry.booking_date} ${entry.amount}`;
}
