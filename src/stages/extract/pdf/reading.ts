import type { CalendarDate } from '../../../core/date.ts';
import { addDays, calendarDate } from '../../../core/date.ts';
import { Failure } from '../../../core/failure.ts';
import { decimalsOf, exponentOf, parseDecimal } from '../../../core/money.ts';
import type { DateOrder, DecimalMark } from '../../../core/numerals.ts';
import { createMarkVote, createOrderVote, plainAmount } from '../../../core/numerals.ts';
import type { Proof } from '../../../core/proof.ts';
import { proveStatement } from '../../../core/proof.ts';
import type { PrintedTotal, RawAmount, RawEntry, RawStatement, StatementBalance } from '../../../core/statement.ts';
import { emptyTransaction } from '../../../core/statement.ts';
import type { StatementProfile } from '../profile.ts';
import type { LabelledAmount } from './facts.ts';
import { findAccount, findCurrency, findDatedBalances, findLabelledAmounts, findPeriod, findStatementNumber } from './facts.ts';
import type { Assignment, Layout } from './layout.ts';
import { findLayout, listAssignments } from './layout.ts';
import type { Row, Table } from './rows.ts';
import { buildRows } from './rows.ts';
import type { AmountToken, DateToken, TokenLine } from './tokens.ts';
import type { Page } from './text.ts';

/**
 * Lines to a statement: a bounded search over what the layout leaves open (which column is what, the decimal mark, the order of dates,
 * what an amount without a sign means). Arithmetic decides: the reading that ties out is it; two that do and differ are `ambiguous`;
 * without one, the likeliest is given as read, and its checks say that it does not tie out.
 */

export interface Reading {
  head: RawStatement;
  entries: RawEntry[];
}

interface Candidate extends Reading {
  proof: Proof;
  has_table: boolean;
  /** The readings of the same rows, this one among them. */
  alternatives: Candidate[];
}

/** What an amount without any sign means; `balance`: what the running balances say. */
type Unsigned = 'credit' | 'debit' | 'balance';

/** Opening and closing balances tried: a document that names more prints the balances of its pages or of other things. */
const MAX_BALANCES = 3;

/** Reads the statement. Throws `not_a_statement` and `ambiguous`. */
export function readStatement(pages: readonly Page[], lines: readonly TokenLine[], profile: StatementProfile | null, extractor: string): Reading {
  const document = { pages, lines, profile, extractor, layout: findLayout(lines) };
  let likeliest: Candidate | null = null;
  const assignments = listAssignments(document.layout);
  for (const tier of [0, 1]) {
    const found = assignments.filter((assignment) => assignment.tier === tier).flatMap((assignment) => listCandidates(document, assignment));
    const proven = found.filter((candidate) => candidate.proof.ties_out === true && candidate.entries.length > 0);
    const inOrder = proven.filter(({ entries }) => isMonotone(entries.map((entry) => entry.booking_date)));
    if (proven.length > 0) return only(inOrder.length > 0 ? inOrder : proven, 'both tie out');
    likeliest ??= found[0] ?? null;
  }
  likeliest ??= listCandidates(document, { tier: 0, columns: [] })[0] ?? null;
  if (likeliest === null || !isStatement(likeliest, document.layout)) {
    throw new Failure('not_a_statement', 'the PDF has no table of dated amounts with a balance or an account that could be a bank statement');
  }
  // Where nothing can be checked, what else the same rows could mean must not be guessed either.
  return likeliest.proof.ties_out === null && likeliest.entries.length > 0 ? only(likeliest.alternatives, 'are possible, and no balance is printed that tells which holds') : likeliest;
}

interface Document {
  pages: readonly Page[];
  lines: readonly TokenLine[];
  profile: StatementProfile | null;
  extractor: string;
  layout: Layout;
}

function isStatement({ head, entries, proof, has_table }: Candidate, { header }: Layout): boolean {
  const balances = head.opening_balance !== null || head.closing_balance !== null || entries.some((entry) => entry.balance_after !== null);
  if (entries.length === 0) return proof.ties_out === true && head.account !== null;
  return has_table && (balances || (header !== null && head.account !== null));
}

/** Sums do not see dates: a reading whose dates run one way is held against no other. */
function isMonotone(dates: readonly CalendarDate[]): boolean {
  return dates.every((date, i) => i === 0 || dates[i - 1]! <= date) || dates.every((date, i) => i === 0 || dates[i - 1]! >= date);
}

/** The one reading that all agree on. */
function only(readings: Candidate[], why: string): Candidate {
  const first = readings[0]!;
  const other = readings.find((candidate) => fingerprint(candidate) !== fingerprint(first));
  if (other === undefined) return first;
  const i = first.entries.findIndex((entry, k) => entryKey(entry) !== entryKey(other.entries[k]));
  throw new Failure('ambiguous',
    `two readings of the statement ${why}: entry ${i + 1} is ${entryKey(first.entries[i])} in one and ${entryKey(other.entries[i])} in the other; ` +
    'write a profile (date_order, decimal) into rules/profiles/', { page: first.entries[i]?.source.page ?? 1 });
}

function fingerprint({ entries, proof }: Candidate): string {
  return [proof.opening_balance?.amount, proof.closing_balance?.amount, ...entries.map(entryKey)].join('|');
}

function entryKey(entry: RawEntry | undefined): string {
  return entry === undefined ? 'absent' : `${entry.booking_date} ${entry.amount}`;
}

function listCandidates(document: Document, assignment: Assignment): Candidate[] {
  const found: Candidate[] = [];
  const whole = buildRows(document.layout, assignment, true);
  const tables = whole.rows.every((row) => row.date !== null) ? [whole] : [whole, buildRows(document.layout, assignment, false)];
  for (const table of tables) {
    const alternatives: Candidate[] = [];
    for (const mark of listMarks(document, table)) {
      for (const order of listOrders(document, table)) {
        for (const unsigned of listUnsigned(table)) {
          const candidate = readTable(document, assignment, table, { mark, order, unsigned });
          if (candidate) alternatives.push({ ...candidate, alternatives });
        }
      }
    }
    found.push(...alternatives);
  }
  return found;
}

interface Style {
  mark: DecimalMark;
  order: DateOrder;
  unsigned: Unsigned;
}

function listMarks({ profile, lines, layout }: Document, { rows }: Table): DecimalMark[] {
  if (profile?.decimal) return [profile.decimal];
  const vote = createMarkVote();
  for (const row of rows) for (const token of Object.values(row.money)) vote.add(token.printed.digits);
  let mark = vote.settle();
  if (mark === 'none' || mark === 'ambiguous') {
    for (const { label, amount } of findLabelledAmounts(lines, layout)) if (label !== 'totals') vote.add(amount.printed.digits);
    mark = vote.settle();
  }
  return mark === ',' || mark === '.' ? [mark] : mark === 'none' ? ['.'] : ['.', ','];
}

function listOrders({ profile, lines }: Document, { rows }: Table): DateOrder[] {
  if (profile?.date_order) return [profile.date_order];
  const vote = createOrderVote();
  for (const row of rows) for (const token of [row.date, row.value]) if (token) vote.add(token.text.replace(/,(?= |$)/g, ''));
  if (vote.settle().length > 1) for (const line of lines) for (const date of line.dates) vote.add(date.text.replace(/,(?= |$)/g, ''));
  return vote.settle();
}

function listUnsigned({ rows }: Table): Unsigned[] {
  const amounts = rows.flatMap((row) => row.money.amount ?? []);
  if (amounts.length === 0) return ['credit'];
  const signed = (sign: (token: AmountToken) => boolean): boolean => amounts.some(sign) || rows.some((row) => row.fields.indicator !== undefined);
  const balances = rows.some((row) => row.money.balance);
  if (signed((token) => token.printed.negative)) return ['credit'];
  if (signed((token) => token.plus || token.printed.side === 'credit')) return ['debit', 'credit'];
  return balances ? ['balance', 'credit'] : ['credit', 'debit'];
}

const DEBIT_MARK = /^(?:d|dr|db|debit|debet|s|soll|debe|dare|af|wn|-|−|–)\.?$/i;
const CREDIT_MARK = /^(?:c|cr|k|credit|kredit|h|haben|haber|avere|bij|ma|\+)\.?$/i;

function readTable(document: Document, assignment: Assignment, table: Table, style: Style): Omit<Candidate, 'alternatives'> | null {
  const { lines, layout, profile, pages } = document;
  const outside = lines.filter((line) => !table.used.has(line));
  const firstRow = layout.body.find((line) => table.used.has(line));
  const heading = outside.filter((line) => firstRow === undefined || line.page < firstRow.page || (line.page === firstRow.page && line.y < firstRow.y));
  const labelled = findLabelledAmounts(outside, layout);
  const currency = profile?.currency ?? findCurrency(outside, layout, labelled.map(({ amount }) => amount), table.rows.flatMap((row) => Object.values(row.money)));

  const read = (token: AmountToken): RawAmount | undefined => plainAmount(token.printed, style.mark);
  const dateOf = createDateReader(lines, heading, style.order);

  const entries: RawEntry[] = [];
  let before: CalendarDate | null = null;
  const debitsSigned = mostlyNegative(table.rows.flatMap((row) => row.money.debit ?? []));
  for (const row of table.rows) {
    const booking_date: CalendarDate | undefined = row.date ? dateOf(row.date) : before ?? undefined;
    const amount = amountOf(row, style, read, debitsSigned);
    if (booking_date === undefined || amount === undefined) return null;
    before = booking_date;
    const [x0, top, x1, bottom] = row.box;
    const height = pages[row.page - 1]!.height;
    entries.push({
      ...emptyTransaction(amount, currency), line: entries.length + 1, booking_date,
      value_date: (row.value && dateOf(row.value)) ?? null, status: 'booked', reversal: false,
      counterparty: row.fields.counterparty || row.fields.counterparty_account
        ? { name: row.fields.counterparty ?? null, account: row.fields.counterparty_account ?? null, bank: null } : null,
      customer_reference: row.fields.reference ?? null, remittance: row.texts.join(' ') || null,
      source: { page: row.page, line: null, box: [round(x0), round(height - bottom), round(x1), round(height - top)] },
      details: [], balance_after: (row.money.balance && read(row.money.balance)) ?? null,
    });
  }
  if (currency !== null && !fitsCurrency(table, entries, currency)) return null;
  if (style.unsigned === 'balance') signByBalance(entries);

  const period = findPeriod(heading) ?? findPeriod(outside);
  const account = profile?.account ?? findAccount(heading, outside);
  const printed = findStatementNumber(heading) ?? findStatementNumber(outside);
  // `Statement of account no. 12345678` may mean either; it does not mean both.
  const number = printed === account ? null : printed;
  const head: RawStatement = {
    format: 'pdf', extractor: document.extractor, account, bank: null, currency,
    statement_id: number, sequence: number !== null && /^\d+$/.test(number) ? String(Number(number)) : null,
    from: (period && dateOf(period[0])) ?? null, to: (period && dateOf(period[1])) ?? null,
    opening_balance: null, closing_balance: null, printed_totals: findTotals(labelled, table, read),
    newest_first: entries.length > 1 && entries[0]!.booking_date > entries.at(-1)!.booking_date, reader_checks: [],
  };
  const proven = proveWithBalances(head, entries, listBalances(document, table, labelled, outside, assignment, read, dateOf));
  return { ...proven, entries, has_table: assignment.columns.length > 0 };
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

function amountOf(row: Row, style: Style, read: (token: AmountToken) => RawAmount | undefined, debitsSigned: boolean): RawAmount | undefined {
  const { amount, debit, credit } = row.money;
  if (debit || credit) {
    const out = debit && read(debit);
    const into = credit && read(credit);
    // A column that stays empty may print 0.00.
    if (into !== undefined && (out === undefined || isZero(out))) return into;
    if (out === undefined || (into !== undefined && !isZero(into))) return undefined;
    // Debits are printed with or without a minus; where without, a minus takes one back.
    return debitsSigned ? out : negate(out);
  }
  const value = amount && read(amount);
  if (amount === undefined || value === undefined) return undefined;
  const mark = row.fields.indicator?.trim() ?? '';
  if (DEBIT_MARK.test(mark)) return value.startsWith('-') ? value : negate(value);
  if (CREDIT_MARK.test(mark)) return value;
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

/** Gives amounts without signs the sign by which the running balances follow from each other. */
function signByBalance(entries: RawEntry[]): void {
  for (const flip of [1, -1]) {
    entries.forEach((entry, i) => {
      const earlier = entries[i - flip]?.balance_after;
      if (!earlier || !entry.balance_after) return;
      const fell = (parseDecimal(entry.balance_after, DECIMALS) ?? 0n) < (parseDecimal(earlier, DECIMALS) ?? 0n);
      if (fell !== entry.amount.startsWith('-')) entry.amount = negate(entry.amount);
    });
    if (proveStatement({ from: null, to: null, opening_balance: null, closing_balance: null, printed_totals: [], newest_first: flip < 0, reader_checks: [] }, entries).ties_out) return;
  }
}

/** Days by which entries of a period may be dated outside it. */
const PERIOD_MARGIN_DAYS = 45;

/** Reads dates; a missing year is that of the period, else the last one that does not lie behind every full date of the heading. */
function createDateReader(lines: readonly TokenLine[], heading: readonly TokenLine[], order: DateOrder): (token: DateToken) => CalendarDate | undefined {
  const full = (token: DateToken): CalendarDate[] => {
    const date = token.readings.get(order);
    const found = date && date.year !== null ? calendarDate(date.year, date.month, date.day) : undefined;
    return found ? [found] : [];
  };
  const latestIn = (some: readonly TokenLine[]): CalendarDate | undefined => some.flatMap((line) => line.dates.flatMap(full)).toSorted().at(-1);
  const period = findPeriod(heading);
  const latest = (period && full(period[1])[0]) ?? latestIn(heading) ?? latestIn(lines);
  const limit = latest && addDays(latest, PERIOD_MARGIN_DAYS);
  return (token) => {
    const date = token.readings.get(order);
    if (date === undefined) return undefined;
    if (date.year !== null) return calendarDate(date.year, date.month, date.day);
    if (limit === undefined) return undefined;
    const year = Number(limit.slice(0, 4));
    const inYear = calendarDate(year, date.month, date.day);
    return inYear !== undefined && inYear <= limit ? inYear : calendarDate(year - 1, date.month, date.day);
  };
}

interface Balances {
  opening: StatementBalance<RawAmount>[];
  closing: StatementBalance<RawAmount>[];
}

function listBalances(
  { layout }: Document, table: Table, labelled: readonly LabelledAmount[], outside: readonly TokenLine[], assignment: Assignment,
  read: (token: AmountToken) => RawAmount | undefined, dateOf: (token: DateToken) => CalendarDate | undefined,
): Balances {
  const inDebit = new Set(layout.header === null ? [] : table.markers.flatMap(({ money }) => (money.debit && !money.balance ? [money.debit] : [])));
  const balance = ({ amount, date }: { amount: AmountToken; date: DateToken | null }): StatementBalance<RawAmount>[] => {
    const value = read(amount);
    if (value === undefined) return [];
    // A balance set in the debit column is one.
    return [{ amount: inDebit.has(amount) && !value.startsWith('-') ? negate(value) : value, date: (date && dateOf(date)) ?? null }];
  };
  const of = (label: string): StatementBalance<RawAmount>[] => labelled.filter((found) => found.label === label).flatMap(balance);
  const opening = distinct(of('opening'));
  const closing = distinct(of('closing').toReversed());
  if ((opening.length === 0 || closing.length === 0) && assignment.columns.length > 0) {
    const dated = findDatedBalances(outside).flatMap(balance);
    if (opening.length === 0 && dated.length > 1) opening.push(dated[0]!);
    if (closing.length === 0 && dated.length > 0) closing.push(dated.at(-1)!);
  }
  return { opening: opening.slice(0, MAX_BALANCES), closing: closing.slice(0, MAX_BALANCES) };
}

function distinct(balances: StatementBalance<RawAmount>[]): StatementBalance<RawAmount>[] {
  return balances.filter((balance, i) => balances.findIndex((other) => other.amount === balance.amount) === i);
}

/** The first opening and the last closing balance, unless others lead from one to the other. */
function proveWithBalances(head: RawStatement, entries: readonly RawEntry[], { opening, closing }: Balances): { head: RawStatement; proof: Proof } {
  let first: { head: RawStatement; proof: Proof } | null = null;
  for (const opening_balance of opening.length > 0 ? opening : [null]) {
    for (const closing_balance of closing.length > 0 ? closing : [null]) {
      const tried = { ...head, opening_balance, closing_balance };
      const proof = proveStatement(tried, entries);
      const found = { head: { ...tried, newest_first: proof.newest_first }, proof };
      if (proof.ties_out === true) return found;
      first ??= found;
    }
  }
  return first!;
}

/** Totals of debits and credits, where the document says that they are just that. */
function findTotals(labelled: readonly LabelledAmount[], { markers }: Table, read: (token: AmountToken) => RawAmount | undefined): PrintedTotal[] {
  const totals = new Map<string, PrintedTotal>();
  const add = (kind: 'credits' | 'debits', token: AmountToken | undefined): void => {
    const amount = token && read(token);
    if (amount !== undefined && !totals.has(kind)) totals.set(kind, { kind, amount });
  };
  for (const { label, amount } of labelled) if (label === 'debits' || label === 'credits') add(label, amount);
  for (const { label, money } of markers) {
    if (label !== 'totals') continue;
    add('debits', money.debit);
    add('credits', money.credit);
  }
  return [...totals.values()];
}
