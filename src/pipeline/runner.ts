import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import type { Stage } from '../core/stage.ts';
import { transaction, type Database, type Tx } from '../platform/database.ts';
import { failureOf } from '../platform/database-errors.ts';
import type { Log } from '../platform/log.ts';
import { gatherOpenEvidence } from '../stages/validate/job.ts';
import type { BatchJob, DocumentJob, DocumentOutcome, StageContext } from '../stages/contract.ts';
import type { Queues } from './backends.ts';
import { advanceRun } from './barrier.ts';
import { projectDeadLetter } from './dead-letter-queue.ts';
import { parseHint } from './hint.ts';
import { claimTask, holdLease, releaseTask, type Claim } from './lease.ts';
import { completeTask, failTask, findPoison } from './task-end.ts';
import type { StageTable } from './table.ts';

/** What the runner works with; the same for all tasks of a process. */
export interface Runner {
  readonly db: Database;
  readonly queues: Queues;
  readonly table: StageTable;
  readonly rules_folder: string;
  readonly log: Log;
  /** Aborted when the process must stop: what is in hand goes back untouched. */
  readonly stopping: AbortSignal;
}

/**
 * How a hint ended, for the queue: `done` (also when it was stale), to be handed out again after a pause, as it is (`left`) or as one that has
 * failed (`again`), or `dead`.
 */
export type HintEnd =
  | { readonly ended: 'done' }
  | { readonly ended: 'left'; readonly pause_ms: number }
  | { readonly ended: 'again'; readonly pause_ms: number }
  | { readonly ended: 'dead' };

const DONE: HintEnd = { ended: 'done' };
// Soon enough for the workers that understand it, seldom enough for the queue of those that do not.
const LEFT: HintEnd = { ended: 'left', pause_ms: 1_000 };

/**
 * Follows a hint: claims the task, runs its stage's job in a transaction, commits it together with the task's end, adds what has become
 * due, and looks at the run's barrier. The only place that opens transactions for jobs and that catches what they throw. Throws only
 * what happens outside of the task, such as a database that is away before the claim.
 */
export async function followHint(runner: Runner, stage: Stage, payload: unknown): Promise<HintEnd> {
  const { db, queues, log } = runner;
  const hint = parseHint(stage, payload);
  if (hint === undefined) {
    log.warn({ stage }, 'a job that is no hint was dropped');
    return DONE;
  }
  if (hint === 'newer') return LEFT;
  const row = runner.table[stage];
  const claim = await claimTask(db, hint, row.lease_ms);
  if (claim === undefined) return DONE;
  const lease = holdLease(db, claim, row, runner.stopping, log);
  try {
    const poison = await findPoison(db, claim);
    if (poison) throw poison;
    const { at_rest_in, due } = await transaction(db, async (tx) => {
      await sql`select set_config('statement_timeout', ${String(row.limit_ms)}, true)`.execute(tx.kysely);
      const outcome = await runJob(runner, claim, tx, lease.signal);
      await lease.stop();
      return completeTask(tx, claim, row, outcome);
    }, `${stage} commit`);
    await queues.enqueue('task enqueue', due);
    if (at_rest_in !== null) await advanceRun(db, queues, log, at_rest_in);
    return DONE;
  } catch (error) {
    await lease.stop();
    if (runner.stopping.aborted) return await giveBack(runner, claim);
    // Whatever a job throws after its abort, the reason for the abort is what happened.
    return await noteFailure(runner, claim, lease.signal.aborted ? failureOf(lease.signal.reason) : failureOf(error));
  }
}

/** A batch has no outcome of its own: its documents' states follow from its end. */
async function runJob(runner: Runner, claim: Claim, tx: Tx, signal: AbortSignal): Promise<DocumentOutcome | undefined> {
  const { table } = runner;
  const context: StageContext = { tx, rules_folder: runner.rules_folder, signal };
  signal.throwIfAborted();
  if (claim.stage !== 'reconcile') return (table[claim.stage].job satisfies DocumentJob)(claim.document_id!, context);
  const batch = { run_id: claim.run_id!, company: claim.company! };
  await (table.reconcile.job satisfies BatchJob)(batch, { ...context, gatherEvidence: table.validate.job, gatherOpenEvidence });
  return undefined;
}

async function giveBack(runner: Runner, claim: Claim): Promise<HintEnd> {
  const hint = await releaseTask(runner.db, claim);
  if (hint) await runner.queues.enqueue('release enqueue', [hint]);
  return DONE;
}

async function noteFailure(runner: Runner, claim: Claim, failure: Failure): Promise<HintEnd> {
  const { db, queues, log } = runner;
  const task = { task_id: String(claim.task_id), stage: claim.stage, attempt: claim.attempts, code: failure.code };
  if (failure.code === 'lease_lost') {
    log.warn(task, 'another worker took a task over');
    return DONE;
  }
  const end = await transaction(db, (tx) => failTask(tx, claim, runner.table[claim.stage], failure), 'failure commit');
  if (end.ended === 'lost') return DONE;
  if (end.ended === 'retry') {
    log.warn({ ...task, error: failure.message, pause_ms: end.pause_ms }, 'a task failed and is tried again');
    return { ended: 'again', pause_ms: end.pause_ms };
  }
  log.error({ ...task, error: failure.message }, 'a task is dead');
  await projectDeadLetter(db, queues, log, claim);
  await advanceRun(db, queues, log, end.run_id);
  return { ended: 'dead' };
}
