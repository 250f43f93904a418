import { compareAccounts } from '../../core/account.ts';
import type { EntryFacts, PayerRelation } from '../../core/evidence.ts';
import { remembering } from '../../core/remember.ts';
import { CONNECTIVES, foldName, keyBeforeCutForm, type FoldedName } from '../../core/text.ts';
import { bankTypeOf } from './bank-type.ts';
import type { Books, Leaf, NamedParty } from './contract.ts';

/** Who is on the other side of an entry, by what the document shows. */
export interface Payer {
  /** The parties that own the account shown; more than one contradicts the master data. */
  by_account: readonly string[];
  /** What is on file about the account contradicts itself. */
  account_contradicts: boolean;
  /** The parties whose exact name or alias is shown, or whose name the bank cut at the field's length. */
  by_name: readonly NamedParty[];
  /** Where the name stands: in a field of its own, or at the beginning of a text that runs on. */
  name_in_field: boolean;
  account: EntryFacts['counterparty_account'];
  name: EntryFacts['counterparty_name'];
}

/** A beginning of the text in which the name is looked for; the whole text is one. */
interface Beginning {
  readonly text: string;
  readonly folded: readonly FoldedName[];
  /** What follows may go on with the name or be a number: it is the name of who is called just so. */
  readonly just_so: boolean;
}

/** What of an entry may be its other side's name. */
export interface NameShown {
  /** The field, else the text; null where there is neither. */
  readonly text: string | null;
  readonly in_field: boolean;
  /** The beginnings after which no more of a name follows, longest first. */
  readonly beginnings: readonly Beginning[];
}

/** What an entry shows of its other side. */
export interface ShownSide {
  leaf: Leaf;
  /** The keys under which its account may be on file, the one printed first; none where none is shown. */
  account_keys: readonly string[];
  name: NameShown;
}

/** No party's name is longer than this many words where a text runs name and reference together. */
const NAME_WORDS = 8;

/** What follows on a name where a text runs on, beside numbers and separators: a word that is none of a name's. Folded. */
const PAYMENT_WORDS = new Set([
  'rechnung', 'rechnungen', 'rechn', 'rg', 'rgnr', 'rnr', 're', 'rechnungsnummer', 'rechnungsnr', 'rnr', 'beleg', 'zahlung', 'zahlg', 'ueberweisung', 'gutschrift', 'verwendungszweck', 'vwz', 'kunde', 'kd', 'kdnr', 'kundennr', 'kundennummer', 'ihre', 'ihr',
  'unsere', 'vom', 'fuer', 'ausgleich', 'begleichung', 'lieferung', 'leistung', 'leistungen', 'offene', 'offener', 'posten', 'wie', 'laut', 'lt', 'gemaess', 'gem', 'danke', 'vielen', 'dank', 'bestellung', 'auftrag', 'miete', 'rate', 'anzahlung',
  'abschlag', 'restzahlung', 'teilzahlung', 'vertrag', 'vertragsnr', 'konto', 'rueckzahlung', 'erstattung', 'mtl', 'monatlich', 'zu', 'betr', 'betreff', 'skonto', 'abzgl',
  'invoice', 'invoices', 'inv', 'payment', 'payments', 'pymt', 'pmt', 'paid', 'bill', 'ref', 'reference', 'order', 'po', 'for', 'your', 'our', 'no', 'nr', 'num', 'number', 'credit', 'acct', 'ac', 'contract', 'customer', 'client', 'cust', 'phone', 'tel', 'dated', 'as',
  'agreed', 'settlement', 'settles', 'settling', 'statement', 'balance', 'thanks', 'thank', 'with', 'please', 'see', 'delivery', 'goods', 'services', 'purchase', 'transfer', 'wire', 'ach', 'deposit', 'prepayment', 'advance', 'remittance', 'refund', 'monthly', 'rent', 'subject', 'attn', 'less',
  'facture', 'factures', 'fact', 'fac', 'paiement', 'reglement', 'virement', 'votre', 'notre', 'pour', 'contrat', 'solde', 'selon', 'merci', 'livraison', 'commande', 'acompte', 'loyer', 'compte', 'suivant', 'du', 'avoir', 'avis',
  'factuur', 'facturen', 'betaling', 'betreft', 'kenmerk', 'levering', 'volgens', 'dank', 'termijn', 'onze', 'klant', 'klantnr', 'rekening', 'rek', 'uw', 'bestelling', 'ons', 'huur', 'van',
  'fattura', 'fatture', 'fatt', 'ft', 'pagamento', 'saldo', 'bonifico', 'contratto', 'accordi', 'grazie', 'come', 'nostra', 'vostra', 'del', 'affitto',
  'factura', 'facturas', 'fra', 'pago', 'contrato', 'segun', 'gracias', 'transferencia', 'por', 'abono', 'su', 'nuestra', 'alquiler', 'fatura', 'conforme', 'obrigado',
  'faktura', 'faktury', 'fakt', 'fv', 'fa', 'vs', 'platba', 'uhrada', 'dekujeme', 'przelew', 'zaplata', 'platnosc', 'za', 'tytulem', 'zgodnie', 'zamowienie', 'umowa',
  'betalning', 'avser', 'enligt', 'tack', 'leverans', 'hyra', 'ifoelge', 'ifolge', 'takk', 'tak', 'iht', 'leie', 'fakturanr', 'regning', 'kundenr', 'kundnr', 'avtale', 'aftale', 'lasku', 'laskut',
  'fatura', 'faturas', 'fat', 'szamla', 'szamlaszam', 'szla', 'racun', 'uplata', 'τιμολογιο', 'τιμ', 'εξοφληση', 'фактура', 'плащане', 'zakaznik', 'smlouva', 'ugovor', 'kupac', 'szerzodes', 'vevokod', 'viite', 'maksu', 'kiitos', 'toimitus', 'vuokra', 'kid', 'ocr', 'qrr', 'rf',
  'eref', 'kref', 'mref', 'svwz', 'iban', 'bic', 'sepa', 'e2e', 'endtoend', 'rmt', 'uri', 'ustrd',
]);

/** What of a leaf may be a name, folded once. */
export function readName(leaf: Leaf): NameShown {
  const in_field = leaf.counterparty_name !== null;
  const text = leaf.counterparty_name ?? leaf.remittance;
  if (text === null) return { text, in_field, beginnings: [] };
  return { text, in_field, beginnings: in_field && !RUNS_ON.test(text) ? [beginningOf(text)] : beginningsOf(text, true) };
}

/** A field that holds a name alone has no digit, as a rule, and nothing that parts it. */
const RUNS_ON = /[\d/;|]/;

function beginningOf(text: string): Beginning {
  return { text, folded: foldName(text), just_so: false };
}

/** The beginnings of a text, whole words, longest first, at most NAME_WORDS of them beside the whole text; `ended`: after which no name goes on. */
function beginningsOf(text: string, ended: boolean): readonly Beginning[] {
  return ended ? endedBeginnings(text) : allBeginnings(text);
}

const endedBeginnings = remembering((text) => readBeginnings(text, true));
const allBeginnings = remembering((text) => readBeginnings(text, false));

function readBeginnings(text: string, ended: boolean): Beginning[] {
  const out: Beginning[] = [];
  const words = [...text.slice(0, LONGEST_NAME).matchAll(/[^ ,;/|]+/g)].slice(0, NAME_WORDS);
  for (const { 0: word, index } of words) {
    const end = index + word.length;
    const beginning = text.slice(0, end);
    if (!/\p{L}{2}/u.test(beginning) || end === text.length) continue;
    const folded = foldName(beginning);
    const rest = text.slice(end);
    const ends = !ended || goesNoFurther(rest) || folded.some(({ form }) => form !== '');
    if (ends || NUMBER_LETTERS.test(rest)) out.push({ text: beginning, folded, just_so: !ends });
  }
  if (/\p{L}{2}/u.test(text) && text.length <= LONGEST_NAME) out.push(beginningOf(text));
  return out.toReversed();
}

/** ISO 20022: Max140Text. */
const LONGEST_NAME = 140;

/** The letters that a number begins with, and the number: `AB 1234`. They may be the beginning of a word that was cut, too. */
const NUMBER_LETTERS = /^[ ,]*\p{L}{1,4}[ .-]\d/u;

function goesNoFurther(rest: string): boolean {
  const [, between, word] = /^([ ,;/|]*)([^ ,;/|]*)/.exec(rest)!;
  return /[;/|]/.test(between!) || /^[ ,]*a\/c/i.test(rest) || /\d/.test(word!) || /^[-:#]/.test(word!) || word!.replace(/[.:#].*$/s, '').split('-').every((part) => PAYMENT_WORDS.has(foldName(part)[0]!.key));
}

/** The keys under which the name is looked up first. */
export function namesOf({ beginnings }: NameShown): string[] {
  return beginnings.flatMap(({ folded }) => folded.map(({ key }) => key)).filter((key) => key !== '');
}

/** The lengths at which banks and formats cut a name: MT940, DTAUS, OFX, BACS, NACHA, ISO 20022 and what is common in CSV and screens. */
const FIELD_LENGTHS = new Set([16, 18, 20, 22, 24, 25, 27, 28, 30, 32, 34, 35, 36, 40, 45, 48, 50, 54, 60, 64, 65, 66, 70, 80, 100, 105, 128, 140]);

/** The shortest field that banks have for a name. */
const MIN_FIELD = 16;

/** Shorter beginnings of a name are shared by strangers. */
const TELLING_LETTERS = 6;

/**
 * What is looked up of a name that nobody has as it stands: its words in another order and what it may be more or less of (`names`), and
 * what it may be the beginning of (`beginnings`).
 */
export function furtherNamesOf({ text, in_field, beginnings }: NameShown): { names: string[]; beginnings: string[] } {
  if (text === null) return { names: [], beginnings: [] };
  const names = new Set<string>();
  const cut = new Set<string>();
  if (in_field) for (const { key } of foldName(text)) for (const turned of rotationsOf(key)) names.add(turned);
  if (!in_field) for (const { folded } of beginningsOf(text, false)) for (const { key } of folded) if (isTelling(key)) names.add(key);
  for (const { text: beginning, folded } of [...beginnings, ...fieldsOf(text, in_field)]) {
    if (beginning !== text && !isFieldLength(beginning.length)) continue;
    for (const { key, whole } of folded) for (const start of startsOf(key, whole)) if (start.length >= TELLING_LETTERS) cut.add(start);
  }
  return { names: [...names], beginnings: [...cut] };
}

/** A single short word begins many a stranger's name. */
function isTelling(key: string): boolean {
  return key.includes(' ') || key.length >= TELLING_LETTERS;
}

/** `berg anna` of `anna berg`: people and banks put the family name first. Of more than four words nobody does. */
function rotationsOf(key: string): string[] {
  const words = key.split(' ');
  if (words.length < 2 || words.length > 4) return [];
  return words.slice(1).map((_, i) => [...words.slice(i + 1), ...words.slice(0, i + 1)].join(' '));
}

function isFieldLength(length: number): boolean {
  return FIELD_LENGTHS.has(length) || FIELD_LENGTHS.has(length + 1);
}

/** The keys that a name which is cut may begin with. */
function startsOf(key: string, whole: string): string[] {
  return [key, keyBeforeLastWord(whole), keyBeforeCutForm(whole)].filter((start, i, all) => start !== '' && all.indexOf(start) === i);
}

/** The key of a name whose last word is not whole: it may be the beginning of a legal form, which keys do not have, or of a word that joins. */
function keyBeforeLastWord(whole: string): string {
  return foldName(whole.slice(0, Math.max(0, whole.lastIndexOf(' '))).replace(/(?: &)+$/, ''))[0]!.key;
}

/** Looks up who the entry's other side is. */
export function findPayer({ leaf, account_keys, name }: ShownSide, books: Books): Payer {
  const by_name = partiesNamed(name, books);
  const own = account_keys.some((key) => books.ownAccount(key));
  const by_account = own ? [] : partiesWithAccount(leaf, account_keys, by_name, books);
  return {
    by_account, by_name, name_in_field: name.in_field,
    account_contradicts: by_account.length > 1 || (by_account.length > 0 && account_keys.some((key) => books.accountContradicts(key))),
    account: account_keys.length === 0 ? 'absent' : own ? 'own' : by_account.length > 0 ? 'known' : 'unknown',
    name: by_name.length > 0 ? 'known' : strangerOf(leaf, name, books),
  };
}

/** The parties with the account; one that is masked or without its bank is that of the party named, when it can be. */
function partiesWithAccount(leaf: Leaf, account_keys: readonly string[], by_name: readonly NamedParty[], books: Books): readonly string[] {
  for (const key of account_keys) {
    const parties = books.partiesByAccount(key);
    if (parties.length > 0) return parties;
  }
  if (account_keys.length === 0 || by_name.length === 0) return [];
  return idsOf(by_name).filter((party_id) => books.accountsOf(party_id).some((known) => compareAccounts(leaf.counterparty_account!, known) !== 'no'));
}

/** Exactly, in another order of words, or cut at the field's length; in the longest beginning in which anybody is. */
function partiesNamed({ text, in_field, beginnings }: NameShown, books: Books): NamedParty[] {
  for (const { text: beginning, folded, just_so } of beginnings) {
    const named = folded.flatMap(({ key }) => books.partiesByName(key));
    if (named.length === 0) continue;
    const parties = just_so ? distinct(named.filter((party) => isCalled(party, folded))) : agreeing(folded, named);
    if (parties.length > 0) return parties.every((party) => isCalled(party, folded)) ? parties : distinct([...parties, ...partiesCut({ text: beginning, folded }, books)]);
  }
  if (text === null) return [];
  if (in_field && beginnings.length > 0) {
    const { folded } = beginnings[0]!;
    const parties = agreeing(folded, folded.flatMap(({ key }) => rotationsOf(key).flatMap((turned) => books.partiesByName(turned))));
    if (parties.length > 0) return parties;
  }
  for (const beginning of [...beginnings, ...fieldsOf(text, in_field)]) {
    const parties = distinct(partiesCut(beginning, books));
    if (parties.length > 0) return parties;
  }
  return [];
}

/** Those whose names may go on where it ends: none where it fills no field. */
function partiesCut({ text, folded }: Pick<Beginning, 'text' | 'folded'>, books: Books): NamedParty[] {
  if (!isFieldLength(text.length)) return [];
  return folded.flatMap(({ key, whole }) => startsOf(key, whole).flatMap((start) => books.partiesByBeginning(start)).filter((party) => isCutOf(whole, FIELD_LENGTHS.has(text.length), party)));
}

/** Whether the name, though it is somebody's without a legal form, may be the beginning of another's. */
export function mayGoOn({ text }: NameShown, { by_name }: Payer): boolean {
  return text !== null && isFieldLength(text.length) && !by_name.every((party) => isCalled(party, foldName(text)));
}

/** Those with whose names it shows no other legal form; among them those who are called just so. */
function agreeing(folded: readonly FoldedName[], parties: readonly NamedParty[]): NamedParty[] {
  const possible = parties.filter((party) => party.folded.some((theirs) => folded.some((ours) => ours.form === '' || theirs.form === '' || ours.form === theirs.form)));
  const [just_so, of_form] = (['whole', 'key'] as const).map((by) => possible.filter((party) => party.folded.some((theirs) => folded.some((ours) => ours.form === theirs.form && ours[by] === theirs[by]))));
  return distinct(just_so!.length > 0 ? just_so! : of_form!.length > 0 ? of_form! : possible);
}

/** Whether it is the party's name word for word, the spelling of its legal form included. */
function isCalled(party: NamedParty, folded: readonly FoldedName[]): boolean {
  return party.folded.some((theirs) => folded.some((ours) => ours.whole === theirs.whole));
}

/** Whether the name goes on where the text ends; a text one shorter than the field ends before a space. */
function isCutOf(whole: string, full: boolean, { folded }: NamedParty): boolean {
  const at = whole.lastIndexOf(' ');
  const joins = at > 0 && CONNECTIVES.values().some((word) => word.startsWith(whole.slice(at + 1)));
  return folded.some((theirs) => theirs.whole.length > whole.length && ((theirs.whole.startsWith(whole) && (full || theirs.whole[whole.length] === ' '))
    || (joins && full && theirs.whole.startsWith(`${whole.slice(0, at)} & `))));
}

/** Where a text runs on: the beginnings that fill a field of their own, whatever follows, unless a whole name does, with its legal form. */
function fieldsOf(text: string, in_field: boolean): Beginning[] {
  if (in_field) return [];
  const all = beginningsOf(text, false);
  const whole = all.find((one) => one.folded.some(({ form }) => form !== '') && goesNoFurther(text.slice(one.text.length)));
  return all.filter(({ text: { length } }) => length >= Math.max(MIN_NAME_FIELD, whole?.text.length ?? 0) && isFieldLength(length));
}

/** Shorter ones are as long as many a first pair of words, which a stranger may share: SWIFT's 27 is the shortest that is taken. */
const MIN_NAME_FIELD = 27;

function distinct(parties: readonly NamedParty[]): NamedParty[] {
  const by_id = new Map(parties.map((party) => [party.party_id, party]));
  return by_id.size < 2 ? [...by_id.values()] : [...by_id.values()].sort((a, b) => (a.party_id < b.party_id ? -1 : 1));
}

/** Words that only banks have in their names, folded. */
const BANK_WORDS = /(?:^| )(?:\p{L}*bank|bank\p{L}*|\p{L}*banken|banque|banca|banco|banka|\p{L}*sparkasse|\p{L}*kasse|caixa|caisse|cassa|credit agricole|pankki|\p{L}*pank)(?: |$)/u;

/** A name that no party has: the bank's own on its charges and interest, like a party's, or nobody's we know. */
function strangerOf(leaf: Leaf, { text, in_field, beginnings }: NameShown, books: Books): Payer['name'] {
  if (text === null) return 'absent';
  const charge = ['fee', 'interest'].includes(bankTypeOf(leaf.transaction_code));
  if (charge && beginnings.some(({ folded }) => folded.some(({ whole }) => BANK_WORDS.test(whole)))) return 'bank';
  const all = beginningsOf(text, false);
  const similar = (!in_field && all.some(({ folded }) => folded.some(({ key }) => isTelling(key) && books.partiesByName(key).length > 0)))
    || beginnings.some(({ text: beginning, folded }) => beginning === text && folded.some(({ key, whole }) => key.length >= TELLING_LETTERS
      // A whole first word or two of somebody's name are a name of their own, unless the text is as long as a field.
      && books.partiesByBeginning(key).some((party) => text.length >= MIN_FIELD || party.folded.some((theirs) => theirs.whole.startsWith(whole) && theirs.whole[whole.length] !== ' '))));
  if (similar) return 'similar';
  return in_field || all.some(({ folded }) => folded.some(({ form }) => form !== '')) ? 'unknown' : 'absent';
}

function idsOf(parties: readonly NamedParty[]): string[] {
  return [...new Set(parties.map(({ party_id }) => party_id))];
}

/** The party that pays (money out: is paid) when exactly one is known, by its account before its name; of a customer and a supplier of one name the one whose turn it is. */
export function payerOf(payer: Payer, direction: 'in' | 'out'): string | null {
  if (payer.by_account.length > 0) return payer.by_account.length === 1 ? payer.by_account[0]! : null;
  const named = idsOf(payer.by_name);
  if (named.length < 2) return named[0] ?? null;
  const likely = idsOf(payer.by_name.filter(({ kind }) => kind === (direction === 'in' ? 'customer' : 'supplier')));
  return likely.length === 1 ? likely[0]! : null;
}

/** How the payer relates to the party whose invoice it would pay. The account shown outweighs the name, but not another party's exact name. */
export function relationOf(payer: Payer, party_id: string, books: Books): PayerRelation {
  const invoiced = books.party(party_id);
  // A customer and a supplier may be one company under two ids: of a name, those of the invoice's kind are meant.
  const of_kind = idsOf(payer.by_name.filter(({ kind }) => kind === invoiced?.kind));
  const own = payer.by_account.length > 0;
  const known = own ? payer.by_account : of_kind.length > 0 ? of_kind : idsOf(payer.by_name);
  // An account of two parties is contradictory master data; a name of two parties is no identity.
  if (known.length !== 1) return known.length === 0 || known.includes(party_id) ? 'unknown' : 'contradicts';
  const payer_id = known[0]!;
  if (own && payer.name_in_field && of_kind.length > 0 && !of_kind.some((named) => named === payer_id || areRelated(named, payer_id, books))) return 'contradicts';
  if (payer_id === party_id) return invoiced?.assigned_to_factor ? 'assigned' : own ? 'account' : 'name';
  if (invoiced?.assigned_to_factor === payer_id) return 'factor';
  return books.party(payer_id)?.pays_for.includes(party_id) ? 'pays_for' : 'contradicts';
}

function areRelated(a: string, b: string, books: Books): boolean {
  return [[a, b], [b, a]].some(([one, other]) => books.party(one!)?.pays_for.includes(other!) || books.party(one!)?.assigned_to_factor === other);
}
