import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { STAGES } from '../../src/core/stage.ts';
import { migrateQueue, openQueues, type Queues } from '../../src/pipeline/backends.ts';
import { loadConfig } from '../../src/platform/config.ts';
import { openDatabase, type Database } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';
import { migrateToLatest } from '../../src/platform/migrate.ts';
import { compareBooks, listUnrest, loadBooks, type Books } from './books.ts';
import { Fleet, start, type Started } from './fleet.ts';
import { importNight, listWrongPayments, type Night } from './night.ts';
import { startPostgres, startProxy, startRedis, type Postgres, type Proxy, type RedisServer } from './servers.ts';

/** The servers of one backend, and a world on them for each night: a database with the night's master data, workers, and its checks. */

const TEMPLATE = 'night_template';
const LOG = createLog({ log_level: 'silent' });
// Jobs that are void are taken from a queue by its workers in passing; stalled ones after twice the lock.
const DRAIN_MS = 40_000;
const POLL_MS = 100;

export type Backend = 'postgres' | 'redis';

/** Stands for as long as a backend's faults last. */
export interface Stage {
  readonly backend: Backend;
  readonly postgres: Postgres;
  readonly redis: RedisServer | null;
  readonly night: Night;
  readonly folder: string;
  close(): Promise<void>;
}

export async function setStage(backend: Backend, night: Night, folder: string): Promise<Stage> {
  const postgres = await startPostgres();
  const redis = backend === 'redis' ? await startRedis() : null;
  await administer(postgres, `create database ${TEMPLATE}`);
  await migrateToLatest(postgres.url(TEMPLATE));
  const config = loadConfig({ DATABASE_URL: postgres.url(TEMPLATE) });
  await migrateQueue(config, postgres.url(TEMPLATE), LOG);
  const db = await openDatabase(config, 'worker');
  await importNight(db, night);
  await db.pool.query('select 1');
  await db.close();
  return {
    backend, postgres, redis, night, folder,
    async close() {
      await redis?.close();
      await postgres.close();
    },
  };
}

async function administer(postgres: Postgres, statement: string, database = 'postgres'): Promise<void> {
  const client = new pg.Client(postgres.url(database));
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

let worlds = 0;

/** A night's database, seen from outside of the program's own processes. */
export class World {
  readonly stage: Stage;
  readonly db: Database;
  readonly queues: Queues;
  readonly environment: Readonly<Record<string, string>>;
  readonly fleet: Fleet;
  readonly #name: string;
  readonly #proxies: Proxy[] = [];

  private constructor(stage: Stage, name: string, db: Database, queues: Queues, environment: Readonly<Record<string, string>>) {
    this.stage = stage;
    this.#name = name;
    this.db = db;
    this.queues = queues;
    this.environment = environment;
    this.fleet = new Fleet(environment);
  }

  static async open(stage: Stage): Promise<World> {
    const name = `night_${++worlds}`;
    await administer(stage.postgres, `create database ${name} template ${TEMPLATE}`);
    // Else two worlds would share their queues in Redis.
    await administer(stage.postgres, 'update installation set id = gen_random_uuid()', name);
    await administer(stage.postgres, 'analyze', name);
    const environment = { DATABASE_URL: stage.postgres.url(name), QUEUE_URL: stage.redis?.url ?? '', WORKER_CONCURRENCY: '3' };
    const config = loadConfig(environment);
    // Its role tells its connections from the workers'.
    const db = await openDatabase(config, 'web');
    return new World(stage, name, db, await openQueues({ config, db, log: LOG }), environment);
  }

  /** A proxy of a worker's own to the database, and the URL that leads through it. */
  async openProxy(): Promise<{ proxy: Proxy; url: string }> {
    const url = new URL(this.stage.postgres.directUrl(this.#name));
    const proxy = await startProxy(Number(url.port));
    this.#proxies.push(proxy);
    url.port = String(proxy.port);
    return { proxy, url: url.href };
  }

  path(part: string): string {
    return join(this.stage.folder, part);
  }

  /** A command of the program, in a process of its own. */
  tieout(...args: string[]): Started {
    return start(args, this.environment);
  }

  /** Submits files or folders of the night. */
  async submit(...parts: string[]): Promise<void> {
    const command = this.tieout('submit', ...parts.map((part) => this.path(part)));
    const { status } = await command.end;
    if (status !== 0) throw new Error(`tieout submit ended with ${status}: ${command.out}`);
  }

  /** How many tasks and runs are not at their end. */
  async countUnfinished(): Promise<number> {
    const { rows } = await this.#ask<{ count: string }>(`select (select count(*) from task where state = 'due') + (select count(*) from run where state = 'running') as count`);
    return Number(rows[0]!.count);
  }

  /** Waits until everything that was submitted is at its end. Returns how long that took; throws after the limit. */
  async untilFinished(limit_ms: number): Promise<number> {
    const started_at = performance.now();
    while (await this.countUnfinished() > 0) {
      if (performance.now() - started_at > limit_ms) throw new Error(`not finished ${Math.round(limit_ms / 1000)} s after the fault's end: ${await this.describeUnfinished()}`);
      await sleep(POLL_MS);
    }
    return performance.now() - started_at;
  }

  /**
   * Waits until whatever is due now has been taken up by a worker that lives, or is at its end: begun, renewed or given back after this was called.
   * Returns how long that took; throws after the limit.
   */
  async untilTakenUp(limit_ms: number): Promise<number> {
    const started_at = performance.now();
    const { rows: due } = await this.#ask<{ task_id: bigint; attempts: number; lease_until: string | null }>(`select task_id, attempts, lease_until from task where state = 'due'`);
    for (;;) {
      const { rows } = await this.#ask<{ task_id: bigint }>(`select task_id from task t join unnest($1::bigint[], $2::int[], $3::timestamptz[]) d(task_id, attempts, lease_until) using (task_id)
        where t.state = 'due' and t.attempts = d.attempts and t.lease_until is not distinct from d.lease_until`, [due.map((task) => task.task_id), due.map((task) => task.attempts), due.map((task) => task.lease_until)]);
      const took_ms = performance.now() - started_at;
      if (rows.length === 0) return took_ms;
      if (took_ms > limit_ms) throw new Error(`tasks ${rows.map((row) => row.task_id).join(', ')} were not taken up within ${Math.round(limit_ms / 1000)} s of the fault's end: ${await this.describeUnfinished()}`);
      await sleep(POLL_MS);
    }
  }

  async describeUnfinished(): Promise<string> {
    const { rows } = await this.#ask<{ text: string }>(`
      select concat_ws(' ', stage, task_id, company, 'epoch', epoch, 'attempts', attempts, 'due since', now() - due_at, 'leased', lease_until - now()) as text from task where state = 'due'
      union all select concat_ws(' ', 'run', run_id) from run where state = 'running' limit 10`);
    const counts = await Promise.all(STAGES.map(async (stage) => `${stage} ${JSON.stringify(await this.queues.queue(stage).getJobCounts())}`));
    return `${rows.map((row) => row.text).join('; ')}; in the queues: ${counts.join('; ')}`;
  }

  /** Loses all that is in the queue. */
  async wipe(): Promise<void> {
    if (this.stage.redis) {
      const redis = new Redis(this.stage.redis.url);
      await redis.flushall();
      redis.disconnect();
      return;
    }
    const { rows } = await this.#ask<{ name: string }>(`select format('bullmq.%I', tablename) as name from pg_tables where schemaname = 'bullmq' and tablename <> 'migration'`);
    await administer(this.stage.postgres, `truncate ${rows.map((row) => row.name).join(', ')}`, this.#name);
  }

  /** How many connections to the database are held, our own queue's included. */
  async countConnections(): Promise<number> {
    return (await this.#listConnections()).length;
  }

  async #listConnections(): Promise<string[]> {
    const { rows } = await this.#ask<{ text: string }>(`select concat_ws(' ', application_name, state, left(query, 60)) as text from pg_stat_activity
      where datname = current_database() and application_name <> 'tieout web' and backend_type = 'client backend'`);
    return rows.map((row) => row.text);
  }

  /** The server may be away when it is asked. */
  async #ask<Row extends pg.QueryResultRow>(query: string, values: unknown[] = []): Promise<pg.QueryResult<Row>> {
    for (let n = 0; ; n++) {
      try {
        return await this.db.pool.query<Row>(query, values);
      } catch (error) {
        if (n === 100) throw error;
        await sleep(POLL_MS);
      }
    }
  }

  /** What is not as it must be, now that everything is at its end; `expected`: the books of a night without faults. */
  async listProblems(found: Books, expected: Books): Promise<string[]> {
    return [...await listUnrest(this.db), ...(await listWrongPayments(this.db, this.stage.night)).slice(0, 10), ...compareBooks(found, expected)];
  }

  loadBooks(): Promise<Books> {
    return loadBooks(this.db);
  }

  /**
   * Waits until the queues hand out nothing more; returns what is left in them. Where a worker died whose clock was ahead, what it had in hand may stay
   * locked until its clock's time: with `void_locked` only a job counts whose task still follows it.
   */
  async drain(void_locked: boolean): Promise<string[]> {
    const deadline = performance.now() + DRAIN_MS;
    for (;;) {
      const left: string[] = [];
      for (const stage of STAGES) {
        const { waiting = 0, active: locked = 0, prioritized = 0 } = await this.queues.queue(stage).getJobCounts('waiting', 'active', 'prioritized');
        const active = void_locked && locked > 0 ? await this.#countFollowed(stage) : locked;
        if (waiting + active + prioritized > 0) left.push(`${stage}: ${waiting + prioritized} jobs wait and ${active} are active in the queue`);
      }
      if (left.length === 0 || performance.now() > deadline) return left;
      await sleep(POLL_MS);
    }
  }

  /** How many active jobs are hints that their tasks still follow. */
  async #countFollowed(stage: (typeof STAGES)[number]): Promise<number> {
    const hints = (await this.queues.queue(stage).getJobs(['active'])).map(({ data }) => data as { task_id: string; epoch: number });
    const { rows } = await this.#ask<{ count: string }>(`select count(*) from task join unnest($1::bigint[], $2::int[]) h(task_id, epoch) using (task_id, epoch) where state = 'due'`,
      [hints.map((hint) => hint.task_id), hints.map((hint) => hint.epoch)]);
    return Number(rows[0]!.count);
  }

  /** Stops the workers and returns what they have left behind. */
  async close(): Promise<string[]> {
    const problems = await this.fleet.stop();
    for (const proxy of this.#proxies) proxy.close();
    await this.queues.close();
    // The server notices a moment later.
    let connections: string[] = [];
    for (let n = 0; n < 50; n++) {
      connections = (await this.#listConnections()).map((text) => `a connection is left: ${text}`);
      if (connections.length === 0) break;
      await sleep(POLL_MS);
    }
    await this.db.close();
    await administer(this.stage.postgres, `drop database ${this.#name} with (force)`);
    return [...problems, ...connections, ...await listReaders()];
  }
}

/** Reading processes that have outlived their workers; the system's first process has taken them over. */
async function listReaders(): Promise<string[]> {
  const program = join(import.meta.dirname, '../../src/stages/extract/child.ts');
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processes = await Promise.all(pids.map(async (pid) => ({
    pid, command: await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''), status: await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''),
  })));
  return processes.filter(({ command, status }) => command.includes(program) && /^PPid:\s+1$/m.test(status)).map(({ pid }) => `the reading process ${pid} is left running`);
}
