import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { FailureCode } from '../../src/core/failure.ts';
import { importAccounts } from '../../src/master-data/import-accounts.ts';
import { migrateQueue, openQueues, type Queues } from '../../src/pipeline/backends.ts';
import { countDeadLettersBy, listDeadLetters, loadDeadLetter, retryDeadLetters, type DeadLetterFilter } from '../../src/pipeline/dead-letters.ts';
import { STAGE_TABLE } from '../../src/pipeline/queues.ts';
import { findRunSummary } from '../../src/pipeline/run.ts';
import { submitDocuments } from '../../src/pipeline/submit.ts';
import type { RunSummary } from '../../src/pipeline/summary.ts';
import { startWorkers, type Workers } from '../../src/pipeline/worker.ts';
import { transaction } from '../../src/platform/database.ts';
import { readModuleInChildProcess } from '../../src/stages/extract/child-process.ts';
import { testDatabase } from '../helpers/database.ts';
import { QUICK_SWEEPS, SILENT } from './sample-stages.ts';

/** The real stages: what a document dies of, and its way to the end once the cause is gone. */
const db = await testDatabase();
const READERS = new URL('../stages/extract/child-readers.ts', import.meta.url);
const QUICK = { first_backoff_ms: 10, longest_backoff_ms: 40 };
let queues: Queues;
let workers: Workers;
let rules_folder: string;
let is_database_ending = false;
/** Instead of the document's own reader, one that does what no document must make of a process. */
let poison: string | null = null;
let starts = 0;

beforeAll(async () => {
  await migrateQueue(db.config, db.url, SILENT);
  queues = await openQueues({ config: db.config, db, log: SILENT });
  rules_folder = await mkdtemp(join(tmpdir(), 'tieout-rules-'));
  await cp(db.config.rules_folder, rules_folder, { recursive: true });
  workers = startWorkers({
    db, queues, rules_folder, log: SILENT, concurrency: 2, intervals: QUICK_SWEEPS, table: {
      extract: { ...STAGE_TABLE.extract, ...QUICK, async job(document_id, context) {
        const reader = poison;
        if (reader !== null) {
          starts++;
          const source = { size: 0, read: async function* () {} };
          await Array.fromAsync(readModuleInChildProcess(READERS, reader, source, { profiles: [], signal: context.signal }, reader === 'loopingReader' ? { memory_mb: 300, time_ms: 1_500 } : { memory_mb: 200, time_ms: 20_000 }));
        }
        return STAGE_TABLE.extract.job(document_id, context);
      } },
      normalize: { ...STAGE_TABLE.normalize, ...QUICK },
      validate: { ...STAGE_TABLE.validate, ...QUICK, async job(document_id, context) {
        if (is_database_ending) await endSession((await context.tx.client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid);
        return STAGE_TABLE.validate.job(document_id, context);
      } },
      reconcile: { ...STAGE_TABLE.reconcile, ...QUICK },
    },
  });
});
afterAll(async () => {
  await workers.close(5_000);
  await queues.close();
  await rm(rules_folder, { recursive: true });
});

/** As a server that stops. */
async function endSession(pid: number): Promise<void> {
  const client = new pg.Client(db.url);
  await client.connect();
  await client.query('select pg_terminate_backend($1)', [pid]).finally(() => client.end());
}

const finished = (run_id: bigint): Promise<RunSummary> => vi.waitFor(async () => {
  const summary = await findRunSummary(db, run_id);
  if (!summary) throw new Error(`run ${run_id} is not finished`);
  return summary;
}, { timeout: 90_000, interval: 30 });

async function submit(path: string, text: string): Promise<RunSummary> {
  const source = { path, async* open() {
    yield Buffer.from(text);
  } };
  return finished((await submitDocuments(db, queues, SILENT, { kind: 'submit', sources: [source] }))!);
}

async function importAccount(account: string): Promise<void> {
  await transaction(db, (tx) => importAccounts(tx, Readable.from([Buffer.from(`account,currency,company\n${account},USD,default\n`)]), { actor: 'test', companies: {} }));
}

/** Submits a document that dies of the code; returns how its dead letter is found. */
async function bury(path: string, text: string, code: FailureCode): Promise<bigint> {
  expect((await submit(path, text)).documents.dead_lettered).toBe(1);
  const { letters } = await listDeadLetters(db, { code }, 10);
  expect(letters.map((letter) => letter.path)).toEqual([path]);
  return letters[0]!.dead_letter_id;
}

async function retry(filter: DeadLetterFilter): Promise<RunSummary> {
  const { run_id, documents, remaining } = await retryDeadLetters(db, queues, SILENT, filter, 'mia');
  expect({ documents, remaining }).toEqual({ documents: 1, remaining: 0 });
  return finished(run_id!);
}

const REACHED_ITS_END = { documents: { submitted: 1, reconciled: 1, dead_lettered: 0 }, entries: { total: 2 }, balanced: true };
const csv = (account: string, dates: readonly string[]): string => `Account;${account}\n\nDate;Description;Amount;Balance;Currency\n${dates[0]};rent;-10.00;90.00;USD\n${dates[1]};fee;-1.00;89.00;USD\n`;

it('a document of an unknown account is finished when the account is there', async () => {
  await bury('unknown.csv', csv('4711001', ['2026-03-13', '2026-03-14']), 'unknown_account');
  await importAccount('4711001');
  expect(await retry({ code: 'unknown_account' })).toMatchObject(REACHED_ITS_END);
});

it('a document that can be read in two ways is finished when a profile says which', async () => {
  await importAccount('4711002');
  await mkdir(join(rules_folder, 'profiles'), { recursive: true });
  const id = await bury('ambiguous.csv', csv('4711002', ['03/04/2026', '04/04/2026']), 'ambiguous');
  await writeFile(join(rules_folder, 'profiles', 'test.yaml'), `id: test
owner: treasury
format: csv
match:
  header: [Date, Description, Amount, Balance, Currency]
date_order: dmy
columns:
  booking_date: Date
  amount: Amount
  balance: Balance
  currency: Currency
  description: [Description]
`);
  expect(await retry({ ids: [id] })).toMatchObject(REACHED_ITS_END);
  await rm(join(rules_folder, 'profiles', 'test.yaml'));
});

it('a document whose database went away too often is finished when it stays', async () => {
  await importAccount('4711003');
  is_database_ending = true;
  const id = await bury('away.csv', csv('4711003', ['2026-03-13', '2026-03-14']), 'database_unavailable');
  expect((await loadDeadLetter(db, id)).attempts).toBe(STAGE_TABLE.validate.attempts);
  is_database_ending = false;
  expect(await retry({ stage: 'validate' })).toMatchObject(REACHED_ITS_END);
});

it.each<[string, FailureCode, string]>([
  ['crashingReader', 'reader_crashed', '4811001'], ['loopingReader', 'timed_out', '4811002'], ['hoardingReader', 'out_of_memory', '4811003'], ['bufferingReader', 'out_of_memory', '4811004'],
])(
  'a document that makes a %s of its reading process is given up after three starts, and its worker goes on', async (reader, code, account) => {
    await importAccount(account);
    poison = reader;
    starts = 0;
    const id = await bury(`${reader}.csv`, csv(account, ['2026-03-13', '2026-03-14']), code);
    poison = null;
    expect(starts).toBe(3);
    expect((await loadDeadLetter(db, id)).failures.map((failure) => failure.code)).toEqual([code, code, code]);
    expect(await retry({ ids: [id] })).toMatchObject(REACHED_ITS_END);
  });

it('dead letters are counted by stage, code, document and day, and found by time', async () => {
  for (const n of [1, 2]) await submit(`letter-${n}.txt`, `Dear customer number ${n},\nyours\n`);
  const day = new Date().toISOString().slice(0, 10);
  expect(await countDeadLettersBy(db, {}, ['stage', 'code'], 10)).toMatchObject([{ stage: 'extract', code: 'not_a_statement', count: 2 }]);
  expect(await countDeadLettersBy(db, {}, ['day'], 10)).toMatchObject([{ day, count: 2 }]);
  expect((await countDeadLettersBy(db, { code: 'not_a_statement' }, ['document'], 10)).map((row) => row.document)).toEqual(['letter-1.txt', 'letter-2.txt']);
  const { letters } = await listDeadLetters(db, {}, 10);
  expect((await listDeadLetters(db, { until: letters[0]!.died_at }, 10)).letters).toEqual(letters.slice(1));
  expect((await listDeadLetters(db, { since: letters[0]!.died_at }, 10)).letters).toEqual(letters.slice(0, 1));
  expect(letters[0]!.sha256).toMatch(/^[0-9a-f]{64}$/);
});

it('a retry in parts ends, also when what it brings back dies again', async () => {
  const until = (await db.pool.query<{ now: string }>('select now()')).rows[0]!.now;
  const run_ids: bigint[] = [];
  for (;;) {
    const { run_id, documents, remaining } = await retryDeadLetters(db, queues, SILENT, { until }, 'mia', 1);
    if (run_id === null) break;
    expect(documents).toBe(1);
    expect(remaining).toBe(1 - run_ids.length);
    run_ids.push(run_id);
    await finished(run_id);
  }
  expect(run_ids).toHaveLength(2);
  expect((await listDeadLetters(db, {}, 10)).total).toBe(2);
});
