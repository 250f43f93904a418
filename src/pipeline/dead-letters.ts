import { sql, type RawBuilder } from 'kysely';
import { Failure, type FailureCode, type Location } from '../core/failure.ts';
import type { Stage } from '../core/stage.ts';
import { appendAct } from '../ledger/log.ts';
import { transaction, type Database } from '../platform/database.ts';
import type { Log } from '../platform/log.ts';
import type { Queues } from './backends.ts';
import { advanceRun } from './barrier.ts';
import { withdrawDeadLetters } from './dead-letter-queue.ts';
import { resolveEmptyBatches, reviveDocuments } from './revive.ts';

/** What a person can do about documents and batches that ended dead. Only open dead letters are meant, unless it says otherwise. */

export interface DeadLetter {
  readonly dead_letter_id: bigint;
  readonly task_id: bigint;
  readonly stage: Stage;
  readonly document_id: bigint | null;
  /** The document's path, as it was given first, its size in bytes, and the SHA-256 of its bytes, in hex; null for a batch. */
  readonly path: string | null;
  readonly size: bigint | null;
  readonly sha256: string | null;
  readonly run_id: bigint | null;
  readonly company: string | null;
  readonly code: FailureCode;
  readonly message: string;
  readonly location: Location | null;
  readonly attempts: number;
  readonly first_failed_at: string;
  readonly died_at: string;
  readonly resolution: 'retried' | 'discarded' | null;
  readonly resolved_at: string | null;
  readonly resolved_by: string | null;
  readonly resolution_reason: string | null;
}

export interface DeadLetterDetail extends DeadLetter {
  readonly stack: string | null;
  /** Every failed attempt of the task, also those of earlier lives. */
  readonly failures: readonly { attempt: number; failed_at: string; code: FailureCode; message: string }[];
}

/** Which dead letters: all that fit every given field. `since` and `until` are ISO 8601 times or dates; what died at `until` is not meant. */
export interface DeadLetterFilter {
  readonly ids?: readonly bigint[];
  readonly stage?: Stage;
  readonly code?: FailureCode;
  readonly document_id?: bigint;
  readonly since?: string;
  readonly until?: string;
}

/** By what dead letters are counted; `day` is that of their death in UTC. */
export const COUNTED_BY = ['stage', 'code', 'document', 'day'] as const;
export type CountedBy = typeof COUNTED_BY[number];

/** How many open dead letters there are of one kind: a value for each of what they are counted by. */
export type DeadLetterCount = { readonly [by in CountedBy]?: string | null } & { readonly count: number; readonly first_died_at: string; readonly last_died_at: string };

// An act's locks stay few enough to commit within seconds; the rest is for the next call.
const ACT_MAX = 5_000;

const COLUMNS = sql`l.dead_letter_id, l.task_id, l.stage, l.document_id, d.path, d.size, encode(d.sha256, 'hex') as sha256, l.run_id, l.company, l.code, l.message, l.location, l.attempts,
  l.first_failed_at, l.died_at, l.resolution, l.resolved_at, l.resolved_by, l.resolution_reason`;

/** The open dead letters, the newest first, and how many there are in all. */
export async function listDeadLetters(db: Database, filter: DeadLetterFilter, limit: number): Promise<{ total: number; letters: DeadLetter[] }> {
  const { rows: letters } = await sql<DeadLetter>`select ${COLUMNS} from dead_letter l left join document d using (document_id)
    where ${matches(filter)} order by l.dead_letter_id desc limit ${limit}`.execute(db.kysely);
  return { total: await countDeadLetters(db, filter), letters };
}

const GROUPS: Readonly<Record<CountedBy, RawBuilder<string | null>>> = {
  stage: sql`l.stage`, code: sql`l.code`, document: sql`coalesce(d.path, format('run %s, %s', l.run_id, l.company))`, day: sql`to_char(l.died_at at time zone 'utc', 'YYYY-MM-DD')`,
};

/** The open dead letters counted, the most frequent first; at most `limit` kinds. */
export async function countDeadLettersBy(db: Database, filter: DeadLetterFilter, by: readonly CountedBy[], limit: number): Promise<DeadLetterCount[]> {
  const { rows } = await sql<DeadLetterCount>`
    select ${sql.join(by.map((one) => sql`${GROUPS[one]} as ${sql.id(one)}`))}, count(*)::int as count, min(l.died_at) as first_died_at, max(l.died_at) as last_died_at
      from dead_letter l left join document d using (document_id)
     where ${matches(filter)} group by ${sql.join(by.map((one) => GROUPS[one]))}
     order by count(*) desc, ${sql.join(by.map((one) => GROUPS[one]))} limit ${limit}`.execute(db.kysely);
  return rows;
}

async function countDeadLetters(db: Database, filter: DeadLetterFilter): Promise<number> {
  const { rows: [counted] } = await sql<{ total: number }>`select count(*)::int as total from dead_letter l where ${matches(filter)}`.execute(db.kysely);
  return counted!.total;
}

/** One dead letter, open or resolved, with its history. Throws Failure('not_found'). */
export async function loadDeadLetter(db: Database, dead_letter_id: bigint): Promise<DeadLetterDetail> {
  const { rows: [letter] } = await sql<DeadLetter & { stack: string | null }>`select ${COLUMNS}, l.stack
    from dead_letter l left join document d using (document_id) where l.dead_letter_id = ${dead_letter_id}`.execute(db.kysely);
  if (letter === undefined) throw new Failure('not_found', `there is no dead letter ${dead_letter_id}; see: tieout dead list`);
  const failures = await db.kysely.selectFrom('task_failure').select(['attempt', 'failed_at', 'code', 'message'])
    .where('task_id', '=', letter.task_id).orderBy('failed_at').execute();
  return { ...letter, failures: failures as DeadLetterDetail['failures'] };
}

/**
 * Tries dead letters again: their documents become a new run of kind `retry`, each at the stage where it died; a batch that died without
 * documents, over what had waited, is tried again with that run. What is no longer dead is left alone. At most `limit` documents at a time; `remaining` says how many dead letters still fit the filter. Whoever goes on until none is
 * left gives the filter an `until`, so that what dies again meanwhile is not tried for ever.
 */
export async function retryDeadLetters(
  db: Database, queues: Queues, log: Log, filter: DeadLetterFilter, actor: string, limit: number = ACT_MAX,
): Promise<{ run_id: bigint | null; documents: number; remaining: number }> {
  const done = await transaction(db, async (tx) => {
    const document_ids = await lockDeadDocuments(tx.kysely, filter, Math.min(limit, ACT_MAX));
    const batches = await resolveEmptyBatches(tx, { task_ids: await listEmptyBatches(tx.kysely, filter) }, 'retried', actor, null);
    if (document_ids.length === 0 && batches.length === 0) return null;
    const { run_id } = await tx.kysely.insertInto('run').values({ kind: 'retry' }).returning('run_id').executeTakeFirstOrThrow();
    await sql`insert into delivery (run_id, n, document_id, path, is_duplicate)
      select ${run_id}::bigint, row_number() over (order by document_id), document_id, path, false
        from document where document_id = any(${document_ids}::bigint[])`.execute(tx.kysely);
    const revived = await reviveDocuments(tx, run_id, document_ids, actor);
    const resolved = [...revived.resolved, ...batches];
    await appendAct(tx, { actor, action: 'dead_letters_retried', company: null, run_id, payload: { dead_letters: idsOf(resolved) } });
    return { run_id, documents: document_ids.length, due: revived.due, resolved };
  }, 'retry commit');
  if (done) {
    await queues.enqueue('retry enqueue', done.due);
    await withdrawDeadLetters(queues, log, done.resolved);
    await advanceRun(db, queues, log, done.run_id);
  }
  return { run_id: done?.run_id ?? null, documents: done?.documents ?? 0, remaining: await countDeadLetters(db, filter) };
}

/** Gives documents up for good, with a reason. Their runs go on without them. At most `limit` documents at a time, as with a retry. */
export async function discardDeadLetters(
  db: Database, queues: Queues, log: Log, filter: DeadLetterFilter, actor: string, reason: string, limit: number = ACT_MAX,
): Promise<{ documents: number; remaining: number }> {
  if (reason.trim() === '') throw new Failure('invalid_input', 'a reason is needed to discard documents; for example --reason "an invoice, no statement"');
  const done = await transaction(db, async (tx) => {
    const document_ids = await lockDeadDocuments(tx.kysely, filter, Math.min(limit, ACT_MAX));
    const batches = await resolveEmptyBatches(tx, { task_ids: await listEmptyBatches(tx.kysely, filter) }, 'discarded', actor, reason);
    if (document_ids.length === 0 && batches.length === 0) return null;
    const { rows: left } = await sql<{ run_id: bigint }>`update document set state = 'discarded'
      where document_id = any(${document_ids}::bigint[]) returning run_id`.execute(tx.kysely);
    await sql`update task set state = 'discarded' where document_id = any(${document_ids}::bigint[]) and state = 'dead'`.execute(tx.kysely);
    const { rows: own } = await sql<{ dead_letter_id: bigint; stage: Stage }>`
      update dead_letter set resolution = 'discarded', resolved_at = now(), resolved_by = ${actor}, resolution_reason = ${reason}
       where resolution is null and document_id = any(${document_ids}::bigint[])
      returning dead_letter_id, stage`.execute(tx.kysely);
    const run_ids = [...new Set(left.map((row) => row.run_id))];
    const resolved = [...own, ...batches, ...await resolveEmptyBatches(tx, { run_ids }, 'discarded', actor, reason)];
    await appendAct(tx, { actor, action: 'dead_letters_discarded', company: null, run_id: null, payload: { dead_letters: idsOf(resolved), reason } });
    return { documents: document_ids.length, run_ids, resolved };
  }, 'discard commit');
  if (done) {
    await withdrawDeadLetters(queues, log, done.resolved);
    for (const run_id of done.run_ids) await advanceRun(db, queues, log, run_id);
  }
  return { documents: done?.documents ?? 0, remaining: await countDeadLetters(db, filter) };
}

/** Locks the dead documents behind the dead letters, the oldest first: a document's own, or those that died with a batch. In the order in which a submission locks them. */
async function lockDeadDocuments(kysely: Database['kysely'], filter: DeadLetterFilter, limit: number): Promise<bigint[]> {
  const { rows } = await sql<{ document_id: bigint }>`
    select document_id from document
     where state = 'dead' and document_id in (
       select document_id from document where state = 'dead' and document_id in (
         select l.document_id from dead_letter l where ${matches(filter)}
         union
         select d.document_id from dead_letter l join document d on d.run_id = l.run_id join statement s on s.document_id = d.document_id
          where l.stage = 'reconcile' and s.company = l.company and d.state = 'dead' and ${matches(filter)})
       order by document_id limit ${limit})
     order by sha256 for update`.execute(kysely);
  return rows.map((row) => row.document_id);
}

/** The batches among the dead letters that have no dead document behind them: they were to look again at what waited. */
async function listEmptyBatches(kysely: Database['kysely'], filter: DeadLetterFilter): Promise<bigint[]> {
  const { rows } = await sql<{ task_id: bigint }>`
    select l.task_id from dead_letter l
     where l.stage = 'reconcile' and ${matches(filter)}
       and not exists (select from document d join statement s using (document_id) where d.run_id = l.run_id and s.company = l.company and d.state = 'dead')`.execute(kysely);
  return rows.map((row) => row.task_id);
}

function matches(filter: DeadLetterFilter): RawBuilder<boolean> {
  const conditions = [sql`l.resolution is null`];
  if (filter.ids) conditions.push(sql`l.dead_letter_id = any(${filter.ids}::bigint[])`);
  if (filter.stage) conditions.push(sql`l.stage = ${filter.stage}`);
  if (filter.code) conditions.push(sql`l.code = ${filter.code}`);
  if (filter.document_id !== undefined) conditions.push(sql`l.document_id = ${filter.document_id}`);
  if (filter.since) conditions.push(sql`l.died_at >= ${filter.since}::timestamptz`);
  if (filter.until) conditions.push(sql`l.died_at < ${filter.until}::timestamptz`);
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

function idsOf(letters: readonly { dead_letter_id: bigint }[]): string[] {
  return letters.map((letter) => String(letter.dead_letter_id)).sort();
}
