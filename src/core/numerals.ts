import type { CalendarDate } from './date.ts';
import { calendarDate } from './date.ts';
import { isCurrency } from './money.ts';
import type { RawAmount } from './statement.ts';

/**
 * Numbers and dates as documents print them, in any locale. One text alone often does not say which mark is the decimal mark or which
 * number is the day; a whole column mostly does. So there are two steps: a vote over the column, then the parse in its light.
 * Everything here runs over untrusted text: every pattern is linear.
 */

export type DecimalMark = ',' | '.';

/** A printed amount, taken apart but not yet read: which of its marks is the decimal mark is left open. */
export interface PrintedAmount {
  /** Digits with their marks and without sign, currency and white space around: `1.234,56`. */
  digits: string;
  negative: boolean;
  /** What says so in letters: `DR`, `S` debit; `CR`, `H` credit. */
  side: 'debit' | 'credit' | null;
  /** The currency as printed beside the number (`EUR`, `€`). */
  currency: string | null;
}

// Plain numbers, the bulk of all columns: no sign but a leading one, no grouping.
const PLAIN_AMOUNT = /^[+-]?\d+(?:[.,]\d+)?$/;
// Space, no-break, thin, figure and narrow no-break space; straight, typographic and prime apostrophe.
const SPACES = ' \\u00a0\\u2007\\u2009\\u202f';
const GROUP_MARKS = `${SPACES}'\\u2019\\u02b9\\u2032`;
// Hyphen-minus, hyphen, figure dash, en dash, minus, full-width hyphen: all stand for minus in front of or behind digits.
const MINUS = '\\-\\u2010\\u2012\\u2013\\u2212\\uff0d';
const AMOUNT = new RegExp(
  `^(\\(?)[${SPACES}]*([+${MINUS}]?)[${SPACES}]*(\\p{Sc}|[A-Z]{1,3}\\p{Sc}|[A-Za-z]{2,3}\\.?)?[${SPACES}]*([+${MINUS}]?)[${SPACES}]*` +
  `((?:\\d[\\d.,${GROUP_MARKS}]{0,40})|[.,]\\d{1,20})([+${MINUS}]?)[${SPACES}]*(\\p{Sc}|[A-Za-z]{1,3}\\.?)?[${SPACES}]*(\\p{Sc}|[A-Za-z]{1,3}\\.?)?(\\)?)([+${MINUS}]?)$`,
  'u',
);
// Longer than any amount with its currency and sign; bounds the pattern's work on text that is none.
const LONGEST_AMOUNT = 64;
const SIDES: Readonly<Record<string, 'debit' | 'credit'>> = {
  DR: 'debit', D: 'debit', DB: 'debit', DT: 'debit', S: 'debit', CR: 'credit', C: 'credit', CT: 'credit', H: 'credit',
};

/**
 * Takes a printed amount apart: sign before or after (also U+2212 and dashes), parentheses for negative, currency before or after,
 * `CR`/`DR`, `C`/`D`, `S`/`H` behind it. Undefined for what is no single number, or says two different things about its sign.
 */
export function findAmount(text: string): PrintedAmount | undefined {
  const plain = text.trim();
  if (PLAIN_AMOUNT.test(plain)) {
    const signed = plain[0] === '-' || plain[0] === '+';
    return { digits: signed ? plain.slice(1) : plain, negative: plain[0] === '-', side: null, currency: null };
  }
  const m = plain.length > LONGEST_AMOUNT ? null : AMOUNT.exec(plain);
  if (!m) return undefined;
  const [, open, signA, before, signB, printed, signC, wordA, wordB, close, signD] = m;
  if ((open === '(') !== (close === ')')) return undefined;
  const signs = [signA!, signB!, signC!, signD!].filter((sign) => sign !== '');
  if (signs.length > 1) return undefined;
  let side: PrintedAmount['side'] = null;
  let currency = before ?? null;
  for (const word of [wordA, wordB]) {
    if (word === undefined) continue;
    const named = SIDES[word.replace('.', '').toUpperCase()];
    if (named !== undefined && side === null) side = named;
    else if (named === undefined && currency === null && isCurrencyWord(word)) currency = word;
    else if (word.replace('.', '') !== currency?.replace('.', '')) return undefined;
  }
  if (currency !== null && !isCurrencyWord(currency)) return undefined;
  const minus = open === '(' || (signs.length === 1 && signs[0] !== '+');
  if (minus && side === 'credit') return undefined;
  return { digits: printed!.trimEnd(), negative: minus || side === 'debit', side, currency };
}

/** What people write for a currency beside its code or sign; any other word makes a number one of something else: `INV 17`, `Nr. 4`. */
const CURRENCY_WORDS = new Set(['RS', 'KR', 'FR', 'SFR', 'FT', 'RM', 'ZL', 'KC', 'LEI', 'DKR', 'NKR', 'SKR']);

function isCurrencyWord(word: string): boolean {
  const plain = word.replace('.', '').toUpperCase();
  return !/^[A-Z]+$/.test(plain) || CURRENCY_WORDS.has(plain) || isCurrency(plain);
}

const SINGLE_MARK = /^(\d*)([.,])(\d+)$/;

/**
 * What a number's digits say about the decimal mark: the mark; `either` where one mark stands before three digits and may group or
 * divide (`1,234`); `none` where there is nothing to tell; undefined where the marks cannot be those of a number.
 */
export function markOf(digits: string): DecimalMark | 'either' | 'none' | undefined {
  const single = SINGLE_MARK.exec(digits);
  if (single) {
    const whole = single[1]!;
    const groups = single[3]!.length === 3 && whole.length >= 1 && whole.length <= 3 && whole[0] !== '0';
    return groups ? 'either' : (single[2] as DecimalMark);
  }
  const dot = digits.lastIndexOf('.');
  const comma = digits.lastIndexOf(',');
  if (dot < 0 && comma < 0) return splitWhole(digits) === undefined ? undefined : 'none';
  const last: DecimalMark = dot > comma ? '.' : ',';
  const other: DecimalMark = last === '.' ? ',' : '.';
  // The last mark divides, unless it can only group: it stands more than once.
  if (readDigits(digits, last) !== undefined) return last;
  return readDigits(digits, other) !== undefined ? other : undefined;
}

/** The digits as a plain decimal without a sign, as many decimals as printed; undefined where they do not fit the decimal mark. */
function readDigits(digits: string, mark: DecimalMark): string | undefined {
  const at = digits.indexOf(mark);
  const whole = splitWhole(at < 0 ? digits : digits.slice(0, at));
  if (whole === undefined) return undefined;
  if (at < 0) return whole;
  const fraction = digits.slice(at + 1);
  if (/^\d*$/.test(fraction)) return fraction === '' ? whole : `${whole}.${fraction}`;
  return undefined;
}

const GROUPED = new RegExp(`^\\d{1,3}(?:([.,${GROUP_MARKS}])\\d{3})(?:\\1\\d{3})*$`, 'u');
const GROUPED_INDIAN = /^\d{1,2}(?:,\d{2})*,\d{3}$/;

/** The whole part without its grouping (threes, or the Indian lakh and crore); undefined where the groups are none. */
function splitWhole(text: string): string | undefined {
  if (text === '') return '0';
  if (/^\d+$/.test(text)) return text;
  return GROUPED.test(text) || GROUPED_INDIAN.test(text) ? text.replace(/\D+/g, '') : undefined;
}

/** A printed amount as a plain decimal (core/statement.ts), read with that decimal mark; undefined where it does not fit. */
export function plainAmount(printed: PrintedAmount, mark: DecimalMark): RawAmount | undefined {
  const value = readDigits(printed.digits, mark);
  if (value === undefined) return undefined;
  return printed.negative && /[1-9]/.test(value) ? `-${value}` : value;
}

/** `findAmount` and `plainAmount` in one, with a short way for plain numbers. */
export function parseAmount(text: string, mark: DecimalMark): RawAmount | undefined {
  const printed = findAmount(text);
  return printed && plainAmount(printed, mark);
}

/** Collects what the numbers of a column (or of columns that must agree) say about their decimal mark. */
export interface MarkVote {
  /** Takes a printed number; false, and nothing is counted, for what is none. */
  add(text: string): boolean;
  /** The mark; `ambiguous` where every number reads both ways and differently; `mixed` where numbers contradict each other; `none` where it does not matter. */
  settle(): DecimalMark | 'ambiguous' | 'mixed' | 'none';
}

export function createMarkVote(): MarkVote {
  const seen = { ',': false, '.': false, either: false, none: false };
  return {
    add(text) {
      const printed = findAmount(text);
      const mark = printed && markOf(printed.digits);
      if (mark === undefined) return false;
      seen[mark] = true;
      return true;
    },
    settle() {
      if (seen[','] && seen['.']) return 'mixed';
      if (seen[',']) return ',';
      if (seen['.']) return '.';
      return seen.either ? 'ambiguous' : 'none';
    },
  };
}

const DATE_ORDERS = ['dmy', 'mdy', 'ymd'] as const;
export type DateOrder = (typeof DATE_ORDERS)[number];

/** A printed date whose year may be missing (`05.03.`). */
export interface PrintedDate {
  year: number | null;
  month: number;
  day: number;
}

// Month names and their abbreviations in the languages of European and American statements, without accents, by their first letters.
// The longest fitting prefix decides, so `mar` is March although `mai` and `maj` are May.
const MONTHS: readonly (readonly string[])[] = [
  ['jan', 'janv', 'januar', 'january', 'januari', 'janvier', 'jaen', 'jaenner', 'janner', 'gen', 'gennaio', 'ene', 'enero', 'sty', 'styczen', 'stycznia', 'janeiro'],
  ['feb', 'febr', 'februar', 'february', 'februari', 'fev', 'fevr', 'fevrier', 'febbraio', 'febrero', 'lut', 'luty', 'lutego', 'fevereiro'],
  ['mar', 'marz', 'maerz', 'mrz', 'mrt', 'mars', 'march', 'maart', 'marzo', 'marzec', 'marca', 'marco', 'marts'],
  ['apr', 'april', 'avr', 'avril', 'aprile', 'abr', 'abril', 'kwi', 'kwiecien', 'kwietnia'],
  ['may', 'mai', 'mei', 'mag', 'maggio', 'mayo', 'maj', 'maja', 'maio'],
  ['jun', 'juni', 'june', 'juin', 'giu', 'giugno', 'junio', 'cze', 'czerwiec', 'czerwca', 'junho'],
  ['jul', 'juli', 'july', 'juil', 'juillet', 'lug', 'luglio', 'julio', 'lip', 'lipiec', 'lipca', 'julho'],
  ['aug', 'august', 'augustus', 'augusti', 'aou', 'aout', 'ago', 'agosto', 'sie', 'sierpien', 'sierpnia'],
  ['sep', 'sept', 'september', 'septembre', 'set', 'settembre', 'septiembre', 'wrz', 'wrzesien', 'wrzesnia', 'setembro'],
  ['oct', 'okt', 'october', 'oktober', 'octobre', 'ott', 'ottobre', 'octubre', 'paz', 'pazdziernik', 'pazdziernika', 'out', 'outubro'],
  ['nov', 'november', 'novembre', 'noviembre', 'lis', 'listopad', 'listopada', 'novembro'],
  ['dec', 'dez', 'december', 'dezember', 'decembre', 'dic', 'dicembre', 'diciembre', 'gru', 'grudzien', 'grudnia', 'dezembro'],
];
const MONTH_OF = new Map(MONTHS.flatMap((names, i) => names.map((name) => [name, i + 1] as const)));

/** The month (1-12) of a name or abbreviation in English, German, French, Dutch, Italian, Spanish, Polish, Swedish, Danish or Portuguese. */
export function monthOf(name: string): number | undefined {
  return MONTH_OF.get(name.normalize('NFD').replace(/\p{M}|\./gu, '').replace(/ß/g, 'ss').toLowerCase());
}

// A time of day, with or without seconds, fraction and zone, behind a date.
const TIME = /(?:[T,-]? ?\d{1,2}[:.h]\d{2}(?:[:.]\d{2}(?:[.,:]\d{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT|[A-Z]{3,4}|[+-]\d{2}:?\d{2}))?)$/;
const NUMERIC = /^(\d{4}|\d{1,2})([./\- ])(\d{1,2})(?:\2(\d{4}|\d{1,2})?)?\2?$/;
const COMPACT = /^(?:\d{8}|\d{6})$/;
const DAY_NAME_YEAR = /^(\d{1,2})(?:st|nd|rd|th|\.|er|º)?[ ./-]{0,2}(?:de |d')?(\p{L}{3,12})\.?(?:[ ./-]{1,2}(?:de )?(\d{4}|\d{2})|,? (\d{4}))?$/u;
const NAME_DAY_YEAR = /^(\p{L}{3,12})\.? (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?$/u;
const YEAR_NAME_DAY = /^(\d{4})[ ./-](\p{L}{3,12})\.?[ ./-](\d{1,2})$/u;
// Weekdays in front of a date say nothing that the date does not.
const WEEKDAY = /^\p{L}{2,10}[.,]{0,2} ?(?=\d{1,4}[./-]|\d{1,2}\.? \p{L})/u;

/**
 * Takes a printed date apart: what it is in each order that the calendar allows. A text that needs no order fits them all alike: a
 * month's name, the year in front, dots (day first). A time behind it is ignored. Empty for what is no date.
 */
export function findDates(text: string): ReadonlyMap<DateOrder, PrintedDate> {
  const readings = new Map<DateOrder, PrintedDate>();
  const add = (orders: readonly DateOrder[], year: string | undefined, month: string | number, day: string): void => {
    const date = { year: year === undefined ? null : fullYear(year), month: Number(month), day: Number(day) };
    // Without a year, 29 February may be.
    if (calendarDate(date.year ?? 2000, date.month, date.day) !== undefined) for (const order of orders) readings.set(order, date);
  };
  let plain = text.trim();
  if (plain.length > LONGEST_DATE) return readings;
  if (COMPACT.test(plain)) {
    const year = plain.length - 4;
    add(['dmy'], plain.slice(4), plain.slice(2, 4), plain.slice(0, 2));
    add(['mdy'], plain.slice(4), plain.slice(0, 2), plain.slice(2, 4));
    // Of eight digits no month is also the beginning of a year: those that begin with the year fit no other order.
    add(year === 4 ? DATE_ORDERS : ['ymd'], plain.slice(0, year), plain.slice(year, year + 2), plain.slice(year + 2));
    return readings;
  }
  plain = plain.replace(WEEKDAY, '');
  if (plain.length > 10) plain = plain.replace(TIME, '').trimEnd();
  const numeric = NUMERIC.exec(plain);
  if (numeric) {
    const [, a, mark, b, c] = numeric;
    if (a!.length === 4) {
      if (c !== undefined && c.length < 3) add(DATE_ORDERS, a, b!, c);
    } else if (c?.length !== 1) {
      add(mark === '.' ? DATE_ORDERS : ['dmy'], c, b!, a!);
      if (mark !== '.') add(['mdy'], c, a!, b!);
      if (mark !== '.' && c?.length === 2 && a!.length === 2) add(['ymd'], a, b!, c);
    }
    return readings;
  }
  const [, day, name, year, yearBehind] = DAY_NAME_YEAR.exec(plain) ?? [];
  const [, nameFirst, dayAfter, yearAfter] = NAME_DAY_YEAR.exec(plain) ?? [];
  const [, yearFirst, nameBetween, dayLast] = YEAR_NAME_DAY.exec(plain) ?? [];
  const month = monthOf(name ?? nameFirst ?? nameBetween ?? '');
  if (month !== undefined) add(DATE_ORDERS, year ?? yearBehind ?? yearAfter ?? yearFirst, month, (day ?? dayAfter ?? dayLast)!);
  return readings;
}

// Longer than any date with its weekday, time and zone; keeps descriptions from being searched.
const LONGEST_DATE = 48;

// Banks have delivered files since about 1980; a two-digit year above is of the last century.
const CENTURY_PIVOT = 80;

function fullYear(digits: string): number {
  const year = Number(digits);
  return digits.length > 2 ? year : year + (year < CENTURY_PIVOT ? 2000 : 1900);
}

/** A printed date in that order, its missing year given by `yearOf` (1-based month and day); undefined for what is none. */
export function parseDate(text: string, order: DateOrder, yearOf?: (month: number, day: number) => number): CalendarDate | undefined {
  const date = findDates(text).get(order);
  if (date === undefined) return undefined;
  const year = date.year ?? yearOf?.(date.month, date.day);
  return year === undefined ? undefined : calendarDate(year, date.month, date.day);
}

/** Collects what the dates of a column (or of columns that must agree) say about the order of their parts. */
export interface OrderVote {
  /** Takes a printed date; false, and nothing is counted, for what is none. */
  add(text: string): boolean;
  /** The orders in which every date so far exists and reads differently from the others; the first is the plainest. Empty: they contradict each other. */
  settle(): DateOrder[];
}

export function createOrderVote(): OrderVote {
  let left: DateOrder[] = [...DATE_ORDERS];
  // Two orders under which all dates have read alike need no decision.
  const differ = new Set<string>();
  return {
    add(text) {
      const readings = findDates(text);
      if (readings.size === 0) return false;
      left = left.filter((order) => readings.has(order));
      for (const a of left) for (const b of left) if (a < b && !sameDate(readings.get(a)!, readings.get(b)!)) differ.add(a + b);
      return true;
    },
    settle() {
      return left.filter((order, i) => i === 0 || left.slice(0, i).every((before) => differ.has(order < before ? order + before : before + order)));
    },
  };
}

function sameDate(a: PrintedDate, b: PrintedDate): boolean {
  return a.day === b.day && a.month === b.month && a.year === b.year;
}
