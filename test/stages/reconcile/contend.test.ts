import { describe, expect, it } from 'vitest';
import { findLosers, type Contender } from '../../../src/stages/reconcile/contend.ts';

const contender = (entry_id: bigint, booking_date: string, claims: [bigint, bigint][], content_key = 'x'): Contender => ({
  entry_id, booking_date, value_date: null, content_key, amount: '100', claims: claims.map(([claim, amount]) => ({ claim, amount })),
});

describe('conflicts in a batch', () => {
  it('gives the invoice to the entry booked first, whatever the order of arrival', () => {
    const first = contender(9n, '2026-10-01', [[1n, 100n]]);
    const second = contender(2n, '2026-10-02', [[1n, 100n]]);
    expect(findLosers([second, first], new Map([[1n, 100n]]))).toEqual(new Set([2n]));
    expect(findLosers([first, second], new Map([[1n, 100n]]))).toEqual(new Set([2n]));
  });

  it('breaks ties by content in byte order', () => {
    const a = contender(9n, '2026-10-01', [[1n, 100n]], 'Z');
    const b = contender(2n, '2026-10-01', [[1n, 100n]], 'a');
    expect(findLosers([b, a], new Map([[1n, 100n]]))).toEqual(new Set([2n]));
  });

  it('lets instalments share an invoice as far as it is open, and a loser consume nothing', () => {
    const open = new Map([[1n, 150n], [2n, 50n]]);
    const contenders = [contender(1n, '2026-10-01', [[1n, 100n]]), contender(2n, '2026-10-02', [[1n, 100n], [2n, 50n]]), contender(3n, '2026-10-03', [[2n, 50n]]), contender(4n, '2026-10-03', [[1n, 50n]])];
    expect(findLosers(contenders, open)).toEqual(new Set([2n]));
  });
});
