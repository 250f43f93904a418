import { Command } from 'commander';
import { formatMoney } from '../core/money.ts';
import { loadBankPositions } from '../ledger/bank-report.ts';
import { formatTable, printJson, withDatabase } from './session.ts';

/** `tieout report bank`: bank on the statement against bank in the ledger. */
export function reportCommand(): Command {
  const command = new Command('report').description('reports for the controller')
    .addHelpText('after', '\nExample:\n  tieout report bank');
  command.command('bank')
    .description('per account: statement balance, ledger balance, what is unallocated, in suspense, in clearing, by age')
    .option('--json', 'print one JSON array')
    .addHelpText('after', '\nExample:\n  tieout report bank')
    .action((options: { json?: boolean }) => withDatabase('auditor', async ({ db }) => {
      const positions = await loadBankPositions(db);
      if (options.json) {
        return printJson(positions.map((one) => {
          const money = (amount: bigint | null): string | null => (amount === null ? null : formatMoney(amount, one.currency));
          return {
            ...one, statement_balance: money(one.statement_balance), ledger_balance: money(one.ledger_balance), unallocated: money(one.unallocated),
            suspense: money(one.suspense), clearing: money(one.clearing), by_age: Object.fromEntries(Object.entries(one.by_age).map(([age, amount]) => [age, money(amount)])),
          };
        }));
      }
      if (positions.length === 0) return void process.stdout.write('no accounts; tieout import accounts FILE.csv brings them in\n');
      process.stdout.write(`${formatTable([
        ['COMPANY', 'ACCOUNT', '', 'STATEMENT OF', 'STATEMENT', 'LEDGER', '', 'UNALLOCATED', 'SUSPENSE', 'CLEARING', 'OLDEST', 'GAPS'],
        ...positions.map((one) => {
          const money = (amount: bigint): string => formatMoney(amount, one.currency);
          const agrees = one.statement_balance === null ? 'no statement' : one.statement_balance === one.ledger_balance ? 'agrees' : 'DIFFERS';
          return [one.company, one.account, one.currency, one.statement_date ?? '-', one.statement_balance === null ? '-' : money(one.statement_balance), money(one.ledger_balance),
            agrees, money(one.unallocated), money(one.suspense), money(one.clearing), one.oldest_days === null ? '-' : `${one.oldest_days} d`, String(one.gaps)];
        }),
      ], [4, 5, 7, 8, 9, 10, 11])}\n`);
    }));
  return command;
}
