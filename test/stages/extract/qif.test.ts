import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { proveStatement } from '../../../src/core/proof.ts';
import type { RawEntry, RawPart, RawStatement } from '../../../src/core/statement.ts';
import { CHUNK_ENTRIES } from '../../../src/core/statement.ts';
import type { StatementProfile } from '../../../src/stages/extract/profile.ts';
import { statementProfileSchema } from '../../../src/stages/extract/profile.ts';
import { qifReader } from '../../../src/stages/extract/qif.ts';

async function parts(document: string | Buffer, profiles: StatementProfile[] = [], size = 65_536): Promise<RawPart[]> {
  const bytes = Buffer.from(document);
  const read = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  return Array.fromAsync(qifReader.read({ size: bytes.length, read }, { profiles }));
}

interface Statement {
  head: RawStatement;
  entries: RawEntry[];
}

async function statements(document: string | Buffer, profiles: StatementProfile[] = []): Promise<Statement[]> {
  const all = await parts(document, profiles);
  return all.flatMap((end) => (end.part !== 'end' ? [] : [{
    head: end.head,
    entries: all.flatMap((part) => (part.part === 'entries' && part.statement === end.statement ? part.entries : [])),
  }]));
}

async function entries(document: string, profiles: StatementProfile[] = []): Promise<RawEntry[]> {
  return (await statements(document, profiles)).flatMap((statement) => statement.entries);
}

const fixture = (): Buffer => readFileSync(new URL('qif/quicken-accounts.qif', import.meta.url));

/** A bank section with those records, their fields separated by spaces. */
function bank(...records: string[]): string {
  return `!Type:Bank\n${records.map((record) => `${record.replaceAll(' ', '\n')}\n^\n`).join('')}`;
}

const dates = async (...texts: string[]): Promise<string[]> =>
  (await entries(`!Type:Bank\n${texts.map((text) => `D${text}\nT1.00\n^\n`).join('')}`)).map((entry) => entry.booking_date);

const amounts = async (...texts: string[]): Promise<string[]> =>
  (await entries(`!Type:Bank\n${texts.map((text) => `D2026-01-02\nT${text}\n^\n`).join('')}`)).map((entry) => entry.amount);

describe('an export of several accounts', () => {
  test('a statement for each; what was left out is said', async () => {
    const all = await statements(fixture());
    expect(all.map(({ head, entries: list }) => [head.account, list.length])).toEqual([['Checking', 3], ['Visa', 1], ['Broker', 0]]);
    expect(all[1]!.head).toEqual({
      format: 'qif', extractor: 'qif@1', account: 'Visa', bank: null, currency: null, statement_id: null, sequence: null, from: null, to: null,
      opening_balance: null, closing_balance: null, printed_totals: [], newest_first: false, reader_checks: [],
    });
    expect(all[2]!.head.reader_checks).toEqual([{ name: 'investments_left_out', ok: true, detail: expect.stringMatching(/^1 /) }]);
  });

  test('the transfer of an account to itself at its beginning is the opening balance, and moves no money', async () => {
    const [{ head, entries: list }] = (await statements(fixture())) as [Statement];
    expect(head.opening_balance).toEqual({ amount: '1000.00', date: '2026-01-01' });
    expect(list[0]).toMatchObject({ status: 'information', amount: '1000.00' });
    const proof = proveStatement(head, list);
    expect(proof).toMatchObject({ ties_out: null, closing_balance: { amount: '-294.50' } });
  });

  test('fields, and splits that add up', async () => {
    const [{ entries: list }] = (await statements(fixture())) as [Statement];
    const common = {
      currency: null, bank_reference: null, end_to_end_id: null, mandate_id: null, customer_reference: '1005', transaction_code: null, return_reason: null,
      counterparty: { name: 'Bank of Mortgage', account: null, bank: null }, ultimate_counterparty: null, structured_reference: null,
      instructed: null, exchange_rate: null, charges: [],
    };
    expect(list[1]).toEqual({
      ...common, line: 2, booking_date: '2026-01-13', value_date: null, amount: '-1234.50', status: 'booked', reversal: false,
      remittance: 'With our thanks January', source: { page: null, line: 27 }, balance_after: null,
      details: [{ ...common, amount: '-1000.00', remittance: 'Interest' }, { ...common, amount: '-234.50', remittance: 'With our thanks January' }],
    });
  });

  test('splits that do not add up are words; N without a number is a code; a payee with a number in it is a description', async () => {
    const list = (await statements(fixture())).flatMap((statement) => statement.entries);
    expect(list[2]).toMatchObject({ remittance: 'food cinema', details: [], customer_reference: null, transaction_code: { proprietary: 'ATM' } });
    expect(list[3]).toMatchObject({ line: 4, booking_date: '1999-12-31', counterparty: null, remittance: 'Deposit 4711' });
  });

  test('blocks may end anywhere', async () => {
    expect(await parts(fixture(), [], 1)).toEqual(await parts(fixture()));
  });
});

describe('dates', () => {
  test('the order that all of them allow', async () => {
    expect(await dates('01/02/2026', '13/02/2026')).toEqual(['2026-02-01', '2026-02-13']);
    expect(await dates("1/ 2'26", "1/13'26")).toEqual(['2026-01-02', '2026-01-13']);
    expect(await dates('1.2.26', '2.2.1999')).toEqual(['2026-02-01', '1999-02-02']);
    expect(await dates('2026-01-02', '2026-01-13')).toEqual(['2026-01-02', '2026-01-13']);
    expect(await dates('6/6/94')).toEqual(['1994-06-06']);
  });

  test('a decimal comma is not written where the month comes first', async () => {
    expect(await entries(bank('D1/2/26 T1,50'))).toMatchObject([{ booking_date: '2026-02-01', amount: '1.50' }]);
  });

  test('are asked for where nothing tells; the profile that the message shows settles it', async () => {
    const document = bank('D3/3/26 T5.00', 'D1/2/26 T5.00');
    const message = await parts(document).then(() => '', (error: Error) => error.message);
    expect(message).toContain('"1/2/26"');
    await expect(parts(document)).rejects.toMatchObject({ code: 'ambiguous', location: { line: 5 } });
    const profile = statementProfileSchema.parse(parse(message.slice(message.indexOf('\nid:') + 1)));
    expect(await entries(document, [profile])).toMatchObject([{ booking_date: '2026-03-03' }, { booking_date: '2026-01-02' }]);
    expect(await entries(document, [{ ...profile, date_order: 'dmy' }])).toMatchObject([{}, { booking_date: '2026-02-01' }]);
    await expect(parts(document, [{ ...profile, match: { text: 'another bank' } }])).rejects.toMatchObject({ code: 'ambiguous' });
  });

  test('that contradict each other are asked for too', () =>
    expect(dates('13/02/2026', '02/13/2026')).rejects.toMatchObject({ code: 'ambiguous', message: expect.stringContaining('day first in some records') }));
});

describe('amounts', () => {
  test('with the decimal mark that all of them allow', async () => {
    expect(await amounts('1,234', '-5.00')).toEqual(['1234', '-5.00']);
    expect(await amounts('1.234', '-5,00', '1.234.567,89')).toEqual(['1234', '-5.00', '1234567.89']);
    expect(await amounts('12', '+3')).toEqual(['12', '3']);
  });

  test('are asked for where nothing tells', async () => {
    await expect(amounts('1,234')).rejects.toMatchObject({ code: 'ambiguous', message: expect.stringMatching(/"1,234" .*\n[\s\S]*decimal: "\."/) });
    await expect(amounts('1,23', '1.23')).rejects.toMatchObject({ code: 'ambiguous' });
  });

  test('account, currency and sign of a profile', async () => {
    const profile: StatementProfile = { id: 'card', owner: 'finance', format: 'qif', match: { text: '!Type:CCard' }, account: 'C-1', currency: 'EUR', inverted: true };
    const [{ head, entries: list }] = (await statements('!Type:CCard\nD2026-01-02\nT1,234\n^\n', [profile])) as [Statement];
    expect(head).toMatchObject({ account: 'C-1', currency: 'EUR' });
    expect(list).toMatchObject([{ amount: '-1234' }]);
  });
});

describe('sections', () => {
  test('comments above, Windows-1252, and an account header without its end', async () => {
    const document = Buffer.from('# exported\n\n!Account\nNGirokonto\nTBank\n!Type:Bank \r\nD15.1.2026\r\nT-1,50\r\nPBäcker\r\n^\r\n', 'latin1');
    expect(qifReader.recognise(document)).toBe(true);
    expect(await statements(document)).toMatchObject([{ head: { account: 'Girokonto' }, entries: [{ counterparty: { name: 'Bäcker' }, amount: '-1.50', source: { line: 7 } }] }]);
  });

  test('the same header again goes on with the same statement, another begins one', async () => {
    const record = 'D2026-01-02\nT1.00\n^\n';
    const all = await statements(`!Type:Bank\n${record}!Type:Bank\n${record}!Type:Cash\n${record}`);
    expect(all.map((statement) => statement.entries.length)).toEqual([2, 1]);
  });

  test('without records is a statement without entries', async () => {
    expect(await statements('!Type:Bank\n')).toMatchObject([{ entries: [] }]);
  });

  test('an "Opening Balance" that is not the first record, or of another account, is an entry', async () => {
    const opening = 'D2026-01-02\nT1.00\nPOpening Balance\nL[Savings]\n^\n';
    const [other, second] = [await entries(`!Account\nNChecking\n^\n!Type:Bank\n${opening}`), await entries(`!Type:Bank\nD2026-01-01\nT2.00\n^\n${opening}`)];
    expect([other[0]!.status, second[1]!.status]).toEqual(['booked', 'booked']);
    expect(await statements(`!Type:Bank\n${opening}`)).toMatchObject([{ head: { account: 'Savings', opening_balance: { amount: '1.00' } } }]);
  });

  test('of an unknown kind with transactions in it are refused; lists are passed over', async () => {
    await expect(parts('!Type:Banque\nD2026-01-02\nT1.00\n^\n')).rejects.toMatchObject({ code: 'unsupported_format', location: { line: 1 } });
    expect(await parts('!Type:Class\nNwork\nDwork and travel\n^\n')).toEqual([]);
  });

  test('of investments alone are refused', () =>
    expect(parts("!Type:Invst\nD1/14'26\nNBuy\nT500.00\n^\n")).rejects.toMatchObject({ code: 'unsupported_format' }));
});

describe('defects', () => {
  test.each([
    ['an amount that is none', 'D2026-01-02 Tmuch', /"much" is no amount/],
    ['no amount', 'D2026-01-02 PX', /has no amount/],
    ['no date', 'T1.00', /has no date/],
    ['a date that is none', 'D2026-02-30 T1.00', /"2026-02-30" is no date/],
    ['a missing ^', 'D2026-01-02 T1.00 D2026-01-03 T2.00', /two dates; is a \^ missing/],
  ])('%s costs the section, not the others', async (_, record, problem) => {
    const document = `${bank('D2026-01-01 T1.00', record)}!Type:Cash\nD2026-01-01\nT1.00\n^\n`;
    expect((await parts(document)).filter((part) => part.part !== 'entries')).toMatchObject([
      { part: 'failed', statement: 0, code: 'malformed', message: expect.stringMatching(problem), location: { line: 5 } }, { part: 'end', statement: 1 },
    ]);
  });

  test('a document that ends inside a record is truncated', () =>
    expect(parts('!Type:Bank\nD2026-01-02\nT1')).rejects.toMatchObject({ code: 'truncated', location: { line: 2 } }));

  test('records and splits without end', async () => {
    await expect(parts(`!Type:Bank\nD2026-01-02\n${`M${'x'.repeat(1_000)}\n`.repeat(1_100)}`)).rejects.toMatchObject({ code: 'too_large', location: { line: 2 } });
    await expect(parts(bank(`D2026-01-02 T1.00 ${'Sx '.repeat(10_001)}`))).rejects.toMatchObject({ code: 'too_large' });
  });
});

test('entries come in chunks', async () => {
  const all = await parts(bank(...Array.from({ length: CHUNK_ENTRIES + 1 }, () => 'D2026-01-02 T1.00')));
  expect(all.map((part) => (part.part === 'entries' ? part.entries.length : part.part))).toEqual([CHUNK_ENTRIES, 1, 'end']);
});

test.each([
  ['!Type:Bank\n', true], ['\ufeff!Account\n', true], ['\n!Option:AutoSwitch\n', true], ['This is !Type:Bank', false], ['!important;1\n', false], ['', false],
])('%j is recognised: %s', (head, recognised) => {
  expect(qifReader.recognise(Buffer.from(head))).toBe(recognised);
});
