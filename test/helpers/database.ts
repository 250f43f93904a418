import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import { loadConfig, type Config } from '../../src/platform/config.ts';
import { openDatabase, type Database } from '../../src/platform/database.ts';
import type { Role } from '../../src/platform/pool.ts';
import { TEMPLATE } from './global-setup.ts';

export interface TestDatabase extends Database {
  /** Leads to this database: for what opens it by itself. */
  readonly config: Config;
  /** Opens it in another role; closed after the file's tests. */
  as(role: Role): Promise<Database>;
}

/** A migrated, empty database for the test file that calls this at its top level; dropped after its last test. */
export async function testDatabase(role: Role = 'worker'): Promise<TestDatabase> {
  const { config, drop } = await cloneDatabase(TEMPLATE);
  const opened: Database[] = [];
  const as = async (other: Role) => {
    const database = await openDatabase(config, other);
    opened.push(database);
    return database;
  };
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.close()));
    await drop();
  });
  return { ...await as(role), config, as };
}

/** A new database on the test run's server, from a template; without a template it is empty, without a schema. */
export async function cloneDatabase(template: string): Promise<{ config: Config; drop(): Promise<void> }> {
  const server_url = inject('server_url');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(server_url);
  url.pathname = name;
  await administer(server_url, `create database ${name} template ${template}`);
  return {
    config: loadConfig({ DATABASE_URL: url.href, LOG_LEVEL: 'silent' }),
    drop: () => administer(server_url, `drop database ${name} with (force)`),
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
