import { formatMoney } from '../../src/core/money.ts';
import { inLettersOf, pieces, withoutUmlauts, type Format, type Line, type Shown, type Statement } from './format.ts';
import type { Payment } from './model.ts';

/** MT940 (SWIFT Standards MT, category 9), field 86 as in Germany and as in the Netherlands. */

/** DFÜ agreement, annex 3: the subfields 20 to 29 and 60 to 63 have 27 characters each, the name two of them. */
const SUBFIELD_LENGTH = 27;
const TEXT_SUBFIELDS = ['20', '21', '22', '23', '24', '25', '26', '27', '28', '29', '60', '61', '62', '63'];
/** Field 86 has six lines of 65 characters. */
const LINE_LENGTH = 65;
const LINES = 6;
const DUTCH_NAME_LENGTH = 35;

export const MT940_GERMAN: Format = {
  id: 'mt940 ?20', ending: 'sta', batches: false,
  show(payment) {
    const { name, cut } = nameOf(payment, 2 * SUBFIELD_LENGTH);
    const text = withoutUmlauts(inLettersOf(payment.account, textWithReference(payment)));
    const room = TEXT_SUBFIELDS.length - headings(payment).flatMap((heading) => pieces(heading, SUBFIELD_LENGTH).text).length;
    const lines = pieces(`SVWZ+${text}`, SUBFIELD_LENGTH, room);
    return {
      name, name_cut: cut, name_runs_on: false, account: payment.counterparty_account, text: [lines.text.join('').slice(5)], text_cut: lines.cut, reference: null,
      end_to_end_id: payment.end_to_end_id, mandate_id: payment.mandate_id, charges: true, instructed: true, booking_type: true, value_date: true,
    };
  },
  write: (statement) => message(statement, germanInformation),
};

export const MT940_DUTCH: Format = {
  id: 'mt940 /TRTP/', ending: '940', batches: false,
  show(payment) {
    const { name, cut } = nameOf(payment, DUTCH_NAME_LENGTH);
    return {
      name, name_cut: cut, name_runs_on: false, account: payment.counterparty_account, text: [withoutUmlauts(inLettersOf(payment.account, textWithReference(payment)))],
      text_cut: false, reference: null, end_to_end_id: payment.end_to_end_id, mandate_id: payment.mandate_id, charges: true, instructed: true, booking_type: true, value_date: true,
    };
  },
  write: (statement) => message(statement, dutchInformation),
};

function nameOf(payment: Payment, length: number): { name: string | null; cut: boolean } {
  if (payment.name === null) return { name: null, cut: false };
  const name = withoutUmlauts(inLettersOf(payment.account, payment.name)).slice(0, length).trim();
  return { name, cut: name.length >= length - 1 };
}

/** There is no field for a creditor reference: banks print it behind the text. */
export function textWithReference({ text, reference }: Payment): string {
  return [text, ...(reference === null ? [] : [reference])].filter((part) => part !== '').join(' ');
}

function message({ account, number, from, to, opening, closing, lines }: Statement, information: (payment: Payment, shown: Shown) => string[]): Buffer {
  const balance = (tag: string, amount: bigint, date: string): string => `:${tag}:${amount < 0n ? 'D' : 'C'}${short(date)}${account.currency}${money(amount, account.currency)}`;
  return Buffer.from([
    `{1:F01${account.bank.bic}AXXX0000000000}{2:I940${account.bank.bic}XXXXN}{4:`,
    `:20:STARTUMS${number}`, `:25:${account.number}`, `:28C:${number}/1`, balance('60F', opening, from),
    ...lines.flatMap((line) => [statementLine(line), ...withTag(information(line.payments[0]!, line.shown[0]!))]),
    balance('62F', closing, to), '-}', '',
  ].join('\r\n'));
}

function withTag(lines: string[]): string[] {
  return [`:86:${lines[0]}`, ...lines.slice(1)];
}

function statementLine({ payments: [payment], bank_reference }: Line): string {
  const { amount, kind, date, value_date, charges, instructed, account: { currency } } = payment!;
  const mark = `${kind === 'return' ? 'R' : ''}${(amount < 0n) === (kind === 'return') ? 'C' : 'D'}`;
  const extra = [
    ...(instructed === null ? [] : [`/OCMT/${instructed.currency}${money(instructed.amount, instructed.currency)}/`]),
    ...(charges === 0n ? [] : [`/CHGS/${currency}${money(charges, currency)}/`]),
  ].join('');
  return `:61:${short(value_date)}${short(date).slice(2)}${mark}${money(amount, currency)}N${SWIFT_TYPES[kind]}NONREF//${bank_reference}${extra === '' ? '' : `\r\n${extra.slice(0, 34)}`}`;
}

/** SWIFT transaction type identification codes (field 61, subfield 6). */
const SWIFT_TYPES = { transfer: 'TRF', direct_debit: 'DDT', return: 'RTI', fee: 'CHG', interest: 'INT' } as const;

/** Business transaction codes and booking texts of the DFÜ agreement. */
function businessCode({ kind, amount }: Payment): [code: string, text: string] {
  switch (kind) {
    case 'transfer': return amount < 0n ? ['116', 'UEBERWEISUNG'] : ['166', 'GUTSCHRIFT'];
    case 'direct_debit': return amount < 0n ? ['105', 'LASTSCHRIFT'] : ['171', 'LASTSCHRIFTEINZUG'];
    case 'return': return amount < 0n ? ['109', 'RUECKLASTSCHRIFT'] : ['159', 'RUECKUEBERWEISUNG'];
    case 'fee': return ['808', 'ENTGELT'];
    case 'interest': return ['814', 'ZINSEN'];
  }
}

function headings({ end_to_end_id, mandate_id }: Payment): string[] {
  return [...(end_to_end_id === null ? [] : [`EREF+${end_to_end_id}`]), ...(mandate_id === null ? [] : [`MREF+${mandate_id}`])];
}

function germanInformation(payment: Payment, { name, account, text }: Shown): string[] {
  const [code, booking_text] = businessCode(payment);
  const words = text.join('');
  const fields = [...headings(payment), ...(words === '' ? [] : [`SVWZ+${words}`])].flatMap((part) => pieces(part, SUBFIELD_LENGTH).text);
  const parts = [
    `${code}?00${booking_text}?109999`, ...fields.map((field, i) => `?${TEXT_SUBFIELDS[i]}${field}`),
    ...(account === null ? [] : [`?31${account}`]), ...(name === null ? [] : pieces(name, SUBFIELD_LENGTH).text.map((piece, i) => `?3${2 + i}${piece}`)),
    ...(payment.kind === 'return' ? ['?34914'] : []),
  ];
  // The subfields 60 to 63 stand behind the name.
  const late = parts.filter((part) => part.startsWith('?6'));
  return pieces([...parts.filter((part) => !late.includes(part)), ...late].join(''), LINE_LENGTH).text;
}

function dutchInformation(payment: Payment, { name, account, text, end_to_end_id, mandate_id }: Shown): string[] {
  const kind = { transfer: 'SEPA OVERBOEKING', direct_debit: 'SEPA INCASSO ALGEMEEN DOORLOPEND', return: 'SEPA RETOUR', fee: 'KOSTEN', interest: 'RENTE' }[payment.kind];
  const words = text.join('');
  const parts = [
    `/TRTP/${kind}`, ...(account === null ? [] : [`/IBAN/${account}/BIC/XXXXNL20`]), ...(name === null ? [] : [`/NAME/${name}`]),
    ...(mandate_id === null ? [] : [`/MARF/${mandate_id}`]), ...(words === '' ? [] : [`/REMI/${words}`]), `/EREF/${end_to_end_id ?? 'NOTPROVIDED'}`,
    ...(payment.kind === 'return' ? ['/RTRN/AM04'] : []),
  ];
  return pieces(parts.join(''), LINE_LENGTH, LINES).text;
}

/** SWIFT: a decimal comma, always. */
function money(amount: bigint, currency: string): string {
  const plain = formatMoney(amount < 0n ? -amount : amount, currency);
  return plain.includes('.') ? plain.replace('.', ',') : `${plain},`;
}

function short(date: string): string {
  return date.slice(2).replaceAll('-', '');
}
