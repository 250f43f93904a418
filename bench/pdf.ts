import { parseArgs } from 'node:util';
import { proveStatement } from '../src/core/proof.ts';
import { SPECIALS, makeSpecial } from '../test/stages/extract/pdf-layouts/special.ts';
import type { Score } from '../test/stages/extract/pdf-layouts/score.ts';
import { readDocument, scoreDocument } from '../test/stages/extract/pdf-layouts/score.ts';
import { LAYOUTS, makeDocument } from '../test/stages/extract/pdf-layouts/layouts.ts';

/** How many drawn statements are read exactly, over layouts and seeds: `node bench/pdf.ts [--seeds 5] [--only NAME] [--from 1]`. */
const { values } = parseArgs({ options: { seeds: { type: 'string', default: '3' }, from: { type: 'string', default: '1' }, only: { type: 'string' }, special: { type: 'boolean', default: false } } });

let statements = 0;
let exact = 0;
let alike = 0;
let wrong_but_proven = 0;
let bytes_read = 0;
let tampered = 0;
let tampered_and_proven = 0;
const started = performance.now();
const failing = new Map<string, string[]>();

function count(name: string, seed: number, expected: number, score: Score): void {
  statements += expected;
  exact += score.exact;
  alike += score.alike;
  wrong_but_proven += score.wrong_but_proven;
  if (score.exact < expected || score.alike < expected || score.wrong_but_proven > 0) failing.set(name, [...(failing.get(name) ?? []), `${seed}: ${score.notes.join('; ')}`]);
}

for (const name of Object.keys(SPECIALS).filter((one) => values.only === undefined || one.includes(values.only))) {
  for (let seed = Number(values.from); seed < Number(values.from) + Number(values.seeds); seed++) {
    const { bytes, truths } = await makeSpecial(name, seed);
    count(name, seed, truths.length, await scoreDocument(bytes, truths));
  }
}
for (const layout of LAYOUTS.filter(({ name }) => !values.special && (values.only === undefined || name.includes(values.only)))) {
  for (let seed = Number(values.from); seed < Number(values.from) + Number(values.seeds); seed++) {
    const { bytes, truths } = await makeDocument(layout, seed);
    bytes_read += bytes.length;
    const score = await scoreDocument(bytes, truths);
    count(layout.name, seed, truths.length, score);
    for (const tamper of ['digit', 'drop'] as const) {
      const broken = await makeDocument(layout, seed, tamper);
      tampered++;
      const read = await readDocument(broken.bytes).catch(() => []);
      if (read.length > 0 && read.every(({ head, entries }) => proveStatement(head, entries).ties_out === true)) {
        tampered_and_proven++;
        failing.set(layout.name, [...(failing.get(layout.name) ?? []), `${seed}: proven after ${tamper}`]);
      }
    }
  }
}
for (const [name, notes] of failing) console.log(`${name}\n  ${notes.join('\n  ')}`);
console.log(JSON.stringify({ statements, exact, share: exact / statements, descriptions_alike: alike / statements, wrong_but_proven, tampered, tampered_and_proven, seconds: Math.round((performance.now() - started) / 100) / 10, megabytes: Math.round(bytes_read / 1e4) / 100 }));
