import { Environment, ParseError, serialize } from '@marcbachmann/cel-js';
import type { ASTNode, SourceRange } from '@marcbachmann/cel-js';
import { isCurrency } from '../../core/money.ts';
import { FACTS } from './facts.ts';
import type { Fact, Facts } from './facts.ts';

/** A condition over the facts, in CEL (https://github.com/google/cel-spec), checked when it is compiled. */
export interface Condition {
  readonly source: string;
  holds(context: Context): boolean;
  /** The paths of the facts it looks at. */
  readonly facts: readonly string[];
  /** Whether it holds by the facts given alone; undefined where they do not tell. */
  holdsSoFar(facts: ReadonlyMap<string, string | number | boolean>): boolean | undefined;
  /** The literals that it compares a fact with. */
  comparedWith(path: string): readonly (string | number)[];
  /** The parts that must all hold, each with the facts it looks at; for explaining. */
  readonly clauses: readonly Clause[];
}

export interface Clause {
  readonly source: string;
  /** Fact paths such as `entry.direction`, in order. */
  readonly facts: readonly string[];
  holds(context: Context): boolean;
}

/** What is wrong with a condition, and where in its source (0-based offset). */
export class ConditionError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Far above any condition a person can read; keeps a hostile one from exhausting the stack. */
const LIMITS = { maxAstNodes: 300, maxDepth: 30, maxListElements: 50 };

const CEL_TYPE = { bool: 'bool', count: 'int', currency: 'string' } as const;

function fieldsOf(facts: Readonly<Record<string, Fact>>): Record<string, string> {
  return Object.fromEntries(Object.entries(facts).map(([name, { type }]) => [name, typeof type === 'string' ? CEL_TYPE[type] : 'string']));
}

/**
 * The facts as CEL wants them: whole numbers are its 64-bit integers, and an instance of a known class is taken as it is, where a plain
 * object is copied for every condition.
 */
class EntryContext {
  readonly named_count: bigint;

  constructor(facts: Facts['entry']) {
    Object.assign(this, facts);
    this.named_count = BigInt(facts.named_count);
  }
}

class CandidateContext {
  readonly invoice_count: bigint;

  constructor(facts: Facts['candidate']) {
    Object.assign(this, facts);
    this.invoice_count = BigInt(facts.invoice_count);
  }
}

export interface Context {
  readonly entry: EntryContext;
  readonly candidate: CandidateContext;
}

/** What conditions are held against. */
export function contextOf({ entry, candidate }: Facts): Context {
  return { entry: new EntryContext(entry), candidate: new CandidateContext(candidate) };
}

const environment = new Environment({ limits: LIMITS })
  .registerType('entry_facts', { ctor: EntryContext, fields: fieldsOf(FACTS.entry) })
  .registerType('candidate_facts', { ctor: CandidateContext, fields: fieldsOf(FACTS.candidate) })
  .registerVariable('entry', 'entry_facts')
  .registerVariable('candidate', 'candidate_facts');

/**
 * Compiles a condition. It may use facts, literals, lists, `&&`, `||`, `!`, comparisons and `in`, and nothing else: no function,
 * since `matches()` backtracks, and no arithmetic, since the facts already say what an amount means.
 * Throws a ConditionError for a syntax error, an unknown fact, a wrong type, or a literal that its fact never has.
 */
export function compileCondition(source: string): Condition {
  const program = attempt(() => environment.parse(source));
  const { valid, type, error } = program.check();
  if (!valid) throw new ConditionError(messageOf(error!), error!.range?.start ?? 0);
  if (type !== 'bool') throw new ConditionError(`is ${type}, where true or false is needed`, 0);
  checkNode(program.ast);
  return {
    source,
    holds: (context) => program(context) as boolean,
    facts: [...new Set(pathsOf(program.ast))],
    holdsSoFar: (facts) => holdsSoFar(program.ast, facts),
    comparedWith: (path) => literalsOf(program.ast, path),
    clauses: conjuncts(program.ast).map((node) => {
      const text = serialize(node);
      const clause = environment.parse(text);
      return { source: text, facts: [...new Set(pathsOf(node))], holds: (context) => clause(context) as boolean };
    }),
  };
}

/** Whether a fact can have the value; undefined when it can, else what it can be. */
export function misfitOf(fact: Fact, value: unknown): string | undefined {
  const { type } = fact;
  if (type === 'bool') return typeof value === 'boolean' ? undefined : 'true or false';
  if (type === 'count') return Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'a whole number';
  if (type === 'currency') return typeof value === 'string' && isCurrency(value) ? undefined : 'an ISO 4217 code';
  return typeof value === 'string' && Object.hasOwn(type, value) ? undefined : `one of ${Object.keys(type).join(', ')}`;
}

function attempt<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new ConditionError(error.summary, error.range?.start ?? 0);
  }
}

function messageOf(error: { code: string; summary: string; range?: SourceRange }): string {
  return error.code === 'no_such_key' ? error.summary.replace('No such key:', 'no such fact:') : error.summary;
}

/** What CEL's own types cannot say: which values a fact can have, and which parts of the language a condition may use. */
function checkNode(node: ASTNode): void {
  switch (node.op) {
    case '&&': case '||': node.args.forEach(checkNode); return;
    case '!_': checkNode(node.args); return;
    case '<': case '<=': case '>': case '>=':
      for (const side of node.args) {
        if (factAt(side)?.type !== 'count' && !isWholeNumber(side)) throw new ConditionError('only counts can be compared by size', side.start);
      }
      return;
    case '==': case '!=': {
      const [left, right] = node.args;
      if (factAt(left)) checkLiteral(factAt(left)!, right);
      else if (factAt(right)) checkLiteral(factAt(right)!, left);
      else throw new ConditionError('a comparison needs a fact on one side', node.start);
      return;
    }
    case 'in': {
      const [left, right] = node.args;
      const fact = factAt(left);
      if (!fact || right.op !== 'list') throw new ConditionError('`in` needs a fact before it and a list behind it', node.start);
      for (const item of right.args) checkLiteral(fact, item);
      return;
    }
    case '.':
      if (factAt(node)) return;
      break;
    case 'value':
      if (typeof node.args === 'boolean') return;
      break;
    case 'call': case 'rcall': throw new ConditionError(`functions are not allowed in a condition: ${node.args[0]}()`, node.start);
    default:
  }
  throw new ConditionError('only facts, literals, lists, &&, ||, !, comparisons and `in` are allowed in a condition', node.start);
}

function checkLiteral(fact: Fact, node: ASTNode): void {
  if (node.op !== 'value') throw new ConditionError('a fact is compared with a literal', node.start);
  const value = typeof node.args === 'bigint' ? Number(node.args) : node.args;
  const misfit = misfitOf(fact, value);
  if (misfit !== undefined) throw new ConditionError(`${node.input.slice(node.start, node.end)} is no value of this fact, which is ${misfit}`, node.start);
}

function isWholeNumber(node: ASTNode): boolean {
  return node.op === 'value' && typeof node.args === 'bigint';
}

function factAt(node: ASTNode): Fact | undefined {
  const path = pathAt(node);
  return path && FACTS[path[0]]?.[path[1]];
}

function pathAt(node: ASTNode): ['entry' | 'candidate', string] | undefined {
  return node.op === '.' && node.args[0].op === 'id' ? [node.args[0].args as 'entry' | 'candidate', node.args[1]] : undefined;
}

function pathsOf(node: ASTNode): string[] {
  const path = pathAt(node);
  if (path) return [path.join('.')];
  const children: unknown[] = Array.isArray(node.args) ? node.args : [node.args];
  return children.flatMap((child) => (typeof child === 'object' && child !== null && 'op' in child ? pathsOf(child as ASTNode) : []));
}

/** Kleene's three-valued logic over what checkNode lets pass. */
function holdsSoFar(node: ASTNode, facts: ReadonlyMap<string, string | number | boolean>): boolean | undefined {
  const valueOf = (side: ASTNode): string | number | boolean | undefined => {
    const path = pathAt(side);
    return path ? facts.get(path.join('.')) : literalOf(side);
  };
  switch (node.op) {
    case '&&': case '||': {
      const settles = node.op === '||';
      let open = false;
      for (const part of node.args) {
        const holds = holdsSoFar(part, facts);
        if (holds === settles) return settles;
        open ||= holds === undefined;
      }
      return open ? undefined : !settles;
    }
    case '!_': {
      const holds = holdsSoFar(node.args, facts);
      return holds === undefined ? undefined : !holds;
    }
    case 'in': {
      const [left, right] = node.args;
      const value = valueOf(left);
      return value === undefined ? undefined : (right as ASTNode & { op: 'list' }).args.some((item) => literalOf(item) === value);
    }
    case '==': case '!=': case '<': case '<=': case '>': case '>=': {
      const [left, right] = node.args.map(valueOf);
      if (left === undefined || right === undefined) return undefined;
      switch (node.op) {
        case '==': return left === right;
        case '!=': return left !== right;
        case '<': return left < right;
        case '<=': return left <= right;
        case '>': return left > right;
        default: return left >= right;
      }
    }
    default: return valueOf(node) as boolean | undefined;
  }
}

function literalOf(node: ASTNode): string | number | boolean | undefined {
  return node.op !== 'value' ? undefined : typeof node.args === 'bigint' ? Number(node.args) : node.args as string | boolean;
}

/** What stands on the other side of a fact. */
function literalsOf(node: ASTNode, path: string): (string | number)[] {
  if (node.op === 'value' || pathAt(node)) return [];
  const children: unknown[] = Array.isArray(node.args) ? node.args : [node.args];
  const sides = children.filter((side): side is ASTNode => typeof side === 'object' && side !== null && 'op' in side);
  if (!sides.some((side) => pathAt(side)?.join('.') === path)) return sides.flatMap((side) => literalsOf(side, path));
  return sides.flatMap((side) => (side.op === 'list' ? side.args : [side])).flatMap((side) => literalOf(side) ?? []).filter((value) => typeof value !== 'boolean');
}

function conjuncts(node: ASTNode): ASTNode[] {
  return node.op === '&&' ? node.args.flatMap(conjuncts) : [node];
}
