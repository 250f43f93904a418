import { Command } from 'commander';
import { sql } from 'kysely';
import { createVerifier, type ChainFault, type LogRecord } from '../core/log-chain.ts';
import { Failure } from '../core/failure.ts';
import { transaction, type Database } from '../platform/database.ts';
import { EXIT, printJson, withDatabase } from './session.ts';

/** `tieout log`: proves that the reconciliation log is as it was written. */
export function logCommand(): Command {
  const command = new Command('log').description('the reconciliation log');
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
      else process.stdout.write(`${result.records} records, all as they were written; head ${result.head}\n`);
      if (result.fault) process.exitCode = EXIT.broken;
    }));
  return command;
}

/** Memory for one page of records; a log of millions is read page by page. */
const PAGE_RECORDS = 10_000;

/** Verifies the whole log in the database, as it is at one moment: a batch that is committed meanwhile would else show its end without its beginning. */
export async function verifyLog(db: Database, head?: string): Promise<{ records: number; head: string; fault: ChainFault | null }> {
  const expected = head?.replace(/^sha256:/, '').toLowerCase();
  if (expected !== undefined && !/^[0-9a-f]{64}$/.test(expected)) throw new Failure('invalid_input', `"${head}" is no head; it looks like sha256: and 64 hexadecimal digits`);
  return transaction(db, async ({ kysely }) => {
    await sql`set transaction isolation level repeatable read, read only`.execute(kysely);
    const verifier = createVerifier(expected);
    let after = -1n;
    let records = 0;
    for (;;) {
      const { rows } = await sql<LogRecord>`
        select seq, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, company, run_id, actor, action, entry_id, decision_id, payload,
               previous_hash, hash from log_record where seq > ${after} order by seq limit ${PAGE_RECORDS}`.execute(kysely);
      for (const record of rows) {
        records++;
        const fault = verifier.take(record);
        if (fault) return { records, head: `sha256:${verifier.head()}`, fault };
      }
      if (rows.length < PAGE_RECORDS) return { records, head: `sha256:${verifier.head()}`, fault: verifier.finish() ?? await findCut(kysely, verifier.head()) };
      after = rows.at(-1)!.seq;
    }
  });
}

/** The tip is kept beside the log: who cuts the log's tail and leaves the tip is found without a head that was noted earlier. */
async function findCut(kysely: Database['kysely'], head: string): Promise<ChainFault | null> {
  const tip = await kysely.selectFrom('log_tip').select(['seq', 'hash']).executeTakeFirstOrThrow();
  return tip.hash.toString('hex') === head ? null : { seq: tip.seq, fault: 'the last head is not there: the tail of the log was cut' };
}
