import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { verifyLog } from '../../src/ledger/verify-log.ts';
import { replayDecisions } from '../../src/pipeline/replay.ts';
import { compareRulesets } from '../../src/stages/reconcile/ruleset-diff.ts';
import { loadRuleset } from '../../src/stages/reconcile/rules.ts';
import { importMasterData, listDecisions, RULES_FOLDER, runBatch } from '../helpers/batch.ts';
import { testDatabase } from '../helpers/database.ts';
import { testServer, type Browser } from './helpers.ts';

const BANK = 'DE02120300000000202051';
const ALPHA = 'DE02500105170137075030';
const folder = mkdtempSync(join(tmpdir(), 'tieout-rules-'));
cpSync(RULES_FOLDER, folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true }));

const worker = await testDatabase('worker');
const web = await worker.as('web');
const { addUser } = await testServer(worker, web, { config: { ...worker.config, rules_folder: folder } });

let day = 0;
/** A payment that the rules are certain of; what became of it, and by which version. */
async function pay(): Promise<{ outcome: string; reason: string; version: string | undefined }> {
  const number = `RE-2026-${1_000 + ++day}`;
  await importMasterData(worker, {
    accounts: `account,currency\n${BANK},EUR\n`, parties: `party_id,kind,name,accounts\nC1,customer,Alpha GmbH,${ALPHA}\n`,
    invoices: `kind,invoice_number,party_id,currency,amount,issue_date\nreceivable,${number},C1,EUR,${day}.00,2026-02-01\n`,
  });
  await sql`update company set mode = 'auto'`.execute(worker.kysely);
  const opening = 10 + (day * (day - 1)) / 2;
  const run_id = await runBatch(worker, [[{ account: BANK, sequence: String(day), date: `2026-03-${String(day).padStart(2, '0')}`, opening: `${opening}.00`, entries: [{ amount: `${day}.00`, name: 'Alpha GmbH', account: ALPHA, text: number }] }]], undefined, folder);
  const [decision] = await listDecisions(worker, run_id);
  return { outcome: decision!.outcome, reason: decision!.reason, version: decision!.rule?.version };
}

/** Finance writes a word more into the rules' text: another version that decides the same. */
function write(text: string): string {
  const file = join(folder, 'receipts.yaml');
  writeFileSync(file, `${readFileSync(join(RULES_FOLDER, 'receipts.yaml'), 'utf8')}# ${text}\n`);
  return loadRuleset(folder).version;
}

const inForce = async () => (await sql<{ version: string; approval_id: bigint | null }>`select version, approval_id from rules_in_force order by n`.execute(web.kysely)).rows;

describe('the rules', () => {
  let anna: Browser;
  let vera: Browser;
  const first = loadRuleset(folder).version;

  it('of the first batch are in force at once, and so are others while nobody could be the second person', async () => {
    expect(await pay()).toEqual({ outcome: 'auto', reason: expect.any(String), version: first });
    const second = write('alone');
    expect(await pay()).toMatchObject({ outcome: 'auto', version: second });
    // One who may do everything is one; and who sees some companies only decides for those.
    await addUser('max', ['analyst', 'approver', 'auditor', 'operator', 'admin']);
    await addUser('part', ['analyst', 'approver'], { companies: ['default'] });
    await addUser('otto', ['auditor']);
    const third = write('still alone');
    expect(await pay()).toMatchObject({ outcome: 'auto', version: third });
    expect(await inForce()).toEqual([first, second, third].map((version) => ({ version, approval_id: null })));
    const { rows } = await sql<{ payload: string }>`select payload from log_record where action = 'rules_in_force' order by seq`.execute(web.kysely);
    expect(rows.map(({ payload }) => JSON.parse(payload) as unknown)).toEqual([
      { version: first, replaces: null, approved_by: null }, { version: second, replaces: first, approved_by: null }, { version: third, replaces: second, approved_by: null },
    ]);
  });

  it('change by two people from then on: until then the approved ones decide', async () => {
    anna = await addUser('anna', ['analyst']);
    vera = await addUser('vera', ['approver']);
    const approved = (await inForce()).at(-1)!.version;
    const next = write('with two people');
    expect(await pay()).toMatchObject({ outcome: 'auto', version: approved });
    const shown = (await anna.get('/api/rules')).body;
    expect(shown).toMatchObject({ in_force: { version: approved, approved_by: null }, approval_id: null, offered: { version: next, problem: null, files: [{ file: 'receipts.yaml' }] } });
    expect(shown.offered.files[0].lines.filter((line: { change: string }) => line.change !== 'same' && line.change !== 'gap')).toEqual([{ change: 'removed', text: '# still alone' }, { change: 'added', text: '# with two people' }]);
    expect((await anna.post('/api/rules/propose', { version: approved })).status).toBe(409);
    const asked = await anna.post('/api/rules/propose', { version: next, comment: 'a new wording' });
    expect(asked.body).toMatchObject({ status: 'awaits_approval', rules: { approval_id: asked.body.approval.approval_id }, approval: { kind: 'rules', requested_by: 'anna', request: { version: next, replaces: approved } } });
    expect((await vera.post('/api/rules/propose', { version: next })).status).toBe(409);
    const { approval_id, digest } = asked.body.approval;
    expect((await vera.get(`/api/rules/compare?from=${encodeURIComponent(approved)}&to=${encodeURIComponent(next)}`)).body.files).toEqual(shown.offered.files);
    expect((await anna.post(`/api/approvals/${approval_id}/approve`, { digest })).status).toBe(403);
    expect((await vera.post(`/api/approvals/${approval_id}/approve`, { digest })).body).toMatchObject({ approval: { state: 'approved', decided_by: 'vera' } });
    expect((await anna.get('/api/rules')).body).toMatchObject({ in_force: { version: next, requested_by: 'anna', approved_by: 'vera' }, offered: null });
    expect(await pay()).toMatchObject({ outcome: 'auto', version: next });
    expect((await anna.post('/api/rules/propose', { version: next })).status).toBe(400);
  });

  it('are what was shown: what has been written since waits for an approval of its own, and a request that others have overtaken is stale', async () => {
    const proposed = write('the proposed text');
    const { approval } = (await anna.post('/api/rules/propose', { version: proposed })).body;
    const later = write('changed behind the back');
    await vera.post(`/api/approvals/${approval.approval_id}/approve`, { digest: approval.digest });
    expect(await pay()).toMatchObject({ version: proposed });
    expect((await anna.get('/api/rules')).body).toMatchObject({ in_force: { version: proposed }, offered: { version: later } });
    const { approval: second } = (await anna.post('/api/rules/propose', { version: later })).body;
    await expect(sql`insert into rules_in_force (version) values (${later})`.execute(web.kysely)).rejects.toMatchObject({ constraint: 'rules_approved' });
    await expect(sql`insert into rules_in_force (version, approval_id) values (${later}, ${second.approval_id}::bigint)`.execute(web.kysely)).rejects.toMatchObject({ constraint: 'rules_approved' });
    await expect(sql`insert into rules_in_force (version) values (${later})`.execute(worker.kysely)).rejects.toMatchObject({ constraint: 'rules_approved' });
    await expect(sql`delete from rules_in_force`.execute(web.kysely)).rejects.toThrow(/denied/);
    await sql`update app_user set disabled = true where user_id = 'anna'`.execute(web.kysely);
    expect((await vera.post(`/api/approvals/${second.approval_id}/approve`, { digest: second.digest })).status).toBe(409);
    expect((await inForce()).at(-1)!.version).toBe(proposed);
    await sql`update app_user set disabled = false where user_id = 'anna'`.execute(web.kysely);
  });

  it('that cannot be read stop nothing: the approved ones are shown, and decide', async () => {
    writeFileSync(join(folder, 'receipts.yaml'), 'rules: [');
    expect((await vera.get('/api/rules')).body).toMatchObject({ offered: { version: null, problem: expect.stringContaining('receipts.yaml') } });
    expect((await vera.get('/api/automatic')).body.rules.length).toBeGreaterThan(10);
    expect(await pay()).toMatchObject({ outcome: 'auto', version: (await inForce()).at(-1)!.version });
    write('mended');
  });

  it('that this program can no longer read leave nothing to be posted by itself until others are approved', async () => {
    const client = new pg.Client(worker.config.database_url!);
    await client.connect();
    await client.query('alter table rules_in_force disable trigger rules_approved').finally(() => client.end());
    await sql`insert into ruleset (version, content) values ('sha256:old', '[{"name":"a.yaml","text":"rules: [{id: x}]"}]')`.execute(web.kysely);
    await sql`insert into rules_in_force (version) values ('sha256:old')`.execute(web.kysely);
    const version = loadRuleset(folder).version;
    expect(await pay()).toMatchObject({ outcome: 'review', reason: 'would_be_automatic', version });
  });

  afterAll(async () => {
    expect((await verifyLog(web)).fault).toBeNull();
    const different: unknown[] = [];
    await replayDecisions(web, {}, (difference) => void different.push(difference));
    expect(different).toEqual([]);
  });
});

describe('what differs', () => {
  const content = (...lines: string[]) => JSON.stringify([{ name: 'a.yaml', text: lines.join('\n') }]);
  it('is shown line by line with what is around it, files that came or went included', () => {
    const [file] = compareRulesets(content('1', '2', '3', '4', '5', '6', '7', '8', '9', 'x', 'y'), content('1', '2', '3', '4', '5', '6', '7', '8', '9', 'z', 'y', 'w'));
    expect(file!.lines.map(({ change, text }) => `${change} ${text}`)).toEqual(['gap ', 'same 6', 'same 7', 'same 8', 'same 9', 'removed x', 'added z', 'same y', 'added w']);
    expect(compareRulesets(null, content('a')).map(({ lines }) => lines)).toEqual([[{ change: 'added', text: 'a' }]]);
    expect(compareRulesets(content('a', 'b'), '[]').map(({ lines }) => lines.map(({ change }) => change))).toEqual([['removed', 'removed']]);
    expect(compareRulesets(content('a'), content('a'))).toEqual([]);
  });
});
