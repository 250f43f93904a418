import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { migrateQueue } from '../../src/pipeline/backends.ts';
import { PROJECT_ROOT } from '../../src/platform/config.ts';
import { createLog } from '../../src/platform/log.ts';
import { cloneDatabase } from '../helpers/database.ts';
import { TEMPLATE } from '../helpers/global-setup.ts';

const { config, drop } = await cloneDatabase(TEMPLATE);
await migrateQueue(config, config.database_url!, createLog(config));
afterAll(drop);

/** Runs `npm start`'s program; `interruptAt` stops it as soon as it has printed that. */
async function start(interruptAt?: string): Promise<{ status: number | null; output: string; errors: string }> {
  const child = spawn(process.execPath, [join(PROJECT_ROOT, 'src/cli/start.ts')], {
    cwd: PROJECT_ROOT, env: { ...process.env, DATABASE_URL: config.database_url!, LOG_LEVEL: 'silent' }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (interruptAt !== undefined && text.includes(interruptAt)) child.kill('SIGTERM');
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [status] = await once(child, 'close') as [number | null];
  return { status, output, errors };
}

it('stops cleanly when it is told to, finishes what is left, and is all duplicates from then on', async () => {
  const stopped = await start('Imported the sample company');
  expect(stopped).toMatchObject({ status: 143, errors: 'tieout: stopped by SIGTERM; run the same command again to finish what is left\n' });

  const first = await start();
  expect(first.errors).toBe('');
  expect(first.output).toContain('documents are as fixtures/expected.json states.');
  expect(first.output).toMatch(/quarantined {2}\S+\.xml .*opening_to_closing/);
  expect(first.output).toMatch(/dead {2} +cover-note\S+\.txt .*not_a_statement/);
  expect(first.output).toMatch(/Log head {2}sha256:[0-9a-f]{64}/);
  expect(first.status).toBe(0);

  const second = await start();
  expect(second.output).toMatch(/by now as duplicates\.\nThe journal is unchanged: \d+ entries\./);
  expect(second.status).toBe(0);
}, 120_000);
