import { ibanStatus } from '../../core/account.ts';
import { isCurrency } from '../../core/money.ts';
import { findAmount, findDates } from '../../core/numerals.ts';
import type { Row } from './csv-rows.ts';
import { foldWords } from './csv-titles.ts';
import type { StatementProfile } from './profile.ts';

/** What a table's values are, column by column, whatever its titles say. */

/** Enough rows to tell what kind of values a column holds. */
export const KIND_ROWS = 500;

const DEBIT_WORDS = new Set(`
  d dr db dt debit debits dbit dbt out outgoing outflow withdrawal expense s soll sollbuchung belastung lastschrift ausgang ausgabe
  af debet uitgaven debiteren dare addebito uscita debito debe cargo gasto wn obciazenie wydatek uttag ut kiadas terheles vydaj minus rc crr
`.split(/\s+/).filter(Boolean).concat('money out', 'paid out', '-', '−'));
const CREDIT_WORDS = new Set(`
  c cr ct credit credits crdt cdt in incoming inflow deposit income h haben habenbuchung gutschrift eingang einnahme
  bij inkomsten crediteren avere accredito entrata credito haber abono ingreso ma uznanie wplyw insattning inn bevetel jovairas prijem plus rd dbr
`.split(/\s+/).filter(Boolean).concat('money in', 'paid in', '+'));

/** Whether a word says that money goes out or comes in; null where it says neither. `RC` and `RD` reverse (as in MT940). */
export function sideOf(word: string, profile: StatementProfile | undefined): 'debit' | 'credit' | null {
  const plain = word.trim();
  const same = (other: string): boolean => other.toLowerCase() === plain.toLowerCase();
  if (profile?.debit_words?.some(same)) return 'debit';
  if (profile?.credit_words?.some(same)) return 'credit';
  const folded = foldWords(plain) || plain;
  return DEBIT_WORDS.has(folded) ? 'debit' : CREDIT_WORDS.has(folded) ? 'credit' : null;
}

/** What kind of values stand in a column. */
export interface Kind {
  filled: number;
  dates: number;
  amounts: number;
  negatives: number;
  fractions: number;
  currencies: number;
  sides: number;
  flags: number;
  ibans: number;
  /** Characters. */
  longest: number;
  distinct: Set<string>;
}

/** SWIFT's amounts have 15 characters (`15d`); a number with more digits is one of an account. */
const MOST_AMOUNT_DIGITS = 15;

const FLAG = /^(?:true|false|yes|no|y|n|0|1|ja|nein|oui|non|si)$/i;

export function kindOf(rows: readonly Row[], column: number, profile: StatementProfile | undefined): Kind {
  const kind: Kind = { filled: 0, dates: 0, amounts: 0, negatives: 0, fractions: 0, currencies: 0, sides: 0, flags: 0, ibans: 0, longest: 0, distinct: new Set() };
  for (const { cells } of rows) {
    const text = cells[column]?.trim() ?? '';
    if (text === '') continue;
    kind.filled++;
    kind.distinct.add(text);
    if (findDates(text).size > 0) kind.dates++;
    const iban = ibanStatus(text) !== 'none';
    if (iban) kind.ibans++;
    // Two letters and digits are also how an amount may be printed.
    const number = iban ? undefined : findAmount(text);
    const amount = number === undefined || number.digits.replace(/\D/g, '').length > MOST_AMOUNT_DIGITS ? undefined : number;
    if (amount !== undefined) kind.amounts++;
    if (amount?.negative === true) kind.negatives++;
    if (amount !== undefined && /\d[.,]\d{1,3}$/.test(amount.digits)) kind.fractions++;
    if (isCurrency(text.toUpperCase())) kind.currencies++;
    if (sideOf(text, profile) !== null) kind.sides++;
    if (FLAG.test(text)) kind.flags++;
    kind.longest = Math.max(kind.longest, text.length);
  }
  // Nothing but dashes is nothing.
  if (kind.distinct.size === 1 && kind.distinct.has('-')) kind.sides = 0;
  return kind;
}

export function isText(kind: Kind): boolean {
  return kind.filled > 0 && kind.dates * 2 < kind.filled && kind.amounts * 2 < kind.filled && kind.currencies < kind.filled;
}

export function isDate(cell: string): boolean {
  return findDates(cell).size > 0;
}

export function isAmount(cell: string): boolean {
  return !isDate(cell) && findAmount(cell) !== undefined;
}
