import type { Candidate, CandidateAllocation, Evidence } from '../../core/evidence.ts';
import { formatMoney } from '../../core/money.ts';
import { contextOf } from './condition.ts';
import type { Facts } from './facts.ts';
import type { Rule, Ruleset } from './rules.ts';

export type Mode = 'off' | 'suggest' | 'auto';

/** What a company allows to be posted without a person; a rule that is not named follows the company. */
export interface Modes {
  readonly company: Mode;
  readonly rules: Readonly<Record<string, Mode>>;
}

/** The best explanation that was not taken, and by how much strength it came behind. */
export interface RunnerUp {
  allocations: CandidateAllocation[];
  ledger_account: string | null;
  reasons: string[];
  rule_id: string | null;
  strength: number;
  margin: number;
}

/** What a person may choose; without allocations, ledger account and decision to return it says that the entry is none of ours. */
export interface Suggestion {
  allocations: CandidateAllocation[];
  ledger_account: string | null;
  /** Whose account the entry is put on, where it is. */
  party_id?: string;
  reverses_decision_id: string | null;
  score: number;
  reasons: string[];
}

/** A decision about one entry by itself, before the batch's conflicts are solved. */
export interface DecisionDraft {
  outcome: 'auto' | 'review' | 'suspense';
  rule: { id: string; version: string } | null;
  reason: string;
  explanation: string;
  score: number | null;
  /** The strength of the rule, 0 to 100; orders the entries that want the same invoice. */
  strength: number;
  /** The place in the review queue, highest first. */
  priority: number;
  /** What is posted, or would be but for the mode; else null. */
  chosen: Candidate | null;
  runner_up: RunnerUp | null;
  /** The best first, also of an automatic decision: the batch may still hand it to a person. */
  suggestions: Suggestion[];
}

/** What `tieout explain` shows: every candidate with every rule's conditions and their values. */
export interface DecisionExplanation {
  draft: DecisionDraft;
  candidates: {
    candidate: Candidate;
    /** `taken`, or why it was not: the gate, the rule that leaves it to a person, what held it back, or the stronger one. */
    verdict: string;
    /** Why it is never posted automatically, whatever the rules say. */
    gate: string | null;
    rules: {
      id: string; owner: string; outcome: Rule['outcome']; mode: Mode; matched: boolean;
      /** Whether what all rules of its file share holds: else the rule is about something else. */
      applies: boolean;
      clauses: { source: string; holds: boolean; values: Record<string, string | number | boolean> }[];
    }[];
  }[];
  refused: Evidence['refused'];
}

/** The interchange shows at most this many; a longer list helps nobody to choose. */
export const MAX_SUGGESTIONS = 5;
/** Keeps the sentence readable for a payment of hundreds of invoices. */
const MAX_NUMBERS_NAMED = 10;

/** A candidate with what the rules make of it. */
interface Weighed {
  readonly candidate: Candidate;
  /** What it would post, as text: equal for candidates that differ only in how they were found. */
  readonly effect: string;
  /** The first rule that holds and is not switched off. */
  readonly rule: Rule | null;
  /** The strength as an automatic explanation, whatever is switched off; 0 when it is none. A rival is one by evidence, not by mode. */
  readonly strength: number;
}

/**
 * Decides about one entry from its evidence alone: posts the strongest automatic explanation when it passes the gates and no other
 * explanation is as strong; else says why a person is needed. Pure, and independent of the order of the candidates.
 */
export function decide(evidence: Evidence, ruleset: Ruleset, modes: Modes): DecisionDraft {
  const weighed = evidence.candidates.map((candidate) => weigh(evidence, candidate, ruleset, modes)).toSorted(byWeight);
  const leading = weighed.find(({ rule }) => rule !== null && rule.outcome !== 'review');
  const telling = leading ?? mostTelling(weighed);
  const rule = telling?.rule ?? null;
  const draft: DecisionDraft = {
    outcome: rule?.outcome ?? 'review',
    rule: rule && { id: rule.id, version: ruleset.version },
    reason: rule?.reason ?? evidence.refused[0]?.reason ?? 'no_match',
    explanation: rule ? explain(rule, evidence, telling!.candidate) : unexplained(evidence),
    score: telling?.candidate.score ?? null,
    strength: rule?.strength ?? 0,
    priority: rule?.priority ?? 0,
    chosen: leading?.candidate ?? null,
    runner_up: null,
    suggestions: suggest(weighed),
  };
  const second = leading ? runnerUpOf(leading, weighed) : undefined;
  if (second) draft.runner_up = summaryOf(second, rule!.strength);
  const hold = leading ? holdOf(evidence, leading, second, ruleset, modes) : null;
  return hold ? { ...draft, outcome: 'review', ...hold, explanation: `${hold.explanation} ${draft.explanation}`, chosen: hold.reason === 'would_be_automatic' ? draft.chosen : null } : draft;
}

/** The same decision with everything that led to it. */
export function explainDecision(evidence: Evidence, ruleset: Ruleset, modes: Modes): DecisionExplanation {
  const draft = decide(evidence, ruleset, modes);
  const leading = evidence.candidates.map((candidate) => weigh(evidence, candidate, ruleset, modes)).toSorted(byWeight)[0]?.candidate;
  return {
    draft,
    candidates: evidence.candidates.map((candidate) => {
      const facts = { entry: evidence.facts, candidate: candidate.facts };
      const context = contextOf(facts);
      return {
        candidate,
        verdict: verdictOn(weigh(evidence, candidate, ruleset, modes), candidate === leading, draft, gateOf(evidence, candidate)),
        gate: gateOf(evidence, candidate),
        rules: ruleset.rules.map((rule) => {
          const clauses = [...rule.given.clauses, ...rule.when.clauses].map((clause) => ({
            source: clause.source, holds: clause.holds(context), values: Object.fromEntries(clause.facts.map((path) => [path, valueAt(facts, path)])),
          }));
          const applies = clauses.slice(0, rule.given.clauses.length).every(({ holds }) => holds);
          return { id: rule.id, owner: rule.owner, outcome: rule.outcome, mode: modeOf(rule, modes), matched: clauses.every(({ holds }) => holds), applies, clauses };
        }),
      };
    }),
    refused: evidence.refused,
  };
}

function verdictOn({ rule }: Weighed, leads: boolean, draft: DecisionDraft, gate: string | null): string {
  if (rule === null) return 'no rule holds';
  if (rule.outcome === 'review') return `${rule.id}: ${rule.reason}`;
  if (leads) return draft.outcome === 'review' ? draft.reason : 'taken';
  return gate ?? (draft.outcome === 'review' ? `held back with the best one: ${draft.reason}` : `${rule.id}, of strength ${rule.strength}, is weaker than ${draft.rule!.id}, or says the same`);
}

function weigh(evidence: Evidence, candidate: Candidate, ruleset: Ruleset, modes: Modes): Weighed {
  const matching = ruleset.matching({ entry: evidence.facts, candidate: candidate.facts });
  const [first] = matching;
  return {
    candidate,
    effect: effectOf(candidate),
    // A rule that posts nothing guards the ones behind it and cannot be switched off.
    rule: matching.find((rule) => rule.outcome === 'review' || modes.rules[rule.id] !== 'off') ?? null,
    strength: first && first.outcome !== 'review' ? first.strength : 0,
  };
}

function byWeight(a: Weighed, b: Weighed): number {
  return postingStrength(b) - postingStrength(a) || b.strength - a.strength || b.candidate.score - a.candidate.score
    || compare(a.effect, b.effect) || compare(`${a.rule?.id} ${a.candidate.reasons.join()}`, `${b.rule?.id} ${b.candidate.reasons.join()}`);
}

/** By code units: an order that no database's collation changes. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function postingStrength({ rule }: Weighed): number {
  return rule && rule.outcome !== 'review' ? rule.strength : -1;
}

/** Of the candidates that need a person, the one whose rule says most about why; the best explanation among equals. */
function mostTelling(weighed: readonly Weighed[]): Weighed | undefined {
  return weighed.reduce<Weighed | undefined>((best, next) => ((next.rule?.strength ?? -1) > (best?.rule?.strength ?? -1) ? next : best), undefined);
}

/** Of the candidates that would post something else, the strongest. */
function runnerUpOf(leading: Weighed, weighed: readonly Weighed[]): Weighed | undefined {
  return weighed.reduce<Weighed | undefined>((best, next) => (next.effect !== leading.effect && next.strength > (best?.strength ?? -1) ? next : best), undefined);
}

/** Why the leading explanation must not be posted without a person; null when it may. */
function holdOf(evidence: Evidence, leading: Weighed, second: Weighed | undefined, ruleset: Ruleset, modes: Modes): { reason: string; explanation: string } | null {
  const rule = leading.rule!;
  const gate = gateOf(evidence, leading.candidate);
  if (gate) return { reason: gate, explanation: GATES[gate] };
  if (second && second.strength >= rule.strength) return { reason: 'rival', explanation: 'Another explanation fits as well as this one.' };
  const [own, of_all] = [rule.limits[evidence.facts.currency], ruleset.ceilings[evidence.facts.currency]];
  const ceiling = own === undefined || (of_all !== undefined && of_all < own) ? of_all : own;
  const amount = BigInt(evidence.amount);
  if (ceiling !== undefined && (amount < 0n ? -amount : amount) > ceiling) {
    return { reason: 'over_limit', explanation: `Above ${formatMoney(ceiling, evidence.facts.currency)} ${evidence.facts.currency} a person decides.` };
  }
  const mode = modeOf(rule, modes);
  if (mode === 'off') return { reason: 'automatic_off', explanation: 'Automatic decisions are switched off.' };
  if (mode === 'suggest') return { reason: 'would_be_automatic', explanation: 'This would have been automatic.' };
  return null;
}

const CAREFUL: readonly Mode[] = ['off', 'suggest', 'auto'];

/** The more careful of the company's mode and the rule's. */
function modeOf(rule: Rule, modes: Modes): Mode {
  return CAREFUL[Math.min(CAREFUL.indexOf(modes.company), CAREFUL.indexOf(modes.rules[rule.id] ?? 'auto'))]!;
}

/** What no rule can allow. */
const GATES = {
  line_needs_person: 'Something about the line itself is for a person.',
  unproven: 'The document was read by inference and its arithmetic does not prove the reading.',
  contradictory_master_data: 'The master data behind this contradicts itself.',
  amount_differs: 'What would be settled is not the amount of the entry.',
  currency_differs: 'An invoice is in another currency than the entry, and the bank shows no exchange.',
  nothing_to_post: 'Nothing says where this would be posted.',
} as const;

/** Amount, currency and sign are gates: a rule may be wrong, but it cannot post what does not add up. */
function gateOf(evidence: Evidence, { facts, allocations, ledger_account, reverses_decision_id }: Candidate): keyof typeof GATES | null {
  if (evidence.facts.needs_person) return 'line_needs_person';
  if (evidence.facts.proof === 'unproven_inferred') return 'unproven';
  if (facts.contradictory) return 'contradictory_master_data';
  if (facts.kind === 'return') return reverses_decision_id === null ? 'nothing_to_post' : null;
  if (facts.kind !== 'invoices') return ledger_account === null || allocations.length > 0 ? 'nothing_to_post' : null;
  if (allocations.length === 0) return 'nothing_to_post';
  let sum = 0n;
  const invoices = new Set<string>();
  for (const { invoice_id, kind, currency, amount, settled } of allocations) {
    if (currency !== evidence.facts.currency && facts.exchange === 'none') return 'currency_differs';
    const moved = BigInt(amount);
    const inward = kind === 'receivable' || kind === 'debit_note';
    if (moved === 0n || moved > 0n !== inward || BigInt(settled) <= 0n || invoices.has(invoice_id)) return 'amount_differs';
    invoices.add(invoice_id);
    sum += moved;
  }
  return sum === BigInt(evidence.amount) ? null : 'amount_differs';
}

function effectOf({ facts, allocations, ledger_account, reverses_decision_id }: Candidate): string {
  const parts = allocations.map((part) => `${part.invoice_id}:${part.amount}:${part.settled}:${part.discount}:${part.charges}:${part.withholding}`);
  return `${parts.length === 1 ? parts[0] : parts.toSorted().join()}|${facts.kind === 'suspense' ? 'none of ours' : ledger_account ?? ''}|${reverses_decision_id ?? ''}`;
}

function summaryOf({ candidate, rule, strength }: Weighed, leading: number): RunnerUp {
  const { allocations, ledger_account, reasons } = candidate;
  return { allocations, ledger_account, reasons, rule_id: rule?.id ?? null, strength, margin: leading - strength };
}

const NONE_OF_OURS: Suggestion = { allocations: [], ledger_account: null, reverses_decision_id: null, score: 0, reasons: ['none_of_ours'] };

/** What differs in effect, best first; only what a person could accept, so no invoice that is paid already. */
function suggest(weighed: readonly Weighed[]): Suggestion[] {
  const seen = new Set<string>();
  const suggestions: Suggestion[] = [];
  for (const { candidate, effect } of weighed) {
    const { facts, allocations, ledger_account, party_id, reverses_decision_id, score, reasons } = candidate;
    const none = facts.kind === 'suspense';
    if (seen.has(effect) || (!none && allocations.length === 0 && ledger_account === null && reverses_decision_id === null)) continue;
    seen.add(effect);
    suggestions.push(none ? { allocations: [], ledger_account: null, reverses_decision_id: null, score, reasons: ['none_of_ours', ...reasons] }
      : { allocations, ledger_account, ...(party_id !== undefined && { party_id }), reverses_decision_id, score, reasons });
    if (suggestions.length === MAX_SUGGESTIONS) break;
  }
  if (suggestions.length === 0) suggestions.push(NONE_OF_OURS);
  return suggestions;
}

/** The rule's sentence. A candidate that settles nothing speaks of the invoices that were named and refused. */
function explain(rule: Rule, evidence: Evidence, candidate: Candidate): string {
  const spokenOf = candidate.allocations.length > 0 ? candidate.allocations : evidence.refused;
  return rule.explanation.replace(/\{(\w+)\}/g, (_, name: string) => {
    switch (name) {
      case 'amount': return `${formatMoney(BigInt(evidence.amount), evidence.facts.currency)} ${evidence.facts.currency}`;
      case 'party_id': return listOf(spokenOf.map(({ party_id }) => party_id));
      case 'invoice_numbers': return listOf(spokenOf.map(({ invoice_number }) => invoice_number));
      default: return candidate.ledger_account ?? 'no account';
    }
  });
}

/** There is no candidate: the invoices that are named cannot be settled by this, or none is. */
function unexplained({ refused }: Evidence): string {
  if (refused.length === 0) return 'Nothing that is open explains this entry.';
  return `It names ${listOf(refused.map(({ invoice_number }) => invoice_number))}, which it cannot settle: ${refused[0]!.reason.replaceAll('_', ' ')}.`;
}

/** Distinct names in their order. */
function listOf(names: readonly string[]): string {
  const distinct = [...new Set(names)];
  if (distinct.length === 0) return 'unknown';
  const rest = distinct.length - MAX_NUMBERS_NAMED;
  return distinct.slice(0, MAX_NUMBERS_NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

function valueAt(facts: Facts, path: string): string | number | boolean {
  const [group, name] = path.split('.') as ['entry', keyof Facts['entry']];
  return facts[group][name];
}
