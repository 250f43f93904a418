import { fork, type ChildProcess } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { extname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { readdirSync } from 'node:fs';
import { createRandom } from '../fixtures/generate/random.ts';
import { mutate } from './fuzz-mutate.ts';
import { SCALE, type FuzzAnswer, type FuzzTask } from './fuzz-shape.ts';

/**
 * `npm run fuzz -- --cases N --seed S`: documents made out of the fixtures by seeded changes are read, each within 5 s and 512 MB, to a
 * statement or a coded failure; none ties out with balances between which no fixture leads. `--case I` makes one again,
 * `--format NAME` keeps to one, `--save FOLDER` keeps what was found.
 */

const TIME_MS = 5_000;
const MEMORY_MB = 512;
/** V8 ends the process before the limit of the whole is reached. */
const HEAP_MB = 400;
/** Enough to see what is wrong with a reader; more of the same says no more. */
const MAX_SHOWN = 20;

const ROOT = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: { cases: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' }, case: { type: 'string' }, format: { type: 'string' }, save: { type: 'string' } },
});

interface Base { name: string; bytes: Buffer }

const folders = ['fixtures/formats', 'fixtures/statements'];
const names = folders.flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && extname(entry.name) !== '.json').map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))).toSorted();
/** By format, as the folders and extensions say it, so that each has its share of the cases. */
const groups = new Map<string, Base[]>();
for (const name of names) {
  const group = /^fixtures\/formats\/([^/]+)\//.exec(name)?.[1] ?? extname(name).slice(1).replace('xml', 'camt');
  if (values.format !== undefined && group !== values.format) continue;
  const bytes = await readFile(join(ROOT, name));
  if (bytes.length > 0) groups.set(group, [...groups.get(group) ?? [], { name, bytes }]);
}
const formats = [...groups.keys()].toSorted();
if (formats.length === 0) throw new Error(`there is no format ${values.format}`);

/** A process of readers; it is replaced when a document has ended it, or kept it too long. */
class Readers {
  #child: ChildProcess | undefined;

  async read(bytes: Buffer): Promise<FuzzAnswer | { ended: string }> {
    const child = (this.#child ??= fork(new URL('./fuzz-reader.ts', import.meta.url), [], { execArgv: [`--max-old-space-size=${HEAP_MB}`, '--no-warnings'], serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }));
    const result = await new Promise<FuzzAnswer | { ended: string }>((resolve) => {
      const done = (answer: FuzzAnswer | { ended: string }): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(answer);
      };
      const timer = setTimeout(() => done({ ended: `took longer than ${TIME_MS} ms` }), TIME_MS);
      child.on('message', (answer: FuzzAnswer) => done(answer)).on('exit', (status, signal) => done({ ended: `ended the process (${signal ?? status})` })).on('error', (error) => done({ ended: error.message }));
      child.send({ bytes } satisfies FuzzTask);
    });
    if ('ended' in result || result.rss_mb > MEMORY_MB) this.close();
    return result;
  }

  /** The same in a process that has read nothing before: whose memory it was. */
  async readAlone(bytes: Buffer): Promise<FuzzAnswer | { ended: string }> {
    this.close();
    const answer = await this.read(bytes);
    this.close();
    return answer;
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}

/**
 * Every balance that an MT940 prints opens and closes a page, and pages can be lost or joined; an opening balance and an amount that change
 * places leave the sum as it is.
 */
function pairsOf(answer: FuzzAnswer, bytes: Buffer): Set<string> {
  const pairs = new Set<string>();
  const pages = [...bytes.toString('latin1').matchAll(/:6[02][FM]:([CD])\d{6}[A-Z]{3}(\d*),(\d*)/g)].map(([, side, whole, fraction]) => (side === 'D' ? -1n : 1n) * BigInt(whole! + fraction!.padEnd(SCALE, '0')));
  const printed = answer.printed.map((pair) => pair.split(' ').map(BigInt) as [bigint, bigint]);
  for (const [from, to] of [...printed, ...pages.flatMap((from) => pages.map((to): [bigint, bigint] => [from, to]))]) {
    pairs.add(keyOf(from, to));
    pairs.add(keyOf(to - from, to));
  }
  return pairs;
}

/** Without the decimals that a BAI2 file implies by a currency, which may change places with another. */
function keyOf(from: bigint, to: bigint): string {
  let [a, b] = [from, to];
  while ((a !== 0n || b !== 0n) && a % 10n === 0n && b % 10n === 0n) [a, b] = [a / 10n, b / 10n];
  return `${a} ${b}`;
}

function makeCase(i: number): { base: Base; bytes: Buffer; changes: string[] } {
  const random = createRandom((Number(values.seed) * 1_000_003 + i) >>> 0);
  const base = random.pick(groups.get(random.pick(formats))!);
  const other = random.pick(groups.get(random.pick(formats))!);
  return { base, ...mutate(base.bytes, random, other.bytes) };
}

/** From and to which balances a reading of a fixture, or of a part of one, leads. Documents borrow from each other, and defects are mended by chance. */
const pairs = new Set<string>();
const found: string[] = [];
const codes = new Map<string, number>();
let slowest = { ms: 0, i: -1 };
let done = 0;

async function check(readers: Readers, i: number): Promise<void> {
  const { base, bytes, changes } = makeCase(i);
  let answer = await readers.read(bytes);
  if (('ended' in answer && answer.ended.startsWith('took')) || (!('ended' in answer) && answer.rss_mb > MEMORY_MB)) answer = await readers.readAlone(bytes);
  const problem = 'ended' in answer ? answer.ended
    : answer.rss_mb > MEMORY_MB ? `took ${Math.round(answer.rss_mb)} MB`
    : answer.wrong ?? answer.proven.map((pair) => [pair, keyOf(...pair.split(' ').map(BigInt) as [bigint, bigint])] as const).map(([pair, key]) => (pairs.has(key) ? null : `ties out from ${pair.replace(' ', ' to ')} (1e-${SCALE}), which no fixture does`)).find((p) => p !== null) ?? null;
  const outcome = 'ended' in answer ? 'ended' : answer.code ?? (answer.proven.length > 0 ? 'ties out' : 'read');
  codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
  if (!('ended' in answer) && answer.ms > slowest.ms) slowest = { ms: answer.ms, i };
  done++;
  if (problem === null) return;
  found.push(`case ${i}, ${base.name} (${changes.join(', ')}): ${problem}`);
  if (values.save === undefined) return;
  await mkdir(values.save, { recursive: true });
  await writeFile(join(values.save, `${i}${extname(base.name)}`), bytes);
}

const started = performance.now();
const readers = Array.from({ length: Math.min(4, availableParallelism()) }, () => new Readers());
try {
  for (const base of [...groups.values()].flat()) {
    const answer = await readers[0]!.read(base.bytes);
    if (!('ended' in answer)) for (const pair of pairsOf(answer, base.bytes)) pairs.add(pair);
  }
  const cases = values.case === undefined ? Array.from({ length: Number(values.cases) }, (_, i) => i) : [Number(values.case)];
  let next = 0;
  await Promise.all(readers.map(async (one) => { while (next < cases.length) await check(one, cases[next++]!); }));
} finally {
  for (const one of readers) one.close();
}
const outcomes = [...codes].toSorted((a, b) => b[1] - a[1]).map(([outcome, count]) => `${outcome} ${count}`).join(', ');
process.stdout.write(`${found.slice(0, MAX_SHOWN).map((line) => `${line}\n`).join('')}`
  + `${done} documents out of ${[...groups.values()].flat().length} in ${((performance.now() - started) / 1_000).toFixed(1)} s (seed ${values.seed}): ${outcomes}. `
  + `The slowest took ${Math.round(slowest.ms)} ms (case ${slowest.i}). ${found.length} wrong.\n`);
if (found.length > 0) process.exitCode = 1;
