import { sql } from 'kysely';
import { createVerifier, type ChainFault, type LogRecord } from '../core/log-chain.ts';
import { Failure } from '../core/failure.ts';
import { transaction, type Database } from '../platform/database.ts';

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
