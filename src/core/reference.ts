import { normaliseReference } from './text.ts';

/**
 * Structured creditor references and the check digits that their standards give them.
 * A check digit that fits is no evidence by itself: one number in ten passes a single digit by chance, and a payer can copy another
 * creditor's reference. It only says which standard a text may follow; evidence is that *we* issued the reference.
 */
const REFERENCE_STANDARDS = {
  rf: 'ISO 11649:2009 creditor reference (RF; SCOR of ISO 20022)',
  qrr: 'Swiss QR reference, 27 digits (SIX Implementation Guidelines QR-bill, annex B; also the former ISR reference)',
  viite: 'Finnish viitenumero, 4 to 20 digits (Finance Finland, Pankkiviivakoodi-opas; weights 7-3-1)',
  ogm: 'Belgian OGM/VCS structured communication, 12 digits (Febelfin, mod 97)',
  kid: 'Norwegian KID, 2 to 25 digits (Bits, mod 10 or mod 11)',
  ocr: 'Swedish OCR number, 2 to 25 digits (Bankgirot, mod 10)',
} as const;
export type ReferenceStandard = keyof typeof REFERENCE_STANDARDS;

/**
 * The form in which references are compared: upper case, without spaces, slashes, plus signs and dashes. Leading zeros are dropped from
 * numbers (they are filling in every national standard here, and weigh nothing in its check digit) and after the check digits of a valid
 * RF reference (ISO 11649 section 5.2: filled to the length that a form asks for).
 */
export function canonicalReference(text: string): string {
  const plain = normaliseReference(text);
  if (isRf(plain)) return plain.slice(0, 4) + plain.slice(4).replace(/^0+(?=.)/, '');
  return /^\d+$/.test(plain) ? plain.replace(/^0+(?=.)/, '') : plain;
}

/** Every standard whose form and check digits the whole text fits; several can (a Finnish number may also be a Norwegian one). */
export function recogniseReference(text: string): ReferenceStandard[] {
  const plain = normaliseReference(text);
  if (isRf(plain)) return ['rf'];
  if (!/^\d{2,27}$/.test(plain)) return [];
  const standards: ReferenceStandard[] = [];
  if (isQrr(plain)) standards.push('qrr');
  if (isOgm(plain)) standards.push('ogm');
  if (isViite(plain)) standards.push('viite');
  if (plain.length > 25) return standards;
  const luhn = isLuhn(plain);
  if (luhn || isKidMod11(/-\s*$/.test(text) ? `${plain}-` : plain)) standards.push('kid');
  if (luhn) standards.push('ocr');
  return standards;
}

/**
 * How references stand in free text where they cannot be mistaken for something else: RF, the Belgian form in its plus signs or asterisks,
 * the 27 digits of a QR reference, and the numbers of the other standards after their names (a tenth of all bare numbers pass for one).
 * The patterns look ahead, so that one match cannot swallow the next.
 */
const IN_TEXT: readonly { standard: ReferenceStandard; pattern: RegExp }[] = [
  { standard: 'rf', pattern: /(?<![A-Z0-9])(?=(RF ?\d{2}(?: ?[A-Z0-9]){1,21})(?![A-Z0-9]))/g },
  { standard: 'ogm', pattern: /(?=(?:\+{3}|\*{3}) ?(\d{3} ?\/ ?\d{4} ?\/ ?\d{5}) ?(?:\+{3}|\*{3}))/g },
  { standard: 'qrr', pattern: /(?<!\d)(?=(\d{2} ?\d{5} ?\d{5} ?\d{5} ?\d{5} ?\d{5})(?!\d))/g },
  { standard: 'viite', pattern: /(?<![A-Z0-9])VIITE(?:NUMERO|NRO)?(?=[:.]? ?(\d(?: ?\d){3,19})(?!\d))/g },
  { standard: 'kid', pattern: /(?<![A-Z0-9])KID(?=[:.]? ?(\d(?: ?\d){1,24}-?)(?!\d))/g },
  { standard: 'ocr', pattern: /(?<![A-Z0-9])OCR(?=[:.]? ?(\d(?: ?\d){1,24})(?!\d))/g },
];

/** What every one of these has: most texts are passed over at once. */
const MARK = /RF ?\d|[+*]{3}|VIITE|KID|OCR|\d(?: ?\d){26}/i;

/**
 * The references inside free text, each as canonicalReference gives it. They may be printed in groups, and what follows can look like one
 * more group: every end at a group that passes its check digits counts.
 */
export function findReferences(text: string): string[] {
  if (!MARK.test(text)) return [];
  const upper = text.toUpperCase();
  const found = new Set<string>();
  for (const { standard, pattern } of IN_TEXT) {
    for (const [, match] of upper.matchAll(pattern)) {
      for (let end = match!.length; end > 0; end = match!.lastIndexOf(' ', end - 1)) {
        const raw = match!.slice(0, end);
        if (recogniseReference(raw).includes(standard)) found.add(canonicalReference(raw));
      }
    }
  }
  return [...found];
}

/** ISO 11649: RF, two check digits, 1 to 21 letters or digits; ISO 7064 mod 97-10 over the rearranged reference is 1. */
function isRf(plain: string): boolean {
  return /^RF\d{2}[A-Z0-9]{1,21}$/.test(plain) && mod97(plain.slice(4) + plain.slice(0, 4)) === 1;
}

/** The remainder by 97 of a text whose letters count as 10 to 35. */
function mod97(text: string): number {
  let remainder = 0;
  for (let i = 0; i < text.length; i++) {
    const value = parseInt(text[i]!, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder;
}

const RECURSIVE_MOD10 = [0, 9, 4, 6, 8, 2, 7, 1, 3, 5];

/** 27 digits, the last by modulo 10 recursive; not all zeros. */
function isQrr(digits: string): boolean {
  if (digits.length !== 27 || /^0+$/.test(digits)) return false;
  let carry = 0;
  for (let i = 0; i < 26; i++) carry = RECURSIVE_MOD10[(carry + Number(digits[i])) % 10]!;
  return (10 - carry) % 10 === Number(digits[26]);
}

/** Ten digits and their remainder by 97, 97 in place of 0. */
function isOgm(digits: string): boolean {
  return digits.length === 12 && (Number(digits.slice(0, 10)) % 97 || 97) === Number(digits.slice(10));
}

/** Weights 7, 3, 1 from the right; the check digit fills the sum up to the next ten. */
function isViite(digits: string): boolean {
  const significant = digits.replace(/^0+/, '');
  if (significant.length < 4 || significant.length > 20) return false;
  let sum = 0;
  for (let i = significant.length - 2, w = 0; i >= 0; i--, w++) sum += Number(significant[i]) * [7, 3, 1][w % 3]!;
  return (10 - (sum % 10)) % 10 === Number(significant.at(-1));
}

/** The last character is the mod 11 check of the digits before it (weights 2 to 7 from the right); a check of 10 is written as a dash. */
function isKidMod11(kid: string): boolean {
  let sum = 0;
  for (let i = kid.length - 2, w = 2; i >= 0; i--, w = w === 7 ? 2 : w + 1) sum += Number(kid[i]) * w;
  const check = (11 - (sum % 11)) % 11;
  return kid.at(-1) === (check === 10 ? '-' : String(check));
}

/** ISO/IEC 7812-1 annex B (Luhn, mod 10). */
function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = digits.length - 1, double = false; i >= 0; i--, double = !double) {
    const value = Number(digits[i]) * (double ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}
