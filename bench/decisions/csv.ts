import { englishDate, englishNumber, quoteCell } from '../../fixtures/generate/csv.ts';
import { formatMoney } from '../../src/core/money.ts';
import { inLettersOf, pieces, withoutUmlauts, type Format, type Line, type Shown } from './format.ts';
import type { Payment } from './model.ts';
import { textWithReference } from './mt940.ts';

/** Four exports, each with a loss of its own. */

/** DTAUS: a line of remittance information. */
const SEGMENT_LENGTH = 27;

/** Semicolons, 1.234,56, windows-1252; counterparty, account, text and end-to-end id in columns. */
export const CSV_GERMAN: Format = {
  id: 'csv german', ending: 'csv', batches: false,
  show(payment) {
    const shown = shows(payment, { account: true, ids: true, value_date: true, name: 70, text: 140 });
    return { ...shown, name: shown.name === null ? null : inLatin1(shown.name), text: shown.text.map(inLatin1) };
  },
  write: ({ account, from, to, opening, closing, lines }) => {
    const money = (amount: bigint): string => germanNumber(amount, account.currency);
    return write(';', '\r\n', 'latin1', [
      ['Umsätze', account.bank.name], ['IBAN', account.number], ['Zeitraum', `${germanDate(from)} - ${germanDate(to)}`],
      ['Alter Kontostand', money(opening), account.currency], ['Neuer Kontostand', money(closing), account.currency], [],
      ['Buchungstag', 'Wertstellung', 'Buchungstext', 'Auftraggeber/Empfänger', 'IBAN Zahlungsbeteiligter', 'Verwendungszweck', 'End-to-End-Referenz', 'Mandatsreferenz', 'Betrag', 'Währung'],
      ...each(lines, (payment, shown) => [
        germanDate(payment.date), germanDate(payment.value_date), TYPES.german[payment.kind](payment), shown.name ?? '', shown.account ?? '', shown.text.join(' '),
        shown.end_to_end_id ?? '', shown.mandate_id ?? '', money(payment.amount), account.currency,
      ]),
    ]);
  },
};

/** The same with the text as older systems keep it: pieces of 27 characters, which the export puts together with a space wherever they end. */
export const CSV_SEGMENTS: Format = {
  ...CSV_GERMAN, id: 'csv segments',
  show(payment) {
    const shown = CSV_GERMAN.show(payment);
    return { ...shown, text: pieces(shown.text.join(''), SEGMENT_LENGTH).text };
  },
};

/** Everything in quotation marks, the sign as a word, the other side's account, a balance; no end-to-end id. */
export const CSV_DUTCH: Format = {
  id: 'csv dutch', ending: 'csv', batches: false,
  show: (payment) => shows(payment, { account: true, ids: false, value_date: false, name: 35, text: 140 }),
  write: ({ account, opening, lines }) => {
    let balance = opening;
    return write(';', '\n', 'utf8', [
      ['Datum', 'Naam / Omschrijving', 'Rekening', 'Tegenrekening', 'Af Bij', `Bedrag (${account.currency})`, 'Mutatiesoort', 'Mededelingen', 'Saldo na mutatie'],
      ...each(lines, (payment, shown) => {
        balance += payment.amount;
        return [
          payment.date, shown.name ?? '', account.number, shown.account ?? '', payment.amount < 0n ? 'Af' : 'Bij',
          formatMoney(payment.amount < 0n ? -payment.amount : payment.amount, account.currency).replace('.', ','), TYPES.dutch[payment.kind](payment), shown.text.join(' '),
          formatMoney(balance, account.currency).replace('.', ','),
        ];
      }),
    ]);
  },
};

/** Payer and text run together in one column, debit and credit in two; no account, no ids. */
export const CSV_ENGLISH: Format = {
  id: 'csv english', ending: 'csv', batches: false,
  show: (payment) => ({ ...shows(payment, { account: false, ids: false, value_date: false, name: 35, text: 105 }), name_runs_on: true }),
  write: ({ account, opening, lines }) => {
    let balance = opening;
    const money = (amount: bigint): string => englishNumber(formatMoney(amount, account.currency));
    return write(',', '\n', 'utf8', [
      ['Account', 'Date', 'Type', 'Description', 'Paid out', 'Paid in', 'Balance', 'Currency'],
      ...each(lines, (payment, shown) => {
        balance += payment.amount;
        return [
          account.number, englishDate(payment.date), TYPES.english[payment.kind](payment), [shown.name ?? '', ...shown.text].filter((part) => part !== '').join(' '),
          payment.amount < 0n ? money(-payment.amount) : '', payment.amount < 0n ? '' : money(payment.amount), money(balance), account.currency,
        ];
      }),
    ]);
  },
};

/** Date, counterparty, a reference of 35 characters, a signed amount and nothing else: no account, no type, no balance. */
export const CSV_PLAIN: Format = {
  id: 'csv plain', ending: 'csv', batches: false,
  show: (payment) => ({ ...shows(payment, { account: false, ids: false, value_date: false, name: 40, text: 35 }), booking_type: false }),
  write: ({ account, lines }) => write(',', '\n', 'utf8', [
    ['Account', 'Date', 'Counterparty', 'Reference', 'Amount', 'Currency'],
    ...each(lines, (payment, shown) => [
      account.number, payment.date, shown.name ?? '', shown.text.join(' '), formatMoney(payment.amount, account.currency), account.currency,
    ]),
  ]),
};

function shows(payment: Payment, has: { account: boolean; ids: boolean; value_date: boolean; name: number; text: number }): Shown {
  const { text, cut } = pieces(inLettersOf(payment.account, textWithReference(payment)), has.text, 1);
  const name = payment.name === null ? null : inLettersOf(payment.account, payment.name).slice(0, has.name).trim();
  return {
    name, name_cut: name !== null && name.length >= has.name - 1, name_runs_on: false, account: has.account ? payment.counterparty_account : null, text, text_cut: cut,
    reference: null, end_to_end_id: has.ids ? payment.end_to_end_id : null, mandate_id: has.ids ? payment.mandate_id : null, charges: false, instructed: false, booking_type: true, value_date: has.value_date,
  };
}

type Type = (payment: Payment) => string;
const TYPES: Readonly<Record<'german' | 'english' | 'dutch', Readonly<Record<Payment['kind'], Type>>>> = {
  german: {
    transfer: ({ amount }) => (amount < 0n ? 'Überweisung' : 'Gutschrift'), direct_debit: () => 'Lastschrift', return: () => 'Rücklastschrift', fee: () => 'Entgelt', interest: () => 'Zinsen',
  },
  english: {
    transfer: ({ amount }) => (amount < 0n ? 'Transfer out' : 'Transfer in'), direct_debit: () => 'Direct debit', return: () => 'Return', fee: () => 'Fee', interest: () => 'Interest',
  },
  dutch: { transfer: () => 'Overschrijving', direct_debit: () => 'Incasso', return: () => 'Retour', fee: () => 'Kosten', interest: () => 'Rente' },
};

function each(lines: readonly Line[], row: (payment: Payment, shown: Shown) => string[]): string[][] {
  return lines.map((line) => row(line.payments[0]!, line.shown[0]!));
}

function write(delimiter: string, end: string, encoding: 'utf8' | 'latin1', rows: readonly (readonly string[])[]): Buffer {
  return Buffer.from(rows.map((row) => row.map((cell) => quoteCell(cell, delimiter)).join(delimiter) + end).join(''), encoding);
}

/** Letters that windows-1252 does not have lose their accents. */
function inLatin1(text: string): string {
  return text.replace(/[^\x20-\xff]/g, withoutUmlauts);
}

function germanNumber(amount: bigint, currency: string): string {
  return englishNumber(formatMoney(amount, currency)).replace(/[.,]/g, (mark) => (mark === ',' ? '.' : ','));
}

function germanDate(date: string): string {
  return date.split('-').toReversed().join('.');
}
