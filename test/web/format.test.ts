import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notationOf } from '../../src/web/app/format.ts';

/** Amounts as people of each language type and read them: what is read is what was meant, or nothing. */

const LANGUAGES = ['en-US', 'en-GB', 'en-IN', 'de-DE', 'de-CH', 'fr-FR', 'fr-CH', 'sv-SE', 'es-ES', 'pl-PL', 'it-IT', 'pt-BR', 'ja-JP', 'ar-EG', 'hi-IN'];
const CURRENCIES = ['EUR', 'JPY', 'KWD', 'CLF'];
const NOTATIONS = LANGUAGES.map((language) => ({ language, notation: notationOf([language]), decimal: new Intl.NumberFormat(language, { numberingSystem: 'latn' }).format(1.5).replaceAll(/\d/g, '') }));

describe('amounts typed in the user\'s notation', () => {
  const typed: [language: string, text: string, currency: string, read: string | undefined][] = [
    ['en-US', '1,234.50', 'EUR', '1234.50'], ['en-US', '1234.5', 'EUR', '1234.50'], ['en-US', '1234', 'EUR', '1234.00'], ['en-US', '-1,234,567.00', 'EUR', '-1234567.00'],
    // The same text is a thousand here, no amount there, and never one and a bit where the point groups.
    ['de-DE', '1.234', 'EUR', '1234.00'], ['en-US', '1.234', 'EUR', undefined], ['fr-CH', '1.234', 'EUR', undefined], ['sv-SE', '1.234', 'EUR', undefined],
    ['en-US', '1,234', 'EUR', '1234.00'], ['de-DE', '1,234', 'EUR', undefined], ['sv-SE', '1,234', 'EUR', undefined],
    ['de-DE', '1.234', 'KWD', '1234.000'], ['en-US', '1.234', 'KWD', '1.234'], ['de-DE', '1,234', 'KWD', '1.234'], ['en-US', '1,234', 'KWD', '1234.000'], ['sv-SE', '1.234', 'KWD', undefined], ['fr-CH', '1,234', 'KWD', '1.234'],
    ['de-DE', '1.234', 'JPY', '1234'], ['ja-JP', '1,234', 'JPY', '1234'], ['ja-JP', '1.234', 'JPY', undefined], ['ja-JP', '1234.5', 'JPY', undefined], ['de-DE', '1234,0', 'JPY', undefined], ['sv-SE', '1 234', 'JPY', '1234'],
    ['de-DE', '1.234,5', 'EUR', '1234.50'], ['de-DE', '1234.50', 'EUR', '1234.50'], ['de-DE', '1.23', 'EUR', '1.23'], ['de-DE', '1,234.50', 'EUR', undefined], ['en-US', '1.234,50', 'EUR', undefined],
    ['de-CH', '1’234.50', 'EUR', '1234.50'], ['de-CH', '1\'234.50', 'EUR', '1234.50'], ['fr-CH', '1 234,50', 'EUR', '1234.50'], ['fr-CH', '1\u202f234,50', 'EUR', '1234.50'], ['sv-SE', '−1 234,50', 'EUR', '-1234.50'],
    // A digit is missing or too many: the group would hide it.
    ['en-US', '12,34', 'EUR', undefined], ['en-US', '1,2345', 'EUR', undefined], ['sv-SE', '12 34', 'EUR', undefined], ['de-DE', '1.23.456', 'EUR', undefined], ['de-DE', '1 234.567', 'EUR', undefined],
    ['en-IN', '12,34,567.00', 'EUR', '1234567.00'], ['en-IN', '1,234,567.00', 'EUR', undefined], ['es-ES', '1.234', 'EUR', '1234.00'],
    ['en-US', '0012.00', 'EUR', '12.00'], ['en-US', '', 'EUR', undefined], ['en-US', '-', 'EUR', undefined], ['en-US', '.50', 'EUR', undefined], ['en-US', '1e3', 'EUR', undefined], ['en-US', '1.005', 'EUR', undefined], ['en-US', '12 EUR', 'EUR', undefined],
  ];
  it.each(typed)('%s: %j in %s is %s', (language, text, currency, read) => {
    expect(notationOf([language]).parseAmount(text, currency)).toBe(read);
  });

  it('reads back what it writes, to the last digit, in every language and currency', () => {
    const digits: Record<string, number> = { EUR: 2, JPY: 0, KWD: 3, CLF: 4 };
    fc.assert(fc.property(fc.constantFrom(...NOTATIONS), fc.constantFrom(...CURRENCIES), fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), ({ notation }, currency, minor) => {
      const places = digits[currency]!;
      const text = (minor < 0n ? -minor : minor).toString().padStart(places + 1, '0');
      const plain = (minor < 0n ? '-' : '') + (places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`);
      expect(notation.parseAmount(notation.formatAmount(plain, currency), currency)).toBe(plain);
    }), { numRuns: 2_000 });
  });

  it('takes a mark for the decimal one only where it cannot group', () => {
    fc.assert(fc.property(fc.constantFrom(...NOTATIONS), fc.constantFrom(...CURRENCIES), fc.stringMatching(/^\d{1,3}(?:[., ']\d{1,4}){0,3}$/), ({ notation, decimal }, currency, text) => {
      const read = notation.parseAmount(text, currency);
      if (read === undefined) return;
      // Only the last mark can be the decimal one, it is the language's own or a point, and what stands before three digits groups unless it is the language's own.
      const last = /[., '](?=\d*$)/.exec(text);
      const fraction = last === null ? '' : text.slice(last.index + 1);
      const is_decimal = last !== null && (last[0] === decimal || (last[0] === '.' && fraction.length !== 3));
      expect(BigInt(read.replace('.', ''))).toBe(BigInt((is_decimal ? text.slice(0, last.index) : text).replaceAll(/\D/g, '') + (is_decimal ? fraction : '').padEnd(read.includes('.') ? read.length - read.indexOf('.') - 1 : 0, '0')));
    }), { numRuns: 2_000 });
  });

  it('writes the amounts of the server\'s sentences so too, and nothing else of them', () => {
    const { formatSentence } = notationOf(['de-DE']);
    expect(formatSentence('-17336.62 EUR for F2610-0034 of S0022 went to an account that is not on file there.')).toBe('-17.336,62\u00a0EUR for F2610-0034 of S0022 went to an account that is not on file there.');
    expect(formatSentence('1949596 JPY names INV-20304 of S0073; 2026-10 ABC is no amount')).toBe('1.949.596\u00a0JPY names INV-20304 of S0073; 2026-10 ABC is no amount');
  });
});
