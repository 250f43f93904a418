import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { listDeepViolations } from '../../src/ledger/invariants.ts';
import { appendAct } from '../../src/ledger/log.ts';
import { verifyLog } from '../../src/ledger/verify-log.ts';
import { transaction, type Tx } from '../../src/platform/database.ts';
import { openPool } from '../../src/platform/pool.ts';
import { assignEntry, undoDecision } from '../../src/review/acts.ts';
import { requestApproval } from '../../src/review/approvals.ts';
import { runBulkUndo } from '../../src/review/bulk.ts';
import { loadPerson } from '../../src/review/person.ts';
import { performAct } from '../../src/review/requests.ts';
import { lockCompanies } from '../../src/stages/reconcile/store.ts';
import { importMasterData, runBatch, type SampleEntry } from '../helpers/batch.ts';
import { decideStatement } from '../helpers/books.ts';
import { testDatabase } from '../helpers/database.ts';
import { entriesOf, testServer, type Browser } from './helpers.ts';

/**
 * People and batches that act at the same moment. Each test holds up one of them where it has taken some of its locks, lets the other come, and
 * lets go: both must come to an end, one as if it had come after the other.
 */
const BANK = 'DE02120300000000202051';
const worker = await testDatabase('worker');
const web = await worker.as('web');
// A role sees its own sessions alone.
const login = openPool(worker.url, null, 1);
const { addUser } = await testServer(worker, web);
let bob: Browser;
let carol: Browser;
let dave: Browser;
let day = 0;
let balance = 1_000;

async function book(...entries: SampleEntry[]): Promise<string[]> {
  const date = new Date(Date.UTC(2026, 2, ++day)).toISOString().slice(0, 10);
  const opening = balance.toFixed(2);
  for (const entry of entries) balance += Number(entry.amount);
  await runBatch(worker, [[{ account: BANK, sequence: String(day), date, opening, entries }]]);
  return entriesOf(web, date);
}

const stranger = (amount: string): SampleEntry => ({ amount, name: 'Nobody Known', account: 'DE75512108001245126199', text: 'thanks' });
const LARGE = '60000.00';

afterAll(() => login.end());
beforeAll(async () => {
  await importMasterData(worker, { accounts: `account,currency\n${BANK},EUR\n`, parties: 'party_id,kind,name,accounts\nC1,customer,Alpha GmbH,\nC2,customer,Beta GmbH,\n' });
  bob = await addUser('bob', ['analyst']);
  carol = await addUser('carol', ['analyst', 'approver']);
  dave = await addUser('dave', ['analyst', 'approver']);
  await sql`insert into user_limit values ('dave', 'EUR', 100000000, 0)`.execute(web.kysely);
});
afterEach(async () => {
  expect(await listDeepViolations(web)).toEqual([]);
  expect((await verifyLog(web)).fault).toBeNull();
});

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
