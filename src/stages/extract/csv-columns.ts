import { compareAccounts, ibanStatus } from '../../core/account.ts';
import { isCurrency, parseDecimal } from '../../core/money.ts';
import { createMarkVote, findAmount, findDates, parseAmount } from '../../core/numerals.ts';
import type { Row } from './csv-rows.ts';
import { bareBalance, filledTexts, labelOf, readPreamble } from './csv-labels.ts';
import { foldWords, readTitle } from './csv-titles.ts';
import type { Role, TitleMeaning } from './csv-titles.ts';
import type { StatementProfile } from './profile.ts';

/** Which row holds the titles and which column holds what: by the titles, and by the values under them. */
export interface Table {
  /** The titles as printed; null where the file has none. */
  header: Row | null;
  /** Line of the first row of the table's body. */
  body_line: number;
  /** Rows above the table. */
  preamble: Row[];
  columns: Columns;
  /** The currency that the amount's title names. */
  currency: string | null;
  /** A title is in a language in which nobody writes the month first. */
  day_first: boolean;
  /** The amount's title or its sign says that it is signed; else an unsigned column may mean either direction. */
  signed_by_title: boolean;
  /** How sure the recognition is; the dialect with the highest score is taken. */
  score: number;
  /** What keeps the columns from being told apart, for a person, and the columns that could each be the amount. */
  doubt: { problem: string; amounts: number[] } | null;
}

/** The columns (0-based) of each role; where several count, in the order in which they are read. */
export type Columns = Partial<Record<Role, number[]>>;

/** More lines than any preamble met; further down, a row that looks like titles is data. */
const MAX_PREAMBLE_ROWS = 100;
/** Enough rows to tell what kind of values a column holds. */
const KIND_ROWS = 500;

const DEBIT_WORDS = new Set(`
  d dr db dt debit debits dbit dbt out outgoing outflow withdrawal expense s soll sollbuchung belastung lastschrift ausgang ausgabe
  af debet uitgaven debiteren dare addebito uscita debito debe cargo gasto wn obciazenie wydatek uttag ut kiadas terheles vydaj minus rc crr
`.split(/\s+/).filter(Boolean).concat('money out', 'paid out', '-', '−'));
const CREDIT_WORDS = new Set(`
  c cr ct credit credits crdt cdt in incoming inflow deposit income h haben habenbuchung gutschrift eingang einnahme
  bij inkomsten crediteren avere accredito entrata credito haber abono ingreso ma uznanie wplyw insattning inn bevetel jovairas prijem plus rd dbr
`.split(/\s+/).filter(Boolean).concat('money in', 'paid in', '+'));

/** Whether a word says that money goes out or comes in; null where it says neither. `RC` and `RD` reverse (as in MT940). */
export function sideOf(word: string, profile: StatementProfile | undefined): 'debit' | 'credit' | null {
  const plain = word.trim();
  const same = (other: string): boolean => other.toLowerCase() === plain.toLowerCase();
  if (profile?.debit_words?.some(same)) return 'debit';
  if (profile?.credit_words?.some(same)) return 'credit';
  const folded = foldWords(plain) || plain;
  return DEBIT_WORDS.has(folded) ? 'debit' : CREDIT_WORDS.has(folded) ? 'credit' : null;
}

/** What kind of values stand in a column. */
interface Kind {
  filled: number;
  dates: number;
  amounts: number;
  negatives: number;
  fractions: number;
  currencies: number;
  sides: number;
  flags: number;
  ibans: number;
  /** Characters. */
  longest: number;
  distinct: Set<string>;
}

/** SWIFT's amounts have 15 characters (`15d`); a number with more digits is one of an account. */
const MOST_AMOUNT_DIGITS = 15;

const FLAG = /^(?:true|false|yes|no|y|n|0|1|ja|nein|oui|non|si)$/i;

function kindOf(rows: readonly Row[], column: number, profile: StatementProfile | undefined): Kind {
  const kind: Kind = { filled: 0, dates: 0, amounts: 0, negatives: 0, fractions: 0, currencies: 0, sides: 0, flags: 0, ibans: 0, longest: 0, distinct: new Set() };
  for (const { cells } of rows) {
    const text = cells[column]?.trim() ?? '';
    if (text === '') continue;
    kind.filled++;
    kind.distinct.add(text);
    if (findDates(text).size > 0) kind.dates++;
    const iban = ibanStatus(text) !== 'none';
    if (iban) kind.ibans++;
    // Two letters and digits are also how an amount may be printed.
    const number = iban ? undefined : findAmount(text);
    const amount = number === undefined || number.digits.replace(/\D/g, '').length > MOST_AMOUNT_DIGITS ? undefined : number;
    if (amount !== undefined) kind.amounts++;
    if (amount?.negative === true) kind.negatives++;
    if (amount !== undefined && /\d[.,]\d{1,3}$/.test(amount.digits)) kind.fractions++;
    if (isCurrency(text.toUpperCase())) kind.currencies++;
    if (sideOf(text, profile) !== null) kind.sides++;
    if (FLAG.test(text)) kind.flags++;
    kind.longest = Math.max(kind.longest, text.length);
  }
  // Nothing but dashes is nothing.
  if (kind.distinct.size === 1 && kind.distinct.has('-')) kind.sides = 0;
  return kind;
}

function fits(role: TitleMeaning['role'], kind: Kind): boolean {
  const mostly = (count: number): boolean => kind.filled === 0 || count * 2 >= kind.filled;
  switch (role) {
    case 'booking_date': case 'value_date': return mostly(kind.dates);
    case 'amount': case 'debit': case 'credit': case 'balance': case 'balance_before': case 'instructed_amount': case 'fee': return mostly(kind.amounts);
    case 'indicator': return kind.filled > 0 && kind.sides === kind.filled;
    case 'currency': case 'instructed_currency': return kind.currencies === kind.filled;
    case 'pending': return kind.flags === kind.filled;
    default: return true;
  }
}

function allIbans(kind: Kind): boolean {
  return kind.filled > 0 && kind.ibans === kind.filled;
}

function isText(kind: Kind): boolean {
  return kind.filled > 0 && kind.dates * 2 < kind.filled && kind.amounts * 2 < kind.filled && kind.currencies < kind.filled;
}

const DATE_ROLES = ['booking_date', 'value_date'] as const;
const MONEY_ROLES = ['amount', 'debit', 'credit'] as const;

function isMoney(role: TitleMeaning['role']): boolean {
  return (MONEY_ROLES as readonly string[]).includes(role);
}

/** Finds the table among a file's first rows; undefined where there is none that is a bank statement's. */
export function findTable(rows: readonly Row[], profile: StatementProfile | undefined): Table | undefined {
  const at = (profile?.columns === undefined ? undefined : forcedHeader(rows, profile.columns)) ?? findHeader(rows);
  if (at === 'foreign') return undefined;
  if (at === undefined) return inferTable(rows, profile);
  const header = rows[at]!;
  // What stands between and below the entries says nothing about a column.
  const body = rows.slice(at + 1).filter(({ cells }) => cells.some(isDate)).slice(0, KIND_ROWS);
  const table = assignColumns(header, body, readPreamble(rows.slice(0, at), '.', 'dmy').account, profile);
  const hasDate = table.columns.booking_date !== undefined;
  const hasMoney = table.columns.amount !== undefined || table.columns.debit !== undefined || table.columns.credit !== undefined;
  if (!hasDate || !hasMoney) return undefined;
  const known = header.cells.filter((title) => readTitle(title).meanings.length > 0).length;
  // Every table with titles is surer than any without.
  return { ...table, header, preamble: rows.slice(0, at), body_line: header.line + 1, score: KIND_ROWS * 4 + known };
}

/** The row with the most titles that are known, among them a date and an amount; `foreign` where they are those of something else. */
function findHeader(rows: readonly Row[]): number | 'foreign' | undefined {
  let best: { at: number; known: number; foreign: boolean } | undefined;
  rows.slice(0, MAX_PREAMBLE_ROWS).forEach(({ cells }, at) => {
    const meanings = cells.map((title) => readTitle(title).meanings).filter((found) => found.length > 0);
    if (meanings.length < 2 || meanings.length <= (best?.known ?? 0)) return;
    const roles = new Set(meanings.flat().map((meaning) => meaning.role));
    if (!DATE_ROLES.some((role) => roles.has(role)) || !MONEY_ROLES.some((role) => roles.has(role))) return;
    // A payment service prints the number of the invoice beside its own fee and balance.
    const ofService = roles.has('balance') && roles.has('fee') && roles.has('bank_reference');
    best = { at, known: meanings.length, foreign: !ofService && meanings.some((found) => found.every((meaning) => meaning.role === 'foreign')) };
  });
  return best?.foreign === true ? 'foreign' : best?.at;
}

/** Card accounts, whose exports print what was spent without a sign. */
const CARD_TITLE = /\b(?:card|cardholder|kredit ?karte|karteninhaber|carte|kaart|kaarthouder|tarjeta|carta|karta|kort)\b/;

type Assignment = Pick<Table, 'columns' | 'currency' | 'day_first' | 'signed_by_title' | 'doubt'>;

function assignColumns(header: Row, body: readonly Row[], account: string | null, profile: StatementProfile | undefined): Assignment {
  const width = Math.min(Math.max(header.cells.length, ...body.map((row) => row.cells.length)), 2 * header.cells.length);
  const titles = Array.from({ length: width }, (_, column) => readTitle(header.cells[column] ?? ''));
  const kinds = titles.map((_, column) => kindOf(body, column, profile));
  const candidates = new Map<Role, { column: number; rank: number }[]>();
  const forced = forcedColumns(header.cells, profile?.columns);
  titles.forEach(({ meanings }, column) => {
    if ([...forced.values()].some((columns) => columns.includes(column))) return;
    const meaning = meanings.find((m) => m.role !== 'foreign' && !forced.has(m.role) && fits(m.role, kinds[column]!));
    if (meaning === undefined) return;
    // Under `Counterparty` may stand the other side's account.
    const role = meaning.role === 'counterparty_name' && allIbans(kinds[column]!) ? 'counterparty_account' : meaning.role as Role;
    candidates.set(role, [...(candidates.get(role) ?? []), { column, rank: meaning.rank }].toSorted((a, b) => a.rank - b.rank));
  });
  // A column without a title that is known, and with nothing but CR and DR under it, marks the amounts beside it.
  if (!candidates.has('indicator') && !forced.has('indicator')) {
    for (let column = 0; column < width; column++) {
      const kind = kinds[column]!;
      if (titles[column]!.meanings.length === 0 && kind.filled > 0 && kind.sides === kind.filled) candidates.set('indicator', [{ column, rank: 2 }]);
    }
  }

  const columns: Columns = {};
  for (const [role, found] of candidates) columns[role] = found.map((c) => c.column);
  for (const [role, found] of forced) columns[role] = found;

  // A single printed date is the booking date, also where its title says value date.
  if (columns.booking_date === undefined && columns.value_date !== undefined) columns.booking_date = columns.value_date;
  if (forced.has('amount') || preferAmount(columns, kinds)) for (const role of ['debit', 'credit'] as const) if (!forced.has(role)) delete columns[role];
  if (columns.debit !== undefined || columns.credit !== undefined) delete columns.amount;
  const net = forced.has('amount') ? undefined : netAmount(columns, candidates.get('amount') ?? [], body);
  if (net !== undefined) columns.amount = [net];
  const doubt = settleAmounts(columns, forced.has('amount') || net !== undefined ? [] : candidates.get('amount') ?? [], titles, body);
  const money = columns.amount?.[0] ?? columns.debit?.[0] ?? columns.credit?.[0];
  const currency = money === undefined ? null : titles[money]?.currency ?? null;
  // The title's currency holds for the whole column.
  if (currency !== null) delete columns.currency;
  settleBalances(columns, header.cells, kinds, body.length);
  settleAccount(columns, candidates, kinds, body.length, account);
  gatherTexts(columns, header.cells, kinds, titles);

  const taken = new Set(Object.values(columns).flat());
  return {
    columns, currency, doubt,
    day_first: titles.some(({ meanings }, column) => taken.has(column) && meanings.length > 0 && !meanings.some((m) => m.english)),
    signed_by_title: !header.cells.some((title) => CARD_TITLE.test(foldWords(title))),
  };
}

/** The column that is the amount less (or with) the fee on every row: what moves the account where the fee is kept back. */
function netAmount(columns: Columns, candidates: readonly { column: number; rank: number }[], body: readonly Row[]): number | undefined {
  const [gross, fee] = [columns.amount?.[0], columns.fee?.[0]];
  if (gross === undefined || fee === undefined || body.length === 0) return undefined;
  const [before, kept] = [unitsOf(body, gross), unitsOf(body, fee)];
  return candidates.map(({ column }) => column).filter((column) => column !== gross).find((column) => {
    const after = unitsOf(body, column);
    const differs = after.some((value, i) => value !== before[i]);
    return differs && [1n, -1n].some((sign) => after.every((value, i) => value !== undefined && before[i] !== undefined && value === before[i]! + sign * (kept[i] ?? 0n)));
  });
}

/** Of several amounts, one names the account's currency; another is what was instructed in its own. Says so where neither is plain. */
function settleAmounts(
  columns: Columns, candidates: readonly { column: number; rank: number }[], titles: readonly { currency: string | null }[], body: readonly Row[],
): Table['doubt'] {
  if (columns.amount === undefined) return null;
  const named = columns.amount.find((column) => titles[column]!.currency !== null);
  const amount = named ?? columns.amount[0]!;
  const equals = candidates.filter((c) => c.rank === candidates[0]!.rank).map((c) => c.column);
  const others = equals.filter((column) => column !== amount);
  columns.amount = [amount];
  if (named === undefined) {
    const differ = others.some((column) => body.some(({ cells }) => (cells[column] ?? '').trim() !== (cells[amount] ?? '').trim()));
    return differ ? { problem: 'several columns could be the amount', amounts: equals } : null;
  }
  if (others.length > 0 && columns.instructed_amount === undefined) {
    columns.instructed_amount = [others[0]!];
    columns.instructed_currency ??= columns.currency;
  }
  return null;
}

/** Of a signed amount beside debit and credit columns, the one that is on more rows. */
function preferAmount(columns: Columns, kinds: readonly Kind[]): boolean {
  const filled = (role: Role): number => kinds[columns[role]?.[0] ?? -1]?.filled ?? 0;
  return columns.amount !== undefined && kinds[columns.amount[0]!]!.negatives > 0 && filled('amount') >= filled('debit') + filled('credit');
}

/** A balance that is the same on every row is none of a row: the statement's opening or closing one where its title says so, else of another day. */
function settleBalances(columns: Columns, cells: readonly string[], kinds: readonly Kind[], rows: number): void {
  for (const role of ['balance', 'balance_before'] as const) {
    const column = columns[role]?.[0];
    if (column === undefined || rows < 2 || kinds[column]!.filled < rows || kinds[column]!.distinct.size > 1) continue;
    delete columns[role];
    const label = labelOf(cells[column]!.trim());
    if (label === 'opening' || label === 'closing') columns[`${label}_balance`] = [column];
  }
}

/** `Account` alone may be the statement's own account or the counterparty's: the values say which, and the account `printed` above the table. */
function settleAccount(
  columns: Columns, candidates: Map<Role, { column: number; rank: number }[]>, kinds: readonly Kind[], rows: number, printed: string | null,
): void {
  const found = candidates.get('account');
  if (found === undefined || columns.account === undefined) return;
  const own = found.find((c) => c.rank === 0);
  const generic = found.filter((c) => c.rank > 0).map((c) => c.column);
  const counterparty = columns.counterparty_account ?? columns.payee_account ?? columns.payer_account;
  const isOwn = (column: number): boolean => {
    const kind = kinds[column]!;
    const others = columns.counterparty_name ?? columns.payee_name ?? columns.payer_name;
    if (kind.filled === 0) return others === undefined;
    // A name for the account is no number of it.
    if (![...kind.distinct].some((value) => /\d{3}/.test(value.replace(/[ ./-]/g, '')))) return false;
    if (printed !== null) return [...kind.distinct].some((value) => compareAccounts(value, printed) !== 'no');
    // An own account stands on every row and is one of few; the counterparty's is often missing and rarely the same.
    if (kind.filled < rows * 0.9) return false;
    // Beside the other side's bank stands its account, where rows are of SEPA's payments.
    const bank = columns.counterparty_bank?.[0];
    if (bank !== undefined && Math.abs(bank - column) === 1 && (columns.mandate_id ?? columns.end_to_end_id) !== undefined && column > (columns.booking_date?.[0] ?? 0)) return false;
    if (counterparty !== undefined || others === undefined || column < (columns.booking_date?.[0] ?? 0)) return true;
    return rows > 1 && kind.distinct.size <= Math.max(1, rows / 10);
  };
  const account = own?.column ?? generic.find(isOwn);
  if (account === undefined) delete columns.account;
  else columns.account = [account];
  const rest = generic.filter((column) => column !== account);
  // Of a number and an IBAN, of which banks often leave one blank, the one that is there.
  if (counterparty === undefined && rest.length > 0) columns.counterparty_account = [rest.find((column) => kinds[column]!.filled > 0) ?? rest[0]!];
}

/** The account's own name, or the other side's. */
const OWNER_TITLE = /^account (?:holder|name)$/;

/** German booking texts have 27 characters at most (subfield 00 of MT940), those of other countries not many more. */
const LONGEST_KIND = 40;

/** Texts that no field of their own takes belong to the description; without any title that says so, all unknown text columns are it. */
function gatherTexts(columns: Columns, cells: readonly string[], kinds: readonly Kind[], titles: readonly { meanings: readonly TitleMeaning[] }[]): void {
  const description = [...(columns.description ?? [])];
  // Of two names the account's own is the one that is always the same.
  const isConstant = (column: number): boolean => kinds[column]!.distinct.size === 1 && kinds[column]!.filled > 1;
  columns.counterparty_name?.sort((a, b) => Number(isConstant(a)) - Number(isConstant(b)));
  if (columns.counterparty_name?.length === 1 && OWNER_TITLE.test(foldWords(cells[columns.counterparty_name[0]!] ?? '')) && isConstant(columns.counterparty_name[0]!)) delete columns.counterparty_name;
  // Under the title of a kind of booking stands what is longer than any.
  const texts = (columns.transaction_code ?? []).filter((column) => kinds[column]!.longest > LONGEST_KIND);
  // In New Zealand, where a payment has three fields for the payer's words, one is called a code.
  if (cells.some((cell) => foldWords(cell) === 'particulars')) texts.push(...(columns.transaction_code ?? []).filter((column) => !texts.includes(column) && foldWords(cells[column]!) === 'code'));
  if (texts.length > 0) {
    description.push(...texts);
    columns.transaction_code = columns.transaction_code!.filter((column) => !texts.includes(column));
  }
  for (const role of ['counterparty_name', 'payer_name', 'payee_name', 'customer_reference'] as const) {
    // A second name that is the same on every row is the account's own.
    description.push(...(columns[role]?.slice(1) ?? []).filter((column) => role !== 'counterparty_name' || !isConstant(column)));
    if (columns[role] !== undefined) columns[role] = columns[role].slice(0, 1);
  }
  // Of two columns that could be the kind of booking, the one that says more is its text.
  const kindsOfBooking = [...(columns.transaction_code ?? []), ...(columns.indicator ?? []).filter((column) => titles[column]?.meanings.some((m) => m.role === 'transaction_code') === true)];
  if (description.length === 0 && kindsOfBooking.length > 1) {
    const [text, ...codes] = kindsOfBooking.toSorted((a, b) => kinds[b]!.distinct.size - kinds[a]!.distinct.size || b - a);
    description.push(text!);
    columns.transaction_code = codes;
  }
  if (description.length === 0) {
    titles.forEach((_, column) => {
      if (titles[column]!.meanings.length === 0 && isText(kinds[column]!)) description.push(column);
    });
    if (description.length === 0 && columns.transaction_code !== undefined) {
      description.push(...columns.transaction_code);
      delete columns.transaction_code;
    }
  }
  // What stands under no title goes on with the text before it.
  if (description.length > 0) titles.forEach((_, column) => {
    if ((cells[column] ?? '').trim() === '' && !description.includes(column) && isText(kinds[column]!) && kinds[column]!.sides < kinds[column]!.filled) description.push(column);
  });
  if (description.length > 0) columns.description = description.toSorted((a, b) => a - b);
}

/** Whether a printed title is the one that a profile names. */
export function sameTitle(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

/** The row that holds the titles that a profile names; `1`, `2`, … name columns of a file without titles. */
function forcedHeader(rows: readonly Row[], columns: NonNullable<StatementProfile['columns']>): number | undefined {
  const names = Object.values(columns).flat();
  const at = rows.slice(0, MAX_PREAMBLE_ROWS).findIndex((row) => names.every((name) => row.cells.some((cell) => sameTitle(cell, name))));
  return at < 0 ? undefined : at;
}

function forcedColumns(titles: readonly string[], columns: StatementProfile['columns']): Map<Role, number[]> {
  const forced = new Map<Role, number[]>();
  for (const [role, names] of Object.entries(columns ?? {})) {
    const found = [names].flat().map((name) => titles.findIndex((title) => sameTitle(title, name))).filter((column) => column >= 0);
    if (found.length > 0) forced.set(role as Role, found);
  }
  return forced;
}

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
function unitsOf(rows: readonly Row[], column: number): (bigint | undefined)[] {
  const vote = createMarkVote();
  for (const { cells } of rows) vote.add(cells[column] ?? '');
  const mark = vote.settle() === ',' ? ',' : '.';
  return rows.map(({ cells }) => parseDecimal(parseAmount(cells[column] ?? '', mark) ?? '', UNIT_DECIMALS));
}

function isDate(cell: string): boolean {
  return findDates(cell).size > 0;
}

function isAmount(cell: string): boolean {
  return !isDate(cell) && findAmount(cell) !== undefined;
}

/** A table whose titles are missing or unknown: only where the values are unmistakable. */
function inferTable(rows: readonly Row[], profile: StatementProfile | undefined): Table | undefined {
  const dated = withoutHead(rows.filter(({ cells }) => cells.some(isDate) && cells.some(isAmount) && !isBareBalance(cells)));
  if (dated.length === 0) return undefined;
  const first = rows.indexOf(dated[0]!);
  const sample = dated.slice(0, KIND_ROWS);
  const width = Math.max(...sample.map((row) => row.cells.length));
  const kinds = Array.from({ length: width }, (_, column) => kindOf(sample, column, profile));
  const always = kinds.flatMap((kind, column) => (kind.filled === sample.length ? [column] : []));
  const dates = always.filter((column) => kinds[column]!.dates === sample.length);
  const numbers = kinds.flatMap((kind, column) => (kind.filled > 0 && kind.amounts === kind.filled && kind.dates < kind.filled ? [column] : []));
  const texts = kinds.flatMap((kind, column) => (
    isText(kind) && kind.sides < kind.filled ? [column] : []));
  const above = first > 0 ? rows[first - 1]! : undefined;
  const titled = above !== undefined && above.cells.length >= width / 2 && !isBareBalance(above.cells)
    && above.cells.filter((cell) => cell.trim() !== '' && !isDate(cell) && !isAmount(cell)).length > width / 2;
  const known = titled ? above.cells.flatMap((title) => readTitle(title).meanings.map((m) => m.role)) : [];
  if (dates.length === 0 || texts.length === 0 || numbers.length === 0 || known.includes('foreign')) return undefined;

  const sides = kinds.findIndex((kind) => kind.filled === sample.length && kind.sides === kind.filled);
  const found = findBalance(sample, dates[0]!, numbers, sides < 0 ? undefined : sides, profile);
  // Titles in an unknown language over a date and a number may be those of anything.
  if (titled && found === undefined && !known.some((role) => role === 'booking_date' || isMoney(role))) return undefined;
  const money = numbers.filter((column) => kinds[column]!.negatives > 0 || kinds[column]!.fractions > 0);
  if (money.length === 0) return undefined;
  const signed = money.filter((column) => kinds[column]!.negatives > 0);
  const amount = found !== undefined && 'amount' in found ? found.amount : (signed.length === 1 ? signed[0] : money[0])!;
  const columns: Columns = { booking_date: [dates[0]!], amount: [amount], description: texts.filter((column) => kinds[column]!.ibans < kinds[column]!.filled) };
  if (found !== undefined && 'debit' in found) {
    [columns.debit, columns.credit] = [[found.debit], [found.credit]];
    delete columns.amount;
  }
  if (found?.balance !== undefined) columns.balance = [found.balance];
  if (found?.before !== undefined) columns.balance_before = [found.before];
  const currency = always.find((column) => kinds[column]!.currencies === sample.length);
  if (currency !== undefined) columns.currency = [currency];
  const ibans = texts.filter((column) => kinds[column]!.ibans === kinds[column]!.filled);
  // The same on every row; of a single row's two, the first.
  const account = ibans.find((column) => kinds[column]!.distinct.size === 1 && kinds[column]!.filled === sample.length && (sample.length > 1 || ibans.length > 1));
  // The same number on every row, in front of the date, is the account's own.
  const number = sample.length < 2 ? -1 : kinds.slice(0, dates[0])
    .findIndex((kind) => kind.filled === sample.length && kind.distinct.size === 1 && /^[\d ./-]{6,}$/.test([...kind.distinct][0]!));
  if (account !== undefined || number >= 0) columns.account = [account ?? number];
  if (number >= 0) columns.description = columns.description!.filter((column) => column !== number);
  const other = ibans.find((column) => column !== account);
  if (other !== undefined) columns.counterparty_account = [other];
  if (sides >= 0) columns.indicator = [sides];
  let doubt: Table['doubt'] = null;
  if (found === undefined && titled) doubt = { problem: 'the titles of the columns are not known', amounts: money };
  else if (found === undefined && money.length > 1 && signed.length !== 1) doubt = { problem: 'several columns could be the amount', amounts: money };
  for (const [role, names] of Object.entries(profile?.columns ?? {})) {
    const numbered = [names].flat().map(Number);
    if (!numbered.every((n) => n >= 1 && n <= width)) continue;
    if (role === 'debit' || role === 'credit') delete columns.amount;
    columns[role as Role] = numbered.map((n) => n - 1);
    if (isMoney(role as Role)) doubt = null;
  }
  return {
    header: titled ? above : null, body_line: dated[0]!.line, preamble: rows.slice(0, titled ? first - 1 : first), columns,
    // No bank of a country that has IBANs writes the month first.
    currency: null, day_first: ibans.length > 0, signed_by_title: false, score: sample.length + width, doubt,
  };
}

/** Without a first row of other dates than all that follow: it is about the statement, and its numbers are balances. */
function withoutHead(rows: Row[]): Row[] {
  const forms = rows.slice(0, KIND_ROWS).map(({ cells }) => cells.filter(isDate).map((date) => date.trim().replace(/\d/g, '9')).join(' '));
  const [first, second] = forms;
  return forms.length > 2 && first !== second && forms.every((form, i) => i === 0 || form === second) ? rows.slice(1) : rows;
}

function isBareBalance(cells: readonly string[]): boolean {
  return bareBalance(filledTexts(cells)) !== null;
}

/** Fewer rows add up by chance, or in more than one way. */
const FEWEST_CHAINED = 3;

/** More columns of numbers than any bank prints; every three of them are tried. */
const MOST_NUMBERS = 16;

type FoundBalance = ({ amount: number } | { debit: number; credit: number }) & { balance?: number; before?: number };

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
function findBalance(
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
