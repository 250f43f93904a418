import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Candidate, CandidateAllocation, CandidateFacts, EntryFacts, Evidence } from '../../../src/core/evidence.ts';
import { decide, explainDecision, type Modes } from '../../../src/stages/reconcile/decide.ts';
import { BASELINE } from '../../../src/stages/reconcile/facts.ts';
import { loadRuleset, parseRuleset } from '../../../src/stages/reconcile/rules.ts';

const RULESET = loadRuleset('rules');
const AUTO: Modes = { company: 'auto', rules: {} };

function allocation(invoice: string, amount: string, more: Partial<CandidateAllocation> = {}): CandidateAllocation {
  return {
    invoice_id: invoice, invoice_number: `INV-${invoice}`, party_id: 'C1', kind: 'receivable', currency: 'EUR', amount, settled: amount.replace('-', ''),
    discount: '0', charges: '0', withholding: '0', ...more,
  };
}

/** An explanation by invoice 1 of 100.00, with the facts given. */
function candidate(facts: Partial<CandidateFacts> = {}, allocations = [allocation('1', '10000')], more: Partial<Candidate> = {}): Candidate {
  return { facts: { ...BASELINE.candidate, ...facts }, allocations, ledger_account: null, reverses_decision_id: null, score: 900, reasons: [], ...more };
}

function evidence(candidates: Candidate[], facts: Partial<EntryFacts> = {}, more: Partial<Evidence> = {}): Evidence {
  return {
    entry_id: '1', statement_id: '1', line: 1, account_id: 1, status: 'booked', amount: '10000', booking_date: '2026-03-02', value_date: null, content_key: '', facts: { ...BASELINE.entry, ...facts },
    candidates, refused: [], ...more,
  };
}

function decided(...args: Parameters<typeof evidence>) {
  return decide(evidence(...args), RULESET, AUTO);
}

const OTHER = [allocation('2', '10000')];
const UNNAMED: Partial<CandidateFacts> = { named_by: 'none' };
const suspense = candidate({ kind: 'suspense', amount: 'none', payer: 'unknown' }, [], { ledger_account: 'suspense', score: 300 });
const STRANGER: Partial<EntryFacts> = { named_count: 0, counterparty_account: 'unknown', counterparty_name: 'unknown' };

test('what exactly one explanation fits is posted, with the rule, its version and a sentence', () => {
  expect(decided([candidate()])).toEqual({
    outcome: 'auto', rule: { id: 'receipt_number', version: RULESET.version }, reason: 'number_exact', strength: 90, priority: 0, score: 900,
    explanation: 'INV-1 of C1 is named and paid with exactly 100.00 EUR.', chosen: candidate(), runner_up: null,
    suggestions: [{ allocations: [allocation('1', '10000')], ledger_account: null, reverses_decision_id: null, score: 900, reasons: [] }],
  });
});

describe('rivals', () => {
  test('a second explanation that fits as well means review', () => {
    const draft = decided([candidate(), candidate({}, OTHER)]);
    expect(draft).toMatchObject({ outcome: 'review', reason: 'rival', chosen: null, runner_up: { strength: 90, margin: 0 } });
    expect(draft.suggestions).toHaveLength(2);
  });

  test('a weaker one is stored with its margin', () => {
    const weaker = candidate({ named_by: 'digits' }, OTHER);
    expect(decided([weaker, candidate()])).toMatchObject({ outcome: 'auto', reason: 'number_exact', runner_up: { allocations: OTHER, rule_id: 'receipt_digits', margin: 20 } });
  });

  test('the same allocations found in two ways are one explanation', () => {
    const draft = decided([candidate({ named_by: 'reference' }), candidate({ named_by: 'number' })]);
    expect(draft).toMatchObject({ outcome: 'auto', reason: 'reference_exact', runner_up: null });
    expect(draft.suggestions).toHaveLength(1);
  });

  test('a rule that is switched off still makes a rival', () => {
    const rivals = evidence([candidate({ named_by: 'reference' }), candidate({}, OTHER)]);
    expect(decide(rivals, RULESET, { company: 'auto', rules: { receipt_reference: 'off' } })).toMatchObject({ outcome: 'review', reason: 'rival' });
  });

  test('so does one that a gate holds back', () => {
    expect(decided([candidate(), candidate({ contradictory: true }, OTHER)])).toMatchObject({ outcome: 'review' });
  });

  test('the order of the candidates changes nothing', () => {
    const parts = fc.record({
      facts: fc.record({
        named_by: fc.constantFrom<CandidateFacts['named_by'][]>('reference', 'number', 'digits', 'none'), payer: fc.constantFrom<CandidateFacts['payer'][]>('account', 'name', 'unknown'),
        amount: fc.constantFrom<CandidateFacts['amount'][]>('exact', 'short'), all_named: fc.boolean(),
      }),
      invoice: fc.constantFrom('1', '2', '3'), score: fc.constantFrom(500, 900),
    });
    fc.assert(fc.property(fc.array(parts, { maxLength: 6 }), fc.nat(), (drawn, turn) => {
      const candidates = drawn.map(({ facts, invoice, score }) => candidate(facts, [allocation(invoice, '10000')], { score, reasons: [facts.named_by] }));
      const turned = candidates.toReversed();
      turned.push(...turned.splice(0, turn % (turned.length + 1)));
      const [one, two] = [decided(candidates), decided(turned)];
      expect({ ...two, chosen: two.chosen?.allocations }).toEqual({ ...one, chosen: one.chosen?.allocations });
    }));
  });
});

describe('gates that no rule opens', () => {
  const ALLOWS_ALL_TEXT = `rules:
  - { id: all, owner: nobody, sentence: Everything., when: "true", outcome: auto, reason: all, explanation: All., strength: 90, limits: { EUR: "10000" } }`;
  const ALLOWS_ALL = parseRuleset(JSON.stringify([{ name: 'all.yaml', text: ALLOWS_ALL_TEXT }]));
  const careless = (...args: Parameters<typeof evidence>) => decide(evidence(...args), ALLOWS_ALL, AUTO);

  test.each<[string, Candidate[], Partial<EntryFacts>, Partial<Evidence>]>([
    ['unproven', [candidate()], { proof: 'unproven_inferred' }, {}],
    ['contradictory_master_data', [candidate({ contradictory: true })], {}, {}],
    ['amount_differs', [candidate()], {}, { amount: '9999' }],
    ['amount_differs', [candidate()], { direction: 'out' }, { amount: '-10000' }],
    ['amount_differs', [candidate({}, [allocation('1', '10000', { kind: 'payable' })])], {}, {}],
    ['amount_differs', [candidate({}, [allocation('1', '5000'), allocation('1', '5000')])], {}, {}],
    ['amount_differs', [candidate({}, [allocation('1', '10000', { settled: '0' })])], {}, {}],
    ['currency_differs', [candidate()], { currency: 'USD' }, {}],
    ['nothing_to_post', [candidate({}, [])], {}, {}],
    ['nothing_to_post', [candidate({ kind: 'bank_charge' }, [])], {}, {}],
    ['nothing_to_post', [candidate({ kind: 'return' }, [])], {}, {}],
    ['over_limit', [candidate({}, [allocation('1', '10001')])], {}, { amount: '10001' }],
    ['over_limit', [candidate({}, [allocation('1', '-10001', { kind: 'payable' })])], { direction: 'out' }, { amount: '-10001' }],
  ])('%s', (reason, candidates, facts, more) => {
    expect(careless(candidates, facts, more)).toMatchObject({ outcome: 'review', reason, chosen: null });
  });

  test('the lower of a rule\'s limit and the ceilings of all files holds', () => {
    const under = (...ceilings: string[]) => parseRuleset(JSON.stringify([{ name: 'all.yaml', text: ALLOWS_ALL_TEXT }, ...ceilings.map((text, i) => ({ name: `c${i}.yaml`, text }))]));
    const of = (ruleset: ReturnType<typeof under>) => decide(evidence([candidate()]), ruleset, AUTO);
    expect(of(under('ceilings: { EUR: "10000" }'))).toMatchObject({ outcome: 'auto' });
    expect(of(under('ceilings: { EUR: "9999" }', 'ceilings: { EUR: "20000" }'))).toMatchObject({ outcome: 'review', reason: 'over_limit', explanation: expect.stringContaining('99.99 EUR') });
    expect(of(under('ceilings: { USD: "1" }'))).toMatchObject({ outcome: 'auto' });
  });

  test('a credit note is netted with its own sign, and the limit itself is within it', () => {
    const netted = [allocation('1', '12000'), allocation('2', '-2000', { kind: 'credit_note' })];
    expect(careless([candidate({}, netted)])).toMatchObject({ outcome: 'auto' });
  });
});

describe('modes', () => {
  test.each<[Modes['company'], Modes['rules'][string] | undefined, string, string]>([
    ['auto', undefined, 'auto', 'number_exact'],
    ['suggest', undefined, 'review', 'would_be_automatic'],
    ['off', undefined, 'review', 'automatic_off'],
    ['auto', 'suggest', 'review', 'would_be_automatic'],
    ['suggest', 'auto', 'review', 'would_be_automatic'],
    ['off', 'suggest', 'review', 'automatic_off'],
    ['auto', 'off', 'review', 'amount_differs'],
  ])('company %s, rule %s: %s, %s', (company, rule, outcome, reason) => {
    const modes: Modes = { company, rules: rule ? { receipt_number: rule } : {} };
    expect(decide(evidence([candidate()]), RULESET, modes)).toMatchObject({ outcome, reason });
  });

  test('nothing goes to suspense by itself while automatic posting is off', () => {
    expect(decide(evidence([suspense], STRANGER), RULESET, { company: 'off', rules: {} })).toMatchObject({ outcome: 'review', reason: 'automatic_off', chosen: null });
  });

  test('a rule that guards cannot be switched off', () => {
    const cut = evidence([candidate()], { text_cut: true });
    expect(decide(cut, RULESET, { company: 'auto', rules: { receipt_text_cut: 'off' } })).toMatchObject({ outcome: 'review', reason: 'text_cut' });
  });
});

/** Interchange, section 4, "Settled questions", and DESIGN "Matching", each with the fact that makes the difference. */
describe('settled questions, by the rules as shipped', () => {
  const out = (facts: Partial<CandidateFacts>) => candidate(facts, [allocation('1', '-10000', { kind: 'payable' })]);
  const PAID_OUT = { amount: '-10000' };

  test.each<[string, Candidate, Partial<EntryFacts>, string, string]>([
    ['a registered payer for the customer', candidate({ payer: 'pays_for' }), {}, 'auto', 'number_exact'],
    ['a stranger, however exact', candidate({ payer: 'unknown', named_by: 'reference' }), { counterparty_account: 'unknown', counterparty_name: 'unknown' }, 'review', 'payer_unknown'],
    ['another customer\'s account', candidate({ payer: 'contradicts', named_by: 'reference' }), {}, 'review', 'payer_contradicts'],
    ['a new account of a known customer', candidate({ payer: 'name', named_by: 'reference' }), { counterparty_account: 'unknown' }, 'auto', 'reference_exact'],
    ['a name and nothing else', candidate({ ...UNNAMED, payer: 'name' }), { named_count: 0, counterparty_account: 'absent' }, 'review', 'payer_by_name_only'],
    ['the only amount of a verified payer', candidate(UNNAMED), { named_count: 0 }, 'auto', 'only_item'],
    ['one of two such amounts', candidate({ ...UNNAMED, unique: false }), { named_count: 0 }, 'review', 'several_possible'],
    ['that amount beside a number of something else', candidate(UNNAMED), { named_count: 1 }, 'review', 'other_invoice_named'],
    ['digits from an account on file', candidate({ named_by: 'digits' }), {}, 'auto', 'digits_exact'],
    ['digits under a name', candidate({ named_by: 'digits', payer: 'name' }), { counterparty_account: 'absent' }, 'auto', 'digits_exact'],
    ['a slip of the hand', candidate({ named_by: 'typo' }), { named_count: 0 }, 'auto', 'typo_repaired'],
    ['a slip that could be another\'s too', candidate({ named_by: 'typo', unique: false }), { named_count: 0 }, 'review', 'number_mistyped'],
    ['the customer of a factored invoice', candidate({ payer: 'assigned' }), {}, 'review', 'assigned_to_factor'],
    ['the only amount, beside a prepayment', candidate({ ...UNNAMED, undisputed: false }), { named_count: 0 }, 'review', 'text_says_otherwise'],
    ['discount in time', candidate({ amount: 'discount' }), {}, 'auto', 'difference_agreed'],
    ['discount a day late', candidate({ amount: 'discount_late' }), {}, 'review', 'discount_late'],
    ['an agreed instalment', candidate({ amount: 'instalment' }), {}, 'auto', 'instalment'],
    ['a part payment', candidate({ amount: 'short' }), {}, 'review', 'short_payment'],
    ['an overpayment', candidate({ amount: 'over' }), {}, 'review', 'overpaid'],
    ['paid already', candidate({ status: 'paid' }, []), {}, 'review', 'invoice_paid'],
    ['cut text', candidate(), { text_cut: true }, 'review', 'text_cut'],
    ['some of the named', candidate({ all_named: false }), { named_count: 2 }, 'review', 'other_invoice_named'],
  ])('receipt: %s', (_, one, facts, outcome, reason) => {
    expect(decided([one], facts)).toMatchObject({ outcome, reason });
  });

  test.each<[string, Candidate, Partial<EntryFacts>, string, string, number]>([
    ['our order to the account on file', out({ named_by: 'end_to_end' }), {}, 'auto', 'payment_order', 0],
    ['our order to another account, first in the queue', out({ named_by: 'end_to_end', payer: 'name' }), { counterparty_account: 'unknown' }, 'review', 'payee_account_differs', 100],
    ['a number to the account on file', out({}), {}, 'auto', 'number_exact', 0],
    ['paid twice', out({ status: 'paid' }), {}, 'review', 'invoice_paid', 60],
    ['a combination without a list', out({ ...UNNAMED, invoice_count: 2 }), { named_count: 0 }, 'review', 'several_possible', 0],
  ])('payment: %s', (_, one, facts, outcome, reason, priority) => {
    expect(decided([one], { direction: 'out', ...facts }, PAID_OUT)).toMatchObject({ outcome, reason, priority });
  });

  test.each<[string, Candidate, Partial<EntryFacts>, string, string]>([
    ['a fee by the bank\'s type', candidate({ kind: 'bank_charge' }, [], { ledger_account: 'bank_fees' }), { bank_type: 'fee', counterparty_account: 'absent', counterparty_name: 'absent' }, 'auto', 'bank_fee'],
    ['a fee with a counterparty', candidate({ kind: 'bank_charge' }, [], { ledger_account: 'bank_fees' }), { bank_type: 'fee' }, 'review', 'charge_with_counterparty'],
    ['both legs', candidate({ kind: 'transfer', legs: 'both' }, [], { ledger_account: 'clearing' }), { counterparty_account: 'own', named_count: 0 }, 'auto', 'own_transfer'],
    ['one leg', candidate({ kind: 'transfer', legs: 'one' }, [], { ledger_account: 'clearing' }), { counterparty_account: 'own', named_count: 0 }, 'review', 'other_leg_missing'],
    ['a return', candidate({ kind: 'return', named_by: 'end_to_end' }, [], { reverses_decision_id: '7' }), { is_return: true }, 'auto', 'returned'],
    ['nobody we know', suspense, STRANGER, 'suspense', 'unknown_counterparty'],
  ])('other lines: %s', (_, one, facts, outcome, reason) => {
    expect(decided([one], facts)).toMatchObject({ outcome, reason });
  });
});

describe('review', () => {
  test('gives the reason that tells most, and says which rule gave it', () => {
    const draft = decided([candidate({ amount: 'short' }), candidate({ status: 'paid' }, [])]);
    expect(draft).toMatchObject({ reason: 'invoice_paid', rule: { id: 'receipt_invoice_paid' } });
  });

  test('without a candidate says why the named invoice was refused', () => {
    const refused = [{ invoice_number: 'INV-9', party_id: 'C1', reason: 'other_currency' }];
    expect(decided([], {}, { refused })).toMatchObject({ outcome: 'review', rule: null, reason: 'other_currency', explanation: 'It names INV-9, which it cannot settle: other currency.' });
    expect(decided([])).toMatchObject({ outcome: 'review', rule: null, reason: 'no_match', suggestions: [{ allocations: [], reasons: ['none_of_ours'] }] });
  });

  test('suggests at most five sets, best first, each once, and none of ours where nobody is known', () => {
    const many = Array.from({ length: 8 }, (_, i) => candidate({ ...UNNAMED, payer: 'unknown', unique: false }, [allocation(String(i < 6 ? i : i - 2), '10000')], { score: i * 10 }));
    const { outcome, suggestions } = decided([...many, suspense], STRANGER);
    expect(outcome).toBe('suspense');
    expect(suggestions.map(({ allocations }) => allocations.map(({ invoice_id }) => invoice_id))).toEqual([[], ['5'], ['4'], ['3'], ['2']]);
    expect(suggestions[0]!.reasons).toContain('none_of_ours');
  });

  test('a sentence about hundreds of invoices stays readable', () => {
    const all = Array.from({ length: 300 }, (_, i) => allocation(String(i), '100'));
    expect(decided([candidate({ invoice_count: 300 }, all)], { named_count: 300 }, { amount: '30000' }).explanation).toMatch(/INV-9 and 290 more of C1 are named/);
  });
});

test('an explanation says of every candidate why it was not taken', () => {
  const verdicts = (...args: Parameters<typeof evidence>) => explainDecision(evidence(...args), RULESET, AUTO).candidates.map(({ verdict }) => verdict);
  expect(verdicts([candidate(), candidate({ named_by: 'digits' }, OTHER), candidate({ amount: 'short' }, [allocation('3', '10000')])])).toEqual([
    'taken', 'receipt_digits, of strength 70, is weaker than receipt_number, or says the same', 'receipt_short: short_payment',
  ]);
  expect(verdicts([candidate(), candidate({}, OTHER)])).toEqual(['rival', 'held back with the best one: rival']);
});

test('an explanation shows every rule\'s conditions with the values they saw', () => {
  const { draft, candidates } = explainDecision(evidence([candidate({ payer: 'unknown', contradictory: true })]), RULESET, AUTO);
  expect(draft.outcome).toBe('review');
  expect(candidates[0]!.gate).toBe('contradictory_master_data');
  expect(candidates[0]!.rules).toHaveLength(RULESET.rules.length);
  const rule = candidates[0]!.rules.find(({ id }) => id === 'receipt_number')!;
  expect(rule).toMatchObject({ owner: 'receivables', outcome: 'auto', mode: 'auto', matched: false });
  expect(rule.clauses.filter(({ holds }) => !holds)).toEqual([
    { source: 'candidate.payer in ["account", "name", "pays_for", "factor"]', holds: false, values: { 'candidate.payer': 'unknown' } },
  ]);
});
