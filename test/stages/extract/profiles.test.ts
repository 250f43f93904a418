import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadProfiles } from '../../../src/stages/extract/profiles.ts';

let folder: string;
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'tieout-profiles-')); });
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text);

test('profiles come in the order of their files; other files and a missing folder are none', async () => {
  await write('20-b.yaml', 'id: b\nowner: treasury\nformat: csv\n');
  await write('10-a.yaml', 'id: a\nowner: treasury\nformat: pdf\ndate_order: dmy\n');
  await write('notes.txt', 'no profile');
  expect((await loadProfiles(folder)).map((p) => p.id)).toEqual(['a', 'b']);
  expect(await loadProfiles(join(folder, 'none'))).toEqual([]);
});

test.each([
  ['a wrong value', 'id: a\nowner: treasury\nformat: csv\ncolumns:\n  amount: 5\n', /a\.yaml:5: columns\.amount: /],
  ['an unknown field', 'id: a\nowner: treasury\nformat: csv\ncolumns:\n  amonut: Betrag\n', /a\.yaml:5: columns: .*amonut/],
  ['a missing field', 'id: a\nformat: csv\n', /a\.yaml:1: owner: /],
  ['no YAML', 'id: a\nowner: "treasury\n', /a\.yaml:\d: /],
  ['an empty file', '', /a\.yaml:1: /],
])('%s is refused with file and line', async (_, text, message) => {
  await write('a.yaml', text);
  await expect(loadProfiles(folder)).rejects.toMatchObject({ code: 'configuration', message: expect.stringMatching(message) });
});

test('an id belongs to one profile', async () => {
  await write('a.yaml', 'id: a\nowner: treasury\nformat: csv\n');
  await write('b.yaml', 'id: a\nowner: treasury\nformat: csv\n');
  await expect(loadProfiles(folder)).rejects.toMatchObject({ code: 'configuration', message: expect.stringContaining('a.yaml') });
});
