import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, expect, it, vi } from 'vitest';
import { appendAct } from '../../src/ledger/log.ts';
import { importInvoices } from '../../src/master-data/import-invoices.ts';
import { transaction, type Tx } from '../../src/platform/database.ts';
import { openPool } from '../../src/platform/pool.ts';
import { assignEntry, undoDecision } from '../../src/review/acts.ts';
import { requestApproval } from '../../src/review/approvals.ts';
import { runBulkUndo } from '../../src/review/bulk.ts';
import { loadPerson } from '../../src/review/person.ts';
import { approvePeriod, listPeriods, requestPeriod } from '../../src/review/periods.ts';
import { performAct } from '../../src/review/requests.ts';
import { lockCompanies } from '../../src/stages/reconcile/store.ts';
import { importMasterData } from '../helpers/batch.ts';
import { decideStatement } from '../helpers/books.ts';
import { stranger, testDesk } from './helpers.ts';

/**
 * People and batches that act at the same moment. Each test holds up one of them where it has taken some of its locks, lets the other come, and
 * lets go: both must come to an end, one as if it had come after the other.
 */
const { worker, web, addUser, bob, carol, dave, book } = await testDesk();
await sql`insert into user_limit values ('dave', 'EUR', 100000000, 0)`.execute(web.kysely);
// A role sees its own sessions alone.
const login = openPool(worker.url, null, 1);
afterAll(() => login.end());
const LARGE = '60000.00';

/** Waits until so many transactions wait for a lock. */
const waiting = (count: number) => vi.waitFor(async () => {
  const { rows } = await login.query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
  if (rows.length < count) throw new Error(`${rows.length} of ${count} wait`);
}, { timeout: 10_000, interval: 20 });

/** Nobody's act ends while this lasts: each ends with a record at the log's tip. */
const holdingTheTip = (work: () => Promise<void>) => transaction(worker, async (tx: Tx) => {
  await sql`select from log_tip for update`.execute(tx.kysely);
  await work();
});

async function ask(entry: string) {
  return carol.post(`/api/items/${entry}/on-account`, { version: 0, party_id: 'C1' });
}

it('two that ask for a second person at once: the entry waits for one', async () => {
  const [entry] = await book(stranger(LARGE));
  const request = (tx: Tx, requested_by: string) => requestApproval(tx, { kind: 'not_ours', company: 'default', entry_id: BigInt(entry!), request: { by: requested_by }, why: 'large', summary: 'not ours', sums: [], comment: null, requested_by });
  let second: Promise<unknown> = Promise.resolve();
  await transaction(web, async (tx) => {
    await request(tx, 'bob');
    second = transaction(web, (other) => request(other, 'carol')).catch((error: unknown) => error);
    await waiting(1);
  });
  expect(await second).toMatchObject({ code: 'stale', message: expect.stringContaining('waits for a second person already: request') });
});

it.each(['approve', 'reject'] as const)('a person decides an entry while another is about to %s what was asked for it', async (verb) => {
  const [entry] = await book(stranger(LARGE));
  const { approval_id, digest } = (await ask(entry!)).body.approval;
  const second = await addUser(`second-${verb}`, ['approver']);
  let acts: Promise<{ status: number; body: any }>[] = [];
  await holdingTheTip(async () => {
    acts = [dave.post(`/api/items/${entry}/on-account`, { version: 0, party_id: 'C2' })];
    await waiting(1);
    acts.push(second.post(`/api/approvals/${approval_id}/${verb}`, verb === 'approve' ? { digest } : { reason: 'no' }));
    await waiting(2);
  });
  expect(await Promise.all(acts)).toMatchObject([{ status: 200, body: { status: 'done' } }, { status: 409, body: { code: 'stale', detail: expect.stringContaining('stale by dave') } }]);
});

it('what is learned is confirmed while an act teaches the same again', async () => {
  const known = { name: 'Alfa Handels GmbH', account: 'FR1420041010050500013M02606', text: 'hello' };
  const [first, second] = await book({ amount: '5.00', ...known }, { amount: '6.00', ...known });
  await carol.post(`/api/items/${first}/on-account`, { version: 0, party_id: 'C1' });
  const { proposal_id } = (await carol.get('/api/learned')).body.items.find((one: { entry_id: string; kind: string }) => one.entry_id === first && one.kind === 'account');
  let acts: Promise<{ status: number; body: any }>[] = [];
  await holdingTheTip(async () => {
    acts = [bob.post(`/api/items/${second}/on-account`, { version: 0, party_id: 'C1' })];
    await waiting(1);
    acts.push(dave.post(`/api/learned/${proposal_id}/confirm`));
    await waiting(2);
  });
  expect(await Promise.all(acts)).toMatchObject([{ status: 200, body: { status: 'done' } }, { status: 200, body: { state: 'confirmed' } }]);
});

it('an undo that a second person approves is of the decision that was shown, also where the entry was never in the queue', async () => {
  await importMasterData(worker, { accounts: 'account,currency,company\nA-1,EUR,first\n', invoices: `kind,invoice_number,party_id,currency,amount,issue_date,company\nreceivable,RE-1,C1,EUR,${LARGE},2026-02-01,first\n` });
  const { entry_ids: [entry_id] } = await decideStatement(worker, 'A-1', [{ amount: 6_000_000n, outcome: 'auto', settles: [{ invoice_number: 'RE-1', settled: 6_000_000n }] }]);
  // As on the command line.
  const asked = await transaction(web, async (tx) => performAct(tx, await loadPerson(tx, 'carol'), entry_id!, { kind: 'undo', reason: 'wrong' }, {}));
  const { approval_id, digest } = await web.kysely.selectFrom('approval').select(['approval_id', 'digest']).where('entry_id', '=', entry_id!).executeTakeFirstOrThrow();
  expect(asked).toEqual({ status: 'awaits_approval', approval_id });
  // As a bulk act or a statement that is issued again does, which end no request.
  await transaction(web, (tx) => undoDecision(tx, entry_id!, 'wrong', { user: 'dave' }));
  const decision_id = await transaction(web, (tx) => assignEntry(tx, entry_id!, [], [{ account: 'on_account', party_id: 'C2', amount: LARGE }], { user: 'dave' }));
  expect(await dave.post(`/api/approvals/${approval_id}/approve`, { digest })).toMatchObject({ status: 409, body: { code: 'stale' } });
  expect(await web.kysely.selectFrom('decision').select('decision_id').where('entry_id', '=', entry_id!).where('superseded_by', 'is', null).execute()).toEqual([{ decision_id }]);
});

it('what two companies have decided is undone while a batch of the second runs', async () => {
  await importMasterData(worker, { accounts: 'account,currency,company\nB-1,EUR,here\nB-2,EUR,there\n' });
  for (const account of ['B-1', 'B-2']) await decideStatement(worker, account, [{ amount: 100n, outcome: 'auto', ledger_lines: [{ account: 'bank_fees', amount: '100' }] }]);
  const decisions = (await web.kysely.selectFrom('decision').select('decision_id').where('company', 'in', ['here', 'there']).execute()).map((row) => String(row.decision_id));
  let undone: ReturnType<typeof runBulkUndo> | undefined;
  await transaction(worker, async (tx) => {
    await lockCompanies(tx, 0n, 'there');
    undone = transaction(web, (other) => runBulkUndo(other, decisions, 'wrong', { user: 'dave' }));
    await waiting(1);
    await sleep(100);
    await appendAct(tx, { company: 'there', run_id: null, actor: 'tieout', action: 'test', payload: {} });
  });
  expect(await undone).toMatchObject({ decision_ids: [expect.anything(), expect.anything()], left_out: [] });
});

/** While a batch of the company is under way; returns what was begun meanwhile, which has waited for it. */
async function duringBatch<T>(company: string, begin: () => Promise<T>): Promise<T> {
  let begun: Promise<T> | undefined;
  await transaction(worker, async (tx) => {
    await lockCompanies(tx, 0n, company);
    begun = begin();
    await waiting(1);
    await appendAct(tx, { company, run_id: null, actor: 'tieout', action: 'test', payload: {} });
  });
  return begun!;
}

it('an import waits for the batch of its company, and the next batch sees what it has brought', async () => {
  await importMasterData(worker, { accounts: 'account,currency,company\nI-1,EUR,importing\n' });
  const version = async () => (await sql<{ books_version: bigint }>`select books_version from company where company = 'importing'`.execute(web.kysely)).rows[0]!.books_version;
  const before = await version();
  const csv = 'kind,invoice_number,party_id,currency,amount,issue_date,company\nreceivable,RE-77,C1,EUR,10.00,2026-02-01,importing\n';
  await duringBatch('importing', () => transaction(worker, (tx) => importInvoices(tx, (async function* () { yield Buffer.from(csv); })(), { actor: 'erp', companies: {} })));
  expect(await version()).toBeGreaterThan(before);
  expect((await sql`select from open_item where company = 'importing'`.execute(web.kysely)).rows).toHaveLength(1);
});

it('a month is closed after the batch that posts in it, and what a batch posts after that is of the next', async () => {
  await importMasterData(worker, { accounts: 'account,currency,company\nP-1,EUR,closing\n' });
  const fee = () => decideStatement(worker, 'P-1', [{ amount: 100n, outcome: 'auto', ledger_lines: [{ account: 'bank_fees', amount: '100' }] }]);
  await fee();
  const { month } = (await listPeriods(web, 'closing'))[0]!;
  await transaction(web, (tx) => requestPeriod(tx, 'closing', month, 'close', null, 'carol'));
  await duringBatch('closing', () => transaction(web, (tx) => approvePeriod(tx, 'closing', month, 'close', 'dave')));
  expect(await listPeriods(web, 'closing')).toMatchObject([{ month, closed: true, closed_by: 'carol', approved_by: 'dave' }]);
  const posted = async (of: string) => (await sql`select from journal_entry where company = 'closing' and to_char(posting_date, 'YYYY-MM') ${sql.raw(of)} ${month}`.execute(web.kysely)).rows.length;
  const in_month = await posted('=');
  await fee();
  expect(await posted('=')).toBe(in_month);
  expect(await posted('>')).toBe(in_month);
});

it('a request whose answer was lost with the process is not done again', async () => {
  const [entry] = await book(stranger('10.00'));
  const send = () => bob.post(`/api/items/${entry}/comments`, { text: 'They pay on Friday.' }, { 'idempotency-key': 'once-and-only' });
  const comments = async () => (await sql`select from review_comment where entry_id = ${entry}::bigint`.execute(web.kysely)).rows.length;
  expect((await send()).status).toBe(200);
  // As a process leaves it that ends between the act's commit and the keeping of its answer.
  await sql`update idempotency_key set status = null, answer = null, created_at = now() - interval '1 hour' where key = 'once-and-only'`.execute(web.kysely);
  expect(await send()).toMatchObject({ status: 409, body: { code: 'conflict', detail: expect.stringContaining('has been done') } });
  expect(await comments()).toBe(1);
  // As one leaves it that ends before the act.
  await sql`update idempotency_key set acted = false where key = 'once-and-only'`.execute(web.kysely);
  expect((await send()).status).toBe(200);
  expect(await comments()).toBe(2);
  // What only reads may carry a key as well.
  expect((await carol.post('/api/log/verify', {}, { 'idempotency-key': 'read-and-again' })).status).toBe(200);
});
