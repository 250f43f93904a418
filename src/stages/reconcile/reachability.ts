import type { Condition } from './condition.ts';
import { FACTS, type Fact } from './facts.ts';

/** What a rule asks for: all of these hold. */
export type Conjunction = readonly Condition[];

/** Facts by their path, as far as they are chosen. */
export type Assignment = Map<string, string | number | boolean>;

/** A check that has not ended by then says nothing; the rules as shipped need some thousands in all. */
const MAX_STEPS = 100_000;

/**
 * Whether there are facts for which one conjunction holds and none of the others does; null where the search ran out. The facts are finite:
 * of counts and currencies only what conditions compare them with matters, and one value beside. Conditions are evaluated as far as the facts
 * chosen so far tell, so that a choice which settles nothing is given up at once.
 */
export function canHold(wanted: Conjunction, none_of: readonly Conjunction[]): boolean | null {
  const values = new Map<string, readonly (string | number | boolean)[]>();
  for (const condition of [wanted, ...none_of].flat()) for (const path of condition.facts) if (!values.has(path)) values.set(path, valuesOf(path, [wanted, ...none_of].flat()));
  const chosen: Assignment = new Map();
  let steps = 0;

  function search(): boolean | null {
    if (++steps > MAX_STEPS) return null;
    const open = undecided(wanted, chosen);
    if (open === 'fails') return false;
    let next = open === 'holds' ? null : open;
    for (const other of none_of) {
      const state = undecided(other, chosen);
      if (state === 'holds') return false;
      if (state !== 'fails') next ??= state;
    }
    if (next === null) return true;
    const path = next.facts.find((fact) => !chosen.has(fact))!;
    for (const value of values.get(path)!) {
      chosen.set(path, value);
      const found = search();
      if (found !== false) return found;
    }
    chosen.delete(path);
    return false;
  }
  return search();
}

/** Whether it holds or fails by what is chosen; else the first condition that is still open. */
function undecided(of: Conjunction, chosen: Assignment): 'holds' | 'fails' | Condition {
  let open: Condition | null = null;
  for (const condition of of) {
    const holds = condition.holdsSoFar(chosen);
    if (holds === false) return 'fails';
    if (holds === undefined) open ??= condition;
  }
  return open ?? 'holds';
}

/** The values of a fact that conditions can tell apart. */
function valuesOf(path: string, conditions: readonly Condition[]): readonly (string | number | boolean)[] {
  const [group, name] = path.split('.') as ['entry' | 'candidate', string];
  const { type } = FACTS[group][name] as Fact;
  if (type === 'bool') return [true, false];
  if (typeof type !== 'string') return Object.keys(type);
  const compared = new Set(conditions.flatMap((condition) => condition.comparedWith(path)));
  if (type === 'currency') return [...compared, 'another'];
  return [...new Set([...compared].map(Number).flatMap((count) => [count, count + 1, Math.max(0, count - 1)]))];
}
