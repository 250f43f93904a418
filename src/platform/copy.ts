import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import pg from 'pg';
import { from } from 'pg-copy-streams';
import { assert } from '../core/failure.ts';

/** Rows into a table by COPY in its text format (PostgreSQL manual, COPY, "Text Format"): the fastest way in, and no statement to parse. */

// Small enough that memory stays flat, large enough that a message's own cost vanishes.
const BATCH_CHARACTERS = 65_536;

/**
 * Copies the rows as they come and returns how many there were. Values, in the order of the columns: string, number, bigint, boolean, null,
 * Buffer for bytea, an array of strings, numbers or bigints; jsonb as its text. A string with a NUL is refused by Postgres. When the rows
 * throw, the COPY fails and nothing of it stays.
 */
export async function copyRows(
  client: pg.ClientBase, table: string, columns: readonly string[], rows: Iterable<readonly unknown[]>,
): Promise<number> {
  const names = columns.map((column) => pg.escapeIdentifier(column)).join(', ');
  const stream = client.query(from(`copy ${pg.escapeIdentifier(table)} (${names}) from stdin`));
  const end = finished(stream);
  // Waited for below; an error in between must not count as unhandled.
  end.catch(() => {});
  try {
    for (const batch of encodeRows(rows)) if (!stream.write(batch)) await Promise.race([once(stream, 'drain'), end]);
    stream.end();
  } catch (error) {
    stream.destroy(error as Error);
    await end.catch(() => {});
    throw error;
  }
  await end;
  return stream.rowCount;
}

function* encodeRows(rows: Iterable<readonly unknown[]>): Generator<Buffer> {
  let batch = '';
  for (const row of rows) {
    for (let i = 0; i < row.length; i++) batch += i === 0 ? encode(row[i]) : '\t' + encode(row[i]);
    batch += '\n';
    if (batch.length >= BATCH_CHARACTERS) {
      yield Buffer.from(batch);
      batch = '';
    }
  }
  if (batch !== '') yield Buffer.from(batch);
}

function encode(value: unknown): string {
  switch (typeof value) {
    case 'string': return escape(value);
    case 'bigint': case 'number': return String(value);
    case 'boolean': return value ? 't' : 'f';
  }
  if (value === null) return '\\N';
  // The backslash of bytea's hex form is itself escaped.
  if (Buffer.isBuffer(value)) return '\\\\x' + value.toString('hex');
  assert(Array.isArray(value), `a value of type ${typeof value} cannot be copied into a table`);
  return escape(`{${value.map(encodeElement).join(',')}}`);
}

function encodeElement(value: unknown): string {
  if (typeof value === 'string') return `"${value.replace(/[\\"]/g, '\\$&')}"`;
  assert(typeof value === 'bigint' || typeof value === 'number', `an array element of type ${typeof value} cannot be copied into a table`);
  return String(value);
}

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

// Few values hold a special character, and to look costs a fraction of to replace.
function escape(text: string): string {
  return SPECIAL.test(text) ? text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!) : text;
}
