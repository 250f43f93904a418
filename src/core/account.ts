import { composeIBAN, countrySpecs } from 'ibantools';
import { remembering } from './remember.ts';
import { normaliseReference } from './text.ts';

/** Bank account numbers in whatever notation a document prints them: IBAN, BBAN, the bank's own number, masked or not. */

const IBAN_SHAPE = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/;

/**
 * What an account number is as an IBAN (ISO 13616): `valid`, `invalid` (it has the shape and a registered country, but another length or
 * wrong check digits, mod 97-10 of ISO 7064), or `none`. A country's own check digits inside the BBAN are left to its banks: they are not
 * part of the standard, and accounts in use fail them.
 */
export function ibanStatus(account: string): 'valid' | 'invalid' | 'none' {
  const iban = normaliseReference(account);
  if (!IBAN_SHAPE.test(iban)) return 'none';
  const country = COUNTRIES.get(iban.slice(0, 2));
  if (country === undefined) return 'none';
  return iban.length === country.length && country.bban.test(iban.slice(4)) && isMod97(iban) ? 'valid' : 'invalid';
}

/** An IBAN in its electronic form (ISO 13616 section 5): without the spaces of the printed one. Any other number as it is. */
export function electronicIban(account: string): string {
  return isSpace(account.charCodeAt(GROUP)) && ibanStatus(account) === 'valid' ? normaliseReference(account) : account;
}

/** Characters of a group in the printed form. */
const GROUP = 4;

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0xa0 || code === 0x202f;
}

/** The first valid IBAN in a text, in its electronic form, printed in groups or not; null where there is none. */
export function ibanIn(text: string): string | null {
  for (const { 0: start, index } of text.matchAll(IBAN_BEGINNING)) {
    const length = COUNTRIES.get(start.slice(0, 2))?.length;
    if (length === undefined) continue;
    let iban = '';
    let at = index;
    for (; iban.length < length && at < text.length && /[A-Z0-9 \u00a0\u202f]/.test(text[at]!); at++) iban += text[at]!.trim();
    if (!/[A-Za-z0-9]/.test(text[at] ?? '') && ibanStatus(iban) === 'valid') return iban;
  }
  return null;
}

const IBAN_BEGINNING = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}/g;

/** The countries of the ISO 13616 registry, with the length of their IBANs and the form of what follows on the check digits. */
const COUNTRIES = new Map(Object.entries(countrySpecs).flatMap(([country, { chars, bban_regexp }]) =>
  (chars == null || bban_regexp == null ? [] : [[country, { length: chars, bban: new RegExp(bban_regexp) }] as const])));

/** Mod 97-10 (ISO 7064, as in ISO 13616 section 6): letters count from 10, country and check digits stand behind the rest, and 1 is left. */
function isMod97(iban: string): boolean {
  let rest = 0;
  for (let i = 0; i < iban.length; i++) {
    const code = iban.charCodeAt((i + 4) % iban.length);
    rest = (code < 0x3a ? rest * 10 + code - 0x30 : rest * 100 + code - 0x37) % 97;
  }
  return rest === 1;
}

// Asterisks, bullets, a run of dots or of the letter X: what banks print in place of digits.
const MASK = /(?:[*•●…]|\.{2,}|X{2,})[*•●….X -]*/g;

/**
 * The key by which account numbers are equal: an IBAN without spaces in upper case; any other number its letters and digits in upper case
 * without leading zeros; a masked one keeps the place of each hidden part as a `*`. The empty string when there is no letter or digit.
 */
export const accountKey: (account: string) => string = remembering((account) => {
  const plain = normaliseReference(account);
  if (ibanStatus(plain) === 'valid') return plain;
  const masked = account.toUpperCase().replace(MASK, '*');
  return masked.includes('*') && plain !== '' ? masked.replace(/[^A-Z0-9*]+/g, '') : plain.replace(/^0+(?=.)/, '');
});

/** National numbers of bank and account, as they stand in a country's BBAN (ISO 13616 registry): how many digits of each. */
const NATIONAL = [
  { country: 'DE', bank: 8, account: 10 },
  { country: 'AT', bank: 5, account: 11 },
  { country: 'CH', bank: 5, account: 12 },
] as const;
const NUMBER_WITH_BANK = /^(\d{5}|\d{8})[ /-]+(\d[\d ]*)$/;
const BIC = /^([A-Z]{4})([A-Z]{2})[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/;

/**
 * The keys under which an account may be on file: its own, and of a short national number beside its bank's the IBANs that the two make
 * up (Germany: Bankleitzahl and Kontonummer; Austria; Switzerland; the Netherlands by the bank's BIC). Empty where nothing is shown.
 */
export function accountKeys(account: string, bank: string | null): string[] {
  const key = accountKey(account);
  if (key === '') return [];
  const [, bank_number, number] = NUMBER_WITH_BANK.exec(account.trim()) ?? [];
  const [code, digits] = bank_number === undefined ? [normaliseReference(bank ?? ''), key] : [bank_number, number!.replaceAll(' ', '')];
  if (code === '' || !/^\d{1,12}$/.test(digits)) return [key];
  const bbans: { countryCode: string; bban: string }[] = [];
  for (const national of NATIONAL) {
    if (/^\d+$/.test(code) && code.length === national.bank && digits.length <= national.account) {
      bbans.push({ countryCode: national.country, bban: code + digits.padStart(national.account, '0') });
    }
  }
  const [, institution, country] = BIC.exec(code) ?? [];
  if (country === 'NL' && digits.length <= 10) bbans.push({ countryCode: 'NL', bban: institution + digits.padStart(10, '0') });
  return [key, ...bbans.flatMap((parts) => composeIBAN(parts) ?? [])];
}

// Documents print the account with or without its bank's code; ends shorter than this are shared by chance.
const NUMBER_WITHOUT_BANK_DIGITS = 8;

/**
 * Whether the number that a document prints can be that of a known account: `same` (equal keys, or one is the whole BBAN of the other, an
 * IBAN), `possible` (a masked number whose visible parts fit, or the end of the other, an IBAN: evidence only when no second account
 * fits), or `no`.
 */
export function compareAccounts(printed: string, known: string): 'same' | 'possible' | 'no' {
  const key = accountKey(printed);
  const knownKey = accountKey(known);
  if (key === '' || knownKey === '') return 'no';
  if (key === knownKey) return 'same';
  if (key.includes('*')) return fitsMask(key, knownKey) ? 'possible' : 'no';
  const [iban, number] = ibanStatus(knownKey) === 'valid' ? [knownKey, key] : [key, knownKey];
  if (ibanStatus(iban) !== 'valid') return 'no';
  if (iban.slice(4).replace(/^0+/, '') === number) return 'same';
  // A German account number is filled up with zeros in the IBAN, so that a short one is known as a whole.
  if (iban.startsWith('DE') && /^\d{1,10}$/.test(number) && iban.endsWith(number.padStart(10, '0'))) return 'possible';
  return number.length >= NUMBER_WITHOUT_BANK_DIGITS && number.length < iban.length && iban.endsWith(number) ? 'possible' : 'no';
}

// With fewer characters left at its ends, a mask fits accounts by chance.
const VISIBLE_DIGITS = 3;

/** The visible parts stand in the known number in their order, the first at its start and the last at its end. */
function fitsMask(masked: string, known: string): boolean {
  const parts = masked.split('*');
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (first.length + last.length < VISIBLE_DIGITS || known.length < first.length + last.length) return false;
  if (!known.startsWith(first) || !known.endsWith(last)) return false;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const at = known.indexOf(part, from);
    if (at < 0 || at + part.length > known.length - last.length) return false;
    from = at + part.length;
  }
  return true;
}
