import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { migrateQueue, openQueues } from '../../src/pipeline/backends.ts';
import { STAGE_TABLE } from '../../src/pipeline/queues.ts';
import { runDocuments } from '../../src/pipeline/run.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';
import { importMasterData } from '../helpers/batch.ts';
import { cloneDatabase } from '../helpers/database.ts';
import { TEMPLATE } from '../helpers/global-setup.ts';

it('a statement is read with the profile that its account names, in the whole pipeline', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tieout-profile-'));
  const { config, drop } = await cloneDatabase(TEMPLATE);
  const db = await openDatabase(config, 'worker');
  const log = createLog(config);
  await migrateQueue(config, db.url, log);
  const queues = await openQueues({ config, db, log });
  try {
    const rules_folder = join(folder, 'rules');
    await cp(config.rules_folder, rules_folder, { recursive: true });
    await mkdir(join(rules_folder, 'profiles'), { recursive: true });
    await writeFile(join(rules_folder, 'profiles/month-first.yaml'), 'id: month-first\nowner: treasury\nformat: csv\ndate_order: mdy\n');
    await importMasterData(db, { accounts: 'account,currency,statement_profile\nDE89370400440532013000,EUR,month-first\nDE02120300000000202051,EUR,\n' });
    const table = (account: string): string => `Account,Date,Description,Amount\n${account},01/02/2026,a,1.00\n${account},03/04/2026,b,-2.00\n`;
    await mkdir(join(folder, 'in'));
    await writeFile(join(folder, 'in/named.csv'), table('DE89370400440532013000'));
    await writeFile(join(folder, 'in/other.csv'), table('DE02120300000000202051'));
    const summary = await runDocuments({ db, queues, table: STAGE_TABLE, rules_folder, log, concurrency: 2, paths: [join(folder, 'in')] });
    // The other account leaves open what its dates are.
    expect(summary.documents).toEqual({ submitted: 2, reconciled: 1, quarantined: 0, duplicate: 0, dead_lettered: 1 });
    expect((await db.kysely.selectFrom('entry').select('booking_date').orderBy('line').execute()).map((entry) => entry.booking_date)).toEqual(['2026-01-02', '2026-03-04']);
  } finally {
    await queues.close();
    await db.close();
    await drop();
    await rm(folder, { recursive: true });
  }
}, 60_000);
