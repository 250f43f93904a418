import { compareAccounts, ibanStatus } from '../../core/account.ts';
import type { CalendarDate } from '../../core/date.ts';
import { isCalendarDate } from '../../core/date.ts';
import type { Location } from '../../core/failure.ts';
import { Failure } from '../../core/failure.ts';
import type { Finding, FindingCode } from '../../core/finding.ts';
import { formatMoney, isCurrency, parseMoney } from '../../core/money.ts';
import { createProof } from '../../core/proof.ts';
import { findReferences } from '../../core/reference.ts';
import type { Charge, RawAmount, RawEntry, RawStatement, Source, StatementBalance, Transaction } from '../../core/statement.ts';
import { emptyTransaction } from '../../core/statement.ts';
import { cleanText, normaliseReference } from '../../core/text.ts';
import type { CanonicalEntry, CanonicalStatement, CanonicalTransaction } from './contract.ts';

/** What the document leaves open, settled by resolveAccount: the account as the accounts know it, and its currency. */
export interface Resolution {
  account: string;
  currency: string;
}

/** Turns one statement's raw entries, chunk by chunk in document order, into canonical ones; memory does not grow with them. */
export interface Normalizer {
  /** Throws `malformed` with the place where an amount or a date is none. */
  entries(raw: readonly RawEntry[]): CanonicalEntry[];
  /** Called once, after the last chunk. */
  finish(): CanonicalStatement;
}

/**
 * The account that a statement is of. What the document prints decides: equal numbers first, then numbers that can be the same (masked, or
 * without the bank's code) when only one account fits. A document that prints no account is of the only one in its currency.
 * Throws `unknown_account` when no account fits what is printed, `ambiguous` when the document leaves the choice open.
 */
export function resolveAccount<Account extends Resolution>(
  head: Pick<RawStatement, 'account' | 'currency'>, accounts: readonly Account[],
): Account {
  const inCurrency = (list: readonly Account[]): readonly Account[] =>
    head.currency === null ? list : list.filter((account) => account.currency === head.currency);
  if (head.account === null) {
    const fitting = inCurrency(accounts);
    if (fitting.length === 1) return fitting[0]!;
    throw new Failure('ambiguous', `the statement prints no account, and ${fitting.length} of the accounts${
      head.currency === null ? '' : ` are in ${head.currency}`} fit; name it in a profile in rules/profiles/ (account: …)`);
  }
  const compared = accounts.map((account) => ({ account, verdict: compareAccounts(head.account!, account.account) }));
  const same = compared.filter((c) => c.verdict === 'same').map((c) => c.account);
  const named = same.length > 0 ? same : compared.filter((c) => c.verdict === 'possible').map((c) => c.account);
  const fitting = inCurrency(named);
  if (fitting.length === 1) return fitting[0]!;
  if (fitting.length > 1) {
    throw new Failure('ambiguous',
      `the statement is of account ${head.account}, and ${fitting.length} accounts can be meant; name it in a profile in rules/profiles/ (account: …)`);
  }
  throw new Failure('unknown_account', named.length > 0
    ? `the statement is of account ${head.account} in ${head.currency}, which the accounts know in ${
      named.map((a) => a.currency).join(', ')}; correct it with tieout import accounts`
    : `the statement is of account ${head.account}, which is not in the accounts; add it with tieout import accounts`);
}

/** Starts the normalization of one statement, whose head is known. Pure but for its own sums. */
export function createNormalizer(head: RawStatement, resolution: Resolution): Normalizer {
  const { currency } = resolution;
  const dates = { from: head.from, to: head.to, opening_balance: head.opening_balance?.date, closing_balance: head.closing_balance?.date };
  for (const [field, date] of Object.entries(dates)) if (date != null) checkDate(date, field);
  const proof = createProof();
  const outside = tally('booked_outside_period');
  const foreign = tally('entry_in_other_currency');
  let entry_count = 0;
  let first: CalendarDate | null = null;
  let last: CalendarDate | null = null;

  const normalizeEntry = (raw: RawEntry): CanonicalEntry => {
    checkDate(raw.booking_date, 'booking_date', raw.source);
    if (raw.value_date !== null) checkDate(raw.value_date, 'value_date', raw.source);
    entry_count++;
    if (raw.status === 'booked') {
      if (first === null || raw.booking_date < first) first = raw.booking_date;
      if (last === null || raw.booking_date > last) last = raw.booking_date;
      if ((head.from !== null && raw.booking_date < head.from) || (head.to !== null && raw.booking_date > head.to)) outside.add(raw.line);
    }
    const transaction = normalizeTransaction(raw, currency, raw.source);
    if (transaction.currency !== currency) foreign.add(raw.line);
    return {
      ...transaction,
      line: raw.line,
      booking_date: raw.booking_date,
      value_date: raw.value_date,
      status: raw.status,
      reversal: raw.reversal,
      source: raw.source,
      balance_after: raw.balance_after === null ? null : units(raw.balance_after, transaction.currency, 'balance', raw.source),
      ...splitBatch(transaction, raw.details.map((detail) => normalizeTransaction(detail, transaction.currency, raw.source))),
    };
  };

  return {
    entries(raw) {
      proof.entries(raw);
      return raw.map(normalizeEntry);
    },
    finish() {
      const { checks, ties_out, ...balances } = proof.finish(head);
      const findings = [...outside.findings(), ...foreign.findings()];
      if (ties_out === null) findings.push({ code: 'unproven', detail: 'no balances are printed' });
      if (ties_out === false) {
        findings.push({ code: 'does_not_tie_out', detail: checks.filter((c) => !c.ok).map((c) => `${c.name}: ${c.detail}`).join('; ') });
      }
      // OFX downloads of a past period print the balance of the day of the download: it closes nothing, and nothing follows from it.
      const of_another_day = head.opening_balance === null && head.to !== null && (head.closing_balance?.date ?? head.to) > head.to;
      if (of_another_day) findings.push({ code: 'balance_of_another_day', detail: `the balance is of ${head.closing_balance!.date}, the statement ends on ${head.to}` });
      const { opening_balance, closing_balance } = of_another_day ? { opening_balance: null, closing_balance: null } : balances;
      const balance = (printed: StatementBalance<RawAmount> | null, field: string): StatementBalance<bigint> | null =>
        printed && { amount: units(printed.amount, currency, field), date: printed.date };
      return {
        format: head.format,
        extractor: head.extractor,
        account: resolution.account,
        bank: cleanText(head.bank),
        currency,
        statement_id: cleanText(head.statement_id),
        sequence: cleanText(head.sequence),
        from: head.from ?? first,
        to: head.to ?? last,
        opening_balance: balance(opening_balance, 'opening_balance'),
        closing_balance: balance(closing_balance, 'closing_balance'),
        ties_out,
        checks,
        findings,
        entry_count,
      };
    },
  };
}

function normalizeTransaction(raw: Transaction<RawAmount>, statementCurrency: string, source: Source): CanonicalTransaction {
  const currency = raw.currency ?? statementCurrency;
  const findings: Finding[] = [];
  const sideUnits = (amount: RawAmount, of: string, what: string): bigint | undefined => {
    const value = parseMoney(amount, of);
    if (value === undefined) findings.push({ code: 'side_amount_dropped', detail: `${what} ${amount} ${of}` });
    return value;
  };
  const charges: Charge<bigint>[] = [];
  for (const charge of raw.charges) {
    const amount = sideUnits(charge.amount, charge.currency ?? currency, 'charge');
    if (amount !== undefined) charges.push({ amount, currency: charge.currency ?? currency, bearer: cleanText(charge.bearer) });
  }
  const instructed = raw.instructed && sideUnits(raw.instructed.amount, raw.instructed.currency, 'instructed amount');
  const account = cleanText(raw.counterparty?.account ?? null);
  const iban = account === null ? 'none' : ibanStatus(account);
  if (iban === 'invalid') findings.push({ code: 'iban_invalid', detail: 'the IBAN of the other side' });
  const remittance = cleanText(raw.remittance);
  const inText = raw.structured_reference === null && remittance !== null ? findReferences(remittance) : [];
  const code = raw.transaction_code;
  return {
    amount: units(raw.amount, currency, 'amount', source),
    currency,
    bank_reference: identifier(raw.bank_reference),
    end_to_end_id: identifier(raw.end_to_end_id),
    mandate_id: identifier(raw.mandate_id),
    customer_reference: identifier(raw.customer_reference),
    transaction_code: code && presentOrNull({
      domain: cleanText(code.domain), family: cleanText(code.family),
      subfamily: cleanText(code.subfamily), proprietary: cleanText(code.proprietary),
    }),
    return_reason: cleanText(raw.return_reason),
    counterparty: raw.counterparty && presentOrNull({
      name: cleanText(raw.counterparty.name),
      account: iban === 'valid' ? normaliseReference(account!) : account,
      bank: cleanText(raw.counterparty.bank),
    }),
    ultimate_counterparty: raw.ultimate_counterparty && presentOrNull({ name: cleanText(raw.ultimate_counterparty.name) }),
    remittance,
    structured_reference: inText.length === 1 ? inText[0]! : cleanText(raw.structured_reference),
    instructed: typeof instructed === 'bigint' ? { amount: instructed, currency: raw.instructed!.currency } : null,
    exchange_rate: cleanText(raw.exchange_rate),
    charges,
    findings,
  };
}

/**
 * Makes the details of a batch booking add up to it. What they lack becomes a detail of its own: the bank's charges when it says that it
 * took just that, else a remainder for a person. Details in another currency cannot be added: the entry then stands for itself.
 */
function splitBatch(
  entry: CanonicalTransaction, details: CanonicalTransaction[],
): Pick<CanonicalEntry, 'details' | 'findings' | 'remittance'> {
  const { findings, remittance } = entry;
  if (details.length === 0) return { details, findings, remittance };
  if (details.some((detail) => detail.currency !== entry.currency)) {
    return {
      details: [],
      findings: [...findings, { code: 'batch_in_other_currency', detail: `${details.length} details are not all in ${entry.currency}` }],
      remittance: remittance ?? cleanText(details.map((detail) => detail.remittance ?? '').join(' ')),
    };
  }
  const rest = details.reduce((left, detail) => left - detail.amount, entry.amount);
  if (rest === 0n) return { details, findings, remittance };
  const charges = entry.charges.filter((charge) => charge.currency === entry.currency);
  const charged = charges.reduce((sum, charge) => sum + (charge.amount < 0n ? -charge.amount : charge.amount), 0n);
  const explained = charged > 0n && rest === -charged;
  const remainder: CanonicalTransaction = {
    ...emptyTransaction('0', entry.currency),
    amount: rest,
    currency: entry.currency,
    instructed: null,
    transaction_code: entry.transaction_code,
    charges: explained ? charges : [],
    findings: [{
      code: explained ? 'batch_charges' : 'batch_remainder',
      detail: `${details.length} details lack ${formatMoney(rest, entry.currency)} ${entry.currency} of their entry`,
    }],
  };
  return { details: [...details, remainder], findings, remittance };
}

// What ISO 20022 (EPC usage) and SWIFT MT write where there is no reference; as a key it would join strangers.
const NO_REFERENCE = new Set(['NOTPROVIDED', 'NOT PROVIDED', 'NOTAVAILABLE', 'NONREF', 'NONE']);

function identifier(text: string | null): string | null {
  const clean = cleanText(text);
  return clean === null || NO_REFERENCE.has(clean.toUpperCase()) ? null : clean;
}

/** The object, or null when it has no value at all. */
function presentOrNull<T extends Record<string, string | null>>(fields: T): T | null {
  for (const name in fields) if (fields[name] !== null) return fields;
  return null;
}

function units(amount: RawAmount, currency: string, field: string, source?: Source): bigint {
  const value = parseMoney(amount, currency);
  if (value !== undefined) return value;
  throw new Failure('malformed', isCurrency(currency)
    ? `the ${field} "${amount.slice(0, 40)}" is no amount in ${currency}`
    : `"${currency.slice(0, 10)}" is no ISO 4217 currency`, locationOf(field, source));
}

function checkDate(date: string, field: string, source?: Source): void {
  if (!isCalendarDate(date)) {
    throw new Failure('malformed', `the ${field} "${date.slice(0, 40)}" is no day of the calendar (YYYY-MM-DD)`, locationOf(field, source));
  }
}

function locationOf(field: string, source?: Source): Location {
  return { ...(source?.page != null && { page: source.page }), ...(source?.line != null && { line: source.line }), field };
}

/** One finding for any number of entries: a document of a million odd ones must not become a million findings. */
function tally(code: FindingCode): { add(line: number): void; findings(): Finding[] } {
  let first = 0;
  let count = 0;
  return {
    add(line) {
      if (count++ === 0) first = line;
    },
    findings: () => (count === 0 ? [] : [{ code, detail: count === 1 ? `entry ${first}` : `entry ${first} and ${count - 1} more` }]),
  };
}
