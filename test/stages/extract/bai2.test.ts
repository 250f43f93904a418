import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { proveStatement } from '../../../src/core/proof.ts';
import type { RawEntry, RawPart, RawStatement } from '../../../src/core/statement.ts';
import { bai2Reader } from '../../../src/stages/extract/bai2.ts';

async function parts(document: string | Buffer, size = 65_536): Promise<RawPart[]> {
  const bytes = Buffer.from(document as string);
  const read = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  expect(bai2Reader.recognise(bytes)).toBe(true);
  return Array.fromAsync(bai2Reader.read({ size: bytes.length, read }, { profiles: [] }));
}

interface Statement {
  head: RawStatement;
  entries: RawEntry[];
}

function statementsOf(all: RawPart[]): Statement[] {
  return all.flatMap((end) => (end.part !== 'end' ? [] : [{
    head: end.head,
    entries: all.flatMap((part) => (part.part === 'entries' && part.statement === end.statement ? part.entries : [])),
  }]));
}

const statements = async (document: string | Buffer): Promise<Statement[]> => statementsOf(await parts(document));
const fixture = (name: string): string => readFileSync(new URL(`bai2/${name}.bai`, import.meta.url), 'utf8');
const proof = ({ head, entries }: Statement): { ties_out: boolean | null; failed: string[] } => {
  const { ties_out, checks } = proveStatement(head, entries);
  return { ties_out, failed: checks.flatMap((check) => (check.ok ? [] : [check.name])) };
};

/** A file of one group, one record per argument; trailers without figures check nothing. */
function file(records: string[], { group = '02,R,B,1,260301,,,2/', header = '01,S,R,260302,0600,1,,,2/' } = {}): string {
  return [header, group, ...records, '98,,,/', '99,,,/', ''].join('\n');
}

async function only(records: string[], options?: Parameters<typeof file>[1]): Promise<Statement> {
  const [statement, ...more] = await statements(file(records, options));
  expect(more).toEqual([]);
  return statement!;
}

/** The one transaction of an account. */
async function transaction(...lines: string[]): Promise<RawEntry> {
  const { entries: [entry, ...more] } = await only(['03,1,,,/', ...lines, '49,,/']);
  expect(more).toEqual([]);
  return entry!;
}

const failure = (document: string | Buffer): Promise<unknown> => parts(document).then(() => 'read', (error: unknown) => error);

describe('a file of two groups, three accounts and currencies', () => {
  test('each account is a statement, with its balances in the decimals of its currency, and everything printed holds', async () => {
    const [usd, jpy, kwd, ...more] = (await statements(fixture('previous-day'))) as [Statement, Statement, Statement];
    expect(more).toEqual([]);
    expect(usd.head).toMatchObject({
      format: 'bai2', extractor: 'bai2@1', account: '4012345678', bank: '121000358', currency: 'USD', statement_id: '7', from: '2026-03-01', to: '2026-03-01',
      opening_balance: { amount: '10000.00', date: '2026-03-01' }, closing_balance: { amount: '11834.01', date: '2026-03-01' },
      printed_totals: [{ kind: 'credits', amount: '2034.01' }, { kind: 'debits', amount: '200.00' }],
    });
    expect(jpy.head).toMatchObject({ account: 'JP-77', currency: 'JPY', opening_balance: { amount: '-500' }, closing_balance: { amount: '1000' } });
    expect([usd, jpy, kwd].map(proof)).toEqual([{ ties_out: true, failed: [] }, { ties_out: true, failed: [] }, { ties_out: null, failed: [] }]);
    expect(usd.head.reader_checks.map((check) => check.name)).toEqual(['account_control_total', 'account_number_of_records']);
    expect(kwd.head.reader_checks.map((check) => check.name)).toEqual([
      'account_control_total', 'account_number_of_records', 'group_control_total', 'group_number_of_accounts', 'group_number_of_records',
      'file_control_total', 'file_number_of_groups', 'file_number_of_records',
    ]);
  });

  test('a transaction with a value date, references, and a text of commas and slashes', async () => {
    const [{ entries }] = (await statements(fixture('previous-day'))) as [Statement];
    expect(entries[0]).toEqual({
      line: 1, booking_date: '2026-03-01', value_date: '2026-03-03', amount: '1500.00', currency: 'USD', status: 'booked', reversal: false,
      bank_reference: 'FT2603010001', customer_reference: 'INV-77', end_to_end_id: null, mandate_id: null,
      transaction_code: { domain: null, family: null, subfamily: null, proprietary: '195' }, return_reason: null,
      counterparty: null, ultimate_counterparty: null, structured_reference: null, instructed: null, exchange_rate: null, charges: [],
      remittance: 'ORIG MUELLER SOEHNE GMBH, INVOICE RE-2026-0041 OF 01/02/2026 /AND RE-2026-0042, SEE LETTER',
      source: { page: null, line: 4 }, details: [], balance_after: null,
    });
  });

  test('funds types S and D with their amounts, and none', async () => {
    const [usd, jpy] = (await statements(fixture('previous-day'))) as [Statement, Statement];
    expect(usd.entries.slice(1)).toMatchObject([
      { line: 2, amount: '500.00', bank_reference: 'LB2603010002', customer_reference: null, remittance: null, value_date: null },
      { line: 3, amount: '34.01', bank_reference: 'DD1620', customer_reference: '4711', remittance: 'DEALER PAYMENTS' },
      { line: 4, amount: '-200.00', bank_reference: null, customer_reference: '000123', remittance: null },
    ]);
    expect(jpy.entries).toMatchObject([
      { line: 5, amount: '2000', currency: 'JPY', remittance: 'TOKYO BRANCH' }, { line: 6, amount: '-500', bank_reference: 'FEE1', remittance: 'SERVICE FEE' },
    ]);
  });

  test('an interim report is a preview: its entries are pending, and lead to no balance', async () => {
    const [, , kwd] = (await statements(fixture('previous-day'))) as [Statement, Statement, Statement];
    expect(kwd.head).toMatchObject({ currency: 'KWD', from: '2026-03-02', opening_balance: { amount: '1234.567' }, closing_balance: null, printed_totals: [] });
    expect(kwd.entries).toMatchObject([{ amount: '100.000', status: 'pending', bank_reference: 'BT9' }]);
  });

  test('whatever the blocks, line ends and the byte order mark, the reading is the same', async () => {
    const text = fixture('previous-day');
    const expected = statementsOf(await parts(text));
    for (const variant of [text.replaceAll('\n', '\r\n'), text.replaceAll('\n', '\r'), `\ufeff${text}`, text.trimEnd()]) {
      expect(statementsOf(await parts(variant, 7))).toEqual(expected);
    }
  });
});

describe('continuation records', () => {
  test('in the middle of every kind of record, between any two fields and in text', async () => {
    const statement = (await statements(fixture('continued')))[0]!;
    expect(statement.head).toMatchObject({
      account: '4012345678', bank: '121000358', currency: 'EUR', statement_id: '8', opening_balance: { amount: '100.00' }, closing_balance: { amount: '95.00' },
    });
    expect(statement.entries).toMatchObject([
      { amount: '5.00', value_date: '2026-03-02', bank_reference: 'REF-1', customer_reference: 'INV-1', remittance: 'PAYMENT FOR INVOICE 12/2026, SECOND PART, THIRD PART', source: { line: 13 } },
      { amount: '2.00', bank_reference: 'REF-2', customer_reference: 'DALLAS', remittance: 'COLLECTED AT THE COUNTER', source: { line: 19 } },
      { amount: '-12.00', bank_reference: null, customer_reference: null, remittance: 'DIRECT DEBIT', source: { line: 22 } },
    ]);
    expect(proof(statement)).toEqual({ ties_out: true, failed: [] });
  });

  test('a record that fills its physical length goes on in the middle of a word', async () => {
    const line = '16,195,100,,REF,,PAYMENT OF INVOICE RE-20';
    const { entries } = await only(['03,1,,,/', line, '88,26-0041', '88,AND MORE', '49,,/'], { header: `01,S,R,260302,0600,1,${line.length},,2/` });
    expect(entries[0]!.remittance).toBe('PAYMENT OF INVOICE RE-2026-0041 AND MORE');
  });

  test('records of a fixed length, padded, without any line break', async () => {
    const text = fixture('previous-day').replace('0615,7,,,2/', '0615,7,120,1,2/').trimEnd();
    const unbroken = text.split('\n').map((line) => line.padEnd(120)).join('');
    expect(statementsOf(await parts(unbroken, 1_000))).toEqual(statementsOf(await parts(text)));
  });

  test('several records on one line; a slash in a text ends nothing', async () => {
    const document = fixture('previous-day');
    const joined = await statements(document.replaceAll('/\n', '/   '));
    expect(joined.map(proof)).toEqual((await statements(document)).map(proof));
    expect((await transaction('16,195,1,,,,A / B / 16,50 EUR / 2026', '88,/ 49 PIECES')).remittance).toBe('A / B / 16,50 EUR / 2026 / 49 PIECES');
  });

  test('a comma that ends a line without a slash ends its field, and no empty one follows', async () => {
    expect(await transaction('16,195,100,', '88,Z,BANKREF,', '88,CUSTREF,', '88,TEXT')).toMatchObject({ bank_reference: 'BANKREF', customer_reference: 'CUSTREF', remittance: 'TEXT' });
  });
});

describe('values', () => {
  test.each([
    ['195', '1.00', 'booked', false], ['451', '-1.00', 'booked', false], ['252', '1.00', 'booked', true], ['694', '-1.00', 'booked', true],
    ['721', '1.00', 'booked', false], ['765', '-1.00', 'booked', false], ['925', '1.00', 'booked', false], ['960', '-1.00', 'booked', false],
    ['890', '1.00', 'information', false], ['015', '1.00', 'information', false],
  ])('type code %s', async (code, amount, status, reversal) => {
    expect(await transaction(`16,${code},100,,,,`)).toMatchObject({ amount, status, reversal, transaction_code: { proprietary: code } });
  });

  test('a transaction without an amount only informs', async () => {
    expect(await transaction('16,890,,,,,HOLIDAY ON MONDAY')).toMatchObject({ amount: '0.00', status: 'information', remittance: 'HOLIDAY ON MONDAY' });
  });

  test('dates with the century (version 3); letters as UTF-8 and as Windows-1252', async () => {
    const { head } = await only(['03,1,,,/', '49,,/'], { header: '01,S,R,20260302,0600,1,,,3/', group: '02,R,B,1,20260301,,,2/' });
    expect(head.from).toBe('2026-03-01');
    const document = file(['03,1,,,/', '16,195,1,,,,Zürich', '16,195,1,,,,M\x00ller', '49,,/']);
    const bytes = Buffer.from(document);
    bytes[bytes.indexOf(0)] = 0xfc;
    expect((await statements(bytes))[0]!.entries.map((entry) => entry.remittance)).toEqual(['Zürich', 'Müller']);
  });

  test('an interim previous-day report with a closing ledger is complete; one without is a preview', async () => {
    const group = '02,R,B,1,260301,,,1/';
    expect((await only(['03,1,,010,0,,,015,100,,/', '16,195,100,,,,', '49,,/'], { group })).entries[0]!.status).toBe('booked');
    expect((await only(['03,1,,010,0,,,030,100,,/', '16,195,100,,,,', '49,,/'], { group })).entries[0]!.status).toBe('pending');
  });

  test('the current ledger closes a final report that prints no closing ledger', async () => {
    const statement = await only(['03,1,,010,0,,,030,100,,/', '16,195,100,,,,', '49,,/'], { group: '02,R,B,1,260301,,,4/' });
    expect(proof(statement).ties_out).toBe(true);
  });
});

describe('what does not hold is printed and said', () => {
  test.each([
    ['49,2630203,7/', '49,2630204,7/', ['account_control_total', 'group_control_total']],
    ['49,2630203,7/', '49,2630203,8/', ['account_number_of_records']],
    ['98,2633203,2,13/', '98,2633203,3,13/', ['group_number_of_accounts']],
    ['98,2633203,2,13/', '98,2633203,2,12/', ['group_number_of_records']],
    ['99,5302337,2,20/', '99,5302338,3,21/', ['file_control_total', 'file_number_of_groups', 'file_number_of_records']],
    ['100,203401,3,,400,20000', '100,203400,3,,400,20001', ['printed_credits', 'printed_debits']],
    ['16,142,2000,', '16,142,1000,', ['opening_to_closing', 'account_control_total']],
    ['1,260301,2359', '1,261301,2359', ['as_of_date', 'as_of_date']],
  ])('%s → %s', async (printed, changed, failed) => {
    const document = fixture('previous-day');
    expect(document).toContain(printed);
    const found = (await statements(document.replace(printed, changed))).map(proof);
    expect(found.flatMap((one) => one.failed)).toEqual(failed);
    expect(found.some((one) => one.ties_out === false)).toBe(true);
  });

  test('a total, or an item of a deposit, among the transactions counts only where balances prove it', async () => {
    const records = (balances: string): string[] => [`03,1,,${balances}/`, '16,115,100,,,,', '16,116,100,,,,', '49,,/'];
    expect(proof(await only(records(',')))).toEqual({ ties_out: false, failed: ['transactions_only'] });
    expect(proof(await only(records('010,0,,,015,200,,')))).toEqual({ ties_out: true, failed: [] });
  });
});

describe('defects', () => {
  const account = ['03,1,,,/', '16,195,1,,,,', '49,,/'];

  test.each([
    ['16,195,1.00,,,,', 'the amount "1.00"', 'the amount'], ['16,195,-100,,,,', 'unsigned', 'the amount'], ['16,1950,100,,,,', '"1950"', 'type code'],
    ['16,850,100,,,,', '"850"', 'type code'], ['16,195,100,X,,,', 'funds type "X"', 'funds type'], ['16,195,100,V,260230,,,', '"260230"', 'value date'],
    ['16,195,100,D,ALL,1', 'funds type "D"', 'funds type'],
  ])('%s costs its account only', async (record, message, field) => {
    const all = await parts(file(['03,BAD,,,/', '16,195,1,,,,', record, '49,,/', ...account]));
    expect(all).toMatchObject([
      { part: 'failed', statement: 0, account: 'BAD', code: 'malformed', message: expect.stringContaining(message), location: { line: 5, field } },
      { part: 'entries', statement: 1, entries: [{ line: 2 }] }, { part: 'end', statement: 1 },
    ]);
  });

  test.each([['03,1,XXQ,/', 'currency'], ['03,1,,010,12a,,/', '12a'], ['03,1,,ABC,1,,/', '"ABC"'], ['03,1,,010,1,x,/', 'item count']])('%s', async (record, message) => {
    expect(await parts(file([record, '49,,/']))).toMatchObject([{ part: 'failed', code: 'malformed', message: expect.stringContaining(message), location: { line: 3 } }]);
  });

  test('a group that deletes, and a test, are no statements', async () => {
    for (const [status, code] of [['2', 'unsupported_format'], ['4', 'not_a_statement']]) {
      expect(await parts(file(account, { group: `02,R,B,${status},260301,,,2/` }))).toMatchObject([{ part: 'failed', code, location: { line: 3 } }]);
    }
  });

  test.each([
    ['16 outside an account', ['16,195,1,,,,'], 3], ['03 in an account', ['03,1,,,/', '03,2,,,/'], 4], ['98 in an account', ['03,1,,,/'], 4],
    ['49 twice', [...account, '49,,/'], 6], ['02 in a group', ['02,R,B,1,260301,,,2/'], 3], ['99 in a group', ['99,,,/'], 3],
    ['an unknown record', ['03,1,,,/', '17,195,1'], 4], ['a count that is none', ['03,1,,,/', '49,,x/'], 4],
  ])('%s', async (_, records, line) => {
    expect(await failure(file(records))).toMatchObject({ code: 'malformed', location: { line } });
  });

  test.each([
    ['a version of its own', '01,S,R,260302,0600,1,,,1/\n', 'unsupported_format'], ['no trailer', file(account).replace('99,,,/\n', ''), 'truncated'],
    ['half a file', fixture('previous-day').slice(0, 400), 'truncated'], ['a line without end', `01,S,R,260302,0600,1,,,2/\n${'x'.repeat(2 << 20)}`, 'too_large'],
    ['a record without end', file(['03,1,,,/', '16,195,1,,,,', ...Array.from({ length: 600_000 }, () => '88,X')]), 'too_large'],
  ])('%s', async (_, document, code) => {
    expect(await failure(document)).toMatchObject({ code });
  });

  test('hostile lines take linear time', async () => {
    const started = performance.now();
    for (const text of ['/ '.repeat(500_000), `/${' '.repeat(1_000_000)}x`, '/ 16,123,0'.repeat(100_000), ','.repeat(1_000_000)]) {
      await parts(file(['03,1,,,/', `16,195,1,,,,${text}x`, '49,,/']));
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

test('files one behind the other', async () => {
  const all = await parts(fixture('previous-day') + fixture('continued'));
  expect(statementsOf(all).map(({ head }) => head.statement_id)).toEqual(['7', '7', '7', '8']);
  expect(statementsOf(all).at(-1)!.entries.map((entry) => entry.line)).toEqual([8, 9, 10]);
});

test('memory is that of a chunk: entries come while the account is read', async () => {
  const seen: string[] = [];
  const lines = [...file(['03,1,,,/']).split('\n').slice(0, 3), ...Array.from({ length: 5_000 }, () => '16,195,1,,,,TEXT'), '49,,/', '98,,,/', '99,,,/', ''];
  for (const part of await parts(lines.join('\n'), 10_000)) seen.push(part.part === 'entries' ? `${part.entries.length}` : part.part);
  expect(seen).toEqual(['2000', '2000', '1000', 'end']);
});
