import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { Queues } from '../../src/pipeline/backends.ts';
import { hintJobId, hintPayload } from '../../src/pipeline/hint.ts';
import { listSources, submitDocuments } from '../../src/pipeline/submit.ts';
import type { Failpoint } from '../../src/platform/failpoint.ts';
import { listUnrest } from '../chaos/books.ts';
import { importNight, listWrongPayments, makeNight, writeNight, type Night } from '../chaos/night.ts';
import { testDatabase } from '../helpers/database.ts';
import { onBothQueues } from '../helpers/queue-backends.ts';
import * as next from './next-version/hint.ts';
import { SILENT } from './sample-stages.ts';

/** Worker processes of today's version and of the next beside each other, as while an update is under way. */
const databases = { postgres: await testDatabase(), redis: await testDatabase() };
const CHAOS = join(import.meta.dirname, '../chaos');

onBothQueues('workers of two versions', (queue) => {
  const db = databases[queue.backend];
  let queues: Queues;
  let folder: string;
  let night: Night;
  let paths: string[];
  const running = new Set<Worker>();

  beforeAll(async () => {
    queues = await queue.open(db, SILENT);
    folder = await mkdtemp(join(tmpdir(), 'tieout-versions-'));
    night = await makeNight({ seed: 11, entries: 160, documents: 16, companies: 2 });
    await writeNight(night, folder);
    paths = [...night.files.keys()].filter((path) => path.startsWith('plain/')).map((path) => join(folder, path));
    await importNight(db, night);
    return () => rm(folder, { recursive: true });
  }, 60_000);
  afterEach(async () => {
    for (const worker of running) worker.process.kill('SIGKILL');
    await Promise.all([...running].map((worker) => worker.end));
  });

  interface Worker { readonly process: ChildProcess; readonly end: Promise<unknown>; readonly told: string[] }

  function start(version: 'today' | 'next', dies_at?: Failpoint): Worker {
    const child = spawn(process.execPath, ['--import', join(CHAOS, 'preload.ts'), ...(version === 'next' ? ['--import', join(import.meta.dirname, 'next-version/preload.ts')] : []),
      join(CHAOS, 'quick-worker.ts')], {
      cwd: join(CHAOS, '../..'), stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, LOG_LEVEL: 'silent', WORKER_CONCURRENCY: '2', ...queue.environment(db), ...(dies_at && { FAULT_AT: dies_at, FAULT_SIGNAL: 'SIGKILL' }) },
    });
    const told: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => told.push(...text.trim().split('\n')));
    const worker: Worker = { process: child, told, end: once(child, 'exit').then(() => running.delete(worker)) };
    running.add(worker);
    return worker;
  }

  async function submit(count: number): Promise<bigint> {
    return (await submitDocuments(db, queues, SILENT, { kind: 'submit', sources: await listSources(paths.splice(0, count)) }))!;
  }

  const tasksOf = async (run_id: bigint) => (await db.pool.query<{ task_id: bigint; document_id: bigint; stage: 'normalize'; state: string; version: number; attempts: number; epoch: number }>(
    'select t.task_id, t.document_id, t.stage, t.state, t.version, t.attempts, t.epoch from task t join document d using (document_id) where d.run_id = $1 order by task_id', [run_id])).rows;
  const finished = (run_id: bigint) => vi.waitFor(async () => {
    const { rows: [run] } = await db.pool.query<{ state: string }>('select state from run where run_id = $1', [run_id]);
    if (run!.state !== 'finished') throw new Error(`run ${run_id} is not finished`);
  }, { timeout: 60_000, interval: 50 });

  it('what the next one has begun is left to it by today\'s, neither lost nor dead', async () => {
    const run_id = await submit(1);
    await start('next', 'after extract commit').end;
    const before = (await tasksOf(run_id)).at(-1)!;
    expect(before).toMatchObject({ stage: 'normalize', state: 'due', version: next.VERSION, attempts: 0 });
    await queues.queue('normalize').add('normalize', next.hintPayload(before), { jobId: hintJobId(before), removeOnComplete: true, removeOnFail: true });
    // As a command of today's version does that brings it back.
    await queues.queue('normalize').add('normalize', hintPayload(before), { jobId: 'again', removeOnComplete: true, removeOnFail: true });
    const today = start('today');
    const other = await submit(1);
    await finished(other);
    // Its sweeper looks several times meanwhile, and the queue hands it the hint.
    await sleep(1_500);
    expect((await tasksOf(run_id)).at(-1)).toEqual(before);
    expect(today.told.filter((line) => line.endsWith(` ${before.document_id}`))).toEqual([]);
    expect(['delayed', 'waiting', 'active']).toContain(await queues.queue('normalize').getJobState(hintJobId(before)));
    const newer = start('next');
    await finished(run_id);
    expect(newer.told).toContain(`normalize ${before.document_id}`);
    expect(newer.told).toContain(`validate ${before.document_id}`);
    expect(await db.kysely.selectFrom('dead_letter').select('code').execute()).toEqual([]);
  }, 120_000);

  it('what today\'s has begun is taken on by the next', async () => {
    const run_id = await submit(1);
    await start('today', 'after extract commit').end;
    expect((await tasksOf(run_id)).at(-1)).toMatchObject({ stage: 'normalize', state: 'due', version: 1 });
    const newer = start('next');
    await finished(run_id);
    expect(newer.told.map((line) => line.split(' ')[0])).toEqual(['normalize', 'validate', 'reconcile']);
  }, 120_000);

  it('a batch with a document that the next one has read is the next one\'s, whoever opens it', async () => {
    const run_id = await submit(1);
    await start('next', 'before barrier commit').end;
    const older = start('today');
    const version = () => vi.waitFor(async () => {
      const { rows: [batch] } = await db.pool.query<{ version: number }>(`select version from task where stage = 'reconcile' and run_id = $1`, [run_id]);
      expect(batch).toBeDefined();
      return batch!.version;
    }, { timeout: 60_000, interval: 50 });
    expect(await version()).toBe(next.VERSION);
    const newer = start('next');
    await finished(run_id);
    expect(older.told).toEqual([]);
    expect(newer.told.filter((line) => line.startsWith('reconcile'))).not.toEqual([]);
  }, 120_000);

  it('bring a night to its end together, each entry once', async () => {
    const workers = [start('today'), start('next')];
    const runs: bigint[] = [];
    while (paths.length > 0) runs.push(await submit(3));
    for (const run_id of runs) await finished(run_id);
    expect(await listWrongPayments(db, night)).toEqual([]);
    expect(await listUnrest(db)).toEqual([]);
    const worked = (version: number) => workers[version - 1]!.told;
    expect(worked(1).length).toBeGreaterThan(0);
    expect(worked(2).length).toBeGreaterThan(0);
    // What the next version has done once, no worker of today's has gone on with.
    const tasks = (await Promise.all(runs.map(tasksOf))).flat();
    for (const { stage, document_id, version } of tasks) {
      if (stage !== 'normalize' || version === 1) continue;
      expect(worked(1)).not.toContain(`validate ${document_id}`);
    }
  }, 120_000);
});
