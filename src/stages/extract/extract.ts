import { Failure } from '../../core/failure.ts';
import { createProof } from '../../core/proof.ts';
import type { ProofBuilder } from '../../core/proof.ts';
import type { RawPart } from '../../core/statement.ts';
import { findAccountProfile, PROFILED } from './account-profile.ts';
import { isArchive, readArchive } from './archive.ts';
import { bai2Reader } from './bai2.ts';
import { camtReader } from './camt.ts';
import { readInChildProcess } from './child-process.ts';
import type { DocumentSource, ReadContext, Reader } from './contract.ts';
import { csvReader } from './csv.ts';
import { wideEncoding } from './csv-dialect.ts';
import { mt940Reader } from './mt940.ts';
import { ofxReader } from './ofx.ts';
import { pdfReader } from './pdf.ts';
import { qifReader } from './qif.ts';
import { sniff } from './sniff.ts';

/**
 * The formats, strictest claim first: the order in which readers of equal standing are preferred. A PDF's parser can hang and explode, so
 * that it is read in a process of its own.
 */
const READERS: readonly Reader[] = [
  camtReader,
  mt940Reader,
  ofxReader,
  qifReader,
  { ...pdfReader, read: (source, context) => readInChildProcess('pdf', source, context) },
  bai2Reader,
  csvReader,
];

/** Five times a camt.053 of 1,000,000 entries; keeps a disk image or a backup that lies in the inbox from being read for hours. */
const MAX_DOCUMENT_BYTES = 4 * 1024 ** 3;

/**
 * Reads a document's statements, whatever its format: readers are chosen by content, never by name. An archive is unpacked. A document that several readers claim
 * goes to the first whose reading ties out. Yields in document order; throws a Failure when the document as a whole is no statement or
 * cannot be read: `not_a_statement`, `unsupported_format` (what it is, where that is known), `too_large`, or what the reader throws.
 */
export async function* extract(source: DocumentSource, context: ReadContext): AsyncGenerator<RawPart, void, void> {
  if (source.size > MAX_DOCUMENT_BYTES) {
    throw new Failure('too_large', `the document has ${source.size} bytes, more than ${MAX_DOCUMENT_BYTES}; split it by account or period`);
  }
  const head = await sniff(source);
  if (isArchive(head)) yield* readArchive(source, head, (member) => readMember(member, context));
  else yield* readDocument(source, head, context);
}

async function* readMember(member: DocumentSource, context: ReadContext): AsyncGenerator<RawPart, void, void> {
  const head = await sniff(member);
  if (isArchive(head)) throw new Failure('unsupported_format', 'an archive in an archive is not unpacked; submit the inner one by itself');
  yield* readDocument(member, head, context);
}

async function* readDocument(source: DocumentSource, head: Buffer, context: ReadContext): AsyncGenerator<RawPart, void, void> {
  if (/^\s*$/.test(head.toString('latin1'))) throw new Failure('not_a_statement', 'the document is empty');
  const kind = kindOf(head);
  if (kind !== undefined) throw new Failure('unsupported_format', `the document is ${kind}, which is not read; see docs/formats.md for what is`);
  const claiming = READERS.filter((r) => r.recognise(head));
  const text = claiming.some((r) => r.name === pdfReader.name) || wideEncoding(head) !== undefined ? source : withoutNul(source);
  const reader = await chooseReader(claiming, text, context);
  if (reader === undefined) throw notRead(head);
  const named = PROFILED.has(reader.name) ? (context.of_accounts ?? []).filter(({ profile }) => profile === undefined || profile.format === reader.name) : [];
  const profile = named.length === 0 ? undefined : await findAccountProfile((profiles) => reader.read(text, { ...context, profiles }), context.profiles, named);
  let found = false;
  for await (const part of reader.read(text, profile === undefined ? context : { ...context, profiles: [profile] })) {
    found = true;
    yield part;
  }
  if (!found) throw new Failure('not_a_statement', `the document looks like ${reader.name} and has no statement in it`);
}

/** The same document, which throws `malformed` with the line at the first NUL: no text has one, so that it is damaged or made to do harm. */
function withoutNul(source: DocumentSource): DocumentSource {
  return {
    size: source.size,
    async *read() {
      let line = 1;
      let counted = true;
      for await (const block of source.read()) {
        const at = block.indexOf(0);
        if (at >= 0) throw new Failure('malformed', 'the document is text and has a NUL byte; fetch it again, or ask for it anew', counted ? { line: line + newlines(block, at) } : null);
        yield block;
        // Counting costs more than searching, and a line in the hundredth megabyte helps nobody.
        counted &&= line < MAX_COUNTED_LINES;
        if (counted) line += newlines(block, block.length);
      }
    },
  };
}

const MAX_COUNTED_LINES = 100_000;

function newlines(block: Buffer, end: number): number {
  let count = 0;
  for (let at = block.indexOf(NEWLINE); at >= 0 && at < end; at = block.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

const NEWLINE = 0x0a;

async function chooseReader(claiming: readonly Reader[], source: DocumentSource, context: ReadContext): Promise<Reader | undefined> {
  if (claiming.length < 2) return claiming[0];
  for (const reader of claiming) if (await tiesOut(reader, source, context)) return reader;
  return claiming[0];
}

/** Whether this reading of the whole document holds, every statement of it. */
async function tiesOut(reader: Reader, source: DocumentSource, context: ReadContext): Promise<boolean> {
  const proofs = new Map<number, ProofBuilder>();
  try {
    for await (const part of reader.read(source, context)) {
      if (part.part === 'failed') return false;
      const proof = proofs.get(part.statement) ?? createProof();
      proofs.set(part.statement, proof);
      if (part.part === 'entries') proof.entries(part.entries);
      else if (proof.finish(part.head).ties_out !== true) return false;
    }
    return proofs.size > 0;
  } catch (error) {
    if (error instanceof Failure && error.code !== 'bug') return false;
    throw error;
  }
}

/** What is met in place of statements, by the bytes it begins with. */
const KINDS: readonly { name: string; is: (head: Buffer) => boolean }[] = [
  { name: 'an old Word or Excel file', is: (head) => starts(head, 'd0cf11e0a1b11ae1') },
  { name: 'a 7z archive', is: (head) => starts(head, '377abcaf271c') },
  { name: 'a PNG image', is: (head) => starts(head, '89504e470d0a1a0a') },
  { name: 'a JPEG image', is: (head) => starts(head, 'ffd8ff') },
  { name: 'a GIF image', is: (head) => starts(head, '474946383961') || starts(head, '474946383761') },
  { name: 'a TIFF image', is: (head) => starts(head, '49492a00') || starts(head, '4d4d002a') },
  { name: 'an RTF document', is: (head) => /^\s*\{\\rtf/.test(beginning(head)) },
  { name: 'a web page', is: (head) => /^\s*(?:<!doctype html|<html)/i.test(beginning(head)) },
];

/** Enough for a byte order mark, a comment and the first tag or record. */
const BEGINNING_BYTES = 512;

function kindOf(head: Buffer): string | undefined {
  return KINDS.find((kind) => kind.is(head))?.name;
}

function starts(head: Buffer, hex: string): boolean {
  return head.subarray(0, hex.length / 2).toString('hex') === hex;
}

function beginning(head: Buffer): string {
  return head.subarray(0, BEGINNING_BYTES).toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
}

function notRead(head: Buffer): Failure {
  return head.includes(0)
    ? new Failure('unsupported_format', 'the document is binary and of no known format; docs/formats.md lists what is read')
    : new Failure('not_a_statement', 'the document is text, and none of the formats in docs/formats.md');
}
