/**
 * Several entries of a batch may claim the same open amount. Who gets it is settled for the batch and by content, never by arrival:
 * the entry booked first (booking date, then value date, then content), all-or-nothing for each entry.
 */

export interface Contender {
  entry_id: bigint;
  booking_date: string;
  value_date: string | null;
  content_key: string;
  amount: string;
  /** What it would consume: invoices by their id, decisions that it would return by their negative id. */
  claims: readonly { claim: bigint; amount: bigint }[];
}

/** The entries that find consumed what they claim. `open` is what there was of each claim before the batch. */
export function findLosers(contenders: readonly Contender[], open: ReadonlyMap<bigint, bigint>): Set<bigint> {
  const rest = new Map(open);
  const losers = new Set<bigint>();
  for (const { entry_id, claims } of [...contenders].sort(compareContenders)) {
    if (claims.some(({ claim, amount }) => rest.get(claim)! < amount)) {
      losers.add(entry_id);
      continue;
    }
    for (const { claim, amount } of claims) rest.set(claim, rest.get(claim)! - amount);
  }
  return losers;
}

/** By content alone; entries equal in all of it are interchangeable, and their ids ascend with their place in the document. */
function compareContenders(a: Contender, b: Contender): number {
  return compare(a.booking_date, b.booking_date) || compare(a.value_date ?? '', b.value_date ?? '') || compare(a.content_key, b.content_key)
    || compare(a.amount, b.amount) || (a.entry_id < b.entry_id ? -1 : 1);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
