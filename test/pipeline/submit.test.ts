import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { listFiles, listSources } from '../../src/pipeline/submit.ts';

async function folder(files: Record<string, string>, links: Record<string, string> = {}): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'tieout-submit-'));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  }
  for (const [path, target] of Object.entries(links)) await symlink(join(root, target), join(root, path));
  return root;
}

it('lists a folder\'s files and those below, by name, without hidden ones', async () => {
  const root = await folder({ 'in/b.xml': '', 'in/a/2.csv': '', 'in/a/10.csv': '', 'in/.hidden': '', 'in/.git/config': '', 'in/Z.pdf': '' });
  expect((await listFiles(join(root, 'in'))).map((path) => relative(root, path))).toEqual(['in/Z.pdf', 'in/a/10.csv', 'in/a/2.csv', 'in/b.xml']);
});

it('follows links inside the folder once, never out of it and never in circles', async () => {
  const root = await folder({ 'in/deep/file': '', 'secret': '' }, { 'in/out': 'secret', 'in/deep/up': 'in', 'in/dangling': 'nothing', 'in/same': 'in/deep/file' });
  expect((await listFiles(join(root, 'in'))).map((path) => relative(root, path))).toEqual(['in/deep/file']);
});

it('takes a file as it was named, also a hidden one or a link', async () => {
  const root = await folder({ '.a': 'x' }, { link: '.a' });
  for (const name of ['.a', 'link']) expect(await listFiles(join(root, name))).toEqual([join(root, name)]);
});

it('refuses a path that is not there or no file', async () => {
  const root = await folder({ file: '' });
  await expect(listSources([join(root, 'file'), join(root, 'gone')])).rejects.toMatchObject({ code: 'not_found' });
});
