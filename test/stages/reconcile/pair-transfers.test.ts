import { expect, it } from 'vitest';
import { pairTransfers } from '../../../src/stages/reconcile/pair-transfers.ts';

const pair = (out: bigint, into: bigint, days = 0, content_key = '') => ({ out, in: into, days, content_key });

it('gives each leg of a transfer one other leg, the one booked nearest', () => {
  expect(pairTransfers([pair(1n, 11n, 3), pair(1n, 12n, 0)])).toEqual(new Set([1n, 12n]));
  // Two alike go out, one comes in: one of them waits.
  expect(pairTransfers([pair(1n, 11n), pair(2n, 11n)]).size).toBe(2);
  expect(pairTransfers([pair(1n, 11n), pair(1n, 12n), pair(2n, 11n), pair(2n, 12n)])).toEqual(new Set([1n, 2n, 11n, 12n]));
});

it('depends on content, not on order', () => {
  const pairs = [pair(1n, 11n, 1, 'b'), pair(2n, 11n, 1, 'a'), pair(1n, 12n, 2, 'c')];
  expect(pairTransfers(pairs.toReversed())).toEqual(pairTransfers(pairs));
});
