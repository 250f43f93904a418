import { ibanStatus } from '../../core/account.ts';
import type { RawAmount, Transaction } from '../../core/statement.ts';
import { parseAmount, referenceOf, type StatementLine } from './mt940-statement-line.ts';

/**
 * Field 86 (`6*65x`) in its dialects. The standard leaves its content to the banks, so a field is told by its own form and never by the
 * bank's name: numbered subfields behind any separator, code words between slashes, code words with a plus sign or a colon, free text.
 */

/** SWIFT's line length: a line this long was broken by its width alone, in the middle of a word if need be. */
const LINE_CHARACTERS = 65;
/** A subfield's length in the German standard; a full one runs on in the next, a shorter one has lost a space or ends a sentence. */
const SUBFIELD_CHARACTERS = 27;

interface Party {
  name: string | null;
  account: string | null;
  bank: string | null;
}

/** What a field 86 says, before it is known which of its parties is the other side. */
interface Findings {
  /** The German business transaction code or its like in other countries. */
  code: string | null;
  /** The bank's own words for the booking; the remittance only where there is no other text. */
  booking_text: string | null;
  words: string[];
  end_to_end_id: string | null;
  mandate_id: string | null;
  customer_reference: string | null;
  structured_reference: string | null;
  return_reason: string | null;
  counterparty: Party;
  /** Whoever pays, whoever is paid: who of the two is the other side depends on the sign. */
  debtor: Party | null;
  creditor: Party | null;
  ultimate_debtor: string | null;
  ultimate_creditor: string | null;
  /** Who is named in place of the one that gave the order, and of the one that received it. */
  instead_of_sender: string | null;
  instead_of_receiver: string | null;
  instructed: { amount: RawAmount; currency: string | null } | null;
  charges: { amount: RawAmount; currency: string | null }[];
  exchange_rate: string | null;
}

function noParty(): Party {
  return { name: null, account: null, bank: null };
}

/**
 * The transaction that a field 61 with its supplementary line and its fields 86 describe. `lines` are those of all fields 86 that follow the
 * field 61, without their tag and without blank ones.
 */
export function readTransaction(line: StatementLine, supplementary: string, lines: readonly string[], currency: string | null): Transaction<RawAmount> {
  const found: Findings = {
    code: null, booking_text: null, words: [], end_to_end_id: null, mandate_id: null, customer_reference: null, structured_reference: null,
    return_reason: null, counterparty: noParty(), debtor: null, creditor: null, ultimate_debtor: null, ultimate_creditor: null,
    instead_of_sender: null, instead_of_receiver: null, instructed: null, charges: [], exchange_rate: null,
  };
  const free = readInformation(lines, found);
  readSupplementary(supplementary, found, free);
  // Some Dutch banks put the other side's account where the reference belongs.
  const accountAsReference = line.customer_reference !== null && isIban(line.customer_reference);
  if (accountAsReference) found.counterparty.account ??= line.customer_reference;

  const credit = !line.amount.startsWith('-');
  const side = credit ? found.debtor ?? found.creditor : found.creditor ?? found.debtor;
  const party = found.counterparty;
  if (side !== null) {
    party.name ??= side.name;
    party.account ??= side.account;
    party.bank ??= side.bank;
  }
  const ultimate = ultimateName(found, credit);
  return {
    amount: line.amount,
    currency,
    bank_reference: line.bank_reference,
    end_to_end_id: found.end_to_end_id,
    mandate_id: found.mandate_id,
    customer_reference: (accountAsReference ? null : line.customer_reference) ?? found.customer_reference,
    transaction_code: proprietary(codesOf(line.type, found.code)),
    return_reason: found.return_reason,
    counterparty: isParty(party) ? party : null,
    ultimate_counterparty: ultimate === null ? null : { name: ultimate },
    remittance: tidy(found.words.join(' ')) ?? found.booking_text,
    structured_reference: found.structured_reference,
    instructed: instructedOf(found, credit, currency),
    exchange_rate: found.exchange_rate,
    charges: found.charges.length === 0 ? [] : found.charges.map((charge) => ({ amount: negative(charge.amount), currency: charge.currency ?? currency, bearer: null })),
  };
}

/** SWIFT's types of charges, interest and returned items (field 61, subfield 6). */
const TELLING_TYPE = /^[NSF](?:CHG|COM|INT|RTI)$/;
/** German codes of charges and interest. */
const GERMAN_CHARGES = /^8(?:0\d|1[0-7])$/;

/**
 * The code of field 86 says more than SWIFT's type, but outside Germany it is the bank's own: beside a type that tells of charges, interest
 * or a return stands only a German code of these kinds alone; else both are given, as German banks print them in camt.
 */
function codesOf(type: string | null, code: string | null): string | null {
  if (type === null || code === null || !TELLING_TYPE.test(type) || GERMAN_CHARGES.test(code) || RETURNS.has(code)) return code ?? type;
  return `${type}+${code}`;
}

function proprietary(code: string | null): Transaction<RawAmount>['transaction_code'] {
  return code === null ? null : { domain: null, family: null, subfamily: null, proprietary: code };
}

function isParty({ name, account, bank }: Party): boolean {
  return name !== null || account !== null || bank !== null;
}

/** German codes of SEPA direct debits, theirs and ours, and of orders that came back. */
const DIRECT_DEBITS: ReadonlySet<string> = new Set(['104', '105', '107', '108', '109', '110', '171', '174', '181', '184', '192', '193', '196', '197']);
const RETURNS: ReadonlySet<string> = new Set(['059', '108', '109', '110', '159', '181', '184']);

/**
 * The German standard names the party in place of the sender (ABWA) and of the receiver (ABWE) of the *order*: whoever pays sends a credit
 * transfer, whoever is paid sends a direct debit, and a return carries the order that came back.
 */
function ultimateName(found: Findings, credit: boolean): string | null {
  const sentToUs = (credit !== DIRECT_DEBITS.has(found.code ?? '')) !== RETURNS.has(found.code ?? '');
  return (sentToUs ? found.instead_of_sender : found.instead_of_receiver) ?? (credit ? found.ultimate_debtor : found.ultimate_creditor);
}

function instructedOf({ instructed }: Findings, credit: boolean, currency: string | null): Transaction<RawAmount>['instructed'] {
  const known = instructed?.currency ?? currency;
  return instructed === null || known === null ? null : { amount: credit ? instructed.amount : negative(instructed.amount), currency: known };
}

function negative(amount: RawAmount): RawAmount {
  return /[1-9]/.test(amount) ? `-${amount}` : amount;
}

/** True when the field is free text, to which the supplementary line may add words. */
function readInformation(lines: readonly string[], found: Findings): boolean {
  if (lines.length === 0) return true;
  const first = lines[0]!.trimStart();
  // Polish banks send the code in a field 86 of its own, before the one that has it in front of its subfields.
  if (lines.length > 1 && /^\d{3}\s*$/.test(first) && lines[1]!.startsWith(first.trimEnd()) && findSeparator(lines[1]!) !== null) return readInformation(lines.slice(1), found);
  const separator = findSeparator(first);
  if (separator !== null) {
    readSubfields(joinLines(lines, '').trimStart(), separator, found);
    return false;
  }
  if (first.startsWith('/') && (CODE_WORDS.has(first.slice(1, first.indexOf('/', 1))) || lines.some((line) => line.includes('/REMI/')))) {
    readCodeWords(joinLines(lines, ''), found);
    return false;
  }
  const text = joinLines(lines, '\n');
  if (!/[+:]/.test(text)) return readFreeText(text, found);
  return readMarked(text, DUTCH, found) || readMarked(text, DUTCH_CAPITALS, found) || readMarked(text, POLISH, found) || readMarked(text, SEPA, found) ? false : readFreeText(text, found);
}

/**
 * Lines that were broken by their width are put together again; one character short of it, the space at the break was cut off. What stands
 * between others is for the dialect to say.
 */
function joinLines(lines: readonly string[], between: string): string {
  const parts: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    // Some banks fill every line up with one more space.
    const full = line.length > LINE_CHARACTERS && line.trimEnd().length <= LINE_CHARACTERS ? line.slice(0, LINE_CHARACTERS) : line;
    parts.push(full);
    if (i < lines.length - 1 && full.length < LINE_CHARACTERS) parts.push(full.length === LINE_CHARACTERS - 1 ? ' ' : between);
  }
  return parts.length === 1 ? parts[0]! : parts.join('');
}

/** Without runs of white space and space around; null when nothing is left. */
function tidy(text: string): string | null {
  if (text === '') return null;
  return (TIDY.test(text) ? text : text.replace(/\s+/g, ' ').trim()) || null;
}

const TIDY = /^\S+(?: \S+)*$/;

// ---- Numbered subfields (Germany, Austria, Switzerland; with other separators Poland, Hungary, the Netherlands)

const CODE = /^[0-9A-Z]{3}$/;
/** Separators that open a subfield wherever they stand before a number; any other must do so twice. */
const USUAL_SEPARATORS = '?~^<>|';

/** The character in front of the subfield numbers: `166?00…`, `020~00…`, `?20…`, `000>10…`; null when the field has no subfields. */
function findSeparator(first: string): string | null {
  const at = CODE.test(first.slice(0, 3)) ? 3 : 0;
  const separator = first[at];
  if (separator === undefined || /[A-Za-z0-9\s/\-.,:;()'"]/.test(separator) || numberAt(first, at + 1) < 0) return null;
  if (USUAL_SEPARATORS.includes(separator)) return separator;
  const next = first.indexOf(separator, at + 1);
  return next > 0 && numberAt(first, next + 1) >= 0 ? separator : null;
}

/** The two digits there as the number of a subfield, 00, 10-39 or 60-79; -1 for anything else. */
function numberAt(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - ZERO, text.charCodeAt(at + 1) - ZERO];
  const known = ones >= 0 && ones <= 9 && (tens === 0 ? ones === 0 : (tens >= 1 && tens <= 3) || tens === 6 || tens === 7);
  return known ? tens * 10 + ones : -1;
}

const ZERO = 0x30;

/** In the order in which they stand. Arrays and no Map: there are a dozen of them in each of millions of fields. */
interface Subfields {
  readonly numbers: number[];
  readonly values: string[];
}

function valueOf({ numbers, values }: Subfields, number: number): string {
  const at = numbers.indexOf(number);
  return at < 0 ? '' : values[at]!;
}

/**
 * Annex 3 of the German DFÜ agreement, "Strukturierte Belegung des Feldes 86": 00 booking text, 10 journal number, 20-29 and 60-63 text,
 * 30 bank, 31 account, 32-33 name, 34 text key addition. Polish banks use the same numbers, 38 for the IBAN and, without 32, 27-28 for the
 * name. Whatever else is numbered is text.
 */
function readSubfields(text: string, separator: string, found: Findings): void {
  const fields = splitSubfields(text, separator);
  const code = text.slice(0, 3);
  // 000 and 999 say that there is no code.
  if (text[3] === separator && code !== '000' && code !== '999') found.code = code;
  found.booking_text = tidy(valueOf(fields, 0));
  const nameAt = fields.numbers.includes(32) ? 32 : separator !== '?' && fields.numbers.includes(27) && !fields.numbers.includes(26) ? 27 : null;
  const texts: string[] = [];
  for (let i = 0; i < fields.numbers.length; i++) {
    const number = fields.numbers[i]!;
    if (isTextNumber(number) && number !== nameAt && number - 1 !== nameAt) texts.push(fields.values[i]!);
  }
  readSepaText(joinSubfields(texts), found);
  const { counterparty } = found;
  if (nameAt !== null) counterparty.name = tidy(joinSubfields([valueOf(fields, nameAt), valueOf(fields, nameAt + 1)]));
  // No account number has a space, but a wrapped one may get it.
  counterparty.account = (valueOf(fields, 38) || valueOf(fields, 31)).replace(/\s+/g, '') || counterparty.account;
  counterparty.bank = valueOf(fields, 30).replace(/\s+/g, '') || counterparty.bank;
  const addition = valueOf(fields, 34).slice(0, 3);
  if (/^9[01]\d$/.test(addition)) found.return_reason ??= RETURN_REASONS.get(addition) ?? addition;
}

function isTextNumber(number: number): boolean {
  return (number >= 20 && number <= 29) || (number >= 35 && number !== 38);
}

/**
 * Text key additions of SEPA returns (subfield 34) as codes of ISO 20022, where banks' documents agree on one; the others are given as
 * printed (914 is for several reasons that are not specified).
 */
const RETURN_REASONS: ReadonlyMap<string, string> = new Map([
  ['901', 'AC01'], ['902', 'AC04'], ['903', 'AC06'], ['904', 'AG01'], ['906', 'AM04'], ['907', 'AM05'], ['908', 'BE04'], ['909', 'MD01'],
  ['910', 'MD02'], ['912', 'MD06'], ['913', 'MD07'], ['915', 'RC01'],
]);

/** A number that has stood before, or is none of a subfield, is the payer's own text behind the separator's character. */
function splitSubfields(text: string, separator: string): Subfields {
  const fields: Subfields = { numbers: [], values: [] };
  let from = 0;
  for (let at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, at + 1)) {
    const number = numberAt(text, at + 1);
    if (number < 0 || fields.numbers.includes(number)) continue;
    if (from > 0) fields.values.push(text.slice(from, at));
    fields.numbers.push(number);
    from = at + 3;
  }
  fields.values.push(text.slice(from));
  return fields;
}

/** A line feed marks where a subfield ends for good. Banks whose subfields are longer than the standard's fill them up to their own length. */
function joinSubfields(parts: readonly string[]): string {
  let width = SUBFIELD_CHARACTERS;
  for (const part of parts) if (part.length > width) width = part.length;
  const joined: string[] = [];
  let runsOn = true;
  for (const part of parts) {
    if (!runsOn || SEPA_AT_START.test(part)) joined.push('\n');
    joined.push(part);
    runsOn = part.length === width;
  }
  return joined.join('');
}

// ---- Code words in running text

/** Where what follows a code word goes. */
type Place = (found: Findings, value: string) => void;

const place = {
  endToEnd: (found: Findings, value: string): void => void (found.end_to_end_id ??= referenceOf(value)),
  mandate: (found: Findings, value: string): void => void (found.mandate_id ??= referenceOf(value)),
  customer: (found: Findings, value: string): void => void (found.customer_reference ??= referenceOf(value)),
  structured: (found: Findings, value: string): void => void (found.structured_reference ??= referenceOf(value)),
  reason: (found: Findings, value: string): void => void (found.return_reason ??= tidy(value)),
  words: (found: Findings, value: string): void => void found.words.push(value),
  booking: (found: Findings, value: string): void => void (found.booking_text ??= tidy(value)),
  name: (found: Findings, value: string): void => void (found.counterparty.name ??= tidy(value)),
  account: (found: Findings, value: string): void => void (found.counterparty.account ??= tidy(value)),
  bank: (found: Findings, value: string): void => void (found.counterparty.bank ??= tidy(value)),
  instructed(found: Findings, value: string): void {
    const money = parseMoney(value);
    if (money !== null) found.instructed ??= money;
  },
  charges(found: Findings, value: string): void {
    const money = parseMoney(value);
    if (money !== null && /[1-9]/.test(money.amount)) found.charges.push(money);
  },
  rate: (found: Findings, value: string): void => void (found.exchange_rate ??= parseAmount(value.trim()) ?? null),
  senderInstead: (found: Findings, value: string): void => void (found.instead_of_sender ??= tidy(value)),
  receiverInstead: (found: Findings, value: string): void => void (found.instead_of_receiver ??= tidy(value)),
  nowhere: (): void => {},
} satisfies Record<string, Place>;

/** `EUR11,85` or `11,85`, also behind a slash. */
function parseMoney(text: string): { amount: RawAmount; currency: string | null } | null {
  const plain = text.trim();
  const currency = /^[A-Z]{3}/.test(plain) ? plain.slice(0, 3) : null;
  const amount = parseAmount((currency === null ? plain : plain.slice(3)).trim());
  return amount === undefined ? null : { amount, currency };
}

interface Marks {
  /** Finds a mark; its first group is the key of `places`. */
  readonly pattern: RegExp;
  /** Only a text that has this is read so. */
  readonly sign: RegExp;
  readonly places: Readonly<Record<string, Place>>;
  /** What stands before the first mark. */
  readonly before: Place;
  /** What follows a value on the next line. */
  readonly after: Place;
  /** Marks whose value is one word, or no value of theirs at all. */
  readonly shapes: Readonly<Record<string, RegExp>>;
  /** Marks whose value runs over line ends. */
  readonly long: ReadonlySet<string>;
  /** What ends a value beside the next mark; it is none of its characters. */
  readonly terminator: string;
}

const ACCOUNT_SHAPES = { IBAN: /^[A-Z]{2}\d\d[A-Z0-9]{11,30}(?![A-Z0-9])/, BIC: /^[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![A-Z0-9])/ };
const NO_SHAPES = {};

/** The German standard's code words: at the beginning of a subfield, by many banks anywhere, by cooperative banks with a colon. */
const SEPA: Marks = {
  pattern: /(?<![A-Za-z0-9])(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC|BREF|RREF|PURP)(?:\+|: )/g,
  sign: /(?<![A-Za-z0-9])(?:EREF|KREF|MREF|SVWZ|ABWA|ABWE)(?:\+|: )/,
  places: {
    EREF: place.endToEnd, KREF: place.customer, MREF: place.mandate, CRED: place.nowhere, DEBT: place.nowhere, COAM: place.charges,
    OAMT: place.instructed, SVWZ: place.words, ABWA: place.senderInstead, ABWE: place.receiverInstead, IBAN: place.account, BIC: place.bank,
    BREF: place.nowhere, RREF: place.nowhere, PURP: place.nowhere,
  },
  before: place.words,
  after: place.words,
  shapes: ACCOUNT_SHAPES,
  long: new Set(['SVWZ', 'ABWA', 'ABWE']),
  terminator: '',
};
const SEPA_AT_START = /^\s*(?:EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC|BREF|RREF|PURP)(?:\+|: )/;

/** ABN AMRO's readable form, in columns of 33 characters. */
const DUTCH: Marks = dutchMarks((label) => label);
/** The same in capitals, as older exports have it. */
const DUTCH_CAPITALS: Marks = dutchMarks((label) => label.toUpperCase());

function dutchMarks(printed: (label: string) => string): Marks {
  const places: [string, Place][] = [
    ['IBAN', place.account], ['BIC', place.bank], ['Naam', place.name], ['Omschrijving', place.words], ['Kenmerk', place.endToEnd],
    ['Machtiging', place.mandate], ['Incassant', place.nowhere], ['Betalingskenm.', place.structured], ['Voor', place.words],
  ];
  const oneOf = (labels: string[]): string => labels.map((label) => printed(label).replace('.', '\\.')).join('|');
  return {
    pattern: new RegExp(`(?<![A-Za-z0-9])(${oneOf(places.map(([label]) => label))}): `, 'g'),
    sign: new RegExp(`(?<![A-Za-z0-9])(?:${oneOf(['Naam', 'Omschrijving', 'Kenmerk', 'Machtiging'])}): `),
    places: Object.fromEntries(places.map(([label, to]) => [printed(label), to])),
    before: place.booking,
    after: place.words,
    shapes: ACCOUNT_SHAPES,
    long: new Set(['Naam', 'Omschrijving', 'Voor'].map(printed)),
    terminator: '',
  };
}

/** mBank: from or to which account, of or for whom, title, transaction number, each ended by a semicolon. */
const POLISH: Marks = {
  pattern: /(?<![A-Za-z0-9])(Z RACH\.|NA RACH\.|OD|DLA|TYT\.|TNR|ID IPH): /g,
  sign: /(?<![A-Za-z0-9])TYT\.: /,
  places: {
    'Z RACH.': place.account, 'NA RACH.': place.account, TNR: place.nowhere, 'TYT.': place.words, 'ID IPH': place.words,
    // The address stands behind two spaces.
    OD: (found, value) => place.name(found, value.split(/ {2}|\n/, 1)[0]!),
    DLA: (found, value) => place.name(found, value.split(/ {2}|\n/, 1)[0]!),
  },
  before: place.booking,
  after: place.words,
  shapes: NO_SHAPES,
  long: new Set(['OD', 'DLA', 'TYT.', 'Z RACH.', 'NA RACH.', 'TNR', 'ID IPH']),
  terminator: ';',
};

/** Text of the German standard, marked or not. */
function readSepaText(text: string, found: Findings): void {
  if (!readMarked(text, SEPA, found)) place.words(found, text);
}

/** Whether the text has such marks; then each value is where it belongs. A mark that stands again keeps its words in the text. */
function readMarked(text: string, marks: Marks, found: Findings): boolean {
  if (!marks.sign.test(text)) return false;
  const taken = new Map<string, string>();
  let mark: string | null = null;
  let markStart = 0;
  let from = 0;
  const end = (to: number): void => {
    let value = text.slice(from, to);
    if (mark === null) return void (tidy(value) !== null && marks.before(found, value));
    value = value.trim();
    if (value.endsWith(marks.terminator)) value = value.slice(0, value.length - marks.terminator.length);
    const before = taken.get(mark);
    if (before !== undefined) return void (tidy(before) !== tidy(value) && place.words(found, value));
    taken.set(mark, value);
    const shape = marks.shapes[mark];
    const breakAt = shape === undefined ? (marks.long.has(mark) ? -1 : value.indexOf('\n')) : shape.exec(value)?.[0].length;
    if (breakAt === undefined) return place.words(found, text.slice(markStart, to));
    marks.places[mark]!(found, breakAt < 0 ? value : value.slice(0, breakAt));
    if (breakAt >= 0 && tidy(value.slice(breakAt)) !== null) marks.after(found, value.slice(breakAt));
  };
  marks.pattern.lastIndex = 0;
  for (let match = marks.pattern.exec(text); match !== null; match = marks.pattern.exec(text)) {
    end(match.index);
    mark = match[1]!;
    markStart = match.index;
    from = match.index + match[0].length;
  }
  end(text.length);
  return true;
}

// ---- Code words between slashes (SWIFT, the Netherlands, Belgium)

type Role = 'counterparty' | 'debtor' | 'creditor' | 'ultimate_debtor' | 'ultimate_creditor';

const PARTIES: ReadonlyMap<string, Role> = new Map([
  ['CNTP', 'counterparty'], ['ORDP', 'debtor'], ['BENM', 'creditor'], ['ULTD', 'ultimate_debtor'], ['ULTB', 'ultimate_creditor'], ['ULTC', 'ultimate_creditor'],
]);

const SLASHED: Readonly<Record<string, Place>> = {
  TRTP: place.booking, BUSP: place.booking, IBAN: place.account, BIC: place.bank, EREF: place.endToEnd, MARF: place.mandate,
  PREF: place.customer, KREF: place.customer, CREF: place.customer, RTRN: place.reason, OCMT: place.instructed, CHGS: place.charges,
  EXCH: place.rate, CSID: place.nowhere, PURP: place.nowhere, TRCD: place.nowhere, ISDT: place.nowhere, SVCL: place.nowhere, IREF: place.nowhere,
  RREF: place.nowhere, BREF: place.nowhere, NRTX: place.nowhere,
};

const CODE_WORDS: ReadonlySet<string> = new Set([...Object.keys(SLASHED), ...PARTIES.keys(), 'NAME', 'ADDR', 'ID', 'REMI']);
/** Several parties have them, each its own. */
const REPEATED: ReadonlySet<string> = new Set(['NAME', 'ADDR', 'ID']);

/** The longest code word is of four letters; what is longer between two slashes is text. */
const CODE_WORD_CHARACTERS = 4;

/** `/EREF/…//CNTP/account/BIC/name/city//REMI/USTD//text/`, or `/TRTP/…/IBAN/…/BIC/…/NAME/…/REMI/text/EREF/…`. */
function readCodeWords(text: string, found: Findings): void {
  let word: string | null = null;
  let from = 0;
  let role: Role = 'counterparty';
  let isOfParty = false;
  const taken = new Set<string>();
  const end = (to: number): void => {
    if (word === null) return;
    const value = withoutSlashes(text.slice(from, to));
    const party = PARTIES.get(word);
    if (party !== undefined) {
      role = party;
      if (value !== '') addParty(found, role, value.split('/'));
    } else if (word === 'NAME') addParty(found, role, [value]);
    else if (word === 'REMI') addRemittance(found, value);
    // Of no party, an identification is words.
    else if (word === 'ID' && !isOfParty) place.words(found, value);
    else if (word !== 'ADDR' && word !== 'ID') SLASHED[word]!(found, value.split('//', 1)[0]!);
  };
  for (let at = text.indexOf('/'); at >= 0; at = text.indexOf('/', at + 1)) {
    const close = text.indexOf('/', at + 1);
    if (close < 0) break;
    if (close - at - 1 > CODE_WORD_CHARACTERS) continue;
    const next = text.slice(at + 1, close);
    if (!CODE_WORDS.has(next) || (taken.has(next) && !REPEATED.has(next))) continue;
    // Behind a text these letters are the payer's own.
    if (next === 'ID' && word !== null && !PARTIES.has(word) && !REPEATED.has(word)) continue;
    end(at);
    isOfParty = word !== null;
    taken.add(next);
    word = next;
    from = close + 1;
    at = close - 1;
  }
  end(text.length);
}

function withoutSlashes(text: string): string {
  let from = 0;
  let to = text.length;
  while (text[from] === '/') from++;
  while (to > from && text[to - 1] === '/') to--;
  return text.slice(from, to);
}

/** A name alone, or account, BIC, name and whatever follows. */
function addParty(found: Findings, role: Role, parts: readonly string[]): void {
  const structured = parts.length > 2;
  const name = tidy((structured ? parts[2] : parts.at(-1)) ?? '');
  if (role === 'ultimate_debtor' || role === 'ultimate_creditor') {
    found[role] ??= name;
    return;
  }
  const party = (found[role] ??= noParty());
  party.name ??= name;
  if (parts.length > 1) party.account ??= tidy(parts[0]!);
  if (structured) party.bank ??= tidy(parts[1]!);
}

/** `USTD//text`, `STRD/CUR/reference`, `STRD/ISO/RF…` or text as it is. */
function addRemittance(found: Findings, value: string): void {
  const parts = value.split('/');
  if (parts[0] === 'STRD' && parts.length >= 3) place.structured(found, withoutSlashes(parts.slice(2).join('/')));
  else place.words(found, parts[0] === 'USTD' ? withoutSlashes(value.slice('USTD'.length)) : value);
}

// ---- Free text

const ISO_REASON = /^[A-Z]{2}\d\d$/;
const IBAN_START = /^[A-Z]{2}\d\d\w/;

/** Whether the word is an IBAN, its check digits right or wrong. Most words are told apart by their first letters. */
function isIban(word: string): boolean {
  return IBAN_START.test(word) && ibanStatus(word) !== 'none';
}

/** Text without structure, but for a reason of return and the other side's account that some banks print first. Always true. */
function readFreeText(text: string, found: Findings): boolean {
  // The German code for a field without structure, and its journal number.
  const unstructured = /^999(?:PN\d{4})?/.exec(text);
  let rest = unstructured === null ? text : text.slice(unstructured[0].length);
  if (/^\d{3}\s*$/.test(rest)) {
    found.code = rest.trim();
    return true;
  }
  const [first = '', second = ''] = rest.split(/\s/, 2);
  const returned = ISO_REASON.test(first) && isIban(second);
  const account = returned ? second : first;
  if (returned) found.return_reason = first;
  if (isIban(account)) {
    found.counterparty.account = account;
    rest = rest.slice(rest.indexOf(account) + account.length).trimStart();
    const bank = ACCOUNT_SHAPES.BIC.exec(rest)?.[0];
    // A name can look like a BIC, but for the country.
    if (bank?.slice(4, 6) === account.slice(0, 2)) {
      found.counterparty.bank = bank;
      rest = rest.slice(bank.length);
    }
  }
  place.words(found, rest);
  return true;
}

/**
 * Subfield 9 of field 61: original amount, charges and rate in code words (German and SWIFT practice), the other side's account (Rabobank)
 * or name (behind its account in field 86), else words of the bank.
 */
function readSupplementary(text: string, found: Findings, free: boolean): void {
  const plain = tidy(text);
  if (plain === null) return;
  const { counterparty } = found;
  if (plain.startsWith('/') && CODE_WORDS.has(plain.slice(1, plain.indexOf('/', 1)))) readCodeWords(plain, found);
  else if (isIban(plain)) counterparty.account ??= plain;
  else if (!free) found.booking_text ??= plain;
  else {
    const words = tidy(found.words.join(' ')) ?? '';
    if (counterparty.account !== null && words.startsWith(plain)) {
      counterparty.name ??= plain;
      found.words = [words.slice(plain.length)];
    } else if (!words.includes(plain)) found.words.unshift(plain);
  }
}
