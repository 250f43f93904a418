import { execFileSync, spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { verifyLog } from '../../src/ledger/verify-log.ts';
import { exportHledger } from '../../src/exports/hledger.ts';
import { listDeepViolations } from '../../src/ledger/invariants.ts';
import { transaction, type Database } from '../../src/platform/database.ts';

const has_hledger = spawnSync('hledger', ['--version']).error === undefined;

/** Whatever a test did: the invariants hold, the log's chain is whole, and hledger (where it is installed) finds nothing wrong with the journal. */
export async function checkBooks(db: Database): Promise<void> {
  expect(await listDeepViolations(db)).toEqual([]);
  expect((await verifyLog(db)).fault).toBeNull();
  if (!has_hledger) return;
  const journal = await transaction(db, async (tx) => (await Array.fromAsync(exportHledger(tx, { since: 0n, chart: {} }))).join(''));
  execFileSync('hledger', ['-f-', 'check', '--strict'], { input: journal, encoding: 'utf8' });
}
