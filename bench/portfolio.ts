/**
 * A night for the benchmark and for the tests under fault: customers with open invoices and the payments for them, with what must come of
 * each known beforehand. Everything follows from the number of entries; nothing is random.
 */

export type Expected = 'auto' | 'review' | 'suspense';

export interface Payment {
  /** Counts them; the invoice meant is that of the same number. */
  n: number;
  company: string;
  amount: number;
  name: string;
  account: string;
  structured_reference: string | null;
  remittance: string | null;
  expected: Expected;
  /** The invoice that an automatic decision settles. */
  invoice_number: string;
  /** What it closes of open invoices, in minor units; 0 for what is not automatic. */
  closes: number;
}

export interface Portfolio {
  accounts_csv: string;
  parties_csv: string;
  invoices_csv: string;
  payments: Payment[];
  /** Open amounts of all invoices before the run, in minor units. */
  open_total: bigint;
}

export const CAMT_ACCOUNT = iban('DE', '370400440000000001');
export const CSV_ACCOUNT = iban('DE', '370400440000000002');
const INVOICES_PER_CUSTOMER = 10;
const DATE = '2026-10-30';

/** `invoices` open invoices and `entries` payments, of which each settles invoices of its own; there must be no more entries than invoices. */
export function makePortfolio(entries: number, invoices: number, companies: readonly string[] = ['default']): Portfolio {
  const customers = Math.ceil(invoices / INVOICES_PER_CUSTOMER);
  const parties = ['party_id,kind,name,accounts'];
  for (let c = 0; c < customers; c++) parties.push(`C${c},customer,${nameOf(c)},${accountOf(c)}`);
  const rows = ['company,kind,invoice_number,party_id,currency,amount,issue_date,due_date,payment_reference,discount_amount,discount_until,tax'];
  let open_total = 0n;
  for (let i = 0; i < invoices; i++) {
    const amount = amountOf(i);
    open_total += BigInt(amount);
    const discount = i % 20 === 16;
    const net = Math.round(amount / 1.19);
    rows.push(`${companyOf(i, customers, companies)},receivable,${numberOf(i)},C${i % customers},EUR,${decimal(amount)},2026-10-01,2026-10-31,${referenceOf(i)},${
      discount ? `${decimal(discountOf(i))},${DATE}` : ','},19:${decimal(net)}:${decimal(amount - net)}`);
  }
  const payments: Payment[] = [];
  for (let i = 0; i < entries; i++) payments.push({ n: i, company: companyOf(i, customers, companies), invoice_number: numberOf(i), ...paymentOf(i, customers) });
  return {
    accounts_csv: `account,currency,company\n${CAMT_ACCOUNT},EUR,default\n${CSV_ACCOUNT},EUR,default\n`,
    parties_csv: `${parties.join('\n')}\n`, invoices_csv: `${rows.join('\n')}\n`, payments, open_total,
  };
}

/** All invoices of a customer are of one company. */
function companyOf(i: number, customers: number, companies: readonly string[]): string {
  return companies[(i % customers) % companies.length]!;
}

/** Of each twenty payments ten carry our reference, six name the invoice in a text, two take a discount, one is a stranger's, one is short. */
function paymentOf(i: number, customers: number): Omit<Payment, 'n' | 'company' | 'invoice_number'> {
  const customer = i % customers;
  const amount = amountOf(i);
  const plain = { amount, name: nameOf(customer), account: accountOf(customer), structured_reference: null, closes: amount, expected: 'auto' as const };
  switch (i % 20) {
    case 10: case 11: return { ...plain, remittance: `Rechnung ${numberOf(i)} vom 01.10.2026` };
    case 12: case 13: return { ...plain, remittance: `RG ${numberOf(i).replaceAll('-', ' ')} KD-NR 4711 TEL 0221 998877` };
    case 14: case 15: return { ...plain, remittance: `${numberOf(i).replaceAll('-', '')} DANKE` };
    case 16: return { ...plain, amount: amount - discountOf(i), remittance: `${numberOf(i)} abzgl. Skonto` };
    case 18: return { ...plain, name: `Unbekannt ${i}`, account: iban('DE', `99999999${String(i).padStart(10, '0')}`), remittance: 'Mietzahlung', expected: 'suspense', closes: 0 };
    case 19: return { ...plain, amount: amount - 333, remittance: numberOf(i), expected: 'review', closes: 0 };
    default: return { ...plain, structured_reference: referenceOf(i), remittance: null };
  }
}

/** Payments as camt.053.001.08. */
export function* renderCamt(payments: readonly Payment[], account: string = CAMT_ACCOUNT): Generator<string> {
  const sum = payments.reduce((total, payment) => total + payment.amount, 0);
  const balance = (code: string, amount: number): string => `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${decimal(amount)}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>${DATE}</Dt></Dt></Bal>`;
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>${DATE}T23:00:00</CreDtTm></GrpHdr>`
    + `<Stmt><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb><FrToDt><FrDtTm>${DATE}T00:00:00</FrDtTm><ToDtTm>${DATE}T23:59:59</ToDtTm></FrToDt><Acct><Id><IBAN>${account}</IBAN></Id><Ccy>EUR</Ccy></Acct>${balance('OPBD', 100_000)}${balance('CLBD', 100_000 + sum)}\n`;
  for (const payment of payments) {
    yield `<Ntry><Amt Ccy="EUR">${decimal(payment.amount)}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${DATE}</Dt></BookgDt><ValDt><Dt>${DATE}</Dt></ValDt><AcctSvcrRef>B${payment.n}</AcctSvcrRef>`
      + '<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>'
      + `<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy="EUR">${decimal(payment.amount)}</Amt><CdtDbtInd>CRDT</CdtDbtInd>`
      + `<RltdPties><Dbtr><Pty><Nm>${payment.name}</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>${payment.account}</IBAN></Id></DbtrAcct></RltdPties><RmtInf>`
      + (payment.structured_reference ? `<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>${payment.structured_reference}</Ref></CdtrRefInf></Strd>` : `<Ustrd>${payment.remittance}</Ustrd>`)
      + '</RmtInf></TxDtls></NtryDtls></Ntry>\n';
  }
  yield '</Stmt></BkToCstmrStmt></Document>\n';
}

/** Payments as a German CSV with a running balance. */
export function* renderCsv(payments: readonly Payment[], account: string = CSV_ACCOUNT): Generator<string> {
  yield `Konto;${account}\n\nBuchungstag;Wertstellung;Auftraggeber;IBAN Auftraggeber;Referenz;Verwendungszweck;Betrag;Währung;Saldo\n`;
  let balance = 100_000;
  for (const payment of payments) {
    balance += payment.amount;
    yield `30.10.2026;30.10.2026;${payment.name};${payment.account};${payment.structured_reference ?? ''};${payment.remittance ?? ''};${german(payment.amount)};EUR;${german(balance)}\n`;
  }
}

function amountOf(i: number): number {
  return 10_000 + ((i * 7_919) % 900_000);
}

function discountOf(i: number): number {
  return Math.round(amountOf(i) * 0.02);
}

function numberOf(i: number): string {
  return `RE-2026-${String(i).padStart(7, '0')}`;
}

/** ISO 11649: RF, two check digits (mod 97-10), the reference. */
function referenceOf(i: number): string {
  const body = `26${String(i).padStart(8, '0')}`;
  return `RF${checkDigits('RF', body)}${body}`;
}

function nameOf(c: number): string {
  return `Kunde ${c} Handel GmbH`;
}

function accountOf(c: number): string {
  return iban('DE', `50010517${String(c).padStart(10, '0')}`);
}

/** An IBAN of the country with its check digits (ISO 13616). */
export function iban(country: string, bban: string): string {
  return `${country}${checkDigits(country, bban)}${bban}`;
}

/** ISO 7064 mod 97-10 over the body, the prefix and 00, letters as 10 to 35. */
function checkDigits(prefix: string, body: string): string {
  const digits = [...`${body}${prefix}00`].map((c) => parseInt(c, 36)).join('');
  return String(98n - BigInt(digits) % 97n).padStart(2, '0');
}

function decimal(minor: number): string {
  return `${Math.trunc(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;
}

function german(minor: number): string {
  return `${Math.trunc(minor / 100).toLocaleString('de-DE')},${String(minor % 100).padStart(2, '0')}`;
}
