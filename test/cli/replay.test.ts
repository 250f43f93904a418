import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { replayDecisions, type ReplayScope } from '../../src/pipeline/replay.ts';
import { hashRecord } from '../../src/core/log-chain.ts';
import { transaction, type Tx } from '../../src/platform/database.ts';
import { acceptSuggestion, assignEntry, setAside, undoDecision } from '../../src/review/acts.ts';
import { acceptReissue, listQuarantined } from '../../src/review/reissue.ts';
import type { ReplayDifference } from '../../src/stages/reconcile/replay.ts';
import { importMasterData, listDecisions, runBatch, type SampleEntry } from '../helpers/batch.ts';
import { testDatabase } from '../helpers/database.ts';

const db = await testDatabase('worker');
const owner = await db.as('owner');
const [BANK, OTHER, PAYER] = ['DE02120300000000202051', 'DE02300209000106531065', 'DE89370400440532013000'];
let first: bigint;

async function replay(scope: ReplayScope = {}): Promise<{ decisions: number; fields: string[]; all: ReplayDifference[] }> {
  const all: ReplayDifference[] = [];
  const { decisions } = await replayDecisions(db, scope, (difference) => all.push(difference));
  return { decisions, fields: [...new Set(all.map(({ field }) => field))], all };
}

const TABLES = ['decision', 'log_record', 'allocation', 'ruleset'].map((name) => ({ table: sql.table(name), saved: sql.table(`saved_${name}`) }));

async function withoutGuards(work: (tx: Tx) => Promise<unknown>): Promise<void> {
  await transaction(owner, async (tx) => {
    for (const { table } of TABLES) await sql`alter table ${table} disable trigger user`.execute(tx.kysely);
    await work(tx);
    for (const { table } of TABLES) await sql`alter table ${table} enable trigger user`.execute(tx.kysely);
  });
}

/** What replay finds while a row is altered, whatever guards it; then all is as it was. */
async function altered(work: (tx: Tx) => Promise<unknown>): Promise<string[]> {
  await withoutGuards(async (tx) => {
    for (const { table, saved } of TABLES) await sql`create table ${saved} as select * from ${table}`.execute(tx.kysely);
    await work(tx);
  });
  const { fields } = await replay();
  await withoutGuards(async (tx) => {
    for (const { table } of TABLES) await sql`delete from ${table}`.execute(tx.kysely);
    for (const { table, saved } of TABLES) {
      await sql`insert into ${table} select * from ${saved}`.execute(tx.kysely);
      await sql`drop table ${saved}`.execute(tx.kysely);
    }
  });
  return fields;
}

beforeAll(async () => {
  await importMasterData(db, {
    accounts: `account,currency\n${BANK},EUR\n${OTHER},EUR\n`, parties: `party_id,kind,name,accounts\nC1,customer,Alpha GmbH,${PAYER}\n`,
    invoices: 'kind,invoice_number,party_id,currency,amount,issue_date,base_amount,discount_amount,discount_until\n'
      + [1, 2, 3, 4, 5].map((n) => `receivable,RE-2026-100${n},C1,EUR,${n}00.00,2026-09-01,,${n === 2 ? '4.00' : ''},2026-12-31\n`).join('') + 'receivable,RE-2026-2001,C1,USD,100.00,2026-09-01,90.00,,\n',
  });
  await sql`update company set mode = 'auto'`.execute(db.kysely);
  const pays = (n: number, of: Partial<SampleEntry> = {}): SampleEntry => ({ amount: `${n}00.00`, name: 'Alpha GmbH', account: PAYER, text: `RE-2026-100${n}`, ...of });
  const entries: SampleEntry[] = [
    pays(1, { end_to_end_id: 'DD-1' }), pays(2, { amount: '196.00' }), pays(3), pays(3, { text: 'invoice RE-2026-1003' }), pays(4, { amount: '50.00' }), { amount: '100.00', end_to_end_id: '', name: 'Nobody', account: 'X-1' },
    { amount: '-2.00', type: 'fee' }, { amount: '-100.00', end_to_end_id: 'DD-1', return_reason: 'AM04' }, { ...pays(5), status: 'pending' }, { amount: '-20.00', account: OTHER, text: 'transfer' },
    { amount: '95.00', name: 'Alpha GmbH', account: PAYER, text: 'RE-2026-2001', instructed: { amount: '100.00', currency: 'USD' } },
  ];
  first = await runBatch(db, [[{ account: BANK, date: '2026-10-05', opening: '0.00', entries }], [{ account: BANK, date: '2026-10-05', opening: null, entries: entries.filter((one) => one.status !== 'pending'), format: 'csv' }],
    [{ account: OTHER, date: '2026-10-05', opening: '0.00', entries: [] }]]);
  await runBatch(db, [[{ account: OTHER, date: '2026-10-06', opening: '0.00', entries: [{ amount: '20.00', account: BANK, text: 'transfer' }] }], [{ account: BANK, date: '2026-10-05', opening: '0.00', entries: entries.slice(0, 10) }]]);
  const decisions = await listDecisions(db, null);
  const entry = (amount: string, outcome: string) => BigInt(decisions.find((one) => one.amount === amount && one.outcome === outcome)!.entry_id);
  await transaction(db, (tx) => acceptSuggestion(tx, entry('50.00', 'review'), 1, { user: 'bob' }));
  await transaction(db, (tx) => undoDecision(tx, entry('196.00', 'auto'), 'wrong', { user: 'bob' }));
  await transaction(db, (tx) => assignEntry(tx, entry('196.00', 'auto'), [{ invoice_number: 'RE-2026-1002', amount: '196.00', discount: '4.00' }], [], { user: 'bob' }));
  await transaction(db, (tx) => setAside(tx, entry('100.00', 'suspense'), { user: 'bob' }));
  const [reissue] = await listQuarantined(db);
  await transaction(db, (tx) => acceptReissue(tx, reissue!.statement_id, 'the bank says so', { user: 'bob' }));
  await runBatch(db, []);
});

describe('replay', () => {
  it('finds nothing that differs, over everything, a run, and an entry', async () => {
    const all = await replay();
    expect(all.all).toEqual([]);
    expect(all.decisions).toBeGreaterThan(35);
    const { rows } = await sql<{ outcome: string }>`select distinct outcome from decision order by 1`.execute(db.kysely);
    expect(rows.map((row) => row.outcome)).toEqual(['auto', 'duplicate', 'manual', 'pending', 'quarantined', 'review', 'suspense']);
    expect(await replay({ run_id: first })).toMatchObject({ all: [], decisions: 21 });
    expect(await replay({ entry_id: 1n })).toMatchObject({ all: [] });
    await expect(replay({ run_id: 999n })).rejects.toMatchObject({ code: 'not_found' });
    await expect(replay({ entry_id: 999_999n })).rejects.toMatchObject({ code: 'not_found' });
  });

  const decided = sql`(select decision_id from decision where reason = 'number_exact' and superseded_by is null order by decision_id limit 1)`;
  const reviewed = sql`(select decision_id from decision where reason = 'settled_by_another_entry' order by decision_id limit 1)`;
  it.each<[string, (tx: Tx) => Promise<unknown>, string]>([
    ['the outcome', (tx) => sql`update decision set outcome = 'review' where decision_id = ${decided}`.execute(tx.kysely), 'outcome'],
    ['the reason', (tx) => sql`update decision set reason = 'other' where decision_id = ${decided}`.execute(tx.kysely), 'reason'],
    ['the explanation', (tx) => sql`update decision set explanation = 'so' where decision_id = ${decided}`.execute(tx.kysely), 'explanation'],
    ['the rule', (tx) => sql`update decision set rule_id = 'receipt_digits' where decision_id = ${decided}`.execute(tx.kysely), 'rule_id'],
    ['the score', (tx) => sql`update decision set score = 0.001 where decision_id = ${decided}`.execute(tx.kysely), 'score'],
    ['who decided', (tx) => sql`update decision set decided_by = 'eve' where decision_id = ${decided}`.execute(tx.kysely), 'decided_by'],
    ['what it supersedes', (tx) => sql`update decision set supersedes = null where supersedes is not null and run_id is not null`.execute(tx.kysely), 'supersedes'],
    ['a suggestion', (tx) => sql`update decision set suggestions = '[]' where decision_id = ${reviewed}`.execute(tx.kysely), 'suggestions'],
    ['where a fee went', (tx) => sql`update decision set ledger_lines = '[{"account": "suspense", "amount": "-200"}]' where reason = 'bank_fee'`.execute(tx.kysely), 'ledger_lines'],
    ['what a return takes back', (tx) => sql`update decision set returns = null where reason = 'returned'`.execute(tx.kysely), 'returns'],
    ['a duplicate\'s original', (tx) => sql`update decision set duplicate_of = duplicate_of + 1 where outcome = 'duplicate' and run_id is not null`.execute(tx.kysely), 'duplicate_of'],
    ['a quarantined check', (tx) => sql`update decision set failed_check = 'other' where outcome = 'quarantined' and run_id is not null`.execute(tx.kysely), 'failed_check'],
    ['an allocation', (tx) => sql`update allocation set settled = settled + 1 where decision_id = ${decided}`.execute(tx.kysely), 'allocations'],
    ['a person\'s allocation', (tx) => sql`update allocation set discount = discount + 1 where decision_id = (select decision_id from decision where reason = 'assign')`.execute(tx.kysely), 'allocations'],
    ['a person\'s outcome', (tx) => sql`update decision set outcome = 'auto' where reason = 'assign'`.execute(tx.kysely), 'outcome'],
    ['the record', (tx) => sql`delete from log_record where seq = (select log_seq from decision where decision_id = ${decided})`.execute(tx.kysely), 'log_record'],
    ['a rule\'s text', (tx) => sql`update ruleset set content = replace(content, 'candidate.unique', '!candidate.unique')`.execute(tx.kysely), 'ruleset'],
  ])('finds %s when it was altered', async (_, work, field) => {
    expect(await altered(work)).toContain(field);
    expect((await replay()).fields).toEqual([]);
  });

  it('finds each fact that was altered, by the hash, and by what follows when the chain was made anew', async () => {
    const { rows: [record] } = await sql<{ seq: bigint; payload: string }>`
      select seq, payload from log_record where seq = (select log_seq from decision where decision_id = ${decided})`.execute(db.kysely);
    const { evidence } = JSON.parse(record!.payload) as { evidence: { facts: Record<string, unknown>; candidates: { facts: Record<string, unknown> }[] } };
    const facts = [...Object.keys(evidence.facts).map((name) => ['facts', name]), ...Object.keys(evidence.candidates[0]!.facts).map((name) => ['candidates', '0', 'facts', name])];
    for (const path of facts) {
      const fields = await altered((tx) => sql`
        update log_record set payload = jsonb_set(payload::jsonb, ${['evidence', ...path]}::text[], '"altered"')::text where seq = ${record!.seq}`.execute(tx.kysely));
      expect(fields, path.join('.')).toContain('log_record.hash');
    }
    // Only the fact, with a hash that fits it: what follows from it is another decision.
    const refit = await altered(async (tx) => {
      const payload = record!.payload.replace('"amount":"exact"', '"amount":"short"');
      expect(payload).not.toBe(record!.payload);
      const { rows: [whole] } = await sql<Parameters<typeof hashRecord>[0]>`
        select seq, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, company, run_id, actor, action, entry_id, decision_id, previous_hash from log_record where seq = ${record!.seq}`.execute(tx.kysely);
      await sql`update log_record set payload = ${payload}, hash = ${hashRecord({ ...whole!, payload })} where seq = ${record!.seq}`.execute(tx.kysely);
    });
    expect(refit).toEqual(expect.arrayContaining(['outcome', 'reason', 'log_record.outcome']));
    expect(refit).not.toContain('log_record.hash');
  });
});
