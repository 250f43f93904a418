import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seeded } from '../helpers/seeded.ts';
import type { Books } from './books.ts';
import { FAULTS, writePoison, type Fault } from './faults.ts';
import { resourcesOf, type Started } from './fleet.ts';
import { makeNight, writeNight } from './night.ts';
import { setStage, World, type Backend, type Stage } from './world.ts';

/**
 * `npm run chaos`: nights of 20,000 entries and more under every fault, on both backends, with real processes and the shipped settings. After
 * each the books must be those of a night without faults, and nothing may be left. `--seed` replays; `--minutes` says how long: with 15 every
 * fault comes as often as the list says, and then processes are killed three times at every failpoint; with fewer, faults come less often, in the
 * order of the seed, and those that are not reached are named. `--backend` and `--fault` (a part of its name) choose.
 */

/** What all of it takes on two processors that have nothing else to do. */
const WHOLE_MINUTES = 15;

const { values } = parseArgs({ options: {
  seed: { type: 'string' }, minutes: { type: 'string', default: '15' }, backend: { type: 'string' }, fault: { type: 'string', default: '' }, entries: { type: 'string', default: '20000' },
} });
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const minutes = Number(values.minutes);
const share = Math.min(1, minutes / WHOLE_MINUTES);
const backends = (['postgres', 'redis'] as const).filter((backend) => values.backend === undefined || values.backend === backend);
const faults = FAULTS.filter((fault) => fault.name.includes(values.fault));
if (!Number.isSafeInteger(seed) || !(share > 0) || backends.length === 0 || faults.length === 0) {
  process.stderr.write(`npm run chaos -- [--seed N] [--minutes N] [--backend postgres|redis] [--fault PART]\nfaults: ${FAULTS.map((fault) => fault.name).join('; ')}\n`);
  process.exit(1);
}

/** After the fault's end everything must be done within this, and what the rest of the night takes anyway. */
const RECOVERY_MS = 30_000;
// A fault that never ends is a fault of this program.
const NIGHT_LIMIT_MS = 300_000;
// The pools close a connection that nobody has used for ten seconds.
const IDLE_MS = 11_500;
// A pool opens another connection where queries happen to meet; what leaks with every fault is more by the end of a night.
const HANDLES_SLACK = 8;
// The heap's limit of 512 MB and the program itself; garbage at rest is not collected before it is in the way.
const MEMORY_LIMIT_MB = 640;

const folder = await mkdtemp(join(tmpdir(), 'tieout-night-'));
const began_at = performance.now();
process.stdout.write(`seed ${seed}, ${backends.join(' and ')}, ${availableParallelism()} processors\n`);
let failed = false;
let most_memory_mb = 0;
try {
  const night = await makeNight({ seed, entries: Number(values.entries), documents: 64, companies: 4 });
  await writeNight(night, folder);
  await mkdir(join(folder, 'poison'));
  await writePoison(join(folder, 'poison'));
  process.stdout.write(`${night.payments.length} payments and the sample company's night, ${night.files.size} documents\n`);
  await Promise.all(backends.map(async (backend) => {
    const stage = await setStage(backend, night, folder);
    try {
      await runFaults(stage);
    } finally {
      await stage.close();
    }
  }));
} finally {
  await rm(folder, { recursive: true, force: true });
}
if (share === 1 && values.fault === '') await killEverywhere();
process.stdout.write(`${failed ? 'FAILED' : 'all held'}, at most ${Math.round(most_memory_mb)} MB per worker at rest, after ${Math.round((performance.now() - began_at) / 1000)} s; again with: npm run chaos -- --seed ${seed}\n`);
process.exit(failed ? 1 : 0);

async function runFaults(stage: Stage): Promise<void> {
  const calm = await runNight(stage, { name: 'no fault', times: 1, workers_survive: true, run: async () => ({ times: 1 }) }, 1, () => 0, null);
  report(stage.backend, 'no fault', calm, 1);
  for (const [n, fault] of inOrder()) {
    if (fault.only !== undefined && fault.only !== stage.backend) continue;
    if (share < 1 && performance.now() - began_at > minutes * 60_000) {
      process.stdout.write(`${stage.backend.padEnd(9)} no time  ${fault.name}\n`);
      continue;
    }
    const random = seeded(seed * 1_000 + n);
    const times = Math.max(1, Math.round(fault.times * share));
    const total: Result = { times: 0, nights: 0, recovery_ms: 0, handles: 0, problems: [], books: null, took_ms: 0 };
    while (total.times < times && total.problems.length === 0) {
      const one = await runNight(stage, fault, times - total.times, random, calm);
      total.times += one.times;
      total.nights += 1;
      total.took_ms += one.took_ms;
      total.recovery_ms = Math.max(total.recovery_ms, one.recovery_ms);
      total.problems.push(...one.problems);
    }
    report(stage.backend, fault.name, total, times);
  }
}

/** test/chaos/failpoints.test.ts, three times at each point on both backends. */
async function killEverywhere(): Promise<void> {
  const root = join(import.meta.dirname, '../..');
  const test = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'test/chaos/failpoints.test.ts', '--reporter=dot'], {
    cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, FAILPOINT_ROUNDS: '3', CI: 'true' },
  });
  const [status] = await once(test, 'exit') as [number | null];
  if (status !== 0) failed = true;
}

/** As listed, or, where there is no time for all, in an order of the seed; the number is its place in the list. */
function inOrder(): [number, Fault][] {
  const random = seeded(seed);
  const listed = [...faults.entries()].map(([n, fault]) => ({ n, fault, key: random() }));
  return (share < 1 ? listed.sort((a, b) => a.key - b.key) : listed).map(({ n, fault }) => [n, fault]);
}

interface Result {
  times: number;
  nights: number;
  /** From the fault's end to the end of everything. */
  recovery_ms: number;
  took_ms: number;
  /** The most that a worker held at rest afterwards. */
  handles: number;
  problems: string[];
  books: Books | null;
}

function report(backend: Backend, name: string, result: Result, times: number): void {
  process.stdout.write(`${backend.padEnd(9)} ${result.problems.length === 0 ? 'held  ' : 'BROKEN'}  ${name}: ${result.times} of ${times} times in ${result.nights} nights, ${
    (result.took_ms / 1000).toFixed(0)} s, at its end ${(result.recovery_ms / 1000).toFixed(1)} s after the fault's\n`);
  for (const problem of result.problems) process.stdout.write(`          ${problem}\n`);
  if (result.problems.length > 0) failed = true;
}

async function runNight(stage: Stage, fault: Fault, times: number, random: () => number, calm: Result | null): Promise<Result> {
  const started_at = performance.now();
  const world = await World.open(stage);
  const result: Result = { times: 0, nights: 1, recovery_ms: 0, took_ms: 0, handles: 0, problems: [], books: null };
  try {
    for (let n = 0; n < (fault.workers ?? 3); n++) world.fleet.add();
    for (const clock_ms of fault.clocks_ms ?? []) world.fleet.add({ clock_ms });
    const submitted_at = performance.now();
    const survivors = fault.workers_survive ? world.fleet.running : [];
    if (fault.submits?.length !== 0) await world.submit(...fault.submits ?? ['plain', 'sample']);
    const dealt = await Promise.race([fault.run(world, times, random), sleep(NIGHT_LIMIT_MS, undefined, { ref: false }).then(() => { throw new Error('the fault did not end'); })]);
    const ended_at = calm ? performance.now() : submitted_at;
    result.times = Math.max(1, dealt.times);
    result.problems.push(...dealt.problems ?? []);
    await world.untilFinished(calm ? RECOVERY_MS + calm.recovery_ms : NIGHT_LIMIT_MS);
    result.recovery_ms = performance.now() - ended_at;
    result.problems.push(...await world.drain());
    await examineWorkers(survivors, result, calm?.handles ?? 0);
    result.books = await world.loadBooks();
    const expected = calm?.books ?? result.books;
    const { documents, decisions, reviews } = result.books;
    result.problems.push(...await world.listProblems(result.books, { ...expected, ...(fault.more_documents && { documents }), ...(fault.more_runs && { decisions, reviews }) }));
  } catch (error) {
    result.problems.push(error instanceof Error ? error.stack! : String(error));
  } finally {
    result.problems.push(...await world.close());
  }
  result.took_ms = performance.now() - started_at;
  return result;
}

/** What is wrong with what the workers hold at rest after the night; `calm`: the most handles that one held after a night without faults. */
async function examineWorkers(workers: readonly Started[], result: Result, calm_handles: number): Promise<void> {
  if (workers.length > 0) await sleep(IDLE_MS);
  for (const worker of workers) {
    if (worker.process.exitCode !== null || worker.process.signalCode !== null) {
      result.problems.push(`worker ${worker.pid} did not live through it: ${worker.out.slice(-500)}`);
      continue;
    }
    const { handles, memory_mb } = await resourcesOf(worker.pid);
    result.handles = Math.max(result.handles, handles);
    most_memory_mb = Math.max(most_memory_mb, memory_mb);
    if (calm_handles > 0 && handles > calm_handles + HANDLES_SLACK) result.problems.push(`worker ${worker.pid} holds ${handles} handles, after a night without faults ${calm_handles}`);
    if (memory_mb > MEMORY_LIMIT_MB) result.problems.push(`worker ${worker.pid} holds ${Math.round(memory_mb)} MB at rest`);
  }
}
