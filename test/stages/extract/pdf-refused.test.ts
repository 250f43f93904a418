import { deflateSync } from 'node:zlib';
import { join } from 'node:path';
import PDFDocument from 'pdfkit';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../../src/core/failure.ts';
import { readInChildProcess } from '../../../src/stages/extract/child-process.ts';
import { LAYOUTS, makeDocument } from './pdf-layouts/layouts.ts';

/** What is refused, in the process of its own in which PDFs are read. */

async function codeOf(bytes: Buffer, passwords: string[] = []): Promise<string> {
  try {
    const source = { size: bytes.length, read: async function* () { yield bytes; } };
    for await (const part of readInChildProcess('pdf', source, { profiles: [], passwords })) if (part.part === 'failed') return part.code;
    return 'read';
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

async function failureOf(bytes: Buffer): Promise<unknown> {
  const source = { size: bytes.length, read: async function* () { yield bytes; } };
  return await Array.fromAsync(readInChildProcess('pdf', source, { profiles: [] })).then(() => 'read', (error: unknown) => error);
}

/** A PDF of the given objects, the first of which is the catalogue. */
function pdfOf(objects: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n')];
  const offsets: number[] = [];
  let length = parts[0]!.length;
  for (const [i, object] of objects.entries()) {
    offsets.push(length);
    const part = Buffer.concat([Buffer.from(`${i + 1} 0 obj\n`), Buffer.from(object), Buffer.from('\nendobj\n')]);
    parts.push(part);
    length += part.length;
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  parts.push(Buffer.from(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${length}\n%%EOF\n`));
  return Buffer.concat(parts);
}

function stream(dictionary: string, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`<< ${dictionary} /Length ${data.length} >>\nstream\n`), data, Buffer.from('\nendstream')]);
}

function drawn(options: PDFKit.PDFDocumentOptions, draw: (document: PDFKit.PDFDocument) => void): Promise<Buffer> {
  const document = new PDFDocument({ size: 'A4', ...options });
  const chunks: Buffer[] = [];
  const ended = new Promise<Buffer>((resolve) => document.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks))));
  draw(document);
  document.end();
  return ended;
}

const layout = LAYOUTS.find(({ name }) => name === 'de-soll-haben')!;

describe('what is refused', () => {
  test('a document whose content unpacks to gigabytes', async () => {
    const bomb = deflateSync(Buffer.alloc(400 * 1024 * 1024, ' '));
    expect(await codeOf(pdfOf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>', '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>', stream('/Filter /FlateDecode', bomb)]))).toBe('too_large');
    const twice = deflateSync(bomb);
    expect(await codeOf(pdfOf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>', '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>', stream('/Filter [/FlateDecode /FlateDecode]', twice)]))).toBe('too_large');
  }, 60_000);

  test('content that keeps the reader busy: too much of it, or the same again and again', async () => {
    const page = (contents: string, data: Buffer): Buffer => pdfOf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>', `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${contents} >>`, stream('/Filter /FlateDecode', deflateSync(data))]);
    const lines = (bytes: number): Buffer => Buffer.from('0 0 m 9 9 l S '.repeat(bytes / 14));
    expect(await failureOf(page('4 0 R', lines(9 * 1024 * 1024)))).toMatchObject({ code: 'too_large', message: expect.stringContaining('content stream') });
    // Each stream is within its bound; the processor time of the whole is not, and ends the process while pdf.js is still reading.
    expect(await failureOf(page(`[${'4 0 R '.repeat(400)}]`, lines(1024 * 1024)))).toMatchObject({ code: 'too_large', message: expect.stringContaining('processor time') });
  }, 120_000);

  test('ten thousand pages', async () => {
    const kids = Array.from({ length: 10_000 }, (_, i) => `${i + 3} 0 R`).join(' ');
    const pages = Array.from({ length: 10_000 }, () => '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>');
    expect(await codeOf(pdfOf(['<< /Type /Catalog /Pages 2 0 R >>', `<< /Type /Pages /Kids [${kids}] /Count 10000 >>`, ...pages]))).toBe('too_large');
  }, 60_000);

  test.each([
    ['pages that are their own parents', ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [2 0 R] /Count 1 >>']],
    ['a length that is itself', ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>', '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>', '<< /Length 4 0 R >>\nstream\nBT ET\nendstream']],
    ['a drawing that draws itself', ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>', '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R /Resources << /XObject << /X 4 0 R >> >> >>',
      stream('/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 4 0 R >> >>', Buffer.from('/X Do')), stream('', Buffer.from('/X Do'))]],
  ] as const)('%s', async (_, objects) => {
    expect(['malformed', 'needs_ocr', 'too_large']).toContain(await codeOf(pdfOf(objects)));
  }, 60_000);

  test('a password, unless it is configured', async () => {
    const { bytes } = await makeDocument({ ...layout, style: { ...layout.style, options: { userPassword: 'secret' } } }, 1);
    expect(await codeOf(bytes)).toBe('password_protected');
    expect(await codeOf(bytes, ['wrong', 'also wrong'])).toBe('password_protected');
    expect(await codeOf(bytes, ['wrong', 'secret'])).toBe('read');
  }, 60_000);

  test('the beginning of a document', async () => {
    const { bytes } = await makeDocument(layout, 1);
    expect(await codeOf(bytes.subarray(0, bytes.length * 0.7))).toBe('truncated');
  });

  test('a page that is a picture, also with a stamp on it', async () => {
    const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
    expect(await codeOf(await drawn({}, (document) => { document.image(pixel, 0, 0, { width: 595, height: 842 }); }))).toBe('needs_ocr');
    expect(await codeOf(await drawn({}, (document) => { document.image(pixel, 0, 0, { width: 595, height: 842 }).text('Scanned 2026-03-02 page 1', 20, 20); }))).toBe('needs_ocr');
  });

  test('a font that does not say what its glyphs mean', async () => {
    const font = join(import.meta.dirname, '../../../node_modules/pdfjs-dist/standard_fonts/LiberationSans-Regular.ttf');
    const bytes = await drawn({ compress: false, font }, (document) => {
      document.fontSize(10);
      for (let i = 0; i < 30; i++) document.text(`0${i % 9 + 1}.03.2026   Rechnung ${i} vom Lieferanten   ${i}12,34`);
    });
    const stripped = Buffer.from(bytes.toString('latin1').replace(/\/ToUnicode \d+ 0 R/g, (found) => ' '.repeat(found.length)), 'latin1');
    expect(await codeOf(bytes)).toBe('not_a_statement');
    expect(await codeOf(stripped)).toBe('unreadable_text');
  });

  test('a damaged stream', async () => {
    const { bytes } = await makeDocument(layout, 2);
    const at = bytes.indexOf('stream') + 60;
    const damaged = Buffer.from(bytes);
    damaged[at] = damaged[at]! ^ 0xff;
    expect(await codeOf(damaged)).toBe('malformed');
  });
});
