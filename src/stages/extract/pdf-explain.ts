import { Failure } from '../../core/failure.ts';
import type { DocumentSource, ReadContext } from './contract.ts';
import { readDocument } from './pdf.ts';
import { drawPage, explainLines, explainReadings } from './pdf/explain.ts';
import { readPages } from './pdf/text.ts';

/** What `tieout extract --explain` and `--debug-image` show of a PDF. */
export type Explanation = { part: 'words'; text: string } | { part: 'page'; number: number; svg: string };

/**
 * Explains a document instead of reading it, in the process in which PDFs are read: first in words, then page by page. Of one in which no
 * statement was found, or more than one reading, it shows the lines with their places, which a profile can name, before it throws the failure.
 */
export const pdfExplainer = {
  async* read(source: DocumentSource, context: ReadContext): AsyncIterable<Explanation> {
    try {
      const { text, readings } = await readDocument(source, context);
      yield { part: 'words', text: explainReadings(readings) };
      for (const page of text.pages) yield { part: 'page', number: page.number, svg: drawPage(page, readings) };
    } catch (error) {
      if (!(error instanceof Failure) || (error.code !== 'not_a_statement' && error.code !== 'ambiguous')) throw error;
      const { pages } = await readPages(Buffer.concat(await Array.fromAsync(source.read())), context.passwords ?? []);
      yield { part: 'words', text: `  not read: ${error.message} (${error.code})\n${explainLines(pages)}` };
      for (const page of pages) yield { part: 'page', number: page.number, svg: drawPage(page, []) };
      throw error;
    }
  },
};
