import { sql } from 'kysely';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listDeepViolations } from '../../src/ledger/invariants.ts';
import { importAccounts } from '../../src/master-data/import-accounts.ts';
import { importInvoices } from '../../src/master-data/import-invoices.ts';
import { importParties } from '../../src/master-data/import-parties.ts';
import { transaction } from '../../src/platform/database.ts';
import { acceptSuggestion, assignEntry, undoDecision } from '../../src/review/acts.ts';
import { listReviewItems, loadReviewItem } from '../../src/review/items.ts';
import { decideStatement } from '../helpers/books.ts';
import { testDatabase } from '../helpers/database.ts';

const database = await testDatabase();
const web = await database.as('web');
const ACT = { user: 'bob' };

async function* bytes(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

beforeAll(async () => {
  await transaction(database, async (tx) => {
    const context = { actor: 'alice', companies: {} };
    await importAccounts(tx, bytes('account,currency\nDE02120300000000202051,EUR\n'), context);
    await importParties(tx, bytes('party_id,kind,name\nC1,customer,Alpha\nC2,customer,Beta\n'), context);
    await importInvoices(tx, bytes('kind,invoice_number,party_id,currency,amount,issue_date,tax\nreceivable,R-1,C1,EUR,119.00,2026-09-01,19:100.00:19.00\n'
      + 'receivable,R-2,C1,EUR,50.00,2026-09-01,\nreceivable,SAME,C1,EUR,10.00,2026-09-01,\nreceivable,SAME,C2,EUR,10.00,2026-09-01,\n'), context);
  });
});

/** An entry of 130.00 in the queue, which pays R-1 and 11.00 too much, on an account with nothing but it. */
let entry_id: bigint;
beforeEach(async () => {
  await sql`update open_item set open = amount`.execute(database.kysely);
  const { rows: [r1] } = await sql<{ invoice_id: bigint }>`select invoice_id from invoice where invoice_number = 'R-1'`.execute(database.kysely);
  const suggestion = {
    allocations: [{ invoice_id: String(r1!.invoice_id), invoice_number: 'R-1', party_id: 'C1', kind: 'receivable', currency: 'EUR', amount: '11900', settled: '11900', discount: '0', charges: '0', withholding: '0' }],
    ledger_account: null, score: 700, reasons: ['named_by_number'],
  };
  const decided = await decideStatement(database, 'DE02120300000000202051', [{ amount: 13_000n, outcome: 'review', suggestions: [suggestion] }]);
  entry_id = decided.entry_ids[0]!;
  await sql`insert into review_item (entry_id, company, decision_id, reason) select entry_id, company, decision_id, reason from decision where entry_id = ${entry_id}`.execute(database.kysely);
});

const accept = (act = {}) => transaction(web, (tx) => acceptSuggestion(tx, entry_id, 1, { ...ACT, ...act }));
const assign = (invoices: Parameters<typeof assignEntry>[2], ledger: Parameters<typeof assignEntry>[3] = []) => transaction(web, (tx) => assignEntry(tx, entry_id, invoices, ledger, ACT));
const undo = () => transaction(web, (tx) => undoDecision(tx, entry_id, 'a mistake', ACT));

/** The lines of the entry's last posting but those of its bank account, and what is then open. */
async function posted(): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select concat_ws(' ', l.account, i.invoice_number, l.party_id, l.amount) as line from journal_line l left join invoice i using (invoice_id)
     where l.journal_entry_id = (select max(journal_entry_id) from journal_entry where entry_id = ${entry_id}) order by l.n`.execute(database.kysely);
  return rows.map((row) => row.line);
}
async function open(invoice_number: string): Promise<bigint> {
  const { rows: [row] } = await sql<{ open: bigint }>`select sum(open)::bigint as open from open_item join invoice using (invoice_id) where invoice_number = ${invoice_number}`.execute(database.kysely);
  return row!.open;
}

describe('accept', () => {
  it('settles the suggestion and puts the rest on the account of its party', async () => {
    const decision_id = await accept();
    expect(await posted()).toEqual(['unallocated 13000', 'receivables R-1 C1 -11900', 'on_account C1 -1100']);
    expect(await open('R-1')).toBe(0n);
    expect(await loadReviewItem(web, entry_id)).toMatchObject({ state: 'done', outcome: 'manual', decision_id, version: 1 });
  });

  it('refuses what has changed since it was shown, and what is done', async () => {
    await accept();
    await expect(accept()).rejects.toMatchObject({ code: 'stale', message: expect.stringContaining('no longer open') });
    await undo();
    await expect(accept({ version: 0 })).rejects.toMatchObject({ code: 'stale', message: expect.stringContaining('version 2, not 0') });
  });

  it('settles nothing beyond what is open', async () => {
    await sql`update open_item set open = 11800 where invoice_id = (select invoice_id from invoice where invoice_number = 'R-1')`.execute(database.kysely);
    await expect(accept()).rejects.toMatchObject({ code: 'stale', message: expect.stringContaining('only 118.00 EUR open') });
    expect(await loadReviewItem(web, entry_id)).toMatchObject({ state: 'open', version: 0 });
  });
});

describe('assign', () => {
  it('splits the entry, with a discount by net and tax and a write-off', async () => {
    await assign([{ invoice_number: 'R-1', amount: '107.10', discount: '11.90' }, { invoice_number: 'R-2', amount: '20.00', write_off: '0.50' }], [{ account: 'bank_fees', amount: '2.90' }]);
    expect(await posted()).toEqual(['unallocated 13000', 'receivables R-1 C1 -11900', 'discount_given R-1 C1 1000', 'output_tax R-1 C1 190',
      'receivables R-2 C1 -2050', 'write_offs R-2 C1 50', 'bank_fees -290']);
    expect([await open('R-1'), await open('R-2')]).toEqual([0n, 2950n]);
  });

  it.each([
    ['leaves a rest', [{ invoice_number: 'R-1', amount: '119.00' }], [], 'leave 11.00 EUR'],
    ['has the wrong sign', [{ invoice_number: 'R-1', amount: '-119.00' }], [], 'takes a positive amount'],
    ['is no amount', [{ invoice_number: 'R-1', amount: '119,00' }], [], 'no amount in EUR'],
    ['names one of two invoices', [{ invoice_number: 'SAME', amount: '130.00' }], [], 'one of C1, C2'],
    ...['receivables', 'payables', 'unallocated', 'suspense', 'bank'].map((account): [string, [], { account: string; amount: string }[], string] => [
      `posts to ${account} by hand`, [], [{ account, amount: '130.00' }], 'cannot be posted to by hand',
    ]),
  ])('refuses what %s', async (_, invoices, ledger, message) => {
    await expect(assign(invoices, ledger)).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining(message) });
    expect(await loadReviewItem(web, entry_id)).toMatchObject({ state: 'open', version: 0 });
  });
});

describe('undo', () => {
  it('reverses the posting, opens the invoice and puts the entry into the queue again; nothing is edited', async () => {
    const decision_id = await accept({ comment: 'by phone' });
    const { rows: before } = await sql`select * from journal_line order by journal_entry_id, n`.execute(database.kysely);
    await undo();
    expect(await posted()).toEqual(['unallocated -13000', 'receivables R-1 C1 11900', 'on_account C1 1100']);
    const { rows: after } = await sql`select * from journal_line order by journal_entry_id, n`.execute(database.kysely);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(await open('R-1')).toBe(11_900n);
    expect((await listReviewItems(web, {})).find((item) => item.entry_id === entry_id)).toMatchObject({ reason: 'undone', version: 2 });
    const { rows: decisions } = await sql<{ outcome: string; decided_by: string; supersedes: bigint | null }>`
      select outcome, decided_by, supersedes from decision where entry_id = ${entry_id} order by decision_id`.execute(database.kysely);
    expect(decisions.map((one) => `${one.outcome} ${one.decided_by}`)).toEqual(['review rule', 'manual bob', 'review bob']);
    expect(decisions[2]!.supersedes).toBe(decision_id);
    await expect(undo()).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('of an automatic decision leaves the entry in the bank account, unallocated', async () => {
    const { entry_ids } = await decideStatement(database, 'DE02120300000000202051', [{ amount: 5_000n, outcome: 'auto', settles: [{ invoice_number: 'R-2', settled: 5_000n }] }]);
    entry_id = entry_ids[0]!;
    await undo();
    expect(await posted()).toEqual(['bank 5000', 'unallocated -5000']);
    expect(await open('R-2')).toBe(5_000n);
  });

  it('and all before it leave books that add up, and a log of every act', async () => {
    await accept();
    await undo();
    await assign([], [{ account: 'clearing', amount: '130.00' }]);
    const { rows: acts } = await sql<{ action: string; actor: string }>`select action, actor from log_record where entry_id = ${entry_id} and action <> 'decide' order by seq`.execute(database.kysely);
    expect(acts.map((act) => `${act.action} ${act.actor}`)).toEqual(['accept bob', 'undo bob', 'assign bob']);
    const { rows: [books] } = await sql<{ balance: bigint }>`select sum(amount)::bigint as balance from journal_line`.execute(database.kysely);
    expect(books!.balance).toBe(0n);
    expect((await listDeepViolations(web)).filter(({ invariant }) => /journal entry balances|kept balances|standing decision/.test(invariant))).toEqual([]);
  });
});
