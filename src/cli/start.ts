import { join, relative } from 'node:path';
import { PROJECT_ROOT } from '../platform/config.ts';
import type { Database } from '../platform/database.ts';
import { compareRun, formatDifferences, readExpected, type Comparison } from './compare.ts';
import { onInterrupt } from './interrupt.ts';
import { runPaths } from './run.ts';
import { importSample } from './sample-company.ts';
import { actingUser, EXIT, formatTable, reportFailure, withDatabase } from './session.ts';
import { formatSummary } from './summary.ts';

/** `npm start`: the sample company's night, from nothing to a reconciled ledger, compared with what is stated for every entry of it. */

const FIXTURES = join(PROJECT_ROOT, 'fixtures');

// A document that dies is in the summary with its reason; a line in between would only stand in the way.
process.env['LOG_LEVEL'] ??= 'fatal';
const interrupted = onInterrupt();
try {
  await withDatabase('worker', async (session) => {
    const { db, config } = session;
    interrupted.signal.throwIfAborted();
    const expected = await readExpected(join(FIXTURES, 'expected.json'));
    const imported = await importSample(db, FIXTURES, { actor: actingUser(), companies: config.companies });
    say(imported === null
      ? 'The sample company is there already.'
      : `Imported the sample company: ${imported.accounts} accounts, ${imported.parties} parties, ${imported.invoices} invoices. `
        + `What is certain is posted by itself for ${imported.companies.join(' and ')}.`);
    interrupted.signal.throwIfAborted();
    const before = await countJournal(db);
    // As it is named on the command line, so that the documents are called the same wherever the project lies.
    const summary = await runPaths(session, [relative(process.cwd(), join(FIXTURES, 'statements'))], interrupted.signal);
    const comparison = await compareRun(db, summary.run_id, expected);
    const after = await countJournal(db);
    const again = summary.entries.duplicate === summary.entries.total;
    const unchanged = !again || before === after;
    say(`\n${await formatSummary(db, summary)}`);
    say(verdictOf(comparison, again));
    if (again) say(unchanged ? `The journal is unchanged: ${after} entries.` : `THE JOURNAL HAS CHANGED: it had ${before} entries and has ${after}.`);
    say('');
    say(formatTable([
      ['WHAT TO DO NEXT', ''],
      ['npx tieout review list', 'the entries that wait for a person'],
      ['npx tieout explain ENTRY', 'why an entry was decided as it was'],
      ['npx tieout report bank', 'bank on the statement against bank in the ledger'],
      ['npx tieout export journal', 'the double-entry ledger, also as --format hledger'],
      ['npx tieout log verify', 'recompute the chain of the log'],
      ['npx tieout dead list', 'the document that is no statement'],
      ['npm start', 'again: every entry is a duplicate, and the journal stays as it is'],
    ]));
    process.exitCode = comparison.differences.length === 0 && summary.balanced && unchanged ? EXIT.ok : EXIT.failed;
  });
} catch (error) {
  reportFailure(error);
} finally {
  interrupted.release();
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function verdictOf(comparison: Comparison, repeated: boolean): string {
  const { differences, entries, documents } = comparison;
  const place = 'fixtures/expected.json';
  if (differences.length === 0) return `All ${entries} entries and ${documents} documents are as ${place} states${repeated ? ', by now as duplicates' : ''}.`;
  return `${differences.length} of ${entries} entries and ${documents} documents are not as ${place} states:\n${formatDifferences(comparison)}`;
}

async function countJournal(db: Database): Promise<bigint> {
  const { count } = await db.kysely.selectFrom('journal_entry').select((of) => of.fn.countAll<bigint>().as('count')).executeTakeFirstOrThrow();
  return count;
}
