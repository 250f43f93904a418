import type { CalendarDate } from '../../core/date.ts';
import type { RawAmount } from '../../core/statement.ts';
import { parseAmount, referenceOf } from './mt940-statement-line.ts';

/** What the text of a payment says of it, whatever marks it uses, before it is known which of its parties is the other side. */

export interface Party {
  name: string | null;
  account: string | null;
  bank: string | null;
}

export interface Findings {
  /** The German business transaction code or its like in other countries. */
  code: string | null;
  /** The bank's own words for the booking; the remittance only where there is no other text. */
  booking_text: string | null;
  words: string[];
  /** Of the bank itself, and the day of value, where the text has what fields of their own have elsewhere. */
  bank_reference: string | null;
  value_date: CalendarDate | null;
  end_to_end_id: string | null;
  mandate_id: string | null;
  customer_reference: string | null;
  structured_reference: string | null;
  return_reason: string | null;
  counterparty: Party;
  /** Whoever pays, whoever is paid: who of the two is the other side depends on the sign. */
  debtor: Party | null;
  creditor: Party | null;
  ultimate_debtor: string | null;
  ultimate_creditor: string | null;
  /** Who is named in place of the one that gave the order, and of the one that received it. */
  instead_of_sender: string | null;
  instead_of_receiver: string | null;
  instructed: { amount: RawAmount; currency: string | null } | null;
  charges: { amount: RawAmount; currency: string | null }[];
  exchange_rate: string | null;
}

export function noParty(): Party {
  return { name: null, account: null, bank: null };
}

export function noFindings(): Findings {
  return {
    code: null, booking_text: null, words: [], bank_reference: null, value_date: null, end_to_end_id: null, mandate_id: null, customer_reference: null, structured_reference: null,
    return_reason: null, counterparty: noParty(), debtor: null, creditor: null, ultimate_debtor: null, ultimate_creditor: null,
    instead_of_sender: null, instead_of_receiver: null, instructed: null, charges: [], exchange_rate: null,
  };
}

/** The other side, which whoever pays is of money in, and whoever is paid of money out. */
export function otherSide({ counterparty, debtor, creditor }: Findings, credit: boolean): Party {
  const side = credit ? debtor ?? creditor : creditor ?? debtor;
  return side === null ? counterparty
    : { name: counterparty.name ?? side.name, account: counterparty.account ?? side.account, bank: counterparty.bank ?? side.bank };
}

export function isParty({ name, account, bank }: Party): boolean {
  return name !== null || account !== null || bank !== null;
}

/** Without runs of white space and space around; null when nothing is left. */
export function tidy(text: string): string | null {
  if (text === '') return null;
  return (TIDY.test(text) ? text : text.replace(/\s+/g, ' ').trim()) || null;
}

const TIDY = /^\S+(?: \S+)*$/;

/** Where what follows a code word goes. */
export type Place = (found: Findings, value: string) => void;

export const place = {
  bankReference: (found: Findings, value: string): void => void (found.bank_reference ??= referenceOf(value)),
  endToEnd: (found: Findings, value: string): void => void (found.end_to_end_id ??= referenceOf(value)),
  mandate: (found: Findings, value: string): void => void (found.mandate_id ??= referenceOf(value)),
  customer: (found: Findings, value: string): void => void (found.customer_reference ??= referenceOf(value)),
  structured: (found: Findings, value: string): void => void (found.structured_reference ??= referenceOf(value)),
  reason: (found: Findings, value: string): void => void (found.return_reason ??= tidy(value)),
  words: (found: Findings, value: string): void => void found.words.push(value),
  booking: (found: Findings, value: string): void => void (found.booking_text ??= tidy(value)),
  name: (found: Findings, value: string): void => void (found.counterparty.name ??= tidy(value)),
  account: (found: Findings, value: string): void => void (found.counterparty.account ??= tidy(value)),
  bank: (found: Findings, value: string): void => void (found.counterparty.bank ??= tidy(value)),
  instructed(found: Findings, value: string): void {
    const money = parseMoney(value);
    if (money !== null) found.instructed ??= money;
  },
  charges(found: Findings, value: string): void {
    const money = parseMoney(value);
    if (money !== null && /[1-9]/.test(money.amount)) found.charges.push(money);
  },
  rate: (found: Findings, value: string): void => void (found.exchange_rate ??= parseAmount(value.trim()) ?? null),
  senderInstead: (found: Findings, value: string): void => void (found.instead_of_sender ??= tidy(value)),
  receiverInstead: (found: Findings, value: string): void => void (found.instead_of_receiver ??= tidy(value)),
  nowhere: (): void => {},
} satisfies Record<string, Place>;

/** `EUR11,85` or `11,85`, also behind a slash. */
function parseMoney(text: string): { amount: RawAmount; currency: string | null } | null {
  const plain = text.trim();
  const currency = /^[A-Z]{3}/.test(plain) ? plain.slice(0, 3) : null;
  const amount = parseAmount((currency === null ? plain : plain.slice(3)).trim());
  return amount === undefined ? null : { amount, currency };
}
