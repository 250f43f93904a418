import { ibanStatus } from '../../core/account.ts';
import type { RawAmount, Transaction } from '../../core/statement.ts';
import { CODE_WORDS, readCodeWords } from './mt940-code-words.ts';
import type { StatementLine } from './mt940-statement-line.ts';
import { findSeparator, readSubfields } from './mt940-subfields.ts';
import { ACCOUNT_SHAPES, DUTCH, DUTCH_CAPITALS, FRENCH, FRENCH_DEBIT, POLISH, readMarked, SEPA } from './payment-marks.ts';
import { isParty, noFindings, otherSide, place, tidy, type Findings } from './payment-text.ts';

/**
 * Field 86 (`6*65x`) in its dialects. The standard leaves its content to the banks, so a field is told by its own form and never by the
 * bank's name: numbered subfields behind any separator, code words between slashes, code words with a plus sign or a colon, free text.
 */

/** SWIFT's line length: a line this long was broken by its width alone, in the middle of a word if need be. */
const LINE_CHARACTERS = 65;

/**
 * The transaction that a field 61 with its supplementary line and its fields 86 describe. `lines` are those of all fields 86 that follow the
 * field 61, without their tag and without blank ones.
 */
export function readTransaction(line: StatementLine, supplementary: string, lines: readonly string[], currency: string | null): Transaction<RawAmount> {
  const found = noFindings();
  const free = readInformation(lines, found);
  readSupplementary(supplementary, found, free);
  // Some Dutch banks put the other side's account where the reference belongs.
  const accountAsReference = line.customer_reference !== null && isIban(line.customer_reference);
  if (accountAsReference) found.counterparty.account ??= line.customer_reference;

  const credit = !line.amount.startsWith('-');
  const party = otherSide(found, credit);
  const ultimate = ultimateName(found, credit);
  return {
    amount: line.amount,
    currency,
    bank_reference: line.bank_reference,
    end_to_end_id: found.end_to_end_id,
    mandate_id: found.mandate_id,
    customer_reference: (accountAsReference ? null : line.customer_reference) ?? found.customer_reference,
    transaction_code: proprietary(codesOf(line.type, found.code)),
    return_reason: found.return_reason,
    counterparty: isParty(party) ? party : null,
    ultimate_counterparty: ultimate === null ? null : { name: ultimate },
    remittance: tidy(found.words.join(' ')) ?? found.booking_text,
    structured_reference: found.structured_reference,
    instructed: instructedOf(found, credit, currency),
    exchange_rate: found.exchange_rate,
    charges: found.charges.length === 0 ? [] : found.charges.map((charge) => ({ amount: negative(charge.amount), currency: charge.currency ?? currency, bearer: null })),
  };
}

/** SWIFT's types of charges, interest and returned items (field 61, subfield 6). */
const TELLING_TYPE = /^[NSF](?:CHG|COM|INT|RTI)$/;
/** German codes of charges and interest. */
const GERMAN_CHARGES = /^8(?:0\d|1[0-7])$/;

/**
 * The code of field 86 says more than SWIFT's type, but outside Germany it is the bank's own: beside a type that tells of charges, interest
 * or a return stands only a German code of these kinds alone; else both are given, as German banks print them in camt.
 */
function codesOf(type: string | null, code: string | null): string | null {
  if (type === null || code === null || !TELLING_TYPE.test(type) || GERMAN_CHARGES.test(code) || RETURNS.has(code)) return code ?? type;
  return `${type}+${code}`;
}

function proprietary(code: string | null): Transaction<RawAmount>['transaction_code'] {
  return code === null ? null : { domain: null, family: null, subfamily: null, proprietary: code };
}

/** German codes of SEPA direct debits, theirs and ours, and of orders that came back. */
const DIRECT_DEBITS: ReadonlySet<string> = new Set(['104', '105', '107', '108', '109', '110', '171', '174', '181', '184', '192', '193', '196', '197']);
const RETURNS: ReadonlySet<string> = new Set(['059', '108', '109', '110', '159', '181', '184']);

/**
 * The German standard names the party in place of the sender (ABWA) and of the receiver (ABWE) of the *order*: whoever pays sends a credit
 * transfer, whoever is paid sends a direct debit, and a return carries the order that came back.
 */
function ultimateName(found: Findings, credit: boolean): string | null {
  const sentToUs = (credit !== DIRECT_DEBITS.has(found.code ?? '')) !== RETURNS.has(found.code ?? '');
  return (sentToUs ? found.instead_of_sender : found.instead_of_receiver) ?? (credit ? found.ultimate_debtor : found.ultimate_creditor);
}

function instructedOf({ instructed }: Findings, credit: boolean, currency: string | null): Transaction<RawAmount>['instructed'] {
  const known = instructed?.currency ?? currency;
  return instructed === null || known === null ? null : { amount: credit ? instructed.amount : negative(instructed.amount), currency: known };
}

function negative(amount: RawAmount): RawAmount {
  return /[1-9]/.test(amount) ? `-${amount}` : amount;
}

/** True when the field is free text, to which the supplementary line may add words. */
function readInformation(lines: readonly string[], found: Findings): boolean {
  if (lines.length === 0) return true;
  const first = lines[0]!.trimStart();
  // Polish banks send the code in a field 86 of its own, before the one that has it in front of its subfields.
  if (lines.length > 1 && /^\d{3}\s*$/.test(first) && lines[1]!.startsWith(first.trimEnd()) && findSeparator(lines[1]!) !== null) return readInformation(lines.slice(1), found);
  const separator = findSeparator(first);
  if (separator !== null) {
    readSubfields(joinLines(lines, '').trimStart(), separator, found);
    return false;
  }
  if (first.startsWith('/') && (CODE_WORDS.has(first.slice(1, first.indexOf('/', 1))) || lines.some((line) => line.includes('/REMI/')))) {
    readCodeWords(joinLines(lines, ''), found);
    return false;
  }
  const text = joinLines(lines, '\n');
  if (readMarked(text, FRENCH, found) || readMarked(text, FRENCH_DEBIT, found)) return false;
  if (!/[+:]/.test(text)) return readFreeText(text, found);
  return readMarked(text, DUTCH, found) || readMarked(text, DUTCH_CAPITALS, found) || readMarked(text, POLISH, found) || readMarked(text, SEPA, found) ? false : readFreeText(text, found);
}

/**
 * Lines that were broken by their width are put together again; one character short of it, the space at the break was cut off. What stands
 * between others is for the dialect to say.
 */
function joinLines(lines: readonly string[], between: string): string {
  const parts: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    // Some banks fill every line up with one more space.
    const full = line.length > LINE_CHARACTERS && line.trimEnd().length <= LINE_CHARACTERS ? line.slice(0, LINE_CHARACTERS) : line;
    parts.push(full);
    if (i < lines.length - 1 && full.length < LINE_CHARACTERS) parts.push(full.length === LINE_CHARACTERS - 1 ? ' ' : between);
  }
  return parts.length === 1 ? parts[0]! : parts.join('');
}

const ISO_REASON = /^[A-Z]{2}\d\d$/;
const IBAN_START = /^[A-Z]{2}\d\d\w/;

/** Whether the word is an IBAN, its check digits right or wrong. Most words are told apart by their first letters. */
function isIban(word: string): boolean {
  return IBAN_START.test(word) && ibanStatus(word) !== 'none';
}

/** Text without structure, but for a reason of return and the other side's account that some banks print first. Always true. */
function readFreeText(text: string, found: Findings): boolean {
  // The German code for a field without structure, and its journal number.
  const unstructured = /^999(?:PN\d{4})?/.exec(text);
  let rest = unstructured === null ? text : text.slice(unstructured[0].length);
  if (/^\d{3}\s*$/.test(rest)) {
    found.code = rest.trim();
    return true;
  }
  const [first = '', second = ''] = rest.split(/\s/, 2);
  const returned = ISO_REASON.test(first) && isIban(second);
  const account = returned ? second : first;
  if (returned) found.return_reason = first;
  if (isIban(account)) {
    found.counterparty.account = account;
    rest = rest.slice(rest.indexOf(account) + account.length).trimStart();
    const bank = ACCOUNT_SHAPES.BIC.exec(rest)?.[0];
    // A name can look like a BIC, but for the country.
    if (bank?.slice(4, 6) === account.slice(0, 2)) {
      found.counterparty.bank = bank;
      rest = rest.slice(bank.length);
    }
  }
  place.words(found, rest);
  return true;
}

/**
 * Subfield 9 of field 61: original amount, charges and rate in code words (German and SWIFT practice), the other side's account (Rabobank)
 * or name (behind its account in field 86), else words of the bank.
 */
function readSupplementary(text: string, found: Findings, free: boolean): void {
  const plain = tidy(text);
  if (plain === null) return;
  const { counterparty } = found;
  if (plain.startsWith('/') && CODE_WORDS.has(plain.slice(1, plain.indexOf('/', 1)))) readCodeWords(plain, found);
  else if (isIban(plain)) counterparty.account ??= plain;
  else if (!free) found.booking_text ??= plain;
  else {
    const words = tidy(found.words.join(' ')) ?? '';
    if (counterparty.account !== null && words.startsWith(plain)) {
      counterparty.name ??= plain;
      found.words = [words.slice(plain.length)];
    } else if (!words.includes(plain)) found.words.unshift(plain);
  }
}
