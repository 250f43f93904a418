import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
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

// Nearly as small as the smallest, in a tenth of the time: people wait for the build when they install.
const QUALITY = 9;

/** The server delivers what is compressed already: a third of the bytes, and no work per request. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  closeBundle() {
    const assets = join(OUT, 'assets');
    for (const name of readdirSync(assets)) {
      if (!/\.(?:m?js|css)$/.test(name)) continue;
      writeFileSync(join(assets, `${name}.br`), brotliCompressSync(readFileSync(join(assets, name)), { params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY } }));
    }
  },
};

/** Each component of the library brings its own styles: those of all would be three times as many. */
const componentStyles: Plugin = {
  name: 'component-styles',
  transform(code, id) {
    if (!/@mantine\/core\/esm\/.*\.module\.mjs$/.test(id)) return null;
    return `import '@mantine/core/styles/${basename(id, '.module.mjs')}.css';\n${code}`;
  },
};

/** The page names what its first script asks for, so that the browser need not wait for that script to learn of it. */
const preloads: Plugin = {
  name: 'preloads',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler: (_html, { bundle }) => Object.values(bundle!).flatMap((one) => (one.type !== 'chunk' || one.name !== 'start' ? [] : [
      ...[one.fileName, ...one.imports].map((file) => ({ tag: 'link', attrs: { rel: 'modulepreload', crossorigin: true, href: `/${file}` }, injectTo: 'head' as const })),
      ...[...one.viteMetadata!.importedCss].map((file) => ({ tag: 'link', attrs: { rel: 'stylesheet', crossorigin: true, href: `/${file}` }, injectTo: 'head' as const })),
    ])),
  },
};

export default defineConfig({
  root: join(ROOT, 'src/web'),
  plugins: [react(), componentStyles, preloads, pdfData, compressed],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    // Styles as data: URLs and inline preloads would need exceptions from the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_500,
    reportCompressedSize: false,
    rolldownOptions: {
      // People see the build while they install: how long its parts took on a busy machine is nothing to them.
      checks: { pluginTimings: false },
      output: {
        // One file for the first script, and one for what every page takes together with the queue: each file more is a request more before anything is seen.
        codeSplitting: { groups: [{ name: 'main', test: /src\/web\/main\.ts$/, priority: 1 }, { name: 'start', test: /src\/web\/start\.tsx$/ }] },
      },
    },
  },
});
