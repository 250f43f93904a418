import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { transaction } from '../../src/platform/database.ts';
import { undoDecision } from '../../src/review/acts.ts';
import { approvePeriod, listObstacles, listPeriods, requestPeriod, withdrawPeriod } from '../../src/review/periods.ts';
import { importMasterData, listDecisions, runBatch, type SampleEntry, type SampleStatement } from '../helpers/batch.ts';
import { checkBooks } from '../helpers/check-books.ts';
import { testDatabase } from '../helpers/database.ts';

const db = await testDatabase('worker');
const web = await db.as('web');

afterEach(() => checkBooks(db));

let companies = 0;
async function sample() {
  const id = `c${++companies}`;
  const bank = `BANK-${id}`;
  const master = `account,currency,company\n${bank},EUR,${id}\n`;
  await importMasterData(db, {
    accounts: master, parties: `party_id,kind,name,accounts\nC-${id},customer,Alpha ${id} GmbH,PAYER-${id}\n`,
    invoices: `company,kind,invoice_number,party_id,currency,amount,issue_date\n${id},receivable,RE-${id}-10001,C-${id},EUR,119.00,2026-09-01\n`,
  });
  await sql`update company set mode = 'auto' where company = ${id}`.execute(db.kysely);
  const pays: SampleEntry = { amount: '119.00', name: `Alpha ${id} GmbH`, account: `PAYER-${id}`, text: `RE-${id}-10001` };
  const book = (date: string, opening: string, entries: SampleEntry[], of: Partial<SampleStatement> = {}) => runBatch(db, [[{ account: bank, date, opening, entries, ...of }]]);
  const ask = (month: string, user = 'ann', action: 'close' | 'reopen' = 'close') => transaction(web, (tx) => requestPeriod(tx, id, month, action, null, user));
  const approve = (month: string, user = 'bob', action: 'close' | 'reopen' = 'close') => transaction(web, (tx) => approvePeriod(tx, id, month, action, user));
  const close = async (month: string) => {
    await ask(month);
    await approve(month);
  };
  return { id, bank, pays, book, ask, approve, close };
}

const refusal = (code: string, message: RegExp) => expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('closing a month', () => {
  it('takes two people, and nothing is posted into it from then on', async () => {
    const { id, pays, book, ask, approve } = await sample();
    await book('2026-10-01', '0.00', [{ amount: '5.00', text: 'x' }], { to: '2026-10-31' });
    await ask('2026-10');
    await expect(ask('2026-10', 'eve')).rejects.toEqual(refusal('invalid_input', /ann has asked/));
    await expect(approve('2026-10', 'ann')).rejects.toEqual(refusal('not_allowed', /another person/));
    await approve('2026-10');
    expect(await listPeriods(db, id)).toEqual([
      expect.objectContaining({ month: '2026-09', closed: false }), expect.objectContaining({ month: '2026-10', closed: true, closed_by: 'ann', approved_by: 'bob', requested: null }),
    ]);
    await expect(ask('2026-10')).rejects.toEqual(refusal('invalid_input', /closed already/));
    // What comes late is dated into the first open month, and so is what is taken back.
    await book('2026-11-02', '5.00', [{ ...pays, date: '2026-10-30' }]);
    const paid = (await listDecisions(db, null)).find((one) => one.company === id && one.outcome === 'auto')!;
    const dates = () => sql<{ kind: string; posting_date: string; booking_date: string }>`select kind, posting_date, booking_date from journal_entry where entry_id = ${paid.entry_id} order by journal_entry_id`.execute(db.kysely).then((found) => found.rows);
    expect(await dates()).toEqual([{ kind: 'bank_entry', posting_date: '2026-11-01', booking_date: '2026-10-30' }]);
    await transaction(web, (tx) => undoDecision(tx, BigInt(paid.entry_id), 'wrong', { user: 'bob' }));
    expect((await dates()).map((row) => row.posting_date)).toEqual(['2026-11-01', '2026-11-01', '2026-11-01']);
    const { rows } = await sql<{ action: string; actor: string }>`select action, actor from log_record where company = ${id} and action like '%period%' order by seq`.execute(db.kysely);
    expect(rows).toEqual([{ action: 'request_period_close', actor: 'ann' }, { action: 'close_period', actor: 'bob' }]);
  });

  it('is undone by two people, and asked for anew after it was withdrawn', async () => {
    const { id, book, ask, approve, close } = await sample();
    await book('2026-10-01', '0.00', [], { to: '2026-10-31' });
    await close('2026-10');
    await expect(approve('2026-10', 'bob', 'reopen')).rejects.toEqual(refusal('not_found', /nobody has asked/));
    await ask('2026-10', 'bob', 'reopen');
    await transaction(web, (tx) => withdrawPeriod(tx, id, '2026-10', 'reopen', 'bob'));
    await ask('2026-10', 'ann', 'reopen');
    await expect(approve('2026-10', 'bob')).rejects.toEqual(refusal('not_found', /nobody has asked to close/));
    await approve('2026-10', 'bob', 'reopen');
    expect((await listPeriods(db, id)).map(({ month, closed }) => `${month} ${closed}`)).toEqual(['2026-09 false']);
    await expect(ask('2026-10', 'ann', 'reopen')).rejects.toEqual(refusal('invalid_input', /is open/));
    await close('2026-10');
  });

  it('is refused while statements are missing or quarantined, by their names', async () => {
    const { bank, book, ask, close } = await sample();
    await book('2026-10-01', '0.00', [{ amount: '5.00', text: 'x' }], { to: '2026-10-10', sequence: '1' });
    await expect(ask('2026-10')).rejects.toEqual(refusal('invalid_input', new RegExp(`account ${bank}: no statement after 2026-10-10`)));
    await book('2026-10-20', '9.00', [], { to: '2026-10-31', sequence: '3' });
    await expect(ask('2026-10')).rejects.toEqual(refusal('invalid_input', new RegExp(`${bank}: a statement is missing between 2026-10-10 and 2026-10-20`)));
    await book('2026-10-12', '7.77', [{ amount: '1.00', text: 'y' }], { to: '2026-10-19', sequence: '2' });
    await expect(ask('2026-10')).rejects.toEqual(refusal('invalid_input', /of 2026-10-12 to 2026-10-19 is quarantined \(continues_the_books\)/));
    await book('2026-10-12', '5.00', [{ amount: '4.00', text: 'y' }], { to: '2026-10-19', sequence: '2' });
    await close('2026-10');
    // A month without statements is no month of this account yet, the next one lacks all of it.
    await expect(ask('2026-11')).rejects.toEqual(refusal('invalid_input', /no statement after 2026-10-31/));
    await close('2026-09');
  });

  it('is refused while a sum does not hold, in the request and again in the approval, and only for the company where it does not', async () => {
    const [one, two] = [await sample(), await sample()];
    for (const { book } of [one, two]) await book('2026-10-01', '0.00', [{ amount: '5.00', text: 'x' }], { to: '2026-10-31' });
    await one.ask('2026-10');
    const owner = await db.as('owner');
    const shift = (by: number) => sql`update ledger_balance set balance = balance + ${by} where company = ${one.id} and account = 'receivables'`.execute(owner.kysely);
    await shift(1);
    await expect(one.approve('2026-10')).rejects.toEqual(refusal('invalid_input', /control account/));
    expect(await listObstacles(db, two.id, '2026-10')).toEqual([]);
    await shift(-1);
    await one.approve('2026-10');
    await sql`update statement set closing = closing + 1 where company = ${two.id}`.execute(owner.kysely);
    await expect(two.ask('2026-10')).rejects.toEqual(refusal('invalid_input', /the ledger has 5\.00 EUR at the end of 2026-10, the statement 5\.01/));
    await sql`update statement set closing = closing - 1 where company = ${two.id}`.execute(owner.kysely);
    await two.close('2026-10');
  });

  it('refuses what is no month and no company', async () => {
    const { id } = await sample();
    await expect(transaction(web, (tx) => requestPeriod(tx, id, '2026-13', 'close', null, 'ann'))).rejects.toEqual(refusal('invalid_input', /is no month/));
    await expect(transaction(web, (tx) => requestPeriod(tx, 'nobody', '2026-10', 'close', null, 'ann'))).rejects.toEqual(refusal('not_found', /no company nobody/));
  });
});
