import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Failure } from '../core/failure.ts';
import { lock, tryLock } from './file-lock.ts';
import { findBinaries, newServerUser, run, type ServerUser } from './postgres-binaries.ts';

/**
 * A Postgres server of one's own for each home, shared by the commands that run at the same time. Every user holds a shared lock on
 * `postgres.users`; who starts or stops the server holds `postgres.gate`. The kernel releases both when a process dies, so a killed
 * user is no user, and the next command or `stopEmbedded` finds the server it has left and takes it over or stops it.
 */

export interface EmbeddedServer {
  readonly url: string;
  /** Gives the server up; the last user stops it. May be called again. */
  release(): Promise<void>;
}

/**
 * `postgres.json` in the home. It is written once, when the data is complete, so a set-up that was cut short is never taken for one. The
 * port of a running server stands in the server's own `postmaster.pid`.
 */
interface ServerRecord {
  /** The server's folder, from the home where it lies below it. */
  readonly folder: string;
  readonly password: string;
}

const LOGIN = 'tieout';
const DATABASE = 'postgres';
// A port that no common program uses, so that it is mostly the same; another when it is taken.
const PREFERRED_PORT = 54_329;
// Recovery replays at most max_wal_size, which a slow disk does in about two minutes.
const START_PATIENCE_S = 300;
// A shutdown writes all changed buffers to disk first.
const STOP_PATIENCE_S = 120;
// Whoever holds the gate may be starting or stopping the server.
const GATE_PATIENCE_MS = (START_PATIENCE_S + STOP_PATIENCE_S) * 1000;
// After a kill -9 the old server's processes need up to two seconds to go; until then a start fails.
const LOOK_AGAIN_MS = 100;
// Between the look for a free port and the server's start another program may take it.
const START_ATTEMPTS = 5;
// A server on this machine that does not answer within this time is stopped or overloaded.
const PROBE_TIMEOUT_MS = 5_000;
// Above every system's largest process id: a number that no process bears.
const NO_PROCESS = 4_194_305;

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: "''",
  // Each process opens a pool, and each of its queue workers keeps a connection to listen on.
  max_connections: '200',
  fsync: 'on',
  synchronous_commit: 'on',
  shared_buffers: '256MB',
  // Checkpoints in the middle of a load write each page in full into the log once more.
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  work_mem: '32MB',
  maintenance_work_mem: '128MB',
  random_page_cost: '1.1',
  // Compiling a query takes longer than most of ours run.
  jit: 'off',
  // What a statement holds are names and amounts: it does not belong in a log.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
} as const;

/**
 * The home's server, started when it is not running and made when there is none yet. Throws Failure('configuration') where this system
 * cannot run one, and Failure('database_unavailable') when it does not come up.
 */
export async function startEmbedded(path: string): Promise<EmbeddedServer> {
  const home = await createHome(path);
  const gate = await lock(gatePath(home), 'exclusive', GATE_PATIENCE_MS);
  try {
    const url = await bringUp(home, await findRecord(home) ?? await createData(home));
    const user = await lock(usersPath(home), 'shared', GATE_PATIENCE_MS);
    let released: Promise<void> | undefined;
    return { url, release: () => released ??= leave(home, user.release) };
  } finally {
    gate.release();
  }
}

/** Stops the home's server at once, whoever uses it. Says whether there was one running. */
export async function stopEmbedded(path: string): Promise<boolean> {
  if (!existsSync(recordPath(path))) return false;
  const home = await realpath(path);
  const gate = await lock(gatePath(home), 'exclusive', GATE_PATIENCE_MS);
  try {
    const record = await findRecord(home);
    if (record === null || (await probe(home, record)).condition === 'gone') return false;
    await stop(home, record);
    return true;
  } finally {
    gate.release();
  }
}

async function leave(home: string, releaseUser: () => void): Promise<void> {
  const gate = await lock(gatePath(home), 'exclusive', GATE_PATIENCE_MS);
  try {
    releaseUser();
    const alone = tryLock(usersPath(home), 'exclusive');
    if (alone === null) return;
    alone.release();
    const record = await findRecord(home);
    if (record !== null) await stop(home, record);
  } finally {
    gate.release();
  }
}

/** The home by its one real name, by which a running server is recognised. */
async function createHome(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true });
    return await realpath(path);
  } catch (error) {
    throw new Failure('configuration', `TIEOUT_HOME cannot be made: ${(error as Error).message}; set it to a folder that this user may write`, null, error);
  }
}

const gatePath = (home: string) => join(home, 'postgres.gate');
const usersPath = (home: string) => join(home, 'postgres.users');
const recordPath = (home: string) => join(home, 'postgres.json');
const folderOf = (home: string, record: ServerRecord) => resolve(home, record.folder);
const dataOf = (home: string, record: ServerRecord) => join(folderOf(home, record), 'data');
const processFileOf = (home: string, record: ServerRecord) => join(dataOf(home, record), 'postmaster.pid');

async function findRecord(home: string): Promise<ServerRecord | null> {
  const path = recordPath(home);
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ServerRecord;
  } catch (error) {
    throw new Failure('configuration', `${path} cannot be read by this user: ${(error as Error).message}; run tieout as the user who made it, `
      + 'or set TIEOUT_HOME to another folder', null, error);
  }
}

async function saveRecord(home: string, record: ServerRecord): Promise<ServerRecord> {
  const unfinished = `${recordPath(home)}.new`;
  await writeFile(unfinished, JSON.stringify(record, null, 2), { mode: 0o600 });
  // Root may work in another's home, whose owner must still be able to read it afterwards.
  if (process.getuid?.() === 0) await give(unfinished, await ownerOf(home));
  await rename(unfinished, recordPath(home));
  return record;
}

// ── Making a server ──────────────────────────────────────────────────────────────────────────────────────────────────────────

async function createData(home: string): Promise<ServerRecord> {
  const user = await newServerUser();
  const folder = await createFolder(home, user);
  const binaries = await findBinaries(dirname(folder), user);
  const password = randomBytes(24).toString('hex');
  const password_file = join(folder, 'password');
  try {
    await writeFile(password_file, password, { mode: 0o600 });
    await give(password_file, user);
    const initdb = await run(join(binaries, 'initdb'), ['-D', join(folder, 'data'), '-U', LOGIN, '-A', 'scram-sha-256', `--pwfile=${password_file}`,
      '-E', 'UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'], user);
    if (initdb.status !== 0) throw new Failure('database_unavailable', `the database could not be set up in ${folder}: ${initdb.output}`);
    await rm(password_file);
    const below = relative(home, folder);
    return await saveRecord(home, { folder: below.startsWith('..') ? folder : below, password });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** A new private folder of the server's user: in the home, or, where that user cannot enter it, in the system's place for such data. */
async function createFolder(home: string, user: ServerUser): Promise<string> {
  const inHome = await tryFolder(join(home, 'postgres-'), user);
  if (inHome !== null) return inHome;
  const place = user.uid === undefined ? join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'tieout') : '/var/lib/tieout';
  const name = createHash('sha256').update(home).digest('hex').slice(0, 16);
  await mkdir(place, { recursive: true }).catch(() => {});
  // Whatever mask root works with, the server's user must be able to enter.
  if (user.uid !== undefined) await chmod(place, 0o755).catch(() => {});
  const elsewhere = await tryFolder(join(place, `${name}-`), user);
  if (elsewhere !== null) return elsewhere;
  throw new Failure('configuration', `the database's files can lie neither in ${home} nor in ${place}, because its user must own and enter `
    + 'them: set TIEOUT_HOME to a folder that others may enter, or DATABASE_URL to a Postgres of your own');
}

async function tryFolder(prefix: string, user: ServerUser): Promise<string | null> {
  let folder: string | undefined;
  try {
    folder = await mkdtemp(prefix);
    await give(folder, user);
    // Postgres insists on data that nobody else may read, which some mounted file systems cannot grant.
    const { uid, mode } = await stat(folder);
    const own = (mode & 0o077) === 0 && (user.uid === undefined || uid === user.uid);
    if (own && (await run('/bin/sh', ['-c', 'cd "$0"', folder], user)).status === 0) return folder;
  } catch {
    // A folder that cannot be made or given away is none for the server, whatever the reason.
  }
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  return null;
}

async function give(path: string, user: ServerUser): Promise<void> {
  if (user.uid !== undefined) await chown(path, user.uid, user.gid!);
}

// ── Starting and stopping ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Returns the URL of the server, which answers. */
async function bringUp(home: string, record: ServerRecord): Promise<string> {
  const deadline = Date.now() + START_PATIENCE_S * 1000;
  let reason = 'it does not answer';
  for (let attempts = 0; Date.now() < deadline;) {
    const { condition, url } = await probe(home, record);
    if (condition === 'ready') return url;
    if (condition === 'gone') {
      const failed = await start(home, record, await freePort(PREFERRED_PORT));
      if (failed === null) continue;
      reason = failed;
      // While the old server's processes go, the start fails and the file that names them stays.
      if (!existsSync(processFileOf(home, record)) && ++attempts === START_ATTEMPTS) break;
      await disownReusedProcess(home, record);
    }
    await sleep(LOOK_AGAIN_MS);
  }
  throw new Failure('database_unavailable', `the embedded Postgres in ${folderOf(home, record)} does not start: ${reason}`);
}

/**
 * Asks the server that the data's `postmaster.pid` names. `busy`: it is ours and comes up, goes down, or has no connection left. `gone`:
 * there is no such file or nobody answers, or a stranger has the port by now.
 */
async function probe(home: string, record: ServerRecord): Promise<{ condition: 'ready' | 'busy' | 'gone'; url: string }> {
  const PORT_LINE = 3;
  const port = (await readFile(processFileOf(home, record), 'utf8').catch(() => '')).split('\n')[PORT_LINE];
  const url = `postgres://${LOGIN}:${record.password}@127.0.0.1:${port}/${DATABASE}`;
  if (!port) return { condition: 'gone', url };
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PROBE_TIMEOUT_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ folder: string }>(`select current_setting('data_directory') as folder`);
    return { condition: rows[0]!.folder === dataOf(home, record) ? 'ready' : 'gone', url };
  } catch (error) {
    const code = error instanceof pg.DatabaseError ? error.code ?? '' : '';
    return { condition: /^(57P|53)/.test(code) ? 'busy' : 'gone', url };
  } finally {
    await client.end();
  }
}

/** Null when it is up, else the end of what the server said. */
async function start(home: string, record: ServerRecord, port: number): Promise<string | null> {
  const folder = folderOf(home, record);
  const log = join(folder, 'server.log');
  const user = await ownerOf(folder);
  const binaries = await findBinaries(dirname(folder), user);
  if (relative(home, folder).startsWith('..')) {
    process.stderr.write(`tieout: the database's files are in ${folder}, because its user ${user.uid ?? ''} cannot enter ${home}\n`);
  }
  await rename(log, `${log}.old`).catch(() => {});
  const options = [`-p ${port}`, ...Object.entries(SETTINGS).map(([name, value]) => `-c ${name}=${value}`)].join(' ');
  const { status, output } = await run(join(binaries, 'pg_ctl'),
    ['-D', dataOf(home, record), '-l', log, '-w', '-t', String(START_PATIENCE_S), '-o', options, 'start'], user);
  if (status === 0) return null;
  return (await readFile(log, 'utf8').catch(() => output)).trim().split('\n').slice(-5).join('\n');
}

async function stop(home: string, record: ServerRecord): Promise<void> {
  const folder = folderOf(home, record);
  const user = await ownerOf(folder);
  const { status, output } = await run(join(await findBinaries(dirname(folder), user), 'pg_ctl'),
    ['-D', dataOf(home, record), '-m', 'fast', '-w', '-t', String(STOP_PATIENCE_S), 'stop'], user);
  if (status !== 0 && (await probe(home, record)).condition !== 'gone') {
    throw new Failure('database_unavailable', `the embedded Postgres in ${folder} does not stop: ${output}`);
  }
}

/** Root runs the server as the owner of its files, whoever made them. */
async function ownerOf(folder: string): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return {};
  const { uid, gid } = await stat(folder);
  return { uid, gid };
}

/**
 * After a crash of the machine the process id that the old server left in its file may belong to another program by now, and Postgres
 * would refuse to start for as long as that runs. The file stays for the rest it says: whether the old server's memory is still in use.
 */
async function disownReusedProcess(home: string, record: ServerRecord): Promise<void> {
  const path = processFileOf(home, record);
  const [pid, ...rest] = (await readFile(path, 'utf8').catch(() => '')).split('\n');
  const program = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => null);
  if (program !== null && program.trim() !== 'postgres') await writeFile(path, [NO_PROCESS, ...rest].join('\n'));
}

/** The port when nobody listens on it, else one that the system picks. */
async function freePort(preferred: number): Promise<number> {
  for (const port of [preferred, 0]) {
    const server = createServer();
    const taken = await new Promise<number | null>((settle) => {
      server.once('error', () => settle(null));
      server.listen(port, '127.0.0.1', () => settle((server.address() as AddressInfo).port));
    });
    await new Promise((closed) => server.close(closed));
    if (taken !== null) return taken;
  }
  throw new Failure('database_unavailable', 'this system has no free port on 127.0.0.1 for the embedded Postgres');
}
