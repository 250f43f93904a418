import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import type { Stage } from '../core/stage.ts';
import type { Database } from '../platform/database.ts';
import { take } from '../platform/failpoint.ts';
import type { Log } from '../platform/log.ts';
import { VERSION, type Hint } from './hint.ts';
import type { StageRow } from './table.ts';

/** A task that this worker may work on, as long as its lease token stands in the row. */
export interface Claim {
  readonly task_id: bigint;
  readonly stage: Stage;
  readonly document_id: bigint | null;
  readonly run_id: bigint | null;
  readonly company: string | null;
  readonly epoch: number;
  /** How often the task was begun, this time included. */
  readonly attempts: number;
  readonly lease_token: string;
}

/**
 * Takes a task if it is due under the hint's epoch and nobody has it; undefined: the hint is stale. The database's clock decides. When a
 * worker was lost over the task, that is noted as a failure. `due_at` is not looked at: it is the sweeper's, and a hint that comes a
 * little early, by a queue's other clock, does no harm. What a later version has left is not this one's to take.
 */
export async function claimTask(db: Database, hint: Hint, lease_ms: number): Promise<Claim | undefined> {
  const { rows: [claim] } = await take('claim commit', () => sql<Claim>`
    with found as (
      select task_id, attempts, lease_until from task
       where task_id = ${hint.task_id} and stage = ${hint.stage} and epoch = ${hint.epoch} and state = 'due' and version <= ${VERSION}
         and (lease_until is null or lease_until < now())
         for update
    ), lost as (
      insert into task_failure (task_id, attempt, epoch, code, message)
      select task_id, attempts, ${hint.epoch}, 'lease_lost', 'the worker was lost while it worked on this; its lease ended at ' || lease_until
        from found where lease_until is not null
      on conflict do nothing
    )
    update task t set lease_token = gen_random_uuid(), lease_until = now() + ${lease_ms} * interval '1 ms', attempts = t.attempts + 1
      from found where t.task_id = found.task_id
    returning t.task_id, t.stage, t.document_id, t.run_id, t.company, t.epoch, t.attempts, t.lease_token`.execute(db.kysely));
  return claim;
}

/** A claim while it is worked on. */
export interface Lease {
  /** Aborted with a Failure as its reason: `lease_lost`, `timed_out`, or whatever the worker stops with. */
  readonly signal: AbortSignal;
  /** Ends the heartbeat. Before the task's row is written: a heartbeat would wait for that transaction. */
  stop(): Promise<void>;
}

// Two renewals may fail before a lease is in danger.
const RENEWALS_PER_LEASE = 3;

/** Renews the lease until `stop`, and aborts the work when it is lost, has taken too long, or the worker stops. */
export function holdLease(db: Database, claim: Claim, row: StageRow, stopping: AbortSignal, log: Log): Lease {
  const controller = new AbortController();
  let renewed_at = performance.now();
  let beating: Promise<void> = Promise.resolve();

  async function renew(): Promise<void> {
    try {
      const asked_at = performance.now();
      const result = await take('lease commit', () => sql`update task set lease_until = now() + ${row.lease_ms} * interval '1 ms'
        where task_id = ${claim.task_id} and lease_token = ${claim.lease_token} and state = 'due'`.execute(db.kysely));
      if (result.numAffectedRows === 0n) abort(new Failure('lease_lost', `another worker took over task ${claim.task_id}`));
      else renewed_at = asked_at;
    } catch (error) {
      log.warn({ task_id: String(claim.task_id), error: String(error) }, 'a lease could not be renewed');
      if (performance.now() - renewed_at > row.lease_ms) abort(new Failure('lease_lost', `the lease of task ${claim.task_id} ended`));
    }
  }

  function abort(failure: Failure): void {
    clearInterval(beat);
    controller.abort(failure);
  }

  const beat = setInterval(() => {
    beating = beating.then(renew);
  }, row.lease_ms / RENEWALS_PER_LEASE);
  const limit = setTimeout(() => {
    abort(new Failure('timed_out', `${claim.stage} took longer than its limit of ${row.limit_ms} ms`));
  }, row.limit_ms);

  return {
    signal: AbortSignal.any([controller.signal, stopping]),
    async stop() {
      clearInterval(beat);
      clearTimeout(limit);
      await beating;
    },
  };
}

/** Gives a task back untouched, so that another worker begins it at once; undefined when it is no longer ours. */
export async function releaseTask(db: Database, claim: Claim): Promise<Hint | undefined> {
  const { rows: [hint] } = await take('release commit', () => sql<Hint>`
    update task set lease_token = null, lease_until = null, attempts = attempts - 1, epoch = epoch + 1, due_at = now()
     where task_id = ${claim.task_id} and lease_token = ${claim.lease_token} and state = 'due'
    returning stage, task_id, epoch`.execute(db.kysely));
  return hint;
}
