import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BASELINE, FACTS, type Facts } from '../../../src/stages/reconcile/facts.ts';
import { checkRules, loadRuleset, parseRuleset } from '../../../src/stages/reconcile/rules.ts';

const RULES = 'rules';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'rules-')); });
afterEach(() => rmSync(folder, { recursive: true }));

/** A rule file with one rule whose members are replaced. */
function ruleFile(members: Record<string, string> = {}): string {
  const rule = {
    owner: 'receivables', sentence: 'A sentence.', when: 'candidate.amount == "exact"', outcome: 'auto', reason: 'exact', explanation: 'Pays {invoice_numbers}.',
    strength: '90', examples: '{ match: [{ candidate.amount: exact }], no_match: [{ candidate.amount: short }] }', ...members,
  };
  return `rules:\n  - id: one\n${Object.entries(rule).map(([name, value]) => `    ${name}: ${value}\n`).join('')}`;
}

function problemsOf(text: string, name = 'a.yaml') {
  writeFileSync(join(folder, name), text);
  return checkRules(folder).problems;
}

describe('conditions are checked when they are loaded', () => {
  test.each([
    ['an unknown fact', 'candidate.amuont == "exact"', 'no such fact: amuont', 'amuont'],
    ['an unknown variable', 'invoice.amount == "exact"', 'Unknown variable: invoice', 'invoice'],
    ['a wrong type', 'entry.named_count == "two"', 'no such overload: int == string', 'entry'],
    ['a value that the fact never has', 'entry.is_return || candidate.payer == "acount"', '"acount" is no value of this fact, which is one of account,', '"acount"'],
    ['such a value in a list', 'candidate.payer in ["account", "nmae"]', '"nmae" is no value', '"nmae"'],
    ['a currency that is none', 'entry.currency == "EUX"', '"EUX" is no value of this fact, which is an ISO 4217 code', '"EUX"'],
    ['matches(), which backtracks', 'entry.currency.matches("(E+)+$")', 'functions are not allowed in a condition: matches()', 'entry'],
    ['a macro', 'entry.is_return || [1, 2].exists(x, x > 1)', 'functions are not allowed', '[1'],
    ['an order of words', 'candidate.amount < "exact"', 'only counts can be compared by size', 'candidate'],
    ['two facts', 'candidate.payer == entry.currency', 'a fact is compared with a literal', 'entry'],
    ['a syntax error', 'candidate.unique && && entry.is_return', 'Unexpected token', '&& entry'],
  ])('%s', (_, when, message, at) => {
    for (const written of [when, `>-\n      true &&\n        (${when})`, `'${when}'`]) {
      const text = ruleFile({ when: written });
      const [problem] = problemsOf(text);
      expect(problem).toMatchObject({ kind: 'invalid', file: 'a.yaml' });
      expect(problem!.message).toContain(message);
      const [line, caret] = problem!.excerpt.split('\n');
      expect(line).toBe(text.split('\n')[problem!.line - 1]);
      expect(line!.slice(caret!.indexOf('^')).startsWith(at)).toBe(true);
    }
  });

  test('what is neither true nor false is no condition', () => {
    expect(problemsOf(ruleFile({ when: 'entry.named_count' }))[0]).toMatchObject({ line: 5, column: 11, message: 'is int, where true or false is needed' });
  });

  test('an unfinished condition is marked behind its end', () => {
    expect(problemsOf(ruleFile({ when: 'candidate.unique &&' }))[0]!.excerpt).toBe('    when: candidate.unique &&\n                             ^');
    expect(problemsOf(ruleFile({ when: '>-\n      candidate.unique &&' }))[0]!.excerpt).toBe('      candidate.unique &&\n                         ^');
  });
});

test.each([
  ['YAML', 'rules: [', 'a.yaml:1'],
  ['an unknown member', ruleFile({ wehn: '"true"' }), 'wehn'],
  ['a code', ruleFile({ reason: 'Not A Code' }), 'rules.0.reason'],
  ['a limit without quotes', ruleFile({ limits: '{ EUR: 1000 }' }), 'limits'],
  ['a limit in no currency', ruleFile({ limits: '{ EUX: "1000" }' }), 'ISO 4217'],
  ['a placeholder', ruleFile({ explanation: '"{customer} pays."' }), '{customer} is none of'],
  ['an example\'s fact', ruleFile({ examples: '{ match: [{ candidate.amuont: exact }] }' }), 'no such fact: candidate.amuont'],
  ['an example\'s value', ruleFile({ examples: '{ match: [{ candidate.amount: exakt }] }' }), 'candidate.amount is one of'],
  ['an example that must match and does not', ruleFile({ examples: '{ match: [{ candidate.amount: short }], no_match: [{}] }' }), 'should match this example'],
  ['an example that must not match and does', ruleFile({ examples: '{ match: [{}], no_match: [{ candidate.payer: name }] }' }), 'should not match this example'],
  ['an id that is taken', `${ruleFile()}${ruleFile().replace('rules:\n', '')}`, 'the id one is taken by a.yaml:2'],
])('nothing runs on rules with a wrong part: %s', (_, text, message) => {
  writeFileSync(join(folder, 'a.yaml'), text);
  expect(() => loadRuleset(folder)).toThrow(expect.objectContaining({ code: 'configuration', message: expect.stringContaining(message) }));
});

test('a rule without examples and one that never gets its turn are named', () => {
  const second = ruleFile({ when: 'candidate.amount == "exact" && candidate.unique', outcome: 'review' }).replace('rules:\n', '').replace('id: one', 'id: two');
  const third = ruleFile({ examples: '{ match: [{}] }', when: '"true"', outcome: 'review' }).replace('rules:\n', '').replace('id: one', 'id: three');
  expect(problemsOf(ruleFile() + second + third).map(({ kind, message }) => [kind, message])).toEqual([
    ['missing_examples', 'three has no example that must not match'],
    ['unreachable', 'three never gets its turn in its examples: they are taken by one'],
    ['unreachable', 'two never gets its turn: whatever meets its condition meets that of one before it'],
  ]);
});

test('a rule that no facts lead to is named, whatever its examples say', () => {
  const rules = (...conditions: string[]) => conditions.map((when, i) => ruleFile({ when: `'${when}'`, outcome: 'review' }).replace(i === 0 ? '' : 'rules:\n', '').replace('id: one', `id: r${i}`)).join('');
  const unreachable = (...conditions: string[]) => problemsOf(rules(...conditions)).filter(({ kind, message }) => kind === 'unreachable' && !message.includes('examples')).map(({ message }) => message.replace(' never gets its turn', ''));
  expect(unreachable('candidate.invoice_count == 1', 'candidate.invoice_count >= 2', 'candidate.invoice_count == 0', 'candidate.unique')).toEqual(['r3: the rules before it together take whatever meets its condition']);
  expect(unreachable('candidate.invoice_count == 1', 'candidate.invoice_count >= 3', 'candidate.invoice_count == 0', 'candidate.unique')).toEqual([]);
  expect(unreachable('entry.direction == "in" && entry.direction == "out"')).toEqual(['r0: no facts at all meet its condition']);
  expect(unreachable('candidate.payer in ["account", "name"]', 'candidate.payer == "name" && candidate.amount == "exact"')).toEqual(['r1: whatever meets its condition meets that of r0 before it']);
  expect(unreachable('entry.currency == "EUR"', '!(entry.currency == "EUR")', 'true')).toEqual(['r2: the rules before it together take whatever meets its condition']);
  expect(unreachable('entry.currency == "EUR"', 'entry.currency == "CHF"', 'true')).toEqual([]);
});

test('the files in name order are the order of the rules; posting accounts are none', () => {
  writeFileSync(join(folder, 'b.yaml'), ruleFile());
  writeFileSync(join(folder, 'a.yaml'), ruleFile().replace('id: one', 'id: first'));
  writeFileSync(join(folder, 'accounts.yaml'), 'bank: "1200"\n');
  expect(loadRuleset(folder).rules.map(({ id }) => id)).toEqual(['first', 'one']);
});

test('what a file gives holds for all its rules', () => {
  writeFileSync(join(folder, 'a.yaml'), `given: entry.direction == "in"\n${ruleFile()}`);
  const ruleset = loadRuleset(folder);
  expect(ruleset.matching(BASELINE)).toHaveLength(1);
  expect(ruleset.matching({ ...BASELINE, entry: { ...BASELINE.entry, direction: 'out' } })).toHaveLength(0);
});

test('a version is the content: the same again from the content, another for every change', () => {
  const shipped = loadRuleset(RULES);
  const rebuilt = parseRuleset(shipped.content);
  expect(rebuilt.version).toBe(shipped.version);
  expect(rebuilt.rules.map(({ id }) => id)).toEqual(shipped.rules.map(({ id }) => id));
  expect(parseRuleset(shipped.content.replace('strength: 90', 'strength: 91')).version).not.toBe(shipped.version);
});

describe('the rules as shipped', () => {
  const ruleset = loadRuleset(RULES);

  test('have nothing wrong with them', () => {
    expect(checkRules(RULES).problems).toEqual([]);
  });

  test('leave no facts without an answer, and post nothing that a settled question keeps for a person', () => {
    let state = 7;
    // Park and Miller's generator; its low bits are dropped.
    const pick = <T>(values: readonly T[]): T => values[Math.floor((state = (state * 48271) % 2147483647) / 8) % values.length]!;
    const draw = (group: 'entry' | 'candidate'): Record<string, unknown> => Object.fromEntries(Object.entries(FACTS[group]).map(([name, { type }]) =>
      // Half of the facts as in the baseline, so that conditions of many parts are met too.
      [name, pick([true, false]) ? BASELINE[group][name as never]
        : pick<unknown>(type === 'bool' ? [true, false] : type === 'count' ? [0, 1, 2, 3] : type === 'currency' ? ['EUR', 'JPY'] : Object.keys(type))]));
    let automatic = 0;
    for (let i = 0; i < 20_000; i++) {
      const facts = { entry: draw('entry'), candidate: draw('candidate') } as unknown as Facts;
      const [rule] = ruleset.matching(facts);
      expect(rule).toBeDefined();
      if (rule!.outcome !== 'auto') continue;
      automatic++;
      const { entry, candidate } = facts;
      if (candidate.kind !== 'invoices') {
        if (candidate.kind === 'bank_charge') expect(entry.counterparty_account).toBe('absent');
        if (candidate.kind === 'transfer') expect(candidate.legs).toBe('both');
        if (candidate.kind === 'return') expect(candidate.unique).toBe(true);
        continue;
      }
      expect(candidate.status).toBe('open');
      expect(['contradicts', 'assigned']).not.toContain(candidate.payer);
      expect(['short', 'over', 'none', 'discount_late']).not.toContain(candidate.amount);
      expect(entry.is_return).toBe(false);
      if (candidate.named_by === 'none') expect([candidate.unique, entry.counterparty_account, entry.named_count]).toEqual([true, 'known', 0]);
      else expect(candidate.all_named).toBe(true);
      if (candidate.named_by === 'none' || candidate.named_by === 'typo') expect(candidate.undisputed).toBe(true);
      if (candidate.named_by === 'typo') expect([candidate.unique, candidate.payer, candidate.amount, entry.counterparty_account]).toEqual([true, 'account', 'exact', 'known']);
      if (candidate.named_by === 'digits') expect(candidate.payer).not.toBe('unknown');
      if (entry.text_cut) expect(['reference', 'end_to_end']).toContain(candidate.named_by);
      if (entry.direction === 'out') expect(entry.counterparty_account).not.toBe('unknown');
      if (candidate.payer === 'unknown') expect([candidate.named_by === 'end_to_end' || entry.direction === 'out', entry.counterparty_account, entry.counterparty_name]).toEqual([true, 'absent', 'absent']);
    }
    expect(automatic).toBeGreaterThan(500);
  });
});

test('docs/evidence.md says what the code says', () => {
  const page = readFileSync('docs/evidence.md', 'utf8');
  for (const group of ['entry', 'candidate'] as const) {
    for (const [name, { type, meaning }] of Object.entries(FACTS[group])) {
      const rows = [`| \`${group}.${name}\` | ${typeof type === 'string' ? type : 'one of'} | ${meaning} | \`${BASELINE[group][name as never]}\` |`];
      if (typeof type !== 'string') for (const [value, says] of Object.entries(type)) rows.push(`| | \`${value}\` | ${says} | |`);
      expect(page).toContain(rows.join('\n'));
    }
  }
  expect(page.match(/^\| `(?:entry|candidate)\./gm)).toHaveLength(Object.keys(FACTS.entry).length + Object.keys(FACTS.candidate).length);
});
