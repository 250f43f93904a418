import { expect, test } from 'vitest';
import { transaction } from '../../src/platform/database.ts';
import { copyRows } from '../../src/platform/copy.ts';
import { testDatabase } from '../helpers/database.ts';

const owner = await testDatabase('owner');
await owner.pool.query(`create table thing (n bigint primary key, text text, flag boolean, real float8, bytes bytea, texts text[], numbers bigint[],
  day date, data jsonb)`);
function* numbered(first: bigint, breaks?: string) {
  for (let i = 0n; i < 20_000n; i++) yield [first + i, `row ${i}`];
  if (breaks) throw new Error(breaks);
}

const COLUMNS = ['n', 'text', 'flag', 'real', 'bytes', 'texts', 'numbers', 'day', 'data'];

test('hostile values come back as they went in', async () => {
  const texts = ['', '\\N', '\\.', 'a\tb\nc\r\nd\\e', '\\x41', '{"quoted"}', 'NULL', '"', '\b\f\v\u0001\u007f', 'Žluť 💶 \u2028', "'; drop table thing; --"];
  const rows = texts.map((text, i) => [BigInt(i) - 9223372036854775807n, text, i % 2 === 0, i / 3, Buffer.from([0, 92, i, 255]), [text, ...texts],
    [BigInt(i), -1n], '2026-02-28', JSON.stringify({ text })]);
  await transaction(owner, (tx) => copyRows(tx.client, 'thing', COLUMNS, rows));
  const { rows: found } = await owner.pool.query({ text: `select ${COLUMNS.join(', ')} from thing order by n`, rowMode: 'array' });
  expect(found).toEqual(rows.map((row) => row.with(8, JSON.parse(row[8] as string))));
});

test('null and empty arrays are told from empty text', async () => {
  await transaction(owner, (tx) => copyRows(tx.client, 'thing', COLUMNS, [[1n, null, null, null, null, [], [], null, null]]));
  const { rows: [found] } = await owner.pool.query({ text: 'select * from thing where n = 1', rowMode: 'array' });
  expect(found).toEqual([1n, null, null, null, null, [], [], null, null]);
});

test('more than a batch is counted, and every row arrives', async () => {
  await expect(transaction(owner, (tx) => copyRows(tx.client, 'thing', ['n', 'text'], numbered(1_000n)))).resolves.toBe(20_000);
  const { rows: [found] } = await owner.pool.query('select count(*), sum(n) from thing where n >= 1000');
  expect(found).toEqual({ count: 20_000n, sum: '219990000' });
});

test('rows that throw midway leave nothing, and the connection stays usable', async () => {
  await expect(transaction(owner, (tx) => copyRows(tx.client, 'thing', ['n', 'text'], numbered(100_000n, 'the source broke')))).rejects.toThrow('the source broke');
  const { rows: [found] } = await owner.pool.query('select count(*) from thing where n >= 100000');
  expect(found).toEqual({ count: 0n });
});

test('a value that has no text form is a bug, not a guess', async () => {
  await expect(transaction(owner, (tx) => copyRows(tx.client, 'thing', ['n', 'data'], [[2n, { a: 1 }]]))).rejects.toThrow('type object');
});
