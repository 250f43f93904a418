import { Failure } from '../../core/failure.ts';
import type { RawPart } from '../../core/statement.ts';
import { CHUNK_ENTRIES } from '../../core/statement.ts';
import type { DocumentSource, ReadContext, Reader } from './contract.ts';
import { findLines, lineText } from './pdf/lines.ts';
import { readStatement } from './pdf/reading.ts';
import { readPages } from './pdf/text.ts';
import type { TokenLine } from './pdf/tokens.ts';
import { findTokens } from './pdf/tokens.ts';
import type { StatementProfile } from './profile.ts';

/**
 * PDF (ISO 32000): text with coordinates, to lines, columns, rows, and to the reading that ties out. Made for layouts never seen before.
 * It holds the whole document and trusts pdf.js: run it in a process of its own (child-process.ts).
 */
export const pdfReader: Reader = {
  name: 'pdf',

  recognise: (head) => head.subarray(0, MARK_WITHIN_BYTES).includes('%PDF-'),

  async* read(source: DocumentSource, context: ReadContext): AsyncIterable<RawPart> {
    const pages = await readPages(Buffer.concat(await Array.fromAsync(source.read())));
    const lines: TokenLine[] = pages.flatMap((page) => findLines(page).map(findTokens));
    if (lines.length > MAX_LINES) throw new Failure('too_large', `the PDF has ${lines.length} lines of text, more than ${MAX_LINES}; split it`);
    const { head, entries } = readStatement(pages, lines, findProfile(context, lines), EXTRACTOR);
    for (let i = 0; i < entries.length; i += CHUNK_ENTRIES) yield { part: 'entries', statement: 0, entries: entries.slice(i, i + CHUNK_ENTRIES) };
    yield { part: 'end', statement: 0, head };
  },
};

const EXTRACTOR = 'pdf@1';

/** ISO 32000-1 annex H.3.4.1: readers accept the mark anywhere in the first 1,024 bytes. */
const MARK_WITHIN_BYTES = 1_024;

/** The search passes over all lines once per reading: this many stay within its time. */
const MAX_LINES = 200_000;

/** The first profile for PDFs whose text stands on the first page. */
function findProfile({ profiles }: ReadContext, lines: readonly TokenLine[]): StatementProfile | null {
  const firstPage = lines.filter((line) => line.page === 1).map((line) => lineText(line.words)).join('\n');
  return profiles.find(({ format, match }) => format === 'pdf' && match?.text !== undefined && firstPage.includes(match.text)) ?? null;
}
