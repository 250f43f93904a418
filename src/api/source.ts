import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import { openBlob, type Blob } from '../platform/blobs.ts';
import type { Database } from '../platform/database.ts';
import { seenBy, type Person } from '../review/person.ts';
import { openMember } from '../stages/extract/archive.ts';
import type { ItemSource } from './schemas.ts';

/** An entry at its place in the document, as the bank sent it. */

// Enough to see where one is; more is scrolling.
const LINES_AROUND = 3;
const MARKED_MAX = 80;
// A line longer than this is a document without line breaks: an entry is cut out of it by its element.
const LINE_MAX = 2_000;
// A ZIP is in memory as a whole while one looks at it.
const ARCHIVE_MAX_BYTES = 64 * 1024 ** 2;
// Whoever looks at an entry waits for the lines before it to be read: half a second for this much.
const READ_MAX_BYTES = 256 * 1024 ** 2;

interface Place {
  document_id: bigint; sha256: Buffer; format: string; line: number;
  source: { page?: number | null; line?: number | null; box?: number[]; member?: number } | null;
  next_line: number | null;
}

/** Throws not_found, also for people of another company. */
export async function loadSource(db: Database, person: Person, entry_id: bigint): Promise<ItemSource> {
  const { rows: [place] } = await sql<Place>`
    select e.document_id, c.sha256, s.format, e.line, e.more -> 'source' as source,
           (select (n.more -> 'source' ->> 'line')::int from entry n where n.statement_id = e.statement_id and n.line = e.line + 1 limit 1) as next_line
      from entry e join statement s using (statement_id) join document c on c.document_id = e.document_id where e.entry_id = ${entry_id} and ${seenBy(person, 's.company')}`.execute(db.kysely);
  if (!place) throw new Failure('not_found', `there is no entry ${entry_id}`);
  const { page = null, line = null, box = null, member = null } = place.source ?? {};
  const found = { document_id: String(place.document_id), format: place.format, page, member, box: box as ItemSource['box'], lines: [], note: null };
  if (place.format === 'pdf') return { ...found, kind: 'pdf' };
  if (line === null) return { ...found, kind: 'none', note: 'The reader of this format does not say where an entry stands; the document has it.' };
  const document = await openDocument(db, place.sha256, member);
  const head = (await first(document.read())) ?? Buffer.alloc(0);
  const until = place.next_line !== null && place.next_line > line ? Math.min(place.next_line - 1, line + MARKED_MAX) : line + MARKED_MAX;
  const lines = await readLines(document.read(), encodingOf(head), line, until, place);
  return { ...found, kind: lines.length === 0 ? 'none' : 'text', lines, note: lines.length === 0 ? 'The entry stands too far behind in a very large document; download it to see the entry.' : null };
}

/** The bytes of a document, or of the one of that number in an archive. Throws too_large for an archive that is too much for a look. */
export async function openDocument(db: Database, sha256: Buffer, member: number | null): Promise<Pick<Blob, 'size' | 'read'>> {
  const blob = await openBlob(db, sha256);
  if (member === null) return blob;
  if (blob.size > ARCHIVE_MAX_BYTES) throw new Failure('too_large', 'the archive is too large to be opened here; download it');
  return openMember(blob, (await first(blob.read())) ?? Buffer.alloc(0), member);
}

async function first(stream: AsyncIterable<Buffer>): Promise<Buffer | undefined> {
  for await (const chunk of stream) return chunk;
  return undefined;
}

/** UTF-16 says so in its first bytes; what is no UTF-8 is what banks write otherwise. */
function encodingOf(head: Buffer): string {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head.subarray(0, Math.max(0, head.length - 4)), { stream: true });
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}

/** Where the last entry of a document ends, whose next line is none: with a line, or before one. A CSV row is its line. */
const ENDS: Readonly<Record<string, { with?: RegExp; before?: RegExp }>> = {
  'camt.053': { with: /<\/(?:\w{1,20}:)?Ntry>/ }, 'camt.052': { with: /<\/(?:\w{1,20}:)?Ntry>/ }, 'camt.054': { with: /<\/(?:\w{1,20}:)?Ntry>/ }, ofx: { with: /<\/STMTTRN>/ }, qif: { with: /^\^/ },
  mt940: { before: /^:(?!86:)\d\d[A-Z]?:|^-/ }, mt942: { before: /^:(?!86:)\d\d[A-Z]?:|^-/ }, bai2: { before: /^(?!88)/ }, csv: { with: /^/ },
};

/** Marks no more than the entry's own lines. */
function unmarkBehind(lines: ItemSource['lines'], format: string): ItemSource['lines'] {
  const end = ENDS[format] ?? {};
  let ended = false;
  let started = false;
  return lines.map((line) => {
    if (line.marked && started && !ended && end.before?.test(line.text)) ended = true;
    const marked = line.marked && !ended;
    started ||= line.marked;
    if (marked && end.with?.test(line.text)) ended = true;
    return { ...line, marked };
  });
}

/** The lines of an entry with some around it; of a document without line breaks the entry's own element, one child a line. */
async function readLines(stream: AsyncIterable<Buffer>, encoding: string, from: number, to: number, { line: entry_line, format }: Pick<Place, 'line' | 'format'>): Promise<ItemSource['lines']> {
  const decoder = new TextDecoder(encoding);
  const lines: ItemSource['lines'] = [];
  let n = 1;
  let rest = '';
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > READ_MAX_BYTES) return [];
    rest += decoder.decode(chunk, { stream: true });
    const parts = rest.split(/\r\n|\n|\r(?!$)/);
    rest = parts.pop()!;
    if (n + parts.length <= from - LINES_AROUND) {
      n += parts.length;
      continue;
    }
    for (const text of parts) take(n++, text);
    if (n > to + LINES_AROUND) break;
    if (rest.length > LINE_MAX * 100 && n >= from) {
      const element = elementOf(rest, entry_line);
      if (element !== null) return element;
    }
  }
  if (n <= to + LINES_AROUND) take(n, rest);
  const long = lines.find((line) => line.marked && line.text.length > LINE_MAX);
  const marked = unmarkBehind(lines, format);
  const last = marked.findLastIndex((line) => line.marked);
  return (long && elementOf(long.text, entry_line)) ?? marked.slice(0, last + 1 + LINES_AROUND).map((line) => ({ ...line, text: line.text.slice(0, LINE_MAX) }));

  function take(at: number, text: string): void {
    if (at >= from - LINES_AROUND && at <= to + LINES_AROUND) lines.push({ n: at, text: text.trimEnd(), marked: at >= from && at <= to });
  }
}

/** The n-th entry element of an ISO 20022 or OFX document that has no line breaks. */
function elementOf(text: string, n: number): ItemSource['lines'] | null {
  const open = /<(?:\w{1,20}:)?(Ntry|STMTTRN)[\s>]/g;
  for (let i = 0; i < n - 1; i++) if (open.exec(text) === null) return null;
  const found = open.exec(text);
  if (found === null) return null;
  const close = text.indexOf(`${found[1]}>`, found.index + found[0].length);
  if (close < 0) return null;
  return text.slice(found.index, close + found[1]!.length + 1).replaceAll('><', '>\n<').split('\n').slice(0, MARKED_MAX * 4).map((line, i) => ({ n: i + 1, text: line.slice(0, LINE_MAX), marked: true }));
}
