import type { Header, MoneyField, Span } from './columns.ts';
import { overlap, sameColumn } from './columns.ts';
import type { Assignment, Layout } from './layout.ts';
import { standsAlone } from './layout.ts';
import { lineText } from './lines.ts';
import type { AmountToken, DateToken, TokenLine } from './tokens.ts';
import type { ColumnField, Label } from './vocabulary.ts';
import { findLabel, fold, isBareLabel } from './vocabulary.ts';

/** The body's lines as rows of the table: one per entry, with every line of its description. */
export interface Row {
  page: number;
  box: [x0: number, top: number, x1: number, bottom: number];
  /** Null where the row repeats the date above it by leaving it blank. */
  date: DateToken | null;
  value: DateToken | null;
  money: Partial<Record<MoneyField, AmountToken>>;
  texts: string[];
  /** Text of columns that have a field of their own. */
  fields: Partial<Record<ColumnField, string>>;
}

/** A row that carries a balance or a total and no entry. `rows` counts the entries above it. */
export interface Marker {
  label: Label | null;
  line: TokenLine;
  money: Row['money'];
  rows: number;
}

export interface Table {
  rows: Row[];
  markers: Marker[];
  /** The lines that belong to entries. */
  used: Set<TokenLine>;
}

/** Lines of one entry are set closer than this, in font sizes. */
const LEADING = 2.2;
/** A description of more lines is no description any more. */
const MAX_LINES = 12;
/** Points by which a line of a description may start left of the column. */
const INDENT = 3;

const OWN_FIELDS: ReadonlySet<ColumnField> = new Set(['reference', 'counterparty', 'counterparty_account', 'indicator', 'number']);

/** Builds the rows under an assignment of columns. `undated`: an amount without a date is an entry of the day above, not a sum or a second currency. */
export function buildRows(layout: Layout, assignment: Assignment, undated: boolean): Table {
  const { body, booking, value } = layout;
  const rows: Row[] = [];
  const markers: Marker[] = [];
  const used = new Set<TokenLine>();
  const columns = textColumns(layout.header);
  const later = amountsBelowDates(layout, assignment);
  let current: Row | null = null;
  let last: TokenLine | null = null;

  for (const line of body) {
    const money: Row['money'] = {};
    for (const amount of line.amounts) {
      const column = assignment.columns.find(({ span }) => sameColumn(span, amount) && (standsAlone(line, amount) || isAligned(span, amount)));
      if (column && (layout.whole_numbers || amount.mark !== 'none')) money[column.field] ??= amount;
    }
    const date = booking && line.dates.find((token) => sameColumn(booking, token));
    const valueDate = value && line.dates.find((token) => token !== date && sameColumn(value, token));
    const taken = [...Object.values(money), date, valueDate].filter((token) => token !== null && token !== undefined);
    const free = line.words.filter((_, i) => !taken.some((token) => i >= token.from && i < token.to));
    const hasAmount = 'amount' in money || 'debit' in money || 'credit' in money;
    const words = free.map((word) => fold(word.text));
    const label = findLabel(words);

    const bare = label !== undefined && isBareLabel(words, label);
    if (label && (Object.keys(money).length > 0 ? (bare ? !(label.label === 'carry' && date && hasAmount) : !date && !current) : !date && line.amounts.length > 0 && bare)) {
      markers.push({ label: label.label, line, money, rows: rows.length });
      // Descriptions run on behind the carry of a page.
      if (label.label !== 'carry') current = null;
      continue;
    }
    const near: boolean = current !== null && last !== null && (line.page !== last.page || line.y - last.y <= LEADING * line.height);

    const begins = date ? hasAmount || later : undated && hasAmount && free.length > 0 && rows.length > 0 && !(current && later && !complete(current));
    if (begins) {
      current = { page: line.page, box: boxOf(line), date: date ?? null, value: valueDate ?? null, money, texts: [], fields: {} };
      rows.push(current);
    } else if (current && near && hasAmount && !complete(current)) {
      Object.assign(current.money, money);
    } else if ('balance' in money && !hasAmount) {
      if (current && near && current.money.balance === undefined && !date) current.money.balance = money.balance!;
      else markers.push({ label: label?.label ?? null, line, money, rows: rows.length });
      if (free.length === 0 && current && near) used.add(line);
      continue;
    } else if (current && near && date && !hasAmount && current.value === null) {
      // The value date under the booking date.
      current.value = date;
    } else if (!(current && near && free.length > 0 && free[0]!.x0 >= layout.text_x0 - INDENT && current.texts.length < MAX_LINES)) {
      current = null;
      continue;
    }
    used.add(line);
    addTexts(current, free, columns);
    if (line.page === current.page) current.box = join(current.box, boxOf(line));
    last = line;
  }
  return { rows, markers, used };
}

/** Points by which numbers of one column miss its edge. */
const EDGE = 2;

/** A number that a long description runs up to is of the column when it ends or begins where the column does. */
function isAligned(column: Span, amount: Span): boolean {
  return Math.abs(column.x1 - amount.x1) <= EDGE || Math.abs(column.x0 - amount.x0) <= EDGE;
}

function complete(row: Row): boolean {
  return 'amount' in row.money || 'debit' in row.money || 'credit' in row.money;
}

/** Whether amounts stand on a later line than their dates: then a date without an amount begins an entry. */
function amountsBelowDates({ body, booking }: Layout, { columns }: Assignment): boolean {
  let alone = 0;
  let together = 0;
  for (const line of body) {
    if (!booking || !line.dates.some((date) => sameColumn(booking, date))) continue;
    if (line.amounts.some((amount) => columns.some(({ span, field }) => field !== 'balance' && sameColumn(span, amount)))) together++;
    else alone++;
  }
  return alone > together;
}

interface TextColumn extends Span {
  field: ColumnField;
}

/** Columns of text that are no part of the description. */
function textColumns(header: Header | null): TextColumn[] {
  return (header?.cells ?? []).filter((cell): cell is TextColumn => cell.field !== null);
}

function addTexts(row: Row, words: TokenLine['words'], columns: readonly TextColumn[]): void {
  const own = new Map<ColumnField, TokenLine['words']>();
  const description: TokenLine['words'] = [];
  for (const word of words) {
    const field = columnOf(word, columns);
    if (field && OWN_FIELDS.has(field)) own.set(field, [...(own.get(field) ?? []), word]);
    else description.push(word);
  }
  for (const [field, found] of own) row.fields[field] = [row.fields[field], lineText(found)].filter((text) => text !== undefined).join(' ');
  if (description.length > 0) row.texts.push(lineText(description));
}

/** Text is set from the left edge of its title, short marks also under its middle. */
function columnOf(word: Span, columns: readonly TextColumn[]): ColumnField | undefined {
  const under = columns.findLast((column) => column.x0 <= word.x0 + INDENT);
  const over = columns.find((column) => column.field === 'indicator' && overlap(column, word) > 0);
  return over?.field ?? under?.field;
}

function boxOf(line: TokenLine): Row['box'] {
  return [line.words[0]!.x0, line.y - line.height, line.words.at(-1)!.x1, line.y + 0.25 * line.height];
}

function join(a: Row['box'], b: Row['box']): Row['box'] {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}
