import { formatMoney } from '../../src/core/money.ts';
import { inLettersOf, pieces, type Format } from './format.ts';
import type { Payment } from './model.ts';
import { textWithReference } from './mt940.ts';

/** OFX 2.2 (XML): the name cut at 32 characters, the text at 255, no account of the other side, no ids but the bank's. */

/** OFX 2.2, section 11.4.4.1: NAME is A-32, MEMO A-255. */
const NAME_LENGTH = 32;
const MEMO_LENGTH = 255;

export const OFX: Format = {
  id: 'ofx', ending: 'ofx', batches: false,
  show(payment) {
    const { text, cut } = pieces(inLettersOf(payment.account, textWithReference(payment)), MEMO_LENGTH, 1);
    const name = payment.name === null ? null : inLettersOf(payment.account, payment.name).slice(0, NAME_LENGTH).trim();
    return {
      name, name_cut: name !== null && name.length >= NAME_LENGTH - 1, name_runs_on: false, account: null, text, text_cut: cut, reference: null, end_to_end_id: null,
      mandate_id: null, charges: false, instructed: false, booking_type: payment.kind !== 'return', value_date: true,
    };
  },
  write({ account, number, from, to, closing, lines }) {
    const day = (date: string): string => `${date.replaceAll('-', '')}120000`;
    return Buffer.from([
      '<?xml version="1.0" encoding="UTF-8" standalone="no"?>', '<?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>',
      `<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS><DTSERVER>${day(to)}</DTSERVER><LANGUAGE>ENG</LANGUAGE></SONRS></SIGNONMSGSRSV1>`,
      `<BANKMSGSRSV1><STMTTRNRS><TRNUID>${number}</TRNUID><STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS><STMTRS><CURDEF>${account.currency}</CURDEF>`,
      `<BANKACCTFROM><BANKID>${account.bank.bic}</BANKID><ACCTID>${account.number}</ACCTID><ACCTTYPE>CHECKING</ACCTTYPE></BANKACCTFROM>`,
      `<BANKTRANLIST><DTSTART>${day(from)}</DTSTART><DTEND>${day(to)}</DTEND>`,
      ...lines.map(({ payments: [payment], shown: [shown], bank_reference }) => [
        `<STMTTRN><TRNTYPE>${typeOf(payment!)}</TRNTYPE><DTPOSTED>${day(payment!.date)}</DTPOSTED><DTAVAIL>${day(payment!.value_date)}</DTAVAIL>`,
        `<TRNAMT>${formatMoney(payment!.amount, account.currency)}</TRNAMT><FITID>${bank_reference}</FITID>`,
        shown!.name === null ? '' : `<NAME>${escape(shown!.name)}</NAME>`, shown!.text.length === 0 ? '' : `<MEMO>${escape(shown!.text.join(''))}</MEMO>`, '</STMTTRN>',
      ].join('')),
      `</BANKTRANLIST><LEDGERBAL><BALAMT>${formatMoney(closing, account.currency)}</BALAMT><DTASOF>${day(to)}</DTASOF></LEDGERBAL>`,
      '</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>', '',
    ].join('\n'));
  },
};

function typeOf({ kind, amount }: Payment): string {
  switch (kind) {
    case 'fee': return 'SRVCHG';
    case 'interest': return 'INT';
    case 'direct_debit': return amount < 0n ? 'DIRECTDEBIT' : 'DIRECTDEP';
    default: return amount < 0n ? 'DEBIT' : 'CREDIT';
  }
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
