import { Command } from 'commander';
import { Failure } from '../core/failure.ts';
import { serve } from '../api/serve.ts';
import { arePagesThere } from '../api/server.ts';
import { openQueues } from '../pipeline/backends.ts';
import { STAGE_TABLE } from '../pipeline/queues.ts';
import { startWorkers } from '../pipeline/worker.ts';
import { openDatabase } from '../platform/database.ts';
import { onInterrupt } from './interrupt.ts';
import { actingUser, withDatabase, type Session } from './session.ts';

const DEFAULT_PORT = 8480;
// Work in hand is given back within this; the browser's connections are closed at once.
const CLOSE_MS = 8_000;

/** `tieout serve`: the pages and the API. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('the review queue in the browser, and the HTTP API')
    .option('--port <n>', 'port to listen to; 0 takes a free one', String(DEFAULT_PORT))
    .option('--host <address>', 'address to listen to', '127.0.0.1')
    .addHelpText('after', `
On this machine alone it prints a link that signs you in once. Beyond it tieout.yaml must say how people sign in:

  serve:
    public_url: https://tieout.example
    sign_in: password                # or oidc, with oidc: { issuer, client_id } and OIDC_CLIENT_SECRET

Without a DATABASE_URL it also does the work that is due; with one, tieout work does.

Examples:
  tieout serve
  tieout serve --port 9000
  DATABASE_URL=postgres://… tieout serve --host 0.0.0.0`)
    .action(async (options: { port: string; host: string }) => {
      if (!/^\d{1,5}$/.test(options.port) || Number(options.port) > 65_535) throw new Failure('invalid_input', `"${options.port}" is no port; for example --port ${DEFAULT_PORT}`);
      const interrupted = onInterrupt();
      await withDatabase('web', async (session) => {
        const stopWork = session.config.database_url === null ? await startWork(session) : async () => {};
        const serving = await serve({ ...session, host: options.host, port: Number(options.port), owner: actingUser() }).catch(async (error: unknown) => {
          await stopWork();
          throw error;
        });
        process.stdout.write(serving.sign_in === 'one_time_token'
          ? `tieout is at ${serving.origin}\nThis link signs you in, once, within a quarter of an hour:\n  ${serving.url}\n`
          : `tieout is at ${serving.origin}\n`);
        if (!arePagesThere()) process.stderr.write('tieout: the pages are not built, only the API is there; run: npm install\n');
        await interrupted.promise;
        await serving.close();
        await stopWork();
      }).finally(interrupted.release);
    });
}

/** The embedded set-up has no other process that would work on what is submitted. */
async function startWork({ config, log }: Session): Promise<() => Promise<void>> {
  const db = await openDatabase(config, 'worker');
  const queues = await openQueues({ config, db, log });
  const workers = startWorkers({ db, queues, table: STAGE_TABLE, rules_folder: config.rules_folder, log, concurrency: config.worker_concurrency });
  return async () => {
    await workers.close(CLOSE_MS);
    await queues.close();
    await db.close();
  };
}
