import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'kysely';
import { emptyTransaction, type Format, type RawEntry, type RawStatement } from '../../src/core/statement.ts';
import { exportDecisions, type ExportedDecision } from '../../src/exports/decisions.ts';
import { importAccounts } from '../../src/master-data/import-accounts.ts';
import { importInvoices } from '../../src/master-data/import-invoices.ts';
import { importParties } from '../../src/master-data/import-parties.ts';
import { openBatches, settleDocuments } from '../../src/pipeline/barrier.ts';
import { transaction, type Database } from '../../src/platform/database.ts';
import { saveChunk, saveHead } from '../../src/stages/extract/store.ts';
import { normalizeJob } from '../../src/stages/normalize/job.ts';
import { reconcileJob } from '../../src/stages/reconcile/job.ts';
import { gatherOpenEvidence, validateJob } from '../../src/stages/validate/job.ts';

/** Batches through the stages' real jobs, from what a reader delivers on, without queues and bytes. */

export const RULES_FOLDER = join(import.meta.dirname, '../../rules');

/** Amounts are decimal strings. What is left out is absent. */
export interface SampleEntry {
  amount: string;
  date?: string;
  status?: RawEntry['status'];
  name?: string;
  account?: string;
  /** The BIC or national code of the other side's bank. */
  bank?: string;
  text?: string;
  reference?: string;
  end_to_end_id?: string;
  bank_reference?: string;
  return_reason?: string;
  /** The bank's own booking type, as CSV and OFX print it. */
  type?: string;
  details?: readonly SampleEntry[];
  mandate_id?: string;
  reversal?: boolean;
  instructed?: { amount: string; currency: string };
  exchange_rate?: string;
  charges?: string;
}

/** A statement of one day unless it says otherwise. Its closing balance follows from its opening one unless it is given. */
export interface SampleStatement {
  account: string;
  /** EUR unless it says otherwise. */
  currency?: string;
  format?: Format;
  sequence?: string;
  date: string;
  to?: string;
  opening: string | null;
  closing?: string | null;
  entries: readonly SampleEntry[];
}

/** The statements of one document; equal content is one document. */
export type SampleDocument = readonly SampleStatement[];

export async function importMasterData(db: Database, files: { accounts: string; parties?: string; invoices?: string }): Promise<void> {
  await transaction(db, async (tx) => {
    const context = { actor: 'alice', companies: {} };
    await importAccounts(tx, bytes(files.accounts), context);
    if (files.parties) await importParties(tx, bytes(files.parties), context);
    if (files.invoices) await importInvoices(tx, bytes(files.invoices), context);
  });
}

async function* bytes(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

/** Takes the documents through all stages as one run, in the order given, and returns its id. */
export async function runBatch(db: Database, documents: readonly SampleDocument[], between: () => Promise<void> = async () => {}, rules_folder = RULES_FOLDER): Promise<bigint> {
  const { run_id } = await db.kysely.insertInto('run').values({ kind: 'run' }).returning('run_id').executeTakeFirstOrThrow();
  for (const [n, document] of documents.entries()) await prepare(db, run_id, n + 1, document);
  await between();
  // With documents only their companies' batches, so that a test's companies leave each other alone; without any, all that have something to look at again.
  if (documents.length === 0) await transaction(db, (tx) => openBatches(tx, run_id));
  else {
    await sql`insert into task (stage, run_id, company) select distinct 'reconcile', ${run_id}::bigint, s.company from document d join statement s using (document_id)
     where d.run_id = ${run_id}`.execute(db.kysely);
  }
  const { rows: batches } = await sql<{ company: string }>`select company from task where run_id = ${run_id} order by company`.execute(db.kysely);
  for (const { company } of batches) {
    await transaction(db, (tx) => reconcileJob({ run_id, company }, { ...context(), rules_folder, tx, gatherEvidence: validateJob, gatherOpenEvidence }));
    await sql`update task set state = 'done' where run_id = ${run_id} and company = ${company}`.execute(db.kysely);
  }
  await transaction(db, (tx) => settleDocuments(tx, run_id));
  return run_id;
}

async function prepare(db: Database, run_id: bigint, n: number, document: SampleDocument): Promise<void> {
  const sha256 = createHash('sha256').update(JSON.stringify(document)).digest();
  const document_id = await transaction(db, async (tx) => {
    const saved = await tx.kysely.insertInto('document').values({ sha256, size: 1n, path: `in/${n}`, run_id, state: 'extracted' }).returning('document_id').executeTakeFirstOrThrow();
    await tx.kysely.insertInto('delivery').values({ run_id, n, document_id: saved.document_id, path: `in/${n}`, is_duplicate: false }).execute();
    let line = 0;
    for (const [statement_no, statement] of document.entries()) {
      await saveHead(tx, saved.document_id, statement_no, headOf(statement));
      await saveChunk(tx, saved.document_id, statement_no, statement_no, statement.entries.map((entry) => entryOf(entry, statement, ++line)));
    }
    return saved.document_id;
  });
  for (const job of [normalizeJob, validateJob]) {
    const { state, ...rest } = await transaction(db, (tx) => job(document_id, { ...context(), tx }));
    await sql`update document set state = ${state}, failed_check = ${'failed_check' in rest ? rest.failed_check : null} where document_id = ${document_id}`.execute(db.kysely);
    if (state === 'quarantined') return;
  }
}

function context(): { rules_folder: string; signal: AbortSignal } {
  return { rules_folder: RULES_FOLDER, signal: new AbortController().signal };
}

function headOf({ account, currency = 'EUR', format = 'camt.053', sequence, date, to = date, opening, closing, entries }: SampleStatement): RawStatement {
  const sum = entries.filter((entry) => (entry.status ?? 'booked') === 'booked').reduce((total, entry) => total + Math.round(Number(entry.amount) * 100), 0);
  const end = closing !== undefined ? closing : opening === null ? null : ((Math.round(Number(opening) * 100) + sum) / 100).toFixed(2);
  return {
    format, extractor: 'sample@1', account, bank: null, currency, statement_id: null, sequence: sequence ?? null, from: date, to,
    opening_balance: opening === null ? null : { amount: opening, date }, closing_balance: end === null ? null : { amount: end, date: to },
    printed_totals: [], newest_first: false, reader_checks: [],
  };
}

function entryOf(entry: SampleEntry, statement: SampleStatement, line: number): RawEntry {
  return {
    ...transactionOf(entry, statement.currency), line, booking_date: entry.date ?? statement.date, value_date: null, status: entry.status ?? 'booked', reversal: entry.reversal ?? false,
    source: { page: null, line }, details: (entry.details ?? []).map((detail) => transactionOf(detail, statement.currency)), balance_after: null,
  };
}

function transactionOf(entry: SampleEntry, currency = 'EUR'): ReturnType<typeof emptyTransaction> {
  return {
    ...emptyTransaction(entry.amount, currency), mandate_id: entry.mandate_id ?? null, instructed: entry.instructed ?? null, exchange_rate: entry.exchange_rate ?? null,
    charges: entry.charges ? [{ amount: entry.charges, currency, bearer: null }] : [], bank_reference: entry.bank_reference ?? null, end_to_end_id: entry.end_to_end_id ?? null,
    counterparty: entry.name || entry.account ? { name: entry.name ?? null, account: entry.account ?? null, bank: entry.bank ?? null } : null,
    remittance: entry.text ?? null, structured_reference: entry.reference ?? null, return_reason: entry.return_reason ?? null,
    transaction_code: entry.type ? { domain: null, family: null, subfamily: null, proprietary: entry.type } : null,
  };
}

/** The run's decisions as they are exported, in the order of documents and entries. */
export async function listDecisions(db: Database, run_id: bigint | null): Promise<ExportedDecision[]> {
  const text = await transaction(db, async (tx) => (await Array.fromAsync(exportDecisions(tx, { run_id, since: 0n, format: 'jsonl' }))).join(''));
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as ExportedDecision);
}
