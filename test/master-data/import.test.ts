import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { MASTER_DATA_FINDINGS } from '../../src/master-data/checks.ts';
import { importAccounts } from '../../src/master-data/import-accounts.ts';
import { importInvoices } from '../../src/master-data/import-invoices.ts';
import { importParties } from '../../src/master-data/import-parties.ts';
import { importSettlements } from '../../src/master-data/import-settlements.ts';
import { ImportRefused } from '../../src/master-data/parse.ts';
import type { ImportReport } from '../../src/master-data/stage.ts';
import { listDeepViolations } from '../../src/ledger/invariants.ts';
import { transaction } from '../../src/platform/database.ts';
import { decideStatement } from '../helpers/books.ts';
import { testDatabase } from '../helpers/database.ts';

const database = await testDatabase();
const IMPORTS = { accounts: importAccounts, parties: importParties, invoices: importInvoices, settlements: importSettlements };

async function* bytes(text: string): AsyncGenerator<Buffer> {
  // One byte at a time: nothing may hang on where a block ends.
  for (const byte of Buffer.from(text)) yield Buffer.of(byte);
}

const load = (what: keyof typeof IMPORTS, csv: string, companies = {}): Promise<ImportReport> =>
  transaction(database, (tx) => IMPORTS[what](tx, bytes(csv), { actor: 'alice', companies }));
const refusal = async (what: keyof typeof IMPORTS, csv: string): Promise<ImportRefused['rejected']> => {
  const error = await load(what, csv).then(() => null, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ImportRefused);
  return (error as ImportRefused).rejected;
};
const one = async <T>(query: string): Promise<T> => (await sql.raw<T>(query).execute(database.kysely)).rows[0]!;
const all = async <T>(query: string): Promise<T[]> => (await sql.raw<T>(query).execute(database.kysely)).rows;
const state = () => one(`select (select count(*)::int from log_record) as records, (select sum(books_version) from company) as version, (select count(*)::int from journal_entry) as posted`);

const ACCOUNTS = 'account,currency,company,name\nDE02 1203 0000 0000 2020 51,EUR,acme,Main\n0012345,USD,acme,\nDE02500105170137075030,EUR,acme,Second\n';
const PARTIES = 'party_id,kind,name,aliases,accounts,pays_for,withholding_rate\nC1,customer,Müller & Söhne GmbH,Mueller Soehne|MS,DE02100500000054540402|4711,C2,\nC2,customer,Beta AG,,,,26.375\n';
const HEADER = 'company,kind,invoice_number,party_id,currency,amount,issue_date';
const OPEN_HEADER = `${HEADER},open_amount,status,payment_reference,discount_amount,discount_until,due_date,instalments,tax,base_amount,external_id`;
const invoice = (number: string, amount = '100.00', more: Partial<Record<'kind' | 'party' | 'currency' | 'open' | 'status' | 'reference' | 'discount' | 'until' | 'due' | 'instalments' | 'base' | 'external', string>> = {}) => [
  'acme', more.kind ?? 'receivable', number, more.party ?? 'C1', more.currency ?? 'EUR', amount, '2026-10-01', more.open ?? '', more.status ?? '', more.reference ?? '',
  more.discount ?? '', more.until ?? '', more.due ?? '', more.instalments ?? '', '', more.base ?? '', more.external ?? '',
].join(',');
const invoices = (...rows: string[]) => `${OPEN_HEADER}\n${rows.join('\n')}\n`;
const openOf = async (number: string) => (await one<{ open: bigint }>(`select o.open from open_item o join invoice i using (invoice_id) where invoice_number = '${number}'`)).open;
async function* slowly(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text.slice(0, 50));
  await sleep(150);
  yield Buffer.from(text.slice(50));
}

async function* latin1(): AsyncGenerator<Buffer> {
  yield Buffer.from('account,currency,name\nX1,EUR,Miller\nX2,EUR,M\xfcller\n', 'latin1');
}

beforeAll(async () => {
  await load('accounts', ACCOUNTS);
  await load('parties', PARTIES);
});

describe('every file', () => {
  it('changes nothing the second time: no log record, no new version of the books, no posting', async () => {
    const csv = invoices(invoice('RE-1', '100.00', { reference: 'RF18539007547034' }), invoice('RE-2'), invoice('ER-1', '7', { kind: 'payable' }));
    await load('invoices', csv);
    const before = await state();
    expect(await load('invoices', csv)).toMatchObject({ rows: 3, inserted: 0, updated: 0, unchanged: 3 });
    expect(await load('accounts', ACCOUNTS)).toMatchObject({ inserted: 0, updated: 0, unchanged: 3 });
    expect(await load('parties', PARTIES)).toMatchObject({ inserted: 0, updated: 0, unchanged: 2 });
    expect(await state()).toEqual(before);
  });

  it('lists every wrong cell with its line and column, and then imports nothing', async () => {
    const csv = `${HEADER},due_date,open_amount\nacme,receivable,X-1,C1,EUR,100.00,2026-10-01,,\n"acme",receivable,"X-\n2",C1,EUR,1e3,2026-02-30,,\n`
      + 'nobody,bill,,C1,EUX,5.00,2026-10-01,30.10.2026,\nacme,receivable,X-1,C1,JPY,5.5,2026-10-01,,\nacme,receivable,X-4,C1,EUR,5,2026-10-01,,6\nacme,receivable,X-5,C1,EUR,-5,2026-10-01,,\nacme,receivable\n';
    const rejected = await refusal('invoices', csv);
    expect(rejected.map(({ line, column }) => `${line} ${column}`)).toEqual([
      '3 amount', '3 issue_date', '5 company', '5 currency', '5 due_date', '5 kind', '5 invoice_number', '6 amount', '7 open_amount', '8 amount', '9 null',
    ]);
    expect(rejected[0]!.reason).toBe('"1e3" is no amount in EUR: at most 2 decimals, a dot before them, no thousands separator, as in 1234.50');
    expect(await all(`select * from invoice where invoice_number like 'X-%'`)).toEqual([]);
  });

  it('takes columns in any order and case, warns of unknown ones, and reads a byte order mark, CRLF and quoted line breaks', async () => {
    const report = await load('parties', '\ufeffName,Colour,KIND,party_id\r\n"Gamma, ""the"" Inc",red,Customer,C3\r\n');
    expect(report).toMatchObject({ inserted: 1, warnings: ['column "Colour" is not known and ignored'] });
    expect(await one(`select name, kind from party where party_id = 'C3'`)).toEqual({ name: 'Gamma, "the" Inc', kind: 'customer' });
  });

  it('may come slowly, as standard input does, though a worker may not be idle in a transaction', async () => {
    await transaction(database, async (tx) => {
      await sql`set local idle_in_transaction_session_timeout = '50ms'`.execute(tx.kysely);
      expect(await importParties(tx, slowly(PARTIES), { actor: 'alice', companies: {} })).toMatchObject({ rows: 2 });
    });
  });

  it('refuses a key that is there twice, a missing column, semicolons, and what is no CSV and no UTF-8', async () => {
    expect(await refusal('invoices', invoices(invoice('D-1'), invoice('D-1', '5.00')))).toMatchObject([{ line: 3, column: 'invoice_number', reason: expect.stringContaining('line 2') }]);
    expect(await refusal('accounts', 'account,currency\nX 1,EUR\nx1,EUR\n')).toEqual([{ line: 3, column: 'account', reason: 'line 2 has the same account' }]);
    expect(await refusal('accounts', 'account\nX1\n')).toMatchObject([{ line: 1, column: 'currency' }]);
    expect(await refusal('accounts', 'account;currency\nX1;EUR\n')).toMatchObject([{ line: 1, reason: expect.stringContaining('commas') }]);
    await expect(load('accounts', 'account,currency\nX1,"EUR\n')).rejects.toMatchObject({ code: 'malformed' });
    await expect(load('accounts', '')).rejects.toMatchObject({ code: 'malformed' });
    await expect(transaction(database, (tx) => importAccounts(tx, latin1(), { actor: 'alice', companies: {} }))).rejects.toMatchObject({ code: 'malformed', location: { line: 3 } });
  });
});

describe('accounts', () => {
  it('make companies, which only suggest, with the currency of most of their accounts, or that of tieout.yaml', async () => {
    expect(await one(`select mode, functional_currency from company where company = 'acme'`)).toEqual({ mode: 'suggest', functional_currency: 'EUR' });
    await load('accounts', 'account,currency,company\nK1,KWD,gulf\n', { gulf: { functional_currency: 'USD' } });
    expect(await one(`select functional_currency from company where company = 'gulf'`)).toEqual({ functional_currency: 'USD' });
    expect(await all(`select account_key from account where company = 'acme' order by 1`)).toEqual([
      { account_key: '12345' }, { account_key: 'DE02120300000000202051' }, { account_key: 'DE02500105170137075030' }]);
  });
});

describe('parties', () => {
  it('have the names, accounts and relations of the file, and no longer those that it does not name', async () => {
    const names = () => all(`select name_key, is_alias from party_name where party_id = 'C1' order by 1`);
    expect(await names()).toContainEqual({ name_key: 'ms', is_alias: true });
    const report = await load('parties', PARTIES.replace('|MS', '').replace('|4711', '').replace(',C2,\n', ',,\n'));
    expect(report).toMatchObject({ inserted: 0, updated: 1, unchanged: 1 });
    expect(await names()).not.toContainEqual({ name_key: 'ms', is_alias: true });
    expect(await all(`select account_key from party_account where party_id = 'C1'`)).toEqual([{ account_key: 'DE02100500000054540402' }]);
    expect(await all(`select * from party_pays_for`)).toEqual([]);
  });
});

describe('invoices', () => {
  it('are posted with what is open of them, mirrored for what we owe, in the functional currency too', async () => {
    await load('invoices', invoices(
      invoice('P-1', '100.00', { open: '40.00' }), invoice('P-2', '30.00', { kind: 'payable' }), invoice('P-3', '20.00', { kind: 'credit_note' }),
      invoice('P-4', '10.00', { kind: 'debit_note' }), invoice('P-5', '50.00', { status: 'paid' }), invoice('P-6', '200.00', { currency: 'USD', open: '100.00', base: '180.00' }),
      invoice('P-7', '9.00', { currency: 'USD' })));
    const lines = await all(`select i.invoice_number as number, l.account, l.amount::int, l.base_amount::int as base, e.booking_date from journal_entry e join journal_line l using (journal_entry_id)
      join invoice i on i.invoice_id = e.invoice_id where i.invoice_number like 'P-%' and l.account <> 'imported_items' order by 1`);
    expect(lines).toEqual([
      { number: 'P-1', account: 'receivables', amount: 4000, base: 4000, booking_date: '2026-10-01' },
      { number: 'P-2', account: 'payables', amount: -3000, base: -3000, booking_date: '2026-10-01' },
      { number: 'P-3', account: 'receivables', amount: -2000, base: -2000, booking_date: '2026-10-01' },
      { number: 'P-4', account: 'payables', amount: 1000, base: 1000, booking_date: '2026-10-01' },
      { number: 'P-6', account: 'receivables', amount: 10000, base: 9000, booking_date: '2026-10-01' },
      { number: 'P-7', account: 'receivables', amount: 900, base: null, booking_date: '2026-10-01' },
    ]);
    expect(await transaction(database, listDeepViolations)).toEqual([]);
  });

  it('are found under every form of their number and reference, and under a new reference instead of the old one', async () => {
    await load('invoices', invoices(invoice('K-0099001', '5.00', { reference: 'RF18 5390 0754 7034' })));
    const keys = () => all(`select form, key from invoice_key k join invoice i using (invoice_id) where invoice_number = 'K-0099001' order by 1, 2`);
    expect(await keys()).toEqual([
      { form: 'digits', key: '99001' }, { form: 'end_to_end', key: 'RF18539007547034' }, { form: 'number', key: 'K0099001' }, { form: 'number', key: 'K99001' },
      { form: 'reference', key: 'RF18539007547034' }]);
    await load('invoices', invoices(invoice('K-0099001', '5.00', { reference: '2348236' })));
    expect(await keys()).toContainEqual({ form: 'reference', key: '2348236' });
    expect(await keys()).not.toContainEqual({ form: 'reference', key: 'RF18539007547034' });
    expect(await all(`select shape from invoice_shape where company = 'acme'`)).toContainEqual({ shape: 'number A:1 9:7' });
  });

  it('that the ERP shows with less open are settled elsewhere: adjusted, posted, logged with the day', async () => {
    await load('invoices', invoices(invoice('S-1'), invoice('S-2')));
    expect(await load('invoices', invoices(invoice('S-1', '100.00', { open: '30.00' }), invoice('S-2', '100.00', { status: 'cancelled' })))).toMatchObject({ updated: 2 });
    expect([await openOf('S-1'), await openOf('S-2')]).toEqual([3000n, 0n]);
    const records = await all<{ action: string; payload: string }>(`select action, payload from log_record where action in ('settled_elsewhere', 'invoice_cancelled') order by seq`);
    expect(records.map((record) => record.action)).toEqual(['settled_elsewhere', 'invoice_cancelled']);
    expect(JSON.parse(records[0]!.payload)).toMatchObject({ invoice_number: 'S-1', as_of: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), open: { from: '100.00', to: '30.00' } });
    expect(await all(`select e.kind from journal_entry e join invoice i using (invoice_id) where invoice_number = 'S-1' order by journal_entry_id`)).toEqual([
      { kind: 'invoice_imported' }, { kind: 'settled_elsewhere' }]);
    expect(await transaction(database, listDeepViolations)).toEqual([]);
  });

  it('that tieout has settled stay settled while the ERP is behind, and open again only after it has acknowledged', async () => {
    const stale = invoices(invoice('A-1', '100.00', { external: 'X9' }));
    await load('invoices', stale);
    await decideStatement(database, 'DE02500105170137075030', [{ amount: 9800n, outcome: 'auto', settles: [{ invoice_number: 'A-1', settled: 9800n, discount: 200n }] }]);
    const before = await state();
    expect((await load('invoices', stale)).findings.map(({ code }) => code)).toContain('erp_not_yet_updated');
    expect([await openOf('A-1'), await state()]).toEqual([0n, before]);

    const acknowledge = (amount: string) => load('settlements', `external_id,amount,as_of\nX9,${amount},2026-11-01\n`);
    expect(await acknowledge('60.00')).toMatchObject({ updated: 1 });
    await load('invoices', stale);
    expect(await openOf('A-1')).toBe(0n);
    const whole = await acknowledge('100.00');
    expect(whole.findings.map(({ code }) => code)).not.toContain('erp_not_yet_updated');
    expect(await acknowledge('100.00')).toMatchObject({ updated: 0, unchanged: 1 });
    await load('invoices', invoices(invoice('A-1', '100.00', { external: 'X9', open: '25.00' })));
    expect(await openOf('A-1')).toBe(2500n);
    expect(await transaction(database, listDeepViolations)).toEqual([]);
  });

  it('that nobody knows or that tieout has not settled cannot be acknowledged', async () => {
    await load('invoices', invoices(invoice('N-1', '100.00', { external: 'N9' })));
    const rejected = await refusal('settlements', 'external_id,company,kind,invoice_number,party_id,amount,as_of\nN9,,,,,1.00,2026-11-01\nN9,,,,,0.00,2026-11-02\n');
    expect(rejected).toMatchObject([{ line: 3, reason: expect.stringContaining('line 2') }]);
    expect(await refusal('settlements', 'external_id,kind,amount,as_of\nX8,,1.00,2026-11-01\n,bill,1.00,2026-11-01\n')).toMatchObject([
      { line: 3, column: 'kind' }, { line: 3, column: 'invoice_number' }, { line: 3, column: 'party_id' }]);
    expect(await refusal('settlements', 'external_id,amount,as_of\nX8,1.00,2026-11-01\n')).toMatchObject([{ line: 2, reason: 'there is no such invoice' }]);
    expect(await refusal('settlements', 'external_id,amount,as_of\nN9,1.00,2026-11-01\n')).toMatchObject([{ line: 2, reason: 'tieout has settled only 0.00 EUR of invoice N-1' }]);
  });

  it('log what the ERP has changed, with before and after', async () => {
    await load('invoices', invoices(invoice('L-1', '100.00', { due: '2026-10-31' })));
    await load('invoices', invoices(invoice('L-1', '110.00', { due: '2026-11-30' })));
    const { payload } = await one<{ payload: string }>(`select payload from log_record where action = 'reopened_by_erp' order by seq desc`);
    expect(JSON.parse(payload)).toMatchObject({
      changes: { amount: { from: '10000', to: '11000' }, due_date: { from: '2026-10-31', to: '2026-11-30' } }, open: { from: '100.00', to: '110.00', currency: 'EUR' },
    });
    expect(await openOf('L-1')).toBe(11000n);
    expect(await refusal('invoices', invoices(invoice('L-1', '110.00', { currency: 'USD' })))).toMatchObject([{ line: 2, column: 'currency' }]);
  });
});

describe('checks', () => {
  it('find what contradicts itself across rows, and drop it once it is mended', async () => {
    const wrong = 'party_id,kind,name,accounts,pays_for\nW1,customer,W One,DE02100500000054540402|DE03100500000054540402,W2\nW2,customer,W Two,,W1\n';
    await load('parties', wrong);
    const report = await load('invoices', invoices(
      invoice('W-1', '10.00', { reference: '11112' }), invoice('W-2', '10.00', { reference: '1 1112', party: 'NOBODY' }),
      invoice('W-3', '10.00', { due: '2026-09-30', discount: '11.00', until: '2026-10-05', currency: 'KWD' }),
      invoice('W-4', '100.00', { instalments: '2026-11-01:33.33|2026-12-01:33.33|2027-01-01:33.33' }), invoice('W-5', '100.00', { instalments: '2026-11-01:33.33|2026-12-01:33.33' })));
    const codes = report.findings.map(({ code, blocks, count }) => `${code} ${blocks} ${count}`);
    expect(codes).toEqual(expect.arrayContaining([
      'account_of_two_parties true 1', 'invoice_without_party true 1', 'pays_for_cycle true 2', 'reference_issued_twice true 2', 'iban_invalid true 1',
      'due_before_issue true 1', 'discount_above_amount true 1', 'currency_without_account false 1', 'discount_after_due false 1', 'instalments_differ false 1']));
    const mended = await load('parties', 'party_id,kind,name,accounts,pays_for\nW1,customer,W One,,W2\nW2,customer,W Two,,\nNOBODY,customer,No Body,,\n');
    expect(mended.findings.map(({ code }) => code)).toEqual(expect.not.arrayContaining(['account_of_two_parties', 'invoice_without_party', 'pays_for_cycle', 'iban_invalid']));
    expect(mended.findings.map(({ code }) => code)).toContain('reference_issued_twice');
  });

  it('are the table of docs/master-data.md', async () => {
    const page = await readFile(new URL('../../docs/master-data.md', import.meta.url), 'utf8');
    const documented = [...page.matchAll(/^\| `(\w+)` \| (yes|no) \|/gm)].map(([, code, blocks]) => [code, blocks === 'yes']);
    expect(documented).toEqual(Object.entries(MASTER_DATA_FINDINGS).map(([code, { blocks }]) => [code, blocks]));
  });
});
