import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import pg from 'pg';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ROUTES } from '../../src/api/routes.ts';
import { importMasterData, runBatch } from '../helpers/batch.ts';
import { testDatabase } from '../helpers/database.ts';
import { testServer, type Browser } from './helpers.ts';

/** What keeps the server in its bounds whoever asks: what it keeps, what it tells, and how long it waits. */
const worker = await testDatabase('worker');
const web = await worker.as('web');
const { app, send, addUser } = await testServer(worker, web);
const BANK = 'DE02120300000000202051';
let admin: Browser;
let analyst: Browser;

beforeAll(async () => {
  admin = await addUser('root', ['admin', 'approver']);
  analyst = await addUser('anna', ['analyst']);
});

afterEach(() => vi.useRealTimers());

describe('a secret', () => {
  it('is kept nowhere when it is sent with an idempotency key: it is made anew', async () => {
    const key = { 'idempotency-key': 'the-same-key-twice' };
    const make = () => analyst.post('/api/tokens', { name: 'erp', rights: ['read'], days: 1 }, key);
    const [first, second] = [await make(), await make()];
    expect(first.body.token).not.toBe(second.body.token);
    await admin.post('/api/users/anna/sign-in-link', {}, { 'idempotency-key': 'a-link-of-annas' });
    const { rows } = await sql`select from idempotency_key`.execute(web.kysely);
    expect(rows).toEqual([]);
    // Whatever takes or gives a password, a token or a link says so in the table of routes.
    const secret = Object.entries(ROUTES).filter(([, route]) => 'secret' in route).map(([name]) => name).sort();
    expect(secret).toEqual(['changePassword', 'changeUser', 'createSignInLink', 'createToken', 'createUser']);
  });

  it('is in the log as having been made, and never as what it is', async () => {
    const { body } = await analyst.post('/api/tokens', { name: 'logged', rights: ['read'], days: 1 });
    await analyst.send('DELETE', `/api/tokens/${body.view.token_id}`);
    const { url } = (await admin.post('/api/users/anna/sign-in-link')).body;
    const { rows } = await sql<{ action: string; payload: string }>`select action, payload from log_record where actor in ('anna', 'root') order by seq desc limit 6`.execute(web.kysely);
    expect(rows.map((row) => row.action).filter((action) => action !== 'chain_head').slice(0, 3)).toEqual(['sign_in_link_created', 'token_revoked', 'token_created']);
    for (const { payload } of rows) expect(payload).not.toMatch(new RegExp(`${body.token}|${url.split('token=')[1]}`));
  });
});

describe('an answer given again', () => {
  it('is not given to a token that sees less than who asked first', async () => {
    await importMasterData(worker, { accounts: `account,currency\n${BANK},EUR\n` });
    await runBatch(worker, [[{ account: BANK, sequence: '1', date: '2026-03-01', opening: '1.00', entries: [{ amount: '5.00', name: 'Somebody' }] }]]);
    const { rows: [item] } = await sql<{ entry_id: string }>`select entry_id::text from review_item limit 1`.execute(web.kysely);
    const { token } = (await analyst.post('/api/tokens', { name: 'elsewhere', rights: ['read', 'act'], companies: ['other'], days: 1 })).body;
    const key = { 'idempotency-key': 'a-comment-of-annas' };
    const url = `/api/items/${item!.entry_id}/comments`;
    expect((await analyst.post(url, { text: 'seen' }, key)).status).toBe(200);
    const again = await send('POST', url, { text: 'seen' }, { authorization: `Bearer ${token}`, ...key });
    expect(again.status).toBe(400);
    expect(again.text).not.toContain('Somebody');
  });
});

describe('what is asked for', () => {
  it('takes no member that is not in the table', async () => {
    const made = await admin.post('/api/users', { user_id: 'mass', name: 'Mass', roles: ['analyst'], disabled: true, password_hash: 'x', failed_sign_ins: -9, created_at: '2000-01-01' });
    expect(made.body).toMatchObject({ roles: ['analyst'], disabled: false, has_password: false });
    expect((await admin.send('PATCH', '/api/users/mass', { user_id: 'root2', password_hash: '$argon2id$x', __proto__: { disabled: true } })).body).toMatchObject({ user_id: 'mass', has_password: false, disabled: false });
    expect((await send('POST', '/api/users', '{"__proto__":{"x":1},"user_id":"p","name":"p","roles":[]}', { cookie: admin.cookie, 'x-csrf-token': admin.csrf, 'content-type': 'application/json' })).status).toBe(400);
    const token = await analyst.post('/api/tokens', { name: 'mine', rights: ['read'], days: 1, user_id: 'root' });
    expect(token.body.view.user_id).toBe('anna');
  });

  it('leads to no file but the built pages', async () => {
    const paths = ['/../package.json', '/..%2f..%2fpackage.json', '/assets/..%2f..%2f..%2fpackage.json', '/%2e%2e/%2e%2e/package.json', '/..\\..\\package.json', '/assets/%00', '//etc/passwd', '/.git/config', '/api/../package.json', '/api/%2e%2e/%2e%2e/package.json'];
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    for (const path of paths) {
      const answer = await raw(port, `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:8480\r\nconnection: close\r\n\r\n`);
      expect([path, /"devDependencies"|root:.*:0:0|\[core\]/.test(answer)]).toEqual([path, false]);
      expect(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])).toBeLessThan(504);
    }
  });

  it('is no larger than it may be, and says nothing of the inside when it fails', async () => {
    const large = await analyst.post('/api/tokens', { name: 'x'.repeat(1_100_000), rights: ['read'], days: 1 });
    expect([large.status, large.body.code]).toEqual([413, 'too_large']);
    const broken = await send('POST', '/api/tokens', '{"name":', { cookie: analyst.cookie, 'x-csrf-token': analyst.csrf, 'content-type': 'application/json' });
    expect(broken.status).toBe(400);
    // The program fails inside: a table is away.
    await asOwner('alter table saved_view rename to saved_view_away');
    try {
      const failed = await analyst.get('/api/views');
      expect([failed.status, failed.body.code]).toEqual([500, 'bug']);
      expect(failed.text).not.toMatch(/saved_view|select |postgres|\.ts:/);
    } finally {
      await asOwner('alter table saved_view_away rename to saved_view');
    }
  });
});

describe('who sends slowly', () => {
  it('is cut off after half a minute, whether signed in or not; a document may take its time', async () => {
    if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const headers = `host: 127.0.0.1:8480\r\ncookie: ${analyst.cookie}\r\nx-csrf-token: ${analyst.csrf}\r\ncontent-length: 1000\r\n`;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const slow = hold(port, `POST /api/tokens HTTP/1.1\r\n${headers}content-type: application/json\r\n\r\n{`);
    const nobody = hold(port, 'POST /api/tokens HTTP/1.1\r\nhost: 127.0.0.1:8480\r\ncontent-length: 1000\r\ncontent-type: application/json\r\n\r\n{');
    const document = hold(port, `POST /api/documents HTTP/1.1\r\n${headers}content-type: multipart/form-data; boundary=b\r\n\r\n--b`);
    await vi.waitUntil(() => slow.there() && nobody.there() && document.there(), { timeout: 5_000 });
    await pause();
    expect([slow.closed(), document.closed()]).toEqual([false, false]);
    vi.advanceTimersByTime(31_000);
    await pause();
    expect([slow.closed(), nobody.closed(), document.closed()]).toEqual([true, true, false]);
    document.end();
  });

  it('of the head of a request is cut off by the server itself', () => {
    expect(app.server.headersTimeout).toBeLessThanOrEqual(20_000);
    expect(app.server.requestTimeout).toBeGreaterThan(60_000);
  });
});

async function asOwner(statement: string): Promise<void> {
  const client = new pg.Client(worker.config.database_url!);
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

/** Time for sockets to say what they have to say; timers may be false. */
async function pause(): Promise<void> {
  for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
  await new Promise<void>((resolve) => { const socket = connect(1, '127.0.0.1').on('error', () => resolve()); socket.unref(); });
  await sql`select pg_sleep(0.2)`.execute(web.kysely);
}

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    connect(port, '127.0.0.1', function (this: import('node:net').Socket) { this.write(text); }).on('data', (chunk) => { answer += chunk.toString('latin1'); }).on('end', () => resolve(answer)).on('error', reject);
  });
}

function hold(port: number, text: string): { there(): boolean; closed(): boolean; end(): void } {
  let [there, closed] = [false, false];
  const socket = connect(port, '127.0.0.1', () => { socket.write(text); there = true; }).on('close', () => { closed = true; }).on('error', () => {}).on('data', () => {});
  return { there: () => there, closed: () => closed, end: () => void socket.destroy() };
}
