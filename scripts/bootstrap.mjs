// Runs a program of this project on the Node it was written for, after installing what package-lock.json asks for:
//   node scripts/bootstrap.mjs src/….ts [arguments]        a file
//   node scripts/bootstrap.mjs --bin vitest [arguments]    a dependency's command
// Plain JavaScript without dependencies: it runs before anything is installed, on whatever Node the system has (20 or newer).
import { spawn } from 'node:child_process';
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { arePagesBuilt, buildPages, findNode, isSetUp, ROOT, setUp } from './setup.mjs';

// Both as in scripts/tieout, and for the same reasons.
const HEAP_LIMITS = ['--max-old-space-size=512', '--max-semi-space-size=64'];
const NODE_COMPILE_CACHE = join(ROOT, 'node_modules', '.cache', 'compiled');
const BIN = join(ROOT, 'node_modules', '.bin');
const INSTALL_LOCK = join(ROOT, '.install.lock');
// An install shows every second that it is alive; one that has not for a minute has lost its process id to another program.
const ALIVE_EVERY_MS = 1_000;
const DEAD_AFTER_MS = 60_000;
// Of several that take over a dead install's lock at the same moment, the last one has it: time for all to have written.
const TAKE_OVER_MS = 200;

process.exitCode = await install() || await runTarget();

function runTarget() {
  const [first, ...rest] = process.argv.slice(2);
  const command = first === '--bin' ? [join(BIN, rest[0]), ...rest.slice(1)] : [...HEAP_LIMITS, join(ROOT, first), ...rest];
  return run(findNode(), command, { stdio: 'inherit', env: { NODE_COMPILE_CACHE, ...process.env, PATH: BIN + delimiter + process.env.PATH } });
}

/** Runs a program to its end, passes on the signals that reach this process, and returns its exit status as a shell would. */
function run(file, args, options) {
  return new Promise((settle) => {
    const child = spawn(file, args, options);
    // A Ctrl-C in a terminal reaches the child by itself as well; programs here take the second for the first.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('error', (error) => {
      console.error(`${file}: ${error.message}`);
      settle(127);
    });
    child.on('exit', (status, signal) => settle(signal === null ? status : 128 + constants.signals[signal]));
  });
}

/** Returns npm's exit status. */
async function install() {
  if (isSetUp() && arePagesBuilt()) return 0;
  await lockInstall();
  const alive = setInterval(() => utimesSync(INSTALL_LOCK, new Date(), new Date()), ALIVE_EVERY_MS);
  try {
    // A pull brings new pages more often than new dependencies.
    if (isSetUp()) return arePagesBuilt() || buildPages() ? 0 : 1;
    console.error('tieout: installing what package-lock.json asks for (once, about 20 s) …');
    const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
    // Standard output is for the program's results.
    const status = await run(npm[0], [...npm.slice(1), 'ci'], { cwd: ROOT, stdio: ['ignore', 2, 2] });
    // npm skips the postinstall where scripts are switched off.
    if (status !== 0 || isSetUp()) return status;
    if (!buildPages()) return 1;
    setUp();
    return 0;
  } finally {
    clearInterval(alive);
    rmSync(INSTALL_LOCK, { force: true });
  }
}

/** Waits for another install of this folder, or takes over from a dead one. */
async function lockInstall() {
  let told = false;
  for (;;) {
    try {
      writeFileSync(INSTALL_LOCK, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isLive()) {
      if (!told) console.error('tieout: waiting for another install in this folder …');
      told = true;
      await sleep(TAKE_OVER_MS);
    } else {
      const own = `${INSTALL_LOCK}.${process.pid}`;
      writeFileSync(own, String(process.pid));
      renameSync(own, INSTALL_LOCK);
      await sleep(TAKE_OVER_MS);
      if (readOwner() === process.pid) return;
    }
  }
}

function isLive() {
  try {
    if (Date.now() - statSync(INSTALL_LOCK).mtimeMs > DEAD_AFTER_MS) return false;
    process.kill(readOwner(), 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, but it is there; a lock that is gone by now is tried again.
    return error.code === 'EPERM' || error.code === 'ENOENT';
  }
}

function readOwner() {
  return Number(readFileSync(INSTALL_LOCK, 'utf8'));
}
