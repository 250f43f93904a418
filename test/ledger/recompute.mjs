// Verifies `tieout export log` (a file, or standard input) by docs/log.md alone. Prints the head; exits 1 at the first broken record.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
const sorted = (v) => (Array.isArray(v) ? v.map(sorted) : v && typeof v === 'object' ? Object.fromEntries(Object.keys(v).sort().map((k) => [k, sorted(v[k])])) : v);
const field = (v) => {
  if (v === null) return Buffer.from('ffffffff', 'hex');
  const bytes = Buffer.from(String(v));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const fail = (record, why) => { console.log(`record ${record.seq}: ${why}`); process.exit(1); };
const zero = '0'.repeat(64);
const open = new Map();
let head = zero;
for (const line of readFileSync(process.argv[2] ?? 0, 'utf8').split('\n').filter(Boolean)) {
  const r = JSON.parse(line);
  const columns = [r.seq, r.at, r.company, r.run_id, r.actor, r.action, r.entry_id, r.decision_id, JSON.stringify(sorted(r.payload))];
  const hash = createHash('sha256').update(Buffer.from(r.previous_hash, 'hex')).update(Buffer.concat(columns.map(field))).digest('hex');
  if (hash !== r.hash) fail(r, 'hash');
  if (r.action === 'chain_head') {
    if (r.previous_hash !== head || open.get(r.payload.head) !== r.payload.records) fail(r, 'head');
    open.delete(r.payload.head);
    head = hash;
  } else {
    if (r.previous_hash !== zero && !open.has(r.previous_hash)) fail(r, 'chain');
    open.set(hash, (open.get(r.previous_hash) ?? 0) + 1);
    open.delete(r.previous_hash);
  }
}
if (open.size > 0) fail({ seq: 'end' }, 'open chain');
console.log(`sha256:${head}`);
