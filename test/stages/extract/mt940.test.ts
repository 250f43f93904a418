import { describe, expect, test } from 'vitest';
import { CHUNK_ENTRIES, type RawEntry } from '../../../src/core/statement.ts';
import { mt940Reader } from '../../../src/stages/extract/mt940.ts';
import { readWith } from '../../helpers/read-document.ts';

const { parts, statements } = readWith(mt940Reader);

/** A message of one day in euros, closed by the right balance unless told otherwise. */
function message(fields: string, { closing = '0,00', reference = 'STMT', end = '-\n' } = {}): string {
  return `:20:${reference}\n:25:DE89370400440532013000\n:28C:1/1\n:60F:C260301EUR0,00\n${fields}:62F:C260302EUR${closing}\n${end}`;
}

async function onlyEntry(fields: string): Promise<RawEntry> {
  const [statement] = await statements(message(fields));
  expect(statement!.entries).toHaveLength(1);
  return statement!.entries[0]!;
}

describe('text', () => {
  const umlauts = message(':61:2603020302C1,00NTRFNONREF\n:86:Müller Straße – Köln\n');
  test.each([
    ['UTF-8', Buffer.from(umlauts)],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${umlauts}`)],
    ['Windows-1252', Buffer.from(umlauts.replace('–', '\u0096'), 'latin1')],
    ['CRLF', Buffer.from(umlauts.replaceAll('\n', '\r\n'))],
    ['CR', Buffer.from(umlauts.replaceAll('\n', '\r'))],
    ['blank lines and message marks', Buffer.from(`\u0001${umlauts.replaceAll('\n', '\n\n').replace('-\n', '-\u0003\n')}`)],
  ])('%s, in blocks of any size', async (_, document) => {
    expect(mt940Reader.recognise(document)).toBe(true);
    for (const size of [1, 7, 65_536]) {
      const all = await parts(document, size);
      expect(all).toHaveLength(2);
      expect(all[0]).toMatchObject({ part: 'entries', entries: [{ amount: '1.00', remittance: 'Müller Straße – Köln' }] });
      expect(all[1]).toMatchObject({ part: 'end', head: { statement_id: 'STMT', closing_balance: { amount: '0.00' } } });
    }
  });

  test('Latin-1 is Windows-1252 without its extra letters', async () => {
    const [statement] = await statements(Buffer.from(umlauts.replace('–', '-'), 'latin1'));
    expect(statement!.entries[0]!.remittance).toBe('Müller Straße - Köln');
  });

  test.each(['\n', '\r\n', '\r'])('lines are counted over their ends %j', async (lineEnd) => {
    const document = message(':61:2603020302C1,00NTRFNONREF\n:61:26XX020302C1,00NTRFNONREF\n').replaceAll('\n', lineEnd);
    for (const size of [1, 3, 65_536]) expect((await parts(document, size)).at(-1)).toMatchObject({ part: 'failed', location: { line: 6 } });
  });

  test('a line broken by its width is put together; where its last character was a space, that is back', async () => {
    const words = `${'x'.repeat(60)} abcd`;
    expect((await onlyEntry(`:61:2603020302C1,00NTRFNONREF\n:86:${words}\nefgh\n`)).remittance).toBe(`${words}efgh`);
    expect((await onlyEntry(`:61:2603020302C1,00NTRFNONREF\n:86:${words.slice(0, -1)}\nefgh\n`)).remittance).toBe(`${words.slice(0, -1)} efgh`);
    expect((await onlyEntry(`:61:2603020302C1,00NTRFNONREF\n:86:Invoice\n4711\n`)).remittance).toBe('Invoice 4711');
  });
});

describe('entry date', () => {
  test.each([
    ['260102', '1231', '260101', '2025-12-31'],
    ['251231', '0102', '251230', '2026-01-02'],
    ['260302', '0000', '260301', '2026-03-02'],
    ['260302', '0229', '260301', '2026-03-02'],
    // A correction with a value date of nine months ago is booked today, not a year before the statement begins.
    ['200101', '0915', '200914', '2020-09-15'],
  ])('value %s, entry %s, opened %s: booked %s', async (value, entry, opened, booked) => {
    const [statement] = await statements(message(`:61:${value}${entry}C1,00NTRFNONREF\n`).replace(':60F:C260301', `:60F:C${opened}`));
    expect(statement!.entries[0]!.booking_date).toBe(booked);
  });
});

describe('messages', () => {
  test('entries come in chunks, and a failure costs one statement of several', async () => {
    const entry = ':61:2603020302C1,00NTRFNONREF\n';
    const all = await parts([
      message(entry.repeat(CHUNK_ENTRIES + 1), { closing: '2001,00' }), message(`${entry}:61:nothing\n`), message(entry, { reference: 'LAST', closing: '1,00' }),
    ].join(''));
    expect(all.map((part) => [part.part, part.statement, part.part === 'entries' ? part.entries.length : null])).toEqual([
      ['entries', 0, CHUNK_ENTRIES], ['entries', 0, 1], ['end', 0, null], ['failed', 1, null], ['entries', 2, 1], ['end', 2, null],
    ]);
    expect(all[4]).toMatchObject({ entries: [{ line: CHUNK_ENTRIES + 4 }] });
  });

  test('a message ends with its closing balance, whatever marks its end', async () => {
    for (const end of ['-\n', '-}\n', '-XXX\n', ':940:\n', '']) {
      const document = message('', { reference: 'A', end }) + message(':61:2603020302C0,00NTRFNONREF\n', { reference: 'B', end });
      expect((await statements(document)).map(({ head, entries }) => [head.statement_id, entries.length])).toEqual([['A', 0], ['B', 1]]);
    }
  });

  test('days without a head of their own are statements of the same account', async () => {
    const found = await statements(`${message('', { end: '' })}:60F:C260302EUR0,00\n:61:2603030303C2,00NTRFNONREF\n:62F:C260303EUR2,00\n-\n`);
    expect(found.map(({ head }) => [head.account, head.opening_balance, head.to])).toEqual([
      ['DE89370400440532013000', { amount: '0.00', date: '2026-03-01' }, '2026-03-02'], ['DE89370400440532013000', { amount: '0.00', date: '2026-03-02' }, '2026-03-03'],
    ]);
  });

  test.each([
    ['DE89370400440532013000', 'DE89370400440532013000', null],
    ['NL91ABNA0417164300EUR', 'NL91ABNA0417164300', null],
    ['NL91ABNA0417164300 EUR', 'NL91ABNA0417164300', null],
    ['37040044/0532013000', '0532013000', '37040044'],
    ['COBADEFFXXX/DE89370400440532013000', 'DE89370400440532013000', 'COBADEFFXXX'],
    ['UBRTHUHB/1234567891/HUF', '1234567891', 'UBRTHUHB'],
    ['12345EUR', '12345', null],
    ['OFFICE', 'OFFICE', null],
  ])('account %s', async (printed, account, bank) => {
    const [statement] = await statements(message('').replace(/:25:.*/, `:25:${printed}`));
    expect(statement!.head).toMatchObject({ account, bank });
  });

  test('bounds: a line, a field, the fields 86 of an entry', async () => {
    const entry = ':61:2603020302C1,00NTRFNONREF\n:86:';
    for (const fields of ['x'.repeat(2 << 20), `${entry}${'x\n'.repeat(70_000)}`, `${entry}x\n${':86:x\n'.repeat(10_001)}`]) {
      await expect(parts(message(fields))).rejects.toMatchObject({ code: 'too_large', location: { line: expect.any(Number) } });
    }
  });

  test.each(['Date;Amount\n2026-03-02;10,00\n', ':20:REFERENCE\n', '01,123,456,260302,1200,1,,,2/\n', '<Document/>', '!Type:Bank\n'])('is not %j', (text) => {
    expect(mt940Reader.recognise(Buffer.from(text))).toBe(false);
  });

  test('fields without a message are no statement', async () => {
    await expect(parts(':20:REFERENCE\n:25:1\n')).rejects.toMatchObject({ code: 'not_a_statement' });
  });
});
