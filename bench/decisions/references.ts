import { makeQrr, makeRf } from '../../fixtures/generate/identifiers.ts';
import type { Random } from '../../fixtures/generate/random.ts';
import type { ReferenceKind } from './model.ts';

/** A structured reference with right check digits. */
export function makeReference(kind: ReferenceKind, random: Random): string {
  switch (kind) {
    case 'rf': return makeRf(random.digits(random.int(8, 15)));
    case 'qrr': return makeQrr(`${random.int(1, 9)}${random.digits(random.int(9, 20))}`);
    case 'ogm': return makeOgm(random.digits(10));
    case 'viite': return makeViite(`${random.int(1, 9)}${random.digits(random.int(5, 12))}`);
    case 'kid': return makeKid(`${random.int(1, 9)}${random.digits(random.int(7, 13))}`);
  }
}

/** The Belgian structured communication: ten digits and their remainder by 97, where 0 is written 97. */
function makeOgm(body: string): string {
  return body + String(Number(BigInt(body) % 97n) || 97).padStart(2, '0');
}

/** The Finnish reference number: weights 7, 3, 1 from the right, filled up to the next ten. */
function makeViite(body: string): string {
  const sum = [...body].toReversed().reduce((total, digit, i) => total + Number(digit) * [7, 3, 1][i % 3]!, 0);
  return body + String((10 - sum % 10) % 10);
}

/** The Norwegian KID with modulus 10 (Luhn). */
function makeKid(body: string): string {
  const sum = [...body].toReversed().reduce((total, digit, i) => {
    const doubled = Number(digit) * (i % 2 === 0 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return body + String((10 - sum % 10) % 10);
}

/** As people and banks print it in a text. */
export function printReference(kind: ReferenceKind, reference: string, random: Random): string {
  const grouped = (first: number, size: number): string => reference.replace(new RegExp(`^(.{${first}})`), '$1 ').replace(new RegExp(`(\\S{${size}})(?=\\S)`, 'g'), '$1 ');
  switch (kind) {
    case 'rf': return random.pick([reference, grouped(4, 4)]);
    case 'qrr': return random.pick([reference, grouped(2, 5)]);
    case 'ogm': return `+++${reference.slice(0, 3)}/${reference.slice(3, 7)}/${reference.slice(7)}+++`;
    case 'viite': return `Viite ${reference}`;
    case 'kid': return `KID ${reference}`;
  }
}
