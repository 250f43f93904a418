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
 * fault comes as often as the list says; with fewer, faults come less often, in the order of the seed. What was not reached is named. `--backend`
 * and `--fault` (a part of its name) choose.
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

/** After the fault's end whatever it has interrupted must be taken up again within this. */
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
const isLate = (): boolean => performance.now() - began_at > minutes * 60_000;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
process.stdout.write(`seed ${seed}, ${backends.join(' and ')}, ${availableParallelism()} processors\n`);
const before = await resourcesOf(process.pid);
const unreached: string[] = [];
let failed = false;
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
const after = await resourcesOf(process.pid);
process.stdout.write(`this process: ${before.handles} handles and ${Math.round(before.memory_mb)} MB before, ${after.handles} and ${Math.round(after.memory_mb)} MB after\n`);
if (after.handles > before.handles + HANDLES_SLACK) failed = true;
for (const one of unreached) process.stdout.write(`no time for ${one}\n`);
process.stdout.write(`${failed ? 'FAILED' : unreached.length === 0 ? 'all held' : 'held as far as there was time'} after ${Math.floor((performance.now() - began_at) / 60_000)} min ${
  Math.round((performance.now() - began_at) / 1000) % 60} s; again with: npm run chaos -- --seed ${seed}${share < 1 ? ` --minutes ${minutes}` : ''}\n`);
process.exit(failed ? 1 : 0);

async function runFaults(stage: Stage): Promise<void> {
  const calm = await runNight(stage, { name: 'no fault', times: 1, workers_survive: true, run: async () => ({ times: 1 }) }, 1, () => 0, null);
  report(stage.backend, 'no fault', calm, 1, calm);
  for (const [n, fault] of inOrder()) {
    if (fault.only !== undefined && fault.only !== stage.backend) continue;
    const random = seeded(seed * 1_000 + n);
    const times = Math.max(1, Math.round(fault.times * share));
    const total: Result = { times: 0, nights: 0, taken_up_ms: 0, ended_ms: 0, handles: 0, memory_mb: 0, connections: 0, problems: [], books: null, took_ms: 0 };
    while (total.times < times && total.problems.length === 0 && !isLate()) {
      const one = await runNight(stage, fault, times - total.times, random, calm);
      total.times += one.times;
      total.nights += 1;
      total.took_ms += one.took_ms;
      for (const most of ['taken_up_ms', 'ended_ms', 'handles', 'memory_mb', 'connections'] as const) total[most] = Math.max(total[most], one[most]);
      total.problems.push(...one.problems);
    }
    if (total.nights > 0) report(stage.backend, fault.name, total, times, calm);
    if (total.times < times && total.problems.length === 0) unreached.push(`${stage.backend}: ${fault.name}, ${times - total.times} of ${times} times`);
  }
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
  /** From the fault's end until whatever was due then was taken up again, and until everything was at its end. */
  taken_up_ms: number;
  ended_ms: number;
  took_ms: number;
  /** The most that a worker held at rest afterwards, and all of them together; 0 where none lived through it. */
  handles: number;
  memory_mb: number;
  connections: number;
  problems: string[];
  books: Books | null;
}

function report(backend: Backend, name: string, result: Result, times: number, calm: Result): void {
  const { handles, memory_mb, connections } = result;
  process.stdout.write(`${backend.padEnd(9)} ${result.problems.length === 0 ? 'held  ' : 'BROKEN'}  ${name}: ${result.times} of ${times} times in ${result.nights} ${result.nights === 1 ? 'night' : 'nights'}, ${seconds(result.took_ms)}\n${
    ''.padEnd(18)}${result === calm ? `all done after ${seconds(result.ended_ms)}` : `taken up again ${seconds(result.taken_up_ms)} after its end (${result.taken_up_ms <= RECOVERY_MS ? 'within' : 'NOT WITHIN'} 30 s), all done after ${seconds(result.ended_ms)}`
  }${handles === 0 ? '' : `; at rest ${handles} handles and ${Math.round(memory_mb)} MB per worker, ${connections} connections${result === calm ? '' : ` (without a fault ${calm.handles}, ${Math.round(calm.memory_mb)} MB, ${calm.connections})`}`}; none left when stopped\n`);
  for (const problem of result.problems) process.stdout.write(`          ${problem}\n`);
  if (result.problems.length > 0) failed = true;
}

async function runNight(stage: Stage, fault: Fault, times: number, random: () => number, calm: Result | null): Promise<Result> {
  const started_at = performance.now();
  const world = await World.open(stage);
  const result: Result = { times: 0, nights: 1, taken_up_ms: 0, ended_ms: 0, took_ms: 0, handles: 0, memory_mb: 0, connections: 0, problems: [], books: null };
  try {
    for (let n = 0; n < (fault.workers ?? 2); n++) world.fleet.add();
    for (const clock_ms of fault.clocks_ms ?? []) world.fleet.add({ clock_ms });
    const submitted_at = performance.now();
    const survivors = fault.workers_survive ? world.fleet.running : [];
    if (fault.submits?.length !== 0) await world.submit(...fault.submits ?? ['plain', 'sample']);
    const dealt = await Promise.race([fault.run(world, times, random), sleep(NIGHT_LIMIT_MS, undefined, { ref: false }).then(() => { throw new Error('the fault did not end'); })]);
    const ended_at = calm ? performance.now() : submitted_at;
    result.times = Math.max(1, dealt.times);
    result.problems.push(...dealt.problems ?? []);
    // A machine on which a night without faults takes longer than that is busy with others, and proves nothing about time.
    const limit_ms = Math.max(RECOVERY_MS, calm?.ended_ms ?? NIGHT_LIMIT_MS);
    [result.taken_up_ms] = await Promise.all([world.untilTakenUp(limit_ms), world.untilFinished(calm ? RECOVERY_MS + calm.ended_ms : NIGHT_LIMIT_MS)]);
    result.ended_ms = performance.now() - ended_at;
    const [left, books] = await Promise.all([world.drain(fault.clocks_ms !== undefined), world.loadBooks(), examineWorkers(world, survivors, result, calm)]);
    result.problems.push(...left);
    result.books = books;
    const expected = calm?.books ?? books;
    const { documents, decisions, reviews } = books;
    result.problems.push(...await world.listProblems(books, { ...expected, ...(fault.more_documents && { documents }), ...(fault.more_runs && { decisions, reviews }) }));
  } catch (error) {
    result.problems.push(error instanceof Error ? error.stack! : String(error));
  } finally {
    result.problems.push(...await world.close());
  }
  result.took_ms = performance.now() - started_at;
  return result;
}

/** Looks at what the workers hold at rest after the night, against the night without faults (`calm`). */
async function examineWorkers(world: World, workers: readonly Started[], result: Result, calm: Result | null): Promise<void> {
  if (workers.length === 0) return;
  await sleep(IDLE_MS);
  for (const worker of workers) {
    if (worker.process.exitCode !== null || worker.process.signalCode !== null) {
      result.problems.push(`worker ${worker.pid} did not live through it: ${worker.out.slice(-500)}`);
      continue;
    }
    const { handles, memory_mb } = await resourcesOf(worker.pid);
    result.handles = Math.max(result.handles, handles);
    result.memory_mb = Math.max(result.memory_mb, memory_mb);
    if (calm && handles > calm.handles + HANDLES_SLACK) result.problems.push(`worker ${worker.pid} holds ${handles} handles, after a night without faults ${calm.handles}`);
    if (memory_mb > MEMORY_LIMIT_MB) result.problems.push(`worker ${worker.pid} holds ${Math.round(memory_mb)} MB at rest`);
  }
  result.connections = await world.countConnections();
}
