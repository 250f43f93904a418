import type { Candidate, CandidateFacts } from '../../core/evidence.ts';
import { findReferences, recogniseReference } from '../../core/reference.ts';
import { normaliseReference } from '../../core/text.ts';
import { discountInTime, directionOf, nextInstalment } from './amount-fit.ts';
import { candidate, facts } from './candidate.ts';
import { findCombination, type Choice, type CombinationResult, type Member } from './combination.ts';
import type { Books, Item, Leaf } from './contract.ts';
import { exchangedLeaf, explainItems, moveInEntryCurrency, type ExchangedFit, type View } from './exchange.ts';
import { endsInSeparator, isOneSlip, numberedMonthsIn, numbersIn, ordersIn, saysMore, speaksOfPrepayment, type WrittenNumber } from './mentions.ts';
import { gate, isRelated, statusOf, type Named } from './named.ts';
import { payerOf, type Payer } from './payer.ts';

/** Without a name for it: what the payer may pay and whose amount fits, alone or as a combination; and what a person may have to choose of. */
export function inferredCandidates(leaf: Leaf, named: Named, payer: Payer, wanted: readonly string[], books: Books): Candidate[] {
  // What is named explains the amount, or nobody is known: the text need not be read again.
  if (wanted.length === 0) return [];
  const open = wanted.map((party_id) => books.openItems(party_id));
  const settled = wanted.map((party_id) => books.settledSince(party_id, leaf));
  const complete = [...open, ...settled].every((one) => one.complete);
  const [items, since] = [open, settled].map((lists) => lists.flatMap((one) => one.items).filter((item) => gate(leaf, item) === null).sort(oldestFirst)) as [Item[], Item[]];
  const { explained, all_named } = { explained: [] as Candidate[], all_named: named.items.length === 0 && named.refused.length === 0 };
  const says = readText(leaf, named);
  if (items.length > 0) {
    const { combination, view } = findInCurrencies(leaf, items);
    const explains = (item: Item): { item: Item; fit: ExchangedFit } => ({ item, fit: explainItems(leaf, [item], books.party(item.party_id)) });
    const singles = items.map(explains).filter(({ fit }) => !PARTIAL.has(fit.fit));
    // What another entry has settled since was as likely meant by this one: counted is what was open before its batch.
    const unique = complete && combination.found === 'one' && (since.length === 0
      || (findInCurrencies(leaf, [...items, ...since]).combination.found === 'one' && since.map(explains).every(({ fit }) => PARTIAL.has(fit.fit))));
    const only = unique ? combination.first : null;
    // Tax withheld, charges and a late discount take no part in sums, but an item that they explain is another possibility.
    const rivals = singles.filter(({ fit }) => RIVALS.has(fit.fit)).map(({ item }) => item);
    for (const [i, { item, fit }] of singles.slice(0, MAX_SINGLES).entries()) {
      explained.push(candidate(leaf, payer, books, [item], fit, {
        named_by: 'none', all_named, status: 'open', undisputed: isUndisputed(leaf, says, [item]),
        // Another item or combination with this amount makes it one of several.
        unique: only !== null && only.length === 1 && only[0]!.item === item && rivals.every((rival) => rival === item) && !fit.ambiguous,
      }, orderBonus(says, item) - i));
    }
    for (const [i, members] of combination.some.filter((one) => one.length > 1).entries()) {
      const of = members.map((member) => member.item);
      explained.push(candidate(leaf, payer, books, of, fitOfMembers(members, leaf, view), { named_by: 'none', all_named, unique: unique && rivals.length === 0, status: 'open', undisputed: isUndisputed(leaf, says, of) }, -i));
    }
    if (all_named) explained.push(...digitsCandidates(leaf, payer, books, items, since, says));
    if (all_named) explained.push(...slipCandidates(leaf, payer, books, items, since, says));
    explained.push(...completedCandidates(leaf, named, payer, books, items));
  }
  return [...explained, ...forAPerson(leaf, named, payer, books, items, explained, says)];
}

/** Fits that explain a part of the amount, or nothing. */
const PARTIAL: ReadonlySet<CandidateFacts['amount']> = new Set<CandidateFacts['amount']>(['short', 'over', 'none']);

const RIVALS: ReadonlySet<CandidateFacts['amount']> = new Set<CandidateFacts['amount']>(['withholding', 'charges', 'discount_late']);

/** More suggestions than this nobody reads, and five are shown. */
const MAX_SINGLES = 10;

/** What the text says beside invoices that are ours. */
interface Says {
  /** What may have been meant as numbers of invoices, and names none. */
  numbers: readonly WrittenNumber[];
  unheard: readonly string[];
  /** Months, or numbers within a year, that are called an invoice's. */
  months: readonly string[];
  lookalikes: readonly Item[];
  orders: readonly string[];
  prepayment: boolean;
  /** A structured reference that is none of those we issued. */
  reference: boolean;
  whole: string;
}

function readText(leaf: Leaf, named: Named): Says {
  const text = [leaf.remittance, leaf.customer_reference, leaf.structured_reference].filter((part) => part !== null).join(' ; ') || null;
  return { numbers: numbersIn(text), unheard: named.unheard, months: numberedMonthsIn(text), lookalikes: named.lookalikes, orders: ordersIn(text), prepayment: speaksOfPrepayment(text),
    reference: named.items.length === 0 && (isReferenceOfSomebody(leaf.structured_reference) || (text !== null && findReferences(text).length > 0)), whole: text === null ? '' : normaliseReference(text) };
}

/** A column called reference may hold words; what has the form of a reference and is none of ours was issued by somebody else. */
function isReferenceOfSomebody(text: string | null): boolean {
  return text !== null && /\d{4}/.test(normaliseReference(text)) && recogniseReference(text.replace(/^(?!RF)[A-Z]+[ .:]*/i, '')).length > 0;
}

/**
 * Whether nothing in the text speaks for something else than these items: a number like theirs that is none of ours, a number that is called
 * an invoice's, somebody else's reference, an order that is not theirs, a payment before any invoice. Nor does the day: what was issued only after the
 * entry was booked was not what it paid, unless it is named.
 */
function isUndisputed({ booking_date }: Leaf, { numbers, unheard, months, lookalikes, orders, prepayment, reference, whole }: Says, items: readonly Item[]): boolean {
  if (items.some(({ issue_date }) => issue_date > booking_date)) return false;
  if (prepayment || reference || lookalikes.some((item) => !items.includes(item))) return false;
  if (orders.some((order) => !items.some((item) => item.purchase_order !== null && normaliseReference(item.purchase_order) === order))) return false;
  const theirs = items.map((item) => normaliseReference(item.invoice_number));
  if (numbers.some(({ key, labelled }) => (labelled && isTelling(key, 3) && !isEndOfOne(key, theirs)) || isLongReference(key))) return false;
  if (months.some((month) => !theirs.includes(month) && theirs.some((number) => /^\d{1,4}(?:19|20)\d\d$/.test(number) && number.slice(-4) === month.slice(-4)))) return false;
  if (numbers.some(({ key, labelled }) => isOtherShortNumber(key, labelled || key === whole, theirs))) return false;
  if (numbers.some(({ key, parts }) => [key, ...parts].some((one) => !isOneOf(one, theirs) && theirs.some((number) => isLike(one, number))))) return false;
  return !unheard.some((key) => theirs.some((number) => sameLetters(key, number)));
}

/** Whether the two differ in their digits alone, the letters around them included where both have some: as the numbers of one sequence do. */
function isLike(key: string, number: string): boolean {
  if (sameLetters(key, number)) return true;
  const [written, theirs] = [key, number].map((one) => /^[A-Z]*(\d{4,})[A-Z]*$/.exec(one)?.[1]);
  return written !== undefined && theirs !== undefined && written.length === theirs.length && isTelling(written) && (key === written || number === theirs);
}

function isOneOf(key: string, numbers: readonly string[]): boolean {
  const digits = /\d{4,}/.exec(key)?.[0];
  return numbers.some((number) => number === key || (digits !== undefined && number.includes(digits)));
}

/** A number like theirs, of those too short to be looked up in a text (`N-3`, `Rechnung 7`), that is none of them. */
function isOtherShortNumber(key: string, labelled: boolean, theirs: readonly string[]): boolean {
  const digits = key.replace(/^[A-Z]+/, '');
  if (digits.length > SHORT_NUMBER || theirs.includes(key) || theirs.includes(digits)) return false;
  return theirs.some((number) => (key.length <= SHORT_NUMBER && sameLetters(key, number)) || (labelled && /^\d{1,3}$/.test(number)));
}

const SHORT_NUMBER = 3;

/** A number of a reference's length with a reference's check digit; shorter ones have it by chance. */
function isLongReference(key: string): boolean {
  return key.length >= LONG_REFERENCE && recogniseReference(key).length > 0;
}

const LONG_REFERENCE = 10;

/** So many digits and more that are no year. */
function isTelling(key: string, least = 4): boolean {
  const digits = key.replace(/\D+/g, '');
  return digits.length >= least && !/^(?:19|20)\d\d$/.test(digits);
}

/** Whether one of the numbers ends so, which is what people write of a long one. */
function isEndOfOne(key: string, numbers: readonly string[]): boolean {
  const digits = key.replace(/^[A-Z]+/, '');
  return numbers.some((number) => number.endsWith(digits));
}

function sameLetters(a: string, b: string): boolean {
  const [x, y] = [a, b].map((key) => key.replace(/\d+/g, '9'));
  return x === y && x !== '9';
}

/** The order that the text names is the invoice's: for a person, the likeliest. */
function orderBonus({ whole }: Says, { purchase_order }: Item): number {
  const order = purchase_order === null ? '' : normaliseReference(purchase_order);
  return order.length >= 4 && /\d/.test(order) && whole.includes(order) ? 80 : 0;
}

/**
 * Behind a word for an invoice, the digits alone of the payer's numbers, too short to be looked up among all the company's (`Rechnungen 1001, 1002`
 * for RE-1001 and RE-1002): all that are written there, each the end of one number.
 */
function digitsCandidates(leaf: Leaf, payer: Payer, books: Books, items: readonly Item[], since: readonly Item[], { numbers }: Says): Candidate[] {
  if (payer.by_account.length !== 1) return [];
  const first = numbers.findIndex(({ labelled, key }) => labelled && DIGITS.test(key));
  const written = first < 0 ? [] : numbers.slice(first).flatMap(({ parts }) => parts).filter((part) => DIGITS.test(part));
  const hits = [...new Set(written)].map((digits) => [...items, ...since].filter((item) => lastDigits(item) === digits.replace(/^0+/, '')));
  if (hits.length === 0 || hits.some((of) => of.length !== 1 || since.includes(of[0]!))) return [];
  const named = [...new Set(hits.flat())];
  const party = named.every(({ party_id }) => party_id === named[0]!.party_id) ? books.party(named[0]!.party_id) : undefined;
  return [candidate(leaf, payer, books, named, explainItems(leaf, named, party), { named_by: 'digits', all_named: true, status: 'open' })];
}

const DIGITS = /^\d{3,}$/;

/** The digits of a number that has letters before them and at most four digits. */
function lastDigits({ invoice_number }: Item): string | undefined {
  return /^[A-Z]+0*(\d{1,4})$/.exec(normaliseReference(invoice_number))?.[1];
}

/** In shorter numbers everything is near to everything, unless it is called an invoice's. */
const MIN_SLIP_LENGTH = 5;
const MIN_LABELLED_SLIP_LENGTH = 4;

/** The number of the one item that a slip of the hand makes of what is written; with its amount exact. */
function slipCandidates(leaf: Leaf, payer: Payer, books: Books, items: readonly Item[], since: readonly Item[], says: Says): Candidate[] {
  const isMeant = (item: Item): boolean => says.numbers.some((written) => isSlipOf(written, item.invoice_number));
  const meant = items.filter(isMeant);
  return meant.map((item) => candidate(leaf, payer, books, [item], explainItems(leaf, [item], books.party(item.party_id)), {
    named_by: 'typo', all_named: true, unique: meant.length === 1 && !since.some(isMeant), status: 'open',
    undisputed: !says.prepayment && !says.reference && says.numbers.every((written) => !written.labelled || !isTelling(written.key) || isSlipOf(written, item.invoice_number)),
  })).filter(({ facts: of }) => of.amount === 'exact' || meant.length === 1);
}

function isSlipOf({ key, labelled }: WrittenNumber, invoice_number: string): boolean {
  const whole = normaliseReference(invoice_number);
  const forms = [whole, whole.replace(/^[A-Z]+/, '')];
  // Of a number with letters the digits alone were not looked up where they are few: they may be somebody else's.
  const min = labelled && isTelling(key) && /^\d+$/.test(whole) ? MIN_LABELLED_SLIP_LENGTH : MIN_SLIP_LENGTH;
  return forms.some((form) => form.length >= min && [key, key.replace(/^[A-Z]+/, '')].some((one) => isOneSlip(one, form)));
}

/**
 * What is named and the combination of the rest that makes up the amount: the bank cut the list, the payer left some out, or took off a
 * credit note without a word.
 */
function completedCandidates(leaf: Leaf, named: Named, payer: Payer, books: Books, items: readonly Item[]): Candidate[] {
  if (named.items.length === 0 || statusOf(named.items) !== 'open' || named.items.some((item) => item.currency !== leaf.currency)) return [];
  const sign = leaf.amount < 0n ? -1n : 1n;
  const rest = leaf.amount * sign - named.items.reduce((sum, item) => sum + item.open * directionOf(item) * sign, 0n);
  if (rest === 0n) return [];
  const ids = new Set(named.items.map((item) => item.invoice_id));
  const others = items.filter((item) => !ids.has(item.invoice_id) && item.currency === leaf.currency && item.party_id === named.items[0]!.party_id
    && (rest > 0n || directionOf(item) !== sign));
  const { some, found } = findCombination(others.map((item): Choice<Item> => ({ item, ways: waysOf(item, leaf).map((way) => way * directionOf(item) * sign) })), rest);
  const bonus = rest < 0n || found === 'one' || saysMore(leaf.remittance) || endsInSeparator(leaf.remittance) ? COMPLETES_A_LIST : COMPLETES;
  const whole = named.items.map((item): Member<Item> => ({ item, amount: item.open * directionOf(item) * sign, way: 0 }));
  return some.map((members, i) => candidate(leaf, payer, books, [...named.items, ...members.map(({ item }) => item)], fitOfMembers([...whole, ...members], leaf, null), {
    named_by: 'none', all_named: false, unique: false, status: 'open', undisputed: false,
  }, bonus - i));
}

/** The invoices among those named that come to the amount without the others. */
export function partsOfNamed(leaf: Leaf, named: Named, payer: Payer, books: Books): Candidate[] {
  const open = named.items.filter((item) => item.open > 0n && item.status === 'open' && item.currency === leaf.currency);
  const sign = leaf.amount < 0n ? -1n : 1n;
  const { some } = findCombination(open.map((item): Choice<Item> => ({ item, ways: waysOf(item, leaf).map((way) => way * directionOf(item) * sign) })), leaf.amount * sign);
  return some.map((members) => candidate(leaf, payer, books, members.map(({ item }) => item), fitOfMembers(members, leaf, null), {
    named_by: named.named_by, all_named: false, unique: false, status: 'open',
  }));
}

/** Before what is named alone where the text says that more follows, or where nothing else makes up the amount to the minor unit; else behind it. */
const COMPLETES_A_LIST = 300;
const COMPLETES = 100;

/** Where nothing explains the whole amount: what a person may choose of. */
function forAPerson(leaf: Leaf, named: Named, payer: Payer, books: Books, items: readonly Item[], explained: readonly Candidate[], says: Says): Candidate[] {
  const party_id = payerOf(payer, leaf.amount < 0n ? 'out' : 'in');
  const nothing_named = named.items.length === 0 && named.refused.length === 0;
  const closed = named.items.length > 0 && named.items.every((item) => statusOf([item]) !== 'open');
  const out: Candidate[] = [];
  if (party_id !== null && (says.prepayment || closed || (nothing_named && explained.length === 0))) {
    // Somebody else's closed invoice says little of what the payer owes.
    const certain = says.prepayment || (closed && named.items.every((item) => isRelated(payer, item, books)));
    out.push({
      allocations: [], facts: facts({ kind: 'on_account', all_named: named.items.length === 0, payer: payer.by_account.length > 0 ? 'account' : 'name', unique: false, undisputed: false }),
      ledger_account: 'on_account', party_id, reasons: [says.prepayment ? 'prepayment' : closed ? 'settled_already' : 'no_open_item_fits'], reverses_decision_id: null,
      score: certain ? ON_ACCOUNT_CERTAIN : ON_ACCOUNT,
    });
  }
  if (!nothing_named || explained.length > 0) return out;
  const sign = leaf.amount < 0n ? -1n : 1n;
  const paid = leaf.amount * sign;
  const payable = items.filter((item) => item.currency === leaf.currency && directionOf(item) === sign);
  const off = ({ open }: Item): bigint => (open > paid ? open - paid : paid - open);
  const nearest = payable.filter((item) => off(item) * (item.open > paid ? NEAR : NEAR_ABOVE) <= item.open).sort((a, b) => Number(off(a) - off(b)) || oldestFirst(a, b));
  const partly = [...new Set([...nearest.slice(0, 2), ...payable.filter((item) => item.open > paid).slice(0, 1)])];
  for (const [i, item] of partly.entries()) {
    out.push(candidate(leaf, payer, books, [item], explainItems(leaf, [item], books.party(item.party_id)), { named_by: 'none', all_named: true, unique: false, status: 'open', undisputed: false },
      (nearest.includes(item) ? NEARLY : 0) + orderBonus(says, item) - i));
  }
  const oldest = oldestWithin(payable, paid);
  if (oldest.length > 0) {
    out.push(candidate(leaf, payer, books, oldest, explainItems(leaf, oldest, undefined), { named_by: 'none', all_named: true, unique: false, status: 'open', undisputed: false }, -MAX_SINGLES));
  }
  return out;
}

/** A payer's money that settles nothing: before its other items where the text says so, else behind what lacks a little. */
const ON_ACCOUNT_CERTAIN = 700;
const ON_ACCOUNT = 490;
/** What lacks at most a twentieth, as for a bank's charges or a discount that nobody agreed, is likelier a short payment than a first part. */
const NEAR = 20n;
/** What is too much by a hundredth at most is likelier a slip or a rounding than money for something else. */
const NEAR_ABOVE = 100n;
const NEARLY = 50;

/** The oldest items that the amount pays in full, one after the other. */
function oldestWithin(items: readonly Item[], paid: bigint): Item[] {
  const out: Item[] = [];
  let left = paid;
  for (const item of items) {
    if (item.open > left) break;
    out.push(item);
    left -= item.open;
  }
  return out;
}

/** The amounts with which an item may take part in a sum: in full, at its discount in time, as the next agreed instalment. */
function waysOf(item: Item, leaf: Leaf): bigint[] {
  const ways = [item.open];
  if (discountInTime(item, leaf)) ways.push(item.open - item.discount_amount!);
  const instalment = nextInstalment(item);
  if (instalment !== null && instalment !== item.open) ways.push(instalment);
  return ways;
}

/**
 * The only combination over the items of the entry's currency and over those of the currency in which it was instructed, each against its
 * own amount. `view` is the entry in the combination's currency, null where that is its own.
 */
function findInCurrencies(leaf: Leaf, items: readonly Item[]): { combination: CombinationResult<Item>; view: View | null } {
  const sign = leaf.amount < 0n ? -1n : 1n;
  const searchIn = (view: Leaf): CombinationResult<Item> => {
    const choices = items.filter((item) => item.currency === view.currency)
      .map((item): Choice<Item> => ({ item, ways: waysOf(item, view).map((way) => way * directionOf(item) * sign) }));
    return choices.length === 0 ? { found: 'none', first: null, some: [] } : findCombination(choices, view.amount * sign);
  };
  const own = { combination: searchIn(leaf), view: null };
  const exchanged = leaf.instructed && exchangedLeaf(leaf, leaf.instructed.currency);
  if (!exchanged) return own;
  const other = { combination: searchIn(exchanged.leaf), view: exchanged };
  if (other.combination.found === 'none') return own;
  if (own.combination.found === 'none') return other;
  return { combination: { ...own.combination, found: 'several' } as CombinationResult<Item>, view: null };
}

function fitOfMembers(members: readonly Member<Item>[], leaf: Leaf, view: View | null): ExchangedFit {
  const sign = leaf.amount < 0n ? -1n : 1n;
  const shares = members.map(({ item, amount }) => {
    const positive = amount * directionOf(item) * sign;
    const discount = discountInTime(item, leaf) && positive === item.open - item.discount_amount! ? item.discount_amount! : 0n;
    return { item, amount: positive, moved: positive, discount, charges: 0n, withholding: 0n };
  });
  const discounted = shares.some((part) => part.discount > 0n);
  const partly = shares.some((part) => part.amount + part.discount < part.item.open);
  const fit = { fit: discounted ? 'discount' as const : partly ? 'instalment' as const : 'exact' as const, shares };
  return view === null ? { ...fit, exchange: 'none' } : { ...moveInEntryCurrency(leaf, view.leaf, fit), exchange: view.exchange };
}

/** By the day due, then issued, then the number: what a payer settles first. */
function oldestFirst(a: Item, b: Item): number {
  return compare(a.due_date ?? a.issue_date, b.due_date ?? b.issue_date) || compare(a.issue_date, b.issue_date) || compare(a.invoice_number, b.invoice_number) || compare(a.party_id, b.party_id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
