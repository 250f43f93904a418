import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROJECT_ROOT } from '../../src/platform/config.ts';
import { pretty } from '../../src/platform/log.ts';

function logged(script: string): Record<string, unknown>[] {
  const source = `import { createLog } from ${JSON.stringify(join(PROJECT_ROOT, 'src/platform/log.ts'))};\nconst log = createLog({ log_level: 'info' });\n${script}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', source], { encoding: 'utf8' });
  expect(stdout).toBe('');
  return stderr.trim().split('\n').map((line) => JSON.parse(line));
}

test('records go to standard error as JSON, the last one before an exit too, without secrets and personal data', () => {
  const records = logged(`
    log.debug('not at this level');
    log.info({ task_id: '7', password: 'hunter2', entry: { remittance: 'rent', counterparty_name: 'A. Person', line: 3 } }, 'matched');
    log.error(new Error('broke'));
    process.exit(0);`);
  expect(records).toMatchObject([
    { level: 'info', msg: 'matched', task_id: '7', password: '[Redacted]', entry: { remittance: '[Redacted]', counterparty_name: '[Redacted]', line: 3 } },
    { level: 'error', err: { message: 'broke' } },
  ]);
});

test('on a terminal a record is one short line', () => {
  expect(pretty('{"time":"2026-11-20T19:03:11.123Z","level":"warn","stage":"extract","n":3,"msg":"slow"}\n')).toBe('19:03:11 warn  slow  stage=extract  n=3\n');
});
