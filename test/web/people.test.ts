import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import Provider from 'oidc-provider';
import { expect, it } from 'vitest';
import { serve } from '../../src/api/serve.ts';
import { createLog } from '../../src/platform/log.ts';
import { freePort, inTheBrowser } from './morning.ts';

/** How people come in by the company's identity provider, and what a bank statement can carry against them. */
inTheBrowser('people at the pages', (begin) => {
  it('come in at an identity provider, and who is no user here stays out', async () => {
    const morning = await begin();
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const http = createHttpServer();
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const provider = new Provider(issuer, {
      clients: [{ client_id: 'tieout', token_endpoint_auth_method: 'none', redirect_uris: [`${origin}/api/sign-in/oidc/callback`], grant_types: ['authorization_code'], response_types: ['code'] }],
      pkce: { required: () => true }, findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }), features: { devInteractions: { enabled: true } }, cookies: { keys: ['a key of the test'] },
    });
    http.on('request', provider.callback());
    await sql`update app_user set oidc_subject = user_id || '@issuer' where user_id in ('anna', 'max')`.execute(morning.db.kysely);
    const config = { ...morning.config, serve: { public_url: origin, oidc: { issuer, client_id: 'tieout', client_secret: null } } };
    const serving = await serve({ config, db: morning.db, log: createLog(morning.config), host: '127.0.0.1', port, owner: 'max' });
    try {
      const signIn = async (login: string) => {
        const page = await morning.enter(`${origin}/queue`);
        await page.locator('a[href="/api/sign-in/oidc"], button').first().click();
        await page.locator('input[name="login"]').fill(login);
        await page.locator('input[name="password"]').fill('any');
        await page.locator('button[type="submit"]').click();
        await page.locator('button[type="submit"]').click();
        return page;
      };
      const anna = await signIn('anna@issuer');
      await anna.getByRole('grid').waitFor();
      expect(new URL(anna.url()).origin).toBe(origin);
      const stranger = await signIn('stranger@issuer');
      await stranger.getByText('you are no user here').waitFor();
    } finally {
      await serving.close();
      await new Promise((resolve) => { http.close(resolve); http.closeAllConnections(); });
    }
  });

  it('see what a hostile statement carries as text, everywhere, and nothing of it runs', async () => {
    const morning = await begin();
    const attack = `"><img src=x onerror="window.owned=1"><script>window.owned=1</script>{{7*7}}=HYPERLINK("http://evil.example")javascript:alert(1)`;
    const { entry_id } = await morning.one<{ entry_id: string }>(sql`select r.entry_id::text from review_item r where r.state = 'open' order by 1 limit 1`);
    // As a statement would have brought it: what is on the books is changed by nobody else.
    await morning.asOwner(`alter table entry disable trigger user; update entry set counterparty_name = $attack$${attack}$attack$, remittance = $attack$${attack}$attack$, end_to_end_id = $attack$${attack}$attack$,
      counterparty_account = $attack$${attack}$attack$ where entry_id = ${entry_id}; alter table entry enable trigger user`);
    const page = await morning.open('anna', `/queue/${entry_id}`);
    const shows = (): Promise<void> => page.getByText('<img src=x onerror=', { exact: false }).first().waitFor();
    for (const path of [`/queue/${entry_id}`, `/log/entries/${entry_id}`, '/queue?search=onerror', `/queue?search=${encodeURIComponent(attack)}`]) {
      await page.goto(`${morning.origin}${path}`);
      await shows();
      expect(await page.evaluate(`[window.owned ?? null, document.querySelectorAll('img[src="x"]').length, document.querySelectorAll('a[href^="javascript:"], a[href*="evil.example"]').length]`)).toEqual([null, 0, 0]);
    }
    // What would run all the same is kept from it by the policy.
    expect(await page.evaluate(`{ const script = document.createElement('script'); script.textContent = 'window.owned = 2'; document.body.append(script); window.owned ?? null }`)).toBeNull();
    morning.forgive(/Content Security Policy/);
  });
});
