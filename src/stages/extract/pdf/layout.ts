import type { Header, MoneyField, OwnTitles, Span, TitleCell } from './columns.ts';
import { NO_TITLES, datesOfTitle, findColumns, findHeaders, headerKey, isMoneyField, overlap, sameColumn } from './columns.ts';
import { lineText } from './lines.ts';
import type { AmountToken, TokenLine } from './tokens.ts';
import type { ColumnField, Section } from './vocabulary.ts';
import { fieldOfTitle, findLabel, fold, indicatorOf, sectionOf } from './vocabulary.ts';

/** A table's layout as far as it holds for every reading: its header, and the columns of dates, marks and numbers. */
export interface Layout {
  header: Header | null;
  /** The lines that may be rows, in order: without headers and page furniture. */
  body: TokenLine[];
  booking: Span | null;
  value: Span | null;
  /** Further columns of dates, such as that of the purchase. */
  other_dates: Span[];
  /** What the second of two dates set one below the other is, by the title's second line: the day of booking, of value, or of the order. */
  below: ColumnField;
  /** A column of `S` and `H`, `+` and `-`, `CR`. */
  indicator: Span | null;
  /** Columns of numbers, left to right, with how many numbers stand in each. */
  numbers: (Span & { count: number })[];
  /** Where descriptions begin: nothing that starts further left continues one. */
  text_x0: number;
  /** Left and right edge of the table: what stands beyond is a note in the margin. */
  left: number;
  right: number;
  /** What the title over a line says of its direction; the titles themselves are `section_titles`. */
  sections: ReadonlyMap<TokenLine, Section>;
  section_titles: ReadonlySet<TokenLine>;
  section_of: ReadonlyMap<TokenLine, TokenLine>;
  /** Numbers without a decimal mark are amounts (currencies without decimals). */
  whole_numbers: boolean;
}

/** A statement's tables in their order, and the lines that are headers. */
export interface Layouts {
  tables: Layout[];
  titles: ReadonlySet<TokenLine>;
}

/** A column with fewer dates than this share of the fullest holds dates that descriptions mention. */
const DATE_COLUMN_SHARE = 0.4;
/** Lines at one height of several pages with the same words are page furniture when on this share of the pages. */
const FURNITURE_SHARE = 0.5;
/** Tables of different columns in one statement; more are no tables. */
const MAX_TABLES = 8;

/** Finds the tables; one without a header where there is none. */
export function findLayouts(lines: readonly TokenLine[], own: OwnTitles = NO_TITLES): Layouts {
  const all = findHeaders(lines, own);
  // A header has dated rows below it, or is like one that has.
  const filled = new Set(all.filter((header, i) => hasRows(header, lines.slice(header.to, all[i + 1]?.from ?? lines.length))).map(headerKey));
  const headers = all.filter((header) => filled.has(headerKey(header))).filter((header, _, some) => !isBox(header, lines.slice(header.to, all[all.indexOf(header) + 1]?.from ?? lines.length)) || some.every((other) => headerKey(other) === headerKey(header)));
  const titles = new Set(headers.flatMap(({ from, to }) => lines.slice(from, to)));
  const whole_numbers = !mostHaveDecimals(lines);
  const keys = [...new Set(headers.map(headerKey))].slice(0, MAX_TABLES);
  const isAnchor = (line: TokenLine): boolean => line.dates.length > 0 && line.amounts.some((amount) => whole_numbers || amount.mark !== 'none');
  const furniture = findFurniture(lines, titles, isAnchor);
  if (keys.length === 0) return { titles, tables: withSections([layoutOf(null, lines.filter((line) => !furniture.has(line)), whole_numbers)], lines) };
  const bodies = new Map<string, TokenLine[]>(keys.map((key) => [key, []]));
  const repeated = findRepeatedHeadings(lines, headers);
  headers.forEach((header, i) => {
    const until = headers[i + 1]?.from ?? lines.length;
    // On a page that repeats the header, what stands above it is the page's own heading.
    const next = headers[i + 1];
    const top = next && headerKey(next) === headerKey(header) ? lines[next.from]! : null;
    const above = top === null ? [] : lines.slice(header.to, until).filter((line) => line.page === top.page && titleOf(line) === undefined);
    const heading = new Set(above.some((line) => isAnchor(line) && !repeated.has(line)) || (top !== null && lines[header.to - 1]!.page === top.page) ? [] : above);
    bodies.get(headerKey(header))?.push(...lines.slice(header.to, until).filter((line) => !furniture.has(line) && !heading.has(line)));
  });
  return { titles, tables: withSections(keys.map((key) => layoutOf(headers.find((header) => headerKey(header) === key)!, bodies.get(key)!, whole_numbers)), lines) };
}

/** Lines above the header of a page that stand at the same height above that of others, with the same words and other numbers: the day, the balances. */
function findRepeatedHeadings(lines: readonly TokenLine[], headers: readonly Header[]): ReadonlySet<TokenLine> {
  const tops = new Map<number, number>();
  for (const { from } of headers.toReversed()) tops.set(lines[from]!.page, lines[from]!.y);
  const above = lines.filter(({ page, y }) => y < (tops.get(page) ?? -Infinity));
  const groups = Map.groupBy(above, (line) => `${Math.round(line.y / 2)} ${lineText(line.words).replace(/[\d.,]*\d[\d.,]*/g, '#')}`);
  return new Set([...groups.values()].filter((group) => new Set(group.map(({ page }) => page)).size >= Math.max(2, tops.size * FURNITURE_SHARE)).flat());
}

/** Whether dated amounts stand below a header. Under a title of dates, or where none names them, the amount may be on another line of the entry than its date. */
function hasRows({ cells }: Header, below: readonly TokenLine[]): boolean {
  if (below.some((line) => line.dates.length > 0 && line.amounts.length > 0)) return true;
  const apart = cells.some(({ field }) => field === 'booking_date') || (cells.filter(({ field }) => isMoneyField(field)).length > 1 && cells.some(({ field }) => field === 'description'));
  return apart && below.some((line) => line.dates.length > 0) && below.some((line) => line.amounts.some(({ mark }) => mark !== 'none'));
}

/** Whether it is a row of labels with their values below it, among them a balance: part of the heading, where another header stands over a table. */
function isBox({ cells }: Header, below: readonly TokenLine[]): boolean {
  if (!cells.some(({ text }) => ['opening', 'closing'].includes(findLabel(fold(text).split(' '))?.label ?? ''))) return false;
  return below.filter((line) => line.dates.length > 0 && line.amounts.some(({ mark }) => mark !== 'none')).length < 2;
}

/** A section's title stands further below the line above it than the next line of a description. In font sizes. */
const TITLE_LEADING = 1.7;

/** `Deposits (12)`, `Withdrawals (7 items)` */
const COUNT_BEHIND = / \(\d{1,6}(?: \p{L}{3,14})?\)$/u;

/** The section that a line would begin: a title alone, or with the section's total behind it. */
function titleOf(line: TokenLine): Section | undefined {
  if (line.dates.length > 0 || line.amounts.length > 1) return undefined;
  const total = line.amounts[0];
  if (total !== undefined && !COUNT_BEHIND.test(lineText(line.words)) && (total.mark === 'none' || total.to !== line.words.length)) return undefined;
  const text = lineText(line.words.slice(0, total === undefined || total.mark === 'none' ? line.words.length : total.from));
  return sectionOf(fold(text.replace(COUNT_BEHIND, '')));
}

/** Says of every line of the tables what section it is in. Titles may stand above the headers of their tables. */
function withSections(tables: readonly Omit<Layout, 'sections' | 'section_titles' | 'section_of'>[], lines: readonly TokenLine[]): Layout[] {
  const sections = new Map<TokenLine, Section>();
  const section_titles = new Set<TokenLine>();
  const section_of = new Map<TokenLine, TokenLine>();
  let title: TokenLine | null = null;
  // Without descriptions (0) no words can be part of one.
  const starts = new Map(tables.flatMap(({ body, text_x0 }) => body.map((line) => [line, text_x0 === 0 ? Infinity : text_x0] as const)));
  let section: Section = 'neutral';
  lines.forEach((line, i) => {
    const above = lines[i - 1];
    const text_x0 = starts.get(line) ?? Infinity;
    const found = titleOf(line);
    // The words of a description may be a section's title: a title stands further left, or apart.
    const isTitle = found !== undefined && (line.words[0]!.x0 < text_x0 - TITLE_INDENT || (line.words[0]!.x0 <= text_x0 + TITLE_INDENT
      && (above === undefined || above.page !== line.page || line.y - above.y > TITLE_LEADING * line.height)));
    if (isTitle) {
      section = found;
      title = line;
      section_titles.add(line);
    } else {
      sections.set(line, section);
      if (title !== null) section_of.set(line, title);
    }
  });
  return tables.map((table) => ({ ...table, sections, section_titles, section_of }));
}

/** Points by which a title is set left of descriptions, or not. */
const TITLE_INDENT = 3;

function layoutOf(header: Header | null, body: TokenLine[], whole_numbers: boolean): Omit<Layout, 'sections' | 'section_titles' | 'section_of'> {
  const isMoney = (amount: AmountToken): boolean => whole_numbers || amount.mark !== 'none';
  const [booking, value, other_dates] = dateColumns(header, body.filter((line) => line.dates.length > 0));
  const anchors = body.filter((line) => line.amounts.some(isMoney) && booking !== null && line.dates.some((date) => sameColumn(booking, date)));
  const numbers = findColumns(body.flatMap((line) => line.amounts.filter((amount) => isMoney(amount) && (standsAlone(line, amount) || isOverdrawn(line, amount)))))
    .filter((column) => ![booking, value].some((dates) => dates && sameColumn(dates, column)));
  const text_x0 = textStart(header, anchors);
  const spans = [...(header?.cells ?? []), ...numbers.filter(({ count }) => count >= anchors.length / 4), ...(booking ? [booking] : [])];
  return {
    header, body, booking, value, other_dates, below: header?.cells.find((cell) => cell.below !== undefined && booking !== null && overlap(cell, booking) > 0)?.below ?? 'value_date', whole_numbers, numbers, indicator: indicatorColumn(header, body), text_x0,
    left: header === null ? -Infinity : Math.min(text_x0, ...spans.map(({ x0 }) => x0)), right: header === null || !isMoneyField(header.cells.at(-1)!.field) ? Infinity : Math.max(...spans.map(({ x1 }) => x1)),
  };
}

/** Whether no word of running text stands beside it: a number may, behind it or in front. */
function isApart(line: TokenLine, { from, to, x0, x1 }: Span & { from: number; to: number }): boolean {
  const isNumber = (i: number): boolean => line.amounts.some((amount) => i >= amount.from && i < amount.to);
  const before = line.words[from - 1];
  const behind = line.words[to];
  return (!before || isNumber(from - 1) || x0 - before.x1 > ALONE * line.height) && (!behind || isNumber(to) || behind.x0 - x1 > ALONE * line.height);
}

/** Numbers in running text stand a space away from their neighbours, those of a column mostly further. In font sizes. */
const ALONE = 0.6;

/** Whether a number stands apart from its neighbours in the line, as one in a column of its own does. */
export function standsAlone(line: TokenLine, { from, to, x0, x1 }: AmountToken): boolean {
  const before = line.words[from - 1];
  const behind = line.words[to];
  // Numbers of neighbouring columns may touch.
  const isMoney = (i: number): boolean => line.amounts.some((other) => other.mark !== 'none' && i >= other.from && i < other.to);
  return (!before || x0 - before.x1 > ALONE * line.height || isMoney(from - 1)) && (!behind || behind.x0 - x1 > ALONE * line.height || indicatorOf(behind.text) !== undefined || isMoney(to));
}

/** A number of a column that the description runs into: drawn over it, not a space behind it. */
export function isOverdrawn(line: TokenLine, { from, x0 }: AmountToken): boolean {
  const before = line.words[from - 1];
  return before !== undefined && x0 < before.x1;
}

function mostHaveDecimals(lines: readonly TokenLine[]): boolean {
  let decimals = 0;
  let whole = 0;
  const dated = lines.filter((line) => line.dates.length > 0 && line.amounts.length > 0);
  for (const line of dated.length > 0 ? dated : lines) {
    const last = line.amounts.at(-1);
    // `3,623,422` says which mark would divide, and has none.
    if ((last?.mark === ',' || last?.mark === '.') && last.printed.digits.includes(last.mark)) decimals++;
    else if (last) whole++;
  }
  return decimals > 0 && decimals * 2 >= whole;
}

/** `Buchungsdatum: 03.03.2026` over the entries of the day. */
export function isDayHeading({ words, dates, amounts }: TokenLine): boolean {
  const [date] = dates;
  if (dates.length !== 1 || amounts.length > 0 || date!.to !== words.length) return false;
  const field = fieldOfTitle(lineText(words.slice(0, date!.from)));
  return field === 'booking_date' || field === 'transaction_date';
}

/** Titles that name the booking, where another names the day of the order or purchase. */
const BOOKED = /buch|book|post|entry|compta|contab|registr|ksieg|bokfor|boek|process/;

function dateColumns(header: Header | null, dated: readonly TokenLine[]): [booking: Span | null, value: Span | null, others: Span[]] {
  const all = findColumns(dated.flatMap((line) => line.dates));
  const most = Math.max(0, ...all.map((column) => column.count));
  const columns = all.filter((column) => column.count >= most * DATE_COLUMN_SHARE);
  const under = (title: TitleCell | undefined): Span | undefined => {
    return title && all.filter((column) => overlap(column, title) > -title.x1 + title.x0).toSorted((a, b) => overlap(b, title) - overlap(a, title))[0];
  };
  const titled = (field: string): Span | undefined => under(header?.cells.find((cell) => cell.field === field));
  const both = header?.cells.find(({ text }) => datesOfTitle(text) !== null);
  if (both) {
    const isOthers = (column: Span): boolean => header!.cells.some((cell) => cell !== both && (cell.field === 'booking_date' || cell.field === 'transaction_date' || cell.field === 'value_date') && overlap(column, cell) > 0);
    const pair = all.filter((column) => overlap(column, both) > both.x0 - both.x1 && column.count >= most * DATE_COLUMN_SHARE && !isOthers(column)).slice(0, 2);
    const at = datesOfTitle(both.text)!.indexOf('booking_date');
    if (pair.length === 2) return [pair[at]!, pair[1 - at]!, []];
    // The one column under such a title is both.
    if (pair.length === 1) return [pair[0]!, pair[0]!, all.filter((column) => column !== pair[0] && column.count >= most * DATE_COLUMN_SHARE)];
  }
  const value = titled('value_date');
  // Where headings say the day, other dates beside those of value are words of descriptions.
  if (value && dated.filter(isDayHeading).length >= MIN_MARKS && !titled('booking_date')) return [null, value, []];
  // Of `Data operacji` and `Data księgowania` the second is the day of booking.
  const dates = (header?.cells ?? []).filter(({ field }) => field === 'booking_date');
  const posted = dates.find(({ text }) => BOOKED.test(fold(text))) ?? dates[0];
  const booking = under(posted) ?? titled('transaction_date') ?? columns.find((column) => column !== value) ?? value ?? null;
  const other = value ?? (header === null ? columns.find((column) => column !== booking) : undefined);
  const others = [titled('transaction_date'), ...dates.filter((title) => title !== posted).map(under)];
  return [booking, other === booking ? null : other ?? null, others.filter((column) => column !== undefined && column !== booking && column !== value) as Span[]];
}

/** Fewer marks are words of descriptions. */
const MIN_MARKS = 2;
/** Marks that are no words of a language, and the share of rows that has them where only one direction is marked. */
const PLAIN_MARK = /^(?:[-+\u2010-\u2015\u2212]|CR|DR|Cr|Dr|S|H)$/;
const MARKED_SHARE = 0.15;

/** The column of marks that say debit or credit, whether or not it has a title. */
function indicatorColumn(header: Header | null, body: readonly TokenLine[]): Span | null {
  const marks: Span[] = [];
  /** `ACH DEBIT` and `ACH CREDIT` are words of descriptions. */
  const apart: Span[] = [];
  const signs: Span[] = [];
  const dated = body.filter((line) => line.amounts.length > 0 && line.dates.length > 0);
  const amounts = dated.length;
  for (const line of dated) {
    line.words.forEach((word, i) => {
      if (indicatorOf(word.text) === undefined || line.amounts.some(({ from, to }) => i >= from && i < to)) return;
      marks.push(word);
      if (isApart(line, { ...word, from: i, to: i + 1 })) apart.push(word);
      if (PLAIN_MARK.test(word.text)) signs.push(word);
    });
  }
  const title = header?.cells.find(({ field }) => field === 'indicator');
  // Where descriptions begin, `H & M Cole` is no mark: in a column of marks there are few other words.
  const isOfMarks = (column: Span & { count: number }): boolean => dated.filter(({ words }) => words.some((word) => overlap(word, column) > 0 && indicatorOf(word.text) === undefined)).length <= column.count;
  const columns = findColumns(marks).filter(({ count }) => count >= MIN_MARKS);
  const titled = title && columns.find((column) => overlap(column, title) > 0);
  return titled ?? findColumns(apart).find((column) => column.count >= Math.max(MIN_MARKS, amounts / 2)) ?? findColumns(signs).find((column) => column.count >= Math.max(MIN_MARKS, amounts * MARKED_SHARE) && isOfMarks(column)) ?? null;
}

/** Lines outside the rows of a page that other pages have as well, at the same height. */
function findFurniture(lines: readonly TokenLine[], titles: ReadonlySet<TokenLine>, isAnchor: (line: TokenLine) => boolean): ReadonlySet<TokenLine> {
  const keys = new Map(lines.map((line) => [line, furnitureKey(line)]));
  const countPages = (some: readonly TokenLine[]): Map<string, number> => new Map([...Map.groupBy(some, (line) => keys.get(line)!)].map(([key, same]) => [key, new Set(same.map(({ page }) => page)).size]));
  const pages = countPages(lines);
  const rows = new Map<number, { top: number; bottom: number }>();
  for (const line of lines) {
    const row = rows.get(line.page);
    if (titles.has(line) || isAnchor(line)) rows.set(line.page, { top: Math.min(line.y, row?.top ?? Infinity), bottom: Math.max(line.y, row?.bottom ?? -Infinity) });
    // An amount that no other page has at its height is of an entry, the date of which may stand above it.
    else if (row && line.y > row.bottom && pages.get(keys.get(line)!) === 1 && line.amounts.some(({ mark }) => mark === ',' || mark === '.')) row.bottom = line.y;
  }
  const outside = (line: TokenLine): boolean => {
    const row = rows.get(line.page);
    return !titles.has(line) && (row === undefined || line.y < row.top || line.y > row.bottom);
  };
  const all = new Set(lines.map(({ page }) => page)).size;
  const least = Math.max(2, all * FURNITURE_SHARE);
  const apart = lines.filter(outside);
  const repeated = countPages(apart);
  return new Set(apart.filter((line) => repeated.get(keys.get(line)!)! >= least || isPageNumber(line)));
}

const PAGE_WORD = '(?:page|seite|blatt|pagina|página|pág\\.?|pag\\.?|strona|str\\.?|sida|sid|feuille|hoja|foglio|side|p\\.)';
const OF = '(?:\\/|of|von|de|van|di|z|av|sur|su|af|-)';
const PAGE_NUMBER = new RegExp(`\\b${PAGE_WORD}\\b|^\\D{0,12}\\d{1,4}\\s?${OF}\\s?\\d{1,4}$`, 'iu');
const PAGE_NUMBER_ALONE = new RegExp(`^${PAGE_WORD}[.:]?\\s?\\d{1,4}(?:\\s?${OF}\\s?\\d{1,4})?$`, 'iu');

function isPageNumber(line: TokenLine): boolean {
  return PAGE_NUMBER_ALONE.test(lineText(line.words));
}

function furnitureKey(line: TokenLine): string {
  const text = lineText(line.words);
  return `${Math.round(line.y / 2)} ${PAGE_NUMBER.test(text) ? text.replace(/\d+/g, '#') : text}`;
}

function textStart(header: Header | null, anchors: readonly TokenLine[]): number {
  const starts = new Map<number, number>();
  for (const line of anchors) {
    const word = line.words.find((_, i) => ![...line.dates, ...line.amounts].some((token) => i >= token.from && i < token.to));
    if (word && indicatorOf(word.text) === undefined) starts.set(Math.round(word.x0), (starts.get(Math.round(word.x0)) ?? 0) + 1);
  }
  const usual = [...starts].toSorted((a, b) => b[1] - a[1])[0]?.[0];
  const title = header?.cells.find((cell) => cell.field === 'description');
  return Math.min(usual ?? title?.x0 ?? 0, title?.x0 ?? Infinity);
}

/** Which column of numbers is what. `tier` 0: as the titles say, or where there are none as the numbers stand; 1: titles and columns paired another way; 2: whatever the titles say. */
export interface Assignment {
  tier: number;
  columns: { span: Span; field: MoneyField }[];
}

/** Beyond these the readings are guesses, and each costs a pass over the rows. */
const MAX_TITLED = 4;
const MAX_COLUMNS = 8;
/** Titles of money in one header; the pairings grow with the binomial of both. */
const MAX_TITLES = 8;
/** A column of numbers that has no title costs a pairing this many points of distance, the more the fuller it is; an empty titled column half. */
const UNPAIRED_COST = 40;

/** The ways in which columns of numbers can be the statement's amounts and balances, the likeliest first. */
export function listAssignments(layout: Layout): Assignment[] {
  const titled = titledAssignments(layout);
  const others = [...titled.slice(1), ...untitledAssignments(layout, titled.length > 0 ? 2 : 0)];
  return [...titled.slice(0, 1), ...others.filter(({ columns }) => !contradicts(layout, columns))];
}

/** Whether a column under the title of debits would be that of credits or of amounts, or the other way round: the mirror image of a statement ties out as well. */
function contradicts({ header }: Layout, columns: Assignment['columns']): boolean {
  const titles = (header?.cells ?? []).filter(({ field }) => isMoneyField(field));
  return columns.some(({ span, field }) => {
    const over = titles.toSorted((a, b) => distance(span, a) - distance(span, b))[0];
    return (over?.field === 'debit' || over?.field === 'credit') && field !== 'balance' && field !== over.field && overlap(span, over) > 0;
  });
}

function titledAssignments({ header, numbers, body }: Layout): Assignment[] {
  const needed = neededColumns(numbers, body);
  const titles = (header?.cells ?? []).filter((cell) => isMoneyField(cell.field)).slice(0, MAX_TITLES).toSorted((a, b) => a.x0 - b.x0);
  const columns = numbers.toSorted((a, b) => b.count - a.count).slice(0, MAX_COLUMNS).toSorted((a, b) => a.x0 - b.x0);
  const found: { cost: number; dropped: number; columns: Assignment['columns'] }[] = [];
  const pair = (column: number, title: number, cost: number, paired: Assignment['columns']): void => {
    if (column === columns.length) {
      const dropped = needed.filter((one) => !paired.some(({ span }) => span === one)).length;
      if (paired.some(({ field }) => field !== 'balance')) found.push({ cost: cost + (titles.length - paired.length) * UNPAIRED_COST / 2, dropped, columns: paired });
      return;
    }
    const span = columns[column]!;
    // Numbers in descriptions: the fewer, the cheaper to leave out.
    pair(column + 1, title, cost + UNPAIRED_COST * Math.min(1, span.count / Math.max(1, body.length / 4)), paired);
    for (let next = title; next < titles.length; next++) {
      const cell = titles[next]!;
      pair(column + 1, next + 1, cost + distance(span, cell), [...paired, { span, field: cell.field as MoneyField }]);
    }
  };
  if (titles.length > 0) pair(0, 0, 0, []);
  // A full column stays out only where it must: else a balance that does not follow would go unseen.
  const least = Math.min(...found.map(({ dropped }) => dropped));
  return found.filter(({ dropped }) => dropped === least).toSorted((a, b) => a.cost - b.cost).slice(0, MAX_TITLED).map(({ columns: paired }, i) => ({ tier: i === 0 ? 0 : 1, columns: paired }));
}

/** A title stands over its numbers at the left, the right or the middle. */
function distance(column: Span, title: Span): number {
  const aligned = Math.min(Math.abs(column.x0 - title.x0), Math.abs(column.x1 - title.x1), Math.abs(column.x0 + column.x1 - title.x0 - title.x1) / 2);
  return aligned + 2 * Math.max(0, -overlap(column, title));
}

const UNTITLED: readonly (readonly MoneyField[])[] = [
  ['amount'], ['amount', 'balance'], ['balance', 'amount'], ['debit', 'credit'], ['credit', 'debit'], ['debit', 'credit', 'balance'], ['credit', 'debit', 'balance'],
  ['balance', 'debit', 'credit'], ['balance', 'credit', 'debit'],
];

/** Columns that half of the rows fill. */
function neededColumns(numbers: Layout['numbers'], body: readonly TokenLine[]): Layout['numbers'] {
  const dated = body.filter((line) => line.dates.length > 0 && line.amounts.length > 0).length;
  return numbers.filter((column) => column.count >= dated / 2);
}

/** The fullest columns as any of the usual arrangements. */
function untitledAssignments({ numbers, body }: Layout, tier: number): Assignment[] {
  const needed = neededColumns(numbers, body);
  return UNTITLED.flatMap((fields) => {
    const fullest = numbers.toSorted((a, b) => b.count - a.count).slice(0, fields.length).toSorted((a, b) => a.x0 - b.x0);
    return [numbers.slice(-fields.length), fullest].flatMap((spans, i) => {
      if (spans.length < fields.length || needed.some((column) => !spans.includes(column)) || (i === 1 && spans.every((span) => numbers.slice(-fields.length).includes(span)))) return [];
      return [{ tier, columns: fields.map((field, k) => ({ span: spans[k]!, field })) }];
    });
  });
}
