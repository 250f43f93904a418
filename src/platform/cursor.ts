import { sql, type RawBuilder } from 'kysely';
import type { Tx } from './database.ts';

// Few enough round trips to cost nothing, few enough rows to be nothing in memory.
const PAGE_ROWS = 5_000;

let opened = 0;

/**
 * The rows of a query page by page, so that memory holds one page of however many there are. Other statements may run on the transaction
 * between the pages; what they change is not seen by the query.
 */
export async function* streamPages<Row>(tx: Tx, query: RawBuilder<Row>): AsyncGenerator<Row[]> {
  const cursor = sql.id(`pages_${++opened}`);
  await sql`declare ${cursor} no scroll cursor for ${query}`.execute(tx.kysely);
  for (;;) {
    const { rows } = await sql<Row>`fetch ${sql.lit(PAGE_ROWS)} from ${cursor}`.execute(tx.kysely);
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE_ROWS) break;
  }
  await sql`close ${cursor}`.execute(tx.kysely);
}
