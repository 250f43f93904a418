import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { transaction } from '../../../src/platform/database.ts';
import { summarise } from '../../../src/pipeline/summary.ts';
import { undoDecision } from '../../../src/review/acts.ts';
import { joinNotifications } from '../../../src/stages/reconcile/join-notifications.ts';
import { importMasterData, listDecisions, runBatch, type SampleDocument, type SampleEntry } from '../../helpers/batch.ts';
import { checkBooks } from '../../helpers/check-books.ts';
import { testDatabase } from '../../helpers/database.ts';

const db = await testDatabase('worker');
const web = await db.as('web');

afterEach(() => checkBooks(db));

describe('which notification details which booking', () => {
  const pair = (booked: bigint, notification: bigint, same_reference = false) => ({ booked, notification, same_reference });

  it('follows the reference, and without one only where nothing else could be meant', () => {
    expect([...joinNotifications([pair(1n, 7n, true), pair(1n, 8n)])]).toEqual([[1n, 7n]]);
    expect([...joinNotifications([pair(1n, 7n), pair(2n, 8n)])]).toEqual([[1n, 7n], [2n, 8n]]);
    expect([...joinNotifications([pair(1n, 7n), pair(2n, 7n)])]).toEqual([]);
    expect([...joinNotifications([pair(1n, 7n), pair(1n, 8n)])]).toEqual([]);
    expect([...joinNotifications([pair(1n, 7n, true), pair(1n, 8n, true)])]).toEqual([[1n, 7n]]);
    expect([...joinNotifications([pair(1n, 7n, true), pair(2n, 7n, true)])]).toEqual([]);
  });
});

let companies = 0;
async function sample(interim = '') {
  const id = `c${++companies}`;
  const [bank, payer] = [`BANK-${id}`, `PAYER-${id}`];
  await importMasterData(db, {
    accounts: `account,currency,company,interim\n${bank},EUR,${id},${interim}\n`,
    parties: `party_id,kind,name,accounts\nC-${id},customer,Alpha ${id} GmbH,${payer}\n`,
    invoices: `company,kind,invoice_number,party_id,currency,amount,issue_date\n${[1, 2, 3].map((n) => `${id},receivable,RE-${id}-1000${n},C-${id},EUR,${n}00.00,2026-10-01\n`).join('')}`,
  });
  await sql`update company set mode = 'auto' where company = ${id}`.execute(db.kysely);
  const pays = (number: string, amount: string): SampleEntry => ({ amount, name: `Alpha ${id} GmbH`, account: payer, text: `RE-${id}-${number}` });
  const statement = (date: string, opening: string, entries: SampleEntry[]): SampleDocument => [{ account: bank, date, opening, entries }];
  const notification = (date: string, entries: SampleEntry[]): SampleDocument => [{ account: bank, format: 'camt.054', date, opening: null, entries }];
  const night = async (...documents: SampleDocument[]) => {
    const run_id = await runBatch(db, documents);
    await sql`update run set finished_at = now(), state = 'finished' where run_id = ${run_id}`.execute(db.kysely);
    expect((await transaction(db, (tx) => summarise(tx, run_id))).violations).toEqual([]);
    return run_id;
  };
  const told = async (run_id: bigint | null = null) => (await listDecisions(db, run_id)).filter((one) => one.company === id).map((one) => `${one.line}/${one.detail ?? '-'} ${one.amount} ${one.outcome} ${one.reason}`).sort();
  return { id, pays, statement, notification, night, told };
}

describe('a notification', () => {
  it('alone waits, and joins the booking that a later statement brings', async () => {
    const { pays, statement, notification, night, told } = await sample();
    await night(notification('2026-10-05', [{ amount: '300.00', bank_reference: 'B-1', details: [pays('10001', '100.00'), pays('10002', '200.00')] }]));
    expect(await told()).toEqual(['1/1 100.00 pending not_yet_booked', '1/2 200.00 pending not_yet_booked']);
    const run_id = await night(statement('2026-10-06', '0.00', [{ amount: '300.00', bank_reference: 'B-1', text: 'batch' }]));
    expect(await told(run_id)).toEqual(['1/1 100.00 auto number_exact', '1/2 200.00 auto number_exact']);
    const before = await told();
    await night();
    expect(await told()).toEqual(before);
  });

  it('of the same night joins whatever the order of files, and what it lacks is for a person or charges', async () => {
    for (const reversed of [false, true]) {
      const { pays, statement, notification, night, told } = await sample();
      const documents = [statement('2026-10-05', '0.00', [{ amount: '310.00' }]), notification('2026-10-05', [{ amount: '310.00', details: [pays('10001', '100.00'), pays('10002', '200.00')] }])];
      const run_id = await night(...(reversed ? documents.toReversed() : documents));
      expect(await told(run_id)).toEqual([
        '1/1 100.00 auto number_exact', '1/1 100.00 pending not_yet_booked', '1/2 200.00 auto number_exact', '1/2 200.00 pending not_yet_booked', '1/3 10.00 pending not_yet_booked', '1/3 10.00 review no_match',
      ]);
    }
    const { pays, statement, notification, night, told } = await sample();
    await night(statement('2026-10-05', '0.00', [{ amount: '297.00' }]), notification('2026-10-05', [{ amount: '297.00', charges: '-3.00', details: [pays('10001', '100.00'), pays('10002', '200.00')] }]));
    expect(await told()).toContain('1/3 -3.00 auto bank_fee');
  });

  it('that comes after its booking supersedes what waited, and each detail may be undone', async () => {
    const { id, pays, statement, notification, night, told } = await sample();
    const first = await night(statement('2026-10-05', '0.00', [{ amount: '350.00', bank_reference: 'B-1', text: 'batch' }, { amount: '350.00', bank_reference: 'B-2', text: 'batch' }]));
    const decided = await told(first);
    expect(decided).toEqual(['1/- 350.00 review no_match', '2/- 350.00 review no_match']);
    await night(notification('2026-10-05', [{ amount: '350.00', bank_reference: 'B-2', details: [pays('10001', '100.00'), pays('10002', '200.00'), { amount: '50.00', text: 'who knows' }] }]));
    expect((await told()).filter((line) => !line.includes('pending'))).toEqual(['1/- 350.00 review no_match', '2/1 100.00 auto number_exact', '2/2 200.00 auto number_exact', '2/3 50.00 review no_match']);
    expect(await told(first)).toEqual(decided);
    const [superseding] = (await listDecisions(db, null)).filter((one) => one.company === id && one.supersedes !== null);
    expect(superseding).toMatchObject({ detail: 1, journal_entry_id: expect.any(String) });
    await transaction(web, (tx) => undoDecision(tx, BigInt(superseding!.entry_id), 'wrong', { user: 'bob' }));
    await night();
    expect((await told()).filter((line) => line.startsWith('2/1'))).toEqual(['2/1 100.00 review undone']);
  });

  it('is posted where the account says so, and the statement that follows brings nothing twice', async () => {
    const { pays, statement, notification, night, told } = await sample('post');
    await night(notification('2026-10-05', [{ ...pays('10001', '100.00') }]));
    expect(await told()).toEqual(['1/- 100.00 auto number_exact']);
    await night(statement('2026-10-05', '0.00', [pays('10001', '100.00'), pays('10002', '200.00')]));
    expect(await told()).toEqual(['1/- 100.00 auto number_exact', '1/- 100.00 duplicate already_on_the_books', '2/- 200.00 auto number_exact']);
  });

  it('joins nothing that has details or another reference', async () => {
    const { pays, statement, notification, night, told } = await sample();
    await night(statement('2026-10-05', '0.00', [{ amount: '300.00', bank_reference: 'B-1', details: [pays('10001', '100.00'), pays('10002', '200.00')] }, { amount: '300.00', bank_reference: 'B-3' }]),
      notification('2026-10-05', [{ amount: '300.00', bank_reference: 'B-2', details: [pays('10001', '100.00'), pays('10002', '200.00')] }]));
    expect((await told()).filter((line) => !line.includes('pending'))).toEqual(['1/1 100.00 auto number_exact', '1/2 200.00 auto number_exact', '2/- 300.00 review no_match']);
  });
});
