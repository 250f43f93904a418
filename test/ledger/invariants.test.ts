import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { listDeepViolations, type Violation } from '../../src/ledger/invariants.ts';
import { transaction } from '../../src/platform/database.ts';
import { importMasterData, runBatch } from '../helpers/batch.ts';
import { testDatabase } from '../helpers/database.ts';

const db = await testDatabase('worker');
const owner = await db.as('owner');

beforeAll(async () => {
  await importMasterData(db, {
    accounts: 'account,currency\nBANK-1,EUR\n',
    parties: 'party_id,kind,name,accounts\nC1,customer,Alpha GmbH,A-1\n',
    invoices: 'kind,invoice_number,party_id,currency,amount,issue_date\nreceivable,RE-10001,C1,EUR,119.00,2026-10-01\nreceivable,RE-10002,C1,EUR,50.00,2026-10-01\n',
  });
  await sql`update company set mode = 'auto'`.execute(db.kysely);
  const payer = { name: 'Alpha GmbH', account: 'A-1' };
  await runBatch(db, [[{ account: 'BANK-1', date: '2026-10-05', opening: '100.00', entries: [
    { amount: '119.00', text: 'RE-10001', ...payer }, { amount: '20.00', text: 'RE-10002', ...payer }, { amount: '7.00', name: 'Nobody Known', account: 'X-1' },
  ] }]]);
});

/** What is wrong after the owner of the tables, who can switch their guards off, has done this; all is taken back afterwards. */
async function after(...statements: string[]): Promise<Violation[]> {
  const undone = new Error('undone');
  let found: Violation[] = [];
  await transaction(owner, async (tx) => {
    for (const table of ['decision', 'journal_line']) await sql`alter table ${sql.id(table)} disable trigger user`.execute(tx.kysely);
    for (const statement of statements) await sql.raw(statement).execute(tx.kysely);
    found = await listDeepViolations(tx);
    throw undone;
  }).catch((error: unknown) => {
    if (error !== undone) throw error;
  });
  return found;
}

describe('the invariants', () => {
  it('hold after a night', async () => {
    expect(await listDeepViolations(db)).toEqual([]);
  });

  const BANK = 'bank in the ledger = closing balance of the last accepted statement';
  const CONTROL = 'control account = sum of the open items behind it';
  const UNALLOCATED = 'unallocated = sum of the entries in review';
  const SUSPENSE = 'suspense = sum of the entries in it';
  const KEPT = 'kept balances = sum of the lines';
  const BALANCED = 'every journal entry balances';
  const BASE = 'every journal entry balances in the functional currency';
  const STANDING = 'every leaf of a decided document has exactly one standing decision';
  const INVOICE = 'the control account holds each open amount, invoice by invoice';
  it.each([
    ['a statement whose closing is another', ['update statement set closing = closing + 1'], [BANK]],
    ['a kept balance of the bank that is off', [`update ledger_balance set balance = balance + 1 where account = 'bank'`], [BANK, KEPT]],
    ['an open item that is off', ['update open_item set open = open + 1 where open < amount'], [CONTROL, INVOICE]],
    ['an item that left the queue without a posting', [`update review_item set state = 'done' where reason = 'short_payment'`], [UNALLOCATED]],
    ['an entry in suspense that left the queue without a posting', [`update review_item set state = 'done' where reason = 'unknown_counterparty'`], [SUSPENSE]],
    ['a line of another amount', [`update journal_line set amount = amount + 1 where account = 'suspense'`], [BALANCED, KEPT]],
    ['a base amount that is off', [`update journal_line set base_amount = base_amount + 1 where account = 'suspense'`], [BASE]],
    ['a posting of the wrong invoice', [`update journal_line set invoice_id = 2 where account = 'receivables' and amount = -11900`], [INVOICE]],
    ['a decision that was removed', [`update decision set superseded_by = 0 where outcome = 'review'`], [STANDING]],
  ])('show %s', async (_what, statements, broken) => {
    expect(new Set((await after(...statements)).map(({ invariant }) => invariant))).toEqual(new Set(broken));
  });

  it('name the place and both sides', async () => {
    expect(await after('update statement set closing = closing + 1')).toEqual([{ invariant: BANK, detail: 'BANK-1: ledger 24600, statement 24601 EUR' }]);
  });

  it('hold for an account that is posted under another name by now', async () => {
    await importMasterData(db, { accounts: 'account,currency,ledger_account\nBANK-1,EUR,house_bank\n' });
    expect(await listDeepViolations(db)).toEqual([]);
    await runBatch(db, [[{ account: 'BANK-1', date: '2026-10-06', opening: '246.00', entries: [{ amount: '-1.00', type: 'fee' }] }]]);
    expect(await listDeepViolations(db)).toEqual([]);
  });
});
