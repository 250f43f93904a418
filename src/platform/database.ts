import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import type pg from 'pg';
import { assert, Failure } from '../core/failure.ts';
import type { Config } from './config.ts';
import { failureOf } from './database-errors.ts';
import { startEmbedded } from './embedded-postgres.ts';
import { take, type Step } from './failpoint.ts';
import { migrateToLatest, pendingMigrations } from './migrate.ts';
import { assertServer, openPool, type Role } from './pool.ts';
import type { Schema } from './schema.ts';

/** The database, acting as one role. Types: int8 is a bigint, a date `YYYY-MM-DD`, a timestamptz ISO 8601 in UTC with microseconds. */
export interface Database {
  readonly kysely: Kysely<Schema>;
  readonly pool: pg.Pool;
  /** Of the login, without a role: for what keeps its own connections, such as the queue. */
  readonly url: string;
  /** What each transaction does last, for whoever must know whether it was committed. */
  readonly last?: (tx: Tx) => Promise<void>;
  /** Closes the connections; the last user of an embedded server stops it. May be called again. */
  close(): Promise<void>;
}

/** One transaction: a query builder and the connection behind it, for COPY. */
export interface Tx {
  readonly kysely: Kysely<Schema>;
  readonly client: pg.ClientBase;
}

// Beside its tasks a worker's sweeper, its progress and its health each may need a connection at the same time.
const WORKER_SPARE_CONNECTIONS = 4;
const CONNECTIONS = 10;
// PostgreSQL, appendix A. While a database is opened only `set role` can be refused.
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Opens the configured database in a role; without a DATABASE_URL the embedded server is started when it is not running, and migrated.
 * Throws Failure('configuration') when the server is too old, unsafe or its schema is behind, and Failure('database_unavailable').
 */
export async function openDatabase(config: Config, role: Role): Promise<Database> {
  const server = config.database_url === null ? await startEmbedded(config.home) : { url: config.database_url, release: async () => {} };
  const pool = openPool(server.url, role, role === 'worker' ? config.worker_concurrency + WORKER_SPARE_CONNECTIONS : CONNECTIONS);
  let closed: Promise<void> | undefined;
  const close = () => closed ??= pool.end().finally(server.release);
  try {
    const pending = await pendingMigrations(pool);
    if (pending.length > 0 && config.database_url !== null) {
      throw new Failure('configuration', `the schema of the database is behind: ${pending.join(', ')} to be run; run: tieout migrate`);
    }
    if (pending.length > 0) await migrateToLatest(server.url);
    await assertServer(pool);
  } catch (error) {
    await close();
    throw (error as { code?: unknown }).code === INSUFFICIENT_PRIVILEGE
      ? new Failure('configuration', `the login of DATABASE_URL may not act as tieout_${role}; an administrator can allow it: grant tieout_${role} to LOGIN;`, null, error)
      : nameSetting(error, config);
  }
  return { kysely: new Kysely({ dialect: new PostgresDialect({ pool }) }), pool, url: server.url, close };
}

/** What a server answers at the first connection, or that none does, has mostly to do with how it was named. */
function nameSetting(error: unknown, config: Config): Failure {
  const failure = failureOf(error);
  if (error instanceof Failure || config.database_url === null) return failure;
  return new Failure(failure.code, `the database that DATABASE_URL names cannot be used: ${failure.message}`, null, error);
}

/**
 * Runs `work` in a transaction: committed when it returns, rolled back when it throws. What it throws is thrown on, as it is. `step` names the
 * commit for tests that end the process before and after it.
 */
export async function transaction<T>(database: Database, work: (tx: Tx) => Promise<T>, step?: Step): Promise<T> {
  const client = await database.pool.connect();
  let usable = false;
  try {
    await client.query('begin');
    const tx: Tx = { client, kysely: new Kysely({ dialect: new PostgresDialect({ pool: poolOf(client) }) }) };
    const result = await work(tx);
    await database.last?.(tx);
    // After a statement that failed and whose error was swallowed, Postgres answers a commit with a rollback.
    const commit = () => client.query('commit');
    const { command } = step === undefined ? await commit() : await take(step, commit);
    usable = true;
    assert(command === 'COMMIT', 'a transaction with a failed statement must not go on to its commit');
    return result;
  } catch (error) {
    if (!usable) usable = await client.query('rollback').then(() => true, () => false);
    throw error;
  } finally {
    client.release(!usable);
  }
}

// A quarter of the time after which the server ends a session that is idle in a transaction (pool.ts).
const AWAKE_EVERY_MS = 5_000;

/**
 * What an iterable yields, while the transaction is kept from being ended as idle: whatever is computed between two items, by this process or
 * another, may take its time. A process that is frozen keeps nothing awake. Nothing else may use the transaction while an item is waited for.
 */
export async function* keepAwake<T>(tx: Tx, items: AsyncIterable<T>, every_ms: number = AWAKE_EVERY_MS): AsyncGenerator<T, void, void> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = iterator.next();
      while (!await settlesWithin(next, every_ms)) await tx.client.query('select');
      const { done, value } = await next;
      if (done) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}

async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = Promise.withResolvers<boolean>();
  const timeout = setTimeout(timer.resolve, ms, false);
  try {
    return await Promise.race([promise.then(() => true, () => true), timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
}

/**
 * For the rest of the transaction joins go by index: what a stage looks up is a chunk's worth, whatever the size of the tables, and tables
 * that were filled a moment ago have no statistics by which the planner could know.
 */
export async function planByIndex(tx: Tx): Promise<void> {
  await tx.client.query('set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_seqscan = off');
}

/** The transaction's one connection in the shape that Kysely asks of a pool. */
function poolOf(client: pg.PoolClient): PostgresPool {
  const connection = { query: client.query.bind(client), release: () => {} };
  return { connect: async () => connection as never, end: async () => {}, options: {} };
}
