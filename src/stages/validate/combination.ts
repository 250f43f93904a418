/**
 * Is there exactly one way to compose an amount from open items, of any size? Each item may take part once, in one of its ways
 * (in full, at its discount, as an agreed instalment); credit notes count negative.
 */
export interface Choice<T> { readonly item: T; readonly ways: readonly bigint[] }
export interface Member<T> { readonly item: T; readonly amount: bigint; readonly way: number }

/** `some`: the first few solutions, for a person to choose of. */
export type CombinationResult<T> = { readonly some: readonly (readonly Member<T>[])[] } & (
  | { readonly found: 'none' | 'several' | 'unknown'; readonly first: readonly Member<T>[] | null }
  | { readonly found: 'one'; readonly first: readonly Member<T>[] });

/** Bounds the search to some milliseconds; what is not settled by then is `unknown`, which is for a person. */
const MAX_STEPS = 20_000;

/** The second solution settles that it is not the only one; one more is for the person to choose of. */
const MAX_SOLUTIONS = 3;

/** Branch and bound over the choices in the order of their size. Amounts in minor units. */
export function findCombination<T>(choices: readonly Choice<T>[], target: bigint): CombinationResult<T> {
  // Numbers are exact below 2^53, and an order of magnitude faster here than bigints.
  const goal = Number(target);
  const ordered = choices.map((choice) => ({ choice, ways: choice.ways.map(Number) }))
    .sort((a, b) => Math.abs(b.ways[0]!) - Math.abs(a.ways[0]!));
  const highest = new Float64Array(ordered.length + 1);
  const lowest = new Float64Array(ordered.length + 1);
  for (let i = ordered.length - 1; i >= 0; i--) {
    highest[i] = highest[i + 1]! + Math.max(0, ...ordered[i]!.ways);
    lowest[i] = lowest[i + 1]! + Math.min(0, ...ordered[i]!.ways);
  }
  if (!Number.isSafeInteger(goal) || !Number.isSafeInteger(highest[0]!) || !Number.isSafeInteger(lowest[0]!)) return { found: 'unknown', first: null, some: [] };

  const picked = new Int32Array(ordered.length).fill(-1);
  const some: Member<T>[][] = [];
  let steps = 0;

  function search(from: number, rest: number, taken: number): void {
    if (rest === 0 && taken > 0) {
      some.push(picks(from));
      // Going on from here finds supersets whose further members cancel out; they are other solutions.
    }
    if (from === ordered.length || some.length === MAX_SOLUTIONS || steps > MAX_STEPS) return;
    if (rest > highest[from]! || rest < lowest[from]!) return;
    for (let i = from; i < ordered.length && some.length < MAX_SOLUTIONS; i++) {
      if (rest > highest[i]! || rest < lowest[i]!) return;
      const { ways } = ordered[i]!;
      for (let way = 0; way < ways.length && some.length < MAX_SOLUTIONS; way++) {
        if (++steps > MAX_STEPS) return;
        picked[i] = way;
        search(i + 1, rest - ways[way]!, taken + 1);
      }
      picked[i] = -1;
    }
  }

  function picks(end: number): Member<T>[] {
    const out: Member<T>[] = [];
    for (let i = 0; i < end; i++) {
      const way = picked[i]!;
      if (way >= 0) out.push({ item: ordered[i]!.choice.item, amount: ordered[i]!.choice.ways[way]!, way });
    }
    return out;
  }

  search(0, goal, 0);
  if (some.length > 1) return { found: 'several', first: some[0]!, some };
  if (steps > MAX_STEPS) return { found: 'unknown', first: some[0] ?? null, some };
  return some.length === 1 ? { found: 'one', first: some[0]!, some } : { found: 'none', first: null, some };
}
