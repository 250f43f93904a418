import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import type { RawEntry, RawStatement } from '../../core/statement.ts';
import type { Tx } from '../../platform/database.ts';

/** What a reader delivered, kept as it came: heads as JSON, entries as compressed chunks. */

export async function deleteRaw(tx: Tx, document_id: bigint): Promise<void> {
  await tx.kysely.deleteFrom('raw_chunk').where('document_id', '=', document_id).execute();
  await tx.kysely.deleteFrom('raw_statement').where('document_id', '=', document_id).execute();
}

export async function saveChunk(tx: Tx, document_id: bigint, n: number, statement_no: number, entries: readonly RawEntry[]): Promise<void> {
  const bytes = await compress(Buffer.from(JSON.stringify(entries)), FASTEST);
  await tx.kysely.insertInto('raw_chunk').values({ document_id, n, statement_no, bytes }).execute();
}

export async function saveHead(tx: Tx, document_id: bigint, statement_no: number, head: RawStatement): Promise<void> {
  await tx.kysely.insertInto('raw_statement').values({ document_id, statement_no, head: JSON.stringify(head) }).execute();
}

export async function findSha256(tx: Tx, document_id: bigint): Promise<Buffer> {
  return (await tx.kysely.selectFrom('document').select('sha256').where('document_id', '=', document_id).executeTakeFirstOrThrow()).sha256;
}

/** The accounts that name a statement profile, in the order of their ids. */
export async function listAccountProfiles(tx: Tx): Promise<{ account: string; statement_profile: string }[]> {
  const rows = await tx.kysely.selectFrom('account').select(['account', 'statement_profile']).where('statement_profile', 'is not', null).orderBy('account_id').execute();
  return rows.map(({ account, statement_profile }) => ({ account, statement_profile: statement_profile! }));
}

const compress = promisify(zstdCompress);
// Kept until the next stage has read it, so what counts is the time it takes.
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
