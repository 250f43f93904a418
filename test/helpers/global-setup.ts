import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../src/platform/embedded-postgres.ts';
import { migrateToLatest } from '../../src/platform/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    server_url: string;
  }
}

export const TEMPLATE = 'tieout_template';

/** One embedded server for the whole test run, with a migrated database that `testDatabase` clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), 'tieout-test-'));
  // As root the server runs as another user, who must be able to enter.
  await chmod(home, 0o755);
  const server = await startEmbedded(home);
  const admin = new pg.Client(server.url);
  await admin.connect();
  await admin.query(`create database ${TEMPLATE}`);
  await admin.end();
  const template = new URL(server.url);
  template.pathname = TEMPLATE;
  await migrateToLatest(template.href);
  project.provide('server_url', server.url);
  return async () => {
    await server.release();
    await rm(home, { recursive: true, force: true });
  };
}
