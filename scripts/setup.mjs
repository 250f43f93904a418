// The root package's postinstall: makes what npm has installed usable, and builds the pages. Plain JavaScript without dependencies, for Node 20 too.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, 'node_modules', '.bin');
const STAMP = join(ROOT, 'node_modules', '.tieout-setup');
const PAGES = join(ROOT, 'src', 'web');
const PAGES_STAMP = join(ROOT, 'dist', '.web-source');
const OLDEST_NODE = [22, 18];

/** Whether node_modules is what package-lock.json asks for, as far as `setUp` has seen it. */
export function isSetUp() {
  try {
    return readFileSync(STAMP, 'utf8') === lockHash();
  } catch {
    return false;
  }
}

/** Makes `npx tieout` work from the project's root (npm links the commands of dependencies only), and notes what was installed. */
export function setUp() {
  const command = join(BIN, 'tieout');
  chmodSync(join(ROOT, 'scripts', 'tieout'), 0o755);
  rmSync(command, { force: true });
  symlinkSync('../../scripts/tieout', command);
  writeFileSync(STAMP, lockHash());
}

/** The pinned Node, which npm has for some systems only; else the one at hand when it runs TypeScript; else it ends the process. */
export function findNode() {
  const pinned = join(BIN, 'node');
  if (existsSync(pinned)) return pinned;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return process.execPath;
  console.error(`tieout needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}, and npm has none to install for ${
    process.platform}-${process.arch}: install a newer one from https://nodejs.org`);
  process.exit(1);
}

/** Whether dist/web was built from src/web as it is now. */
export function arePagesBuilt() {
  try {
    return readFileSync(PAGES_STAMP, 'utf8') === pagesHash();
  } catch {
    return false;
  }
}

/** Builds the pages of `tieout serve` (about 2 s) and returns whether that succeeded; what is wrong is on standard error. */
export function buildPages() {
  const hash = pagesHash();
  rmSync(PAGES_STAMP, { force: true });
  // The build says nothing on standard output, which is for the program's results. Whoever asks for it, a test run among them, gets React as
  // people get it: the one for development is a third larger and half as fast.
  const { status, error } = spawnSync(findNode(), [join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn'],
    { cwd: ROOT, stdio: ['ignore', 2, 2], env: { ...process.env, NODE_ENV: 'production' } });
  if (status !== 0) {
    console.error(`tieout: the pages in src/web could not be built${error ? `: ${error.message}` : '; the reason stands above'}`);
    return false;
  }
  writeFileSync(PAGES_STAMP, hash);
  return true;
}

/** Of what the build reads. */
function pagesHash() {
  const hash = createHash('sha256').update(lockHash()).update(readFileSync(join(ROOT, 'vite.config.ts'))).update(readFileSync(join(ROOT, 'scripts', 'setup.mjs')));
  for (const entry of readdirSync(PAGES, { recursive: true }).sort()) {
    if (/\.\w+$/.test(entry)) hash.update(entry).update(readFileSync(join(PAGES, entry)));
  }
  return hash.digest('hex');
}

function lockHash() {
  return createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json'))).digest('hex');
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (buildPages()) setUp();
  else process.exitCode = 1;
}
