import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { PROJECT_ROOT } from '../../src/platform/config.ts';
import { migrateToLatest } from '../../src/platform/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    server_url: string;
  }
}

export const TEMPLATE = 'tieout_template';

/** One embedded server for the whole test run, with a migrated database that `testDatabase` clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // The pages that tests look at are those of the source, also when vitest was not started by npm.
  const pages = await import(join(PROJECT_ROOT, 'scripts/setup.mjs')) as { arePagesBuilt(): boolean; buildPages(): boolean };
  if (!pages.arePagesBuilt() && !pages.buildPages()) throw new Error('the pages could not be built');
  const home = await mkdtemp(join(tmpdir(), 'tieout-test-'));
  // As root the server runs as another user, who must be able to enter.
  await chmod(home, 0o755);
  // A process of its own, which notices by the end of its input that this one is gone: a test run that is killed leaves nothing either.
  const keeper = spawn(process.execPath, [join(import.meta.dirname, 'server.ts'), home], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const [url] = await Promise.race([once(keeper.stdout, 'data'), once(keeper, 'exit').then(() => { throw new Error('the test server did not start'); })]);
  const server_url = String(url);
  const admin = new pg.Client(server_url);
  await admin.connect();
  await admin.query(`create database ${TEMPLATE}`);
  await admin.end();
  const template = new URL(server_url);
  template.pathname = TEMPLATE;
  await migrateToLatest(template.href);
  project.provide('server_url', server_url);
  return async () => {
    const gone = once(keeper, 'exit');
    keeper.stdin.end();
    await gone;
  };
}
