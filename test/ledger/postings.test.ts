import { sql } from 'kysely';
import { beforeAll, expect, it } from 'vitest';
import { listDeepViolations } from '../../src/ledger/invariants.ts';
import { importMasterData, runBatch, type SampleEntry } from '../helpers/batch.ts';
import { testDatabase } from '../helpers/database.ts';

/** The table of postings in docs/accounting.md, row by row, of one night; other currencies are in test/stages/reconcile/exchange.test.ts. */

const db = await testDatabase('worker');

const ALPHA = { name: 'Alpha GmbH', account: 'ALPHA-1' };
const WITHHOLDS = { name: 'Whistler Ltd', account: 'WHISTLER-1' };
const SIERRA = { name: 'Sierra SARL', account: 'SIERRA-1' };

/** What each entry is, and what it posts beside the bank: + debit, - credit, in minor units. */
const ENTRIES: [what: string, SampleEntry, Record<string, number>][] = [
  ['a receivable paid in full', { amount: '100.00', ...ALPHA, text: 'RE-10001' }, { receivables: -10_000 }],
  ['a receivable less its discount, split net and tax', { amount: '116.62', ...ALPHA, text: 'RE-10002', end_to_end_id: 'COLLECT-2' }, { receivables: -11_900, discount_given: 200, output_tax: 38 }],
  ['a receivable less its discount, without a tax split', { amount: '98.00', ...ALPHA, text: 'RE-10003' }, { receivables: -10_000, discount_given: 200 }],
  ['a receivable less the charges that the bank shows', { amount: '93.00', ...ALPHA, text: 'RE-10004', charges: '-7.00' }, { receivables: -10_000, bank_charges: 700 }],
  ['a receivable less the tax withheld', { amount: '900.00', ...WITHHOLDS, text: 'RE-10005' }, { receivables: -100_000, withholding_receivable: 10_000 }],
  ['a receivable with a credit note netted', { amount: '80.00', ...ALPHA, text: 'RE-10006 less GU-10001' }, { receivables: -8_000 }],
  ['a payable paid in full', { amount: '-200.00', ...SIERRA, text: 'ER-20001' }, { payables: 20_000 }],
  ['a payable less its discount, split net and tax', { amount: '-233.24', ...SIERRA, text: 'ER-20002' }, { payables: 23_800, discount_received: -400, input_tax: -76 }],
  ['a fee', { amount: '-3.50', type: 'fee' }, { bank_fees: 350 }],
  ['interest received', { amount: '1.25', type: 'interest' }, { bank_interest: -125 }],
  ['interest paid', { amount: '-4.75', type: 'interest' }, { bank_interest: 475 }],
  ['one leg of an internal transfer', { amount: '-50.00', account: 'BANK-2', text: 'transfer' }, { clearing: 5_000 }],
  ['nobody we know', { amount: '7.00', name: 'Nobody Known', account: 'X-9', text: 'thanks' }, { suspense: -700 }],
  ['what waits for a person', { amount: '60.00', ...ALPHA, text: 'RE-10001' }, { unallocated: -6_000 }],
  ['a return, with the discount of what it gives back', { amount: '-116.62', return_reason: 'AM04', end_to_end_id: 'COLLECT-2' }, { receivables: 11_900, discount_given: -200, output_tax: -38 }],
];

beforeAll(async () => {
  await importMasterData(db, {
    accounts: 'account,currency\nBANK-1,EUR\nBANK-2,EUR\n',
    parties: 'party_id,kind,name,accounts,withholding_rate\nA,customer,Alpha GmbH,ALPHA-1,\nW,customer,Whistler Ltd,WHISTLER-1,10\nS,supplier,Sierra SARL,SIERRA-1,\n',
    invoices: `kind,invoice_number,party_id,currency,amount,issue_date,discount_amount,discount_until,tax
receivable,RE-10001,A,EUR,100.00,2026-10-01,,,
receivable,RE-10002,A,EUR,119.00,2026-10-01,2.38,2026-10-31,19:100.00:19.00
receivable,RE-10003,A,EUR,100.00,2026-10-01,2.00,2026-10-31,
receivable,RE-10004,A,EUR,100.00,2026-10-01,,,
receivable,RE-10005,W,EUR,1000.00,2026-10-01,,,
receivable,RE-10006,A,EUR,110.00,2026-10-01,,,
credit_note,GU-10001,A,EUR,30.00,2026-10-01,,,
payable,ER-20001,S,EUR,200.00,2026-10-01,,,
payable,ER-20002,S,EUR,238.00,2026-10-01,4.76,2026-10-31,19:200.00:38.00
`,
  });
  await sql`update company set mode = 'auto'`.execute(db.kysely);
  await runBatch(db, [
    [{ account: 'BANK-1', date: '2026-10-05', opening: '5000.00', entries: ENTRIES.map(([, entry]) => entry) }],
    [{ account: 'BANK-2', date: '2026-10-05', opening: '0.00', entries: [{ amount: '50.00', account: 'BANK-1', text: 'transfer' }] }],
    [{ account: 'BANK-2', date: '2026-10-12', sequence: '9', opening: '75.00', entries: [] }],
  ]);
});

it.each(ENTRIES)('%s', async (what, { amount }, lines) => {
  const { rows } = await sql<{ account: string; sum: bigint }>`
    select l.account, sum(l.amount)::bigint as sum from journal_entry j join journal_line l using (journal_entry_id) join entry e on e.entry_id = j.entry_id
      join account a on a.account_id = e.account_id where a.account = 'BANK-1' and e.line = ${ENTRIES.findIndex(([of]) => of === what) + 1} group by l.account`.execute(db.kysely);
  expect(Object.fromEntries(rows.map(({ account, sum }) => [account, Number(sum)]))).toEqual({ bank: Math.round(Number(amount) * 100), ...lines });
});

it('the first statement of an account, a gap in the statements, and the import of invoices', async () => {
  const { rows } = await sql<{ kind: string; lines: string }>`
    select j.kind, string_agg(l.account || ' ' || l.amount, ', ' order by l.account) as lines from journal_entry j join journal_line l using (journal_entry_id)
     where j.entry_id is null and j.decision_id is null group by j.journal_entry_id, j.kind order by j.journal_entry_id`.execute(db.kysely);
  expect(rows.map(({ lines }) => lines)).toEqual(expect.arrayContaining(['bank 500000, opening_balance -500000', 'bank 2500, statement_gap -2500', 'imported_items -10000, receivables 10000', 'imported_items 20000, payables -20000']));
  expect(await listDeepViolations(db)).toEqual([]);
});
