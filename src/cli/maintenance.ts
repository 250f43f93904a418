import { Command } from 'commander';
import { Failure } from '../core/failure.ts';
import { migrateQueue } from '../pipeline/backends.ts';
import { loadConfig } from '../platform/config.ts';
import { startEmbedded, stopEmbedded } from '../platform/embedded-postgres.ts';
import { createLog } from '../platform/log.ts';
import { migrateToLatest } from '../platform/migrate.ts';

/** `tieout migrate`: brings the schema up to date. An embedded database does so by itself. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the schema of the database, and of a queue in Postgres, up to date')
    .addHelpText('after', '\nExample:\n  DATABASE_URL=postgres://admin:…@db.example/tieout tieout migrate')
    .action(async () => {
      const config = loadConfig();
      const server = config.database_url === null ? await startEmbedded(config.home) : { url: config.database_url, release: async () => {} };
      try {
        const done = await migrateToLatest(server.url);
        await migrateQueue(config, server.url, createLog(config));
        process.stdout.write(done.length === 0 ? 'the schema is up to date\n' : `migrated: ${done.join(', ')}\n`);
      } finally {
        await server.release();
      }
    });
}

/** `tieout stop`: stops the embedded server, whoever uses it. */
export function stopCommand(): Command {
  return new Command('stop')
    .description('stop the embedded Postgres, whoever uses it')
    .addHelpText('after', '\nExample:\n  tieout stop')
    .action(async () => {
      const config = loadConfig();
      if (config.database_url !== null) throw new Failure('invalid_input', 'DATABASE_URL is set: that server is not ours to stop');
      process.stdout.write((await stopEmbedded(config.home)) ? 'stopped\n' : 'nothing was running\n');
    });
}
