/** Amounts, dates and counts as the user's browser says that the user writes them. */

const LOCALES = navigator.languages.length > 0 ? [...navigator.languages] : ['en-GB'];

const decimals = new Map<string, number>();

/** The currency's number of decimals; an unknown one counts as two. */
export function decimalsOf(currency: string): number {
  let digits = decimals.get(currency);
  if (digits === undefined) {
    try {
      digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
    } catch {
      digits = 2;
    }
    decimals.set(currency, digits);
  }
  return digits;
}

const amountFormats = new Map<number, Intl.NumberFormat>();

/** Formats a plain decimal string (`-1234.50`) without losing a digit. */
export function formatAmount(amount: string, currency: string): string {
  const digits = Math.max(decimalsOf(currency), amount.includes('.') ? amount.length - amount.indexOf('.') - 1 : 0);
  let format = amountFormats.get(digits);
  if (!format) amountFormats.set(digits, format = new Intl.NumberFormat(LOCALES, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  return format.format(amount as Intl.StringNumericLiteral);
}

const MARKS = new Intl.NumberFormat(LOCALES).formatToParts(-12345.6);
const markOf = (type: Intl.NumberFormatPartTypes, otherwise: string): string => MARKS.find((part) => part.type === type)?.value ?? otherwise;
const DECIMAL = markOf('decimal', '.');
const GROUP = markOf('group', ',');

/**
 * Reads what a person typed as a plain decimal string; undefined when it is no amount of the currency. The locale's marks are read, and
 * plain decimals where they cannot be mistaken: `1.234` is a thousand where the dot groups.
 */
export function parseAmount(text: string, currency: string): string | undefined {
  const digits = decimalsOf(currency);
  const typed = text.trim().replaceAll('−', '-').replaceAll(/[\s\u00a0\u202f']/g, '');
  const own = new RegExp(`^-?(?:\\d+|\\d{1,3}(?:\\${GROUP.trim() || ' '}\\d{3})+)(?:\\${DECIMAL}(\\d{0,${digits}}))?$`);
  const plain = new RegExp(`^-?\\d+(?:\\.\\d{1,${digits}})?$`);
  let value: string;
  if (own.test(typed)) value = typed.replaceAll(GROUP, '').replace(DECIMAL, '.');
  else if (digits !== 3 && plain.test(typed)) value = typed;
  else return undefined;
  const [whole, fraction = ''] = value.split('.');
  return digits === 0 ? whole : `${whole}.${fraction.padEnd(digits, '0')}`;
}

/** Decimal strings as minor units: only for sums, which must not lose a digit either. */
export function minorUnits(amount: string, currency: string): bigint {
  const [whole, fraction = ''] = amount.split('.');
  return BigInt(whole! + fraction.padEnd(decimalsOf(currency), '0'));
}

/** Minor units as a plain decimal string. */
export function fromMinorUnits(minor: bigint, currency: string): string {
  const digits = decimalsOf(currency);
  const text = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, '0');
  return (minor < 0n ? '-' : '') + (digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`);
}

const DATE = new Intl.DateTimeFormat(LOCALES, { year: 'numeric', month: '2-digit', day: '2-digit', timeZone: 'UTC' });
const TIME = new Intl.DateTimeFormat(LOCALES, { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' });
const COUNT = new Intl.NumberFormat(LOCALES);
const PERCENT = new Intl.NumberFormat(LOCALES, { style: 'percent', maximumFractionDigits: 1 });

/** A calendar date, `YYYY-MM-DD`. */
export function formatDate(date: string): string {
  return DATE.format(new Date(`${date}T00:00:00Z`));
}

/** A moment, ISO 8601, in the user's own time zone. */
export function formatTime(moment: string): string {
  return TIME.format(new Date(moment));
}

export function formatCount(count: number): string {
  return COUNT.format(count);
}

/** A share of 1. */
export function formatShare(share: number): string {
  return PERCENT.format(share);
}

const RELATIVE = new Intl.RelativeTimeFormat(LOCALES, { numeric: 'auto', style: 'short' });

/** How long ago, in the largest unit that fits. */
export function formatAge(moment: string): string {
  const minutes = Math.round((Date.now() - Date.parse(moment)) / 60_000);
  if (minutes < 60) return RELATIVE.format(-minutes, 'minute');
  if (minutes < 48 * 60) return RELATIVE.format(-Math.round(minutes / 60), 'hour');
  return RELATIVE.format(-Math.round(minutes / 1440), 'day');
}

/** Codes of the system, `short_payment`, as words: `Short payment`. */
export function wordsOf(code: string): string {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
