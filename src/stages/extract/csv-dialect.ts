import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Options } from 'csv-parse';
import { CsvError, parse } from 'csv-parse';
import { parse as parseAtOnce } from 'csv-parse/sync';
import { Failure } from '../../core/failure.ts';
import type { DocumentSource } from './contract.ts';
import { SNIFF_BYTES } from './contract.ts';

/** How a file's bytes become rows of cells: encoding, delimiter, quoting. */
export interface Dialect {
  encoding: Encoding;
  delimiter: string;
  /** Whether `"` encloses cells; in some exports it is a character like any other. */
  quoted: boolean;
}

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' | 'windows-1250' | 'iso-8859-1';

export interface Row {
  /** 1-based line on which the row begins. */
  line: number;
  cells: string[];
}

/** What is met between the cells of bank exports, the commonest first. */
export const DELIMITERS = [',', ';', '\t', '|'] as const;

/** Longer than any row met (a batch with all its references); an unclosed quote or a wrong delimiter would else read the whole file into one. */
const MAX_ROW_BYTES = 256 * 1024;
/** Four times the widest export met; a line of delimiters would else become millions of cells. */
const MAX_COLUMNS = 512;
/** Above the rows of the largest document that is accepted by size with rows of some use; keeps line numbers and counts in bounds. */
const MAX_ROWS = 50_000_000;
/** Rows that travel together, so that the cost of handing them on does not count. */
const ROWS_TOGETHER = 256;

/**
 * The encodings that the bytes allow, best first: byte order mark, the zeros of UTF-16, valid UTF-8 over the whole document, else the
 * Western and the Central European code page, between which only the words decide. Throws unsupported_format for binary data.
 */
export async function findEncodings(source: DocumentSource): Promise<Encoding[]> {
  let head: Buffer | undefined;
  let tail = Buffer.alloc(0);
  let utf8 = true;
  for await (const block of source.read()) {
    if (head === undefined) {
      head = block;
      const wide = wideEncoding(block);
      if (wide !== undefined) return [wide];
      if (block.subarray(0, SNIFF_BYTES).includes(0)) throw new Failure('unsupported_format', 'the document is binary and no text');
    }
    const bytes = tail.length === 0 ? block : Buffer.concat([tail, block]);
    const end = wholeCharacters(bytes);
    utf8 = isUtf8(bytes.subarray(0, end));
    if (!utf8) break;
    tail = Buffer.from(bytes.subarray(end));
  }
  return utf8 && tail.length === 0 ? ['utf-8'] : ['windows-1252', 'windows-1250'];
}

/** UTF-16 by its byte order mark, or by the zeros that Latin letters have in it. */
export function wideEncoding(head: Buffer): Encoding | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const zeros = [0, 0];
  const length = Math.min(head.length, SNIFF_BYTES);
  for (let i = 0; i < length; i++) if (head[i] === 0) zeros[i % 2]!++;
  if (zeros[1]! > length / 4 && zeros[0]! < length / 100) return 'utf-16le';
  return zeros[0]! > length / 4 && zeros[1]! < length / 100 ? 'utf-16be' : undefined;
}

/** The length without a UTF-8 character that is cut at the end. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return bytes.length - back;
  }
  return bytes.length;
}

/** The document's first SNIFF_BYTES as text, up to its last whole line. */
export function decodeHead(head: Buffer, encoding: Encoding, complete: boolean): string {
  const text = new TextDecoder(encoding).decode(head);
  const end = complete ? -1 : Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'));
  return end < 0 ? text : text.slice(0, end + 1);
}

/**
 * The rows of a document's first lines; undefined where they cannot be taken apart in that dialect. Only the lines of a whole document
 * must close every quotation mark.
 */
export function headRows(text: string, dialect: Dialect, complete: boolean): Row[] | undefined {
  const rows: Row[] = [];
  let line = 1;
  const add = (cells: string[]): null => {
    unwrap(cells);
    rows.push({ line, cells });
    line += 1 + newlinesIn(cells);
    return null;
  };
  try {
    parseAtOnce(text, { ...options(dialect, text), on_record: add });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (complete || error.code !== 'CSV_QUOTE_NOT_CLOSED') return undefined;
  }
  return rows;
}

function options(dialect: Dialect, head: string): Options & { record_delimiter: string[] } {
  return {
    delimiter: dialect.delimiter,
    quote: dialect.quoted ? '"' : null,
    // Old exports end lines with a carriage return alone; beside newlines it is a character of a cell.
    record_delimiter: head.includes('\n') ? ['\r\n', '\n'] : ['\r'],
    relax_quotes: true,
    relax_column_count: true,
    // A space before an opening quotation mark would make the mark part of the text.
    ltrim: true,
    max_record_size: MAX_ROW_BYTES,
  };
}

/**
 * All rows of the document, some at a time, blank lines included as rows without text. `head` is its beginning as text. Memory is that of
 * some rows. Throws truncated for a quote that is never closed, too_large beyond a bound, malformed for what is no text in the encoding.
 */
export async function* readRows(source: DocumentSource, dialect: Dialect, head: string): AsyncGenerator<Row[], void, void> {
  const settings = options(dialect, head);
  const parser = parse(settings);
  // csv-parse takes the first record's length for every record's, and makes an error object of each that differs, only to drop it: beneath a
  // short preamble that is most of the time. A blank record of the table's own length goes before.
  const ruler = Buffer.from(dialect.delimiter.repeat(usualCells(head, dialect) - 1) + settings.record_delimiter[0]);
  // Its failure destroys the parser with the same error, which the loop below meets.
  pipeline(Readable.from(prepend(ruler, utf8Blocks(source, dialect.encoding))), parser).catch(() => undefined);
  let rows: Row[] = [];
  let line = 1;
  let count = -1;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      if (count === -1) {
        count = 0;
        continue;
      }
      if (cells.length > MAX_COLUMNS) throw new Failure('too_large', `a row has ${cells.length} cells, and at most ${MAX_COLUMNS} are read`, { line });
      if (++count > MAX_ROWS) throw new Failure('too_large', `the document has more than ${MAX_ROWS} rows; split it by period`, { line });
      unwrap(cells);
      rows.push({ line, cells });
      line += 1 + newlinesIn(cells);
      if (rows.length === ROWS_TOGETHER) {
        yield rows;
        rows = [];
      }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (error.code === 'CSV_QUOTE_NOT_CLOSED') throw new Failure('truncated', 'a quotation mark is opened and never closed; the document ends inside a cell', { line }, error);
    if (error.code === 'CSV_MAX_RECORD_SIZE') throw new Failure('too_large', `a row is longer than ${MAX_ROW_BYTES} bytes; is a quotation mark left open?`, { line }, error);
    throw new Failure('malformed', `the row cannot be taken apart: ${error.message.slice(0, 200)}`, { line }, error);
  }
  if (rows.length > 0) yield rows;
}

async function* prepend(first: Buffer, blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* blocks;
}

/** How many cells most rows of the document's beginning have. */
function usualCells(head: string, dialect: Dialect): number {
  const counts = new Map<number, number>();
  for (const { cells } of headRows(head, dialect, false) ?? []) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  return [...counts].reduce((most, next) => (next[1] > most[1] ? next : most), [1, 0])[0]!;
}

const QUOTE = 34;
const EQUALS = 61;

/** Quotation marks that the tokenizer leaves around a cell: a space behind the closing one, and `="00123"` for spreadsheets. */
function unwrap(cells: string[]): void {
  for (let i = 0; i < cells.length; i++) {
    const first = cells[i]!.charCodeAt(0);
    if (first !== QUOTE && first !== EQUALS) continue;
    const inner = /^=?"([^"]*)"\s*$/.exec(cells[i]!)?.[1];
    if (inner !== undefined) cells[i] = inner;
  }
}

function newlinesIn(cells: readonly string[]): number {
  let newlines = 0;
  for (const cell of cells) for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) newlines++;
  return newlines;
}

async function* utf8Blocks(source: DocumentSource, encoding: Encoding): AsyncGenerator<Buffer> {
  if (encoding === 'utf-8') {
    let first = true;
    for await (const block of source.read()) {
      yield first && block[0] === 0xef && block[1] === 0xbb && block[2] === 0xbf ? block.subarray(3) : block;
      first = false;
    }
    return;
  }
  // Of the encodings with one byte a character, a few bytes mean nothing; half a character of UTF-16 is damage.
  const decoder = new TextDecoder(encoding, { fatal: encoding.startsWith('utf-16') });
  try {
    for await (const block of source.read()) yield Buffer.from(decoder.decode(block, { stream: true }));
    yield Buffer.from(decoder.decode());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw new Failure('malformed', `the document is ${encoding.toUpperCase()} and has half a character (a lone surrogate); fetch it again`, null, error);
  }
}
