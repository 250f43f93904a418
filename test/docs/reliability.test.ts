import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { STEPS } from '../../src/platform/failpoint.ts';
import { FAULTS } from '../chaos/faults.ts';
import { GUARDS } from '../chaos/guards.ts';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/reliability.md'), 'utf8');

it('docs/reliability.md lists every guard with its test, every failpoint and every fault', () => {
  const missing = [
    ...GUARDS.filter((guard) => !page.includes(`| ${guard.name} | ${guard.kind} | \`${guard.file}\` | \`${guard.test}\`${guard.named === undefined ? '' : ` (${guard.named})`} |`)).map((guard) => guard.name),
    ...STEPS.filter((step) => !page.includes(`\`${step}\``)),
    ...FAULTS.filter((fault) => !page.includes(`| ${fault.name} | ${fault.times} | ${fault.only ?? 'both'} |`)).map((fault) => fault.name),
  ];
  expect(missing).toEqual([]);
});

it('every guard stands where it is said to stand, once', () => {
  const astray = GUARDS.filter((guard) => readFileSync(join(ROOT, guard.file), 'utf8').split(guard.take).length !== 2);
  expect(astray.map((guard) => guard.name)).toEqual([]);
});
