import { isCurrency } from '../../../core/money.ts';
import type { Line } from './lines.ts';
import { lineText } from './lines.ts';
import type { TokenLine } from './tokens.ts';
import type { ColumnField } from './vocabulary.ts';
import { TITLE_WORDS, fieldOfTitle, fold } from './vocabulary.ts';

/** Where the table's columns are: what the header row says, and what stands one below the other. */

export interface Span {
  x0: number;
  x1: number;
}

export interface TitleCell extends Span {
  /** As printed. */
  text: string;
  field: ColumnField | null;
  /** What the last of its lines names by itself, where that is another date than the first names. */
  below?: ColumnField;
}

export interface Header {
  /** Indexes of its lines, `to` exclusive. */
  from: number;
  to: number;
  cells: TitleCell[];
  /** Which of several tables side by side it is over. */
  side?: number;
}

const MONEY_FIELDS = ['amount', 'debit', 'credit', 'balance'] as const;
export type MoneyField = (typeof MONEY_FIELDS)[number];

export function isMoneyField(field: ColumnField | null): field is MoneyField {
  return (MONEY_FIELDS as readonly (string | null)[]).includes(field);
}

function isDateField(field: ColumnField | undefined): field is 'booking_date' | 'transaction_date' | 'value_date' {
  return field === 'booking_date' || field === 'transaction_date' || field === 'value_date';
}

/** Titles that a profile names, folded, before those that are known. */
export type OwnTitles = ReadonlyMap<string, ColumnField>;
export const NO_TITLES: OwnTitles = new Map();

function fieldOf(title: string, own: OwnTitles): ColumnField | undefined {
  return own.get(fold(title)) ?? fieldOfTitle(title) ?? (!title.includes('/') ? undefined : datesOfTitle(title) === null ? amountOfTitle(title) : 'booking_date');
}

/** `Withdrawal (Dr) / Deposit (Cr)`: one column of amounts whose side stands beside them. */
function amountOfTitle(title: string): ColumnField | undefined {
  const fields = title.split('/').map((part) => fieldOfTitle(part.replace(/\((?:dr|cr)\)/i, '')));
  return fields.length === 2 && fields.includes('debit') && fields.includes('credit') ? 'amount' : undefined;
}

/** The fields of a title over two columns of dates (`Valuta / Buchungstag`, `Buchungs-/Valutadatum`), from left to right; over one column it is both. */
export function datesOfTitle(title: string): ('booking_date' | 'value_date')[] | null {
  const noun = /(?:datum|tag|dag)$/i.exec(title)?.[0].toLowerCase() ?? '';
  const fields = title.split('/').map((part) => fieldOfTitle(part.trim().endsWith('-') ? part.trim().slice(0, -1) + noun : part));
  return fields.length === 2 && fields.includes('value_date') && fields.some((field) => field === 'booking_date' || field === 'description') ? fields.map((field) => (field === 'value_date' ? field : 'booking_date')) : null;
}

/** Titles set over two or three lines (`Buchungs-` over `tag`). */
const MAX_HEADER_LINES = 3;
/** Lines of one header are set closer than this, in font sizes. */
const HEADER_LEADING = 2;
/** Words of one title are closer than this, in font sizes; titles of neighbouring columns are mostly further apart. */
const TITLE_SPACE = 0.9;
/** Less of its words as titles, and the line is prose that happens to mention a date and an amount. */
const TITLE_SHARE = 0.5;

/** Every header of a table: lines with two titles of money, or one and one of date or description. The same header stands on every further page. */
export function findHeaders(lines: readonly TokenLine[], own: OwnTitles = NO_TITLES): Header[] {
  const found: Header[] = [];
  for (let from = 0; from < lines.length; from++) {
    const best = headerAt(lines, from, own);
    if (best === null || isTitled(lines, best, own)) continue;
    found.push(lines[from]!.side === undefined ? best : { ...best, side: lines[from]!.side });
    from = best.to - 1;
  }
  return found;
}

/** Whether a header's first line is no part of it but the section's or account's title, close above titles that are as complete without it. */
function isTitled(lines: readonly TokenLine[], { from, to, cells }: Header, own: OwnTitles): boolean {
  if (to - from === 1 || segments(lines[from]!).length > 1) return false;
  const below = headerAt(lines, from + 1, own);
  const fields = (some: readonly TitleCell[]): number => new Set(some.flatMap(({ field }) => field ?? [])).size;
  return below !== null && below.to >= to && fields(below.cells) >= fields(cells);
}

function headerAt(lines: readonly TokenLine[], from: number, own: OwnTitles): Header | null {
  let best: { header: Header; score: number } | null = null;
  for (let to = from + 1; to <= Math.min(from + MAX_HEADER_LINES, lines.length) && joinsHeader(lines, from, to - 1); to++) {
    const cells = namedByCurrency(to === from + 1 ? titlesOf(lines[from]!, own) : stackedTitles(lines.slice(from, to), own));
    const fields = new Set(cells.flatMap(({ field, below }) => [field, below]).filter((field) => field !== null && field !== undefined));
    const known = cells.filter((cell) => cell.field !== null).length;
    const money = MONEY_FIELDS.filter((field) => fields.has(field)).length;
    const complete = (money > 1 && areApart(cells, lines[from]!.height)) || (money > 0
      && (fields.has('booking_date') || fields.has('transaction_date') || fields.has('value_date') || fields.has('description')));
    if (!complete || known < 2 || known < cells.length * TITLE_SHARE) continue;
    // Each further line must bring a title, or the rest of one.
    const score = fields.size - (to - from - 1) * 0.5 - cells.filter(({ text }) => UNFINISHED.test(text)).length;
    if (best === null || score > best.score) best = { header: { from, to, cells }, score };
  }
  return best?.header ?? null;
}

/** `Buchungs-`, `Withdrawal /`: the title goes on below. */
const UNFINISHED = /\p{L}[)]?[ ]?[-/]$/u;

/** The last title is the currency alone where the column is that of the amounts: `Buchungstext   EUR`. */
function namedByCurrency(cells: TitleCell[]): TitleCell[] {
  const last = cells.at(-1);
  return last === undefined || last.field !== null || !isCurrency(last.text) || cells.some(({ field }) => isMoneyField(field)) ? cells : cells.with(cells.length - 1, { ...last, field: 'amount' });
}

/** Words of prose that happen to be titles stand a space apart. */
function areApart(cells: readonly TitleCell[], height: number): boolean {
  return cells.every((cell, i) => i === 0 || cell.x0 - cells[i - 1]!.x1 > TITLE_SPACE * height);
}

/** Account numbers stand above titles, never among them. */
const ACCOUNT_DIGITS = /\d{4}/;

function joinsHeader(lines: readonly TokenLine[], from: number, last: number): boolean {
  const line = lines[last]!;
  if (line.dates.length > 0 || line.amounts.some((amount) => amount.mark !== 'none') || line.words.some(({ text }) => ACCOUNT_DIGITS.test(text)) || line.words.every(({ text }) => /^\d+$/.test(text))) return false;
  const before = lines[last - 1]!;
  return last === from || (line.page === before.page && line.y - before.y <= HEADER_LEADING * line.height);
}

/** What two headers have in common that stand over tables of the same columns. */
export function headerKey({ cells, side }: Header): string {
  return [...cells.flatMap(({ field }) => field ?? []), side ?? 0].join(' ');
}

function titlesOf(line: Line, own: OwnTitles): TitleCell[] {
  return segments({ ...line, words: line.words.flatMap((word) => divideTitles(word, own)) }).flatMap((words) => titlesIn(words, own));
}

/** Two titles drawn so close that they became one word: `BuchungValuta`. */
function divideTitles(word: Line['words'][number], own: OwnTitles): Line['words'] {
  const at = word.text.search(CAPITAL_WITHIN) + 1;
  const parts = [word.text.slice(0, at), word.text.slice(at)];
  if (at === 0 || parts.some((part) => fieldOf(part, own) === undefined) || fieldOf(word.text, own) !== undefined) return [word];
  const middle = word.x0 + (word.x1 - word.x0) * at / word.text.length;
  return [{ ...word, text: parts[0]!, x1: middle }, { ...word, text: parts[1]!, x0: middle }];
}

const CAPITAL_WITHIN = /\p{Ll}\p{Lu}/u;

/** The titles that words set together are: `Merchant Name or Transaction Description` is one. */
function titlesIn(words: Line['words'], own: OwnTitles): TitleCell[] {
  const cells: TitleCell[] = [];
  for (let i = 0; i < words.length;) {
    let length = Math.min(TITLE_WORDS, words.length - i);
    let field: ColumnField | undefined;
    for (; length > 0 && field === undefined; length--) field = fieldOf(lineText(words.slice(i, i + length)), own);
    const to = field === undefined ? i + 1 : i + length + 1;
    cells.push({ text: lineText(words.slice(i, to)), field: field ?? null, x0: words[i]!.x0, x1: words[to - 1]!.x1 });
    i = to;
  }
  const isOne = cells.length > 2 && cells.some(({ field }) => field === 'description') && cells.every(({ field }) => field === null || field === 'description' || field === 'counterparty');
  return isOne ? [{ text: lineText(words), field: 'description', x0: words[0]!.x0, x1: words.at(-1)!.x1 }] : cells;
}

function stackedTitles(lines: readonly Line[], own: OwnTitles): TitleCell[] {
  const stacks: (Span & { parts: string[]; alone: ColumnField | null })[] = [];
  for (const line of lines) {
    for (const segment of segments(line, lines.filter((other) => other !== line).flatMap((other) => segments(other)))) {
      const text = lineText(segment);
      const span = { x0: segment[0]!.x0, x1: segment.at(-1)!.x1 };
      const stack = stacks.find((other) => overlap(span, other) > 0);
      if (stack === undefined) {
        const titles = titlesIn(segment, own);
        stacks.push({ ...span, parts: [text], alone: titles.length === 1 ? titles[0]!.field : null });
      }
      else Object.assign(stack, { x0: Math.min(stack.x0, span.x0), x1: Math.max(stack.x1, span.x1), parts: [...stack.parts, text] });
    }
  }
  return stacks.map(({ x0, x1, parts, alone }) => {
    const whole = parts.join(' ').replace(/- /g, '');
    const known = fieldOf(whole, own);
    const [first, last] = [fieldOf(parts[0]!, own), parts.length > 1 ? fieldOf(parts.at(-1)!, own) : undefined];
    const below = known === undefined && first !== last && isDateField(first) && isDateField(last) ? { below: last } : {};
    return { text: parts.join(' '), x0, x1, field: known ?? first ?? last ?? alone, ...below };
  });
}

/** The line's words in groups that stand apart, or where one of the other lines' groups begins or ends. */
function segments(line: Line, others: readonly Line['words'][] = []): Line['words'][] {
  const found: Line['words'][] = [];
  line.words.forEach((word, i) => {
    const before = line.words[i - 1];
    const apart = before === undefined || word.x0 - before.x1 > TITLE_SPACE * line.height
      || others.some((group) => Math.abs(group[0]!.x0 - word.x0) <= ALIGNED || (Math.abs(group.at(-1)!.x1 - before.x1) <= ALIGNED && group[0]!.x0 > line.words[0]!.x0));
    if (apart) found.push([word]);
    else found.at(-1)!.push(word);
  });
  return found;
}

/** Points by which titles over two lines miss each other's edge. */
const ALIGNED = 2;

/** How many points two spans share; negative: the gap between them. */
export function overlap(a: Span, b: Span): number {
  return Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
}

interface Column extends Span {
  count: number;
}

/** Shapes compared at most: beyond, the page is no table, and the time would grow with the square. */
const MAX_SHAPES = 1_000;

/**
 * Spans that stand one below the other: two are of one column when they share more than half of the shorter. Left to right.
 * Works for columns aligned left, right, or at the decimal mark alike.
 */
export function findColumns(spans: readonly Span[]): Column[] {
  const shapes = new Map<string, Column>();
  for (const span of spans) {
    const key = `${Math.round(span.x0)} ${Math.round(span.x1)}`;
    const shape = shapes.get(key);
    if (shape) shape.count++;
    else if (shapes.size < MAX_SHAPES) shapes.set(key, { x0: span.x0, x1: span.x1, count: 1 });
  }
  // Widest first, so that a column is as wide as it gets before narrow numbers are held against it.
  let columns: Column[] = [];
  for (const shape of [...shapes.values()].toSorted((a, b) => (b.x1 - b.x0) - (a.x1 - a.x0))) {
    const touched = columns.filter((column) => sameColumn(column, shape));
    columns = columns.filter((column) => !touched.includes(column));
    columns.push([shape, ...touched].reduce((a, b) => ({ x0: Math.min(a.x0, b.x0), x1: Math.max(a.x1, b.x1), count: a.count + b.count })));
  }
  return columns.toSorted((a, b) => a.x0 - b.x0);
}

/** Whether a span stands in a column. */
export function sameColumn(column: Span, span: Span): boolean {
  return overlap(column, span) > 0.5 * Math.min(span.x1 - span.x0, column.x1 - column.x0);
}
