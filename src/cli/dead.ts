import { Command, Option } from 'commander';
import { FAILURES, Failure, type FailureCode } from '../core/failure.ts';
import { STAGES, type Stage } from '../core/stage.ts';
import { openQueues, type Queues } from '../pipeline/backends.ts';
import { discardDeadLetters, listDeadLetters, loadDeadLetter, retryDeadLetters, type DeadLetterFilter } from '../pipeline/dead-letters.ts';
import { actingUser, formatTable, parseId, printJson, withDatabase, type Session } from './session.ts';

interface FilterOptions { stage?: Stage; code?: FailureCode; document?: string; since?: string; all?: boolean; json?: boolean }

/** `tieout dead`: what could not be worked on, and how to bring it back. */
export function deadCommand(): Command {
  const command = new Command('dead').description('the dead letters: documents that could not be worked on');

  filtered(command.command('list').description('list them, the newest first').option('--limit <n>', 'at most so many', '100').option('--json', 'print one JSON object'))
    .addHelpText('after', '\nExamples:\n  tieout dead list\n  tieout dead list --stage extract --code ambiguous --json')
    .action((options: FilterOptions & { limit: string }) => withDatabase('auditor', async ({ db }) => {
      const { total, letters } = await listDeadLetters(db, filterOf([], options), Number(parseId(options.limit)));
      if (options.json) return printJson({ total, dead_letters: letters });
      if (total === 0) return void process.stdout.write('no dead letters\n');
      process.stdout.write(`${formatTable([['ID', 'STAGE', 'CODE', 'DIED', 'TRIES', 'DOCUMENT', 'MESSAGE'], ...letters.map((letter) => [
        String(letter.dead_letter_id), letter.stage, letter.code, letter.died_at.slice(0, 16).replace('T', ' '), String(letter.attempts),
        letter.path ?? `run ${letter.run_id}, ${letter.company}`, letter.message.split('\n')[0]!.slice(0, 80)])], [0, 4])}\n`);
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
        ...letter.failures.map((failure) => `  attempt ${failure.attempt}  ${failure.failed_at}  ${failure.code}`),
        ...(letter.resolution ? [`  ${letter.resolution} ${letter.resolved_at} by ${letter.resolved_by}${letter.resolution_reason ? `: ${letter.resolution_reason}` : ''}`] : []),
        ...(letter.stack ? [letter.stack] : []),
      ].join('\n')}\n`);
    }));

  filtered(command.command('retry').description('try them again').argument('[id...]', 'ids of dead letters').option('--all', 'all of them').option('--json', 'print one JSON object'))
    .addHelpText('after', '\nExamples:\n  tieout dead retry 3 4\n  tieout dead retry --code unknown_account\n  tieout dead retry --all\n\nThe work is done by tieout work, or by the next tieout run.')
    .action((ids: string[], options: FilterOptions) => withQueues(async ({ db, log, queues }) => {
      const { run_id, documents, remaining } = await retryDeadLetters(db, queues, log, chosen(ids, options), actingUser());
      if (options.json) return printJson({ run_id, documents, remaining });
      process.stdout.write(run_id === null ? 'nothing to retry\n' : `run ${run_id}: ${documents} ${documents === 1 ? 'document' : 'documents'} due again${remaining > 0 ? `, ${remaining} dead letters left: repeat the command` : ''}\n`);
    }));

  filtered(command.command('discard').description('give them up, with a reason').argument('[id...]', 'ids of dead letters').requiredOption('--reason <text>', 'kept in the log').option('--all', 'all of them').option('--json', 'print one JSON object'))
    .addHelpText('after', '\nExample:\n  tieout dead discard 3 --reason "an invoice, no statement"')
    .action((ids: string[], options: FilterOptions & { reason: string }) => withQueues(async ({ db, log, queues }) => {
      const { documents, remaining } = await discardDeadLetters(db, queues, log, chosen(ids, options), actingUser(), options.reason);
      if (options.json) return printJson({ documents, remaining });
      process.stdout.write(`${documents} ${documents === 1 ? 'document' : 'documents'} discarded${remaining > 0 ? `, ${remaining} dead letters left` : ''}\n`);
    }));

  return command;
}

function withQueues<T>(work: (session: Session & { queues: Queues }) => Promise<T>): Promise<T> {
  return withDatabase('web', async (session) => {
    const queues = await openQueues(session);
    try {
      return await work({ ...session, queues });
    } finally {
      await queues.close();
    }
  });
}

function filtered(command: Command): Command {
  return command
    .addOption(new Option('--stage <stage>', 'that died in this stage').choices(STAGES))
    .addOption(new Option('--code <code>', 'with this failure code').choices(Object.keys(FAILURES)))
    .option('--document <id>', 'of this document').option('--since <time>', 'that died since then (ISO 8601)');
}

function filterOf(ids: readonly string[], options: FilterOptions): DeadLetterFilter {
  if (options.since !== undefined && Number.isNaN(Date.parse(options.since))) throw new Failure('invalid_input', `"${options.since}" is no time; write it like 2026-10-31 or 2026-10-31T02:00:00Z`);
  return {
    ...(ids.length > 0 && { ids: ids.map(parseId) }), ...(options.stage && { stage: options.stage }), ...(options.code && { code: options.code }),
    ...(options.document && { document_id: parseId(options.document) }), ...(options.since && { since: options.since }),
  };
}

/** What an act is for must be said: nothing is retried or discarded by leaving arguments out. */
function chosen(ids: readonly string[], options: FilterOptions): DeadLetterFilter {
  const filter = filterOf(ids, options);
  if (Object.keys(filter).length === 0 && !options.all) throw new Failure('invalid_input', 'say which: ids, --stage, --code, --document, --since, or --all');
  return filter;
}
