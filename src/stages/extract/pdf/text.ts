import type { PDFParse } from 'pdf-parse';
import { Failure } from '../../../core/failure.ts';

/** A PDF's bytes to words with coordinates, through pdf-parse (pdf.js). */

/** A run of characters without a space. Points of the upright page, x from its left, y of the baseline from its top. */
export interface Word {
  text: string;
  x0: number;
  x1: number;
  y: number;
  height: number;
}

export interface Page {
  /** 1-based. */
  number: number;
  width: number;
  height: number;
  words: Word[];
}

/** Statements of large companies reach some hundred pages; a document of 10,000 pages is made to exhaust the reader. */
const MAX_PAGES = 2_000;
/** A statement without pictures takes some 10 KB a page; beyond this the file is not text but scans or ballast. */
const MAX_BYTES = 64 * 1024 * 1024;
/** A page full of 4-point text holds some 20,000 words; more are drawn on top of each other to exhaust the reader. */
const MAX_WORDS_PER_PAGE = 50_000;
/** `%%EOF` stands in the last 1,024 bytes (ISO 32000-1, 7.5.5 and annex H.3.4); some servers add a few lines behind it. */
const TAIL_BYTES = 2_048;
/** Above this share of characters without a meaning the fonts' encodings are unusable, below it is a bullet or a logo. */
const UNREADABLE_SHARE = 0.3;

/**
 * The document's pages. Throws `password_protected`, `truncated`, `malformed`, `too_large`, `needs_ocr` (no text),
 * `unreadable_text`.
 */
export async function readPages(bytes: Buffer): Promise<Page[]> {
  if (bytes.length > MAX_BYTES) throw new Failure('too_large', `the PDF has ${bytes.length} bytes, more than ${MAX_BYTES}; split it`);
  if (!bytes.subarray(-TAIL_BYTES).includes('%%EOF')) {
    throw new Failure('truncated', 'the PDF has no end mark (%%EOF); fetch the document again and submit the whole of it');
  }
  const parser = await createParser(bytes);
  try {
    const document = await open(parser);
    if (document.numPages > MAX_PAGES) throw new Failure('too_large', `the PDF has ${document.numPages} pages, more than ${MAX_PAGES}; split it`);
    const pages: Page[] = [];
    for (let number = 1; number <= document.numPages; number++) {
      pages.push(await readPage(document, number).catch((error: unknown) => {
        throw error instanceof Failure ? error : new Failure('malformed', `page ${number} of the PDF cannot be read: ${reason(error)}`, { page: number }, error);
      }));
    }
    checkReadable(pages);
    return pages;
  } finally {
    await parser.destroy();
  }
}

/** Of pdf.js's types only what is used here: pdf-parse does not export them. */
interface PdfDocument {
  numPages: number;
  getPage(number: number): Promise<PdfPage>;
}
interface PdfPage {
  getViewport(options: { scale: number }): { width: number; height: number; transform: number[] };
  getTextContent(options: { disableNormalization: boolean }): Promise<{ items: TextItem[] }>;
  getOperatorList(): Promise<{ fnArray: number[]; argsArray: unknown[][] }>;
  cleanup(): void;
}
interface TextItem {
  str: string;
  width: number;
  transform: number[];
}

async function createParser(bytes: Buffer): Promise<PDFParse> {
  // pdf.js wants these for drawing, which nobody asks for, and would load a native canvas to have them.
  const drawing = globalThis as Record<string, unknown>;
  for (const name of ['DOMMatrix', 'ImageData', 'Path2D']) drawing[name] ??= Object;
  const { PDFParse, VerbosityLevel } = await import('pdf-parse');
  return new PDFParse({
    data: new Uint8Array(bytes), verbosity: VerbosityLevel.ERRORS,
    isEvalSupported: false, disableFontFace: true, useSystemFonts: false, useWorkerFetch: false,
    maxImageSize: 1, // no picture is decoded
    stopAtErrors: false,
  });
}

async function open(parser: PDFParse): Promise<PdfDocument> {
  try {
    // `load` is private by its type, yet it is how pdf-parse gives the document itself.
    return await (parser as unknown as { load(): Promise<PdfDocument> }).load();
  } catch (error) {
    if (error instanceof Error && error.name === 'PasswordException') {
      throw new Failure('password_protected', 'the PDF is encrypted with a password; ask for an unprotected copy', null, error);
    }
    throw new Failure('malformed', `the PDF cannot be opened: ${reason(error)}`, null, error);
  }
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 200);
}

async function readPage(document: PdfDocument, number: number): Promise<Page> {
  const pdfPage = await document.getPage(number);
  const viewport = pdfPage.getViewport({ scale: 1 });
  // Without normalisation the characters are those of the operator list, which tells the invisible ones.
  const { items } = await pdfPage.getTextContent({ disableNormalization: true });
  const hidden = findHidden(await pdfPage.getOperatorList());
  pdfPage.cleanup();
  const visible = hidden === null ? items : visibleItems(items, hidden);
  return { number, ...placeWords(visible, viewport) };
}

/** Operators of pdf.js (its `OPS`) that matter for what can be seen. */
const OPS = { save: 10, restore: 11, setTextRenderingMode: 38, showText: 44, beginAnnotation: 80 } as const;
/** Neither filled nor stroked (ISO 32000-1, 9.3.6): rendering mode 3, and 7, which only clips. */
const INVISIBLE_MODES: ReadonlySet<unknown> = new Set([3, 7]);

/** Per character of the page, in drawing order and without spaces, the character and whether it is hidden; null where none is. */
function findHidden(list: { fnArray: number[]; argsArray: unknown[][] }): HiddenCharacters | null {
  const hidden: HiddenCharacters = { characters: [], hidden: [] };
  let mode: unknown = 0;
  const saved: unknown[] = [];
  for (let i = 0; i < list.fnArray.length && list.fnArray[i] !== OPS.beginAnnotation; i++) {
    const operator = list.fnArray[i]!;
    if (operator === OPS.save) saved.push(mode);
    else if (operator === OPS.restore) mode = saved.pop() ?? 0;
    else if (operator === OPS.setTextRenderingMode) mode = list.argsArray[i]![0];
    else if (operator === OPS.showText) {
      for (const glyph of list.argsArray[i]![0] as (number | null | { unicode?: string })[]) {
        if (typeof glyph !== 'object' || !glyph?.unicode) continue;
        for (const character of glyph.unicode) {
          if (character.trim() === '') continue;
          hidden.characters.push(character);
          hidden.hidden.push(INVISIBLE_MODES.has(mode));
        }
      }
    }
  }
  return hidden.hidden.includes(true) ? hidden : null;
}

interface HiddenCharacters {
  characters: string[];
  hidden: boolean[];
}

/** Text that cannot be seen is left out where other text can be, and used where it is all there is (a scan with its recognised text). */
function visibleItems(items: TextItem[], { characters, hidden }: HiddenCharacters): TextItem[] {
  if (!hidden.includes(false)) return items;
  let at = 0;
  const seen = items.filter((item) => {
    const before = at;
    for (const character of item.str) {
      if (character.trim() === '') continue;
      if (characters[at] !== character) return at = -1, true;
      at++;
    }
    return before === at || !hidden[before];
  });
  // Where the two lists do not run alike nothing is known, and nothing is left out.
  return at < 0 ? items : seen;
}

/** Items to words: upright (also where a page is turned, or its text), inside the page, each with its share of its item's width. */
function placeWords(items: TextItem[], viewport: { width: number; height: number; transform: number[] }): Omit<Page, 'number'> {
  const [a, b, c, d, e, f] = viewport.transform as [number, number, number, number, number, number];
  const placed = items.filter((item) => item.str.trim() !== '').map((item) => {
    const [ta, tb, tc, td, tx, ty] = item.transform as [number, number, number, number, number, number];
    const direction = Math.round(Math.atan2(b * ta + d * tb, a * ta + c * tb) / (Math.PI / 2)) & 3;
    return { text: item.str, width: item.width, direction, x: a * tx + c * ty + e, y: b * tx + d * ty + f, height: Math.hypot(tc, td) };
  });
  const lengths = [0, 0, 0, 0];
  for (const item of placed) lengths[item.direction]! += item.text.length;
  const main = lengths.indexOf(Math.max(...lengths));
  const [width, height] = main % 2 === 0 ? [viewport.width, viewport.height] : [viewport.height, viewport.width];
  const words: Word[] = [];
  for (const item of placed) {
    if (item.direction !== main) continue; // notes along the margin
    const [x, y] = turn(item.x, item.y, main, viewport);
    if (x + item.width < 0 || x > width || y < 0 || y > height) continue;
    splitWords(item.text, x, item.width, y, item.height, words);
    if (words.length > MAX_WORDS_PER_PAGE) throw new Failure('too_large', `a page has more than ${MAX_WORDS_PER_PAGE} words`);
  }
  return { width, height, words };
}

/** A point of the page as it is after turning text of that direction (quarters clockwise from left-to-right) upright. */
function turn(x: number, y: number, direction: number, { width, height }: { width: number; height: number }): [number, number] {
  switch (direction) {
    case 1: return [y, width - x];
    case 2: return [width - x, height - y];
    case 3: return [height - y, x];
    default: return [x, y];
  }
}

// A no-break or narrow space inside a number groups its digits; elsewhere it is a space.
const WORD_BREAK = /[ \t\r\n]+|[\u00a0\u2007\u2009\u202f](?!\d)|(?<!\d)[\u00a0\u2007\u2009\u202f]/;

/** pdf.js gives an item's whole width; its words get theirs by the widths that letters have in common fonts. */
function splitWords(text: string, x: number, width: number, y: number, height: number, words: Word[]): void {
  const parts = text.split(WORD_BREAK);
  if (parts.length === 1) {
    words.push({ text, x0: x, x1: x + width, y, height });
    return;
  }
  const unit = width / textWidth(text);
  let at = 0;
  for (const part of parts) {
    if (part === '') continue;
    const start = text.indexOf(part, at);
    const x0 = x + unit * textWidth(text.slice(0, start));
    words.push({ text: part, x0, x1: x0 + unit * textWidth(part), y, height });
    at = start + part.length;
  }
}

function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width || 1;
}

/** In thousandths of the font size, as in Helvetica. */
function characterWidth(character: string): number {
  if (character >= '0' && character <= '9') return 556;
  if (" .,:;/'|!iljI".includes(character)) return 260;
  if ('()[]-ftr'.includes(character)) return 325;
  if ('mwMW@%'.includes(character)) return 850;
  return character !== character.toLowerCase() ? 690 : 540;
}

// eslint-disable-next-line no-control-regex
const MEANINGLESS = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\ufffd\ue000-\uf8ff]/g;

function checkReadable(pages: Page[]): void {
  let characters = 0;
  let meaningless = 0;
  for (const page of pages) {
    for (const word of page.words) {
      characters += word.text.length;
      meaningless += word.text.match(MEANINGLESS)?.length ?? 0;
    }
  }
  if (characters === 0) throw new Failure('needs_ocr', 'the PDF has pages but no text; ask the bank for the electronic statement');
  if (meaningless > characters * UNREADABLE_SHARE) {
    throw new Failure('unreadable_text', `${meaningless} of the PDF's ${characters} characters have no meaning: a font lacks a usable encoding; ask the bank for another format`);
  }
}
