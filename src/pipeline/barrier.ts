import { sql } from 'kysely';
import { transaction, type Database, type Tx } from '../platform/database.ts';
import type { Log } from '../platform/log.ts';
import type { Queues } from './backends.ts';
import { VERSION, type Hint } from './hint.ts';
import { summarise } from './summary.ts';

/**
 * The end of a run's documents is a fact in Postgres: when all of them are at rest, each company's batch becomes due; when all batches
 * have ended, the run is finished. Whoever ends a task looks, after its commit; the sweeper looks again, for whoever died before looking.
 */

/** Opens the run's batches, or finishes the run, if it is time; does nothing else otherwise. Safe to call at any time, by many. */
export async function advanceRun(db: Database, queues: Queues, log: Log, run_id: bigint): Promise<void> {
  // The last to commit sees all others, so whoever sees one at work leaves the run's row alone: a thousand documents would queue for it.
  const { rows: working } = await sql`select from document where run_id = ${run_id} and ${isAtWork} limit 1`.execute(db.kysely);
  if (working.length > 0) return;
  await queues.enqueue('batch enqueue', await transaction(db, (tx) => passBarrier(tx, log, run_id), 'barrier commit'));
}

const isAtWork = sql<boolean>`state in ('received', 'extracted', 'normalized')`;

async function passBarrier(tx: Tx, log: Log, run_id: bigint): Promise<Hint[]> {
  // Two that look at the same time: the second waits here and sees what the first has committed.
  const run = await tx.kysely.selectFrom('run').select('state').where('run_id', '=', run_id).forUpdate().executeTakeFirst();
  if (run?.state !== 'running') return [];
  const { rows: [seen] } = await sql<{ working: boolean; batches: boolean; batches_due: boolean; waiting: boolean }>`
    select exists (select from document where run_id = ${run_id} and ${isAtWork}) as working,
           exists (select from task where stage = 'reconcile' and run_id = ${run_id}) as batches,
           exists (select from task where stage = 'reconcile' and run_id = ${run_id} and state = 'due') as batches_due,
           exists (select from delivery v join document d using (document_id) join run r on r.run_id = d.run_id
                    where v.run_id = ${run_id} and d.run_id <> ${run_id} and not ${isFinal}) as waiting`.execute(tx.kysely);
  const { working, batches, batches_due, waiting } = seen!;
  if (working || batches_due) return [];
  if (!batches) {
    const due = await openBatches(tx, run_id);
    if (due.length > 0) return due;
  }
  await settleDocuments(tx, run_id);
  if (waiting) return [];
  await finishRun(tx, log, run_id);
  return [];
}

/**
 * A document `d` of the run `r` of which nothing more will come. A quarantined one has its decisions only when its run's batches have ended.
 */
export const isFinal = sql<boolean>`(d.state in ('reconciled', 'dead', 'discarded') or d.state = 'quarantined' and (r.state = 'finished'
  or exists (select from task b where b.stage = 'reconcile' and b.run_id = d.run_id)
     and not exists (select from task b where b.stage = 'reconcile' and b.run_id = d.run_id and b.state = 'due')))`;

/**
 * One batch per company that has a part in the run, or entries that wait and may be looked at again. Entries of quarantined documents need
 * their decisions too. A batch reads what all of the run's documents have left, so it is for workers of the latest of their versions.
 */
export async function openBatches(tx: Tx, run_id: bigint): Promise<Hint[]> {
  const { rows } = await sql<Hint>`
    insert into task (stage, run_id, company, version)
    select 'reconcile', ${run_id}::bigint, company,
           (select coalesce(max(t.version), ${VERSION}) from document d join task t using (document_id) where d.run_id = ${run_id})
      from (select s.company from document d join statement s using (document_id)
             where d.run_id = ${run_id} and d.state in ('validated', 'quarantined')
            union
            select c.company from company c
             where exists (select from review_item r join decision d using (decision_id) where r.company = c.company and r.state = 'open' and d.decided_by = 'rule')) c
     order by company
    on conflict do nothing
    returning stage, task_id, epoch`.execute(tx.kysely);
  return rows;
}

/**
 * Gives documents whose companies' batches have all ended their last state: `reconciled`, or `dead` where a batch died (a quarantined one
 * too: its entries have no decisions) and no other that shares documents with it has decided in its place. A document without a statement has
 * no batch to wait for.
 */
export async function settleDocuments(tx: Tx, run_id: bigint): Promise<void> {
  // In the order in which a submission of the same documents locks them, so that they do not wait for each other crosswise.
  await sql`select from document where run_id = ${run_id} and state in ('validated', 'quarantined') order by sha256 for update`.execute(tx.kysely);
  await sql`
    update document d set state = case when ended.died then 'dead' else 'reconciled' end
      from (select d.document_id, coalesce(bool_or(t.state <> 'done' and s.undecided), false) as died
              from document d
              left join (select document_id, company, bool_or(state = 'received') as undecided from statement group by 1, 2) s using (document_id)
              left join task t on t.stage = 'reconcile' and t.run_id = d.run_id and t.company = s.company
             where d.run_id = ${run_id} and d.state in ('validated', 'quarantined')
             group by d.document_id
            having bool_and(s.company is null or t.state in ('done', 'dead', 'discarded'))) ended
     where d.document_id = ended.document_id and (d.state = 'validated' or ended.died)`.execute(tx.kysely);
}

async function finishRun(tx: Tx, log: Log, run_id: bigint): Promise<void> {
  await sql`update run set state = 'finished', finished_at = clock_timestamp() where run_id = ${run_id}`.execute(tx.kysely);
  const { summary, violations } = await summarise(tx, run_id);
  for (const violation of violations) log.error({ run_id: String(run_id), ...violation }, 'the books do not add up');
  await sql`update run set summary = ${JSON.stringify(summary)}::json where run_id = ${run_id}`.execute(tx.kysely);
}
