import { setTimeout as sleep } from 'node:timers/promises';
import { writeFile } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import type { Stage as PipelineStage } from '../../src/core/stage.ts';
import { hintPayload } from '../../src/pipeline/hint.ts';
import { STEPS, type Failpoint } from '../../src/platform/failpoint.ts';
import type { Started } from './fleet.ts';
import type { Backend, World } from './world.ts';

/** What is done to a night while it is worked on. */
export interface Fault {
  readonly name: string;
  /** How often in all; nights follow one another until it has been so often. */
  readonly times: number;
  readonly only?: Backend;
  /** How many workers there are: two, where it says nothing. */
  readonly workers?: number;
  /** Whether the workers live through it, so that what they hold at the end can be compared with what they held before. */
  readonly workers_survive?: boolean;
  /** What is submitted; by default the whole night. The fault submits by itself where it says []. */
  readonly submits?: readonly string[];
  /** Sets the clock of these workers wrong by so much, in the order in which they start. */
  readonly clocks_ms?: readonly number[];
  /** Does it at most so often while the night lasts, and returns how often and what went wrong. When it returns, the fault has ended. */
  run(world: World, times: number, random: () => number): Promise<{ times: number; problems?: string[] }>;
  /** Whether it runs more often than once: what waits is looked at again, and waits for another reason after its rival was posted. */
  readonly more_runs?: boolean;
  /** Whether it brings documents that the night without faults did not have. */
  readonly more_documents?: boolean;
}

const HOUR_MS = 3_600_000;
// The lock is 10 s and the lease 12 s, and after 20 s the server ends a session that is idle in a transaction.
const PAST_LEASE_MS = 13_000;
const PAST_SESSION_MS = 22_000;
const SILENCE_MS = 30_000;
// What two processors start and bring to their failpoints before a night is over.
const FROZEN_PER_NIGHT = 10;

const between = (random: () => number, low: number, high: number): number => low + random() * (high - low);
const pick = <T>(random: () => number, items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];

/** Repeats until it has been so often or the night is over. */
async function repeat(world: World, times: number, pause: () => number, work: () => Promise<unknown>): Promise<{ times: number }> {
  for (let n = 0; n < times; n++) {
    await sleep(pause());
    if (await world.countUnfinished() === 0) return { times: n };
    await work();
  }
  return { times };
}

async function until(condition: () => boolean, limit_ms: number): Promise<void> {
  for (const end = performance.now() + limit_ms; !condition() && performance.now() < end;) await sleep(5);
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'workers killed at random times', times: 100, workers: 4,
    run: (world, times, random) => repeat(world, times, () => between(random, 50, 600), async () => {
      const victim = pick(random, world.fleet.running);
      victim?.process.kill('SIGKILL');
      await victim?.end;
    }),
  },
  {
    name: 'every job delivered three times, in random order', times: 1, workers_survive: true,
    async run(world, _times, random) {
      const known = new Set<string>();
      const late: Promise<unknown>[] = [];
      for (let idle = 0; idle < 5; idle = await world.countUnfinished() === 0 ? idle + 1 : 0) {
        const { rows } = await world.db.pool.query<{ task_id: bigint; stage: PipelineStage; epoch: number }>('select task_id, stage, epoch from task');
        const fresh = rows.filter((row) => !known.has(`${row.task_id} ${row.epoch}`)).flatMap((row) => [row, row]).sort(() => random() - 0.5);
        for (const task of fresh) {
          known.add(`${task.task_id} ${task.epoch}`);
          late.push(sleep(between(random, 0, 2_000)).then(() => world.queues.queue(task.stage).add(task.stage, hintPayload(task), {
            jobId: `again-${task.task_id}-${task.epoch}-${random()}`, removeOnComplete: true, removeOnFail: true,
          })));
        }
        await sleep(50);
      }
      await Promise.all(late);
      return { times: 1 };
    },
  },
  {
    name: 'the queue emptied', times: 10, workers_survive: true,
    run: (world, times, random) => repeat(world, times, () => between(random, 100, 1_500), () => world.wipe()),
  },
  {
    name: 'Redis killed without persistence', times: 3, only: 'redis', workers_survive: true,
    run: (world, times, random) => repeat(world, times, () => between(random, 200, 1_500), async () => {
      await world.stage.redis!.kill();
      await sleep(between(random, 0, 3_000));
      await world.stage.redis!.start();
    }),
  },
  {
    name: 'Postgres stopped at once and started again, also during commits', times: 5, workers_survive: true,
    async run(world, times, random) {
      const steps = ['extract commit', 'normalize commit', 'validate commit', 'reconcile commit'] as const;
      return repeat(world, times, () => between(random, 100, 800), async () => {
        // A worker beside the others says when it commits; it goes afterwards, for it is not one of those that live through the night.
        const teller = random() < 0.6 ? world.fleet.add({ at: `before ${pick(random, steps)!}` }) : undefined;
        if (teller) await until(() => teller.met, 3_000);
        await world.stage.postgres.stopAtOnce();
        await sleep(between(random, 0, 2_000));
        await world.stage.postgres.start();
        if (teller) world.fleet.dismiss(teller);
      });
    },
  },
  {
    name: 'a worker whose database does not answer for 30 s', times: 2, submits: [],
    async run(world, times, random) {
      const points: Failpoint[] = ['after claim commit', 'before normalize commit', 'before reconcile commit', 'before validate commit'];
      const silenced = await Promise.all(Array.from({ length: times }, async () => {
        const { proxy, url } = await world.openProxy();
        return { proxy, worker: world.fleet.add({ at: pick(random, points)! }, { DATABASE_URL: url }) };
      }));
      await world.submit('plain', 'sample');
      await until(() => silenced.every(({ worker }) => worker.met), 10_000);
      for (const { proxy } of silenced) proxy.hold(true);
      await sleep(SILENCE_MS);
      const dead = silenced.filter(({ worker }) => worker.process.exitCode !== null);
      for (const { proxy } of silenced) proxy.hold(false);
      return { times, problems: dead.map(({ worker }) => `worker ${worker.pid} did not live through the silence: ${worker.out.slice(-500)}`) };
    },
  },
  {
    name: 'workers frozen past lock and lease, and woken', times: 20, workers: 2,
    async run(world, times, random) {
      const steps = STEPS.filter((step) => /^(?:claim|extract|normalize|validate|reconcile|barrier) commit$|^(?:task|batch) enqueue$|^acknowledgement$/.test(step));
      const frozen: Started[] = [];
      for (let n = 0; n < Math.min(times, FROZEN_PER_NIGHT); n++) frozen.push(world.fleet.add({ at: `${random() < 0.5 ? 'before' : 'after'} ${pick(random, steps)!}`, signal: 'SIGSTOP' }));
      await until(() => frozen.every((worker) => worker.met), 6_000);
      // Who had nothing to do is frozen where it stands.
      for (const worker of frozen) if (!worker.met) worker.process.kill('SIGSTOP');
      await sleep(random() < 0.5 ? PAST_LEASE_MS : PAST_SESSION_MS);
      for (const worker of frozen) worker.process.kill('SIGCONT');
      return { times: frozen.length };
    },
  },
  {
    name: 'workers whose clocks are an hour and a day off, some of them killed', times: 12, workers: 1, clocks_ms: [HOUR_MS, 24 * HOUR_MS, -HOUR_MS, -24 * HOUR_MS],
    run: (world, times, random) => repeat(world, times, () => between(random, 500, 1_500), async () => {
      pick(random, world.fleet.running)?.process.kill('SIGKILL');
    }),
  },
  {
    name: 'two runs at once over overlapping documents', times: 1, submits: [], more_runs: true,
    async run(world) {
      const all = world.tieout('run', world.path('plain'), world.path('sample'), '--json');
      await sleep(300);
      const some = world.tieout('run', world.path('plain'), '--json');
      const [first, second] = await Promise.all([all.end, some.end]);
      // The sample's night has dead letters, by which a run exits 2.
      const wrong = first.status === 2 && second.status === 0 ? [] : [`the runs ended with ${first.status} and ${second.status}: ${all.out.slice(-500)} ${some.out.slice(-500)}`];
      for (const run of [all, some]) if (!/"balanced":true/.test(run.out)) wrong.push('a run says that it is not balanced');
      return { times: 1, problems: wrong };
    },
  },
  {
    name: 'documents submitted while their twins are worked on', times: 6, more_runs: true, workers_survive: true,
    run: (world, times, random) => repeat(world, times, () => between(random, 0, 400), () => world.submit('plain')),
  },
  {
    name: 'documents that exhaust the memory of the process that reads them', times: 1, submits: ['plain', 'sample', 'poison'], more_documents: true, workers_survive: true,
    async run(world) {
      await until(() => false, 1_000);
      await world.untilFinished(120_000);
      const { rows } = await world.db.pool.query<{ path: string; code: string; attempts: number }>(
        `select path, code, attempts from dead_letter join document using (document_id) where path like '%poison%'`);
      const wrong = rows.filter((row) => !(row.attempts === 3 && row.code === 'out_of_memory') && !(row.attempts === 1 && row.code === 'too_large')).map((row) => `${row.path} died of ${row.code} after ${row.attempts} starts`);
      if (rows.length !== POISON_DOCUMENTS) wrong.push(`${rows.length} of ${POISON_DOCUMENTS} poisonous documents are dead letters`);
      return { times: 1, problems: wrong };
    },
  },
  {
    name: 'workers told to stop, and replaced', times: 10,
    run: async (world, times, random) => {
      const problems: string[] = [];
      const done = await repeat(world, times, () => between(random, 300, 1_200), async () => {
        const worker = pick(random, world.fleet.running);
        if (!worker) return;
        const asked_at = performance.now();
        worker.process.kill('SIGTERM');
        const { status, signal } = await worker.end;
        const took = performance.now() - asked_at;
        // Whoever is told before it listens ends as any program does.
        if (status !== 143 && signal !== 'SIGTERM') problems.push(`a worker ended with ${signal ?? status}, not 143`);
        if (took > 15_000) problems.push(`a worker took ${Math.round(took)} ms to stop`);
      });
      return { ...done, problems };
    },
  },
];

const POISON_DOCUMENTS = 2;

/** PDFs whose one page unpacks to gigabytes. */
export async function writePoison(folder: string): Promise<void> {
  for (let n = 0; n < POISON_DOCUMENTS; n++) await writeFile(`${folder}/bomb-${n}.pdf`, bombPdf(n));
}

function bombPdf(n: number): Buffer {
  // Deflated twice: 2 GB of blanks in a few kB.
  const blanks = deflateSync(deflateSync(Buffer.alloc(1 << 30, 0x20), { level: 9 }), { level: 9 });
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>', '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 ${842 + n}]/Contents[4 0 R 4 0 R]/Resources<<>>>>`,
  ];
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n')];
  const offsets: number[] = [];
  const length = (): number => parts.reduce((sum, part) => sum + part.length, 0);
  for (const [i, object] of objects.entries()) {
    offsets.push(length());
    parts.push(Buffer.from(`${i + 1} 0 obj\n${object}\nendobj\n`));
  }
  offsets.push(length());
  parts.push(Buffer.from(`4 0 obj\n<</Length ${blanks.length}/Filter[/FlateDecode/FlateDecode]>>\nstream\n`), blanks, Buffer.from('\nendstream\nendobj\n'));
  const start = length();
  parts.push(Buffer.from(`xref\n0 5\n0000000000 65535 f \n${offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')}trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`));
  return Buffer.concat(parts);
}
