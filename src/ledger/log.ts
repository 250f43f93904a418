import { sql } from 'kysely';
import { canonicalJson, type Json } from '../core/canonical-json.ts';
import { CHAIN_HEAD, hashRecord, ZERO_HASH, type LogRecord } from '../core/log-chain.ts';
import { assert } from '../core/failure.ts';
import { copyRows } from '../platform/copy.ts';
import type { Tx } from '../platform/database.ts';

/** What is to be noted: who (`rule-id@version` or a user) did what, to which entry, on what grounds. */
export interface LogDraft {
  company: string | null;
  run_id: bigint | null;
  actor: string;
  action: string;
  entry_id: bigint | null;
  decision_id: bigint | null;
  payload: Json;
}

/** A transaction's own chain of log records. `close` must be its last call, shortly before the commit: it takes the tip's lock. */
export interface LogChain {
  /** Appends the records in their order and returns their sequence numbers. */
  append(drafts: readonly LogDraft[]): Promise<bigint[]>;
  /** The same with numbers from `reserve`, for records that others must name before they are written. */
  appendAs(seqs: readonly bigint[], drafts: readonly LogDraft[]): Promise<void>;
  reserve(count: number): Promise<bigint[]>;
  close(): Promise<void>;
}

const COLUMNS = ['seq', 'at', 'company', 'run_id', 'actor', 'action', 'entry_id', 'decision_id', 'payload', 'previous_hash', 'hash'] as const;

/** Opens the transaction's chain; every record bears the transaction's own time. */
export async function openChain(tx: Tx): Promise<LogChain> {
  const { rows: [clock] } = await sql<{ at: string }>`
    select to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`.execute(tx.kysely);
  const at = clock!.at;
  let previous = ZERO_HASH;
  let records = 0;
  let first_seq = 0n;
  let last_seq = 0n;

  async function appendAs(seqs: readonly bigint[], drafts: readonly LogDraft[]): Promise<void> {
    if (drafts.length === 0) return;
    await copyRows(tx.client, 'log_record', COLUMNS, rows(seqs, drafts));
  }

  function* rows(seqs: readonly bigint[], drafts: readonly LogDraft[]): Generator<readonly unknown[]> {
    for (let i = 0; i < drafts.length; i++) {
      const seq = seqs[i]!;
      assert(seq > last_seq, 'log records are appended in the order of their numbers');
      const record = seal({ seq, at, ...drafts[i]!, payload: canonicalJson(drafts[i]!.payload), previous_hash: previous });
      if (records++ === 0) first_seq = seq;
      last_seq = seq;
      previous = record.hash;
      yield COLUMNS.map((column) => record[column]);
    }
  }

  async function append(drafts: readonly LogDraft[]): Promise<bigint[]> {
    const seqs = await reserve(drafts.length);
    await appendAs(seqs, drafts);
    return seqs;
  }

  function reserve(count: number): Promise<bigint[]> {
    return allocateIds(tx, 'log_seq', count);
  }

  async function close(): Promise<void> {
    if (records === 0) return;
    const tip = await tx.kysely.selectFrom('log_tip').select('hash').forUpdate().executeTakeFirstOrThrow();
    const [seq] = await reserve(1);
    const head = seal({
      seq: seq!, at, company: null, run_id: null, actor: 'tieout', action: CHAIN_HEAD, entry_id: null, decision_id: null,
      payload: canonicalJson({ first_seq: String(first_seq), head: previous.toString('hex'), last_seq: String(last_seq), records }),
      previous_hash: tip.hash,
    });
    await copyRows(tx.client, 'log_record', COLUMNS, [COLUMNS.map((column) => head[column])]);
    await tx.kysely.updateTable('log_tip').set({ seq: head.seq, hash: head.hash }).execute();
    records = 0;
  }

  return { append, appendAs, reserve, close };
}

/** Notes a single act in a chain of its own; must be the last thing its transaction does. Returns the record's number. */
export async function appendAct(tx: Tx, act: Omit<LogDraft, 'entry_id' | 'decision_id'> & Partial<LogDraft>): Promise<bigint> {
  const chain = await openChain(tx);
  const [seq] = await chain.append([{ entry_id: null, decision_id: null, ...act }]);
  await chain.close();
  return seq!;
}

/** The hash of the newest head, `sha256:…`: what an auditor notes down to recognise a cut tail later. */
export async function findLogHead(tx: Pick<Tx, 'kysely'>): Promise<string> {
  const tip = await tx.kysely.selectFrom('log_tip').select('hash').executeTakeFirstOrThrow();
  return `sha256:${tip.hash.toString('hex')}`;
}

/** Takes `count` numbers from a sequence in one query, ascending. */
export async function allocateIds(tx: Tx, sequence: string, count: number): Promise<bigint[]> {
  if (count === 0) return [];
  // One text in place of a row each: to read them costs a third.
  const { rows: [row] } = await sql<{ ids: string }>`select string_agg(nextval(${sequence}::regclass)::text, ' ') as ids from generate_series(1, ${count})`.execute(tx.kysely);
  return row!.ids.split(' ').map(BigInt);
}

function seal(record: Omit<LogRecord, 'hash'>): LogRecord {
  return { ...record, hash: hashRecord(record) };
}
