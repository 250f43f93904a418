import type { Candidate, CandidateAllocation, CandidateFacts, NamedBy } from '../../core/evidence.ts';
import { directionOf } from './amount-fit.ts';
import type { Books, Item, Leaf } from './contract.ts';
import type { ExchangedFit } from './exchange.ts';
import { relationOf, type Payer } from './payer.ts';

/** One way to explain a leaf by invoices, with its facts and what it would post. `bonus` moves it among the suggestions alone. */
export function candidate(leaf: Leaf, payer: Payer, books: Books, items: readonly Item[], fit: ExchangedFit, rest: Partial<CandidateFacts>, bonus = 0): Candidate {
  const parties = [...new Set(items.map((item) => item.party_id))];
  const relations = parties.map((party_id) => relationOf(payer, party_id, books));
  const relation = relations.reduce((a, b) => (RELATION_ORDER.indexOf(a) > RELATION_ORDER.indexOf(b) ? a : b));
  const payers = [...payer.by_account, ...payer.by_name.map(({ party_id }) => party_id)];
  const contradictory = items.some((item) => item.contradictory) || parties.some((id) => books.party(id)?.contradictory ?? true) || payer.account_contradicts
    || (relations.some((one) => one === 'pays_for' || one === 'factor') && payers.some((id) => books.party(id)?.contradictory));
  const all = facts({
    kind: 'invoices', amount: fit.fit, exchange: fit.exchange, payer: relation, invoice_count: items.length, one_party: parties.length === 1, contradictory, ...rest,
  });
  return {
    allocations: fit.shares.map((part): CandidateAllocation => ({
      amount: String(part.moved * directionOf(part.item)), charges: String(part.charges), currency: part.item.currency,
      discount: String(part.discount), invoice_id: String(part.item.invoice_id), invoice_number: part.item.invoice_number, kind: part.item.kind,
      party_id: part.item.party_id, settled: String(part.amount), withholding: String(part.withholding),
    })),
    facts: all,
    ledger_account: null,
    reasons: [`named_by_${all.named_by}`, `payer_${all.payer}`, `amount_${all.amount}`, ...(all.exchange === 'none' ? [] : [`exchange_${all.exchange}`]), ...(leaf.amount < 0n ? ['payment_out'] : [])],
    reverses_decision_id: null,
    score: Math.max(0, Math.min(1000, scoreOf(all) + bonus)),
  };
}

const RELATION_ORDER = ['account', 'name', 'pays_for', 'factor', 'assigned', 'unknown', 'contradicts'] as const;

/** Weights in thousandths, of the order of suggestions alone; no decision hangs on them. */
const NAMED_WEIGHT: Record<NamedBy, number> = { reference: 450, end_to_end: 450, mandate: 400, number: 400, digits: 300, typo: 250, none: 100 };
const PAYER_WEIGHT: Record<CandidateFacts['payer'], number> = { account: 300, pays_for: 250, factor: 250, name: 220, assigned: 200, unknown: 100, contradicts: 0 };
const AMOUNT_WEIGHT: Record<CandidateFacts['amount'], number> = {
  exact: 250, discount: 220, instalment: 220, withholding: 200, charges: 200, discount_late: 120, short: 80, over: 60, none: 0,
};
const NOT_OPEN_PENALTY = 300;
const NOT_ALL_NAMED_PENALTY = 100;
const PER_INVOICE_PENALTY = 2;

function scoreOf(of: CandidateFacts): number {
  return NAMED_WEIGHT[of.named_by] + PAYER_WEIGHT[of.payer] + AMOUNT_WEIGHT[of.amount] - (of.invoice_count - 1) * PER_INVOICE_PENALTY
    - (of.status === 'open' ? 0 : NOT_OPEN_PENALTY) - (of.all_named ? 0 : NOT_ALL_NAMED_PENALTY);
}

/** A candidate's facts; what is not given is the plainest of its kind. */
export function facts(of: Partial<CandidateFacts> & Pick<CandidateFacts, 'kind'>): CandidateFacts {
  const { kind, ...rest } = of;
  // Members given in `rest` keep the place that they have here.
  return {
    all_named: false, amount: 'none', contradictory: false, exchange: 'none', invoice_count: 0, kind, legs: kind === 'transfer' ? 'one' : 'none', named_by: 'none',
    one_party: true, payer: 'unknown', status: 'open', undisputed: true, unique: true, ...rest,
  };
}
