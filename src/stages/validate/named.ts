import { AGREED, NAMED_BY, type CandidateFacts, type Evidence, type NamedBy } from '../../core/evidence.ts';
import type { KeyForm } from '../../core/invoice-key.ts';
import type { Books, Item, Leaf } from './contract.ts';
import { explainItems, type ExchangedFit } from './exchange.ts';
import { isDecoy, type Mention } from './mentions.ts';
import { payerOf, relationOf, type Payer } from './payer.ts';

/** What the text names: each mention's invoices, those of a longer number before those inside it. */
export interface Named {
  items: Item[];
  named_by: NamedBy;
  /** Every mention leads to exactly one invoice, or to all that one payment order pays. */
  resolved: boolean;
  refused: Evidence['refused'];
  /** Digits of a date, a contract or the like, which are a name for it only because the amount says so. */
  by_amount: boolean;
  /** Read in another way the same text names something else that explains the amount as well. */
  two_readings: boolean;
  /** What is in another currency than the entry, of which the bank shows no exchange. */
  foreign: readonly Item[];
  /** Others' invoices with a number that the payer has too. */
  strangers: readonly Item[];
  /** Digits that are a number of somebody else's, and were taken for something else. */
  ignored: Evidence['refused'];
  /** What looks like a date or a phone number, and is an invoice's number that is not among what is named. */
  lookalikes: readonly Item[];
  /** The keys that no invoice has, of numbers with their letters or behind a word for an invoice. */
  unheard: readonly string[];
}

/**
 * What the text names. Bare digits are weaker than a whole number, and anything may look like them: those of a number without its letters are
 * heard only where what is named by then does not explain the amount, or where they are another open invoice's of the payer; then those of dates,
 * phones and the like, where nothing explains it yet. Bare digits that are the number of somebody whom the known payer has nothing to do with are
 * no name for it, unless the amount says so.
 */
export function findNamed(leaf: Leaf, mentions: readonly Mention[], payer: Payer, books: Books): Named {
  const named = readNamed(leaf, payerOf(payer, leaf.amount < 0n ? 'out' : 'in') === null ? mentions : mentions.filter((mention) => !isFarFetched(mention, payer, books)), payer, books);
  const lookalikes = mentions.filter(({ weight }) => weight === 'lookalike').flatMap(({ keys }) => itemsOf(keys, books));
  return lookalikes.length === 0 ? named : { ...named, lookalikes: lookalikes.filter((item) => !named.items.includes(item)) };
}

/** The end of something longer, which is somebody else's number only when it is read with one zero less or with digits joined. */
function isFarFetched({ keys, stretched }: Mention, payer: Payer, books: Books): boolean {
  return stretched === true && itemsOf(keys, books).every((item) => !isRelated(payer, item, books));
}

/**
 * `RE-100 1` may be one number or two words. The longest is read first; where what it begins or ends with is another of the payer's numbers and
 * explains the amount, that is meant, or it cannot be told.
 */
function readNamed(leaf: Leaf, mentions: readonly Mention[], payer: Payer, books: Books): Named {
  const named = hearNamed(leaf, mentions, payer, books);
  const numbers = mentions.filter((mention) => mention.keys[0]!.form === 'number' && !isDecoy(mention) && mention.continues === null);
  if (numbers.length < 2) return named;
  const hits = numbers.filter(({ keys }) => itemsOf(keys, books).length > 0);
  const isPayers = ({ keys }: Mention): boolean => itemsOf(keys, books).some((item) => isRelated(payer, item, books));
  const joined = hits.filter((long) => hits.some((short) => isEndOf(short, long) && isPayers(short) && itemsOf(short.keys, books)[0] !== itemsOf(long.keys, books)[0]));
  if (joined.length === 0) return named;
  const apart = hearNamed(leaf, mentions.filter((mention) => !joined.includes(mention)), payer, books);
  // Of a number of somebody else's and one of the payer's that it begins with, the payer means its own.
  if (!joined.every(isPayers)) return apart;
  if (!explainsAmount(leaf, apart, books)) return named;
  return explainsAmount(leaf, named, books) ? { ...named, two_readings: true } : apart;
}

/** Whether the one is the beginning or the end of the other. */
function isEndOf(short: Mention, long: Mention): boolean {
  return short.text === long.text && short.end - short.start < long.end - long.start && (short.start === long.start || short.end === long.end);
}

/** Whether what is named explains the whole amount. */
export function explainsAmount(leaf: Leaf, named: Named, books: Books): boolean {
  return named.resolved && named.items.length > 0 && AGREED.has(fitOf(leaf, named.items, statusOf(named.items), books).fit);
}

function hearNamed(leaf: Leaf, mentions: readonly Mention[], payer: Payer, books: Books): Named {
  const hearing = (heard: (mention: Mention) => boolean): Named => resolve(leaf, mentions.filter(heard), payer, books);
  const explains = (named: Named): boolean => explainsAmount(leaf, named, books);
  const isDigits = ({ keys }: Mention): boolean => keys[0]!.form === 'digits';
  const direction = leaf.amount < 0n ? 'out' : 'in';
  const has = (predicate: (mention: Mention) => boolean): boolean => mentions.some(predicate);

  const whole = hearing((mention) => !isDigits(mention) && !isDecoy(mention));
  const with_digits = has((mention) => isDigits(mention) && !isDecoy(mention) && itemsOf(mention.keys, books).length > 0) ? hearing((mention) => !isDecoy(mention)) : whole;
  // Of several that are named one may stand without its letters: all, or a person.
  if (explains(whole)) return with_digits.items.some((item) => !whole.items.includes(item) && statusOf([item]) === 'open' && isRelated(payer, item, books)) ? with_digits : whole;
  if (!has((mention) => mention.weight !== 'named' || isDigits(mention))) return whole;
  if (with_digits !== whole && explains(with_digits)) return with_digits;
  if (has(isDecoy)) {
    const with_decoys = hearing(() => true);
    // Of a payer that nobody knows the amount alone speaks, and a person looks anyway.
    if (explains(with_decoys) && (payerOf(payer, direction) === null || with_decoys.items.every((item) => isRelated(payer, item, books)))) return { ...with_decoys, by_amount: true };
  }
  if (payerOf(payer, direction) === null) return with_digits;
  const isStrangers = ({ keys, weight }: Mention): boolean => weight === 'bare' && itemsOf(keys, books).every((item) => !isRelated(payer, item, books));
  if (!has((mention) => isStrangers(mention) && itemsOf(mention.keys, books).length > 0)) return with_digits;
  const own = hearing((mention) => !isDecoy(mention) && !isStrangers(mention));
  // Alone it names what it names, whoever's: nothing else tells that it is something else.
  if (!explains(own)) return with_digits;
  const kept = new Set(own.items);
  const ignored = with_digits.items.filter((item) => !kept.has(item)).map(({ invoice_number, party_id }) => ({ invoice_number, party_id, reason: 'number_of_another_party' }));
  return { ...own, ignored };
}

/** Whether the payer is known as the item's party, or as one that it has to do with. */
export function isRelated(payer: Payer, item: Item, books: Books): boolean {
  return !['unknown', 'contradicts'].includes(relationOf(payer, item.party_id, books));
}

function itemsOf(keys: Mention['keys'], books: Books): readonly Item[] {
  const hit = keys.find(({ form, key }) => books.itemsByKey(form, key).length > 0);
  return hit ? books.itemsByKey(hit.form, hit.key) : [];
}

function resolve(leaf: Leaf, mentions: readonly Mention[], payer: Payer, books: Books): Named {
  const items = new Map<bigint, { item: Item; form: KeyForm }>();
  const refused = new Map<string, Evidence['refused'][number]>();
  const heard = new Set<Mention>();
  const unheard: Mention[] = [];
  const strangers: Item[] = [];
  const foreign: Item[] = [];
  let resolved = true;
  const covered = ({ text, start, end }: Mention): boolean => heard.values().some((other) => other.text === text && other.start <= start && end <= other.end);
  for (const mention of mentions) {
    if (mention.continues !== null && !heard.has(mention.continues)) continue;
    if (covered(mention)) continue;
    const hit = mention.keys.find(({ form, key }) => books.itemsByKey(form, key).length > 0);
    if (!hit) {
      if (mention.weight === 'named') unheard.push(mention);
      continue;
    }
    heard.add(mention);
    const { fitting, foreign: not_shown, strangers: not_meant, others } = sortHits(leaf, hit.form, books.itemsByKey(hit.form, hit.key), payer, books);
    strangers.push(...not_meant);
    foreign.push(...not_shown);
    for (const other of others) refused.set(`${other.invoice_number} ${other.party_id} ${other.reason}`, other);
    if (fitting.length !== 1 && !isOneOrder(hit.form, fitting)) resolved = false;
    for (const item of fitting) {
      // Named twice, by our reference and by its number in the text, an invoice is named by the stronger of the two.
      const before = items.get(item.invoice_id);
      if (before === undefined || weaker(before.form, hit.form) !== hit.form) items.set(item.invoice_id, { item, form: hit.form });
    }
  }
  const named = [...items.values()];
  return {
    items: named.map(({ item }) => item).sort(byNumber), resolved, refused: [...refused.values()], foreign: [...new Set(foreign)], strangers, ignored: [], lookalikes: [], by_amount: false, two_readings: false,
    named_by: named.length === 0 ? 'none' : named.map(({ form }): NamedBy => form).reduce(weaker),
    unheard: unheard.filter((mention) => !covered(mention)).flatMap(({ keys }) => keys.filter(({ form }) => form === 'number').map(({ key }) => key)),
  };
}

/** One payment order may pay several invoices of one supplier. */
function isOneOrder(form: KeyForm, items: readonly Item[]): boolean {
  return form === 'end_to_end' && items.length > 1 && items.every((item) => item.party_id === items[0]!.party_id && (item.kind === 'payable' || item.kind === 'debit_note'));
}

/** Of the invoices with one number: the payer's, where it has one, and of these those that this entry could settle. */
function sortHits(leaf: Leaf, form: KeyForm, hits: readonly Item[], payer: Payer, books: Books): { fitting: Item[]; foreign: Item[]; strangers: Item[]; others: Evidence['refused'] } {
  const others: Evidence['refused'] = [];
  const refuse = (item: Item, reason: string): void => void others.push({ invoice_number: item.invoice_number, party_id: item.party_id, reason });
  const related = hits.length < 2 || isOneOrder(form, hits) ? hits : hits.filter((item) => isRelated(payer, item, books));
  const meant = related.length > 0 ? related : hits;
  const strangers = hits.filter((item) => !meant.includes(item));
  for (const item of strangers) refuse(item, gate(leaf, item) ?? 'number_of_another_party');
  const fitting = meant.filter((item) => {
    const reason = gate(leaf, item);
    if (reason !== null) refuse(item, reason);
    return reason === null;
  });
  return { fitting, foreign: meant.filter((item) => gate(leaf, item) === 'other_currency'), strangers: strangers.filter((item) => gate(leaf, item) === null), others };
}

/** Sign and currency, unless the bank shows the exchange: a credit note may be netted in a receipt or refunded by a payment; a debit note mirrored. */
export function gate(leaf: Leaf, item: Item): string | null {
  if (item.currency !== leaf.currency && item.currency !== leaf.instructed?.currency && leaf.exchange_rate === null) return 'other_currency';
  if (item.kind === 'receivable' && leaf.amount < 0n) return 'other_direction';
  if (item.kind === 'payable' && leaf.amount > 0n) return 'other_direction';
  return null;
}

export function statusOf(items: readonly Item[]): CandidateFacts['status'] {
  const refused = notOpen(items).map(({ reason }) => reason);
  return refused.includes('cancelled') ? 'cancelled' : refused.includes('paid') ? 'paid' : 'open';
}

/** The invoices of which there is nothing to settle, and why. */
export function notOpen(items: readonly Item[]): { invoice_number: string; party_id: string; reason: 'cancelled' | 'paid' }[] {
  return items.flatMap(({ invoice_number, party_id, status, open }) => {
    const reason = status === 'cancelled' ? 'cancelled' : status === 'paid' || open === 0n ? 'paid' : null;
    return reason === null ? [] : [{ invoice_number, party_id, reason }];
  });
}

export function fitOf(leaf: Leaf, items: readonly Item[], status: CandidateFacts['status'], books: Books): ExchangedFit {
  if (status === 'open') return explainItems(leaf, items, items.every((item) => item.party_id === items[0]!.party_id) ? books.party(items[0]!.party_id) : undefined);
  const open = items.filter((item) => item.status === 'open' && item.open > 0n);
  return open.length === 0 ? { fit: 'none', shares: [], exchange: 'none' } : explainItems(leaf, open, undefined);
}

export function weaker(a: NamedBy, b: NamedBy): NamedBy {
  return NAMED_BY.indexOf(a) > NAMED_BY.indexOf(b) ? a : b;
}

export function byNumber(a: Item, b: Item): number {
  if (a.invoice_number !== b.invoice_number) return a.invoice_number < b.invoice_number ? -1 : 1;
  return a.party_id < b.party_id ? -1 : a.party_id > b.party_id ? 1 : 0;
}
