import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { Queues } from '../../src/pipeline/backends.ts';
import { findRunSummary } from '../../src/pipeline/run.ts';
import { listSources, submitDocuments } from '../../src/pipeline/submit.ts';
import { listUnrest } from '../chaos/books.ts';
import { importNight, listWrongPayments, makeNight } from '../chaos/night.ts';
import { testDatabase } from '../helpers/database.ts';
import { onBothQueues } from '../helpers/queue-backends.ts';
import { SILENT } from './sample-stages.ts';

/** `tieout work`, told to stop in the middle of its work. */
const databases = { postgres: await testDatabase(), redis: await testDatabase() };
const ROOT = join(import.meta.dirname, '../..');
// docs/reliability.md promises 14 s from SIGTERM to the end; a busy machine is granted some more.
const STOPPED_MS = 20_000;

onBothQueues('a worker that is told to stop', (queue) => {
  const db = databases[queue.backend];
  let queues: Queues;
  const running = new Set<ChildProcess>();

  beforeAll(async () => {
    queues = await queue.open(db, SILENT);
  });
  afterEach(() => running.forEach((child) => child.kill('SIGKILL')));

  function work(...preloads: string[]): { child: ChildProcess; end: Promise<unknown[]> } {
    const child = spawn(process.execPath, [...preloads.flatMap((path) => ['--import', join(import.meta.dirname, path)]), 'src/cli/main.ts', 'work'], {
      cwd: ROOT, stdio: 'ignore', env: { PATH: process.env.PATH, LOG_LEVEL: 'silent', WORKER_CONCURRENCY: '4', ...queue.environment(db) },
    });
    running.add(child);
    return { child, end: once(child, 'exit') };
  }

  it('finishes what it can within its deadline and gives the rest back untouched, for another to begin at once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tieout-graceful-'));
    try {
      const night = await makeNight({ seed: 3, entries: 40, documents: 2, companies: 1 });
      const [quick, slow] = [...night.files].filter(([path]) => path.startsWith('plain/')).map(([, bytes]) => bytes);
      await writeFile(join(folder, 'slow-3000'), quick!);
      await writeFile(join(folder, 'slow-600000'), slow!);
      await importNight(db, night);
      const run_id = (await submitDocuments(db, queues, SILENT, { kind: 'submit', sources: await listSources([folder]) }))!;
      const tasks = async () => (await db.pool.query<{ path: string; stage: string; state: string; held: boolean; attempts: number; epoch: number }>(`
        select regexp_replace(path, '.*/', '') as path, stage, t.state, lease_token is not null as held, attempts, epoch from task t join document using (document_id) order by size, task_id`)).rows;
      const { child, end } = work('slow-extract/preload.ts');
      await vi.waitFor(async () => expect((await tasks()).filter((task) => task.held)).toHaveLength(2), { timeout: 30_000, interval: 50 });

      const asked_at = performance.now();
      child.kill('SIGTERM');
      expect(await end).toEqual([143, null]);
      expect(performance.now() - asked_at).toBeLessThan(STOPPED_MS);
      const left = await tasks();
      expect(left.filter((task) => task.path === 'slow-3000')[0]).toMatchObject({ stage: 'extract', state: 'done' });
      expect(left.filter((task) => task.path === 'slow-600000')).toEqual([{ path: 'slow-600000', stage: 'extract', state: 'due', held: false, attempts: 0, epoch: 1 }]);
      expect(left.filter((task) => task.held)).toEqual([]);

      const other = work();
      await vi.waitFor(async () => expect(await findRunSummary(db, run_id)).toMatchObject({ balanced: true, documents: { reconciled: 2 } }), { timeout: 60_000, interval: 50 });
      other.child.kill('SIGTERM');
      expect(await other.end).toEqual([143, null]);
      expect(await listWrongPayments(db, night)).toEqual([]);
      expect(await listUnrest(db)).toEqual([]);
      expect(await db.kysely.selectFrom('task_failure').select('code').execute()).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 150_000);
});
