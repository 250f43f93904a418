import { sql } from 'kysely';
import type { Locator, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { listDeepViolations, listViolations } from '../../src/ledger/invariants.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { inTheBrowser, type Morning } from './morning.ts';

/** Each job of the morning, done as a person would, in a real browser against the real server. */

interface Decision { outcome: string; decided_by: string; approved_by: string | null; reason: string }

/** Types into a list and chooses: it closes again where its dialog takes the focus only now. */
async function choose(page: Page, list: Locator, option: string): Promise<void> {
  for (let left = 10; ; left--) {
    await list.fill('');
    await list.fill(option);
    const chosen = await page.getByRole('option', { name: new RegExp(option) }).click({ timeout: 5_000 }).then(() => true, (error: unknown) => {
      if (left === 0) throw error;
      return false;
    });
    if (chosen) return;
  }
}

inTheBrowser('jobs of the morning', (begin) => {
  const entryOf = async (morning: Morning, condition: string): Promise<string> =>
    String((await morning.one<{ entry_id: bigint }>(sql`select r.entry_id from review_item r join entry e using (entry_id) join decision d using (decision_id) where r.state = 'open' and ${sql.raw(condition)} order by r.entry_id limit 1`)).entry_id);
  const standing = (morning: Morning, entry_id: string): Promise<Decision> =>
    morning.one<Decision>(sql`select outcome, decided_by, approved_by, reason from decision where entry_id = ${entry_id}::bigint and superseded_by is null`);
  const booksHold = async (morning: Morning): Promise<void> => {
    const db = await openDatabase(morning.config, 'worker');
    expect([...await listViolations(db), ...await listDeepViolations(db)]).toEqual([]);
    await db.close();
  };
  const said = (page: Page, text: string | RegExp) => page.getByRole('alert').filter({ hasText: text }).first().waitFor();
  const itemShown = (page: Page) => page.getByRole('region', { name: 'What it may be' }).waitFor();

  it('works the queue off by keyboard alone: two strokes for the common case', async () => {
    const morning = await begin();
    const page = await morning.open('anna', '/queue?reason=short_payment');
    const rows = page.getByRole('grid').getByRole('row');
    await rows.nth(1).waitFor();
    const before = await page.getByRole('grid').getAttribute('aria-rowcount');
    await page.keyboard.press('Enter');
    await page.getByRole('article', { name: 'Suggestion 1' }).waitFor();
    const entry_id = new URL(page.url()).pathname.split('/').at(-1)!;
    await page.keyboard.press('a');
    await page.getByRole('dialog', { name: 'Accept a suggestion' }).waitFor();
    await page.keyboard.press('Enter');
    await said(page, 'Accepted');
    expect(await standing(morning, entry_id)).toMatchObject({ outcome: 'manual', decided_by: 'anna', reason: 'accept' });
    // The next item is shown at once; its comment, its delay and the way back are keys as well.
    await page.waitForURL((url) => url.pathname !== `/queue/${entry_id}`);
    const next = new URL(page.url()).pathname.split('/').at(-1)!;
    await page.getByRole('article', { name: 'Suggestion 1' }).waitFor();
    await page.keyboard.press('m');
    await page.getByRole('dialog', { name: 'Comment' }).waitFor();
    await page.keyboard.type('They will pay the rest on Friday.');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await said(page, 'Commented');
    await page.getByText('They will pay the rest on Friday.', { exact: true }).waitFor();
    await page.keyboard.press('d');
    await page.getByRole('dialog', { name: 'Put off until a day' }).waitFor();
    await page.keyboard.press('Enter');
    await said(page, 'Put off');
    await page.keyboard.press('Escape');
    await page.waitForURL(/\/queue\?reason=short_payment$/);
    await expect.poll(() => page.getByRole('grid').getAttribute('aria-rowcount')).toBe(String(Number(before) - 2));
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).getByText('Put off until a day').waitFor();
    expect(await morning.one(sql`select deferred_until > current_date as later from review_item where entry_id = ${next}::bigint`)).toEqual({ later: true });
    await booksHold(morning);
  });

  it('allocates by hand in the user\'s own notation, undoes it, and settles it otherwise', async () => {
    const morning = await begin();
    const entry_id = await entryOf(morning, `r.reason = 'short_payment' and e.amount = 254819`);
    const page = await morning.open('anna', `/queue/${entry_id}`, { locale: 'de-DE' });
    await itemShown(page);
    await page.getByText('2.548,19').first().waitFor();
    await page.keyboard.press('b');
    const dialog = page.getByRole('dialog', { name: 'Allocate by hand' });
    const amount = dialog.getByLabel('Amount for RE-2026-00318');
    await amount.fill('2.500,00');
    await dialog.getByLabel('Write-off of RE-2026-00318').fill('12,34');
    expect(await dialog.getByRole('button', { name: 'Allocate', exact: true }).isDisabled()).toBe(true);
    await dialog.getByText('48,19').first().waitFor();
    await dialog.getByRole('button', { name: 'Rest on account' }).click();
    await dialog.getByText('Adds up.').waitFor();
    await dialog.getByRole('button', { name: 'Allocate', exact: true }).click();
    await said(page, 'Allocated');
    expect(await morning.one(sql`select amount::int, write_off::int from allocation join decision using (decision_id) where entry_id = ${entry_id}::bigint and superseded_by is null`)).toEqual({ amount: 250_000, write_off: 1_234 });

    await page.goto(`${morning.origin}/queue/${entry_id}`);
    await itemShown(page);
    await page.keyboard.press('u');
    await page.getByRole('dialog', { name: 'Undo' }).getByLabel('Reason').fill('wrong invoice');
    await page.getByRole('dialog', { name: 'Undo' }).getByRole('button', { name: 'Undo' }).click();
    await said(page, 'Undone');
    expect(await standing(morning, entry_id)).toMatchObject({ outcome: 'review', reason: 'undone' });
    await page.getByRole('button', { name: 'Put on account' }).click();
    await page.getByRole('dialog', { name: 'Put on account' }).getByRole('button', { name: 'Put on account' }).click();
    await said(page, 'Put on account');
    await expect.poll(() => standing(morning, entry_id)).toMatchObject({ outcome: 'manual', decided_by: 'anna' });
    await booksHold(morning);
  });

  it('posts to a ledger account, splits, sets aside as not ours, claims, assigns and asks', async () => {
    const morning = await begin();
    const fee = await entryOf(morning, `e.amount = -1260`);
    const page = await morning.open('anna', `/queue/${fee}`);
    await itemShown(page);
    await page.keyboard.press('p');
    const post = page.getByRole('dialog', { name: 'Post to a ledger account' });
    await choose(page, post.getByRole('combobox', { name: 'Ledger account' }), 'Bank fees');
    await post.getByRole('button', { name: 'Post' }).click();
    await said(page, 'Posted');
    expect(await standing(morning, fee)).toMatchObject({ outcome: 'manual' });

    const stray = await entryOf(morning, `r.reason = 'unknown_counterparty'`);
    await page.goto(`${morning.origin}/queue/${stray}`);
    await itemShown(page);
    await page.keyboard.press('c');
    await said(page, 'Claimed');
    await page.keyboard.press('w');
    const ask = page.getByRole('dialog', { name: 'Ask a colleague' });
    await ask.getByRole('combobox', { name: 'Colleague' }).click();
    await page.getByRole('option', { name: /Ben Analyst/ }).click();
    await ask.getByLabel('Question').fill('Do you know them?');
    await ask.getByRole('button', { name: 'Ask' }).click();
    await said(page, 'Asked');
    expect(await morning.one(sql`select assignee from review_item where entry_id = ${stray}::bigint`)).toEqual({ assignee: 'ben' });
    // What was asked of Ben is Ben's.
    await page.getByText('Ben Analyst has it').waitFor();
    expect(await page.getByRole('button', { name: 'Put on account' }).count()).toBe(0);
    await page.keyboard.press('t');
    const assign = page.getByRole('dialog', { name: 'Assign to somebody' });
    await assign.getByRole('combobox', { name: 'Owner' }).click();
    await page.getByRole('option', { name: /Anna Analyst/ }).click();
    await assign.getByRole('button', { name: 'Assign' }).click();
    await said(page, 'Assigned');
    await page.keyboard.press('n');
    await page.getByRole('dialog', { name: 'Not ours' }).getByLabel('Comment').waitFor();
    await page.keyboard.press('Enter');
    await said(page, 'Set aside');

    const other = await entryOf(morning, `r.reason = 'overpaid' and e.currency = 'EUR'`);
    await page.goto(`${morning.origin}/queue/${other}`);
    await itemShown(page);
    await page.keyboard.press('s');
    const split = page.getByRole('dialog', { name: 'Split' });
    for (const [n, [account, amount]] of ([['Bank fees', '100.00'], ['Bank interest', null]] as const).entries()) {
      await choose(page, split.getByRole('combobox', { name: 'Ledger account' }).nth(n), account);
      if (amount !== null) await split.getByLabel('Amount', { exact: true }).nth(n).fill(amount);
    }
    const rest = (await split.getByText(/^Left:/).textContent())!.replaceAll(/[^\d.,]/g, '');
    await split.getByLabel('Amount', { exact: true }).nth(1).fill(rest);
    await split.getByRole('button', { name: 'Allocate', exact: true }).click();
    await said(page, 'Allocated');
    expect(await standing(morning, other)).toMatchObject({ outcome: 'manual' });
    await booksHold(morning);
  });

  it('tells the second of two people who want the same item what has changed, and does nothing twice', async () => {
    const morning = await begin();
    const entry_id = await entryOf(morning, `r.reason = 'short_payment'`);
    const [anna, ben] = await Promise.all([morning.open('anna', `/queue/${entry_id}`), morning.open('ben', `/queue/${entry_id}`)]);
    for (const page of [anna, ben]) await page.getByRole('article', { name: 'Suggestion 1' }).waitFor();
    await ben.keyboard.press('a');
    await ben.getByRole('dialog', { name: 'Accept a suggestion' }).waitFor();
    await anna.keyboard.press('a');
    await anna.getByRole('dialog', { name: 'Accept a suggestion' }).waitFor();
    await anna.keyboard.press('Enter');
    await said(anna, 'Accepted');
    await ben.keyboard.press('Enter');
    const stale = ben.getByRole('dialog', { name: 'It has changed meanwhile' });
    await stale.getByText('Accepted by anna', { exact: true }).waitFor();
    await stale.getByRole('button', { name: 'Look at it as it is' }).click();
    await ben.getByText('Accepted by anna').first().waitFor();
    expect(await standing(morning, entry_id)).toMatchObject({ decided_by: 'anna' });
    expect(await morning.one(sql`select count(*)::int as acts from log_record where entry_id = ${entry_id}::bigint and action = 'accept'`)).toEqual({ acts: 1 });
    await booksHold(morning);
  });

  it('takes two people above a limit: nobody approves their own, and the second sees what is asked', async () => {
    const morning = await begin();
    const entry_id = await entryOf(morning, `r.reason = 'short_payment'`);
    const lena = await morning.open('lena', `/queue/${entry_id}`);
    await lena.getByRole('article', { name: 'Suggestion 1' }).waitFor();
    await lena.keyboard.press('a');
    await lena.getByText('Above your limit').waitFor();
    await lena.keyboard.press('Enter');
    await said(lena, 'A second person is needed');
    expect(await standing(morning, entry_id)).toMatchObject({ outcome: 'review' });
    await lena.goto(`${morning.origin}/approvals`);
    await lena.getByRole('button', { name: 'Withdraw' }).waitFor();
    expect(await lena.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    const vera = await morning.open('vera', '/approvals');
    await vera.getByText('Asked by lena').waitFor();
    // What is shown is what of the entry goes where, not only that something is asked for.
    await vera.getByRole('cell', { name: /^(RE-2026|2026\/10)-\d+ of C\d+$/ }).first().waitFor();
    await vera.keyboard.press('a');
    await vera.getByRole('dialog', { name: 'Approve' }).waitFor();
    await vera.keyboard.press('Enter');
    await said(vera, 'Approved: 1 done');
    expect(await standing(morning, entry_id)).toMatchObject({ outcome: 'manual', decided_by: 'lena', approved_by: 'vera' });
    await booksHold(morning);
  });

  it('accepts what shares a rule and a reason after a preview of the sums, and undoes a run the same way', async () => {
    const morning = await begin();
    const anna = await morning.open('anna', '/queue?company=uhlenmuehl');
    await anna.getByRole('button', { name: /Short payment/ }).click();
    await anna.waitForURL(/reason=short_payment/);
    await anna.keyboard.press('A');
    const bulk = anna.getByRole('dialog', { name: /Accept all: Short payment/ });
    await bulk.getByText('5,337.29').waitFor();
    await bulk.getByRole('button', { name: 'Ask for approval' }).click();
    await said(anna, 'A second person is asked');
    const vera = await morning.open('vera', '/approvals');
    await vera.getByText('Asked by anna').waitFor();
    await vera.keyboard.press('a');
    await vera.getByRole('dialog', { name: 'Approve' }).waitFor();
    await vera.keyboard.press('Enter');
    await said(vera, 'Approved: 2 done');
    expect(await morning.one(sql`select count(*)::int as accepted from decision where superseded_by is null and outcome = 'manual' and approved_by = 'vera'`)).toEqual({ accepted: 2 });

    await anna.goto(`${morning.origin}/runs/1`);
    await anna.getByRole('button', { name: /Undo the run/ }).click();
    const undo = anna.getByRole('dialog', { name: 'Undo run 1' });
    await undo.getByText(/^Sum of/).first().waitFor();
    // An entry that the bank has returned since stands as long as its return does.
    await undo.getByText('1 stands in the way').waitFor();
    await undo.getByLabel('Reason').fill('the wrong statements were handed in');
    await undo.getByRole('button', { name: 'Ask for approval' }).click();
    await said(anna, 'asked to approve the undo');
    await vera.reload();
    await vera.getByText('the wrong statements were handed in').first().waitFor();
    await vera.keyboard.press('a');
    await vera.keyboard.press('Enter');
    await said(vera, /Approved: \d\d done/);
    expect(await morning.one(sql`select count(*)::int as left from decision where superseded_by is null and outcome = 'auto'`)).toEqual({ left: 1 });
    await booksHold(morning);
  });

  it('offers an auditor nothing to change, and lets the log be searched, verified, replayed and taken out', async () => {
    const morning = await begin();
    const entry_id = await entryOf(morning, `e.amount = 254819`);
    const page = await morning.open('otto', `/queue/${entry_id}`);
    await page.getByRole('article', { name: 'Suggestion 1' }).waitFor();
    expect(await page.getByRole('button', { name: /^(Accept|Allocate|Claim|Undo|More)/ }).count()).toBe(0);
    await page.keyboard.press('a');
    expect(await page.getByRole('dialog').count()).toBe(0);
    const refused = await page.evaluate(async (id) => {
      const session = await (await fetch('/api/session')).json() as { csrf_token: string };
      return (await fetch(`/api/items/${id}/accept`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-csrf-token': session.csrf_token }, body: '{"version":0,"suggestion":1}' })).status;
    }, entry_id);
    expect(refused).toBe(403);
    await page.goto(`${morning.origin}/log`);
    const posted = await morning.one<{ entry_id: bigint; invoice_number: string }>(sql`select entry_id, invoice_number from decision join allocation using (decision_id) join invoice using (invoice_id) where outcome = 'auto' order by entry_id limit 1`);
    await page.getByLabel('Invoice').fill(posted.invoice_number);
    await page.getByRole('button', { name: 'Search' }).click();
    await page.waitForURL(/invoice_number=/);
    await page.getByRole('link', { name: String(posted.entry_id), exact: true }).first().waitFor();
    await page.getByRole('button', { name: /^Verify/ }).click();
    await page.getByText('all as written').first().waitFor();
    await page.getByRole('link', { name: String(posted.entry_id), exact: true }).first().waitFor();
    await page.getByLabel('Invoice').fill('');
    await page.getByLabel('Run', { exact: true }).fill('1');
    await page.keyboard.press('Enter');
    await page.waitForURL(/run_id=1/);
    await page.getByRole('button', { name: /^Replay/ }).click();
    await page.getByText(/decided again: \d+ the same, 0 different/).waitFor();
    await page.getByRole('button', { name: 'Export' }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'What is shown, as CSV' }).click()]);
    expect(download.suggestedFilename()).toMatch(/\.csv$/);
    await page.goto(`${morning.origin}/log/entries/${posted.entry_id}`);
    await page.getByText('What was weighed').waitFor();
    await page.getByText('The rule at that version').click();
    await page.getByText(/id: receipt_/).waitFor();
  });

  it('rejects a quarantined statement, tries a dead letter again and discards it', async () => {
    const morning = await begin();
    const page = await morning.open('olga', '/quarantine');
    await page.getByRole('link', { name: /uhlenmuehl-usd-9991/ }).click();
    await page.getByText('Failed: opening to closing').waitFor();
    await page.keyboard.press('r');
    await page.getByRole('dialog', { name: 'Reject the statement' }).getByLabel('Reason').fill('the bank sends another');
    await page.getByRole('dialog', { name: 'Reject the statement' }).getByRole('button', { name: 'Reject' }).click();
    await said(page, 'Rejected');
    await page.goto(`${morning.origin}/dead-letters`);
    await page.getByText('cover-note-2026-11-10.txt').waitFor();
    await page.keyboard.press('r');
    await said(page, 'tried again');
  });

  it('discards a dead letter with a reason', async () => {
    const morning = await begin();
    const page = await morning.open('olga', '/dead-letters');
    await page.getByText('cover-note-2026-11-10.txt').waitFor();
    await page.keyboard.press('x');
    await page.getByRole('dialog', { name: 'Discard' }).getByLabel('Reason').fill('a cover note');
    await page.getByRole('dialog', { name: 'Discard' }).getByRole('button', { name: 'Discard' }).click();
    await page.getByText('No dead letters').waitFor();
    expect(await morning.one(sql`select resolution, resolution_reason from dead_letter`)).toEqual({ resolution: 'discarded', resolution_reason: 'a cover note' });
  });

  it('proposes a payer for learning after an acceptance, and a second person confirms it', async () => {
    const morning = await begin();
    const entry_id = await entryOf(morning, `r.reason = 'payer_unknown'`);
    const anna = await morning.open('anna', `/queue/${entry_id}`);
    await anna.getByRole('article', { name: 'Suggestion 1' }).waitFor();
    await anna.keyboard.press('a');
    await anna.getByRole('dialog').waitFor();
    await anna.keyboard.press('Enter');
    await said(anna, 'proposed for learning');
    const vera = await morning.open('vera', '/learned');
    await vera.getByText(/proposed by anna/).first().waitFor();
    await vera.keyboard.press('a');
    await said(vera, 'Learned');
    expect(await morning.one(sql`select count(*)::int as learned from learned_proposal where state = 'confirmed'`)).toEqual({ learned: 1 });
  });

  it('stops automatic posting at once, and takes a second person to let it go on', async () => {
    const morning = await begin();
    const page = await morning.open('max', '/modes');
    await page.getByRole('button', { name: /Stop automatic posting/ }).waitFor();
    await page.keyboard.press('S');
    const dialog = page.getByRole('dialog', { name: 'Stop automatic posting' });
    await dialog.getByLabel('Reason').fill('a strange night');
    await dialog.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Everything goes to review.').waitFor();
    expect(await morning.one(sql`select bool_and(mode = 'off') as stopped from company`)).toEqual({ stopped: true });
    await page.getByRole('radiogroup', { name: 'Mode of uhlenmuehl' }).getByText('Automatic').click();
    await page.getByRole('dialog', { name: 'Change the mode' }).getByLabel('Reason').fill('all is well');
    await page.getByRole('dialog', { name: 'Change the mode' }).getByRole('button', { name: 'Change' }).click();
    await said(page, 'A second person is asked');
    expect(await morning.one(sql`select bool_and(mode = 'off') as stopped from company`)).toEqual({ stopped: true });
  });

  it('keeps the state of the queue in the address, and views of it by name', async () => {
    const morning = await begin();
    const page = await morning.open('anna', '/queue');
    const grid = page.getByRole('grid');
    await page.getByLabel('Search the queue').fill('Silbermühl');
    await page.waitForURL(/search=Silberm/);
    await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe('2');
    await page.reload();
    await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe('2');
    expect(await page.getByLabel('Search the queue').inputValue()).toBe('Silbermühl');
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('menuitem', { name: 'Save this view …' }).click();
    await page.getByRole('dialog', { name: 'Save this view' }).getByLabel('Name').fill('Silver mill');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.goto(`${morning.origin}/queue`);
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('menuitem', { name: 'Silver mill' }).click();
    await page.waitForURL(/search=Silberm/);
    await page.getByRole('columnheader', { name: 'Amount' }).getByRole('button').click();
    await page.waitForURL(/sort=amount&order=asc/);
  });

  it('puts back what could not be done, and says why', async () => {
    const morning = await begin();
    const page = await morning.open('anna', '/queue?reason=short_payment');
    const grid = page.getByRole('grid');
    await grid.getByRole('row').nth(1).waitFor();
    const before = await grid.getAttribute('aria-rowcount');
    await page.route('**/accept', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await route.abort();
    });
    await page.keyboard.press('a');
    await page.getByRole('dialog', { name: 'Accept a suggestion' }).waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe(String(Number(before) - 1));
    await said(page, 'The server cannot be reached');
    expect(await grid.getAttribute('aria-rowcount')).toBe(before);
  });

  it('makes a token that is shown once and works, and revokes it', async () => {
    const morning = await begin();
    const page = await morning.open('anna', '/settings');
    await page.getByRole('button', { name: 'New token' }).click();
    await page.getByRole('dialog', { name: 'New API token' }).getByLabel('Name').fill('ERP');
    await page.getByRole('dialog', { name: 'New API token' }).getByRole('button', { name: 'Make it' }).click();
    const token = (await page.getByText(/^tieout_[\w-]{20,}$/).textContent())!;
    const ask = async (): Promise<number> => (await fetch(`${morning.origin}/api/items`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await ask()).toBe(200);
    await page.getByRole('button', { name: 'Revoke ERP' }).click();
    await said(page, 'Revoked');
    expect(await ask()).toBe(401);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(/\/sign-in/);
    await page.goto(`${morning.origin}/queue`);
    await page.waitForURL(/\/sign-in/);
  });
});
