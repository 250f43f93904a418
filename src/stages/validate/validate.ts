import { accountKey } from '../../core/account.ts';
import type { Candidate, CandidateAllocation, CandidateFacts, EntryFacts, Evidence, NamedBy } from '../../core/evidence.ts';
import { NAMED_BY } from '../../core/evidence.ts';
import { effectOf } from '../../core/finding.ts';
import { keysInText, type KeyForm } from '../../core/invoice-key.ts';
import { canonicalReference } from '../../core/reference.ts';
import { normaliseReference } from '../../core/text.ts';
import { discountInTime, directionOf, explainAmount, nextInstalment, type Fit } from './amount-fit.ts';
import { bankTypeOf } from './bank-type.ts';
import { findCombination, type Choice, type Member } from './combination.ts';
import type { Books, Item, Leaf } from './contract.ts';
import { findPayer, namesOf, payerOf, relationOf, type Payer } from './payer.ts';

/** A place in an entry that may name an invoice: the forms under which it is looked up, strongest first. */
interface Mention {
  readonly keys: readonly { form: KeyForm; key: string }[];
  /** Which text it stands in, and where, so that a number inside a longer one that hit is passed over. */
  readonly text: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Every place where the entry may name an invoice: the structured reference and the end-to-end id as they stand, then what in the
 * text has the shape of a number of the company's own, longest first.
 */
function mentionsOf(leaf: Leaf, shapes: ReadonlySet<string>): Mention[] {
  const mentions: Mention[] = [];
  const field = (form: KeyForm, key: string, text: string): void => void mentions.push({
    keys: [{ form, key }, { form: 'number', key: normaliseReference(text) }], text: -mentions.length - 1, start: 0, end: text.length,
  });
  if (leaf.structured_reference !== null) field('reference', canonicalReference(leaf.structured_reference), leaf.structured_reference);
  if (leaf.end_to_end_id !== null) field('end_to_end', normaliseReference(leaf.end_to_end_id), leaf.end_to_end_id);
  for (const [text, words] of [leaf.remittance, leaf.customer_reference].entries()) {
    if (words === null) continue;
    for (const { form, key, start, end } of keysInText(words, shapes)) mentions.push({ keys: [{ form, key }], text, start, end });
  }
  return mentions;
}

/** What the text names: each mention's invoices, those of a longer number before those inside it. */
interface Named {
  items: Item[];
  named_by: NamedBy;
  /** Every mention leads to exactly one invoice. */
  resolved: boolean;
  refused: Evidence['refused'];
}

/** A leaf with what is read out of its text, once: what is looked up of the books follows from it. */
export interface ReadLeaf {
  leaf: Leaf;
  /** The other side's account as accounts are compared; null where none is shown. */
  account_key: string | null;
  mentions: readonly Mention[];
  names: readonly string[];
}

export function readLeaf(leaf: Leaf, shapes: ReadonlySet<string>): ReadLeaf {
  const account_key = leaf.counterparty_account === null ? null : accountKey(leaf.counterparty_account) || null;
  return { leaf, account_key, mentions: mentionsOf(leaf, shapes), names: namesOf(leaf) };
}

/** A leaf whose other side and named invoices were looked up. */
export interface IdentifiedLeaf {
  leaf: Leaf;
  account_key: string | null;
  payer: Payer;
  named: Named;
  /** The parties whose open items it may pay without a name for them. */
  wanted: readonly string[];
}

export function identifyLeaf(read: ReadLeaf, books: Books): IdentifiedLeaf {
  const { leaf, account_key, mentions } = read;
  const payer = findPayer(read, books);
  const named = findNamed(leaf, mentions, payer, books);
  return { leaf, account_key, payer, named, wanted: partiesWanted(leaf, payer, named, books) };
}

/**
 * The parties whose open items must be looked at: none where what is named by itself explains the amount exactly, so that an unrelated
 * invoice never changes an explicit match.
 */
function partiesWanted(leaf: Leaf, payer: Payer, named: Named, books: Books): readonly string[] {
  const one = payerOf(payer);
  if (one === null) return [];
  const explained = named.items.length > 0 && named.resolved && named.refused.length === 0 && explainAmount(leaf, named.items, books.party(one)).fit === 'exact';
  return explained ? [] : books.payableFor(one);
}

/**
 * Gathers the evidence for one leaf: candidates with typed facts, no verdict. Amount, currency and sign are gates: an item that could
 * not be settled by this entry is refused with its reason.
 */
export function gatherEvidence({ leaf, account_key, payer, named, wanted }: IdentifiedLeaf, books: Books): Evidence {
  const candidates = [
    ...returnCandidates(leaf, books),
    ...namedCandidates(leaf, named, payer, books),
    ...inferredCandidates(leaf, named, payer, wanted, books),
    ...otherCandidates(leaf, named, payer),
  ];
  return {
    account_id: leaf.account_id,
    amount: String(leaf.amount),
    booking_date: leaf.booking_date,
    candidates: candidates.toSorted(byScore),
    content_key: contentKey(leaf, account_key),
    entry_id: String(leaf.entry_id),
    facts: entryFacts(leaf, payer, named),
    line: leaf.line,
    refused: [...named.refused, ...notOpen(named.items)],
    statement_id: String(leaf.statement_id),
    status: leaf.status,
    value_date: leaf.value_date,
  };
}

/**
 * A number's bare digits are weaker than its whole form, and anything may look like them: they are heard only where what is named in
 * whole does not already explain the amount.
 */
function findNamed(leaf: Leaf, mentions: readonly Mention[], payer: Payer, books: Books): Named {
  const whole = resolve(leaf, mentions.filter((mention) => mention.keys[0]!.form !== 'digits'), payer, books);
  if (mentions.every((mention) => mention.keys[0]!.form !== 'digits')) return whole;
  if (whole.resolved && whole.items.length > 0 && fitOf(leaf, whole.items, statusOf(whole.items), books).fit === 'exact') return whole;
  return resolve(leaf, mentions, payer, books);
}

function resolve(leaf: Leaf, mentions: readonly Mention[], payer: Payer, books: Books): Named {
  const items = new Map<bigint, { item: Item; form: KeyForm }>();
  const refused = new Map<string, Evidence['refused'][number]>();
  const heard: Mention[] = [];
  let resolved = true;
  for (const mention of mentions) {
    if (heard.some((other) => other.text === mention.text && other.start <= mention.start && mention.end <= other.end)) continue;
    const hit = mention.keys.find(({ form, key }) => books.itemsByKey(form, key).length > 0);
    if (!hit) continue;
    heard.push(mention);
    const { fitting, others } = sortHits(leaf, books.itemsByKey(hit.form, hit.key), payer, books);
    for (const other of others) refused.set(`${other.invoice_number} ${other.party_id} ${other.reason}`, other);
    if (fitting.length !== 1) resolved = false;
    for (const item of fitting) {
      // Named twice, by our reference and by its number in the text, an invoice is named by the stronger of the two.
      const before = items.get(item.invoice_id);
      if (before === undefined || weaker(before.form, hit.form) !== hit.form) items.set(item.invoice_id, { item, form: hit.form });
    }
  }
  const named = [...items.values()];
  return {
    items: named.map(({ item }) => item).sort(byNumber), resolved, refused: [...refused.values()],
    named_by: named.length === 0 ? 'none' : named.map(({ form }): NamedBy => form).reduce(weaker),
  };
}

/** Of the invoices with one number: those that this entry could settle; of several, those of the payer. */
function sortHits(leaf: Leaf, hits: readonly Item[], payer: Payer, books: Books): { fitting: Item[]; others: Evidence['refused'] } {
  const others: Evidence['refused'] = [];
  const refuse = (item: Item, reason: string): void => void others.push({ invoice_number: item.invoice_number, party_id: item.party_id, reason });
  const possible = hits.filter((item) => {
    const reason = gate(leaf, item);
    if (reason !== null) refuse(item, reason);
    return reason === null;
  });
  if (possible.length < 2) return { fitting: possible, others };
  const related = possible.filter((item) => !['unknown', 'contradicts'].includes(relationOf(payer, item.party_id, books)));
  if (related.length === 0) return { fitting: possible, others };
  for (const item of possible) if (!related.includes(item)) refuse(item, 'number_of_another_party');
  return { fitting: related, others };
}

/** Sign and currency: a credit note may be netted in a receipt or refunded by a payment; a debit note mirrored. */
function gate(leaf: Leaf, item: Item): string | null {
  if (item.currency !== leaf.currency) return 'other_currency';
  if (item.kind === 'receivable' && leaf.amount < 0n) return 'other_direction';
  if (item.kind === 'payable' && leaf.amount > 0n) return 'other_direction';
  return null;
}

function namedCandidates(leaf: Leaf, named: Named, payer: Payer, books: Books): Candidate[] {
  if (named.items.length === 0) return [];
  const status = statusOf(named.items);
  const all = candidate(leaf, payer, books, named.items, fitOf(leaf, named.items, status, books), {
    named_by: named.named_by, all_named: named.resolved, unique: named.resolved, status,
  });
  if (named.items.length === 1 || all.facts.amount === 'exact') return [all];
  const single = named.items.filter((item) => item.open > 0n && item.status === 'open')
    .map((item) => candidate(leaf, payer, books, [item], explainAmount(leaf, [item], books.party(item.party_id)), {
      named_by: named.named_by, all_named: false, unique: false, status: 'open',
    }))
    .filter(({ facts }) => facts.amount !== 'short' && facts.amount !== 'over');
  return [all, ...single];
}

/** Without a name for it: what the payer may pay and whose amount fits, alone or as a combination. */
function inferredCandidates(leaf: Leaf, named: Named, payer: Payer, wanted: readonly string[], books: Books): Candidate[] {
  const items: Item[] = [];
  for (const party_id of wanted) {
    const open = books.openItems(party_id);
    if (open === null) return [];
    items.push(...open.filter((item) => gate(leaf, item) === null));
  }
  if (items.length === 0) return [];
  items.sort(byNumber);
  const sign = leaf.amount < 0n ? -1n : 1n;
  const choices = items.map((item): Choice<Item> => ({ item, ways: waysOf(item, leaf).map((way) => way * directionOf(item) * sign) }));
  const combination = findCombination(choices, leaf.amount * sign);
  const unique = combination.found === 'one';
  const singles = items.map((item) => ({ item, fit: explainAmount(leaf, [item], books.party(item.party_id)) }))
    .filter(({ fit }) => fit.fit !== 'short' && fit.fit !== 'over');
  const out = singles.slice(0, MAX_SINGLES).map(({ item, fit }) => candidate(leaf, payer, books, [item], fit, {
    named_by: 'none', all_named: named.items.length === 0 && named.refused.length === 0,
    // Another item or combination with this amount makes it one of several.
    unique: unique && combination.first.length === 1 && combination.first[0]!.item === item, status: 'open',
  }));
  if (combination.first !== null && combination.first.length > 1) {
    out.push(candidate(leaf, payer, books, combination.first.map((member) => member.item), fitOfMembers(combination.first, leaf, sign), {
      named_by: 'none', all_named: named.items.length === 0 && named.refused.length === 0, unique, status: 'open',
    }));
  }
  if (out.length === 0 && named.items.length === 0) {
    // Nothing has the amount: the oldest open item that the payment could be a part of, for a person.
    const part = items.find((item) => item.open > leaf.amount * sign && directionOf(item) === sign);
    if (part) out.push(candidate(leaf, payer, books, [part], explainAmount(leaf, [part], books.party(part.party_id)), { named_by: 'none', all_named: true, unique: false, status: 'open' }));
  }
  return out;
}

/** More suggestions than this nobody reads, and five are shown. */
const MAX_SINGLES = 10;

/** The amounts with which an item may take part in a sum: in full, at its discount in time, as the next agreed instalment. */
function waysOf(item: Item, leaf: Leaf): bigint[] {
  const ways = [item.open];
  if (discountInTime(item, leaf)) ways.push(item.open - item.discount_amount!);
  const instalment = nextInstalment(item);
  if (instalment !== null && instalment !== item.open) ways.push(instalment);
  return ways;
}

function fitOfMembers(members: readonly Member<Item>[], leaf: Leaf, sign: bigint): Fit {
  const shares = members.map(({ item, amount }) => {
    const positive = amount * directionOf(item) * sign;
    const discount = discountInTime(item, leaf) && positive === item.open - item.discount_amount! ? item.discount_amount! : 0n;
    return { item, amount: positive, discount, charges: 0n, withholding: 0n };
  });
  const discounted = shares.some((part) => part.discount > 0n);
  const partly = shares.some((part) => part.amount + part.discount < part.item.open);
  return { fit: discounted ? 'discount' : partly ? 'instalment' : 'exact', shares };
}

function returnCandidates(leaf: Leaf, books: Books): Candidate[] {
  if (!isReturn(leaf)) return [];
  const earlier = leaf.end_to_end_id === null ? []
    : books.earlierByEndToEnd(leaf.end_to_end_id).filter((posting) => posting.amount === -leaf.amount && posting.currency === leaf.currency);
  const candidateOf = (reverses_decision_id: string | null, of: Partial<CandidateFacts>, score: number, reason: string): Candidate => ({
    allocations: [], facts: facts({ kind: 'return', ...of }), ledger_account: null, reasons: [reason], reverses_decision_id, score,
  });
  // What it gives back is not on the books, or not to be told: a person must know that it is a return.
  if (earlier.length === 0) return [candidateOf(null, { unique: false }, 400, 'return_of_unknown_entry')];
  const unique = earlier.length === 1;
  return earlier.map((posting) => candidateOf(
    String(posting.decision_id), { named_by: 'end_to_end', all_named: true, amount: 'exact', unique }, unique ? 950 : 500, 'return_of_earlier_entry'));
}

/** What is no invoice: the bank's own charges and interest, a transfer to ourselves, nobody we know. */
function otherCandidates(leaf: Leaf, named: Named, payer: Payer): Candidate[] {
  const out: Candidate[] = [];
  const bank_type = bankType(leaf);
  const plain = (kind: CandidateFacts['kind'], ledger_account: string, score: number, reason: string): Candidate => ({
    allocations: [], facts: facts({ kind, amount: 'none', all_named: named.items.length === 0 }), ledger_account, reasons: [reason], reverses_decision_id: null, score,
  });
  if (bank_type === 'fee') out.push(plain('bank_charge', 'bank_fees', 900, 'bank_type_fee'));
  if (bank_type === 'interest') out.push(plain('bank_charge', 'bank_interest', 900, 'bank_type_interest'));
  if (payer.account === 'own') out.push(plain('transfer', 'clearing', 900, 'own_account'));
  const shown = payer.account !== 'absent' || payer.name !== 'absent';
  const nobody = payer.by_account.length === 0 && payer.by_name.length === 0 && payer.account !== 'own';
  if (shown && nobody && named.items.length === 0 && named.refused.length === 0 && !isReturn(leaf) && bank_type === 'other') {
    out.push(plain('suspense', 'suspense', 300, 'nobody_we_know'));
  }
  return out;
}

function candidate(leaf: Leaf, payer: Payer, books: Books, items: readonly Item[], fit: Fit, rest: Partial<CandidateFacts>): Candidate {
  const parties = [...new Set(items.map((item) => item.party_id))];
  const relations = parties.map((party_id) => relationOf(payer, party_id, books));
  const relation = relations.reduce((a, b) => (RELATION_ORDER.indexOf(a) > RELATION_ORDER.indexOf(b) ? a : b));
  const contradictory = items.some((item) => item.contradictory) || parties.some((id) => books.party(id)?.contradictory ?? true)
    || (payer.by_account.length > 1);
  const all = facts({
    kind: 'invoices', amount: fit.fit, payer: relation, invoice_count: items.length, one_party: parties.length === 1, contradictory, ...rest,
  });
  return {
    allocations: fit.shares.map((part): CandidateAllocation => ({
      amount: String(part.amount * directionOf(part.item)), charges: String(part.charges), currency: part.item.currency,
      discount: String(part.discount), invoice_id: String(part.item.invoice_id), invoice_number: part.item.invoice_number, kind: part.item.kind,
      party_id: part.item.party_id, settled: String(part.amount), withholding: String(part.withholding),
    })),
    facts: all,
    ledger_account: null,
    reasons: [`named_by_${all.named_by}`, `payer_${all.payer}`, `amount_${all.amount}`, ...(leaf.amount < 0n ? ['payment_out'] : [])],
    reverses_decision_id: null,
    score: scoreOf(all),
  };
}

const RELATION_ORDER = ['account', 'name', 'pays_for', 'factor', 'unknown', 'contradicts'] as const;

/** Weights in thousandths, of the order of suggestions alone; no decision hangs on them. */
const NAMED_WEIGHT: Record<NamedBy, number> = { reference: 450, end_to_end: 450, number: 400, digits: 300, none: 100 };
const PAYER_WEIGHT: Record<CandidateFacts['payer'], number> = { account: 300, pays_for: 250, factor: 250, name: 220, unknown: 100, contradicts: 0 };
const AMOUNT_WEIGHT: Record<CandidateFacts['amount'], number> = {
  exact: 250, discount: 220, instalment: 220, withholding: 200, charges: 200, discount_late: 120, short: 80, over: 60, none: 0,
};
const NOT_OPEN_PENALTY = 300;
const NOT_ALL_NAMED_PENALTY = 100;
const PER_INVOICE_PENALTY = 2;

function scoreOf(of: CandidateFacts): number {
  const sum = NAMED_WEIGHT[of.named_by] + PAYER_WEIGHT[of.payer] + AMOUNT_WEIGHT[of.amount] - (of.invoice_count - 1) * PER_INVOICE_PENALTY
    - (of.status === 'open' ? 0 : NOT_OPEN_PENALTY) - (of.all_named ? 0 : NOT_ALL_NAMED_PENALTY);
  return Math.max(0, Math.min(1000, sum));
}

function facts(of: Partial<CandidateFacts> & Pick<CandidateFacts, 'kind'>): CandidateFacts {
  const { kind, ...rest } = of;
  // Members given in `rest` keep the place that they have here.
  return {
    all_named: false, amount: 'none', contradictory: false, invoice_count: 0, kind, legs: kind === 'transfer' ? 'one' : 'none', named_by: 'none',
    one_party: true, payer: 'unknown', status: 'open', unique: true, ...rest,
  };
}

function entryFacts(leaf: Leaf, payer: Payer, named: Named): EntryFacts {
  const bank_type = bankType(leaf);
  return {
    bank_type,
    counterparty_account: payer.account,
    counterparty_name: payer.name,
    currency: leaf.currency,
    direction: leaf.amount < 0n ? 'out' : 'in',
    is_return: isReturn(leaf),
    named_count: named.items.length + named.refused.length,
    needs_person: effectOf(leaf.findings) !== 'informs',
    proof: leaf.proof,
    text_cut: isCut(leaf.remittance),
  };
}

/** The bank's own booking type; what a batch booking lacks by just the charges that the bank shows for it is these charges. */
function bankType(leaf: Leaf): EntryFacts['bank_type'] {
  return leaf.findings.some((finding) => finding.code === 'batch_charges') ? 'fee' : bankTypeOf(leaf.transaction_code);
}

function isReturn(leaf: Leaf): boolean {
  return leaf.return_reason !== null || leaf.reversal || bankType(leaf) === 'return';
}

/** The lengths at which banks cut remittance information: SEPA's 140 and MT940's 6 × 65; many a text of one line just happens to have 35. */
const FIELD_LENGTHS = new Set([140, 390]);
const LINE_LENGTH = 35;
const MORE_FOLLOWS = /(?:\.\.\.|…|\+|&|,|;|\bu\.?a\.?|\betc\.?)$/i;

/** Whether more may follow than the text shows: it fills its field, fills a line and ends in a number, or ends in the middle of a list. */
function isCut(text: string | null): boolean {
  if (text === null) return false;
  return FIELD_LENGTHS.has(text.length) || (text.length === LINE_LENGTH && /[\d/-]$/.test(text)) || MORE_FOLLOWS.test(text.slice(-8));
}

function statusOf(items: readonly Item[]): CandidateFacts['status'] {
  const refused = notOpen(items).map(({ reason }) => reason);
  return refused.includes('cancelled') ? 'cancelled' : refused.includes('paid') ? 'paid' : 'open';
}

/** The invoices of which there is nothing to settle, and why. */
function notOpen(items: readonly Item[]): { invoice_number: string; party_id: string; reason: 'cancelled' | 'paid' }[] {
  return items.flatMap(({ invoice_number, party_id, status, open }) => {
    const reason = status === 'cancelled' ? 'cancelled' : status === 'paid' || open === 0n ? 'paid' : null;
    return reason === null ? [] : [{ invoice_number, party_id, reason }];
  });
}

function fitOf(leaf: Leaf, items: readonly Item[], status: CandidateFacts['status'], books: Books): Fit {
  if (status === 'open') return explainAmount(leaf, items, items.every((item) => item.party_id === items[0]!.party_id) ? books.party(items[0]!.party_id) : undefined);
  const open = items.filter((item) => item.status === 'open' && item.open > 0n);
  return open.length === 0 ? { fit: 'none', shares: [] } : explainAmount(leaf, open, undefined);
}

function weaker(a: NamedBy, b: NamedBy): NamedBy {
  return NAMED_BY.indexOf(a) > NAMED_BY.indexOf(b) ? a : b;
}

function byNumber(a: Item, b: Item): number {
  if (a.invoice_number !== b.invoice_number) return a.invoice_number < b.invoice_number ? -1 : 1;
  return a.party_id < b.party_id ? -1 : a.party_id > b.party_id ? 1 : 0;
}

/** The best first; equals by what they say, never by arrival. */
function byScore(a: Candidate, b: Candidate): number {
  if (a.score !== b.score) return b.score - a.score;
  const [x, y] = [a, b].map((of) => of.facts.kind + of.allocations.map((part) => `${part.invoice_number}\t${part.party_id}\t${part.amount}`).join('\n'));
  return x! < y! ? -1 : x! > y! ? 1 : 0;
}

/** What orders equals: the entry's own content, whatever document and line brought it. */
function contentKey(leaf: Leaf, account_key: string | null): string {
  return [account_key, leaf.counterparty_name, leaf.end_to_end_id,
    leaf.bank_reference, leaf.structured_reference, leaf.remittance].map((part) => part ?? '').join('\t');
}

