import pg from 'pg';
import { Failure } from '../core/failure.ts';

/** Connections to Postgres, all of them with the same types, time zone and search path, acting as one of the application's roles. */

/** What a connection may do (migrations/0002_guards.sql); each is the database role `tieout_<role>`. */
export const ROLES = ['owner', 'worker', 'web', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

// A worker that hangs inside a transaction must not keep its locks for longer than another needs to take the task over.
const WORKER_IDLE_IN_TRANSACTION_S = 20;
// A machine that vanishes says no goodbye: in the middle of a COPY its session would keep its locks until the system's own two hours are over.
const KEEPALIVE = ['tcp_keepalives_idle=10', 'tcp_keepalives_interval=3', 'tcp_keepalives_count=3'];
// A server that is gone, or a pool that stays exhausted, must become a failure that is tried again and not a program that hangs.
const CONNECTION_TIMEOUT_MS = 30_000;
// The oldest server the schema is tested with: earlier ones let everybody create tables in `public`.
const OLDEST_SERVER = 150_000;

/** Opens no connection yet. Without a role the connections act as the login itself. */
export function openPool(url: string, role: Role | null, size: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: withSettings(url, role),
    application_name: role === null ? 'tieout' : `tieout ${role}`,
    max: size,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    keepAlive: true,
    types: TYPES,
  });
  // A connection that dies while nobody waits for it emits an error, which would end the program; the next query reports it.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Refuses a server that is too old or that acknowledges commits before they are on disk. */
export async function assertServer(pool: pg.Pool): Promise<void> {
  const { rows: [server] } = await pool.query<{ version: number; text: string; commit: string }>(
    `select current_setting('server_version_num')::int as version, current_setting('server_version') as text,
            current_setting('synchronous_commit') as commit`);
  if (server!.version < OLDEST_SERVER) {
    throw new Failure('configuration', `DATABASE_URL leads to Postgres ${server!.text}; tieout needs version 15 or newer`);
  }
  if (server!.commit !== 'on' && server!.commit !== 'remote_apply') {
    throw new Failure('configuration', `DATABASE_URL leads to a database with synchronous_commit = ${server!.commit}, which can lose a posting `
      + 'that was confirmed; an administrator must set it: alter database … set synchronous_commit = on;');
  }
}

/** The URL with our settings appended to those it brings along in `options`; settings of the database or the login do not override them. */
function withSettings(text: string, role: Role | null): string {
  const url = new URL(text);
  const settings = ['TimeZone=UTC', 'DateStyle=ISO', 'search_path=public'];
  if (role !== null) settings.push(`role=tieout_${role}`);
  if (role === 'worker') settings.push(...KEEPALIVE, `idle_in_transaction_session_timeout=${WORKER_IDLE_IN_TRANSACTION_S}s`);
  const options = [url.searchParams.get('options') ?? '', ...settings.map((setting) => `-c ${setting}`)];
  url.searchParams.set('options', options.join(' ').trim());
  return url.href;
}

// pg gives int8 as a string and a date as a local midnight, which is another day in UTC.
const TYPES = new pg.TypeOverrides();
const { INT8, DATE, TIMESTAMPTZ } = pg.types.builtins;
const TEXT_ARRAY = 1009;
setParser(INT8, 1016, BigInt);
setParser(DATE, 1182, (text) => text);
// `2026-11-20 19:03:11.123456+00` is ISO 8601 but for its separator and zone.
setParser(TIMESTAMPTZ, 1185, (text) => text.replace(' ', 'T').replace(/\+00$/, 'Z'));

function setParser(oid: number, array_oid: number, parse: (text: string) => unknown): void {
  const parseTextArray = pg.types.getTypeParser(TEXT_ARRAY as never, 'text') as (text: string) => (string | null)[];
  TYPES.setTypeParser(oid, parse);
  TYPES.setTypeParser(array_oid, (text: string) => parseTextArray(text).map((item) => (item === null ? null : parse(item))));
}
