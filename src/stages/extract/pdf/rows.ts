import type { Header, MoneyField, Span, TitleCell } from './columns.ts';
import { isMoneyField, overlap, sameColumn } from './columns.ts';
import type { Assignment, Layout } from './layout.ts';
import { isDayHeading, isOverdrawn, standsAlone } from './layout.ts';
import { isAmountAlone } from './facts.ts';
import { lineText } from './lines.ts';
import type { AmountToken, DateToken, TokenLine } from './tokens.ts';
import type { ColumnField, Label, Section } from './vocabulary.ts';
import { findLabel, fold, indicatorOf, isBareBalance, isBareLabel } from './vocabulary.ts';

/** The body's lines as rows of the table: one per entry, with every line of its description. */
export interface Row {
  /** The line with its amount. */
  anchor: TokenLine;
  page: number;
  box: [x0: number, top: number, x1: number, bottom: number];
  /** Null where the row repeats the date above it by leaving it blank. */
  date: DateToken | null;
  value: DateToken | null;
  money: Partial<Record<MoneyField, AmountToken>>;
  /** What a mark in a column of its own says of the direction. */
  side: 'debit' | 'credit' | null;
  texts: TokenLine['words'][];
  /** The lines that `texts` are of. */
  lines: TokenLine[];
  /** Text of columns that have a field of their own. */
  fields: Partial<Record<ColumnField, string>>;
  /** What the title over it says of its direction, and the title. */
  section: Section;
  section_title: TokenLine | null;
}

/** A row that carries a balance or a total and no entry. `rows` counts the entries above it. */
export interface Marker {
  label: Label | null;
  line: TokenLine;
  money: Row['money'];
  side: Row['side'];
  rows: number;
  /** It says nothing besides its label. */
  bare: boolean;
}

export interface Table {
  rows: Row[];
  markers: Marker[];
  /** Dates and balances of a table of daily balances. */
  daily: { date: DateToken; amount: AmountToken }[];
  /** The lines that belong to entries. */
  used: Set<TokenLine>;
  /** Lines with an amount and a running balance that were taken for no entry. */
  left_out: TokenLine[];
}

/** Lines of one entry are set closer than this, in font sizes. */
const LEADING = 2.2;
/** A description of more lines is no description any more. */
const MAX_LINES = 14;
/** Points by which a line of a description may start left of the column. */
const INDENT = 3;
/** A gap between lines is wider than another when by this share. */
const WIDER = 1.12;

const OWN_FIELDS: ReadonlySet<ColumnField> = new Set(['reference', 'counterparty', 'counterparty_account', 'number', 'currency', 'foreign']);
/** Points by which words of the table stand outside its columns. */
const MARGIN = 12;

/** A line of the body, taken apart under an assignment of columns. */
interface Part {
  line: TokenLine;
  kind: 'anchor' | 'start' | 'text' | 'marker' | 'balance' | 'section' | 'break';
  date: DateToken | null;
  value: DateToken | null;
  money: Row['money'];
  side: Row['side'];
  /** Words that are no date, mark or number of a column. */
  free: TokenLine['words'];
  label: Label | null;
  bare: boolean;
}

/** Which anchor a line between two of them belongs to. */
type Flow = 'first' | 'last' | 'gaps';

/** What the words leave open. `undated`: an amount without a date is an entry of the day above, not a sum or a second currency. `strict`: a row is a sum only if it says nothing else. */
export interface RowChoice {
  undated: boolean;
  strict: boolean;
}

/** Builds the rows under an assignment of columns. */
export function buildRows(layout: Layout, assignment: Assignment, { undated, strict }: RowChoice): Table {
  const parts = layout.body.map((line) => takeApart(line, layout, assignment, strict));
  labelAmountsBelow(parts);
  startOutdented(parts);
  takeDatesBelow(parts);
  const left_out = settleUndated(parts, undated);
  const flow = findFlow(parts);
  const columns = textColumns(layout.header);
  const table: Table = { rows: [], markers: [], daily: [], used: new Set(), left_out };
  let current: Row | null = null;
  let pending: Part[] = [];

  /** Gives an entry a line of its description. */
  const add = (row: Row, { line, free }: Part): void => {
    if (row.lines.length >= MAX_LINES) return;
    table.used.add(line);
    addTexts(row, line, free, columns);
    if (line.page === row.page) row.box = join(row.box, boxOf(line));
  };
  /** A second date under the first is the day of value, unless the title says otherwise. */
  const takeBelow = (row: Row, date: DateToken | null): void => {
    if (layout.below === 'booking_date') row.date = date;
    else if (layout.below === 'value_date') row.value ??= date;
  };
  const endCurrent = (): void => {
    if (current !== null && flow !== 'last') {
      for (const part of contiguous(pending, current.lines.at(-1) ?? null, 1)) {
        if (part.kind === 'start') takeBelow(current, part.date);
        add(current, part);
      }
    }
    pending = [];
    current = null;
  };

  for (const part of parts) {
    const { line } = part;
    const section = layout.sections.get(line) ?? 'neutral';
    if (part.kind === 'section') {
      endCurrent();
      continue;
    }
    if (section === 'daily_balance') {
      line.dates.forEach((date, i) => {
        const amount = line.amounts.find(({ from }) => from >= date.to && from < (line.dates[i + 1]?.from ?? Infinity));
        if (amount) table.daily.push({ date, amount });
      });
      if (part.kind !== 'marker') continue;
    }
    if (part.kind === 'marker') {
      table.markers.push({ label: part.label, line, money: part.money, side: part.side, bare: part.bare, rows: table.rows.length });
      // Descriptions run on behind the carry of a page.
      if (part.label !== 'carry') endCurrent();
      continue;
    }
    if (part.kind === 'balance') {
      const near: boolean = current !== null && isNear(current.lines.at(-1)!, line);
      if (current !== null && near && current.money.balance === undefined && part.date === null) {
        current.money.balance = part.money.balance!;
        if (part.free.length === 0) table.used.add(line);
        else pending.push({ ...part, kind: 'text' });
      } else table.markers.push({ label: part.label, line, money: part.money, side: part.side, bare: part.bare, rows: table.rows.length });
      continue;
    }
    if (part.kind !== 'anchor') {
      pending.push(part);
      continue;
    }
    const { before, after } = divide(pending, current, part, flow);
    if (current !== null) for (const one of before) add(current, one);
    const start = after.find(({ kind }) => kind === 'start');
    const below = current !== null && part.date !== null ? before.find(({ kind }) => kind === 'start') : undefined;
    if (current !== null && below !== undefined) takeBelow(current, below.date);
    current = {
      anchor: line, page: line.page, box: boxOf(line), date: part.date ?? start?.date ?? null, value: part.value ?? start?.value ?? null, money: part.money, side: part.side,
      texts: [], lines: [], fields: {}, section, section_title: layout.section_of.get(line) ?? null,
    };
    for (const one of after) add(current, one);
    table.used.add(line);
    addTexts(current, line, part.free, columns, true);
    table.rows.push(current);
    pending = [];
  }
  endCurrent();
  return table;
}

function takeApart(line: TokenLine, layout: Layout, assignment: Assignment, strict: boolean): Part {
  const { booking, value, indicator } = layout;
  const money: Row['money'] = {};
  for (const amount of line.amounts) {
    const column = assignment.columns.find(({ span }) => sameColumn(span, amount) && (standsAlone(line, amount) || isOverdrawn(line, amount) || isAligned(span, amount)));
    if (column && (layout.whole_numbers || amount.mark !== 'none')) money[column.field] ??= amount;
  }
  const date = (booking && line.dates.find((token) => sameColumn(booking, token) && !isInWords(line, token))) ?? null;
  const valueDate = value !== null && value === booking ? date : (value && line.dates.find((token) => token !== date && sameColumn(value, token))) ?? null;
  const others = line.dates.filter((token) => layout.other_dates.some((column) => sameColumn(column, token)));
  const hasAmount = 'amount' in money || 'debit' in money || 'credit' in money;
  const mark = indicator === null || !('amount' in money) ? -1 : line.words.findIndex((word, i) => overlap(indicator, word) > 0 && indicatorOf(word.text) !== undefined
    && !Object.values(money).some(({ from, to }) => i >= from && i < to));
  // Numbers under a title that is no description's are of a column that the reading does not need: a fee, a gross amount.
  const aside = line.amounts.filter((amount) => amount.mark !== 'none' && layout.numbers.some((column) => sameColumn(column, amount) && isOtherColumn(layout.header, column)) && standsAlone(line, amount));
  const taken = [...Object.values(money), ...aside, date, valueDate, ...others].filter((token) => token !== null);
  const between = (i: number): boolean => line.words[i]!.text === '/' && line.dates.some(({ to }) => to === i) && line.dates.some(({ from }) => from === i + 1);
  const free = line.words.filter((word, i) => i !== mark && !between(i) && word.x1 > layout.left - MARGIN && word.x0 < layout.right + MARGIN && !taken.some((token) => i >= token.from && i < token.to));
  const part: Part = { line, kind: 'break', date, value: valueDate, money, side: (mark >= 0 && indicatorOf(line.words[mark]!.text)) || null, free, label: null, bare: true };

  const words = free.map((word) => fold(word.text));
  const label = findLabel(words);
  const bare = label !== undefined && isBareLabel(words, label);
  if (label) part.label = label.label;
  const hasMoney = Object.keys(money).length > 0;
  if (layout.section_titles.has(line)) return { ...part, kind: 'section' };
  // What stands below tables side by side, across them, is of neither.
  if (layout.header?.side !== undefined && line.side === undefined && date === null) return label && line.amounts.length > 0 ? { ...part, kind: 'marker', bare } : part;
  if (line.amounts.length > 0 && isBareBalance(words)) return { ...part, kind: 'marker', bare: true };
  if (label && (hasMoney || line.amounts.length > 0)) {
    const dated = date !== null;
    if (hasMoney ? (bare ? !(label.label === 'carry' && dated && hasAmount) : !dated && label.from === 0 && !strict) : !dated && bare) return { ...part, kind: 'marker', bare };
  }
  // No entry goes out and comes in: without a day it is the sums of both columns or of something else, whatever it is called.
  if (date === null && money.debit && money.credit && isSome(money.debit) && isSome(money.credit)) return { ...part, kind: 'marker', label: null };
  if (hasAmount) return { ...part, kind: 'anchor' };
  if ('balance' in money) return { ...part, kind: 'balance' };
  const inText = free.length > 0 && free[0]!.x0 >= layout.text_x0 - INDENT;
  // `Buchungsdatum: 03.03.2026` over the entries of the day.
  if (isDayHeading(line)) return { ...part, kind: 'start', date: line.dates[0]!, free: [] };
  if (date !== null && (inText || free.length === 0)) return { ...part, kind: 'start' };
  return inText ? { ...part, kind: 'text' } : part;
}

function isSome({ printed }: AmountToken): boolean {
  return /[1-9]/.test(printed.digits);
}

/** Whether a column of numbers stands under a title of its own that is not the description's. */
function isOtherColumn(header: Header | null, column: Span): boolean {
  const title = header?.cells.find((cell) => overlap(cell, column) > 0);
  return title !== undefined && (title.field === null || isMoneyField(title.field));
}

/** Whether a date stands in running text: a space behind a word. */
function isInWords({ words, height }: TokenLine, { from, x0 }: DateToken): boolean {
  const before = words[from - 1];
  return before !== undefined && /\p{L}/u.test(before.text) && x0 >= before.x1 && x0 - before.x1 <= SPACE * height;
}

/** The widest space between words of running text, in font sizes. */
const SPACE = 0.45;

/** An amount alone below a line that is a label and has none is what the label names. */
function labelAmountsBelow(parts: Part[]): void {
  parts.forEach((part, i) => {
    const above = parts[i - 1];
    if (above === undefined || above.label === null || !above.bare || above.line.amounts.length > 0 || above.line.page !== part.line.page) return;
    if (part.kind !== 'anchor' || !isAmountAlone(part.line) || !isNear(above.line, part.line)) return;
    above.kind = 'break';
    Object.assign(part, { kind: 'marker', label: above.label, bare: true });
  });
}

/** Where amounts stand on the indented lines of descriptions, a line that is not indented begins an entry, dated as the one above. */
function startOutdented(parts: readonly Part[]): void {
  const starts = parts.flatMap(({ kind, free }) => (kind === 'start' && free.length > 0 ? [free[0]!.x0] : []));
  const left = Math.min(...starts);
  const isLeft = (x0: number): boolean => Math.abs(x0 - left) <= EDGE;
  if (starts.length < MIN_STARTS || !starts.every(isLeft)) return;
  if (!parts.some(({ kind, date, free }) => kind === 'anchor' && date === null && free.length > 0 && free[0]!.x0 > left + INDENT)) return;
  for (const part of parts) if (part.kind === 'text' && isLeft(part.free[0]!.x0)) part.kind = 'start';
}

/** Fewer lines in one place are chance. */
const MIN_STARTS = 2;

/** Where no amount has a date beside it, and one follows each before the next, the day stands below its entry's first line. */
function takeDatesBelow(parts: readonly Part[]): void {
  const some = parts.filter(({ kind }) => kind === 'anchor' || kind === 'start');
  if (some.length < 2 || some.length % 2 !== 0 || !some.every(({ kind, date }, i) => (i % 2 === 0 ? kind === 'anchor' && date === null : kind === 'start'))) return;
  for (let i = 0; i < some.length; i += 2) {
    some[i]!.date = some[i + 1]!.date;
    some[i + 1]!.kind = 'text';
  }
}

/** Amounts without a date of their own: entries of a start or of the day above, or, where they are not `undated` entries, words of descriptions. Returns those that look like entries and are none. */
function settleUndated(parts: Part[], undated: boolean): TokenLine[] {
  const left_out: TokenLine[] = [];
  let open = false;
  let any = false;
  for (const part of parts) {
    if (part.kind === 'start') open = true;
    else if (part.kind === 'anchor') {
      const isEntry = part.date !== null || open || (undated && any && !isForeign(part));
      if (isEntry) {
        open = false;
        any = true;
      } else {
        part.kind = part.free.length > 0 ? 'text' : 'break';
        if (part.money.balance && part.free.some(({ text }) => /\p{L}/u.test(text))) left_out.push(part.line);
      }
    } else if (part.kind === 'marker') open = false;
  }
  return left_out;
}

/** An amount in words of another currency below the booked one: `(USD 12.00)`. */
function isForeign({ money, free }: Part): boolean {
  const amount = money.amount ?? money.debit ?? money.credit;
  return amount?.printed.currency != null && /^[A-Z]{3}$/.test(amount.printed.currency) && free.every((word) => /\d|^[@x=()]+$/.test(word.text) || word.text.length <= 4);
}

function isNear(last: TokenLine, line: TokenLine): boolean {
  return line.page !== last.page || line.y - last.y <= LEADING * Math.max(line.height, last.height);
}

/** The lines from the beginning (direction 1) or the end (-1) that follow each other without a break; behind `from`, where it is known. */
function contiguous(parts: readonly Part[], from: TokenLine | null, direction: 1 | -1): Part[] {
  const found: Part[] = [];
  let last = from;
  for (const part of direction === 1 ? parts : parts.toReversed()) {
    if (part.kind === 'break') {
      // What stands at the foot of a page does not end the description that goes on behind it.
      if (last !== null && direction === 1 && parts.some((other) => other.line.page > part.line.page)) continue;
      break;
    }
    if (last !== null && !(direction === 1 ? isNear(last, part.line) : isNear(part.line, last))) {
      if (direction === 1 && parts.some((other) => other.line.page > part.line.page && other.line.page > last!.page)) continue;
      break;
    }
    found.push(part);
    last = part.line;
  }
  return direction === 1 ? found : found.toReversed();
}

/** Divides the lines between two anchors. */
function divide(pending: readonly Part[], current: Row | null, anchor: Part, flow: Flow): { before: Part[]; after: Part[] } {
  const previous = current?.lines.at(-1) ?? null;
  const start = anchor.date === null ? pending.findLastIndex(({ kind }) => kind === 'start') : -1;
  let at = pending.length;
  if (start >= 0) at = start;
  else if (flow === 'last' || current === null) at = flow === 'first' && current === null ? pending.length : 0;
  else if (flow === 'gaps') at = widestGap(previous!, pending, anchor.line);
  return { before: current === null ? [] : contiguous(pending.slice(0, at), previous, 1), after: contiguous(pending.slice(at), anchor.line, -1) };
}

/** The index of the line above which the gap is widest; a page's end counts as wide where the lines do not say otherwise. */
function widestGap(previous: TokenLine, between: readonly Part[], anchor: TokenLine): number {
  const lines = [previous, ...between.map(({ line }) => line), anchor];
  let best = between.length;
  let widest = -Infinity;
  for (let i = 1; i < lines.length; i++) {
    const gap = lines[i]!.page === lines[i - 1]!.page ? lines[i]!.y - lines[i - 1]!.y : LEADING * anchor.height;
    if (gap > widest * 1.02) {
      widest = gap;
      best = i - 1;
    }
  }
  return best;
}

/** Where descriptions stand beside their amounts, by the gaps between the lines. */
function findFlow(parts: readonly Part[]): Flow {
  const votes = { first: 0, last: 0, middle: 0 };
  let above = 0;
  let behind = 0;
  let anchors = 0;
  for (let i = 0; i < parts.length; i++) {
    if (parts[i]!.kind !== 'anchor') continue;
    if (anchors++ === 0 && parts[i - 1]?.kind === 'text' && isNear(parts[i - 1]!.line, parts[i]!.line) && parts[i - 1]!.line.page === parts[i]!.line.page) above++;
    let next = i + 1;
    while (next < parts.length && parts[next]!.kind === 'text' && parts[next]!.line.page === parts[i]!.line.page) next++;
    if (next === i + 1) continue;
    const end = parts[next];
    if (end?.kind !== 'anchor' || end.line.page !== parts[i]!.line.page) {
      behind++;
      continue;
    }
    const gaps = parts.slice(i + 1, next + 1).map(({ line }, k) => line.y - parts[i + k]!.line.y);
    const widest = Math.max(...gaps);
    const at = gaps.indexOf(widest);
    if (gaps.some((gap, k) => k !== at && gap * WIDER > widest)) continue;
    votes[at === gaps.length - 1 ? 'first' : at === 0 ? 'last' : 'middle']++;
  }
  const all = votes.first + votes.last + votes.middle;
  if (all === 0) return above > 0 && behind === 0 ? 'last' : 'first';
  if (votes.first >= all * 0.8) return 'first';
  if (votes.last >= all * 0.8) return 'last';
  return 'gaps';
}

/** Points by which numbers of one column miss its edge. */
const EDGE = 2;

/** A number that a long description runs up to is of the column when it ends or begins where the column does. */
function isAligned(column: Span, amount: Span): boolean {
  return Math.abs(column.x1 - amount.x1) <= EDGE || Math.abs(column.x0 - amount.x0) <= EDGE;
}

type TextColumn = TitleCell & { field: ColumnField };

/** Columns of text that are no part of the description. */
function textColumns(header: Header | null): TextColumn[] {
  return (header?.cells ?? []).filter((cell): cell is TextColumn => cell.field !== null);
}

function addTexts(row: Row, line: TokenLine, words: TokenLine['words'], columns: readonly TextColumn[], isAnchor = false): void {
  const own = new Map<ColumnField, TokenLine['words']>();
  const description: TokenLine['words'] = [];
  for (const word of words) {
    const field = columnOf(word, columns);
    if (field && OWN_FIELDS.has(field)) own.set(field, [...(own.get(field) ?? []), word]);
    else description.push(word);
  }
  for (const [field, found] of own) row.fields[field] = [row.fields[field], lineText(found)].filter((text) => text !== undefined).join(' ');
  if (description.length > 0) row.texts.push(description);
  if (description.length > 0 || isAnchor) row.lines.push(line);
}

/** Text is set from the left edge of its title. */
function columnOf(word: Span, columns: readonly TextColumn[]): ColumnField | undefined {
  return columns.findLast((column) => column.x0 <= word.x0 + INDENT)?.field;
}

function boxOf(line: TokenLine): Row['box'] {
  return [line.words[0]!.x0, line.y - line.height, line.words.at(-1)!.x1, line.y + 0.25 * line.height];
}

function join(a: Row['box'], b: Row['box']): Row['box'] {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}
