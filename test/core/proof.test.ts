import { describe, expect, test } from 'vitest';
import type { ProofEntry, ProofHead } from '../../src/core/proof.ts';
import { createProof, proveStatement } from '../../src/core/proof.ts';

const head = (fields: Partial<ProofHead> = {}): ProofHead => ({
  from: null, to: null, opening_balance: null, closing_balance: null, printed_totals: [], newest_first: false, reader_checks: [], ...fields,
});
const balance = (amount: string) => ({ amount, date: null });

/** `day amount [balance]` per row. */
function rows(...texts: string[]): ProofEntry[] {
  return texts.map((text, i) => {
    const [day, amount, after] = text.split(' ');
    return { line: i + 1, booking_date: `2026-03-0${day}`, amount: amount!, status: 'booked', balance_after: after ?? null };
  });
}

const failed = (proof: { checks: { name: string; ok: boolean }[] }) => proof.checks.filter((c) => !c.ok).map((c) => c.name);

describe('opening + entries = closing', () => {
  test('holds over amounts with different numbers of decimals, and to the last of them', () => {
    const entries = rows('1 10', '2 -0.125', '3 -0.5');
    const good = proveStatement(head({ opening_balance: balance('1.0'), closing_balance: balance('10.375') }), entries);
    expect([good.ties_out, good.checks.map((c) => c.name)]).toEqual([true, ['opening_to_closing']]);
    const wrong = proveStatement(head({ opening_balance: balance('1.0'), closing_balance: balance('10.374') }), entries);
    expect([wrong.ties_out, wrong.checks[0]!.detail]).toEqual([false, '1.000 + 9.375 = 10.375, not 10.374 over 3 entries']);
  });

  test('counts booked entries only', () => {
    const entries = rows('1 10.00', '2 5.00');
    entries[1]!.status = 'pending';
    expect(proveStatement(head({ opening_balance: balance('0.00'), closing_balance: balance('10.00') }), entries).ties_out).toBe(true);
  });

  test('says neither yes nor no where no balance is printed, and derives the balance that is missing', () => {
    expect(proveStatement(head(), rows('1 10.00')).ties_out).toBeNull();
    const one = proveStatement(head({ closing_balance: balance('7.00'), from: '2026-03-01' }), rows('1 10.00'));
    expect([one.ties_out, one.opening_balance]).toEqual([null, { amount: '-3.00', date: '2026-03-01' }]);
  });
});

describe('running balances', () => {
  test.each([
    ['oldest first', rows('1 10.00 110.00', '1 -5.00 105.00', '2 1.00 106.00'), false],
    ['newest first', rows('2 1.00 106.00', '1 -5.00 105.00', '1 10.00 110.00'), true],
    ['oldest first, on the last row of a day', rows('1 10.00', '1 -5.00 105.00', '2 1.00 106.00'), false],
    ['newest first, on the first row of a day', rows('2 1.00 106.00', '1 -5.00 105.00', '1 10.00'), true],
    ['newest day first, on the last row of a day', rows('2 1.00 106.00', '1 10.00', '1 -5.00 105.00'), true],
    ['newest day first, rows of a day oldest first', rows('2 2.00 107.00', '2 -1.00 106.00', '1 10.00 110.00', '1 -5.00 105.00'), true],
    ['oldest day first, rows of a day newest first', rows('1 -5.00 105.00', '1 10.00 110.00', '2 -1.00 106.00', '2 2.00 107.00'), false],
  ])('%s: proven, and the balances at both ends follow', (_, entries, newestFirst) => {
    for (const claim of [false, true]) {
      const proof = proveStatement(head({ newest_first: claim }), entries);
      expect([proof.ties_out, proof.newest_first, proof.opening_balance?.amount, proof.closing_balance?.amount]).toEqual([true, newestFirst, '100.00', '106.00']);
    }
  });

  test('one wrong balance or amount breaks the proof and is named', () => {
    const proof = proveStatement(head(), rows('1 10.00 110.00', '1 -5.00 115.00', '2 1.00 116.00'));
    expect([proof.ties_out, proof.checks[0]!.detail]).toEqual([false, 'entry 2: 105.00 expected, 115.00 printed']);
  });

  test('must agree with the printed opening and closing balance', () => {
    const entries = rows('1 10.00 110.00', '2 1.00 111.00');
    expect(failed(proveStatement(head({ opening_balance: balance('99.00') }), entries))).toEqual(['running_balance']);
    expect(failed(proveStatement(head({ opening_balance: balance('100.00'), closing_balance: balance('112.00') }), entries))).toEqual(['opening_to_closing', 'running_balance']);
    expect(proveStatement(head({ closing_balance: balance('111.00') }), entries).ties_out).toBe(true);
  });

  test('a single balance with nothing beside it proves nothing', () => {
    expect(proveStatement(head(), rows('1 10.00 110.00')).ties_out).toBeNull();
    expect(proveStatement(head({ opening_balance: balance('100.00') }), rows('1 10.00 110.00')).ties_out).toBe(true);
  });
});

describe('printed totals', () => {
  const entries = rows('1 10.00', '2 -5.00', '2 -1.00');
  test.each([
    [{ kind: 'credits', amount: '10.00' }, true], [{ kind: 'debits', amount: '-6.00' }, true], [{ kind: 'debits', amount: '6.00' }, true],
    [{ kind: 'net', amount: '4.00' }, true], [{ kind: 'net', amount: '-4.00' }, false], [{ kind: 'credits', amount: '10.01' }, false],
    [{ kind: 'count', count: 3 }, true], [{ kind: 'debit_count', count: 2 }, true], [{ kind: 'credit_count', count: 2 }, false],
  ] as const)('%o: %s', (total, ok) => {
    const proof = proveStatement(head({ printed_totals: [total] }), entries);
    expect([proof.checks[0]!.ok, proof.ties_out]).toEqual([ok, ok ? null : false]);
  });

  test('a failed check of the reader itself counts', () => {
    const control = { name: 'hash_total', ok: false, detail: 'record 7' };
    expect(proveStatement(head({ opening_balance: balance('0.00'), closing_balance: balance('4.00'), reader_checks: [control] }), entries)).toMatchObject({ ties_out: false, checks: [{ ok: true }, control] });
  });
});

test('the same proof whatever the chunks', () => {
  const entries = rows('1 10.00', '1 -5.00 105.00', '2 1.00', '2 1.5 107.50');
  const h = head({ opening_balance: balance('100.00') });
  const split = createProof();
  for (const entry of entries) split.entries([entry]);
  expect(split.finish(h)).toEqual(proveStatement(h, entries));
});

test('an amount that is no decimal number is refused', () => {
  expect(() => proveStatement(head(), rows('1 1,50'))).toThrow(expect.objectContaining({ code: 'malformed', location: { line: 1 } }));
});
