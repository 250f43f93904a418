import { setTimeout as sleep } from 'node:timers/promises';
import { openQueues } from '../../src/pipeline/backends.ts';
import { STAGE_TABLE } from '../../src/pipeline/queues.ts';
import type { StageTable } from '../../src/pipeline/table.ts';
import { startWorkers } from '../../src/pipeline/worker.ts';
import { loadConfig } from '../../src/platform/config.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';

/**
 * A program: `tieout work` with the real stages, with leases and sweeps so short that a test need not wait for them. EXTRACT_MS makes each
 * extraction take so much longer, so that it is in hand when something happens.
 */

const QUICK = { lease_ms: 900, lock_ms: 900, first_backoff_ms: 50, longest_backoff_ms: 200 };
const extract_ms = Number(process.env.EXTRACT_MS ?? 0);

const table: StageTable = {
  extract: { ...STAGE_TABLE.extract, ...QUICK, job: async (document_id, context) => {
    await sleep(extract_ms, undefined, { signal: context.signal });
    return STAGE_TABLE.extract.job(document_id, context);
  } },
  normalize: { ...STAGE_TABLE.normalize, ...QUICK }, validate: { ...STAGE_TABLE.validate, ...QUICK }, reconcile: { ...STAGE_TABLE.reconcile, ...QUICK },
};
const stopped = Promise.withResolvers<void>();
process.on('SIGTERM', () => stopped.resolve());
const config = loadConfig();
const log = createLog(config);
const db = await openDatabase(config, 'worker');
const queues = await openQueues({ config, db, log });
const workers = startWorkers({ db, queues, table, rules_folder: config.rules_folder, log, concurrency: config.worker_concurrency, intervals: { sweep_ms: 150, recheck_ms: 400 } });
await stopped.promise;
await workers.close(0);
await queues.close();
await db.close();
