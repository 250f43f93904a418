import type { sql } from 'kysely';
import pg from 'pg';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
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
  /** A browser of the person's own, signed in by a one-time link, at the path. What goes wrong in a page by itself fails the test. */
  open(person: PersonName, path?: string, options?: BrowserContextOptions): Promise<Page>;
  /** The same without signing in, at an address. */
  enter(address: string): Promise<Page>;
  /** What a page of this test was meant to complain of. */
  forgive(what: RegExp): void;
  one<Row>(query: ReturnType<typeof sql>): Promise<Row>;
  /** For what no role of the application may do. */
  asOwner(statements: string): Promise<void>;
}

/** Runs tests that need a browser. Without Chromium they are skipped by name; in CI they fail instead. */
export function inTheBrowser(name: string, tests: (begin: () => Promise<Morning>) => void): void {
  const skipped = CHROMIUM === undefined && !process.env.CI;
  describe.skipIf(skipped)(`${name}${skipped ? ' (SKIPPED: no Chromium; apt-get install chromium, or name it in CHROMIUM)' : ''}`, () => {
    let browser: Browser;
    let night: Awaited<ReturnType<typeof cloneDatabase>>;
    const closing: (() => Promise<unknown>)[] = [];
    const faults: string[] = [];
    beforeAll(async () => {
      night = await cloneDatabase(TEMPLATE);
      [browser] = await Promise.all([launchChromium(), fillNight(night.config, night.config.database_url!)]);
    }, 300_000);
    afterEach(async () => {
      for (const close of closing.splice(0).toReversed()) await close();
      expect(faults.splice(0)).toEqual([]);
    });
    afterAll(async () => {
      await browser?.close();
      await night?.drop();
    });
    tests(async () => {
      const { config, drop } = await cloneDatabase(new URL(night.config.database_url!).pathname.slice(1));
      const db = await openDatabase(config, 'web');
      const serving = await serve({ config, db, log: createLog(config), host: '127.0.0.1', port: 0, owner: 'max' });
      closing.push(drop, () => db.close(), () => serving.close());
      const newPage = async (options: BrowserContextOptions = {}): Promise<Page> => {
        const context = await browser.newContext({ viewport: { width: 1366, height: 800 }, locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options });
        closing.push(() => context.close());
        const page = await context.newPage();
        page.setDefaultTimeout(60_000);
        page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
        page.on('console', (message) => {
          // What a test provokes is answered with 4xx, 503 or cut off, which the browser notes as well.
          if (message.type() === 'error' && !/status of (?:4\d\d|503)|net::ERR_/.test(message.text())) faults.push(`${page.url()}: ${message.text()}`);
        });
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
        enter: async (address) => {
          const page = await newPage();
          await page.goto(address);
          return page;
        },
        open: async (person, path = '/queue', options = {}) => {
          const page = await newPage(options);
          await page.goto(await signInLink(db, serving.origin, person, path));
          await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
          return page;
        },
      };
    });
  });
}
