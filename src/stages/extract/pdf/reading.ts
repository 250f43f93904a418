import type { CalendarDate } from '../../../core/date.ts';
import { Failure } from '../../../core/failure.ts';
import { decimalsOf, exponentOf } from '../../../core/money.ts';
import { plainAmount } from '../../../core/numerals.ts';
import type { Proof } from '../../../core/proof.ts';
import { proveStatement } from '../../../core/proof.ts';
import type { RawAmount, RawEntry, RawStatement } from '../../../core/statement.ts';
import { emptyTransaction } from '../../../core/statement.ts';
import type { StatementProfile } from '../profile.ts';
import { findTotals, listBalances, proveWithBalances } from './balances.ts';
import { checkPrintedSums } from './checks.ts';
import type { OwnTitles } from './columns.ts';
import type { Document, Outside } from './document.ts';
import { outsideOf } from './document.ts';
import { findCounts, findDatedBalances, findLabelledAmounts, findMonth, isCardStatement } from './facts.ts';
import { takeForeign } from './foreign.ts';
import type { Assignment, Layout, Layouts } from './layout.ts';
import { findLayouts, listAssignments } from './layout.ts';
import { lineText } from './lines.ts';
import type { Row, RowChoice, Table } from './rows.ts';
import { buildRows } from './rows.ts';
import type { Signs } from './signs.ts';
import { amountOf, mostlyNegative, negate, signByBalance } from './signs.ts';
import type { Style } from './style.ts';
import { MIRRORED, listMarks, listOrders, listUnsigned } from './style.ts';
import type { Page } from './text.ts';
import type { AmountToken, TokenLine } from './tokens.ts';
import type { ColumnField } from './vocabulary.ts';
import { fold } from './vocabulary.ts';
import { createDateReader } from './years.ts';

/**
 * Lines to one statement: a bounded search over what the layout leaves open (which column is what, the decimal mark, the order of dates,
 * what an amount without a sign means). Arithmetic decides: the reading that ties out is it; two that do and differ are `ambiguous`;
 * without one, the likeliest is given as read, and its checks say that it does not tie out.
 */

export interface Reading {
  head: RawStatement;
  entries: RawEntry[];
  proof: Proof;
  /** How it was read, for who wants to know. */
  seen: Seen;
}

export interface Seen {
  tables: { layout: Layout; assignment: Assignment }[];
  table: Table;
  style: Style;
  /** How many readings were tried, and how many of them tied out. */
  tried: number;
  proven: number;
}

interface Candidate extends Omit<Reading, 'seen'> {
  seen: Omit<Seen, 'tried' | 'proven'>;
  has_table: boolean;
  /** The readings of the same rows, this one among them. */
  alternatives: Candidate[];
}

/** Readings tried of one statement: what is left open multiplies, and what is not found among the likeliest is a guess. */
const MAX_READINGS = 240;
/** Rows read in all readings of one statement: keeps 8,000 rows within their time. */
const MAX_ROWS_READ = 100_000;

/** Reads the statement that stands in these lines; `common` is the heading of the document, which says the period and currency of all. Throws `not_a_statement` and `ambiguous`. */
export function readStatement(pages: readonly Page[], lines: readonly TokenLine[], profile: StatementProfile | null, extractor: string, common: readonly TokenLine[] = [], all: readonly TokenLine[] = lines): Reading {
  const layouts = findLayouts(lines, titlesOfProfile(profile));
  const whole_numbers = layouts.tables.some((layout) => layout.whole_numbers);
  const document: Document = {
    pages, lines, common, all, profile, extractor, layouts, labelled: findLabelledAmounts(lines, whole_numbers), dated: findDatedBalances(lines), counts: findCounts(lines, whole_numbers), month: findMonth(lines) ?? findMonth(common),
    place: new Map(lines.map((line, i) => [line, i])), card: isCardStatement([...common, ...lines.slice(0, CARD_LINES)]),
  };
  const search: Search = { tried: 0, rows: 0 };
  let likeliest: Candidate | null = null;
  for (const tier of TIERS) {
    // The mirror image of a reading ties out as well: it is looked at where the words contradict the signs, never for want of a better one.
    if (tier === MIRRORED && !likeliest?.proof.checks.some(({ name }) => name === 'directions')) break;
    const found: Candidate[] = [];
    for (const assignments of listCombinations(layouts, tier)) for (const one of listCandidates(document, assignments, tier, search)) keep(found, one);
    const proven = found.filter((candidate) => candidate.proof.ties_out === true && candidate.entries.length > 0);
    if (proven.length > 0) {
      const chosen = only(plausible(proven), 'both tie out');
      return { ...chosen, seen: { ...chosen.seen, tried: search.tried, proven: proven.length } };
    }
    likeliest ??= fewestFailures(found);
  }
  likeliest ??= fewestFailures(listCandidates(document, layouts.tables.map(() => ({ tier: 0, columns: [] })), 0, search));
  if (likeliest === null || !isStatement(likeliest, layouts)) {
    throw new Failure('not_a_statement', 'the PDF has no table of dated amounts with a balance or an account that could be a bank statement');
  }
  // Where nothing can be checked, what else the same rows could mean must not be guessed either.
  const chosen = likeliest.proof.ties_out === null && likeliest.entries.length > 0 ? only(plausible(likeliest.alternatives), 'are possible, and no balance is printed that tells which holds') : likeliest;
  return { ...chosen, seen: { ...chosen.seen, tried: search.tried, proven: 0 } };
}

/** Lines within which a card's statement says that it is one. */
const CARD_LINES = 80;

/** The titles of columns that a profile names, folded. */
function titlesOfProfile(profile: StatementProfile | null): OwnTitles {
  const titles = new Map<string, ColumnField>();
  for (const [key, title] of Object.entries(profile?.columns ?? {})) {
    const field = PROFILE_FIELDS[key];
    if (field !== undefined) for (const one of [title].flat()) titles.set(fold(one), field);
  }
  return titles;
}

const PROFILE_FIELDS: Readonly<Record<string, ColumnField>> = {
  booking_date: 'booking_date', value_date: 'value_date', amount: 'amount', debit: 'debit', credit: 'credit', indicator: 'indicator', balance: 'balance', currency: 'currency',
  description: 'description', counterparty_name: 'counterparty', counterparty_account: 'counterparty_account', bank_reference: 'reference', customer_reference: 'reference',
};

const TIERS = [0, 1, 2, MIRRORED];

interface Search {
  tried: number;
  rows: number;
}

/** The tables' assignments of one tier, one table varied at a time. */
function listCombinations({ tables }: Layouts, tier: number): Assignment[][] {
  const lists = tables.map(listAssignments);
  const empty: Assignment = { tier: 0, columns: [] };
  const base = lists.map((list) => list[0] ?? empty);
  if (tier === 0 || tier === MIRRORED) return lists.length === 1 ? lists[0]!.filter((assignment) => assignment.tier === 0).map((assignment) => [assignment]) : [base];
  return lists.flatMap((list, i) => list.filter((assignment, k) => assignment.tier === tier && k > 0).map((assignment) => base.with(i, assignment)));
}

function fewestFailures(found: readonly Candidate[]): Candidate | null {
  return found.filter(({ entries }) => entries.length > 0).toSorted((a, b) => failures(a) - failures(b))[0] ?? found[0] ?? null;
}

/** Sums do not see dates: readings whose dates lie in the period, and run one way, are held against no others. */
function plausible(readings: readonly Candidate[]): readonly Candidate[] {
  let left = readings;
  for (const holds of [(one: Candidate) => isInPeriod(one), ({ entries }: Candidate) => isMonotone(entries.map((entry) => entry.booking_date))]) {
    const fitting = left.filter(holds);
    if (fitting.length > 0) left = fitting;
  }
  return left;
}

function isInPeriod({ head, entries }: Candidate): boolean {
  const { from, to } = head;
  return from === null || to === null || entries.every(({ booking_date }) => booking_date >= from && booking_date <= to);
}

function isMonotone(dates: readonly CalendarDate[]): boolean {
  return dates.every((date, i) => i === 0 || dates[i - 1]! <= date) || dates.every((date, i) => i === 0 || dates[i - 1]! >= date);
}

function isStatement({ head, entries, proof, has_table }: Candidate, { titles }: Layouts): boolean {
  const balances = head.opening_balance !== null || head.closing_balance !== null || entries.some((entry) => entry.balance_after !== null);
  if (entries.length === 0) return proof.ties_out === true && head.account !== null && head.opening_balance !== null && head.closing_balance !== null;
  return has_table && (balances || (titles.size > 0 && head.account !== null));
}

/** The one reading that all agree on. */
function only(readings: readonly Candidate[], why: string): Candidate {
  const first = readings[0]!;
  const other = readings.find((candidate) => fingerprint(candidate) !== fingerprint(first));
  if (other === undefined) return first;
  const i = first.entries.findIndex((entry, k) => entryKey(entry) !== entryKey(other.entries[k]));
  throw new Failure('ambiguous',
    `two readings of the statement ${why}: ${i < 0 ? 'their balances differ' : `entry ${i + 1} is ${entryKey(first.entries[i])} in one and ${entryKey(other.entries[i])} in the other`}. ` +
    'Write this to a file in rules/profiles/, keep what is right, then retry:\n' + profileOf(first.seen.style, other.seen.style).join('\n'), { page: first.entries[Math.max(i, 0)]?.source.page ?? 1 });
}

/** A profile that settles in what two readings differ. */
function profileOf(one: Style, other: Style): string[] {
  const settled = [
    ...(one.order === other.order ? [] : [`date_order: ${one.order}   # or: ${other.order}`]),
    ...(one.mark === other.mark ? [] : [`decimal: "${one.mark}"   # or: "${other.mark}"`]),
    ...(one.unsigned === other.unsigned ? [] : ['inverted: true   # an amount without a sign is money out; or: false']),
  ];
  return [
    'id: my-bank-pdf', 'owner: finance', 'format: pdf', 'match:', '  text: "…"   # something that stands on the first page of every statement of this kind',
    ...(settled.length > 0 ? settled : ['columns:   # the titles as printed; tieout extract --explain shows them', '  booking_date: "…"', '  amount: "…"   # or debit and credit', '  balance: "…"']),
  ];
}

function fingerprint({ entries, proof }: Candidate): string {
  return [proof.opening_balance?.amount, proof.closing_balance?.amount, ...entries.map(entryKey)].join('|');
}

function entryKey(entry: RawEntry | undefined): string {
  return entry === undefined ? 'absent' : `${entry.booking_date} ${entry.amount}`;
}

function listCandidates(document: Document, assignments: readonly Assignment[], tier: number, search: Search): Candidate[] {
  const found: Candidate[] = [];
  const whole = buildTable(document, assignments, { undated: true, strict: false });
  const tables = [whole];
  if (whole.rows.some((row) => row.date === null)) tables.push(buildTable(document, assignments, { undated: false, strict: false }));
  // Labels may be the words of an entry: `Total Energies`.
  if (whole.markers.some(({ bare }) => !bare)) tables.push(buildTable(document, assignments, { undated: true, strict: true }));
  for (const table of tables) {
    const alternatives: Candidate[] = [];
    const outside = outsideOf(document, table);
    for (const mark of listMarks(document, table)) {
      for (const order of listOrders(document, table)) {
        for (const unsigned of listUnsigned(document, table, tier)) {
          search.tried++;
          search.rows += table.rows.length;
          if (search.tried > MAX_READINGS || search.rows > MAX_ROWS_READ) return found;
          const candidate = readTable(document, assignments, table, outside, { mark, order, unsigned });
          if (candidate) keep(alternatives, { ...candidate, alternatives });
        }
      }
    }
    found.push(...alternatives);
  }
  return found;
}

/** Keeps a reading; of those that do not tie out only the one with fewest failures, because each holds all entries. */
function keep(readings: Candidate[], one: Candidate): void {
  const at = one.proof.ties_out === false ? readings.findIndex(({ proof }) => proof.ties_out === false) : -1;
  if (at < 0) readings.push(one);
  else if (failures(one) < failures(readings[at]!)) readings[at] = one;
}

function failures({ proof }: Candidate): number {
  return proof.checks.filter(({ ok }) => !ok).length + (proof.ties_out === null ? 0.5 : 0);
}

/** The rows of all tables, in document order. */
function buildTable({ layouts: { tables }, place }: Document, assignments: readonly Assignment[], choice: RowChoice): Table {
  const built = tables.map((layout, i) => buildRows(layout, assignments[i]!, choice));
  if (built.length === 1) return built[0]!;
  const rows = built.flatMap((table) => table.rows).toSorted((a, b) => place.get(a.anchor)! - place.get(b.anchor)!);
  const places = rows.map((row) => place.get(row.anchor)!);
  const above = (line: TokenLine): number => {
    const at = places.findIndex((one) => one > place.get(line)!);
    return at < 0 ? places.length : at;
  };
  return {
    rows, used: new Set(built.flatMap((table) => [...table.used])), daily: built.flatMap((table) => table.daily), left_out: built.flatMap((table) => table.left_out),
    markers: built.flatMap((table) => table.markers).map((marker) => ({ ...marker, rows: above(marker.line) })).toSorted((a, b) => place.get(a.line)! - place.get(b.line)!),
  };
}

function readTable(document: Document, assignments: readonly Assignment[], table: Table, outside: Outside, style: Style): Omit<Candidate, 'alternatives'> | null {
  const { lines, layouts, pages, labelled: all } = document;
  const { heading, labelled, currency, period, account, number } = outside;
  const read = (token: AmountToken): RawAmount | undefined => {
    const value = plainAmount(token.printed, style.mark);
    // `CR` says itself that it is not owed.
    return value !== undefined && style.unsigned === 'owed' && token.printed.side !== 'credit' ? negate(value) : value;
  };
  const dateOf = createDateReader(lines, heading, document.common, period, style.order, document.month);

  const entries: RawEntry[] = [];
  let before: CalendarDate | null = null;
  const signs: Signs = { debits: mostlyNegative(table.rows.flatMap((row) => row.money.debit ?? [])), sections: mostlyNegative(table.rows.flatMap((row) => (row.section === 'debit' && row.money.amount) || [])) };
  for (const row of table.rows) {
    const booking_date: CalendarDate | undefined = row.date ? dateOf(row.date) : before ?? undefined;
    const amount = amountOf(row, style, read, signs);
    if (booking_date === undefined || amount === undefined) return null;
    before = booking_date;
    const { texts, instructed, exchange_rate } = takeForeign(row.texts, row.fields.foreign ?? null, currency, style.mark);
    entries.push({
      ...emptyTransaction(amount, currency), line: entries.length + 1, booking_date,
      value_date: (row.value && dateOf(row.value)) ?? null, status: 'booked', reversal: false,
      counterparty: row.fields.counterparty || row.fields.counterparty_account
        ? { name: row.fields.counterparty ?? null, account: row.fields.counterparty_account ?? null, bank: null } : null,
      customer_reference: row.fields.reference ?? null, remittance: texts.map(lineText).join(' ').replaceAll('\u00a0', ' ') || null, instructed, exchange_rate,
      source: { page: row.anchor.page, line: row.anchor.number, box: boxOnPage(row, pages[row.page - 1]!) },
      details: [], balance_after: (row.money.balance && read(row.money.balance)) ?? null,
    });
  }
  if (currency !== null && !fitsCurrency(table, entries, currency)) return null;

  const head: RawStatement = {
    format: 'pdf', extractor: document.extractor, account, bank: null, currency,
    statement_id: number, sequence: number !== null && /^\d+$/.test(number) ? String(Number(number)) : null,
    from: (period && dateOf(period[0])) ?? null, to: (period && dateOf(period[1])) ?? null,
    opening_balance: null, closing_balance: null, printed_totals: findTotals(document, labelled, table, entries, read),
    newest_first: entries.length > 1 && entries[0]!.booking_date > entries.at(-1)!.booking_date, reader_checks: [],
  };
  const balances = listBalances(document, table, labelled, outside.lines, read, dateOf);
  if (style.unsigned === 'balance') signByBalance(entries, balances.opening[0]?.amount ?? null);
  // One printed balance that is taken for both proves nothing, and rows that are not read are no sign that there were none.
  if (entries.length === 0 && (balances.tokens < 2 || lines.some((line) => line.dates.length > 0 && line.amounts.some(({ mark }) => mark !== 'none') && !labelled.some((one) => one.line === line)))) return null;
  const proven = proveWithBalances(head, entries, balances);
  // Only what ties out so far is held against what else is printed.
  if (proven.proof.ties_out !== false && proven.proof.opening_balance !== null) {
    proven.head.reader_checks = checkPrintedSums({ head: proven.head, proof: proven.proof, entries, table, labelled: all, outside: outside.lines, read, dateOf });
    if (proven.head.reader_checks.length > 0) proven.proof = proveStatement(proven.head, entries);
  }
  return {
    ...proven, entries, has_table: assignments.some(({ columns }) => columns.length > 0),
    seen: { tables: layouts.tables.map((layout, i) => ({ layout, assignment: assignments[i]! })), table, style },
  };
}

/** `1.234` reads both ways: no currency has more decimals than its own, and one of three is printed with them. */
function fitsCurrency({ rows }: Table, entries: readonly RawEntry[], currency: string): boolean {
  const most = entries.reduce((highest, entry) => Math.max(highest, decimalsOf(entry.amount)), 0);
  const open = rows.some((row) => Object.values(row.money).some((token) => token.mark === 'either'));
  return most <= exponentOf(currency)! && !(most === 0 && open && exponentOf(currency) === 3);
}

/** A row's box in points of the page's own coordinates, lower left and upper right, whichever way the page is turned. */
function boxOnPage({ box: [x0, top, x1, bottom] }: Row, { to_page: [a, b, c, d, e, f] }: Page): [number, number, number, number] {
  const xs = [a * x0 + c * top + e, a * x1 + c * bottom + e];
  const ys = [b * x0 + d * top + f, b * x1 + d * bottom + f];
  return [round(Math.min(...xs)), round(Math.min(...ys)), round(Math.max(...xs)), round(Math.max(...ys))];
}

function round(points: number): number {
  return Math.round(points * 10) / 10;
}
