import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { summarise } from '../../../src/pipeline/summary.ts';
import { transaction } from '../../../src/platform/database.ts';
import { acceptSuggestion, assignEntry, undoDecision } from '../../../src/review/acts.ts';
import { importMasterData, listDecisions, RULES_FOLDER, runBatch, type SampleEntry, type SampleStatement } from '../../helpers/batch.ts';
import { checkBooks } from '../../helpers/check-books.ts';
import { testDatabase } from '../../helpers/database.ts';

const db = await testDatabase('worker');
const web = await db.as('web');

afterEach(() => checkBooks(db));

let companies = 0;
/** A company of its own with two accounts and a customer. */
async function sample(mode = 'auto') {
  const id = `c${++companies}`;
  const [bank, other, payer] = [`BANK-${id}-1`, `BANK-${id}-2`, `PAYER-${id}`];
  const accounts = `account,currency,company\n${bank},EUR,${id}\n${other},EUR,${id}\n`;
  await importMasterData(db, { accounts, parties: `party_id,kind,name,accounts\nC-${id},customer,Alpha ${id} GmbH,${payer}\nS-${id},supplier,Sierra ${id} Ltd,SUPPLIER-${id}\n` });
  await sql`update company set mode = ${mode} where company = ${id}`.execute(db.kysely);
  const invoice = async (number: string, amount = '119.00', of: { kind?: string; party?: string; discount?: string; reference?: string } = {}): Promise<void> => importMasterData(db, {
    accounts, invoices: 'company,kind,invoice_number,party_id,currency,amount,issue_date,discount_amount,discount_until,payment_reference\n'
      + `${id},${of.kind ?? 'receivable'},RE-${id}-${number},${of.party ?? 'C'}-${id},EUR,${amount},2026-09-01,${of.discount ?? ''},2026-12-31,${of.reference ?? ''}\n`,
  });
  const pays = (number: string, amount = '119.00', of: Partial<SampleEntry> = {}): SampleEntry => ({ amount, name: `Alpha ${id} GmbH`, account: payer, text: `RE-${id}-${number}`, ...of });
  const balances: Record<string, number> = {};
  let day = 0;
  /** A run of one statement with these entries, or, without entries, of nothing. */
  const night = async (entries?: SampleEntry[], of: Partial<SampleStatement> = {}): Promise<void> => {
    const account = of.account ?? bank;
    const date = new Date(Date.UTC(2026, 9, ++day)).toISOString().slice(0, 10);
    const opening = (balances[account] ??= 0).toFixed(2);
    for (const entry of entries ?? []) balances[account]! += Number(entry.amount);
    const run_id = await runBatch(db, entries === undefined ? [] : [[{ account, date, opening, entries, ...of }]]);
    await sql`update run set finished_at = now(), state = 'finished' where run_id = ${run_id}`.execute(db.kysely);
    expect((await transaction(db, (tx) => summarise(tx, run_id))).violations).toEqual([]);
  };
  const standing = async () => (await listDecisions(db, null)).filter((one) => one.company === id);
  const told = async () => (await standing()).map(({ outcome, reason, decided_by }) => `${outcome} ${decided_by === 'rule' ? reason : decided_by}`);
  const entry = async (n: number) => BigInt((await standing())[n]!.entry_id);
  const open = async (number: string) => (await sql<{ open: bigint }>`select o.open from open_item o join invoice using (invoice_id) where invoice_number = ${`RE-${id}-${number}`}`.execute(db.kysely)).rows[0]!.open;
  const balance = async (account: string) => (await sql<{ balance: bigint }>`select coalesce(sum(balance), 0)::bigint as balance from ledger_balance where company = ${id} and account = ${account}`.execute(db.kysely)).rows[0]!.balance;
  const counts = async () => (await sql<{ decisions: bigint; records: bigint; postings: bigint }>`
    select (select count(*) from decision) as decisions, (select count(*) from log_record) as records, (select count(*) from journal_entry) as postings`.execute(db.kysely)).rows[0]!;
  return { id, bank, other, payer, accounts, invoice, pays, night, standing, told, entry, open, balance, counts };
}

describe('what waits', () => {
  it('is decided when its invoice arrives, by a decision that names the one before, and once', async () => {
    const { id, invoice, pays, night, standing, told, open, balance, counts } = await sample();
    await night([pays('10001')]);
    expect(await told()).toEqual(['review no_match']);
    const [before] = await standing();
    await invoice('10001');
    await night();
    const [after] = await standing();
    expect(after).toMatchObject({ outcome: 'auto', reason: 'number_exact', supersedes: before!.decision_id, residual: '0.00', journal_entry_id: expect.any(String) });
    expect([await open('10001'), await balance('unallocated'), await balance('receivables')]).toEqual([0n, 0n, 0n]);
    const { rows: [item] } = await sql`select state, version, decision_id::text from review_item where company = ${id}`.execute(db.kysely);
    expect(item).toEqual({ state: 'done', version: 1, decision_id: after!.decision_id });
    const { rows: [record] } = await sql<{ payload: string }>`select payload from log_record where seq = ${after!.log_seq}`.execute(db.kysely);
    expect(JSON.parse(record!.payload)).toMatchObject({ supersedes: before!.decision_id, outcome: 'auto' });
    const counted = await counts();
    await night();
    await night();
    expect(await counts()).toEqual(counted);
  });

  it('is not looked at again when nothing has moved, and shows new suggestions when something has', async () => {
    const { id, invoice, pays, night, standing, counts } = await sample();
    await invoice('10001', '500.00');
    await night([pays('10001', '100.00')]);
    await night();
    const counted = await counts();
    const { rows: [first] } = await sql<{ rematched: string }>`select rematched from company where company = ${id}`.execute(db.kysely);
    await night();
    expect((await sql<{ rematched: string }>`select rematched from company where company = ${id}`.execute(db.kysely)).rows).toEqual([first]);
    expect(await counts()).toEqual(counted);
    await invoice('10002', '100.00');
    await night();
    expect((await standing())[0]).toMatchObject({ outcome: 'review', reason: 'short_payment', supersedes: expect.any(String) });
    expect((await standing())[0]!.suggestions.map((one) => one.allocations[0]!.invoice_number)).toContain(`RE-${id}-10002`);
  });

  it('in suspense is settled from there when its payer becomes known, and goes to review when only that does', async () => {
    const { id, accounts, invoice, night, told, balance, open } = await sample();
    await invoice('10001', '119.00');
    await night([{ amount: '119.00', name: 'Newcomer AG', account: `NEW-${id}` }, { amount: '70.00', name: 'Newcomer AG', account: `NEW-${id}` }]);
    expect(await told()).toEqual(['suspense unknown_counterparty', 'suspense unknown_counterparty']);
    await importMasterData(db, { accounts, parties: `party_id,kind,name,accounts,pays_for\nN-${id},customer,Newcomer AG,NEW-${id},C-${id}\n` });
    await night();
    expect((await told())[0]).toBe('auto only_item');
    expect((await told())[1]).toMatch(/^review/);
    expect([await balance('suspense'), await balance('unallocated'), await open('10001')]).toEqual([0n, -7_000n, 0n]);
    expect((await sql`select from review_item where company = ${id} and state = 'open'`.execute(db.kysely)).rows).toHaveLength(1);
  });

  it('for its other leg is cleared when that arrives in a later batch', async () => {
    const { bank, other, night, told, balance } = await sample();
    await night([{ amount: '-200.00', account: other, text: 'transfer' }]);
    expect(await told()).toEqual(['review other_leg_missing']);
    await night([{ amount: '200.00', account: bank, text: 'transfer' }], { account: other });
    expect(await told()).toEqual(['auto own_transfer', 'auto own_transfer']);
    expect([await balance('clearing'), await balance('unallocated')]).toEqual([0n, 0n]);
  });

  it('is weighed by new rules, and against new accounts of our own', async () => {
    const { id, bank, night, told, accounts } = await sample();
    await night([{ amount: '-200.00', account: `BANK-${id}-3`, text: 'transfer' }]);
    expect(await told()).toEqual(['suspense unknown_counterparty']);
    await importMasterData(db, { accounts: `${accounts}BANK-${id}-3,EUR,${id}\n` });
    await night();
    expect(await told()).toEqual(['review other_leg_missing']);
    const folder = mkdtempSync(join(tmpdir(), 'tieout-rules-'));
    try {
      cpSync(RULES_FOLDER, folder, { recursive: true });
      const file = join(folder, 'other-lines.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace('reason: other_leg_missing', 'reason: half_transfer'));
      await runBatch(db, [], async () => {}, folder);
      expect(await told()).toEqual(['review half_transfer']);
    } finally {
      rmSync(folder, { recursive: true });
    }
    await night([{ amount: '200.00', account: bank, text: 'transfer' }], { account: `BANK-${id}-3` });
    expect(await told()).toEqual(['auto own_transfer', 'auto own_transfer']);
  });

  it('is posted when the rules may post by themselves', async () => {
    const { id, invoice, pays, night, told } = await sample('suggest');
    await invoice('10001');
    await night([pays('10001')]);
    expect(await told()).toEqual(['review would_be_automatic']);
    await sql`update company set mode = 'auto' where company = ${id}`.execute(db.kysely);
    await night();
    expect(await told()).toEqual(['auto number_exact']);
  });

  it('gives way to no later payment of the same invoice', async () => {
    const { invoice, pays, night, told, open } = await sample();
    await night([pays('10001')]);
    await invoice('10001');
    await night([pays('10001')]);
    expect(await told()).toEqual(['auto number_exact', 'review settled_by_another_entry']);
    expect(await open('10001')).toBe(0n);
    await night();
    expect((await told())[1]).toBe('review invoice_paid');
  });

  it('is counted over what was open before its batch: what another has settled since was as likely meant by it', async () => {
    const { invoice, pays, night, told, open } = await sample();
    await invoice('10001');
    await invoice('10002');
    await night([pays('', '119.00', { text: 'thanks' })]);
    await night([pays('10001')]);
    expect(await told()).toEqual(['review several_possible', 'auto number_exact']);
    await invoice('10003', '5.00');
    await night();
    expect(await told()).toEqual(['review several_possible', 'auto number_exact']);
    expect(await open('10002')).toBe(11_900n);
  });

  it('and names an invoice leaves a later payment of it to a person, until one has decided', async () => {
    const { id, invoice, pays, night, told, entry } = await sample();
    await invoice('10001');
    await night([{ amount: '119.00', name: 'Somebody Else AG', account: 'XX-99', text: `RE-${id}-10001` }]);
    await night([pays('10001')]);
    expect(await told()).toEqual(['review payer_unknown', 'review another_entry_waits']);
    await transaction(web, async (tx) => assignEntry(tx, await entry(0), [], [{ account: 'on_account', amount: '119.00', party_id: `C-${id}` }], { user: 'bob' }));
    await night();
    expect(await told()).toEqual(['review bob', 'auto number_exact']);
  });

  it('and what a person has decided or undone is never decided anew', async () => {
    const { id, invoice, pays, night, told, entry, open } = await sample();
    await night([pays('10001'), pays('10002')]);
    await transaction(web, async (tx) => assignEntry(tx, await entry(0), [], [{ account: 'on_account', party_id: `C-${id}`, amount: '119.00' }], { user: 'bob' }));
    await invoice('10001');
    await invoice('10002');
    await night();
    expect(await told()).toEqual(['review bob', 'auto number_exact']);
    await transaction(web, async (tx) => undoDecision(tx, await entry(1), 'wrong', { user: 'bob' }));
    await night();
    await invoice('10003');
    await night();
    expect(await told()).toEqual(['review bob', 'review bob']);
    expect([await open('10001'), await open('10002')]).toEqual([11_900n, 11_900n]);
    await transaction(web, async (tx) => acceptSuggestion(tx, await entry(1), 1, { user: 'bob' }));
    expect(await open('10002')).toBe(0n);
  });
});

describe('what comes back', () => {
  it('in the same batch as what it gives back reverses it, wherever it stands, and once', async () => {
    const { invoice, pays, night, told, open } = await sample();
    await invoice('10001', '119.00', { discount: '2.38' });
    const back: SampleEntry = { amount: '-116.62', end_to_end_id: 'DD-1', return_reason: 'AM04' };
    await night([back, pays('10001', '116.62', { end_to_end_id: 'DD-1' }), { ...back, bank_reference: 'B' }]);
    expect((await told()).toSorted()).toEqual(['auto difference_agreed', 'auto returned', 'review settled_by_another_entry']);
    expect(await open('10001')).toBe(11_900n);
  });

  it('is for a person where another entry with the same id waits, which it may mean', async () => {
    const { invoice, pays, night, told } = await sample();
    await invoice('10001', '119.00', { reference: 'DD-1' });
    await night([pays('10001', '119.00', { end_to_end_id: 'DD-1' })]);
    await night([pays('10001', '119.00', { end_to_end_id: 'DD-1' })]);
    await night([{ amount: '-119.00', end_to_end_id: 'DD-1', return_reason: 'AM04' }]);
    expect(await told()).toEqual(['auto reference_exact', 'review invoice_paid', 'review return_unclear']);
    // In one night too, where the second has lost to the first.
    const { invoice: issue, pays: collects, night: one_night, told: outcomes } = await sample();
    await issue('10001', '119.00', { reference: 'DD-2' });
    const twice = collects('10001', '119.00', { end_to_end_id: 'DD-2' });
    await one_night([twice, { ...twice, bank_reference: 'again' }, { amount: '-119.00', end_to_end_id: 'DD-2', return_reason: 'AM04' }]);
    expect((await outcomes()).toSorted()).toEqual(['auto reference_exact', 'review return_unclear', 'review settled_by_another_entry']);
  });

  it('gives back nothing that was booked after it, as the next collection under the same id', async () => {
    const { invoice, pays, night, told, open } = await sample();
    await invoice('10001', '119.00', { reference: 'DD-1' });
    const collected = (date: string) => pays('10001', '119.00', { end_to_end_id: 'DD-1', date });
    await night([collected('2026-10-05'), { amount: '-119.00', end_to_end_id: 'DD-1', return_reason: 'AM04', date: '2026-10-06' }, collected('2026-10-07')], { date: '2026-10-05', to: '2026-10-07' });
    expect(await told()).toEqual(['auto reference_exact', 'auto returned', 'auto reference_exact']);
    expect(await open('10001')).toBe(0n);
  });

  it('opens again what is booked after it may pay, in the same batch too', async () => {
    const { invoice, pays, night, told } = await sample();
    await invoice('10001', '119.00', { reference: 'DD-1' });
    await invoice('10002', '119.00');
    const collected = pays('10001', '119.00', { end_to_end_id: 'DD-1', date: '2026-10-05' });
    const returned: SampleEntry = { amount: '-119.00', end_to_end_id: 'DD-1', return_reason: 'AM04', date: '2026-10-06' };
    const unnamed = (date: string): SampleEntry => pays('10001', '119.00', { text: 'thanks', date });
    await night([collected]);
    // Both are open by then: neither is the only one.
    await night([returned, unnamed('2026-10-07')], { date: '2026-10-06', to: '2026-10-07' });
    expect(await told()).toEqual(['auto reference_exact', 'auto returned', 'review several_possible']);
  });

  it('changes nothing for what was booked before it', async () => {
    const { invoice, pays, night, told } = await sample();
    await invoice('10001', '119.00', { reference: 'DD-1' });
    await invoice('10002', '80.00');
    await night([pays('10001', '119.00', { end_to_end_id: 'DD-1', date: '2026-10-05' }), pays('10002', '80.00', { text: 'thanks', date: '2026-10-05' }),
      { amount: '-119.00', end_to_end_id: 'DD-1', return_reason: 'AM04', date: '2026-10-06' }], { date: '2026-10-05', to: '2026-10-06' });
    expect(await told()).toEqual(['auto reference_exact', 'auto only_item', 'auto returned']);
  });

  it('is found by its mandate, and is for a person where that has two collections of the amount', async () => {
    const { id, invoice, pays, night, standing, told, open } = await sample();
    for (const number of ['10001', '10002', '10003']) await invoice(number, number === '10001' ? '80.00' : '119.00');
    await night([pays('10001', '80.00', { mandate_id: `M-${id}` }), pays('10002', '119.00', { mandate_id: `M-${id}` }), pays('10003', '119.00', { mandate_id: `M-${id}` })]);
    await night([{ amount: '-80.00', mandate_id: `M-${id}`, return_reason: 'MD06' }, { amount: '-119.00', mandate_id: `M-${id}`, return_reason: 'MD06' }]);
    expect((await told()).slice(3)).toEqual(['auto returned', 'review return_unclear']);
    // Either collection may have come back: what that would open again is what is suggested.
    expect((await standing())[4]!.suggestions.map(({ allocations }) => allocations.map((part) => [part.invoice_number.slice(-5), part.amount, part.settled.amount]))).toEqual([
      [['10002', '-119.00', '-119.00']], [['10003', '-119.00', '-119.00']]]);
    expect([await open('10001'), await open('10002')]).toEqual([8_000n, 0n]);
  });

  it('with the bank\'s fee in it puts that to the fees, of a payment out too, whose payable is open again', async () => {
    const { id, invoice, pays, night, standing, told, open, balance } = await sample();
    await invoice('10001');
    await invoice('20001', '500.00', { kind: 'payable', party: 'S', reference: `PAY-${id}` });
    await night([pays('10001', '119.00', { end_to_end_id: `DD-${id}` }), { amount: '-500.00', name: `Sierra ${id} Ltd`, account: `SUPPLIER-${id}`, end_to_end_id: `PAY-${id}` }]);
    expect((await told()).map((one) => one.split(' ')[0])).toEqual(['auto', 'auto']);
    await night([{ amount: '-122.00', end_to_end_id: `DD-${id}`, return_reason: 'AC04', charges: '-3.00' }, { amount: '490.00', end_to_end_id: `PAY-${id}`, return_reason: 'AC01', charges: '-10.00' }]);
    expect((await told()).slice(2)).toEqual(['auto returned', 'auto returned']);
    expect([await open('10001'), await open('20001'), await balance('bank_fees'), await balance('payables')]).toEqual([11_900n, 50_000n, 1_300n, -50_000n]);
    expect((await standing()).slice(2).map(({ ledger_lines, residual }) => ({ ledger_lines, residual }))).toEqual([
      { ledger_lines: [{ account: 'bank_fees', amount: '-3.00' }], residual: '0.00' }, { ledger_lines: [{ account: 'bank_fees', amount: '-10.00' }], residual: '0.00' }]);
    // An undo of the return settles both again.
    await transaction(web, async (tx) => undoDecision(tx, BigInt((await standing())[2]!.entry_id), 'not a return', { user: 'bob' }));
    expect([await open('10001'), await balance('bank_fees')]).toEqual([0n, 1_000n]);
  });

  it('waits where a person has yet to say what it gives back, and follows by itself when that is said', async () => {
    const { id, invoice, night, told, entry, open } = await sample();
    await invoice('10001');
    await night([{ amount: '119.00', name: 'Nobody Known', account: 'X-9', end_to_end_id: `DD-${id}` }, { amount: '-119.00', end_to_end_id: `DD-${id}`, return_reason: 'AM04' }]);
    expect(await told()).toEqual(['suspense unknown_counterparty', 'review return_unclear']);
    await transaction(web, async (tx) => assignEntry(tx, await entry(0), [{ invoice_number: `RE-${id}-10001`, amount: '119.00' }], [], { user: 'bob' }));
    await night();
    expect(await told()).toEqual(['review bob', 'auto returned']);
    expect(await open('10001')).toBe(11_900n);
  });

  it('to a customer against its credit note settles that', async () => {
    const { id, payer, invoice, night, told, open, balance } = await sample();
    await invoice('30001', '40.00', { kind: 'credit_note' });
    await night([{ amount: '-40.00', name: `Alpha ${id} GmbH`, account: payer, text: `refund RE-${id}-30001` }]);
    expect((await told())[0]).toMatch(/^auto/);
    expect([await open('30001'), await balance('receivables')]).toEqual([0n, 0n]);
    await transaction(web, async (tx) => undoDecision(tx, BigInt((await listDecisions(db, null)).find((one) => one.company === id)!.entry_id), 'wrong', { user: 'bob' }));
    expect(await open('30001')).toBe(4_000n);
  });
});
