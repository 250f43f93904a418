import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { createVerifier, hashRecord } from '../../src/core/log-chain.ts';
import { csvRow, type CsvColumn } from '../../src/exports/csv.ts';
import { loadChart } from '../../src/exports/chart.ts';
import { exportDecisions, type ExportedDecision } from '../../src/exports/decisions.ts';
import { exportHledger } from '../../src/exports/hledger.ts';
import { exportJournal } from '../../src/exports/journal.ts';
import { exportLog } from '../../src/exports/log.ts';
import { exportOpenItems } from '../../src/exports/open-items.ts';
import { safeCursor } from '../../src/exports/stream.ts';
import { openChain, type LogChain } from '../../src/ledger/log.ts';
import { importAccounts } from '../../src/master-data/import-accounts.ts';
import { importInvoices } from '../../src/master-data/import-invoices.ts';
import { importParties } from '../../src/master-data/import-parties.ts';
import { transaction, type Tx } from '../../src/platform/database.ts';
import { decideStatement } from '../helpers/books.ts';
import { testDatabase } from '../helpers/database.ts';

const RULES_FOLDER = join(import.meta.dirname, '../../rules');

const database = await testDatabase();
const auditor = await database.as('auditor');

async function* bytes(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

/** As the auditor, who may only read. */
const text = (run: (tx: Tx) => AsyncIterable<string>): Promise<string> => transaction(auditor, async (tx) => (await Array.fromAsync(run(tx))).join(''));
const lines = async <Row>(run: (tx: Tx) => AsyncIterable<string>): Promise<Row[]> => (await text(run)).split('\n').filter(Boolean).map((line) => JSON.parse(line) as Row);
const decisions = (run_id: bigint | null = null, since = 0n) => lines<ExportedDecision>((tx) => exportDecisions(tx, { run_id, since, format: 'jsonl' }));

const id = (value: string | undefined): bigint | null => (value == null ? null : BigInt(value));

async function note(tx: Tx): Promise<{ chain: LogChain; seqs: bigint[] }> {
  const chain = await openChain(tx);
  return { chain, seqs: await chain.append([{ company: null, run_id: null, actor: 'a', action: 'note', entry_id: null, decision_id: null, payload: {} }]) };
}

async function open(as_of: string | null): Promise<string[]> {
  const items = await lines<{ invoice_number: string; open_amount: string }>((tx) => exportOpenItems(tx, { as_of, format: 'jsonl' }));
  return items.map((item) => `${item.invoice_number} ${item.open_amount}`);
}

let euro: Awaited<ReturnType<typeof decideStatement>>;
let yen: Awaited<ReturnType<typeof decideStatement>>;
beforeAll(async () => {
  await transaction(database, async (tx) => {
    const context = { actor: 'alice', companies: {} };
    await importAccounts(tx, bytes('account,currency\nDE02120300000000202051,EUR\nJP-1,JPY\n'), context);
    await importParties(tx, bytes('party_id,kind,name\nC1,customer,Alpha\n'), context);
    await importInvoices(tx, bytes('kind,invoice_number,party_id,currency,amount,issue_date\n'
      + 'receivable,RE-1,C1,EUR,100.00,2026-10-01\nreceivable,RE-2,C1,EUR,50.00,2026-10-02\nreceivable,JP-1,C1,JPY,900,2026-10-03\n'), context);
  });
  euro = await decideStatement(database, 'DE02120300000000202051', [
    { amount: 9_800n, outcome: 'auto', settles: [{ invoice_number: 'RE-1', settled: 9_800n, discount: 200n }] },
    { amount: -250n, outcome: 'auto', ledger_lines: [{ account: 'bank_fees', amount: '-250' }] },
    { amount: 5_000n, outcome: 'review', explanation: '=cmd|calc', suggestions: [{ score: 620, reasons: ['amount_exact'], ledger_account: null, allocations: [{
      invoice_id: '2', invoice_number: 'RE-2', party_id: 'C1', kind: 'receivable', currency: 'EUR', amount: '5000', settled: '5000', discount: '0', charges: '0', withholding: '0' }] }] },
    { amount: 700n, outcome: 'suspense', ledger_lines: [{ account: 'suspense', amount: '700' }] },
    { amount: 1_000n, outcome: 'manual', settles: [{ invoice_number: 'RE-2', settled: 1_000n }] },
  ]);
  yen = await decideStatement(database, 'JP-1', [{ amount: 900n, outcome: 'auto', settles: [{ invoice_number: 'JP-1', settled: 900n }] }]);
});

describe('decisions', () => {
  it('show every entry once, with amounts in its currency and nothing left over but what waits for a person', async () => {
    const rows = await decisions();
    expect(rows.map((row) => [row.line, row.outcome, row.amount, row.residual])).toEqual([
      [1, 'auto', '98.00', '0.00'], [2, 'auto', '-2.50', '0.00'], [3, 'review', '50.00', '50.00'], [4, 'suspense', '7.00', '0.00'], [5, 'review', '10.00', '0.00'],
      [1, 'auto', '900', '0'],
    ]);
    expect(rows[0]).toMatchObject({
      entry_id: String(euro.entry_ids[0]), company: 'default', document: 'in/DE02120300000000202051.xml', account: 'DE02120300000000202051', statement_id: 'S-1',
      detail: null, decided_by: 'rule', rule: null, journal_entry_id: expect.stringMatching(/^\d+$/), log_seq: expect.any(Number), ledger_lines: [],
      allocations: [{ company: 'default', invoice_number: 'RE-1', party_id: 'C1', kind: 'receivable', amount: '98.00', settled: { amount: '98.00', currency: 'EUR' },
        discount: '2.00', charges: '0.00', withholding: '0.00', write_off: '0.00' }],
    });
    expect(rows[1]!.ledger_lines).toEqual([{ account: 'bank_fees', amount: '-2.50' }]);
    expect(rows[2]!.suggestions).toMatchObject([{ score: 0.62, reasons: ['amount_exact'], allocations: [{ invoice_number: 'RE-2', amount: '50.00', settled: { amount: '50.00' } }] }]);
  });

  it('never show what a person decided as automatic', async () => {
    expect((await decisions())[4]).toMatchObject({ outcome: 'review', decided_by: 'bob', allocations: [{ invoice_number: 'RE-2', amount: '10.00' }], residual: '0.00' });
  });

  it('of a run are those of its documents; a document delivered again is a duplicate', async () => {
    const again = await transaction(database, async (tx) => {
      const { run_id } = await tx.kysely.insertInto('run').values({ kind: 'run', summary: null, schedule: null, business_date: null, finished_at: null }).returning('run_id').executeTakeFirstOrThrow();
      await tx.kysely.insertInto('delivery').values({ run_id, n: 1, document_id: yen.document_id, path: 'again.xml', is_duplicate: true }).execute();
      return run_id;
    });
    expect((await decisions(euro.run_id)).length).toBe(5);
    expect(await decisions(again)).toMatchObject([{ outcome: 'duplicate', document: 'again.xml', duplicate_of: String(yen.entry_ids[0]), decision_id: null, residual: '900', allocations: [] }]);
    expect((await decisions()).length).toBe(6);
  });

  it('go on after a cursor', async () => {
    const rows = await decisions();
    expect((await decisions(null, BigInt(rows[3]!.log_seq!))).map((row) => row.line)).toEqual([5, 1]);
  });

  it('in CSV escape what would run as a formula, and leave amounts alone', async () => {
    const csv = await text((tx) => exportDecisions(tx, { run_id: null, since: 0n, format: 'csv' }));
    const rows = csv.split('\r\n');
    expect(rows[0]).toBe('entry_id,decision_id,run_id,company,document,sha256,account,statement_id,line,detail,booking_date,value_date,amount,currency,outcome,decided_at,decided_by,'
      + 'approved_by,supersedes,reversed_by,duplicate_of,journal_entry_id,log_seq,failed_check,rule_id,rule_version,reason,explanation,score,allocations,ledger_lines,residual,suggestions');
    expect(rows[2]).toContain(',-2.50,EUR,auto,');
    expect(rows[3]).toContain(`,'=cmd|calc,`);
  });
});

describe('csv', () => {
  it.each([
    ['=1+1', "'=1+1"], ['+49 30', "'+49 30"], ['@x', "'@x"], ['-5', "'-5"], [' =1', "' =1"], ['\t=1', "'\t=1"], ['a,b', '"a,b"'], ['a"b', '"a""b"'], ['a\nb', '"a\nb"'], [null, ''],
  ])('writes the text %j as %j', (value, cell) => {
    const column: CsvColumn<null> = { name: 'x', kind: 'text', value: () => value };
    expect(csvRow([column], null)).toBe(`${cell}\r\n`);
  });
});

describe('journal', () => {
  interface Entry { kind: string; log_seq: number; lines: { account: string; invoice_number: string | null; amount: string; currency: string; base_amount: string | null }[] }

  it('balances in each entry, and names invoices and parties', async () => {
    const entries = await lines<Entry>((tx) => exportJournal(tx, { since: 0n, format: 'jsonl' }));
    for (const entry of entries) expect(entry.lines.reduce((sum, line) => sum + Math.round(Number(line.amount) * 100), 0)).toBe(0);
    expect(entries[0]).toMatchObject({ kind: 'invoice_imported', entry_id: null, reverses: null, lines: [
      { account: 'receivables', party_id: 'C1', invoice_number: 'RE-1', amount: '100.00', currency: 'EUR', base_amount: '100.00' }, { account: 'imported_items', amount: '-100.00' }] });
    expect(entries.find((entry) => entry.lines[0]!.currency === 'JPY')).toMatchObject({ lines: [{ amount: '900', base_amount: null }, { amount: '-900' }] });
    const csv = await text((tx) => exportJournal(tx, { since: BigInt(entries.at(-1)!.log_seq) - 1n, format: 'csv' }));
    expect(csv.trimEnd().split('\r\n').length).toBe(1 + entries.at(-1)!.lines.length);
  });

  const hledger = spawnSync('hledger', ['--version']).error === undefined;
  it.skipIf(!hledger)('in hledger passes its strict checks, and has the statements\' closing balances (needs hledger)', async () => {
    const journal = await text((tx) => exportHledger(tx, { since: 0n, chart: loadChart(RULES_FOLDER) }));
    const run = (...args: string[]): string => execFileSync('hledger', ['-f-', ...args], { input: journal, encoding: 'utf8' });
    run('check', '--strict');
    expect(run('accounts', '--types')).toMatch(/^discount_given +; type: X$/m);
    expect(run('balance', '--flat', '--no-total', '-O', 'csv', 'bank:')).toBe('"account","balance"\n"bank:DE02120300000000202051","1162.50 EUR"\n"bank:JP-1","100900 JPY"\n');
    expect(run('balance', '--no-total', '-O', 'csv', 'tag:invoice=RE-2', 'receivables')).toContain('40.00 EUR');
  });
});

describe('open items', () => {
  it('are as they were then', async () => {
    expect(await open('2026-09-30')).toEqual([]);
    expect(await open('2026-10-01')).toEqual(['RE-1 100.00']);
    expect(await open('2026-10-04')).toEqual(['JP-1 900', 'RE-1 100.00', 'RE-2 50.00']);
    expect(await open('2026-10-05')).toEqual(['RE-2 40.00']);
    expect(await open(null)).toEqual(['RE-2 40.00']);
  });
});

describe('log', () => {
  it('is enough to recompute the chain: the payload stands in the line as it was hashed', async () => {
    const exported = (await text((tx) => exportLog(tx, { since: 0n, format: 'jsonl' }))).trimEnd().split('\n');
    const verifier = createVerifier();
    for (const line of exported) {
      const { seq, run_id, entry_id, decision_id, previous_hash, hash, ...rest } = JSON.parse(line) as Record<string, string> & { at: string; company: string; actor: string; action: string };
      const payload = line.slice(line.indexOf('"payload":') + 10, line.lastIndexOf(',"previous_hash":'));
      const record = { ...rest, seq: BigInt(seq!), run_id: id(run_id), entry_id: id(entry_id), decision_id: id(decision_id), payload, previous_hash: Buffer.from(previous_hash!, 'hex') };
      expect(hashRecord(record).toString('hex')).toBe(hash);
      expect(verifier.take({ ...record, hash: Buffer.from(hash!, 'hex') })).toBeNull();
    }
    expect(verifier.finish()).toBeNull();
    expect(exported.length).toBeGreaterThan(10);
  });

  it('is continued from before what somebody has begun and not ended', async () => {
    await transaction(database, async (slow) => {
      const { chain, seqs } = await note(slow);
      await transaction(database, async (tx) => { await (await note(tx)).chain.close(); });
      const last = await sql<{ seq: bigint }>`select max(seq) as seq from log_record`.execute(auditor.kysely);
      expect(last.rows[0]!.seq).toBeGreaterThan(seqs[0]!);
      expect(await safeCursor(auditor, 0n)).toBe(seqs[0]! - 1n);
      await chain.close();
    });
    const last = await sql<{ seq: bigint }>`select max(seq) as seq from log_record`.execute(auditor.kysely);
    expect(await safeCursor(auditor, 0n)).toBe(last.rows[0]!.seq);
  });
});
