/** A payment out of one of our accounts and a receipt on another that may be its other leg: same amount and currency, each naming the other's account. */
export interface PossiblePair {
  out: bigint;
  in: bigint;
  /** Days between their booking dates. */
  days: number;
  /** Orders pairs by content: both booking dates and both accounts. */
  content_key: string;
}

/**
 * The entries of transfers of which both legs are there. Each leg has one other leg; of several that could be it the one booked nearest,
 * then by content. Legs that are alike in all of it are interchangeable.
 */
export function pairTransfers(pairs: readonly PossiblePair[]): Set<bigint> {
  const paired = new Set<bigint>();
  for (const pair of [...pairs].sort(comparePairs)) {
    if (paired.has(pair.out) || paired.has(pair.in)) continue;
    paired.add(pair.out).add(pair.in);
  }
  return paired;
}

function comparePairs(a: PossiblePair, b: PossiblePair): number {
  return a.days - b.days || (a.content_key < b.content_key ? -1 : a.content_key > b.content_key ? 1 : Number(a.out - b.out) || Number(a.in - b.in));
}
