import type { FastifyInstance, InjectOptions } from 'fastify';
import { sql } from 'kysely';
import { afterAll, afterEach, expect } from 'vitest';
import type { ApiContext } from '../../src/api/context.ts';
import { createOneTimeToken } from '../../src/api/principal.ts';
import type { Role } from '../../src/review/rights.ts';
import { createServer } from '../../src/api/server.ts';
import { migrateQueue, openQueues } from '../../src/pipeline/backends.ts';
import { transaction, type Database } from '../../src/platform/database.ts';
import { listDeepViolations } from '../../src/ledger/invariants.ts';
import { verifyLog } from '../../src/ledger/verify-log.ts';
import { createLog } from '../../src/platform/log.ts';
import { createUser, type UserFields } from '../../src/review/users.ts';
import { importMasterData, runBatch, type SampleEntry } from '../helpers/batch.ts';
import { testDatabase, type TestDatabase } from '../helpers/database.ts';

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

export const BANK = 'DE02120300000000202051';
/** The account of customer C1. */
export const ALPHA = 'DE02500105170137075030';

export const PARTIES = `party_id,kind,name,accounts\nC1,customer,Alpha GmbH,${ALPHA}\nC2,customer,Beta GmbH,\n`;

/** An entry of whom nobody knows. */
export const stranger = (amount: string): SampleEntry => ({ amount, name: 'Nobody Known', account: 'DE75512108001245126199', text: 'thanks' });

/**
 * A company with one bank account and two customers, and the server with an analyst and two who may approve as well. After each of the file's
 * tests the books must hold and the log be whole. Called at the file's top level.
 */
export async function testDesk() {
  const worker = await testDatabase('worker');
  const web = await worker.as('web');
  const { addUser } = await testServer(worker, web);
  await importMasterData(worker, { accounts: `account,currency\n${BANK},EUR\n`, parties: PARTIES });
  const [bob, carol, dave] = [await addUser('bob', ['analyst']), await addUser('carol', ['analyst', 'approver']), await addUser('dave', ['analyst', 'approver'])];
  afterEach(async () => {
    expect(await listDeepViolations(web)).toEqual([]);
    expect((await verifyLog(web)).fault).toBeNull();
  });

  let day = 0;
  let balance = 1_000;
  let invoices = 0;
  /** A statement of the next day, and its entries' ids. */
  async function book(...entries: SampleEntry[]): Promise<string[]> {
    const date = new Date(Date.UTC(2026, 2, ++day)).toISOString().slice(0, 10);
    const opening = balance.toFixed(2);
    for (const entry of entries) balance += Number(entry.amount);
    await runBatch(worker, [[{ account: BANK, sequence: String(day), date, opening, entries }]]);
    return entriesOf(web, date);
  }
  /** A new invoice, and its number. */
  async function invoice(amount = '119.00', party = 'C1'): Promise<string> {
    const number = `RE-2026-${String(1_000 + ++invoices)}`;
    await importMasterData(worker, { accounts: `account,currency\n${BANK},EUR\n`, invoices: `kind,invoice_number,party_id,currency,amount,issue_date\nreceivable,${number},${party},EUR,${amount},2026-02-01\n` });
    return number;
  }
  return { worker, web, addUser, bob, carol, dave, book, invoice };
}

/** The entries of a booking day, in the order of their ids. */
export async function entriesOf(db: Database, date: string): Promise<string[]> {
  const { rows } = await sql<{ entry_id: bigint }>`select entry_id from entry where booking_date = ${date} and is_leaf order by entry_id`.execute(db.kysely);
  return rows.map((row) => String(row.entry_id));
}
