import { addDays } from '../../../../src/core/date.ts';
import { seeded } from '../../../helpers/seeded.ts';
import type { Style, Truth, TruthEntry } from './draw.ts';
import { drawStatements, printDate, printNumber } from './draw.ts';
import type { LanguageCode } from './languages.ts';
import { LANGUAGES } from './languages.ts';

/** Layouts of statements that between them show every feature; each is varied by a seed (names, amounts, widths, fonts, words). */

export interface Layout {
  name: string;
  style: Style;
  entries?: number;
  /** Lines of a description, at most. */
  lines?: number;
  statements?: number;
  currency?: string;
  decimals?: number;
  /** The period crosses the end of the year. */
  turn_of_year?: boolean;
  fx?: boolean;
  /** A number in place of an IBAN. */
  number?: boolean;
  small?: boolean;
}

const EU: Pick<Style, 'group' | 'mark'> = { group: '.', mark: ',' };
const US: Pick<Style, 'group' | 'mark'> = { group: ',', mark: '.' };
const SPACED: Pick<Style, 'group' | 'mark'> = { group: ' ', mark: ',' };
const CH: Pick<Style, 'group' | 'mark'> = { group: "'", mark: '.' };

export const LAYOUTS: readonly Layout[] = [
  { name: 'en-uk-columns-balance', style: { language: 'en', sign: 'columns', date: 'd mon y', ...US, balance: 'row', opening: 'row', closing: 'row', carry: true, footer: true }, currency: 'GBP', number: true, lines: 2 },
  { name: 'en-us-amount-balance', style: { language: 'en', sign: 'minus', date: 'm/d/y', ...US, balance: 'row', opening: 'heading', closing: 'below', size: 'LETTER', symbol: '$', footer: true }, currency: 'USD', number: true },
  { name: 'en-us-sections', style: { language: 'en', sign: 'sections', date: 'm/d', ...US, opening: 'box', closing: 'box', totals: 'labelled', size: 'LETTER', symbol: '$', footer: true }, currency: 'USD', number: true, lines: 2 },
  { name: 'en-newest-first', style: { language: 'en', sign: 'minus', date: 'd/m/y', ...US, balance: 'row', newest_first: true, opening: 'heading', closing: 'heading' as 'below' }, currency: 'GBP', lines: 3 },
  { name: 'en-cr-dr', style: { language: 'en', sign: 'cr_dr', date: 'd-m-y', ...US, indian: true, balance: 'row', opening: 'row', closing: 'row' }, currency: 'INR', number: true },
  { name: 'en-cr-only', style: { language: 'en', sign: 'cr', date: 'd/m/y', ...US, opening: 'heading', closing: 'below' }, currency: 'AUD', number: true },
  { name: 'en-parentheses', style: { language: 'en', sign: 'parentheses', date: 'd month y', ...US, opening: 'heading', closing: 'below', totals: 'labelled' }, currency: 'EUR', lines: 2 },
  { name: 'en-indian-columns', style: { language: 'en', sign: 'columns', date: 'd/m/y', ...US, indian: true, balance: 'row', reference: true, value_date: true, opening: 'row', closing: 'row' }, currency: 'INR', number: true, lines: 2 },
  { name: 'en-yen', style: { language: 'en', sign: 'columns', date: 'iso', ...US, balance: 'row', opening: 'heading', closing: 'below' }, currency: 'JPY', decimals: 0, number: true },
  { name: 'en-dinar', style: { language: 'en', sign: 'columns', date: 'd/m/y', ...US, balance: 'row', opening: 'row', closing: 'row' }, currency: 'KWD', decimals: 3, number: true },
  { name: 'en-month-names-no-year', style: { language: 'en', sign: 'columns', date: 'd mon', ...US, opening: 'box', closing: 'box', credit_first: true }, currency: 'GBP', number: true, turn_of_year: true },
  { name: 'en-us-named-no-year', style: { language: 'en', sign: 'minus', date: 'mon d', ...US, opening: 'heading', closing: 'below', size: 'LETTER' }, currency: 'USD', number: true, turn_of_year: true },
  { name: 'en-by-balance', style: { language: 'en', sign: 'by_balance', date: 'd/m/y', ...US, balance: 'row', opening: 'row', closing: 'row' }, currency: 'EUR' },
  { name: 'en-letter-by-letter', style: { language: 'en', sign: 'columns', date: 'd/m/y', ...US, balance: 'row', opening: 'heading', closing: 'below', letters: true }, currency: 'EUR', lines: 2 },
  { name: 'en-dark-header-stripes', style: { language: 'en', sign: 'minus', date: 'd mon y', ...US, balance: 'row', opening: 'box', closing: 'box', dark_header: true, stripes: true }, currency: 'EUR', lines: 2 },
  { name: 'de-soll-haben', style: { language: 'de', sign: 'columns', date: 'd.m.', ...EU, value_date: true, opening: 'heading', closing: 'below', footer: true }, currency: 'EUR', lines: 5 },
  { name: 'de-betrag-saldo', style: { language: 'de', sign: 'minus', date: 'd.m.y', ...EU, value_date: true, balance: 'row', opening: 'row', closing: 'row', carry: true, footer: true }, currency: 'EUR', lines: 3 },
  { name: 'de-minus-behind', style: { language: 'de', sign: 'minus_behind', date: 'd.m.', ...EU, value_date: true, opening: 'heading', closing: 'below', carry: true }, currency: 'EUR', lines: 4 },
  { name: 'de-s-h', style: { language: 'de', sign: 's_h', date: 'd.m.', ...EU, value_date: true, opening: 'row', closing: 'row', carry: true, footer: true }, currency: 'EUR', lines: 6 },
  { name: 'de-indicator-column', style: { language: 'de', sign: 'indicator', date: 'd.m.y', ...EU, opening: 'row', closing: 'row' }, currency: 'EUR', lines: 2 },
  { name: 'de-plus-minus-column', style: { language: 'de', sign: 'plus_minus_column', date: 'd.m.yy', ...EU, opening: 'row', closing: 'row' }, currency: 'EUR', lines: 2 },
  { name: 'de-amount-last-line', style: { language: 'de', sign: 'minus', date: 'd.m.y', ...EU, amount_at: 'split', opening: 'heading', closing: 'below' }, currency: 'EUR', lines: 6 },
  { name: 'de-date-and-amount-last', style: { language: 'de', sign: 'minus', date: 'd.m.y', ...EU, amount_at: 'last', gap: 6, opening: 'heading', closing: 'below' }, currency: 'EUR', lines: 4 },
  { name: 'de-centred-cells', style: { language: 'de', sign: 'minus', date: 'd.m.y', ...EU, amount_at: 'middle', gap: 8, balance: 'row', opening: 'row', closing: 'row' }, currency: 'EUR', lines: 5 },
  { name: 'de-breaks-over-pages', style: { language: 'de', sign: 'columns', date: 'd.m.y', ...EU, break_descriptions: true, footer: true, opening: 'heading', closing: 'below' }, currency: 'EUR', lines: 6, entries: 60 },
  { name: 'de-breaks-split', style: { language: 'de', sign: 'columns', date: 'd.m.y', ...EU, break_descriptions: true, amount_at: 'split', footer: true, opening: 'heading', closing: 'below' }, currency: 'EUR', lines: 6, entries: 60 },
  { name: 'de-day-balance-blank-dates', style: { language: 'de', sign: 'minus', date: 'd.m.y', ...EU, balance: 'day', blank_dates: true, opening: 'row', closing: 'row' }, currency: 'EUR', lines: 2 },
  { name: 'de-swiss', style: { language: 'de', sign: 'columns', date: 'd.m.yy', ...CH, value_date: true, balance: 'row', opening: 'row', closing: 'row', totals: 'row', carry: true }, currency: 'CHF', lines: 3 },
  { name: 'de-count-totals', style: { language: 'de', sign: 'columns', date: 'd.m.y', ...EU, opening: 'box', closing: 'box', totals: 'labelled', count: true, landscape: true }, currency: 'EUR', lines: 2 },
  { name: 'de-untitled', style: { language: 'de', sign: 'minus', date: 'd.m.y', ...EU, untitled: true, opening: 'heading', closing: 'below' }, currency: 'EUR', lines: 2 },
  { name: 'de-two-on-a-page', style: { language: 'de', sign: 'minus', date: 'd.m.y', ...EU, on_one_page: true, opening: 'row', closing: 'row' }, currency: 'EUR', statements: 2, entries: 9, lines: 2 },
  { name: 'de-advert-between', style: { language: 'de', sign: 'columns', date: 'd.m.', ...EU, advert: true, footer: true, rows_per_page: 12, opening: 'heading', closing: 'below' }, currency: 'EUR', lines: 3, entries: 40 },
  { name: 'fr-debit-credit', style: { language: 'fr', sign: 'columns', date: 'd/m', ...SPACED, value_date: true, opening: 'row', closing: 'row', footer: true }, currency: 'EUR', lines: 3, turn_of_year: true },
  { name: 'fr-narrow-spaces', style: { language: 'fr', sign: 'columns', date: 'd/m/y', group: '\u202f', mark: ',', opening: 'heading', closing: 'below', totals: 'row' }, currency: 'EUR', lines: 2 },
  { name: 'fr-no-break-spaces', style: { language: 'fr', sign: 'minus', date: 'd month y', group: '\u00a0', mark: ',', balance: 'row', opening: 'heading', closing: 'below', currency_beside: true }, currency: 'EUR' },
  { name: 'nl-bij-af', style: { language: 'nl', sign: 'columns', date: 'd-m-y', ...EU, credit_first: true, opening: 'heading', closing: 'below' }, currency: 'EUR', lines: 4 },
  { name: 'nl-indicator', style: { language: 'nl', sign: 'indicator', date: 'd-m-y', ...EU, opening: 'heading', closing: 'below' }, currency: 'EUR', lines: 3 },
  { name: 'nl-named', style: { language: 'nl', sign: 'plus_minus', date: 'd mon y', ...EU, balance: 'row', opening: 'row', closing: 'row' }, currency: 'EUR', lines: 2 },
  { name: 'it-dare-avere', style: { language: 'it', sign: 'columns', date: 'd/m/y', ...EU, value_date: true, opening: 'row', closing: 'row', totals: 'row' }, currency: 'EUR', lines: 4 },
  { name: 'it-named', style: { language: 'it', sign: 'minus', date: 'd month y', ...EU, balance: 'row', opening: 'row', closing: 'row' }, currency: 'EUR' },
  { name: 'es-cargos-abonos', style: { language: 'es', sign: 'columns', date: 'd/m/y', ...EU, value_date: true, balance: 'row', opening: 'row', closing: 'row', carry: true, rows_per_page: 14 }, currency: 'EUR', entries: 40 },
  { name: 'es-importe-saldo-nuevo-primero', style: { language: 'es', sign: 'minus', date: 'd mon y', ...EU, balance: 'row', newest_first: true, opening: 'none', closing: 'none' }, currency: 'EUR' },
  { name: 'pl-kwota-saldo', style: { language: 'pl', sign: 'minus', date: 'iso', ...SPACED, value_date: true, balance: 'row', opening: 'heading', closing: 'below' }, currency: 'PLN', lines: 4 },
  { name: 'pl-wn-ma', style: { language: 'pl', sign: 'columns', date: 'd month y', ...SPACED, opening: 'row', closing: 'row' }, currency: 'PLN', lines: 2 },
  { name: 'pl-true-minus', style: { language: 'pl', sign: 'true_minus', date: 'd.m.y', group: '\u00a0', mark: ',', opening: 'row', closing: 'row' }, currency: 'PLN', lines: 2 },
  { name: 'sv-belopp-saldo', style: { language: 'sv', sign: 'minus', date: 'iso', ...SPACED, balance: 'row', opening: 'row', closing: 'row' }, currency: 'SEK', number: true },
  { name: 'sv-uttag', style: { language: 'sv', sign: 'columns_minus', date: 'd mon y', ...SPACED, opening: 'heading', closing: 'below' }, currency: 'SEK', lines: 2, number: true },
  { name: 'en-three-accounts', style: { language: 'en', sign: 'columns', date: 'd mon y', ...US, balance: 'row', opening: 'row', closing: 'row' }, currency: 'EUR', statements: 3, lines: 2 },
  { name: 'de-fx-line', style: { language: 'de', sign: 'minus', date: 'd.m.y', ...EU, opening: 'heading', closing: 'below' }, currency: 'EUR', lines: 2, fx: true },
  { name: 'en-landscape-rotated-90', style: { language: 'en', sign: 'columns', date: 'd/m/y', ...US, balance: 'row', opening: 'row', closing: 'row', rotate: 90 }, currency: 'EUR', lines: 2 },
  { name: 'en-upside-down', style: { language: 'en', sign: 'minus', date: 'iso', ...US, balance: 'row', opening: 'row', closing: 'row', rotate: 180 }, currency: 'EUR' },
  { name: 'de-rotated-270', style: { language: 'de', sign: 'columns', date: 'd.m.y', ...EU, opening: 'heading', closing: 'below', rotate: 270 }, currency: 'EUR', lines: 3 },
  { name: 'fr-shuffled', style: { language: 'fr', sign: 'columns', date: 'd/m/y', ...SPACED, opening: 'row', closing: 'row', shuffled: true }, currency: 'EUR', lines: 3 },
  { name: 'de-overlapping', style: { language: 'de', sign: 'columns', date: 'd.m.', ...EU, opening: 'heading', closing: 'below', overlap: true }, currency: 'EUR', lines: 2 },
  { name: 'en-overlapping-amount', style: { language: 'en', sign: 'minus', date: 'd mon y', ...US, balance: 'row', opening: 'heading', closing: 'below', overlap: true }, currency: 'EUR', lines: 3 },
  { name: 'en-invisible', style: { language: 'en', sign: 'minus', date: 'd/m/y', ...US, balance: 'row', opening: 'row', closing: 'row', invisible: true }, currency: 'EUR' },
  { name: 'en-encrypted-empty-password', style: { language: 'en', sign: 'columns', date: 'd mon y', ...US, balance: 'row', opening: 'row', closing: 'row', options: { ownerPassword: 'owner' } }, currency: 'EUR' },
  { name: 'en-subtotals', style: { language: 'en', sign: 'minus', date: 'd/m/y', ...US, subtotal: true, opening: 'heading', closing: 'below', rows_per_page: 15 }, currency: 'EUR', entries: 40 },
  { name: 'fr-blank-dates-split', style: { language: 'fr', sign: 'columns', date: 'd/m/y', ...SPACED, blank_dates: true, opening: 'row', closing: 'row' }, currency: 'EUR', lines: 3 },
  { name: 'en-small-serif', style: { language: 'en', sign: 'columns', date: 'd mon y', ...US, balance: 'row', opening: 'row', closing: 'row', font: 'serif', font_size: 7, totals: 'row' }, currency: 'USD', entries: 70 },
  { name: 'de-mono', style: { language: 'de', sign: 'minus_behind', date: 'd.m.y', ...EU, opening: 'row', closing: 'row', font: 'mono', font_size: 8 }, currency: 'EUR', lines: 3 },
  { name: 'en-month-first-names', style: { language: 'en', sign: 'parentheses', date: 'month d, y', ...US, opening: 'box', closing: 'box', size: 'LETTER' }, currency: 'USD', number: true },
  { name: 'en-compact-names', style: { language: 'en', sign: 'columns', date: 'ddmon', ...US, balance: 'day', opening: 'row', closing: 'row' }, currency: 'GBP', number: true, lines: 2 },
  { name: 'de-balance-first', style: { language: 'de', sign: 'minus', date: 'd.m.y', ...EU, balance: 'row', balance_first: true, opening: 'heading', closing: 'below' }, currency: 'EUR', lines: 2 },
];

const NAMES = ['Alder & Finch Ltd', 'Brandt Maschinenbau GmbH', 'Céline Dubois SARL', 'Van den Berg B.V.', 'Rossi Forniture S.r.l.', 'Talleres Ibarra S.L.', 'Nowak Handel', 'Lindqvist AB', 'Osprey Logistics', 'Municipal Works 12', 'Zinnober KG', 'Mill Lane Garage', 'K. Adler', '4 Seasons Catering', 'Station Kiosk 24'];

/** Documents of a layout for one seed: the statements' truth, oldest first, and the PDF. */
export async function makeDocument(layout: Layout, seed: number, tamper?: Style['tamper']): Promise<{ bytes: Buffer; truths: Truth[] }> {
  const random = seeded(seed * 7_919 + [...layout.name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0) | 0, 7));
  const truths = Array.from({ length: layout.statements ?? 1 }, () => makeTruth(layout, random));
  const bytes = await drawStatements({ ...layout.style, ...(tamper ? { tamper } : {}) }, truths, random);
  return { bytes, truths };
}

function makeTruth(layout: Layout, random: () => number): Truth {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const whole = (n: number): number => Math.floor(random() * n);
  const decimals = layout.decimals ?? 2;
  const from = layout.turn_of_year ? '2026-12-14' : pick(['2026-03-01', '2026-07-01', '2027-01-01', '2026-10-16']);
  const days = 30;
  const count = layout.entries ?? 8 + whole(25);
  let date = from;
  const entries: TruthEntry[] = [];
  for (let i = 0; i < count; i++) {
    if (random() < 0.6 && date < addDays(from, days - 1)) date = addDays(date, 1 + (random() < 0.15 ? 1 : 0));
    const units = Math.max(1, Math.round(10 ** (decimals + random() * 4.2)) + whole(99));
    const amount = random() < 0.55 ? -units : units;
    entries.push({
      booking_date: date, value_date: layout.style.value_date ? addDays(date, random() < 0.3 ? 1 : 0) : null, amount,
      text: describe(layout.style.language, 1 + whole(layout.lines ?? 1), pick, whole, layout),
      ...(layout.fx && random() < 0.4 ? { fx: { currency: 'USD', amount: printNumber(units + 1_234, layout.style, 2), rate: `1${layout.style.mark}0${100 + whole(899)}` } } : {}),
    });
  }
  // Months and days of one kind alone would be ambiguous by themselves.
  entries.at(-1)!.booking_date = addDays(from, days - 1);
  if (layout.style.value_date) entries.at(-1)!.value_date = entries.at(-1)!.booking_date;
  return {
    account: layout.number ? `${10_000_000 + whole(89_999_999)}` : iban(pick, whole), currency: layout.currency ?? 'EUR', decimals,
    opening: whole(5_000_000) + (layout.style.sign.startsWith('columns') ? 100 : random() < 0.1 ? -3_000_000 : 0), from, to: addDays(from, days), entries,
  };
}

function describe(language: LanguageCode, lines: number, pick: <T>(list: readonly T[]) => T, whole: (n: number) => number, { style }: Layout): string[] {
  const words = LANGUAGES[language].words;
  const text = [`${pick(words)} ${pick(NAMES)}`];
  for (let i = 1; i < lines; i++) {
    text.push(pick([
      () => `${pick(words)} ${pick(words)} ${pick(['RE', 'INV', 'F', 'No'])}-${2026_000 + whole(999)}`,
      () => `${pick(words)} ${printDate(`2026-0${1 + whole(9)}-1${whole(9)}`, style.date, language)} ${pick(words)}`,
      () => `${pick(NAMES)} ${pick(words)} ${whole(999)}`,
      () => `DE${10 + whole(89)} 3704 0044 0532 ${1000 + whole(8999)} 00`,
      () => `${pick(words)} ${pick(words)} ${pick(words)}`,
      () => `${pick(words)} 2 x ${printNumber(1_000 + whole(90_000), style, 2)}`,
    ])());
  }
  return text;
}

function iban(pick: <T>(list: readonly T[]) => T, whole: (n: number) => number): string {
  const bban = `${pick(['37040044', '10000000', '50010517'])}${String(whole(9_999_999_999)).padStart(10, '0')}`;
  const check = 98n - BigInt(`${bban}131400`) % 97n;
  return `DE${String(check).padStart(2, '0')}${bban}`;
}
