import { createHash, randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { assert, Failure } from '../core/failure.ts';
import { transaction, type Database, type Tx } from './database.ts';
import { reach } from './failpoint.ts';

/** The documents' bytes, kept once per content, under their SHA-256, as compressed chunks in `blob_chunk`. */

export interface Blob {
  /** Of the bytes as they came. */
  readonly size: number;
  /** The bytes from the beginning, as often as asked. Throws Failure('bug') at the end when they are not those of the SHA-256. */
  read(): AsyncIterable<Buffer>;
}

// Memory per document under way; each chunk is one row and one query.
const CHUNK_BYTES = 1_048_576;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
// Level 1 halves a statement's size and more, at the speed of the disk; higher levels take longer than the parsing.
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/**
 * Saves what the stream brings, unless the same bytes are there already. The SHA-256 is known only at the end, so the chunks wait in a
 * file without a name, which goes with the process, and no transaction waits for a slow sender; memory is bounded by a chunk.
 */
export async function saveBlob(database: Database, stream: AsyncIterable<Uint8Array>): Promise<{ sha256: Buffer; size: number }> {
  const path = join(tmpdir(), `tieout-${randomUUID()}`);
  const spool = await open(path, 'wx+', 0o600);
  try {
    await unlink(path);
    const hash = createHash('sha256');
    let size = 0;
    const lengths: number[] = [];
    for await (const chunk of chunksOf(stream)) {
      hash.update(chunk);
      size += chunk.length;
      const packed = await compress(chunk, FASTEST);
      lengths.push(packed.length);
      await spool.writeFile(packed);
    }
    const sha256 = hash.digest();
    const { rowCount } = await database.pool.query('select from blob_chunk where sha256 = $1 limit 1', [sha256]);
    if (rowCount === 0) await transaction(database, (tx) => insertChunks(tx, sha256, lengths, spool), 'blob commit');
    return { sha256, size };
  } finally {
    await spool.close();
  }
}

async function insertChunks(tx: Tx, sha256: Buffer, lengths: readonly number[], spool: FileHandle): Promise<void> {
  let position = 0;
  for (const [n, length] of lengths.entries()) {
    const packed = Buffer.allocUnsafe(length);
    const { bytesRead } = await spool.read(packed, 0, length, position);
    assert(bytesRead === length, 'the spool gives back what was written');
    position += length;
    // Another transaction may save the same document at this moment.
    await tx.client.query('insert into blob_chunk (sha256, n, bytes) values ($1, $2, $3) on conflict do nothing', [sha256, n, packed]);
  }
}

/** Throws Failure('not_found') when there is no such document. */
export async function openBlob(tx: Pick<Tx, 'kysely'>, sha256: Buffer): Promise<Blob> {
  const { last } = await tx.kysely.selectFrom('blob_chunk').select((eb) => eb.fn.max('n').as('last')).where('sha256', '=', sha256)
    .executeTakeFirstOrThrow();
  if (last === null) throw new Failure('not_found', `there is no document with the SHA-256 ${sha256.toString('hex')}`);
  const size = last * CHUNK_BYTES + (await loadChunk(tx, sha256, last)).length;

  async function* read(): AsyncGenerator<Buffer> {
    reach('before blob read');
    const hash = createHash('sha256');
    for (let n = 0; n <= last; n++) {
      const chunk = await loadChunk(tx, sha256, n);
      hash.update(chunk);
      yield chunk;
    }
    assert(hash.digest().equals(sha256), `the stored bytes of document ${sha256.toString('hex')} have changed`);
    reach('after blob read');
  }
  return { size, read };
}

async function loadChunk(tx: Pick<Tx, 'kysely'>, sha256: Buffer, n: number): Promise<Buffer> {
  const { bytes } = await tx.kysely.selectFrom('blob_chunk').select('bytes').where('sha256', '=', sha256).where('n', '=', n).executeTakeFirstOrThrow();
  return decompress(bytes);
}

/** The same bytes in chunks of CHUNK_BYTES, the last one shorter; one empty chunk when there are none. */
async function* chunksOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let pending: Uint8Array[] = [];
  let length = 0;
  let empty = true;
  for await (let bytes of stream) {
    while (length + bytes.length >= CHUNK_BYTES) {
      const missing = CHUNK_BYTES - length;
      yield Buffer.concat([...pending, bytes.subarray(0, missing)]);
      bytes = bytes.subarray(missing);
      pending = [];
      length = 0;
      empty = false;
    }
    pending.push(bytes);
    length += bytes.length;
  }
  if (length > 0 || empty) yield Buffer.concat(pending);
}
