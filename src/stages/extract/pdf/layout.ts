import type { Header, MoneyField, Span } from './columns.ts';
import { findColumns, findHeader, isMoneyField, overlap, repeatsHeader, sameColumn } from './columns.ts';
import { lineText } from './lines.ts';
import type { AmountToken, TokenLine } from './tokens.ts';

/** A document's layout as far as it holds for every reading: its header, what of each page is table, and the columns of dates and numbers. */
export interface Layout {
  header: Header | null;
  /** The lines that may be rows, in order: without headers and page furniture. */
  body: TokenLine[];
  booking: Span | null;
  value: Span | null;
  /** Columns of numbers, left to right, with how many numbers stand in each. */
  numbers: (Span & { count: number })[];
  /** Where descriptions begin: nothing that starts further left continues one. */
  text_x0: number;
  /** Numbers without a decimal mark are amounts (currencies without decimals). */
  whole_numbers: boolean;
}

/** A column with fewer dates than this share of the fullest holds dates that descriptions mention. */
const DATE_COLUMN_SHARE = 0.4;
/** Lines at one height of several pages with the same words are page furniture when on this share of the pages. */
const FURNITURE_SHARE = 0.5;

/** Finds the layout; null where no line has a date and an amount. */
export function findLayout(lines: readonly TokenLine[]): Layout {
  const header = findHeader(lines);
  const start = header === null ? 0 : header.to;
  const titles = new Set<TokenLine>();
  if (header !== null) {
    for (let i = header.to; i < lines.length; i++) {
      if (repeatsHeader(header, lines, i)) for (let k = 0; k < header.to - header.from; k++) titles.add(lines[i + k]!);
    }
  }
  const table = dropAboveTitles(lines.slice(start), titles);
  const whole_numbers = !mostHaveDecimals(table);
  const isMoney = (amount: AmountToken): boolean => whole_numbers || amount.mark !== 'none';
  const dated = table.filter((line) => line.dates.length > 0 && line.amounts.some(isMoney));
  const [booking, value] = dateColumns(header, dated.length > 0 ? dated : table.filter((line) => line.dates.length > 0));
  const anchors = dated.filter((line) => booking !== null && line.dates.some((date) => sameColumn(booking, date)));
  const body = dropFurniture(table, new Set(anchors));
  return {
    header, body, booking, value, whole_numbers,
    numbers: findColumns(body.flatMap((line) => line.amounts.filter((amount) => isMoney(amount) && standsAlone(line, amount))))
      .filter((column) => ![booking, value].some((dates) => dates && sameColumn(dates, column))),
    text_x0: textStart(header, anchors),
  };
}

/** Numbers in running text stand a space away from their neighbours, those of a column mostly further. In font sizes. */
const ALONE = 0.6;

/** Whether a number stands apart from its neighbours in the line, as one in a column of its own does. */
export function standsAlone(line: TokenLine, { from, to, x0, x1 }: AmountToken): boolean {
  const before = line.words[from - 1];
  const behind = line.words[to];
  return (!before || x0 - before.x1 > ALONE * line.height) && (!behind || behind.x0 - x1 > ALONE * line.height);
}

/** On a page that repeats the header, what stands above it is the page's own heading. */
function dropAboveTitles(lines: readonly TokenLine[], titles: ReadonlySet<TokenLine>): TokenLine[] {
  const firstTitle = new Map<number, number>();
  for (const line of titles) firstTitle.set(line.page, Math.min(line.y, firstTitle.get(line.page) ?? Infinity));
  return lines.filter((line) => !titles.has(line) && line.y >= (firstTitle.get(line.page) ?? -Infinity));
}

function mostHaveDecimals(lines: readonly TokenLine[]): boolean {
  let decimals = 0;
  let whole = 0;
  for (const line of lines) {
    const last = line.dates.length > 0 ? line.amounts.at(-1) : undefined;
    // `3,623,422` says which mark would divide, and has none.
    if ((last?.mark === ',' || last?.mark === '.') && last.printed.digits.includes(last.mark)) decimals++;
    else if (last) whole++;
  }
  return decimals >= whole;
}

function dateColumns(header: Header | null, dated: readonly TokenLine[]): [booking: Span | null, value: Span | null] {
  const all = findColumns(dated.flatMap((line) => line.dates));
  const most = Math.max(0, ...all.map((column) => column.count));
  const columns = all.filter((column) => column.count >= most * DATE_COLUMN_SHARE);
  const titled = (field: string): Span | undefined => {
    const title = header?.cells.find((cell) => cell.field === field);
    return title && all.filter((column) => overlap(column, title) > -title.x1 + title.x0).toSorted((a, b) => overlap(b, title) - overlap(a, title))[0];
  };
  const value = titled('value_date');
  const booking = titled('booking_date') ?? titled('transaction_date') ?? columns.find((column) => column !== value) ?? value ?? null;
  const other = value ?? (header === null ? columns.find((column) => column !== booking) : undefined);
  return [booking, other === booking ? null : other ?? null];
}

/** Lines outside the rows of a page that other pages have as well, at the same height. */
function dropFurniture(lines: readonly TokenLine[], anchors: ReadonlySet<TokenLine>): TokenLine[] {
  const rows = new Map<number, { top: number; bottom: number }>();
  for (const { page, y } of anchors) {
    const row = rows.get(page);
    rows.set(page, { top: Math.min(y, row?.top ?? Infinity), bottom: Math.max(y, row?.bottom ?? -Infinity) });
  }
  const outside = (line: TokenLine): boolean => {
    const row = rows.get(line.page);
    return row === undefined || line.y < row.top || line.y > row.bottom;
  };
  const pages = new Map<string, Set<number>>();
  const all = new Set<number>();
  for (const line of lines) {
    all.add(line.page);
    if (outside(line)) pages.set(furnitureKey(line), (pages.get(furnitureKey(line)) ?? new Set()).add(line.page));
  }
  const least = Math.max(2, all.size * FURNITURE_SHARE);
  return lines.filter((line) => !(outside(line) && pages.get(furnitureKey(line))!.size >= least));
}

const PAGE_NUMBER = /\b(?:page|seite|blatt|pagina|página|pág|pag|strona|str|sida|sid|feuille|hoja|foglio)\b|^\D{0,12}\d{1,4}\s?(?:\/|of|von|de|van|di|z|av)\s?\d{1,4}$/iu;

function furnitureKey(line: TokenLine): string {
  const text = lineText(line.words);
  return `${Math.round(line.y / 2)} ${PAGE_NUMBER.test(text) ? text.replace(/\d+/g, '#') : text}`;
}

function textStart(header: Header | null, anchors: readonly TokenLine[]): number {
  const starts = new Map<number, number>();
  for (const line of anchors) {
    const word = line.words.find((_, i) => ![...line.dates, ...line.amounts].some((token) => i >= token.from && i < token.to));
    if (word) starts.set(Math.round(word.x0), (starts.get(Math.round(word.x0)) ?? 0) + 1);
  }
  const usual = [...starts].toSorted((a, b) => b[1] - a[1])[0]?.[0];
  const title = header?.cells.find((cell) => cell.field === 'description');
  return Math.min(usual ?? title?.x0 ?? 0, title?.x0 ?? Infinity);
}

/** Which column of numbers is what. `tier` 0: as the titles say, or where there are none as the numbers stand; 1: titles and columns paired another way. */
export interface Assignment {
  tier: number;
  columns: { span: Span; field: MoneyField }[];
}

/** Beyond these the readings are guesses, and each costs a pass over the rows. */
const MAX_TITLED = 4;
const MAX_COLUMNS = 8;
/** A column of numbers that has no title costs a pairing this many points of distance, the more the fuller it is; an empty titled column half. */
const UNPAIRED_COST = 40;

/** The ways in which columns of numbers can be the statement's amounts and balances, the likeliest first. */
export function listAssignments(layout: Layout): Assignment[] {
  const titled = titledAssignments(layout);
  return titled.length > 0 ? titled : untitledAssignments(layout);
}

function titledAssignments({ header, numbers, body }: Layout): Assignment[] {
  const needed = neededColumns(numbers, body);
  const titles = (header?.cells ?? []).filter((cell) => isMoneyField(cell.field)).toSorted((a, b) => a.x0 - b.x0);
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
  ['amount'], ['amount', 'balance'], ['debit', 'credit'], ['credit', 'debit'], ['debit', 'credit', 'balance'], ['credit', 'debit', 'balance'],
];

/** Columns that half of the rows fill. */
function neededColumns(numbers: Layout['numbers'], body: readonly TokenLine[]): Layout['numbers'] {
  const dated = body.filter((line) => line.dates.length > 0 && line.amounts.length > 0).length;
  return numbers.filter((column) => column.count >= dated / 2);
}

function untitledAssignments({ numbers, body }: Layout): Assignment[] {
  const needed = neededColumns(numbers, body);
  return UNTITLED.flatMap((fields) => {
    const spans = numbers.slice(-fields.length);
    if (spans.length < fields.length || needed.some((column) => !spans.includes(column))) return [];
    return [{ tier: 0, columns: fields.map((field, i) => ({ span: spans[i]!, field })) }];
  });
}

