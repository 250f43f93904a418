import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { assert } from '../core/failure.ts';
import type { Database } from '../platform/database.ts';
import { failureOf } from '../platform/database-errors.ts';
import { listSources, submitDocuments } from './submit.ts';
import type { RunSummary } from './summary.ts';
import { startWorkers, type WorkerOptions } from './worker.ts';

/** How far a run has come. The counts are of the documents that it handed in, the stages those where they are under way. */
export interface RunProgress {
  readonly run_id: bigint;
  readonly documents: number;
  readonly finished: number;
  readonly extract: number;
  readonly normalize: number;
  readonly validate: number;
  readonly reconcile: number;
}

export interface RunOptions extends WorkerOptions {
  readonly onProgress?: (progress: RunProgress) => void;
  /** Aborted: the run is left as it stands, to be finished by whoever works next. */
  readonly signal?: AbortSignal;
}

// Fast enough for a progress bar, slow enough to cost nothing.
const POLL_MS = 250;
// What a person who pressed Ctrl-C waits at most for work in hand.
const CLOSE_MS = 5_000;

/**
 * The main job: submits the documents, works on them (and on whatever else is due) in this process until the run is finished, and returns
 * its summary. Throws the signal's reason when aborted, and Failure('not_found') for a path that is not there.
 */
export async function runDocuments(options: RunOptions & { readonly paths: readonly string[] }): Promise<RunSummary> {
  const { db, queues, log } = options;
  const run_id = await submitDocuments(db, queues, log, { kind: 'run', sources: await listSources(options.paths) });
  assert(run_id !== undefined, 'a run without a schedule is always new');
  const [summary] = await finishRuns(options, [run_id]);
  return summary!;
}

/** Works on runs that were begun before (and on whatever else is due) in this process until they are finished, and returns their summaries. */
export async function finishRuns(options: RunOptions, run_ids: readonly bigint[]): Promise<RunSummary[]> {
  const workers = startWorkers(options);
  try {
    const summaries: RunSummary[] = [];
    for (const run_id of run_ids) summaries.push(await waitForRun(options.db, run_id, options.onProgress, options.signal));
    return summaries;
  } finally {
    await workers.close(CLOSE_MS);
  }
}

// A Postgres that restarts is back within this; until then a question that fails is asked again.
const OUTAGE_MS = 60_000;

async function waitForRun(db: Database, run_id: bigint, onProgress: RunOptions['onProgress'], signal?: AbortSignal): Promise<RunSummary> {
  for (let answered_at = performance.now(); ;) {
    signal?.throwIfAborted();
    try {
      const summary = await findRunSummary(db, run_id);
      onProgress?.(await loadProgress(db, run_id));
      if (summary) return summary;
      answered_at = performance.now();
    } catch (error) {
      const failure = failureOf(error);
      if (failure.code !== 'database_unavailable' || performance.now() - answered_at > OUTAGE_MS) throw failure;
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

/** The summary of a finished run; undefined while it is running. */
export async function findRunSummary(db: Database, run_id: bigint): Promise<RunSummary | undefined> {
  const run = await db.kysely.selectFrom('run').select('summary').where('run_id', '=', run_id).where('state', '=', 'finished').executeTakeFirst();
  return run?.summary as RunSummary | undefined;
}

async function loadProgress(db: Database, run_id: bigint): Promise<RunProgress> {
  const { rows: [counts] } = await sql<RunProgress>`
    select ${run_id}::bigint as run_id, count(*)::int as documents,
           count(*) filter (where d.state in ('reconciled', 'quarantined', 'dead', 'discarded'))::int as finished,
           count(*) filter (where d.state = 'received')::int as extract, count(*) filter (where d.state = 'extracted')::int as normalize,
           count(*) filter (where d.state = 'normalized')::int as validate, count(*) filter (where d.state = 'validated')::int as reconcile
      from delivery v join document d using (document_id)
     where v.run_id = ${run_id}`.execute(db.kysely);
  return counts!;
}
