import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrateQueue, openQueues } from '../../src/pipeline/backends.ts';
import { STAGE_TABLE } from '../../src/pipeline/queues.ts';
import { runDocuments } from '../../src/pipeline/run.ts';
import { createLog } from '../../src/platform/log.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { cloneDatabase } from '../helpers/database.ts';
import { TEMPLATE } from '../helpers/global-setup.ts';
import { fingerprint, listUnrest, type Fingerprint } from './books.ts';
import { importNight, listWrongPayments, makeNight, writeNight } from './night.ts';

/** The same batch on the same books: whatever the number of workers, the order of files and of the lines in them. */
const SILENT = createLog({ log_level: 'silent' });
const SEEDS = [1, 2, 3, 4, 5];
const WORKERS = [1, 2, 8];

describe.each(SEEDS)('the night of seed %i', (seed) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tieout-determinism-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is decided the same by 1, 2 and 8 workers, with its files and lines in any order', async () => {
    const seen = await Promise.all(WORKERS.map((concurrency) => runNight(seed, concurrency, folder)));
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  }, 60_000);
});

async function runNight(seed: number, concurrency: number, folder: string): Promise<Fingerprint> {
  const { config, drop } = await cloneDatabase(TEMPLATE);
  const db = await openDatabase(config, 'worker');
  await migrateQueue(config, db.url, SILENT);
  const night = await makeNight({ seed, entries: 240, documents: 6, companies: 2, order: concurrency });
  await importNight(db, night);
  const here = join(folder, String(concurrency));
  await writeNight(night, here);
  const paths = [...night.files.keys()].map((path) => join(here, path)).sort((a, b) => order(a, concurrency) - order(b, concurrency));
  const queues = await openQueues({ config, db, log: SILENT });
  try {
    await runDocuments({ db, queues, table: STAGE_TABLE, rules_folder: config.rules_folder, log: SILENT, concurrency, paths });
  } finally {
    await queues.close();
  }
  expect(await listWrongPayments(db, night)).toEqual([]);
  expect(await listUnrest(db)).toEqual([]);
  const hashes = await fingerprint(db);
  await db.close();
  await drop();
  return hashes;
}

function order(path: string, salt: number): number {
  return [...path].reduce((hash, character) => Math.imul(hash ^ character.codePointAt(0)!, 16_777_619 + 2 * salt), salt);
}
