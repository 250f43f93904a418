import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keysInText, keysOfInvoice, shapeOf, type NamedInvoice } from '../../src/core/invoice-key.ts';

const invoice = (invoice_number: string, payment_reference: string | null = null, kind: NamedInvoice['kind'] = 'receivable'): NamedInvoice =>
  ({ kind, invoice_number, payment_reference });
const shapesOf = (...invoices: NamedInvoice[]): Set<string> =>
  new Set(invoices.flatMap(keysOfInvoice).map(shapeOf).filter((shape) => shape !== null));
/** Whether one of the invoice's keys is found in the text, and which. */
const namedBy = (text: string, of: NamedInvoice): string | undefined => {
  const keys = new Set(keysOfInvoice(of).map(({ form, key }) => `${form} ${key}`));
  return keysInText(text, shapesOf(of)).map(({ form, key }) => `${form} ${key}`).find((key) => keys.has(key));
};

describe('keysOfInvoice', () => {
  it('gives a receivable its reference, its number with and without leading zeros, and its bare digits', () => {
    expect(keysOfInvoice(invoice('RE-2026-00123', 'RF18 5390 0754 7034'))).toEqual([
      { form: 'reference', key: 'RF18539007547034' },
      { form: 'end_to_end', key: 'RF18539007547034' },
      { form: 'number', key: 'RE202600123' },
      { form: 'number', key: 'RE2026123' },
      { form: 'digits', key: '202600123' },
      { form: 'digits', key: '2026123' },
    ]);
  });

  it('gives a payable the id of our order, never as a reference that we issued', () => {
    expect(keysOfInvoice(invoice('4711', 'PMT-0042', 'payable'))).toEqual([
      { form: 'end_to_end', key: 'PMT0042' }, { form: 'number', key: '4711' },
    ]);
  });

  it('knows no bare digits where they are few, stand on both sides of letters, or are the whole number', () => {
    for (const number of ['RE-4711', '2026-KW12-0042', '20260042']) {
      expect(keysOfInvoice(invoice(number)).map((key) => key.form)).not.toContain('digits');
    }
  });
});

describe('shapeOf', () => {
  it('is the form and the lengths of the groups', () => expect(shapeOf({ form: 'number', key: 'RE202600123' })).toBe('number A:2 9:9'));
  it('is null for what stands in any text, and for hashes, whose shapes nobody shares', () => {
    for (const key of ['12', 'RENT', '3FA85F6457174562B3FC']) expect(shapeOf({ form: 'number', key })).toBeNull();
  });
});

describe('keysInText', () => {
  it.each([
    ['Rechnung RE-2026-00123 vom 12.03.', 'number RE202600123'],
    ['re 2026/00123', 'number RE202600123'],
    ['RE202600123Kunde 88', 'number RE202600123'],
    ['RG-NR.RE-2026-001\n23', 'number RE202600123'],
    ['Re 2026-123', 'number RE2026123'],
    ['RE-2026-0123', 'number RE2026123'],
    ['Rechnung Nr. 2026-00123', 'digits 202600123'],
    ['Rg202600123', 'digits 202600123'],
    ['ＲＥ２０２６００１２３', 'number RE202600123'],
    ['R E 2 0 2600123', 'number RE202600123'],
  ])('finds RE-2026-00123 in %j', (text, key) => expect(namedBy(text, invoice('RE-2026-00123'))).toBe(key));

  it.each([
    ['99 23660 00000 00155 82916 76982', 'Ref 99 23660 00000 00155 82916 7698 2'],
    ['RF49 ABCD 1234 5678 9012 3456 7', 'RF49 ABCD 1234 56 78 9012 3456 7'],
  ])('finds the reference %s, printed in groups and cut at a line end', (reference, text) => {
    expect(namedBy(text, invoice('X-1', reference))).toBe(`reference ${reference.replaceAll(' ', '')}`);
  });

  it.each(['RE-2026-00124', 'RE-2026, 00123', 'RE-2026     00123', 'Miete März', ''])('does not find it in %j', (text) => {
    expect(namedBy(text, invoice('RE-2026-00123'))).toBeUndefined();
  });

  it('finds a bare reference in groups and with the filling zeros of a form', () => {
    expect(namedBy('0000 00 1234 5672', invoice('X', '1234 5672'))).toBe('reference 12345672');
  });

  it('gives the longest first and says where it stands', () => {
    const found = keysInText('zu RE-77 12', shapesOf(invoice('RE-77'), invoice('RE-7712')));
    expect(found.map(({ key, start, end }) => [key, start, end])).toEqual([['RE7712', 3, 11], ['RE77', 3, 8]]);
  });

  it('never begins or ends inside an id', () => {
    expect(keysInText('E2E 8f3a9c77120b4d', new Set(['number 9:4', 'digits 9:5']))).toEqual([]);
  });

  it('finds a number whatever stands between its characters, at up to five places, and around it', () => {
    const number = fc.tuple(fc.stringMatching(/^[A-Z]{0,3}$/), fc.stringMatching(/^[1-9]\d{4,9}$/)).map(([prefix, digits]) => prefix + digits);
    const noise = fc.constantFrom(' ', '-', '/', '.', ' - ', '\n', '\r\n', '_', '–');
    const around = fc.constantFrom('', 'Rechnung ', 'vom 12.03.2026, ', 'Kd 4711 ', '(', 'Zahlung: ');
    fc.assert(fc.property(number, fc.array(fc.tuple(fc.nat(), noise), { maxLength: 5 }), around, around, fc.boolean(), (key, cuts, before, after, lower) => {
      let spaced = [...key];
      for (const [place, separator] of new Map(cuts.map(([at, s]) => [1 + (at % (key.length - 1)), s]))) spaced[place - 1] += separator;
      const text = `${before}${lower ? spaced.join('').toLowerCase() : spaced.join('')} ${after}`;
      expect(namedBy(text, invoice(key))).toMatch(/^number /);
    }), { numRuns: 2_000 });
  });

  it('takes time linear in the text', () => {
    const shapes = shapesOf(invoice('RE-2026-00123'), invoice('12345'), invoice('1', '123456789012'));
    const started = performance.now();
    keysInText('0 1 '.repeat(100_000), shapes);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
