import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { proveStatement } from '../../src/core/proof.ts';
import { extract } from '../../src/stages/extract/extract.ts';
import type { StatementProfile } from '../../src/stages/extract/profile.ts';
import { loadProfiles } from '../../src/stages/extract/profiles.ts';

/** The walk through a new bank in docs/formats.md, done as it is written there: its file, its profile, its result. */
const page = await readFile(new URL('../../docs/formats.md', import.meta.url), 'utf8');
const walk = page.slice(page.indexOf('## A new bank, step by step'), page.indexOf('## A new format, step by step'));
const block = (language: string): string => new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(walk)![1]!;

async function read(profiles: readonly StatementProfile[]): Promise<unknown> {
  const bytes = Buffer.from(block('csv'));
  const parts = await Array.fromAsync(extract({ size: bytes.length, async *read() { yield bytes; } }, { profiles }));
  const entries = parts.flatMap((part) => (part.part === 'entries' ? part.entries : []));
  const head = parts.flatMap((part) => (part.part === 'end' ? [part.head] : []))[0]!;
  const { opening_balance, closing_balance, ties_out } = proveStatement(head, entries);
  return {
    account: head.account, currency: head.currency, opening_balance: opening_balance?.amount, closing_balance: closing_balance?.amount, ties_out,
    entries: entries.map((entry) => `${entry.booking_date} ${entry.amount}`),
  };
}

it('a new bank is added as docs/formats.md says', async () => {
  const refused = await read([]).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Failure);
  expect(refused).toMatchObject({ code: 'ambiguous', message: expect.stringContaining('booking_date: "Trans"') });
  const folder = await mkdtemp(join(tmpdir(), 'tieout-walkthrough-'));
  try {
    await writeFile(join(folder, 'umberdale-current-account.yaml'), block('yaml'));
    expect(await read(await loadProfiles(folder))).toEqual(JSON.parse(block('json')));
  } finally {
    await rm(folder, { recursive: true });
  }
});
