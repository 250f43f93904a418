/**
 * Several entries of a batch may claim the same invoice, or return the same payment. Who gets it is settled for the batch and by content,
 * never by arrival: the entry booked first (booking date, then value date, then content), all-or-nothing for each entry. One entry alone
 * has an invoice, also where it leaves something open: what the others' evidence says of it is no longer true.
 */

export interface Contender {
  entry_id: bigint;
  account_id: number;
  booking_date: string;
  value_date: string | null;
  content_key: string;
  amount: string;
  /** What it would consume: invoices by their id, decisions that it would return by their negative id. */
  claims: readonly bigint[];
}

/** The entries that find consumed what they claim, each with the one that has it and itself: enough to see again that it loses. */
export function findLosers(contenders: readonly Contender[]): Map<bigint, readonly Contender[]> {
  const taken = new Map<bigint, Contender>();
  const losers = new Map<bigint, readonly Contender[]>();
  for (const contender of [...contenders].sort(compareContenders)) {
    const { entry_id, claims } = contender;
    const lost = claims.find((claim) => taken.has(claim));
    if (lost !== undefined) losers.set(entry_id, [taken.get(lost)!, contender]);
    else for (const claim of claims) taken.set(claim, contender);
  }
  return losers;
}

/** By content alone; entries of one account equal in all of it are interchangeable, and their ids ascend with their place in the document. */
function compareContenders(a: Contender, b: Contender): number {
  return compare(a.booking_date, b.booking_date) || compare(a.value_date ?? '', b.value_date ?? '') || compare(a.content_key, b.content_key)
    || compare(a.amount, b.amount) || a.account_id - b.account_id || (a.entry_id < b.entry_id ? -1 : 1);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
