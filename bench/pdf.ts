import { parseArgs } from 'node:util';
import { scoreDocument } from '../test/stages/extract/pdf-layouts/score.ts';
import { LAYOUTS, makeDocument } from '../test/stages/extract/pdf-layouts/layouts.ts';

/** How many drawn statements are read exactly, over layouts and seeds: `node bench/pdf.ts [--seeds 5] [--only NAME] [--from 1]`. */
const { values } = parseArgs({ options: { seeds: { type: 'string', default: '3' }, from: { type: 'string', default: '1' }, only: { type: 'string' }, failures: { type: 'boolean', default: false } } });

let statements = 0;
let exact = 0;
let alike = 0;
let wrong_but_proven = 0;
let bytes_read = 0;
const started = performance.now();
const failing = new Map<string, string[]>();
for (const layout of LAYOUTS.filter(({ name }) => values.only === undefined || name.includes(values.only))) {
  for (let seed = Number(values.from); seed < Number(values.from) + Number(values.seeds); seed++) {
    const { bytes, truths } = await makeDocument(layout, seed);
    bytes_read += bytes.length;
    const score = await scoreDocument(bytes, truths);
    statements += truths.length;
    exact += score.exact;
    alike += score.alike;
    wrong_but_proven += score.wrong_but_proven;
    if (score.exact < truths.length || score.alike < truths.length || score.wrong_but_proven > 0) failing.set(layout.name, [...(failing.get(layout.name) ?? []), `${seed}: ${score.notes.join('; ')}`]);
  }
}
for (const [name, notes] of failing) console.log(`${name}\n  ${notes.join('\n  ')}`);
console.log(JSON.stringify({ statements, exact, share: exact / statements, descriptions_alike: alike / statements, wrong_but_proven, seconds: Math.round((performance.now() - started) / 100) / 10, megabytes: Math.round(bytes_read / 1e4) / 100 }));
