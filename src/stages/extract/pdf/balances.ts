import type { CalendarDate } from '../../../core/date.ts';
import { decimalsOf, formatDecimal, parseDecimal } from '../../../core/money.ts';
import type { Proof } from '../../../core/proof.ts';
import { proveStatement } from '../../../core/proof.ts';
import type { PrintedTotal, RawAmount, RawEntry, RawStatement, StatementBalance } from '../../../core/statement.ts';
import type { Document } from './document.ts';
import type { LabelledAmount } from './facts.ts';
import { lineText } from './lines.ts';
import type { Row, Table } from './rows.ts';
import { negate } from './signs.ts';
import type { AmountToken, DateToken, TokenLine } from './tokens.ts';
import { fold, sideOfBalance } from './vocabulary.ts';

/** A statement's opening and closing balance and its printed totals: which of those that are printed they are. */

/** Opening and closing balances tried: a document that names more prints the balances of its pages or of other things. */
const MAX_BALANCES = 3;
/** As many decimals as the proof takes: balances are compared, never rounded. */
const DECIMALS = 12;

export interface Balances {
  opening: StatementBalance<RawAmount>[];
  closing: StatementBalance<RawAmount>[];
  /** The only balance, where nothing says whether it is the opening or the closing one; `closing` has it too. */
  either: StatementBalance<RawAmount> | null;
  /** How many different places of the document they stand in. */
  tokens: number;
}

/** The balances that may be the opening and the closing one, the likeliest first. */
export function listBalances(
  { layouts, dated: allDated }: Document, table: Table, labelled: readonly LabelledAmount[], outside: readonly TokenLine[],
  read: (token: AmountToken) => RawAmount | undefined, dateOf: (token: DateToken) => CalendarDate | undefined,
): Balances {
  const inDebit = new Set(layouts.titles.size === 0 ? [] : table.markers.flatMap(({ money }) => (money.debit && !money.balance ? [money.debit] : [])));
  const marks = new Map(table.markers.map((marker) => [marker.line, marker.side]));
  const balance = ({ amount, date, line }: { amount: AmountToken; date: DateToken | null; line: TokenLine }): StatementBalance<RawAmount>[] => {
    const value = read(amount);
    if (value === undefined) return [];
    // A balance set in the debit column, or marked as one, is one.
    const negative = (inDebit.has(amount) || (marks.get(line) ?? sideOfBalance(fold(lineText(line.words)))) === 'debit') && !value.startsWith('-');
    return [{ amount: negative ? negate(value) : value, date: (date && dateOf(date)) ?? null }];
  };
  const of = (label: string): StatementBalance<RawAmount>[] => labelled.filter((found) => found.label === label).flatMap(balance);
  const opening = distinct(of('opening'));
  const closing = distinct(of('closing').toReversed());
  let either: StatementBalance<RawAmount> | null = null;
  if ((opening.length === 0 || closing.length === 0) && table.rows.length > 0) {
    const left = new Set(outside);
    // What is labelled as the one is not the other.
    const said = new Set(labelled.filter(({ label }) => label === 'opening' || label === 'closing').map(({ amount }) => amount));
    const dated = allDated.filter(({ line, amount }) => left.has(line) && !said.has(amount)).flatMap(balance);
    if (opening.length === 0 && dated.length > 1) opening.push(dated[0]!);
    if (closing.length === 0 && dated.length > 1) closing.push(dated.at(-1)!);
    // One alone is what completes the pair, else whichever the running balances lead to.
    else if (dated.length === 1 && closing.length === 0) {
      if (opening.length === 0) either = dated[0]!;
      closing.push(dated[0]!);
    } else if (dated.length === 1 && opening.length === 0) opening.push(dated[0]!);
  }
  const tokens = new Set(labelled.filter(({ label }) => label === 'opening' || label === 'closing').map(({ amount }) => amount)).size;
  return { either, opening: opening.slice(0, MAX_BALANCES), closing: closing.slice(0, MAX_BALANCES), tokens };
}

function distinct(balances: StatementBalance<RawAmount>[]): StatementBalance<RawAmount>[] {
  return balances.filter((balance, i) => balances.findIndex((other) => other.amount === balance.amount) === i);
}

/** The first opening and the last closing balance, unless others lead from one to the other. */
export function proveWithBalances(head: RawStatement, entries: readonly RawEntry[], { opening, closing, either }: Balances): { head: RawStatement; proof: Proof } {
  let first: { head: RawStatement; proof: Proof } | null = null;
  const pairs = (opening.length > 0 ? opening : [null]).flatMap((opening_balance) => (closing.length > 0 ? closing : [null]).map((closing_balance) => ({ opening_balance, closing_balance })));
  if (either !== null) pairs.push({ opening_balance: either, closing_balance: null });
  for (const pair of pairs) {
    const tried = { ...head, ...pair };
    const proof = proveStatement(tried, entries);
    const found = { head: { ...tried, newest_first: proof.newest_first }, proof };
    if (proof.ties_out === true) return found;
    first ??= found;
  }
  return first!;
}

/** The sums, without sign, of the sections of a direction that has several: their totals are not those of the statement. */
function sumsOfSections(rows: readonly Row[], entries: readonly RawEntry[]): ReadonlySet<bigint> {
  const sums: bigint[] = [];
  rows.forEach((row, i) => {
    const value = parseDecimal(entries[i]!.amount, DECIMALS) ?? 0n;
    if (i > 0 && row.section_title === rows[i - 1]!.section_title) sums.push(sums.pop()! + value);
    else sums.push(value);
  });
  return new Set(sums.length > 1 ? sums.map((sum) => (sum < 0n ? -sum : sum)) : []);
}

/** Totals of debits and credits and numbers of entries, where the document says that they are just that. */
export function findTotals({ counts }: Document, labelled: readonly LabelledAmount[], { rows, used }: Table, entries: readonly RawEntry[], read: (token: AmountToken) => RawAmount | undefined): PrintedTotal[] {
  const totals = new Map<string, PrintedTotal>();
  const parts = sumsOfSections(rows, entries);
  for (const kind of ['debits', 'credits'] as const) {
    const values = labelled.flatMap(({ label, amount }) => (label === kind ? read(amount) ?? [] : [])).filter((value) => !parts.has(parseDecimal(value.replace('-', ''), DECIMALS) ?? 0n));
    const pages = sumOf(values);
    const moved = entries.reduce((sum, { amount }) => (amount.startsWith('-') === (kind === 'debits') ? sum + (parseDecimal(amount.replace('-', ''), DECIMALS) ?? 0n) : sum), 0n);
    const decimals = Math.max(0, ...values.map(decimalsOf));
    // Where each page prints its own, all of them together.
    if (values.length > 0) totals.set(kind, { kind, amount: values.length > 1 && pages === moved ? formatDecimal(pages / 10n ** BigInt(DECIMALS - decimals), decimals) : values[0]! });
  }
  for (const { kind, count, line } of counts) if (!used.has(line) && !totals.has(kind)) totals.set(kind, { kind, count });
  return [...totals.values()];
}

function sumOf(values: readonly RawAmount[]): bigint {
  return values.reduce((sum, value) => sum + (parseDecimal(value.replace('-', ''), DECIMALS) ?? 0n), 0n);
}
