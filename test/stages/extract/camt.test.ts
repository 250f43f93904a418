import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../../src/core/failure.ts';
import { proveStatement } from '../../../src/core/proof.ts';
import { CHUNK_ENTRIES, type RawEntry, type RawStatement } from '../../../src/core/statement.ts';
import { camtReader } from '../../../src/stages/extract/camt.ts';
import { readWith, type Statement } from '../../helpers/read-document.ts';

const { parts, statements } = readWith(camtReader);

const fixture = (name: string): Buffer => readFileSync(new URL(`camt/${name}.xml`, import.meta.url));

/** A message of one statement, version 8 unless told otherwise, each element of `statement` on a line of its own. */
function message(statement: string, { kind = 'BkToCstmrStmt', element = 'Stmt', type = 'camt.053.001.08' } = {}): string {
  return `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:${type}"><${kind}><${element}>\n${statement}\n</${element}></${kind}></Document>`;
}

function entry(inner = '', { amount = '10.00', sign = 'CRDT' } = {}): string {
  return `<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${sign}</CdtDbtInd><BookgDt><Dt>2026-01-02</Dt></BookgDt>${inner}</Ntry>`;
}

async function onlyEntry(document: string): Promise<RawEntry> {
  const [statement] = await statements(document);
  expect(statement!.entries).toHaveLength(1);
  return statement!.entries[0]!;
}

describe('camt.053.001.02', () => {
  test('head', async () => {
    const [{ head, entries }] = (await statements(fixture('camt.053.001.02'))) as [Statement];
    expect(head).toEqual({
      format: 'camt.053', extractor: 'camt@1', account: 'DE89370400440532013000', bank: 'COBADEFFXXX', currency: 'EUR',
      statement_id: 'STMT-41', sequence: '41', from: '2026-03-02', to: '2026-03-02',
      opening_balance: { amount: '-100.00', date: '2026-02-27' }, closing_balance: { amount: '1109.50', date: '2026-03-02' },
      printed_totals: [
        { kind: 'net', amount: '1209.50' },
        { kind: 'credits', amount: '1355.00' }, { kind: 'credit_count', count: 2 },
        { kind: 'debits', amount: '145.50' }, { kind: 'debit_count', count: 1 },
        { kind: 'count', count: 3 },
      ],
      newest_first: false, reader_checks: [],
    });
    expect(proveStatement(head, entries).ties_out).toBe(true);
  });

  test('an entry takes the fields of its only transaction', async () => {
    const [{ entries }] = (await statements(fixture('camt.053.001.02'))) as [Statement];
    expect(entries[0]).toEqual({
      line: 1, booking_date: '2026-03-02', value_date: '2026-03-03', amount: '985.00', currency: 'EUR', status: 'booked', reversal: false,
      bank_reference: 'BANKREF-1', end_to_end_id: 'E2E-1', mandate_id: 'MANDATE-1', customer_reference: 'INSTR-1',
      transaction_code: { domain: 'PMNT', family: 'RCDT', subfamily: 'XBCT', proprietary: 'NTRF+201' }, return_reason: null,
      counterparty: { name: 'Müller & Söhne', account: '000123456789', bank: 'CHASUS33XXX' }, ultimate_counterparty: { name: 'Müller Holding' },
      remittance: 'Invoice RE-2026-0041 dated 2026-02-0 1 and RE-2026-0042 RE-2026-0041 see letter', structured_reference: 'RF18539007547034',
      instructed: { amount: '1150.00', currency: 'USD' }, exchange_rate: '1.15',
      charges: [{ amount: '-15.00', currency: 'EUR', bearer: 'SHAR' }],
      source: { page: null, line: 41 }, details: [], balance_after: null,
    });
  });

  test('transactions without amounts cannot stand alone: what they say stays with the entry', async () => {
    const [{ entries }] = (await statements(fixture('camt.053.001.02'))) as [Statement];
    expect(entries[1]).toMatchObject({ booking_date: '2026-03-02', value_date: null, end_to_end_id: null, remittance: 'RE-1 RE-2', details: [] });
    expect(entries[2]).toMatchObject({
      line: 3, booking_date: '2026-03-02', value_date: '2026-03-02', amount: '-145.50', customer_reference: 'PAYMENTS-7', remittance: 'SEPA payments',
    });
  });
});

describe('camt.053.001.08 with a prefix, in an envelope', () => {
  test('heads: the earliest opening and the latest closing balance of several days, and a statement of nothing but a balance', async () => {
    const [a, b] = (await statements(fixture('camt.053.001.08-enveloped'))) as [Statement, Statement];
    expect(a.head).toMatchObject({
      account: 'CH9300762011623852957', bank: '00762', currency: 'CHF', sequence: '17/2',
      opening_balance: { amount: '500.00', date: '2026-03-31' }, closing_balance: { amount: '565.00', date: '2026-04-01' },
    });
    expect(proveStatement(a.head, a.entries).ties_out).toBe(true);
    expect(b).toMatchObject({
      head: { account: '0099-XYZ', currency: 'JPY', statement_id: 'STMT-B', opening_balance: { amount: '0' }, closing_balance: null }, entries: [],
    });
  });

  test('the transactions of a batch, in the currency of the entry and with their own signs', async () => {
    const [{ entries }] = (await statements(fixture('camt.053.001.08-enveloped'))) as [Statement];
    const [batch] = entries as [RawEntry];
    expect(batch).toMatchObject({
      amount: '90.00', customer_reference: 'COLLECTION-3', bank_reference: null, counterparty: null, remittance: 'Collective credit',
      charges: [{ amount: '-1.20', currency: 'CHF', bearer: 'CRED' }, { amount: '0.20', currency: 'CHF', bearer: null }],
    });
    expect(batch.details).toEqual([
      expect.objectContaining({
        amount: '100.00', currency: 'CHF', bank_reference: 'TX-1', end_to_end_id: 'E2E-A', customer_reference: 'TXID-1',
        transaction_code: { domain: 'PMNT', family: 'RCDT', subfamily: 'AUTT', proprietary: null },
        counterparty: { name: 'First Customer', account: null, bank: 'POFICHBEXXX' }, ultimate_counterparty: { name: 'Its Parent' },
        structured_reference: '210000000003139471430009017', remittance: 'RF18539007547034 second',
        charges: [{ amount: '-0.50', currency: 'CHF', bearer: null }],
      }),
      expect.objectContaining({
        amount: '-10.00', currency: 'CHF', counterparty: { name: 'A Bank', account: null, bank: null }, remittance: 'Correction',
        transaction_code: { domain: 'PMNT', family: 'RCDT', subfamily: 'VCOM', proprietary: null },
      }),
    ]);
  });

  test('returns name the party that is not the account owner', async () => {
    const [{ entries }] = (await statements(fixture('camt.053.001.08-enveloped'))) as [Statement];
    expect(entries[1]).toMatchObject({
      amount: '-35.00', reversal: true, return_reason: 'MD06', remittance: 'refund asked by the debtor', counterparty: { name: 'Debited Customer' },
    });
    expect(entries[2]).toMatchObject({
      amount: '10.00', reversal: false, end_to_end_id: null, return_reason: 'closed account', counterparty: { name: 'Unreachable Supplier', account: 'NL91ABNA0417164300' },
    });
  });
});

describe('other side', () => {
  const parties = (dbtr: string, cdtr: string): string =>
    `<NtryDtls><TxDtls><RltdPties><Dbtr><Nm>${dbtr}</Nm></Dbtr><Cdtr><Nm>${cdtr}</Nm></Cdtr></RltdPties></TxDtls></NtryDtls>`;
  const owner = '<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ownr><Nm>Us</Nm></Ownr></Acct>';

  test.each([
    ['money in', 'CRDT', '', 'A', 'B', 'A'],
    ['money out', 'DBIT', '', 'A', 'B', 'B'],
    ['a reversal of money out', 'CRDT', '<RvslInd>true</RvslInd>', 'A', 'B', 'B'],
    ['a reversal of money in', 'DBIT', '<RvslInd>true</RvslInd>', 'A', 'B', 'A'],
    ['a reversal whose bank turned the parties', 'CRDT', '<RvslInd>true</RvslInd>', 'A', 'Us', 'A'],
    ['a return without its mark', 'CRDT', '', 'us', 'B', 'B'],
  ])('%s', async (_, sign, mark, dbtr, cdtr, expected) => {
    const read = await onlyEntry(message(owner + entry(mark + parties(dbtr, cdtr), { sign })));
    expect(read.counterparty?.name).toBe(expected);
  });
});

describe('camt.052 and camt.054', () => {
  const totals = (sum: string): string => `<TxsSummry><TtlCdtNtries><NbOfNtries>2</NbOfNtries><Sum>${sum}</Sum></TtlCdtNtries></TxsSummry>`;
  const report = { kind: 'BkToCstmrAcctRpt', element: 'Rpt', type: 'camt.052.001.06' };
  const interim = '<Bal><Tp><CdOrPrtry><Cd>ITBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">7.5</Amt><Dt><Dt>2026-01-02</Dt></Dt></Bal>';

  test('an interim report ends with the interim booked balance; entries keep their status', async () => {
    const [{ head, entries }] = (await statements(message(
      interim + entry('<Sts>BOOK</Sts>') + entry('<Sts>PDNG</Sts>') + entry('<Sts><Cd>FUTR</Cd></Sts>') + entry('<Sts><Cd>INFO</Cd></Sts>')
        + entry('<Sts><Prtry>unheard of</Prtry></Sts>') + entry(), report,
    ))) as [Statement];
    expect(head).toMatchObject({ format: 'camt.052', opening_balance: null, closing_balance: { amount: '7.5', date: '2026-01-02' } });
    expect(entries.map((e) => e.status)).toEqual(['booked', 'pending', 'pending', 'information', 'information', 'information']);
  });

  test('printed totals that include pending entries are checked against all of them', async () => {
    const read = async (sum: string): Promise<RawStatement> =>
      (await statements(message(totals(sum) + entry('<Sts>BOOK</Sts>') + entry('<Sts>PDNG</Sts>'), report)))[0]!.head;
    expect(await read('20.00')).toMatchObject({ printed_totals: [], reader_checks: [{ name: 'printed_credits', ok: true }, { name: 'printed_credit_count', ok: true }] });
    expect(await read('10.00')).toMatchObject({ reader_checks: [{ name: 'printed_credits', ok: false }, { name: 'printed_credit_count', ok: true }] });
  });

  test('a notification of the first version', async () => {
    const [{ head, entries }] = (await statements(message(
      `<Id>N-1</Id><Acct><Id><PrtryAcct><Id>12-34</Id></PrtryAcct></Id></Acct>${entry('<Sts>BOOK</Sts><Btch><PmtInfId>P-1</PmtInfId></Btch><TxDtls><Refs><EndToEndId>E-1</EndToEndId></Refs></TxDtls>')}`,
      { kind: 'BkToCstmrDbtCdtNtfctnV01', element: 'Ntfctn', type: 'camt.054.001.01' },
    ))) as [Statement];
    expect(head).toMatchObject({ format: 'camt.054', account: '12-34', currency: 'EUR', opening_balance: null, closing_balance: null });
    expect(entries[0]).toMatchObject({ customer_reference: 'P-1', end_to_end_id: 'E-1' });
  });
});

describe('what a statement leaves out or contradicts', () => {
  test('without a date of its own an entry has that of the closing balance, and no value date', async () => {
    const closing = '<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1</Amt><Dt><Dt>2026-01-05</Dt></Dt></Bal>';
    const dateless = entry().replace(/<BookgDt>.*<\/BookgDt>/, '');
    expect(await onlyEntry(message(closing + dateless))).toMatchObject({ booking_date: '2026-01-05', value_date: null, status: 'booked' });
    expect(await parts(message(dateless))).toMatchObject([{ part: 'failed', code: 'malformed', location: { line: 2, field: 'Ntry/BookgDt' } }]);
  });

  test('several currencies do not tie out, and none of them is the account\'s', async () => {
    const [{ head, entries }] = (await statements(message(entry() + entry().replace('EUR', 'USD')))) as [Statement];
    expect(head).toMatchObject({ currency: null, reader_checks: [{ name: 'one_currency', ok: false, detail: expect.stringContaining('EUR, USD') }] });
    expect(proveStatement(head, entries).ties_out).toBe(false);
  });

  test('of balances in several currencies, the one in the account\'s own is taken', async () => {
    const opening = (currency: string): string =>
      `<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="${currency}">${currency === 'EUR' ? 1 : 2}</Amt><Dt><Dt>2026-01-02</Dt></Dt></Bal>`;
    const [{ head }] = (await statements(message(`<Acct><Ccy>EUR</Ccy></Acct>${opening('USD')}${opening('EUR')}${opening('GBP')}`))) as [Statement];
    expect(head).toMatchObject({ opening_balance: { amount: '1' }, reader_checks: [] });
  });

  test.each([
    ['an amount that is no number', entry('', { amount: '12..34' }), 'Ntry/Amt'],
    ['an amount with a comma', entry('', { amount: '12,34' }), 'Ntry/Amt'],
    ['a signed amount', entry('', { amount: '-12.34' }), 'Ntry/Amt'],
    ['an unknown sign', entry('', { sign: 'CR' }), 'Ntry/CdtDbtInd'],
    ['no sign', entry().replace('<CdtDbtInd>CRDT</CdtDbtInd>', ''), 'Ntry/CdtDbtInd'],
    ['a day that does not exist', entry().replace('2026-01-02', '2026-02-30'), 'Ntry/BookgDt'],
    ['a currency that is none', entry().replace('EUR', 'EURO'), 'Ntry/Amt'],
  ])('%s costs its statement, with the line, and no other', async (_, wrong, field) => {
    const account = '<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>';
    const document = message(`${account}\n${entry()}\n${wrong}\n${entry()}</Stmt><Stmt>${entry()}`);
    expect(await parts(document)).toMatchObject([
      { part: 'failed', statement: 0, account: 'DE89370400440532013000', code: 'malformed', message: expect.stringContaining('entry 2'), location: { line: 4, field } },
      { part: 'entries', statement: 1, entries: [{ line: 4 }] },
      { part: 'end', statement: 1 },
    ]);
  });
});

describe('whole documents', () => {
  test('entries come in chunks while the document is read, numbered through', async () => {
    const all = await parts(message(entry().repeat(CHUNK_ENTRIES + 1)), 10_000);
    expect(all.map((part) => (part.part === 'entries' ? part.entries.length : part.part))).toEqual([CHUNK_ENTRIES, 1, 'end']);
    expect(all[1]).toMatchObject({ entries: [{ line: CHUNK_ENTRIES + 1 }] });
  });

  test('bounds on elements hold for one entry or transaction, not for all of them together', async () => {
    const text = `<RmtInf>${'<Ustrd>x</Ustrd>'.repeat(60)}</RmtInf>`;
    const transaction = `<TxDtls><Amt Ccy="EUR">1</Amt>${text}</TxDtls>`;
    const [{ entries }] = (await statements(message(entry(text).repeat(1_700) + entry(`<NtryDtls>${transaction.repeat(1_700)}</NtryDtls>`)))) as [Statement];
    expect(entries).toHaveLength(1_701);
    expect(entries.at(-1)!.details).toHaveLength(1_700);
  });

  test.each([
    ['another ISO 20022 message', message('<x/>', { kind: 'CstmrCdtTrfInitn', type: 'pain.001.001.09' }), 'unsupported_format', 'pain.001.001.09'],
    ['other XML', '<feed><entry/></feed>', 'not_a_statement', 'no ISO 20022 statement'],
    ['a message without a statement', '<Document><BkToCstmrStmt><GrpHdr/></BkToCstmrStmt></Document>', 'not_a_statement', 'no ISO 20022 statement'],
    ['a cut', message(entry()).slice(0, -20), 'truncated', 'ends inside'],
    ['endless elements in one entry', message(entry(`<RmtInf>${'<Ustrd>x</Ustrd>'.repeat(100_000)}</RmtInf>`)), 'too_large', 'elements'],
    ['endless pieces of one text', message(entry(`<AddtlNtryInf>${`<![CDATA[${'x'.repeat(1_000)}]]>`.repeat(1_100)}</AddtlNtryInf>`)), 'too_large', 'AddtlNtryInf'],
  ])('%s is refused', async (_, document, code, text) => {
    const error = await parts(document).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Failure);
    expect(error).toMatchObject({ code, message: expect.stringContaining(text) });
  });

  test('XML is recognised in any encoding, OFX in XML is not', () => {
    const document = '<?xml version="1.0"?>\n<Document/>';
    expect(camtReader.recognise(Buffer.from(document))).toBe(true);
    expect(camtReader.recognise(Buffer.from(`\uFEFF  ${document}`))).toBe(true);
    expect(camtReader.recognise(Buffer.from(`\uFEFF${document}`, 'utf16le'))).toBe(true);
    expect(camtReader.recognise(Buffer.from('<?xml version="1.0"?>\n<?OFX OFXHEADER="200"?><OFX/>'))).toBe(false);
    expect(camtReader.recognise(Buffer.from('Date;Amount\n'))).toBe(false);
  });
});

describe('versions', () => {
  const kinds = [['camt.053', 'BkToCstmrStmt', 'Stmt', 'CLBD'], ['camt.052', 'BkToCstmrAcctRpt', 'Rpt', 'ITBD'], ['camt.054', 'BkToCstmrDbtCdtNtfctn', 'Ntfctn', null]] as const;
  const versions = Array.from({ length: 14 }, (_, i) => i + 1);

  /** What changed: the message's name after version 1, details in NtryDtls from 2, amounts of details from 4, codes of status, Pty from 8. */
  function inVersion(version: number, [format, kind, element, closing]: (typeof kinds)[number], prefix: string): string {
    const status = version >= 8 ? '<Sts><Cd>BOOK</Cd></Sts>' : '<Sts>BOOK</Sts>';
    const name = version >= 8 ? '<Pty><Nm>Payer</Nm></Pty>' : '<Nm>Payer</Nm>';
    const bank = `<FinInstnId>${version === 1 ? '<CmbndId><BIC>BYLADEM1001</BIC></CmbndId>' : version < 4 ? '<BIC>BYLADEM1001</BIC>' : '<BICFI>BYLADEM1001</BICFI>'}</FinInstnId>`;
    const reference = version === 1 ? '<CdtrRef>RF18539007547034</CdtrRef>' : '<Ref>RF18539007547034</Ref>';
    const details = `<TxDtls><Refs><EndToEndId>E-1</EndToEndId></Refs>${version >= 4 ? '<Amt Ccy="EUR">10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>' : ''}
      <RltdPties><Dbtr>${name}</Dbtr></RltdPties><RltdAgts><DbtrAgt>${bank}</DbtrAgt></RltdAgts><RmtInf><Strd><CdtrRefInf>${reference}</CdtrRefInf></Strd></RmtInf></TxDtls>`;
    const balance = (code: string, amount: string): string => `<Bal><Tp>${version === 1 ? `<Cd>${code}</Cd>` : `<CdOrPrtry><Cd>${code}</Cd></CdOrPrtry>`}</Tp>`
      + `<Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-02</Dt></Dt></Bal>`;
    const number = String(version).padStart(2, '0');
    const body = `<${version === 1 ? `${kind}V01` : kind}><GrpHdr><MsgId>M</MsgId></GrpHdr><${element}><Id>S</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>`
      + `${closing === null ? '' : balance('OPBD', '5.00') + balance(closing, '15.00')}`
      + `${entry(`${status}${version === 1 ? details : `<NtryDtls>${details}</NtryDtls>`}`)}</${element}></${version === 1 ? `${kind}V01` : kind}>`;
    const namespace = `urn:iso:std:iso:20022:tech:xsd:${format}.001.${number}`;
    return prefix === '' ? `<Document xmlns="${namespace}">${body}</Document>`
      : `<${prefix}:Document xmlns:${prefix}="${namespace}">${body.replaceAll(/<(\/?)(?=\w)/g, `<$1${prefix}:`)}</${prefix}:Document>`;
  }

  const cases = kinds.flatMap((kind) => versions.flatMap((version) => ['', 'n0'].map((prefix) => [`${kind[0]}.001.${String(version).padStart(2, '0')}`, prefix, kind, version] as const)));
  test.each(cases)('%s with the prefix "%s"', async (_, prefix, kind, version) => {
    const document = inVersion(version, kind, prefix);
    expect(camtReader.recognise(Buffer.from(document))).toBe(true);
    const [{ head, entries }] = (await statements(document)) as [Statement];
    expect(head).toMatchObject({ format: kind[0], account: 'DE89370400440532013000', currency: 'EUR', statement_id: 'S' });
    expect(proveStatement(head, entries).ties_out).toBe(kind[3] === null ? null : true);
    expect(entries).toMatchObject([{
      amount: '10.00', currency: 'EUR', status: 'booked', booking_date: '2026-01-02', end_to_end_id: 'E-1', structured_reference: 'RF18539007547034',
      counterparty: { name: 'Payer', bank: 'BYLADEM1001' }, details: [],
    }]);
  });
});
