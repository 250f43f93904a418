import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';
import { migrateQueue, openQueues, type Queues } from '../../src/pipeline/backends.ts';
import type { Log } from '../../src/platform/log.ts';
import type { TestDatabase } from './database.ts';

/** One of the two backends of the queue, as a test of the pipeline uses it. */
export interface TestQueue {
  readonly backend: 'postgres' | 'redis';
  /** Opens the queues of the database's installation; closed after the tests. */
  open(db: TestDatabase, log: Log): Promise<Queues>;
  /** The variables by which a process of its own uses the database and this queue. */
  environment(db: TestDatabase): { DATABASE_URL: string; QUEUE_URL: string };
  /** Loses everything that is in the queue, as FLUSHALL or a new server does. */
  wipe(db: TestDatabase): Promise<void>;
}

const REDIS_URL = process.env.TEST_REDIS_URL;
const HAS_REDIS = REDIS_URL !== undefined || spawnSync('redis-server', ['--version']).status === 0;

/** Runs the same tests on both backends. Without a Redis its half is skipped by name; in CI it fails instead. */
export function onBothQueues(name: string, tests: (queue: TestQueue) => void): void {
  describe(`${name}, queue on Postgres`, () => tests(postgresQueue()));
  const skipped = !HAS_REDIS && !process.env.CI;
  describe.skipIf(skipped)(`${name}, queue on Redis${skipped ? ' (SKIPPED: no redis-server on PATH and no TEST_REDIS_URL)' : ''}`, () => tests(redisQueue()));
}

function postgresQueue(): TestQueue {
  const opened = closeAfterwards();
  return {
    backend: 'postgres',
    async open(db, log) {
      await migrateQueue(db.config, db.url, log);
      return opened(await openQueues({ config: db.config, db, log }));
    },
    environment: (db) => ({ DATABASE_URL: db.url, QUEUE_URL: '' }),
    async wipe(db) {
      const client = new pg.Client(db.url);
      await client.connect();
      const { rows } = await client.query<{ name: string }>(`select format('bullmq.%I', tablename) as name from pg_tables
        where schemaname = 'bullmq' and tablename <> 'migration'`);
      await client.query(`truncate ${rows.map((row) => row.name).join(', ')}`);
      await client.end();
    },
  };
}

function redisQueue(): TestQueue {
  let url = REDIS_URL ?? '';
  let server: ChildProcess | undefined;
  beforeAll(async () => {
    if (url === '') ({ server, url } = await startRedis());
  });
  afterAll(async () => {
    if (server && server.exitCode === null) {
      server.kill();
      await once(server, 'exit');
    }
  });
  const opened = closeAfterwards();
  return {
    backend: 'redis',
    async open(db, log) {
      return opened(await openQueues({ config: { ...db.config, queue_url: url }, db, log }));
    },
    environment: (db) => ({ DATABASE_URL: db.url, QUEUE_URL: url }),
    async wipe() {
      const redis = new Redis(url);
      await redis.flushdb();
      redis.disconnect();
    },
  };
}

function closeAfterwards(): (queues: Queues) => Queues {
  const opened: Queues[] = [];
  afterAll(() => Promise.all(opened.map((queues) => queues.close())));
  return (queues) => {
    opened.push(queues);
    return queues;
  };
}

/** A redis-server of the test file's own, without files. */
async function startRedis(): Promise<{ server: ChildProcess; url: string }> {
  const port = await freePort();
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], { stdio: 'ignore' });
  const url = `redis://127.0.0.1:${port}/0`;
  for (let n = 0; ; n++) {
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    redis.on('error', () => {});
    const up = await redis.connect().then(() => redis.ping()).then(() => true, () => false);
    redis.disconnect();
    if (up) return { server, url };
    if (n === 100) throw new Error('redis-server did not come up');
    await sleep(50);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
