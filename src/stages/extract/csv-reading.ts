import { calendarDate, dayNumber } from '../../core/date.ts';
import { ibanStatus } from '../../core/account.ts';
import { Failure } from '../../core/failure.ts';
import { exponentOf, formatDecimal, isCurrency, parseDecimal } from '../../core/money.ts';
import type { DateOrder, DecimalMark, MarkVote, OrderVote } from '../../core/numerals.ts';
import { createMarkVote, createOrderVote, findAmount, findDates, markOf, parseAmount } from '../../core/numerals.ts';
import { readPreamble } from './csv-labels.ts';
import type { Row } from './csv-rows.ts';
import { UNIT_DECIMALS, balancesAfter, chains } from './csv-balances.ts';
import { sideOf } from './csv-kinds.ts';
import type { Table } from './csv-table.ts';
import type { Role } from './csv-titles.ts';
import type { StatementProfile } from './profile.ts';

/** How the values of a table are to be read, settled over as many of its rows as it takes. */
export interface Reading {
  /** By column. */
  marks: ReadonlyMap<number, DecimalMark>;
  orders: ReadonlyMap<number, DateOrder>;
  /** `printed`: the amount's own sign; `inverted`: its opposite; `indicator`: the word in the indicator column. */
  sign: 'printed' | 'inverted' | 'indicator';
  /** What an amount is that bears no mark, where only the other direction is marked (`CR`). */
  unmarked: 'debit' | 'credit' | null;
  /** The debit column prints its amounts with their minus. */
  debit_signed: boolean;
  /** Whether the amount contains the fee of its row, or the account moves by both. */
  fee: 'inside' | 'less' | 'more';
}

/** Rows that are read in any case, so that an oddity soon after the beginning still counts. */
const SETTLE_ROWS = 1_000;
/** Rows over which running balances are followed; more would prove no more. */
const CHAIN_ROWS = 2_000;
/**
 * Of two readings of `13/03/26` and `14/03/26`, the one under which they lie years apart is not meant: one that spans a year, and this many
 * times what another spans.
 */
const TIMES_LONGER = 5;
const YEAR_DAYS = 365;

const MONEY = ['amount', 'debit', 'credit', 'balance', 'balance_before', 'opening_balance', 'closing_balance', 'fee'] as const;
const DATES = ['booking_date', 'value_date'] as const;

/**
 * Settles how a table's dates, decimals and signs are read. Reads rows until nothing is open, at most all of them. Throws `ambiguous`,
 * with the profile that settles it, where the document allows several readings that differ in a date, a sign or an amount.
 */
export async function settleReading(
  rows: AsyncIterable<Row[]>, table: Table, profile: StatementProfile | undefined, currency: string | null,
): Promise<Reading> {
  const { columns } = table;
  if (table.doubt !== null) throw ambiguous(table, table.doubt.problem, columnLines(table, table.doubt));
  const marks = new Map<number, MarkVote>(MONEY.flatMap((role) => columns[role] ?? []).map((column) => [column, createMarkVote()]));
  const orders = new Map<number, OrderVote>(DATES.flatMap((role) => columns[role] ?? []).map((column) => [column, createOrderVote()]));
  const days: DaysSeen = { first: {}, last: {} };
  const seen = createSignFacts(table, profile);
  const sample: Row[] = [];
  const currencies = new Set(currency === null ? [] : [currency]);
  let count = 0;
  let example: Row | undefined;
  let grouped: string | undefined;

  reading: for await (const some of rows) {
    for (const row of some) {
      if (row.line < table.body_line || !columns.booking_date!.some((column) => findDates(row.cells[column] ?? '').size > 0)) continue;
      count++;
      for (const [column, vote] of orders) {
        const text = row.cells[column] ?? '';
        if (!vote.add(text)) continue;
        for (const [order, date] of findDates(text)) {
          if (date.year === null) continue;
          const day = dayNumber(calendarDate(date.year, date.month, date.day)!);
          days.first[order] = Math.min(days.first[order] ?? day, day);
          days.last[order] = Math.max(days.last[order] ?? day, day);
        }
      }
      for (const [column, vote] of marks) {
        const text = row.cells[column] ?? '';
        if (vote.add(text) && grouped === undefined && markOf(findAmount(text)!.digits) === 'either') grouped = text.trim();
      }
      const code = row.cells[columns.currency?.[0] ?? -1]?.trim() ?? '';
      if (isCurrency(code)) currencies.add(code);
      seen.add(row);
      example ??= row;
      if (sample.length < CHAIN_ROWS) sample.push(row);
    }
    if (count >= SETTLE_ROWS && seen.settled() && [...marks.values()].every((vote) => settledMark(vote) !== null || vote.settle() === 'none')
      && [...orders.values()].every((vote) => vote.settle().length <= 1)) break reading;
  }
  if (example === undefined) throw new Failure('not_a_statement', 'the document has the titles of a statement and no row with a date');

  const settledMarks = settleMarks(table, marks, profile, currencies, grouped);
  const settledOrders = settleOrders(table, orders, profile, days, [...settledMarks.values()].includes(','), example);
  return { marks: settledMarks, orders: settledOrders, ...settleSign(table, seen, profile, sample, settledMarks) };
}

/** The first and last day (days since 1970) under each order of day, month and year. */
interface DaysSeen {
  first: Partial<Record<DateOrder, number>>;
  last: Partial<Record<DateOrder, number>>;
}

function settledMark(vote: MarkVote): DecimalMark | null {
  const mark = vote.settle();
  return mark === ',' || mark === '.' ? mark : null;
}

function settleMarks(
  table: Table, votes: ReadonlyMap<number, MarkVote>, profile: StatementProfile | undefined, currencies: ReadonlySet<string>, grouped: string | undefined,
): Map<number, DecimalMark> {
  const settled = new Set([...votes.values()].map(settledMark).filter((mark) => mark !== null));
  const common = settled.size === 1 ? [...settled][0]! : null;
  const result = new Map<number, DecimalMark>();
  for (const [column, vote] of votes) {
    const mark = profile?.decimal ?? settledMark(vote) ?? common;
    if (mark !== null) {
      result.set(column, mark);
      continue;
    }
    const found = vote.settle();
    if (found === 'none') {
      result.set(column, '.');
      continue;
    }
    // `1,234` of a currency without thousandths can only be grouped.
    if (found === 'ambiguous' && currencies.size > 0 && [...currencies].every((code) => exponentOf(code) !== 3)) {
      result.set(column, grouped!.includes(',') ? '.' : ',');
      continue;
    }
    const title = table.header?.cells[column]?.trim() ?? `column ${column + 1}`;
    throw ambiguous(table, found === 'mixed'
      ? `the numbers under "${title}" use both comma and dot as the decimal mark`
      : `"${grouped ?? ''}" under "${title}" can be a thousand and more, or one with three decimals`, ['decimal: "."   # or: ","']);
  }
  return result;
}

function settleOrders(
  table: Table, votes: ReadonlyMap<number, OrderVote>, profile: StatementProfile | undefined,
  days: DaysSeen, decimalComma: boolean, example: Row,
): Map<number, DateOrder> {
  const result = new Map<number, DateOrder>();
  const left = new Map([...votes].map(([column, vote]) => [column, vote.settle()]));
  const common = [...left.values()].reduce((all, orders) => all.filter((order) => orders.includes(order)));
  for (const [column, own] of left) {
    let orders = profile?.date_order !== undefined ? [profile.date_order] : common.length > 0 ? common : own;
    const span = (order: DateOrder): number => (days.last[order] ?? 0) - (days.first[order] ?? 0);
    const shortest = Math.min(...orders.map(span));
    if (orders.length > 1) orders = orders.filter((order) => span(order) < YEAR_DAYS || span(order) <= TIMES_LONGER * shortest);
    // Month first is written in English only, and never beside a decimal comma.
    if (orders.length > 1 && (table.day_first || decimalComma)) orders = orders.filter((order) => order !== 'mdy');
    if (orders.length > 1) orders = ordersAbove(table, orders);
    if (orders.length === 1) {
      result.set(column, orders[0]!);
      continue;
    }
    const title = table.header?.cells[column]?.trim() ?? `column ${column + 1}`;
    if (orders.length === 0) {
      throw ambiguous(table, `the dates under "${title}" are day first in some rows and month first in others`, ['date_order: dmy   # or: mdy, ymd']);
    }
    const text = example.cells[column]?.trim() ?? '';
    const readings = orders.map((order) => {
      const date = findDates(text).get(order);
      return date === undefined ? order : `${order}: ${date.year}-${String(date.month).padStart(2, '0')}-${String(date.day).padStart(2, '0')}`;
    });
    throw ambiguous(table, `every date under "${title}" can be read in more than one order ("${text}" is ${readings.join(' or ')})`,
      [`date_order: ${orders[0]!}   # or: ${orders.slice(1).join(', ')}`], example.line);
  }
  return result;
}

/** The orders under which the dates above the table exist too, if any: a bank writes all of a page's dates alike. */
function ordersAbove(table: Table, orders: DateOrder[]): DateOrder[] {
  const dates = table.preamble.flatMap(({ cells }) => cells.flatMap((cell) => cell.slice(0, LONGEST_FACT).match(SLASHED_DATE) ?? [])).map(findDates);
  const fitting = orders.filter((order) => dates.every((readings) => readings.size === 0 || readings.has(order)));
  return fitting.length > 0 ? fitting : orders;
}

/** Longer than any line of facts above a table. */
const LONGEST_FACT = 200;
const SLASHED_DATE = /(?<!\d)\d{1,2}\/\d{1,2}\/\d{4}(?!\d)/g;

interface SignFacts {
  add(row: Row): void;
  /** Nothing that a later row prints would change how signs are read. */
  settled(): boolean;
  negatives: number;
  positives: number;
  plus: number;
  marked_credit: number;
  marked_debit: number;
  unmarked: number;
  /** Rows whose kind of booking is a word for money out. */
  debit_kinds: number;
  debit_words: number;
  credit_words: number;
  no_word: number;
  /** Rows whose word does not say what a signed amount says. */
  disagree: number;
  debit_negatives: number;
  debit_positives: number;
  fees: number;
  /** Rows that thank for a payment, which is money in for a card's account, by the sign of their amount. */
  thanks_negatives: number;
  thanks_positives: number;
}

/** What card issuers write beside the payment that they have received; a bare "vielen Dank" is what anybody writes to anybody. */
const THANKS = /\b(?:payment[ -]{1,3}thank you|thank you for your payment|payment received|autopay payment|zahlung erhalten|vielen dank fuer ihre zahlung|vielen dank für ihre zahlung|paiement recu|merci de votre paiement|pago recibido)\b/i;

/** Columns that a bank account's statement has and a card's has not: there the words are those of a payer. */
const NOT_OF_CARDS = ['counterparty_account', 'end_to_end_id', 'mandate_id'] as const;

/**
 * So many entries of a current account are never all money in; a table of nothing but days, words and amounts that has them is likelier a
 * list of what was spent, as card issuers print it.
 */
const MANY_CREDITS = 10;

/** Banks sign the amounts of accounts: those that have an IBAN, and the columns that only payments between accounts have. */
function isBankAccount({ columns, preamble }: Table): boolean {
  return columns.balance !== undefined || columns.balance_before !== undefined || columns.account !== undefined
    || NOT_OF_CARDS.some((role) => columns[role] !== undefined) || ibanStatus(readPreamble(preamble, '.', 'dmy').account ?? '') === 'valid';
}

function createSignFacts(table: Table, profile: StatementProfile | undefined): SignFacts {
  const { columns } = table;
  const cell = (row: Row, role: Role): string => row.cells[columns[role]?.[0] ?? -1]?.trim() ?? '';
  const facts: SignFacts = {
    negatives: 0, positives: 0, plus: 0, marked_credit: 0, marked_debit: 0, unmarked: 0, debit_kinds: 0, debit_words: 0, credit_words: 0, no_word: 0, disagree: 0,
    debit_negatives: 0, debit_positives: 0, fees: 0, thanks_negatives: 0, thanks_positives: 0,
    add(row) {
      const debit = findAmount(cell(row, 'debit'));
      if (debit !== undefined && /[1-9]/.test(debit.digits)) facts[debit.negative ? 'debit_negatives' : 'debit_positives']++;
      if (/[1-9]/.test(cell(row, 'fee'))) facts.fees++;
      const text = cell(row, 'amount');
      const amount = findAmount(text);
      if (amount === undefined || !/[1-9]/.test(amount.digits)) return;
      facts[amount.negative ? 'negatives' : 'positives']++;
      if (row.cells.some((words) => THANKS.test(words))) facts[amount.negative ? 'thanks_negatives' : 'thanks_positives']++;
      if (text.startsWith('+') || text.endsWith('+')) facts.plus++;
      if (amount.side === 'credit') facts.marked_credit++;
      else if (amount.side === 'debit') facts.marked_debit++;
      else facts.unmarked++;
      if (sideOf(cell(row, 'transaction_code'), profile) === 'debit') facts.debit_kinds++;
      if (columns.indicator === undefined) return;
      const side = sideOf(cell(row, 'indicator'), profile);
      if (side === null) facts.no_word++;
      else facts[side === 'debit' ? 'debit_words' : 'credit_words']++;
      if (side !== null && amount.negative !== (side === 'debit')) facts.disagree++;
    },
    settled: () => facts.fees === 0 && (facts.debit_positives > 0 || (facts.negatives > 0 && columns.debit === undefined)
      || (facts.debit_words > 0 && facts.credit_words > 0 && facts.no_word === 0)),
  };
  return facts;
}

type Sign = Pick<Reading, 'sign' | 'unmarked' | 'debit_signed' | 'fee'>;

function settleSign(
  table: Table, seen: SignFacts, profile: StatementProfile | undefined, sample: readonly Row[], marks: ReadonlyMap<number, DecimalMark>,
): Sign {
  const { columns } = table;
  const base: Sign = { sign: 'printed', unmarked: null, debit_signed: seen.debit_positives === 0 && seen.debit_negatives > 0, fee: 'inside' };
  let doubt: string | null = null;
  if (columns.debit === undefined && columns.credit === undefined) {
    if (profile?.inverted === true) base.sign = 'inverted';
    else if (profile?.inverted === undefined && columns.indicator !== undefined && (seen.negatives === 0 || seen.disagree > 0)) {
      base.sign = 'indicator';
      if (seen.negatives > 0) doubt = 'the sign of some amounts contradicts the word beside them';
      if (seen.no_word > 0) {
        // Marking one side alone makes the other one the rule.
        if (seen.debit_words > 0 && seen.credit_words > 0) doubt = 'some amounts have no word beside them that says whether money goes out or comes in';
        base.unmarked = seen.debit_words > 0 ? 'credit' : 'debit';
      }
    } else if (profile?.inverted === undefined && seen.thanks_negatives > 0 && seen.thanks_positives === 0 && seen.positives > 0 && !NOT_OF_CARDS.some((role) => columns[role] !== undefined)) {
      // A card's statement that prints what was spent without a sign: the payment received is less to pay.
      base.sign = 'inverted';
    } else if (seen.negatives === 0 && profile?.inverted === undefined) {
      if (seen.marked_credit > 0 && seen.unmarked > 0) base.unmarked = 'debit';
      else if (seen.plus > 0 && seen.plus < seen.positives) doubt = 'some amounts have a plus and none a minus, so that the others may be money out';
      else if (!table.signed_by_title && seen.marked_credit === 0) doubt = 'no amount has a sign, so that they may be money out';
      else if (seen.plus === 0 && seen.marked_credit === 0 && (seen.debit_kinds > 0 || (seen.positives >= MANY_CREDITS && !isBankAccount(table)))) {
        doubt = 'no amount has a minus, and nothing shows that money out would have one, as on a card\'s statement';
      }
    }
  }
  // The printed balances know better than any rule.
  const [balance] = columns.balance ?? columns.balance_before ?? [];
  if (balance !== undefined) {
    const same = [columns.account?.[0], columns.currency?.[0]].filter((column) => column !== undefined);
    const rows = sample.filter((row) => (row.cells[balance] ?? '') !== '' && same.every((column) => row.cells[column] === sample[0]!.cells[column]));
    const printed = rows.map((row) => units(row, balance, marks));
    const follows = (sign: Sign): boolean => {
      const moved = rows.map((row) => movement(row, table, { ...sign, marks }, profile));
      return chains(moved, columns.balance !== undefined ? printed : balancesAfter(printed, moved)) === true;
    };
    const others: Sign[] = [base];
    if (seen.fees > 0) others.push({ ...base, fee: 'less' }, { ...base, fee: 'more' });
    // Only where nothing else says the sign: with a few rows, a wrong sign can add up by chance.
    if (doubt !== null && base.sign === 'printed') others.push({ ...base, unmarked: null, sign: 'inverted' });
    const fitting = others.filter(follows);
    if (fitting.length === 1) return fitting[0]!;
  }
  if (doubt !== null) throw ambiguous(table, doubt, columns.indicator === undefined
    ? ['inverted: true   # money out is printed without a sign; or: false, the amounts are as printed']
    : ['debit_words: ["D"]    # the words in the indicator column that mean money out', 'credit_words: ["C"]   # and money in']);
  return base;
}

function units(row: Row, column: number, marks: ReadonlyMap<number, DecimalMark>): bigint | undefined {
  return parseDecimal(parseAmount(row.cells[column] ?? '', marks.get(column) ?? '.') ?? '', UNIT_DECIMALS);
}

function movement(row: Row, table: Table, reading: Sign & { marks: ReadonlyMap<number, DecimalMark> }, profile: StatementProfile | undefined): bigint | undefined {
  const amount = signedAmount(row, table, reading, profile);
  return amount === undefined || amount === 'both' || amount === 'no_side' ? undefined : parseDecimal(amount, UNIT_DECIMALS);
}

/**
 * The signed amount of a row as a plain decimal. Undefined where the row has none that can be read; `both` where money both goes out and
 * comes in; `no_side` where nothing says which.
 */
export function signedAmount(
  row: Row, table: Table, reading: Sign & { marks: ReadonlyMap<number, DecimalMark> }, profile: StatementProfile | undefined,
): string | 'both' | 'no_side' | undefined {
  const { columns } = table;
  const read = (column: number | undefined): string | undefined => {
    const text = column === undefined ? undefined : row.cells[column];
    return text === undefined || text === '' ? undefined : parseAmount(text, reading.marks.get(column!) ?? '.');
  };
  let amount: string | undefined;
  if (columns.debit !== undefined || columns.credit !== undefined) {
    const debit = read(columns.debit?.[0]);
    const credit = read(columns.credit?.[0]);
    const out = debit !== undefined && !isZero(debit);
    if (out && credit !== undefined && !isZero(credit)) return 'both';
    amount = out || credit === undefined ? (debit === undefined || reading.debit_signed ? debit : negate(debit)) : credit;
  } else {
    amount = read(columns.amount![0]);
    if (amount === undefined) return undefined;
    if (reading.sign === 'inverted') amount = negate(amount);
    else if (reading.sign === 'indicator') {
      const side = sideOf(row.cells[columns.indicator![0]!] ?? '', profile) ?? reading.unmarked;
      if (isZero(amount)) return amount;
      // A minus beside a word is a correction to one bank and the same thing said twice to another.
      if (side === null || amount[0] === '-') return 'no_side';
      if (side === 'debit') amount = negate(amount);
    } else if (reading.unmarked === 'debit' && findAmount(row.cells[columns.amount![0]!]!)?.side === null) amount = negate(amount);
  }
  if (amount === undefined || reading.fee === 'inside') return amount;
  const fee = read(columns.fee?.[0]);
  return fee === undefined ? amount : add(amount, reading.fee === 'less' ? negate(fee) : fee);
}

function isZero(amount: string): boolean {
  return !/[1-9]/.test(amount);
}

function negate(amount: string): string {
  return amount[0] === '-' ? amount.slice(1) : isZero(amount) ? amount : `-${amount}`;
}

/** The sum of two plain decimals. */
export function add(a: string, b: string): string {
  const decimals = Math.max(...[a, b].map((text) => text.split('.')[1]?.length ?? 0));
  const sum = parseDecimal(a, decimals)! + parseDecimal(b, decimals)!;
  return formatDecimal(sum, decimals);
}

function columnLines(table: Table, { amounts, opposite }: NonNullable<Table['doubt']>): string[] {
  const title = (column: number): string => JSON.stringify(table.header?.cells[column]?.trim() ?? String(column + 1));
  const [first, second] = amounts;
  return [
    'columns:',
    `  booking_date: ${title(table.columns.booking_date![0]!)}`,
    `  amount: ${title(first!)}${amounts.slice(1).map((column) => `   # or: ${title(column)}`).join('')}`,
    ...(second === undefined ? [] : [`  # or, where money out and money in have columns of their own, debit: ${title(first!)} and credit: ${title(second)}`]),
    ...(opposite === undefined ? [] : [`  balance: ${title(opposite)}   # or, where it is the balance before each row, balance_before, and inverted: false`]),
    `  description: [${(table.columns.description ?? []).map(title).join(', ')}]`,
    ...(opposite === undefined ? [] : ['inverted: true   # a minus is money in; or, where the balances are no running balances of this account: false']),
  ];
}

/** Enough titles to know the layout again, and short enough for a message. */
const MATCH_TITLES = 12;

function texts(cells: readonly string[]): string[] {
  return cells.map((cell) => cell.trim()).filter((cell) => cell !== '' && cell.length < 80);
}

/** The failure for what a profile must settle; the message shows the profile. */
export function ambiguous(table: Table, problem: string, lines: readonly string[], line?: number): Failure {
  const above = table.preamble.flatMap(({ cells }) => texts(cells))[0];
  const match = table.header === null
    ? `text: ${JSON.stringify(above ?? '…')}   # something that stands in the first lines of every file of this kind`
    : `header: [${texts(table.header.cells).slice(0, MATCH_TITLES).map((title) => JSON.stringify(title)).join(', ')}]`;
  return new Failure('ambiguous', [
    `${problem}. Write this to a file in rules/profiles/, keep what is right, then retry:`,
    'id: my-bank-csv', 'owner: finance', 'format: csv', 'match:', `  ${match}`, ...lines,
  ].join('\n'), { line: line ?? table.body_line });
}
