/** Amounts, dates and counts as the user's browser says that the user writes them. */

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

/** Minor units: only for sums, which must not lose a digit. */
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

// Spaces and apostrophes of every kind group digits and are never a decimal mark.
const NEUTRAL_GROUP = /[\s\u00a0\u202f'’]/g;
const UNSEEN_MARKS = /[\u200e\u200f\u061c]/g;
// Where the server writes an amount into a sentence, its currency follows.
const AMOUNT_IN_TEXT = /(?<![\w.,-])(-?\d+(?:\.\d{1,4})?) ([A-Z]{3})(?![\w])/g;

/** How people of these languages, the first that is known, write amounts and dates; digits are always 0 to 9. */
export function notationOf(locales: readonly string[]) {
  const numberFormat = (options: Intl.NumberFormatOptions): Intl.NumberFormat => new Intl.NumberFormat([...locales], { numberingSystem: 'latn', ...options });
  const dateFormat = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat([...locales], { numberingSystem: 'latn', calendar: 'gregory', year: 'numeric', month: '2-digit', day: '2-digit', ...options });
  const amounts = new Map<number, Intl.NumberFormat>();
  const marks = numberFormat({ useGrouping: 'always' }).formatToParts(-12345.6);
  const decimal = marks.find((part) => part.type === 'decimal')?.value ?? '.';
  const grouped = numberFormat({ useGrouping: 'always', maximumFractionDigits: 0 });
  const days = dateFormat({ timeZone: 'UTC' });
  const moments = dateFormat({ hour: '2-digit', minute: '2-digit' });
  const counts = numberFormat({});
  const shares = numberFormat({ style: 'percent', maximumFractionDigits: 1 });
  const spanFormat = (unit: string): Intl.NumberFormat => numberFormat({ style: 'unit', unit, unitDisplay: 'short' });
  const spans = { minute: spanFormat('minute'), hour: spanFormat('hour'), day: spanFormat('day') };
  const ages = new Intl.RelativeTimeFormat([...locales], { numeric: 'auto', style: 'short', numberingSystem: 'latn' } as Intl.RelativeTimeFormatOptions);

  /** Digits that are not grouped at all, or exactly as the language groups them; spaces and apostrophes group in every language. */
  function readWhole(text: string): string | undefined {
    if (/^\d+$/.test(text)) return text;
    const separators = new Set(text.replaceAll(/\d/g, ''));
    if (separators.size !== 1) return undefined;
    const digits = text.replaceAll(/\D/g, '');
    const own = grouped.format(digits as Intl.StringNumericLiteral);
    const with_theirs = own.replaceAll(/\D/g, [...separators][0]!);
    const group = own.replaceAll(/\d/g, '').charAt(0).replace(NEUTRAL_GROUP, ' ');
    return text === with_theirs && (separators.has(' ') || separators.has(group)) ? digits : undefined;
  }

  function formatAmount(amount: string, currency: string): string {
    const digits = Math.max(decimalsOf(currency), amount.includes('.') ? amount.length - amount.indexOf('.') - 1 : 0);
    let format = amounts.get(digits);
    if (!format) amounts.set(digits, format = numberFormat({ minimumFractionDigits: digits, maximumFractionDigits: digits }));
    return format.format(amount as Intl.StringNumericLiteral);
  }

  return {
    /** Formats a plain decimal string (`-1234.50`) without losing a digit. */
    formatAmount,

    /**
     * Reads what a person typed as a plain decimal string; undefined when it is no amount of the currency, or could be two: `1.234` is a
     * thousand where the dot groups, and nothing where neither the dot nor the currency says what it means.
     */
    parseAmount(text: string, currency: string): string | undefined {
      const digits = decimalsOf(currency);
      const typed = text.replaceAll(UNSEEN_MARKS, '').trim().replace(/^[−–](?=\d)/, '-').replaceAll(NEUTRAL_GROUP, ' ');
      const sign = typed.startsWith('-') ? '-' : '';
      const unsigned = typed.slice(sign.length);
      const at = unsigned.lastIndexOf(decimal);
      let whole = at < 0 ? readWhole(unsigned) : readWhole(unsigned.slice(0, at));
      let fraction = at < 0 ? '' : unsigned.slice(at + 1);
      if (whole === undefined) {
        // A point is read as the decimal mark in every language where it cannot group: not before three digits.
        const plain = /^(\d+)\.(\d+)$/.exec(unsigned);
        if (plain === null || plain[2]!.length === 3) return undefined;
        [, whole, fraction] = plain as unknown as [string, string, string];
      }
      if (!/^\d*$/.test(fraction) || fraction.length > digits) return undefined;
      return sign + BigInt(whole).toString() + (digits === 0 ? '' : `.${fraction.padEnd(digits, '0')}`);
    },

    /** A sentence of the server, with its amounts (`1234.50 EUR`) written as the user writes them. */
    formatSentence(text: string): string {
      return text.replaceAll(AMOUNT_IN_TEXT, (_, amount: string, currency: string) => `${formatAmount(amount, currency)}\u00a0${currency}`);
    },

    /** A sum of the server, `256414.07 + 13227.80 = 269641.87`, whose figures are all of one currency. */
    formatFigures: (text: string, currency: string): string => text.replaceAll(/(?<![\w.,-])-?\d+\.\d{1,4}(?![\w.])/g, (amount) => formatAmount(amount, currency)),

    /** A calendar date, `YYYY-MM-DD`. */
    formatDate: (date: string): string => days.format(new Date(`${date}T00:00:00Z`)),

    /** A moment, ISO 8601, in the user's own time zone. */
    formatTime: (moment: string): string => moments.format(new Date(moment)),

    formatCount: (count: number): string => counts.format(count),

    /** A count with its word: `1 entry`, `2 entries`. */
    formatCounted: (count: number, one: string, many = `${one}s`): string => `${counts.format(count)} ${count === 1 ? one : many}`,

    /** A share of 1. */
    formatShare: (share: number): string => shares.format(share),

    /** How long ago: `3 days ago`. */
    formatAge(moment: string): string {
      const [count, unit] = spanSince(moment);
      return ages.format(-count, unit);
    },

    /** How long by now: `3 days`. */
    formatSpan(moment: string): string {
      const [count, unit] = spanSince(moment);
      return spans[unit].format(count);
    },
  };
}

/** In the largest unit that fits. */
function spanSince(moment: string): [count: number, unit: 'minute' | 'hour' | 'day'] {
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(moment)) / 60_000));
  if (minutes < 60) return [minutes, 'minute'];
  return minutes < 48 * 60 ? [Math.round(minutes / 60), 'hour'] : [Math.round(minutes / 1440), 'day'];
}

export const { formatAmount, parseAmount, formatSentence, formatFigures, formatDate, formatTime, formatCount, formatCounted, formatShare, formatAge, formatSpan } = notationOf(navigator.languages.length > 0 ? navigator.languages : ['en-GB']);

/** Codes of the system, `short_payment`, as words: `Short payment`. */
export function wordsOf(code: string): string {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
