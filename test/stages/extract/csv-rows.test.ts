import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RowSplitter, type Quoting } from '../../../src/stages/extract/csv-rows.ts';

function split(text: string, quoting: Quoting, sizes: readonly number[] = [text.length || 1]): { line: number; cells: string[] }[] | 'open' {
  const splitter = new RowSplitter(quoting);
  const rows = [];
  for (let at = 0, i = 0; at < text.length; at += sizes[i % sizes.length]!, i++) rows.push(...splitter.write(text.slice(at, at + sizes[i % sizes.length]!)));
  const last = splitter.end();
  if (last === undefined) return 'open';
  return last === null ? rows : [...rows, last];
}

const LINES: Quoting = { delimiter: ',', quoted: true, newline: '\n' };
const cells = (text: string, quoting = LINES): unknown => {
  const rows = split(text, quoting);
  return rows === 'open' ? rows : rows.map((row) => row.cells);
};

describe('rows', () => {
  test.each([
    ['plain', 'a,b\nc,d\n', [['a', 'b'], ['c', 'd']]],
    ['without a last newline', 'a,b\r\nc,d', [['a', 'b'], ['c', 'd']]],
    ['blank', 'a\n\nb\n', [['a'], [''], ['b']]],
    ['empty cells', ',,\n', [['', '', '']]],
    ['enclosed', '"a,b","c ""d""",""\n', [['a,b', 'c "d"', '']]],
    ['enclosed over lines', '"a\nb",c\r\nd\n', [['a\nb', 'c'], ['d']]],
    ['space before and behind', ' a, "b" ,"c"\n', [['a', 'b', 'c']]],
    ['a mark inside', 'a"b,5" pipe\n', [['a"b', '5" pipe']]],
    ['more behind the closing mark', '"a" b,c\n', [['"a" b', 'c']]],
    ['for spreadsheets', '="00123",="x"\n', [['00123', 'x']]],
    ['never closed', 'a\n"b,c\n', 'open'],
  ])('%s', (_, text, expected) => {
    expect(cells(text)).toEqual(expected);
  });

  test('marks that are characters, and rows ended by a carriage return', () => {
    expect(cells('"a,b"c\n', { ...LINES, quoted: false })).toEqual([['"a', 'b"c']]);
    expect(cells('a,"b\rc"\rd', { ...LINES, newline: '\r' })).toEqual([['a', 'b\rc'], ['d']]);
  });

  test('a row of more than its bound', () => {
    for (const text of ['x'.repeat(300_000), `a\n${'x'.repeat(300_000)}\nb`, `"${'x'.repeat(300_000)}`, `"${'x\n'.repeat(150_000)}"\n`]) {
      for (const size of [300_004, 1_000]) expect(() => split(text, LINES, [size])).toThrow('longer than');
    }
  });

  const texts = fc.array(fc.constantFrom('a', '1', ' ', ',', ';', '"', '""', '\n', '\r\n', 'ü', 'word'), { maxLength: 40 }).map((parts) => parts.join(''));

  test('whatever the pieces, the same rows with the same lines', () => {
    fc.assert(fc.property(texts, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }), (text, sizes) => {
      expect(split(text, LINES, sizes)).toEqual(split(text, LINES));
    }));
  });

  test('the same as csv-parse, as far as both read it', () => {
    fc.assert(fc.property(texts.map((text) => `${text}\n`), (text) => {
      let expected: string[][];
      try {
        expected = parse(text, { delimiter: ',', relax_quotes: true, relax_column_count: true, ltrim: true, record_delimiter: ['\r\n', '\n'] });
      } catch {
        return;
      }
      const rows = split(text, LINES);
      // Marks that the two keep or drop differently, around cells that go on behind them, are characters of the cell at the most.
      const plain = (row: readonly string[]): string[] => row.map((cell) => cell.replaceAll(/["=\s]/g, ''));
      if (rows !== 'open') expect(rows.map((row) => plain(row.cells))).toEqual(expected.map(plain));
    }), { numRuns: 2_000 });
  });
});
