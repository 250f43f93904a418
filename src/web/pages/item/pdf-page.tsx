import { Text } from '@mantine/core';
import { getDocument, GlobalWorkerOptions, type PDFPageProxy } from 'pdfjs-dist';
import workerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?url';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Loading } from '../../parts/states.tsx';
import classes from './pdf-page.module.css';

/** A page of a PDF as its pixels, with the entry's row marked. */

GlobalWorkerOptions.workerSrc = workerUrl;
// Sharp on a screen of two pixels per point, without an image of a hundred megabytes.
const LARGEST_SCALE = 3;

export default function PdfPage({ address, page: number, box }: { address: string; page: number; box: number[] | null }): ReactNode {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [state, setState] = useState<{ page: PDFPageProxy; pages: number } | { failure: string } | null>(null);
  const [mark, setMark] = useState<{ left: number; top: number; width: number; height: number } | null>(null);

  useEffect(() => {
    const leaving = new AbortController();
    load(leaving.signal).then(setState).catch((error: unknown) => {
      if (!leaving.signal.aborted) setState({ failure: error instanceof Error ? error.message : String(error) });
    });
    return () => leaving.abort();

    // The bytes are fetched here: a download of pdf.js's own that is broken off when the page is left ends as an error that nobody can catch.
    async function load(signal: AbortSignal): Promise<{ page: PDFPageProxy; pages: number }> {
      const answer = await fetch(address, { signal });
      if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
      const data = new Uint8Array(await answer.arrayBuffer());
      signal.throwIfAborted();
      // Bytes of a bank or of whoever has written to it: nothing in them is run, and pictures cannot be of any size.
      const task = getDocument({
        data, isEvalSupported: false, enableXfa: false, useWasm: false, maxImageSize: 16_000_000,
        standardFontDataUrl: '/pdf/standard_fonts/', cMapUrl: '/pdf/cmaps/', cMapPacked: true,
      });
      signal.addEventListener('abort', () => { task.destroy().catch(() => {}); });
      const document = await task.promise;
      const page = await document.getPage(Math.min(number, document.numPages));
      signal.throwIfAborted();
      return { page, pages: document.numPages };
    }
  }, [address, number]);

  useEffect(() => {
    if (!state || !('page' in state) || !frame.current || !canvas.current) return;
    const natural = state.page.getViewport({ scale: 1 });
    const scale = frame.current.clientWidth / natural.width;
    const viewport = state.page.getViewport({ scale: Math.min(LARGEST_SCALE, scale * window.devicePixelRatio) });
    canvas.current.width = viewport.width;
    canvas.current.height = viewport.height;
    const drawing = state.page.render({ canvas: canvas.current, viewport });
    drawing.promise.then(() => {
      if (!box) return;
      const shown = state.page.getViewport({ scale });
      const [x0, y0, x1, y1] = shown.convertToViewportRectangle(box) as [number, number, number, number];
      const next = { left: Math.min(x0, x1), top: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
      setMark(next);
      frame.current?.scrollTo({ top: next.top - frame.current.clientHeight / 2 });
    }).catch((error: unknown) => {
      if (!(error instanceof Error && error.name === 'RenderingCancelledException')) setState({ failure: error instanceof Error ? error.message : String(error) });
    });
    return () => drawing.cancel();
  }, [state, box]);

  if (state && 'failure' in state) return <Text p="sm" c="red">The page cannot be drawn: {state.failure}. The document can be downloaded above.</Text>;
  return (
    <div ref={frame} className={classes['frame']} tabIndex={0} role="region" aria-label={`Page ${number} of the statement, the entry's row marked`}>
      {state === null && <Loading rows={8} label="Loading the page" />}
      <div className={classes['page']}>
        <canvas ref={canvas} className={classes['canvas']} aria-hidden />
        {mark && <div className={classes['mark']} style={mark} data-testid="marked-row" />}
      </div>
      {state && <Text size="xs" c="dimmed" ta="center" py={4}>Page {number} of {state.pages}</Text>}
    </div>
  );
}
