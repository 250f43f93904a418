import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Queues } from '../../src/pipeline/backends.ts';
import { STAGE_TABLE } from '../../src/pipeline/queues.ts';
import { runDocuments } from '../../src/pipeline/run.ts';
import { listSources, submitDocuments } from '../../src/pipeline/submit.ts';
import { STEPS, type Failpoint } from '../../src/platform/failpoint.ts';
import { createLog } from '../../src/platform/log.ts';
import { testDatabase } from '../helpers/database.ts';
import { onBothQueues } from '../helpers/queue-backends.ts';
import { fingerprint, listUnrest } from './books.ts';
import { importNight, listWrongPayments, makeNight, writeNight } from './night.ts';

/**
 * A real process is killed at every failpoint that the code names, and everything is brought to its end afterwards: the books are those of a
 * run without faults. FAILPOINT_ROUNDS=3 kills three times at each on both backends; by default each is met once, on one of the two.
 */
const ROUNDS = Number(process.env.FAILPOINT_ROUNDS ?? 0);
const FAILPOINTS = STEPS.flatMap((step): Failpoint[] => [`before ${step}`, `after ${step}`]);
const SILENT = createLog({ log_level: 'silent' });
const HERE = import.meta.dirname;
const ROOT = join(HERE, '../..');

const databases = { postgres: await testDatabase(), redis: await testDatabase() };
const unharmed = await testDatabase();

onBothQueues('a process that is killed', (queue) => {
  const db = databases[queue.backend];
  const failpoints = FAILPOINTS.filter((_, i) => ROUNDS > 0 || i % 2 === (queue.backend === 'redis' ? 1 : 0)).flatMap((name) => Array.from({ length: Math.max(1, ROUNDS) }, () => name));
  let queues: Queues;
  let folder: string;
  let statements: string[];
  let letters = 0;

  beforeAll(async () => {
    queues = await queue.open(db, SILENT);
    folder = await mkdtemp(join(tmpdir(), 'tieout-failpoints-'));
    const night = await makeNight({ seed: 7, entries: 6 * failpoints.length, documents: failpoints.length + 3, companies: 3 });
    await writeNight(night, folder);
    statements = [...night.files.keys()].filter((path) => path.startsWith('plain/')).map((path) => join(folder, path));
    await importNight(db, night);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  const environment = (more: Record<string, string> = {}) => ({
    PATH: process.env.PATH, LOG_LEVEL: 'silent', WORKER_CONCURRENCY: '4', NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...queue.environment(db), ...more });

  /** Starts a program and returns by which signal it ended. */
  async function run(args: readonly string[], more: Record<string, string>, meanwhile: (kill: () => void) => Promise<unknown> = async () => {}) {
    const child = spawn(process.execPath, ['--import', join(HERE, 'preload.ts'), ...args], { cwd: ROOT, env: environment(more), stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => { said += text; });
    const patience = setTimeout(() => child.kill('SIGINT'), 40_000);
    const gone = once(child, 'exit');
    await meanwhile(() => child.kill('SIGTERM')).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw error;
    });
    const [status, signal] = await gone as [number | null, NodeJS.Signals | null];
    clearTimeout(patience);
    return { status, signal, said };
  }

  const tieout = (args: readonly string[], more: Record<string, string> = {}) => run(['src/cli/main.ts', ...args], more);
  const work = (more: Record<string, string>, meanwhile?: (kill: () => void) => Promise<unknown>) => run([join(HERE, 'quick-worker.ts')], more, meanwhile);

  async function submit(...paths: string[]): Promise<void> {
    await submitDocuments(db, queues, SILENT, { kind: 'submit', sources: await listSources(paths) });
  }

  async function submitLetter(): Promise<void> {
    const path = join(folder, `letter-${letters++}.txt`);
    await writeFile(path, `Dear customer ${path},\n\nyours sincerely\n`);
    await submit(path);
  }

  /** Works in this process until nothing is due. */
  async function finish(): Promise<void> {
    const ended = work({}, async (kill) => {
      await vi.waitFor(async () => {
        const { rows } = await db.pool.query<{ due: number }>(`select (select count(*) from task where state = 'due') + (select count(*) from run where state = 'running') as due`);
        if (Number(rows[0]!.due) > 0) throw new Error('something is due still');
      }, { timeout: 60_000, interval: 50 });
      kill();
    });
    expect(await ended).toMatchObject({ status: 0, said: '' });
  }

  /** Waits for a lease on the document. Of others there may be leases whose holders were killed while they took them. */
  const held = (path: string) => vi.waitFor(async () => {
    const { rows } = await db.pool.query('select from task join document using (document_id) where path = $1 and lease_token is not null', [path]);
    if (rows.length === 0) throw new Error('it is not in hand');
  }, { timeout: 30_000, interval: 20 });

  /** Makes a process meet the failpoint, and kills it there. */
  async function meet(failpoint: Failpoint) {
    const fault = { FAULT_AT: failpoint, FAULT_SIGNAL: 'SIGKILL' };
    const step = failpoint.replace(/^(before|after) /, '') as typeof STEPS[number];
    const statement = statements.pop()!;
    switch (step) {
      case 'file read': case 'blob commit': case 'submission commit': case 'submission enqueue': {
        const end = await tieout(['submit', statement], fault);
        await submit(statement);
        return end;
      }
      case 'retry commit': case 'retry enqueue': case 'dead letter withdrawn': case 'discard commit':
        await submit(statement);
        await submitLetter();
        await finish();
        return tieout(['dead', ...(step === 'discard commit' ? ['discard', '--reason', 'a letter'] : ['retry']), '--all'], fault);
      case 'failure commit': case 'dead letter shown':
        await submit(statement);
        await submitLetter();
        return work(fault);
      case 'sweep commit': case 'sweep enqueue':
        await submit(statement);
        await queue.wipe(db);
        return work(fault);
      case 'lease commit':
        await submit(statement);
        return work({ ...fault, EXTRACT_MS: '5000' });
      case 'release commit': case 'release enqueue':
        // What those killed before have left would be taken up first, and read slowly, too.
        await finish();
        await submit(statement);
        return work({ ...fault, EXTRACT_MS: '5000' }, async (kill) => {
          await held(statement);
          kill();
        });
      default:
        await submit(statement);
        return work(fault);
    }
  }

  it.each(failpoints)('%s', async (failpoint) => {
    expect(await meet(failpoint)).toEqual({ status: null, signal: 'SIGKILL', said: `reached ${failpoint}\n` });
  }, 120_000);

  it('anywhere has cost nothing and doubled nothing', async () => {
    await submit(...statements);
    await finish();
    const night = await makeNight({ seed: 7, entries: 6 * failpoints.length, documents: failpoints.length + 3, companies: 3 });
    expect(await listWrongPayments(db, night)).toEqual([]);
    expect(await listUnrest(db)).toEqual([]);
    await rm(join(folder, 'sample'), { recursive: true });
    if (queue.backend === 'redis' && ROUNDS === 0) return;
    await importNight(unharmed, night);
    const own = await queue.open(unharmed, SILENT);
    await runDocuments({ db: unharmed, queues: own, table: STAGE_TABLE, rules_folder: db.config.rules_folder, log: SILENT, concurrency: 2, paths: [join(folder, 'plain')] });
    // Each killed run was followed by another, and what waits is looked at again by every run: for what waits the reasons may differ.
    const { journal, open_items, statements: accepted } = await fingerprint(db);
    expect(await fingerprint(unharmed)).toMatchObject({ journal, open_items, statements: accepted });
  }, 120_000);
});
