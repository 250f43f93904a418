import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import type { Database, Tx } from '../platform/database.ts';

/**
 * The header `Idempotency-Key`: a request that is sent again with its key, because its answer was lost, is answered with what it was
 * answered before. The answer is kept for a day. That the request has acted is committed with the act itself, so that it acts once although
 * the process ends before the answer is kept.
 */

const KEPT_HOURS = 24;
// A request that has neither acted nor been answered by now has lost its process, and may be tried again.
const GIVEN_UP_S = 60;

export type Repeated = { status: number; answer: string } | null;

/** Takes the key for a request: null when it is the first, else its answer. Throws stale while the first is under way, invalid_input when the key was another request's. */
export async function takeKey(db: Database, user_id: string, key: string, request: string): Promise<Repeated> {
  const request_hash = createHash('sha256').update(request).digest();
  const { rows: [taken] } = await sql<{ user_id: string }>`
    insert into idempotency_key as k (user_id, key, request_hash) values (${user_id}, ${key}, ${request_hash})
    on conflict (user_id, key) do update set request_hash = excluded.request_hash, status = null, answer = null, acted = false, created_at = now()
      where k.created_at < now() - make_interval(hours => ${KEPT_HOURS}) or k.status is null and not k.acted and k.created_at < now() - make_interval(secs => ${GIVEN_UP_S})
    returning user_id`.execute(db.kysely);
  if (taken) return null;
  const before = await db.kysely.selectFrom('idempotency_key').select(['request_hash', 'status', 'answer', 'acted']).where('user_id', '=', user_id).where('key', '=', key).executeTakeFirst();
  if (before === undefined) return takeKey(db, user_id, key, request);
  if (!before.request_hash.equals(request_hash)) throw new Failure('invalid_input', 'this Idempotency-Key was used for another request; take a new one');
  if (before.status === null) throw new Failure('conflict', before.acted ? 'the same request has been done, and its answer was lost; look at what it was about' : 'the same request is under way');
  return { status: before.status, answer: before.answer! };
}

/** The database as a request under a key uses it: each of its transactions notes that it has acted, but for those that only read. */
export function noting(db: Database, user_id: string, key: string): Database {
  return {
    ...db,
    last: async (tx: Tx) => {
      const { rows: [asked] } = await sql<{ reads: boolean }>`select current_setting('transaction_read_only') = 'on' as reads`.execute(tx.kysely);
      if (!asked!.reads) await tx.kysely.updateTable('idempotency_key').set({ acted: true }).where('user_id', '=', user_id).where('key', '=', key).execute();
    },
  };
}

/** Keeps the answer; a request that failed on our side before it acted may be tried again under its key. */
export async function keepAnswer(db: Database, user_id: string, key: string, status: number, answer: string): Promise<void> {
  if (status >= 500) await db.kysely.deleteFrom('idempotency_key').where('user_id', '=', user_id).where('key', '=', key).where('acted', '=', false).execute();
  else await db.kysely.updateTable('idempotency_key').set({ status, answer }).where('user_id', '=', user_id).where('key', '=', key).execute();
}
