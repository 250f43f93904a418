import type { DocumentSource, ReadContext } from './contract.ts';
import { readDocument } from './pdf.ts';
import { drawPage, explainReadings } from './pdf/explain.ts';

/** What `tieout extract --explain` and `--debug-image` show of a PDF. */
export type Explanation = { part: 'words'; text: string } | { part: 'page'; number: number; svg: string };

/** Explains a document instead of reading it, in the process in which PDFs are read: first in words, then page by page. */
export const pdfExplainer = {
  async* read(source: DocumentSource, context: ReadContext): AsyncIterable<Explanation> {
    const { text, readings } = await readDocument(source, context);
    yield { part: 'words', text: explainReadings(readings) };
    for (const page of text.pages) yield { part: 'page', number: page.number, svg: drawPage(page, readings) };
  },
};
