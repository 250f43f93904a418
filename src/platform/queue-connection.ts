import { Redis } from 'ioredis';
import pg from 'pg';
import type { Role } from './pool.ts';

/** The connections of the queue, apart from the database's own: BullMQ listens on some of them for as long as it lives. */

/**
 * A client for Redis that waits for its server instead of failing, as BullMQ asks, and a way to end it and all copies that BullMQ makes of
 * it: asked to quit while the server is away, they would wait for it, and keep the process alive.
 */
export function openRedis(url: string, onError: (error: Error) => void): { client: Redis; disconnect(): void } {
  const client = new Redis(url, { maxRetriesPerRequest: null }).on('error', onError);
  const clients = [client];
  const duplicate = client.duplicate.bind(client);
  client.duplicate = (options) => {
    const copy = duplicate(options);
    clients.push(copy.on('error', onError));
    return copy;
  };
  return { client, disconnect: () => clients.forEach((open) => open.disconnect()) };
}

/** A pool for BullMQ's Postgres backend, of at most `connections`, as a role or as the login. Each worker keeps one of them to listen on. */
export function openQueuePool(url: string, role: Role | null, connections: number, onError: (error: Error) => void): pg.Pool {
  const target = new URL(url);
  const settings = ['search_path=bullmq', ...(role === null ? [] : [`role=tieout_${role}`])].map((setting) => `-c ${setting}`);
  target.searchParams.set('options', [target.searchParams.get('options') ?? '', ...settings].join(' ').trim());
  const pool = new pg.Pool({ connectionString: target.href, max: connections, keepAlive: true });
  pool.setMaxListeners(0); // every queue and every worker adds one
  pool.on('connect', (client) => client.on('error', onError));
  return pool.on('error', onError);
}
