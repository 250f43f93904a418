import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from '../../src/core/stage.ts';
import { openQueues } from '../../src/pipeline/backends.ts';
import { STAGE_TABLE } from '../../src/pipeline/queues.ts';
import type { StageTable } from '../../src/pipeline/table.ts';
import { startWorkers } from '../../src/pipeline/worker.ts';
import { loadConfig } from '../../src/platform/config.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';

/**
 * A program: `tieout work` with the real stages, with leases and sweeps so short that a test need not wait for them. EXTRACT_MS makes each
 * extraction take so much longer, so that it is in hand when something happens. What it works on it tells on standard output, as `stage id`.
 */

const QUICK = { lease_ms: 900, lock_ms: 900, first_backoff_ms: 50, longest_backoff_ms: 200 };
const extract_ms = Number(process.env.EXTRACT_MS ?? 0);

const telling = (stage: Exclude<Stage, 'reconcile'>): StageTable[typeof stage] => ({ ...STAGE_TABLE[stage], ...QUICK, async job(document_id, context) {
  process.stdout.write(`${stage} ${document_id}\n`);
  if (stage === 'extract') await sleep(extract_ms, undefined, { signal: context.signal });
  return STAGE_TABLE[stage].job(document_id, context);
} });
const table: StageTable = {
  extract: telling('extract'), normalize: telling('normalize'), validate: telling('validate'),
  reconcile: { ...STAGE_TABLE.reconcile, ...QUICK, async job(batch, context) {
    process.stdout.write(`reconcile ${batch.run_id} ${batch.company}\n`);
    return STAGE_TABLE.reconcile.job(batch, context);
  } },
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
