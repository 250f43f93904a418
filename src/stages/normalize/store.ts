import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { sql } from 'kysely';
import type { RawEntry, RawStatement } from '../../core/statement.ts';
import { copyRows } from '../../platform/copy.ts';
import type { Tx } from '../../platform/database.ts';
import { rawEntriesSchema, rawStatementSchema, type CanonicalEntry, type CanonicalStatement, type CanonicalTransaction } from './contract.ts';

/** An account of the master data, as far as a statement needs it. */
export interface KnownAccount {
  account_id: number;
  account: string;
  company: string;
  currency: string;
}

export function listAccounts(tx: Tx): Promise<KnownAccount[]> {
  return tx.kysely.selectFrom('account').select(['account_id', 'account', 'company', 'currency']).orderBy('account_id').execute();
}

export async function listHeads(tx: Tx, document_id: bigint): Promise<{ statement_no: number; head: RawStatement }[]> {
  const rows = await tx.kysely.selectFrom('raw_statement').select(['statement_no', 'head']).where('document_id', '=', document_id).orderBy('statement_no').execute();
  return rows.map((row) => ({ statement_no: row.statement_no, head: rawStatementSchema.parse(row.head) }));
}

/** A statement's raw entries in document order, a chunk at a time. */
export async function* readChunks(tx: Tx, document_id: bigint, statement_no: number): AsyncGenerator<RawEntry[]> {
  const rows = await tx.kysely.selectFrom('raw_chunk').select('n').where('document_id', '=', document_id).where('statement_no', '=', statement_no).orderBy('n').execute();
  for (const { n } of rows) {
    const { bytes } = await tx.kysely.selectFrom('raw_chunk').select('bytes').where('document_id', '=', document_id).where('n', '=', n).executeTakeFirstOrThrow();
    yield rawEntriesSchema.parse(JSON.parse((await decompress(bytes)).toString('utf8')));
  }
}

const decompress = promisify(zstdDecompress);

/** What is read of a document is needed no longer once it is canonical; its bytes are kept. */
export async function deleteRaw(tx: Tx, document_id: bigint): Promise<void> {
  await tx.kysely.deleteFrom('raw_chunk').where('document_id', '=', document_id).execute();
  await tx.kysely.deleteFrom('raw_statement').where('document_id', '=', document_id).execute();
}

export async function allocateStatementId(tx: Tx): Promise<bigint> {
  const { rows: [row] } = await sql<{ id: bigint }>`select nextval('statement_statement_id_seq') as id`.execute(tx.kysely);
  return row!.id;
}

/** The statement's row; its entries were saved before it in the same transaction and refer to it. */
export async function saveStatement(tx: Tx, statement_id: bigint, document_id: bigint, statement_no: number, account: KnownAccount, statement: CanonicalStatement): Promise<void> {
  await tx.kysely.insertInto('statement').values({
    statement_id, document_id, statement_no, account_id: account.account_id, company: account.company, format: statement.format,
    extractor: statement.extractor, bank_statement_id: statement.statement_id, sequence: statement.sequence, currency: statement.currency,
    from_date: statement.from, to_date: statement.to, opening: statement.opening_balance?.amount ?? null, closing: statement.closing_balance?.amount ?? null,
    ties_out: statement.ties_out, checks: JSON.stringify(statement.checks), findings: JSON.stringify(statement.findings), entry_count: statement.entry_count,
  }).execute();
}

const ENTRY_COLUMNS = ['document_id', 'statement_id', 'account_id', 'line', 'detail', 'is_leaf', 'status', 'booking_date', 'value_date', 'amount',
  'currency', 'bank_reference', 'end_to_end_id', 'mandate_id', 'counterparty_name', 'counterparty_account', 'remittance', 'structured_reference',
  'return_reason', 'reversal', 'more'] as const;

/** Saves a chunk of entries, a row each, and one per detail of a batch booking after its own. */
export async function saveEntries(tx: Tx, document_id: bigint, statement_id: bigint, account_id: number, entries: readonly CanonicalEntry[]): Promise<void> {
  await copyRows(tx.client, 'entry', ENTRY_COLUMNS, rows());

  function* rows(): Generator<readonly unknown[]> {
    for (const entry of entries) {
      yield row(entry, entry, null, entry.details.length === 0);
      for (const [i, detail] of entry.details.entries()) yield row(entry, detail, i + 1, true);
    }
  }

  function row(entry: CanonicalEntry, transaction: CanonicalTransaction, detail: number | null, is_leaf: boolean): readonly unknown[] {
    return [document_id, statement_id, account_id, entry.line, detail, is_leaf, entry.status, entry.booking_date, entry.value_date, transaction.amount,
      transaction.currency, transaction.bank_reference, transaction.end_to_end_id, transaction.mandate_id, transaction.counterparty?.name ?? null,
      transaction.counterparty?.account ?? null, transaction.remittance, transaction.structured_reference, transaction.return_reason, entry.reversal,
      JSON.stringify(moreOf(entry, transaction))];
  }
}

/** What no query asks for, without what is absent. */
function moreOf(entry: CanonicalEntry, transaction: CanonicalTransaction): Record<string, unknown> {
  const { transaction_code, customer_reference, counterparty, ultimate_counterparty, instructed, exchange_rate, charges, findings } = transaction;
  return {
    source: entry.source,
    ...(transaction_code && { transaction_code }),
    ...(customer_reference && { customer_reference }),
    ...(counterparty?.bank && { counterparty_bank: counterparty.bank }),
    ...(ultimate_counterparty?.name && { ultimate_counterparty_name: ultimate_counterparty.name }),
    ...(instructed && { instructed: { amount: String(instructed.amount), currency: instructed.currency } }),
    ...(exchange_rate && { exchange_rate }),
    ...(charges.length > 0 && { charges: charges.map((charge) => ({ ...charge, amount: String(charge.amount) })) }),
    ...(findings.length > 0 && { findings }),
  };
}
