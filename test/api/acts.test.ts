import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { transaction } from '../../src/platform/database.ts';
import { replayDecisions } from '../../src/pipeline/replay.ts';
import { importParties } from '../../src/master-data/import-parties.ts';
import { importMasterData } from '../helpers/batch.ts';
import { ALPHA, BANK, PARTIES, stranger, testDesk } from './helpers.ts';

const { worker, web, addUser, bob, carol, dave, book, invoice } = await testDesk();
await sql`update company set mode = 'suggest'`.execute(worker.kysely);

describe('an item', () => {
  it('is listed, shown with its place, accepted by its version, and the stale act is answered with what has changed', async () => {
    const number = await invoice();
    const [entry] = await book({ amount: '119.00', name: 'Alpha GmbH', account: ALPHA, text: number });
    const page = await bob.get('/api/items');
    expect(page.body).toMatchObject({ total: 1, items: [{ entry_id: entry, reason: 'would_be_automatic', amount: '119.00', best_suggestion: number, party_id: 'C1', state: 'open' }] });
    const shown = await bob.get(`/api/items/${entry}`);
    expect(shown.body).toMatchObject({ suggestions: [{ number: 1, kind: 'invoices', rest: '0.00', against: [], facts: { payer: 'account' } }], open_items: [{ invoice_number: number, open: '119.00' }], party: { name: 'Alpha GmbH' } });
    const { version } = shown.body;
    const first = await bob.post(`/api/items/${entry}/accept`, { version });
    expect(first.body).toMatchObject({ status: 'done', item: { state: 'done', version: version + 1 } });
    const second = await carol.post(`/api/items/${entry}/accept`, { version });
    expect(second).toMatchObject({ status: 409, body: { code: 'stale', current: { state: 'done', version: version + 1, explanation: 'Accepted by bob' } } });
    expect(second.headers['content-type']).toMatch('application/problem+json');
    expect((await bob.get(`/api/items/${entry}/story`)).body.steps).toMatchObject([{ outcome: 'review', candidates: [{ what: number }] }, { outcome: 'manual', decided_by: 'bob', journal: [{ kind: 'allocation' }] }]);
    const undone = await bob.post(`/api/items/${entry}/undo`, { version: version + 1, reason: 'wrong' });
    expect(undone.body).toMatchObject({ status: 'done', item: { state: 'open', reason: 'undone', suggestion_count: 1 } });
    expect((await bob.post(`/api/items/${entry}/accept`, { version: version + 2 })).body.status).toBe('done');
  });

  it('is one person\'s once claimed; asking hands it over, deferring takes it out of the queue', async () => {
    const [entry] = await book(stranger('10.00'));
    expect((await bob.post(`/api/items/${entry}/claim`)).body.item.owner).toBe('bob');
    expect(await carol.post(`/api/items/${entry}/claim`)).toMatchObject({ status: 409, body: { code: 'stale', current: { owner: 'bob' } } });
    expect(await carol.post(`/api/items/${entry}/not-ours`, { version: 0 })).toMatchObject({ status: 409, body: { detail: expect.stringContaining('bob') } });
    expect((await bob.post(`/api/items/${entry}/ask`, { colleague: 'carol', question: 'yours?' })).body.item).toMatchObject({ owner: 'carol', comment_count: 1 });
    expect((await carol.post(`/api/items/${entry}/comments`, { text: 'no' })).body.item.comment_count).toBe(2);
    expect(await carol.post(`/api/items/${entry}/defer`, { version: 0, until: '2020-01-01' })).toMatchObject({ status: 400 });
    expect((await carol.post(`/api/items/${entry}/defer`, { version: 0, until: '2099-01-01' })).body.item.state).toBe('deferred');
    expect((await carol.get('/api/items?state=deferred')).body.total).toBe(1);
    expect((await carol.get('/api/items?owner=me')).body.total).toBe(0);
    expect((await carol.post(`/api/items/${entry}/not-ours`, { version: 0 })).body).toMatchObject({ status: 'done', item: { state: 'not_ours', outcome: 'suspense' } });
    expect((await carol.post(`/api/items/${entry}/release`)).status).toBe(200);
    // The money that came by mistake turns out to be somebody's after all.
    expect((await bob.post(`/api/items/${entry}/on-account`, { version: 1, party_id: 'C2' })).body.status).toBe('done');
  });

  it('is split over invoices and ledger accounts; what lets go of more than the limit waits for a second person', async () => {
    const number = await invoice('100.00', 'C2');
    const [entry] = await book(stranger('60.00'));
    const parts = { version: 0, invoices: [{ invoice_number: number, amount: '55.00', write_off: '45.00' }], ledger: [{ account: 'bank_fees', amount: '5.00' }] };
    const asked = await bob.post(`/api/items/${entry}/allocate`, parts);
    expect(asked.body).toMatchObject({ status: 'awaits_approval', decision_id: null, item: { state: 'open', version: 0, approval_id: expect.any(String) }, approval: { kind: 'assign', why: expect.stringContaining('45.00 EUR'), may_approve: false } });
    const { approval_id, digest } = asked.body.approval;
    expect((await bob.post(`/api/items/${entry}/allocate`, parts)).status).toBe(409);
    expect((await bob.post(`/api/approvals/${approval_id}/approve`, { digest })).status).toBe(403);
    expect(await carol.post(`/api/approvals/${approval_id}/approve`, { digest: '0'.repeat(64) })).toMatchObject({ status: 409, body: { detail: expect.stringContaining('not what was shown') } });
    expect((await carol.post(`/api/approvals/${approval_id}/approve`, { digest })).body).toMatchObject({ decided: 1, approval: { state: 'approved', decided_by: 'carol' } });
    expect((await bob.get(`/api/items/${entry}/story`)).body).toMatchObject({ steps: [{}, { decided_by: 'bob', approved_by: 'carol' }], approvals: [{ approval_id }] });
    expect((await dave.post(`/api/approvals/${approval_id}/approve`, { digest })).status).toBe(409);
  });
});

describe('the second person', () => {
  it('is needed above the amount that a person decides alone, and is never the same; a request whose item moved on is stale', async () => {
    const [entry, other] = await book(stranger('60000.00'), stranger('70000.00'));
    const asked = await carol.post(`/api/items/${entry}/on-account`, { version: 0, party_id: 'C1' });
    expect(asked.body).toMatchObject({ status: 'awaits_approval', approval: { sums: [{ currency: 'EUR', amount: '60000.00' }] } });
    const { approval_id, digest } = asked.body.approval;
    expect(await carol.post(`/api/approvals/${approval_id}/approve`, { digest })).toMatchObject({ status: 403, body: { detail: expect.stringContaining('nobody approves their own') } });
    await sql`update review_item set version = version + 1 where entry_id = ${entry}::bigint`.execute(worker.kysely);
    expect((await dave.post(`/api/approvals/${approval_id}/approve`, { digest })).status).toBe(409);
    expect((await dave.get(`/api/approvals/${approval_id}`)).body.state).toBe('stale');
    const again = await carol.post(`/api/items/${other}/on-account`, { version: 0, party_id: 'C1' });
    expect((await carol.post(`/api/approvals/${again.body.approval.approval_id}/withdraw`)).body.state).toBe('withdrawn');
    const { approval: third } = (await carol.post(`/api/items/${other}/on-account`, { version: 0, party_id: 'C1' })).body;
    expect(third.state).toBe('pending');
    // Who may decide more alone is not held up by what waits; that is overtaken.
    await sql`insert into user_limit values ('dave', 'EUR', 100000000, 0)`.execute(web.kysely);
    expect((await dave.post(`/api/items/${other}/on-account`, { version: 0, party_id: 'C2' })).body.status).toBe('done');
    expect((await dave.get(`/api/approvals/${third.approval_id}`)).body).toMatchObject({ state: 'stale', decision_reason: expect.stringContaining('dave') });
    expect((await dave.post(`/api/items/${other}/undo`, { reason: 'again' })).body.status).toBe('done');
    expect((await carol.post(`/api/items/${other}/on-account`, { version: 2, party_id: 'C1' })).body.status).toBe('awaits_approval');
  });

  it('is needed for whatever else lets go of money: a ledger part against the entry, a discount too late, an amount that only the person knows', async () => {
    const number = await invoice('10000.00', 'C2');
    const [entry] = await book(stranger('1.00'));
    const asked = await bob.post(`/api/items/${entry}/allocate`, { version: 0, invoices: [{ invoice_number: number, amount: '10000.00' }], ledger: [{ account: 'bank_fees', amount: '-9999.00' }] });
    expect(asked.body).toMatchObject({ status: 'awaits_approval', approval: { why: expect.stringContaining('9999.00 EUR') } });
    await bob.post(`/api/approvals/${asked.body.approval.approval_id}/withdraw`);
    expect((await bob.post(`/api/items/${entry}/allocate`, { version: 0, ledger: [{ account: 'bank_fees', amount: '-20.00' }, { account: 'on_account', party_id: 'C2', amount: '21.00' }] })).body.status).toBe('done');

    await importMasterData(worker, { accounts: `account,currency\n${BANK},EUR\n`, invoices: 'kind,invoice_number,party_id,currency,amount,issue_date,discount_amount,discount_until\n'
      + 'receivable,LATE-1,C2,EUR,1000.00,2026-02-01,30.00,2026-02-15\nreceivable,SOON-1,C2,EUR,1000.00,2026-02-01,30.00,2026-12-15\n' });
    const [late, soon] = await book(stranger('970.00'), stranger('970.01'));
    const discount = (invoice_number: string, amount: string, by: string) => ({ version: 0, invoices: [{ invoice_number, amount, discount: by }] });
    expect((await bob.post(`/api/items/${soon}/allocate`, discount('SOON-1', '970.01', '29.99'))).body.status).toBe('done');
    expect((await bob.post(`/api/items/${late}/allocate`, discount('LATE-1', '970.00', '30.00'))).body).toMatchObject({ status: 'awaits_approval', approval: { why: expect.stringContaining('30.00 EUR') } });

    await importMasterData(worker, { accounts: `account,currency\n${BANK},EUR\n`, invoices: 'kind,invoice_number,party_id,currency,amount,issue_date\n'
      + 'receivable,YEN-1,C2,JPY,100000,2026-02-01\nreceivable,YEN-2,C2,JPY,100000,2026-02-01\nreceivable,DINAR-1,C2,KWD,100.000,2026-02-01\n' });
    const [untold, told, dinar] = await book(stranger('600.00'), { ...stranger('601.00'), instructed: { amount: '97600', currency: 'JPY' } }, { ...stranger('280.00'), instructed: { amount: '97.400', currency: 'KWD' } });
    const yen = (invoice_number: string, amount: string) => ({ version: 0, invoices: [{ invoice_number, amount, settled: '97600', write_off: '2400' }] });
    expect((await bob.post(`/api/items/${untold}/allocate`, yen('YEN-1', '600.00'))).body).toMatchObject({ status: 'awaits_approval', approval: { why: expect.stringContaining('JPY') } });
    expect((await bob.post(`/api/items/${told}/allocate`, yen('YEN-2', '601.00'))).body.status).toBe('done');
    // 2.600 dinars are above the 2.500 that are the same number of minor units as 25.00 euros.
    expect((await bob.post(`/api/items/${dinar}/allocate`, { version: 0, invoices: [{ invoice_number: 'DINAR-1', amount: '280.00', settled: '97.400', write_off: '2.600' }] })).body).toMatchObject({ status: 'awaits_approval', approval: { why: expect.stringContaining('2.600 KWD') } });
  });

  it('approves nothing that whoever asked for it may no longer ask for', async () => {
    const admin = await addUser('adele', ['admin']);
    const erin = await addUser('erin', ['analyst']);
    const [one, two, three] = await book(stranger('60100.00'), stranger('60200.00'), stranger('60300.00'));
    const ask = async (entry: string) => (await erin.post(`/api/items/${entry}/on-account`, { version: 0, party_id: 'C1' })).body.approval as { approval_id: string; digest: string };
    const approve = ({ approval_id, digest }: { approval_id: string; digest: string }) => carol.post(`/api/approvals/${approval_id}/approve`, { digest });
    const [first, second, third] = [await ask(one!), await ask(two!), await ask(three!)];
    await admin.send('PATCH', '/api/users/erin', { roles: ['auditor'] });
    expect(await approve(first)).toMatchObject({ status: 409, body: { detail: 'erin may no longer do what was asked for' } });
    expect((await carol.get(`/api/approvals/${first.approval_id}`)).body.state).toBe('stale');
    await admin.send('PATCH', '/api/users/erin', { roles: ['analyst'], companies: ['other'] });
    expect((await approve(second)).status).toBe(409);
    await admin.send('PATCH', '/api/users/erin', { companies: null });
    expect((await approve(third)).body).toMatchObject({ decided: 1 });
    expect((await carol.get(`/api/items/${one}`)).body).toMatchObject({ state: 'open', version: 0 });
  });

  it('is who the database says, too', async () => {
    const { rows: [row] } = await sql<{ approval_id: bigint }>`select approval_id from approval where state = 'pending' and requested_by = 'carol' limit 1`.execute(web.kysely);
    const end = (by: string, digest: unknown = sql`digest`) => sql`update approval set state = 'approved', decided_by = ${by}, decided_at = now(), approved_digest = ${digest} where approval_id = ${row!.approval_id}`.execute(web.kysely);
    await expect(end('carol')).rejects.toMatchObject({ constraint: 'nobody_approves_their_own' });
    await expect(end('bob')).rejects.toMatchObject({ constraint: 'approved_by_an_approver' });
    await expect(end('dave', 'another')).rejects.toMatchObject({ constraint: 'approved_as_shown' });
    await expect(sql`update approval set request = '{}' where approval_id = ${row!.approval_id}`.execute(web.kysely)).rejects.toThrow(/cannot be changed/);
    await expect(sql`delete from approval`.execute(web.kysely)).rejects.toThrow(/denied/);
    const { rows: [entry] } = await sql<{ entry_id: bigint; decision_id: bigint }>`select entry_id, decision_id from decision where superseded_by is null limit 1`.execute(web.kysely);
    await expect(transaction(web, async (tx) => {
      await sql`update decision set superseded_by = 999999 where decision_id = ${entry!.decision_id}`.execute(tx.kysely);
      await sql`insert into decision (decision_id, entry_id, company, outcome, decided_by, approved_by, reason, explanation) values (999999, ${entry!.entry_id}, 'default', 'manual', 'bob', 'eve', 'a', 'b')`.execute(tx.kysely);
    })).rejects.toMatchObject({ constraint: 'decision_approved' });
  });
});

describe('many at once', () => {
  it('what shares a rule and a reason is accepted as it was previewed; what moved on meanwhile is left out', async () => {
    const numbers = [await invoice('11.00'), await invoice('12.00'), await invoice('13.00')];
    const entries = await book(...numbers.map((number, i) => ({ amount: `${11 + i}.00`, name: 'Alpha GmbH', account: ALPHA, text: number })));
    const { rule_id } = (await bob.get(`/api/items/${entries[0]}`)).body;
    const selection = { company: 'default', reason: 'would_be_automatic', rule_id };
    const preview = (await bob.post('/api/bulk/accept/preview', selection)).body;
    expect(preview).toMatchObject({ count: 3, invoices: 3, sums: [{ currency: 'EUR', count: 3, amount: '36.00' }], blocked_count: 0 });
    const asked = await bob.post('/api/bulk/accept', { ...selection, digest: preview.digest });
    expect(asked.body.approval).toMatchObject({ kind: 'bulk_accept', sums: preview.sums });
    expect((await bob.post(`/api/items/${entries[1]}/accept`, { version: 0 })).body.status).toBe('done');
    const { approval_id, digest } = asked.body.approval;
    expect((await carol.post(`/api/approvals/${approval_id}/approve`, { digest })).body).toMatchObject({ decided: 2, left_out: [{ entry_id: entries[1], why: expect.stringContaining('Accepted by bob') }] });
    expect((await bob.post('/api/bulk/accept', { ...selection, digest: preview.digest })).status).toBe(409);
  });

  it('a run is undone as it was previewed, but for what people have decided since', async () => {
    await sql`update company set mode = 'auto'`.execute(worker.kysely);
    const numbers = [await invoice('21.00'), await invoice('22.00'), await invoice('23.00')];
    const entries = await book(...numbers.map((number, i) => ({ amount: `${21 + i}.00`, name: 'Alpha GmbH', account: ALPHA, text: number })));
    await sql`update company set mode = 'suggest'`.execute(worker.kysely);
    const { rows: [run] } = await sql<{ run_id: string }>`select max(run_id)::text as run_id from run`.execute(web.kysely);
    expect((await bob.post(`/api/items/${entries[0]}/undo`, { reason: 'first by hand' })).body.status).toBe('done');
    const selection = { run_id: run!.run_id };
    const preview = (await bob.post('/api/bulk/undo/preview', { selection })).body;
    expect(preview).toMatchObject({ count: 2, invoices: 2, sums: [{ amount: '45.00' }], blocked: [{ entry_id: entries[0], why: expect.stringContaining('bob') }] });
    const { approval_id, digest } = (await bob.post('/api/bulk/undo', { selection, digest: preview.digest, reason: 'wrong rule' })).body.approval;
    expect((await carol.post(`/api/approvals/${approval_id}/approve`, { digest })).body).toMatchObject({ decided: 2, left_out: [] });
    expect((await bob.get(`/api/items/${entries[2]}`)).body).toMatchObject({ state: 'open', reason: 'undone', suggestions: [{ kind: 'invoices' }] });
    expect((await bob.get(`/api/items/${entries[2]}/story`)).body.approvals).toMatchObject([{ kind: 'bulk_undo' }]);
  });

  it('by rule version the same', async () => {
    await sql`update company set mode = 'auto'`.execute(worker.kysely);
    await book({ amount: '31.00', name: 'Alpha GmbH', account: ALPHA, text: await invoice('31.00') });
    await sql`update company set mode = 'suggest'`.execute(worker.kysely);
    const { rows: [rule] } = await sql<{ rule_id: string; ruleset: string }>`select rule_id, ruleset from decision where outcome = 'auto' and superseded_by is null limit 1`.execute(web.kysely);
    const { rows: [all] } = await sql<{ count: number; amount: string }>`
      select count(*)::int as count, to_char(sum(e.amount) / 100.0, 'FM990.00') as amount from decision d join entry e using (entry_id)
       where d.outcome = 'auto' and d.superseded_by is null and d.rule_id = ${rule!.rule_id} and d.ruleset = ${rule!.ruleset}`.execute(web.kysely);
    expect((await bob.post('/api/bulk/undo/preview', { selection: rule })).body).toMatchObject({ count: all!.count, sums: [{ amount: all!.amount }] });
  });
});

describe('learning', () => {
  it('proposes a payer\'s account after acceptance; another person confirms it, it outlives an import, and is forgotten again', async () => {
    const [entry] = await book({ amount: '5.00', name: 'Alfa Handels GmbH', account: 'FR1420041010050500013M02606', text: 'hello' });
    expect((await carol.post(`/api/items/${entry}/on-account`, { version: 0, party_id: 'C1' })).body).toMatchObject({ status: 'done', learned: 2 });
    const proposals = (await carol.get('/api/learned')).body.items.filter((one: { entry_id: string }) => one.entry_id === entry);
    expect(proposals.map((one: { kind: string; may_confirm: boolean }) => [one.kind, one.may_confirm])).toEqual([['alias', false], ['account', false]]);
    const account = proposals[1].proposal_id;
    expect((await carol.post(`/api/learned/${account}/confirm`)).status).toBe(403);
    expect((await dave.post(`/api/learned/${account}/confirm`)).body).toMatchObject({ state: 'confirmed', history: [{ by: 'carol', action: 'proposed' }, { by: 'dave', action: 'confirmed' }] });
    const known = async () => (await sql`select from party_account where party_id = 'C1' and account_key = 'FR1420041010050500013M02606'`.execute(web.kysely)).rows.length;
    expect(await known()).toBe(1);
    await transaction(worker, (tx) => importParties(tx, (async function* () { yield Buffer.from(PARTIES); })(), { actor: 'erp', companies: {} }));
    expect(await known()).toBe(1);
    expect((await dave.post(`/api/learned/${account}/revoke`, { reason: 'was another' })).body.state).toBe('revoked');
    expect(await known()).toBe(0);
    expect((await dave.post(`/api/learned/${proposals[0].proposal_id}/reject`, { reason: 'no name' })).body.state).toBe('rejected');
  });

  it('never learns from what a rule has decided', async () => {
    const { rows: [auto] } = await sql<{ decision_id: bigint; entry_id: bigint }>`select decision_id, entry_id from decision where outcome = 'auto' limit 1`.execute(web.kysely);
    await expect(sql`insert into learned_proposal (company, kind, party_id, value, value_key, entry_id, decision_id, proposed_by)
      values ('default', 'account', 'C1', 'X', 'X', ${auto!.entry_id}, ${auto!.decision_id}, 'bob')`.execute(web.kysely)).rejects.toMatchObject({ constraint: 'learned_from_people' });
  });
});

describe('modes', () => {
  it('are lowered at once and raised with a second person', async () => {
    const admin = await addUser('root', ['admin', 'operator']);
    expect((await admin.post('/api/automatic', { mode: 'off', reason: 'stop' })).body).toMatchObject({ status: 'done', modes: { companies: [{ mode: 'off' }] } });
    const asked = await admin.post('/api/automatic', { mode: 'auto', company: 'default', reason: 'go' });
    expect(asked.body).toMatchObject({ status: 'awaits_approval', modes: { companies: [{ mode: 'off' }] } });
    const { approval_id, digest } = asked.body.approval;
    expect((await carol.post(`/api/approvals/${approval_id}/approve`, { digest })).body.approval.state).toBe('approved');
    expect((await admin.get('/api/automatic')).body.companies).toMatchObject([{ mode: 'auto' }]);
  });
});

describe('everything that was done', () => {
  it('follows from what the log says of it', async () => {
    const differences: unknown[] = [];
    const { decisions } = await replayDecisions(web, {}, (difference) => differences.push(difference));
    expect(decisions).toBeGreaterThan(20);
    expect(differences).toEqual([]);
  });
});
