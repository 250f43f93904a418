import { createReadStream } from 'node:fs';
import { Command } from 'commander';
import { Failure } from '../core/failure.ts';
import { importAccounts } from '../master-data/import-accounts.ts';
import { importInvoices } from '../master-data/import-invoices.ts';
import { importParties } from '../master-data/import-parties.ts';
import { importSettlements } from '../master-data/import-settlements.ts';
import { ImportRefused } from '../master-data/parse.ts';
import type { ImportReport } from '../master-data/stage.ts';
import { transaction } from '../platform/database.ts';
import { actingUser, EXIT, printJson, withDatabase } from './session.ts';

/** In the order in which a new company's files are imported. */
const IMPORTS = {
  accounts: { import: importAccounts, description: 'bank accounts, and by them companies' },
  parties: { import: importParties, description: 'customers and suppliers' },
  invoices: { import: importInvoices, description: 'invoices and credit notes, theirs and ours' },
  settlements: { import: importSettlements, description: 'what the ERP has taken over of tieout\'s postings' },
} as const;

/** More lines than this leave the screen; `--json` has them all. */
const SHOWN_REJECTED = 100;

/** `tieout import accounts|parties|invoices|settlements FILE.csv`. */
export function importCommand(): Command {
  const command = new Command('import').description('bring in master data from CSV files').addHelpText('after', `
A file lands as a whole or not at all, and changes nothing the second time.

Exit status: 0 imported (also when that changed nothing), 1 failed or refused.

Examples:
  tieout import accounts accounts.csv
  tieout import parties parties.csv
  tieout import invoices invoices.csv --json
  erp-export open-items | tieout import invoices -`);
  for (const [what, { import: load, description }] of Object.entries(IMPORTS)) {
    command.command(what)
      .description(description)
      .argument('<file>', 'a CSV file with a header row; - reads standard input')
      .option('--json', 'print one JSON object')
      .addHelpText('after', `\nThe columns are in docs/master-data.md.\n\nExample:\n  tieout import ${what} ${what}.csv`)
      .action((path: string, options: { json?: boolean }) => withDatabase('worker', async ({ db, config }) => {
        try {
          const report = await transaction(db, (tx) => load(tx, openFile(path), { actor: actingUser(), companies: config.companies }));
          if (options.json) printJson(report);
          else printReport(report);
        } catch (error) {
          if (error instanceof ImportRefused) return printRefusal(error, path, options.json === true);
          // What is no CSV at all is refused for one place in it.
          if (options.json && error instanceof Failure && error.code === 'malformed') {
            printJson({ error: { code: error.code, message: error.message }, rejected: [{ line: error.location?.line ?? 1, column: null, reason: error.message }] });
          }
          throw error;
        }
      }));
  }
  return command;
}

async function* openFile(path: string): AsyncGenerator<Buffer> {
  try {
    yield* path === '-' ? process.stdin : createReadStream(path) as AsyncIterable<Buffer>;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new Failure('not_found', `there is no file ${path}`);
    if (code === 'EISDIR') throw new Failure('invalid_input', `${path} is a folder; name the file`);
    if (code === 'EACCES' || code === 'EPERM') throw new Failure('not_allowed', `${path} may not be read by this user`);
    throw error;
  }
}

function printReport(report: ImportReport): void {
  for (const warning of report.warnings) process.stderr.write(`${warning}\n`);
  process.stdout.write(`${report.rows} ${report.what}: ${report.inserted} new, ${report.updated} changed, ${report.unchanged} as they were\n`);
  if (report.findings.length > 0) process.stdout.write('what is wrong with the master data as it stands:\n');
  for (const { code, blocks, count, examples, remedy } of report.findings) {
    process.stdout.write(`  ${code} (${count}${blocks ? ', keeps what rests on it from being automatic' : ''})\n`);
    for (const example of examples) process.stdout.write(`    ${example}\n`);
    if (count > examples.length) process.stdout.write(`    … and ${count - examples.length} more\n`);
    process.stdout.write(`    → ${remedy}\n`);
  }
}

function printRefusal({ code, message, rejected }: ImportRefused, path: string, json: boolean): void {
  process.exitCode = EXIT.failed;
  if (json) printJson({ error: { code, message }, rejected });
  process.stderr.write(`tieout: ${path}: ${message}\n`);
  for (const { line, column, reason } of rejected.slice(0, SHOWN_REJECTED)) process.stderr.write(`  line ${line}${column === null ? '' : `, ${column}`}: ${reason}\n`);
  if (rejected.length > SHOWN_REJECTED) process.stderr.write(`  … and ${rejected.length - SHOWN_REJECTED} more; --json lists all of them\n`);
}
