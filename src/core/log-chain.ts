import { hash } from 'node:crypto';

/**
 * The reconciliation log's hash chain; docs/log.md specifies the bytes.
 * Records of one transaction form a chain of their own that starts from ZERO_HASH; a `chain_head` record closes it, and the
 * heads are chained to each other. So parallel batches never wait for one another but at their very end.
 */
export const ZERO_HASH: Buffer = Buffer.alloc(32);
export const CHAIN_HEAD = 'chain_head';

export interface LogRecord {
  seq: bigint;
  /** ISO 8601, UTC, microseconds: `2026-11-20T19:03:00.000000Z`. */
  at: string;
  company: string | null;
  run_id: bigint | null;
  actor: string;
  action: string;
  entry_id: bigint | null;
  decision_id: bigint | null;
  /** Canonical JSON. */
  payload: string;
  previous_hash: Buffer;
  hash: Buffer;
}

const NULL_LENGTH = 0xffffffff;
// Reused from record to record: a fresh buffer for each would be most of the garbage of a batch.
let scratch = Buffer.alloc(16_384);

/** SHA-256 over the previous hash and each column, as a 4-byte big-endian length and its UTF-8 bytes (null: length 0xffffffff). */
export function hashRecord(record: Omit<LogRecord, 'hash'>): Buffer {
  const columns = [
    String(record.seq), record.at, record.company, record.run_id === null ? null : String(record.run_id), record.actor, record.action,
    record.entry_id === null ? null : String(record.entry_id), record.decision_id === null ? null : String(record.decision_id), record.payload,
  ];
  let bound = 32;
  for (const column of columns) bound += 4 + (column === null ? 0 : column.length * 3);
  if (scratch.length < bound) scratch = Buffer.alloc(bound * 2);
  const bytes = scratch;
  let at = record.previous_hash.copy(bytes, 0);
  for (const column of columns) {
    if (column === null) {
      at = bytes.writeUInt32BE(NULL_LENGTH, at);
    } else {
      const length = bytes.write(column, at + 4, 'utf8');
      at = bytes.writeUInt32BE(length, at) + length;
    }
  }
  return hash('sha256', bytes.subarray(0, at), 'buffer');
}

export type ChainFault = { seq: bigint; fault: string };

interface OpenChain { records: number; first_seq: bigint; last_seq: bigint }

/**
 * Verifies records in the order of their seq, one at a time, with memory for the open chains only.
 * `take` gives the fault of the first broken record, `finish` what can only be seen at the end: chains without a head, and,
 * given the hash of a head seen earlier, a log that no longer contains it (its tail was cut, or it was chained anew).
 */
export function createVerifier(expected_head?: string): { take(record: LogRecord): ChainFault | null; finish(): ChainFault | null; head(): string } {
  const open = new Map<string, OpenChain>();
  let last_seq = 0n;
  let head = ZERO_HASH;
  let expected_seen = expected_head === undefined || expected_head === ZERO_HASH.toString('hex');

  function take(record: LogRecord): ChainFault | null {
    const broken = (fault: string): ChainFault => ({ seq: record.seq, fault });
    if (record.seq <= last_seq) return broken(`seq ${record.seq} does not follow ${last_seq}`);
    if (!hashRecord(record).equals(record.hash)) return broken('its hash is not the hash of its columns');
    last_seq = record.seq;
    if (record.action === CHAIN_HEAD) {
      if (!record.previous_hash.equals(head)) return broken('it does not follow the head before it: a chain was removed, inserted or swapped');
      let closes: { records?: unknown; first_seq?: unknown; last_seq?: unknown; head?: unknown };
      try { closes = JSON.parse(record.payload) as typeof closes; } catch { return broken('its payload is no JSON'); }
      const chain = open.get(String(closes.head));
      if (!chain) return broken('the chain that it closes is not there: its last record is missing or was changed');
      if (chain.records !== closes.records || String(chain.first_seq) !== closes.first_seq || String(chain.last_seq) !== closes.last_seq) {
        return broken(`the chain that it closes has ${chain.records} records, not ${String(closes.records)}`);
      }
      open.delete(String(closes.head));
      head = record.hash;
      if (head.toString('hex') === expected_head) expected_seen = true;
      return null;
    }
    const hex = record.hash.toString('hex');
    if (record.previous_hash.equals(ZERO_HASH)) {
      open.set(hex, { records: 1, first_seq: record.seq, last_seq: record.seq });
      return null;
    }
    const previous = record.previous_hash.toString('hex');
    const chain = open.get(previous);
    if (!chain) return broken('the record before it in its chain is missing or was changed');
    open.delete(previous);
    open.set(hex, { records: chain.records + 1, first_seq: chain.first_seq, last_seq: record.seq });
    return null;
  }

  function finish(): ChainFault | null {
    for (const chain of open.values()) return { seq: chain.first_seq, fault: 'its chain was never closed by a head: the head is missing' };
    if (!expected_seen) return { seq: last_seq, fault: `the head ${expected_head} is not in the log: its tail was cut, or it was chained anew` };
    return null;
  }

  return { take, finish, head: () => head.toString('hex') };
}
