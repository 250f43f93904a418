import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { createOneTimeToken } from '../../src/api/principal.ts';
import { runPaths } from '../../src/cli/run.ts';
import { importSample } from '../../src/cli/sample-company.ts';
import { migrateQueue } from '../../src/pipeline/backends.ts';
import { PROJECT_ROOT, type Config } from '../../src/platform/config.ts';
import { openDatabase, transaction, type Database } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';
import { createUser } from '../../src/review/users.ts';

/** The sample company's night with people who come in the morning, and the browser they use: for the tests and for the screenshots. */

export const CHROMIUM = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
const ARGUMENTS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export async function launchChromium(...more: string[]): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM!, args: [...ARGUMENTS, ...more] });
}

/** Who works here. The sample's amounts are within everybody's limit but Lena's. */
const PEOPLE = {
  anna: { name: 'Anna Analyst', roles: ['analyst'] },
  ben: { name: 'Ben Analyst', roles: ['analyst'] },
  lena: { name: 'Lena Learner', roles: ['analyst'], limits: ['EUR', 'USD', 'JPY'].map((currency) => ({ currency, amount: '10', write_off: '1' })) },
  vera: { name: 'Vera Approver', roles: ['approver'] },
  otto: { name: 'Otto Auditor', roles: ['auditor'] },
  olga: { name: 'Olga Operator', roles: ['operator', 'analyst'] },
  max: { name: 'Max Admin', roles: ['admin', 'approver'] },
} as const;
export type PersonName = keyof typeof PEOPLE;
const HIGH = ['EUR', 'USD', 'JPY'].map((currency) => ({ currency, amount: '100000000', write_off: '100' }));

const FIXTURES = join(PROJECT_ROOT, 'fixtures');

/** Imports the sample company into a migrated, empty database, runs its night, and adds its people. */
export async function fillNight(config: Config, url: string): Promise<void> {
  const db = await openDatabase(config, 'worker');
  const log = createLog(config);
  await migrateQueue(config, url, log);
  await importSample(db, FIXTURES, { actor: 'setup', companies: {} });
  await runPaths({ config, db, log }, [join(FIXTURES, 'statements')]);
  await db.close();
  const web = await openDatabase(config, 'web');
  await transaction(web, async (tx) => {
    for (const [user_id, person] of Object.entries(PEOPLE)) await createUser(tx, 'setup', user_id, { limits: HIGH, ...person, companies: null });
  });
  await web.close();
}

/** A link that signs a person in, once, and leads to the path. */
export async function signInLink(db: Database, origin: string, person: PersonName, path: string): Promise<string> {
  const { token } = await createOneTimeToken(db, person);
  return `${origin}/sign-in?to=${encodeURIComponent(path)}#token=${token}`;
}
