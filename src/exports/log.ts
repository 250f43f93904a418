import { sql } from 'kysely';
import { streamPages } from '../platform/cursor.ts';
import type { Tx } from '../platform/database.ts';
import type { CsvColumn } from './csv.ts';
import { formatRows, TIMESTAMP } from './stream.ts';

interface ExportedRecord {
  seq: number;
  at: string;
  company: string | null;
  run_id: string | null;
  actor: string;
  action: string;
  entry_id: string | null;
  decision_id: string | null;
  /** Canonical JSON, the bytes that were hashed. */
  payload: string;
  previous_hash: string;
  hash: string;
}

/**
 * The reconciliation log after record `since`, in its order. In `jsonl` the payload is an object whose text within the line is, byte for
 * byte, what was hashed; in `csv` it is that text in one cell. Hashes are hexadecimal. docs/log.md says how to recompute them.
 */
export function exportLog(tx: Tx, { since, format }: { since: bigint; format: 'jsonl' | 'csv' }): AsyncGenerator<string> {
  const query = sql<ExportedRecord>`
    select seq::float8 as seq, to_char(at at time zone 'utc', ${TIMESTAMP}) as at, company, run_id::text, actor, action, entry_id::text, decision_id::text, payload,
           encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash
      from log_record where log_record.seq > ${since} order by log_record.seq`;
  return formatRows(streamPages(tx, query), format, CSV_COLUMNS, ({ payload, previous_hash, hash, ...columns }) => (
    `${JSON.stringify(columns).slice(0, -1)},"payload":${payload},"previous_hash":"${previous_hash}","hash":"${hash}"}`));
}

const CSV_COLUMNS: readonly CsvColumn<ExportedRecord>[] = [
  ...(['seq', 'at'] as const).map(plain),
  said('company'),
  plain('run_id'),
  ...(['actor', 'action'] as const).map(said),
  ...(['entry_id', 'decision_id'] as const).map(plain),
  said('payload'),
  ...(['previous_hash', 'hash'] as const).map(plain),
];

function plain(name: keyof ExportedRecord): CsvColumn<ExportedRecord> {
  return { name, kind: 'plain', value: (row) => row[name] };
}

function said(name: keyof ExportedRecord): CsvColumn<ExportedRecord> {
  return { name, kind: 'text', value: (row) => row[name] };
}
