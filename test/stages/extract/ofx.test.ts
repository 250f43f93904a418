import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { proveStatement } from '../../../src/core/proof.ts';
import type { RawEntry } from '../../../src/core/statement.ts';
import { CHUNK_ENTRIES } from '../../../src/core/statement.ts';
import { ofxReader } from '../../../src/stages/extract/ofx.ts';
import { readWith, type Statement } from '../../helpers/read-document.ts';

const { parts, statements } = readWith(ofxReader);

const fixture = (name: string): Buffer => readFileSync(new URL(`ofx/${name}.ofx`, import.meta.url));

const HEADER = 'OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n';

/** A document of one statement in SGML; `list` is what stands in BANKTRANLIST, `rest` what stands behind it. */
function message(list: string, rest = '', { header = HEADER, curdef = 'EUR' } = {}): string {
  return `${header}<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>${curdef}<BANKACCTFROM><ACCTID>1</BANKACCTFROM><BANKTRANLIST>\n${list}\n</BANKTRANLIST>${rest}</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n`;
}

function transaction(inner = '', { amount = '10.00', date = '20260102', type = 'CREDIT' } = {}): string {
  return `<STMTTRN><TRNTYPE>${type}<DTPOSTED>${date}<TRNAMT>${amount}${inner}</STMTTRN>`;
}

async function onlyEntry(document: string | Buffer): Promise<RawEntry> {
  const [statement] = await statements(document);
  expect(statement!.entries).toHaveLength(1);
  return statement!.entries[0]!;
}

describe('SGML with two accounts', () => {
  test('head, with the opening balance of BALLIST and without AVAILBAL', async () => {
    const [first, second] = (await statements(fixture('ofx102-two-accounts'))) as [Statement, Statement];
    expect(first.head).toEqual({
      format: 'ofx', extractor: 'ofx@1', account: 'DE89370400440532013000', bank: '37040044', currency: 'EUR', statement_id: null, sequence: null,
      from: '2026-03-01', to: '2026-03-31', opening_balance: { amount: '2000.00', date: '2026-02-28' },
      closing_balance: { amount: '3145.50', date: '2026-03-31' }, printed_totals: [], newest_first: false, reader_checks: [],
    });
    expect(proveStatement(first.head, first.entries).ties_out).toBe(true);
    expect(second).toMatchObject({ head: { account: '4711-USD', currency: 'USD', opening_balance: null, closing_balance: { amount: '0.00' } }, entries: [] });
    expect(proveStatement(second.head, second.entries).ties_out).toBeNull();
  });

  test('entries: the day as written, comma and sign, the payee, references that are none', async () => {
    const [{ entries }] = (await statements(fixture('ofx102-two-accounts'))) as [Statement];
    expect(entries[0]).toEqual({
      line: 1, booking_date: '2026-03-02', value_date: '2026-03-04', amount: '1250.50', currency: null, status: 'booked', reversal: false,
      bank_reference: '2026-03-02-0001', end_to_end_id: null, mandate_id: null, customer_reference: 'R-77',
      transaction_code: { domain: null, family: null, subfamily: null, proprietary: 'CREDIT' }, return_reason: null,
      counterparty: { name: 'Miller & Sons', account: '0123456789', bank: '10010010' }, ultimate_counterparty: null,
      remittance: 'Invoice RE-2026-0041\nless 2% discount', structured_reference: null, instructed: null, exchange_rate: null, charges: [],
      source: { page: null, line: 44 }, details: [], balance_after: null,
    });
    // FITID of zeros, and an empty element without an end tag in front of the payee.
    expect(entries[1]).toMatchObject({ amount: '-100.00', bank_reference: null, customer_reference: '1005', counterparty: { name: 'Smith Ltd', account: null } });
    // FITID that counts the rows of this download, CHECKNUM zero; a NAME with a number in it and no MEMO is a description.
    expect(entries[2]).toMatchObject({ line: 3, bank_reference: null, customer_reference: null, counterparty: null, remittance: 'Account fee 2026/03 no. 4711' });
  });
});

test('a balance of a later day is not the opening one, whatever it is called', async () => {
  const document = fixture('ofx102-two-accounts').toString().replace('<DTASOF>20260228', '<DTASOF>20260302');
  expect((await statements(document))[0]!.head.opening_balance).toBeNull();
});

test('XML: a card, what is pending, a conversion, and the bank\'s refusal of another account', async () => {
  const all = await parts(fixture('ofx220-card'));
  expect(all).toMatchObject([
    { part: 'entries', statement: 0 }, { part: 'end', statement: 0 },
    { part: 'failed', statement: 1, code: 'not_a_statement', message: expect.stringMatching(/2003.*Account not found/), location: { line: 31 } },
  ]);
  const [{ head, entries }] = (await statements(fixture('ofx220-card'))) as [Statement];
  expect(head).toMatchObject({ account: 'XXXXXXXXXXXX1111', bank: null, closing_balance: { amount: '-200.00', date: '2026-06-01' } });
  expect(entries[0]).toMatchObject({
    amount: '-46.00', counterparty: { name: 'Café "Métro", Montréal' }, remittance: 'Table <4> & terrace', exchange_rate: '0.657', instructed: null, currency: null,
  });
  expect(entries[2]).toMatchObject({ status: 'pending', booking_date: '2026-05-31', amount: '-12.34', bank_reference: null });
  // Only what is booked leads to the balance.
  expect(proveStatement(head, entries).opening_balance?.amount).toBe('-500.00');
});

test('blocks may end anywhere', async () => {
  const whole = await parts(fixture('ofx220-card'));
  expect(await parts(fixture('ofx220-card'), 1)).toEqual(whole);
  expect(await parts(fixture('ofx102-two-accounts'), 7)).toEqual(await parts(fixture('ofx102-two-accounts')));
});

test.each([
  ['-12.5', '-12.5'], ['+0001234,50', '1234.50'], ['.50', '0.50'], ['1.234,56', '1234.56'], ['1,234.56', '1234.56'], ['1,234', '1.234'], ['- 7', '-7'], ['00000.00', '0.00'],
])('the amount %s is %s', async (printed, amount) => {
  expect(await onlyEntry(message(transaction('', { amount: printed })))).toMatchObject({ amount });
});

test.each([
  ['20260302', '2026-03-02'], ['20260302235959.123[-8:PST]', '2026-03-02'], ['202603020000[+9:JST]', '2026-03-02'], ['2026-03-02', '2026-03-02'],
])('the date %s stays on its day', async (date, booking_date) => {
  expect(await onlyEntry(message(transaction('', { date })))).toMatchObject({ booking_date, value_date: null });
});

describe('text', () => {
  const memo = async (bytes: Buffer, header = HEADER): Promise<string | null> => {
    const [before, behind] = message(transaction('<MEMO>@@'), '', { header }).split('@@');
    return (await onlyEntry(Buffer.concat([Buffer.from(before!), bytes, Buffer.from(behind!)]))).remittance;
  };

  test('is UTF-8 where it is, else as the header declares', async () => {
    expect(await memo(Buffer.from('Zürich 5 €'))).toBe('Zürich 5 €');
    expect(await memo(Buffer.from([0x5a, 0xfc, 0x80]))).toBe('Zü€');
    expect(await memo(Buffer.from([0xb3]), HEADER.replace('1252', '1250'))).toBe('ł');
    expect(await memo(Buffer.from([0xe1]), HEADER.replace('1252', 'ISO-8859-7'))).toBe('α');
    expect(await memo(Buffer.from([0xc3, 0xa0]))).toBe('à');
  });

  test('UTF-16 with a byte order mark', async () => {
    const document = Buffer.from(`\ufeff${message(transaction('<MEMO>Zürich'))}`, 'utf16le');
    expect(ofxReader.recognise(document)).toBe(true);
    expect(await onlyEntry(document)).toMatchObject({ remittance: 'Zürich' });
  });

  test('has references, and ampersands and angle brackets that are none', async () => {
    expect(await memo(Buffer.from('A&amp;B &lt;C&gt; AT&T; &#252;&#xFC; &eacute; &#x110000; 3 < 4 <- 5'))).toBe('A&B <C> AT&T; üü &eacute; &#x110000; 3 < 4 <- 5');
  });
});

describe('missing and wrong end tags', () => {
  test('of transactions, lists and balances', async () => {
    const document = message(
      '<DTSTART>20260101<STMTTRN><DTPOSTED>20260102<TRNAMT>1<CURRENCY><CURRATE>1.0<CURSYM>EUR<MEMO>one<STMTTRN><DTPOSTED>20260103<TRNAMT>2<PAYEE><NAME>Two<MEMO>two',
      '<LEDGERBAL><BALAMT>7<AVAILBAL><BALAMT>9<DTASOF>20260131',
    ).replace('</BANKTRANLIST>', '').replace('</STMTRS>', '</CCSTMTRS>');
    const [{ head, entries }] = (await statements(document)) as [Statement];
    expect(head).toMatchObject({ from: '2026-01-01', closing_balance: { amount: '7', date: null } });
    expect(entries).toMatchObject([
      { amount: '1', remittance: 'one', currency: 'EUR', exchange_rate: null }, { amount: '2', remittance: 'two', counterparty: { name: 'Two' } },
    ]);
  });

  test('an aggregate that is not known keeps what is inside; an empty element without end tag does not', async () => {
    const entry = await onlyEntry(message(transaction('<VENDOR.DATA>\n<MEMO>theirs\n<FITID>X</VENDOR.DATA><VENDOR.EMPTY>\n<FITID>F-1\n<MEMO>ours')));
    expect(entry).toMatchObject({ bank_reference: 'F-1', remittance: 'ours' });
  });

  test('a list without anything around it is a statement', async () => {
    const [{ head, entries }] = (await statements(`${HEADER}<BANKTRANLIST>${transaction()}</BANKTRANLIST>`)) as [Statement];
    expect(head).toMatchObject({ account: null, currency: null });
    expect(entries).toHaveLength(1);
  });

  test('two amounts in one transaction are two transactions', async () => {
    expect(await parts(message('<STMTTRN><DTPOSTED>20260102<TRNAMT>1<FITID>A\n<DTPOSTED>20260102<TRNAMT>2<FITID>B</STMTTRN>')))
      .toMatchObject([{ part: 'failed', account: '1', code: 'malformed', message: expect.stringContaining('two TRNAMT'), location: { line: 9 } }]);
  });
});

describe('what makes the sums worth nothing', () => {
  const failed = async (document: string): Promise<string[]> => {
    const [{ head, entries }] = (await statements(document)) as [Statement];
    const { checks, ties_out } = proveStatement(head, entries);
    expect(ties_out).toBe(checks.some((check) => !check.ok) ? false : null);
    return checks.filter((check) => !check.ok).map((check) => check.name);
  };

  test('amounts in another currency than the account', async () => {
    const foreign = transaction('<CURRENCY><CURRATE>1,1<CURSYM>USD</CURRENCY>');
    expect(await failed(message(foreign))).toEqual(['one_currency']);
    expect(await onlyEntry(message(foreign))).toMatchObject({ currency: 'USD', exchange_rate: '1.1' });
  });

  test('corrections of what an earlier file contained', async () => {
    expect(await failed(message(transaction('<FITID>B<CORRECTFITID>A<CORRECTACTION>REPLACE')))).toEqual(['no_corrections']);
  });

  test('debits and credits that all have the opposite sign; a single one is a reversal', async () => {
    const debit = transaction('', { type: 'DEBIT' });
    expect(await failed(message(debit + transaction('', { amount: '-1' })))).toEqual(['signs']);
    expect(await failed(message(debit + transaction('', { type: 'DEBIT', amount: '-1' })))).toEqual([]);
  });

  test('a brokerage account whose trades are not read; one of trades alone is refused', async () => {
    const trade = '<BUYSTOCK><INVBUY><INVTRAN><FITID>T<MEMO>buy</INVTRAN><TOTAL>-9<CURRENCY><CURSYM>USD</CURRENCY></INVBUY></BUYSTOCK>';
    const account = (list: string): string =>
      `${HEADER}<OFX><INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS><CURDEF>USD<INVACCTFROM><BROKERID>b<ACCTID>9</INVACCTFROM><INVTRANLIST>${list}</INVTRANLIST></INVSTMTRS></INVSTMTTRNRS></INVSTMTMSGSRSV1></OFX>`;
    const cash = `<INVBANKTRAN>${transaction('<FITID>C')}<SUBACCTFUND>CASH</INVBANKTRAN>`;
    expect(await failed(account(cash))).toEqual([]);
    expect(await failed(account(trade + cash))).toEqual(['bank_transactions_only']);
    expect(await parts(account(trade))).toMatchObject([{ part: 'failed', account: '9', code: 'unsupported_format' }]);
  });
});

test('a statement that cannot be read leaves the others readable', async () => {
  const document = fixture('ofx102-two-accounts').toString().replace('<DTPOSTED>20260310', '<DTPOSTED>20260231');
  expect(await parts(document)).toMatchObject([
    { part: 'failed', statement: 0, account: 'DE89370400440532013000', code: 'malformed', message: 'DTPOSTED "20260231" is no date', location: { line: 61, field: 'DTPOSTED' } },
    { part: 'end', statement: 1 },
  ]);
});

test.each([
  ['no amount', transaction().replace('<TRNAMT>10.00', ''), /entry 1 has no TRNAMT/],
  ['an amount that is none', transaction('', { amount: '.' }), /TRNAMT "\." is no amount/],
  ['an amount with a currency', transaction('', { amount: '10 EUR' }), /TRNAMT/],
  ['no date', transaction('', { date: '00000000' }), /has no DTPOSTED/],
  ['text in place of elements', '<STMTTRN>left out</STMTTRN>', /entry 1 has no TRNAMT/],
])('a transaction with %s is malformed', async (_, list, problem) => {
  expect(await parts(message(list))).toMatchObject([{ part: 'failed', code: 'malformed', message: expect.stringMatching(problem), location: { line: 8 } }]);
});

describe('refused as a whole', () => {
  const refused = (document: string, code: string, problem: RegExp) =>
    expect(parts(document)).rejects.toMatchObject({ name: 'Failure', code, message: expect.stringMatching(problem) });

  test('DOCTYPE, before anything of it is read', () =>
    refused('<?xml version="1.0"?><!DOCTYPE OFX [<!ENTITY a "b">]><OFX></OFX>', 'malformed', /DOCTYPE/));
  test('a document that ends in the middle, wherever', async () => {
    const document = message(transaction('<MEMO>long <b'));
    for (const end of [document.indexOf('</OFX>'), document.indexOf('</STMTRS>'), document.indexOf('<MEMO>') + 8]) await refused(document.slice(0, end), 'truncated', /ends inside/);
  });
  test('what the bank answers to a failed sign-on', () =>
    refused('<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>15500<SEVERITY>ERROR<MESSAGE>Wrong password</STATUS></SONRS></SIGNONMSGSRSV1></OFX>', 'not_a_statement', /15500.*Wrong password/));
  test('a document without statements', () => refused('<OFX></OFX>', 'not_a_statement', /no statement/));
  test('elements without end', async () => {
    await refused(message(transaction(`<MEMO>${'x'.repeat(1 << 17)}`)), 'too_large', /longer than/);
    await refused(`<OFX>${'<A>'.repeat(100)}`, 'too_large', /nested/);
    await refused(message(transaction('<MEMO>abcdefgh'.repeat(10_000))), 'too_large', /MEMO/);
  });
  test('a transaction outside of any statement', () => refused(`<OFX>${transaction()}</OFX>`, 'malformed', /outside/));
});

test('entries come in chunks, counted through the document', async () => {
  const all = await parts(message(transaction().repeat(CHUNK_ENTRIES + 1)));
  expect(all.map((part) => (part.part === 'entries' ? part.entries.length : part.part))).toEqual([CHUNK_ENTRIES, 1, 'end']);
  expect(all[1]).toMatchObject({ entries: [{ line: CHUNK_ENTRIES + 1, source: { line: 8 } }] });
});

test('the newest first', async () => {
  const [{ head }] = (await statements(message(transaction('', { date: '20260103' }) + transaction()))) as [Statement];
  expect(head.newest_first).toBe(true);
});

test.each([
  ['\r\n\r\nOFXHEADER:100\r\n', true], ['<OFX>', true], ['\ufeff<?xml version="1.0"?>\n<!-- a -->\n<?OFX OFXHEADER="200"?><OFX>', true],
  ['<?xml version="1.0"?><Document/>', false], ['Date;OFX\n', false], ['', false],
])('%j is recognised: %s', (head, recognised) => {
  expect(ofxReader.recognise(Buffer.from(head))).toBe(recognised);
});
