import { describe, expect, test } from 'vitest';
import { canonicalReference, findReferences, recogniseReference } from '../../src/core/reference.ts';

const standards = recogniseReference;

test.each([
  ['RF18 5390 0754 7034', ['rf']],
  ['RF18 5390 0754 7035', []],
  ['21 00000 00003 13947 14300 09017', ['qrr']],
  ['21 00000 00003 13947 14300 09018', []],
  ['+++090/9337/55493+++', ['ogm']],
  ['123 4561', ['viite']],
  ['1234567897', ['kid', 'ocr']], // mod 10
  ['12345678', []],
  ['INV-2026-17', []],
])('%s passes the check digits of %j', (text, expected) => expect(standards(text)).toEqual(expect.arrayContaining(expected)));

test('a wrong check digit fits no standard', () => {
  for (const text of ['RF18539007547035', '210000000003139471430009018', '000000000000000000000000000']) expect(standards(text)).toEqual([]);
});

test('a KID by mod 11, also where its check is written as a dash', () => {
  expect(standards('12345678911')).toContain('kid');
  expect(standards('12345678912')).not.toContain('kid');
  // 6 × 2 = 12, 12 mod 11 = 1, 11 - 1 = 10.
  expect(standards('06-')).toContain('kid');
  expect(standards('06')).not.toContain('kid');
});

test('references are compared without what banks add and drop', () => {
  expect(canonicalReference('+++090/9337/55493+++')).toBe('90933755493');
  expect(canonicalReference('00 00000 00003 13947 14300 09017')).toBe('3139471430009017');
  expect(canonicalReference('rf18 0005 3900 7547 034')).toBe('RF18539007547034');
  expect(canonicalReference('RF19 0005')).toBe('RF190005'); // no RF reference: its check digits are wrong
  expect(canonicalReference('0-0')).toBe('0');
});

describe('findReferences', () => {
  test('finds what cannot be mistaken, wherever it ends and whatever follows', () => {
    expect(findReferences('Zahlung RF18 5390 0754 7034 Rechnung 17')).toEqual(['RF18539007547034']);
    expect(findReferences('RF18539007547034 RF712348231')).toEqual(['RF18539007547034', 'RF712348231']);
    expect(findReferences('mededeling ***090/9337/55493*** dank')).toEqual(['90933755493']);
    expect(findReferences('Ref 210000000003139471430009017')).toEqual(['210000000003139471430009017']);
  });

  test('takes a number after the name of its standard when it passes that check', () => {
    expect(findReferences('Viite: 123 4561, kiitos')).toEqual(['1234561']);
    expect(findReferences('KID 06- betaling')).toEqual(['6']);
    expect(findReferences('OCR 1234567897')).toEqual(['1234567897']);
    expect(findReferences('OCR 1234567898 KID 06 VIITE 1234562')).toEqual([]);
  });

  test('takes no bare number, no longer number and no part of a word for a reference', () => {
    expect(findReferences('Kundennr 1234561 vom 01.03.2026, Tel. 1234567897')).toEqual([]);
    expect(findReferences('9210000000003139471430009017')).toEqual([]);
    expect(findReferences('XRF18539007547034 RF18539007547034ABCDEFGHIJKLMN')).toEqual([]);
  });

  test('takes linear time on hostile text', () => {
    const started = performance.now();
    for (const piece of ['RF18 ', 'RF18', '+++123/', '1', '12 ', 'KID 1 ']) findReferences(piece.repeat(100_000));
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
