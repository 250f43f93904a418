import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import { CHAIN_HEAD, createVerifier, hashRecord, ZERO_HASH, type ChainFault, type LogRecord } from '../../src/core/log-chain.ts';
import { seeded } from '../helpers/seeded.ts';

/** A log of interleaved chains with their heads, as parallel batches write it. */
function makeLog(chains: number, length: number): LogRecord[] {
  const random = seeded(7);
  const log: LogRecord[] = [];
  const open: { last: Buffer; records: number; first_seq: bigint; last_seq: bigint }[] = [];
  let head = ZERO_HASH;
  let seq = 0n;
  let started = 0;
  const add = (record: Omit<LogRecord, 'hash' | 'seq' | 'at' | 'run_id' | 'company'>): LogRecord => {
    seq += BigInt(1 + Math.floor(random() * 3));
    const full = { seq, at: `2026-10-31T02:00:00.${String(log.length).padStart(6, '0')}Z`, company: 'default', run_id: 1n, ...record };
    log.push({ ...full, hash: hashRecord(full) });
    return log.at(-1)!;
  };
  while (started < chains || open.length > 0) {
    const at = Math.floor(random() * (open.length + 1));
    const chain = open[at];
    if (!chain) {
      if (started === chains) continue;
      started++;
      const { hash, seq: first } = add({ actor: 'tieout', action: 'decide', entry_id: 1n, decision_id: null, payload: '{"a":"ü"}', previous_hash: ZERO_HASH });
      open.push({ last: hash, records: 1, first_seq: first, last_seq: first });
    } else if (chain.records < length) {
      const { hash, seq: last } = add({ actor: 'r@1', action: 'decide', entry_id: seq, decision_id: seq, payload: canonicalJson({ n: chain.records }), previous_hash: chain.last });
      Object.assign(chain, { last: hash, records: chain.records + 1, last_seq: last });
    } else {
      const payload = canonicalJson({ first_seq: String(chain.first_seq), head: chain.last.toString('hex'), last_seq: String(chain.last_seq), records: chain.records });
      head = add({ actor: 'tieout', action: CHAIN_HEAD, entry_id: null, decision_id: null, payload, previous_hash: head }).hash;
      open.splice(at, 1);
    }
  }
  return log;
}

function verify(log: readonly LogRecord[], head?: string): ChainFault | null {
  const verifier = createVerifier(head);
  for (const record of log) {
    const fault = verifier.take(record);
    if (fault) return fault;
  }
  return verifier.finish();
}

const log = makeLog(20, 30);
const last_head = log.findLast((record) => record.action === CHAIN_HEAD)!.hash.toString('hex');
const random = seeded(11);
const sample = Array.from({ length: 200 }, () => Math.floor(random() * log.length));

describe('the log chain', () => {
  it('is whole as it was written, and contains every head it ever had', () => {
    expect(verify(log)).toBeNull();
    expect(verify(log, last_head)).toBeNull();
    expect(verify(log, log.find((record) => record.action === CHAIN_HEAD)!.hash.toString('hex'))).toBeNull();
  });

  it('names the record of which any column was altered', () => {
    const alterations: ((record: LogRecord) => Partial<LogRecord>)[] = [
      ({ at }) => ({ at: at.replace('2026', '2025') }), ({ company }) => ({ company: `${company}x` }), () => ({ company: null }), () => ({ run_id: 2n }), () => ({ run_id: null }),
      ({ actor }) => ({ actor: `${actor} ` }), () => ({ action: 'undo' }), () => ({ entry_id: 999_999n }), () => ({ decision_id: 999_999n }),
      ({ payload }) => ({ payload: payload.replace('{', '{ ') }), () => ({ previous_hash: Buffer.alloc(32, 1) }), () => ({ hash: Buffer.alloc(32, 2) }),
    ];
    for (const at of sample) {
      for (const alter of alterations) {
        const altered = log.with(at, { ...log[at]!, ...alter(log[at]!) });
        expect(verify(altered)?.seq).toBe(log[at]!.seq);
      }
      // A number moved into a gap of the numbering keeps the order; its own hash gives it away.
      expect(verify(log.with(at, { ...log[at]!, seq: log[at]!.seq + 1_000_000n }))).not.toBeNull();
    }
  });

  it('sees what is missing, doubled, swapped or inserted', () => {
    for (const at of sample) {
      expect(verify(log.toSpliced(at, 1))).not.toBeNull();
      expect(verify(log.toSpliced(at, 0, log[at]!))?.seq).toBe(log[at]!.seq);
      if (at + 1 < log.length) {
        const [a, b] = [log[at]!, log[at + 1]!];
        expect(verify(log.with(at, { ...b, seq: a.seq }).with(at + 1, { ...a, seq: b.seq }))).not.toBeNull();
      }
      const forged = { ...log[at]!, seq: log[at]!.seq, payload: '{"forged":true}', action: 'decide' };
      expect(verify(log.toSpliced(at, 0, { ...forged, seq: forged.seq - 1n, hash: hashRecord({ ...forged, seq: forged.seq - 1n }) }))).not.toBeNull();
    }
  });

  it('sees a cut tail, and a log that was chained anew, when an earlier head is known', () => {
    const heads = log.flatMap((record, i) => (record.action === CHAIN_HEAD ? [i] : []));
    const cut = log.slice(0, heads[3]! + 1).filter((record, i, kept) => record.action === CHAIN_HEAD || closes(kept, record));
    expect(verify(cut)).toBeNull();
    expect(verify(cut, last_head)?.fault).toContain('tail was cut');

    const rechained = rechain(log.with(5, { ...log[5]!, payload: '{"changed":true}' }));
    expect(verify(rechained)).toBeNull();
    expect(verify(rechained, last_head)?.fault).toContain('chained anew');
  });
});

/** Whether one of the heads kept closes the record's chain. */
function closes(kept: readonly LogRecord[], record: LogRecord): boolean {
  let hash = record.hash;
  for (let next: LogRecord | undefined = record; next; next = kept.find((other) => other.previous_hash.equals(hash) && other.action !== CHAIN_HEAD)) hash = next.hash;
  return kept.some((other) => other.action === CHAIN_HEAD && other.payload.includes(hash.toString('hex')));
}

/** What someone would do who may write everything: every hash from the change on is computed anew. */
function rechain(records: readonly LogRecord[]): LogRecord[] {
  const now = new Map<string, Buffer>();
  return records.map((record) => {
    const previous_hash = now.get(record.previous_hash.toString('hex')) ?? record.previous_hash;
    let { payload } = record;
    if (record.action === CHAIN_HEAD) {
      const closed = JSON.parse(payload) as { head: string };
      payload = canonicalJson({ ...closed, head: now.get(closed.head)?.toString('hex') ?? closed.head });
    }
    const hash = hashRecord({ ...record, payload, previous_hash });
    now.set(record.hash.toString('hex'), hash);
    return { ...record, payload, previous_hash, hash };
  });
}
