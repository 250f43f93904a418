import { describe, expect, test } from 'vitest';
import { cleanText, nameKeys, normaliseReference } from '../../src/core/text.ts';

describe('cleanText', () => {
  test('takes out what Postgres, queues and eyes cannot take, and keeps the words', () => {
    expect(cleanText(' Rechnung\u0000 4711\r\n\tvom\u00a001.03.\u200b2026 ')).toBe('Rechnung 4711 vom 01.03.2026');
    expect(cleanText('a\ud800b')).toBe('a\ufffdb');
    expect(cleanText('Mu\u0308ller')).toBe('Müller');
    expect(cleanText('INV\u00ad-20\u202e26')).toBe('INV-2026');
  });

  test('leaves nothing of nothing', () => {
    expect([cleanText(null), cleanText(''), cleanText(' \u0000\u200b ')]).toEqual([null, null, null]);
  });

  test('takes linear time on long hostile text', () => {
    const started = performance.now();
    for (const piece of ['a ', '  ', '\u0000 ', 'ä']) cleanText(`${piece.repeat(500_000)}\u0001`);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('nameKeys', () => {
  test.each([
    ['Müller & Söhne GmbH & Co. KG', 'MUELLER UND SOEHNE'],
    ['Ahrens & Partner GmbH & Co. KG', 'AHRENS U PARTNER GMBH U CO KG'],
    ['Muster S.p.A.', 'MUSTER SPA'],
    ['Groupe Dupont S.à r.l.', 'Groupe Dupont SARL'],
    ['Kowalski Sp. z o.o.', 'KOWALSKI'],
    ['Oy Esimerkki Ab', 'Esimerkki Oy'],
    ['Van den Berg B.V.', 'VAN DEN BERG'],
    ["O'Neill Trading Ltd.", 'ONEILL TRADING LIMITED'],
    ['Ærø Værft A/S', 'AEROE VAERFT'],
    ['Straße 7 UG (haftungsbeschränkt)', 'Strasse 7'],
  ])('%s = %s', (a, b) => expect(nameKeys(a)).toContain(nameKeys(b)[0]));

  test('keeps the order of words, other scripts, and a name that is only a legal form', () => {
    expect(nameKeys('Anna Berg')).not.toEqual(nameKeys('Berg Anna'));
    expect(nameKeys('株式会社サンプル')).not.toEqual(['']);
    expect(nameKeys('SE')).toEqual(['se']);
    expect(nameKeys('***')).toEqual(['']);
  });

  test('a bank may write an umlaut as two letters or as one', () => {
    expect(nameKeys('Jürgen Möller')).toEqual(['juergen moeller', 'jurgen moller']);
    expect(nameKeys('Jurgen Moller')).toEqual(['jurgen moller']);
  });
});

test('normaliseReference keeps letters and digits only', () => {
  expect(normaliseReference(' inv-2026/00 417 ｎｏ３ ')).toBe('INV202600417NO3');
});
