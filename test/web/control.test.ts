import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { hashPassword } from '../../src/api/password.ts';
import { serve } from '../../src/api/serve.ts';
import { listDeepViolations, listViolations } from '../../src/ledger/invariants.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';
import { importMasterData, RULES_FOLDER, runBatch, type SampleDocument, type SampleEntry } from '../helpers/batch.ts';
import { freePort, inTheBrowser } from './morning.ts';

/** What takes two people beyond a single entry, and how local users come in. */
inTheBrowser('control', (begin) => {
  const said = (page: Page, text: string | RegExp) => page.getByRole('alert').filter({ hasText: text }).first().waitFor();
  const ask = async (page: Page, dialog: string, submit: string, reason: string): Promise<void> => {
    await page.getByRole('dialog', { name: dialog }).getByLabel('Reason').fill(reason);
    await page.getByRole('dialog', { name: dialog }).getByRole('button', { name: submit }).click();
  };
  const approve = async (page: Page): Promise<void> => {
    await page.keyboard.press('a');
    await page.getByRole('dialog', { name: 'Approve' }).waitFor();
    await page.keyboard.press('Enter');
    await said(page, /^Approved/);
  };

  it('takes a statement that was issued again in place of the one on the books, and rejects another', async () => {
    const morning = await begin();
    const worker = await openDatabase(morning.config, 'worker');
    const issue = (...entries: SampleEntry[]): SampleDocument => [{ account: 'BANK-R', date: '2026-11-10', opening: '0.00', entries }];
    const stranger = (amount: string): SampleEntry => ({ amount, name: 'Nobody Known', account: 'X-1', text: 'thanks' });
    await importMasterData(worker, { accounts: 'account,currency,company\nBANK-R,EUR,uhlenmuehl\n' });
    await runBatch(worker, [issue(stranger('50.00'), stranger('100.00'))]);
    await runBatch(worker, [issue(stranger('50.00'), stranger('120.00'))]);
    const anna = await morning.open('anna', '/quarantine');
    await anna.getByRole('row').filter({ hasText: 're-issued' }).getByRole('link').click();
    await anna.getByRole('row').filter({ hasText: '+ added' }).getByText('120.00').waitFor();
    await anna.getByRole('row').filter({ hasText: '− dropped' }).getByText('100.00').waitFor();
    await anna.keyboard.press('a');
    await ask(anna, 'Accept the re-issued statement', 'Ask for approval', 'confirmed by the bank');
    await said(anna, 'A second person is asked');
    const balance = () => morning.one(sql`select coalesce(sum(l.amount), 0)::int as ledger from journal_line l join account a using (account_id) where a.account = 'BANK-R'`);
    expect(await balance()).toEqual({ ledger: 15_000 });
    const vera = await morning.open('vera', '/approvals');
    await vera.getByText('1 entry added, 1 taken back').first().waitFor();
    await approve(vera);
    expect(await balance()).toEqual({ ledger: 17_000 });
    expect(await morning.one(sql`select outcome, reason from decision join entry using (entry_id) where amount = 12000 and currency = 'EUR' and superseded_by is null`)).toEqual({ outcome: 'review', reason: 'added_by_reissue' });

    await runBatch(worker, [issue(stranger('50.00'), stranger('130.00'))]);
    await anna.goto(`${morning.origin}/quarantine`);
    await anna.getByRole('row').filter({ hasText: 're-issued' }).getByRole('link').click();
    await anna.getByText('+ added').waitFor();
    await anna.keyboard.press('r');
    await ask(anna, 'Reject the statement', 'Reject', 'the bank has withdrawn it');
    await said(anna, 'Rejected');
    await anna.getByRole('button', { name: 'Accept with a reason' }).waitFor({ state: 'detached' });
    expect(await balance()).toEqual({ ledger: 17_000 });
    expect([...await listViolations(worker), ...await listDeepViolations(worker)]).toEqual([]);
    await worker.close();
  });

  it('undoes what a rule has decided at one version, from the story of one of its decisions', async () => {
    const morning = await begin();
    const { entry_id, rule_id, count } = await morning.one<{ entry_id: bigint; rule_id: string; count: number }>(sql`
      select min(entry_id) as entry_id, rule_id, count(*)::int as count from decision where outcome = 'auto' and rule_id = 'receipt_number' group by rule_id`);
    const anna = await morning.open('anna', `/log/entries/${entry_id}`);
    await anna.locator('#main').getByRole('link', { name: rule_id, exact: true }).first().click();
    await anna.waitForURL(/rule_id=receipt_number/);
    await anna.getByRole('button', { name: /^Undo this rule version/ }).click();
    const dialog = anna.getByRole('dialog', { name: `Undo rule ${rule_id} at this version` });
    await dialog.getByText(/^Sum of/).first().waitFor();
    await ask(anna, `Undo rule ${rule_id} at this version`, 'Ask for approval', 'it takes contract numbers for invoices');
    await said(anna, 'asked to approve the undo');
    const vera = await morning.open('vera', '/approvals');
    await vera.getByText('it takes contract numbers for invoices').first().waitFor();
    await approve(vera);
    const { left, undone } = await morning.one<{ left: number; undone: number }>(sql`
      select count(*) filter (where outcome = 'auto' and rule_id = 'receipt_number')::int as left, count(*) filter (where reason = 'undone')::int as undone from decision where superseded_by is null`);
    expect(undone).toBeGreaterThan(0);
    expect(left + undone).toBe(count);
    expect([...await listViolations(morning.db), ...await listDeepViolations(morning.db)]).toEqual([]);
  });

  it('puts other rules in force once a second person has seen what differs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tieout-rules-'));
    cpSync(RULES_FOLDER, folder, { recursive: true });
    appendFileSync(join(folder, 'receipts.yaml'), '# a word more\n');
    const morning = await begin({ rules_folder: folder });
    try {
      const max = await morning.open('max', '/modes');
      await max.getByText('The folder has other rules, which are not in force').waitFor();
      await max.getByText('+ # a word more').waitFor();
      await max.getByRole('button', { name: 'Propose the new rules' }).click();
      await ask(max, 'Propose the new rules', 'Propose', 'a comment');
      await said(max, 'A second person is asked');
      await max.goto(`${morning.origin}/approvals`);
      await max.getByRole('button', { name: 'Withdraw' }).waitFor();
      expect(await max.getByRole('button', { name: 'Approve' }).count()).toBe(0);
      const vera = await morning.open('vera', '/approvals');
      await vera.getByText('+ # a word more').waitFor();
      await approve(vera);
      await max.goto(`${morning.origin}/modes`);
      await max.getByText(/asked for by max, approved by vera/).waitFor();
      expect(await max.getByText('The folder has other rules').count()).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('shows one company throughout once it is chosen', async () => {
    const morning = await begin();
    const anna = await morning.open('anna', '/queue');
    const rows = () => anna.getByRole('grid').getAttribute('aria-rowcount').then(Number);
    await anna.getByRole('grid').waitFor();
    const all = await rows();
    await anna.getByRole('combobox', { name: 'Company' }).click();
    await anna.getByRole('option', { name: 'umberdale' }).click();
    await anna.waitForURL(/company=umberdale/);
    const { open } = await morning.one<{ open: number }>(sql`select count(*)::int as open from review_item where state = 'open' and company = 'umberdale'`);
    await expect.poll(rows).toBe(open + 1);
    expect(open + 1).toBeLessThan(all);
    await anna.getByRole('link', { name: 'Overview' }).click();
    await anna.getByText('Bank accounts: statement against ledger').waitFor();
    expect(new URL(anna.url()).searchParams.get('company')).toBe('umberdale');
    await anna.locator('#main').getByText('umberdale', { exact: true }).first().waitFor();
    expect(await anna.locator('#main').getByText('uhlenmuehl', { exact: true }).count()).toBe(0);
    await anna.getByText('Posted automatically, by run, of all companies').waitFor();
  });

  it('lets local users in by their password alone, shows where they are signed in, and ends a session from another', async () => {
    const morning = await begin();
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    for (const [user_id, password] of [['anna', 'correct horse battery'], ['max', 'another horse battery']] as const) await sql`update app_user set password_hash = ${await hashPassword(password)} where user_id = ${user_id}`.execute(morning.db.kysely);
    const serving = await serve({ config: { ...morning.config, serve: { public_url: origin, oidc: null } }, db: morning.db, log: createLog(morning.config), host: '127.0.0.1', port, owner: 'max' });
    try {
      const signIn = async (page: Page, password: string): Promise<void> => {
        await page.getByRole('textbox', { name: 'User' }).fill('anna');
        await page.getByRole('textbox', { name: 'Password' }).fill(password);
        await page.keyboard.press('Enter');
      };
      const [here, there] = [await morning.enter(`${origin}/settings`), await morning.enter(`${origin}/queue`)];
      await signIn(here, 'wrong horse battery');
      await here.getByRole('alert').waitFor();
      expect(new URL(here.url()).pathname).toBe('/sign-in');
      await signIn(here, 'correct horse battery');
      await here.getByText('Your sessions').waitFor();
      await signIn(there, 'correct horse battery');
      await there.getByRole('grid').waitFor();
      await here.reload();
      await here.getByRole('button', { name: 'End all others' }).click();
      await said(here, '1 ended');
      await there.goto(`${origin}/queue`);
      await there.getByRole('textbox', { name: 'Password' }).waitFor();
      expect(new URL(there.url()).searchParams.get('to')).toBe('/queue');
    } finally {
      await serving.close();
    }
  });
});
