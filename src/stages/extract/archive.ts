import { Readable } from 'node:stream';
import { crc32, createGunzip, createInflateRaw } from 'node:zlib';
import type { Gunzip, InflateRaw } from 'node:zlib';
import { Failure } from '../../core/failure.ts';
import type { RawPart } from '../../core/statement.ts';
import { cleanText } from '../../core/text.ts';
import type { DocumentSource } from './contract.ts';

/**
 * ZIP (PKWARE APPNOTE 6.3.10) and gzip (RFC 1952): documents packed for the way, each read like a document of its own. The names inside
 * serve for messages only: nothing is written anywhere. Whatever a bank's archive does not do (paths that lead out of it, links, archives
 * in archives, members that share bytes) is refused before a byte of it is unpacked.
 */

/** A year of daily statements has a few hundred members; each costs a reading of its own. */
const MAX_MEMBERS = 1_000;
/** A ZIP is read from its end, so that it has to be in memory as a whole: a camt.053 of 1,000,000 entries takes about 60 MiB. */
const MAX_ZIP_BYTES = 128 * 1024 ** 2;
/** The bound of a document that comes unpacked, for all members together. */
const MAX_UNPACKED_BYTES = 4 * 1024 ** 3;
/** Statements shrink to a tenth or, all alike, to a hundredth; a bomb to a thousandth. */
const MAX_RATIO = 200;
/** Up to here a high ratio does no harm: a short statement of blanks is no bomb. */
const RATIO_FREE_BYTES = 1024 ** 2;

/** Whether the document is an archive that is unpacked. */
export function isArchive(head: Buffer): boolean {
  return isZip(head) || isGzip(head);
}

function isZip(head: Buffer): boolean {
  return startsWith(head, LOCAL_HEADER) || startsWith(head, END_OF_DIRECTORY);
}

function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

function startsWith(head: Buffer, signature: number): boolean {
  return head.length >= 4 && head.readUInt32LE(0) === signature;
}

/**
 * Reads an archive's members with `readMember`, in the order of its directory; statements and entry lines are counted on through all of
 * them. A member that cannot be read among several yields `failed`, which names it; a single one fails as it would by itself. Throws
 * `too_large` for a bound, `password_protected`, `truncated`, `malformed`, `unsupported_format` (an Office document is a ZIP too).
 */
export async function* readArchive(
  source: DocumentSource, head: Buffer, readMember: (member: DocumentSource) => AsyncIterable<RawPart>,
): AsyncGenerator<RawPart, void, void> {
  const members = isZip(head) ? listMembers(await readWhole(source)) : [{ name: null, source: await gunzipped(source) }];
  let statements = 0;
  let lines = 0;
  for (const [i, member] of members.entries()) {
    const [first_statement, first_line] = [statements, lines];
    try {
      for await (const part of readMember(member.source)) {
        const statement = first_statement + part.statement;
        statements = Math.max(statements, statement + 1);
        if (part.part !== 'entries') {
          yield { ...part, statement };
        } else {
          for (const entry of part.entries) {
            entry.line += first_line;
            entry.source.member = i + 1;
            lines = Math.max(lines, entry.line);
          }
          yield { ...part, statement };
        }
      }
    } catch (error) {
      if (members.length === 1 || !(error instanceof Failure) || error.code === 'bug') throw error;
      const { code, message, location } = error;
      yield { part: 'failed', statement: statements++, account: null, code, message: `member ${i + 1} of the archive (${member.name}): ${message}`, location };
    }
  }
}

/** A document in an archive, by the number that its entries bear. Throws as readArchive does; not_found when there is none of that number. */
export async function openMember(source: DocumentSource, head: Buffer, number: number): Promise<DocumentSource> {
  const member = (isZip(head) ? listMembers(await readWhole(source)) : [{ source: await gunzipped(source) }])[number - 1];
  if (member === undefined) throw new Failure('not_found', `there is no document ${number} in the archive`);
  return member.source;
}

// ---- gzip

/** The one document inside, unpacked once to see that it is whole and how long it is. */
async function gunzipped(source: DocumentSource): Promise<DocumentSource> {
  const read = (): AsyncIterable<Buffer> => inflate(source.read(), createGunzip(OUTPUT), Math.min(MAX_UNPACKED_BYTES, allowedSize(source.size)));
  let size = 0;
  for await (const block of read()) size += block.length;
  return { size, read };
}

function allowedSize(packed: number): number {
  return RATIO_FREE_BYTES + packed * MAX_RATIO;
}

/** zlib's own blocks of 16 KiB cost more in waiting than in unpacking. */
const OUTPUT = { chunkSize: 262_144 };

/** Unpacks a stream block by block; it is destroyed when the reader stops early. */
async function* inflate(packed: AsyncIterable<Buffer>, decoder: Gunzip | InflateRaw, most: number): AsyncGenerator<Buffer, void, void> {
  const input = Readable.from(packed, { objectMode: false });
  input.on('error', (error) => decoder.destroy(error));
  let size = 0;
  try {
    for await (const block of input.pipe(decoder) as AsyncIterable<Buffer>) {
      size += block.length;
      if (size > most || size > allowedSize(decoder.bytesWritten)) throw tooLarge(`what is packed in it is larger than ${most} bytes or ${MAX_RATIO} times its packed size`);
      yield block;
    }
  } catch (error) {
    throw unpackingFailure(error);
  } finally {
    input.destroy();
    decoder.destroy();
  }
}

/** What zlib says of the bytes, as a failure; anything else (the source's own trouble, a reader's) is handed on. */
function unpackingFailure(error: unknown): unknown {
  const code = String((error as NodeJS.ErrnoException).code);
  if (code === 'Z_BUF_ERROR') return new Failure('truncated', 'the archive ends in the middle; fetch it again', null, error);
  if (code.startsWith('Z_')) return new Failure('malformed', `the archive cannot be unpacked (${(error as Error).message}); fetch it again`, null, error);
  return error;
}

// ---- ZIP

interface Member {
  /** For messages, as JSON. */
  readonly name: string | null;
  readonly source: DocumentSource;
}

/** A file header of the central directory (APPNOTE 4.3.12), its sizes and offset taken from the ZIP64 field where they stand there. */
interface FileHeader {
  readonly name: string;
  readonly raw_name: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed_size: number;
  readonly size: number;
  readonly offset: number;
  /** Unix mode, where a Unix system made the archive. */
  readonly mode: number;
}

const LOCAL_HEADER = 0x04034b50;
const FILE_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const ZIP64_END = 0x06064b50;
const ZIP64_LOCATOR = 0x07064b50;

const END_BYTES = 22;
const FILE_HEADER_BYTES = 46;
const LOCAL_HEADER_BYTES = 30;
const MAX_COMMENT_BYTES = 0xffff;

const STORED = 0;
const DEFLATED = 8;
/** Traditional, strong, and of the directory itself (APPNOTE 4.4.4, bits 0, 6 and 13); method 99 is AES. */
const ENCRYPTED = 0x2041;
const AES = 99;
const UTF8_NAME = 0x0800;

/** Members whose name says that they are no documents: folders, and what macOS adds. */
const NO_DOCUMENT = /\/$|^__MACOSX\/|(?:^|\/)\.DS_Store$/;

async function readWhole(source: DocumentSource): Promise<Buffer> {
  const blocks: Buffer[] = [];
  let size = 0;
  for await (const block of source.read()) {
    blocks.push(block);
    size += block.length;
    if (size > MAX_ZIP_BYTES) throw tooLarge(`a ZIP archive may have at most ${MAX_ZIP_BYTES} bytes; submit what is in it, or gzip a single document`);
  }
  return Buffer.concat(blocks, size);
}

/** The documents of the archive, after every check that the directory allows. */
function listMembers(zip: Buffer): Member[] {
  let headers: FileHeader[];
  try {
    headers = readDirectory(zip);
  } catch (error) {
    if (error instanceof RangeError) throw new Failure('malformed', 'the directory of the archive points outside it; fetch it again', null, error);
    throw error;
  }
  refuseOffice(headers);
  let total = 0;
  for (const header of headers) {
    checkHeader(header);
    total += header.size;
  }
  if (total > MAX_UNPACKED_BYTES) throw tooLarge(`its members have ${total} bytes, more than ${MAX_UNPACKED_BYTES}; submit them one by one`);
  const data = locate(zip, headers);
  const members = headers.flatMap((header, i) => (header.size === 0 || NO_DOCUMENT.test(header.name)
    ? [] : [{ name: quoted(header), source: { size: header.size, read: () => unpackMember(header, data[i]!) } }]));
  if (members.length === 0) throw new Failure('not_a_statement', 'there is no document in the archive');
  return members;
}

function readDirectory(zip: Buffer): FileHeader[] {
  const end = findEnd(zip);
  let count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  // Values that do not fit stand in the ZIP64 record in front (4.3.14 and 4.3.15); some programs always write one.
  if ((count === 0xffff || at === 0xffffffff) && end >= 20 && zip.readUInt32LE(end - 20) === ZIP64_LOCATOR) {
    const zip64 = Number(zip.readBigUInt64LE(end - 12));
    if (zip.readUInt32LE(zip64) !== ZIP64_END) throw new Failure('malformed', 'the ZIP64 record of the archive is not where it should be');
    count = Number(zip.readBigUInt64LE(zip64 + 32));
    at = Number(zip.readBigUInt64LE(zip64 + 48));
  }
  if (count > MAX_MEMBERS) throw tooLarge(`it has ${count} members, more than ${MAX_MEMBERS}; split it`);
  const headers: FileHeader[] = [];
  for (let i = 0; i < count; i++) {
    if (zip.readUInt32LE(at) !== FILE_HEADER) throw new Failure('malformed', `entry ${i + 1} of the archive's directory is none; fetch it again`);
    const [name_bytes, extra_bytes, comment_bytes] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32)];
    const raw_name = zip.subarray(at + FILE_HEADER_BYTES, at + FILE_HEADER_BYTES + name_bytes);
    const extra = zip.subarray(at + FILE_HEADER_BYTES + name_bytes, at + FILE_HEADER_BYTES + name_bytes + extra_bytes);
    const flags = zip.readUInt16LE(at + 8);
    const [size, packed_size, offset] = zip64Values(extra, [zip.readUInt32LE(at + 24), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 42)]);
    headers.push({
      name: raw_name.toString(flags & UTF8_NAME ? 'utf8' : 'latin1'), raw_name, flags, method: zip.readUInt16LE(at + 10), crc: zip.readUInt32LE(at + 16),
      packed_size: packed_size!, size: size!, offset: offset!,
      mode: zip.readUInt8(at + 5) === UNIX ? zip.readUInt16LE(at + 40) : 0,
    });
    at += FILE_HEADER_BYTES + name_bytes + extra_bytes + comment_bytes;
  }
  return headers;
}

/** The end record, searched backwards behind a comment of any length: it is the one whose comment reaches to the end. */
function findEnd(zip: Buffer): number {
  const last = zip.length - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT_BYTES); at--) {
    if (zip.readUInt32LE(at) === END_OF_DIRECTORY && at + END_BYTES + zip.readUInt16LE(at + 20) === zip.length) return at;
  }
  throw new Failure('truncated', 'the ZIP archive has no directory at its end; fetch it again');
}

/** The extra field 0x0001 (4.5.3) carries, in this order, those of size, packed size and offset that are all ones in the header. */
function zip64Values(extra: Buffer, values: number[]): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 0x0001) continue;
    let from = at + 4;
    return values.map((value) => {
      if (value !== 0xffffffff) return value;
      from += 8;
      return Number(extra.readBigUInt64LE(from - 8));
    });
  }
  return values;
}

/** "Version made by" of a Unix system: only there the upper half of the attributes is a file mode. */
const UNIX = 3;
const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;

function checkHeader(header: FileHeader): void {
  const { flags, method, packed_size, size, mode } = header;
  const name = quoted(header);
  const path = header.name.replaceAll('\\', '/');
  if (flags & ENCRYPTED || method === AES) throw new Failure('password_protected', `the member ${name} of the archive is encrypted; ask for it without a password`);
  if (path.split('/').includes('..') || /^(?:\/|[A-Za-z]:)/.test(path) || path.includes('\0')) {
    throw new Failure('malformed', `the member ${name} of the archive has a path that leads out of it; submit the documents themselves`);
  }
  if ((mode & FILE_TYPE) === SYMBOLIC_LINK) throw new Failure('malformed', `the member ${name} of the archive is a symbolic link; submit the documents themselves`);
  if (method !== STORED && method !== DEFLATED) {
    throw new Failure('unsupported_format', `the member ${name} of the archive is packed with method ${method}; pack it again with the usual one (deflate)`);
  }
  if (size > allowedSize(packed_size)) throw tooLarge(`its member ${name} has ${size} bytes, more than ${MAX_RATIO} times its packed size`);
}

/** The packed bytes of each member. Members may not share bytes: the densest bombs let a thousand members unpack the same ones. */
function locate(zip: Buffer, headers: readonly FileHeader[]): Buffer[] {
  const data = headers.map((header) => {
    const { offset, raw_name, packed_size } = header;
    const found = offset + LOCAL_HEADER_BYTES <= zip.length && zip.readUInt32LE(offset) === LOCAL_HEADER;
    const name_bytes = found ? zip.readUInt16LE(offset + 26) : 0;
    const from = found ? offset + LOCAL_HEADER_BYTES + name_bytes + zip.readUInt16LE(offset + 28) : 0;
    if (!found || !zip.subarray(offset + LOCAL_HEADER_BYTES, offset + LOCAL_HEADER_BYTES + name_bytes).equals(raw_name) || from + packed_size > zip.length) {
      throw new Failure('malformed', `the member ${quoted(header)} is not where the archive's directory says; fetch it again`);
    }
    return { header, start: offset, end: from + packed_size, bytes: zip.subarray(from, from + packed_size) };
  });
  const inOrder = data.toSorted((a, b) => a.start - b.start);
  for (const [i, { header, start }] of inOrder.entries()) {
    if (i > 0 && start < inOrder[i - 1]!.end) throw new Failure('malformed', `the member ${quoted(header)} of the archive shares bytes with another; submit the documents themselves`);
  }
  return data.map(({ bytes }) => bytes);
}

async function* unpackMember({ method, size, crc }: FileHeader, packed: Buffer): AsyncGenerator<Buffer, void, void> {
  let sum = 0;
  let left = size;
  for await (const block of method === STORED ? [packed] : inflate(piecesOf(packed), createInflateRaw(OUTPUT), size)) {
    sum = crc32(block, sum);
    left -= block.length;
    yield block;
  }
  if (left !== 0 || sum !== crc) throw new Failure('malformed', 'the member is not what the archive\'s directory says of it; fetch the archive again');
}

/** Small enough that what zlib has read and what it has given out can be compared as it goes. */
const PIECE_BYTES = 65_536;

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer, void, void> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/** Office Open XML (ECMA-376 part 2) and OpenDocument (part 3, 2.2) are ZIP archives; their members are no documents of their own. */
function refuseOffice(headers: readonly FileHeader[]): void {
  const names = new Set(headers.map((header) => header.name));
  const has = (folder: string): boolean => headers.some((header) => header.name.startsWith(folder));
  const kind = names.has('[Content_Types].xml')
    ? has('xl/') ? 'an Excel workbook' : has('word/') ? 'a Word document' : 'an Office document'
    : names.has('mimetype') && names.has('META-INF/manifest.xml') ? 'an OpenDocument file'
    : undefined;
  if (kind !== undefined) throw new Failure('unsupported_format', `the document is ${kind}, which is not read; save it as CSV, or ask the bank for another format`);
}

/** The longest name that a message shows. */
const SHOWN_NAME_CHARACTERS = 80;

function quoted(header: FileHeader): string {
  return JSON.stringify((cleanText(header.name) ?? '').slice(0, SHOWN_NAME_CHARACTERS).toWellFormed());
}

function tooLarge(what: string): Failure {
  return new Failure('too_large', `the archive is too large: ${what}`);
}
