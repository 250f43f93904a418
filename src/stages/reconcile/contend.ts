/**
 * Several entries of a batch may claim the same open amount. Who gets it is settled for the batch and by content, never by arrival:
 * the entry booked first (booking date, then value date, then content), all-or-nothing for each entry.
 */

/** The open items that tentative automatic decisions would consume: 8 bytes a claim, a million are 8 MB. */
export interface ClaimBook {
  add(invoice_id: bigint): void;
  /** The invoices that more than one decision claims. */
  contested(): Set<bigint>;
}

export function createClaimBook(): ClaimBook {
  let ids = new BigInt64Array(1024);
  let used = 0;
  return {
    add(invoice_id) {
      if (used === ids.length) {
        const grown = new BigInt64Array(ids.length * 2);
        grown.set(ids);
        ids = grown;
      }
      ids[used++] = invoice_id;
    },
    contested() {
      const sorted = ids.subarray(0, used).sort();
      const contested = new Set<bigint>();
      for (let i = 1; i < used; i++) if (sorted[i] === sorted[i - 1]) contested.add(sorted[i]!);
      return contested;
    },
  };
}

export interface Contender {
  entry_id: bigint;
  booking_date: string;
  value_date: string | null;
  content_key: string;
  amount: string;
  claims: readonly { invoice_id: bigint; settled: bigint }[];
}

/** The entries that find an invoice consumed by one before them. `open` is what was open before the batch. */
export function findLosers(contenders: readonly Contender[], open: ReadonlyMap<bigint, bigint>): Set<bigint> {
  const rest = new Map(open);
  const losers = new Set<bigint>();
  for (const contender of [...contenders].sort(compareContenders)) {
    const fits = contender.claims.every((claim) => !rest.has(claim.invoice_id) || rest.get(claim.invoice_id)! >= claim.settled);
    if (!fits) {
      losers.add(contender.entry_id);
      continue;
    }
    for (const claim of contender.claims) {
      const left = rest.get(claim.invoice_id);
      if (left !== undefined) rest.set(claim.invoice_id, left - claim.settled);
    }
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
