import { inflateSync } from 'node:zlib';
import { Failure } from '../../../core/failure.ts';

/**
 * Looks through a PDF's compressed streams before pdf.js does (ISO 32000-1, 7.3.8 and 7.4.4): one that unpacks to too much is a bomb, and
 * one whose checksum is wrong is damaged; pdf.js would go on with what it can make of it, and rows would be lost.
 */

/** A page's text unpacks to some 30 KB; 2,000 pages and their fonts to less than this. */
const MAX_UNPACKED_BYTES = 160 * 1024 * 1024;
/** One stream: the largest font, or a page of drawings. */
const MAX_STREAM_BYTES = 48 * 1024 * 1024;
/** A page's content, or a form's: text unpacks to some 30 KB and a large drawing to 1 MB; pdf.js takes a second for each 5 MB, without coming to rest in between. */
const MAX_CONTENT_BYTES = 8 * 1024 * 1024;
/** Streams are a few per page and font; more are there to exhaust the reader. */
const MAX_STREAMS = 100_000;
/** A stream's dictionary is shorter. */
const DICTIONARY_BYTES = 4_096;
/** ISO 32000-1, annex C, names 28 as what readers must bear; pdf.js takes a minute for some thousands. */
const MAX_DEPTH = 512;
/** Filters that a stream passes through; more than two are there to exhaust the reader. */
const MAX_FILTERS = 8;

const FILTERS = /\/Filter\s*(?:\[([^\]]*)\]|(\/\w+))/;
const LENGTH = /\/Length\s+(\d{1,10})(?!\s+\d+\s+R)\b/;
const END = Buffer.from('endstream');

/** Throws `too_large` and `malformed`. What is encrypted cannot be looked into and is left to pdf.js. */
export function checkStreams(bytes: Buffer): void {
  if (bytes.includes('/Encrypt')) return;
  let unpacked = 0;
  let streams = 0;
  for (let at = bytes.indexOf('stream'); at >= 0; at = bytes.indexOf('stream', at)) {
    const keyword = at;
    at += 'stream'.length;
    const start = bytes[at] === 0x0d && bytes[at + 1] === 0x0a ? at + 2 : bytes[at] === 0x0a ? at + 1 : -1;
    if (start < 0 || bytes.subarray(keyword - 3, keyword).toString('latin1') === 'end') continue;
    if (++streams > MAX_STREAMS) throw new Failure('too_large', `the PDF has more than ${MAX_STREAMS} streams`);
    const before = bytes.subarray(Math.max(0, keyword - DICTIONARY_BYTES), keyword).toString('latin1');
    const dictionary = before.slice(before.lastIndexOf(' obj') + 1);
    const length = Number(LENGTH.exec(dictionary)?.[1] ?? -1);
    const end = length >= 0 && bytes.subarray(start + length, start + length + END.length + 2).includes(END) ? start + length : bytes.indexOf(END, start);
    if (end < 0) throw new Failure('malformed', `the PDF's stream at byte ${keyword} has no end`);
    at = end;
    const [, list, one] = FILTERS.exec(dictionary) ?? [];
    const filters = (list ?? one ?? '').match(/\/\w+/g) ?? [];
    if (filters.length > MAX_FILTERS) throw new Failure('too_large', `the PDF's stream at byte ${keyword} has ${filters.length} filters`);
    if (/\/Subtype\s*\/Image\b/.test(dictionary)) continue;
    let data = bytes.subarray(start, end);
    for (const filter of filters) {
      if (filter !== '/FlateDecode' && filter !== '/Fl') break;
      data = unpack(data, Math.min(MAX_STREAM_BYTES, MAX_UNPACKED_BYTES - unpacked), keyword);
    }
    unpacked += data.length;
    if (data.length > MAX_CONTENT_BYTES && isContent(dictionary)) {
      throw new Failure('too_large', `the PDF's content stream at byte ${keyword} unpacks to ${data.length} bytes, more than ${MAX_CONTENT_BYTES}; look at what it holds`);
    }
    if (depthOfSaves(data) > MAX_DEPTH) throw new Failure('too_large', `the PDF's stream at byte ${keyword} nests more than ${MAX_DEPTH} states`);
  }
}

/** Whether a stream is drawn from: fonts, functions and tables of objects say what they are, a page's content does not, a form's does. */
function isContent(dictionary: string): boolean {
  return /\/Subtype\s*\/Form\b/.test(dictionary) || !/\/(?:Type|Subtype|Length1|FunctionType|N)\b/.test(dictionary);
}

const SPACES: ReadonlySet<number | undefined> = new Set([0x20, 0x0a, 0x0d, 0x09, undefined]);

/** How deep a content stream nests saved graphics states (operators `q` and `Q`, ISO 32000-1, 8.4.2). */
function depthOfSaves(data: Buffer): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < data.length; at++) {
    const byte = data[at]!;
    if ((byte !== 0x71 && byte !== 0x51) || !SPACES.has(data[at - 1]) || !SPACES.has(data[at + 1])) continue;
    depth = byte === 0x71 ? depth + 1 : Math.max(0, depth - 1);
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function unpack(data: Buffer, most: number, at: number): Buffer {
  try {
    return inflateSync(data, { maxOutputLength: Math.max(1, most) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Failure('too_large', `the PDF's streams unpack to more than ${MAX_STREAM_BYTES} bytes each or ${MAX_UNPACKED_BYTES} in all`, null, error);
    }
    throw new Failure('malformed', `the PDF's stream at byte ${at} is damaged; fetch the document again`, null, error);
  }
}
