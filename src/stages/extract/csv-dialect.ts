import { isAscii, isUtf8 } from 'node:buffer';
import { Failure } from '../../core/failure.ts';
import type { DocumentSource } from './contract.ts';
import { SNIFF_BYTES } from './contract.ts';
import type { Quoting, Row } from './csv-rows.ts';
import { RowSplitter } from './csv-rows.ts';

/** How a file's bytes become rows of cells: encoding, delimiter, quoting. */
export interface Dialect {
  encoding: Encoding;
  delimiter: string;
  /** Whether `"` encloses cells; in some exports it is a character like any other. */
  quoted: boolean;
}

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' | 'windows-1250' | 'iso-8859-1';

/** What is met between the cells of bank exports, the commonest first. */
export const DELIMITERS = [',', ';', '\t', '|'] as const;

/** Four times the widest export met; a line of delimiters would else become millions of cells. */
const MAX_COLUMNS = 512;
/** Above the rows of the largest document that is accepted by size with rows of some use; keeps line numbers and counts in bounds. */
const MAX_ROWS = 50_000_000;
/** Some hundred rows: what lives no longer than it takes to read it costs nothing to clear away. */
const PIECE_BYTES = 1 << 16;

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
 * must close every quotation mark. Rows that are wider than any table are left out.
 */
export function headRows(text: string, dialect: Dialect, complete: boolean): Row[] | undefined {
  const splitter = new RowSplitter(quotingOf(dialect, text));
  const rows = splitter.write(text);
  const last = splitter.end();
  if (last === undefined && complete) return undefined;
  if (last != null) rows.push(last);
  return rows.filter(({ cells }) => cells.length <= MAX_COLUMNS);
}

function quotingOf({ delimiter, quoted }: Dialect, head: string): Quoting {
  // Old exports end lines with a carriage return alone; beside newlines it is a character of a cell.
  return { delimiter, quoted, newline: head.includes('\n') ? '\n' : '\r' };
}

/**
 * All rows of the document, some at a time, blank lines included as rows without text. `head` is its beginning as text. Memory is that of
 * some rows. Throws truncated for a quote that is never closed, too_large beyond a bound, malformed for what is no text in the encoding.
 */
export async function* readRows(source: DocumentSource, dialect: Dialect, head: string): AsyncGenerator<Row[], void, void> {
  const splitter = new RowSplitter(quotingOf(dialect, head));
  let count = 0;
  const checked = (rows: Row[]): Row[] => {
    count += rows.length;
    if (count > MAX_ROWS) throw new Failure('too_large', `the document has more than ${MAX_ROWS} rows; split it by period`, { line: rows[0]!.line });
    for (const { line, cells } of rows) {
      if (cells.length > MAX_COLUMNS) throw new Failure('too_large', `a row has ${cells.length} cells, and at most ${MAX_COLUMNS} are read`, { line });
    }
    return rows;
  };
  for await (const piece of textPieces(source, dialect.encoding)) {
    const rows = splitter.write(piece);
    if (rows.length > 0) yield checked(rows);
  }
  const { line } = splitter;
  const last = splitter.end();
  if (last === undefined) throw new Failure('truncated', 'a quotation mark is opened and never closed; the document ends inside a cell', { line });
  if (last !== null) yield checked([last]);
}

/** The document as text without a byte order mark, in pieces. Throws malformed for half a character of UTF-16. */
async function* textPieces(source: DocumentSource, encoding: Encoding): AsyncGenerator<string, void, void> {
  // Of the encodings with one byte a character, a few bytes mean nothing; half a character of UTF-16 is damage.
  const decoder = new TextDecoder(encoding, { fatal: encoding.startsWith('utf-16') });
  // Nothing of a character is left over where the bytes before were ASCII, which is the same in all but UTF-16.
  let clean = !encoding.startsWith('utf-16');
  try {
    for await (const block of source.read()) {
      for (let at = 0; at < block.length; at += PIECE_BYTES) {
        const bytes = block.subarray(at, at + PIECE_BYTES);
        if (clean && isAscii(bytes)) yield bytes.toString('latin1');
        else {
          clean = false;
          yield decoder.decode(bytes, { stream: true });
        }
      }
    }
    yield decoder.decode();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw new Failure('malformed', `the document is ${encoding.toUpperCase()} and has half a character (a lone surrogate); fetch it again`, null, error);
  }
}
