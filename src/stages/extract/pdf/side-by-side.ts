import { accountKey } from '../../../core/account.ts';
import { findHeaders, isMoneyField } from './columns.ts';
import type { Header, TitleCell } from './columns.ts';
import { findAccount, findLabelOf } from './facts.ts';
import type { TokenLine } from './tokens.ts';
import { findTokens } from './tokens.ts';

/** A table set twice or three times across the page (`Check Date Amount   Check Date Amount`): its parts become tables one below the other. */

/** Points by which words of a column may stand left of its title. */
const INDENT = 3;

/** The lines with such tables divided, and with statements that stand side by side one after the other; all others as they are. */
export function divideTables(printed: readonly TokenLine[]): TokenLine[] {
  const lines = divideStatements(printed);
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

/** Two statements on one page, each with a heading and a table of its own: the left ones of a run of such pages, then those right of them. */
function divideStatements(lines: readonly TokenLine[]): TokenLine[] {
  const edgesOfPage = new Map<number, number[]>();
  const pages = Map.groupBy(lines, (line) => line.page);
  for (const header of findHeaders(lines)) {
    const edges = edgesOf(header);
    const { page, y } = lines[header.from]!;
    // Below rows of the page it is a table of that statement: cheques, or balances of days.
    if (edges.length > 0 && !pages.get(page)!.some((line) => line.y < y && line.dates.length > 0 && line.amounts.some(({ mark }) => mark !== 'none') && !findLabelOf(line))) edgesOfPage.set(page, edges);
  }
  if (edgesOfPage.size === 0) return [...lines];
  const divided: TokenLine[] = [];
  let sides: TokenLine[][] = [];
  const end = (): void => {
    divided.push(...sides.flat());
    sides = [];
  };
  for (const [number, page] of pages) {
    const edges = edgesOfPage.get(number) ?? [];
    const parts = Array.from({ length: edges.length + 1 }, (_, side) => page.flatMap((line) => (crosses(line, edges) ? (side === 0 ? [line] : []) : withoutSide(sideOf(line, edges, side)))));
    const goesOn = edges.length > 0 && sides.length === parts.length;
    if (edges.length === 0 || !(goesOn || areStatements(parts))) {
      end();
      divided.push(...page);
      continue;
    }
    if (!goesOn) {
      end();
      sides = parts.map(() => []);
    }
    parts.forEach((part, side) => sides[side]!.push(...part));
  }
  end();
  return divided;
}

function withoutSide(lines: readonly TokenLine[]): TokenLine[] {
  return lines.map(({ page, number, y, height, words, dates, amounts }) => ({ page, number, y, height, words, dates, amounts }));
}

/** Whether the parts of a page name different accounts, or each begins with a balance of its own. */
function areStatements(parts: readonly (readonly TokenLine[])[]): boolean {
  const accounts = parts.map((part) => findAccount(part, [])).map((account) => account && accountKey(account));
  if (accounts.every((account) => account !== null) && new Set(accounts).size === parts.length) return true;
  return parts.every((part) => part.some((line) => line.amounts.length > 0 && findLabelOf(line) === 'opening'));
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
