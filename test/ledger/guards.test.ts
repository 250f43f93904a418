import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { appendAct } from '../../src/ledger/log.ts';
import { postJournalEntries, type JournalEntryDraft } from '../../src/ledger/journal.ts';
import { transaction, type Tx } from '../../src/platform/database.ts';
import { testDatabase } from '../helpers/database.ts';

const db = await testDatabase('worker');
const owner = await db.as('owner');

const draft = (lines: JournalEntryDraft['lines'], of: Partial<JournalEntryDraft> = {}): JournalEntryDraft => ({ company: 'default', kind: 'test', booking_date: '2026-10-30', lines, ...of });
const line = (account: string, amount: bigint, currency = 'EUR') => ({ account, amount, currency });
const post = (drafts: JournalEntryDraft[]) => transaction(db, (tx) => postJournalEntries(tx, 1n, drafts));
const constraint = (name: string) => expect.objectContaining({ constraint: name });

async function request(month: string, action: 'close' | 'reopen', by = 'a', approver = 'b', tx: Pick<Tx, 'kysely'> = db): Promise<void> {
  await sql`insert into period_request (company, month, action, requested_by) values ('default', ${month}, ${action}, ${by})`.execute(tx.kysely);
  await sql`update period_request set state = 'approved', decided_by = ${approver}, decided_at = now() where month = ${month} and state = 'pending'`.execute(tx.kysely);
}

const close = (month: string, by = 'a', approver = 'b') => transaction(db, async (tx) => {
  await request(month, 'close', by, approver, tx);
  await sql`insert into period (company, month, closed_by, approved_by) values ('default', ${month}, ${by}, ${approver})`.execute(tx.kysely);
});

beforeAll(async () => {
  await sql`insert into company (company, functional_currency) values ('default', 'EUR')`.execute(owner.kysely);
});

describe('the database keeps the books balanced', () => {
  it('takes a balanced entry and keeps its totals', async () => {
    await post([draft([line('bank', 100n), line('unallocated', -100n)]), draft([line('bank', 5n), line('unallocated', -5n)])]);
    const rows = await db.kysely.selectFrom('ledger_balance').select(['account', 'balance']).orderBy('account').execute();
    expect(rows).toEqual([{ account: 'bank', balance: 105n }, { account: 'unallocated', balance: -105n }]);
  });

  it('refuses an entry that is off in one currency, off in the functional currency, or without lines', async () => {
    await expect(post([draft([line('bank', 100n), line('unallocated', -99n)])])).rejects.toEqual(constraint('journal_entry_balances'));
    await expect(post([draft([line('bank', 100n, 'USD'), line('unallocated', -100n)])])).rejects.toEqual(constraint('journal_entry_balances'));
    await expect(post([draft([{ ...line('bank', 100n), base_amount: 90n }, { ...line('unallocated', -100n), base_amount: -91n }])])).rejects.toEqual(constraint('journal_entry_balances_in_base'));
    await expect(post([draft([])])).rejects.toEqual(constraint('journal_entry_balances'));
  });

  it('takes no line for an entry that is complete, and none without an entry', async () => {
    const [id] = await post([draft([line('bank', 1n), line('unallocated', -1n)])]);
    const add = (journal_entry_id: bigint) => transaction(db, (tx) => tx.kysely.insertInto('journal_line').values({ journal_entry_id, n: 9, account: 'bank', amount: 1n, currency: 'EUR' }).execute());
    await expect(add(id!)).rejects.toEqual(constraint('journal_entry_complete'));
    await expect(add(999_999n)).rejects.toEqual(constraint('journal_line_entry'));
  });

  it('reverses a thing once', async () => {
    const [id] = await post([draft([line('bank', 7n), line('unallocated', -7n)])]);
    const reversal = draft([line('bank', -7n), line('unallocated', 7n)], { kind: 'reversal', reverses: id });
    await post([reversal]);
    await expect(post([reversal])).rejects.toEqual(constraint('journal_entry_reversed_once'));
  });

  it('posts nothing into a closed period: dates move to the first open day, and a trigger refuses the rest', async () => {
    for (const month of ['2026-08', '2026-09']) await close(month);
    const [id] = await post([draft([line('bank', 1n), line('unallocated', -1n)], { booking_date: '2026-08-15' })]);
    expect(await db.kysely.selectFrom('journal_entry').select(['posting_date', 'booking_date']).where('journal_entry_id', '=', id!).executeTakeFirst())
      .toEqual({ posting_date: '2026-10-01', booking_date: '2026-08-15' });
    await expect(transaction(db, async (tx) => {
      await tx.kysely.insertInto('journal_line').values([1n, -1n].map((amount, n) => ({ journal_entry_id: 888_888n, n, account: 'bank', amount, currency: 'EUR' }))).execute();
      await sql`insert into journal_entry (journal_entry_id, company, posting_date, booking_date, kind, log_seq) values (888888, 'default', '2026-09-30', '2026-09-30', 'test', 1)`.execute(tx.kysely);
    })).rejects.toEqual(constraint('period_open'));
  });

  it('closes and opens no period without a second person, whoever tries and in whatever role', async () => {
    await expect(sql`insert into period (company, month, closed_by, approved_by) values ('default', '2026-10', 'a', 'b')`.execute(owner.kysely)).rejects.toEqual(constraint('period_needs_two_people'));
    await expect(close('2026-10', 'a', 'a')).rejects.toEqual(constraint('nobody_approves_their_own_period'));
    await close('2026-10');
    await expect(sql`delete from period where month = '2026-10'`.execute(db.kysely)).rejects.toEqual(constraint('period_needs_two_people'));
    await expect(sql`update period set approved_by = 'c'`.execute(owner.kysely)).rejects.toEqual(constraint('period_needs_two_people'));
    // An approval is good for the transaction in which it was given, and for what was asked.
    await request('2026-11', 'close');
    await expect(sql`insert into period (company, month, closed_by, approved_by) values ('default', '2026-11', 'a', 'b')`.execute(db.kysely)).rejects.toEqual(constraint('period_needs_two_people'));
    await expect(sql`update period_request set requested_by = 'z'`.execute(owner.kysely)).rejects.toThrow('stays so');
    await transaction(db, async (tx) => {
      await request('2026-10', 'reopen', 'a', 'b', tx);
      await sql`delete from period where month = '2026-10'`.execute(tx.kysely);
    });
    await expect(sql`truncate period`.execute(owner.kysely)).rejects.toThrow('append-only');
  });
});

describe('what a row names', () => {
  it.each([
    ['decision', 'entry_id', `insert into decision (entry_id, company, outcome, decided_by, reason, explanation) values (9999, 'default', 'review', 'rule', 'x', 'x')`],
    ['allocation', 'decision_id', `insert into allocation (decision_id, n, invoice_id, amount, settled, settled_currency) values (9999, 1, 1, 1, 1, 'EUR')`],
    ['review_item', 'entry_id', `insert into review_item (entry_id, company, decision_id, reason) values (9999, 'default', 9999, 'x')`],
  ])('is there: %s', async (table, column, statement) => {
    await expect(sql.raw(statement).execute(owner.kysely)).rejects.toEqual(constraint(`${table}_${column}_reference`));
  });

  it('is there: journal_entry', async () => {
    await expect(post([draft([line('bank', 1n), line('unallocated', -1n)], { entry_id: 9_999n })])).rejects.toEqual(constraint('journal_entry_entry_id_reference'));
  });
});

describe('open amounts', () => {
  it('never go below zero or above the amount', async () => {
    await sql`insert into invoice (invoice_id, company, kind, invoice_number, party_id, currency, amount, issue_date, status, erp_open)
      values (1, 'default', 'receivable', 'RE-1', 'C1', 'EUR', 100, '2026-10-01', 'open', 100)`.execute(db.kysely);
    await sql`insert into open_item (invoice_id, company, party_id, amount, open) values (1, 'default', 'C1', 100, 100)`.execute(db.kysely);
    for (const open of [-1n, 101n]) await expect(db.kysely.updateTable('open_item').set({ open }).execute()).rejects.toEqual(constraint('open_within_amount'));
  });
});

describe('nothing is changed or deleted', () => {
  const tables = ['journal_entry', 'journal_line', 'log_record', 'allocation', 'decision', 'entry', 'ruleset'];

  it.each(tables)('%s: not by the application, for want of rights', async (table) => {
    for (const role of ['worker', 'web', 'auditor'] as const) {
      const as = await db.as(role);
      await expect(sql`delete from ${sql.table(table)}`.execute(as.kysely)).rejects.toThrow('permission denied');
      await expect(sql`truncate ${sql.table(table)}`.execute(as.kysely)).rejects.toThrow('permission denied');
    }
  });

  it.each(tables)('%s: not by its owner either, for a trigger', async (table) => {
    await expect(sql`delete from ${sql.table(table)}`.execute(owner.kysely)).rejects.toThrow('append-only');
    await expect(sql`truncate ${sql.table(table)} cascade`.execute(owner.kysely)).rejects.toThrow('append-only');
  });

  it('lets an auditor read and nothing else, and the application own nothing', async () => {
    const auditor = await db.as('auditor');
    await sql`select from log_record`.execute(auditor.kysely);
    await expect(transaction(auditor, (tx: Tx) => appendAct(tx, { company: null, run_id: null, actor: 'x', action: 'x', payload: {} }))).rejects.toThrow('permission denied');
    const { rows } = await sql`select tablename from pg_tables where schemaname = 'public' and tableowner <> 'tieout_owner'`.execute(db.kysely);
    expect(rows).toEqual([]);
  });
});
