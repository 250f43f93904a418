import type { Random } from '../../fixtures/generate/random.ts';

/** How somebody numbers invoices. */
export interface Numbering {
  readonly example: string;
  /** Every customer has a series of its own, so that many have the same numbers. */
  readonly per_customer: boolean;
  readonly start: readonly [min: number, max: number];
  number(sequence: number): string;
}

function pad(n: number, length: number): string {
  return String(n).padStart(length, '0');
}

/** The schemes; `n` grows by small steps from a start of chance. */
export const NUMBERINGS: readonly Numbering[] = [
  { example: 'RE-2026-00042', per_customer: false, start: [1, 60_000], number: (n) => `RE-2026-${pad(n, 5)}` },
  { example: '2026/10-1770', per_customer: false, start: [1_000, 1_900], number: (n) => `2026/10-${pad(n, 4)}` },
  { example: 'INV00012345', per_customer: false, start: [2_000, 900_000], number: (n) => `INV${pad(n, 8)}` },
  { example: 'F2610-00993', per_customer: false, start: [10, 40_000], number: (n) => `F2610-${pad(n, 5)}` },
  { example: '7100482', per_customer: false, start: [1_000_000, 8_900_000], number: String },
  { example: '483213', per_customer: false, start: [110_000, 800_000], number: String },
  { example: '0000482213', per_customer: false, start: [300_000, 900_000], number: (n) => pad(n, 10) },
  { example: 'R-104233', per_customer: false, start: [100_000, 800_000], number: (n) => `R-${n}` },
  { example: '2026-0017', per_customer: true, start: [1, 40], number: (n) => `2026-${pad(n, 4)}` },
  { example: 'A/10017', per_customer: true, start: [10_001, 10_040], number: (n) => `A/${n}` },
  { example: '104233-A', per_customer: false, start: [100_000, 800_000], number: (n) => `${n}-${'ABCD'[n % 4]}` },
  { example: 'AB/12340/26', per_customer: false, start: [12_000, 60_000], number: (n) => `AB/${n}/26` },
  { example: '261042133', per_customer: false, start: [2_000, 80_000], number: (n) => `2610${pad(n, 5)}` },
  { example: 'ZG 2026 08155', per_customer: false, start: [100, 60_000], number: (n) => `ZG 2026 ${pad(n, 5)}` },
  { example: 'SI-104233/02', per_customer: false, start: [100_000, 800_000], number: (n) => `SI-${n}/${pad(1 + n % 9, 2)}` },
  { example: '10.42331', per_customer: false, start: [10_000, 80_000], number: (n) => `10.${pad(n, 5)}` },
  { example: '1042', per_customer: false, start: [1_000, 1_900], number: String },
  { example: '117/2026', per_customer: false, start: [100, 900], number: (n) => `${n}/2026` },
  { example: 'KR-42-00017', per_customer: true, start: [10_000, 10_040], number: (n) => `KR-42-${n}` },
  { example: 'HU26K004233', per_customer: false, start: [1_000, 400_000], number: (n) => `HU26K${pad(n, 6)}` },
];

/** What makes a number unlike all others: its letters and digits, and its digits alone. */
export function keysOf(number: string): string[] {
  return [number.replace(/[^\p{L}\p{N}]/gu, '').toUpperCase(), number.replace(/\D/g, '')];
}

/** The words that a number could be taken for: its keys, and each of its groups of digits with and without zeros in front. */
export function formsOf(number: string): string[] {
  const groups = number.match(/\d+/g) ?? [];
  return [...new Set([...keysOf(number), ...groups, ...groups.map((group) => group.replace(/^0+/, ''))])].filter((form) => form.length >= 3);
}

/** Fewer digits than this, without the letters around them, name nothing: a house number or a year would do as well. */
const BARE_DIGITS = 5;

/** A number as somebody writes it who has typed it from the invoice. */
export function writeNumber(number: string, random: Random): string {
  const digits = number.replace(/\D/g, '');
  const ways = [
    number, number, number, number.replace(/[-/.]/g, ' '), number.replace(/[-/. ]/g, ''), number.toLowerCase(), number.replace(/[-/. ]/g, random.pick(['/', '-', '.'])),
    number.replace(/(?<=\p{L}|[-/. ]|^)(?=\d)/u, ' ').trim(), number.replace(/(?<!\d)0+(?=\d)/g, ''),
  ];
  // Without letters only where they stand before all digits: a suffix tells one number from the next.
  if (/^\p{L}+[^\p{L}]*$/u.test(number) && digits.length >= BARE_DIGITS) ways.push(number.replace(/^\p{L}+[-/ ]*/u, ''));
  return random.pick(ways);
}

/** The number with one mistake of a hand: a wrong digit, two exchanged, one too few or too many. */
export function mistype(number: string, random: Random): string {
  const places = [...number.matchAll(/\d/g)].map((match) => match.index).slice(-4);
  const at = random.pick(places);
  const digit = number[at]!;
  const other = String((Number(digit) + random.int(1, 9)) % 10);
  const next = number[at + 1];
  return random.pick([
    number.slice(0, at) + other + number.slice(at + 1),
    ...(next !== undefined && /\d/.test(next) && next !== digit ? [number.slice(0, at) + next + digit + number.slice(at + 2)] : []),
    number.slice(0, at) + other + number.slice(at),
  ]);
}
