/** A batch booking without details, and an entry of a notification (camt.054) that may carry them: same account and amount. */
export interface PossibleJoin {
  booked: bigint;
  notification: bigint;
  /** Both give the bank's or the batch's reference, and it is the same. */
  same_reference: boolean;
}

/**
 * Which notification details which booking. A common reference decides; of several notifications with it (the same one delivered twice) the
 * first. Without one only a pair of which neither could be another's.
 */
export function joinNotifications(possible: readonly PossibleJoin[]): Map<bigint, bigint> {
  const joined = new Map<bigint, bigint>();
  const used = new Set<bigint>();
  const join = ({ booked, notification }: PossibleJoin): void => {
    joined.set(booked, notification);
    used.add(notification);
  };
  const free = ({ booked, notification }: PossibleJoin): boolean => !joined.has(booked) && !used.has(notification);
  // A reference that two bookings share tells none of them.
  const referred = countBy(possible.filter((pair) => pair.same_reference), (pair) => pair.notification);
  for (const pair of [...possible].sort(byIds)) if (pair.same_reference && referred.get(pair.notification) === 1 && free(pair)) join(pair);
  const left = possible.filter((pair) => !pair.same_reference && free(pair));
  const [bookings, notifications] = [countBy(left, (pair) => pair.booked), countBy(left, (pair) => pair.notification)];
  for (const pair of left) if (bookings.get(pair.booked) === 1 && notifications.get(pair.notification) === 1) join(pair);
  return joined;
}

function countBy(pairs: readonly PossibleJoin[], key: (pair: PossibleJoin) => bigint): Map<bigint, number> {
  const counts = new Map<bigint, number>();
  for (const pair of pairs) counts.set(key(pair), (counts.get(key(pair)) ?? 0) + 1);
  return counts;
}

function byIds(a: PossibleJoin, b: PossibleJoin): number {
  return a.booked === b.booked ? Number(a.notification - b.notification) : Number(a.booked - b.booked);
}
