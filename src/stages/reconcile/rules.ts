import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, LineCounter, parseDocument } from 'yaml';
import type { Document, Scalar } from 'yaml';
import { z } from 'zod';
import { canonicalJson } from '../../core/canonical-json.ts';
import { Failure } from '../../core/failure.ts';
import { isCurrency } from '../../core/money.ts';
import { compileCondition, ConditionError, contextOf, misfitOf } from './condition.ts';
import type { Condition, Context } from './condition.ts';
import { BASELINE, FACTS } from './facts.ts';
import type { Facts } from './facts.ts';
import { canHold, type Conjunction } from './reachability.ts';

/** What an explanation may speak of, between braces. */
export const PLACEHOLDERS = ['amount', 'invoice_numbers', 'party_id', 'ledger_account'] as const;

/** A rule of finance's, as docs/rules.md describes it. */
export interface Rule {
  readonly id: string;
  readonly owner: string;
  readonly sentence: string;
  /** What all rules of the file share. */
  readonly given: Condition;
  readonly when: Condition;
  readonly outcome: 'auto' | 'review' | 'suspense';
  readonly reason: string;
  /** One sentence with PLACEHOLDERS. */
  readonly explanation: string;
  /** How strong this kind of explanation is; a rival that is as strong keeps the entry from being posted. */
  readonly strength: number;
  /** The place in the review queue, highest first. */
  readonly priority: number;
  /** Minor units per currency above which it is not automatic. */
  readonly limits: Readonly<Record<string, bigint>>;
  readonly examples: { readonly match: readonly Example[]; readonly no_match: readonly Example[] };
  readonly place: Place;
}

interface Example {
  readonly facts: Facts;
  readonly place: Place;
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Rules in their order, immutable, and named by what they say. */
export interface Ruleset {
  /** `sha256:` and the hash of the content. */
  readonly version: string;
  /** Everything that the rules were read from; `parseRuleset` makes the same ruleset of it. */
  readonly content: string;
  readonly rules: readonly Rule[];
  /** Minor units per currency above which nothing is automatic, whatever the rule. */
  readonly ceilings: Readonly<Record<string, bigint>>;
  /** The rules whose conditions hold, in order. */
  matching(facts: Facts): readonly Rule[];
}

export interface Problem extends Place {
  readonly kind: 'invalid' | 'duplicate_id' | 'example_fails' | 'missing_examples' | 'unreachable';
  readonly message: string;
  /** The line of the file with a caret under the place. */
  readonly excerpt: string;
}

interface RuleFile {
  readonly name: string;
  readonly text: string;
}

/** The one file beside the rules that is none: it maps posting accounts. */
const NOT_RULES = new Set(['accounts.yaml']);

/** Different facts are few (hundreds in a night); the bound keeps a hostile night from filling the memory. */
const MAX_REMEMBERED = 20_000;

const code = z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be lower case words joined by _');
const text = z.string().trim().min(1);
const example = z.record(z.string(), z.union([z.string(), z.boolean(), z.number()]));
const limits = z.record(
  z.string().refine(isCurrency, 'is no ISO 4217 code'), z.string().regex(/^\d{1,18}$/, 'must be minor units in quotes, such as "500000"'),
).default({});
const ruleSchema = z.strictObject({
  id: code,
  owner: text,
  sentence: text,
  when: text,
  outcome: z.enum(['auto', 'review', 'suspense']),
  reason: code,
  explanation: text,
  strength: z.int().min(0).max(100),
  priority: z.int().min(0).max(100).default(0),
  limits,
  examples: z.strictObject({ match: z.array(example).default([]), no_match: z.array(example).default([]) }).default({ match: [], no_match: [] }),
});
const fileSchema = z.strictObject({ given: text.default('true'), ceilings: limits, rules: z.array(ruleSchema).default([]) })
  .refine((file) => file.rules.length > 0 || Object.keys(file.ceilings).length > 0, 'has neither rules nor ceilings');

/**
 * The rules of a folder (`*.yaml` in name order), for deciding. Throws a Failure `configuration` with file, line and caret for the
 * first of whatever is wrong with them, an example that does not hold included.
 */
export function loadRuleset(folder: string): Ruleset {
  const files = readRuleFiles(folder);
  if (last !== null && last.content === contentOf(files)) return last;
  const { ruleset, problems } = checkFiles(files);
  const wrong = problems.find(({ kind }) => kind !== 'missing_examples' && kind !== 'unreachable');
  if (!ruleset || wrong) throw failureOf(wrong!);
  return last = ruleset;
}

/** A worker decides batch after batch by the same rules, and to compile and test them takes it a tenth of a second. */
let last: Ruleset | null = null;

/** The ruleset that has this content, as stored with a decision; for replaying it. Throws a Failure `configuration`. */
export function parseRuleset(content: string): Ruleset {
  const { ruleset, problems } = compile(JSON.parse(content) as RuleFile[]);
  if (!ruleset) throw failureOf(problems[0]!);
  return ruleset;
}

/** Everything that is wrong with the rules of a folder; no ruleset when they cannot even be compiled. */
export function checkRules(folder: string): { ruleset: Ruleset | null; problems: Problem[] } {
  const files = readRuleFiles(folder);
  const { ruleset, problems } = checkFiles(files);
  if (!ruleset) return { ruleset, problems };
  const unreachable = checkReachable(ruleset, files);
  const places = new Set(unreachable.map(({ file, line }) => `${file}:${line}`));
  return { ruleset, problems: [...problems.filter((problem) => problem.kind !== 'unreachable' || !places.has(`${problem.file}:${problem.line}`)), ...unreachable] };
}

/** The rules that no facts at all lead to, whatever their examples say. */
function checkReachable(ruleset: Ruleset, files: readonly RuleFile[]): Problem[] {
  const asked = ruleset.rules.map((rule): Conjunction => [rule.given, rule.when]);
  return ruleset.rules.flatMap((rule, i) => {
    const before = asked.slice(0, i);
    if (canHold(asked[i]!, before) !== false) return [];
    const taker = ruleset.rules.slice(0, i).find((_, j) => canHold(asked[i]!, [asked[j]!]) === false);
    const why = canHold(asked[i]!, []) === false ? 'no facts at all meet its condition' : taker ? `whatever meets its condition meets that of ${taker.id} before it` : 'the rules before it together take whatever meets its condition';
    return [problemAt(files, rule.place, 'unreachable', `${rule.id} never gets its turn: ${why}`)];
  });
}

function readRuleFiles(folder: string): RuleFile[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml') && !NOT_RULES.has(name)).toSorted();
  if (names.length === 0) throw new Failure('configuration', `no rules in ${folder}: it needs at least one .yaml file with rules (docs/rules.md)`);
  return names.map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}

function checkFiles(files: readonly RuleFile[]): { ruleset: Ruleset | null; problems: Problem[] } {
  const { ruleset, problems } = compile(files);
  return ruleset ? { ruleset, problems: checkExamples(ruleset, files) } : { ruleset, problems };
}

function compile(files: readonly RuleFile[]): { ruleset: Ruleset | null; problems: Problem[] } {
  const problems: Problem[] = [];
  const ceilings: Record<string, bigint> = {};
  const rules = files.flatMap((file) => readRules(file, problems, ceilings));
  const first = new Map<string, Rule>();
  for (const rule of rules) {
    const earlier = first.get(rule.id);
    if (earlier) problems.push(problemAt(files, rule.place, 'duplicate_id', `the id ${rule.id} is taken by ${earlier.place.file}:${earlier.place.line}`));
    else first.set(rule.id, rule);
  }
  if (problems.length > 0) return { ruleset: null, problems };
  return { ruleset: createRuleset(contentOf(files), rules, ceilings), problems };
}

function contentOf(files: readonly RuleFile[]): string {
  return canonicalJson(files.map(({ name, text }) => ({ name, text })));
}

function createRuleset(content: string, rules: readonly Rule[], ceilings: Readonly<Record<string, bigint>>): Ruleset {
  const remembered = new Map<string, readonly Rule[]>();
  return {
    version: `sha256:${createHash('sha256').update(content).digest('hex')}`,
    content,
    rules,
    ceilings,
    matching(facts) {
      const key = keyOf(facts);
      let found = remembered.get(key);
      if (!found) {
        const context = contextOf(facts);
        found = rules.filter((rule) => matches(rule, context));
        if (remembered.size >= MAX_REMEMBERED) remembered.clear();
        remembered.set(key, found);
      }
      return found;
    },
  };
}

/** Whether the rule's condition and its file's hold. */
function matches(rule: Rule, context: Context): boolean {
  return rule.given.holds(context) && rule.when.holds(context);
}

const ENTRY_NAMES = Object.keys(FACTS.entry) as (keyof Facts['entry'])[];
const CANDIDATE_NAMES = Object.keys(FACTS.candidate) as (keyof Facts['candidate'])[];

function keyOf({ entry, candidate }: Facts): string {
  let key = '';
  for (const name of ENTRY_NAMES) key += `${entry[name]} `;
  for (const name of CANDIDATE_NAMES) key += `${candidate[name]} `;
  return key;
}

/** The rules of a file; what is wrong with it goes to the problems, and its ceilings to those of the others, the lowest of a currency. */
function readRules(file: RuleFile, problems: Problem[], ceilings: Record<string, bigint>): Rule[] {
  const lines = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: lines });
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file: file.name, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const report = (place: Place, message: string): void => void problems.push(problemAt([file], place, 'invalid', message));

  if (document.errors.length > 0) {
    report(placeOf(document.errors[0]!.pos[0]), document.errors[0]!.message.split('\n')[0]!);
    return [];
  }
  const parsed = fileSchema.safeParse(document.toJS());
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path;
      report(placeOf(offsetOf(document, path)), `${path.join('.') || 'the file'}: ${issue.code === 'invalid_key' ? issue.issues[0]!.message : issue.message}`);
    }
    return [];
  }

  const condition = (path: PropertyKey[], source: string): Condition => {
    try {
      return compileCondition(source);
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      report(placeOf(offsetWithin(document, path, source, error.offset, file.text)), error.message);
      return NEVER;
    }
  };
  const facts = (path: PropertyKey[], stated: z.infer<typeof example>): Example => {
    const entry: Record<string, unknown> = { ...BASELINE.entry };
    const candidate: Record<string, unknown> = { ...BASELINE.candidate };
    for (const [name, value] of Object.entries(stated)) {
      const [group, field] = name.split('.') as ['entry' | 'candidate', string];
      const fact = FACTS[group]?.[field];
      const misfit = fact && misfitOf(fact, value);
      if (!fact || misfit) report(placeOf(offsetOf(document, [...path, name])), fact ? `${name} is ${misfit}` : `no such fact: ${name}`);
      else (group === 'entry' ? entry : candidate)[field] = value;
    }
    return { facts: { entry, candidate } as unknown as Facts, place: placeOf(offsetOf(document, path)) };
  };

  for (const [currency, ceiling] of Object.entries(parsed.data.ceilings)) {
    if (ceilings[currency] === undefined || BigInt(ceiling) < ceilings[currency]) ceilings[currency] = BigInt(ceiling);
  }
  const given = condition(['given'], parsed.data.given);
  return parsed.data.rules.map((rule, i) => {
    for (const [, name] of rule.explanation.matchAll(/\{([^{}]*)\}/g)) {
      if ((PLACEHOLDERS as readonly string[]).includes(name!)) continue;
      report(placeOf(offsetOf(document, ['rules', i, 'explanation'])), `{${name}} is none of {${PLACEHOLDERS.join('}, {')}}`);
    }
    return Object.assign(rule, {
      given,
      when: condition(['rules', i, 'when'], rule.when),
      limits: Object.fromEntries(Object.entries(rule.limits).map(([currency, ceiling]) => [currency, BigInt(ceiling)])),
      examples: {
        match: rule.examples.match.map((stated, j) => facts(['rules', i, 'examples', 'match', j], stated)),
        no_match: rule.examples.no_match.map((stated, j) => facts(['rules', i, 'examples', 'no_match', j], stated)),
      },
      place: placeOf(offsetOf(document, ['rules', i])),
    });
  });
}

/** Stands in for a condition that is wrong, so that the rest of the file is still checked. */
const NEVER: Condition = compileCondition('false');

/** The offset of the node at a path, or of its nearest parent that is there; of a key that should not be, the key's own. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1];
    const key = isMap(parent) ? parent.items.find((pair) => (pair.key as Scalar).value === name)?.key : document.getIn(path.slice(0, length), true);
    const range = (key as Scalar | undefined)?.range;
    if (range) return range[0];
  }
  return 0;
}

/**
 * Where in the file an offset of a condition stands. YAML folds and indents, but it never drops or moves a character that is not
 * white space, so the n-th such character of the condition is the n-th of its scalar.
 */
function offsetWithin(document: Document.Parsed, path: readonly PropertyKey[], source: string, offset: number, text: string): number {
  const scalar = document.getIn(path, true) as Scalar;
  let at = scalar.range![0];
  if (scalar.type === 'BLOCK_FOLDED' || scalar.type === 'BLOCK_LITERAL') at = text.indexOf('\n', at);
  else if (scalar.type !== 'PLAIN') at++;
  // The source was trimmed, and an error at its very end points behind its last character.
  const before = source.slice(0, offset).replace(/[\s\\]/g, '').length;
  const atEnd = source.slice(offset).trim() === '';
  for (let seen = 0; at < scalar.range![1]; at++) {
    if (/[\s\\]/.test(text[at]!)) continue;
    if (seen === before) return at;
    seen++;
    if (atEnd && seen === before) return at + 1;
  }
  return at;
}

/** The examples are the rules' tests: do they hold, are there any, and does a rule ever get its turn? */
function checkExamples(ruleset: Ruleset, files: readonly RuleFile[]): Problem[] {
  const problems: Problem[] = [];
  const report = (place: Place, kind: Problem['kind'], message: string): void => void problems.push(problemAt(files, place, kind, message));
  for (const rule of ruleset.rules) {
    const { match, no_match } = rule.examples;
    const others = no_match.map(({ facts }) => contextOf(facts));
    for (const { facts, place } of match) {
      if (!matches(rule, contextOf(facts))) report(place, 'example_fails', `${rule.id} should match this example and does not`);
    }
    others.forEach((context, i) => {
      if (matches(rule, context)) report(no_match[i]!.place, 'example_fails', `${rule.id} should not match this example and does`);
    });
    if (match.length === 0 || no_match.length === 0) {
      report(rule.place, 'missing_examples', `${rule.id} has no example that ${match.length === 0 ? 'must match' : 'must not match'}`);
    }
    // What posts by itself must notice the loss of any part of its condition.
    const { clauses } = rule.when;
    for (const part of rule.outcome === 'review' ? [] : clauses) {
      if (others.some((context) => rule.given.holds(context) && clauses.every((clause) => clause.holds(context) !== (clause === part)))) continue;
      report(rule.place, 'missing_examples', `${rule.id} has no example that must not match for the sole reason that ${part.source} does not hold`);
    }
    const takers = match.map(({ facts }) => ruleset.matching(facts)[0]).filter((taker) => taker !== undefined);
    if (takers.length > 0 && takers.every((taker) => taker !== rule)) {
      const ids = new Set(takers.map(({ id }) => id));
      report(rule.place, 'unreachable', `${rule.id} never gets its turn in its examples: they are taken by ${[...ids].join(', ')}`);
    }
  }
  return problems;
}

function problemAt(files: readonly RuleFile[], place: Place, kind: Problem['kind'], message: string): Problem {
  const line = files.find(({ name }) => name === place.file)!.text.split(/\r?\n/)[place.line - 1] ?? '';
  return { ...place, kind, message, excerpt: `${line}\n${' '.repeat(place.column - 1)}^` };
}

function failureOf(problem: Problem): Failure {
  const { file, line, column, message, excerpt } = problem;
  return new Failure('configuration', `${file}:${line}:${column}: ${message} (tieout rules check shows all problems)\n${excerpt}`, { line, column, field: file });
}
