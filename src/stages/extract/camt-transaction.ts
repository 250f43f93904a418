import type { Charge, RawAmount, Transaction, TransactionCode } from '../../core/statement.ts';
import {
  accountNumber, all, amountOf, bankId, find, isDebit, joined, referenceAt, signed, textAt, textOf, type Element,
} from './camt-element.ts';

/** EntryTransaction (TxDtls): references, amounts, charges, parties, remittance, return; and what an entry has of the same kind. */

/** Whose account it is. */
export interface AccountOwner {
  readonly account: string | null;
  readonly name: string | null;
}

/** What a transaction takes over from the entry around it. */
export interface EntryContext {
  readonly currency: string | null;
  readonly debit: boolean;
  readonly reversal: boolean;
  readonly code: TransactionCode | null;
}

/** One TxDtls. Its amount is the one in the entry's currency; amountKnown is false when it prints none at all (versions up to 3). */
export function readTransaction(element: Element, entry: EntryContext, owner: AccountOwner): { transaction: Transaction<RawAmount>; amountKnown: boolean } {
  const { currency } = entry;
  const debit = isDebit(element, 'TxDtls/CdtDbtInd') ?? entry.debit;
  const details = find(element, 'AmtDtls');
  const amount = transactionAmount(find(element, 'Amt'), details, currency);
  const references = find(element, 'Refs');
  const returned = find(element, 'RtrInf');
  const party = otherParty(element, owner, debit, entry.reversal || returned !== undefined);
  const remittance = find(element, 'RmtInf');
  const reference = remittance === undefined ? undefined : firstReference(remittance);
  const transaction: Transaction<RawAmount> = {
    amount: amount === undefined ? '0' : signed(amountOf(amount, 'TxDtls/Amt'), debit),
    currency: amount?.currency ?? currency,
    bank_reference: referenceAt(references, 'AcctSvcrRef'),
    end_to_end_id: referenceAt(references, 'EndToEndId'),
    mandate_id: referenceAt(references, 'MndtId'),
    customer_reference: referenceAt(references, 'InstrId') ?? referenceAt(references, 'PmtInfId') ?? referenceAt(references, 'TxId') ?? referenceAt(references, 'ChqNb'),
    transaction_code: transactionCode(element) ?? entry.code,
    return_reason: returned === undefined ? null : reasonOf(find(returned, 'Rsn') ?? find(returned, 'RtrRsn')),
    counterparty: party === null || (party.name === null && party.account === null && party.bank === null)
      ? null : { name: party.name, account: party.account, bank: party.bank },
    ultimate_counterparty: party === null || party.ultimate === null ? null : { name: party.ultimate },
    remittance: wordsOf(remittance, reference, returned) ?? textAt(element, 'AddtlTxInf'),
    structured_reference: textOf(reference),
    instructed: instructedIn(details, debit, currency),
    exchange_rate: rateIn(details),
    charges: chargesOf(element),
  };
  return { transaction, amountKnown: amount !== undefined };
}

/** The first amount in the entry's currency, else the first that there is. */
function transactionAmount(own: Element | undefined, details: Element | undefined, currency: string | null): Element | undefined {
  if (details === undefined || own?.currency === currency) return own;
  const amounts = [own, find(details, 'TxAmt', 'Amt'), find(details, 'CntrValAmt', 'Amt'), find(details, 'InstdAmt', 'Amt')].filter((amount) => amount !== undefined);
  return amounts.find((amount) => amount.currency === currency) ?? amounts[0];
}

function reasonOf(choice: Element | undefined): string | null {
  return textAt(choice, 'Cd') ?? textAt(choice, 'Prtry');
}

/** BkTxCd of an entry or transaction. */
export function transactionCode(element: Element): TransactionCode | null {
  const code = find(element, 'BkTxCd');
  if (code === undefined) return null;
  const domain = find(code, 'Domn');
  const family = find(domain, 'Fmly');
  return {
    domain: textAt(domain, 'Cd'),
    family: textAt(family, 'Cd'),
    subfamily: textAt(family, 'SubFmlyCd'),
    proprietary: textAt(code, 'Prtry', 'Cd'),
  };
}

/** AmtDtls (AmountAndCurrencyExchange): what the payer ordered, else the transaction's or counter amount in another currency. */
export function instructedIn(details: Element | undefined, debit: boolean, currency: string | null): Transaction<RawAmount>['instructed'] {
  if (details === undefined) return null;
  const amount = find(details, 'InstdAmt', 'Amt') ?? foreign(find(details, 'TxAmt', 'Amt'), currency) ?? foreign(find(details, 'CntrValAmt', 'Amt'), currency);
  const known = amount?.currency ?? currency;
  if (amount === undefined || known === null) return null;
  return { amount: signed(amountOf(amount, 'AmtDtls/InstdAmt/Amt'), debit), currency: known };
}

function foreign(amount: Element | undefined, currency: string | null): Element | undefined {
  return amount === undefined || amount.currency === null || amount.currency === currency ? undefined : amount;
}

/** The rate in AmtDtls, which stands with whichever amount was converted. */
export function rateIn(details: Element | undefined): string | null {
  if (details === undefined) return null;
  return textAt(find(details, 'InstdAmt'), 'CcyXchg', 'XchgRate') ?? textAt(find(details, 'TxAmt'), 'CcyXchg', 'XchgRate')
    ?? textAt(find(details, 'CntrValAmt'), 'CcyXchg', 'XchgRate');
}

/**
 * Chrgs: records since version 4, repeated elements before, a bare total where there is neither.
 * A charge is money out, unless it is credited (CRDT, a discount on charges).
 */
export function chargesOf(element: Element): Charge<RawAmount>[] {
  const charges: Charge<RawAmount>[] = [];
  for (let group = element.first; group !== undefined; group = group.next) {
    if (group.name !== 'Chrgs') continue;
    const records = all(group, 'Rcrd');
    for (const record of records.length > 0 ? records : [group]) {
      const amount = find(record, 'Amt') ?? find(record, 'TtlChrgsAndTaxAmt');
      if (amount === undefined) continue;
      const debit = isDebit(record, 'Chrgs/CdtDbtInd') ?? true;
      charges.push({ amount: signed(amountOf(amount, 'Chrgs/Amt'), debit), currency: amount.currency, bearer: textAt(record, 'Br') });
    }
  }
  return charges;
}

// ---- Parties

interface Party {
  readonly name: string | null;
  readonly account: string | null;
  readonly bank: string | null;
  readonly ultimate: string | null;
}

/** The elements of one side of a payment. */
interface Role {
  readonly party: string;
  readonly account: string;
  readonly agent: string;
  readonly ultimate: string;
}

const DEBTOR: Role = { party: 'Dbtr', account: 'DbtrAcct', agent: 'DbtrAgt', ultimate: 'UltmtDbtr' };
const CREDITOR: Role = { party: 'Cdtr', account: 'CdtrAcct', agent: 'CdtrAgt', ultimate: 'UltmtCdtr' };

/**
 * The other side of the transaction: the debtor of money in, the creditor of money out. A return carries the parties of the payment
 * that comes back, so there it is the other way round. Whoever is recognised as the account's owner is never the other side.
 */
function otherParty(element: Element, owner: AccountOwner, debit: boolean, reversal: boolean): Party | null {
  const parties = find(element, 'RltdPties');
  const agents = find(element, 'RltdAgts');
  const debtorIsOther = debit === reversal;
  const expected = partyOf(parties, agents, debtorIsOther ? DEBTOR : CREDITOR);
  if (expected === null ? !reversal : !isOwner(expected, owner)) return expected;
  const opposite = partyOf(parties, agents, debtorIsOther ? CREDITOR : DEBTOR);
  return opposite !== null && !isOwner(opposite, owner) ? opposite : expected;
}

function partyOf(parties: Element | undefined, agents: Element | undefined, role: Role): Party | null {
  const name = nameOf(find(parties, role.party));
  const account = accountNumber(find(parties, role.account));
  const bank = bankId(find(agents, role.agent));
  const ultimate = nameOf(find(parties, role.ultimate));
  return name === null && account === null && bank === null && ultimate === null ? null : { name, account, bank, ultimate };
}

/** A party's name: direct, under Pty, or, since version 8, of a bank as the party. */
function nameOf(party: Element | undefined): string | null {
  if (party === undefined) return null;
  return textAt(party, 'Nm') ?? textAt(party, 'Pty', 'Nm') ?? textAt(party, 'Agt', 'FinInstnId', 'Nm');
}

function isOwner(party: Party, owner: AccountOwner): boolean {
  if (party.account !== null && owner.account !== null) return party.account === owner.account;
  return party.name !== null && owner.name !== null && party.name.toLowerCase() === owner.name.toLowerCase();
}

// ---- Remittance

/** Ref of CdtrRefInf in a Strd. */
function referenceIn(structured: Element): Element | undefined {
  const reference = find(structured, 'CdtrRefInf');
  return nonEmpty(find(reference, 'Ref')) ?? nonEmpty(find(reference, 'CdtrRef'));
}

function nonEmpty(element: Element | undefined): Element | undefined {
  return textOf(element) === null ? undefined : element;
}

function firstReference(remittance: Element): Element | undefined {
  for (let part = remittance.first; part !== undefined; part = part.next) {
    const reference = part.name === 'Strd' ? referenceIn(part) : undefined;
    if (reference !== undefined) return reference;
  }
  return undefined;
}

/**
 * RmtInf in document order. The first creditor reference has a field of its own; further ones, document numbers and additional texts
 * are words of the remittance, as is what RtrInf says besides its reason. Banks break Ustrd at 35 or 140 characters; the breaks are kept as
 * single spaces.
 */
function wordsOf(remittance: Element | undefined, reference: Element | undefined, returned: Element | undefined): string | null {
  let words: string | null = null;
  for (let part = remittance?.first; part !== undefined; part = part.next) {
    if (part.name === 'Ustrd') words = joined(words, textOf(part));
    if (part.name !== 'Strd') continue;
    const printed = referenceIn(part);
    if (printed !== reference) words = joined(words, textOf(printed));
    for (const document of all(part, 'RfrdDocInf')) words = joined(words, textAt(document, 'Nb') ?? textAt(document, 'RfrdDocNb'));
    for (const text of all(part, 'AddtlRmtInf')) words = joined(words, textOf(text));
  }
  for (const text of all(returned, 'AddtlInf')) words = joined(words, textOf(text));
  for (const text of all(returned, 'AddtlRtrRsnInf')) words = joined(words, textOf(text));
  return words;
}
