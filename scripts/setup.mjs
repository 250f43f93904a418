// The root package's postinstall: makes what npm has installed usable. Plain JavaScript without dependencies, for Node 20 too.
import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STAMP = join(ROOT, 'node_modules', '.tieout-setup');

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
  const command = join(ROOT, 'node_modules', '.bin', 'tieout');
  chmodSync(join(ROOT, 'scripts', 'tieout'), 0o755);
  rmSync(command, { force: true });
  symlinkSync('../../scripts/tieout', command);
  writeFileSync(STAMP, lockHash());
}

function lockHash() {
  return createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json'))).digest('hex');
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) setUp();
