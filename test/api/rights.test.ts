import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { RIGHTS, ROLES, type Role } from '../../src/review/rights.ts';
import { ROUTES, type Route, type RouteName } from '../../src/api/routes.ts';
import { importMasterData, runBatch } from '../helpers/batch.ts';
import { testDatabase } from '../helpers/database.ts';
import { testServer, type Answer, type Browser } from './helpers.ts';

/** Every route, as every role, as nobody, with what has expired, and as people of another company: from the table of routes and that of rights. */
const worker = await testDatabase('worker');
const web = await worker.as('web');
const { app, send, signIn, addUser } = await testServer(worker, web);

const SECRET = 'geheim';
const ids: Record<string, string> = { kind: 'accounts', user_id: 'somebody', token_id: '999', view_id: '999', dead_letter_id: '999', run_id: '999', session_id: '0'.repeat(16) };
const people = {} as Record<Role, Browser>;
const strangers = {} as Record<Role, Browser>;

beforeAll(async () => {
  for (const role of ROLES) people[role] = await addUser(`the-${role}`, [role]);
  for (const role of ROLES) strangers[role] = await addUser(`other-${role}`, [role], { companies: ['other'] });
  await importMasterData(worker, {
    accounts: `account,currency,company,name\nDE02120300000000202051,EUR,${SECRET},${SECRET}\nDE75512108001245126199,EUR,other,other\n`,
    parties: `party_id,kind,name,accounts\nC1,customer,Alpha ${SECRET},DE02500105170137075030\n`,
    invoices: `company,kind,invoice_number,party_id,currency,amount,issue_date\n${SECRET},receivable,${SECRET}-1,C1,EUR,119.00,2026-02-01\n`,
  });
  await runBatch(worker, [[{ account: 'DE02120300000000202051', sequence: '1', date: '2026-03-01', opening: '10.00', entries: [{ amount: '119.00', name: `Alpha ${SECRET}`, text: `${SECRET}-1` }, { amount: '60000.00', name: SECRET }] }]]);
  await runBatch(worker, [[{ account: 'DE02120300000000202051', sequence: '2', date: '2026-03-02', opening: '0.01', closing: '5.00', entries: [{ amount: '1.00' }] }]]);
  const one = async (query: ReturnType<typeof sql<{ id: string }>>) => (await query.execute(web.kysely)).rows[0]!.id;
  ids['entry_id'] = await one(sql`select entry_id::text as id from review_item order by entry_id limit 1`);
  ids['statement_id'] = await one(sql`select statement_id::text as id from statement where state = 'quarantined' limit 1`);
  ids['document_id'] = await one(sql`select document_id::text as id from document order by document_id limit 1`);
  const large = await one(sql`select e.entry_id::text as id from review_item r join entry e using (entry_id) where e.amount > 5000000`);
  const asked = await people.analyst.post(`/api/items/${large}/on-account`, { version: 0, party_id: 'C1' });
  ids['approval_id'] = asked.body.approval.approval_id;
  const taught = await one(sql`select e.entry_id::text as id from review_item r join entry e using (entry_id) where e.amount = 11900`);
  ids['entry_id'] = taught;
  await people.analyst.post(`/api/items/${taught}/on-account`, { version: 0, party_id: 'C1' });
  await people.analyst.post(`/api/items/${taught}/undo`, { reason: 'again' });
  ids['proposal_id'] = await one(sql`insert into learned_proposal (company, kind, party_id, value, value_key, entry_id, decision_id, proposed_by)
    select company, 'account', 'C1', 'X1', 'X1', entry_id, decision_id, 'the-analyst' from decision where outcome = 'manual' limit 1 returning proposal_id::text as id`);
});

// As each would be sent; what is left out sends an empty one. Versions are wrong on purpose: nothing is changed by looking who may.
const BODIES: Partial<Record<RouteName, unknown>> = {
  acceptSuggestion: { version: 9_999 }, allocate: { version: 9_999, ledger: [{ account: 'bank_fees', amount: '119.00' }] }, putOnAccount: { version: 9_999, party_id: 'C1' }, postToLedger: { version: 9_999, account: 'bank_fees' },
  notOurs: { version: 9_999 }, undo: { version: 9_999, reason: 'x' }, comment: { text: 'x' }, ask: { colleague: 'the-approver', question: 'x' }, defer: { version: 9_999, until: '2099-01-01' }, assign: { user_id: 'the-approver' },
  previewBulkAccept: { company: SECRET, reason: 'x', rule_id: null }, bulkAccept: { company: SECRET, reason: 'x', rule_id: null, digest: '0'.repeat(64) }, previewBulkUndo: { selection: { run_id: '1' } },
  bulkUndo: { selection: { run_id: '1' }, digest: '0'.repeat(64), reason: 'x' }, approve: { digest: '0'.repeat(64) }, reject: { reason: 'x' }, acceptQuarantined: { reason: 'x' }, rejectQuarantined: { reason: 'x' },
  discardDeadLetter: { reason: 'x' }, rejectLearned: { reason: 'x' }, revokeLearned: { reason: 'x' }, setMode: { mode: 'auto', company: SECRET, reason: 'x' }, proposeRules: { version: 'another' }, replay: { run_id: '1' },
  acknowledgeSettlements: { settlements: [{ amount: '1.00', as_of: '2026-03-01', external_id: 'nobody knows it' }] },
  createUser: { user_id: 'Wrong', name: 'x', roles: [] }, createToken: { name: 'x', rights: ['session'], days: 0 }, createView: { name: '', page: 'queue', query: {} }, changeView: { name: 'x', page: 'queue', query: {} },
  changePassword: { current: 'x', next: 'x'.repeat(12) }, exchangeToken: { token: 'x'.repeat(30) }, signInWithPassword: { user_id: 'x', password: 'x' },
};
// Ended by being asked: it is looked at last, below.
const NAMES = (Object.keys(ROUTES) as RouteName[]).filter((name) => name !== 'signOut');

function ask(name: RouteName, as: (method: Route['method'], url: string, body?: unknown) => Promise<Answer>): Promise<Answer> {
  const { method, path, stream } = ROUTES[name] as Route;
  const url = path.replace(/:(\w+)/g, (_, param: string) => ids[param] ?? '0');
  return as(method, url, method === 'GET' || stream ? undefined : BODIES[name] ?? {});
}

describe.each(NAMES)('%s', (name) => {
  const { right, scope } = ROUTES[name] as Route;
  const allowed: readonly Role[] = RIGHTS[right];

  it.each(ROLES)(`as %s: ${right}`, async (role) => {
    const { status, body } = await ask(name, people[role].send);
    if (right === 'public') expect(status).not.toBe(500);
    // What comes after the gate may be refused for what it is; it is never refused for the right.
    else if (allowed.includes(role)) expect([status, body?.detail ?? '']).not.toEqual([403, expect.stringMatching(/takes the right|all companies|csrf/)]);
    else expect([status, body?.code, body?.detail]).toEqual([403, 'not_allowed', expect.stringMatching(/takes the right/)]);
    if (right !== 'public') expect(status).not.toBe(401);
    expect(status).toBeLessThan(500);
  });

  if (right === 'public') return;

  it('is closed to nobody, to what has expired, to a page of another site', async () => {
    const person = people[allowed[0]!];
    expect((await ask(name, send)).status).toBe(401);
    expect((await ask(name, (method, url, body) => send(method, url, body, { cookie: 'tieout_8480=forged' }))).status).toBe(401);
    expect((await ask(name, (method, url, body) => send(method, url, body, { authorization: `Bearer tieout_${'x'.repeat(43)}` }))).status).toBe(401);
    expect((await ask(name, (method, url, body) => person.send(method, url, body, { origin: 'https://evil.example' }))).status).toBe(403);
    expect((await ask(name, (method, url, body) => person.send(method, url, body, { host: 'evil.example' }))).status).toBe(403);
    if ((ROUTES[name] as Route).method !== 'GET') expect((await ask(name, (method, url, body) => send(method, url, body, { cookie: person.cookie }))).body.detail).toMatch(/csrf/);
  });

  if (scope === 'none' || scope === 'own') return;

  it('shows and does nothing of another company', async () => {
    for (const role of allowed) {
      const { status, text } = await ask(name, strangers[role].send);
      if (scope === 'installation') expect(status).toBe(403);
      else if (scope !== 'filter') expect([name, status]).toEqual([name, 404]);
      expect(text).not.toContain(SECRET);
      expect(status).toBeLessThan(500);
    }
  });
});

describe('a session', () => {
  it('ends when it expires, when its role is taken away, and at sign-out; its token serves once', async () => {
    const person = await addUser('leaver', ['analyst', 'operator']);
    const works = async (browser: Browser) => (await browser.get('/api/session')).status;
    expect(await works(person)).toBe(200);
    await sql`update web_session set expires_at = now() - interval '1 second' where user_id = 'leaver'`.execute(web.kysely);
    expect(await works(person)).toBe(401);
    const again = await signIn('leaver');
    expect((await people.admin.send('PATCH', '/api/users/leaver', { name: 'Somebody Else' })).status).toBe(200);
    expect(await works(again)).toBe(200);
    expect((await people.admin.send('PATCH', '/api/users/leaver', { roles: ['analyst'] })).body.sessions).toBe(0);
    expect(await works(again)).toBe(401);
    const last = await signIn('leaver');
    expect((await last.send('DELETE', '/api/session')).status).toBe(200);
    expect(await works(last)).toBe(401);
    await sql`insert into one_time_token (hash, user_id, expires_at) values (sha256('a-token-of-forty-characters-0123456789ab'), 'leaver', now() + interval '1 hour')`.execute(web.kysely);
    const exchange = () => send('POST', '/api/sign-in/token', { token: 'a-token-of-forty-characters-0123456789ab' });
    expect([(await exchange()).status, (await exchange()).status]).toEqual([200, 401]);
  });

  it('is never carried over a sign-in, and its cookie is for this host, this site and no script', async () => {
    const person = await addUser('twice', ['analyst']);
    const { rows: [made] } = await sql<{ token: string }>`insert into one_time_token (hash, user_id, expires_at) values (sha256('another-token-of-forty-characters-012345'), 'twice', now() + interval '1 hour') returning 'x' as token`.execute(web.kysely);
    expect(made).toBeDefined();
    const answer = await send('POST', '/api/sign-in/token', { token: 'another-token-of-forty-characters-012345' }, { cookie: person.cookie });
    expect(String(answer.headers['set-cookie'])).toMatch(/^tieout_8480=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await person.get('/api/session')).status).toBe(401);
  });
});

describe('the sessions of a person', () => {
  it('are listed without what signs in, ended one by one or all but this one, and are nobody else\'s', async () => {
    const [first, second, third] = [await addUser('roamer', ['analyst']), await signIn('roamer'), await signIn('roamer')];
    const { body, text } = await first.get('/api/sessions');
    expect(body.items.map((one: { current: boolean }) => one.current).sort()).toEqual([false, false, true]);
    expect(text).not.toContain(first.cookie.split('=')[1]);
    const [other] = body.items.filter((one: { current: boolean }) => !one.current);
    expect((await people.admin.send('DELETE', `/api/sessions/${other.session_id}`)).status).toBe(404);
    expect((await first.send('DELETE', `/api/sessions/${other.session_id}`)).status).toBe(200);
    expect((await first.get('/api/sessions')).body.items).toHaveLength(2);
    await signIn('roamer');
    expect((await first.send('DELETE', '/api/sessions')).body).toEqual({ ended: 2 });
    expect(await Promise.all([first, second, third].map(async (one) => (await one.get('/api/session')).status))).toEqual([200, 401, 401]);
    expect((await people.admin.get('/api/session')).status).toBe(200);
  });
});

describe('a user', () => {
  it('is never called as the log calls what no person has done, and the last administrator stays', async () => {
    for (const user_id of ['rule', 'tieout']) await expect(sql`insert into app_user (user_id, name) values (${user_id}, 'x')`.execute(web.kysely)).rejects.toMatchObject({ constraint: 'app_user_user_id_check' });
    expect((await people.admin.post('/api/users', { user_id: 'second', name: 'Second', roles: ['analyst'], limits: [{ currency: 'EUR', amount: '10.00', write_off: '1.00' }] })).body).toMatchObject({ limits: [{ amount: '10.00' }], sessions: 0 });
    expect((await people.admin.post('/api/users', { user_id: 'second', name: 'Second', roles: [] })).status).toBe(409);
    await people.admin.send('PATCH', '/api/users/other-admin', { roles: [] });
    expect((await people.admin.send('PATCH', '/api/users/the-admin', { roles: ['analyst'] })).status).toBe(400);
    expect((await people.admin.post('/api/users/second/sign-in-link')).body.url).toMatch(/#token=/);
  });
});

describe('an API token', () => {
  it('is shown once, kept as a hash, and has the rights and companies that it and its owner have', async () => {
    const { body: made } = await people.analyst.post('/api/tokens', { name: 'erp', rights: ['read', 'act'], companies: ['other'], days: 30 });
    const by = (url: string) => send('GET', url, undefined, { authorization: `Bearer ${made.token}` });
    expect((await by('/api/items')).body.total).toBe(0);
    expect((await by(`/api/items/${ids['entry_id']}`)).status).toBe(404);
    expect((await by('/api/session')).status).toBe(403);
    expect((await people.analyst.get('/api/tokens')).text).not.toContain(made.token);
    expect((await sql`select from api_token where hash = sha256(${made.token}::bytea)`.execute(web.kysely)).rows).toHaveLength(1);
    expect((await people.analyst.post('/api/tokens', { name: 'more', rights: ['administer'], days: 1 })).status).toBe(403);
    await sql`update api_token set expires_at = now() where token_id = ${made.view.token_id}::bigint`.execute(web.kysely);
    expect((await by('/api/items')).status).toBe(401);
    const { body: second } = await people.analyst.post('/api/tokens', { name: 'erp2', rights: ['read'], days: 30 });
    const also = () => send('GET', '/api/items', undefined, { authorization: `Bearer ${second.token}` });
    expect((await also()).status).toBe(200);
    expect((await people.admin.send('DELETE', `/api/tokens/${second.view.token_id}`)).status).toBe(200);
    expect((await also()).status).toBe(401);
  });
});

describe('the server', () => {
  it('does not start with a route that has no row', () => {
    expect(() => app.addHook).not.toThrow();
    const documented = Object.entries((app as unknown as { swagger(): { paths: Record<string, Record<string, unknown>> } }).swagger().paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)).sort();
    expect(documented).toEqual(Object.values(ROUTES).map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`).sort());
  });

  it('gives its description to anybody, and sets what keeps pages and caches in their bounds', async () => {
    const { status, body, headers } = await send('GET', '/api/openapi.json');
    expect([status, body.openapi]).toEqual([200, '3.1.0']);
    expect((await send('GET', '/api/docs/')).status).toBe(200);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'content-security-policy': expect.stringMatching(/^default-src 'none';script-src 'self';/), 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect((await send('GET', '/api/nothing')).body).toMatchObject({ code: 'not_found' });
  });

  it('answers a request sent again with its key as it did the first time', async () => {
    const key = { 'idempotency-key': 'key-000000001' };
    const first = await people.analyst.post(`/api/items/${ids['entry_id']}/comments`, { text: 'once' }, key);
    const again = await people.analyst.post(`/api/items/${ids['entry_id']}/comments`, { text: 'once' }, key);
    expect([first.status, again.status, again.text]).toEqual([200, 200, first.text]);
    expect((await people.analyst.post(`/api/items/${ids['entry_id']}/comments`, { text: 'twice' }, key)).status).toBe(400);
    const { rows: [count] } = await sql<{ count: number }>`select count(*)::int as count from review_comment where text = 'once'`.execute(web.kysely);
    expect(count!.count).toBe(1);
  });
});
