import { describe, expect, test } from 'vitest';
import { proveStatement } from '../../../src/core/proof.ts';
import type { RawEntry } from '../../../src/core/statement.ts';
import { explainInChildProcess } from '../../../src/stages/extract/child-process.ts';
import { LAYOUTS, makeDocument } from './pdf-layouts/layouts.ts';
import { readDocument } from './pdf-layouts/score.ts';
import { Sheet } from './pdf-layouts/sheet.ts';
import { makeSpecial } from './pdf-layouts/special.ts';

/** What a statement prints beside its balances and must agree with them, and where on the page each entry stands. */

interface Section { title: string; amounts: string[] }

/** A statement of sections: lines of the heading, then a table of which each amount has the day of its number. */
function drawn(heading: readonly (readonly [string, string])[], sections: readonly Section[]): Promise<Buffer> {
  const sheet = new Sheet();
  let y = 40;
  sheet.put('Account number 55512345   Currency EUR', 40, y);
  for (const [label, amount] of heading) {
    sheet.put(label, 40, (y += 14));
    sheet.right(amount, 300, y);
  }
  sheet.put('Date', 40, (y += 24));
  sheet.put('Description', 110, y);
  sheet.right('Amount', 500, y);
  let day = 0;
  for (const { title, amounts } of sections) {
    sheet.put(title, 40, (y += 24));
    for (const amount of amounts) {
      sheet.put(`${String(++day).padStart(2, '0')} Mar 2026`, 40, (y += 14));
      sheet.put(`Alder Ltd no ${day}`, 110, y);
      sheet.right(amount, 500, y);
    }
  }
  return sheet.end();
}

async function readOne(bytes: Buffer): Promise<{ amounts: string[]; ties_out: boolean | null; failed: string[]; opening: string | undefined }> {
  const [one] = await readDocument(bytes);
  const proof = proveStatement(one!.head, one!.entries);
  return { amounts: one!.entries.map(({ amount }) => amount), ties_out: proof.ties_out, failed: proof.checks.filter(({ ok }) => !ok).map(({ name }) => name), opening: proof.opening_balance?.amount };
}

describe('printed numbers of entries in a section', () => {
  const heading = [['Opening balance', '100.00'], ['Closing balance', '125.00']] as const;
  const sections = (deposits: number): Section[] => [{ title: `Deposits (${deposits})`, amounts: ['20.00', '30.00'] }, { title: 'Withdrawals (3 items)', amounts: ['5.00', '10.00', '10.00'] }];

  test('agree', async () => {
    expect(await readOne(await drawn(heading, sections(2)))).toMatchObject({ ties_out: true, amounts: ['20.00', '30.00', '-5.00', '-10.00', '-10.00'] });
  });

  test('do not', async () => {
    expect(await readOne(await drawn(heading, sections(3)))).toMatchObject({ ties_out: false, failed: ['section_count'] });
  });
});

describe('what has no sign', () => {
  const list = [{ title: 'Activity', amounts: ['20.00', '30.00', '-60.00', '7.00'] }];
  const balances = [['Previous balance', '100.00'], ['New balance', '97.00']] as const;

  test('is money in where nothing says otherwise', async () => {
    expect(await readOne(await drawn(balances, list))).toMatchObject({ ties_out: true, opening: '100.00', amounts: ['20.00', '30.00', '-60.00', '7.00'] });
  });

  test('is owed on a card that names a minimum payment', async () => {
    expect(await readOne(await drawn([...balances, ['Minimum payment due', '25.00']], list))).toMatchObject({ ties_out: true, opening: '-100.00', amounts: ['-20.00', '-30.00', '60.00', '-7.00'] });
  });

  test('is owed where the sums of payments and purchases say so', async () => {
    expect(await readOne(await drawn([...balances, ['Payments and credits', '-60.00'], ['Purchases', '57.00']], list))).toMatchObject({ ties_out: true, opening: '-100.00', amounts: ['-20.00', '-30.00', '60.00', '-7.00'] });
  });

  test('on a card that signs its purchases as money out it is not turned round', async () => {
    const signed = [{ title: 'Activity', amounts: ['-20.00', '-30.00', '60.00', '-7.00'] }];
    expect(await readOne(await drawn([['Previous balance', '-100.00'], ['New balance', '-97.00'], ['Minimum payment due', '25.00']], signed))).toMatchObject({ ties_out: true, opening: '-100.00', amounts: ['-20.00', '-30.00', '60.00', '-7.00'] });
  });
});

test('an amount with its balance that no day can be found for is not left out in silence', async () => {
  const sheet = new Sheet();
  sheet.put('Account number 55512345   Currency EUR', 40, 40);
  ['Date', 'Description'].forEach((title, i) => sheet.put(title, 40 + 70 * i, 70));
  sheet.right('Amount', 400, 70);
  sheet.right('Balance', 500, 70);
  // Newest first: without its first row the others lead from balance to balance as well.
  [['', '5.00', '125.00'], ['03 Mar 2026', '15.00', '120.00'], ['02 Mar 2026', '-10.00', '105.00']].forEach(([date, amount, balance], i) => {
    sheet.put(date!, 40, 84 + 14 * i);
    sheet.put('Alder Ltd', 110, 84 + 14 * i);
    sheet.right(amount!, 400, 84 + 14 * i);
    sheet.right(balance!, 500, 84 + 14 * i);
  });
  expect(await readOne(await sheet.end())).toMatchObject({ ties_out: false, failed: ['rows_left_out'] });
});

test('a document in which no table is found is explained by its lines and their places, then refused', async () => {
  const sheet = new Sheet();
  sheet.put('Statement of account 55512345', 40, 40);
  [['Dated', 'Wording', 'Less'], ['02/03/2026', 'Rent', '9,800.00']].forEach((cells, i) => cells.forEach((cell, k) => sheet.put(cell, 40 + 90 * k, 80 + 14 * i)));
  const bytes = await sheet.end();
  const shown: string[] = [];
  const reading = (async () => {
    for await (const part of explainInChildProcess({ size: bytes.length, read: async function* () { yield bytes; } }, { profiles: [] })) if (part.part === 'words') shown.push(part.text);
  })();
  await expect(reading).rejects.toMatchObject({ code: 'not_a_statement' });
  expect(shown.join()).toContain('40 Dated | 130 Wording | 220 Less');
  expect(shown.join()).toContain('*40 02/03/2026 | 130 Rent | #220 9,800.00');
}, 60_000);

describe('the place of an entry', () => {
  /** Where pdf.js, by itself, finds the pages' texts, in the coordinates that a page is drawn in. */
  async function textsOf(bytes: Buffer): Promise<{ page: number; text: string; x: number; y: number }[]> {
    const { getDocument } = await import('pdfjs-dist/legacy/build/pdf.mjs');
    const document = await getDocument({ data: new Uint8Array(bytes), isEvalSupported: false }).promise;
    const found: { page: number; text: string; x: number; y: number }[] = [];
    for (let page = 1; page <= document.numPages; page++) {
      const { items } = await (await document.getPage(page)).getTextContent();
      for (const item of items) if ('str' in item && item.str.trim() !== '') found.push({ page, text: item.str, x: item.transform[4] as number, y: item.transform[5] as number });
    }
    await document.destroy();
    return found;
  }

  function expectPlaced(entries: readonly RawEntry[], texts: Awaited<ReturnType<typeof textsOf>>): void {
    for (const { source, amount, remittance } of entries) {
      const [x0, y0, x1, y1] = source.box!;
      const inside = texts.filter(({ page, x, y }) => page === source.page && x >= x0 - 1 && x <= x1 + 1 && y >= y0 - 1 && y <= y1 + 1);
      const all = inside.map(({ text }) => text).join('').replaceAll(/[^\p{L}\d]/gu, '');
      expect(all, `${source.page}: ${remittance}`).toContain(amount.replaceAll(/\D/g, ''));
      expect(all).toContain(remittance!.split(' ')[0]!.replaceAll(/[^\p{L}\d]/gu, ''));
      // A row, not half of the page.
      expect(Math.min(x1 - x0, y1 - y0)).toBeLessThan(110);
    }
  }

  test.each(['en-landscape-rotated-90', 'en-upside-down', 'de-rotated-270', 'en-letter-by-letter', 'de-betrag-saldo'])('%s', async (name) => {
    const { bytes } = await makeDocument(LAYOUTS.find((layout) => layout.name === name)!, 4);
    const [one] = await readDocument(bytes);
    expectPlaced(one!.entries, await textsOf(bytes));
  });

  test('a page whose corner lies elsewhere, its text turned', async () => {
    const { bytes } = await makeSpecial('a page whose corner lies elsewhere, turned by the text itself', 2);
    const [one] = await readDocument(bytes);
    expectPlaced(one!.entries, await textsOf(bytes));
  });
});
