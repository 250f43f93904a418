import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { PROJECT_ROOT } from '../src/platform/config.ts';
import { GUARDS, type Guard } from '../test/chaos/guards.ts';

/**
 * `npm run mutate`: takes each guard out of a copy of the project and runs the test that is to fail without it. `--guard` chooses by a part of
 * the name or the kind. A test file must pass as a whole before any of its guards is taken out. Exit status 1 when a guard can be taken out unnoticed.
 */

// A test that waits for ever without its guard has noticed, too.
const LIMIT_MS = 300_000;
const VERDICTS = { passed: 'UNNOTICED', failed: 'noticed', none: 'NO SUCH TEST' } as const;

const { values } = parseArgs({ options: { guard: { type: 'string', default: '' } } });
const chosen = GUARDS.filter((guard) => `${guard.kind}: ${guard.name}`.includes(values.guard));
const copy = await mkdtemp(join(tmpdir(), 'tieout-mutate-'));
let unnoticed = 0;
try {
  await cp(PROJECT_ROOT, copy, { recursive: true, filter: (source) => !/\/(?:node_modules|\.git|\.tieout)$/.test(source) });
  await symlink(join(PROJECT_ROOT, 'node_modules'), join(copy, 'node_modules'));
  const sound = new Map<string, boolean>();
  for (const guard of chosen) {
    if (!sound.has(guard.test)) sound.set(guard.test, await runTests({ test: guard.test }) === 'passed');
    const verdict = sound.get(guard.test) ? await mutate(guard) : 'ITS TEST FAILS WITH IT, TOO';
    if (verdict !== 'noticed') unnoticed++;
    process.stdout.write(`${verdict.padEnd(10)} ${guard.kind.padEnd(11)} ${guard.name} (${guard.test}${guard.named === undefined ? '' : `: ${guard.named}`})\n`);
  }
} finally {
  await rm(copy, { recursive: true, force: true });
}
process.stdout.write(`${chosen.length - unnoticed} of ${chosen.length} guards cannot be taken out unnoticed\n`);
process.exitCode = unnoticed > 0 ? 1 : 0;

async function mutate(guard: Guard): Promise<string> {
  const path = join(copy, guard.file);
  const text = await readFile(path, 'utf8');
  if (text.split(guard.take).length !== 2) return 'NOT THERE';
  await writeFile(path, text.replace(guard.take, () => guard.give));
  try {
    return VERDICTS[await runTests(guard)];
  } finally {
    await mkdir(dirname(path), { recursive: true });
    await copyFile(join(PROJECT_ROOT, guard.file), path);
  }
}

/** Tests that are skipped because of their names have not passed: `none`. */
async function runTests({ test, named }: Pick<Guard, 'test' | 'named'>): Promise<'passed' | 'failed' | 'none'> {
  const child = spawn(process.execPath, [join(PROJECT_ROOT, 'node_modules/vitest/vitest.mjs'), 'run', test, ...(named === undefined ? [] : ['-t', named]), '--silent'], { cwd: copy, stdio: ['ignore', 'pipe', 'ignore'], detached: true, env: { ...process.env, NO_COLOR: '1' } });
  let report = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { report += text; });
  const late = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), LIMIT_MS);
  const [status] = await once(child, 'close') as [number | null];
  clearTimeout(late);
  if (status !== 0) return 'failed';
  return /Tests\s.*\d passed/.test(report) ? 'passed' : 'none';
}
