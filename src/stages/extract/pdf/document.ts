import type { CalendarDate } from '../../../core/date.ts';
import type { StatementProfile } from '../profile.ts';
import type { LabelledAmount, PrintedCount, findDatedBalances } from './facts.ts';
import { findAccount, findCurrency, findLastCurrency, findPeriod, findStatementNumber } from './facts.ts';
import type { Layouts } from './layout.ts';
import type { Table } from './rows.ts';
import type { Page } from './text.ts';
import type { DateToken, TokenLine } from './tokens.ts';

/** What a statement's lines say whatever way its table is read, and what stands outside the rows of a table. */

/** A statement's lines with what holds for every reading of them. */
export interface Document {
  pages: readonly Page[];
  lines: readonly TokenLine[];
  /** The heading of the document, where the statement is not its first. */
  common: readonly TokenLine[];
  /** All lines of the document: it writes its dates in one way. */
  all: readonly TokenLine[];
  profile: StatementProfile | null;
  extractor: string;
  layouts: Layouts;
  labelled: readonly LabelledAmount[];
  dated: ReturnType<typeof findDatedBalances>;
  counts: readonly PrintedCount[];
  /** A card's account. */
  card: boolean;
  /** The last day of the month that the heading names (`March 2026`). */
  month: CalendarDate | null;
  /** Place of each line in the document. */
  place: ReadonlyMap<TokenLine, number>;
}

/** What stands outside the rows, for all readings of the same table. */
export interface Outside {
  lines: TokenLine[];
  heading: TokenLine[];
  labelled: LabelledAmount[];
  currency: string | null;
  period: [DateToken, DateToken] | null;
  account: string | null;
  number: string | null;
}

/** Account, currency, number, period and labelled amounts, as the lines outside the table's rows print them. */
export function outsideOf({ pages, lines, common, labelled, layouts, profile, place }: Document, table: Table): Outside {
  const outside = lines.filter((line) => !table.used.has(line));
  const first = table.rows[0]?.anchor;
  const heading = first === undefined ? outside : outside.filter((line) => place.get(line)! < place.get(first)!);
  // Below the title `Closing balance` of a column stands the balance of its first row, which may be the opening one.
  const inColumn = new Set(table.markers.flatMap(({ money }) => Object.values(money)));
  const ofDated = new Set(table.rows.flatMap((row) => (row.anchor.dates.length > 0 ? Object.values(row.money) : [])));
  const apart = labelled.filter(({ line, amount }) => !table.used.has(line) && !(layouts.titles.has(line) && inColumn.has(amount)) && !ofDated.has(amount));
  const amounts = table.rows.flatMap((row) => Object.values(row.money));
  const currency = profile?.currency ?? findCurrency(outside, layouts.titles, apart.map(({ amount }) => amount), amounts) ?? findCurrency(common, new Set(), [], []) ?? findLastCurrency(heading)
    ?? ([...amounts, ...apart.map(({ amount }) => amount)].some(({ printed }) => printed.currency === '$') && isAmerican(pages, table) ? 'USD' : null);
  const account = profile?.account ?? findAccount(heading, outside);
  const printed = findStatementNumber(heading) ?? findStatementNumber(outside);
  return {
    lines: outside, heading, labelled: apart, currency, account, period: findPeriod(heading) ?? findPeriod(outside) ?? findPeriod(common),
    // `Statement of account no. 12345678` may mean either; it does not mean both.
    number: printed === account ? null : printed,
  };
}

/** Many countries' dollars have the one sign; on Letter paper with the month in front it is that of the United States. */
function isAmerican(pages: readonly Page[], { rows }: Table): boolean {
  const { width, height } = pages[0]!;
  return Math.abs(Math.min(width, height) - LETTER_WIDTH) < 1 && rows.every(({ date }) => date === null || date.readings.has('mdy'));
}

/** US Letter, 8.5 inches in points. */
const LETTER_WIDTH = 612;
