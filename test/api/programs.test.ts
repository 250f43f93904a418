import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { testDatabase } from '../helpers/database.ts';
import { runBatch } from '../helpers/batch.ts';
import { entriesOf, testServer, type Browser } from './helpers.ts';

const worker = await testDatabase('worker');
const web = await worker.as('web');
const { addUser, send } = await testServer(worker, web);
const BANK = 'DE02120300000000202051';
const OTHER = 'DE75512108001245126199';
let operator: Browser;
let analyst: Browser;
let token: string;

beforeAll(async () => {
  operator = await addUser('operator', ['operator']);
  analyst = await addUser('analyst', ['analyst']);
  token = (await operator.post('/api/tokens', { name: 'erp', rights: ['read', 'import', 'operate'], days: 1 })).body.token;
});

const asProgram = (url: string, body: string, type: string, more: Record<string, string> = {}) => send('POST', url, body, { authorization: `Bearer ${token}`, 'content-type': type, ...more });

function multipart(...files: { name: string; text: string }[]): { body: string; type: string } {
  const boundary = 'the-boundary';
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: `${files.map(({ name, text }) => `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: application/octet-stream\r\n\r\n${text}\r\n`).join('')}--${boundary}--\r\n`,
  };
}

describe('a program', () => {
  it('imports master data, and is told every row that is wrong', async () => {
    expect((await asProgram('/api/imports/accounts', `account,currency\n${BANK},EUR\n`, 'text/csv')).body).toMatchObject({ kind: 'accounts', result: { rows: 1, inserted: 1 } });
    expect((await asProgram('/api/imports/parties', 'party_id,kind,name\nC1,customer,Alpha GmbH\n', 'text/csv')).status).toBe(200);
    const wrong = await asProgram('/api/imports/parties', 'party_id,kind,name\nC2,friend,Beta\nC3,customer,\n', 'text/csv');
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid_input', errors: [{ path: 'line 2, kind' }, { path: 'line 3, name' }] } });
    expect((await asProgram('/api/imports/parties', '{}', 'application/json')).status).toBe(415);
    expect((await asProgram('/api/imports/nothing', '', 'text/csv')).status).toBe(400);
  });

  it('acknowledges settlements', async () => {
    await asProgram('/api/imports/invoices', 'kind,invoice_number,party_id,currency,amount,issue_date\nreceivable,RE-1,C1,EUR,100.00,2026-02-01\n', 'text/csv');
    await runBatch(worker, [[{ account: BANK, sequence: '1', date: '2026-03-01', opening: '10.00', entries: [{ amount: '100.00', text: 'RE-1', name: 'Alpha GmbH' }] }]]);
    const [entry] = await entriesOf(web, '2026-03-01');
    expect((await analyst.post(`/api/items/${entry}/allocate`, { version: 0, invoices: [{ invoice_number: 'RE-1', amount: '100.00' }] })).body.status).toBe('done');
    expect((await asProgram('/api/imports/settlements', 'kind,invoice_number,party_id,amount,as_of\nreceivable,RE-1,C1,100.00,2026-03-02\n', 'text/csv')).body.result).toMatchObject({ updated: 1 });
  });

  it('submits documents as a stream; they are due, kept as they came, and their names are labels and no paths', async () => {
    const { body, type } = multipart({ name: '../../etc/passwd', text: 'not a statement' }, { name: 'b.csv', text: 'Date,Amount\n' });
    const sent = await asProgram('/api/documents', body, type);
    expect(sent.body).toMatchObject({ run_id: expect.any(String), documents: [{ name: 'passwd' }, { name: 'b.csv' }] });
    const { rows } = await sql<{ document_id: string; path: string; state: string }>`select document_id::text, path, state from document where run_id = ${sent.body.run_id}::bigint order by document_id`.execute(web.kysely);
    expect(rows.map((row) => row.state)).toEqual(['received', 'received']);
    expect((await sql`select from task where stage = 'extract' and state = 'due'`.execute(web.kysely)).rows).toHaveLength(2);
    const found = rows.find((row) => row.path === 'passwd')!;
    const content = await analyst.get(`/api/documents/${found.document_id}/content`);
    expect([content.text, content.headers['content-type'], content.headers['content-security-policy']]).toEqual(['not a statement', 'application/octet-stream', "default-src 'none'; sandbox"]);
    expect((await analyst.get(`/api/documents/${found.document_id}`)).body).toMatchObject({ path: 'passwd', size: '15', state: 'received', statements: [] });
    expect((await asProgram('/api/documents', multipart().body, multipart().type)).status).toBe(400);
  });
});

describe('the log', () => {
  it('is searched, exported, verified and replayed', async () => {
    const auditor = await addUser('auditor', ['auditor']);
    const [entry] = await entriesOf(web, '2026-03-01');
    expect((await auditor.get(`/api/log?entry_id=${entry}`)).body.items.map((row: { action: string }) => row.action)).toEqual(['assign', 'decide']);
    expect((await auditor.get('/api/log?invoice_number=RE-1')).body.items).toHaveLength(1);
    expect((await auditor.get('/api/log?party_id=C1&actor=analyst&min_amount=100.00&max_amount=100.00')).body.items).toMatchObject([{ action: 'assign', amount: '100.00', currency: 'EUR' }]);
    const { rows: [of] } = await sql<{ run_id: string; records: number; day: string }>`
      select run_id::text, count(*)::int as records, min(at)::date::text as day from log_record where run_id is not null group by 1 order by 2 desc limit 1`.execute(web.kysely);
    expect((await auditor.get(`/api/log?run_id=${of!.run_id}`)).body.items).toHaveLength(of!.records);
    expect((await auditor.get(`/api/log?run_id=${of!.run_id}&from=${of!.day}&to=${of!.day}`)).body.items).toHaveLength(of!.records);
    expect((await auditor.get('/api/log?from=2000-01-01&to=2000-12-31')).body.items).toEqual([]);
    const { rows: [by] } = await sql<{ records: number }>`select count(*)::int as records from log_record where actor = 'analyst'`.execute(web.kysely);
    expect((await auditor.get('/api/log?actor=analyst')).body.items).toHaveLength(by!.records);
    expect((await auditor.get('/api/log?actor=nobody')).body.items).toEqual([]);
    const first = (await auditor.get('/api/log?limit=2')).body;
    const second = (await auditor.get(`/api/log?limit=2&cursor=${first.next_cursor}`)).body;
    expect(BigInt(second.items[0].seq)).toBeLessThan(BigInt(first.items[1].seq));
    const csv = await auditor.get(`/api/log/export?format=csv&entry_id=${entry}`);
    expect(csv.text.trim().split('\r\n')).toHaveLength(3);
    const lines = (await auditor.get(`/api/log/export?entry_id=${entry}`)).text.trim().split('\n').map((line) => JSON.parse(line) as { action: string });
    expect(lines.map((line) => line.action)).toEqual(['assign', 'decide']);
    expect((await auditor.post('/api/log/verify')).body).toMatchObject({ fault: null, records: expect.any(Number) });
    expect((await auditor.post('/api/log/verify', { head: 'no head' })).status).toBe(400);
    expect((await auditor.post('/api/log/replay', { entry_id: entry })).body).toEqual({ decisions: 2, same: 2, different: [] });
    expect((await auditor.get('/api/items/export?state=all')).text.split('\r\n')[1]).toMatch(new RegExp(`^${entry},done,manual`));
    expect((await auditor.get('/api/exports/decisions?format=csv')).text).toMatch(/^entry_id,decision_id/);
    expect((await auditor.get('/api/exports/journal')).text).toMatch(/"account":"receivables"/);
  });
});

describe('the overview', () => {
  it('has the runs\' figures, the queue and the bank accounts', async () => {
    await runBatch(worker, [[{ account: BANK, sequence: '2', date: '2026-03-02', opening: '110.00', entries: [{ amount: '5.00', name: 'Nobody' }] }]]);
    expect((await analyst.get('/api/overview')).body).toMatchObject({
      queue: { open: 1, unowned: 1, sums: [{ currency: 'EUR', count: 1, amount: '5.00' }], oldest: '2026-03-02' }, stopped: true, bank_accounts: [{ account: BANK, difference: '0.00', ledger_balance: '115.00' }],
    });
    const { items } = (await operator.get('/api/runs')).body;
    expect((await operator.get(`/api/runs/${items[0].run_id}`)).body).toMatchObject({ links: [{ source: 'camt.053', target: expect.stringMatching(/^run: /), count: 1 }, { target: expect.stringMatching(/^now: /) }] });
  });
});

describe('the queue', () => {
  it('goes on page by page in every order, and finds what is searched', async () => {
    await runBatch(worker, [[{ account: BANK, sequence: '3', date: '2026-03-03', opening: '115.00', entries: Array.from({ length: 7 }, (_, i) => ({ amount: `${(i * 3) % 7 + 1}.00`, name: i % 2 ? `Payer ${i}` : undefined, text: `text ${i} 100%_done` })) }]]);
    for (const sort of ['priority', 'booking_date', 'amount', 'counterparty', 'opened_at', 'reason', 'owner', 'account']) {
      for (const order of ['asc', 'desc']) {
        const whole = (await analyst.get(`/api/items?limit=100&sort=${sort}&order=${order}`)).body.items.map((row: { entry_id: string }) => row.entry_id);
        expect(whole).toHaveLength(8);
        const pages: string[] = [];
        for (let cursor: string | null = ''; cursor !== null;) {
          const { items, next_cursor, total }: { items: { entry_id: string }[]; next_cursor: string | null; total: number } = (await analyst.get(`/api/items?limit=3&sort=${sort}&order=${order}${cursor && `&cursor=${cursor}`}`)).body;
          pages.push(...items.map((row) => row.entry_id));
          expect(total).toBe(8);
          cursor = next_cursor;
        }
        expect([sort, order, pages]).toEqual([sort, order, whole]);
      }
    }
    const total = async (query: string) => (await analyst.get(`/api/items?${query}`)).body.total;
    expect(await total('search=payer%203')).toBe(1);
    expect(await total('search=100%25_done')).toBe(7);
    expect(await total('search=%25')).toBe(7);
    expect(await total('min_amount=3.00&max_amount=4.00&from=2026-03-03')).toBe(2);
    expect((await analyst.get('/api/items?cursor=rubbish')).status).toBe(400);
    expect((await analyst.get('/api/items?sort=rubbish')).status).toBe(400);
    const groups = (await analyst.get('/api/items/groups')).body;
    expect(groups.total).toBe(8);
    expect(groups.groups.reduce((sum: number, group: { count: number }) => sum + group.count, 0)).toBe(8);
  });

  it('lets exactly one of many have an item', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, (_, i) => addUser(`racer-${i}`, ['analyst'])));
    const items: { entry_id: string; version: number }[] = (await analyst.get('/api/items?limit=5')).body.items;
    const answers = await Promise.all(items.flatMap(({ entry_id, version }) => people.map(async (person) => ({ entry_id, status: (await person.post(`/api/items/${entry_id}/on-account`, { version, party_id: 'C1' })).status }))));
    for (const { entry_id } of items) expect(answers.filter((one) => one.entry_id === entry_id).map((one) => one.status).sort()).toEqual([200, 409, 409, 409, 409]);
  });
});

describe('a saved view', () => {
  it('is its owner\'s, shared when they say so', async () => {
    const view = { name: 'Large', page: 'queue', query: { min_amount: '1000.00' }, shared: false };
    const { body } = await analyst.post('/api/views', view);
    expect((await analyst.post('/api/views', view)).status).toBe(409);
    expect((await operator.get('/api/views')).body.items).toEqual([]);
    await analyst.send('PUT', `/api/views/${body.view_id}`, { ...view, shared: true });
    expect((await operator.get('/api/views')).body.items).toMatchObject([{ name: 'Large', mine: false, owner: 'analyst' }]);
    expect((await operator.send('DELETE', `/api/views/${body.view_id}`)).status).toBe(404);
    expect((await analyst.send('DELETE', `/api/views/${body.view_id}`)).status).toBe(200);
  });
});

describe('settlements', () => {
  it('acknowledges settlements as JSON, once under its key, and is told which are wrong', async () => {
    await asProgram('/api/imports/accounts', `account,currency\n${OTHER},EUR\n`, 'text/csv');
    await asProgram('/api/imports/invoices', 'kind,invoice_number,party_id,currency,amount,issue_date,external_id\nreceivable,RE-2,C1,EUR,100.00,2026-02-01,X-2\n', 'text/csv');
    await runBatch(worker, [[{ account: OTHER, sequence: '1', date: '2026-05-02', opening: '110.00', entries: [{ amount: '100.00', text: 'RE-2', name: 'Alpha GmbH' }] }]]);
    const [entry] = await entriesOf(web, '2026-05-02');
    expect((await analyst.post(`/api/items/${entry}/allocate`, { version: 0, invoices: [{ invoice_number: 'RE-2', amount: '100.00' }] })).body.status).toBe('done');
    const send = (settlements: object[], key = 'settlements-0001') => asProgram('/api/settlements', JSON.stringify({ settlements }), 'application/json', { 'idempotency-key': key });
    const wrong = await send([{ external_id: 'X-2', amount: '60.00', as_of: '2026-03-02' }, { external_id: 'no "such"\nthing', amount: '1.00', as_of: '2026-03-02' }], 'settlements-0000');
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid_input', errors: [{ path: 'settlements.1', message: 'there is no such invoice' }] } });
    expect(await send([{ external_id: 'X-2', amount: '100.001', as_of: '2026-03-02' }], 'settlements-0002')).toMatchObject({ status: 400, body: { errors: [{ path: 'settlements.0.amount' }] } });
    expect((await send([{ external_id: 'X-2', amount: '60.00', as_of: '2026-03-02', state: 'open' }], 'settlements-0003')).status).toBe(400);
    const part = [{ external_id: 'X-2', amount: '60.00', as_of: '2026-03-02' }];
    const { rows: [before] } = await sql<{ n: number }>`select count(*)::int as n from log_record where action = 'settlement_acknowledged'`.execute(web.kysely);
    const answers = await Promise.all([send(part), send(part)]);
    expect(answers.map(({ status }) => status).sort()).toEqual(answers.some(({ status }) => status === 409) ? [200, 409] : [200, 200]);
    expect((await send(part)).body).toEqual({ rows: 1, acknowledged: 1, unchanged: 0 });
    expect((await send(part, 'settlements-0004')).body).toEqual({ rows: 1, acknowledged: 0, unchanged: 1 });
    const { rows: [after] } = await sql<{ n: number }>`select count(*)::int as n from log_record where action = 'settlement_acknowledged'`.execute(web.kysely);
    expect(after!.n - before!.n).toBe(1);
    const all = await send([{ kind: 'receivable', invoice_number: 'RE-2', party_id: 'C1', amount: '100.00', as_of: '2026-03-03' }], 'settlements-0005');
    expect(all.body).toEqual({ rows: 1, acknowledged: 1, unchanged: 0 });
  });
});
