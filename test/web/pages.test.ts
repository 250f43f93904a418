import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import { sql } from 'kysely';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { runPaths } from '../../src/cli/run.ts';
import { listDeepViolations, listViolations } from '../../src/ledger/invariants.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';
import { PROJECT_ROOT } from '../../src/platform/config.ts';
import { inTheBrowser, type Morning } from './morning.ts';

/** What holds on every page: everybody can use it, it says so when there is nothing or when something fails, and it bears ten thousand items. */

const AXE = readFileSync(join(PROJECT_ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8');
const LAPTOP = { width: 1366, height: 800 };
const PHONE = { width: 390, height: 844 };

inTheBrowser('the pages', (begin) => {
  /** What axe finds in a part of the page that is serious or worse, as `rule: element`; of `colours`, of all but these, or of everything. */
  const serious = async (page: Page, rules: 'colours' | 'others' | 'all' = 'all', part = 'html'): Promise<string[]> => {
    if (!await page.evaluate<boolean>('globalThis.axe !== undefined')) await page.evaluate(AXE);
    const options = { colours: { runOnly: ['color-contrast'] }, others: { rules: { 'color-contrast': { enabled: false } } }, all: {} }[rules];
    const { violations } = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(part)}, ${JSON.stringify({ ...options, resultTypes: ['violations'] })})`);
    return violations.filter((one) => one.impact === 'serious' || one.impact === 'critical').flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)}`));
  };
  const addresses = async (morning: Morning): Promise<[path: string, sign: string][]> => {
    const of = (format: string) => morning.one<{ entry_id: bigint }>(sql`select r.entry_id from review_item r join entry e using (entry_id) join statement s using (statement_id) where s.format = ${format} and r.state = 'open' order by 1 limit 1`);
    const { statement_id } = await morning.one<{ statement_id: bigint }>(sql`select statement_id from statement where state = 'quarantined' limit 1`);
    const [xml, pdf] = [await of('camt.053'), await of('pdf')];
    return [
      ['/queue', 'Best suggestion'], ['/queue?sort=reason', 'Best suggestion'], [`/queue/${xml.entry_id}`, 'So far'], [`/queue/${pdf.entry_id}`, 'Page 1 of 1'], ['/quarantine', 'Failed check'], [`/quarantine/${statement_id}`, 'Checks'],
      ['/dead-letters', 'Try again'], ['/approvals', 'Nothing waits for a second person'], ['/learned', 'Nothing is proposed'], ['/overview', 'Bank accounts'], ['/runs/1', 'Documents'], ['/log', 'Summary'],
      [`/log/entries/${xml.entry_id}`, 'Its records in the log'], ['/modes', 'What it says'], ['/settings', 'API tokens'],
    ];
  };
  const visit = async (morning: Morning, page: Page, path: string, sign: string): Promise<void> => {
    await page.goto(morning.origin + path);
    await page.locator('#main').getByText(sign).first().waitFor();
  };

  // A few pages at a time: axe takes seconds for each on a busy machine.
  it.each([0, 1, 2, 3, 4])('axe finds nothing serious on any page, in light, in dark and on a phone, where nothing sticks out (%i)', async (part_of) => {
    const morning = await begin();
    const found: string[] = [];
    // Amounts take most room in German.
    const page = await morning.open('olga', '/settings', { locale: 'de-DE' });
    for (const [path, sign] of (await addresses(morning)).filter((_, n) => n % 5 === part_of)) {
      await visit(morning, page, path, sign);
      // What is around the page is looked at with the first of them.
      const part = path === '/queue' ? 'html' : '#main';
      found.push(...(await serious(page, 'all', part)).map((one) => `${path} ${one}`));
      // The two differ in their colours alone.
      await page.emulateMedia({ colorScheme: 'dark' });
      found.push(...(await serious(page, 'colours', part)).map((one) => `${path} (dark) ${one}`));
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize(PHONE);
      await expect.poll(() => page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth'), { message: `${path} is wider than the phone` }).toBeLessThanOrEqual(0);
      found.push(...(await serious(page, 'others', part)).map((one) => `${path} (phone) ${one}`));
      await page.setViewportSize(LAPTOP);
    }
    expect(found).toEqual([]);
  });

  it('axe finds nothing serious on the sign-in page and in dialogues', async () => {
    const morning = await begin();
    const found: string[] = [];
    const entering = await morning.enter(`${morning.origin}/sign-in`);
    await entering.getByText('tieout serve').first().waitFor();
    found.push(...(await serious(entering)).map((one) => `sign-in ${one}`));
    const page = await morning.open('olga', '/queue?reason=short_payment');
    await page.getByRole('grid').getByRole('row').nth(1).waitFor();
    for (const key of ['a', 'b', 's', 'o', 'p', 'n', 'm', 'w', 'd', 't', '?', 'A']) {
      await page.keyboard.press(key);
      await page.getByRole('dialog').waitFor();
      found.push(...(await serious(page, 'all', '[role=dialog]')).map((one) => `${key} ${one}`));
      await page.keyboard.press('Escape');
      // The first Escape closes a list that is open in the dialogue.
      if (await page.getByRole('dialog').count() > 0) await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    expect(found).toEqual([]);
  });

  it('marks the entry\'s row on the page of the PDF, and its lines in the XML', async () => {
    const morning = await begin();
    const { entry_id } = await morning.one<{ entry_id: bigint }>(sql`select r.entry_id from review_item r join entry e using (entry_id) where e.amount = -1260`);
    const page = await morning.open('anna', `/queue/${entry_id}`);
    const mark = page.getByTestId('marked-row');
    await mark.waitFor();
    // The fee's row has ink in the columns of description, debit and balance, and none in that of credit, as no row beside it.
    const ink = await page.evaluate<number[]>(`(() => {
      const canvas = document.querySelector('canvas');
      const marked = document.querySelector('[data-testid=marked-row]').getBoundingClientRect();
      const drawn = canvas.getBoundingClientRect();
      const scale = canvas.width / drawn.width;
      const dark = (from, to) => {
        const { data } = canvas.getContext('2d').getImageData((marked.x - drawn.x + marked.width * from) * scale, (marked.y - drawn.y) * scale, marked.width * (to - from) * scale, marked.height * scale);
        let count = 0;
        for (let i = 0; i < data.length; i += 4) if (data[i] < 128) count++;
        return count;
      };
      return [dark(0.1, 0.3), dark(0.66, 0.77), dark(0.79, 0.88), dark(0.9, 1)];
    })()`);
    expect(ink.map((dark) => dark > 0)).toEqual([true, true, false, true]);
    const xml = await morning.one<{ entry_id: bigint }>(sql`select r.entry_id from review_item r join entry e using (entry_id) where e.amount = 254819`);
    await page.goto(`${morning.origin}/queue/${xml.entry_id}`);
    await page.locator('mark', { hasText: '2548.19' }).waitFor();
  });

  it('bears ten thousand items: a screenful is drawn, whatever the place, and all can be reached', async () => {
    const morning = await begin();
    await multiplyItems(morning.config.database_url!, 10_000);
    const page = await morning.open('anna', '/queue?sort=booking_date&order=asc');
    const grid = page.getByRole('grid');
    await expect.poll(async () => Number(await grid.getAttribute('aria-rowcount'))).toBeGreaterThan(10_000);
    const rows = Number(await grid.getAttribute('aria-rowcount'));
    await grid.focus();
    await page.keyboard.press('End');
    await grid.locator(`[aria-rowindex="${rows}"]:not([aria-busy])`).waitFor({ timeout: 60_000 });
    expect(await grid.getByRole('row').count()).toBeLessThan(80);
    await page.keyboard.press('Home');
    await grid.locator('[aria-rowindex="2"]').waitFor();
    // A turn of the wheel costs a frame, not a second: the work does not grow with the list.
    const longest = await page.evaluate<number>(`(async () => {
      const scroller = document.querySelector('[role=grid] > div');
      let longest = 0;
      let last = performance.now();
      for (let n = 0; n < 120; n++) {
        scroller.scrollTop += 700;
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
      }
      return longest;
    })()`);
    expect(longest).toBeLessThan(5_000);
    expect(await grid.getByRole('row').count()).toBeLessThan(80);
  });

  it('shows what a worker posts while a person looks, and refuses what the person then does upon the old', async () => {
    const morning = await begin();
    const page = await morning.open('anna', '/queue');
    const grid = page.getByRole('grid');
    await grid.getByRole('row').nth(1).waitFor();
    const before = Number(await grid.getAttribute('aria-rowcount'));
    await page.clock.install();
    const worker = await openDatabase(morning.config, 'worker');
    const { entry_id } = await morning.one<{ entry_id: bigint }>(sql`select r.entry_id from review_item r join entry e using (entry_id) where e.amount = 254819`);
    const watched = await morning.open('ben', `/queue/${entry_id}`);
    await watched.getByRole('article', { name: 'Suggestion 1' }).waitFor();
    await watched.keyboard.press('a');
    await watched.getByRole('dialog', { name: 'Accept a suggestion' }).waitFor();
    // A worker takes the next day's statement through while a person decides.
    const running = runPaths({ config: morning.config, db: worker, log: createLog(morning.config) }, [join(PROJECT_ROOT, 'test/web/next-day.csv')]);
    await watched.keyboard.press('Enter');
    await watched.getByRole('alert').filter({ hasText: /Accepted|It has changed/ }).first().waitFor();
    const summary = await running;
    expect(summary.entries).toMatchObject({ total: 2, duplicate: 0 });
    await page.clock.fastForward(21_000);
    await expect.poll(async () => Number(await grid.getAttribute('aria-rowcount'))).toBe(before - 1 + summary.entries.review + summary.entries.suspense);
    expect([...await listViolations(worker), ...await listDeepViolations(worker)]).toEqual([]);
    await worker.close();
    await page.close();
  });

  it('shows only what a person may see and do, and sends whoever is not signed in to the sign-in page and back', async () => {
    const morning = await begin();
    const page = await morning.open('otto', '/modes');
    await page.getByText('What it says').first().waitFor();
    expect(await page.getByRole('button', { name: /Stop automatic/ }).count()).toBe(0);
    await page.context().clearCookies();
    await page.goto(`${morning.origin}/log?action=decide`);
    await page.waitForURL(/\/sign-in/);
    expect(new URL(page.url()).searchParams.get('to')).toBe('/log?action=decide');
    await page.goto(`${morning.origin}/sign-in?to=//evil.example#token=${'x'.repeat(43)}`);
    await page.getByRole('alert').filter({ hasText: /used, is too old/ }).waitFor();
    expect(page.url()).not.toContain('token');
  });

  it('says so when there is nothing, when nothing fits, when there is no such thing, and when the server fails', async () => {
    const morning = await begin();
    const page = await morning.open('anna', '/queue?search=nothing+like+this');
    await page.getByText('Nothing fits these filters').waitFor();
    await page.goto(`${morning.origin}/queue?state=deferred`);
    await page.getByText('Nothing fits these filters').waitFor();
    await page.goto(`${morning.origin}/queue/999999`);
    await page.getByRole('alert').filter({ hasText: /999999/ }).waitFor();
    await page.goto(`${morning.origin}/no-such-page`);
    await page.getByText('There is no such page').waitFor();
    await page.goto(`${morning.origin}/queue?min_amount=abc`);
    await page.getByRole('alert').filter({ hasText: /is no amount/ }).waitFor();
    await page.route('**/api/approvals**', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"status":503,"code":"database_unavailable","detail":"Postgres could not be reached","remedy":"bring the database back"}' }));
    await page.goto(`${morning.origin}/approvals`);
    await page.getByRole('alert').filter({ hasText: 'Postgres could not be reached' }).waitFor({ timeout: 60_000 });
    await page.unroute('**/api/approvals**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Nothing waits for a second person').waitFor();
  });
});

/** Copies an item that waits, with its entry and decision, so that the queue is long. Only the queue is looked at: the books do not know of them. */
async function multiplyItems(url: string, copies: number): Promise<void> {
  const owner = new pg.Client(url);
  await owner.connect();
  await owner.query('set session_replication_role = replica');
  const copy = (table: string, changed: string): string => `
    insert into ${table} overriding system value select (jsonb_populate_record(t, jsonb_build_object(${changed}))).*
      from ${table} t, generate_series(1, ${copies}) n where t.entry_id = (select min(entry_id) from review_item where reason = 'short_payment')${table === 'decision' ? ' and superseded_by is null' : ''}`;
  await owner.query(copy('entry', `'entry_id', 1000000 + n, 'line', 1000 + n, 'amount', 1000 + n * 7 % 99991, 'booking_date', date '2026-11-10' - n % 40`));
  await owner.query(copy('decision', `'entry_id', 1000000 + n, 'decision_id', 1000000 + n, 'log_seq', null`));
  await owner.query(copy('review_item', `'entry_id', 1000000 + n, 'decision_id', 1000000 + n`));
  await owner.query('analyze review_item, decision, entry');
  await owner.end();
}
