import { noParty, place, tidy, type Findings, type Place } from './payment-text.ts';

/** Code words with a plus sign or a colon in running text, as banks of several countries mark its parts. */

export interface Marks {
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

export const ACCOUNT_SHAPES = { IBAN: /^[A-Z]{2}\d\d[A-Z0-9]{11,30}(?![A-Z0-9])/, BIC: /^[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![A-Z0-9])/ };
const NO_SHAPES = {};

/** The German standard's code words: at the beginning of a subfield, by many banks anywhere, by cooperative banks with a colon. */
export const SEPA: Marks = {
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
export const SEPA_AT_START = /^\s*(?:EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC|BREF|RREF|PURP)(?:\+|: )/;

/** ABN AMRO's readable form, in columns of 33 characters. */
export const DUTCH: Marks = dutchMarks((label) => label);
/** The same in capitals, as older exports have it. */
export const DUTCH_CAPITALS: Marks = dutchMarks((label) => label.toUpperCase());

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
export const POLISH: Marks = {
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

const debtor = (found: Findings, value: string): void => void ((found.debtor ??= noParty()).name ??= tidy(value));
const creditor = (found: Findings, value: string): void => void ((found.creditor ??= noParty()).name ??= tidy(value));

/** French transfers: from whom (`FRM`, `DE`) or to whom, the end-to-end id, the text (`RNF`, `MOTIF`), references of either side. */
export const FRENCH: Marks = {
  pattern: /(?<!\S)\/(FRM|DE|BEN|EID|RNF|MOTIF|REFDO|REFBEN|REF)(?!\S)/g,
  sign: /^(?:VIR[^]{0,200}?\s)?\/(?:FRM|DE|BEN) /,
  places: {
    FRM: debtor, DE: debtor, BEN: creditor, EID: place.endToEnd, RNF: place.words, MOTIF: place.words, REF: place.words, REFDO: place.words, REFBEN: place.words,
  },
  before: place.booking,
  after: place.words,
  shapes: NO_SHAPES,
  long: new Set(['FRM', 'DE', 'BEN', 'EID', 'RNF', 'MOTIF', 'REF', 'REFDO', 'REFBEN']),
  terminator: '',
};

/** French direct debits: the creditor, day, creditor identifier, mandate, reference, text. */
export const FRENCH_DEBIT: Marks = {
  pattern: /(?<!\S)(PRLV SEPA(?: B2B)?|ECH|ID EMETTEUR|MDT|REF|LIB)(?:\/|(?<=PRLV SEPA|B2B) )/g,
  sign: /^PRLV SEPA [^/]{1,140} (?:ECH|ID EMETTEUR)\//,
  places: {
    'PRLV SEPA': creditor, 'PRLV SEPA B2B': creditor, ECH: place.nowhere, 'ID EMETTEUR': place.nowhere, MDT: place.mandate, REF: place.words, LIB: place.words,
  },
  before: place.words,
  after: place.words,
  shapes: NO_SHAPES,
  long: new Set(['PRLV SEPA', 'PRLV SEPA B2B', 'ECH', 'ID EMETTEUR', 'MDT', 'REF', 'LIB']),
  terminator: '',
};

/** Text of the German standard, marked or not. */
export function readSepaText(text: string, found: Findings): void {
  if (!readMarked(text, SEPA, found)) place.words(found, text);
}

/** Whether the text has such marks; then each value is where it belongs. A mark that stands again keeps its words in the text. */
export function readMarked(text: string, marks: Marks, found: Findings): boolean {
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
