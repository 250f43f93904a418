import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { migrateQueue } from '../../src/pipeline/backends.ts';
import { createLog } from '../../src/platform/log.ts';
import { importMasterData } from '../helpers/batch.ts';
import { testDatabase } from '../helpers/database.ts';

/** The dead letters as a person on the command line meets them. */
const db = await testDatabase();
await migrateQueue(db.config, db.url, createLog({ log_level: 'silent' }));
const folder = await mkdtemp(join(tmpdir(), 'tieout-dead-'));
afterAll(() => rm(folder, { recursive: true }));

const tieout = (...args: string[]) => new Promise<{ status: number; out: string }>((resolve) => {
  execFile(process.execPath, [join(import.meta.dirname, '../../src/cli/main.ts'), ...args], {
    env: { PATH: process.env.PATH, DATABASE_URL: db.url, QUEUE_URL: '', LOG_LEVEL: 'silent', TIEOUT_HOME: folder },
  }, (error, stdout, stderr) => resolve({ status: error === null ? 0 : Number(error.code), out: stdout + stderr }));
});

it('a document whose account was missing is brought to its end by one command, and what is resolved is told by another', async () => {
  await writeFile(join(folder, 'statement.csv'), 'IBAN;Date;Amount;Balance;Text\nDE02120300000000202051;2026-03-02;10.50;110.50;thanks\nDE02120300000000202051;2026-03-03;5.00;115.50;thanks\n');
  expect(await tieout('run', join(folder, 'statement.csv'))).toMatchObject({ status: 2, out: expect.stringContaining('unknown_account') });
  await importMasterData(db, { accounts: 'account,currency\nDE02120300000000202051,EUR\n' });
  const again = await tieout('dead', 'retry', '--code', 'unknown_account', '--run', '--json');
  expect(again.status).toBe(0);
  expect(JSON.parse(again.out)).toMatchObject({ documents: 1, remaining: 0, summaries: [{ balanced: true, documents: { reconciled: 1, dead_lettered: 0 }, entries: { total: 2 } }] });
  expect(await tieout('dead', 'discard', '1', '--reason', 'too late')).toMatchObject({ status: 0, out: expect.stringMatching(/^dead letter 1 was retried by \S+ at .*\n0 documents discarded\n$/) });
  expect(await tieout('dead', 'retry', '99')).toMatchObject({ status: 1, out: expect.stringContaining('there is no dead letter 99') });
}, 120_000);
