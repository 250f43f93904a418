import type { CalendarDate } from '../../core/date.ts';
import { Failure } from '../../core/failure.ts';
import type { EntryStatus, Format, RawAmount, RawEntry, Transaction } from '../../core/statement.ts';
import { all, amountOf, dateIn, dayOf, find, isDebit, joined, referenceAt, signed, textAt, type Element } from './camt-element.ts';
import { balanceOf, INTERIM } from './camt-head.ts';
import { chargesOf, instructedIn, rateIn, transactionCode, type EntryContext } from './camt-transaction.ts';

/** ReportEntry (Ntry): amount, sign, status, days, and what it says by itself beside its transactions. */

/** An entry with its transactions, once its end has been read. */
export interface WholeEntry {
  /** The line on which it begins. */
  readonly line: number;
  readonly number: number;
  /** The entry without its TxDtls. */
  readonly element: Element;
  readonly details: Transaction<RawAmount>[];
  /** A detail without an amount of its own: what it says is then said by the entry. */
  readonly incomplete: boolean;
}

/** What the entry's transactions take over from it. */
export function entryContext(entry: Element): EntryContext {
  return {
    currency: find(entry, 'Amt')?.currency ?? null,
    debit: isDebit(entry, 'Ntry/CdtDbtInd') ?? false,
    reversal: isReversal(entry),
    code: transactionCode(entry),
  };
}

/** The entry as it is delivered. A batch of two or more transactions keeps them apart, unless one of them has no amount to stand on its own. */
export function readEntry({ element, number, line, details, incomplete }: WholeEntry, context: EntryContext, head: Element, format: Format): RawEntry {
  const amount = find(element, 'Amt');
  if (amount === undefined) throw new Failure('malformed', 'the entry has no Amt', { field: 'Ntry/Amt' });
  const debit = isDebit(element, 'Ntry/CdtDbtInd');
  if (debit === undefined) throw new Failure('malformed', 'the entry has no CdtDbtInd, so its sign is not known', { field: 'Ntry/CdtDbtInd' });
  const only = details.length === 1 ? details[0] : undefined;
  const foreign = find(element, 'AmtDtls');
  const charges = chargesOf(element);
  const batch = find(element, 'NtryDtls', 'Btch') ?? find(element, 'Btch');
  const said = only?.remittance ?? (incomplete && details.length > 1 ? wordsOf(details) : null);
  return {
    amount: signed(amountOf(amount, 'Ntry/Amt'), debit),
    currency: amount.currency,
    bank_reference: referenceAt(element, 'AcctSvcrRef') ?? only?.bank_reference ?? null,
    end_to_end_id: only?.end_to_end_id ?? null,
    mandate_id: only?.mandate_id ?? null,
    customer_reference: only?.customer_reference ?? referenceAt(batch, 'PmtInfId'),
    transaction_code: context.code ?? only?.transaction_code ?? null,
    return_reason: only?.return_reason ?? null,
    counterparty: only?.counterparty ?? null,
    ultimate_counterparty: only?.ultimate_counterparty ?? null,
    remittance: said ?? textAt(element, 'AddtlNtryInf'),
    structured_reference: only?.structured_reference ?? null,
    instructed: only?.instructed ?? instructedIn(foreign, debit, amount.currency),
    exchange_rate: only?.exchange_rate ?? rateIn(foreign),
    charges: charges.length > 0 || only === undefined ? charges : only.charges,
    line: number,
    booking_date: bookingDate(element, head),
    value_date: dateIn(find(element, 'ValDt'), 'Ntry/ValDt'),
    status: statusOf(element, format),
    reversal: context.reversal,
    source: { page: null, line },
    details: only === undefined && !incomplete ? details : [],
    balance_after: null,
  };
}

function wordsOf(details: readonly Transaction<RawAmount>[]): string | null {
  return details.reduce<string | null>((words, detail) => joined(joined(words, detail.structured_reference), detail.remittance), null);
}

const STATUS: ReadonlyMap<string, EntryStatus> = new Map([['BOOK', 'booked'], ['PDNG', 'pending'], ['FUTR', 'pending'], ['INFO', 'information']]);

/** Sts is mandatory. Where it is missing all the same, a statement (camt.053) is of booked entries; anything unknown must not be posted. */
function statusOf(entry: Element, format: Format): EntryStatus {
  const status = find(entry, 'Sts');
  const code = textAt(status, 'Cd') ?? textAt(status, 'Prtry') ?? textAt(entry, 'Sts');
  if (code === null) return format === 'camt.053' ? 'booked' : 'information';
  return STATUS.get(code) ?? 'information';
}

/** Some banks print a day only for the whole statement: then it is that of the closing balance, of the period's end, of the message. */
function bookingDate(entry: Element, head: Element): CalendarDate {
  const date =
    dateIn(find(entry, 'BookgDt'), 'Ntry/BookgDt') ??
    dateIn(find(entry, 'ValDt'), 'Ntry/ValDt') ??
    balanceOf(all(head, 'Bal'), ['CLBD', INTERIM], null, true)?.date ??
    dayOf(textAt(head, 'FrToDt', 'ToDtTm'), 'FrToDt/ToDtTm') ??
    dayOf(textAt(head, 'CreDtTm'), 'CreDtTm');
  if (date === null) throw new Failure('malformed', 'neither the entry nor its statement has a date', { field: 'Ntry/BookgDt' });
  return date;
}

/** RvslInd. It does not turn the sign: CdtDbtInd already says where the money of the reversal went. */
function isReversal(entry: Element): boolean {
  const indicator = textAt(entry, 'RvslInd');
  return indicator === 'true' || indicator === '1';
}
