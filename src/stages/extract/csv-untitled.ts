import { findBalance, findOppositeBalance } from './csv-balances.ts';
import { KIND_ROWS, isAmount, isDate, isText, kindOf } from './csv-kinds.ts';
import { bareBalance, filledTexts } from './csv-labels.ts';
import type { Row } from './csv-rows.ts';
import type { Columns, Table } from './csv-table.ts';
import { isMoney, readTitle } from './csv-titles.ts';
import type { Role } from './csv-titles.ts';
import type { StatementProfile } from './profile.ts';

/** A table whose titles are missing or unknown: only where the values are unmistakable. */
export function inferTable(rows: readonly Row[], profile: StatementProfile | undefined): Table | undefined {
  const dated = withoutHead(rows.filter(({ cells }) => cells.some(isDate) && cells.some(isAmount) && !isBareBalance(cells)));
  if (dated.length === 0) return undefined;
  const first = rows.indexOf(dated[0]!);
  const sample = dated.slice(0, KIND_ROWS);
  const width = Math.max(...sample.map((row) => row.cells.length));
  const kinds = Array.from({ length: width }, (_, column) => kindOf(sample, column, profile));
  const always = kinds.flatMap((kind, column) => (kind.filled === sample.length ? [column] : []));
  const dates = always.filter((column) => kinds[column]!.dates === sample.length);
  const numbers = kinds.flatMap((kind, column) => (kind.filled > 0 && kind.amounts === kind.filled && kind.dates < kind.filled ? [column] : []));
  const texts = kinds.flatMap((kind, column) => (
    isText(kind) && kind.sides < kind.filled ? [column] : []));
  const above = first > 0 ? rows[first - 1]! : undefined;
  const titled = above !== undefined && above.cells.length >= width / 2 && !isBareBalance(above.cells)
    && above.cells.filter((cell) => cell.trim() !== '' && !isDate(cell) && !isAmount(cell)).length > width / 2;
  const known = titled ? above.cells.flatMap((title) => readTitle(title).meanings.map((m) => m.role)) : [];
  if (dates.length === 0 || texts.length === 0 || numbers.length === 0 || known.includes('foreign')) return undefined;

  const sides = kinds.findIndex((kind) => kind.filled === sample.length && kind.sides === kind.filled);
  const found = findBalance(sample, dates[0]!, numbers, sides < 0 ? undefined : sides, profile);
  // Titles in an unknown language over a date and a number may be those of anything.
  if (titled && found === undefined && !known.some((role) => role === 'booking_date' || isMoney(role))) return undefined;
  const money = numbers.filter((column) => kinds[column]!.negatives > 0 || kinds[column]!.fractions > 0);
  if (money.length === 0) return undefined;
  const signed = money.filter((column) => kinds[column]!.negatives > 0);
  const amount = found !== undefined && 'amount' in found ? found.amount : (signed.length === 1 ? signed[0] : money[0])!;
  const value = titled ? dates.find((column) => readTitle(above.cells[column] ?? '').meanings.some(({ role }) => role === 'value_date')) : undefined;
  const booked = dates.find((column) => column !== value);
  const columns: Columns = { booking_date: [booked ?? dates[0]!], ...(booked !== undefined && value !== undefined && { value_date: [value] }), amount: [amount], description: texts.filter((column) => kinds[column]!.ibans < kinds[column]!.filled) };
  if (found !== undefined && 'debit' in found) {
    [columns.debit, columns.credit] = [[found.debit], [found.credit]];
    delete columns.amount;
  }
  if (found?.balance !== undefined) columns.balance = [found.balance];
  if (found?.before !== undefined) columns.balance_before = [found.before];
  const currency = always.find((column) => kinds[column]!.currencies === sample.length);
  if (currency !== undefined) columns.currency = [currency];
  const ibans = texts.filter((column) => kinds[column]!.ibans === kinds[column]!.filled);
  // The same on every row; of a single row's two, the first.
  const account = ibans.find((column) => kinds[column]!.distinct.size === 1 && kinds[column]!.filled === sample.length && (sample.length > 1 || ibans.length > 1));
  // The same number on every row, in front of the date, is the account's own.
  const number = sample.length < 2 ? -1 : kinds.slice(0, dates[0])
    .findIndex((kind) => kind.filled === sample.length && kind.distinct.size === 1 && /^[\d ./-]{6,}$/.test([...kind.distinct][0]!));
  if (account !== undefined || number >= 0) columns.account = [account ?? number];
  if (number >= 0) columns.description = columns.description!.filter((column) => column !== number);
  const other = ibans.find((column) => column !== account);
  if (other !== undefined) columns.counterparty_account = [other];
  if (sides >= 0) columns.indicator = [sides];
  let doubt: Table['doubt'] = null;
  if (found === undefined && titled) doubt = { problem: 'the titles of the columns are not known', amounts: money };
  else if (found === undefined && money.length > 1 && signed.length !== 1) doubt = { problem: 'several columns could be the amount', amounts: money };
  const opposite = found !== undefined || signed.length !== 1 ? undefined : findOppositeBalance(sample, amount, numbers);
  if (opposite !== undefined) doubt ??= { problem: 'the balances follow from the amounts only where a minus is money in', amounts: [amount], opposite };
  for (const [role, names] of Object.entries(profile?.columns ?? {})) {
    const numbered = [names].flat().map(Number);
    if (!numbered.every((n) => n >= 1 && n <= width)) continue;
    if (role === 'debit' || role === 'credit') delete columns.amount;
    columns[role as Role] = numbered.map((n) => n - 1);
    if (isMoney(role as Role)) doubt = null;
  }
  return {
    header: titled ? above : null, body_line: dated[0]!.line, preamble: rows.slice(0, titled ? first - 1 : first), columns,
    // No bank of a country that has IBANs writes the month first.
    currency: null, day_first: ibans.length > 0, signed_by_title: false, score: sample.length + width, doubt,
  };
}

/** Without a first row of other dates than all that follow: it is about the statement, and its numbers are balances. */
function withoutHead(rows: Row[]): Row[] {
  const forms = rows.slice(0, KIND_ROWS).map(({ cells }) => cells.filter(isDate).map((date) => date.trim().replace(/\d/g, '9')).join(' '));
  const [first, second] = forms;
  return forms.length > 2 && first !== second && forms.every((form, i) => i === 0 || form === second) ? rows.slice(1) : rows;
}

function isBareBalance(cells: readonly string[]): boolean {
  return bareBalance(filledTexts(cells)) !== null;
}
