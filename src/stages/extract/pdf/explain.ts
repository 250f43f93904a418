import type { StatementReading } from '../pdf.ts';
import type { Span } from './columns.ts';
import { findLines, lineText } from './lines.ts';
import type { Reading } from './reading.ts';
import type { Marker, Row } from './rows.ts';
import type { Page } from './text.ts';
import { findTokens } from './tokens.ts';

/** What was seen in a PDF, for who writes a profile: in words, and drawn over its pages. */

/** The reading of each statement in words: titles, columns, how numbers and dates were read, rows, sums, checks. */
export function explainReadings(readings: readonly StatementReading[]): string {
  return readings.map((one, i) => [`statement ${i + 1} of ${readings.length}, account ${(one.reading ? one.reading.head.account : one.account) ?? 'not printed'}`, ...(one.reading ? explain(one.reading) : [`  not read: ${one.failure.message} (${one.failure.code})`])].join('\n')).join('\n\n');
}

/** The lines of which no table was made: each group of words with the place where it begins, and what of it was taken for a date or an amount. */
export function explainLines(pages: readonly Page[]): string {
  const lines = pages.flatMap((page) => findLines(page).map(findTokens)).slice(0, LINES_SHOWN);
  return ['  lines, each group of words with the point where it begins; * a date, # an amount', ...lines.map(({ page, number, height, words, dates, amounts }) => {
    const groups: string[] = [];
    words.forEach((word, i) => {
      const mark = dates.some(({ from }) => from === i) ? '*' : amounts.some(({ from }) => from === i) ? '#' : '';
      const begins = i === 0 || mark !== '' || word.x0 - words[i - 1]!.x1 > GROUP_SPACE * height;
      if (begins) groups.push(`${mark}${word.x0.toFixed(0)} ${word.text}`);
      else groups.push(`${groups.pop()!} ${word.text}`);
    });
    return `  page ${page} line ${String(number).padStart(3)}  ${groups.join(' | ')}`;
  })].join('\n');
}

/** A page or two show how the rows of a statement look. */
const LINES_SHOWN = 120;
/** Words further apart are of different columns, in font sizes. */
const GROUP_SPACE = 0.9;

const UNSIGNED_MEANS = {
  credit: 'money in, unless a sign, a mark or the column says otherwise', debit: 'money out, unless a sign or a mark says otherwise', balance: 'what the running balances say',
  section: 'what the heading over it says', inverted: 'the opposite: all signs are turned round', owed: 'money out, as on a card: all signs are turned round, those of the balances too',
} as const;

function explain({ head, entries, proof, seen }: Reading): string[] {
  const { tables, table, style, tried, proven } = seen;
  const out: string[] = [];
  tables.forEach(({ layout, assignment }, i) => {
    out.push(`  table ${i + 1}`);
    out.push(layout.header === null ? '    header    none was found' : `    header    ${layout.header.cells.map((cell) => `${cell.text} = ${cell.field ?? 'unknown'}`).join(' | ')}`);
    if (layout.booking) out.push(`    column    ${place(layout.booking)}  booking date`);
    if (layout.value) out.push(`    column    ${place(layout.value)}  value date`);
    if (layout.indicator) out.push(`    column    ${place(layout.indicator)}  debit or credit mark`);
    for (const { span, field } of assignment.columns) out.push(`    column    ${place(span)}  ${field}`);
    for (const span of layout.numbers.filter((one) => !assignment.columns.some((column) => column.span === one))) out.push(`    numbers   ${place(span)}  ${span.count} of them are in no column and were left out`);
  });
  out.push(`  decimal mark ${style.mark}   dates ${style.order}   an amount without a sign is ${UNSIGNED_MEANS[style.unsigned]}`);
  out.push(`  currency ${head.currency ?? 'not printed'}   period ${head.from ?? '?'} to ${head.to ?? '?'}   ${tried} readings tried, ${proven} of them tie out`);
  entries.forEach((entry, i) => {
    const row = table.rows[i]!;
    out.push(...table.markers.filter(({ rows }) => rows === i).map(explainMarker));
    out.push(`  row ${String(entry.line).padStart(5)}  page ${row.page}  ${entry.booking_date}${entry.value_date === null ? '' : ` (${entry.value_date})`}  ${entry.amount.padStart(14)}${entry.balance_after === null ? '' : `  = ${entry.balance_after}`}  ${entry.remittance ?? ''}`);
  });
  out.push(...table.markers.filter(({ rows }) => rows === entries.length).map(explainMarker));
  out.push(`  opening ${proof.opening_balance?.amount ?? 'not known'}   closing ${proof.closing_balance?.amount ?? 'not known'}   ties out: ${proof.ties_out === null ? 'nothing to check against' : proof.ties_out ? 'yes' : 'no'}`);
  for (const check of proof.checks) out.push(`    ${check.ok ? 'ok   ' : 'WRONG'} ${check.name}: ${check.detail}`);
  return out;
}

function explainMarker({ label, line }: Marker): string {
  return `  sum        page ${line.page}  ${label ?? 'balance'}: ${lineText(line.words)}`;
}

function place({ x0, x1 }: Span): string {
  return `${x0.toFixed(0).padStart(4)} to ${x1.toFixed(0).padStart(4)}`;
}

const COLOURS = { row: '#1a7f37', marker: '#9a6700', booking: '#0969da', value: '#54aeff', debit: '#cf222e', credit: '#1a7f37', amount: '#8250df', balance: '#9a6700', header: '#57606a' } as const;

/** One page as SVG: its words where they stand, the rows framed and numbered, the columns shaded. */
export function drawPage(page: Page, readings: readonly StatementReading[]): string {
  const shapes: string[] = [];
  const box = (x0: number, y0: number, x1: number, y1: number, colour: string, more: string, title: string): void => {
    shapes.push(`<rect x="${x0.toFixed(1)}" y="${y0.toFixed(1)}" width="${(x1 - x0).toFixed(1)}" height="${(y1 - y0).toFixed(1)}" stroke="${colour}" ${more}><title>${escape(title)}</title></rect>`);
  };
  for (const { reading } of readings) {
    if (reading === null) continue;
    const { tables, table } = reading.seen;
    const rows = table.rows.map((row, i) => ({ row, i })).filter(({ row }) => row.page === page.number);
    const markers = table.markers.filter(({ line }) => line.page === page.number);
    const ys = [...rows.flatMap(({ row }) => [row.box[1], row.box[3]]), ...markers.map(({ line }) => line.y)];
    if (ys.length === 0) continue;
    const shade = (span: Span, colour: string, title: string): void => box(span.x0 - 1, Math.min(...ys) - 14, span.x1 + 1, Math.max(...ys) + 6, colour, `fill="${colour}" fill-opacity="0.10" stroke-width="0.3"`, title);
    for (const { layout, assignment } of tables) {
      if (layout.booking) shade(layout.booking, COLOURS.booking, 'booking date');
      if (layout.value) shade(layout.value, COLOURS.value, 'value date');
      for (const { span, field } of assignment.columns) shade(span, COLOURS[field], field);
    }
    for (const { row, i } of rows) drawRow(row, i);
    for (const { line, label } of markers) box(line.words[0]!.x0 - 2, line.y - line.height, line.words.at(-1)!.x1 + 2, line.y + 2, COLOURS.marker, 'fill="none" stroke-width="0.8" stroke-dasharray="3 2"', label ?? 'balance');
    function drawRow({ box: [x0, top, x1, bottom] }: Row, i: number): void {
      const entry = reading!.entries[i]!;
      box(x0 - 2, top, x1 + 2, bottom, COLOURS.row, 'fill="none" stroke-width="0.6"', `entry ${entry.line}: ${entry.booking_date} ${entry.amount}`);
      shapes.push(`<text x="2" y="${(top + 8).toFixed(1)}" font-size="6" fill="${COLOURS.row}">${entry.line}</text>`);
    }
  }
  const words = page.words.map(({ text, x0, x1, y, height }) => `<text x="${x0.toFixed(1)}" y="${y.toFixed(1)}" font-size="${height.toFixed(1)}" textLength="${Math.max(0.1, x1 - x0).toFixed(1)}" lengthAdjust="spacingAndGlyphs">${escape(text)}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${page.width.toFixed(1)} ${page.height.toFixed(1)}" width="${page.width.toFixed(0)}" height="${page.height.toFixed(0)}" font-family="sans-serif">`
    + `<rect width="100%" height="100%" fill="white"/>\n${words.join('\n')}\n${shapes.join('\n')}\n</svg>\n`;
}

function escape(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd').replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
