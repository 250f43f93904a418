import { sql, type RawBuilder } from 'kysely';
import type { Json } from '../core/canonical-json.ts';
import type { LogChain, LogDraft } from '../ledger/log.ts';
import { copyRows } from '../platform/copy.ts';
import type { Config } from '../platform/config.ts';
import type { Tx } from '../platform/database.ts';
import type { FindingCount } from './checks.ts';
import { ImportRefused, readRows, type Columns, type CsvFile, type RejectedRow, type Row } from './parse.ts';

/** What every import shares: a file becomes a temporary table, the table is compared with what is there, and the difference is noted. */

/** Who imports, and what tieout.yaml says of the companies. */
export interface ImportContext {
  actor: string;
  companies: Config['companies'];
}

export interface ImportReport {
  what: 'accounts' | 'parties' | 'invoices' | 'settlements';
  /** Of the file's bytes. */
  sha256: string;
  rows: number;
  inserted: number;
  updated: number;
  unchanged: number;
  warnings: string[];
  /** What is wrong with the master data as it stands now, also without this file. */
  findings: FindingCount[];
}

// Large enough for COPY to run at its speed, small enough to be nothing in memory.
const CHUNK_ROWS = 5_000;

/**
 * Reads a file into a temporary table of the transaction. `take` turns a row into the table's values, or rejects cells of it. Throws
 * ImportRefused with every row that was rejected, `key` among them: rows that name the same thing twice.
 */
export async function stageRows<Name extends string>(
  tx: Tx, input: AsyncIterable<Uint8Array>, columns: Columns<Name>,
  table: { name: string; columns: Readonly<Record<string, string>>; key: readonly string[]; key_column: NoInfer<Name> },
  take: (row: Row<Name>) => readonly unknown[],
): Promise<CsvFile> {
  const names = Object.keys(table.columns);
  // Standard input may take its time; nothing is locked yet.
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(tx.kysely);
  await sql`create temp table ${sql.id(table.name)} (${sql.raw(names.map((name) => `${name} ${table.columns[name]}`).join(', '))}) on commit drop`.execute(tx.kysely);
  const file: CsvFile = { sha256: '', rows: 0, warnings: [] };
  const rejected: RejectedRow[] = [];
  let chunk: (readonly unknown[])[] = [];
  const flush = async (): Promise<void> => {
    if (rejected.length === 0 && chunk.length > 0) await copyRows(tx.client, table.name, names, chunk);
    chunk = [];
  };
  for await (const row of readRows(input, columns, rejected, file)) {
    chunk.push(take(row));
    if (chunk.length === CHUNK_ROWS) await flush();
  }
  await flush();
  await sql`set local idle_in_transaction_session_timeout to default`.execute(tx.kysely);
  if (rejected.length > 0) throw new ImportRefused(rejected);
  await sql`analyze ${sql.id(table.name)}`.execute(tx.kysely);
  const key = sql.join(table.key.map((name) => sql.id(name)));
  await refuse(tx, sql`
    select line, ${table.key_column} as "column", 'line ' || first || ' has the same ' || ${table.key.length === 1 ? table.key_column : table.key.join(', ')} as reason
      from (select line, min(line) over (partition by ${key}) as first from ${sql.id(table.name)}) numbered where line <> first`);
  return file;
}

/** Throws ImportRefused with the rows of the query, if it finds any. */
export async function refuse(tx: Tx, query: RawBuilder<unknown>): Promise<void> {
  const { rows } = await (query as RawBuilder<RejectedRow>).execute(tx.kysely);
  if (rows.length > 0) throw new ImportRefused(rows);
}

/** Locks the companies, in one order for all: one writer of a company's books at a time. */
export async function lockCompanies(tx: Tx, companies: readonly string[]): Promise<void> {
  if (companies.length === 0) return;
  await tx.kysely.selectFrom('company').select('company').where('company', 'in', [...companies]).orderBy('company').forUpdate().execute();
}

/** Appends one record for the import as such and raises the version of the companies' books. Returns the record's number. */
export async function noteImport(
  tx: Tx, chain: LogChain, context: ImportContext, company: string | null, companies: readonly string[], what: ImportReport['what'], payload: Record<string, Json>,
): Promise<bigint> {
  const [seq] = await chain.append([importRecord(context, company, `import_${what}`, payload)]);
  await tx.kysely.updateTable('company').set((of) => ({ books_version: of('books_version', '+', 1n) })).where('company', 'in', [...companies]).execute();
  return seq!;
}

export function importRecord(context: ImportContext, company: string | null, action: string, payload: Json): LogDraft {
  return { company, run_id: null, actor: context.actor, action, entry_id: null, decision_id: null, payload };
}
