import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { loadBankPositions } from '../../src/ledger/bank-report.ts';
import { transaction } from '../../src/platform/database.ts';
import { assignEntry } from '../../src/review/acts.ts';
import { acceptReissue, listQuarantined, loadReissue } from '../../src/review/reissue.ts';
import { importMasterData, listDecisions, runBatch, type SampleDocument, type SampleEntry, type SampleStatement } from '../helpers/batch.ts';
import { checkBooks } from '../helpers/check-books.ts';
import { testDatabase } from '../helpers/database.ts';

const db = await testDatabase('worker');
const web = await db.as('web');

afterEach(() => checkBooks(db));

let companies = 0;
async function sample() {
  const id = `c${++companies}`;
  const [bank, payer] = [`BANK-${id}`, `PAYER-${id}`];
  await importMasterData(db, {
    accounts: `account,currency,company\n${bank},EUR,${id}\n`,
    parties: `party_id,kind,name,accounts\nC-${id},customer,Alpha ${id} GmbH,${payer}\n`,
    invoices: `company,kind,invoice_number,party_id,currency,amount,issue_date\n${[1, 2, 3].map((n) => `${id},receivable,RE-${id}-1000${n},C-${id},EUR,${n}00.00,2026-10-01\n`).join('')}`,
  });
  await sql`update company set mode = 'auto' where company = ${id}`.execute(db.kysely);
  const pays = (n: number, of: Partial<SampleEntry> = {}): SampleEntry => ({ amount: `${n}00.00`, name: `Alpha ${id} GmbH`, account: payer, text: `RE-${id}-1000${n}`, ...of });
  const statement = (date: string, opening: string, entries: SampleEntry[], of: Partial<SampleStatement> = {}): SampleDocument => [{ account: bank, date, opening, entries, ...of }];
  const told = async () => (await listDecisions(db, null)).filter((one) => one.company === id).map((one) => `${one.amount} ${one.outcome} ${one.failed_check ?? one.reason}`).sort();
  const open = async () => (await sql<{ open: bigint }>`select o.open from open_item o join invoice using (invoice_id) where invoice.company = ${id} order by invoice_number`.execute(db.kysely)).rows.map((row) => String(row.open));
  const position = async () => {
    const found = (await loadBankPositions(db)).find((one) => one.account === bank)!;
    return { statement: String(found.statement_balance), ledger: String(found.ledger_balance), unallocated: String(found.unallocated), gaps: found.gaps };
  };
  const quarantined = async () => (await listQuarantined(db)).find((one) => one.company === id)!;
  const accept = async (user = 'bob') => transaction(web, async (tx) => acceptReissue(tx, (await quarantined()).statement_id, 'confirmed by the bank', { user }));
  return { id, bank, pays, statement, told, open, position, quarantined, accept };
}

const stranger: SampleEntry = { amount: '50.00', name: 'Nobody Known', account: 'X-1' };

describe('a statement that the bank has issued again', () => {
  it('is quarantined with its differences, and accepted reverses what it drops and posts what it adds', async () => {
    const { id, pays, statement, told, open, position, quarantined, accept } = await sample();
    await runBatch(db, [statement('2026-10-05', '0.00', [pays(1), pays(2), stranger, { ...stranger, amount: '7.00' }])]);
    await runBatch(db, [statement('2026-10-05', '0.00', [pays(1), pays(3), stranger])]);
    expect(await position()).toMatchObject({ statement: '35700', ledger: '35700' });
    const { statement_id } = await quarantined();
    const { lines } = await loadReissue(db, statement_id);
    expect(lines.map(({ change, amount }) => `${change} ${amount}`).sort()).toEqual(['added 30000', 'dropped 20000', 'dropped 700', 'same 10000', 'same 5000']);
    const { rows: [record] } = await sql<{ payload: string }>`select payload from log_record where company = ${id} and action = 'quarantine_statement'`.execute(db.kysely);
    expect(JSON.parse(record!.payload)).toMatchObject({ added: [{ amount: '30000' }], dropped: [{ amount: '20000' }, { amount: '700' }], reissue_of: expect.any(String) });
    expect(await accept()).toEqual({ added: 1, dropped: 2 });
    expect(await position()).toEqual({ statement: '45000', ledger: '45000', unallocated: '30000', gaps: 0 });
    expect(await open()).toEqual(['0', '20000', '30000']);
    // The rules decide in the next run what it has brought.
    await runBatch(db, []);
    expect(await told()).toEqual(['100.00 auto number_exact', '100.00 duplicate already_on_the_books', '200.00 quarantined reissued', '300.00 auto number_exact',
      '50.00 duplicate already_on_the_books', '50.00 suspense unknown_counterparty', '7.00 quarantined reissued']);
    expect(await open()).toEqual(['0', '20000', '0']);
    // The books go on from it, and neither issue is taken again.
    await runBatch(db, [statement('2026-10-06', '450.00', [pays(2)])]);
    await runBatch(db, [statement('2026-10-05', '0.00', [pays(1), pays(3), stranger], { format: 'mt940' })]);
    expect((await told()).filter((line) => line.includes('duplicate'))).toHaveLength(5);
    await runBatch(db, [statement('2026-10-05', '0.00', [pays(1), pays(3)])]);
    expect((await quarantined()).replaces).toBe(statement_id);
    expect(await position()).toMatchObject({ statement: '65000', ledger: '65000' });
    await expect(accept()).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringMatching(/the statements on the books after it/) });
  });

  it('may be issued a third time, takes back what a person has decided, and the details of a batch', async () => {
    const { id, pays, statement, told, open, position, accept } = await sample();
    await runBatch(db, [statement('2026-10-05', '0.00', [{ amount: '300.00', details: [pays(1), pays(2)] }, stranger])]);
    const [entry] = (await listDecisions(db, null)).filter((one) => one.company === id && one.outcome === 'suspense');
    await transaction(web, (tx) => assignEntry(tx, BigInt(entry!.entry_id), [{ invoice_number: `RE-${id}-10003`, amount: '50.00' }], [], { user: 'ann' }));
    await runBatch(db, [statement('2026-10-05', '0.00', [{ ...stranger, amount: '55.00' }])]);
    expect(await accept()).toEqual({ added: 1, dropped: 3 });
    expect(await open()).toEqual(['10000', '20000', '30000']);
    expect(await position()).toMatchObject({ statement: '5500', ledger: '5500', unallocated: '5500' });
    await runBatch(db, [statement('2026-10-05', '0.00', [{ amount: '300.00', details: [pays(1), pays(2)] }, { ...stranger, amount: '55.00' }])]);
    expect(await accept()).toEqual({ added: 2, dropped: 0 });
    expect(await position()).toMatchObject({ statement: '35500', ledger: '35500' });
    await runBatch(db, []);
    expect((await told()).filter((line) => /auto|suspense/.test(line))).toEqual(['100.00 auto number_exact', '200.00 auto number_exact', '55.00 suspense unknown_counterparty']);
  });

  it('is refused where something else was wrong, where the bank has returned what it drops, and once it stands', async () => {
    const { id, pays, statement, quarantined, accept } = await sample();
    await runBatch(db, [statement('2026-10-05', '0.00', [pays(1, { end_to_end_id: `DD-${id}` }), { amount: '-100.00', end_to_end_id: `DD-${id}`, return_reason: 'AM04' }, stranger])]);
    await runBatch(db, [statement('2026-10-06', '999.00', [])]);
    await expect(accept()).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringMatching(/is no other issue/) });
    await runBatch(db, [statement('2026-10-05', '0.00', [{ amount: '-100.00', end_to_end_id: `DD-${id}`, return_reason: 'AM04' }, stranger])]);
    await expect(accept()).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringMatching(/undo that first/) });
    await runBatch(db, [statement('2026-10-05', '5.00', [stranger])]);
    await expect(accept()).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringMatching(/opens with 5\.00 EUR/) });
    const { statement_id } = await quarantined();
    await expect(transaction(web, (tx) => acceptReissue(tx, statement_id + 1_000n, 'x', { user: 'bob' }))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is refused while another statement on the books lists what it drops', async () => {
    const { pays, statement, open, position, quarantined, accept } = await sample();
    await runBatch(db, [statement('2026-10-05', '0.00', [pays(1), pays(2)])]);
    await runBatch(db, [statement('2026-10-05', '0.00', [pays(1), pays(2), pays(3, { date: '2026-10-06' })], { to: '2026-10-06' })]);
    expect(await open()).toEqual(['0', '0', '0']);
    await runBatch(db, [statement('2026-10-05', '0.00', [pays(1), stranger, { ...stranger, amount: '150.00' }])]);
    expect((await loadReissue(db, (await quarantined()).statement_id)).lines.map(({ change, amount }) => `${change} ${amount}`).sort()).toEqual(['added 15000', 'added 5000', 'dropped 20000', 'same 10000']);
    await expect(accept()).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringMatching(/which this issue drops, stands in statement \d+ .* as well/) });
    expect(await open()).toEqual(['0', '0', '0']);
    expect(await position()).toMatchObject({ statement: '60000', ledger: '60000' });
  });

  it('keeps the gap before it, which closes when the missing statement comes', async () => {
    const { pays, statement, position, accept } = await sample();
    await runBatch(db, [statement('2026-10-05', '0.00', [], { sequence: '1' }), statement('2026-10-07', '100.00', [pays(2)], { sequence: '3' })]);
    await runBatch(db, [statement('2026-10-07', '100.00', [stranger], { sequence: '3' })]);
    await accept();
    expect(await position()).toMatchObject({ statement: '15000', ledger: '15000', gaps: 1 });
    await runBatch(db, [statement('2026-10-06', '0.00', [pays(1)], { sequence: '2' })]);
    expect(await position()).toMatchObject({ statement: '15000', ledger: '15000', gaps: 0 });
  });
});
