import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { LAYOUTS, makeDocument } from '../stages/extract/pdf-layouts/layouts.ts';

/** What the command shows of PDFs besides their statements. */

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'tieout-extract-pdf-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tieout = async (args: string[], cwd = ROOT): Promise<string> => (await promisify(execFile)(join(ROOT, 'scripts/tieout'), args, { cwd })).stdout;

const layout = LAYOUTS.find(({ name }) => name === 'de-betrag-saldo')!;

test('--explain names header, columns, rows, sums and checks; --debug-image draws each page', async () => {
  const { bytes, truths } = await makeDocument(layout, 5);
  const file = join(folder, 'statement.pdf');
  writeFileSync(file, bytes);
  const words = await tieout(['extract', '--explain', '--debug-image', join(folder, 'page'), file]);
  expect(words).toMatch(/header +\S.* = booking_date \| .* = value_date \| .* = description \| .* = amount \| .* = balance/);
  expect(words.match(/^ {2}row /gm)).toHaveLength(truths[0]!.entries.length);
  expect(words).toContain('ties out: yes');
  const picture = readFileSync(join(folder, 'page-1.svg'), 'utf8');
  expect(picture.match(/<title>entry \d+: /g)!.length).toBeGreaterThan(0);
  expect(picture).toContain('<title>balance</title>');
}, 30_000);

test('entries say on which page, in which line and box they stand', async () => {
  const { bytes } = await makeDocument(layout, 5);
  const file = join(folder, 'placed.pdf');
  writeFileSync(file, bytes);
  const [entry] = (JSON.parse(await tieout(['extract', file])) as { entries: { source: { page: number; line: number; box: number[] } }[] }).entries;
  expect(entry!.source).toMatchObject({ page: 1, line: expect.any(Number) as number, box: [expect.any(Number), expect.any(Number), expect.any(Number), expect.any(Number)] });
}, 30_000);

test('a password in tieout.yaml opens the documents of its account', async () => {
  const { bytes, truths } = await makeDocument({ ...layout, style: { ...layout.style, options: { userPassword: 'spring 26' } } }, 5);
  writeFileSync(join(folder, 'locked.pdf'), bytes);
  writeFileSync(join(folder, 'tieout.yaml'), `document_passwords:\n  ${truths[0]!.account}: spring 26\n`);
  expect(JSON.parse(await tieout(['extract', join(folder, 'locked.pdf')], folder))).toMatchObject({ account: truths[0]!.account, ties_out: true });
}, 30_000);
