import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOidc } from '../../src/api/oidc.ts';
import { hashPassword } from '../../src/api/password.ts';
import { serve } from '../../src/api/serve.ts';
import { transaction } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';
import { createUser } from '../../src/review/users.ts';
import { testDatabase } from '../helpers/database.ts';
import { testServer } from './helpers.ts';

const worker = await testDatabase('worker');
const web = await worker.as('web');
const PUBLIC = 'https://tieout.example';
const HOST = { host: 'tieout.example' };

describe('a password', () => {
  it('signs in to a cookie that is bound to the host, is locked after five wrong ones, and ends all sessions when it changes', async () => {
    const { app } = await testServer(worker, web, { origin: PUBLIC, sign_in: 'password' });
    await transaction(web, async (tx) => createUser(tx, 'test', 'anna', { roles: ['analyst'], password_hash: await hashPassword('correct horse battery') }));
    let address = 0;
    const signIn = (user_id: string, password: string) => app.inject({ method: 'POST', url: '/api/sign-in/password', headers: HOST, remoteAddress: `10.1.0.${++address}`, payload: { user_id, password } });
    const done = await signIn('anna', 'correct horse battery');
    expect(done.statusCode).toBe(200);
    expect(done.headers['set-cookie']).toMatch(/^__Host-tieout=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    expect(done.headers['strict-transport-security']).toMatch('max-age');
    const as = (answer: typeof done) => ({ ...HOST, cookie: `${answer.cookies[0]!.name}=${answer.cookies[0]!.value}`, 'x-csrf-token': answer.json<{ csrf_token: string }>().csrf_token });
    const changed = await app.inject({ method: 'POST', url: '/api/session/password', headers: as(done), payload: { current: 'correct horse battery', next: 'another horse battery' } });
    expect(changed.statusCode).toBe(200);
    expect((await app.inject({ url: '/api/session', headers: as(done) })).statusCode).toBe(401);
    expect((await app.inject({ url: '/api/session', headers: as(changed) })).statusCode).toBe(200);
    expect([(await signIn('anna', 'correct horse battery')).statusCode, (await signIn('nobody', 'x')).statusCode]).toEqual([401, 401]);
    for (let i = 0; i < 4; i++) await signIn('anna', 'wrong');
    const locked = await signIn('anna', 'another horse battery');
    expect([locked.statusCode, locked.json<{ code: string }>().code]).toEqual([429, 'too_many_attempts']);
    await sql`update app_user set locked_until = null, disabled = true where user_id = 'anna'`.execute(web.kysely);
    expect((await app.inject({ url: '/api/session', headers: as(changed) })).statusCode).toBe(401);
    expect((await signIn('anna', 'another horse battery')).statusCode).toBe(401);
    expect((await sql<{ password_hash: string }>`select password_hash from app_user where user_id = 'anna'`.execute(web.kysely)).rows[0]!.password_hash).toMatch(/^\$argon2id\$/);
  });

  it('is tried five times, also by who tries all at once', async () => {
    const { app } = await testServer(worker, web, { origin: PUBLIC, sign_in: 'password' });
    await transaction(web, async (tx) => createUser(tx, 'test', 'gerd', { roles: ['analyst'], password_hash: await hashPassword('a password to be guessed') }));
    const statuses = await Promise.all(Array.from({ length: 40 }, async (_, i) => (
      await app.inject({ method: 'POST', url: '/api/sign-in/password', headers: HOST, remoteAddress: `10.3.0.${i}`, payload: { user_id: 'gerd', password: i === 39 ? 'a password to be guessed' : `guess ${i}` } })).statusCode));
    expect(statuses.filter((status) => status !== 429).length).toBeLessThanOrEqual(5);
  });

  it('is tried from one address so many times a minute', async () => {
    const { app } = await testServer(worker, web, { origin: PUBLIC, sign_in: 'password' });
    const statuses = [];
    for (let i = 0; i < 25; i++) statuses.push((await app.inject({ method: 'POST', url: '/api/sign-in/token', headers: HOST, remoteAddress: '10.2.0.1', payload: { token: 'x'.repeat(30) } })).statusCode);
    expect(statuses.slice(-5)).toEqual([429, 429, 429, 429, 429]);
    expect(statuses.slice(0, 20)).not.toContain(429);
  });
});

describe('an identity provider', () => {
  let http: Server;
  let issuer: string;
  beforeAll(async () => {
    http = createHttpServer();
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const provider = new Provider(issuer, {
      clients: [{ client_id: 'tieout', client_secret: 'a-secret-of-the-client', redirect_uris: [`${PUBLIC}/api/sign-in/oidc/callback`], grant_types: ['authorization_code'], response_types: ['code'] }],
      pkce: { required: () => true },
      findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
      features: { devInteractions: { enabled: true } },
      cookies: { keys: ['a key of the test'] },
    });
    http.on('request', provider.callback());
  });
  afterAll(() => new Promise((resolve) => http.close(resolve)));

  it('signs in by authorization code with PKCE; who is no user here stays out, and so does a return that was not begun', async () => {
    const oidc = await openOidc(web, { public_url: PUBLIC, oidc: { issuer, client_id: 'tieout', client_secret: 'a-secret-of-the-client' } });
    const { app } = await testServer(worker, web, { origin: PUBLIC, sign_in: 'oidc', oidc });
    await transaction(web, (tx) => createUser(tx, 'test', 'berta', { roles: ['auditor'], oidc_subject: 'berta@issuer' }));

    const begun = async () => {
      const answer = await app.inject({ url: '/api/sign-in/oidc', headers: HOST });
      expect(answer.statusCode).toBe(302);
      const to = new URL(answer.headers.location!);
      expect(Object.fromEntries(to.searchParams)).toMatchObject({ response_type: 'code', code_challenge_method: 'S256', code_challenge: expect.any(String), nonce: expect.any(String), state: expect.any(String), scope: 'openid' });
      return { url: to.href, cookie: `${answer.cookies[0]!.name}=${answer.cookies[0]!.value}` };
    };
    const back = (callback: string, cookie: string) => app.inject({ url: callback.replace(PUBLIC, ''), headers: { ...HOST, cookie } });

    const first = await begun();
    const callback = await logIn(first.url, 'berta@issuer');
    const done = await back(callback, first.cookie);
    expect(done.statusCode).toBe(200);
    const session = done.cookies.find((one) => one.name === '__Host-tieout')!;
    expect((await app.inject({ url: '/api/session', headers: { ...HOST, cookie: `__Host-tieout=${session.value}` } })).json()).toMatchObject({ user_id: 'berta', roles: ['auditor'], method: 'oidc' });
    expect((await back(callback, first.cookie)).statusCode).toBe(401);

    const second = await begun();
    expect((await back(await logIn(second.url, 'stranger@issuer'), second.cookie)).statusCode).toBe(403);
    const [third, fourth] = [await begun(), await begun()];
    expect((await back(await logIn(third.url, 'berta@issuer'), fourth.cookie)).statusCode).toBe(401);
  });

  /** Goes through the provider's own pages as a browser would, and gives the address that it sends the browser back to. */
  async function logIn(url: string, login: string): Promise<string> {
    const jar = new Map<string, string>();
    let next = url;
    for (let i = 0; i < 20; i++) {
      const page = await fetch(next, { redirect: 'manual', headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') } });
      keep(page);
      let location = page.headers.get('location');
      if (location === null) {
        const html = await page.text();
        const action = new URL(/<form[^>]*action="([^"]+)"/.exec(html)![1]!, next).href;
        const prompt = /name="prompt" value="(\w+)"/.exec(html)![1]!;
        const sent = await fetch(action, {
          method: 'POST', redirect: 'manual', headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '), 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams(prompt === 'login' ? { prompt, login, password: 'any' } : { prompt }),
        });
        keep(sent);
        location = sent.headers.get('location')!;
      }
      if (location.startsWith(PUBLIC)) return location;
      next = new URL(location, next).href;
    }
    throw new Error('the identity provider never sent the browser back');

    function keep(answer: Response): void {
      for (const line of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
        if (value === '') jar.delete(name!);
        else jar.set(name!, value!);
      }
    }
  }
});

describe('serving', () => {
  const options = { config: worker.config, db: web, log: createLog(worker.config), port: 0, owner: 'Some One' };

  it('beyond this machine is refused until people can be told apart', async () => {
    await expect(serve({ ...options, host: '0.0.0.0' })).rejects.toMatchObject({ code: 'configuration', message: expect.stringContaining('sign_in') });
    const config = { ...worker.config, serve: { public_url: PUBLIC, oidc: null } };
    await expect(serve({ ...options, config, host: '0.0.0.0' })).rejects.toMatchObject({ code: 'configuration', message: expect.stringContaining('tieout users add') });
    await expect(serve({ ...options, config: { ...config, serve: { public_url: PUBLIC, oidc: { issuer: 'http://127.0.0.1:1', client_id: 'x', client_secret: null } } }, host: '0.0.0.0' })).rejects.toMatchObject({ code: 'configuration' });
  });

  it('on this machine listens to it alone, by a link that signs in once, behind a hash', async () => {
    const serving = await serve({ ...options, host: '127.0.0.1' });
    try {
      const [, origin, token] = /^(http:\/\/127\.0\.0\.1:\d+)\/sign-in#token=([\w-]{43})$/.exec(serving.url)!;
      const exchange = () => fetch(`${origin}/api/sign-in/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }) });
      const answer = await exchange();
      expect(await answer.json()).toMatchObject({ user_id: 'some-one', name: 'Some One', roles: ['analyst', 'approver', 'auditor', 'operator', 'admin'] });
      expect((await exchange()).status).toBe(401);
      expect((await fetch(`${origin!.replace('127.0.0.1', 'localhost')}/api/sign-in`)).status).toBe(200);
    } finally {
      await serving.close();
    }
  });
});
