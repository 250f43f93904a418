import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLosers, type Contender } from '../../../src/stages/reconcile/contend.ts';

const contender = (entry_id: bigint, booking_date: string, claims: bigint[], of: Partial<Contender> = {}): Contender => ({
  entry_id, account_id: 1, booking_date, value_date: null, content_key: 'x', amount: '100', claims, inferred: false, ...of,
});
const losers = (...contenders: Contender[]) => {
  const found = findLosers(contenders);
  expect(findLosers(contenders.toReversed())).toEqual(found);
  // What is kept of the contest is enough to see again that it loses.
  for (const [entry_id, contest] of found) expect(findLosers(contest).has(entry_id)).toBe(true);
  return [...found.keys()].sort();
};

describe('conflicts in a batch', () => {
  it('gives the invoice to the entry booked first, whatever the order of arrival', () => {
    expect(losers(contender(9n, '2026-10-01', [1n]), contender(2n, '2026-10-02', [1n]))).toEqual([2n]);
    expect(losers(contender(9n, '2026-10-01', [1n], { value_date: '2026-10-01' }), contender(2n, '2026-10-01', [1n], { value_date: '2026-10-02' }))).toEqual([2n]);
  });

  it('breaks ties by content in byte order, then by the account', () => {
    expect(losers(contender(9n, '2026-10-01', [1n], { content_key: 'Z' }), contender(2n, '2026-10-01', [1n], { content_key: 'a' }))).toEqual([2n]);
    expect(losers(contender(9n, '2026-10-01', [1n]), contender(2n, '2026-10-01', [1n], { account_id: 2 }))).toEqual([2n]);
  });

  it('gives an entry all that it claims or nothing, and a loser consumes nothing', () => {
    expect(losers(contender(1n, '2026-10-01', [1n]), contender(2n, '2026-10-02', [1n, 2n]), contender(3n, '2026-10-03', [2n]), contender(4n, '2026-10-03', [-7n]), contender(5n, '2026-10-04', [-7n]))).toEqual([2n, 5n]);
  });

  it('of one day settles as many as go beside each other, also where the first of them stands in the way of two', () => {
    const day = '2026-10-01';
    expect(losers(contender(1n, day, [1n, 2n], { content_key: 'a' }), contender(2n, day, [1n], { content_key: 'b' }), contender(3n, day, [2n], { content_key: 'c' }))).toEqual([1n]);
    expect(losers(contender(1n, day, [1n, 2n]), contender(2n, '2026-10-02', [1n]), contender(3n, '2026-10-02', [2n]))).toEqual([2n, 3n]);
  });

  it('leaves both to a person where one names what another claims by its amount alone', () => {
    expect(losers(contender(1n, '2026-10-01', [1n], { inferred: true }), contender(2n, '2026-10-02', [1n]))).toEqual([1n, 2n]);
    expect(losers(contender(1n, '2026-10-01', [1n], { inferred: true }), contender(2n, '2026-10-02', [1n], { inferred: true }))).toEqual([2n]);
  });

  it('leaves to a person what one that waits and was booked before names, and what is claimed by the amount alone in any order', () => {
    const waits = contender(1n, '2026-10-02', [1n], { waits: true });
    expect(losers(waits, contender(2n, '2026-10-03', [1n]))).toEqual([2n]);
    expect(losers(waits, contender(2n, '2026-10-01', [1n]))).toEqual([]);
    expect(losers(waits, contender(2n, '2026-10-01', [1n], { inferred: true }))).toEqual([2n]);
    expect(losers(waits, contender(2n, '2026-10-03', [2n]))).toEqual([]);
  });

  it('never gives one invoice to two, whatever the size of the group and the order', () => {
    const drawn = fc.record({ day: fc.constantFrom('2026-10-01', '2026-10-02'), claims: fc.uniqueArray(fc.bigInt(1n, 9n), { minLength: 1, maxLength: 4 }), key: fc.constantFrom('a', 'b') });
    fc.assert(fc.property(fc.array(drawn, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (all, turns) => {
      const contenders = all.map(({ day, claims, key }, i) => contender(BigInt(i), day, claims, { content_key: key }));
      const found = findLosers(contenders);
      const shuffled = contenders.map((one) => ({ one, at: turns.next().value as number })).sort((a, b) => a.at - b.at).map(({ one }) => one);
      expect(findLosers(shuffled)).toEqual(found);
      for (const [entry_id, contest] of found) expect(findLosers(contest).has(entry_id)).toBe(true);
      const settled = contenders.filter(({ entry_id }) => !found.has(entry_id)).flatMap(({ claims }) => claims);
      expect(new Set(settled).size).toBe(settled.length);
    }));
  });
});
