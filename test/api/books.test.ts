import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { migrateQueue, openQueues } from '../../src/pipeline/backends.ts';
import { STAGE_TABLE } from '../../src/pipeline/queues.ts';
import { runDocuments } from '../../src/pipeline/run.ts';
import { createLog } from '../../src/platform/log.ts';
import { importMasterData, runBatch, type SampleDocument, type SampleEntry } from '../helpers/batch.ts';
import { checkBooks } from '../helpers/check-books.ts';
import { testDatabase } from '../helpers/database.ts';
import { testServer, type Browser } from './helpers.ts';

const worker = await testDatabase('worker');
const web = await worker.as('web');
const { addUser } = await testServer(worker, web);
const BANK = 'DE02120300000000202051';
let bob: Browser;
let carol: Browser;

beforeAll(async () => {
  await importMasterData(worker, { accounts: `account,currency\n${BANK},EUR\n`, parties: 'party_id,kind,name\nC1,customer,Alpha GmbH\n' });
  bob = await addUser('bob', ['analyst', 'operator']);
  carol = await addUser('carol', ['approver']);
});
afterEach(() => checkBooks(worker));

const pays = (amount: string): SampleEntry => ({ amount, name: `Payer ${amount}`, account: `X-${amount}` });
const statement = (date: string, opening: string, entries: SampleEntry[], closing?: string): SampleDocument => [{ account: BANK, date, opening, entries, ...(closing !== undefined && { closing }) }];

describe('a quarantined statement', () => {
  it('that was issued again shows its difference, and takes the other\'s place when a second person agrees', async () => {
    await runBatch(worker, [statement('2026-10-05', '0.00', [pays('1.00'), pays('2.00')])]);
    await runBatch(worker, [statement('2026-10-05', '0.00', [pays('1.00'), pays('3.00')])]);
    const { items, total } = (await bob.get('/api/quarantine')).body;
    expect([total, items[0].acceptable, items[0].failed_check]).toEqual([1, true, 'reissued']);
    const path = `/api/quarantine/${items[0].statement_id}`;
    const { diff, replaces_statement_id } = (await bob.get(path)).body;
    expect(replaces_statement_id).not.toBeNull();
    expect(diff.map((line: { change: string; amount: string }) => `${line.change} ${line.amount}`).sort()).toEqual(['added 3.00', 'dropped 2.00', 'same 1.00']);
    const { approval } = (await bob.post(`${path}/accept`, { reason: 'confirmed by the bank' })).body;
    expect(approval).toMatchObject({ kind: 'quarantine_accept', state: 'pending', sums: [{ currency: 'EUR', count: 2, amount: '1.00' }] });
    expect((await bob.get('/api/bank-accounts')).body.items).toMatchObject([{ ledger_balance: '3.00' }]);
    expect((await carol.post(`/api/approvals/${approval.approval_id}/approve`, { digest: approval.digest })).status).toBe(200);
    expect((await bob.get('/api/bank-accounts')).body.items).toMatchObject([{ ledger_balance: '4.00', difference: '0.00' }]);
    expect((await bob.get('/api/quarantine')).body.total).toBe(0);
    expect((await bob.post(`${path}/accept`, { reason: 'again' })).status).toBe(404);
  });

  it('that does not tie out says which check failed, is not to be accepted, and is set aside once', async () => {
    await runBatch(worker, [statement('2026-10-06', '4.00', [pays('1.00')], '99.00')]);
    const { items } = (await bob.get('/api/quarantine')).body;
    const path = `/api/quarantine/${items[0].statement_id}`;
    expect((await bob.get(path)).body).toMatchObject({ acceptable: false, rejected: false, diff: [], failed_check: expect.stringContaining('opening_to_closing'), explanation: expect.any(String) });
    expect((await bob.post(`${path}/accept`, { reason: 'x' })).status).toBe(400);
    expect((await bob.get('/api/overview')).body.quarantined).toBe(1);
    expect((await bob.post(`${path}/reject`, { reason: '' })).status).toBe(400);
    expect((await bob.post(`${path}/reject`, { reason: 'the bank sends it again' })).status).toBe(200);
    expect((await bob.post(`${path}/reject`, { reason: 'once more' })).status).toBe(409);
    expect((await bob.get(path)).body.rejected).toBe(true);
    expect((await bob.get('/api/overview')).body.quarantined).toBe(0);
  });
});

describe('a dead letter', () => {
  it('is shown with its remedy, tried again, and discarded with a reason, once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tieout-books-'));
    const log = createLog(worker.config);
    await migrateQueue(worker.config, worker.url, log);
    const queues = await openQueues({ config: worker.config, db: worker, log });
    const run = async () => {
      await writeFile(join(folder, 'note.txt'), 'this is no statement');
      await runDocuments({ db: worker, queues, table: STAGE_TABLE, rules_folder: worker.config.rules_folder, log, concurrency: 2, paths: [join(folder, 'note.txt')] });
    };
    try {
      await run();
      const first = (await bob.get('/api/dead-letters')).body;
      expect(first).toMatchObject({ total: 1, items: [{ code: 'not_a_statement', meaning: expect.any(String), remedy: expect.any(String), resolution: null }] });
      const id = first.items[0].dead_letter_id;
      expect((await bob.get(`/api/dead-letters/${id}`)).body.failures).toMatchObject([{ attempt: 1, code: 'not_a_statement' }]);
      expect((await carol.post(`/api/dead-letters/${id}/retry`)).body).toMatchObject({ documents: 1 });
      expect((await bob.post(`/api/dead-letters/${id}/retry`)).status).toBe(409);
      expect((await bob.get('/api/dead-letters')).body.total).toBe(0);
      // It dies again of the same.
      await run();
      const [again] = (await bob.get('/api/dead-letters')).body.items;
      expect((await bob.post(`/api/dead-letters/${again.dead_letter_id}/discard`, { reason: 'a note' })).body).toEqual({ documents: 1 });
      expect((await bob.get(`/api/dead-letters/${again.dead_letter_id}`)).body).toMatchObject({ resolution: 'discarded', resolved_by: 'bob', resolution_reason: 'a note' });
      const { rows: [document] } = await sql<{ state: string }>`select state from document where path like '%note.txt'`.execute(web.kysely);
      expect(document!.state).toBe('discarded');
    } finally {
      await queues.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
