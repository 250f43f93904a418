import type { PDFParse } from 'pdf-parse';
import { Failure } from '../../../core/failure.ts';
import type { DrawnPage, Matrix } from './glyphs.ts';
import { readGlyphs } from './glyphs.ts';
import { checkStreams } from './streams.ts';

/** A PDF's bytes to words with coordinates, through pdf-parse (pdf.js). */

/** A run of characters without a space. Points of the upright page, x from its left, y of the baseline from its top. */
export interface Word {
  text: string;
  x0: number;
  x1: number;
  y: number;
  height: number;
  /** It was drawn letter by letter. */
  letters: boolean;
}

export interface Page {
  /** 1-based. */
  number: number;
  width: number;
  height: number;
  words: Word[];
  /** From the upright page to the coordinates in which the page is drawn. */
  to_page: Matrix;
}

export interface PdfText {
  pages: Page[];
  /** Whether the file holds pictures: then few words may be all that a scan has. */
  has_pictures: boolean;
  /** Characters, and those among them whose font does not say what they mean. */
  characters: number;
  meaningless: number;
}

/** Statements of large companies reach some hundred pages; a document of 10,000 pages is made to exhaust the reader. */
const MAX_PAGES = 2_000;
/** A statement without pictures takes some 10 KB a page; beyond this the file is not text but scans or ballast. */
const MAX_BYTES = 64 * 1024 * 1024;
/** A page full of 4-point text holds some 20,000 words; more are drawn on top of each other to exhaust the reader. */
const MAX_WORDS_PER_PAGE = 50_000;
/** 2,000 pages of dense text have fewer; more would exhaust the memory of the search. */
const MAX_WORDS = 3_000_000;
/** `%%EOF` stands in the last 1,024 bytes (ISO 32000-1, 7.5.5 and annex H.3.4); some servers add a few lines behind it. */
const TAIL_BYTES = 2_048;

/** Reads the pages of a document. `passwords` are tried in their order where an empty one does not open it. Throws `password_protected`,
 * `truncated`, `malformed`, `too_large`. */
export async function readPages(bytes: Buffer, passwords: readonly string[]): Promise<PdfText> {
  if (bytes.length > MAX_BYTES) throw new Failure('too_large', `the PDF has ${bytes.length} bytes, more than ${MAX_BYTES}; split it`);
  if (!bytes.subarray(-TAIL_BYTES).includes('%%EOF')) {
    throw new Failure('truncated', 'the PDF has no end mark (%%EOF); fetch the document again and submit the whole of it');
  }
  checkWhole(bytes);
  checkStreams(bytes);
  const { parser, document } = await open(bytes, passwords);
  try {
    if (document.numPages > MAX_PAGES) throw new Failure('too_large', `the PDF has ${document.numPages} pages, more than ${MAX_PAGES}; split it`);
    const layers = await document.getOptionalContentConfig();
    const text: PdfText = { pages: [], has_pictures: PICTURE.test(bytes.toString('latin1')), characters: 0, meaningless: 0 };
    let words = 0;
    for (let number = 1; number <= document.numPages; number++) {
      const drawn = await readPage(document, number, layers);
      words += drawn.words.length;
      if (drawn.words.length > MAX_WORDS_PER_PAGE || words > MAX_WORDS) {
        throw new Failure('too_large', `the PDF has more than ${MAX_WORDS_PER_PAGE} words on a page or ${MAX_WORDS} in all; split it`, { page: number });
      }
      text.characters += drawn.characters;
      text.meaningless += drawn.meaningless;
      text.pages.push({ number, width: drawn.width, height: drawn.height, words: drawn.words, to_page: drawn.to_page });
    }
    return text;
  } finally {
    await parser.destroy();
  }
}

/** A linearised file names its own length, and every file where its last cross-reference table stands (ISO 32000-1, 7.5.5 and annex F). */
function checkWhole(bytes: Buffer): void {
  const length = /\/Linearized\b[^>]{0,200}\/L\s+(\d{1,12})\b/.exec(bytes.subarray(0, HEAD_BYTES).toString('latin1'))?.[1];
  const table = /startxref\s+(\d{1,12})\s+%%EOF/.exec(bytes.subarray(bytes.lastIndexOf('startxref')).toString('latin1'))?.[1];
  if (Number(length ?? 0) > bytes.length || Number(table ?? 0) > bytes.length) {
    throw new Failure('truncated', `the PDF has ${bytes.length} bytes of ${Math.max(Number(length ?? 0), Number(table ?? 0))}; fetch the document again and submit the whole of it`);
  }
}

/** The first object of a linearised file stands within (annex F.3.3). */
const HEAD_BYTES = 1_024;

// A stream's dictionary is never compressed itself (ISO 32000-1, 7.5.7).
const PICTURE = /\/Subtype\s*\/Image\b/;

/** Of pdf.js's types only what is used here: pdf-parse does not export them. */
interface PdfDocument {
  numPages: number;
  getPage(number: number): Promise<PdfPage>;
  getOptionalContentConfig(): Promise<Layers>;
}
export interface Layers {
  isVisible(group: unknown): boolean;
}
export interface PdfPage {
  getViewport(options: { scale: number }): { width: number; height: number; transform: number[] };
  getOperatorList(options: { annotationMode: number }): Promise<{ fnArray: number[]; argsArray: unknown[][] }>;
  commonObjs: { has(name: string): boolean; get(name: string): unknown };
  cleanup(): void;
}

async function readPage(document: PdfDocument, number: number, layers: Layers): Promise<DrawnPage> {
  try {
    const page = await document.getPage(number);
    const drawn = await readGlyphs(page, layers);
    page.cleanup();
    return drawn;
  } catch (error) {
    throw error instanceof Failure ? error : new Failure('malformed', `page ${number} of the PDF cannot be read: ${reason(error)}`, { page: number }, error);
  }
}

async function open(bytes: Buffer, passwords: readonly string[]): Promise<{ parser: PDFParse; document: PdfDocument }> {
  for (const password of [undefined, ...passwords]) {
    const parser = await createParser(bytes, password);
    try {
      // `load` is private by its type, yet it is how pdf-parse gives the document itself.
      return { parser, document: await (parser as unknown as { load(): Promise<PdfDocument> }).load() };
    } catch (error) {
      await parser.destroy().catch(() => {});
      if (!(error instanceof Error && error.name === 'PasswordException')) throw new Failure('malformed', `the PDF cannot be opened: ${reason(error)}`, null, error);
    }
  }
  throw new Failure('password_protected', passwords.length === 0
    ? 'the PDF is encrypted with a password; ask for an unprotected copy, or give the password of its account in tieout.yaml'
    : 'the PDF is encrypted, and none of the passwords that are configured opens it');
}

async function createParser(bytes: Buffer, password: string | undefined): Promise<PDFParse> {
  // pdf.js wants these for drawing, which nobody asks for, and would load a native canvas to have them.
  const drawing = globalThis as Record<string, unknown>;
  for (const name of ['DOMMatrix', 'ImageData', 'Path2D']) drawing[name] ??= Object;
  const { PDFParse, VerbosityLevel } = await import('pdf-parse');
  return new PDFParse({
    data: new Uint8Array(bytes), verbosity: VerbosityLevel.ERRORS,
    isEvalSupported: false, disableFontFace: true, useSystemFonts: false, useWorkerFetch: false,
    fontExtraProperties: true, // says which fonts have no encoding
    maxImageSize: 1, // no picture is decoded
    stopAtErrors: false,
    ...(password === undefined ? {} : { password }),
  });
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 200);
}
