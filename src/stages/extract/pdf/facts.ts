import { ibanStatus } from '../../../core/account.ts';
import type { CalendarDate } from '../../../core/date.ts';
import { calendarDate, daysInMonth } from '../../../core/date.ts';
import { isCurrency } from '../../../core/money.ts';
import { monthOf } from '../../../core/numerals.ts';
import { lineText } from './lines.ts';
import type { AmountToken, DateToken, TokenLine } from './tokens.ts';
import { fieldOfTitle, findLabel, fold, isBalanceNoun, isBareLabel, isCountLabel, sectionOf } from './vocabulary.ts';
import type { Label } from './vocabulary.ts';

/** What a statement says outside its table: account, currency, number, period, balances and totals. */

/** A labelled amount, not yet read. */
export interface LabelledAmount {
  label: Label;
  amount: AmountToken;
  date: DateToken | null;
  /** The line of the label. */
  line: TokenLine;
}

/** Points below a label within which its value is set, in font sizes. */
const BELOW = 2.5;
/** Points by which a value may be set beside the label above it. */
const BESIDE = 40;

/** Opening and closing balances and totals: the amount behind the label, else the one below it. */
export function findLabelledAmounts(lines: readonly TokenLine[], whole_numbers: boolean): LabelledAmount[] {
  const found: LabelledAmount[] = [];
  const isMoney = (amount: AmountToken): boolean => whole_numbers || amount.mark !== 'none' || amount.printed.currency !== null;
  lines.forEach((line, i) => {
    const words = line.words.map((word) => fold(word.text));
    // `Daily ending balance` is the title of a table.
    if (sectionOf(words.join(' ')) === 'daily_balance') return;
    for (let label = findLabel(words); label; label = findLabel(words, label.to)) {
      const next = findLabel(words, label.to)?.from ?? Infinity;
      const { from, to } = label;
      const behind = line.amounts.find((amount) => amount.from >= to && amount.from < next && isMoney(amount));
      const amount = behind ?? amountBefore(line, label, isMoney) ?? amountBelow(lines, i, { x0: line.words[from]!.x0, x1: line.words[to - 1]!.x1 }, isMoney);
      if (amount) found.push({ label: label.label, amount, date: line.dates.find((date) => date.from >= to && date.from < next) ?? (amount.to <= from ? line.dates[0] : null) ?? null, line });
    }
    const stacked = stackedLabel(lines[i - 1], line, words);
    const amount = stacked && line.amounts.find((one) => one.from >= stacked.to && isMoney(one));
    if (stacked && amount) found.push({ label: stacked.label, amount, date: null, line });
  });
  return found;
}

/** A label set over two lines, the second of which says nothing by itself: `Vorheriger` over `Saldo 0,00`. */
function stackedLabel(above: TokenLine | undefined, line: TokenLine, words: readonly string[]): { label: Label; to: number } | undefined {
  if (above === undefined || line.amounts.length === 0 || above.page !== line.page || line.y - above.y > BELOW * line.height || findLabel(words)) return undefined;
  for (const [k, word] of line.words.entries()) {
    if (!isBalanceNoun(words[k]!)) continue;
    const over = above.words.find(({ x0 }) => Math.abs(x0 - word.x0) <= EDGE);
    const label = over && findLabel([fold(over.text), words[k]!]);
    if (label?.from === 0 && label.to === 2) return { label: label.label, to: k + 1 };
  }
  return undefined;
}

/** Points by which the words of such a label miss each other. */
const EDGE = 3;

/** The only amount of a row whose description stands right of it, and says no more than the label. */
function amountBefore({ words, amounts }: TokenLine, label: { from: number; to: number }, isMoney: (amount: AmountToken) => boolean): AmountToken | undefined {
  const money = amounts.filter(isMoney);
  const [amount] = money;
  return money.length === 1 && amount!.to <= label.from && isBareLabel(words.slice(amount!.to).map((word) => fold(word.text)), { from: label.from - amount!.to, to: label.to - amount!.to }) ? amount : undefined;
}

/** Whether a line is one amount and nothing else but perhaps its currency (`in EUR 1.234,00`). */
export function isAmountAlone({ words, amounts, dates }: TokenLine): boolean {
  const [amount] = amounts;
  return amounts.length === 1 && dates.length === 0 && words.every(({ text }, i) => (i >= amount!.from && i < amount!.to) || currencyOf(text) !== undefined || /^(?:in|en)$/.test(fold(text)));
}

function amountBelow(lines: readonly TokenLine[], index: number, label: { x0: number; x1: number }, isMoney: (amount: AmountToken) => boolean): AmountToken | undefined {
  const line = lines[index]!;
  const isLast = !line.words.some(({ x0 }) => x0 > label.x1);
  const distance = (a: AmountToken): number => Math.min(Math.abs(a.x0 - label.x0), Math.abs(a.x1 - label.x1), Math.abs(a.x0 + a.x1 - label.x0 - label.x1) / 2);
  for (let i = index + 1; i < lines.length && lines[i]!.page === line.page && lines[i]!.y - line.y <= BELOW * line.height; i++) {
    const alone = isAmountAlone(lines[i]!);
    const amount = lines[i]!.amounts.filter((a) => isMoney(a) && (alone || (a.x0 <= label.x1 + BESIDE && a.x1 >= label.x0 - BESIDE) || (isLast && a.x0 > label.x1 && a.to === lines[i]!.words.length))).toSorted((a, b) => distance(a) - distance(b))[0];
    if (amount) return amount;
    if (lines[i]!.dates.length > 0) return undefined;
  }
  return undefined;
}

/** The last day of the month and year that the lines name first (`March 2026`, `Auszug 3/2026`). */
export function findMonth(lines: readonly TokenLine[]): CalendarDate | null {
  for (const { words } of lines) {
    for (let i = 0; i < words.length; i++) {
      const numeric = MONTH_AND_YEAR.exec(words[i]!.text);
      const year = Number(numeric?.[2] ?? (YEAR.test(words[i + 1]?.text ?? '') ? words[i + 1]!.text.slice(0, 4) : NaN));
      const month = numeric ? Number(numeric[1]) : monthOf(words[i]!.text);
      if (month !== undefined && month >= 1 && month <= 12 && !Number.isNaN(year)) return calendarDate(year, month, daysInMonth(year, month)) ?? null;
    }
  }
  return null;
}

const MONTH_AND_YEAR = /^(\d{1,2})[/.-]((?:19|20)\d{2})$/;
const YEAR = /^(?:19|20)\d{2}[.,;:]?$/;

/** What a line's first label says. */
export function findLabelOf(line: TokenLine): Label | undefined {
  return findLabel(line.words.map((word) => fold(word.text)))?.label;
}

/** A number of entries that the document prints (`Number of transactions: 12`). */
export interface PrintedCount {
  kind: 'count' | 'credit_count' | 'debit_count';
  count: number;
  line: TokenLine;
}

const COUNT_WORDS = /^(?:total )?(?:number of|no of|count of|anzahl(?: der)?|nombre (?:de|d|total de)|aantal|numero(?: di| de)?|liczba|antal) /;
const LONGEST_COUNT_LABEL = 5;

/** `whole_numbers`: a number without decimals may be an amount. */
export function findCounts(lines: readonly TokenLine[], whole_numbers: boolean): PrintedCount[] {
  const found: PrintedCount[] = [];
  for (const line of lines) {
    line.words.forEach((word, at) => {
      if (at === 0 || !/^\d{1,6}$/.test(word.text)) return;
      for (let n = Math.min(LONGEST_COUNT_LABEL, at); n > 0; n--) {
        const folded = fold(lineText(line.words.slice(at - n, at)));
        const side = COUNT_WORDS.test(folded) || (!whole_numbers && n === 1 && line.words[at - 1]!.text.endsWith(':') && /^(?:debits|credits)$/.test(folded)) ? fieldOfTitle(folded.replace(COUNT_WORDS, '')) : undefined;
        const kind = isCountLabel(folded, line.words[at - 1]!.text.endsWith(':')) ? 'count' : side === 'debit' ? 'debit_count' : side === 'credit' ? 'credit_count' : undefined;
        if (kind === undefined) continue;
        found.push({ kind, count: Number(word.text), line });
        return;
      }
    });
  }
  return found;
}

const BALANCE_WORDS: ReadonlySet<string> = new Set(['balance', 'saldo', 'kontostand', 'solde', 'behallning', 'kontosaldo']);

/** Balances of a day (`Kontostand am 26.10.2022 1,00`), in document order: where nothing says opening and closing, the first and last are. */
export function findDatedBalances(lines: readonly TokenLine[]): { amount: AmountToken; date: DateToken; line: TokenLine }[] {
  return lines.flatMap((line, i) => {
    const balances = line.words.flatMap((word, at) => (fold(word.text).split(' ').some((part) => BALANCE_WORDS.has(part)) ? [at] : []));
    return balances.flatMap((at, k) => {
      // A line may name several (`Saldo op 01-03-2026   Saldo op 31-03-2026`), their amounts below them.
      const next = balances[k + 1] ?? Infinity;
      const date = line.dates.find(({ from }) => (from > at || balances.length === 1) && from < next);
      if (!date) return [];
      const amount = line.amounts.find((a) => a.from > at && a.from < next && a.mark !== 'none') ?? amountBelow(lines, i, { x0: line.words[at]!.x0, x1: date.x1 }, (a) => a.mark !== 'none');
      return amount ? [{ amount, date, line }] : [];
    });
  });
}

/** Words of a period beside dates, and marks between them. */
const PERIOD = /\b(?:period|periode|zeitraum|abrechnungszeitraum|from|vom|von|du|van|dal|del|desde|od|za okres|okres|fran|to|bis|au|tot|al|hasta|do|till|until|through|periodo|statement)\b|[-–—]/;

/** The first two dates of one line outside the table that stand for a period. */
export function findPeriod(lines: readonly TokenLine[]): [DateToken, DateToken] | null {
  for (const line of lines) {
    const [from, to] = line.dates;
    if (!from || !to || line.amounts.some((amount) => amount.mark === ',' || amount.mark === '.')) continue;
    const between = lineText(line.words.slice(from.to, to.from));
    if (to.from - from.to <= 3 && PERIOD.test(`${fold(lineText(line.words.slice(Math.max(0, from.from - 3), from.from)))} ${fold(between)} ${between}`)) return [from, to];
  }
  return null;
}

const ACCOUNT_LABEL = new RegExp('\\b(?:' + [
  'i ?b ?a ?n', 'acct', 'account (?:number|no|nr)', 'account (?:number |no )?ending(?: in| with)?', 'account id', 'membership number', 'card (?:number|no)', 'kartennummer', 'kreditkartennummer', 'numero de (?:carte|tarjeta)', 'numero (?:della )?carta', 'numer karty', 'kortnummer', 'kaartnummer', 'acc(?:ount|t)? no', 'a c (?:no|number)', 'kontonummer', 'konto(?: |-)?nr', 'konto nummer', 'kontonr', 'konto', 'numero de compte', 'compte n', 'n de compte', 'compte', 'rekeningnummer', 'rekening',
  'numero da conta', 'conta corrente', 'conta', 'numero conto', 'conto (?:corrente )?n', 'n conto', 'conto corrente', 'numero de cuenta', 'n de cuenta', 'cuenta', 'ccc', 'nr rachunku', 'numer rachunku', 'rachunek', 'account',
].join('|') + ')$');

/** `Anlagekonto: 12345`, where nothing says more. */
const ACCOUNT_COMPOUND = /(?:^| )(?!gegen|mot|ziel|referenz|tegen)[a-z]{3,}(?:konto|rekening)$/;

/** The longest label of an account or a statement's number. */
const LABEL_WORDS = 4;

/** An account number that is no IBAN: digits, perhaps grouped or masked. */
const ACCOUNT_PART = /^[\dXx*•.,-]*[\dXx*•][\dXx*•./-]*$/;
const MIN_ACCOUNT_DIGITS = 4;

/** The account as printed: the IBAN in the heading of the statement, else the number behind a label there; only then what stands elsewhere. */
export function findAccount(heading: readonly TokenLine[], rest: readonly TokenLine[]): string | null {
  const inHeading = findIbans(heading, 'valid');
  const labelled = inHeading.find((iban) => iban.labelled);
  if (labelled) return labelled.iban;
  const number = numberBehindLabel(heading);
  const digits = number?.replace(/\D/g, '').replace(/^0+/, '') ?? '';
  return inHeading.find(({ iban }) => number === null || iban.includes(digits))?.iban ?? number
    ?? findIbans(heading, 'invalid').find((iban) => iban.labelled)?.iban ?? findIbans(rest, 'valid').find((iban) => iban.labelled)?.iban ?? numberBehindLabel(rest);
}

function findIbans(lines: readonly TokenLine[], status: 'valid' | 'invalid'): { iban: string; labelled: boolean }[] {
  return lines.flatMap((line, i) => ibansOf(line, status, lines[i + 1]));
}

/** Groups of four: an IBAN of 34 characters has nine. */
const IBAN_WORDS = 9;

/** `below`: the next line, where a form may have its labels. */
function ibansOf(line: TokenLine, status: 'valid' | 'invalid', below: TokenLine | undefined): { iban: string; labelled: boolean }[] {
  const found: { iban: string; labelled: boolean }[] = [];
  for (let i = 0; i < line.words.length; i++) {
    const start = line.words[i]!.text.replace(/^\(?(?:IBAN|I\.B\.A\.N\.):?/i, '');
    if (!/^[A-Z]{2}\d{2}/.test(start)) continue;
    for (let n = Math.min(IBAN_WORDS, line.words.length - i); n > 0; n--) {
      const iban = (start + line.words.slice(i + 1, i + n).map((word) => word.text).join('')).replace(/[^\p{L}\p{N}]+$/u, '');
      if (!/^[\p{L}\p{N}*•]+$/u.test(iban) || ibanStatus(iban) !== status) continue;
      const under = below?.page === line.page && below.words.some((word) => fold(word.text) === 'iban' && Math.abs(word.x0 - line.words[i]!.x0) <= BESIDE);
      found.push({ iban, labelled: under || start !== line.words[i]!.text || ACCOUNT_LABEL.test(fold(lineText(line.words.slice(Math.max(0, i - LABEL_WORDS), i)))) });
      break;
    }
  }
  return found;
}

function numberBehindLabel(lines: readonly TokenLine[]): string | null {
  return [ACCOUNT_LABEL, ACCOUNT_COMPOUND].reduce<string | null>((found, label) => found ?? numberBehind(lines, label), null);
}

function numberBehind(lines: readonly TokenLine[], label: RegExp): string | null {
  for (let l = 0; l < lines.length; l++) {
    const { words } = lines[l]!;
    for (let i = 1; i <= words.length; i++) {
      if (!label.test(fold(lineText(words.slice(Math.max(0, i - LABEL_WORDS), i))))) continue;
      const isApart = (k: number): boolean => k === 0 || k === words.length || words[k]!.x0 - words[k - 1]!.x1 > NEXT_COLUMN * lines[l]!.height;
      let from = i - 1;
      while (!isApart(from)) from--;
      const number = numberAt(lines[l]!, i) ?? (isApart(i) ? numberBelow(lines[l + 1], words[i - 1]!, words[from]!) : null);
      if (number !== null) return number;
    }
  }
  return null;
}

/** The account number whose first part is the line's word at `at`. */
function numberAt({ words, dates, height }: TokenLine, at: number): string | null {
  const parts: string[] = [];
  for (let k = at; k < words.length; k++) {
    const part = words[k]!.text.replace(/^[:#]/, '').replaceAll('\u00a0', '');
    if (part === '' && k === at) continue;
    // What stands in the next column, and a date, is no part of the number.
    if (!ACCOUNT_PART.test(part) || dates.some(({ from, readings }) => from === k && (parts.length > 0 || [...readings.values()].every(({ year }) => year !== null))) || (parts.length > 0 && words[k]!.x0 - words[k - 1]!.x1 > NEXT_COLUMN * height)) break;
    parts.push(part);
  }
  const number = parts.join(' ');
  return (number.match(/\d/g)?.length ?? 0) >= MIN_ACCOUNT_DIGITS ? number : null;
}

/** The number that stands below its label's last word, else below the first, as in a form; one that stands behind another word is that word's, but for `Bank code - Account`. */
function numberBelow(line: TokenLine | undefined, last: { x0: number }, first: { x0: number }): string | null {
  if (line === undefined) return null;
  const begins = (k: number): boolean => k === 0 || line.words[k]!.x0 - line.words[k - 1]!.x1 > NEXT_COLUMN * line.height;
  const below = ({ x0 }: { x0: number }, may: (k: number) => boolean): number => line.words.findIndex((word, k) => Math.abs(word.x0 - x0) <= BESIDE && ACCOUNT_PART.test(word.text) && may(k));
  const behindDash = below(last, (k) => k > 0 && line.words[k - 1]!.text === '-');
  const at = [behindDash, below(last, begins), below(first, begins)].find((k) => k >= 0);
  return at === undefined ? null : numberAt(line, at);
}

/** Values of neighbouring columns are further apart, in font sizes. */
const NEXT_COLUMN = 1.2;

const NUMBER_LABEL = /(?:statement (?:of account )?(?:number|no|nr)|kontoauszug (?:nr|nummer)|auszug(?:s)?(?: )?(?:nr|nummer)|auszug|kontoauszug|releve (?:n|no|numero)|numero (?:de|du) releve|afschrift(?: )?(?:nr|nummer)|volgnummer|estratto conto (?:n|nr)|numero estratto|extracto (?:n|no|num|numero)|n (?:de )?extracto|(?:nr|numer) wyciagu|wyciag (?:nr|numer)|kontoutdrag (?:nr|nummer)|utdrag(?:snummer|s nr)?)$/;
const STATEMENT_NUMBER = /^(?:nr\.?|no\.?)?#?(\d{1,8}(?:[/.-]\d{1,6})?)$/i;

/** The statement's own number as printed (`002/2021`, `11`). */
export function findStatementNumber(lines: readonly TokenLine[]): string | null {
  for (const { words } of lines) {
    for (let i = 1; i < words.length; i++) {
      if (!NUMBER_LABEL.test(fold(lineText(words.slice(Math.max(0, i - LABEL_WORDS), i))))) continue;
      const number = STATEMENT_NUMBER.exec(words[i]!.text)?.[1];
      if (number === undefined) continue;
      const year = words[i + 1]?.text === '/' && /^\d{4}$/.test(words[i + 2]?.text ?? '') ? `/${words[i + 2]!.text}` : '';
      return number + year;
    }
  }
  return null;
}

const SYMBOLS: Readonly<Record<string, string>> = { '€': 'EUR', '£': 'GBP', '¥': 'JPY', '₹': 'INR', zł: 'PLN', EURO: 'EUR', EUROS: 'EUR', Euro: 'EUR', US$: 'USD', 'Fr.': 'CHF', Fr: 'CHF', 'Kč': 'CZK', Ft: 'HUF', lei: 'RON', Rs: 'INR', 'Rs.': 'INR', '₺': 'TRY', 'zł.': 'PLN', 'C$': 'CAD', 'A$': 'AUD', 'CA$': 'CAD', 'R$': 'BRL' };
const CURRENCY_LABEL = /(?:currency|ccy|wahrung|kontowahrung|devise|devise du compte|munt|valuta conto|divisa|moneda|waluta|valuta|devisen)$/;

function currencyOf(text: string): string | undefined {
  const bare = text.replace(/^[([:]+|[)\]:;,.]+$/g, '');
  return SYMBOLS[text] ?? SYMBOLS[bare] ?? (/^[A-Z]{3}$/.test(bare) && isCurrency(bare) ? bare : undefined);
}

/** The currency that a label names: `Currency GBP`, `Währung: EUR`. */
export function findNamedCurrency(lines: readonly TokenLine[]): string | null {
  for (const { words } of lines) {
    for (let i = 1; i < words.length; i++) {
      const named = currencyOf(words[i]!.text);
      if (named && CURRENCY_LABEL.test(fold(words[i - 1]!.text))) return named;
    }
  }
  return null;
}

/** The one currency that the last line of a heading with only one names: `USD Savings` below a list of all accounts. */
export function findLastCurrency(heading: readonly TokenLine[]): string | null {
  for (const { words } of heading.toReversed()) {
    const named = new Set(words.flatMap(({ text }) => currencyOf(text) ?? []));
    if (named.size === 1) return [...named][0]!;
  }
  return null;
}

const CARD = new RegExp([
  'minimum (?:payment|amount) due', 'minimum payment', 'payment due date', 'cardmember', 'membership number', 'credit card (?:account )?(?:statement|number)', 'mindest(?:zahlung|rate|ruckzahlung)', 'kreditkarten(?: )?abrechnung',
  'paiement minimum', 'releve de (?:votre )?carte', 'minimale betaling', 'creditcardoverzicht', 'pagamento minimo', 'estratto conto (?:della )?carta', 'pago minimo', 'extracto de (?:la )?tarjeta', 'minimalna (?:splata|kwota do zaplaty)', 'wyciag z karty', 'lagsta belopp att betala', 'kreditkortsfaktura',
].join('|'));

const LIMIT = /\b(?:credit limit|credit line|kreditrahmen|verfugungsrahmen|limite de credit|kredietlimiet|bestedingslimiet|limite di credito|limite de credito|limit kredytowy|kreditgrans)\b/;
const PURCHASES = /^(?:standard )?(?:purchases|cash advances|einkaufe|bargeldauszahlungen|achats|aankopen|acquisti|compras|zakupy|inkop)\b/;

/** Whether the heading says that this is a card's account, of which statements print what is owed. */
export function isCardStatement(heading: readonly TokenLine[]): boolean {
  const texts = heading.map(({ words }) => fold(lineText(words)));
  return texts.some((text) => CARD.test(text)) || (texts.some((text) => LIMIT.test(text)) && texts.some((text) => PURCHASES.test(text)));
}

/** The account's currency: named by a label, in the header, beside balances and amounts; null where the document does not print it. */
export function findCurrency(lines: readonly TokenLine[], titles: ReadonlySet<TokenLine>, balances: readonly AmountToken[], amounts: readonly AmountToken[]): string | null {
  const named = findNamedCurrency(lines);
  if (named !== null) return named;
  const votes = new Map<string, number>();
  const vote = (text: string | null, weight: number): void => {
    const currency = text === null ? undefined : currencyOf(text);
    if (currency) votes.set(currency, (votes.get(currency) ?? 0) + weight);
  };
  for (const line of titles) for (const word of line.words) vote(word.text, 100);
  for (const { printed } of balances) vote(printed.currency, 10);
  for (const { printed } of amounts) vote(printed.currency, 1);
  if (votes.size === 0) {
    // `EUR-Konto`, `Alle Beträge in EUR`, `EUR account`: the only currency that the heading names.
    for (const line of lines) for (const word of line.words) vote(word.text.replace(/-(?:Konto|account|rekening)$/i, ''), 1);
    if (votes.size > 1) return null;
  }
  return [...votes].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}
