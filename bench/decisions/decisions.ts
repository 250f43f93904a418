import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { assert } from '../../src/core/failure.ts';
import { loadConfig } from '../../src/platform/config.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { generate } from './generate.ts';
import { formatScore, scoreJson } from './report.ts';
import { decide } from './run.ts';
import { NEVER, score } from './score.ts';

/**
 * `npm run bench:decisions -- [--seed N] [--entries N] [--problems N] [--json]`: a portfolio of that seed, its payments in every bank format,
 * through the real pipeline on books of its own, held against the truth. Exit status 1 when something happened that may never happen.
 */
const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, entries: { type: 'string', default: '4000' }, problems: { type: 'string', default: '20' }, json: { type: 'boolean', default: false } },
});
const [seed, entries, problems] = [values.seed, values.entries, values.problems].map(Number) as [number, number, number];
assert(Number.isInteger(seed) && seed >= 0, '--seed is a whole number');
assert(Number.isInteger(entries) && entries >= 100, '--entries is a whole number from 100 on');
assert(Number.isInteger(problems) && problems >= 0, '--problems is how many of each kind are shown');

const home = await mkdtemp(join(tmpdir(), 'tieout-decisions-'));
try {
  // The embedded server may run as another user.
  await chmod(home, 0o755);
  const config = loadConfig({ TIEOUT_HOME: home, LOG_LEVEL: 'warn' });
  const db = await openDatabase(config, 'worker');
  try {
    const generated = generate(seed, entries);
    const result = score(generated, await decide(db, config, home, generated));
    process.stdout.write(values.json ? `${scoreJson(seed, result)}\n` : formatScore(seed, result, problems));
    if (NEVER.some((what) => result.never[what] > 0) || result.total.wrong > 0) process.exitCode = 1;
  } finally {
    await db.close();
  }
} finally {
  await rm(home, { recursive: true, force: true });
}
