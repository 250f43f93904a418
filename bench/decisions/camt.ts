import { formatMoney } from '../../src/core/money.ts';
import { inLettersOf, pieces, type Format, type Line, type Shown, type Statement } from './format.ts';
import type { Payment } from './model.ts';

/** camt.053.001.02 and .08 (ISO 20022 BankToCustomerStatement), and camt.052 for the interim report. Loses next to nothing. */

/** ISO 20022 Max140Text: one line of unstructured remittance information. */
const REMITTANCE_LENGTH = 140;
/** What banks make of it that keep the four lines of 35 of older formats. */
const LINE_LENGTH = 35;
const NAME_LENGTH = 70;

export const CAMT_02: Format = camt('02', LINE_LENGTH);
export const CAMT_08: Format = camt('08', REMITTANCE_LENGTH);

function camt(version: '02' | '08', length: number): Format {
  return {
    id: `camt.053.001.${version}`, ending: 'xml', batches: true,
    show(payment) {
      const { text, cut } = pieces(inLettersOf(payment.account, payment.text), length, REMITTANCE_LENGTH / length);
      const name = payment.name === null ? null : inLettersOf(payment.account, payment.name).slice(0, NAME_LENGTH);
      return {
        name, name_cut: name !== null && name.length === NAME_LENGTH, name_runs_on: false, account: payment.counterparty_account, text, text_cut: cut,
        reference: payment.reference, end_to_end_id: payment.end_to_end_id, mandate_id: payment.mandate_id, charges: true, instructed: true, booking_type: true, value_date: true,
      };
    },
    write: (statement) => Buffer.from(document(version, statement)),
  };
}

function document(version: '02' | '08', { account, number, from, to, opening, closing, lines, interim }: Statement): string {
  const [message, root, report] = interim ? ['camt.052', 'BkToCstmrAcctRpt', 'Rpt'] : ['camt.053', 'BkToCstmrStmt', 'Stmt'];
  const { currency, bank } = account;
  const balance = (code: string, amount: bigint, date: string): string =>
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="${currency}">${unsigned(amount, currency)}</Amt>${side(amount)}<Dt><Dt>${date}</Dt></Dt></Bal>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:${message}.001.${version}"><${root}>`,
    `<GrpHdr><MsgId>${bank.bic}${to.replaceAll('-', '')}${number}</MsgId><CreDtTm>${to}T20:15:00</CreDtTm></GrpHdr>`,
    `<${report}><Id>${account.number.slice(-8)}-${number}</Id><ElctrncSeqNb>${number}</ElctrncSeqNb><CreDtTm>${to}T20:15:00</CreDtTm>`,
    `<FrToDt><FrDtTm>${from}T00:00:00</FrDtTm><ToDtTm>${to}T23:59:59</ToDtTm></FrToDt>`,
    `<Acct><Id><IBAN>${account.number}</IBAN></Id><Ccy>${currency}</Ccy><Svcr><FinInstnId><${bic(version)}>${bank.bic}</${bic(version)}><Nm>${escape(bank.name)}</Nm></FinInstnId></Svcr></Acct>`,
    balance(interim ? 'ITBD' : 'OPBD', opening, from),
    ...(interim ? [] : [balance('CLBD', closing, to)]),
    ...lines.map((line) => entry(version, line, interim)),
    `</${report}></${root}></Document>\n`,
  ].join('\n');
}

function bic(version: '02' | '08'): string {
  return version === '02' ? 'BIC' : 'BICFI';
}

function entry(version: '02' | '08', { payments, shown, bank_reference }: Line, interim: boolean): string {
  const [first] = payments as [Payment, ...Payment[]];
  const { currency } = first.account;
  const amount = payments.reduce((sum, payment) => sum + payment.amount, 0n);
  const batch = payments.length > 1;
  const status = interim ? 'PDNG' : 'BOOK';
  const charges = payments.reduce((sum, payment) => sum + payment.charges, 0n);
  const charge = `<Amt Ccy="${currency}">${formatMoney(charges, currency)}</Amt><CdtDbtInd>DBIT</CdtDbtInd>`;
  return [
    `<Ntry><Amt Ccy="${currency}">${unsigned(amount, currency)}</Amt>${side(amount)}${first.kind === 'return' ? '<RvslInd>true</RvslInd>' : ''}`,
    `<Sts>${version === '02' ? status : `<Cd>${status}</Cd>`}</Sts><BookgDt><Dt>${first.date}</Dt></BookgDt><ValDt><Dt>${first.value_date}</Dt></ValDt>`,
    `<AcctSvcrRef>${bank_reference}</AcctSvcrRef><BkTxCd><Domn>${bankCode(first)}</Domn></BkTxCd>`,
    ...(charges === 0n ? [] : [`<Chrgs>${version === '02' ? charge : `<Rcrd>${charge}</Rcrd>`}</Chrgs>`]),
    '<NtryDtls>',
    ...(batch ? [`<Btch><NbOfTxs>${payments.length}</NbOfTxs></Btch>`] : []),
    ...payments.map((payment, i) => details(version, payment, shown[i]!, batch)),
    '</NtryDtls></Ntry>',
  ].join('');
}

/** Bank transaction codes (ISO 20022 external code sets): domain, family, sub-family. */
function bankCode({ kind, amount }: Payment): string {
  const [domain, family, subfamily] = {
    transfer: ['PMNT', amount < 0n ? 'ICDT' : 'RCDT', 'ESCT'], direct_debit: ['PMNT', amount < 0n ? 'RDDT' : 'IDDT', 'ESDD'],
    return: ['PMNT', amount < 0n ? 'IDDT' : 'RCDT', amount < 0n ? 'UPDD' : 'RRTN'], fee: ['ACMT', 'MDOP', 'CHRG'], interest: ['ACMT', amount < 0n ? 'MDOP' : 'MCOP', 'INTR'],
  }[kind]!;
  return `<Cd>${domain}</Cd><Fmly><Cd>${family}</Cd><SubFmlyCd>${subfamily}</SubFmlyCd></Fmly>`;
}

function details(version: '02' | '08', payment: Payment, { name, account, text, reference, end_to_end_id, mandate_id }: Shown, batch: boolean): string {
  const { amount, kind, instructed, account: { currency } } = payment;
  // A return carries the parties of the payment that comes back.
  const role = (amount < 0n) === (kind === 'return') ? 'Dbtr' : 'Cdtr';
  const named = name === null ? '' : version === '02' ? `<${role}><Nm>${escape(name)}</Nm></${role}>` : `<${role}><Pty><Nm>${escape(name)}</Nm></Pty></${role}>`;
  const numbered = account === null ? '' : `<${role}Acct><Id><IBAN>${account}</IBAN></Id></${role}Acct>`;
  const money = `<Amt Ccy="${currency}">${unsigned(amount, currency)}</Amt>`;
  const details = [
    instructed === null ? '' : `<InstdAmt><Amt Ccy="${instructed.currency}">${formatMoney(instructed.amount, instructed.currency)}</Amt></InstdAmt>`,
    batch && version === '02' ? `<TxAmt>${money}</TxAmt>` : '',
  ].join('');
  return [
    `<TxDtls><Refs><EndToEndId>${end_to_end_id === null ? 'NOTPROVIDED' : escape(end_to_end_id)}</EndToEndId>${mandate_id === null ? '' : `<MndtId>${mandate_id}</MndtId>`}</Refs>`,
    batch && version === '08' ? money + side(amount) : '',
    details === '' ? '' : `<AmtDtls>${details}</AmtDtls>`,
    named + numbered === '' ? '' : `<RltdPties>${named}${numbered}</RltdPties>`,
    text.length === 0 && reference === null ? '' : `<RmtInf>${text.map((line) => `<Ustrd>${escape(line)}</Ustrd>`).join('')}${
      reference === null ? '' : `<Strd><CdtrRefInf><Ref>${reference}</Ref></CdtrRefInf></Strd>`}</RmtInf>`,
    kind === 'return' ? '<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>' : '',
    '</TxDtls>',
  ].join('');
}

function unsigned(amount: bigint, currency: string): string {
  return formatMoney(amount < 0n ? -amount : amount, currency);
}

function side(amount: bigint): string {
  return `<CdtDbtInd>${amount < 0n ? 'DBIT' : 'CRDT'}</CdtDbtInd>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
