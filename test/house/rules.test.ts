import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAILURES } from '../../src/core/failure.ts';

/** The house rules of docs/architecture.md, held against the source. */
const ROOT = resolve(import.meta.dirname, '../..');
const SRC = join(ROOT, 'src');
const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => relative(SRC, join(entry.parentPath, entry.name)));

interface Import { from: string; specifier: string; target: string | null }
const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(SRC, from), 'utf8');
  return [...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^;]*?\bfrom '([^']+)'|import\('([^']+)'\)|^import '([^']+)'/gm)].map((match) => {
    const specifier = (match[1] ?? match[2] ?? match[3])!;
    return { from, specifier, target: specifier.startsWith('.') ? relative(SRC, resolve(SRC, dirname(from), specifier)) : null };
  });
});

/** What each part may import of ours besides itself. Data flows downward; nothing imports upward. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  platform: ['core'],
  ledger: ['core', 'platform'],
  'master-data': ['core', 'platform', 'ledger'],
  exports: ['core', 'platform', 'ledger'],
  review: ['core', 'platform', 'ledger'],
  stages: ['core', 'platform', 'ledger'],
  pipeline: ['core', 'platform', 'ledger', 'stages'],
  api: ['core', 'platform', 'ledger', 'master-data', 'exports', 'review', 'stages', 'pipeline'],
  cli: ['core', 'platform', 'ledger', 'master-data', 'exports', 'review', 'stages', 'pipeline', 'api'],
  // The pages run in a browser: of the API they know the types.
  web: ['api'],
};

const partOf = (file: string): string => file.split('/')[0]!;
const stageOf = (file: string): string | null => (/^stages\/([^/]+)\//.exec(file) ?? [])[1] ?? null;

describe('the house', () => {
  it('has a rule for every part of src', () => {
    expect([...new Set(files.map(partOf))].filter((part) => !(part in MAY_IMPORT))).toEqual([]);
  });

  it('imports downward only', () => {
    const upward = imports.filter(({ from, target }) => target !== null && !target.startsWith('..') && partOf(target) !== partOf(from) && !MAY_IMPORT[partOf(from)]!.includes(partOf(target)));
    expect(upward.map(({ from, target }) => `${from} → ${target}`)).toEqual([]);
  });

  it('takes only types into the pages', () => {
    const pages = files.filter((file) => partOf(file) === 'web');
    expect(pages.length).toBeGreaterThan(0);
    expect(pages.filter((file) => /(?:^|\n)\s*import (?!type\b)[^;]*?'[^']*\/api\/[^']*'/.test(readFileSync(join(SRC, file), 'utf8')))).toEqual([]);
  });

  it('lets no stage import another stage', () => {
    const across = imports.filter(({ from, target }) => target !== null && stageOf(from) !== null && stageOf(target) !== null && stageOf(from) !== stageOf(target));
    expect(across.map(({ from, target }) => `${from} → ${target}`)).toEqual([]);
  });

  it.each([
    ['bullmq', 'pipeline'],
    ['pg', 'platform'],
    ['pg-copy-streams', 'platform'],
    ['ioredis', 'platform'],
    ['pino', 'platform'],
  ])('imports %s in %s only', (library, part) => {
    expect(imports.filter(({ from, specifier }) => specifier === library && partOf(from) !== part).map(({ from }) => from)).toEqual([]);
  });

  it('keeps clock, randomness, environment and output out of pure files', () => {
    // In a stage all but its job, its store and what starts a process of its own is pure.
    const pure = files.filter((file) => file.startsWith('core/') || (file.startsWith('stages/') && !/(?:job|store|accept-batch|child|child-process|profiles)\.ts$/.test(file)));
    const banned = /\b(?:Date\.now|new Date\(\)|Math\.random|randomUUID|performance\.now|process\.(?:env|stdout|stderr)|console\.)/;
    expect(pure.filter((file) => banned.test(readFileSync(join(SRC, file), 'utf8')))).toEqual([]);
  });

  it('names files in kebab-case', () => {
    expect(files.filter((file) => !/^[a-z0-9/]+(?:-[a-z0-9]+)*(?:[/][a-z0-9-]+)*\.tsx?$/.test(file))).toEqual([]);
  });

  it('documents every failure code with its retry, meaning and remedy', () => {
    const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
    const rows = new Map([...page.matchAll(/^\| `([a-z_]+)` \| (retry|dead) \| (.*?) \| (.*?) \|$/gm)].map((row) => [row[1]!, row.slice(2, 5)]));
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(Object.entries(FAILURES).map(([code, kind]) => [code, [kind.retryable, kind.meaning, kind.remedy]])));
  });

  it('prints a CHANGELOG entry for its version', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')).toContain(`## ${version}`);
  });
});
