import { Failure } from '../../core/failure.ts';
import type { RawPart } from '../../core/statement.ts';
import { CHUNK_ENTRIES } from '../../core/statement.ts';
import type { DocumentSource, ReadContext, Reader } from './contract.ts';
import { findHeaders } from './pdf/columns.ts';
import { findAccount, findLabelOf } from './pdf/facts.ts';
import { findLines, lineText } from './pdf/lines.ts';
import type { Reading } from './pdf/reading.ts';
import { readStatement } from './pdf/reading.ts';
import { divideTables } from './pdf/side-by-side.ts';
import { splitStatements } from './pdf/statements.ts';
import type { PdfText } from './pdf/text.ts';
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
    const { readings } = await readDocument(source, context);
    let line = 0;
    for (const [statement, { account, reading, failure }] of readings.entries()) {
      if (failure !== null) {
        yield { part: 'failed', statement, account, code: failure.code, message: failure.message, location: failure.location };
        continue;
      }
      const entries = reading.entries.map((entry) => ({ ...entry, line: ++line }));
      for (let i = 0; i < entries.length; i += CHUNK_ENTRIES) yield { part: 'entries', statement, entries: entries.slice(i, i + CHUNK_ENTRIES) };
      yield { part: 'end', statement, head: reading.head };
    }
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

/** A document's pages and what was read of each of its statements. */
interface DocumentReading {
  text: PdfText;
  readings: StatementReading[];
}

export type StatementReading = { account: string | null } & ({ reading: Reading; failure: null } | { reading: null; failure: Failure });

/** Reads all statements of a document; one that cannot be read does not keep the others from it. */
export async function readDocument(source: DocumentSource, context: ReadContext): Promise<DocumentReading> {
  const text = await readPages(Buffer.concat(await Array.fromAsync(source.read())), context.passwords ?? []);
  const lines = divideTables(text.pages.flatMap((page) => findLines(page).map(findTokens)));
  if (lines.length > MAX_LINES) throw new Failure('too_large', `the PDF has ${lines.length} lines of text, more than ${MAX_LINES}; split it`);
  if (text.characters === 0) throw noText();
  const profile = findProfile(context, lines);
  const common = lines.slice(0, findHeaders(lines)[0]?.from ?? 0);
  const read = (some: readonly TokenLine[]): StatementReading => {
    const account = findAccount(some.slice(0, HEADING_LINES), []);
    try {
      return { account, reading: readStatement(text.pages, some, profile, EXTRACTOR, some[0] === lines[0] ? [] : common, lines), failure: null };
    } catch (error) {
      if (!(error instanceof Failure) || error.code === 'bug') throw error;
      return { account, reading: null, failure: error };
    }
  };
  let parts = splitStatements(lines);
  let readings = parts.map(read);
  // What divides the document must leave statements: where no part is one, it was none.
  if (parts.length > 1) {
    const whole = (): StatementReading => read(lines);
    if (readings.every(({ failure }) => failure !== null)) readings = [whole()];
    else {
      const kept = readings.map(({ failure }, i) => failure?.code !== 'not_a_statement' || hasBalance(parts[i]!));
      readings = readings.filter((_, i) => kept[i]);
      parts = parts.filter((_, i) => kept[i]);
    }
    if (readings.some(({ reading }) => reading?.proof.ties_out !== true)) {
      const one = whole();
      // A whole that leaves out rows of its parts ties out by losing a statement.
      const rows = readings.reduce((sum, { reading }) => sum + (reading?.entries.length ?? 0), 0);
      if (one.reading?.proof.ties_out === true && one.reading.entries.length >= rows && !readings.some(({ failure }, i) => failure !== null && hasBalance(parts[i]!))) readings = [one];
    }
  }
  const proven = readings.some(({ reading }) => reading?.proof.ties_out === true);
  if (!proven && text.meaningless > text.characters * UNREADABLE_SHARE) {
    throw new Failure('unreadable_text', `${text.meaningless} of the PDF's ${text.characters} characters have no meaning: a font lacks a usable encoding; ask the bank for another format`);
  }
  if (readings.length === 1 && readings[0]!.failure !== null) {
    const words = text.pages.reduce((sum, page) => sum + page.words.length, 0);
    if (readings[0]!.failure.code === 'not_a_statement' && text.has_pictures && words < text.pages.length * FEW_WORDS) throw noText();
    if (readings[0]!.failure.code === 'not_a_statement' && words > FEW_WORDS && !isLanguage(text)) {
      throw new Failure('unreadable_text', 'the PDF has text of no language: a font lacks a usable encoding; ask the bank for another format');
    }
    throw readings[0]!.failure;
  }
  return { text, readings };
}

/** Whether dated amounts lead to a labelled balance: a statement that could not be read must not be lost among those that could. */
function hasBalance(lines: readonly TokenLine[]): boolean {
  const amounts = (line: TokenLine): boolean => line.amounts.some(({ mark }) => mark !== 'none');
  const labels = lines.filter(amounts).map(findLabelOf);
  return labels.includes('opening') && labels.includes('closing') && lines.some((line) => line.dates.length > 0 && amounts(line) && findLabelOf(line) === undefined);
}

/** Whether words are made of letters, or numbers of digits: what a wrong encoding leaves is neither. */
function isLanguage({ pages }: PdfText): boolean {
  const words = pages.flatMap((page) => page.words);
  return words.filter(({ text }) => /^[(]?(?:\p{L}[\p{L}'’.&/-]*|[-+]?[\d.,:/%-]+)[.,:;)]*$/u.test(text)).length > words.length * LANGUAGE_SHARE;
}

function noText(): Failure {
  return new Failure('needs_ocr', 'the PDF has pictures of text and no text; ask the bank for the electronic statement');
}

/** Lines within which a statement names its account. */
const HEADING_LINES = 40;
/** Above this share of characters without a meaning the fonts' encodings are unusable, below it is a bullet or a logo. */
const UNREADABLE_SHARE = 0.3;
/** Of a letter or a table nearly all words are. */
const LANGUAGE_SHARE = 0.3;
/** A scan's stamp or page number; a page of a statement has more words. */
const FEW_WORDS = 20;
