import { sql } from 'kysely';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyLog } from '../../src/ledger/verify-log.ts';
import { exportDecisions, type ExportedDecision } from '../../src/exports/decisions.ts';
import { listDeepViolations } from '../../src/ledger/invariants.ts';
import { transaction } from '../../src/platform/database.ts';
import { acceptSuggestion, assignEntry, undoDecision, type AssignedInvoice, type AssignedLedger } from '../../src/review/acts.ts';
import { loadReviewItem } from '../../src/review/items.ts';
import { importMasterData, runBatch, type SampleEntry } from '../helpers/batch.ts';
import { testDatabase } from '../helpers/database.ts';

const BANK = 'DE02120300000000202051';
const ALPHA = 'DE02500105170137075030';
const worker = await testDatabase('worker');
// What people do, they do in the web's role.
const db = await worker.as('web');

const act = { user: 'bob' };
const undo = (entry_id: bigint, user = 'bob') => transaction(db, (tx) => undoDecision(tx, entry_id, 'wrong customer', { user }));
const accept = (entry_id: bigint, number = 1, of: { user: string; version?: number } = act) => transaction(db, (tx) => acceptSuggestion(tx, entry_id, number, of));
const assign = (entry_id: bigint, invoices: AssignedInvoice[], ledger: AssignedLedger[] = [], of: { user: string; version?: number } = act) =>
  transaction(db, (tx) => assignEntry(tx, entry_id, invoices, ledger, of));
const refusal = (code: string, message: RegExp) => expect.objectContaining({ code, message: expect.stringMatching(message) });

let day = 0;
let balance = 1_000;
/** A new statement with the entries of a day; their ids in order. */
async function book(...entries: SampleEntry[]): Promise<bigint[]> {
  const date = new Date(Date.UTC(2026, 2, ++day)).toISOString().slice(0, 10);
  const opening = balance.toFixed(2);
  for (const entry of entries) balance += Number(entry.amount);
  await runBatch(worker, [[{ account: BANK, sequence: String(day), date, opening, entries }]]);
  const { rows } = await sql<{ entry_id: bigint }>`select entry_id from entry where booking_date = ${date} and is_leaf order by entry_id`.execute(db.kysely);
  return rows.map((row) => row.entry_id);
}

let invoices = 0;
/** A new receivable of C1 over 119.00 (discount 2.38), or what is given. */
async function invoice(of: { number?: string; kind?: string; amount?: string; party?: string; currency?: string; tax?: string } = {}): Promise<string> {
  const number = of.number ?? `RE-2026-${String(1_000 + ++invoices)}`;
  await importMasterData(worker, { accounts: `account,currency\n${BANK},EUR\n`, invoices: 'kind,invoice_number,party_id,currency,amount,issue_date,discount_amount,discount_until,tax\n'
    + `${of.kind ?? 'receivable'},${number},${of.party ?? 'C1'},${of.currency ?? 'EUR'},${of.amount ?? '119.00'},2026-02-01,2.38,2026-12-31,${of.tax ?? ''}\n` });
  return number;
}

async function open(number: string): Promise<string> {
  const { rows: [row] } = await sql<{ open: bigint }>`select o.open from open_item o join invoice using (invoice_id) where invoice_number = ${number}`.execute(db.kysely);
  return String(row!.open);
}

/** What the export says of the decision that stands for an entry. */
async function exported(entry_id: bigint): Promise<ExportedDecision> {
  const text = await transaction(db, async (tx) => (await Array.fromAsync(exportDecisions(tx, { run_id: null, since: 0n, format: 'jsonl' }))).join(''));
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as ExportedDecision).find((one) => one.entry_id === String(entry_id))!;
}

async function postingOf(entry_id: bigint, kind: string): Promise<string | null> {
  const { rows: [row] } = await sql<{ id: string }>`select max(journal_entry_id)::text as id from journal_entry where entry_id = ${entry_id} and kind = ${kind}`.execute(db.kysely);
  return row!.id;
}

async function balances(): Promise<Record<string, bigint>> {
  const { rows } = await sql<{ account: string; balance: bigint }>`select account, balance from ledger_balance where currency = 'EUR' and account not in ('imported_items', 'opening_balance')`.execute(db.kysely);
  return Object.fromEntries(rows.map((row) => [row.account, row.balance]));
}

/** What an act changes in the ledger, account by account. */
async function moved(work: () => Promise<unknown>): Promise<Record<string, string>> {
  const before = await balances();
  await work();
  const after = await balances();
  return Object.fromEntries(Object.entries(after).filter(([account, now]) => now !== (before[account] ?? 0n)).map(([account, now]) => [account, String(now - (before[account] ?? 0n))]));
}

const stranger: SampleEntry = { amount: '119.00', name: 'Nobody Known', account: 'DE75512108001245126199', text: 'thanks' };

beforeAll(async () => {
  await importMasterData(worker, {
    accounts: `account,currency\n${BANK},EUR\n`,
    parties: `party_id,kind,name,accounts\nC1,customer,Alpha GmbH,${ALPHA}\nC2,customer,Beta GmbH,\n`,
  });
  await sql`update company set mode = 'auto'`.execute(db.kysely);
});

beforeEach(async () => {
  return async () => {
    expect(await listDeepViolations(db)).toEqual([]);
    expect((await verifyLog(db)).fault).toBeNull();
  };
});

describe('accept', () => {
  it('posts the suggestion: the invoice is settled, the item done, the act in the log', async () => {
    const number = await invoice();
    const [entry_id] = await book({ amount: '100.00', name: 'Alpha GmbH', account: ALPHA, text: `part of ${number}` });
    const item = await loadReviewItem(db, entry_id!);
    expect(item).toMatchObject({ outcome: 'review', reason: 'short_payment', version: 0 });
    expect(await moved(() => accept(entry_id!, 1, { user: 'bob', version: 0 }))).toEqual({ unallocated: '10000', receivables: '-10000' });
    expect(await open(number)).toBe('1900');
    expect(await loadReviewItem(db, entry_id!)).toMatchObject({ state: 'done', outcome: 'manual', version: 1 });
    const { rows: [record] } = await sql<{ actor: string; payload: string }>`select actor, payload from log_record where entry_id = ${entry_id!} and action = 'accept'`.execute(db.kysely);
    expect(record).toMatchObject({ actor: 'bob' });
    expect(JSON.parse(record!.payload)).toMatchObject({ suggestion: 1, supersedes: String(item.decision_id), allocations: [{ amount: '10000', settled: '10000' }] });
  });

  it('puts what the suggestion leaves over on the account of its party', async () => {
    const number = await invoice();
    const [entry_id] = await book({ amount: '130.00', name: 'Alpha GmbH', account: ALPHA, text: number });
    expect(await moved(() => accept(entry_id!))).toEqual({ unallocated: '13000', receivables: '-11900', on_account: '-1100' });
    const { rows } = await sql`select party_id from journal_line where account = 'on_account' order by journal_entry_id desc limit 1`.execute(db.kysely);
    expect(rows).toEqual([{ party_id: 'C1' }]);
  });

  it('puts a prepayment on the account of the party that the suggestion names, also after an undo', async () => {
    const [entry_id] = await book({ amount: '4321.09', name: 'Alpha GmbH', account: ALPHA, text: 'prepayment order 4711' });
    const suggested = async () => (await loadReviewItem(db, entry_id!)).suggestions.findIndex((one) => one.ledger_account === 'on_account') + 1;
    expect(await suggested()).toBeGreaterThan(0);
    expect(await moved(async () => accept(entry_id!, await suggested()))).toEqual({ unallocated: '432109', on_account: '-432109' });
    await undo(entry_id!);
    await accept(entry_id!, await suggested());
    const { rows } = await sql`select party_id from journal_line where account = 'on_account' and amount = -432109`.execute(db.kysely);
    expect(rows).toEqual([{ party_id: 'C1' }, { party_id: 'C1' }]);
  });

  it('refuses a number that is not there, "none of ours", what is no longer open, and a version that was not the last', async () => {
    const number = await invoice();
    const [short, suspense] = await book({ amount: '50.00', name: 'Alpha GmbH', account: ALPHA, text: number }, stranger);
    await expect(accept(short!, 9)).rejects.toEqual(refusal('not_found', /no number 9/));
    await expect(accept(suspense!, 1)).rejects.toEqual(refusal('invalid_input', /none of ours/));
    await expect(accept(short!, 1, { user: 'bob', version: 3 })).rejects.toEqual(refusal('stale', /version 0, not 3/));
    await accept(short!);
    await expect(accept(short!)).rejects.toEqual(refusal('stale', /no longer open/));
    await expect(accept(999_999n)).rejects.toEqual(refusal('not_found', /not in the review queue/));
  });

  it('refuses a suggestion whose invoice was settled meanwhile', async () => {
    const number = await invoice();
    const [first, second] = await book({ amount: '100.00', name: 'Alpha GmbH', account: ALPHA, text: number }, { amount: '90.00', name: 'Alpha GmbH', account: ALPHA, text: number });
    await accept(first!);
    await expect(accept(second!)).rejects.toEqual(refusal('stale', /has only 19\.00 EUR open/));
  });

  it('lets exactly one of two people have an item', async () => {
    const number = await invoice();
    const [entry_id] = await book({ amount: '20.00', name: 'Alpha GmbH', account: ALPHA, text: number });
    const ends = await Promise.allSettled([accept(entry_id!, 1, { user: 'bob', version: 0 }), accept(entry_id!, 1, { user: 'eve', version: 0 }), assign(entry_id!, [], [{ account: 'bank_fees', amount: '20.00' }], { user: 'ann', version: 0 })]);
    expect(ends.filter((end) => end.status === 'fulfilled')).toHaveLength(1);
    for (const end of ends) if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'stale' });
  });
});

describe('assign', () => {
  it('takes several invoices, a discount with its tax, a write-off and a netted credit note in one posting', async () => {
    const [a, b, credit] = [await invoice({ tax: '19:100.00:19.00' }), await invoice(), await invoice({ kind: 'credit_note', amount: '20.00' })];
    const [entry_id] = await book({ ...stranger, amount: '214.61' });
    const posted = await moved(() => assign(entry_id!, [
      { invoice_number: a, amount: '116.62', discount: '2.38' }, { invoice_number: b, party_id: 'C1', amount: '117.99', write_off: '1.01' }, { invoice_number: credit, amount: '-20.00' },
    ]));
    // The entry stood in suspense.
    expect(posted).toEqual({ suspense: '21461', receivables: '-21800', discount_given: '200', output_tax: '38', write_offs: '101' });
    expect([await open(a), await open(b), await open(credit)]).toEqual(['0', '0', '0']);
  });

  it('takes ledger accounts, and a payment of a payable', async () => {
    const bill = await invoice({ kind: 'payable', party: 'C2' });
    const [entry_id] = await book({ ...stranger, amount: '-125.00' });
    expect(await moved(() => assign(entry_id!, [{ invoice_number: bill, amount: '-119.00' }], [{ account: 'bank_fees', amount: '-4.00' }, { account: 'on_account', party_id: 'C2', amount: '-2.00' }])))
      .toEqual({ suspense: '-12500', payables: '11900', bank_fees: '400', on_account: '200' });
  });

  it('refuses what does not add up, does not fit, or is not there, and changes nothing', async () => {
    const number = await invoice();
    const dollars = await invoice({ currency: 'USD' });
    const credit = await invoice({ kind: 'credit_note' });
    await invoice({ number: 'TWICE', party: 'C1' });
    await invoice({ number: 'TWICE', party: 'C2' });
    const [entry_id] = await book({ ...stranger, amount: '119.00' });
    const refused: [AssignedInvoice[], AssignedLedger[], string, RegExp][] = [
      [[{ invoice_number: number, amount: '100.00' }], [], 'invalid_input', /leave 19\.00 EUR of the entry's 119\.00/],
      [[{ invoice_number: number, amount: '119.00', discount: '1.00' }], [], 'stale', /has only 119\.00 EUR open/],
      [[{ invoice_number: number, amount: '-119.00' }], [], 'invalid_input', /takes a positive amount/],
      [[{ invoice_number: credit, amount: '119.00' }], [], 'invalid_input', /takes a negative amount/],
      [[{ invoice_number: number, amount: '120.00', discount: '-1.00' }], [{ account: 'bank_fees', amount: '-1.00' }], 'invalid_input', /discount.*negative/],
      [[{ invoice_number: number, amount: '119.001' }], [], 'invalid_input', /is no amount in EUR/],
      [[{ invoice_number: dollars, amount: '119.00' }], [], 'invalid_input', /is in USD, the entry in EUR/],
      [[{ invoice_number: 'TWICE', amount: '119.00' }], [], 'invalid_input', /one of C1, C2; name the party/],
      [[{ invoice_number: 'RE-0', amount: '119.00' }], [], 'not_found', /no open invoice RE-0/],
      [[], [{ account: 'receivables', amount: '119.00' }], 'invalid_input', /receivables/],
      [[], [{ account: 'unallocated', amount: '119.00' }], 'invalid_input', /unallocated/],
      [[], [{ account: 'on_account', amount: '119.00' }], 'invalid_input', /on_account.*party/],
      [[], [{ account: 'on_account', party_id: 'C9', amount: '119.00' }], 'not_found', /no party C9/],
      [[], [], 'invalid_input', /leave 119\.00/],
    ];
    for (const [parts, ledger, code, message] of refused) {
      expect(await moved(() => expect(assign(entry_id!, parts, ledger)).rejects.toEqual(refusal(code, message)))).toEqual({});
    }
    expect(await loadReviewItem(db, entry_id!)).toMatchObject({ state: 'open', version: 0 });
  });
});

describe('undo', () => {
  it('takes back an automatic decision: bank unchanged, invoice open, the item in the queue, to be accepted again', async () => {
    const number = await invoice({ tax: '19:100.00:19.00' });
    const [entry_id] = await book({ amount: '116.62', name: 'Alpha GmbH', account: ALPHA, text: number });
    expect(await open(number)).toBe('0');
    expect(await moved(() => undo(entry_id!))).toEqual({ receivables: '11900', discount_given: '-200', output_tax: '-38', unallocated: '-11662' });
    expect(await open(number)).toBe('11900');
    const { rows } = await sql`select kind, reverses is not null as names from journal_entry where entry_id = ${entry_id!} order by journal_entry_id`.execute(db.kysely);
    expect(rows).toEqual([{ kind: 'bank_entry', names: false }, { kind: 'reversal', names: true }, { kind: 'reopen', names: false }]);
    const item = await loadReviewItem(db, entry_id!);
    expect(item).toMatchObject({ state: 'open', outcome: 'review', reason: 'undone' });
    expect(item.suggestions[0]!.allocations).toMatchObject([{ invoice_number: number, discount: '238' }]);
    expect(await moved(() => accept(entry_id!, 1, { user: 'eve', version: item.version }))).toMatchObject({ unallocated: '11662', receivables: '-11900' });
    expect(await open(number)).toBe('0');
  });

  it('takes back a person\'s decision as often as it was made, and never twice', async () => {
    const number = await invoice();
    const [entry_id] = await book({ amount: '60.00', name: 'Alpha GmbH', account: ALPHA, text: number });
    for (let n = 0; n < 2; n++) {
      await accept(entry_id!);
      expect(await moved(() => undo(entry_id!, 'eve'))).toEqual({ receivables: '6000', unallocated: '-6000' });
      expect(await exported(entry_id!)).toMatchObject({ reason: 'undone', journal_entry_id: await postingOf(entry_id!, 'reversal'), reversed_by: null });
      await expect(undo(entry_id!)).rejects.toEqual(refusal('invalid_input', /outcome review: nothing was allocated/));
    }
    expect(await open(number)).toBe('11900');
    expect(await loadReviewItem(db, entry_id!)).toMatchObject({ state: 'open', suggestions: [{ allocations: [{ invoice_number: number }] }] });
    await expect(undo(999_999n)).rejects.toEqual(refusal('not_found', /no decided entry/));
  });

  it('puts an entry back into suspense that a person had taken out of it', async () => {
    const number = await invoice();
    const [entry_id] = await book(stranger);
    expect(await moved(() => assign(entry_id!, [{ invoice_number: number, amount: '119.00' }]))).toEqual({ suspense: '11900', receivables: '-11900' });
    expect(await moved(() => undo(entry_id!))).toEqual({ suspense: '-11900', receivables: '11900' });
    expect(await loadReviewItem(db, entry_id!)).toMatchObject({ state: 'open', outcome: 'suspense', reason: 'undone' });
    await assign(entry_id!, [{ invoice_number: number, amount: '119.00' }]);
    await undo(entry_id!);
  });

  it('lets exactly one of two people have it', async () => {
    const number = await invoice();
    const [entry_id] = await book({ amount: '119.00', name: 'Alpha GmbH', account: ALPHA, text: number });
    const ends = await Promise.allSettled([undo(entry_id!), undo(entry_id!, 'eve')]);
    expect(ends.map((end) => end.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await open(number)).toBe('11900');
  });

  it('of what the bank has returned since is refused, the return\'s own is not', async () => {
    const number = await invoice();
    const [paid] = await book({ amount: '119.00', name: 'Alpha GmbH', account: ALPHA, text: number, end_to_end_id: 'DD-1' });
    expect(await exported(paid!)).toMatchObject({ journal_entry_id: await postingOf(paid!, 'bank_entry'), reversed_by: null });
    const [returned] = await book({ amount: '-119.00', end_to_end_id: 'DD-1', return_reason: 'AM04' });
    expect(await open(number)).toBe('11900');
    expect(await exported(paid!)).toMatchObject({ outcome: 'auto', reversed_by: await postingOf(returned!, 'bank_entry') });
    await expect(undo(paid!)).rejects.toEqual(refusal('invalid_input', new RegExp(`returned.*undo entry ${returned} first`)));
    expect(await moved(() => undo(returned!))).toEqual({ receivables: '-11900', unallocated: '11900' });
    expect(await open(number)).toBe('0');
    expect(await exported(paid!)).toMatchObject({ outcome: 'auto', reversed_by: null });
    await undo(paid!);
  });

  it('of a return leads back to it by its suggestion, once', async () => {
    const number = await invoice();
    const [paid] = await book({ amount: '116.62', name: 'Alpha GmbH', account: ALPHA, text: number, end_to_end_id: 'DD-2' });
    await sql`update company set mode = 'suggest'`.execute(db.kysely);
    const [returned, again] = await book({ amount: '-116.62', end_to_end_id: 'DD-2', return_reason: 'AM04' }, { amount: '-116.62', end_to_end_id: 'DD-2', return_reason: 'AM04', bank_reference: 'B' });
    await sql`update company set mode = 'auto'`.execute(db.kysely);
    expect(await loadReviewItem(db, returned!)).toMatchObject({ reason: 'would_be_automatic' });
    expect(await moved(() => accept(returned!))).toEqual({ unallocated: '-11662', receivables: '11900', discount_given: '-238' });
    // The first suggestion is that the other return has taken it.
    await expect(accept(again!, 2)).rejects.toEqual(refusal('stale', new RegExp(`entry ${paid} was returned meanwhile`)));
    await undo(returned!);
    await accept(returned!);
    await undo(returned!);
    await undo(paid!);
    await expect(accept(returned!)).rejects.toEqual(refusal('stale', new RegExp(`entry ${paid} was decided anew meanwhile`)));
  });

  it('is refused in words where it would open more than the invoice has', async () => {
    const number = await invoice();
    const [entry_id] = await book({ amount: '119.00', name: 'Alpha GmbH', account: ALPHA, text: number });
    await invoice({ number, amount: '80.00' });
    await expect(undo(entry_id!)).rejects.toEqual(refusal('stale', new RegExp(`${number}.*80\\.00`)));
  });
});

it('a zero-amount entry waits for a person, who can close it', async () => {
  const [entry_id] = await book({ amount: '0.00', name: 'Alpha GmbH', account: ALPHA, text: 'information' });
  expect(await moved(() => assign(entry_id!, [], [{ account: 'clearing', amount: '0.00' }]))).toEqual({});
  await undo(entry_id!);
  expect(await loadReviewItem(db, entry_id!)).toMatchObject({ state: 'open' });
});

