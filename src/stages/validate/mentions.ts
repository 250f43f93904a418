import { keysInText, MAX_SHAPE_GROUPS, type KeyForm } from '../../core/invoice-key.ts';
import { ibanStatus } from '../../core/account.ts';
import { canonicalReference } from '../../core/reference.ts';
import { normaliseReference } from '../../core/text.ts';
import type { Leaf } from './contract.ts';

/** A place in an entry that may name an invoice: the forms under which it is looked up, strongest first. */
export interface Mention {
  readonly keys: readonly { form: KeyForm; key: string }[];
  /** Which text it stands in, and where, so that a number inside a longer one that hit is passed over. */
  readonly text: number;
  readonly start: number;
  readonly end: number;
  /**
   * How much it says that it is an invoice: `named`, since it has the letters of a number, stands in a field for references or behind a word
   * for an invoice; `bare` digits, which may be anything; a `decoy`, digits of a date, a phone, an account, an amount, or behind a word for
   * something else; a `lookalike`, which is the whole of what has the form of such a decoy, and nothing but its form says so.
   */
  readonly weight: 'named' | 'bare' | 'lookalike' | 'decoy';
  /** The number whose beginning it leaves out (`RE-1001/02`): it counts only if that one is an invoice. */
  readonly continues: Mention | null;
  /** Bare digits that are read out of the end of something longer only by leaving out a zero or a separator (`26229` in `FA26-026229`). */
  readonly stretched?: boolean;
}

/**
 * Every place where the entry may name an invoice: the fields for references as they stand, then what in the texts has the shape of a
 * number of the company's own, longest first, then what goes on with the end of a number alone.
 */
export function mentionsOf(leaf: Leaf, shapes: ReadonlySet<string>): Mention[] {
  const mentions: Mention[] = [];
  const field = (text: number, value: string | null, forms: readonly KeyForm[]): void => {
    if (value === null) return;
    const keys = forms.map((form) => ({ form, key: form === 'reference' ? canonicalReference(value) : normaliseReference(value) }));
    mentions.push({ keys, text, start: 0, end: value.length, weight: 'named', continues: null });
  };
  field(STRUCTURED, leaf.structured_reference, ['reference', 'number']);
  field(END_TO_END, leaf.end_to_end_id, ['end_to_end', 'number']);
  field(CUSTOMER, leaf.customer_reference, ['reference', 'end_to_end', 'number']);
  const texts: [number, string | null][] = [[REMITTANCE, leaf.remittance], [STRUCTURED, leaf.structured_reference], [END_TO_END, leaf.end_to_end_id], [CUSTOMER, leaf.customer_reference],
    [NAME, leaf.counterparty_name]];
  for (const [text, words] of texts) {
    if (words === null || !DIGIT.test(words)) continue;
    for (const mention of mentionsIn(text, words, shapes)) {
      // The payer's own ids are full of digits; only a number with its letters is one there.
      if (text !== END_TO_END || mention.keys.some(({ key }) => /[A-Z]/.test(key))) mentions.push(mention);
    }
  }
  return mentions;
}

const [STRUCTURED, END_TO_END, CUSTOMER, REMITTANCE, NAME] = [0, 1, 2, 3, 4];
const DIGIT = /\d/;

function mentionsIn(text: number, words: string, shapes: ReadonlySet<string>): Mention[] {
  const found = keysInText(words, shapes);
  for (const { 0: id, index: start } of words.matchAll(LONG_ID)) {
    const key = normaliseReference(id);
    if (key.length >= MIN_ID) found.push({ form: 'end_to_end', key, start, end: start + id.length });
  }
  for (const { 0: code, index: start } of ALTERNATING.test(words) ? words.matchAll(CODE) : []) {
    const key = normaliseReference(code);
    if (groupsIn(key) > MAX_SHAPE_GROUPS) found.push({ form: 'number', key, start, end: start + code.length });
  }
  if (found.length === 0) return [];
  let decoys: Decoy[] | null = null;
  const out: Mention[] = [];
  const continued: Mention[] = [];
  for (const { form, key, start, end } of found) {
    const letters = form !== 'digits' && /[A-Z]/.test(key);
    const weight = letters || isLabelled(words, start) ? 'named'
      // A reference or id of ours may have the form of anything, but the number of a contract is none.
      : form === 'reference' || form === 'end_to_end' ? (text === REMITTANCE && (decoys ??= decoysOf(words)).some((decoy) => decoy.labelled && decoy.start <= start && end <= decoy.end) ? 'decoy' : 'named')
      : weightAmong(decoys ??= decoysOf(words), start, end);
    const stretched = weight === 'bare' && form === 'digits' && words.slice(start, end) !== key && GOES_BEFORE.test(words.slice(Math.max(0, start - 2), start));
    const mention: Mention = { keys: [{ form, key }], text, start, end, weight, continues: null, stretched };
    out.push(mention);
    if (form === 'number' && !isDecoy(mention)) continued.push(...continuationsOf(mention, key, words));
  }
  return [...out, ...continued];
}

export function isDecoy({ weight }: Pick<Mention, 'weight'>): boolean {
  return weight === 'decoy' || weight === 'lookalike';
}

function weightAmong(decoys: readonly Decoy[], from: number, to: number): Mention['weight'] {
  const around = decoys.filter(({ start, end }) => start <= from && to <= end);
  return around.length === 0 ? 'bare' : around.every(({ start, end, labelled }) => !labelled && start === from && end === to) ? 'lookalike' : 'decoy';
}

/** What is written before it is of one piece with it. */
const GOES_BEFORE = /[\p{L}\p{N}][-/._\\]$/u;

/** Ids that no person types and that have too many groups to be found by their shape, as a UUID. */
const LONG_ID = /[\dA-Za-z][\dA-Za-z-]{15,33}[\dA-Za-z]/g;
const MIN_ID = 16;

/** Numbers whose letters and digits alternate too often to be found by their shape (`7F3A9C2B-0001`): as a whole word. */
const ALTERNATING = /\d[A-Za-z]+\d+[A-Za-z]/;
const CODE = /(?<![\dA-Za-z])[\dA-Za-z](?:[\dA-Za-z]|[-/](?=[\dA-Za-z])){5,33}(?![\dA-Za-z])/g;

function groupsIn(key: string): number {
  return key.match(/[A-Z]+|\d+/g)?.length ?? 0;
}

/** `/02`, ` + 02`, `, 02`, ` und 02`: the end of a number alone, after a whole one. What an amount or, as `, 2026/09-1`, another number goes on with is none. */
const CONTINUATION = /^ ?(?:\/ ?(\d{1,9})(?!\d|[.,-]\d|[A-Za-z])|(?:[+&,;]|(?:und|u\.?|sowie|plus|and|et|en|og|och|ja|oraz|és|și|και|и|e|y|i|a)(?= )) ?(\d{1,9})(?!\d|[.,/-]\d|[A-Za-z]))/;

/** ` 1002`: after nothing but a space it may be anything, unless it is as long as what it would stand for. */
const ANOTHER = /^ (\d{1,9})(?!\d|[.,/-]\d|[A-Za-z])/;
const MIN_ANOTHER = 4;

function continuationsOf(base: Mention, key: string, words: string): Mention[] {
  const tail = /\d+$/.exec(key)?.[0];
  if (tail === undefined) return [];
  const out: Mention[] = [];
  let at = base.end;
  for (;;) {
    const rest = words.slice(at, at + 20);
    const match = CONTINUATION.exec(rest) ?? ANOTHER.exec(rest);
    const digits = match?.[1] ?? match?.[2];
    if (digits === undefined || digits.length > tail.length) break;
    const listed = !/^ \d/.test(match![0]);
    if (!listed && (digits.length !== tail.length || digits.length < MIN_ANOTHER)) break;
    at += match![0].length;
    out.push({
      keys: [{ form: 'number', key: key.slice(0, -digits.length) + digits }], text: base.text, start: at - digits.length, end: at, weight: listed ? 'named' : 'bare', continues: base,
    });
  }
  return out;
}

/** Behind these the number of an invoice follows. */
const INVOICE_LABEL = new RegExp(`(?<![\\p{L}])(?:${[
  'rechnung(?:en|s?nummern?|s?nr)?', 'rechn', 'rg', 'rgnr', 'rnr', 're', 'beleg(?:nr)?', 'invoices?', 'inv', 'bill', 'factures?', 'fact', 'fac', 'factu(?:ur|ren)(?:nummer|nr)?', 'fattur[ae]', 'fatt', 'ft', 'facturas?', 'fra',
  'faturas?', 'fat', 'faktur[aeyęuou]?(?:nr)?', 'faktúr[ay]?', 'fakt', 'fv', 'fa', 'fs', 'laskun?(?:nro)?', 'regning', 'sz[aá]ml[aá](?:sz[aá]m)?', 'szla', 'ra[cč]un[aeiu]?', 'rn', 'arve', 's[aą]skaita', 'r[eē][kķ]ins', 'τιμ(?:ολ[οό]γι[οα])?', 'фактур[аиу]', 'ф-ра', 'сч[её]т',
  'gutschrift', 'credit ?note', 'avoir', 'avis', 'doc',
].join('|')})[ .:#/-]*(?:(?:nr|no|num|number|nummer|numer|numero|br|αρ|n°|nº|n.º|№|č|n)[ .:#-]*)?$`, 'iu');
const LABEL_WINDOW = 32;

/** An order of ours or theirs, in the languages of the euro area and its neighbours, with the usual abbreviations. */
const ORDER_WORDS = [
  'auftrag', 'bestell(?:ung)?', 'order', 'purchase order', 'po', 'commande', 'cde', 'bestel(?:ling|bon)?', 'ordin[ei]', 'ord', 'pedidos?', 'encomendas?', 'ordre', 'bestilling', 'best[aä]llning', 'tilau(?:s|ksen)', 'objedn[aá]vk[ayu]', 'obj',
  'zam[oó]wieni[ea]', 'zam', '(?:meg)?rendel[eé]s', 'comand[aă]', 'comenzii', 'cmd', 'narud[zž]b(?:[aeu]|enic[aeu])', 'naro[cč]il[oa]', 'tellimus[et]?', 'pas[uū]t[iī]jum[sa]', 'u[zž]sakym(?:as|o)', 'παραγγελ[ιί]ας?', 'поръчка(?:та)?',
];

/** What is written about beside invoices, with a number behind it, by subject. */
const OTHER_WORDS = [
  // Phones and telefaxes.
  'tel', 'tele[fp](?:on|oon|hone)', 't[eé]l[eé]phone', 'tél', 'telef', 'telf', 'tfno', 'tfn', 'tlf', 'tlm', 'tel[eé]fono', 'telefon[eui]?', 'telefonas', 'telem[oó]vel', 'fon', 'phone', 'ph', 'rufnummer', 'durchwahl', 'handy', 'mobil[ea]?', 'mobiel', 'm[oó]vil', 'mob', 'mobitel', 'mobiil', 'mobilusis',
  'cell', 'cellulare', 'celular', 'portable', 'gsm', 'kom', 'kom[oó]rk[ai]', 'puh', 'puhelin', 'matkapuhelin', 't[aā]lr(?:unis)?', 'τηλ', 'τηλ[εέ]φων[οα]', 'κιν', 'κινητ[οό]', 'тел', 'телефон', 'моб', 'мобилен',
  '(?:tele)?fax', '(?:tele)?faks(?:as|i|s)?', 'φαξ', 'факс',
  // Customers and members.
  'kund(?:en?)?', 'kd', 'kdnr', 'customer', 'cust', 'clients?', 'client[eiu]', 'abonn[eé]', 'abonado', 'klant', 'klient(?:as|a|o|s)?', 'kliendi', 'klijenta?', 'asiakas', 'asiakkaan', 'debitor(?:en)?', 'vev[oő](?:k[oó]d)?', '[uü]gyf[eé]l', 'z[aá]kazn[ií]ka?', 'odb[eě]ratel[e]?', 'kup(?:ac|ca)', 'kupec', 'pirk[eė]j(?:as|o)',
  'πελ[αά]τη[ςσ]?', 'клиент[а-я]*', 'mitglied', 'member(?:ship)?', 'lid', 'lidmaatschap', 'membre', 'adh[eé]rent', 'soci[oou]', 's[oó]cio', 'tessera', 'cz[lł]on(?:ek|ka)', '[cč]len(?:a|sk[eé])?', '[cč]lan(?:a|ski)?', 'medlem', 'j[aä]sen', 'tagsz[aá]m', 'membru', 'liige', 'liikme', 'biedr[sa]', 'nar(?:ys|io)', 'μ[εέ]λο[ςυ]ς?', 'член(?:ски)?',
  // Contracts, mandates, policies, meters.
  'vertrags?', 'contract(?:ul|ului)?', 'overeenkomst', 'contrat', 'contratto', 'contrato', 'avtal', 'avtale', 'aftale', 'kontrakt', 'sopimu(?:s|ksen)', 'umow[ay]', 'smlouv[ay]', 'zmluv[ay]', 'szerz[oő]d[eé]s', 'ugovora?', 'pogodb[ae]', 'lepingu?', 'l[iī]gum[sa]', 'sutart(?:is|ies)', 'σ[υύ]μβασης?', 'договора?',
  'mandat[a-z]*', 'mandate', 'police[n]?', 'policy', 'polis(?:[ay]|e|as)?', 'polizza', 'p[oó]liza', 'ap[oó]lice', 'poji(?:stka|stky|[sš]t[eě]n[ií])', 'poist(?:ka|ky)', 'versicherung(?:sschein)?', 'f[oö]rs[aä]kring', 'forsikring', 'vakuutu(?:s|ksen)', 'k[oö]tv[eé]ny', 'biztos[ií]t[aá]s', 'poli[tț][aăe]', 'polic[ae]', 'draudim(?:as|o)', 'συμβ[οό]λαιο', 'συμβολα[ιί]ου', 'полица',
  'z[aä]hler(?:stand)?', 'meter(?:stand)?', 'compteur', 'contatore', 'contador', 'licznik[a]?', 'elektrom[eě]ru?', 'm[aä]tare?', 'm[aå]ler', 'mittari[n]?', 'm[eé]r[oő](?:[oó]ra)?', 'contor', 'μετρητ[ηή]ς?', 'електромер', 'brojil[oa]', 'arvesti', 'skait[iī]t[aā]j[sa]', 'skaitikli[so]', 'ean', 'pdr', 'cups',
  // Taxes, registers, accounts.
  'ust-?id', 'vat', 'tva', 'btw', 'nif', 'nipc', 'nip', 'regon', 'oib', 'cif', 'cui', 'i[cč]o', 'di[cč]', 'αφμ', 'еик', 'егн', 'ad[oó]sz[aá]m', 'org\\.? ?n[ru]', 'cvr', 'kvk', 'siren', 'siret', 'y-?tunnus', 'p\\.? ?iva', 'ks', 'ss', 'steuer', 'tax', 'blz', 'konto', 'kto', 'account', 'acct', 'iban', 'bic',
  // The payer's own sign or reference.
  'uns(?:er)?e?\\.? ?(?:zeichen|zchn|ref(?:erenz)?)', 'our ref(?:erence)?', 'ons kenmerk', 'notre r[ée]f(?:[ée]rence)?', 'nostr[oa] rif(?:erimento)?', 'ns\\.? ?rif', 'nuestra ref(?:erencia)?', 'v[åa]r ref(?:erens)?', 'vores? ref', 'viitteemme',
  'nasz (?:numer|znak)', 'na[sš]e (?:zna[cč]ka|[cč][ií]slo)',
  // Deliveries, cases, bookings, goods.
  'liefer(?:schein|ung)', 'ls', 'delivery', 'tic?ket', 'vorgang', 'aktenzeichen', 'case', 'dossier', 'zaak', 'pratica', 'expediente', 'sprawa', '[aä]rende', 'sags?', '[uü]gysz[aá]m', 'dosar', 'predmet', 'toimik', 'дело', 'proje[kc]t', 'reservation', 'reservierung', 'r[eé]servation', 'prenotazione', 'reserva', 'rezerwacj[aie]', 'rezerv(?:ace|[aá]cia|acija|are|[aā]cija)', 'bokning', 'varaus', 'foglal[aá]s', 'broneering', 'κρ[αά]τηση[ςσ]?', 'резервация',
  'filiale', 'store', 'objekt', 'wohnung', 'whg', 'zimmer', 'room', 'apt', 'apartment', 'stellplatz', 'haus', 'unit', 'artikel', 'item', 'charge', 'lot', 'serie[ns]?', 'id', 'personal',
  // Postal codes and dates.
  'plz', 'zip', 'post(?:al)? ?code', 'code postal', 'c[oó]d(?:igo|ice)? postale?', 'cap', 'cp', 'psč', 'psc', 'kod pocztowy', 'post', 'posti', 'ir[aá]ny[ií]t[oó]sz[aá]m', 'irsz', 'po[sš]tanski', 'po[sš]tna', 'sihtnumber', 'postiindeks', 'pasta indekss', 'pa[sš]to', 'τ\\.?κ', 'пощенски код',
  'dat(?:um|e|ed|o|a|ums)?', 'd[aá]tum', 'fecha', 'pvm', 'p[aä]iv(?:[aä]ys|[aä]tty)', 'kelt', 'kuup[aä]ev', 'ημερ(?:ομην[ιί]α[ςσ]?)?', 'ημ/ν[ιί]α', 'дата',
];
/** What may stand between the word and its number, a word for `number` among it; the letters of the number itself begin a word. */
const BEFORE_NUMBER = '(?:[ .:#/-]*(?:nr|nro|no|num|number|nummer|num[eé]r[oau]?|n[uú]mero|num[aă]r(?:ul)?|id|br(?:oj)?|n°|nº|n[.]º|№|č|č[ií]s(?:lo)?|c[ií]slo|sz[aá]m|sz|kod(?:e|as)?|code|αρ(?:ιθ(?:μ[οό]ς)?)?|номер|n))?(?!\\p{L})[ .:#/-]*';
const OTHER_LABEL = new RegExp(`(?<![\\p{L}])(?:${[...OTHER_WORDS, ...ORDER_WORDS].join('|')})s?${BEFORE_NUMBER}(?=[A-Z+(]{0,4}[-/ ]?\\d)`, 'giu');
const LABELLED_NUMBER = /^[A-Za-z+(]{0,4}[-/ ]?\d[\d()/.-]*(?: \d{2,}(?![.,]\d))*/;

const MONTHS = 'jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|janv|f[eé]v|avr|mai|juin|juil|ao[uû]t|gen|mag|giu|lug|ago|set|ott|dic|ene|abr';
/** Dates, months, times, phone numbers, accounts and amounts, by their form alone. */
const FORMS: readonly RegExp[] = [
  /(?<!\d)(?:0?[1-9]|[12]\d|3[01])[./-] ?(?:0?[1-9]|1[0-2])[./-] ?(?:(?:19|20)?\d{2})(?!\d)/g,
  /(?<!\d)(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?!\d)/g,
  /(?<!\d)(?:19|20)\d{2}[./-](?:0?[1-9]|1[0-2])[./-](?:0?[1-9]|[12]\d|3[01])(?!\d)/g,
  /(?<!\d|\d[./-])(?:0?[1-9]|1[0-2])[./-](?:19|20)\d{2}(?!\d)/g,
  new RegExp(`(?:(?<!\\d)(?:0?[1-9]|[12]\\d|3[01])\\.? )?(?<!\\p{L})(?:${MONTHS})\\p{L}*\\.? ?(?:(?:19|20)\\d{2}|'?\\d{2})(?!\\d)`, 'giu'),
  /(?:kw|q|quartal|week|semaine)[ .]?\d{1,2}[ /.-]*(?:19|20)\d{2}(?!\d)/gi,
  /\+[1-9]\d{0,2}[ ()/-]{0,3}\d[\d ()/-]{5,16}/g,
  /(?<!\d[./-]?)00[1-9]\d{0,2}[ ()/-]{1,3}\d[\d ()/-]{5,16}/g,
  /(?<!\d[./-]?)0\d{2,5}[ ]?[/-][ ]?\d{3,}[\d -]{0,8}/g,
  /(?<![\d.,])\d{1,3}(?:[.,' ]\d{3})*[.,]\d{2}(?!\d)/g,
  /(?<!\d)\d{1,9}(?:[.,]\d{2})? ?(?:EUR|USD|CHF|GBP|SEK|NOK|DKK|PLN|CZK|HUF|JPY|€|\$|£)(?![\p{L}])/giu,
  /(?<!\p{L})(?:EUR|USD|CHF|GBP|SEK|NOK|DKK|PLN|CZK|HUF|JPY|€|\$|£) ?\d{1,9}(?!\d)/giu,
];
const IBAN_FORM = /(?<![A-Z0-9])[A-Z]{2}\d{2} ?(?:[A-Z0-9]{4} ?){2,7}[A-Z0-9]{0,4}(?![A-Z0-9])/gi;

/** ISO 13616 registry: Norway's. */
const SHORTEST_IBAN = 15;

/** A part of a text in which digits are something else than an invoice's: by its form, or behind a word that says so. */
export interface Decoy {
  readonly start: number;
  readonly end: number;
  readonly labelled: boolean;
}

export function decoysOf(words: string): Decoy[] {
  const spans: Decoy[] = [];
  const add = (start: number, length: number, labelled = false): void => void spans.push({ start, end: start + length, labelled });
  for (const form of FORMS) {
    // With a loop of its own: matchAll makes a new expression each time, which here would cost more than all that is found.
    form.lastIndex = 0;
    for (let match = form.exec(words); match !== null; match = form.exec(words)) add(match.index, match[0].length);
  }
  for (const match of words.matchAll(IBAN_FORM)) {
    // What follows may be words; without them it is an IBAN, if with a slip in it, or too short for one.
    const account = match[0].split(' ').filter((group) => DIGIT.test(group)).join('');
    if (ibanStatus(match[0]) === 'valid' || account.length >= SHORTEST_IBAN && ibanStatus(account) !== 'none') add(match.index, match[0].length);
  }
  for (const match of words.matchAll(OTHER_LABEL)) {
    const start = match.index + match[0].length;
    const number = LABELLED_NUMBER.exec(words.slice(start, start + 40));
    if (number) add(start, number[0].length, true);
  }
  return spans;
}

// ── What a text says beside numbers ───────────────────────────────────────────────────────────────────────────────────────────

const MORE_AT_END = /(?:\.\.\.|…|[+&]|(?<!\p{L})(?:u\.? ?a\.?|usw\.?|u\.? ?w\.?|etc\.?|e\.? ?a\.?|m\.? ?fl\.?|ecc\.?|et al\.?|ym\.?))$/iu;
const MORE = /(?:\+|(?<!\p{L})(?:und|and|et|en|e|y|og|och|plus|sowie|ja))? ?\d{0,3} ?(?<!\p{L})(?:weitere[rn]?|andere|more|others?|further|remaining|autres?|altr[ie]|otr[ao]s?|outr[ao]s?|overige|flere|fler|muut|dal[sš][ií]|inne|m[aá]sok|drug[ei])(?!\p{L})|(?<!\p{L})(?:u\.a\.|usw\.|etc\.|e\.a\.|m\.fl\.|stb\.|i dr\.|κ\.ά\.|и др\.)/iu;

/** Whether the text itself says that more follows than it shows. */
export function saysMore(text: string | null): boolean {
  return text !== null && (MORE_AT_END.test(text.slice(-12)) || MORE.test(text));
}

/** Whether it ends where a list would go on, which many a text does for no reason. */
export function endsInSeparator(text: string | null): boolean {
  return text !== null && /[,;]$/.test(text);
}

/** The lengths at which banks cut remittance information, SEPA's 140 and MT940's 6 × 65. Many a text just happens to have the length of a line. */
const FIELD_LENGTHS = new Set([140, 390]);

/** Whether the text fills its field, so that the bank may have cut it. */
export function fillsField(text: string | null): boolean {
  return text !== null && FIELD_LENGTHS.has(text.length);
}

/** The shortest field for a text that is known; a shorter one ends where its writer ended. */
const SHORTEST_TEXT = 27;

/** Whether the text ends in a number that is called an invoice's, or has letters, and that the bank may have cut. */
export function endsInNumber(text: string | null): boolean {
  return text !== null && text.length >= SHORTEST_TEXT && /\d[-/.]?$/.test(text) && numbersIn(text).some(({ key, labelled, end }) => end >= text.length - 1 && (labelled || /[A-Z]/.test(key)));
}

/** Whether the text ends in the beginning of a number like these, and not in one of them. */
export function endsInPart(text: string | null, numbers: readonly string[]): boolean {
  const part = text === null ? '' : normaliseReference(/[^ ,;+&]*$/.exec(text)![0]);
  return /\d{5}|[A-Z]\d/.test(part) && !numbers.includes(part) && numbers.some((number) => number.length > part.length && number.startsWith(part));
}

const PREPAYMENT = new RegExp(`(?<!\\p{L})(?:${[
  'vorkasse', 'vorauszahlung', 'anzahlung', 'akonto', 'a conto', 'abschlag[a-z]*', 'kaution', 'prepayment', 'pre-payment', 'prepaid', 'advance', 'deposit', 'down ?payment', 'pro ?forma', 'acompte', 'avance', 'arrhes', 'anticipo', 'acconto',
  'caparra', 'vooruitbetaling', 'aanbetaling', 'förskott', 'forskud', 'forskudd', 'forudbetaling', 'ennakko[a-zä]*', 'z[aá]loh[ay]', 'zaliczka', 'przedpłata', 'el[oő]leg', 'adiantamento', 'sinal', 'predujam', 'προκαταβολ[ηή]', 'аванс', 'angebot', 'quotation', 'quote', 'devis', 'offerte', 'preventivo', 'presupuesto',
].join('|')})(?!\\p{L})`, 'iu');

/** Whether the text speaks of a payment before any invoice. */
export function speaksOfPrepayment(text: string | null): boolean {
  return text !== null && PREPAYMENT.test(text);
}

const ORDER_NUMBER = new RegExp(`(?<!\\p{L})(?:${ORDER_WORDS.join('|')})s?${BEFORE_NUMBER}([A-Z]{0,4}[-/ ]?\\d[\\dA-Z/-]{2,})`, 'giu');

/** The order numbers that the text names, as normaliseReference gives them. */
export function ordersIn(text: string | null): string[] {
  return text === null ? [] : [...text.matchAll(ORDER_NUMBER)].map((match) => normaliseReference(match[1]!));
}

const NUMBER_TOKEN = /(?<![\p{L}\p{N}])(?:[A-Za-z]{1,6}[-/. ]{0,2})?\d[\dA-Za-z]*(?:[-/.] ?\d[\dA-Za-z]*|[-/.][A-Za-z]{1,4}[-/.]?\d[\dA-Za-z]*| {1,2}\d{2,})*(?:[-/.][A-Za-z]{1,3}(?![A-Za-z0-9]))?/gu;

/** What a text may have meant as the number of an invoice. */
export interface WrittenNumber {
  /** With the letters before it. */
  key: string;
  /** The same as it was spaced out. */
  parts: readonly string[];
  /** It stands behind a word for an invoice. */
  labelled: boolean;
  end: number;
}

/** The numbers of a text in a row, with the letters before them, outside of what digits are else. */
export function numbersIn(text: string | null): WrittenNumber[] {
  if (text === null || !DIGIT.test(text)) return [];
  let rest = text;
  for (const { start, end } of decoysOf(text)) rest = `${rest.slice(0, start)}${';'.repeat(end - start)}${rest.slice(end)}`;
  const out: WrittenNumber[] = [];
  for (const { 0: match, index } of rest.matchAll(NUMBER_TOKEN)) {
    out.push({
      key: normaliseReference(match), parts: match.split(/ +/).map(normaliseReference), labelled: isLabelled(text, index) || isLabelled(text, index + match.search(DIGIT)),
      end: index + match.length,
    });
  }
  return out;
}

/** Whether a word for an invoice stands before this place; the letters that a number begins with may be one (`FV 4711`). */
function isLabelled(text: string, at: number): boolean {
  return INVOICE_LABEL.test(text.slice(Math.max(0, at - LABEL_WINDOW), at));
}

const MONTH_OR_NUMBER = /(?<!\d|\d[./-])\d{1,2}[./-](?:19|20)\d{2}(?![\d./-])/g;

/** What is called an invoice's and may be a month, or the number of the year that some companies give (`Fattura 12/2026`). */
export function numberedMonthsIn(text: string | null): string[] {
  return text === null ? [] : [...text.matchAll(MONTH_OR_NUMBER)].filter(({ index }) => isLabelled(text, index)).map(([match]) => normaliseReference(match));
}

/** Whether one slip of the hand makes the one of the other: a character too many, too few or wrong, or two neighbours turned round. */
export function isOneSlip(a: string, b: string): boolean {
  if (a === b || Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  if (a.length === b.length) {
    return a.slice(i + 1) === b.slice(i + 1) || (a[i] === b[i + 1] && a[i + 1] === b[i] && a.slice(i + 2) === b.slice(i + 2));
  }
  const [long, short] = a.length > b.length ? [a, b] : [b, a];
  return long.slice(i + 1) === short.slice(i);
}
