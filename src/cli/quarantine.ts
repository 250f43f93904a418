import { Command } from 'commander';
import { counted } from '../core/counted.ts';
import { formatMoney } from '../core/money.ts';
import { transaction } from '../platform/database.ts';
import { acceptReissue, listQuarantined, loadReissue, type QuarantinedStatement } from '../review/reissue.ts';
import { actingUser, formatTable, parseId, printJson, withDatabase } from './session.ts';

/** `tieout quarantine`: statements that failed a control, and those that the bank has issued again. */
export function quarantineCommand(): Command {
  const command = new Command('quarantine').description('statements that failed a control and are off the books')
    .addHelpText('after', '\nExamples:\n  tieout quarantine list\n  tieout quarantine show 12');

  command.command('list').description('list them, the newest first').option('--json', 'print one JSON array')
    .addHelpText('after', '\nExample:\n  tieout quarantine list')
    .action((options: { json?: boolean }) => withDatabase('auditor', async ({ db }) => {
      const statements = await listQuarantined(db);
      if (options.json) return printJson(statements.map(jsonOf));
      if (statements.length === 0) return void process.stdout.write('nothing is quarantined\n');
      process.stdout.write(`${formatTable([['ID', 'ACCOUNT', 'FROM', 'TO', 'CHECK', 'REPLACES', 'DOCUMENT'], ...statements.map((one) => [
        String(one.statement_id), one.account, one.from_date ?? '', one.to_date ?? '', one.failed_check ?? '', one.replaces === null ? '' : String(one.replaces), one.document])], [0, 5])}\n`);
    }));

  command.command('show').description('what a statement that was issued again adds and drops').argument('<statement>', 'statement id').option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  tieout quarantine show 12')
    .action((id: string, options: { json?: boolean }) => withDatabase('auditor', async ({ db }) => {
      const { statement, lines } = await loadReissue(db, parseId(id));
      if (options.json) return printJson({ ...jsonOf(statement), lines: lines.map((line) => ({ ...line, amount: formatMoney(line.amount, line.currency) })) });
      process.stdout.write(`statement ${statement.statement_id} of ${statement.account}, ${statement.from_date} to ${statement.to_date}: ${statement.failed_check}${
        statement.replaces === null ? '' : `, another issue of statement ${statement.replaces}`}\n`);
      for (const { change, entry_id, booking_date, amount, currency, counterparty_name, remittance } of lines) {
        process.stdout.write(`${change === 'added' ? '+' : change === 'dropped' ? '-' : ' '} ${booking_date}  ${formatMoney(amount, currency)} ${currency}  entry ${entry_id}  ${counterparty_name ?? remittance ?? ''}\n`);
      }
    }));

  command.command('accept').description('take a statement that was issued again onto the books, in place of the one there').argument('<statement>', 'statement id')
    .requiredOption('--reason <text>', 'kept in the log')
    .addHelpText('after', `
What the one on the books has and this lacks is reversed, with all that was made of it; what this adds waits in unallocated, and the next run decides it.

Example:
  tieout quarantine accept 12 --reason "confirmed by the bank, case 4711"`)
    .action((id: string, options: { reason: string }) => withDatabase('web', async ({ db }) => {
      const { added, dropped } = await transaction(db, (tx) => acceptReissue(tx, parseId(id), options.reason, { user: actingUser() }));
      process.stdout.write(`statement ${id} is on the books: ${counted(added, 'entry', 'entries')} added, ${dropped} taken back\n`);
    }));

  return command;
}

function jsonOf(statement: QuarantinedStatement): object {
  const money = (minor: bigint | null): string | null => (minor === null ? null : formatMoney(minor, statement.currency));
  return { ...statement, opening: money(statement.opening), closing: money(statement.closing) };
}
