import { Command } from 'commander';
import { Failure } from '../core/failure.ts';
import { transaction } from '../platform/database.ts';
import { approvePeriod, listPeriods, requestPeriod, withdrawPeriod, type PeriodAction } from '../review/periods.ts';
import { actingUser, formatTable, printJson, withDatabase } from './session.ts';

interface Options { company: string; approve?: boolean; withdraw?: boolean; reason?: string }

/** `tieout period`: months of the books, closed and opened again by two people. */
export function periodCommand(): Command {
  const command = new Command('period').description('close months, and open them again: one person asks, another approves')
    .addHelpText('after', '\nExamples:\n  tieout period list\n  tieout period close 2026-10 --company default');

  changing(command.command('close').description('close a month: nothing is posted into it from then on'), 'close')
    .addHelpText('after', `
Refused, with everything that is in the way, while a statement of the month is missing or quarantined, or a sum does not hold.

Examples:
  tieout period close 2026-10 --company default                one person asks
  tieout period close 2026-10 --company default --approve      another closes it`);

  changing(command.command('reopen').description('open a closed month again'), 'reopen')
    .addHelpText('after', `
Examples:
  tieout period reopen 2026-10 --company default --reason "late invoice"
  tieout period reopen 2026-10 --company default --approve`);

  command.command('list').description('the months with postings, and what is asked for').option('--company <id>', 'of one company').option('--json', 'print one JSON array')
    .addHelpText('after', '\nExample:\n  tieout period list --company default')
    .action((options: { company?: string; json?: boolean }) => withDatabase('auditor', async ({ db }) => {
      const periods = await listPeriods(db, options.company ?? null);
      if (options.json) return printJson(periods);
      if (periods.length === 0) return void process.stdout.write('nothing is posted yet\n');
      process.stdout.write(`${formatTable([['COMPANY', 'MONTH', 'STATE', 'CLOSED BY', 'APPROVED BY', 'ASKED FOR'], ...periods.map((one) => [
        one.company, one.month, one.closed ? 'closed' : 'open', one.closed_by ?? '', one.approved_by ?? '', one.requested ? `${one.requested} by ${one.requested_by}` : ''])])}\n`);
    }));

  return command;
}

function changing(command: Command, action: PeriodAction): Command {
  return command.argument('<month>', 'such as 2026-10').requiredOption('--company <id>', 'whose books')
    .option('--approve', 'as the second person: do what another has asked for').option('--withdraw', 'take the request back').option('--reason <text>', 'kept in the log')
    .action((month: string, { company, approve, withdraw, reason }: Options) => withDatabase('web', async ({ db }) => {
      if (approve && withdraw) throw new Failure('invalid_input', 'either --approve or --withdraw');
      const user = actingUser();
      if (withdraw) await transaction(db, (tx) => withdrawPeriod(tx, company, month, action, user));
      else if (approve) await transaction(db, (tx) => approvePeriod(tx, company, month, action, user));
      else await transaction(db, (tx) => requestPeriod(tx, company, month, action, reason ?? null, user));
      process.stdout.write(withdraw ? `the request to ${action} ${month} of ${company} is withdrawn\n`
        : approve ? `${month} of ${company} is ${action === 'close' ? 'closed' : 'open again'}\n`
          : `asked for by ${user}; a second person does it with: tieout period ${action} ${month} --company ${company} --approve\n`);
    }));
}
