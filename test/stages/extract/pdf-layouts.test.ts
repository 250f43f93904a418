import { describe, expect, test } from 'vitest';
import { LAYOUTS, makeDocument } from './pdf-layouts/layouts.ts';
import { scoreDocument } from './pdf-layouts/score.ts';

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
});
