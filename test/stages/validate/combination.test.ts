import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCombination, type Choice } from '../../../src/stages/validate/combination.ts';

const choices = (...ways: bigint[][]): Choice<number>[] => ways.map((one, item) => ({ item, ways: one }));

/** Every composition, by brute force. */
function countCompositions(list: readonly Choice<number>[], target: bigint): number {
  let count = 0;
  const walk = (i: number, rest: bigint, taken: number): void => {
    if (i === list.length) {
      if (rest === 0n && taken > 0) count++;
      return;
    }
    walk(i + 1, rest, taken);
    for (const way of list[i]!.ways) walk(i + 1, rest - way, taken + 1);
  };
  walk(0, target, 0);
  return count;
}

describe('combinations of open items', () => {
  it('finds the only one, with a discount and a credit note', () => {
    const result = findCombination(choices([10_000n, 9_800n], [5_000n], [-1_234n], [77_777n]), 13_566n);
    expect(result.found).toBe('one');
    expect(result.first!.map(({ item, amount }) => [item, amount])).toEqual([[0, 9_800n], [1, 5_000n], [2, -1_234n]]);
  });

  it('says several, also when the second is of another size', () => {
    expect(findCombination(choices([300n], [100n], [200n]), 300n).found).toBe('several');
  });

  it('says unknown, not none, when the bounded search runs out', () => {
    // Even amounts cannot make an odd sum, and only an exhaustive search could tell.
    expect(findCombination(choices(...Array.from({ length: 60 }, (_, i) => [BigInt(2 * (1_000 + i * 7))])), 30_001n).found).toBe('unknown');
  });

  it('agrees with brute force', () => {
    const ways = fc.array(fc.bigInt(-40n, 60n).filter((n) => n !== 0n), { minLength: 1, maxLength: 2 }).map((list) => [...new Set(list)]);
    fc.assert(fc.property(fc.array(ways, { maxLength: 7 }), fc.bigInt(1n, 120n), (list, target) => {
      const count = countCompositions(choices(...list), target);
      expect(findCombination(choices(...list), target).found).toBe(count === 0 ? 'none' : count === 1 ? 'one' : 'several');
    }));
  });
});
