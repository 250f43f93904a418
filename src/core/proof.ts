import type { CalendarDate } from './date.ts';
import { Failure } from './failure.ts';
import { decimalsOf, formatDecimal, parseDecimal } from './money.ts';
import type { Check, PrintedTotal, RawAmount, RawEntry, RawStatement, StatementBalance } from './statement.ts';

/**
 * Does a statement tie out? Every sum that a document prints is checked against its entries, to the last printed decimal:
 * opening + entries = closing, the running balance of every row or day, printed totals and counts. Only booked entries count.
 */
export interface Proof {
  /** Each arithmetic check that was possible, the reader's own (control records, hash totals) last. */
  checks: Check[];
  /** False as soon as one check fails; null when no balance was printed to check against. */
  ties_out: boolean | null;
  /** As printed, else derived from the running balances, else from the other balance and the entries; null when nothing is known. */
  opening_balance: StatementBalance<RawAmount> | null;
  closing_balance: StatementBalance<RawAmount> | null;
  /** The order in which the running balances hold; the head's own claim where they say nothing. */
  newest_first: boolean;
}

export type ProofEntry = Pick<RawEntry, 'line' | 'booking_date' | 'amount' | 'status' | 'balance_after'>;
export type ProofHead = Pick<RawStatement,
  'from' | 'to' | 'opening_balance' | 'closing_balance' | 'printed_totals' | 'newest_first' | 'reader_checks'>;

/** Entries are added chunk by chunk in document order; memory does not grow with them. `finish` is called once, with the head. */
export interface ProofBuilder {
  entries(chunk: readonly ProofEntry[]): void;
  finish(head: ProofHead): Proof;
}

/** More decimals than any currency or bank prints, so that sums never have to be rescaled; an amount with more is refused. */
const SCALE = 12;

/**
 * One way in which entries may be ordered. While entries are added, every row that prints a balance implies the balance at the
 * document's beginning: the opening balance when days ascend, the closing balance when they descend. All must imply the same.
 */
interface RowOrder {
  readonly newest_day_first: boolean;
  readonly newest_row_first: boolean;
  edge: bigint | null;
  /** What the rows of the day at hand imply, until the day's sum is known (only where rows and days run against each other). */
  day: bigint | null;
  broken: string | null;
}

/** Starts a proof of one statement. Pure but for its own sums. */
export function createProof(): ProofBuilder {
  const orders: RowOrder[] = [[false, false], [true, true], [true, false], [false, true]]
    .map(([newest_day_first, newest_row_first]) => ({ newest_day_first: newest_day_first!, newest_row_first: newest_row_first!, edge: null, day: null, broken: null }));
  let credits = 0n;
  let debits = 0n;
  let credit_count = 0;
  let debit_count = 0;
  let count = 0;
  let balances = 0;
  let decimals = 0;
  let day: CalendarDate | null = null;
  let sumBeforeDay = 0n;

  /** With the largest number of decimals printed so far. */
  const show = (value: bigint): RawAmount => formatDecimal(value / 10n ** BigInt(SCALE - decimals), decimals);

  const units = (amount: RawAmount, line: number | null): bigint => {
    const value = parseDecimal(amount, SCALE);
    if (value === undefined) throw new Failure('malformed', `the amount "${amount.slice(0, 40)}" is no decimal number with at most ${SCALE} decimals`, line === null ? null : { line });
    decimals = Math.max(decimals, Math.min(decimalsOf(amount), SCALE));
    return value;
  };

  const imply = (order: RowOrder, edge: bigint, mismatch: (off: bigint) => string): void => {
    if (order.edge === null) order.edge = edge;
    else if (order.edge !== edge) order.broken ??= mismatch(order.edge - edge);
  };

  const endDay = (): void => {
    const sums = sumBeforeDay + credits + debits;
    for (const order of orders) {
      if (order.day !== null) imply(order, order.newest_day_first ? order.day + sums : order.day - sums, () => `the balances of ${day} do not follow`);
      order.day = null;
    }
    sumBeforeDay = credits + debits;
  };

  const addBalance = (balance: bigint, amount: bigint, line: number): void => {
    balances++;
    const sum = credits + debits;
    for (const order of orders) {
      if (order.broken !== null) continue;
      const implied = order.newest_row_first ? balance + sum - amount : balance - sum;
      if (order.newest_row_first === order.newest_day_first) imply(order, implied, (off) => `entry ${line}: ${show(balance + off)} expected, ${show(balance)} printed`);
      else if (order.day !== null && order.day !== implied) order.broken = `the balances of ${day} do not follow`;
      else order.day = implied;
    }
  };

  return {
    entries(chunk) {
      for (const entry of chunk) {
        if (entry.status !== 'booked') continue;
        if (entry.booking_date !== day) {
          endDay();
          day = entry.booking_date;
        }
        const amount = units(entry.amount, entry.line);
        count++;
        if (amount < 0n) {
          debits += amount;
          debit_count++;
        } else {
          credits += amount;
          credit_count++;
        }
        if (entry.balance_after !== null) addBalance(units(entry.balance_after, entry.line), amount, entry.line);
      }
    },

    finish(head) {
      endDay();
      const sum = credits + debits;
      const opening = head.opening_balance && units(head.opening_balance.amount, null);
      const closing = head.closing_balance && units(head.closing_balance.amount, null);
      const totals = { credits, debits, net: sum, count, credit_count, debit_count };

      const balanceChecks: Check[] = [];
      if (opening !== null && closing !== null) {
        const ok = opening + sum === closing;
        balanceChecks.push({
          name: 'opening_to_closing', ok,
          detail: `${show(opening)} + ${show(sum)} ${ok ? '=' : `= ${show(opening + sum)}, not`} ${show(closing)} over ${count} entries`,
        });
      }

      const edges = (order: RowOrder): { opening: bigint; closing: bigint } =>
        order.newest_day_first ? { opening: order.edge! - sum, closing: order.edge! } : { opening: order.edge!, closing: order.edge! + sum };
      const fits = (order: RowOrder): boolean => order.broken === null
        && (opening === null || opening === edges(order).opening) && (closing === null || closing === edges(order).closing);
      // The reader's claim first, and rows that run with their days before rows that run against them.
      const preferred = head.newest_first ? [orders[1]!, orders[2]!, orders[0]!, orders[3]!] : [orders[0]!, orders[3]!, orders[1]!, orders[2]!];
      const order = balances === 0 ? null : preferred.find(fits) ?? null;
      if (balances > 1 || (balances === 1 && (opening !== null || closing !== null))) {
        const claimed = preferred[0]!;
        balanceChecks.push({
          name: 'running_balance', ok: order !== null,
          detail: order !== null
            ? `${balances} printed balances follow from the entries, ${order.newest_day_first ? 'newest' : 'oldest'} first`
            : claimed.broken ?? `the rows lead from ${show(edges(claimed).opening)} to ${show(edges(claimed).closing)}, not ${
              opening === null ? '' : `from ${show(opening)} `}${closing === null ? '' : `to ${show(closing)}`}`.trimEnd(),
        });
      }

      const checks = [...balanceChecks, ...head.printed_totals.map((total) => checkTotal(total, totals, units, show)), ...head.reader_checks];
      const derived = order === null ? null : edges(order);
      const openingUnits = opening ?? derived?.opening ?? (closing === null ? null : closing - sum);
      const closingUnits = closing ?? derived?.closing ?? (opening === null ? null : opening + sum);
      return {
        checks,
        ties_out: checks.some((check) => !check.ok) ? false : balanceChecks.length > 0 ? true : null,
        opening_balance: head.opening_balance ?? (openingUnits === null ? null : { amount: show(openingUnits), date: head.from }),
        closing_balance: head.closing_balance ?? (closingUnits === null ? null : { amount: show(closingUnits), date: head.to }),
        newest_first: order?.newest_day_first ?? head.newest_first,
      };
    },
  };
}

/** The proof of a statement whose entries are all at hand. */
export function proveStatement(head: ProofHead, entries: readonly ProofEntry[]): Proof {
  const proof = createProof();
  proof.entries(entries);
  return proof.finish(head);
}

function checkTotal(
  total: PrintedTotal, totals: Record<PrintedTotal['kind'], bigint | number>,
  units: (amount: RawAmount, line: null) => bigint, show: (units: bigint) => RawAmount,
): Check {
  const name = `printed_${total.kind}`;
  if ('count' in total) {
    const ok = totals[total.kind] === total.count;
    return { name, ok, detail: `${totals[total.kind]} entries, ${total.count} printed` };
  }
  const printed = units(total.amount, null);
  const actual = totals[total.kind] as bigint;
  // Totals of debits are printed with and without a sign.
  const ok = printed === actual || (total.kind === 'debits' && printed === -actual);
  return { name, ok, detail: `${show(actual)} summed, ${show(printed)} printed` };
}
