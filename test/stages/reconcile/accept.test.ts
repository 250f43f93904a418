import { describe, expect, it } from 'vitest';
import { acceptStatement, compareStatements, placeOf } from '../../../src/stages/reconcile/accept.ts';
import { listEquals, pairWithBooks, type EntryIdentity } from '../../../src/core/entry-identity.ts';
import type { BookedStatement, ReceivedStatement } from '../../../src/stages/reconcile/contract.ts';

const received = (of: Partial<ReceivedStatement>): ReceivedStatement => ({
  statement_id: 10n, document_id: 1n, sha256: 'aa', statement_no: 0, company: 'default', account_id: 1, currency: 'EUR', format: 'camt.053', posts_interim: false, sequence: null, bank_statement_id: null,
  from: '2026-10-05', to: '2026-10-05', opening: 100n, closing: 150n, ties_out: true, sum: 50n, entry_count: 1, text_length: 0, failed_check: null, ...of,
});
const booked = (of: Partial<BookedStatement>): BookedStatement => ({
  statement_id: 1n, format: 'camt.053', sequence: null, proven: true, from: '2026-10-02', to: '2026-10-02', opening: 0n, closing: 100n, gap_before: null, ...of,
});
const verdictOf = (statement: ReceivedStatement, books: BookedStatement[], added = statement.entry_count, sum = statement.sum, dropped = 0) =>
  acceptStatement(statement, placeOf(statement, books), books, { added, sum, dropped }, 0n);

describe('the place of a statement in the books', () => {
  it('opens the books with the first', () => {
    expect(verdictOf(received({}), [])).toMatchObject({ state: 'accepted', opening_posting: 100n });
  });

  it('takes the opening from the closing and the entries where only the closing is printed', () => {
    expect(verdictOf(received({ opening: null }), [])).toMatchObject({ opening_posting: 100n });
  });

  it('follows where it opens with the books\' balance, over a weekend and on the same day', () => {
    // 2026-10-02 is a Friday.
    expect(verdictOf(received({}), [booked({})])).toMatchObject({ state: 'accepted', gap_before: null, overlaps: false });
    expect(verdictOf(received({ from: '2026-10-02', to: '2026-10-02', sequence: '2' }), [booked({ sequence: '1' })])).toMatchObject({ state: 'accepted', overlaps: false });
  });

  it('leaves a gap where a working day or a number is missing', () => {
    expect(verdictOf(received({ from: '2026-10-06', to: '2026-10-06', opening: 130n }), [booked({})])).toMatchObject({ state: 'accepted', gap_before: 30n });
    expect(verdictOf(received({ sequence: '9/1', opening: 130n }), [booked({ sequence: '7/1' })])).toMatchObject({ gap_before: 30n });
  });

  it('contradicts where nothing is missing in between', () => {
    expect(verdictOf(received({ opening: 130n }), [booked({})])).toMatchObject({ state: 'quarantined', check: {
      name: 'continues_the_books', detail: 'it opens with 1.30 EUR on 2026-10-05, the books stand at 1.00, and no statement is missing in between' } });
    expect(verdictOf(received({ from: '2026-10-07', to: '2026-10-07', sequence: '8', opening: 130n }), [booked({ sequence: '7' })])).toMatchObject({ state: 'quarantined' });
  });

  it('fills a gap that was posted, whole or in part', () => {
    const books = [booked({}), booked({ statement_id: 3n, from: '2026-10-08', to: '2026-10-08', opening: 170n, closing: 170n, gap_before: 70n })];
    expect(verdictOf(received({ closing: 170n, sum: 70n }), books)).toMatchObject({ state: 'accepted', gap_before: null, gap_of_next: { statement_id: 3n, gap: null } });
    expect(verdictOf(received({}), books)).toMatchObject({ gap_of_next: { statement_id: 3n, gap: 20n } });
  });

  it('comes before everything known', () => {
    expect(verdictOf(received({ from: '2026-10-01', to: '2026-10-01', opening: -20n, closing: 0n, sum: 20n }), [booked({})]))
      .toMatchObject({ state: 'accepted', opening_posting: -20n });
  });

  it('is a duplicate when all of it is on the books, whatever the format', () => {
    expect(verdictOf(received({ from: '2026-10-02', to: '2026-10-02', opening: 0n, closing: 100n, format: 'csv' }), [booked({})], 0, 0n)).toEqual({ state: 'duplicate' });
  });

  it('overlaps where it reaches into the books\' period, and must lead to its own closing balance', () => {
    const overlapping = received({ from: '2026-10-02', to: '2026-10-05', opening: 0n, closing: 150n, sum: 150n, entry_count: 3 });
    expect(verdictOf(overlapping, [booked({})], 1, 50n)).toMatchObject({ state: 'accepted', overlaps: true });
    expect(verdictOf(overlapping, [booked({})], 1, 40n)).toMatchObject({ state: 'quarantined', check: {
      name: 'continues_the_books', detail: 'the books with this statement\'s new entries come to 1.40 EUR, its closing balance is 1.50' } });
  });

  it('is a re-issue with other entries for the same period', () => {
    expect(verdictOf(received({ from: '2026-10-02', to: '2026-10-02', opening: 0n, closing: 130n, entry_count: 2 }), [booked({})], 1, 30n))
      .toMatchObject({ state: 'quarantined', check: { name: 'reissued' } });
    expect(verdictOf(received({ from: '2026-10-02', to: '2026-10-02', opening: 0n, closing: 70n }), [booked({})], 0, 0n, 1)).toMatchObject({ state: 'quarantined', check: { name: 'reissued' } });
    // What a CSV without balances showed of the day was not the day's statement.
    expect(verdictOf(received({ from: '2026-10-02', to: '2026-10-02', opening: 0n, closing: 130n }), [booked({ proven: false })], 1, 30n, 0)).toMatchObject({ state: 'accepted', overlaps: true });
  });

  it('does not follow on what was drawn of the same day, although that sums up to nothing', () => {
    const morning = booked({ format: 'csv', opening: 100n, closing: 100n });
    expect(placeOf(received({ from: '2026-10-02', to: '2026-10-02', format: 'csv', opening: 100n, closing: 120n }), [morning])).toEqual({ kind: 'overlaps' });
    // Without a number in common only what the bank itself numbers can follow within the day.
    expect(placeOf(received({ from: '2026-10-02', to: '2026-10-02', sequence: '2', opening: 100n, closing: 120n }), [booked({ sequence: '1', opening: 100n, closing: 100n })])).toEqual({ kind: 'follows' });
  });

  it('only previews an interim report', () => {
    expect(verdictOf(received({ format: 'camt.052' }), [booked({})])).toEqual({ state: 'preview' });
  });
});

describe('the order in which statements are taken', () => {
  it('is by period, number, page, form and content, not by arrival', () => {
    const statements = [
      received({ sha256: 'bb', format: 'csv' }), received({ sha256: 'zz', text_length: 40 }), received({ sha256: 'aa', from: '2026-10-04', to: '2026-10-05' }), received({ sha256: 'cc' }),
      received({ sha256: 'dd', sequence: '2' }), received({ sha256: 'ab' }),
      received({ sha256: '99', sequence: '3/2' }), received({ sha256: 'ee', sequence: '3/1' }),
    ];
    const order = (list: ReceivedStatement[]) => list.toSorted(compareStatements).map((one) => one.sha256);
    expect(order(statements)).toEqual(['aa', 'dd', 'ee', '99', 'zz', 'ab', 'cc', 'bb']);
    expect(order(statements.toReversed())).toEqual(order(statements));
  });
});

describe('the entries that two statements share', () => {
  const entry = (entry_id: bigint, amount: bigint, bank_reference: string | null = null, booking_date = '2026-10-02'): EntryIdentity => ({ entry_id, amount, bank_reference, booking_date });

  it('counts occurrences: of three coffees two are on the books', () => {
    const pairs = pairWithBooks([entry(11n, -350n), entry(12n, -350n), entry(13n, -350n)], [entry(1n, -350n), entry(2n, -350n)]);
    expect([...pairs.values()].filter((same) => same === null)).toHaveLength(1);
    expect(new Set(pairs.values())).toEqual(new Set([1n, 2n, null]));
  });

  it('keeps two entries apart whose bank references differ, and joins where one gives none', () => {
    const pairs = pairWithBooks([entry(11n, 500n, 'A'), entry(12n, 500n, 'B'), entry(13n, 700n)], [entry(1n, 500n, 'B'), entry(2n, 700n, 'C')]);
    expect(Object.fromEntries(pairs)).toEqual({ 11: null, 12: 1n, 13: 2n });
  });

  it('tells equals apart by what they say, in whatever order and form', () => {
    const texts = new Map([[11n, 'DE12 Mill GmbH invoice 7'], [12n, 'Zoe thanks'], [13n, 'Zoe thanks'], [1n, 'ZOE THANKS'], [2n, 'MILL GMBH/INVOICE 7 DE12']]);
    const [own, booked] = [[entry(11n, 500n), entry(12n, 500n), entry(13n, 500n)], [entry(1n, 500n), entry(2n, 500n)]];
    expect(Object.fromEntries(pairWithBooks(own, booked, texts))).toEqual({ 11: 2n, 12: 1n, 13: null });
    expect(Object.fromEntries(pairWithBooks(own, booked.toReversed(), texts))).toEqual({ 11: 2n, 12: 1n, 13: null });
    expect(listEquals(own, booked)).toEqual([11n, 12n, 13n, 1n, 2n]);
    expect(listEquals(own, [entry(1n, 700n)])).toEqual([]);
    // Without a reference on one side the texts tell, too.
    expect(Object.fromEntries(pairWithBooks([entry(11n, 500n, 'A'), entry(12n, 500n, 'B')], booked, texts))).toEqual({ 11: 2n, 12: 1n });
  });

  it('pairs many of one day and amount without weighing each against each', () => {
    const many = (from: bigint) => Array.from({ length: 50_000 }, (_, i) => entry(from + BigInt(i), 350n, i % 2 === 0 ? `R${i}` : null));
    expect([...pairWithBooks(many(1n), many(1_000_000n)).values()].every((same) => same !== null)).toBe(true);
  }, 20_000);

  it('never joins other days or amounts', () => {
    expect([...pairWithBooks([entry(11n, 500n), entry(12n, -500n)], [entry(1n, 500n, null, '2026-10-03'), entry(2n, 501n)]).values()]).toEqual([null, null]);
  });
});
