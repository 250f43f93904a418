import { sql } from 'kysely';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { transaction } from '../../../src/platform/database.ts';
import { acceptSuggestion, assignEntry, undoDecision } from '../../../src/review/acts.ts';
import { importMasterData, listDecisions, runBatch, type SampleEntry } from '../../helpers/batch.ts';
import { checkBooks } from '../../helpers/check-books.ts';
import { testDatabase } from '../../helpers/database.ts';

const [EUR, USD] = ['DE02120300000000202051', 'DE02500105170137075030'];
const PAYER = 'DE89370400440532013000';
const db = await testDatabase('worker');
const web = await db.as('web');

beforeAll(async () => {
  await importMasterData(db, {
    accounts: `account,currency\n${EUR},EUR\n${USD},USD\nDE02300209000106531065,EUR\n`,
    parties: `party_id,kind,name,accounts\nC1,customer,Alpha Inc,${PAYER}\nS1,supplier,Sierra Ltd,GB29NWBK60161331926819\n`,
  });
  await sql`update company set mode = 'auto'`.execute(db.kysely);
});

afterEach(() => checkBooks(db));

let numbers = 0;
async function invoice(of: { kind?: string; party?: string; currency?: string; amount?: string; base?: string; discount?: string; reference?: string } = {}): Promise<string> {
  const number = `RE-2026-${1_000 + ++numbers}`;
  await importMasterData(db, { accounts: `account,currency\n${EUR},EUR\n`, invoices: 'kind,invoice_number,party_id,currency,amount,issue_date,base_amount,discount_amount,discount_until,payment_reference\n'
    + `${of.kind ?? 'receivable'},${number},${of.party ?? 'C1'},${of.currency ?? 'USD'},${of.amount ?? '1190.00'},2026-02-01,${of.base ?? ''},${of.discount ?? ''},2026-12-31,${of.reference ?? ''}\n` });
  return number;
}

let day = 0;
const balance: Record<string, number> = { [EUR]: 10_000, [USD]: 10_000 };
async function book(account: string, ...entries: SampleEntry[]) {
  const date = new Date(Date.UTC(2026, 2, ++day)).toISOString().slice(0, 10);
  const opening = balance[account]!.toFixed(2);
  for (const entry of entries) balance[account]! += Number(entry.amount);
  const run_id = await runBatch(db, [[{ account, currency: account === USD ? 'USD' : 'EUR', sequence: String(day), date, opening, entries }]]);
  return listDecisions(db, run_id);
}

/** The lines of the decision's journal entry: account, amount and what it is worth in EUR. */
async function posted(decision_id: string | bigint): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select concat_ws(' ', l.account, l.currency, l.amount, coalesce(l.base_amount::text, '-')) as line from journal_line l join journal_entry e using (journal_entry_id)
     where e.decision_id = ${decision_id} and e.reverses is null order by l.n`.execute(db.kysely);
  return rows.map((row) => row.line);
}

async function open(number: string): Promise<bigint> {
  const { rows } = await sql<{ open: bigint }>`select o.open from open_item o join invoice using (invoice_id) where invoice_number = ${number}`.execute(db.kysely);
  return rows[0]!.open;
}

async function findingsOf(decision_id: string): Promise<unknown> {
  const { rows } = await sql<{ payload: string }>`select payload from log_record where decision_id = ${decision_id}`.execute(db.kysely);
  return (JSON.parse(rows[0]!.payload) as { findings?: string[] }).findings;
}

/** What fx_clearing is worth, but for entries whose invoice has no booked amount. */
const clearing = async () => (await sql<{ base: bigint }>`select coalesce(sum(base_amount), 0)::bigint as base from journal_line l where account = 'fx_clearing'
  and not exists (select from journal_line other where other.journal_entry_id = l.journal_entry_id and other.base_amount is null)`.execute(db.kysely)).rows[0]!.base;
const pays = (text: string, amount: string, of: Partial<SampleEntry> = {}): SampleEntry => ({ amount, name: 'Alpha Inc', account: PAYER, text, ...of });

describe('an invoice in another currency than the entry', () => {
  it('is settled in its own by the amount instructed, with the gain or loss against what it was booked with', async () => {
    const [gain, loss] = [await invoice({ base: '1000.00' }), await invoice({ base: '1100.00' })];
    const [a, b] = await book(EUR, pays(gain, '1050.00', { instructed: { amount: '1190.00', currency: 'USD' } }), pays(loss, '1050.00', { instructed: { amount: '1190.00', currency: 'USD' } }));
    expect(a).toMatchObject({ outcome: 'auto', residual: '0.00', allocations: [{ amount: '1050.00', settled: { amount: '1190.00', currency: 'USD' } }] });
    expect(await posted(a!.decision_id!)).toEqual(['bank EUR 105000 105000', 'receivables USD -119000 -100000', 'fx_clearing USD 119000 100000', 'fx_clearing EUR -105000 -105000', 'fx_clearing EUR 5000 5000', 'fx_gain EUR -5000 -5000']);
    expect((await posted(b!.decision_id!)).slice(-2)).toEqual(['fx_clearing EUR -5000 -5000', 'fx_loss EUR 5000 5000']);
    expect([await open(gain), await open(loss), await clearing()]).toEqual([0n, 0n, 0n]);
    expect(await findingsOf(a!.decision_id!)).toBeUndefined();
  });

  it('without a booked amount posts no difference and says so', async () => {
    const number = await invoice();
    const [decision] = await book(EUR, pays(number, '1050.00', { instructed: { amount: '1190.00', currency: 'USD' } }));
    expect(await posted(decision!.decision_id!)).toEqual(['bank EUR 105000 105000', 'receivables USD -119000 -', 'fx_clearing USD 119000 -', 'fx_clearing EUR -105000 -105000']);
    expect(await findingsOf(decision!.decision_id!)).toEqual(['base_amount_unknown']);
  });

  it('is settled by a rate that leads to the minor unit, either way round, and not by one that does not', async () => {
    const [up, down, off, none] = [await invoice({ base: '1000.00' }), await invoice({ base: '1000.00' }), await invoice({ base: '1000.00' }), await invoice({ base: '1000.00' })];
    const decided = await book(EUR, pays(up, '1094.80', { exchange_rate: '0.92' }), pays(down, '1094.76', { exchange_rate: '1.0870' }), pays(off, '1094.79', { exchange_rate: '0.92' }), pays(none, '1094.80'));
    expect(decided.map(({ outcome }) => outcome)).toEqual(['auto', 'auto', 'review', 'review']);
    expect(await Promise.all([up, down, off, none].map(open))).toEqual([0n, 0n, 119_000n, 119_000n]);
  });

  it('is not settled by a rate of 1, nor by one beside what was instructed in the entry\'s own currency', async () => {
    const [one, own] = [await invoice(), await invoice()];
    const decided = await book(EUR, pays(one, '1190.00', { exchange_rate: '1.0000' }), pays(own, '1094.80', { exchange_rate: '0.92', instructed: { amount: '1094.80', currency: 'EUR' } }));
    expect(decided.map(({ outcome }) => outcome)).toEqual(['review', 'review']);
    expect(await Promise.all([one, own].map(open))).toEqual([119_000n, 119_000n]);
  });

  it('is for a person where the amount cannot follow from what was instructed and the rate beside it', async () => {
    const [half, by_reference, unnamed] = [await invoice(), await invoice({ reference: 'RF18539007547034' }), await invoice({ amount: '654.32' })];
    const decided = await book(EUR, pays(half, '547.40', { instructed: { amount: '1190.00', currency: 'USD' }, exchange_rate: '0.92' }),
      pays('', '547.40', { reference: 'RF18539007547034', instructed: { amount: '1190.00', currency: 'USD' }, exchange_rate: '0.92' }),
      pays('thank you', '300.00', { instructed: { amount: '654.32', currency: 'USD' }, exchange_rate: '0.92' }));
    expect(decided.map(({ outcome, reason }) => `${outcome} ${reason}`)).toEqual(Array(3).fill('review exchange_contradicts'));
    expect(decided[0]!.suggestions[0]).toMatchObject({ allocations: [{ invoice_number: half, amount: '547.40', settled: { amount: '1190.00' } }] });
    expect(await Promise.all([half, by_reference, unnamed].map(open))).toEqual([119_000n, 119_000n, 65_432n]);
    await importMasterData(db, { accounts: `account,currency\n${EUR},EUR\n`, invoices: 'kind,invoice_number,party_id,currency,amount,issue_date,status\n'
      + `receivable,${unnamed},C1,USD,654.32,2026-02-01,cancelled\n` });
  });

  it('another amount instructed than is open is for a person; several invoices share the entry to the cent; a discount is in their currency', async () => {
    const [short, one, two, discounted] = [await invoice({ base: '1000.00' }), await invoice({ amount: '100.00', base: '90.00' }), await invoice({ amount: '200.01', base: '180.00' }), await invoice({ base: '1000.00', discount: '35.70' })];
    const decided = await book(EUR, pays(short, '1050.00', { instructed: { amount: '1189.99', currency: 'USD' } }), pays(`${one} ${two}`, '275.55', { instructed: { amount: '300.01', currency: 'USD' } }),
      pays(discounted, '1000.00', { instructed: { amount: '1154.30', currency: 'USD' } }));
    expect(decided.map(({ outcome, reason }) => `${outcome} ${reason}`)).toEqual(['review short_payment', 'auto several_named', 'auto difference_agreed']);
    expect(decided[1]!.allocations.map(({ amount, settled }) => `${amount} ${settled.amount}`)).toEqual(['91.85 100.00', '183.70 200.01']);
    expect(decided[2]!.allocations[0]).toMatchObject({ amount: '1000.00', settled: { amount: '1154.30', currency: 'USD' }, discount: '35.70' });
    expect(await posted(decided[2]!.decision_id!)).toEqual(['bank EUR 100000 100000', 'receivables USD -119000 -100000', 'discount_given USD 3570 3000', 'fx_clearing USD 115430 97000', 'fx_clearing EUR -100000 -100000', 'fx_clearing EUR 3000 3000', 'fx_gain EUR -3000 -3000']);
    expect(await findingsOf(decided[2]!.decision_id!)).toEqual(['tax_split_unknown']);
  });

  it('without a name is found by the amount instructed alone, and not when an item in the entry\'s currency fits as well', async () => {
    const number = await invoice({ amount: '777.77', base: '700.00' });
    const [decision] = await book(EUR, pays('thank you', '701.00', { instructed: { amount: '777.77', currency: 'USD' } }));
    expect(decision).toMatchObject({ outcome: 'auto', reason: 'only_item', allocations: [{ invoice_number: number }] });
    await invoice({ amount: '888.88', base: '800.00' });
    await invoice({ amount: '801.00', currency: 'EUR' });
    const [rival] = await book(EUR, pays('thank you', '801.00', { instructed: { amount: '888.88', currency: 'USD' } }));
    expect(rival).toMatchObject({ outcome: 'review', reason: 'several_possible' });
  });

  it('in the functional currency, paid in another, is worth what it settles', async () => {
    const number = await invoice({ currency: 'EUR', amount: '500.00' });
    const [decision] = await book(USD, pays(number, '540.00', { instructed: { amount: '500.00', currency: 'EUR' } }));
    expect(await posted(decision!.decision_id!)).toEqual(['bank USD 54000 50000', 'receivables EUR -50000 -50000', 'fx_clearing EUR 50000 50000', 'fx_clearing USD -54000 -50000']);
    expect(await open(number)).toBe(0n);
  });

  it('that we owe, paid for less than it was booked with, is a gain', async () => {
    const number = await invoice({ kind: 'payable', party: 'S1', base: '1100.00' });
    const [decision] = await book(EUR, { amount: '-1050.00', name: 'Sierra Ltd', account: 'GB29NWBK60161331926819', text: number, instructed: { amount: '-1190.00', currency: 'USD' } });
    expect(await posted(decision!.decision_id!)).toEqual(['bank EUR -105000 -105000', 'payables USD 119000 110000', 'fx_clearing USD -119000 -110000', 'fx_clearing EUR 105000 105000', 'fx_clearing EUR 5000 5000', 'fx_gain EUR -5000 -5000']);
  });

  it('is open again after an undo and after a return, with the difference reversed', async () => {
    const [undone, returned] = [await invoice({ base: '1000.00' }), await invoice({ base: '1000.00' })];
    const [first, second] = await book(EUR, pays(undone, '1050.00', { instructed: { amount: '1190.00', currency: 'USD' } }), pays(returned, '1050.00', { instructed: { amount: '1190.00', currency: 'USD' }, end_to_end_id: 'E2E-1' }));
    expect([first, second].map((one) => one!.outcome)).toEqual(['auto', 'auto']);
    await transaction(web, (tx) => undoDecision(tx, BigInt(first!.entry_id), 'wrong', { user: 'bob' }));
    const [back] = await book(EUR, { amount: '-1050.00', end_to_end_id: 'E2E-1', return_reason: 'AC04' });
    expect(back).toMatchObject({ outcome: 'auto', reason: 'returned', allocations: [{ amount: '-1050.00', settled: { amount: '-1190.00', currency: 'USD' } }] });
    expect(await Promise.all([undone, returned].map(open))).toEqual([119_000n, 119_000n]);
    expect(await clearing()).toBe(0n);
    // A person takes the suggestion, or says what it settles.
    await transaction(web, (tx) => acceptSuggestion(tx, BigInt(first!.entry_id), 1, { user: 'bob' }));
    expect([await open(undone), await clearing()]).toEqual([0n, 0n]);
  });

  it('is settled whole by a person who takes the suggestion where the bank does not show the exchange', async () => {
    const number = await invoice({ base: '1000.00' });
    const [decision] = await book(EUR, pays(number, '1040.00'));
    expect(decision!.suggestions[0]).toMatchObject({ allocations: [{ invoice_number: number, amount: '1040.00', settled: { amount: '1190.00', currency: 'USD' } }] });
    const decision_id = await transaction(web, (tx) => acceptSuggestion(tx, BigInt(decision!.entry_id), 1, { user: 'bob' }));
    expect(await open(number)).toBe(0n);
    expect(await posted(decision_id)).toEqual(['unallocated EUR 104000 104000', 'receivables USD -119000 -100000', 'fx_clearing USD 119000 100000', 'fx_clearing EUR -104000 -104000', 'fx_clearing EUR 4000 4000', 'fx_gain EUR -4000 -4000']);
  });

  it('is settled by a person who says what it settles where the bank does not show it', async () => {
    const number = await invoice({ base: '1000.00' });
    const [decision] = await book(EUR, pays(number, '1040.00'));
    expect(decision).toMatchObject({ outcome: 'review', reason: 'other_currency' });
    const assign = (settled?: string) => transaction(web, (tx) => assignEntry(tx, BigInt(decision!.entry_id), [{ invoice_number: number, amount: '1040.00', ...(settled && { settled }) }], [], { user: 'bob' }));
    await expect(assign()).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringMatching(/in USD/) });
    const decision_id = await assign('595.00');
    expect(await open(number)).toBe(59_500n);
    expect(await posted(decision_id)).toEqual(['unallocated EUR 104000 104000', 'receivables USD -59500 -50000', 'fx_clearing USD 59500 50000', 'fx_clearing EUR -104000 -104000', 'fx_clearing EUR 54000 54000', 'fx_gain EUR -54000 -54000']);
  });
});
