import { parseDecimal } from '../../core/money.ts';
import { createMarkVote, findDates, parseAmount } from '../../core/numerals.ts';
import { sideOf } from './csv-kinds.ts';
import type { Row } from './csv-rows.ts';
import type { StatementProfile } from './profile.ts';

/** Which of a table's columns lead from balance to balance. */

/** More decimals than any bank prints; amounts of one column are compared in these units. */
export const UNIT_DECIMALS = 12;

/**
 * Whether each row's balance follows from its neighbour's and the amount between them, in either direction of the file. Null where rows
 * are too few or incomplete to tell.
 */
export function chains(amounts: readonly (bigint | undefined)[], balances: readonly (bigint | undefined)[]): boolean | null {
  const direction = chainDirection(amounts, balances);
  return direction === null ? null : direction !== 'none';
}

/** As `chains`, with the direction in which the balances follow. */
function chainDirection(amounts: readonly (bigint | undefined)[], balances: readonly (bigint | undefined)[]): 'oldest_first' | 'newest_first' | 'both' | 'none' | null {
  let pairs = 0;
  let oldest = true;
  let newest = true;
  for (let i = 1; i < amounts.length; i++) {
    const [before, after, earlier, later] = [balances[i - 1], balances[i], amounts[i - 1], amounts[i]];
    if (before === undefined || after === undefined || earlier === undefined || later === undefined) return null;
    // Amounts of zero follow from anything.
    if (earlier !== 0n || later !== 0n) pairs++;
    oldest &&= before + later === after;
    newest &&= after + earlier === before;
    if (!oldest && !newest) return 'none';
  }
  if (pairs === 0) return null;
  return oldest && newest ? 'both' : oldest ? 'oldest_first' : 'newest_first';
}

/** The direction in which the days of a column run, whatever their order of day and month; null where that changes it, or they are all the same. */
function dateDirection(rows: readonly Row[], column: number): 'oldest_first' | 'newest_first' | null {
  const readings = rows.map(({ cells }) => findDates(cells[column] ?? ''));
  const directions = (['dmy', 'mdy', 'ymd'] as const).filter((order) => readings.every((reading) => reading.has(order))).map((order) => {
    const days = readings.map((reading) => reading.get(order)!).map(({ year, month, day }) => ((year ?? 0) * 12 + month) * 31 + day);
    const steps = new Set(days.slice(1).map((day, i) => Math.sign(day - days[i]!)).filter((step) => step !== 0));
    return steps.size !== 1 ? null : steps.has(1) ? 'oldest_first' as const : 'newest_first' as const;
  });
  return directions.length > 0 && directions.every((direction) => direction === directions[0]) ? directions[0]! : null;
}

/** The balances after each row, from those before it. */
export function balancesAfter(before: readonly (bigint | undefined)[], amounts: readonly (bigint | undefined)[]): (bigint | undefined)[] {
  return before.map((balance, i) => (balance === undefined || amounts[i] === undefined ? undefined : balance + amounts[i]));
}

/** The values of a column in units; which mark divides does not change how they add up. */
export function unitsOf(rows: readonly Row[], column: number): (bigint | undefined)[] {
  const vote = createMarkVote();
  for (const { cells } of rows) vote.add(cells[column] ?? '');
  const mark = vote.settle() === ',' ? ',' : '.';
  return rows.map(({ cells }) => parseDecimal(parseAmount(cells[column] ?? '', mark) ?? '', UNIT_DECIMALS));
}

/** The column of balances that follow from the amounts once each sign is turned round, whatever the order of the rows. */
export function findOppositeBalance(sample: readonly Row[], amount: number, numbers: readonly number[]): number | undefined {
  const turned = unitsOf(sample, amount).map((unit) => (unit === undefined ? undefined : -unit));
  return numbers.find((column) => column !== amount && chains(turned, unitsOf(sample, column)) === true);
}

/** Fewer rows add up by chance, or in more than one way. */
const FEWEST_CHAINED = 3;

/** More columns of numbers than any bank prints; every three of them are tried. */
const MOST_NUMBERS = 16;

export type FoundBalance = ({ amount: number } | { debit: number; credit: number }) & { balance?: number; before?: number };

/** Money out and money in as columns of their own, of which every row fills one, that lead from balance to balance. */
function findSides(numbers: readonly number[], units: ReadonlyMap<number, (bigint | undefined)[]>): FoundBalance | undefined {
  const found = numbers.flatMap((debit) => numbers.filter((credit) => credit !== debit).flatMap((credit) => {
    const [out, into] = [units.get(debit)!, units.get(credit)!];
    const moved = out.map((value, i) => ((value === undefined) === (into[i] === undefined) ? undefined : value === undefined ? into[i] : -value));
    if (moved.includes(undefined) || !out.some((value) => value !== undefined) || !into.some((value) => value !== undefined)) return [];
    return numbers.filter((balance) => balance !== debit && balance !== credit && chains(moved, units.get(balance)!) === true).map((balance) => ({ debit, credit, balance }));
  }));
  return found.length === 1 ? found[0] : undefined;
}

/**
 * Which columns of numbers lead from balance to balance: an amount and the balance after each row, or before it, or both. `sides` is the
 * column of the words that say whether an unsigned amount goes out. Undefined where nothing adds up, or more than one reading does.
 */
export function findBalance(
  sample: readonly Row[], date: number, numbers: readonly number[], sides: number | undefined, profile: StatementProfile | undefined,
): FoundBalance | undefined {
  if (numbers.length > MOST_NUMBERS) return undefined;
  const units = new Map(numbers.map((column) => [column, unitsOf(sample, column)]));
  const negative = sample.map(({ cells }) => sides !== undefined && sideOf(cells[sides] ?? '', profile) === 'debit');
  // Beside words for the side, an amount has no sign of its own.
  const signed = (column: number): (bigint | undefined)[] => units.get(column)!.map((unit, i) => (unit === undefined || !negative[i] || unit < 0n ? unit : -unit));
  const others = (...taken: number[]): number[] => numbers.filter((column) => !taken.includes(column));
  for (const amount of numbers) {
    const moved = signed(amount);
    if (sample.length < FEWEST_CHAINED) break;
    for (const balance of others(amount)) {
      if (chains(moved, units.get(balance)!) === true) return { amount, balance };
      // A balance before the row, read in the wrong direction, is one after it with the sign turned round: the days must show the direction.
      const direction = chainDirection(moved, balancesAfter(units.get(balance)!, moved));
      if (direction !== null && direction !== 'both' && direction === dateDirection(sample, date)) return { amount, before: balance };
    }
  }
  const sided = sample.length < FEWEST_CHAINED ? undefined : findSides(numbers, units);
  if (sided !== undefined) return sided;
  // A balance before and one after the row, in this order, settle the amount even of a single row.
  const whole = numbers.flatMap((before) => others(before).filter((balance) => balance > before).flatMap((balance) => others(before, balance)
    .filter((amount) => signed(amount).every((moved, i) => moved !== undefined && moved !== 0n
      && units.get(before)![i] !== undefined && units.get(before)![i]! + moved === units.get(balance)![i]))
    .map((amount) => ({ amount, balance, before }))));
  return whole.length === 1 ? { amount: whole[0]!.amount, balance: whole[0]!.balance } : undefined;
}
