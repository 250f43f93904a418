import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrateQueue, openQueues, type Queues } from '../../src/pipeline/backends.ts';
import { startProxy, type Proxy } from '../chaos/servers.ts';
import { testDatabase } from '../helpers/database.ts';
import { SILENT } from './sample-stages.ts';

/** A queue in Postgres whose server is away for a while. */
const db = await testDatabase();
// Nobody listens there: the discard port is below those that programs get.
const NOWHERE = 9;
let proxy: Proxy;
let queues: Queues;
let port: number;

beforeAll(async () => {
  await migrateQueue(db.config, db.url, SILENT);
  const url = new URL(db.url);
  port = Number(url.port);
  proxy = await startProxy(port);
  url.port = String(proxy.port);
  queues = await openQueues({ config: { database_url: url.href, queue_url: url.href }, db, log: SILENT });
});
afterAll(async () => {
  await queues.close();
  proxy.close();
});

it('a queue and a worker that are first used while the server is away work when it is back', async () => {
  proxy.target = NOWHERE;
  proxy.drop();
  await expect(queues.queue('validate').count()).rejects.toThrow();
  const done: unknown[] = [];
  const worker = queues.work('normalize', async (job) => void done.push(job.data), {});
  await sleep(300);
  proxy.target = port;
  expect(await queues.queue('validate').count()).toBe(0);
  await queues.queue('normalize').add('normalize', { n: 1 });
  await expect.poll(() => done, { timeout: 15_000 }).toEqual([{ n: 1 }]);
  await worker.close(true);
});
