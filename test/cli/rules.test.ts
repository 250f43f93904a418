import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { rulesCommand } from '../../src/cli/rules.ts';

let folder: string;
let stdout: string;
let stderr: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rules-'));
  stdout = stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => (stdout += chunk, true));
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => (stderr += chunk, true));
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(folder, { recursive: true });
});

function check(...args: string[]): void {
  rulesCommand().parse(['check', ...args], { from: 'user' });
}

test('the shipped rules are listed with their owners, and nothing is wrong with them', () => {
  check();
  expect(stdout).toMatch(/^receipt_reference +receivables +auto +100 +reference_exact +receipts\.yaml:\d+$/m);
  expect(stdout).toMatch(/^\d+ rules, version sha256:[0-9a-f]{64}$/m);
  expect(stderr).toBe('');
  expect(process.exitCode).toBeUndefined();
});

test('--json says the same to a program', () => {
  check('--json');
  const { version, rules, problems } = JSON.parse(stdout);
  expect(version).toMatch(/^sha256:/);
  expect(rules).toContainEqual(expect.objectContaining({ id: 'payee_account_differs', owner: 'payables', outcome: 'review', file: 'payments.yaml' }));
  expect(problems).toEqual([]);
});

test('what is wrong is shown where it stands, and the exit status says so', () => {
  writeFileSync(join(folder, 'mine.yaml'), `rules:
  - id: mine
    owner: receivables
    sentence: Exact.
    when: candidate.payer in ["acount"]
    outcome: review
    reason: mine
    explanation: Mine.
    strength: 10
`);
  check(folder);
  expect(stdout).toBe('');
  expect(stderr).toContain(`mine.yaml:5:31: "acount" is no value of this fact, which is one of account, name, pays_for, factor, assigned, unknown, contradicts
    when: candidate.payer in ["acount"]
                              ^
`);
  expect(process.exitCode).toBe(1);
});

test('a rule that posts needs an example for every part of its condition', () => {
  writeFileSync(join(folder, 'mine.yaml'), `rules:
  - id: mine
    owner: receivables
    sentence: Exact.
    when: candidate.amount == "exact" && candidate.unique
    outcome: auto
    reason: mine
    explanation: Mine.
    strength: 10
    examples: { match: [{}], no_match: [{ candidate.amount: over }] }
`);
  check(folder, '--json');
  expect(JSON.parse(stdout).problems).toEqual([expect.objectContaining({
    kind: 'missing_examples', message: 'mine has no example that must not match for the sole reason that candidate.unique does not hold',
  })]);
  expect(process.exitCode).toBe(1);
});
