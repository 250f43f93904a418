import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { assert } from '../src/core/failure.ts';
import { proveStatement } from '../src/core/proof.ts';
import { SPECIALS, makeSpecial } from '../test/stages/extract/pdf-layouts/special.ts';
import type { Score } from '../test/stages/extract/pdf-layouts/score.ts';
import { readDocument, scoreDocument } from '../test/stages/extract/pdf-layouts/score.ts';
import { LAYOUTS, makeDocument } from '../test/stages/extract/pdf-layouts/layouts.ts';

/**
 * How many drawn statements are read exactly, over layouts and seeds: `node bench/pdf.ts [--seeds 5] [--only NAME] [--from 1]`. With
 * `--large` how long a statement of many rows takes (default 8000), each layout in a process of its own, and how much memory.
 */
const { values } = parseArgs({ options: { large: { type: 'string' }, read: { type: 'string' }, seeds: { type: 'string', default: '3' }, from: { type: 'string', default: '1' }, only: { type: 'string' }, special: { type: 'boolean', default: false } } });

/** As child-process.ts gives it to the process that reads a PDF. */
const MEMORY = ['--max-old-space-size=448', '--no-warnings'];
const LARGE = ['de-betrag-saldo', 'en-us-amount-balance', 'de-soll-haben'];

if (values.read !== undefined) {
  await readLarge(values.read);
  process.exit();
}
if (values.large !== undefined) {
  await measureLarge(Number(values.large));
  process.exit();
}

async function readLarge(path: string): Promise<void> {
  const bytes = await readFile(path);
  const cpu = process.cpuUsage();
  const started = performance.now();
  const read = await readDocument(bytes);
  const { user, system } = process.cpuUsage(cpu);
  assert(read.length === 1 && proveStatement(read[0]!.head, read[0]!.entries).ties_out === true, 'the statement ties out');
  process.stdout.write(JSON.stringify({ ms: performance.now() - started, cpu_ms: (user + system) / 1_000, peak_mb: process.resourceUsage().maxRSS / 1024, pages: read[0]!.entries.at(-1)!.source.page }));
}

async function measureLarge(entries: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tieout-bench-pdf-'));
  try {
    for (const name of LARGE) {
      const { bytes } = await makeDocument({ ...LAYOUTS.find((layout) => layout.name === name)!, entries, lines: 1 }, 1);
      await writeFile(join(folder, name), bytes);
      const { stdout } = await promisify(execFile)(process.execPath, [...MEMORY, import.meta.filename, '--read', join(folder, name)]);
      const { ms, cpu_ms, peak_mb, pages } = JSON.parse(stdout) as { ms: number; cpu_ms: number; peak_mb: number; pages: number };
      console.log(`${name.padEnd(22)} ${entries} rows on ${pages} pages: ${(ms / 1e3).toFixed(1)} s, of the processor ${(cpu_ms / 1e3).toFixed(1)} s (${Math.round(pages / (cpu_ms / 1e3))} pages/s), peak ${Math.round(peak_mb)} MB`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

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
