import { createServer, type AddressInfo } from 'node:net';
import type { sql } from 'kysely';
import pg from 'pg';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject } from 'vitest';
import { serve } from '../../src/api/serve.ts';
import type { Config } from '../../src/platform/config.ts';
import { openDatabase, type Database } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';
import { cloneDatabase } from '../helpers/database.ts';
import { TEMPLATE } from '../helpers/global-setup.ts';
import { CHROMIUM, fillNight, launchChromium, signInLink, type PersonName } from './night.ts';

/** The morning after: the real server on a copy of the night's database, and people at real browsers. */
export interface Morning {
  readonly db: Database;
  readonly config: Config;
  readonly origin: string;
  /** A browser of the person's own, signed in by a one-time link, at the path. What goes wrong in a page by itself fails the test. A page whose clock was set is closed by the test. */
  open(person: PersonName, path?: string, options?: BrowserContextOptions): Promise<Page>;
  /** The same without signing in, at an address. */
  enter(address: string, options?: BrowserContextOptions): Promise<Page>;
  /** What a page of this test was meant to complain of. */
  forgive(what: RegExp): void;
  one<Row>(query: ReturnType<typeof sql>): Promise<Row>;
  /** For what no role of the application may do. */
  asOwner(statements: string): Promise<void>;
}

/** Runs tests that need a browser. Without Chromium they are skipped by name; in CI they fail instead. */
export function inTheBrowser(name: string, tests: (begin: (given?: Partial<Config>) => Promise<Morning>) => void): void {
  describe.skipIf(CHROMIUM === undefined && !process.env.CI)(name, () => {
    let browser: Browser;
    let port: number;
    const closing: (() => Promise<unknown>)[] = [];
    const faults: string[] = [];
    // A new window costs more than most tests do in it: those of the tests before are used again, by people who sign in anew. The server
    // has one port throughout, so that they know its scripts already.
    const idle = new Map<string, Page[]>();
    const used: { key: string; page: Page }[] = [];
    beforeAll(async () => {
      [browser, port] = await Promise.all([launchChromium(SHORT_LIVED), freePort(), ensureNight()]);
    }, 300_000);
    afterEach(async () => {
      for (const { key, page } of used.splice(0)) {
        if (page.isClosed()) continue;
        await page.unrouteAll({ behavior: 'ignoreErrors' });
        // One that goes somewhere by itself at this moment is not used again.
        const is_left = await page.goto('about:blank').then(() => true, () => false);
        if (!is_left) {
          await page.context().close();
          continue;
        }
        await page.context().setOffline(false);
        await page.context().clearCookies();
        idle.set(key, [...idle.get(key) ?? [], page]);
      }
      for (const close of closing.splice(0).toReversed()) await close();
      expect(faults.splice(0)).toEqual([]);
    });
    afterAll(async () => {
      await browser?.close();
    });
    tests(async (given = {}) => {
      const { config: cloned, drop } = await cloneDatabase(NIGHT);
      const config = { ...cloned, ...given };
      const db = await openDatabase(config, 'web');
      const serving = await serve({ config, db, log: createLog(config), host: '127.0.0.1', port, owner: 'max' });
      closing.push(drop, () => db.close(), () => serving.close());
      const newPage = async (options: BrowserContextOptions): Promise<Page> => {
        const context = await browser.newContext({ viewport: { width: 1366, height: 800 }, locale: 'en-GB', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce', ...options });
        const page = await context.newPage();
        page.setDefaultTimeout(60_000);
        page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
        page.on('console', (message) => {
          // What a test provokes is answered with 4xx, 503 or cut off, which the browser notes as well.
          if (message.type() === 'error' && !/status of (?:4\d\d|503)|net::ERR_/.test(message.text())) faults.push(`${page.url()}: ${message.text()}`);
        });
        return page;
      };
      const takePage = async (options: BrowserContextOptions): Promise<Page> => {
        const key = JSON.stringify(options);
        const page = idle.get(key)?.pop() ?? await newPage(options);
        used.push({ key, page });
        return page;
      };
      return {
        db, config, origin: serving.origin,
        one: async <Row>(query: ReturnType<typeof sql>) => (await query.execute(db.kysely)).rows[0] as Row,
        asOwner: async (statements) => {
          const client = new pg.Client(config.database_url!);
          await client.connect();
          await client.query(statements).finally(() => client.end());
        },
        forgive: (what) => faults.splice(0, faults.length, ...faults.filter((fault) => !what.test(fault))),
        enter: async (address, options = {}) => {
          const page = await takePage(options);
          await page.goto(address);
          return page;
        },
        open: async (person, path = '/queue', options = {}) => {
          const page = await takePage(options);
          await page.goto(await signInLink(db, serving.origin, person, path));
          await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
          return page;
        },
      };
    });
  });
}

const NIGHT = 'tieout_night';

// A page of a test lives for seconds: its scripts are gone before optimising them has paid.
const SHORT_LIVED = '--js-flags=--no-opt,--no-maglev';

/** The night as a database to clone, filled once for all files of a test run: the first that needs it fills it, and others wait. */
async function ensureNight(): Promise<void> {
  const admin = new pg.Client(inject('server_url'));
  await admin.connect();
  try {
    await admin.query('select pg_advisory_lock(hashtext($1))', [NIGHT]);
    if ((await admin.query('select from pg_database where datname = $1', [NIGHT])).rowCount === 1) return;
    const { config } = await cloneDatabase(TEMPLATE);
    await fillNight(config, config.database_url!);
    await admin.query(`alter database ${new URL(config.database_url!).pathname.slice(1)} rename to ${NIGHT}`);
  } finally {
    await admin.end();
  }
}

/** A port that nobody listens to. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
