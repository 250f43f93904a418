import { electronicIban, ibanIn, ibanStatus } from '../../core/account.ts';
import type { CalendarDate } from '../../core/date.ts';
import { isCurrency } from '../../core/money.ts';
import type { DateOrder, DecimalMark } from '../../core/numerals.ts';
import { findAmount, findDates, parseAmount, parseDate } from '../../core/numerals.ts';
import type { PrintedTotal, RawAmount, StatementBalance } from '../../core/statement.ts';
import type { Row } from './csv-rows.ts';
import { currencyIn, foldWords, readTitle } from './csv-titles.ts';

/** What stands above, below and between the rows of a table: account, currency, period, balances, each with its label. */
export interface Facts {
  account: string | null;
  bank: string | null;
  currency: string | null;
  from: CalendarDate | null;
  to: CalendarDate | null;
  opening_balance: StatementBalance<RawAmount> | null;
  closing_balance: StatementBalance<RawAmount> | null;
  /** A balance that does not say of which day: the closing one where nothing else says it. */
  balance: StatementBalance<RawAmount> | null;
}

export type Label = 'opening' | 'closing' | 'balance' | 'count' | 'total' | 'account' | 'bank' | 'currency' | 'period' | 'from' | 'to';

// What may stand behind a balance's label, its date and currency taken away: a description that only begins like one is none.
const TAIL = '(?: (?:euros?|on|as of|as at|as on|per|vom|am|zum|au|du|le|op|al|a|del|na dzien|[a-z]{3}))?$';

/** Folded labels (EN, DE, FR, NL, IT, ES, PL, SV); dates and numbers behind them are no part of them. The first that fits counts. */
const LABELS: readonly [Label, RegExp][] = [
  ['opening', new RegExp('^(?:(?:opening|previous|initial|starting|beginning|old|brought forward) ?(?:ledger |account |book )?balance'
    + '|balance (?:brought )?(?:forward|b f|bf|at start)|b f|(?:anfangs|eroffnungs|start)(?:saldo|bestand|kontostand)|alter (?:saldo|kontostand)'
    + '|(?:saldo|kontostand)(?:vortrag| alt)|ubertrag|ancien solde|solde (?:initial|d ouverture|precedent|de depart|debut|(?:en )?debut de periode)'
    + '|begin ?saldo|vorig saldo|oud saldo|saldo (?:iniziale|precedente|inicial|anterior|poczatkowe|begin)|ingaende (?:saldo|balans))' + TAIL)],
  ['closing', new RegExp('^(?:(?:closing|final|ending|new|carried forward) ?(?:ledger |account |book )?balance'
    + '|balance (?:carried forward|carried|c f|cf|at end)|(?:end|schluss|abschluss)(?:saldo|bestand|kontostand)|neuer (?:saldo|kontostand)'
    + '|(?:saldo|kontostand) neu|nouveau solde|solde (?:final|de cloture|fin|de fin|(?:en )?fin de periode)|eind ?saldo|nieuw saldo'
    + '|saldo (?:finale|final|koncowe|eind)|utgaende (?:saldo|balans))' + TAIL)],
  ['balance', new RegExp('^(?:ledger balance|book balance|account balance|balance|saldo|kontostand|solde|saldo contabile|saldo contable|saldo ksiegowe)' + TAIL)],
  ['count', new RegExp('^(?:number of|no of|anzahl(?: der)?|nombre d|nombre de|aantal|numero(?: di| de)?|liczba|antal) ?(?:transactions|entries|items|umsatze'
    + '|buchungen|posten|operations|mouvements|ecritures|transacties|boekingen|movimenti|operazioni|movimientos|operaciones|operacji|transakcji|transaktioner)$')],
  ['total', new RegExp('^(?:grand ?total|sub ?total|totals?|sum|summe|gesamt|gesamtsumme|zwischensumme|totaux|somme|totaal|totale|suma|razem|totalt|summa'
    + '|umsatz ?(?:summe|total)|gesamttotal|total (?:debits?|credits?|soll|haben|des .*|transactions))\\b')],
  ['account', new RegExp('^(?:iban|account|account (?:details(?: for)?|number|no|nr|iban)|konto|kontonummer|kontonr|konto nr|konto iban|iban kontonummer'
    + '|auftragskonto|girokonto|geschaftskonto|tagesgeldkonto|kreditkarte|compte|numero de compte|n de compte|compte n|compte (?:de )?cheques?|compte courant|compte a vue|compte de depot|rekening|rekeningnummer|conto'
    + '|conto corrente|numero conto|cuenta|numero de cuenta|rachunek|numer rachunku|lista rachunkow|konto nummer)$')],
  ['bank', /^(?:bic|bic swift|swift|swift code|blz|bankleitzahl|bank code|sort code)$/],
  ['currency', /^(?:currency|account currency|wahrung|kontowahrung|devise|monnaie|munt|valuta|divisa|moneda|waluta|valutakod)$/],
  ['period', /^(?:period|statement period|date range|zeitraum|buchungszeitraum|periode|umsatze|periodo|okres|za okres|transaktioner)\b/],
  ['from', /^(?:from|from date|start date|date from|von|vom|ab|du|de|van|vanaf|dal|da|desde|od|fran|data de inicio|date de debut(?: de telechargement)?)$/],
  ['to', /^(?:to|to date|end date|date to|until|bis|bis zum|au|jusqu au|tot|t m|al|hasta|do|till|data de fim|date de fin(?: de telechargement)?)$/],
];

const DATE_IN_TEXT = /\b(?:\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{1,2}\.? \p{L}{3,10}\.? \d{4})(?!\d)/gu;
const ACCOUNT_IN_TEXT = /[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}|[\dX*•][\dX*•A-Z]{0,33}(?:[ ./-]{1,2}[\dX*•]+){0,8}/;
const AMOUNT_BEHIND = /[-+(]?[\d.,' ]*\d(?: ?[A-Z€£$]{1,3})?$/;
/** Labels are short; descriptions are not searched for them. */
const LONGEST_LABEL = 80;
/** Longer than any label with its value; bounds the patterns' work on text that is neither. */
const LONGEST_FACT = 200;

/** An amount, grouped by spaces or not, at the end of a label. */
const VALUE_BEHIND = /(?<![^\s(+-])[-+(]?\d[\d.,'’\s]*(?:\p{Sc}|[A-Z]{3})?\)?\s*$/u;

/** What a text labels; null for ordinary text. */
export function labelOf(text: string): Label | null {
  if (text === '' || text.length > LONGEST_LABEL) return null;
  const folded = foldWords(text.replace(DATE_IN_TEXT, ' ').replace(VALUE_BEHIND, ' '));
  const known = LABELS.find(([, pattern]) => pattern.test(folded))?.[0];
  // Above the table stand the words that are titles elsewhere.
  return known ?? (readTitle(text).meanings.some(({ role }) => role === 'account') ? 'account' : null);
}

/** The text of a cell without what keeps a spreadsheet from taking it for a number, and what some banks put around all texts. */
export function withoutApostrophes(cell: string): string {
  const text = cell.trim();
  return text.charCodeAt(0) === APOSTROPHE ? text.slice(1, text.endsWith("'") ? -1 : undefined).trim() : text;
}

const APOSTROPHE = 0x27;

/** The cells that are not blank, as far as a fact reaches. */
export function filledTexts(cells: readonly string[]): string[] {
  return cells.map((cell) => withoutApostrophes(cell.slice(0, LONGEST_FACT))).filter((cell) => cell !== '');
}

/** Reads the labelled facts of rows that are no entries. The same fact printed twice counts as it stands first. */
export function readFacts(rows: readonly Row[], mark: DecimalMark, order: DateOrder): Facts {
  const facts: Facts = { account: null, bank: null, currency: null, from: null, to: null, opening_balance: null, closing_balance: null, balance: null };
  rows.forEach(({ cells }, at) => {
    const texts = filledTexts(cells);
    // A row of labels, their values in the row below.
    const labels = texts.filter((text) => !/\d/.test(text) && labelOf(text) !== null).length;
    if (labels > 0 && (labels === texts.length || (labels > 1 && texts.every((text) => !/\d/.test(text))))) {
      const below = rows[at + 1]?.cells ?? [];
      cells.forEach((cell, i) => {
        const label = labelOf(cell.trim());
        const value = below[i]?.trim() ?? '';
        // A label alone may have several values below it.
        if (label !== null && value !== '' && labelOf(value) === null) take(facts, label, cell, texts.length === 1 ? filledTexts(below) : [value], mark, order);
      });
    }
    texts.forEach((text, i) => {
      // `Label: value` in one cell, or the label in one and its value in the next.
      const colon = text.indexOf(':');
      const inside = colon >= 0 && colon < text.length - 1;
      const label = labelOf(colon < 0 ? text : text.slice(0, colon));
      if (label !== null) take(facts, label, inside ? text.slice(0, colon) : text, inside ? [text.slice(colon + 1).trim(), ...texts.slice(i + 1)] : texts.slice(i + 1), mark, order);
      if (label === null || label === 'period') facts.account ??= accountIn(text);
    });
    takeNumberAndDates(facts, texts, order);
    const bare = bareBalance(texts);
    if (bare === null) return;
    facts.account ??= bare.account;
    const amount = parseAmount(bare.amount, mark);
    if (amount !== undefined) facts.balance ??= { amount, date: parseDate(bare.date, order) ?? null };
  });
  return facts;
}

/** An account number and the first and last day, without a label. */
function takeNumberAndDates(facts: Facts, texts: readonly string[], order: DateOrder): void {
  if (texts.length !== 3 || !ACCOUNT_ALONE.test(texts[0]!)) return;
  const [from, to] = texts.slice(1).map((text) => parseDate(text, order));
  if (from === undefined || to === undefined) return;
  facts.account ??= texts[0]!;
  [facts.from, facts.to] = [facts.from ?? from, facts.to ?? to];
}

/** What stands above a table: its facts, and where none is labelled the only IBAN there, whatever words stand around it. */
export function readPreamble(rows: readonly Row[], mark: DecimalMark, order: DateOrder): Facts {
  const facts = readFacts(rows, mark, order);
  if (facts.account !== null) return facts;
  const ibans = new Set(rows.flatMap(({ cells }) => cells.map((cell) => (cell.includes(':') ? null : ibanIn(cell.slice(0, LONGEST_FACT))))).filter((iban) => iban !== null));
  return ibans.size === 1 ? { ...facts, account: [...ibans][0]! } : facts;
}

/**
 * A row that is a balance without a word that says so: the account's number, one date, one amount, and beside them at most a label of
 * accounts. Some French banks put it above or below a table without titles. The texts are those of the cells that are not blank.
 */
export function bareBalance(texts: readonly string[]): { account: string; date: string; amount: string } | null {
  if (texts.length < 3 || texts.length > MOST_BALANCE_TEXTS) return null;
  const found = { account: [] as string[], date: [] as string[], amount: [] as string[] };
  for (const text of texts) {
    if (findDates(text).size > 0) found.date.push(text);
    else if (ACCOUNT_ALONE.test(text) && /\d{3}/.test(text) && text.replace(/[^\dX*•]/g, '').length >= FEWEST_DIGITS) found.account.push(text);
    else if (findAmount(text) !== undefined) found.amount.push(text);
    else if (labelOf(text) !== 'account') return null;
  }
  if (found.account.length !== 1 || found.date.length !== 1 || found.amount.length !== 1) return null;
  return { account: found.account[0]!, date: found.date[0]!, amount: found.amount[0]! };
}

/** Two labels, number, date and amount. */
const MOST_BALANCE_TEXTS = 5;
/** Masked numbers show four digits behind as many marks. */
const FEWEST_DIGITS = 8;
/** An account number and nothing else, the letter of a check character (RIB) behind it or not. */
const ACCOUNT_ALONE = /^(?:[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,8}|[\dX*•](?:[ /-]?[\dX*•]){5,33} ?[A-Z]?)$/u;

/** The account in a text that is nothing but an IBAN, or words that end with a label of accounts and a number without a colon between them. */
function accountIn(text: string): string | null {
  if (ibanStatus(text) === 'valid') return electronicIban(text);
  const [, label, rest] = LABELLED_NUMBER.exec(text) ?? [];
  const words = label?.split(' ') ?? [];
  const isLabel = label !== undefined && (labelOf(label) === 'account' || labelOf(words.at(-1)!) === 'account' || (labelOf(words[0]!) === 'account' && NUMBER_WORD.test(words.at(-1)!)));
  if (!isLabel) return null;
  return ibanIn(rest!) ?? NUMBER_AT_START.exec(rest!)?.[0] ?? null;
}

const NUMBER_WORD = /^(?:n[°ºro]?|num|number|num[eé]ro|numero|nummer)\.?$/i;
/** A label and, behind a space or a bracket, what may be an account number. */
const LABELLED_NUMBER = /^(\p{L}[^\d:*•]{2,40}?)[ (]+((?:[A-Z]{2}\d{2}|[\d*•X]{2}).*)$/u;
/** The bank's own number: the digits of one (six or more with what masks them), in groups or not, and none of a date. */
const NUMBER_AT_START = /^[\dX*•](?:[ /-]?[\dX*•]){5,33}(?![\p{L}\d.,])/u;

function take(facts: Facts, label: Label, text: string, values: readonly string[], mark: DecimalMark, order: DateOrder): void {
  const value = values[0] ?? '';
  const dates = [text, ...values].join(' ').match(DATE_IN_TEXT)?.map((date) => parseDate(date, order)) ?? [];
  switch (label) {
    case 'account':
      facts.account = betterAccount(facts.account, ibanIn(value) ?? ACCOUNT_IN_TEXT.exec(value)?.[0].trim() ?? null);
      facts.currency ??= values.map(currencyIn).find((currency) => currency !== null) ?? null;
      break;
    case 'bank':
      facts.bank ??= value === '' ? null : value;
      break;
    case 'currency':
      if (isCurrency(value)) facts.currency ??= value;
      break;
    case 'period':
      if (dates.length === 2 && dates[0] !== undefined && dates[1] !== undefined) [facts.from, facts.to] = [facts.from ?? dates[0], facts.to ?? dates[1]];
      break;
    case 'from':
    case 'to':
      facts[label] ??= dates[0] ?? null;
      if (label === 'from') facts.to ??= dates[1] ?? null;
      break;
    case 'opening':
    case 'closing':
    case 'balance': {
      const printed = values.find((v) => findAmount(v) !== undefined && parseDate(v, order) === undefined) ?? AMOUNT_BEHIND.exec(text.replace(DATE_IN_TEXT, ''))?.[0];
      const amount = printed === undefined ? undefined : parseAmount(printed, mark);
      if (amount === undefined) return;
      const key = label === 'balance' ? label : `${label}_balance` as const;
      facts[key] ??= { amount, date: dates[0] ?? null };
      facts.currency ??= [printed!, ...values].map(currencyIn).find((currency) => currency !== null) ?? null;
      break;
    }
    case 'count':
    case 'total':
  }
}

/** A total row's kind by its words, where the table has one amount column. */
export function totalKind(text: string): Extract<PrintedTotal, { amount: RawAmount }>['kind'] {
  const folded = foldWords(text);
  if (/\b(?:debits?|soll|ausgaben|belastungen|debet|af|dare|addebiti|uscite|debe|cargos|gastos|obciazenia|uttag|withdrawals)\b/.test(folded)) return 'debits';
  return /\b(?:credits?|haben|einnahmen|gutschriften|bij|avere|accrediti|entrate|haber|abonos|ingresos|uznania|insattningar|deposits)\b/.test(folded) ? 'credits' : 'net';
}

/** Of a number and the IBAN of the same account, the IBAN; else what stands first. */
function betterAccount(known: string | null, found: string | null): string | null {
  if (known === null || found === null) return known ?? found;
  return ibanStatus(known) === 'none' && ibanStatus(found) === 'valid' ? found : known;
}
