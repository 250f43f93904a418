import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { serve } from '../src/api/serve.ts';
import { onInterrupt } from '../src/cli/interrupt.ts';
import { reportFailure } from '../src/cli/session.ts';
import { Failure } from '../src/core/failure.ts';
import { loadConfig, PROJECT_ROOT } from '../src/platform/config.ts';
import { openDatabase } from '../src/platform/database.ts';
import { startEmbedded } from '../src/platform/embedded-postgres.ts';
import { migrateToLatest } from '../src/platform/migrate.ts';
import { createLog } from '../src/platform/log.ts';
import { CHROMIUM, fillNight, launchChromium, signInLink, type PersonName } from '../test/web/night.ts';

/**
 * `npm run screenshots`: draws every page, as it is the morning after the sample company's night, into docs/screenshots: on a laptop in
 * light and dark, and some on a phone. `npm run screenshots -- FOLDER` draws them elsewhere.
 */

interface Shot { name: string; path: string; person?: PersonName; dark?: boolean; phone?: boolean; locale?: string; act?: (page: Page) => Promise<void>; whole?: boolean }

const interrupted = onInterrupt();
const home = await mkdtemp(join(tmpdir(), 'tieout-screenshots-'));
try {
  if (CHROMIUM === undefined) throw new Failure('configuration', 'there is no Chromium; apt-get install chromium, or name it in CHROMIUM');
  // As root the database server runs as another user, who must be able to enter.
  await chmod(home, 0o755);
  const server = await startEmbedded(home);
  try {
    await draw(server.url, process.argv[2] ?? join(PROJECT_ROOT, 'docs/screenshots'));
  } finally {
    await server.release();
  }
} catch (error) {
  reportFailure(error);
} finally {
  await rm(home, { recursive: true, force: true });
  interrupted.release();
}

async function draw(url: string, folder: string): Promise<void> {
  await migrateToLatest(url);
  const config = loadConfig({ DATABASE_URL: url, LOG_LEVEL: 'silent' });
  await fillNight(config, url);
  const db = await openDatabase(config, 'web');
  const serving = await serve({ config, db, log: createLog(config), host: '127.0.0.1', port: 0, owner: 'max' });
  const browser = await launchChromium();
  try {
    await mkdir(folder, { recursive: true });
    for (const shot of await shots(db)) {
      interrupted.signal.throwIfAborted();
      const context = await browser.newContext({
        viewport: shot.phone ? { width: 390, height: 844 } : { width: 1366, height: 820 }, colorScheme: shot.dark ? 'dark' : 'light', locale: shot.locale ?? 'en-GB', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      if (shot.person === undefined) await page.goto(serving.origin + shot.path);
      else await page.goto(await signInLink(db, serving.origin, shot.person, shot.path));
      if (shot.person !== undefined) await page.waitForURL((at) => at.pathname !== '/sign-in');
      await settle(page);
      await shot.act?.(page);
      await settle(page);
      await page.screenshot({ path: join(folder, `${shot.name}.png`), fullPage: shot.whole ?? false });
      await context.close();
      process.stderr.write(`${shot.name}\n`);
    }
  } finally {
    await browser.close();
    await serving.close();
    await db.close();
  }
}

/** Until everything asked for has come and been drawn. */
async function settle(page: Page): Promise<void> {
  await page.waitForURL((url) => !url.hash.includes('token'));
  await page.waitForLoadState('networkidle');
  await page.locator('[role=status][aria-label^=Loading]').first().waitFor({ state: 'detached' });
  await page.waitForTimeout(250);
}

async function shots(db: Awaited<ReturnType<typeof openDatabase>>): Promise<Shot[]> {
  const { rows } = await db.pool.query<{ format: string; reason: string; entry_id: bigint }>(`
    select distinct on (s.format, r.reason) s.format, r.reason, r.entry_id from review_item r join entry e using (entry_id) join statement s using (statement_id) where r.state = 'open' order by s.format, r.reason, r.entry_id`);
  const entry = (of: (row: { format: string; reason: string }) => boolean): string => String(rows.find(of)!.entry_id);
  const short = entry((row) => row.reason === 'short_payment');
  const unknown = entry((row) => row.reason === 'payer_unknown');
  const pdf = entry((row) => row.format === 'pdf');
  const { rows: [auto] } = await db.pool.query<{ entry_id: bigint }>(`select entry_id from decision where outcome = 'auto' order by entry_id limit 1`);
  const { rows: [quarantined] } = await db.pool.query<{ statement_id: bigint }>(`select statement_id from statement where state = 'quarantined' limit 1`);
  const press = (...keys: string[]) => async (page: Page): Promise<void> => {
    await page.locator('#main h1').first().waitFor();
    for (const key of keys) await page.keyboard.press(key);
  };
  return [
    { name: 'sign-in', path: '/sign-in' },
    { name: 'queue', path: '/queue', person: 'anna' },
    { name: 'queue-grouped-dark', path: '/queue?sort=reason', person: 'anna', dark: true },
    { name: 'queue-phone', path: '/queue', person: 'anna', phone: true, locale: 'de-DE' },
    { name: 'queue-bulk', path: '/queue?reason=short_payment&company=uhlenmuehl', person: 'anna', act: press('A') },
    { name: 'item', path: `/queue/${short}`, person: 'anna' },
    { name: 'item-pdf-dark', path: `/queue/${pdf}`, person: 'anna', dark: true },
    { name: 'item-phone', path: `/queue/${short}`, person: 'anna', phone: true, locale: 'de-DE' },
    { name: 'item-accept', path: `/queue/${short}`, person: 'anna', act: press('a') },
    { name: 'item-allocate', path: `/queue/${short}`, person: 'anna', act: press('b') },
    { name: 'keys', path: '/queue', person: 'anna', act: press('?') },
    { name: 'quarantine', path: '/quarantine', person: 'anna' },
    { name: 'quarantined-statement', path: `/quarantine/${quarantined!.statement_id}`, person: 'anna' },
    { name: 'dead-letters', path: '/dead-letters', person: 'anna' },
    { name: 'overview', path: '/overview', person: 'anna', whole: true },
    { name: 'overview-dark', path: '/overview', person: 'anna', dark: true },
    { name: 'overview-phone', path: '/overview', person: 'anna', phone: true, locale: 'de-DE' },
    { name: 'run', path: '/runs/1', person: 'anna' },
    { name: 'log', path: '/log', person: 'otto' },
    { name: 'story', path: `/log/entries/${auto!.entry_id}`, person: 'otto', whole: true },
    { name: 'modes', path: '/modes', person: 'max' },
    { name: 'settings', path: '/settings', person: 'max' },
    // Lena's acceptance waits for Vera, and proposes nothing before that.
    { name: 'approvals', path: `/queue/${unknown}`, person: 'lena', act: async (page) => { await page.getByRole('article').first().waitFor(); await press('a')(page); await page.getByRole('dialog').waitFor(); await press('Enter')(page); await page.getByText('A second person is needed').waitFor(); await page.goto(new URL('/approvals', page.url()).href); } },
    { name: 'approvals-approve', path: '/approvals', person: 'vera', act: press('a') },
    { name: 'learned', path: '/approvals', person: 'vera', act: async (page) => { await page.getByText('Asked by').waitFor(); await press('a')(page); await page.getByRole('dialog').waitFor(); await press('Enter')(page); await page.getByText('Approved:').waitFor(); await page.goto(new URL('/learned', page.url()).href); } },
  ];
}
