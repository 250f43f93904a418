import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/platform/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'tieout-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
const settings = (text: string) => writeFileSync(join(folder, 'tieout.yaml'), text);

test('what is not set has a default; an empty variable is not set', () => {
  settings('');
  expect(loadConfig({ DATABASE_URL: '', TIEOUT_HOME: '' }, folder)).toMatchObject({ database_url: null, queue_url: null, log_level: 'info', companies: {} });
  expect(loadConfig({}, folder).home).toMatch(/\/\.tieout$/);
});

test('a relative home is below the working folder', () => {
  expect(loadConfig({ TIEOUT_HOME: 'books' }, folder).home).toBe(join(folder, 'books'));
});

test('a company has its functional currency from tieout.yaml', () => {
  settings('companies:\n  acme-jp:\n    functional_currency: JPY\n');
  expect(loadConfig({}, folder).companies).toEqual({ 'acme-jp': { functional_currency: 'JPY' } });
});

test('everything that is wrong is named at once, with an example, and no password', () => {
  settings('companies:\n  acme:\n    functional_currency: euro\n    curency: EUR\n');
  const environment = { DATABASE_URL: 'mysql://me:hunter2@db/x', QUEUE_URL: 'queue', LOG_LEVEL: 'loud', WORKER_CONCURRENCY: '0' };
  expect(() => loadConfig(environment, folder)).toThrow(expect.objectContaining({ code: 'configuration' }));
  try {
    loadConfig(environment, folder);
  } catch (error) {
    const { message } = error as Error;
    for (const part of ['DATABASE_URL must be', 'postgres://tieout:secret@', 'QUEUE_URL must be', 'LOG_LEVEL must be one of', 'WORKER_CONCURRENCY must be',
      'tieout.yaml:3 companies.acme.functional_currency must be an ISO 4217 code', 'functional_currency: EUR', 'curency']) {
      expect(message).toContain(part);
    }
    expect(message).not.toContain('hunter2');
  }
});

test('a file that is no YAML is refused with its place', () => {
  settings('companies: [\n');
  expect(() => loadConfig({}, folder)).toThrow(/tieout\.yaml cannot be read as YAML: .* line 2/s);
});
