import { describe, expect, it } from 'vitest';
import { findLosers, type Contender } from '../../../src/stages/reconcile/contend.ts';

const contender = (entry_id: bigint, booking_date: string, claims: bigint[], of: Partial<Contender> = {}): Contender => ({
  entry_id, account_id: 1, booking_date, value_date: null, content_key: 'x', amount: '100', claims, ...of,
});
const losers = (...contenders: Contender[]) => {
  const found = findLosers(contenders);
  expect(findLosers(contenders.toReversed())).toEqual(found);
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
});
