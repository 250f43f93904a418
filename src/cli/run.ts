import { Command } from 'commander';
import { counted } from '../core/counted.ts';
import { openQueues } from '../pipeline/backends.ts';
import { STAGE_TABLE } from '../pipeline/queues.ts';
import { finishRuns, runDocuments, type RunOptions } from '../pipeline/run.ts';
import { listSources, submitDocuments } from '../pipeline/submit.ts';
import { exitStatusOf, type RunSummary } from '../pipeline/summary.ts';
import { startWorkers } from '../pipeline/worker.ts';
import { onInterrupt } from './interrupt.ts';
import { startProgress } from './progress.ts';
import { printJson, withDatabase, type Session } from './session.ts';
import { formatSummary } from './summary.ts';

/** `tieout run`: the main job. */
export function runCommand(): Command {
  return new Command('run')
    .description('submit documents, move each through all stages, wait until every one is finished, and print the summary')
    .argument('<path...>', 'files, or folders that are searched recursively')
    .option('--json', 'print the summary as one JSON object')
    .addHelpText('after', `
A path submitted again with the same bytes is the same document: an unfinished one is resumed, a finished one is a duplicate.

Exit status:
  0  every document is reconciled, a duplicate, or quarantined
  1  the run itself failed
  2  at least one document is in a dead-letter queue (tieout dead list)

Examples:
  tieout run /srv/inbox
  tieout run statement.xml export.csv --json | jq .entries`)
    .action(async (paths: string[], options: { json?: boolean }) => {
      // From the first moment on, so that no signal falls between opening the database and the run.
      const interrupted = onInterrupt();
      await withDatabase('worker', async (session) => {
        const summary = await runPaths(session, paths, interrupted.signal);
        if (options.json) printJson(summary);
        else process.stdout.write(await formatSummary(session.db, summary));
        process.exitCode = exitStatusOf(summary);
      }).finally(interrupted.release);
    });
}

/** Runs documents with workers in this process, with a progress bar on a terminal; an aborted signal ends it after the work in hand. */
export async function runPaths(session: Session, paths: readonly string[], signal?: AbortSignal): Promise<RunSummary> {
  return withWorkers(session, signal, (options) => runDocuments({ ...options, paths }));
}

/** The same with runs that were begun before. */
export async function runAgain(session: Session, run_ids: readonly bigint[], signal?: AbortSignal): Promise<RunSummary[]> {
  return withWorkers(session, signal, (options) => finishRuns(options, run_ids));
}

async function withWorkers<T>({ config, db, log }: Session, signal: AbortSignal | undefined, work: (options: RunOptions) => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  const queues = await openQueues({ config, db, log });
  const progress = startProgress();
  try {
    return await work({
      db, queues, table: STAGE_TABLE, rules_folder: config.rules_folder, log, concurrency: config.worker_concurrency, onProgress: progress.update, ...(signal && { signal }),
    });
  } finally {
    progress.stop();
    await queues.close();
  }
}

/** `tieout submit`: the same without waiting. */
export function submitCommand(): Command {
  return new Command('submit')
    .description('submit documents without waiting: workers elsewhere do the work')
    .argument('<path...>', 'files, or folders that are searched recursively')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  tieout submit /srv/inbox\n  tieout submit statement.xml --json')
    .action((paths: string[], options: { json?: boolean }) => withDatabase('web', async ({ config, db, log }) => {
      const queues = await openQueues({ config, db, log });
      try {
        const sources = await listSources(paths);
        const run_id = await submitDocuments(db, queues, log, { kind: 'submit', sources });
        if (options.json) printJson({ run_id, documents: sources.length });
        else process.stdout.write(`run ${run_id}: ${counted(sources.length, 'document')} submitted\n`);
      } finally {
        await queues.close();
      }
    }));
}

// What an orchestrator commonly grants between SIGTERM and SIGKILL is 10 s and more; the rest is for closing.
const CLOSE_MS = 8_000;
// A database that does not answer keeps connections open, and the process with them: leases end by themselves.
const EXIT_MS = 14_000;

/** `tieout work`: workers until they are told to stop. */
export function workCommand(): Command {
  return new Command('work')
    .description('work on whatever is due, and run the schedules, until stopped')
    .addHelpText('after', `
Any number of these may run on any number of machines. SIGTERM finishes or gives back the work in hand within ${CLOSE_MS / 1000} seconds.

Example:
  DATABASE_URL=postgres://… QUEUE_URL=redis://… tieout work`)
    .action(() => withDatabase('worker', async ({ config, db, log }) => {
      const interrupted = onInterrupt();
      const queues = await openQueues({ config, db, log });
      const workers = startWorkers({ db, queues, table: STAGE_TABLE, rules_folder: config.rules_folder, log, concurrency: config.worker_concurrency });
      log.info({ backend: queues.backend, concurrency: config.worker_concurrency }, 'working');
      await interrupted.promise;
      log.info('stopping');
      setTimeout(() => process.exit(), EXIT_MS).unref();
      await workers.close(CLOSE_MS);
      await queues.close();
      interrupted.release();
    }));
}
