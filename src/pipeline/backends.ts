import { setTimeout as sleep } from 'node:timers/promises';
import {
  assertSchemaCompatibility, createPostgresBackend, createRedisBackend, LATEST_SCHEMA_VERSION, runMigrations, SchemaMigrationRequiredError,
  withBackend,
  type BackendFactory, type IQueueBackend, type JobsOptions, type Processor, type Queue, type Worker, type WorkerOptions,
} from 'bullmq';
import { Failure } from '../core/failure.ts';
import type { Config } from '../platform/config.ts';
import type { Database } from '../platform/database.ts';
import { failureOf } from '../platform/database-errors.ts';
import { take, type Step } from '../platform/failpoint.ts';
import type { Log } from '../platform/log.ts';
import type { Role } from '../platform/pool.ts';
import { openQueuePool, openRedis } from '../platform/queue-connection.ts';
import { hintJobId, hintPayload, type Hint } from './hint.ts';
import { warnSparingly } from './outage.ts';
import { queueName, type QueueSuffix } from './table.ts';

// Redis keys of other programs stay apart from ours.
const REDIS_PREFIX = 'tieout';
// One per worker to listen on (four stages and the schedules), and enough to query with while all of them do: a smaller pool hangs.
const POOL_CONNECTIONS = 5 + 6;
/** How long a queue that is away may hold up what is committed already: the sweeper makes up for what it did not take. */
export const QUEUE_LIMIT_MS = 5_000;
// A queue that is away cannot be taken leave of, and whoever stops this process waits.
const CLOSE_LIMIT_MS = 1_000;
// BullMQ's own 15 s after a lost connection are half of what recovery may take.
const RECONNECT_MS = 1_000;

/** Who enqueues. */
type EnqueueStep = Extract<Step, `${string} enqueue`>;

/** The queues of one installation, on Redis or on Postgres. */
export interface Queues {
  readonly backend: 'redis' | 'postgres';
  /** Opens a queue, once; it is closed by `close`. */
  queue(suffix: QueueSuffix): Queue;
  /** Starts a worker on a queue. The caller closes it before `close`. */
  work(suffix: QueueSuffix, processor: Processor, options: Partial<WorkerOptions>): Worker;
  /** Adds hints; never throws, and gives up after some seconds: a hint that is missing is swept up later. */
  enqueue(step: EnqueueStep, hints: readonly Hint[]): Promise<void>;
  close(): Promise<void>;
}

// BullMQ never gives a hint up by itself: the runner does, by the table's attempts. Not kept, because Postgres has the history.
const HINT_OPTIONS: JobsOptions = { attempts: 100, backoff: { type: 'custom' }, removeOnComplete: true, removeOnFail: true };

/** Which queue is meant, and the database that it serves. */
export interface QueueOptions {
  readonly config: Pick<Config, 'queue_url' | 'database_url'>;
  readonly db: Database;
  readonly log: Log;
}

// Whoever uses the queue in the database does so in this role, because BullMQ makes a sequence for each queue as it first meets it.
const QUEUE_ROLE: Role = 'worker';

/**
 * Opens the configured queue: Redis, a Postgres of its own, or the database. Redis may be away now, and is used as soon as it is back.
 * An embedded database is made ready for it; throws Failure('configuration') where another Postgres is not.
 */
export async function openQueues({ config, db, log }: QueueOptions): Promise<Queues> {
  const { id: installation_id } = await db.kysely.selectFrom('installation').select('id').executeTakeFirstOrThrow();
  if (config.queue_url === null && config.database_url === null) await migrateQueue(config, db.url, log);
  const warn = warnSparingly(log);
  const trouble = `the queue${config.queue_url === null ? '' : ' that QUEUE_URL names'} reports an error`;
  const onError = (error: Error): void => warn(error.message, trouble);
  const { backend, classes, connection, disconnect } = config.queue_url?.startsWith('redis')
    ? connectRedis(config.queue_url, onError)
    : await connectPostgres(config.queue_url ?? db.url, config.queue_url === null ? QUEUE_ROLE : null, onError);
  const queues = new Map<QueueSuffix, Queue>();

  function queue(suffix: QueueSuffix): Queue {
    let found = queues.get(suffix);
    if (!found) {
      found = new classes.Queue(queueName(installation_id, suffix), { connection, prefix: REDIS_PREFIX }) as unknown as Queue;
      found.on('error', onError);
      queues.set(suffix, found);
    }
    return found;
  }

  function work(suffix: QueueSuffix, processor: Processor, workerOptions: Partial<WorkerOptions>): Worker {
    const worker = new classes.Worker(queueName(installation_id, suffix), processor,
      { connection, prefix: REDIS_PREFIX, runRetryDelay: RECONNECT_MS, ...workerOptions }) as unknown as Worker;
    return worker.on('error', onError);
  }

  async function enqueue(step: EnqueueStep, hints: readonly Hint[]): Promise<void> {
    if (hints.length === 0) return;
    const stages = Map.groupBy(hints, (hint) => hint.stage);
    const add = () => Promise.all([...stages].map(([stage, some]) => queue(stage).addBulk(some.map((hint) => (
      { name: stage, data: hintPayload(hint), opts: { ...HINT_OPTIONS, jobId: hintJobId(hint) } })))));
    await within(QUEUE_LIMIT_MS, take(step, add)).catch((error: Error) => {
      log.warn({ error: error.message, hints: hints.length }, 'the queue did not take the hints; the sweeper will add them');
    });
  }

  async function close(): Promise<void> {
    await within(CLOSE_LIMIT_MS, Promise.all([...queues.values()].map((open) => open.close()))).catch(onError);
    await within(CLOSE_LIMIT_MS, disconnect()).catch(onError);
  }

  return { backend, queue, work, enqueue, close };
}

/**
 * Creates BullMQ's tables in the schema `bullmq` of the configured Postgres queue, or brings them up to date; nothing to do for Redis. The
 * login must be allowed to create the schema the first time. In the database itself the workers' role is let in.
 */
export async function migrateQueue(config: Pick<Config, 'queue_url'>, database_url: string, log: Log): Promise<void> {
  if (config.queue_url?.startsWith('redis')) return;
  const pool = openQueuePool(config.queue_url ?? database_url, null, 1, (error) => log.warn({ error: error.message }, 'the queue reports an error'));
  try {
    const client = await pool.connect();
    try {
      await runMigrations(client);
      if (config.queue_url === null) {
        await client.query(`grant usage, create on schema bullmq to tieout_${QUEUE_ROLE};
          grant select, insert, update, delete on all tables in schema bullmq to tieout_${QUEUE_ROLE};
          grant usage on all sequences in schema bullmq to tieout_${QUEUE_ROLE}`);
      }
    } finally {
      client.release();
    }
  } finally {
    await pool.end();
  }
}

/** Waits for a promise, but not longer than this. */
export async function within<T>(limit_ms: number, promise: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const timeout = sleep(limit_ms, undefined, { signal: timer.signal, ref: false }).then(() => {
    throw new Error(`no answer within ${limit_ms} ms`);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    timer.abort();
    timeout.catch(() => {}); // the aborted pause
    promise.catch(() => {}); // what comes after the limit is nobody's
  }
}

interface Connected {
  readonly backend: Queues['backend'];
  readonly classes: ReturnType<typeof classesOf>;
  readonly connection: unknown;
  disconnect(): Promise<void>;
}

function connectRedis(url: string, onError: (error: Error) => void): Connected {
  const { client, disconnect } = openRedis(url, onError);
  return { backend: 'redis', classes: classesOf(createRedisBackend), connection: client, disconnect: async () => disconnect() };
}

async function connectPostgres(url: string, role: Role | null, onError: (error: Error) => void): Promise<Connected> {
  const pool = openQueuePool(url, role, POOL_CONNECTIONS, onError);
  try {
    if (await assertSchemaCompatibility(pool) < LATEST_SCHEMA_VERSION) throw new SchemaMigrationRequiredError('bullmq');
  } catch (error) {
    await pool.end();
    if (!(error instanceof SchemaMigrationRequiredError)) throw failureOf(error);
    throw new Failure('configuration', 'the queue\'s tables (schema bullmq) are missing or behind; run: tieout migrate', null, error);
  }
  return { backend: 'postgres', classes: classesOf(createRecoveringBackend), connection: pool, disconnect: () => pool.end() };
}

/**
 * A queue or worker whose first connection fails, because the server is away at that moment, would fail for ever: BullMQ keeps the promise of
 * having been ready once (6.7.0). A failed one is forgotten, and the next command connects again.
 */
const createRecoveringBackend: typeof createPostgresBackend = (...args) => {
  const backend = createPostgresBackend(...args);
  const { connection } = backend as unknown as { connection: { readyPromise?: Promise<void>; waitUntilReady(): Promise<void> } };
  const waitUntilReady = connection.waitUntilReady.bind(connection);
  connection.waitUntilReady = async () => {
    try {
      await waitUntilReady();
    } catch (error) {
      delete connection.readyPromise;
      throw error;
    }
  };
  return backend;
};

// The two factories differ in their types alone, and only in what they connect to.
function classesOf(factory: unknown) {
  return withBackend<IQueueBackend, any>(factory as BackendFactory<IQueueBackend, any>);
}
