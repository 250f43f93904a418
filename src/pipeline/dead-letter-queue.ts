import { sql } from 'kysely';
import { STAGES, type Stage } from '../core/stage.ts';
import type { Database } from '../platform/database.ts';
import { take } from '../platform/failpoint.ts';
import type { Log } from '../platform/log.ts';
import { QUEUE_LIMIT_MS, within, type Queues } from './backends.ts';

/**
 * Each stage's dead-letter queue in BullMQ shows the open dead letters of Postgres to whoever watches queues. Nobody works on it: it is a
 * projection, written after the fact and rebuilt when it differs.
 */

// Rows and jobs per round trip while rebuilding: small beside what a connection buffers.
const PAGE = 500;

interface OpenLetter {
  readonly dead_letter_id: bigint;
  readonly stage: Stage;
  readonly data: Record<string, unknown>;
}

const LETTER = sql`dead_letter_id, stage, jsonb_build_object('v', 1, 'dead_letter_id', dead_letter_id::text, 'task_id', task_id::text,
  'document_id', document_id::text, 'run_id', run_id::text, 'company', company, 'code', code, 'message', message, 'location', location,
  'attempts', attempts, 'first_failed_at', first_failed_at, 'died_at', died_at) as data`;

/** Shows a task's open dead letter in its stage's dead-letter queue; never throws, since the sweeper makes up for it. */
export async function projectDeadLetter(db: Database, queues: Queues, log: Log, task: { readonly task_id: bigint; readonly epoch: number }): Promise<void> {
  try {
    const { rows } = await sql<OpenLetter>`select ${LETTER} from dead_letter
      where task_id = ${task.task_id} and epoch = ${task.epoch} and resolution is null`.execute(db.kysely);
    await within(QUEUE_LIMIT_MS, take('dead letter shown', () => addLetters(queues, rows)));
  } catch (error) {
    log.warn({ task_id: String(task.task_id), error: String(error) }, 'a dead letter could not be shown in its queue yet');
  }
}

/** Takes dead letters that are resolved out of their queue; never throws. */
export async function withdrawDeadLetters(queues: Queues, log: Log, letters: readonly { dead_letter_id: bigint; stage: Stage }[]): Promise<void> {
  try {
    if (letters.length === 0) return;
    await within(QUEUE_LIMIT_MS, take('dead letter withdrawn',
      () => Promise.all(letters.map(({ stage, dead_letter_id }) => queues.queue(`${stage}-dead`).remove(letterJobId(dead_letter_id))))));
  } catch (error) {
    log.warn({ error: String(error) }, 'resolved dead letters could not be taken out of their queue yet');
  }
}

/** Makes the dead-letter queues show the open dead letters and nothing else. Unless `thorough`, queues of the right length are believed. */
export async function rebuildDeadLetterQueues(db: Database, queues: Queues, thorough: boolean): Promise<void> {
  const { rows: open } = await sql<{ stage: Stage; count: number }>`
    select stage, count(*)::int as count from dead_letter where resolution is null group by stage`.execute(db.kysely);
  for (const stage of STAGES) {
    const count = open.find((row) => row.stage === stage)?.count ?? 0;
    if (!thorough && await queues.queue(`${stage}-dead`).count() === count) continue;
    await addMissing(db, queues, stage);
    await removeResolved(db, queues, stage);
  }
}

async function addMissing(db: Database, queues: Queues, stage: Stage): Promise<void> {
  for (let after = 0n, page: OpenLetter[] = []; ; after = page.at(-1)!.dead_letter_id) {
    ({ rows: page } = await sql<OpenLetter>`select ${LETTER} from dead_letter
      where stage = ${stage} and resolution is null and dead_letter_id > ${after} order by dead_letter_id limit ${PAGE}`.execute(db.kysely));
    if (page.length > 0) await addLetters(queues, page);
    if (page.length < PAGE) return;
  }
}

async function removeResolved(db: Database, queues: Queues, stage: Stage): Promise<void> {
  const queue = queues.queue(`${stage}-dead`);
  for (let start = 0; ;) {
    const jobs = await queue.getJobs(['waiting', 'prioritized', 'delayed'], start, start + PAGE - 1);
    const ids = jobs.map((job) => BigInt(job.data.dead_letter_id as string));
    const { rows } = await sql<{ dead_letter_id: bigint }>`
      select dead_letter_id from dead_letter where resolution is null and dead_letter_id = any(${ids}::bigint[])`.execute(db.kysely);
    const open = new Set(rows.map((row) => row.dead_letter_id));
    const resolved = ids.filter((id) => !open.has(id));
    await Promise.all(resolved.map((id) => queue.remove(letterJobId(id))));
    if (jobs.length < PAGE) return;
    start += jobs.length - resolved.length;
  }
}

/** A queue ignores the job whose id it has: adding what is there already does nothing. */
async function addLetters(queues: Queues, letters: readonly OpenLetter[]): Promise<void> {
  for (const [stage, some] of Map.groupBy(letters, (letter) => letter.stage)) {
    await queues.queue(`${stage}-dead`).addBulk(some.map((letter) => (
      { name: 'dead letter', data: letter.data, opts: { jobId: letterJobId(letter.dead_letter_id) } })));
  }
}

function letterJobId(dead_letter_id: bigint): string {
  return `dead-letter-${dead_letter_id}`;
}
