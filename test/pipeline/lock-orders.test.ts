import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { migrateQueue, openQueues, type Queues } from '../../src/pipeline/backends.ts';
import { settleDocuments } from '../../src/pipeline/barrier.ts';
import { submitDocuments } from '../../src/pipeline/submit.ts';
import { transaction } from '../../src/platform/database.ts';
import { openPool } from '../../src/platform/pool.ts';
import { lockCompanies } from '../../src/stages/reconcile/store.ts';
import { importMasterData } from '../helpers/batch.ts';
import { testDatabase } from '../helpers/database.ts';
import { sampleSource, SILENT, type SampleDocument } from './sample-stages.ts';

/**
 * Whatever takes several locks takes them in one order, so that no two wait for each other crosswise. Each test holds the last of the locks and
 * sees that who waits for it has those before it.
 */
const db = await testDatabase();
// A role sees its own sessions alone.
const login = openPool(db.url, null, 1);
let queues: Queues;

beforeAll(async () => {
  await migrateQueue(db.config, db.url, SILENT);
  queues = await openQueues({ config: db.config, db, log: SILENT });
  await importMasterData(db, { accounts: 'account,currency,company\nA-1,EUR,default\nA-2,EUR,other\n' });
});
afterAll(async () => {
  await queues.close();
  await login.end();
});

/** Holds the last row while `work` waits for it; returns whether the first is held by then. */
async function holdsFirst(first: ReturnType<typeof sql>, last: ReturnType<typeof sql>, work: () => Promise<unknown>): Promise<boolean> {
  let working: Promise<unknown> = Promise.resolve();
  const held = await transaction(db, async (tx) => {
    await sql`${last} for update`.execute(tx.kysely);
    working = work();
    await vi.waitFor(async () => {
      const { rows } = await login.query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
      if (rows.length === 0) throw new Error('nobody waits');
    }, { timeout: 10_000, interval: 20 });
    return transaction(db, async (other) => (await sql`${first} for update skip locked`.execute(other.kysely)).rows.length === 0);
  });
  await working;
  return held;
}

/** Two documents by the hash of their bytes, the lower first. */
async function submitTwo(): Promise<{ run_id: bigint; sources: ReturnType<typeof sampleSource>[]; rows: ReturnType<typeof sql>[] }> {
  const documents: SampleDocument[] = [{ id: randomUUID() }, { id: randomUUID() }];
  const hash = (document: SampleDocument): string => createHash('sha256').update(JSON.stringify(document)).digest('hex');
  documents.sort((a, b) => (hash(a) < hash(b) ? -1 : 1));
  const sources = documents.map((document) => sampleSource(document));
  // The other way round, so that no order is kept by accident.
  const run_id = (await submitDocuments(db, queues, SILENT, { kind: 'submit', sources: sources.toReversed() }))!;
  return { run_id, sources, rows: documents.map((document) => sql`select from document where sha256 = ${Buffer.from(hash(document), 'hex')}`) };
}

it('a submission locks documents that are known in the order of their hashes', async () => {
  const { sources, rows: [first, last] } = await submitTwo();
  expect(await holdsFirst(first!, last!, () => submitDocuments(db, queues, SILENT, { kind: 'submit', sources: sources.toReversed() }))).toBe(true);
});

it('the end of a run\'s batches locks its documents in the order of their hashes', async () => {
  const { run_id, rows: [first, last] } = await submitTwo();
  await sql`update document set state = 'validated' where run_id = ${run_id}`.execute(db.kysely);
  expect(await holdsFirst(first!, last!, () => transaction(db, (tx) => settleDocuments(tx, run_id)))).toBe(true);
});

it('a batch locks companies that share documents in the order of their names', async () => {
  const { run_id } = await submitTwo();
  await sql`insert into statement (document_id, statement_no, account_id, company, format, extractor, currency, checks, findings, entry_count)
    select d.document_id, a.account_id, a.account_id, a.company, 'csv', 'sample@1', 'EUR', '[]', '[]', 0 from document d, account a where d.run_id = ${run_id}`.execute(db.kysely);
  const company = (name: string) => sql`select from company where company = ${name}`;
  expect(await holdsFirst(company('default'), company('other'), () => transaction(db, (tx) => lockCompanies(tx, run_id, 'other')))).toBe(true);
});
