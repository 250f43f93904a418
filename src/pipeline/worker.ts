import { DelayedError, UnrecoverableError, type Job, type Worker } from 'bullmq';
import { STAGES, type Stage } from '../core/stage.ts';
import type { Database } from '../platform/database.ts';
import { reach } from '../platform/failpoint.ts';
import type { Log } from '../platform/log.ts';
import { within, type Queues } from './backends.ts';
import { followHint, type HintEnd, type Runner } from './runner.ts';
import { followSchedule } from './schedule.ts';
import { createSlots } from './slots.ts';
import { startSweeper, SWEEP_INTERVALS, type SweepIntervals } from './sweeper.ts';
import { backoffOf, type StageTable } from './table.ts';

export interface WorkerOptions {
  readonly db: Database;
  readonly queues: Queues;
  readonly table: StageTable;
  readonly rules_folder: string;
  readonly log: Log;
  /** How many tasks are under way in this process at a time, over all stages. */
  readonly concurrency: number;
  readonly intervals?: SweepIntervals;
}

export interface Workers {
  /**
   * Takes no more work, waits this long for what is in hand, then gives the rest back, untouched, to other workers. Nothing of it keeps the
   * process alive afterwards.
   */
  close(deadline_ms: number): Promise<void>;
}

// After the deadline: time for jobs to notice that they are to stop, and for their transactions to roll back.
const ROLLBACK_MS = 3_000;
const FORCE_MS = 1_000;

/** Starts workers for all stages and the schedules, and a sweeper. */
export function startWorkers(options: WorkerOptions): Workers {
  const { db, queues, table, log } = options;
  const stopping = new AbortController();
  const runner: Runner = { db, queues, table, rules_folder: options.rules_folder, log, stopping: stopping.signal };
  const slots = createSlots(options.concurrency);

  const follow = (stage: Stage) => (job: Job, token?: string) => slots.run(async () => {
    const end = await followHint(runner, stage, job.data);
    reach('before acknowledgement');
    // Whatever another version has said about its tries, this is none of them.
    if (end.ended === 'left') await job.moveToDelayed(Date.now() + end.pause_ms, token);
    report(end);
  });
  const workers: Worker[] = STAGES.map((stage) => queues.work(stage, follow(stage), {
    concurrency: Math.min(table[stage].concurrency, options.concurrency),
    lockDuration: table[stage].lock_ms,
    stalledInterval: table[stage].lock_ms / 2,
    settings: { backoffStrategy: (attempts, _type, error) => (error instanceof TryAgain ? error.pause_ms : backoffOf(table[stage], attempts, Math.random())) },
  }));
  for (const worker of workers) worker.on('completed', acknowledged).on('failed', acknowledged);
  workers.push(queues.work('schedule', (job) => followSchedule(db, queues, log, job.data, job.opts.prevMillis ?? job.timestamp), {}));
  const sweeper = startSweeper(db, queues, log, options.intervals ?? SWEEP_INTERVALS);

  return {
    async close(deadline_ms) {
      const paused = Promise.all(workers.map((worker) => worker.pause()));
      await within(deadline_ms, Promise.all([paused, sweeper.stop()])).catch(() => {});
      stopping.abort();
      await within(ROLLBACK_MS, paused).catch(() => log.warn('jobs in hand did not stop in time; their leases will end by themselves'));
      // By force: what is left waits for a queue that is away, and BullMQ's timers would keep the process alive with it.
      await within(FORCE_MS, Promise.all(workers.map((worker) => worker.close(true)))).catch(() => {});
    },
  };
}

function acknowledged(): void {
  reach('after acknowledgement');
}

/** Tells BullMQ how a hint ended, in the errors that it acts upon. */
function report(end: HintEnd): void {
  if (end.ended === 'left') throw new DelayedError();
  if (end.ended === 'again') throw new TryAgain(end.pause_ms);
  // Why stands in Postgres.
  if (end.ended === 'dead') throw new UnrecoverableError('the task is a dead letter');
}

/** The task is due again after a pause, and so is its hint. */
class TryAgain extends Error {
  readonly pause_ms: number;
  constructor(pause_ms: number) {
    super('tried again after a pause');
    this.pause_ms = pause_ms;
  }
}
