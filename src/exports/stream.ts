import { sql } from 'kysely';
import type { Tx } from '../platform/database.ts';
import { csvHeader, csvRow, type CsvColumn } from './csv.ts';

/** An export's rows as text, in pieces of one page: `jsonl` one JSON object per line, `csv` with a header row. */
export async function* formatRows<Row>(
  pages: AsyncIterable<Row[]>, format: 'jsonl' | 'csv', columns: readonly CsvColumn<Row>[], toJson: (row: Row) => string = (row) => JSON.stringify(row),
): AsyncGenerator<string> {
  if (format === 'csv') yield csvHeader(columns);
  for await (const page of pages) yield page.map((row) => (format === 'csv' ? csvRow(columns, row) : `${toJson(row)}\n`)).join('');
}

/**
 * Up to which log record everything is there that will ever be: what an export that began now may be continued from. Numbers are taken before
 * the transaction's end, so a smaller one can still come while somebody holds the sequence; then it ends before the first gap.
 * To be asked before the export's own transaction.
 */
export async function safeCursor(tx: Pick<Tx, 'kysely'>, since: bigint): Promise<bigint> {
  const { rows: [last] } = await sql<{ seq: bigint }>`select coalesce(max(seq), 0) as seq from log_record`.execute(tx.kysely);
  const { rows: [taking] } = await sql<{ now: boolean }>`
    select exists (select from pg_locks where locktype = 'relation' and relation = 'log_seq'::regclass
       and database = (select oid from pg_database where datname = current_database())) as now`.execute(tx.kysely);
  if (!taking!.now) return last!.seq;
  const { rows: [gap] } = await sql<{ before: bigint }>`
    select previous as before from (select seq, lag(seq, 1, ${since}::bigint) over (order by seq) as previous from log_record where seq > ${since} and seq <= ${last!.seq}) r
     where seq > previous + 1 order by seq limit 1`.execute(tx.kysely);
  return gap?.before ?? last!.seq;
}

/** Timestamps of exports: ISO 8601 in UTC with microseconds, always six. */
export const TIMESTAMP = sql.raw(`'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`);
