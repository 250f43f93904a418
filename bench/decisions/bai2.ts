import { pieces, withoutUmlauts, type Format, type Statement } from './format.ts';
import type { Payment } from './model.ts';
import { textWithReference } from './mt940.ts';

/** BAI2: capitals only, name and text run together in a text that goes on in records 88; no account of the other side, one date. */

const RECORD_LENGTH = 80;
const NAME_LENGTH = 35;
/** What banks keep of a payer's text: four lines of 35. */
const TEXT_LENGTH = 140;

export const BAI2: Format = {
  id: 'bai2', ending: 'bai', batches: false,
  show(payment) {
    const { text, cut } = pieces(letters(textWithReference(payment)), TEXT_LENGTH, 1);
    const name = payment.name === null ? null : letters(payment.name).slice(0, NAME_LENGTH).trim();
    return {
      name, name_cut: name !== null && name.length >= NAME_LENGTH - 1, name_runs_on: true, account: null, text, text_cut: cut, reference: null,
      end_to_end_id: payment.end_to_end_id !== null && payment.end_to_end_id.length <= 16 ? payment.end_to_end_id : null, mandate_id: null,
      charges: false, instructed: false, booking_type: true, value_date: false,
    };
  },
  write: (statement) => Buffer.from(`${records(statement).join('\r\n')}\r\n`),
};

/** Slashes end a record, commas a field: banks that write to this format leave both out. */
function letters(text: string): string {
  return withoutUmlauts(text).toUpperCase().replace(/[,/]/g, ' ');
}

function records({ account, number, to, opening, closing, lines }: Statement): string[] {
  const date = to.slice(2).replaceAll('-', '');
  const sum = (sign: 1 | -1): bigint => lines.flatMap(({ payments }) => payments).map(({ amount }) => amount * BigInt(sign)).filter((amount) => amount > 0n).reduce((total, amount) => total + amount, 0n);
  const [credits, debits] = [sum(1), sum(-1)];
  const body = [
    `03,${account.number},${account.currency},010,${opening},,,015,${closing},,,100,${credits},,,400,${debits},,/`,
    ...lines.flatMap(({ payments: [payment], shown: [shown], bank_reference }) => {
      const { amount, end_to_end_id } = payment!;
      const head = `16,${typeOf(payment!)},${amount < 0n ? -amount : amount},Z,${bank_reference},${shown!.end_to_end_id === null ? '' : end_to_end_id},`;
      const text = [shown!.name ?? '', ...shown!.text].filter((part) => part !== '').join(' ');
      return continued(head, text);
    }),
  ];
  // Every amount of the records 03 and 16.
  const total = opening + closing + 2n * (credits + debits);
  const account_records = body.length + 1;
  return [
    `01,${account.bank.bic},TIEOUT,${date},2015,${number},${RECORD_LENGTH},1,2/`,
    `02,TIEOUT,${account.bank.bic},1,${date},2015,${account.currency},2/`,
    ...body, `49,${total},${account_records}/`, `98,${total},1,${account_records + 2}/`, `99,${total},1,${account_records + 4}/`,
  ];
}

/** A record and its continuations; a line is filled to its end, in the middle of a word if need be. */
function continued(head: string, text: string): string[] {
  const first = text.slice(0, RECORD_LENGTH - head.length);
  const rest = pieces(text.slice(first.length), RECORD_LENGTH - '88,'.length).text;
  return [head + first, ...rest.map((piece) => `88,${piece}`)];
}

/** Type codes (ANSI X9.121): ACH and wire credits and debits, returned items, fees, interest. */
function typeOf({ kind, amount }: Payment): string {
  const out = amount < 0n;
  switch (kind) {
    case 'transfer': return out ? '495' : '195';
    case 'direct_debit': return out ? '455' : '165';
    case 'return': return out ? '557' : '257';
    case 'fee': return '698';
    case 'interest': return out ? '654' : '354';
  }
}

