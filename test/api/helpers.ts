import type { FastifyInstance, InjectOptions } from 'fastify';
import { sql } from 'kysely';
import { afterAll } from 'vitest';
import type { ApiContext } from '../../src/api/context.ts';
import { createOneTimeToken } from '../../src/api/principal.ts';
import type { Role } from '../../src/review/rights.ts';
import { createServer } from '../../src/api/server.ts';
import { migrateQueue, openQueues } from '../../src/pipeline/backends.ts';
import { transaction, type Database } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';
import { createUser, type UserFields } from '../../src/review/users.ts';
import type { TestDatabase } from '../helpers/database.ts';

export const ORIGIN = 'http://127.0.0.1:8480';

/** A signed-in browser: sends what it is told with its cookie and proof. */
export interface Browser {
  user_id: string;
  cookie: string;
  csrf: string;
  get(url: string): Promise<Answer>;
  post(url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  send(method: InjectOptions['method'], url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer { status: number; body: any; text: string; headers: Record<string, unknown> }

/** The server on the test's database, without a socket; closed after the file's tests. */
export async function testServer(worker: TestDatabase, web: Database, given: Partial<ApiContext> = {}): Promise<{ app: FastifyInstance; send: Browser['send']; signIn(user_id: string): Promise<Browser>; addUser(user_id: string, roles: Role[], fields?: UserFields): Promise<Browser> }> {
  const log = createLog(worker.config);
  await migrateQueue(worker.config, worker.url, log);
  const queues = await openQueues({ config: worker.config, db: web, log });
  const app = await createServer({ db: web, queues, log, config: worker.config, origin: ORIGIN, sign_in: 'one_time_token', oidc: null, ...given });
  afterAll(async () => {
    await app.close();
    await queues.close();
  });

  const send: Browser['send'] = async (method, url, body, headers = {}) => {
    const answer = await app.inject({
      method: method!, url, headers: { host: '127.0.0.1:8480', ...headers, ...(body !== undefined && typeof body === 'object' && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { payload: typeof body === 'object' ? JSON.stringify(body) : body as string }),
    });
    let json: unknown = null;
    try { json = JSON.parse(answer.body); } catch { /* a file */ }
    return { status: answer.statusCode, body: json, text: answer.body, headers: answer.headers };
  };

  // Sign-ins are limited by address.
  let signed = 0;
  async function signIn(user_id: string): Promise<Browser> {
    const { token } = await createOneTimeToken(web, user_id);
    const answer = await app.inject({ method: 'POST', url: '/api/sign-in/token', remoteAddress: `10.0.${Math.floor(++signed / 250)}.${signed % 250}`, headers: { host: '127.0.0.1:8480' }, payload: { token } });
    const cookie = answer.cookies[0]!;
    const { csrf_token } = answer.json<{ csrf_token: string }>();
    const headers = { cookie: `${cookie.name}=${cookie.value}`, 'x-csrf-token': csrf_token };
    return {
      user_id, cookie: headers.cookie, csrf: csrf_token,
      get: (url) => send('GET', url, undefined, headers),
      post: (url, body = {}, more = {}) => send('POST', url, body, { ...headers, ...more }),
      send: (method, url, body, more = {}) => send(method, url, body, { ...headers, ...more }),
    };
  }

  async function addUser(user_id: string, roles: Role[], fields: UserFields = {}): Promise<Browser> {
    await transaction(web, (tx) => createUser(tx, 'test', user_id, { roles, ...fields }));
    return signIn(user_id);
  }

  return { app, send, signIn, addUser };
}

/** The entries of a booking day, in the order of their ids. */
export async function entriesOf(db: Database, date: string): Promise<string[]> {
  const { rows } = await sql<{ entry_id: bigint }>`select entry_id from entry where booking_date = ${date} and is_leaf order by entry_id`.execute(db.kysely);
  return rows.map((row) => String(row.entry_id));
}
