import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { loadConfig } from '../../src/platform/config.ts';
import { failureOf, isUniqueViolation } from '../../src/platform/database-errors.ts';
import { keepAwake, openDatabase, transaction, type Database } from '../../src/platform/database.ts';
import { openPool } from '../../src/platform/pool.ts';
import { testDatabase } from '../helpers/database.ts';

const worker = await testDatabase('worker');
const owner = await worker.as('owner');
await owner.pool.query('create table thing (n int primary key); grant all on thing to tieout_worker; create table forbidden (n int)');

/** What goes wrong with it, as a failure's code. */
function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(() => 'nothing', (error: unknown) => failureOf(error).code);
}

test('dates stay dates, large numbers exact, times keep their microseconds', async () => {
  const { rows } = await worker.pool.query(`select '2026-03-29'::date as d, 9007199254740993 as n, '2026-03-29 03:30:00.123456+02'::timestamptz as t,
    array['2026-01-01'::date, null] as ds, array[9007199254740993, 2] as ns`);
  expect(rows).toEqual([{ d: '2026-03-29', n: 9007199254740993n, t: '2026-03-29T01:30:00.123456Z', ds: ['2026-01-01', null], ns: [9007199254740993n, 2n] }]);
});

test('every connection acts as its role, also the ones opened later', async () => {
  const roles = await Promise.all(Array.from({ length: 5 }, () => worker.pool.query('select current_user as role, pg_sleep(0.02)')));
  expect(new Set(roles.map(({ rows: [row] }) => row.role))).toEqual(new Set(['tieout_worker']));
  await expect(worker.pool.query('select * from forbidden')).rejects.toMatchObject({ code: '42501' });
});

test("settings in the URL's own options are kept beside ours", async () => {
  const url = new URL(worker.url);
  url.searchParams.set('options', '-c statement_timeout=7s');
  const database = await openDatabase({ ...worker.config, database_url: url.href }, 'web');
  const { rows } = await database.pool.query(`select current_user as role, current_setting('statement_timeout') as timeout`);
  await database.close();
  expect(rows).toEqual([{ role: 'tieout_web', timeout: '7s' }]);
});

test('the server itself asks after ten seconds whether a silent worker is still there', async () => {
  const client = await worker.pool.connect();
  try {
    const { rows: [row] } = await client.query<{ server: number; client: number }>('select inet_server_port() as server, inet_client_port() as client');
    const port = (n: number): string => n.toString(16).toUpperCase().padStart(4, '0');
    // The kernel's own table: which timer the server's end of the connection has (2 is keepalive), and in how many hundredths of a second it fires.
    const timer = async () => {
      const text = await readFile('/proc/net/tcp', 'utf8');
      const [, kind, when] = new RegExp(`:${port(row!.server)} [0-9A-F]{8}:${port(row!.client)} 01 \\S+ (\\d\\d):([0-9A-F]{8})`).exec(text)!;
      return { kind, fires_within_10_s: parseInt(when!, 16) <= 1_000 };
    };
    await vi.waitFor(async () => expect(await timer()).toEqual({ kind: '02', fires_within_10_s: true }), { timeout: 5_000, interval: 50 });
  } finally {
    client.release();
  }
});

test('a transaction commits what it returns from and takes back what it throws out of', async () => {
  await transaction(worker, (tx) => tx.client.query('insert into thing values (1)'));
  await expect(transaction(worker, async (tx) => {
    await tx.kysely.insertInto('thing' as never).values({ n: 2 } as never).execute();
    throw new Error('no');
  })).rejects.toThrow('no');
  const { rows } = await worker.pool.query('select n from thing');
  expect(rows).toEqual([{ n: 1 }]);
});

test('a swallowed error does not pass for a commit', async () => {
  const work = transaction(worker, async (tx) => {
    await tx.client.query('insert into thing values (3)');
    await tx.client.query('select 1/0').catch(() => {});
  });
  await expect(work).rejects.toMatchObject({ code: 'bug' });
});

test('conflicts are told from bugs by their code', async () => {
  await worker.pool.query('insert into thing values (10), (11)');
  const swap = (first: number, second: number) => transaction(worker, async (tx) => {
    await tx.client.query('update thing set n = n where n = $1', [first]);
    await tx.client.query('select pg_sleep(0.2)');
    await tx.client.query('update thing set n = n where n = $1', [second]);
  });
  const deadlock = await Promise.all([codeOf(swap(10, 11)), codeOf(swap(11, 10))]);
  expect(deadlock.toSorted()).toEqual(['conflict', 'nothing']);
  const duplicate = await worker.pool.query('insert into thing values (10)').catch((error: unknown) => error);
  expect(isUniqueViolation(duplicate, 'thing_pkey')).toBe(true);
  expect(failureOf(duplicate).code).toBe('bug');
});

test('a connection that the server ends is unavailable, and the pool goes on', async () => {
  const login = openPool(worker.url, null, 1);
  const killed = transaction(worker, async (tx) => {
    const { rows: [row] } = await tx.client.query('select pg_backend_pid() as pid');
    await login.query('select pg_terminate_backend($1)', [row.pid]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await tx.client.query('select 1');
  });
  expect(await codeOf(killed)).toBe('database_unavailable');
  await login.end();
  await expect(worker.pool.query('select 1')).resolves.toBeTruthy();
});

test('a server that is not there, and one that hangs up, are unavailable', async () => {
  const rude = createServer((socket) => socket.destroy());
  await new Promise<void>((listening) => rude.listen(0, '127.0.0.1', listening));
  const { port } = rude.address() as AddressInfo;
  const config = loadConfig({ DATABASE_URL: `postgres://x@127.0.0.1:${port}/x` });
  await expect(openDatabase(config, 'worker')).rejects.toMatchObject({ code: 'database_unavailable', message: expect.stringMatching(/^the database that DATABASE_URL names /) });
  await new Promise((closed) => rude.close(closed));
  expect(await codeOf(openDatabase(config, 'worker'))).toBe('database_unavailable');
});

test('a wrong password or a database that is not there is a matter of configuration', async () => {
  for (const [part, value] of [['password', 'wrong'], ['pathname', '/nowhere']] as const) {
    const url = new URL(worker.url);
    url[part] = value;
    expect(await codeOf(openDatabase({ ...worker.config, database_url: url.href }, 'worker'))).toBe('configuration');
  }
});

test('a database that confirms commits before they are on disk is refused', async () => {
  const unsafe = new URL(worker.url);
  unsafe.searchParams.set('options', '-c synchronous_commit=off');
  const opened: Promise<Database> = openDatabase({ ...worker.config, database_url: unsafe.href }, 'worker');
  await expect(opened).rejects.toMatchObject({ code: 'configuration', message: expect.stringContaining('synchronous_commit') });
});

test('a transaction that waits for what takes long is kept from being ended as idle; one that does nothing is not', async () => {
  async function* slowly(): AsyncGenerator<number> {
    for (const n of [1, 2]) {
      await sleep(700);
      yield n;
    }
  }
  const wait = (items: (tx: Parameters<Parameters<typeof transaction>[1]>[0]) => AsyncIterable<number>) => transaction(worker, async (tx) => {
    await tx.client.query(`set local idle_in_transaction_session_timeout = '400ms'`);
    return Array.fromAsync(items(tx));
  });
  expect(await wait((tx) => keepAwake(tx, slowly(), 100))).toEqual([1, 2]);
  expect(await codeOf(wait(slowly))).toMatch(/^(timed_out|database_unavailable)$/);
});
