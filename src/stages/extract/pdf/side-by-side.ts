import { findHeaders, isMoneyField } from './columns.ts';
import type { Header, TitleCell } from './columns.ts';
import type { TokenLine } from './tokens.ts';
import { findTokens } from './tokens.ts';

/** A table set twice or three times across the page (`Check Date Amount   Check Date Amount`): its parts become tables one below the other. */

/** Points by which words of a column may stand left of its title. */
const INDENT = 3;

/** The lines with such tables divided; all others as they are. */
export function divideTables(lines: readonly TokenLine[]): TokenLine[] {
  const headers = findHeaders(lines);
  const divided = lines.slice(0, headers[0]?.from ?? lines.length);
  headers.forEach((header, i) => {
    const below = lines.slice(header.from, headers[i + 1]?.from ?? lines.length);
    const edges = edgesOf(header);
    if (edges.length === 0) {
      divided.push(...below);
      return;
    }
    const end = below.findLastIndex((line, k) => k < header.to - header.from || (line.page === below[0]!.page && line.dates.length > 0 && !crosses(line, edges))) + 1;
    const rows = below.slice(0, end);
    for (let side = 0; side <= edges.length; side++) divided.push(...rows.flatMap((line) => sideOf(line, edges, side)));
    divided.push(...below.slice(end));
  });
  return divided;
}

/** Where the second and each further of the tables begins; none where the titles do not repeat. */
function edgesOf({ cells }: Header): number[] {
  const width = cells.findIndex(({ text }, i) => i > 0 && text === cells[0]!.text);
  if (width < 2 || cells.length % width !== 0 || cells.some(({ text }, i) => text !== cells[i % width]!.text)) return [];
  const fields = cells.slice(0, width).map(({ field }) => field);
  if (!fields.includes('booking_date') || !fields.some((field) => isMoneyField(field) && field !== 'balance')) return [];
  return cells.filter((_: TitleCell, i) => i > 0 && i % width === 0).map(({ x0 }) => x0 - INDENT);
}

function crosses({ words }: TokenLine, edges: readonly number[]): boolean {
  return words.some(({ x0, x1 }) => edges.some((edge) => x0 < edge && x1 > edge));
}

/** What of a line belongs to one of the tables; what has no date or crosses an edge stays in one piece. */
function sideOf(line: TokenLine, edges: readonly number[], side: number): TokenLine[] {
  if (crosses(line, edges)) return side === edges.length ? [line] : [];
  const words = line.words.filter(({ x0 }) => x0 >= (edges[side - 1] ?? -Infinity) && x0 < (edges[side] ?? Infinity));
  return words.length === 0 ? [] : [findTokens({ page: line.page, number: line.number, y: line.y, height: line.height, words, side })];
}
