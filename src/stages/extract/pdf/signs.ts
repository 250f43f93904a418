import { parseDecimal } from '../../../core/money.ts';
import { proveStatement } from '../../../core/proof.ts';
import type { RawAmount, RawEntry } from '../../../core/statement.ts';
import type { Row } from './rows.ts';
import type { Style } from './style.ts';
import type { AmountToken } from './tokens.ts';

/** The sign of a row's amount: by its column, its own sign or mark, the section over it, the running balances. */

/** Whether more than half of the numbers are negative. */
export function mostlyNegative(tokens: readonly AmountToken[]): boolean {
  return tokens.filter((token) => token.printed.negative).length * 2 > tokens.length;
}

/** Whether a column of debits, or a section of them, prints its signs. */
export interface Signs {
  debits: boolean;
  sections: boolean;
}

/** A row's amount, negative for money out; undefined where its columns contradict each other. */
export function amountOf(row: Row, style: Style, read: (token: AmountToken) => RawAmount | undefined, signs: Signs): RawAmount | undefined {
  const { amount, debit, credit } = row.money;
  if (debit || credit) {
    const out = debit && read(debit);
    const into = credit && read(credit);
    // A column that stays empty may print 0.00.
    if (into !== undefined && (out === undefined || isZero(out))) return into;
    if (out === undefined || (into !== undefined && !isZero(into))) return undefined;
    // Debits are printed with or without a minus; where without, a minus takes one back.
    return signs.debits ? out : negate(out);
  }
  const value = amount && read(amount);
  if (amount === undefined || value === undefined) return undefined;
  // A sign of its own counts before the word beside it: a direct debit that comes back is money in.
  if (row.side === 'debit' && !amount.plus) return value.startsWith('-') ? value : negate(value);
  if (row.side === 'credit') return value;
  // A word is never turned round: a sum that holds without it would hide what is printed.
  if (style.unsigned === 'inverted') return amount.printed.side === null ? negate(value) : value;
  if (style.unsigned === 'section') return row.section === 'debit' && !signs.sections ? negate(value) : value;
  if (style.unsigned === 'owed') return value;
  const explicit = amount.printed.negative || amount.plus || amount.printed.side !== null;
  return !explicit && style.unsigned === 'debit' ? negate(value) : value;
}

function isZero(amount: RawAmount): boolean {
  return !/[1-9]/.test(amount);
}

/** The amount with the other sign; zero has none. */
export function negate(amount: RawAmount): RawAmount {
  return amount.startsWith('-') ? amount.slice(1) : isZero(amount) ? amount : `-${amount}`;
}

/** As many decimals as the proof takes: balances are compared, never rounded. */
const DECIMALS = 12;

/** Gives amounts without signs the sign by which the running balances follow from each other, the first from the opening balance. */
export function signByBalance(entries: RawEntry[], opening: RawAmount | null): void {
  for (const flip of [1, -1]) {
    entries.forEach((entry, i) => {
      const earlier = i - flip < 0 || i - flip >= entries.length ? opening : entries[i - flip]!.balance_after;
      if (!earlier || !entry.balance_after) return;
      const fell = (parseDecimal(entry.balance_after, DECIMALS) ?? 0n) < (parseDecimal(earlier, DECIMALS) ?? 0n);
      if (fell !== entry.amount.startsWith('-')) entry.amount = negate(entry.amount);
    });
    if (proveStatement({ from: null, to: null, opening_balance: opening === null ? null : { amount: opening, date: null }, closing_balance: null, printed_totals: [], newest_first: flip < 0, reader_checks: [] }, entries).ties_out) return;
  }
}
