import type { DateOrder, DecimalMark, PrintedAmount, PrintedDate } from '../../../core/numerals.ts';
import { findAmount, findDates, markOf, monthOf } from '../../../core/numerals.ts';
import type { Line } from './lines.ts';
import type { Word } from './text.ts';
import { lineText } from './lines.ts';

/** The dates and amounts of a line, each with its place: what the columns are built from. */
export interface Token {
  x0: number;
  x1: number;
  /** Its words in the line, `to` exclusive. */
  from: number;
  to: number;
  text: string;
}

export interface DateToken extends Token {
  readings: ReadonlyMap<DateOrder, PrintedDate>;
}

export interface AmountToken extends Token {
  printed: PrintedAmount;
  mark: DecimalMark | 'either' | 'none';
  /** A plus in front or behind: like a minus it says that the column's signs are explicit. */
  plus: boolean;
}

export interface TokenLine extends Line {
  dates: DateToken[];
  amounts: AmountToken[];
}

/** What belongs to a number stands closer than this, in font sizes; columns are further apart. */
const NEAR = 1.2;
/** A sign set in a column of its own in front of the numbers or behind them, in font sizes. */
const NEAR_SIGN = 4;

const NUMERIC_DATE = /^(?:\d{1,2}([./-])\d{1,2}(?:\1(?:\d{4}|\d{2})?)?|\d{4}[./-]\d{1,2}[./-]\d{1,2}),?$/;
const AMOUNT_LIKE_DATE = /^\d{1,2}\.\d{2}$/;
const NAMED_DATE = /^(?:\d{1,2}[./-]?\p{L}{3,12}[./-]?(?:\d{4}|\d{2})?)$/u;
/** `05MAR26`, `05MAR`: a month's name set solid. */
const COMPACT_NAME = /^(\d{1,2})(\p{L}{3,9})(\d{4}|\d{2})?$/u;
/** The day of value below that of booking: `(02-03)`. */
const BRACKETED = /^\((\d{1,2}[/-]\d{1,2}(?:[/-](?:\d{4}|\d{2}))?)\)$/;
const HALF_OF_DAY = /^[AaPp]\.?[Mm]\.?$/;
const TIME = /^\d{1,2}[:h]\d{2}(?::\d{2})?$/;
const DAY = /^\d{1,2}(?:\.|st|nd|rd|th|er)?$/;
const YEAR = /^(?:\d{4}|\d{2}),?$/;
const NUMBER_START = /^[(+\-\u2010-\u2015\u2212]*(?:\p{Sc}|[A-Z]{1,3}\p{Sc})?[(+\-\u2010-\u2015\u2212]*[.,]?\d/u;
const SIGN = /^[+\-\u2010-\u2015\u2212]$/;
const SIDE = /^(?:(?:CR|DR|C|D|S|H|DB|Cr|Dr)\.?|\((?:CR|DR|Cr|Dr)\))$/;
/** `1,234.00(Cr)` */
const SIDE_IN_BRACKETS = /\((CR|DR)\)$/i;
const CURRENCY = /^(?:[A-Z]{3}|\p{Sc}|[A-Z]{1,3}\p{Sc}|kr\.?|zł|Fr\.?)$/u;
const GROUP_HEAD = /^[(+\-\u2010-\u2015\u2212]?\d{1,3}$/;
const GROUP = /^\d{3}(?:[.,]\d{1,3})?[)+\-\u2010-\u2015\u2212]?$/;

/** Finds a line's tokens. What reads both ways (`15.08`) is both: its column decides. */
export function findTokens(printed: Line): TokenLine {
  const line = printed.words.some(({ text }) => TWO_DATES.test(text)) ? { ...printed, words: printed.words.flatMap(divideDates) } : printed;
  const dates: DateToken[] = [];
  const amounts: AmountToken[] = [];
  for (let i = 0; i < line.words.length;) {
    const free = Math.max(dates.at(-1)?.to ?? 0, amounts.at(-1)?.to ?? 0);
    const date = findDate(line, i);
    if (date) dates.push(date);
    const amount = date === undefined || AMOUNT_LIKE_DATE.test(line.words[i]!.text) ? findNumber(line, i, free) : undefined;
    if (amount) amounts.push(amount);
    i = Math.max(date?.to ?? 0, amount?.to ?? 0, i + 1);
  }
  return { ...line, dates, amounts };
}

/** `02.03./04.03.`: the days of booking and value in one column. */
const TWO_DATES = /^(\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})?)([/-])(\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})?)$/;

function divideDates(word: Word): Word[] {
  const [, first, , second] = TWO_DATES.exec(word.text) ?? [];
  if (first === undefined || second === undefined) return [word];
  const width = (word.x1 - word.x0) / word.text.length;
  return [{ ...word, text: first, x1: word.x0 + first.length * width }, { ...word, text: second, x0: word.x1 - second.length * width }];
}

function token(line: Line, from: number, to: number): Token {
  const words = line.words.slice(from, to);
  return { x0: words[0]!.x0, x1: words.at(-1)!.x1, from, to, text: lineText(words) };
}

function findDate(line: Line, i: number): DateToken | undefined {
  const words = line.words;
  const text = words[i]!.text.replace(BRACKETED, '$1');
  const near = (k: number): boolean => k < words.length && words[k]!.x0 - words[k - 1]!.x1 <= NEAR * line.height;
  const lengths: number[] = [];
  if (NUMERIC_DATE.test(text) || NAMED_DATE.test(text)) lengths.push(1);
  const named = DAY.test(text) ? words[i + 1]?.text : undefined;
  const de = named === 'de' || named === 'of' ? 1 : 0;
  if ((named !== undefined && monthOf(words[i + 1 + de]?.text ?? '') !== undefined && near(i + 1))
    || (DAY.test(words[i + 1]?.text.replace(/,$/, '') ?? '') && monthOf(text) !== undefined && near(i + 1))) {
    const year = i + 2 + de + (words[i + 2 + de]?.text === 'de' ? 1 : 0);
    if (YEAR.test(words[year]?.text ?? '') && near(year)) lengths.unshift(year + 1 - i);
    lengths.push(2 + de);
  }
  for (const length of lengths) {
    const found = token(line, i, i + length);
    const readings = findDates(found.text.replace(BRACKETED, '$1').replace(/,(?= |$)/g, '').replace(COMPACT_NAME, '$1 $2 $3').trim());
    // A time behind the date is of the date.
    const timed = TIME.test(words[i + length]?.text ?? '') && near(i + length) ? length + 1 : length;
    const halved = timed > length && HALF_OF_DAY.test(words[i + timed]?.text ?? '') && near(i + timed) ? timed + 1 : timed;
    if (readings.size > 0) return { ...found, to: i + halved, x1: words[i + halved - 1]!.x1, readings };
  }
  return undefined;
}

function findNumber(line: Line, i: number, free: number): AmountToken | undefined {
  const words = line.words;
  if (!NUMBER_START.test(words[i]!.text)) return undefined;
  const gap = (k: number): number => (words[k]!.x0 - words[k - 1]!.x1) / line.height;
  // A sign between two numbers belongs to the nearer one.
  const leans = (k: number): boolean => SIGN.test(words[k]!.text) && k + 1 < words.length && gap(k + 1) < gap(k) && NUMBER_START.test(words[k + 1]!.text);
  // Digits grouped by spaces that are words of their own.
  let end = i + 1;
  if (GROUP_HEAD.test(words[i]!.text)) while (end < words.length && gap(end) > 0 && gap(end) <= NEAR / 2 && GROUP.test(words[end]!.text)) end++;
  // Signs, sides and currencies on both sides, the largest extent that reads as one number.
  let from = i;
  while (from > free && i - from < 2 && belongs(words[from - 1]!.text, gap(from), false)) from--;
  let to = end;
  while (to < words.length && to - end < 2 && belongs(words[to]!.text, gap(to), true) && !leans(to)) to++;
  if (words[end]?.text.startsWith('%') && gap(end) <= NEAR) return undefined; // a rate of interest
  for (let a = from; a <= i; a++) {
    for (let b = to; b >= end; b--) {
      const found = token(line, a, b);
      const printed = findAmount(found.text.replace(SIDE_IN_BRACKETS, ' $1'));
      const mark = printed && markOf(printed.digits);
      if (printed && mark) return { ...found, printed, mark, plus: found.text.includes('+') };
    }
  }
  return undefined;
}

function belongs(text: string, gap: number, behind: boolean): boolean {
  if (SIGN.test(text)) return gap <= NEAR_SIGN;
  return gap <= NEAR && (CURRENCY.test(text) || (behind && SIDE.test(text)));
}
