import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMarkVote, createOrderVote, findAmount, parseAmount, parseDate } from '../../src/core/numerals.ts';

const NBSP = '\u00a0';
const NARROW = '\u202f';

describe('amounts', () => {
  test.each([
    ['1.234,56', ',', '1234.56'], ["1'234.56", '.', '1234.56'], ['1’234.56', '.', '1234.56'], ['1 234,56', ',', '1234.56'],
    [`1${NBSP}234${NBSP}567,8`, ',', '1234567.8'], [`1${NARROW}234,56`, ',', '1234.56'], ['1,23,456.78', '.', '123456.78'], ['.50', '.', '0.50'],
    ['12.50-', '.', '-12.50'], ['5,00 -', ',', '-5.00'], ['\u221212.50', '.', '-12.50'], ['–12,50', ',', '-12.50'], ['(12.50)', '.', '-12.50'],
    ['+12.50', '.', '12.50'], ['12.50 CR', '.', '12.50'], ['12.50DR', '.', '-12.50'], ['1.234,56 S', ',', '-1234.56'], ['1.234,56 H', ',', '1234.56'],
    ['€ 12,00', ',', '12.00'], ['-$1,012.00', '.', '-1012.00'], ['$-12.00', '.', '-12.00'], ['12,00 EUR S', ',', '-12.00'], ['-0.00', '.', '0.00'],
  ] as const)('%s with %s is %s', (text, mark, amount) => {
    expect(parseAmount(text, mark)).toBe(amount);
  });

  test.each([
    ['1.2.3', '.'], ['12..34', '.'], ['1234.567,8', ','], ['1,23', '.'], ['1.234.56', ','], ['(5.00', '.'], ['--5', '.'], ['-5.00 CR', '.'], ['5 apples', '.'],
    ['2024-03-05', '.'], ['', '.'], [`${'1'.repeat(100)}x`, '.'], [`+${' '.repeat(50_000)}x`, '.'],
  ] as const)('"%s" with %s is none', (text, mark) => {
    expect(parseAmount(text, mark)).toBeUndefined();
  });

  test('keep the currency that is printed beside them', () => {
    expect(['EUR 12', '12,00 €', 'US$5.00'].map((text) => findAmount(text)?.currency)).toEqual(['EUR', '€', 'US$']);
  });

  test('whatever is printed in a locale is read back', () => {
    fc.assert(fc.property(
      fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.constantFrom('de-DE', 'en-US', 'en-IN', 'fr-FR', 'de-CH', 'pl-PL', 'sv-SE', 'nl-NL', 'es-ES'),
      (cents, locale) => {
        const format = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
        const [mark] = format.formatToParts(0.5).filter((part) => part.type === 'decimal');
        const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0');
        const plain = `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
        expect(parseAmount(format.format(plain as Intl.StringNumericLiteral), mark!.value as ',' | '.')).toBe(plain);
      },
    ));
  });
});

describe('the decimal mark of a column', () => {
  test.each([
    [['1,234', '2,50'], ','], [['1.234', '1.234.567'], ','], [['1,234', '1,234.00'], '.'], [['1,234', '0,500'], ','], [['1234,567'], ','],
    [['1,234', '2,500'], 'ambiguous'], [['1,50', '2.50'], 'mixed'], [['12', '1 234'], 'none'], [['1.234.567', "1'234.50"], 'mixed'],
  ] as const)('%j: %s', (texts, mark) => {
    const vote = createMarkVote();
    expect(texts.every((text) => vote.add(text))).toBe(true);
    expect(vote.settle()).toBe(mark);
  });
});

describe('dates', () => {
  test.each([
    ['05.03.2024', 'mdy'], ['5.3.24', 'mdy'], ['2024-03-05', 'dmy'], ['20240305', 'mdy'], ['2024/3/5', 'dmy'], ['2024-03-05T23:59:59.123Z', 'dmy'],
    ['05/03/2024', 'dmy'], ['03/05/2024', 'mdy'], ['03-05-24', 'mdy'], ['24/03/05', 'ymd'], ['05032024', 'dmy'], ['05/03/2024 10:11', 'dmy'],
    ['3/5/2024, 12:00 PM', 'mdy'], ['05/03/2024-12:55', 'dmy'], ['2024 03 05', 'dmy'], ['2024.03.05.', 'dmy'],
    ['5 Mar 2024', 'mdy'], ['Mar 5, 2024', 'dmy'], ['5. März 2024', 'mdy'], ['05-mrt-24', 'mdy'], ['5 de marzo de 2024', 'mdy'], ['5 mars 2024', 'mdy'],
    ['Tue 5 Mar 2024', 'mdy'], ['Di. 05.03.2024', 'mdy'],
  ] as const)('%s (%s) is 5 March 2024', (text, order) => {
    expect(parseDate(text, order)).toBe('2024-03-05');
  });

  test.each([['30.02.2024', 'dmy'], ['03/25/2024', 'dmy'], ['25/03/2024', 'mdy'], ['10:15', 'dmy'], ['1.234,56', 'dmy'], ['12/2024', 'dmy'], ['', 'dmy'], ['5 Foo 2024', 'dmy']] as const)(
    '"%s" (%s) is none', (text, order) => {
      expect(parseDate(text, order)).toBeUndefined();
    },
  );

  test('a missing year is given by the caller', () => {
    expect(parseDate('05.03.', 'dmy', (month) => (month > 6 ? 2023 : 2024))).toBe('2024-03-05');
    expect(parseDate('05.03.', 'dmy')).toBeUndefined();
  });
});

describe('the date order of a column', () => {
  test.each([
    [['05/03/2024', '13/03/2024'], ['dmy']], [['03/05/2024', '03/13/2024'], ['mdy']], [['05/03/2024', '06/03/2024'], ['dmy', 'mdy']],
    [['13/03/2024', '03/13/2024'], []], [['05/05/2024', '06/06/2024'], ['dmy']], [['2024-03-05', '05.03.2024'], ['dmy']], [['24/03/05', '24/03/31'], ['dmy', 'ymd']],
  ] as const)('%j: %j', (texts, orders) => {
    const vote = createOrderVote();
    expect(texts.every((text) => vote.add(text))).toBe(true);
    expect(vote.settle()).toEqual(orders);
  });
});
