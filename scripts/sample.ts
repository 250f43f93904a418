import { mkdir, mkdtemp, rm, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { FIXTURES_SEED, generateSample } from '../fixtures/generate.ts';
import { compareRun, formatCases, formatDifferences } from '../src/cli/compare.ts';
import { onInterrupt } from '../src/cli/interrupt.ts';
import { runPaths } from '../src/cli/run.ts';
import { importSample } from '../src/cli/sample-company.ts';
import { EXIT, parseId, reportFailure, withDatabase } from '../src/cli/session.ts';

/**
 * `npm run sample -- --seed N`: makes companies out of a seed, runs their night in a home of its own, and compares every entry with what is
 * true of it. `--write FOLDER` only writes the files; `npm run sample -- --write fixtures` makes the sample company anew.
 */

// A document that dies is in the table with its reason.
process.env['LOG_LEVEL'] ??= 'fatal';
const interrupted = onInterrupt();
try {
  const { values } = parseArgs({ options: { seed: { type: 'string', default: String(FIXTURES_SEED) }, write: { type: 'string' } } });
  const seed = Number(parseId(values.seed));
  if (values.write !== undefined) await writeSample(seed, values.write);
  else await inTemporaryFolder((folder) => runSample(seed, folder));
} catch (error) {
  reportFailure(error);
} finally {
  interrupted.release();
}

async function runSample(seed: number, folder: string): Promise<void> {
  const expected = await writeSample(seed, folder);
  process.env['TIEOUT_HOME'] = join(folder, 'home');
  delete process.env['DATABASE_URL'];
  delete process.env['QUEUE_URL'];
  await withDatabase('worker', async (session) => {
    await importSample(session.db, folder, { actor: 'sample', companies: {} });
    interrupted.signal.throwIfAborted();
    const summary = await runPaths(session, [join(folder, 'statements')], interrupted.signal);
    const comparison = await compareRun(session.db, summary.run_id, expected);
    const wrong = comparison.differences.filter((one) => one.wrongly_posted).length;
    process.stdout.write(`${formatCases(comparison)}\n`
      + `Seed ${seed}: ${comparison.entries} entries in ${comparison.documents} documents, ${comparison.differences.length} not as stated, ${wrong} wrongly posted; `
      + `${summary.balanced ? 'everything adds up' : 'IT DOES NOT ADD UP'}.\n${formatDifferences(comparison)}`);
    process.exitCode = comparison.differences.length === 0 && summary.balanced ? EXIT.ok : EXIT.failed;
  });
}

async function writeSample(seed: number, folder: string): Promise<Awaited<ReturnType<typeof generateSample>>['expected']> {
  const { files, expected } = await generateSample(seed);
  for (const [name, bytes] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  return expected;
}

async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tieout-sample-'));
  try {
    // As root the database server runs as another user, who must be able to enter.
    await chmod(folder, 0o755);
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
