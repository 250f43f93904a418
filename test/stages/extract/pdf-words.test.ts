import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import PDFDocument from 'pdfkit';
import { describe, expect, test } from 'vitest';
import { proveStatement } from '../../../src/core/proof.ts';
import type { RawEntry, RawStatement } from '../../../src/core/statement.ts';
import { pdfReader } from '../../../src/stages/extract/pdf.ts';

/** Each cell begins at its point; one behind a bar (`|540`) ends there. */
type Cells = Record<string, string>;

const SANS = join(dirname(createRequire(createRequire(import.meta.url).resolve('pdf-parse')).resolve('pdfjs-dist/package.json')), 'standard_fonts/LiberationSans-Regular.ttf');

async function read(lines: readonly Cells[], { letters = false, space = false } = {}): Promise<{ head: RawStatement; entries: RawEntry[]; ties_out: boolean | null }> {
  const document = new PDFDocument({ size: 'A4', margin: 0 });
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => document.on('end', resolve));
  document.font(SANS).fontSize(9);
  // The first of the two spaces that is drawn gives the glyph of both its meaning.
  if (space) document.text('\u00a0', 40, 20, { lineBreak: false });
  lines.forEach((cells, i) => {
    for (const [place, text] of Object.entries(cells)) {
      const x = place.startsWith('|') ? Number(place.slice(1)) - document.widthOfString(text) : Number(place);
      if (!letters) document.text(text, x, 40 + 13 * i, { lineBreak: false });
      else for (let k = 0; k < text.length; k++) if (text[k] !== ' ') document.text(text[k]!, x + document.widthOfString(text.slice(0, k)), 40 + 13 * i, { lineBreak: false });
    }
  });
  document.end();
  await ended;
  const bytes = Buffer.concat(chunks);
  const entries: RawEntry[] = [];
  for await (const part of pdfReader.read({ size: bytes.length, read: async function* () { yield bytes; } }, { profiles: [] })) {
    if (part.part === 'entries') entries.push(...part.entries);
    else if (part.part === 'end') return { head: part.head, entries, ties_out: proveStatement(part.head, entries).ties_out };
  }
  throw new Error('no statement');
}

const shown = (entries: readonly RawEntry[]): string[] => entries.map(({ booking_date, amount }) => `${booking_date} ${amount}`);

describe('dates', () => {
  test('a month in a description is no day: it does not turn the dates of the rows round', async () => {
    const { entries, ties_out } = await read([
      { 40: 'IBAN DE89 3704 0044 0532 0130 00', 300: 'Voriger Saldo', '|540': '100,00 EUR' },
      { 40: 'Datum', 140: 'Beschreibung', '|540': 'Betrag' },
      { 40: '10-12-2026', 140: 'Miete 03/26', '|540': '-40,00' },
      { 40: '11-12-2026', 140: 'Gutschrift vom 01.12.2026', '|540': '15,00' },
      { 40: 'Neuer Saldo am 12-12-2026', '|540': '75,00 EUR' },
    ]);
    expect([shown(entries), ties_out]).toEqual([['2026-12-10 -40.00', '2026-12-11 15.00'], true]);
  });

  test('a blank day beside a day of value is the day above, and the sums of both columns are no entry', async () => {
    const { entries, ties_out } = await read([
      { 40: 'IBAN CH93 0076 2011 6238 5295 7', 300: 'CHF' },
      { 40: 'Datum', 100: 'Text', '|340': 'Belastung', '|420': 'Gutschrift', 440: 'Valuta', '|560': 'Saldo' },
      { 100: 'Saldovortrag', '|560': "1'000.00" },
      { 40: '02.03.26', 100: 'Miete', '|340': '200.00', 440: '03.03.26' },
      { 100: 'Kunde', '|420': '50.00', 440: '02.03.26', '|560': '850.00' },
      { 40: '04.03.26', 100: 'Strom', '|340': '25.00', 440: '04.03.26', '|560': '825.00' },
      { 100: 'Umsatz', '|340': '225.00', '|420': '50.00' },
      { 100: 'Schlusssaldo', '|560': '825.00' },
    ]);
    expect([shown(entries), ties_out]).toEqual([['2026-03-02 -200.00', '2026-03-02 50.00', '2026-03-04 -25.00'], true]);
  });

  test('two titles that became one word have a column each', async () => {
    const { entries } = await read([
      { 40: 'IBAN DE89 3704 0044 0532 0130 00', 300: 'Alter Saldo', '|540': '100,00 EUR' },
      { 40: 'BuchungValuta', 140: 'Vorgang', '|460': 'Soll', '|540': 'Haben' },
      { 40: '02.03.', 78: '03.03.', 140: 'Miete', '|460': '40,00' },
      { 40: '04.03.', 78: '05.03.', 140: 'Kunde', '|540': '15,00' },
      { 40: 'Neuer Saldo per 31.03.2026', '|540': '75,00 EUR' },
    ]);
    expect(entries.map(({ booking_date, value_date, remittance }) => [booking_date, value_date, remittance])).toEqual([['2026-03-02', '2026-03-03', 'Miete'], ['2026-03-04', '2026-03-05', 'Kunde']]);
  });
});

describe('signs', () => {
  test('a plus counts before the word of a column', async () => {
    const { entries, ties_out } = await read([
      { 40: 'IBAN DE89 3704 0044 0532 0130 00', 300: 'Alter Saldo', '|540': '100,00 EUR' },
      { 40: 'Datum', 140: 'Art', 300: 'Text', '|540': 'Betrag' },
      { 40: '02.03.2026', 140: 'Lastschrift', 300: 'Strom', '|540': '- 40,00' },
      { 40: '03.03.2026', 140: 'Gutschrift', 300: 'Kunde', '|540': '+ 15,00' },
      { 40: '04.03.2026', 140: 'Lastschrift', 300: 'Strom zurück', '|540': '+ 40,00' },
      { 40: 'Neuer Saldo', '|540': '115,00 EUR' },
    ]);
    expect([shown(entries), ties_out]).toEqual([['2026-03-02 -40.00', '2026-03-03 15.00', '2026-03-04 40.00'], true]);
  });

  test('a word is never turned round so that the sums hold', async () => {
    const statement = (word: string): Cells[] => [
      { 40: 'IBAN NL91 ABNA 0417 1643 00 EUR' }, { 40: 'Oud saldo 500,00' }, { 40: 'Nieuw saldo 385,00' },
      { 40: 'Datum', 140: 'Mededelingen', 400: 'Af Bij', '|540': 'Bedrag' },
      { 40: '02-01-2026', 140: 'huur', 400: 'Af', '|540': '100,00' },
      { 40: '03-01-2026', 140: 'stroom', 400: word, '|540': '10,00' },
      { 40: '04-01-2026', 140: 'kosten', 400: 'Af', '|540': '5,00' },
    ];
    expect((await read(statement('Af'))).ties_out).toBe(true);
    expect((await read(statement('Bij'))).ties_out).toBe(false);
  });
});

describe('spaces', () => {
  const french = (gap: string): Cells[] => [
    { 40: 'Compte FR14 2004 1010 0505 0001 3M02 606' }, { 40: `Solde initial 3${gap}924,38 €` }, { 40: `Solde final 6${gap}079,17 €` },
    { 40: 'Date', 150: 'Opération', '|450': 'Montant', '|550': 'Solde' },
    { 40: '2 janvier 2026', 150: 'Station 44', '|450': `2${gap}206,00 €`, '|550': `6${gap}130,38 €` },
    { 40: '3 janvier 2026', 150: 'Station 44', '|450': '-51,21 €', '|550': `6${gap}079,17 €` },
  ];

  test('a narrow space for which the font has no glyph, letter by letter', async () => {
    const { head, entries, ties_out } = await read(french('\u202f'), { letters: true });
    expect([shown(entries), head.account, ties_out]).toEqual([['2026-01-02 2206.00', '2026-01-03 -51.21'], 'FR1420041010050500013M02606', true]);
  });

  test('a space whose glyph means a no-break space ends a word, unless it groups a number', async () => {
    const { head, entries, ties_out } = await read(french(' '), { space: true });
    expect([shown(entries), head.account, ties_out]).toEqual([['2026-01-02 2206.00', '2026-01-03 -51.21'], 'FR1420041010050500013M02606', true]);
  });
});
