import { describe, expect, test } from 'vitest';
import type { AccountProfile } from '../../../src/stages/extract/account-profile.ts';
import { extract } from '../../../src/stages/extract/extract.ts';
import type { StatementProfile } from '../../../src/stages/extract/profile.ts';

const profile = (id: string, more: Partial<StatementProfile>): StatementProfile => ({ id, owner: 'treasury', format: 'csv', ...more });
const named = (account: string, one: StatementProfile): AccountProfile => ({ account, id: one.id, profile: one });

async function read(csv: string, of_accounts: AccountProfile[], profiles: StatementProfile[] = []) {
  const document = Buffer.from(csv);
  const parts = await Array.fromAsync(extract({ size: document.length, async *read() { yield document; } }, { profiles, of_accounts }));
  const entries = parts.flatMap((part) => (part.part === 'entries' ? part.entries : []));
  return { accounts: parts.flatMap((part) => (part.part === 'end' ? [part.head.account] : [])), dates: entries.map((entry) => entry.booking_date), amounts: entries.map((entry) => entry.amount) };
}

/** Its dates can be read in two orders. */
const OPEN = 'Account,Date,Description,Amount\nDE89370400440532013000,01/02/2026,a,1.00\nDE89370400440532013000,03/04/2026,b,-2.00\n';
const MONTH_FIRST = profile('month-first', { date_order: 'mdy' });
const DAY_FIRST = profile('day-first', { date_order: 'dmy' });

describe('the profile that an account names', () => {
  test('settles what its document leaves open', async () => {
    await expect(read(OPEN, [])).rejects.toMatchObject({ code: 'ambiguous' });
    expect(await read(OPEN, [named('DE89 3704 0044 0532 0130 00', MONTH_FIRST)])).toMatchObject({ dates: ['2026-01-02', '2026-03-04'] });
  });

  test('does nothing for the documents of other accounts', async () => {
    await expect(read(OPEN, [named('DE02120300000000202051', MONTH_FIRST)])).rejects.toMatchObject({ code: 'ambiguous' });
  });

  test('is that of the account, of several', async () => {
    expect(await read(OPEN, [named('DE02120300000000202051', MONTH_FIRST), named('DE89370400440532013000', DAY_FIRST)])).toMatchObject({ dates: ['2026-02-01', '2026-04-03'] });
  });

  test('cannot claim a document by the account that it names itself', async () => {
    const nameless = OPEN.replaceAll('DE89370400440532013000', '').replace('Account', '');
    await expect(read(nameless, [named('DE89370400440532013000', { ...MONTH_FIRST, account: 'DE89370400440532013000' })])).rejects.toMatchObject({ code: 'ambiguous' });
  });

  test('goes before a plain reading, and before a profile whose match fits', async () => {
    const plain = OPEN.replace('03/04/2026', '13/04/2026');
    const inverted = profile('inverted', { inverted: true });
    expect(await read(plain, [])).toMatchObject({ amounts: ['1.00', '-2.00'] });
    expect(await read(plain, [named('DE89370400440532013000', inverted)], [profile('other', { match: { header: ['Date'] } })])).toMatchObject({ amounts: ['-1.00', '2.00'] });
  });

  test('that is not there is said', async () => {
    const settled = OPEN.replace('03/04/2026', '13/04/2026');
    await expect(read(settled, [{ account: 'DE89370400440532013000', id: 'lost', profile: undefined }])).rejects.toMatchObject({ code: 'configuration', message: expect.stringContaining('"lost"') });
  });
});
