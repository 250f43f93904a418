import { Command, Option } from 'commander';
import { sql } from 'kysely';
import { counted } from '../core/counted.ts';
import { FAILURES, Failure, type FailureCode } from '../core/failure.ts';
import { STAGES, type Stage } from '../core/stage.ts';
import { openQueues, type Queues } from '../pipeline/backends.ts';
import {
  COUNTED_BY, countDeadLettersBy, discardDeadLetters, listDeadLetters, loadDeadLetter, retryDeadLetters, type CountedBy, type DeadLetterFilter,
} from '../pipeline/dead-letters.ts';
import { exitStatusOf, type RunSummary } from '../pipeline/summary.ts';
import type { Database } from '../platform/database.ts';
import type { Role } from '../platform/pool.ts';
import { onInterrupt } from './interrupt.ts';
import { runAgain } from './run.ts';
import { actingUser, formatTable, parseId, printJson, withDatabase, type Session } from './session.ts';
import { formatSummary } from './summary.ts';

interface FilterOptions { stage?: Stage; code?: FailureCode; document?: string; since?: string; until?: string; all?: boolean; json?: boolean }

/** `tieout dead`: what could not be worked on, and how to bring it back. */
export function deadCommand(): Command {
  const command = new Command('dead').description('the dead letters: documents that could not be worked on')
    .addHelpText('after', '\nExamples:\n  tieout dead list\n  tieout dead show 3\n  tieout dead retry 3');

  filtered(command.command('list').description('list them, the newest first').option('--limit <n>', 'at most so many', '100').option('--json', 'print one JSON object'))
    .addHelpText('after', '\nExamples:\n  tieout dead list\n  tieout dead list --stage extract --code ambiguous --json')
    .action((options: FilterOptions & { limit: string }) => withDatabase('auditor', async ({ db }) => {
      const { total, letters } = await listDeadLetters(db, filterOf([], options), Number(parseId(options.limit)));
      if (options.json) return printJson({ total, dead_letters: letters });
      if (total === 0) return void process.stdout.write('no dead letters\n');
      process.stdout.write(`${formatTable([['ID', 'STAGE', 'CODE', 'DIED (UTC)', 'TRIES', 'DOCUMENT', 'MESSAGE'], ...letters.map((letter) => [
        String(letter.dead_letter_id), letter.stage, letter.code, minute(letter.died_at), String(letter.attempts),
        letter.path ?? `run ${letter.run_id}, ${letter.company}`, shortened(letter.message, 80)])], [0, 4])}\n`);
      if (total > letters.length) process.stdout.write(`… and ${total - letters.length} more\n`);
    }));

  command.command('show').description('show one with everything needed to understand it').argument('<id>', 'id of the dead letter').option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  tieout dead show 3')
    .action((id: string, options: { json?: boolean }) => withDatabase('auditor', async ({ db }) => {
      const letter = await loadDeadLetter(db, parseId(id));
      if (options.json) return printJson(letter);
      const { meaning, remedy } = FAILURES[letter.code];
      process.stdout.write(`${[
        `dead letter ${letter.dead_letter_id}  ${letter.stage}  ${letter.resolution ?? 'open'}`,
        `  document   ${letter.path ?? `batch of run ${letter.run_id}, company ${letter.company}`}${letter.document_id === null ? '' : ` (document ${letter.document_id})`}`,
        `  code       ${letter.code}: ${meaning}`, `  message    ${letter.message.replaceAll('\n', '\n             ')}`,
        ...(letter.location ? [`  place      ${Object.entries(letter.location).map(([key, value]) => `${key} ${value}`).join(', ')}`] : []),
        `  remedy     ${remedy}`,
        ...(letter.sha256 === null ? [] : [`  bytes      ${letter.size}, SHA-256 ${letter.sha256}`]),
        ...(letter.run_id === null ? [] : [`  run        ${letter.run_id}`]),
        ...letter.failures.map((failure) => `  attempt ${failure.attempt}  ${failure.failed_at}  ${failure.code}: ${shortened(failure.message, 160)}`),
        ...(letter.resolution ? [] : [`  again      tieout dead retry ${letter.dead_letter_id}`]),
        ...(letter.resolution ? [`  ${letter.resolution} ${letter.resolved_at} by ${letter.resolved_by}${letter.resolution_reason ? `: ${letter.resolution_reason}` : ''}`] : []),
        ...(letter.stack ? [letter.stack] : []),
      ].join('\n')}\n`);
    }));

  filtered(command.command('count').description('count them, the most frequent first').option('--json', 'print one JSON object'))
    .addOption(new Option('--by <what...>', 'what they are counted by').choices(COUNTED_BY).default(['stage', 'code']))
    .option('--limit <n>', 'at most so many lines', '100')
    .addHelpText('after', '\nExamples:\n  tieout dead count\n  tieout dead count --by day --code timed_out')
    .action((options: FilterOptions & { by: CountedBy[]; limit: string }) => withDatabase('auditor', async ({ db }) => {
      const counts = await countDeadLettersBy(db, filterOf([], options), options.by, Number(parseId(options.limit)));
      if (options.json) return printJson({ counts });
      if (counts.length === 0) return void process.stdout.write('no dead letters\n');
      process.stdout.write(`${formatTable([[...options.by.map((by) => by.toUpperCase()), 'COUNT', 'FIRST DIED (UTC)', 'LAST DIED (UTC)'], ...counts.map((row) => [
        ...options.by.map((by) => row[by] ?? ''), String(row.count), minute(row.first_died_at), minute(row.last_died_at)])], [options.by.length])}\n`);
    }));

  filtered(command.command('retry').description('try them again').argument('[id...]', 'ids of dead letters')).option('--all', 'all of them').option('--limit <n>', 'at most so many documents')
    .option('--run', 'do the work here, wait for its end and print the summary, as tieout run does').option('--json', 'print one JSON object')
    .addHelpText('after', `
Examples:
  tieout dead retry 3 4
  tieout dead retry --code unknown_account --run
  tieout dead retry --all

Without --run the work is done by tieout work, wherever that runs. Documents are made due in runs of up to ${RETRIED_AT_A_TIME} each; stopped in between, the same
command goes on with the rest. What has been retried or discarded meanwhile, or has died again since the command began, is left alone.`)
    .action((ids: string[], options: FilterOptions & { limit?: string; run?: boolean }) => withQueues(options.run ? 'worker' : 'web', async (session) => {
      const { db, log, queues } = session;
      const filter = chosen(ids, options);
      await tellResolved(db, filter, options);
      const run_ids: bigint[] = [];
      const { documents, remaining } = await inParts(db, options, async (until, limit) => {
        const done = await retryDeadLetters(db, queues, log, { until, ...filter }, actingUser(), Math.min(limit, RETRIED_AT_A_TIME));
        if (done.run_id !== null) run_ids.push(done.run_id);
        if (!options.json && done.run_id !== null) process.stdout.write(`run ${done.run_id}: ${counted(done.documents, 'document')} due again${done.remaining > 0 ? `, ${counted(done.remaining, 'dead letter')} left` : ''}\n`);
        return done;
      });
      const summaries = options.run && run_ids.length > 0 ? await workHere(session, run_ids) : [];
      process.exitCode = Math.max(0, ...summaries.map(exitStatusOf));
      if (options.json) return printJson({ run_ids, documents, remaining, ...(options.run && { summaries }) });
      if (run_ids.length === 0) process.stdout.write('nothing to retry\n');
      else if (!options.run) process.stdout.write('tieout work does the work, wherever it runs; with --run it is done here\n');
      for (const summary of summaries) process.stdout.write(await formatSummary(db, summary));
    }));

  filtered(command.command('discard').description('give them up, with a reason').argument('[id...]', 'ids of dead letters')).requiredOption('--reason <text>', 'kept in the log').option('--all', 'all of them').option('--limit <n>', 'at most so many documents').option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  tieout dead discard 3 --reason "an invoice, no statement"')
    .action((ids: string[], options: FilterOptions & { reason: string; limit?: string }) => withQueues('web', async ({ db, log, queues }) => {
      const filter = chosen(ids, options);
      await tellResolved(db, filter, options);
      const { documents, remaining } = await inParts(db, options, (until, limit) => discardDeadLetters(db, queues, log, { until, ...filter }, actingUser(), options.reason, limit));
      if (options.json) return printJson({ documents, remaining });
      process.stdout.write(`${counted(documents, 'document')} discarded${remaining > 0 ? `, ${counted(remaining, 'dead letter')} left` : ''}\n`);
    }));

  return command;
}

/** Of dead letters that are named: says which are resolved already. Throws Failure('not_found') for one that is not there. */
async function tellResolved(db: Database, { ids = [] }: DeadLetterFilter, options: { json?: boolean }): Promise<void> {
  for (const id of ids) {
    const { resolution, resolved_at, resolved_by, run_id } = await loadDeadLetter(db, id);
    if (resolution !== null && !options.json) process.stdout.write(`dead letter ${id} was ${resolution} by ${resolved_by} at ${minute(resolved_at!)}${run_id === null ? '' : ` (run ${run_id})`}\n`);
  }
}

async function workHere(session: Session, run_ids: readonly bigint[]): Promise<RunSummary[]> {
  const interrupted = onInterrupt();
  return runAgain(session, run_ids, interrupted.signal).finally(interrupted.release);
}

function withQueues<T>(role: Role, work: (session: Session & { queues: Queues }) => Promise<T>): Promise<T> {
  return withDatabase(role, async (session) => {
    const queues = await openQueues(session);
    try {
      return await work({ ...session, queues });
    } finally {
      await queues.close();
    }
  });
}

// A person sees the progress, and what is stopped in between has done whole runs.
const RETRIED_AT_A_TIME = 1_000;

/** Acts until nothing that was there at the beginning, by the database's clock, is left, or the limit is reached. */
async function inParts(
  db: Database, options: { limit?: string }, act: (until: string, limit: number) => Promise<{ documents: number; remaining: number }>,
): Promise<{ documents: number; remaining: number }> {
  const { rows: [clock] } = await sql<{ until: string }>`select now() as until`.execute(db.kysely);
  const { until } = clock!;
  let left = options.limit === undefined ? Infinity : Number(parseId(options.limit));
  for (let documents = 0; ;) {
    const part = await act(until, left);
    documents += part.documents;
    left -= part.documents;
    if (part.documents === 0 || part.remaining === 0 || left === 0) return { documents, remaining: part.remaining };
  }
}

/** The first line of a text, cut to a length. */
function shortened(text: string, length_max: number): string {
  const line = text.split('\n')[0]!;
  return line.length <= length_max ? line : `${line.slice(0, length_max - 1).toWellFormed()}…`;
}

/** In UTC. */
function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

function filtered(command: Command): Command {
  return command
    .addOption(new Option('--stage <stage>', 'that died in this stage').choices(STAGES))
    .addOption(new Option('--code <code>', 'with this failure code').choices(Object.keys(FAILURES)))
    .option('--document <id>', 'of this document').option('--since <time>', 'that died since then (ISO 8601)').option('--until <time>', 'that died before then');
}

function filterOf(ids: readonly string[], options: FilterOptions): DeadLetterFilter {
  for (const time of [options.since, options.until]) {
    if (time !== undefined && Number.isNaN(Date.parse(time))) throw new Failure('invalid_input', `"${time}" is no time; write it like 2026-10-31 or 2026-10-31T02:00:00Z`);
  }
  return {
    ...(ids.length > 0 && { ids: ids.map(parseId) }), ...(options.stage && { stage: options.stage }), ...(options.code && { code: options.code }),
    ...(options.document && { document_id: parseId(options.document) }), ...(options.since && { since: options.since }), ...(options.until && { until: options.until }),
  };
}

/** What an act is for must be said: nothing is retried or discarded by leaving arguments out. */
function chosen(ids: readonly string[], options: FilterOptions): DeadLetterFilter {
  const filter = filterOf(ids, options);
  if (Object.keys(filter).length === 0 && !options.all) throw new Failure('invalid_input', 'say which: ids, --stage, --code, --document, --since, --until, or --all');
  return filter;
}
