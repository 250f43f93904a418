import { isCalendarDate, type CalendarDate } from '../../core/date.ts';
import { Failure } from '../../core/failure.ts';
import type { RawAmount } from '../../core/statement.ts';
import type { XmlAttribute } from './xml.ts';

/**
 * The elements of an ISO 20022 cash management message, and the values that stand in them: amounts, indicators, days, references, accounts
 * and agents, in the forms of all versions.
 */

/** An element that is read, with its children as a linked list: most have one or two, and an array for each costs more than its content. */
export interface Element {
  readonly name: string;
  readonly currency: string | null;
  text: string;
  first: Element | undefined;
  last: Element | undefined;
  next: Element | undefined;
}

export function newElement(name: string, currency: string | null): Element {
  return { name, currency, text: '', first: undefined, last: undefined, next: undefined };
}

/** The first child of that name; with further names, the first in it, and so on. */
export function find(element: Element | undefined, name: string, second?: string, third?: string): Element | undefined {
  const found = childOf(element, name);
  if (second === undefined) return found;
  const inner = childOf(found, second);
  return third === undefined ? inner : childOf(inner, third);
}

function childOf(element: Element | undefined, name: string): Element | undefined {
  let child = element?.first;
  while (child !== undefined && child.name !== name) child = child.next;
  return child;
}

/** The children of that name. */
export function all(element: Element | undefined, name: string): Element[] {
  const found: Element[] = [];
  for (let child = element?.first; child !== undefined; child = child.next) if (child.name === name) found.push(child);
  return found;
}

/** The text at the path without surrounding space; null when there is none. */
export function textAt(element: Element | undefined, name: string, second?: string, third?: string): string | null {
  return textOf(find(element, name, second, third));
}

/** The element's text without surrounding space; null when there is none. */
export function textOf(element: Element | undefined): string | null {
  return element?.text.trim() || null;
}

/** Words and further words, a space between them. */
export function joined(words: string | null, more: string | null): string | null {
  return words === null || more === null ? words ?? more : `${words} ${more}`;
}

export function currencyOf(attributes: readonly XmlAttribute[]): string | null {
  return attributes.find((attribute) => attribute.name === 'Ccy')?.value.trim() || null;
}

// ---- Values

/** ISO 20022 amounts have at most 18 digits. */
const MAX_AMOUNT_CHARACTERS = 40;

/** An unsigned amount as printed. The standard allows no sign: CdtDbtInd alone says where the money goes. */
export function amountOf(element: Element, field: string): RawAmount {
  const text = element.text.trim();
  const amount = text.length <= MAX_AMOUNT_CHARACTERS ? unsigned(text) : undefined;
  if (amount === undefined) {
    throw new Failure('malformed', `${field} "${text.slice(0, MAX_AMOUNT_CHARACTERS)}" is no unsigned decimal number`, { field });
  }
  if (element.currency !== null && element.currency.length !== 3) {
    throw new Failure('malformed', `${field} has the currency "${element.currency.slice(0, 10)}", which is no ISO 4217 code`, { field });
  }
  return amount;
}

const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** An xs:decimal without a minus as a plain decimal: `+1.5`, `.5` and `5.` are numbers too. */
function unsigned(printed: string): RawAmount | undefined {
  const text = printed.charCodeAt(0) === PLUS ? printed.slice(1) : printed;
  let point = -1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) continue;
    if (code !== POINT || point >= 0) return undefined;
    point = at;
  }
  if (point < 0) return text === '' ? undefined : text;
  if (text.length === 1) return undefined;
  if (point === 0) return `0${text}`;
  return point === text.length - 1 ? text.slice(0, -1) : text;
}

/** Whether the element's CdtDbtInd says debit; undefined when it says nothing. */
export function isDebit(element: Element, field: string): boolean | undefined {
  const indicator = textAt(element, 'CdtDbtInd');
  if (indicator === null) return undefined;
  if (indicator !== 'CRDT' && indicator !== 'DBIT') {
    throw new Failure('malformed', `${field} "${indicator.slice(0, 10)}" is neither CRDT nor DBIT`, { field });
  }
  return indicator === 'DBIT';
}

export function signed(amount: RawAmount, debit: boolean): RawAmount {
  return debit && /[1-9]/.test(amount) ? `-${amount}` : amount;
}

/** The day of an xs:date or xs:dateTime as printed, not moved into another time zone: the bank's day is the booking day. */
export function dayOf(text: string | null, field: string): CalendarDate | null {
  if (text === null) return null;
  const day = text.length === 10 ? text : text.slice(0, 10);
  if (!isCalendarDate(day)) throw new Failure('malformed', `${field} "${text.slice(0, 30)}" is no date`, { field });
  return day;
}

/** The day of a DateAndDateTimeChoice. */
export function dateIn(element: Element | undefined, field: string): CalendarDate | null {
  return element === undefined ? null : dayOf(textAt(element, 'Dt') ?? textAt(element, 'DtTm'), field);
}

/** A reference, unless it is the standard's word for none. */
export function referenceAt(element: Element | undefined, name: string): string | null {
  const text = textAt(element, name);
  return text === 'NOTPROVIDED' ? null : text;
}

/** The IBAN, or the number in whatever form the version has for others. */
export function accountNumber(account: Element | undefined): string | null {
  const id = find(account, 'Id');
  if (id === undefined) return null;
  const iban = textAt(id, 'IBAN');
  if (iban !== null) return iban.includes(' ') ? iban.replaceAll(' ', '') : iban;
  return textAt(id, 'Othr', 'Id') ?? textAt(id, 'PrtryAcct', 'Id') ?? textAt(id, 'BBAN') ?? textAt(id, 'UPIC');
}

/** The BIC, or the member number in the country's clearing system. */
export function bankId(agent: Element | undefined): string | null {
  const given = find(agent, 'FinInstnId');
  if (given === undefined) return null;
  const institution = find(given, 'CmbndId') ?? given;
  const member = find(institution, 'ClrSysMmbId');
  return textAt(institution, 'BICFI') ?? textAt(institution, 'BIC') ?? textAt(member, 'MmbId') ?? textAt(member, 'Id');
}
