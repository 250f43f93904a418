import type { ProofBuilder } from '../../core/proof.ts';
import { Failure } from '../../core/failure.ts';
import type { Check, Format, PrintedTotal, RawAmount, RawStatement, StatementBalance } from '../../core/statement.ts';
import { accountNumber, all, amountOf, bankId, dateIn, dayOf, find, isDebit, signed, textAt, type Element } from './camt-element.ts';

/** The head of a statement, report or notification: account, period, balances, totals (AccountStatement, AccountReport, AccountNotification). */

const EXTRACTOR = 'camt@1';

/** What tells the three messages apart. */
export interface Message {
  readonly format: Format;
  /** The element that holds one statement. */
  readonly statement: string;
  /**
   * Balance codes (ExternalBalanceType1Code) in the order of preference. An interim report ends with an interim booked balance; so does a
   * page of a statement that is not the last, and one that is not the first begins with it.
   */
  readonly opening: readonly string[];
  readonly closing: readonly string[];
}

/** Interim booked: of the hour, or between two pages. */
export const INTERIM = 'ITBD';

/** What the entries have shown by the statement's end. */
export interface EntriesSeen {
  readonly entryCurrencies: ReadonlySet<string | null>;
  /** Whether every entry is booked. */
  readonly booked: boolean;
  /** Sums of all entries, whatever their status, where TxsSummry prints such. */
  readonly sums: ProofBuilder;
}

interface Balance extends StatementBalance<RawAmount> {
  readonly currency: string | null;
}

/**
 * The balance of the first code that occurs. A report of several days prints a pair for each: the opening is the earliest,
 * the closing the latest. Balances in other currencies than the account's own belong to its sub-accounts.
 */
export function balanceOf(balances: Element[], codes: readonly string[], accountCurrency: string | null, latest: boolean): Balance | null {
  for (const code of codes) {
    let chosen: Balance | null = null;
    for (const element of balances) {
      if (balanceCode(element) !== code) continue;
      const amount = find(element, 'Amt');
      if (amount === undefined) throw new Failure('malformed', `the balance ${code} has no Amt`, { field: 'Bal/Amt' });
      const debit = isDebit(element, 'Bal/CdtDbtInd') ?? false;
      const balance = { amount: signed(amountOf(amount, 'Bal/Amt'), debit), date: dateIn(find(element, 'Dt'), 'Bal/Dt'), currency: amount.currency };
      if (chosen === null) chosen = balance;
      else if (balance.currency !== chosen.currency) {
        if (balance.currency === accountCurrency) chosen = balance;
      } else if (balance.date !== null && chosen.date !== null && (latest ? balance.date >= chosen.date : balance.date < chosen.date)) chosen = balance;
    }
    if (chosen !== null) return chosen;
  }
  return null;
}

/** The balances between which the entries lie. A single interim balance is one edge of a page, the one that the other balance leaves. */
function edgesOf(balances: Element[], message: Message, accountCurrency: string | null): { opening: Balance | null; closing: Balance | null } {
  const interim = balances.filter((element) => balanceCode(element) === INTERIM);
  const without = (codes: readonly string[]): readonly string[] => codes.filter((code) => code !== INTERIM);
  const opening = balanceOf(balances, without(message.opening), accountCurrency, false);
  const closing = balanceOf(balances, without(message.closing), accountCurrency, true);
  const pageBegins = opening === null && message.opening.includes(INTERIM) && interim.length > (closing === null ? 1 : 0);
  return {
    opening: pageBegins ? balanceOf(interim.slice(0, 1), [INTERIM], accountCurrency, false) : opening,
    closing: closing ?? (message.closing.includes(INTERIM) ? balanceOf(pageBegins ? interim.slice(1) : interim, [INTERIM], accountCurrency, true) : null),
  };
}

function balanceCode(balance: Element): string | null {
  return textAt(balance, 'Tp', 'CdOrPrtry', 'Cd') ?? textAt(balance, 'Tp', 'Cd');
}

/** The head of the statement whose own element this is, the entries left out. */
export function readHead(head: Element, message: Message, seen: EntriesSeen): RawStatement {
  const account = find(head, 'Acct');
  const balances = all(head, 'Bal');
  const accountCurrency = textAt(account, 'Ccy');
  const { opening, closing } = edgesOf(balances, message, accountCurrency);
  const currencies = new Set(seen.entryCurrencies);
  for (const balance of balances) currencies.add(find(balance, 'Amt')?.currency ?? null);
  const currency = accountCurrency ?? (currencies.size === 1 ? [...currencies][0]! : null);
  const number = textAt(head, 'ElctrncSeqNb') ?? textAt(head, 'LglSeqNb');
  const page = textAt(find(head, 'StmtPgntn') ?? find(head, 'RptPgntn') ?? find(head, 'NtfctnPgntn'), 'PgNb');
  const period = find(head, 'FrToDt');
  const totals = printedTotals(find(head, 'TxsSummry'));
  return {
    format: message.format,
    extractor: EXTRACTOR,
    account: accountNumber(account),
    bank: bankId(find(account, 'Svcr')),
    currency,
    statement_id: textAt(head, 'Id'),
    sequence: number === null || page === null ? number : `${number}/${page}`,
    from: dayOf(textAt(period, 'FrDtTm'), 'FrToDt/FrDtTm'),
    to: dayOf(textAt(period, 'ToDtTm'), 'FrToDt/ToDtTm'),
    opening_balance: opening && { amount: opening.amount, date: opening.date },
    closing_balance: closing && { amount: closing.amount, date: closing.date },
    printed_totals: seen.booked ? totals : [],
    newest_first: false,
    reader_checks: [
      ...(seen.booked ? [] : totalChecks(totals, seen.sums)),
      ...currencyCheck([opening, closing].flatMap((balance) => (balance === null ? [] : [balance.currency])), seen.entryCurrencies, currency),
    ],
  };
}

/** TxsSummry (TotalTransactions). TtlNtries/Sum is left out: some banks add amounts there, others net them. */
function printedTotals(summary: Element | undefined): PrintedTotal[] {
  const totals: PrintedTotal[] = [];
  const all = find(summary, 'TtlNtries');
  const net = find(all, 'TtlNetNtry') ?? all;
  const netAmount = find(all, 'TtlNetNtry', 'Amt') ?? find(all, 'TtlNetNtryAmt');
  if (net !== undefined && netAmount !== undefined) {
    const field = 'TxsSummry/TtlNtries/TtlNetNtry';
    totals.push({ kind: 'net', amount: signed(amountOf(netAmount, field), isDebit(net, field) ?? false) });
  }
  for (const [part, kind, countKind] of [['TtlCdtNtries', 'credits', 'credit_count'], ['TtlDbtNtries', 'debits', 'debit_count']] as const) {
    const sum = find(summary, part, 'Sum');
    if (sum !== undefined) totals.push({ kind, amount: amountOf(sum, `TxsSummry/${part}/Sum`) });
    addCount(totals, countKind, find(summary, part), part);
  }
  addCount(totals, 'count', all, 'TtlNtries');
  return totals;
}

function addCount(totals: PrintedTotal[], kind: 'count' | 'credit_count' | 'debit_count', element: Element | undefined, part: string): void {
  const text = textAt(element, 'NbOfNtries');
  if (text === null) return;
  if (!/^\d{1,15}$/.test(text)) {
    throw new Failure('malformed', `TxsSummry/${part}/NbOfNtries "${text.slice(0, 20)}" is no count`, { field: `TxsSummry/${part}/NbOfNtries` });
  }
  totals.push({ kind, count: Number(text) });
}

/** TxsSummry counts every entry, and `printed_totals` means booked ones only: where others stand among them, the reader itself checks. */
function totalChecks(totals: PrintedTotal[], sums: ProofBuilder): Check[] {
  return sums.finish({
    printed_totals: totals, from: null, to: null, opening_balance: null, closing_balance: null, newest_first: false, reader_checks: [],
  }).checks;
}

/** A sum over several currencies proves nothing; said only when it is so. */
function currencyCheck(balances: (string | null)[], entries: ReadonlySet<string | null>, currency: string | null): Check[] {
  const found = new Set([...balances, ...entries, ...(currency === null ? [] : [currency])]);
  if (found.size <= 1) return [];
  return [{ name: 'one_currency', ok: false, detail: `account, balances and entries are in ${[...found].map((c) => c ?? 'none').sort().join(', ')}` }];
}
