import { sql } from 'kysely';
import type { Stage } from '../core/stage.ts';
import type { Database } from '../platform/database.ts';
import { take } from '../platform/failpoint.ts';
import type { Log } from '../platform/log.ts';
import { within, type Queues } from './backends.ts';
import { advanceRun } from './barrier.ts';
import { rebuildDeadLetterQueues } from './dead-letter-queue.ts';
import { hintJobId, VERSION, type Hint } from './hint.ts';
import { warnSparingly } from './outage.ts';
import { syncSchedules } from './schedule.ts';

/**
 * Makes up for every hint that was lost: with a queue that was wiped, a worker that died, an answer that never came. Every worker process
 * sweeps; two that do at once share the rows between them, and whatever both add is followed once.
 */
export interface Sweeper {
  stop(): Promise<void>;
}

/** How often is looked, and for how long a task that was looked at is believed to be in good hands. */
export interface SweepIntervals {
  readonly sweep_ms: number;
  readonly recheck_ms: number;
}

export const SWEEP_INTERVALS: SweepIntervals = {
  // With a lease of 12 s, what a killed worker had in hand is begun again within 15.
  sweep_ms: 2_000,
  // A wiped queue is noticed within this; a long queue costs a few lookups a second.
  recheck_ms: 8_000,
};

// Lookups per round trip to the queue.
const BATCH = 200;
const RUNS = 50;
// A queue that hangs must not end the sweeping for good.
const STEP_LIMIT_MS = 30_000;

export function startSweeper(db: Database, queues: Queues, log: Log, intervals: SweepIntervals): Sweeper {
  const warn = warnSparingly(log);
  let stopped = false;
  let first = true;
  let timer: NodeJS.Timeout;

  async function sweep(): Promise<void> {
    for (const [name, step] of [
      ['tasks', async () => void await sweepTasks(db, queues, intervals)],
      ['runs', () => sweepRuns(db, queues, log)],
      ['dead letters', () => rebuildDeadLetterQueues(db, queues, first)],
      ['schedules', () => syncSchedules(db, queues, log)],
    ] as const) {
      if (stopped) return;
      await within(STEP_LIMIT_MS, step()).catch((error: unknown) => warn(String(error), `sweeping for ${name} failed and is tried again`));
    }
    first = false;
  }

  let sweeping = sweep();
  function schedule(): void {
    timer = setTimeout(() => {
      sweeping = sweep().then(schedule);
    }, intervals.sweep_ms);
  }
  sweeping = sweeping.then(schedule);

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await sweeping;
      clearTimeout(timer);
    },
  };
}

interface DueTask extends Hint {
  /**
   * Somebody had it and let its lease end, or has its job and has not claimed it for long: a job that still counts as under way in the queue may be a
   * dead worker's, whose lock a wrong clock has put off for hours. One that is alive and busy finds its own job stale, or another was quicker.
   */
  readonly abandoned: boolean;
}

/** Adds hints for tasks that are due, of a version that it knows, and have none, oldest first; as long as it finds some, a whole batch at a time. */
export async function sweepTasks(db: Database, queues: Queues, { sweep_ms, recheck_ms }: SweepIntervals): Promise<number> {
  for (let added = 0; ;) {
    const { rows: tasks } = await sql<DueTask>`
      update task t set swept_at = now()
        from (select task_id from task
               where state = 'due' and version <= ${VERSION} and due_at < now() - ${sweep_ms} * interval '1 ms' and (lease_until is null or lease_until < now())
                 and (swept_at is null or swept_at < now() - ${recheck_ms} * interval '1 ms' or lease_until > swept_at)
               order by due_at limit ${BATCH} for update skip locked) found
       where t.task_id = found.task_id
      returning t.stage, t.task_id, t.epoch, t.lease_until is not null or t.due_at < now() - ${recheck_ms} * interval '1 ms' as abandoned`.execute(db.kysely);
    const missing = (await Promise.all(tasks.map(async (task) => (await hasHint(queues, task) ? [] : [task])))).flat();
    const { rows: hints } = await take('sweep commit', () => sql<Hint>`
      update task t set epoch = t.epoch + 1
        from unnest(${missing.map((task) => task.task_id)}::bigint[], ${missing.map((task) => task.epoch)}::int[]) as m(task_id, epoch)
       where t.task_id = m.task_id and t.epoch = m.epoch and t.state = 'due' and (t.lease_until is null or t.lease_until < now())
      returning t.stage, t.task_id, t.epoch`.execute(db.kysely));
    await queues.enqueue('sweep enqueue', hints);
    added += hints.length;
    if (missing.length < BATCH) return added;
  }
}

const WAITING = new Set<string>(['waiting', 'prioritized', 'paused']);

/** Whether a job will be handed out for the task, now: one that is put off beyond the task's time was put off by a clock that is wrong. */
async function hasHint(queues: Queues, task: DueTask): Promise<boolean> {
  const queue = queues.queue(task.stage as Stage);
  const id = hintJobId(task);
  const state = await queue.getJobState(id);
  return WAITING.has(state) || !task.abandoned && state === 'active';
}

/** Looks again at runs whose documents are at rest and whose batches have ended: whoever ended the last may have died before looking. */
async function sweepRuns(db: Database, queues: Queues, log: Log): Promise<void> {
  const { rows } = await sql<{ run_id: bigint }>`
    select run_id from run r
     where state = 'running'
       and not exists (select from document d where d.run_id = r.run_id and d.state in ('received', 'extracted', 'normalized'))
       and not exists (select from task t where t.stage = 'reconcile' and t.run_id = r.run_id and t.state = 'due')
     order by run_id limit ${RUNS}`.execute(db.kysely);
  for (const { run_id } of rows) await advanceRun(db, queues, log, run_id);
}
