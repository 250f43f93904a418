import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { exportDecisions, type ExportedDecision } from '../../src/exports/decisions.ts';
import { listDeepViolations } from '../../src/ledger/invariants.ts';
import { importAccounts } from '../../src/master-data/import-accounts.ts';
import { importInvoices } from '../../src/master-data/import-invoices.ts';
import { importParties } from '../../src/master-data/import-parties.ts';
import type { ImportContext } from '../../src/master-data/stage.ts';
import { openQueues } from '../../src/pipeline/backends.ts';
import { STAGE_TABLE } from '../../src/pipeline/queues.ts';
import { runDocuments } from '../../src/pipeline/run.ts';
import type { RunSummary } from '../../src/pipeline/summary.ts';
import type { Config } from '../../src/platform/config.ts';
import { transaction, type Database } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';
import type { Generated } from './generate.ts';

export interface Decided {
  readonly rows: readonly ExportedDecision[];
  readonly summaries: readonly RunSummary[];
  /** Invariants that do not hold after all. */
  readonly violations: readonly string[];
}

/** Imports the portfolio and runs its documents, in two runs, through the real pipeline into an empty database; the decisions are the public export's. */
export async function decide(db: Database, config: Config, folder: string, generated: Generated): Promise<Decided> {
  const from = (text: string): AsyncIterable<Uint8Array> => Readable.from([Buffer.from(text)]);
  const context: ImportContext = { actor: 'bench', companies: {} };
  const log = createLog(config);
  await transaction(db, (tx) => importAccounts(tx, from(generated.accounts_csv), context));
  await transaction(db, (tx) => importParties(tx, from(generated.parties_csv), context));
  await transaction(db, (tx) => importInvoices(tx, from(generated.invoices_csv), context));
  await db.kysely.updateTable('company').set({ mode: 'auto' }).execute();

  const queues = await openQueues({ config, db, log });
  const summaries: RunSummary[] = [];
  try {
    for (const run of [0, 1]) {
      if (run === 1) {
        await transaction(db, (tx) => importParties(tx, from(generated.late_parties_csv), context));
        await transaction(db, (tx) => importInvoices(tx, from(generated.late_invoices_csv), context));
      }
      const inbox = join(folder, `run-${run + 1}`);
      await mkdir(inbox, { recursive: true });
      for (const { document, bytes } of generated.documents.filter((one) => one.run === run)) await writeFile(join(inbox, document), bytes);
      summaries.push(await runDocuments({ db, queues, table: STAGE_TABLE, rules_folder: config.rules_folder, log, concurrency: config.worker_concurrency, paths: [inbox] }));
    }
  } finally {
    await queues.close();
  }
  const rows: ExportedDecision[] = [];
  await transaction(db, async (tx) => {
    let text = '';
    for await (const piece of exportDecisions(tx, { run_id: null, since: 0n, format: 'jsonl' })) {
      const lines = (text + piece).split('\n');
      text = lines.pop()!;
      for (const line of lines) rows.push(JSON.parse(line) as ExportedDecision);
    }
  });
  return { rows, summaries, violations: (await listDeepViolations(db)).map((violation) => JSON.stringify(violation)) };
}
