import type { DateOrder, DecimalMark } from '../../../core/numerals.ts';
import { createMarkVote, createOrderVote } from '../../../core/numerals.ts';
import type { Document } from './document.ts';
import type { Table } from './rows.ts';
import { mostlyNegative } from './signs.ts';
import type { AmountToken, DateToken, TokenLine } from './tokens.ts';
import type { Section } from './vocabulary.ts';
import { fold } from './vocabulary.ts';

/** What a table's numbers and dates leave open: the decimal mark, the order of dates, the meaning of an amount without a sign; the likeliest first. */

/** What an amount without any sign means; `balance`: what the running balances say; `section`: the heading over it; `inverted`: all signs are the other way round; `owed`: those of the balances too, as on a card's account. */
type Unsigned = 'credit' | 'debit' | 'balance' | 'section' | 'inverted' | 'owed';

export interface Style {
  mark: DecimalMark;
  order: DateOrder;
  unsigned: Unsigned;
}

/** The decimal marks that its numbers allow. */
export function listMarks({ profile, labelled }: Document, { rows }: Table): DecimalMark[] {
  if (profile?.decimal) return [profile.decimal];
  const vote = createMarkVote();
  for (const row of rows) for (const token of Object.values(row.money)) vote.add(token.printed.digits);
  let mark = vote.settle();
  if (mark === 'none' || mark === 'ambiguous') {
    for (const { label, amount } of labelled) if (label !== 'totals') vote.add(amount.printed.digits);
    mark = vote.settle();
  }
  return mark === ',' || mark === '.' ? [mark] : mark === 'none' ? ['.'] : ['.', ','];
}

/** Behind the tiers of assignments (layout.ts): the first once more, with all signs turned round. */
export const MIRRORED = 3;

/** Words that only English statements have, in headings and titles. */
const ENGLISH = /^(?:account|statement|balance|amount|withdrawals?|deposits?|opening|closing|payments?)$/;

/** The orders of day and month that its dates allow, then those of the heading, then of the document. */
export function listOrders({ profile, lines, all }: Document, { rows, used }: Table): DateOrder[] {
  if (profile?.date_order) return [profile.date_order];
  const vote = createOrderVote();
  for (const row of rows) for (const token of [row.date, row.value]) if (token) vote.add(token.text.replace(/,(?= |$)/g, ''));
  const isEnglish = all.some(({ words }) => words.some(({ text }) => ENGLISH.test(fold(text))));
  // The month in front is a habit of American English.
  const left = (): DateOrder[] => {
    const orders = vote.settle();
    return orders.length > 1 && !isEnglish ? orders.filter((order) => order !== 'mdy') : orders;
  };
  const isUsed = (line: TokenLine): boolean => used.has(line);
  const isFull = ({ readings }: DateToken): boolean => [...readings.values()].every(({ year }) => year !== null);
  // The heading before the descriptions, which quote dates as others write them, and months that look like days (`rent 03/26`).
  for (const [more, counts] of [[lines.filter((line) => !isUsed(line)), () => true], [lines.filter(isUsed), isFull], [all, isFull]] as const) {
    if (left().length > 1) for (const date of more.flatMap((line) => line.dates.filter(counts))) vote.add(date.text.replace(/,(?= |$)/g, ''));
  }
  return left();
}

/** What its amounts without a sign may mean; `tier` as of the assignment of columns. */
export function listUnsigned({ profile, card }: Document, { rows }: Table, tier: number): Unsigned[] {
  if (tier === MIRRORED) return ['owed'];
  if (profile?.inverted !== undefined) return [profile.inverted ? 'inverted' : 'credit'];
  const inverted: Unsigned[] = tier > 0 ? ['inverted'] : [];
  const amounts = rows.filter((row) => row.money.amount);
  if (amounts.length === 0) return ['credit'];
  const inSection = (section: Section): AmountToken[] => amounts.filter((row) => row.section === section).map((row) => row.money.amount!);
  // What a card prints is what its holder owes: purchases without a sign, payments with a minus.
  if (inSection('debit').length > 0 && inSection('credit').length > 0 && !mostlyNegative(inSection('debit')) && mostlyNegative(inSection('credit'))) return ['owed'];
  const signed = (sign: (token: AmountToken) => boolean): boolean => amounts.some((row) => sign(row.money.amount!));
  const balances = rows.some((row) => row.money.balance);
  if (rows.some(({ section }) => section === 'debit' || section === 'credit') && !signed((token) => token.printed.negative)) return ['section', 'credit'];
  if (signed((token) => token.printed.negative) || rows.some((row) => row.side === 'debit')) {
    // Its mirror image ties out as well: that most of a card's entries are purchases says which of them holds.
    return card && !rows.some((row) => row.side !== null) && !mostlyNegative(amounts.map((row) => row.money.amount!)) ? ['owed'] : ['credit', ...inverted];
  }
  if (signed((token) => token.plus || token.printed.side === 'credit') || rows.some((row) => row.side === 'credit')) return card && tier === 0 ? ['owed'] : tier === 0 ? ['debit', 'credit'] : ['debit', 'credit', 'owed'];
  return balances ? ['balance', 'credit', 'debit'] : ['credit', 'debit'];
}
