import { compareAccounts } from '../../core/account.ts';
import { unitsOf } from './csv-balances.ts';
import { KIND_ROWS, isDate, isText, kindOf } from './csv-kinds.ts';
import type { Kind } from './csv-kinds.ts';
import { labelOf, readPreamble } from './csv-labels.ts';
import type { Row } from './csv-rows.ts';
import type { Columns, Table } from './csv-table.ts';
import { MONEY_ROLES, foldWords, readTitle } from './csv-titles.ts';
import type { Role, TitleMeaning } from './csv-titles.ts';
import { inferTable } from './csv-untitled.ts';
import type { StatementProfile } from './profile.ts';

/** Which column holds what: by the titles, and by the values under them. */

/** More lines than any preamble met; further down, a row that looks like titles is data. */
const MAX_PREAMBLE_ROWS = 100;

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

const DATE_ROLES = ['booking_date', 'value_date'] as const;

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

  // A single printed date is the booking date, also where its title says value date; beside one whose title nobody knows it is not.
  if (columns.booking_date === undefined && columns.value_date !== undefined) {
    const untold = kinds.findIndex(({ filled, dates }, column) => titles[column]!.meanings.length === 0 && filled === body.length && dates === filled && filled > 0);
    columns.booking_date = untold < 0 ? columns.value_date : [untold];
  }
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
