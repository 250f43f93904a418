import { sql } from 'kysely';
import { Failure, FAILURES } from '../core/failure.ts';
import type { Tx } from '../platform/database.ts';
import type { DocumentOutcome } from '../stages/contract.ts';
import { settleDocuments } from './barrier.ts';
import { VERSION, type Hint } from './hint.ts';
import type { Claim } from './lease.ts';
import { backoffOf, type StageRow } from './table.ts';

/** How a task's attempt ends in Postgres: done, to be tried again, or dead. Each is fenced by the claim's lease token. */

// A document that takes its worker down with it is given up at last, but a night of restarts does not bury an innocent one.
const LOST_WORKERS_MAX = 20;
// More of a message than a person reads; document text in it must not fill queues and logs.
const MESSAGE_LENGTH_MAX = 2_000;
const STACK_LENGTH_MAX = 8_000;

/**
 * Ends a task as done. Throws Failure('lease_lost') when another worker has taken it over: then nothing of this transaction may stay.
 * For a document: sets its state and makes it due at the next stage. Returns what has become due, or the run whose barrier this may open.
 */
export async function completeTask(tx: Tx, claim: Claim, row: StageRow, outcome: DocumentOutcome | undefined): Promise<{ at_rest_in: bigint | null; due: Hint[] }> {
  const fenced = await sql`update task set state = 'done', version = ${VERSION}, lease_token = null, lease_until = null
    where task_id = ${claim.task_id} and lease_token = ${claim.lease_token} and state = 'due'`.execute(tx.kysely);
  if (fenced.numAffectedRows !== 1n) throw new Failure('lease_lost', `another worker took over task ${claim.task_id}`);
  if (outcome === undefined) {
    await settleDocuments(tx, claim.run_id!);
    return { at_rest_in: claim.run_id!, due: [] };
  }
  const { run_id } = await tx.kysely.updateTable('document')
    .set({ state: outcome.state, failed_check: outcome.state === 'quarantined' ? outcome.failed_check : null })
    .where('document_id', '=', claim.document_id!).returning('run_id').executeTakeFirstOrThrow();
  if (outcome.state === 'quarantined' || row.next === null) return { at_rest_in: run_id, due: [] };
  const due = await tx.kysely.insertInto('task').values({ stage: row.next, document_id: claim.document_id!, version: VERSION })
    .onConflict((conflict) => conflict.doNothing()).returning(['stage', 'task_id', 'epoch']).execute();
  return { at_rest_in: null, due };
}

/** What became of a failed attempt. `lost`: the task is another worker's, and nothing was written. */
export type FailedAttempt =
  | { readonly ended: 'lost' }
  | { readonly ended: 'retry'; readonly pause_ms: number }
  | { readonly ended: 'dead'; readonly run_id: bigint };

/** Notes a failed attempt: the task is due again after its pause, or dead, with its document and its dead letter, in this transaction. */
export async function failTask(tx: Tx, claim: Claim, row: StageRow, failure: Failure): Promise<FailedAttempt> {
  const held = await sql`select from task where task_id = ${claim.task_id} and lease_token = ${claim.lease_token} and state = 'due'
    for update`.execute(tx.kysely);
  if (held.rows.length === 0) return { ended: 'lost' };
  const noted = {
    code: failure.code, message: sanitise(failure.message, MESSAGE_LENGTH_MAX), stack: sanitise(stackOf(failure), STACK_LENGTH_MAX),
    location: failure.location === null ? null : sanitise(JSON.stringify(failure.location), MESSAGE_LENGTH_MAX),
  };
  await sql`insert into task_failure (task_id, attempt, epoch, code, message, location, stack)
    values (${claim.task_id}, ${claim.attempts}, ${claim.epoch}, ${noted.code}, ${noted.message}, ${noted.location}::jsonb, ${noted.stack})
    on conflict do nothing`.execute(tx.kysely);
  // Since the task was last brought back from the dead: each dead letter ends a life, and bringing back raises the epoch.
  const { rows: [life] } = await sql<{ failures: number; lost: number; first_failed_at: string }>`
    select count(*) filter (where code <> 'lease_lost')::int as failures, count(*) filter (where code = 'lease_lost')::int as lost,
           min(failed_at) as first_failed_at
      from task_failure
     where task_id = ${claim.task_id}
       and epoch > coalesce((select max(epoch) from dead_letter where task_id = ${claim.task_id}), -1)`.execute(tx.kysely);
  const { failures, lost, first_failed_at } = life!;
  if (FAILURES[failure.code].retryable === 'retry' && failures < row.attempts && lost < LOST_WORKERS_MAX) {
    const pause_ms = backoffOf(row, Math.max(1, failures), Math.random());
    await sql`update task set lease_token = null, lease_until = null, due_at = now() + ${pause_ms} * interval '1 ms'
      where task_id = ${claim.task_id}`.execute(tx.kysely);
    return { ended: 'retry', pause_ms };
  }
  await sql`update task set state = 'dead', lease_token = null, lease_until = null where task_id = ${claim.task_id}`.execute(tx.kysely);
  const run_id = claim.run_id ?? (await tx.kysely.updateTable('document').set({ state: 'dead' })
    .where('document_id', '=', claim.document_id!).returning('run_id').executeTakeFirstOrThrow()).run_id;
  await sql`insert into dead_letter (task_id, epoch, stage, document_id, run_id, company, code, message, location, stack, attempts, first_failed_at)
    values (${claim.task_id}, ${claim.epoch}, ${claim.stage}, ${claim.document_id}, ${run_id}, ${claim.company}, ${noted.code}, ${noted.message},
      ${noted.location}::jsonb, ${noted.stack}, ${claim.attempts}, ${first_failed_at})`.execute(tx.kysely);
  if (claim.stage === 'reconcile') await settleDocuments(tx, run_id);
  return { ended: 'dead', run_id };
}

/** The failure of a task over which too many workers were lost; undefined while it may be begun. */
export async function findPoison(tx: Pick<Tx, 'kysely'>, claim: Claim): Promise<Failure | undefined> {
  if (claim.attempts <= LOST_WORKERS_MAX) return undefined;
  const { rows: [row] } = await sql<{ lost: number }>`select count(*)::int as lost from task_failure
    where task_id = ${claim.task_id} and code = 'lease_lost'
      and epoch > coalesce((select max(epoch) from dead_letter where task_id = ${claim.task_id}), -1)`.execute(tx.kysely);
  return row!.lost < LOST_WORKERS_MAX ? undefined
    : new Failure('out_of_memory', `${row!.lost} workers were lost over this task, one after the other`);
}

/** Postgres refuses NUL and lone surrogates, and text out of a document may carry them. */
function sanitise(text: string, length_max: number): string {
  const clean = text.toWellFormed().replaceAll('\0', '\ufffd').replaceAll('\\u0000', '\\ufffd');
  return clean.length <= length_max ? clean : `${clean.slice(0, length_max - 1).toWellFormed()}…`;
}

function stackOf(failure: Failure): string {
  const cause = failure.cause instanceof Error ? `\ncaused by ${failure.cause.stack}` : '';
  return `${failure.stack}${cause}`;
}

