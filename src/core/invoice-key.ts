import { canonicalReference } from './reference.ts';
import { normaliseReference, withLatinLetters } from './text.ts';

/** How an invoice may be named in a payment, strongest first. */
export type KeyForm = 'reference' | 'end_to_end' | 'number' | 'digits';

export interface InvoiceKey {
  form: KeyForm;
  key: string;
}

export interface NamedInvoice {
  kind: 'receivable' | 'payable' | 'credit_note' | 'debit_note';
  invoice_number: string;
  payment_reference: string | null;
}

/** Fewer digits than this, without the letters around them, are house numbers, customer numbers and amounts. */
const MIN_BARE_DIGITS = 5;

/**
 * Every key under which an invoice is looked up:
 * - `reference`: the structured reference issued with what we are owed (canonicalReference);
 * - `end_to_end`: the id of our payment order or collection (normaliseReference);
 * - `number`: its number (normaliseReference), and the same without the leading zeros of each group of digits (`RE-2026-0042`: RE20260042, RE202642);
 * - `digits`: what is left of these without the letters before and after, for payers who leave the prefix out or write another one.
 */
export function keysOfInvoice({ kind, invoice_number, payment_reference }: NamedInvoice): InvoiceKey[] {
  const keys: InvoiceKey[] = [];
  const add = (form: KeyForm, key: string): void => {
    if (key !== '' && !keys.some((other) => other.form === form && other.key === key)) keys.push({ form, key });
  };
  if (payment_reference !== null) {
    if (kind === 'receivable' || kind === 'credit_note') add('reference', canonicalReference(payment_reference));
    add('end_to_end', normaliseReference(payment_reference));
  }
  const whole = normaliseReference(invoice_number);
  const short = withoutLeadingZeros(invoice_number);
  add('number', whole);
  add('number', short);
  for (const number of [whole, short]) {
    const digits = /^[A-Z]*?0*(\d+)[A-Z]*$/.exec(number)?.[1];
    if (digits !== undefined && digits !== number && digits.length >= MIN_BARE_DIGITS && /[A-Z]/.test(number)) add('digits', digits);
  }
  return keys;
}

/** The number without the leading zeros of each of its groups of digits; a group of zeros only keeps one, but at the very beginning. */
function withoutLeadingZeros(invoice_number: string): string {
  const groups = withLatinLetters(invoice_number.normalize('NFKC')).toUpperCase().match(/\d+|[A-Z]+/g) ?? [];
  return groups.map((group) => group.replace(/^0+(?=\d)/, '')).join('').replace(/^0+(?=\d)/, '');
}

/** Shorter keys stand in any text by chance; they are found only in a field of their own. */
const MIN_TEXT_KEY = 3;

/** A key with more letter and digit groups is a hash or a UUID: its shape is nobody else's, and the table of shapes would grow with the invoices. */
export const MAX_SHAPE_GROUPS = 6;

/**
 * The shape of a key, as `invoice_shape` keeps it: its form, then its groups of letters (`A`) and digits (`9`) with their lengths:
 * `number A:2 9:9` for the number RE202600123. Null for a key that is not looked for in text.
 */
export function shapeOf({ form, key }: InvoiceKey): string | null {
  const groups = key.match(/[A-Z]+|\d+/g) ?? [];
  if (key.length < MIN_TEXT_KEY || groups.length > MAX_SHAPE_GROUPS || !/\d/.test(key)) return null;
  return `${form} ${groups.map((group) => `${group < 'A' ? '9' : 'A'}:${group.length}`).join(' ')}`;
}

/** What in a text has the shape of one of the company's keys; `start` and `end` delimit it in the text. */
export interface KeyInText extends InvoiceKey {
  start: number;
  end: number;
}

/**
 * Finds what may be a key of the company in a remittance text: groups of letters and digits, and what they join to across spaces, dashes,
 * slashes, dots and line breaks, wherever the result has a known shape; as it stands and without leading zeros. The longest first, then by
 * form and place. Linear in the text. Dates, IBANs and phone numbers of such a shape are among them: what a number means is not known here.
 */
export function keysInText(text: string, shapes: ReadonlySet<string>): KeyInText[] {
  const root = trieOf(shapes);
  const plain = withLatinLetters(FULL_WIDTH.test(text) ? text.replace(FULL_WIDTHS, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0)) : text);
  const groups = groupsOf(plain);
  const found: KeyInText[] = [];
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i]!;
    if (!group.may_begin) continue;
    walk(plain, groups, i, root, 'kept', found);
    if (group.zeros > 0) walk(plain, groups, i, root, 'dropped_at_start', found);
    if (group.zeros_ahead) walk(plain, groups, i, root, 'dropped', found);
  }
  return found.length < 2 ? found : found.toSorted(compareKeys).filter((key, i, sorted) => i === 0 || compareKeys(key, sorted[i - 1]!) !== 0);
}

// Full-width forms stand for the ASCII characters in the same order (Unicode, U+FF01 to U+FF5E).
const FULL_WIDTH = /[\uff01-\uff5e]/;
const FULL_WIDTHS = /[\uff01-\uff5e]/g;

const STRENGTH: Readonly<Record<KeyForm, number>> = { reference: 0, end_to_end: 1, number: 2, digits: 3 };

function compareKeys(a: KeyInText, b: KeyInText): number {
  return b.key.length - a.key.length || STRENGTH[a.form] - STRENGTH[b.form] || a.start - b.start || a.end - b.end
    || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

// ── The text's groups ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A maximal group of letters or of digits. A run is groups with nothing between them. */
interface Group {
  letters: boolean;
  start: number;
  end: number;
  /** How many zeros it begins with. */
  zeros: number;
  /** It or a group that it joins with begins with zeros. */
  zeros_ahead: boolean;
  /** Counts the text's runs. */
  run: number;
  may_begin: boolean;
  may_end: boolean;
  /** What parts it from the group before can stand inside a number. */
  joins: boolean;
}

/** A run with more groups is a hash, a UUID or an id: a key may contain the whole of it, never begin or end within it. */
const MAX_RUN_GROUPS = 4;

/** Groups further apart belong to different columns or sentences. */
const MAX_GAP = 3;

const BARRIER = 0;
const DIGIT = 1;
const LETTER = 2;
const BETWEEN = 3;

/** By character code: what people and banks put inside numbers to space them out; everything else ends them (`,` and `;` part a list). */
const CLASS = new Uint8Array(128);
for (const character of '0123456789') CLASS[character.charCodeAt(0)] = DIGIT;
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ') CLASS[character.charCodeAt(0)] = LETTER;
for (const character of ' \t\r\n-/\\._') CLASS[character.charCodeAt(0)] = BETWEEN;

/** Whatever there is beside ASCII normaliseReference drops, so it joins. */
function classOf(code: number): number {
  return code < 128 ? CLASS[code]! : BETWEEN;
}

function groupsOf(text: string): Group[] {
  const groups: Group[] = [];
  let run_start = 0;
  let gap = MAX_GAP + 1;
  let at = 0;
  while (at < text.length) {
    const kind = classOf(text.charCodeAt(at));
    if (kind === BARRIER || kind === BETWEEN) {
      gap = kind === BARRIER ? MAX_GAP + 1 : gap + 1;
      at++;
      continue;
    }
    if (gap > 0) {
      closeRun(groups, run_start);
      run_start = groups.length;
    }
    const start = at++;
    while (at < text.length && classOf(text.charCodeAt(at)) === kind) at++;
    groups.push({
      letters: kind === LETTER, start, end: at, zeros: kind === DIGIT ? zerosAt(text, start, at) : 0, zeros_ahead: false, run: run_start,
      may_begin: true, may_end: true, joins: gap <= MAX_GAP,
    });
    gap = 0;
  }
  closeRun(groups, run_start);
  let ahead = false;
  for (let i = groups.length - 1; i >= 0; i--) {
    ahead ||= groups[i]!.zeros > 0;
    groups[i]!.zeros_ahead = ahead;
    ahead &&= groups[i]!.joins;
  }
  return groups;
}

function closeRun(groups: Group[], run_start: number): void {
  if (groups.length - run_start <= MAX_RUN_GROUPS) return;
  for (let i = run_start; i < groups.length; i++) {
    groups[i]!.may_begin = i === run_start;
    groups[i]!.may_end = i === groups.length - 1;
  }
}

function zerosAt(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && text.charCodeAt(at) === 0x30) at++;
  return at - start;
}

// ── Known shapes, and the walk along them ─────────────────────────────────────────────────────────────────────────────────────

/** A place in the shapes after some whole groups: what may follow, by the next group's length. */
interface Node {
  /** The forms that have a key of exactly this shape. */
  forms: KeyForm[];
  letters: (Node | undefined)[];
  digits: (Node | undefined)[];
}

const tries = new WeakMap<ReadonlySet<string>, Node>();

/** The shapes as a trie, made once per set: a walk ends at the first group that no key has. */
function trieOf(shapes: ReadonlySet<string>): Node {
  const made = tries.get(shapes);
  if (made) return made;
  const root: Node = { forms: [], letters: [], digits: [] };
  for (const shape of shapes) {
    const [form, ...groups] = shape.split(' ');
    let node = root;
    for (const group of groups) {
      const children = group.startsWith('A') ? node.letters : node.digits;
      node = children[Number(group.slice(2))] ??= { forms: [], letters: [], digits: [] };
    }
    node.forms.push(form as KeyForm);
  }
  tries.set(shapes, root);
  return root;
}

/** Leading zeros are kept, dropped at the key's beginning, or dropped in each group of digits. */
type Zeros = 'kept' | 'dropped_at_start' | 'dropped';

/**
 * A reference of ours as it is printed, in groups of four or five, and cut at the bank's line ends, falls apart into no more runs than this:
 * the longest RF reference into seven, the 27 digits of a QR reference into six.
 */
const MAX_RUNS = 9;

/** Adds every key of a known shape that begins with the group `first`. Groups of one kind that follow on each other count as one. */
function walk(text: string, groups: readonly Group[], first: number, root: Node, zeros: Zeros, found: KeyInText[]): void {
  let node = root;
  let letters = false;
  let length = 0;
  let empty = true;
  let runs = 0;
  for (let i = first; i < groups.length; i++) {
    const group = groups[i]!;
    if (i > first && !group.joins) return;
    if (i === first || group.run !== groups[i - 1]!.run) if (++runs > MAX_RUNS) return;
    const kept = group.end - group.start - droppedZeros(group, zeros, empty);
    if (kept > 0) {
      if (empty || group.letters === letters) {
        length += kept;
      } else {
        const next = (letters ? node.letters : node.digits)[length];
        if (!next) return;
        node = next;
        length = kept;
      }
      letters = group.letters;
      empty = false;
    }
    const children = letters ? node.letters : node.digits;
    if (length >= children.length) return;
    const forms = group.may_end ? children[length]?.forms : undefined;
    if (!forms || forms.length === 0) continue;
    const key = keyOf(text, groups, first, i, zeros);
    for (const form of forms) {
      // Bare digits are kept without leading zeros.
      if (form !== 'digits' || key[0] !== '0') found.push({ form, key, start: groups[first]!.start, end: group.end });
    }
  }
}

/** A group of zeros only keeps one, except at the key's beginning. */
function droppedZeros(group: Group, zeros: Zeros, at_start: boolean): number {
  if (zeros === 'kept') return 0;
  if (at_start) return group.zeros;
  return zeros === 'dropped' ? Math.min(group.zeros, group.end - group.start - 1) : 0;
}

function keyOf(text: string, groups: readonly Group[], first: number, last: number, zeros: Zeros): string {
  let key = '';
  for (let i = first; i <= last; i++) {
    const group = groups[i]!;
    key += text.slice(group.start + droppedZeros(group, zeros, key === ''), group.end);
  }
  return key.toUpperCase();
}
