import { readSepaText, SEPA_AT_START } from './payment-marks.ts';
import { tidy, type Findings } from './payment-text.ts';

/** Numbered subfields of field 86 (Germany, Austria, Switzerland; with other separators Poland, Hungary, the Netherlands). */

/** A subfield's length in the German standard; a full one runs on in the next, a shorter one has lost a space or ends a sentence. */
const SUBFIELD_CHARACTERS = 27;

const CODE = /^[0-9A-Z]{3}$/;
/** Separators that open a subfield wherever they stand before a number; any other must do so twice. */
const USUAL_SEPARATORS = '?~^<>|';

/** The character in front of the subfield numbers: `166?00…`, `020~00…`, `?20…`, `000>10…`; null when the field has no subfields. */
export function findSeparator(first: string): string | null {
  const at = CODE.test(first.slice(0, 3)) ? 3 : 0;
  const separator = first[at];
  if (separator === undefined || /[A-Za-z0-9\s/\-.,:;()'"]/.test(separator) || numberAt(first, at + 1) < 0) return null;
  if (USUAL_SEPARATORS.includes(separator)) return separator;
  const next = first.indexOf(separator, at + 1);
  return next > 0 && numberAt(first, next + 1) >= 0 ? separator : null;
}

/** The two digits there as the number of a subfield, 00, 10-39 or 60-79; -1 for anything else. */
function numberAt(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - ZERO, text.charCodeAt(at + 1) - ZERO];
  const known = ones >= 0 && ones <= 9 && (tens === 0 ? ones === 0 : (tens >= 1 && tens <= 3) || tens === 6 || tens === 7);
  return known ? tens * 10 + ones : -1;
}

const ZERO = 0x30;

/** In the order in which they stand. Arrays and no Map: there are a dozen of them in each of millions of fields. */
interface Subfields {
  readonly numbers: number[];
  readonly values: string[];
}

function valueOf({ numbers, values }: Subfields, number: number): string {
  const at = numbers.indexOf(number);
  return at < 0 ? '' : values[at]!;
}

/**
 * Annex 3 of the German DFÜ agreement, "Strukturierte Belegung des Feldes 86": 00 booking text, 10 journal number, 20-29 and 60-63 text,
 * 30 bank, 31 account, 32-33 name, 34 text key addition. Polish banks use the same numbers, 38 for the IBAN and, without 32, 27-28 for the
 * name. Whatever else is numbered is text.
 */
export function readSubfields(text: string, separator: string, found: Findings): void {
  const fields = splitSubfields(text, separator);
  const code = text.slice(0, 3);
  // 000 and 999 say that there is no code.
  if (text[3] === separator && code !== '000' && code !== '999') found.code = code;
  found.booking_text = tidy(valueOf(fields, 0));
  const nameAt = fields.numbers.includes(32) ? 32 : separator !== '?' && fields.numbers.includes(27) && !fields.numbers.includes(26) ? 27 : null;
  const texts: string[] = [];
  for (let i = 0; i < fields.numbers.length; i++) {
    const number = fields.numbers[i]!;
    if (isTextNumber(number) && number !== nameAt && number - 1 !== nameAt) texts.push(fields.values[i]!);
  }
  readSepaText(joinSubfields(texts), found);
  const { counterparty } = found;
  if (nameAt !== null) counterparty.name = tidy(joinSubfields([valueOf(fields, nameAt), valueOf(fields, nameAt + 1)]));
  // No account number has a space, but a wrapped one may get it.
  counterparty.account = (valueOf(fields, 38) || valueOf(fields, 31)).replace(/\s+/g, '') || counterparty.account;
  counterparty.bank = valueOf(fields, 30).replace(/\s+/g, '') || counterparty.bank;
  const addition = valueOf(fields, 34).slice(0, 3);
  if (/^9[01]\d$/.test(addition)) found.return_reason ??= RETURN_REASONS.get(addition) ?? addition;
}

function isTextNumber(number: number): boolean {
  return (number >= 20 && number <= 29) || (number >= 35 && number !== 38);
}

/**
 * Text key additions of SEPA returns (subfield 34) as codes of ISO 20022, where banks' documents agree on one; the others are given as
 * printed (914 is for several reasons that are not specified).
 */
const RETURN_REASONS: ReadonlyMap<string, string> = new Map([
  ['901', 'AC01'], ['902', 'AC04'], ['903', 'AC06'], ['904', 'AG01'], ['906', 'AM04'], ['907', 'AM05'], ['908', 'BE04'], ['909', 'MD01'],
  ['910', 'MD02'], ['912', 'MD06'], ['913', 'MD07'], ['915', 'RC01'],
]);

/** A number that has stood before, or is none of a subfield, is the payer's own text behind the separator's character. */
function splitSubfields(text: string, separator: string): Subfields {
  const fields: Subfields = { numbers: [], values: [] };
  let from = 0;
  for (let at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, at + 1)) {
    const number = numberAt(text, at + 1);
    if (number < 0 || fields.numbers.includes(number)) continue;
    if (from > 0) fields.values.push(text.slice(from, at));
    fields.numbers.push(number);
    from = at + 3;
  }
  fields.values.push(text.slice(from));
  return fields;
}

/** A line feed marks where a subfield ends for good. Banks whose subfields are longer than the standard's fill them up to their own length. */
function joinSubfields(parts: readonly string[]): string {
  let width = SUBFIELD_CHARACTERS;
  for (const part of parts) if (part.length > width) width = part.length;
  const joined: string[] = [];
  let runsOn = true;
  for (const part of parts) {
    if (!runsOn || SEPA_AT_START.test(part)) joined.push('\n');
    joined.push(part);
    runsOn = part.length === width;
  }
  return joined.join('');
}
