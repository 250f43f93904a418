import type { CalendarDate } from '../../../core/date.ts';
import { addDays, calendarDate } from '../../../core/date.ts';
import { Failure } from '../../../core/failure.ts';
import { decimalsOf, exponentOf, formatDecimal, parseDecimal } from '../../../core/money.ts';
import type { DateOrder, DecimalMark } from '../../../core/numerals.ts';
import { createMarkVote, createOrderVote, plainAmount } from '../../../core/numerals.ts';
import type { Proof } from '../../../core/proof.ts';
import { proveStatement } from '../../../core/proof.ts';
import type { PrintedTotal, RawAmount, RawEntry, RawStatement, StatementBalance } from '../../../core/statement.ts';
import { emptyTransaction } from '../../../core/statement.ts';
import type { StatementProfile } from '../profile.ts';
import { checkPrintedSums } from './checks.ts';
import type { LabelledAmount, PrintedCount } from './facts.ts';
import { findAccount, findCounts, findCurrency, findDatedBalances, findLastCurrency, findLabelledAmounts, findMonth, findPeriod, findStatementNumber, isCardStatement } from './facts.ts';
import { takeForeign } from './foreign.ts';
import type { Assignment, Layout, Layouts } from './layout.ts';
import { findLayouts, listAssignments } from './layout.ts';
import { lineText } from './lines.ts';
import type { Row, RowChoice, Table } from './rows.ts';
import { buildRows } from './rows.ts';
import type { AmountToken, DateToken, TokenLine } from './tokens.ts';
import type { OwnTitles } from './columns.ts';
import type { Page } from './text.ts';
import type { ColumnField, Section } from './vocabulary.ts';
import { fold, sideOfBalance } from './vocabulary.ts';

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

/** What an amount without any sign means; `balance`: what the running balances say; `section`: the heading over it; `inverted`: all signs are the other way round; `owed`: those of the balances too, as on a card's account. */
type Unsigned = 'credit' | 'debit' | 'balance' | 'section' | 'inverted' | 'owed';

interface Style {
  mark: DecimalMark;
  order: DateOrder;
  unsigned: Unsigned;
}

/** Opening and closing balances tried: a document that names more prints the balances of its pages or of other things. */
const MAX_BALANCES = 3;
/** Readings tried of one statement: what is left open multiplies, and what is not found among the likeliest is a guess. */
const MAX_READINGS = 240;
/** Rows read in all readings of one statement: keeps 8,000 rows within their time. */
const MAX_ROWS_READ = 100_000;

/** A statement's lines with what holds for every reading of them. */
interface Document {
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

/** Tiers of assignments (layout.ts), then the first once more with all signs turned round. */
const MIRRORED = 3;
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
    `two readings of the statement ${why}: ${i < 0 ? 'their balances differ' : `entry ${i + 1} is ${entryKey(first.entries[i])} in one and ${entryKey(other.entries[i])} in the other`}; ` +
    'write a profile (date_order, decimal, inverted) into rules/profiles/, which `tieout extract --explain` shows the beginning of', { page: first.entries[Math.max(i, 0)]?.source.page ?? 1 });
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

/** What stands outside the rows, for all readings of the same table. */
interface Outside {
  lines: TokenLine[];
  heading: TokenLine[];
  labelled: LabelledAmount[];
  currency: string | null;
  period: [DateToken, DateToken] | null;
  account: string | null;
  number: string | null;
}

function outsideOf({ pages, lines, common, labelled, layouts, profile, place }: Document, table: Table): Outside {
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

function listMarks({ profile, labelled }: Document, { rows }: Table): DecimalMark[] {
  if (profile?.decimal) return [profile.decimal];
  const vote = createMarkVote();
  for (const row of rows) for (const token of Object.values(row.money)) vote.add(token.printed.digits);
  let mark = vote.settle();
  if (mark === 'none' || mark === 'ambiguous') {
    for (const { label, amount } of labelled) if (label !== 'totals') vote.add(amount.printed.digits);
    mark = vote.settle();
  }
  return mark === ',' || mark === '.' ? [mark] : mark === 'none' ? ['.'] : ['.', ','];
}

/** Words that only English statements have, in headings and titles. */
const ENGLISH = /^(?:account|statement|balance|amount|withdrawals?|deposits?|opening|closing|payments?)$/;

function listOrders({ profile, lines, all }: Document, { rows, used }: Table): DateOrder[] {
  if (profile?.date_order) return [profile.date_order];
  const vote = createOrderVote();
  for (const row of rows) for (const token of [row.date, row.value]) if (token) vote.add(token.text.replace(/,(?= |$)/g, ''));
  // The heading before the descriptions, which quote dates as others write them.
  const isUsed = (line: TokenLine): boolean => used.has(line);
  for (const more of [lines.filter((line) => !isUsed(line)), lines.filter(isUsed), all]) if (vote.settle().length > 1) for (const line of more) for (const date of line.dates) vote.add(date.text.replace(/,(?= |$)/g, ''));
  const orders = vote.settle();
  // The month in front is a habit of American English.
  if (orders.length > 1 && orders.includes('mdy') && !all.some(({ words }) => words.some(({ text }) => ENGLISH.test(fold(text))))) return orders.filter((order) => order !== 'mdy');
  return orders;
}

function listUnsigned({ profile, card }: Document, { rows }: Table, tier: number): Unsigned[] {
  if (tier === MIRRORED) return ['owed'];
  if (profile?.inverted !== undefined) return [profile.inverted ? 'inverted' : 'credit'];
  const inverted: Unsigned[] = tier > 0 ? ['inverted'] : [];
  const amounts = rows.filter((row) => row.money.amount);
  if (amounts.length === 0) return ['credit'];
  const inSection = (section: Section): AmountToken[] => amounts.filter((row) => row.section === section).map((row) => row.money.amount!);
  // What a card prints is what its holder owes: purchases without a sign, payments with a minus.
  if (inSection('debit').length > 0 && inSection('credit').length > 0 && !mostlyNegative(inSection('debit')) && mostlyNegative(inSection('credit'))) return ['owed'];
  const signed = (sign: (token: AmountToken) => boolean): boolean => amounts.some((row) => sign(row.money.amount!));
  const balances = rows.some((row) => row.money.balance);
  if (rows.some(({ section }) => section === 'debit' || section === 'credit') && !signed((token) => token.printed.negative)) return ['section', 'credit'];
  if (signed((token) => token.printed.negative) || rows.some((row) => row.side === 'debit')) {
    // Its mirror image ties out as well: that most of a card's entries are purchases says which of them holds.
    return card && !rows.some((row) => row.side !== null) && !mostlyNegative(amounts.map((row) => row.money.amount!)) ? ['owed'] : ['credit', ...inverted];
  }
  if (signed((token) => token.plus || token.printed.side === 'credit') || rows.some((row) => row.side === 'credit')) return card && tier === 0 ? ['owed'] : tier === 0 ? ['debit', 'credit'] : ['debit', 'credit', 'owed'];
  return balances ? ['balance', 'credit', 'debit'] : ['credit', 'debit'];
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
    const [x0, top, x1, bottom] = row.box;
    const height = pages[row.page - 1]!.height;
    const { texts, instructed, exchange_rate } = takeForeign(row.texts, row.fields.foreign ?? null, currency, style.mark);
    entries.push({
      ...emptyTransaction(amount, currency), line: entries.length + 1, booking_date,
      value_date: (row.value && dateOf(row.value)) ?? null, status: 'booked', reversal: false,
      counterparty: row.fields.counterparty || row.fields.counterparty_account
        ? { name: row.fields.counterparty ?? null, account: row.fields.counterparty_account ?? null, bank: null } : null,
      customer_reference: row.fields.reference ?? null, remittance: texts.map(lineText).join(' ').replaceAll('\u00a0', ' ') || null, instructed, exchange_rate,
      source: { page: row.anchor.page, line: row.anchor.number, box: [round(x0), round(height - bottom), round(x1), round(height - top)] },
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

function round(points: number): number {
  return Math.round(points * 10) / 10;
}

function mostlyNegative(tokens: readonly AmountToken[]): boolean {
  return tokens.filter((token) => token.printed.negative).length * 2 > tokens.length;
}

/** Whether a column of debits, or a section of them, prints its signs. */
interface Signs {
  debits: boolean;
  sections: boolean;
}

function amountOf(row: Row, style: Style, read: (token: AmountToken) => RawAmount | undefined, signs: Signs): RawAmount | undefined {
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
  if (style.unsigned === 'inverted') return negate(value);
  if (row.side === 'debit') return value.startsWith('-') ? value : negate(value);
  if (row.side === 'credit') return value;
  if (style.unsigned === 'section') return row.section === 'debit' && !signs.sections ? negate(value) : value;
  if (style.unsigned === 'owed') return value;
  const explicit = amount.printed.negative || amount.plus || amount.printed.side !== null;
  return !explicit && style.unsigned === 'debit' ? negate(value) : value;
}

function isZero(amount: RawAmount): boolean {
  return !/[1-9]/.test(amount);
}

function negate(amount: RawAmount): RawAmount {
  return amount.startsWith('-') ? amount.slice(1) : isZero(amount) ? amount : `-${amount}`;
}

/** As many decimals as the proof takes: balances are compared, never rounded. */
const DECIMALS = 12;

/** Gives amounts without signs the sign by which the running balances follow from each other, the first from the opening balance. */
function signByBalance(entries: RawEntry[], opening: RawAmount | null): void {
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

/** Days by which entries of a period may be dated outside it. */
const PERIOD_MARGIN_DAYS = 45;

/** Reads dates; a missing year is that of the period, else the last one that does not lie behind every full date of the heading. */
function createDateReader(lines: readonly TokenLine[], heading: readonly TokenLine[], common: readonly TokenLine[], period: [DateToken, DateToken] | null, order: DateOrder, month: CalendarDate | null): (token: DateToken) => CalendarDate | undefined {
  const full = (token: DateToken): CalendarDate[] => {
    const date = token.readings.get(order);
    const found = date && date.year !== null ? calendarDate(date.year, date.month, date.day) : undefined;
    return found ? [found] : [];
  };
  const latestIn = (some: readonly TokenLine[]): CalendarDate | undefined => some.flatMap((line) => line.dates.flatMap(full)).toSorted().at(-1);
  let limit: CalendarDate | undefined | null = null;
  const [from] = period === null ? [] : full(period[0]);
  const [to] = period === null ? [] : full(period[1]);
  return (token) => {
    const date = token.readings.get(order);
    if (date === undefined) return undefined;
    if (date.year !== null) return calendarDate(date.year, date.month, date.day);
    if (from !== undefined && to !== undefined) {
      const inPeriod = [Number(to.slice(0, 4)), Number(from.slice(0, 4))].map((one) => calendarDate(one, date.month, date.day)).find((one) => one !== undefined && one >= from && one <= to);
      if (inPeriod !== undefined) return inPeriod;
    }
    if (limit === null) {
      const latest = to ?? latestIn(heading) ?? month ?? latestIn(lines) ?? latestIn(common);
      limit = latest && addDays(latest, PERIOD_MARGIN_DAYS);
    }
    if (limit === undefined) return undefined;
    const year = Number(limit.slice(0, 4));
    const inYear = calendarDate(year, date.month, date.day);
    return inYear !== undefined && inYear <= limit ? inYear : calendarDate(year - 1, date.month, date.day);
  };
}

interface Balances {
  opening: StatementBalance<RawAmount>[];
  closing: StatementBalance<RawAmount>[];
  /** The only balance, where nothing says whether it is the opening or the closing one; `closing` has it too. */
  either: StatementBalance<RawAmount> | null;
  /** How many different places of the document they stand in. */
  tokens: number;
}

function listBalances(
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
function proveWithBalances(head: RawStatement, entries: readonly RawEntry[], { opening, closing, either }: Balances): { head: RawStatement; proof: Proof } {
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
function findTotals({ counts }: Document, labelled: readonly LabelledAmount[], { rows, used }: Table, entries: readonly RawEntry[], read: (token: AmountToken) => RawAmount | undefined): PrintedTotal[] {
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
