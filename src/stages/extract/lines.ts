import { isAscii, isUtf8 } from 'node:buffer';
import { Failure } from '../../core/failure.ts';

/** Longer than any line of the standard (a field 86 in one line has 390 characters); keeps a binary without line ends out of the memory. */
const MAX_LINE_BYTES = 1 << 20;

const LF = 0x0a;
const CR = 0x0d;

/** Blocks are taken in pieces of this size, so that the lines of one die young: a megabyte's outlive several collections. */
const PIECE_BYTES = 1 << 16;

/** Consecutive lines without their ends, the first of them number `first` (1-based). */
export interface Lines {
  readonly first: number;
  readonly texts: readonly string[];
}

/**
 * The lines of a text, ended by CRLF, LF or CR, in groups as the blocks come. The text is UTF-8 or, where it is not, Windows-1252, of
 * which Latin-1 is a part; that is settled line by line, because banks hand on what payers have sent. Throws `too_large` for a longer line.
 */
export async function* readLines(blocks: AsyncIterable<Buffer>): AsyncGenerator<Lines> {
  let rest: Buffer = Buffer.alloc(0);
  let first = 1;
  for await (const block of blocks) {
    for (let at = 0; at < block.length; at += PIECE_BYTES) {
      const piece = block.subarray(at, at + PIECE_BYTES);
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      const end = endOfLastLine(bytes);
      rest = bytes.subarray(end);
      if (rest.length > MAX_LINE_BYTES) {
        throw new Failure('too_large', `a line is longer than ${MAX_LINE_BYTES} bytes`, { line: first });
      }
      if (end === 0) continue;
      const texts = split(bytes.subarray(0, end));
      texts.pop();
      yield { first, texts };
      first += texts.length;
    }
  }
  if (rest.length > 0) yield { first, texts: split(rest) };
}

/** After the last line feed, or, in a text without any, after the last carriage return that no line feed can follow any more. */
function endOfLastLine(bytes: Buffer): number {
  const feed = bytes.lastIndexOf(LF);
  return feed >= 0 ? feed + 1 : bytes.subarray(0, -1).lastIndexOf(CR) + 1;
}

function split(bytes: Buffer): string[] {
  if (isAscii(bytes)) return splitText(bytes.toString('latin1'));
  if (isUtf8(bytes)) return splitText(bytes.toString('utf8'));
  return splitText(bytes.toString('latin1')).map((line) => (BEYOND_ASCII.test(line) ? decodeLine(line) : line));
}

const BEYOND_ASCII = /[\x80-\xff]/;
/** Every character of UTF-8 beyond ASCII has one of these. */
const UTF8_PAIR = /[\xc2-\xf4][\x80-\xbf]/;
/** Where Windows-1252 differs from Latin-1. */
const WINDOWS_ONLY = /[\x80-\x9f]/;
const WINDOWS_1252 = new TextDecoder('windows-1252');

/** A line whose characters stand for one byte each. */
function decodeLine(line: string): string {
  if (UTF8_PAIR.test(line)) {
    const bytes = Buffer.from(line, 'latin1');
    if (isUtf8(bytes)) return bytes.toString('utf8');
  }
  return WINDOWS_ONLY.test(line) ? WINDOWS_1252.decode(Buffer.from(line, 'latin1')) : line;
}

function splitText(text: string): string[] {
  if (!text.includes('\r')) return text.split('\n');
  const windows = text.split('\r\n');
  return windows.length > 1 && windows.every((line) => !line.includes('\r') && !line.includes('\n')) ? windows : text.split(/\r\n|\r|\n/);
}
