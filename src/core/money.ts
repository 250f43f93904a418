import currencyCodes from 'currency-codes';

/**
 * Money is a bigint of minor units beside an ISO 4217 code. The number of decimals is the currency's own.
 * currency-codes carries the table of 2024-06; OVERRIDES holds what ISO 4217 amended since.
 */
const OVERRIDES: Record<string, number> = {
  XCG: 2, // Caribbean guilder, amendment 176 (2025-03-31)
  ZWG: 2, // Zimbabwe gold, amendment 177 (2024-08-31)
};

const EXPONENT = new Map<string, number>([
  ...currencyCodes.data.map((c): [string, number] => [c.code, c.digits]),
  ...Object.entries(OVERRIDES),
]);

/** Whether the code is an ISO 4217 alphabetic code. */
export function isCurrency(code: string): boolean {
  return EXPONENT.has(code);
}

/** The currency's number of decimals (ISO 4217 minor units): EUR 2, JPY 0, KWD 3. Undefined for an unknown code. */
export function exponentOf(currency: string): number | undefined {
  return EXPONENT.get(currency);
}

/** The currencies whose number of decimals is not two, with it: for what computes with amounts in the database. */
export const UNUSUAL_EXPONENTS: Readonly<Record<string, number>> = Object.fromEntries([...EXPONENT].filter(([, digits]) => digits !== 2));

const PLAIN = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * Parses a plain decimal string (`-1234.5`, no grouping, dot as the decimal mark) to units of 10^-exponent.
 * Trailing zeros beyond the exponent are accepted; undefined when the text is no plain decimal or carries more decimals than fit.
 */
export function parseDecimal(text: string, exponent: number): bigint | undefined {
  return parseShort(text, exponent) ?? parseLong(text, exponent);
}

/** Digits that a double holds exactly. */
const SHORT_DIGITS = 15;
const POWERS = Array.from({ length: 20 }, (_, i) => 10n ** BigInt(i));

/** The bulk of all amounts, read without a pattern; undefined for what needs a closer look. */
function parseShort(text: string, exponent: number): bigint | undefined {
  let at = text.charCodeAt(0) === MINUS ? 1 : 0;
  const negative = at === 1;
  const first = at;
  let units = 0;
  let point = -1;
  for (; at < text.length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit >= 0 && digit <= 9) units = units * 10 + digit;
    else if (digit === POINT - ZERO && point < 0 && at > first) point = at;
    else return undefined;
  }
  const decimals = point < 0 ? 0 : at - point - 1;
  const digits = at - first - (point < 0 ? 0 : 1);
  const power = POWERS[exponent - decimals];
  if (digits < 1 || digits > SHORT_DIGITS || (point >= 0 && decimals === 0) || power === undefined) return undefined;
  return BigInt(negative ? -units : units) * power;
}

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

function parseLong(text: string, exponent: number): bigint | undefined {
  const m = PLAIN.exec(text);
  if (!m) return undefined;
  let fraction = m[3] ?? '';
  if (fraction.length > exponent) {
    if (/[1-9]/.test(fraction.slice(exponent))) return undefined;
    fraction = fraction.slice(0, exponent);
  }
  const units = BigInt(m[2]! + fraction.padEnd(exponent, '0'));
  return m[1] ? -units : units;
}

/** Formats units of 10^-exponent as a plain decimal string with exactly that many decimals. */
export function formatDecimal(units: bigint, exponent: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(exponent + 1, '0');
  const sign = units < 0n ? '-' : '';
  return exponent === 0 ? sign + digits : `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** Parses an amount in the currency's own decimals to minor units; undefined when it is no plain decimal or does not fit. */
export function parseMoney(text: string, currency: string): bigint | undefined {
  const exponent = exponentOf(currency);
  return exponent === undefined ? undefined : parseDecimal(text, exponent);
}

/** Formats minor units in the currency's own decimals (`"1234.50"` EUR, `"1234"` JPY, `"1.234"` KWD). An unknown currency counts as two decimals. */
export function formatMoney(minor: bigint, currency: string): string {
  return formatDecimal(minor, exponentOf(currency) ?? 2);
}

/** The number of decimals that a plain decimal string carries. */
export function decimalsOf(text: string): number {
  const dot = text.indexOf('.');
  return dot < 0 ? 0 : text.length - dot - 1;
}
