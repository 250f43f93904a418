import { Command } from 'commander';
import { counted } from '../core/counted.ts';
import { verifyLog } from '../ledger/verify-log.ts';
import { EXIT, printJson, withDatabase } from './session.ts';

/** `tieout log`: proves that the reconciliation log is as it was written. */
export function logCommand(): Command {
  const command = new Command('log').description('the reconciliation log')
    .addHelpText('after', '\nExample:\n  tieout log verify');
  command.command('verify')
    .description('recompute the hash chain and name the first broken record')
    .option('--head <hash>', 'a head noted earlier (a run\'s summary prints it): finds a cut tail and a log that was chained anew')
    .option('--json', 'print one JSON object')
    .addHelpText('after', `
Exit status: 0 the log is whole; 4 it is not.

Examples:
  tieout log verify
  tieout log verify --head sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae`)
    .action((options: { head?: string; json?: boolean }) => withDatabase('auditor', async ({ db }) => {
      const result = await verifyLog(db, options.head);
      if (options.json) printJson(result);
      else if (result.fault) process.stdout.write(`the log is broken at record ${result.fault.seq}: ${result.fault.fault}\n`);
      else process.stdout.write(`${counted(result.records, 'record')}, all as they were written; head ${result.head}\n`);
      if (result.fault) process.exitCode = EXIT.broken;
    }));
  return command;
}
