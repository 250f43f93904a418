/**
 * Several entries of a batch may claim the same invoice, or return the same payment. Who gets it is settled for the batch and by content,
 * never by arrival: the entries booked first (booking date, then value date), all-or-nothing for each entry. Of those of one day as many as
 * can be settled beside each other, exactly in groups of up to MAX_EXACT that hang together, in the order of their content beyond. One
 * entry alone has an invoice, also where it leaves something open: what the others' evidence says of it is no longer true.
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
  /** Nothing in its text names what it claims. */
  inferred: boolean;
  /** It names and fits what it claims, and is for a person for another reason: it takes nothing, and nothing is certain to be later ones'. */
  waits?: true;
}

/** All subsets of so many are looked at in a millisecond; groups of more are hundreds of entries over the same invoices. */
const MAX_EXACT = 12;

/**
 * The entries that get nothing, each with those that have what it claims and itself: enough to see again that it loses. Where one names what
 * another claims by its amount alone, the amount was no proof: both are for a person. So is what an entry booked before it may have paid
 * already, as a person has yet to say.
 */
export function findLosers(all: readonly Contender[]): Map<bigint, readonly Contender[]> {
  const losers = new Map<bigint, readonly Contender[]>();
  const contenders = all.filter(({ waits }) => !waits);
  const waiting = byClaim(all.filter(({ waits }) => waits));
  for (const contender of waiting.size === 0 ? [] : contenders) {
    const before = contender.claims.flatMap((claim) => waiting.get(claim) ?? []).filter((other) => contender.inferred || compareContenders(other, contender) < 0).sort(compareContenders)[0];
    if (before) losers.set(contender.entry_id, [before, contender]);
  }
  const by_kind = [false, true].map((kind) => byClaim(contenders.filter((one) => one.inferred === kind)));
  for (const contender of contenders) {
    if (losers.has(contender.entry_id)) continue;
    const other = contender.claims.flatMap((claim) => by_kind[contender.inferred ? 0 : 1]!.get(claim) ?? []).sort(compareContenders)[0];
    if (other) losers.set(contender.entry_id, [other, contender]);
  }
  const taken = new Map<bigint, Contender>();
  const rest = contenders.filter(({ entry_id }) => !losers.has(entry_id)).sort(compareContenders);
  for (const of_day of Map.groupBy(rest, (one) => `${one.booking_date} ${one.value_date ?? ''}`).values()) {
    const free = of_day.filter(({ claims }) => !claims.some((claim) => taken.has(claim)));
    const winners = new Set(groupsOf(free).flatMap((group) => (group.length <= MAX_EXACT ? mostOf(group) : greedyOf(group))));
    for (const contender of winners) for (const claim of contender.claims) taken.set(claim, contender);
    for (const contender of of_day) {
      if (!winners.has(contender)) losers.set(contender.entry_id, [...new Set(contender.claims.flatMap((claim) => taken.get(claim) ?? [])), contender]);
    }
  }
  return losers;
}

function byClaim(contenders: readonly Contender[]): Map<bigint, Contender[]> {
  return Map.groupBy(contenders.flatMap((contender) => contender.claims.map((claim) => ({ claim, contender }))), ({ claim }) => claim)
    .entries().reduce((map, [claim, list]) => map.set(claim, list.map(({ contender }) => contender)), new Map<bigint, Contender[]>());
}

/** Contenders that hang together by what they claim, directly or through others, each group in their order. */
function groupsOf(contenders: readonly Contender[]): Contender[][] {
  const groups: { members: Set<Contender>; claims: Set<bigint> }[] = [];
  for (const contender of contenders) {
    const joined = { members: new Set([contender]), claims: new Set(contender.claims) };
    for (let i = groups.length - 1; i >= 0; i--) {
      if (joined.claims.isDisjointFrom(groups[i]!.claims)) continue;
      const [other] = groups.splice(i, 1);
      joined.members = other!.members.union(joined.members);
      joined.claims = other!.claims.union(joined.claims);
    }
    groups.push(joined);
  }
  const place = new Map(contenders.map((contender, i) => [contender, i]));
  return groups.map(({ members }) => [...members].sort((a, b) => place.get(a)! - place.get(b)!));
}

/** As many as go beside each other; of several such sets the one with the first of them. */
function mostOf(group: readonly Contender[]): Contender[] {
  let best: Contender[] = [];
  const choose = (from: number, chosen: readonly Contender[], taken: ReadonlySet<bigint>): void => {
    if (chosen.length + group.length - from <= best.length) return;
    if (from === group.length) {
      best = [...chosen];
      return;
    }
    const next = group[from]!;
    if (!next.claims.some((claim) => taken.has(claim))) choose(from + 1, [...chosen, next], taken.union(new Set(next.claims)));
    choose(from + 1, chosen, taken);
  };
  choose(0, [], new Set());
  return best;
}

function greedyOf(group: readonly Contender[]): Contender[] {
  const taken = new Set<bigint>();
  return group.filter(({ claims }) => {
    if (claims.some((claim) => taken.has(claim))) return false;
    for (const claim of claims) taken.add(claim);
    return true;
  });
}

/** By content alone; entries of one account equal in all of it are interchangeable, and their ids ascend with their place in the document. */
function compareContenders(a: Contender, b: Contender): number {
  return compare(a.booking_date, b.booking_date) || compare(a.value_date ?? '', b.value_date ?? '') || compare(a.content_key, b.content_key)
    || compare(a.amount, b.amount) || a.account_id - b.account_id || (a.entry_id < b.entry_id ? -1 : 1);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
