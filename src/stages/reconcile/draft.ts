import { AGREED, type Evidence, type NamedBy } from '../../core/evidence.ts';
import { findLosers, type Contender } from './contend.ts';
import { decide, MAX_SUGGESTIONS, type DecisionDraft, type Modes } from './decide.ts';
import type { Ruleset } from './rules.ts';

/**
 * A decision as it is saved, of one entry and what its batch has told about it. The job makes it from the books, the replay from what the
 * log has kept; both by this code.
 */
export type Draft = Omit<DecisionDraft, 'outcome'> & { outcome: DecisionDraft['outcome'] | 'duplicate' | 'pending' };

export function alreadyOnTheBooks(): Draft {
  return plain('duplicate', 'already_on_the_books', 'The same bank entry is already on the books.');
}

export function notYetBooked(): Draft {
  return plain('pending', 'not_yet_booked', 'The bank has announced the entry and not booked it; it is decided when a booked statement brings it.');
}

/** By the rules alone, or, where it has lost what it claims to another entry, for a person. `contest` is this entry and those that have what it claims. */
export function decideEntry(evidence: Evidence, ruleset: Ruleset, modes: Modes, contest: readonly Contender[] | undefined): Draft {
  const draft = decide(evidence, ruleset, modes);
  if (!contest || !findLosers(contest).has(BigInt(evidence.entry_id))) return draft;
  if (contest.some((other) => other.waits)) {
    return { ...draft, outcome: 'review', chosen: null, reason: 'another_entry_waits', explanation: `An entry that waits for a person names the same invoice. ${draft.explanation}` };
  }
  return {
    ...draft, outcome: 'review', chosen: null, reason: 'settled_by_another_entry',
    explanation: 'Another entry of the same night settles or claims the same invoice, or returns the same payment.',
    // What it fits is settled with that, so that nothing is left to give it to.
    suggestions: [{ allocations: [], ledger_account: null, reverses_decision_id: null, score: draft.score ?? 0, reasons: ['settled_by_another_entry'] }, ...draft.suggestions].slice(0, MAX_SUGGESTIONS),
  };
}

function plain(outcome: 'duplicate' | 'pending', reason: string, explanation: string): Draft {
  return { outcome, rule: null, reason, explanation, score: null, strength: 0, priority: 0, chosen: null, runner_up: null, suggestions: [] };
}

/** What the decision consumes, or would: invoices, or (negative) the decision that it returns. */
export function claimsOf({ chosen }: Draft): bigint[] {
  if (!chosen) return [];
  return chosen.reverses_decision_id === null ? chosen.allocations.map((part) => BigInt(part.invoice_id)) : [-BigInt(chosen.reverses_decision_id)];
}

/** The invoices that the text names and the amount fits, by a candidate that is nonetheless for a person, and not since somebody else's account has paid. */
export function namedClaims({ candidates }: Evidence): bigint[] {
  const named = candidates.filter(({ facts }) => facts.kind === 'invoices' && NAMES.has(facts.named_by) && facts.all_named && facts.payer !== 'contradicts' && facts.status === 'open' && AGREED.has(facts.amount));
  return named.flatMap(({ allocations }) => allocations.map((part) => BigInt(part.invoice_id)));
}

const NAMES: ReadonlySet<NamedBy> = new Set<NamedBy>(['reference', 'end_to_end', 'number', 'digits']);

/** Whether the entry goes into the review queue. */
export function waits({ outcome }: Draft): boolean {
  return outcome === 'review' || outcome === 'suspense';
}

/** The one account to which the whole entry goes: null where invoices or a return take it, or nothing is posted. */
export function accountOf({ outcome, chosen }: Draft): string | null {
  if (outcome === 'duplicate' || outcome === 'pending') return null;
  if (outcome === 'review') return 'unallocated';
  return chosen ? chosen.ledger_account : 'suspense';
}
