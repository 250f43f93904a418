import { sql } from 'kysely';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { inTheBrowser, type Morning } from './morning.ts';

/** What a person must not be misled by: amounts in another notation, a key typed too early, a server that is gone, a session that has ended. */

inTheBrowser('what misleads', (begin) => {
  const entryOf = async (morning: Morning, amount: number): Promise<string> =>
    String((await morning.one<{ entry_id: bigint }>(sql`select entry_id from review_item join entry using (entry_id) where amount = ${amount} limit 1`)).entry_id);
  const itemShown = (page: Page) => page.getByRole('region', { name: 'What it may be' }).waitFor();

  it('writes amounts and dates as the browser\'s language does, and reads them so or refuses them', async () => {
    const morning = await begin();
    const [euros, yen] = [await entryOf(morning, 254_819), await entryOf(morning, 195_141)];
    // Of 2548.19 euros: what `1.234` leaves, where it is a thousand; undefined where it is refused.
    const notations: [locale: string, amount: string, date: string, left: string | undefined, thousands: string][] = [
      ['en-US', '2,548.19', '11/10/2026', undefined, '195,141'], ['de-DE', '2.548,19', '10.11.2026', '1.314,19', '195.141'], ['sv-SE', '2\u00a0548,19', '2026-11-10', undefined, '195\u00a0141'],
    ];
    for (const [locale, amount, date, left, thousands] of notations) {
      const page = await morning.open('anna', `/queue/${euros}`, { locale });
      await itemShown(page);
      expect(await page.locator('.amount').first().textContent(), locale).toBe(`${amount}EUR`);
      await page.getByRole('cell', { name: date }).first().waitFor();
      await page.keyboard.press('b');
      const field = page.getByRole('dialog').getByLabel('Amount for RE-2026-00318');
      expect(await field.inputValue(), locale).toBe(amount);
      await field.fill('1.234');
      if (left === undefined) {
        await page.getByText('An amount cannot be read.').waitFor();
        expect(await field.getAttribute('aria-invalid')).toBe('true');
      } else await page.getByText(`Left: ${left}`).waitFor();
      expect(await page.getByRole('dialog').getByRole('button', { name: 'Allocate', exact: true }).isDisabled()).toBe(true);
      // Yen have no decimals: a part of one is refused, and the whole is read.
      await page.goto(`${morning.origin}/queue/${yen}`);
      await itemShown(page);
      await page.keyboard.press('b');
      const whole = page.getByRole('dialog').getByLabel(/^Amount for/);
      expect(await whole.inputValue(), locale).toBe(thousands);
      await page.getByText('Adds up.').waitFor();
      await whole.fill('195141.5');
      await page.getByText('An amount cannot be read.').waitFor();
    }
    // A filter is read in the same notation, and counts yen as yen.
    const page = await morning.open('anna', '/queue', { locale: 'de-DE' });
    await page.getByRole('button', { name: 'Filter' }).click();
    const filter = page.getByRole('dialog', { name: 'Filter the queue' });
    await filter.getByLabel('At least').fill('195.141');
    await filter.getByLabel('At most').fill('195.141,00');
    await filter.getByRole('button', { name: 'Show' }).click();
    await page.waitForURL(/min_amount=195141\.00&max_amount=195141\.00/);
    await expect.poll(() => page.getByRole('grid').getAttribute('aria-rowcount')).toBe('2');
    await page.getByRole('gridcell', { name: /^195\.141/ }).waitFor();
  });

  it('does nothing at a key that was typed before the item had come', async () => {
    const morning = await begin();
    const page = await morning.open('anna', '/queue?reason=short_payment');
    await page.getByRole('grid').getByRole('row').nth(1).waitFor();
    let let_through = (): void => {};
    const held = new Promise<void>((resolve) => { let_through = resolve; });
    await page.route(/\/api\/items\/\d+$/, async (route) => {
      await held;
      await route.continue();
    });
    await page.keyboard.press('j');
    await page.keyboard.press('a');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Loading the item' }).waitFor();
    let_through();
    await page.getByRole('dialog', { name: 'Accept a suggestion' }).getByText('Settles').first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/queue');
    expect(await morning.one(sql`select count(*)::int as accepted from decision where outcome = 'manual'`)).toEqual({ accepted: 0 });
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'Accepted' }).waitFor();
  });

  it('says since when the server does not answer, also without any network, and comes back by itself; whoever is signed out by then signs in and goes on', async () => {
    const morning = await begin();
    const entry_id = await entryOf(morning, 254_819);
    const page = await morning.open('anna', `/queue/${entry_id}`);
    await itemShown(page);
    expect(await page.title()).toMatch(/2,548\.19 EUR · tieout$/);
    await page.context().setOffline(true);
    await page.keyboard.press('c');
    await page.getByRole('alert').filter({ hasText: 'The server cannot be reached' }).waitFor();
    await page.getByRole('status').filter({ hasText: /has not answered since/ }).waitFor();
    expect(await morning.one(sql`select assignee from review_item where entry_id = ${entry_id}::bigint`)).toEqual({ assignee: null });
    await page.context().setOffline(false);
    await page.keyboard.press('c');
    await page.getByRole('status').filter({ hasText: /has not answered since/ }).waitFor({ state: 'detached' });
    await expect.poll(() => morning.one(sql`select assignee from review_item where entry_id = ${entry_id}::bigint`)).toEqual({ assignee: 'anna' });
    await page.getByRole('button', { name: /^Allocate by hand/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Allocate by hand' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // The focus is back where it was.
    expect(await page.evaluate<string>('document.activeElement.textContent')).toContain('Allocate by hand');
    // Any call may be the one that finds it out.
    await morning.one(sql`update web_session set expires_at = now() - interval '1 second'`);
    await page.keyboard.press('r');
    await page.waitForURL(/\/sign-in/);
    expect(new URL(page.url()).searchParams.get('to')).toBe(`/queue/${entry_id}`);
  });

  it('leaves nothing out on a phone, and nothing sticks out when everything is twice as large', async () => {
    const morning = await begin();
    const page = await morning.open('anna', '/queue', { viewport: { width: 683, height: 384 }, deviceScaleFactor: 2 });
    // Without room for a column of its own the reason stands below the name, and can be chosen.
    await page.getByRole('gridcell', { name: /Payee account differs/ }).first().waitFor();
    await page.getByRole('combobox', { name: 'Reason' }).click();
    await page.getByRole('option', { name: 'Short payment (4)' }).click();
    await page.waitForURL(/reason=short_payment/);
    for (const path of ['/queue', `/queue/${await entryOf(morning, 254_819)}`, '/overview', '/log', '/modes', '/settings']) {
      await page.goto(morning.origin + path);
      await page.locator('#main h1').first().waitFor();
      expect(await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth'), path).toBeLessThanOrEqual(0);
    }
    expect((await fetch(`${morning.origin}/assets/of-an-earlier-build.js`)).status).toBe(404);
  });
});
