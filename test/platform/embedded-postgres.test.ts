import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { PROJECT_ROOT } from '../../src/platform/config.ts';
import { startEmbedded, stopEmbedded } from '../../src/platform/embedded-postgres.ts';

const folder = mkdtempSync(join(tmpdir(), 'tieout-embedded-'));
chmodSync(folder, 0o755);
const homes = new Set<string>();
afterAll(async () => {
  for (const home of homes) await stopEmbedded(home);
  rmSync(folder, { recursive: true, force: true });
});

function newHome(name: string): string {
  const home = join(folder, name);
  homes.add(home);
  return home;
}

async function ask<T extends object>(url: string, statement: string): Promise<T[]> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query<T>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Another command that uses the home's server, until it is told to leave or killed. */
async function otherCommand(home: string): Promise<ChildProcess> {
  const module = join(PROJECT_ROOT, 'src/platform/embedded-postgres.ts');
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', `
    import { startEmbedded } from ${JSON.stringify(module)};
    const server = await startEmbedded(${JSON.stringify(home)});
    console.log('up');
    process.stdin.once('data', () => server.release().then(() => process.exit()));`], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');
  return child;
}

async function end(child: ChildProcess, how: 'leave' | 'kill'): Promise<void> {
  const exit = once(child, 'exit');
  if (how === 'leave') child.stdin!.write('leave\n');
  else child.kill('SIGKILL');
  await exit;
}

const recordOf = (home: string) => JSON.parse(readFileSync(join(home, 'postgres.json'), 'utf8')) as { folder: string };
const dataOf = (home: string) => join(resolve(home, recordOf(home).folder), 'data');
const portOf = (server: { url: string }) => Number(new URL(server.url).port);
const postmaster = (home: string) => Number(readFileSync(join(dataOf(home), 'postmaster.pid'), 'utf8').split('\n')[0]);

test('commands share one server, and the last one out stops it', async () => {
  const home = newHome('shared');
  const [first, second] = await Promise.all([startEmbedded(home), otherCommand(home)]);
  const third = await startEmbedded(home);
  expect(third.url).toBe(first.url);
  await Promise.all([first.release(), first.release()]);
  await third.release();
  await expect(ask(first.url, 'select 1')).resolves.toHaveLength(1);
  await end(second, 'leave');
  await expect(ask(first.url, 'select 1')).rejects.toThrow();
  await expect(stopEmbedded(home)).resolves.toBe(false);
});

test('a command that was killed leaves its server to the next one, which stops it', async () => {
  const home = newHome('killed');
  await end(await otherCommand(home), 'kill');
  const pid = postmaster(home);
  const next = await startEmbedded(home);
  expect(postmaster(home)).toBe(pid);
  await next.release();
  await expect(ask(next.url, 'select 1')).rejects.toThrow();
});

test('what was committed is there after the server is killed, also when its process id has gone to another program', async () => {
  const home = newHome('crashed');
  const server = await startEmbedded(home);
  await ask(server.url, 'create table kept as select 42 as n');
  process.kill(postmaster(home), 'SIGKILL');
  const again = await startEmbedded(home);
  await expect(ask(again.url, 'select n from kept')).resolves.toEqual([{ n: 42 }]);
  process.kill(postmaster(home), 'SIGKILL');
  const file = join(dataOf(home), 'postmaster.pid');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(process.ppid)));
  const last = await startEmbedded(home);
  await expect(ask(last.url, 'select n from kept')).resolves.toEqual([{ n: 42 }]);
  await Promise.all([server, again, last].map((each) => each.release()));
});

test('two homes have servers of their own, whatever port the other has', async () => {
  const home = newHome('one');
  const one = await startEmbedded(home);
  const two = await startEmbedded(newHome('two'));
  expect(portOf(one)).not.toBe(portOf(two));
  await ask(two.url, 'create table mine (n int)');
  await expect(ask(one.url, 'select * from mine')).rejects.toThrow('does not exist');
  await expect(stopEmbedded(home)).resolves.toBe(true);
  await expect(ask(one.url, 'select 1')).rejects.toThrow();
  await expect(ask(two.url, 'select * from mine')).resolves.toEqual([]);
  const stranger = createServer().listen(portOf(one), '127.0.0.1');
  await once(stranger, 'listening');
  const moved = await startEmbedded(home);
  expect(portOf(moved)).not.toBe(portOf(one));
  await expect(ask(moved.url, 'select 1')).resolves.toHaveLength(1);
  stranger.close();
  await Promise.all([one, two, moved].map((each) => each.release()));
});

test('it loses nothing, orders text the same on every system, and is for its user only', async () => {
  const home = newHome('settings');
  const server = await startEmbedded(home);
  const rows = await ask(server.url, `select current_setting('fsync') as fsync, current_setting('full_page_writes') as pages,
    current_setting('synchronous_commit') as commit, current_setting('server_encoding') as encoding,
    (select datlocprovider::text || ' ' || datlocale from pg_database where datname = current_database()) as locale`);
  expect(rows).toEqual([{ fsync: 'on', pages: 'on', commit: 'on', encoding: 'UTF8', locale: 'b C.UTF-8' }]);
  expect(statSync(join(home, 'postgres.json')).mode & 0o777).toBe(0o600);
  await expect(ask(server.url.replace(/:[0-9a-f]{48}@/, ':wrong@'), 'select 1')).rejects.toMatchObject({ code: '28P01' });
  await server.release();
});

test.runIf(process.getuid?.() === 0)('in a folder that only root may enter, the data lies elsewhere, and the command says where', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => said.mockRestore());
  const home = newHome('private/home');
  mkdirSync(home, { recursive: true });
  chmodSync(join(folder, 'private'), 0o700);
  const server = await startEmbedded(home);
  const place = recordOf(home).folder;
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  expect(place).toMatch(/^\/var\/lib\/tieout\//);
  expect(said).toHaveBeenCalledWith(expect.stringContaining(place));
  await expect(ask(server.url, 'select 1')).resolves.toHaveLength(1);
  await server.release();
  expect(readdirSync(home).toSorted()).toEqual(['postgres.gate', 'postgres.json', 'postgres.users']);
});

test('a system without a Postgres to embed is told of DATABASE_URL', async () => {
  const { arch } = process;
  onTestFinished(() => void Object.defineProperty(process, 'arch', { value: arch }));
  Object.defineProperty(process, 'arch', { value: 'pdp11' });
  await expect(startEmbedded(newHome('foreign'))).rejects.toMatchObject({ code: 'configuration', message: expect.stringContaining('DATABASE_URL') });
  expect(readdirSync(join(folder, 'foreign'))).not.toContain('postgres.json');
});
