import { accountKeys } from '../../core/account.ts';
import { AGREED, type Candidate, type CandidateFacts, type EntryFacts, type Evidence, type NamedBy } from '../../core/evidence.ts';
import { effectOf } from '../../core/finding.ts';
import { normaliseReference } from '../../core/text.ts';
import { directionOf } from './amount-fit.ts';
import { bankTypeOf } from './bank-type.ts';
import { candidate, facts } from './candidate.ts';
import type { Books, EarlierPosting, Item, Leaf } from './contract.ts';
import { explainItems } from './exchange.ts';
import { inferredCandidates, partsOfNamed } from './infer.ts';
import { endsInNumber, endsInPart, endsInSeparator, fillsField, mentionsOf, saysMore, type Mention } from './mentions.ts';
import { explainsAmount, findNamed, fitOf, gate, notOpen, statusOf, type Named } from './named.ts';
import { payerOf, readName, type Payer, type ShownSide } from './payer.ts';

/** A leaf with what is read out of its text, once: what is looked up of the books follows from it. */
export interface ReadLeaf extends ShownSide {
  mentions: readonly Mention[];
}

export function readLeaf(leaf: Leaf, shapes: ReadonlySet<string>): ReadLeaf {
  const account_keys = leaf.counterparty_account === null ? [] : accountKeys(leaf.counterparty_account, leaf.counterparty_bank);
  return { leaf, account_keys, mentions: mentionsOf(leaf, shapes), name: readName(leaf) };
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

export function identifyLeaf({ leaf, account_keys, mentions }: ReadLeaf, books: Books, payer: Payer): IdentifiedLeaf {
  const named = findNamed(leaf, mentions, payer, books);
  return { leaf, account_key: account_keys[0] ?? null, payer, named, wanted: partiesWanted(leaf, payer, named, books) };
}

/**
 * The parties whose open items must be looked at: none where what is named by itself explains the amount exactly, so that an unrelated
 * invoice never changes an explicit match. Digits that only the amount makes a name of are none.
 */
function partiesWanted(leaf: Leaf, payer: Payer, named: Named, books: Books): readonly string[] {
  const one = payerOf(payer, leaf.amount < 0n ? 'out' : 'in');
  const parties = new Set(named.items.map((item) => item.party_id));
  const party = parties.size === 1 ? named.items[0]!.party_id : null;
  const explained = named.items.length > 0 && named.resolved && !named.by_amount && named.refused.length === 0 && explainItems(leaf, named.items, party === null ? undefined : books.party(party)).fit === 'exact';
  if (explained) return [];
  // Nobody known pays: a person may still want to see what else is open where the text points.
  return one !== null ? books.payableFor(one) : party !== null ? [party] : [];
}

/**
 * Gathers the evidence for one leaf: candidates with typed facts, no verdict. Amount, currency and sign are gates: an item that could
 * not be settled by this entry is refused with its reason.
 */
export function gatherEvidence({ leaf, account_key, payer, named, wanted }: IdentifiedLeaf, books: Books): Evidence {
  const candidates = [
    ...returnCandidates(leaf, books),
    ...namedCandidates(leaf, named, payer, wanted, books),
    ...inferredCandidates(leaf, named, payer, wanted, books),
    ...otherCandidates(leaf, named, payer, books),
  ];
  return {
    account_id: leaf.account_id,
    amount: String(leaf.amount),
    booking_date: leaf.booking_date,
    candidates: candidates.toSorted(byScore),
    content_key: contentKey(leaf, account_key),
    entry_id: String(leaf.entry_id),
    facts: entryFacts(leaf, payer, named, books),
    line: leaf.line,
    refused: [...named.refused, ...notOpen(named.items), ...named.ignored],
    statement_id: String(leaf.statement_id),
    status: leaf.status,
    value_date: leaf.value_date,
  };
}

function namedCandidates(leaf: Leaf, named: Named, payer: Payer, wanted: readonly string[], books: Books): Candidate[] {
  if (named.items.length === 0) return inOtherCurrency(leaf, named, payer, books);
  const parties = Map.groupBy(named.items, (item) => item.party_id);
  if (!named.resolved && parties.size > 1) return ofEachParty(leaf, named, payer, [...parties.values()], books);
  const status = statusOf(named.items);
  const fit = fitOf(leaf, named.items, status, books);
  const all = candidate(leaf, payer, books, named.items, fit, {
    named_by: named.named_by, all_named: named.resolved, unique: named.resolved && !fit.ambiguous && !named.two_readings && !(named.by_amount && othersFit(leaf, named, wanted, books)), status,
  });
  if (all.facts.amount === 'exact') return [all];
  const theirs = named.strangers.filter((item) => item.status === 'open' && item.open > 0n).slice(0, MAX_PARTIES)
    .map((item) => candidate(leaf, payer, books, [item], explainItems(leaf, [item], undefined), { named_by: named.named_by, all_named: false, unique: false, status: 'open' }, STRANGERS_EXACT))
    .filter(({ facts: { amount } }) => amount === 'exact');
  return [all, ...(named.items.length > 1 ? partsOfNamed(leaf, named, payer, books) : []), ...theirs];
}

/** Whether the amount, which alone made a name of digits, fits another item of the payer too. */
function othersFit(leaf: Leaf, named: Named, wanted: readonly string[], books: Books): boolean {
  const meant = new Set(named.items.map((item) => item.invoice_id));
  return wanted.some((party_id) => [...books.openItems(party_id).items, ...books.settledSince(party_id, leaf).items].some((item) => !meant.has(item.invoice_id) && gate(leaf, item) === null
    && AGREED.has(explainItems(leaf, [item], books.party(party_id)).fit)));
}

/** The bank shows no exchange: the whole entry may be for all of the one invoice in another currency that is named, and a person says so. */
function inOtherCurrency(leaf: Leaf, named: Named, payer: Payer, books: Books): Candidate[] {
  const [item] = named.foreign;
  if (named.foreign.length !== 1 || item!.open === 0n || item!.status !== 'open' || directionOf(item!) * leaf.amount < 0n) return [];
  const moved = leaf.amount * directionOf(item!);
  return [candidate(leaf, payer, books, [item!], { fit: 'none', exchange: 'none', shares: [{ item: item!, amount: item!.open, moved, discount: 0n, charges: 0n, withholding: 0n }] }, {
    named_by: named.named_by, all_named: false, unique: false, status: 'other_currency', undisputed: false,
  })];
}

/** More customers with one number than this nobody looks through. */
const MAX_PARTIES = 20;

/** Another's invoice of the same number, to the minor unit, is likelier meant than the payer's own that does not fit. */
const STRANGERS_EXACT = 280;

/** The text names numbers that several have, and not whose: the invoices of each, those first who have most of the numbers. */
function ofEachParty(leaf: Leaf, named: Named, payer: Payer, parties: readonly Item[][], books: Books): Candidate[] {
  const most = Math.max(...parties.map((items) => items.length));
  return parties.filter((items) => items.length === most).map((items) => {
    const status = statusOf(items);
    return candidate(leaf, payer, books, items, fitOf(leaf, items, status, books), { named_by: named.named_by, all_named: false, unique: false, status });
  }).toSorted(byScore).slice(0, MAX_PARTIES);
}

function returnCandidates(leaf: Leaf, books: Books): Candidate[] {
  if (!isReturn(leaf)) return [];
  const { named_by, earlier } = earlierOf(leaf, books);
  const candidateOf = (reverses_decision_id: string | null, of: Partial<CandidateFacts>, score: number, reason: string): Candidate => ({
    allocations: [], facts: facts({ kind: 'return', ...of }), ledger_account: null, reasons: [reason], reverses_decision_id, score,
  });
  // What it gives back is not on the books, or not to be told: a person must know that it is a return.
  if (earlier.length === 0) return [candidateOf(null, { unique: false }, 400, 'return_of_unknown_entry')];
  const unique = earlier.length === 1;
  const settled = earlier.filter((one) => !one.waits);
  // A person has yet to say what it had settled.
  if (settled.length === 0) return [candidateOf(null, { unique: false }, 400, 'return_of_unknown_entry')];
  return settled.map(({ decision_id, amount }) => candidateOf(
    String(decision_id), { named_by, all_named: true, amount: amount === -leaf.amount ? 'exact' : 'charges', unique }, unique ? 950 : 500, 'return_of_earlier_entry'));
}

/** The earlier entries that it may give back: those with its end-to-end id, else with its mandate, booked no later, of its amount or of what that is less the charges shown. */
function earlierOf(leaf: Leaf, books: Books): { named_by: NamedBy; earlier: readonly EarlierPosting[] } {
  const charged = leaf.charges.reduce((sum, charge) => sum + (charge.currency === null || charge.currency === leaf.currency ? charge.amount : 0n), 0n);
  const amounts = new Set([-leaf.amount, -leaf.amount - (charged < 0n ? -charged : charged)]);
  const fitting = (postings: readonly EarlierPosting[]): EarlierPosting[] => postings.filter((posting) => amounts.has(posting.amount) && posting.currency === leaf.currency && posting.booking_date <= leaf.booking_date);
  const by_id = leaf.end_to_end_id === null ? [] : fitting(books.earlierByEndToEnd(leaf.end_to_end_id));
  if (by_id.length > 0 || leaf.mandate_id === null) return { named_by: 'end_to_end', earlier: by_id };
  return { named_by: 'mandate', earlier: fitting(books.earlierByMandate(leaf.mandate_id)) };
}

/** What is no invoice: the bank's own charges and interest, a transfer to ourselves, nobody we know. */
function otherCandidates(leaf: Leaf, named: Named, payer: Payer, books: Books): Candidate[] {
  const out: Candidate[] = [];
  const bank_type = bankType(leaf);
  const plain = (kind: CandidateFacts['kind'], ledger_account: string, score: number, reason: string, undisputed = true): Candidate => ({
    allocations: [], facts: facts({ kind, amount: 'none', all_named: named.items.length === 0, undisputed }), ledger_account, reasons: [reason], reverses_decision_id: null, score,
  });
  // Banks bill their services by invoice, too.
  const undisputed = !['fee', 'interest'].includes(bank_type) || !explainsAmount(leaf, named, books);
  if (bank_type === 'fee') out.push(plain('bank_charge', 'bank_fees', 900, 'bank_type_fee', undisputed));
  if (bank_type === 'interest') out.push(plain('bank_charge', 'bank_interest', 900, 'bank_type_interest', undisputed));
  if (payer.account === 'own') out.push(plain('transfer', 'clearing', 900, 'own_account'));
  const shown = payer.account !== 'absent' || payer.name !== 'absent';
  const nobody = payer.by_account.length === 0 && payer.by_name.length === 0 && payer.account !== 'own';
  if (shown && nobody && named.items.length === 0 && named.refused.length === 0 && !isReturn(leaf) && bank_type === 'other' && payer.name !== 'similar' && !textsOf(leaf).some(endsInNumber)) {
    out.push(plain('suspense', 'suspense', 300, 'nobody_we_know'));
  }
  return out;
}

function entryFacts(leaf: Leaf, payer: Payer, named: Named, books: Books): EntryFacts {
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
    text_cut: textsOf(leaf).some(saysMore) || endsInPart(leaf.remittance, named.items.map((item) => normaliseReference(item.invoice_number))) || (textsOf(leaf).some((text) => fillsField(text) || endsInSeparator(text)) && !(named.items.length > 0 && named.resolved && AGREED.has(fitOf(leaf, named.items, statusOf(named.items), books).fit))),
  };
}

/** What the payer has written, in whatever field the document shows it. */
function textsOf({ remittance, customer_reference, structured_reference }: Leaf): (string | null)[] {
  return [remittance, customer_reference, structured_reference];
}

/** The bank's own booking type; what a batch booking lacks by just the charges that the bank shows for it is these charges. */
function bankType(leaf: Leaf): EntryFacts['bank_type'] {
  return leaf.findings.some((finding) => finding.code === 'batch_charges') ? 'fee' : bankTypeOf(leaf.transaction_code);
}

/** Whether the bank gives back an earlier payment, by its reason, its reversal indicator or its booking type. */
export function isReturn(leaf: Leaf): boolean {
  return leaf.return_reason !== null || leaf.reversal || bankType(leaf) === 'return';
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

