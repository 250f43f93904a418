import type { CalendarDate } from '../../../core/date.ts';
import { dayNumber } from '../../../core/date.ts';
import { formatDecimal, parseDecimal } from '../../../core/money.ts';
import type { Proof } from '../../../core/proof.ts';
import type { Check, RawAmount, RawEntry, RawStatement } from '../../../core/statement.ts';
import type { LabelledAmount } from './facts.ts';
import { lineText } from './lines.ts';
import type { Marker, Table } from './rows.ts';
import type { AmountToken, DateToken, TokenLine } from './tokens.ts';
import { fold, sectionOf } from './vocabulary.ts';

/** What a statement prints beside its balances, held against a reading that ties out so far: carries, subtotals, other balances, daily balances, dates. */

interface Read {
  head: RawStatement;
  proof: Proof;
  entries: readonly RawEntry[];
  table: Table;
  labelled: readonly LabelledAmount[];
  /** The lines outside the rows. */
  outside: readonly TokenLine[];
  read: (token: AmountToken) => RawAmount | undefined;
  dateOf: (token: DateToken) => CalendarDate | undefined;
}

const SCALE = 12;

export function checkPrintedSums(reading: Read): Check[] {
  const sums = runningSums(reading);
  return [...checkLeftOut(reading), ...checkSectionCounts(reading), ...checkMarkers(reading, sums), ...checkBalances(reading, sums), ...checkDaily(reading, sums), ...checkDirections(reading, sums), ...checkDates(reading)];
}

/** An amount with the balance behind it is an entry: one that no date could be found for is not lost in silence. */
function checkLeftOut({ table: { left_out: [line] } }: Read): Check[] {
  return line === undefined ? [] : [{ name: 'rows_left_out', ok: false, detail: `page ${line.page}: "${lineText(line.words).slice(0, 60)}" has an amount and a balance and is no entry` }];
}

/** A section's title that names how many entries are below it: `Deposits (12)`, `Withdrawals (7 items)`. */
function checkSectionCounts({ table }: Read): Check[] {
  const rows = Map.groupBy(table.rows.filter(({ section_title }) => section_title !== null), ({ section_title }) => section_title!);
  for (const [title, { length }] of rows) {
    const printed = SECTION_COUNT.exec(lineText(title.words))?.[1];
    if (printed !== undefined && Number(printed) !== length) return [{ name: 'section_count', ok: false, detail: `page ${title.page}: "${lineText(title.words).slice(0, 60)}" has ${length} entries` }];
  }
  return [];
}

const SECTION_COUNT = /\((\d{1,6})(?: \p{L}{3,14})?\)$/u;

interface Sums {
  opening: bigint;
  closing: bigint;
  /** After the first n entries in document order: the balance, and sums of credits and debits. */
  balance: bigint[];
  credits: bigint[];
  debits: bigint[];
}

function units(amount: RawAmount): bigint {
  return parseDecimal(amount, SCALE) ?? 0n;
}

function runningSums({ proof, entries }: Read): Sums {
  const opening = units(proof.opening_balance!.amount);
  const sums: Sums = { opening, closing: 0n, balance: [], credits: [0n], debits: [0n] };
  for (const [i, { amount }] of entries.entries()) {
    const value = units(amount);
    sums.credits.push(sums.credits[i]! + (value > 0n ? value : 0n));
    sums.debits.push(sums.debits[i]! + (value < 0n ? -value : 0n));
  }
  const net = sums.credits.map((credit, i) => credit - sums.debits[i]!);
  sums.closing = opening + net.at(-1)!;
  sums.balance = net.map((sum) => (proof.newest_first ? sums.closing - sum : opening + sum));
  return sums;
}

/** Carries, subtotals and totals inside the table: each is a balance or a sum since the beginning, the page's top, or the sum before. */
function checkMarkers({ table, labelled, read }: Read, sums: Sums): Check[] {
  const checked = table.markers.filter(({ label, rows }) => label === 'carry' || label === 'totals' || ((label === 'opening' || label === 'closing') && rows > 0 && rows < sums.balance.length - 1));
  if (checked.length === 0) return [];
  const starts = new Set([0, ...table.markers.map(({ rows }) => rows), ...table.rows.flatMap((row, i) => (i > 0 && row.page !== table.rows[i - 1]!.page ? [i] : [])), ...table.rows.flatMap((row, i) => (i > 0 && row.section_title !== table.rows[i - 1]!.section_title ? [i] : []))]);
  const sides = new Map(labelled.flatMap(({ label, amount }) => (label === 'debits' || label === 'credits' ? [[amount, label] as const] : [])));
  const wrong = checked.find((marker) => !fits(marker));
  return [{ name: 'page_carries', ok: wrong === undefined, detail: wrong === undefined ? `${checked.length} carries and subtotals follow from the entries`
    : `page ${wrong.line.page}: ${Object.values(wrong.money).map((token) => token.text).join(', ')} does not follow from the entries above it` }];

  function fits({ money, rows, label }: Marker): boolean {
    const since = [...starts].filter((start) => start < rows || rows === 0);
    const spans = (list: bigint[]): bigint[] => since.map((start) => list[rows]! - list[start]!);
    const debits = spans(sums.debits);
    const credits = spans(sums.credits);
    const balances = [sums.balance[rows]!, sums.opening, sums.closing];
    return Object.entries(money).every(([field, token]) => {
      const value = token && read(token);
      if (value === undefined) return true;
      const printed = units(value);
      const either = (list: readonly bigint[]): boolean => list.some((one) => one === printed || one === -printed);
      if (field === 'balance') return balances.includes(printed) || (label === 'carry' && either(balances));
      // What the words name counts before the column in which it happens to stand; some totals begin with the opening balance.
      const side = sides.get(token) ?? (field === 'debit' ? 'debits' : field === 'credit' ? 'credits' : undefined);
      const withOpening = (list: bigint[]): bigint[] => [...list, ...list.map((one) => one + (sums.opening < 0n ? -sums.opening : sums.opening))];
      return either(side === 'debits' ? withOpening(debits) : side === 'credits' ? withOpening(credits) : [...debits, ...credits, ...debits.map((debit, i) => credits[i]! - debit)]) || either(balances);
    });
  }
}

/** Every balance that is labelled as the opening or closing one is that, or one at which a page begins or ends. */
function checkBalances({ labelled, table, read }: Read, sums: Sums): Check[] {
  const others = labelled.filter(({ label, line }) => (label === 'opening' || label === 'closing') && !table.used.has(line) && !table.markers.some((marker) => marker.line === line));
  const known = new Set(sums.balance);
  const wrong = others.find(({ amount }) => {
    const value = read(amount);
    return value !== undefined && !known.has(units(value)) && !known.has(-units(value));
  });
  if (wrong === undefined) return [];
  return [{ name: 'other_balances', ok: false, detail: `page ${wrong.line.page}: the balance ${wrong.amount.text} follows from no entries` }];
}

/** A table of daily balances: each is the sum of all entries up to its day. */
function checkDaily({ table, entries, read, dateOf }: Read, { opening }: Sums): Check[] {
  if (table.daily.length === 0) return [];
  const byDay = entries.map(({ booking_date, amount }) => ({ day: booking_date, value: units(amount) })).toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
  let at = 0;
  let sum = opening;
  const days = table.daily.flatMap(({ date, amount }) => {
    const day = dateOf(date);
    const value = read(amount);
    return day === undefined || value === undefined ? [] : [{ day, value }];
  }).toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
  for (const { day, value } of days) {
    while (at < byDay.length && byDay[at]!.day <= day) sum += byDay[at++]!.value;
    if (units(value) !== sum) return [{ name: 'daily_balance', ok: false, detail: `${day}: ${formatDecimal(sum / 10n ** 10n, 2)} expected, ${value} printed` }];
  }
  return [{ name: 'daily_balance', ok: true, detail: `${days.length} daily balances follow from the entries` }];
}

/**
 * A sum that the words call one direction and that is the sum of the other (`Payments -604.33`, `Purchases 812.10`): what has no sign is owed. The mirror image
 * of such a statement leads from balance to balance as well, and every sum in it fits but for its words.
 */
function checkDirections({ outside, table, read }: Read, { credits, debits }: Sums): Check[] {
  const [into, out] = [credits.at(-1)!, debits.at(-1)!];
  if (into === out) return [];
  for (const line of outside) {
    const [amount] = line.amounts;
    const section = amount === undefined || line.amounts.length > 1 || table.markers.some((marker) => marker.line === line) ? undefined : sectionOf(fold(lineText(line.words.slice(0, amount.from))));
    const value = section === 'credit' || section === 'debit' ? read(amount!) : undefined;
    if (value === undefined || units(value) === 0n) continue;
    const printed = units(value.replace('-', ''));
    if (printed === (section === 'credit' ? out : into) && printed !== (section === 'credit' ? into : out)) {
      return [{ name: 'directions', ok: false, detail: `page ${line.page}: "${lineText(line.words).slice(0, 60)}" is the sum of the other direction` }];
    }
  }
  return [];
}

/** Days by which single entries may be dated before the period (purchases booked later) or after it. */
const BEFORE_DAYS = 20;
const AFTER_DAYS = 7;
/** Beyond this share the period is that of something else. */
const OUTSIDE_SHARE = 0.3;

/** Sums do not see dates: one far outside the period is misprinted or misread. */
function checkDates({ head: { from, to }, entries }: Read): Check[] {
  if (from === null || to === null || from > to) return [];
  const outside = entries.filter(({ booking_date }) => dayNumber(booking_date) < dayNumber(from) - BEFORE_DAYS || dayNumber(booking_date) > dayNumber(to) + AFTER_DAYS);
  if (outside.length === 0 || outside.length > entries.length * OUTSIDE_SHARE) return [];
  return [{ name: 'dates_in_period', ok: false, detail: `entry ${outside[0]!.line} is of ${outside[0]!.booking_date}, outside ${from} to ${to}` }];
}
