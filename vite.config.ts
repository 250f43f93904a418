import { cpSync } from 'node:fs';
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Builds the pages of src/web into dist/web, which `tieout serve` delivers. Nothing is fetched from elsewhere, neither now nor in the browser. */

const ROOT = import.meta.dirname;
const OUT = join(ROOT, 'dist/web');

/** PDFs may name fonts and encodings without carrying them; pdf.js looks for them here. */
const pdfData: Plugin = {
  name: 'pdf-data',
  apply: 'build',
  closeBundle() {
    for (const folder of ['standard_fonts', 'cmaps']) cpSync(join(ROOT, 'node_modules/pdfjs-dist', folder), join(OUT, 'pdf', folder), { recursive: true });
  },
};

export default defineConfig({
  root: join(ROOT, 'src/web'),
  plugins: [react(), pdfData],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    // Styles as data: URLs and inline preloads would need exceptions from the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_500,
    reportCompressedSize: false,
  },
});
