import type { Random } from '../fixtures/generate/random.ts';

/** One change of a document's bytes. `other` is another document, of any format, to borrow from. */
type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

/** Longer than any field, row, tag and line that a reader allows for; repeated tokens reach it. */
const BLOWN_UP_CHARACTERS = 300_000;

/** What breaks readers: marks of the formats where they do not belong, ends of things, numbers at the edge of machines. */
const INTERESTING: readonly (string | Buffer)[] = [
  '\0', '\r', '\n', '\r\n', '"', "'", ',', ';', '\t', '|', '<', '>', '</', '/>', '&', '&amp;', '&#0;', '&#xD800;', '&x;', ']]>', '<![CDATA[', '<!--', '-->',
  '<!DOCTYPE a [<!ENTITY b "c">]>', '<?xml version="1.0" encoding="UTF-16"?>', '\ufeff', '\u202e', '\u00ad', '\ud800', Buffer.from('ff', 'hex'), Buffer.from('c0af', 'hex'),
  Buffer.from('eda080', 'hex'), Buffer.from('fffe', 'hex'), '-', '+', '--', '.', '0', '-0', '1e308', 'NaN', 'Infinity', '00000000000000000000', '99999999999999999999999999',
  '2147483648', '9007199254740993', '1,5', '1.000,00', '(1.00)', '1.00-', '\u0660', '\u2212', '31/12/9999', '0000-00-00', '2026-02-30', ':20:', ':61:', ':86:', ':62F:', '{1:', '-}', '\n-\n',
  '16,', '88,', '49,', '99,', '^\n', '!Type:Bank\n', '<STMTTRN>', '<OFX>', '</OFX>', 'Ntry', '%PDF-', '%%EOF', 'endobj', 'stream\n', 'PK\u0003\u0004', '\u001f\u008b',
];

const MUTATIONS: readonly Mutation[] = [
  function flipBits(bytes, random) {
    const out = Buffer.from(bytes);
    for (let n = random.int(1, 8); n > 0; n--) out[random.int(0, out.length - 1)]! ^= 1 << random.int(0, 7);
    return out;
  },
  function setBytes(bytes, random) {
    const out = Buffer.from(bytes);
    for (let n = random.int(1, 4); n > 0; n--) out[random.int(0, out.length - 1)] = random.int(0, 255);
    return out;
  },
  function cutOff(bytes, random) {
    return bytes.subarray(0, random.int(0, bytes.length));
  },
  function cutOut(bytes, random) {
    const [from, to] = span(bytes.length, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  function repeat(bytes, random) {
    const [from, to] = span(bytes.length, random);
    const piece = bytes.subarray(from, to);
    const times = random.pick([1, 1, 2, 3, 50, Math.max(1, Math.floor(BLOWN_UP_CHARACTERS / Math.max(1, piece.length)))]);
    return Buffer.concat([bytes.subarray(0, to), ...Array<Buffer>(times).fill(piece), bytes.subarray(to)]);
  },
  function repeatLine(bytes, random) {
    const lines = bytes.toString('latin1').split('\n');
    const at = random.int(0, lines.length - 1);
    lines.splice(at, 0, ...Array<string>(random.pick([1, 1, 2, 1_000])).fill(lines[at]!));
    return Buffer.from(lines.join('\n'), 'latin1');
  },
  function swapLines(bytes, random) {
    return swap(bytes, random, /(\n)/);
  },
  function swapFields(bytes, random) {
    return swap(bytes, random, /([\n,;<>:/?|\t"=^]+)/);
  },
  function dropField(bytes, random) {
    const parts = bytes.toString('latin1').split(/([\n,;<>:/?|\t"=^]+)/);
    parts.splice(random.int(0, parts.length - 1), 1);
    return Buffer.from(parts.join(''), 'latin1');
  },
  function changeNumber(bytes, random) {
    const text = bytes.toString('latin1');
    const numbers = [...text.matchAll(/\d+/g)];
    if (numbers.length === 0) return bytes;
    const { 0: found, index } = random.pick(numbers);
    const changed = random.pick([
      () => '', () => '0', () => `-${found}`, () => `${found}${found}`, () => '9'.repeat(random.pick([10, 20, 40, 400, 70_000])), () => random.digits(found.length),
      () => String(Number(found.slice(0, 9)) + 1).padStart(found.length, '0'), () => `${found}.${found}`, () => found.split('').toReversed().join(''), () => String(2 ** 31), () => `${found}e9`,
    ])();
    return Buffer.from(text.slice(0, index) + changed + text.slice(index + found.length), 'latin1');
  },
  function insert(bytes, random) {
    const at = random.int(0, bytes.length);
    const piece = random.pick(INTERESTING);
    const inserted = Buffer.from(typeof piece === 'string' ? Buffer.from(piece) : piece);
    const times = random.pick([1, 1, 1, 1, 2, 100, Math.floor(BLOWN_UP_CHARACTERS / inserted.length)]);
    return Buffer.concat([bytes.subarray(0, at), ...Array<Buffer>(times).fill(inserted), bytes.subarray(at)]);
  },
  function borrow(bytes, random, other) {
    const at = random.int(0, bytes.length);
    const [from, to] = span(other.length, random);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(random.pick([at, Math.min(bytes.length, at + to - from)]))]);
  },
];

function span(length: number, random: Random): [number, number] {
  const from = random.int(0, Math.max(0, length - 1));
  return [from, Math.min(length, from + random.pick([1, random.int(1, 40), random.int(1, 400), random.int(1, Math.max(1, length))]))];
}

function swap(bytes: Buffer, random: Random, separators: RegExp): Buffer {
  const parts = bytes.toString('latin1').split(separators);
  const count = (parts.length + 1) / 2;
  const [a, b] = [random.int(0, count - 1) * 2, random.int(0, count - 1) * 2];
  [parts[a], parts[b]] = [parts[b]!, parts[a]!];
  return Buffer.from(parts.join(''), 'latin1');
}

/** Long enough for what a length or number can be blown up to, short enough that a case is bound by the reader and not by the document. */
const MAX_BYTES = 1 << 20;

/** A document made out of another by one to four changes. `changes` names them. */
export function mutate(bytes: Buffer, random: Random, other: Buffer): { bytes: Buffer; changes: string[] } {
  const changes: string[] = [];
  let out = bytes;
  for (let n = random.pick([1, 1, 1, 2, 3, 4]); n > 0 && out.length > 0; n--) {
    const mutation = random.pick(MUTATIONS);
    out = mutation(out, random, other).subarray(0, MAX_BYTES);
    changes.push(mutation.name);
  }
  return { bytes: out, changes };
}
