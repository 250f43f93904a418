import { isCurrency } from '../../../core/money.ts';
import type { DecimalMark } from '../../../core/numerals.ts';
import { findAmount, markOf, plainAmount } from '../../../core/numerals.ts';
import type { RawAmount, RawEntry } from '../../../core/statement.ts';
import { lineText } from './lines.ts';
import type { Word } from './text.ts';
import { fold } from './vocabulary.ts';

/** A line below an entry that says what it was in another currency: `USD 1,234.00 @ 1.0842`. */

type Foreign = Pick<RawEntry, 'instructed' | 'exchange_rate'>;

/** Words beside a foreign amount and its rate. */
const COMPANIONS: ReadonlySet<string> = new Set(
  ('|at|x|rate|exchange|fx|original|amount|foreign|currency|conversion|converted|from|to|kurs|wechselkurs|umrechnungskurs|devisenkurs|originalbetrag|betrag|fremdwahrung|zum|in|umgerechnet|ursprungsbetrag|cours|change|taux|de|du|montant|origine|devise|d|koers|wisselkoers|oorspronkelijk|bedrag|valuta|'
  + 'cambio|tasso|di|importo|originale|tipo|importe|kurs|przewalutowania|kwota|oryginalna|wymiany|kurs|valutakurs|vaxlingskurs|ursprungligt|belopp|a|en|al|w|i|auslandsumsatz|original amount|rate of exchange').split('|'),
);
const CODE = /^\(?([A-Z]{3})\)?[:,]?$/;
const NUMBER = /^[(\-\u2212]?[\d][\d.,' \u00a0\u202f]*[)]?[,;]?$/;
/** Rates are printed with more decimals than amounts. */
const RATE_DECIMALS = 3;

/** A currency, its amount and a rate. */
const SHORTEST = 3;

/** Takes the foreign amount out of an entry's lines, where a line says nothing else; `column` is the text of a column of its own. */
export function takeForeign(texts: readonly (readonly Word[])[], column: string | null, currency: string | null, mark: DecimalMark): Foreign & { texts: (readonly Word[])[] } {
  const own = column === null ? undefined : readForeign(column, currency, mark);
  if (own) return { ...own, texts: [...texts] };
  for (const [i, words] of texts.entries()) {
    const found = readForeign(lineText(words), currency, mark);
    if (!found) continue;
    // The rate may stand on the next line.
    const both = found.exchange_rate === null && texts[i + 1] !== undefined ? readForeign(lineText([...words, ...texts[i + 1]!]), currency, mark) : undefined;
    return both?.exchange_rate ? { ...both, texts: texts.toSpliced(i, 2) } : { ...found, texts: texts.toSpliced(i, 1) };
  }
  // Other words may stand around it: with amount and rate there is no doubt what it is.
  for (const [i, words] of texts.entries()) {
    if (!words.some(({ text }) => namesOther(text, currency))) continue;
    for (let length = Math.min(words.length - 1, LONGEST); length >= SHORTEST; length--) {
      for (let from = 0; from + length <= words.length; from++) {
        const found = readForeign(lineText(words.slice(from, from + length)), currency, mark);
        if (found && found.exchange_rate !== null) return { ...found, texts: texts.with(i, words.toSpliced(from, length)) };
      }
    }
  }
  return { texts: [...texts], instructed: null, exchange_rate: null };
}

/** The most words that such a remark has. */
const LONGEST = 14;

/** Whether a word is, or begins or ends with, another currency's code. */
function namesOther(text: string, currency: string | null): boolean {
  const code = /^\(?([A-Z]{3})(?![A-Z])|(?<![A-Z])([A-Z]{3})\)?[.,:;]?$/.exec(text);
  const named = code?.[1] ?? code?.[2];
  return named !== undefined && named !== currency && isCurrency(named);
}

function readForeign(text: string, currency: string | null, mark: DecimalMark): Foreign | undefined {
  const numbers: { at: number; value: RawAmount; code: string | null }[] = [];
  const codes: { at: number; code: string }[] = [];
  const parts = text.replace(/\b([A-Z]{3})[.,](?=\p{L})/gu, '$1 ').replace(/([A-Z]{3})(\d)/g, '$1 $2').replace(/(\d)([A-Z]{3})\b/g, '$1 $2').replace(/([=@/])/g, ' $1 ').split(' ').filter((part) => part !== '');
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]!.replace(/[.:]$/, '');
    const code = CODE.exec(part)?.[1];
    if (code !== undefined && isCurrency(code)) {
      codes.push({ at, code });
      continue;
    }
    // Digits grouped by spaces.
    let number = part;
    while (/^\d{1,3}$/.test(number.replace(/ \d{3}/g, '')) && /^\d{3}(?:[.,]\d+)?$/.test(parts[at + 1] ?? '')) number += ` ${parts[++at]}`;
    const printed = NUMBER.test(number) ? findAmount(number.replace(/[,;]$/, '')) : undefined;
    const own = printed && markOf(printed.digits);
    if (printed && own) {
      const value = plainAmount(printed, own === 'none' ? mark : own === 'either' ? mark : own);
      if (value !== undefined) numbers.push({ at, value: value.replace('-', ''), code: null });
      continue;
    }
    if (!COMPANIONS.has(fold(part))) return undefined;
  }
  const foreign = codes.find(({ code }) => code !== currency);
  if (foreign === undefined || numbers.length === 0) return undefined;
  const amount = numbers.toSorted((a, b) => Math.abs(a.at - foreign.at) - Math.abs(b.at - foreign.at) || b.at - a.at)[0]!;
  const rate = numbers.find((one) => one !== amount && (decimals(one.value) >= RATE_DECIMALS || numbers.length === 2));
  return { instructed: { amount: amount.value, currency: foreign.code }, exchange_rate: rate?.value ?? null };
}

function decimals(value: RawAmount): number {
  return value.split('.')[1]?.length ?? 0;
}
