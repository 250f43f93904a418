import { sql } from 'kysely';
import type { Stage } from '../core/stage.ts';
import type { Tx } from '../platform/database.ts';
import type { Hint } from './hint.ts';

/**
 * Brings dead documents back as documents of the given run, at the stage where they died, with all attempts before them; a document that
 * died with its batch waits at the run's barrier again. Their dead letters are resolved as `retried`. The documents must be locked.
 * Returns what has become due and the dead letters resolved.
 */
export async function reviveDocuments(
  tx: Tx, run_id: bigint, document_ids: readonly bigint[], actor: string,
): Promise<{ due: Hint[]; resolved: { dead_letter_id: bigint; stage: Stage }[] }> {
  if (document_ids.length === 0) return { due: [], resolved: [] };
  const { rows: left } = await sql<{ run_id: bigint }>`
    select distinct run_id from document where document_id = any(${document_ids}::bigint[]) and state = 'dead'`.execute(tx.kysely);
  const { rows: due } = await sql<Hint>`
    with due as (
      update task set state = 'due', epoch = epoch + 1, attempts = 0, due_at = now()
       where document_id = any(${document_ids}::bigint[]) and state = 'dead'
      returning stage, task_id, epoch, document_id
    ), revived as (
      update document d set run_id = ${run_id},
             state = case (select stage from due where document_id = d.document_id)
                     when 'extract' then 'received' when 'normalize' then 'extracted' when 'validate' then 'normalized'
                     else case when failed_check is null then 'validated' else 'quarantined' end end
       where document_id = any(${document_ids}::bigint[]) and state = 'dead'
    )
    select stage, task_id, epoch from due order by task_id`.execute(tx.kysely);
  const { rows: resolved } = await sql<{ dead_letter_id: bigint; stage: Stage }>`
    update dead_letter l set resolution = 'retried', resolved_at = now(), resolved_by = ${actor}
     where resolution is null and document_id = any(${document_ids}::bigint[])
    returning dead_letter_id, stage`.execute(tx.kysely);
  const batches = await resolveEmptyBatches(tx, { run_ids: left.map((row) => row.run_id) }, 'retried', actor, null);
  return { due, resolved: [...resolved, ...batches] };
}

/** A batch's dead letter is resolved when the last of the documents that died with it has been brought back or discarded, or when it had none. */
export async function resolveEmptyBatches(
  tx: Tx, of: { readonly run_ids: readonly bigint[] } | { readonly task_ids: readonly bigint[] }, resolution: 'retried' | 'discarded', actor: string, reason: string | null,
): Promise<{ dead_letter_id: bigint; stage: Stage }[]> {
  const chosen = 'run_ids' in of ? sql`t.run_id = any(${of.run_ids}::bigint[])` : sql`t.task_id = any(${of.task_ids}::bigint[])`;
  // Two that bring back the last two documents at the same time: the second waits here, and sees that the first one's is gone.
  await sql`select from task t where t.stage = 'reconcile' and t.state = 'dead' and ${chosen} order by t.task_id for update`.execute(tx.kysely);
  const { rows } = await sql<{ dead_letter_id: bigint; stage: Stage }>`
    with empty as (
      update task t set state = 'discarded'
       where t.stage = 'reconcile' and t.state = 'dead' and ${chosen}
         and not exists (select from document d join statement s using (document_id)
                          where d.run_id = t.run_id and s.company = t.company and d.state = 'dead')
      returning t.task_id
    )
    update dead_letter l set resolution = ${resolution}, resolved_at = now(), resolved_by = ${actor}, resolution_reason = ${reason}
      from empty where l.task_id = empty.task_id and l.resolution is null
    returning l.dead_letter_id, l.stage`.execute(tx.kysely);
  return rows;
}
