import { randomBytes, createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openBlob, saveBlob } from '../../src/platform/blobs.ts';
import { testDatabase } from '../helpers/database.ts';

const database = await testDatabase('worker');
const owner = await database.as('owner');

async function* inPieces(bytes: Buffer, length: number) {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

test.each([0, 1, 1_048_575, 1_048_576, 1_048_577, 3_500_000])('%d bytes come back as they went in', async (length) => {
  const bytes = randomBytes(length);
  const saved = await saveBlob(database, inPieces(bytes, 70_001));
  expect(saved).toEqual({ sha256: createHash('sha256').update(bytes).digest(), size: length });
  const blob = await openBlob(database, saved.sha256);
  expect(blob.size).toBe(length);
  expect((await buffer(blob.read())).equals(bytes)).toBe(true);
});

test('the same bytes are kept once, also when they come at the same time', async () => {
  const bytes = randomBytes(2_000_000);
  const saved = await Promise.all([1, 2, 3].map(() => saveBlob(database, inPieces(bytes, 65_536))));
  const { rows } = await database.pool.query('select n from blob_chunk where sha256 = $1 order by n', [saved[0]!.sha256]);
  expect(rows).toEqual([{ n: 0 }, { n: 1 }]);
});

test('bytes that changed in the database are not handed out as the document', async () => {
  const { sha256 } = await saveBlob(database, inPieces(Buffer.from(':61:2611200C100,00'), 8));
  const other = await saveBlob(database, inPieces(Buffer.from(':61:2611200C900,00'), 8));
  await owner.pool.query('update blob_chunk set bytes = (select bytes from blob_chunk where sha256 = $2) where sha256 = $1', [sha256, other.sha256]);
  const blob = await openBlob(database, sha256);
  await expect(buffer(blob.read())).rejects.toMatchObject({ code: 'bug' });
});

test('an unknown document is not found', async () => {
  await expect(openBlob(database, randomBytes(32))).rejects.toMatchObject({ code: 'not_found' });
});
