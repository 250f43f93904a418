import { once } from 'node:events';
import { sql } from 'kysely';
import { Command, Option } from 'commander';
import { isCalendarDate } from '../core/date.ts';
import { Failure } from '../core/failure.ts';
import { loadChart } from '../exports/chart.ts';
import { exportDecisions } from '../exports/decisions.ts';
import { exportHledger } from '../exports/hledger.ts';
import { exportJournal } from '../exports/journal.ts';
import { exportLog } from '../exports/log.ts';
import { exportOpenItems } from '../exports/open-items.ts';
import { safeCursor } from '../exports/stream.ts';
import type { Config } from '../platform/config.ts';
import { transaction, type Tx } from '../platform/database.ts';
import { parseId, withDatabase } from './session.ts';

type Tabular = 'jsonl' | 'csv';

/** `tieout export decisions|journal|open-items|log`. */
export function exportCommand(): Command {
  const command = new Command('export').description('write decisions, the journal, open items or the log to standard output').addHelpText('after', `
What is written is one state of the books. On standard error stands the --since from which a later export goes on;
lines that came meanwhile may come twice, none is left out.

Exit status: 0 written, 1 failed.

Examples:
  tieout export decisions --run 12 > decisions.jsonl
  tieout export journal --format hledger | hledger -f- balance
  tieout export open-items --as-of 2026-10-31 --format csv
  tieout export log --since 4711`);
  command.command('decisions')
    .description('every entry with its outcome, allocations and suggestions')
    .option('--run <id>', 'the entries of one run\'s documents, as decided in it')
    .addOption(sinceOption()).addOption(formatOption('jsonl', 'csv'))
    .addHelpText('after', '\nExamples:\n  tieout export decisions --run 12 > decisions.jsonl\n  tieout export decisions --since 4711 --format csv')
    .action(({ run, since, format }: { run?: string; since?: string; format: Tabular }) => {
      const run_id = run === undefined ? null : parseId(run);
      return write(since, async function* (tx, after) {
        if (run_id !== null) await assertRun(tx, run_id);
        yield* exportDecisions(tx, { run_id, since: after, format });
      });
    });
  command.command('journal')
    .description('the double-entry ledger')
    .addOption(sinceOption()).addOption(formatOption('jsonl', 'csv', 'hledger'))
    .addHelpText('after', '\nExamples:\n  tieout export journal > journal.jsonl\n  tieout export journal --format hledger | hledger -f- balance')
    .action(({ since, format }: { since?: string; format: Tabular | 'hledger' }) => write(since, (tx, after, config) => (
      format === 'hledger' ? exportHledger(tx, { since: after, chart: loadChart(config.rules_folder) }) : exportJournal(tx, { since: after, format }))));
  command.command('open-items')
    .description('what is open of invoices, now or as of a date')
    .option('--as-of <date>', 'as the postings up to this posting date leave it')
    .addOption(formatOption('jsonl', 'csv'))
    .addHelpText('after', '\nExample:\n  tieout export open-items --as-of 2026-10-31 --format csv')
    .action(({ asOf, format }: { asOf?: string; format: Tabular }) => {
      if (asOf !== undefined && !isCalendarDate(asOf)) throw new Failure('invalid_input', `"${asOf}" is no date; write it as 2026-10-31`);
      return write(null, (tx) => exportOpenItems(tx, { as_of: asOf ?? null, format }));
    });
  command.command('log')
    .description('the reconciliation log with its hashes')
    .addOption(sinceOption()).addOption(formatOption('jsonl', 'csv'))
    .addHelpText('after', '\nExamples:\n  tieout export log > log.jsonl\n  tieout export log --since 4711')
    .action(({ since, format }: { since?: string; format: Tabular }) => write(since, (tx, after) => exportLog(tx, { since: after, format })));
  return command;
}

function sinceOption(): Option {
  return new Option('--since <cursor>', 'only what was noted in the log after this record (log_seq, seq)');
}

function formatOption(...formats: string[]): Option {
  return new Option('--format <format>', 'how it is written').choices(formats).default(formats[0]);
}

/** Writes an export in one snapshot of the database, no faster than it is read; `since` is null for one that cannot be continued. */
async function write(since: string | null | undefined, run: (tx: Tx, since: bigint, config: Config) => AsyncIterable<string>): Promise<void> {
  const after = since == null ? 0n : parseId(since);
  // `| head` has seen enough: that is no error of ours.
  let reading = true;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    reading = false;
  });
  await withDatabase('auditor', async ({ db, config }) => {
    const next = await safeCursor(db, after);
    await transaction(db, async (tx) => {
      await sql`set transaction isolation level repeatable read read only`.execute(tx.kysely);
      for await (const text of run(tx, after, config)) {
        if (!reading) return;
        // The error that ends the waiting is dealt with above.
        if (!process.stdout.write(text)) await once(process.stdout, 'drain').catch(() => {});
      }
    });
    if (reading && since !== null) process.stderr.write(`next: --since ${next}\n`);
  });
}

async function assertRun(tx: Tx, run_id: bigint): Promise<void> {
  const run = await tx.kysely.selectFrom('run').select('run_id').where('run_id', '=', run_id).executeTakeFirst();
  if (!run) throw new Failure('not_found', `there is no run ${run_id}`);
}
