import { describe, expect, test } from 'vitest';
import { proveStatement } from '../../../src/core/proof.ts';
import { LAYOUTS, makeDocument } from './pdf-layouts/layouts.ts';
import { readDocument, scoreDocument } from './pdf-layouts/score.ts';
import { SPECIALS, makeSpecial } from './pdf-layouts/special.ts';

/** Every layout with two seeds; `node bench/pdf.ts --seeds N` takes more. */
const SEEDS = [1, 2];

describe('statements in layouts that no template was written for', () => {
  test.each(LAYOUTS.map((layout) => [layout.name, layout] as const))('%s', async (_, layout) => {
    for (const seed of SEEDS) {
      const { bytes, truths } = await makeDocument(layout, seed);
      const score = await scoreDocument(bytes, truths);
      expect(score, `seed ${seed}`).toEqual({ exact: truths.length, alike: truths.length, wrong_but_proven: 0, notes: [] });
    }
  });

  test.each(Object.keys(SPECIALS))('%s', async (name) => {
    for (const seed of SEEDS) {
      const { bytes, truths } = await makeSpecial(name, seed);
      expect(await scoreDocument(bytes, truths), `seed ${seed}`).toEqual({ exact: truths.length, alike: truths.length, wrong_but_proven: 0, notes: [] });
    }
  });
});

describe('a statement with one digit changed or one row missing', () => {
  // The first or last row of a list without an opening or closing balance leaves no trace.
  const closed = LAYOUTS.filter(({ style }) => !(style.newest_first && style.balance === 'row'));
  test.each(closed.map((layout) => [layout.name, layout] as const))('%s does not tie out', async (_, layout) => {
    for (const tamper of ['digit', 'drop'] as const) {
      const { bytes } = await makeDocument(layout, 3, tamper);
      const read = await readDocument(bytes).catch(() => []);
      expect(read.length === 0 || read.some(({ head, entries }) => proveStatement(head, entries).ties_out !== true), tamper).toBe(true);
    }
  });
});
