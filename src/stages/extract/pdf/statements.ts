import { accountKey } from '../../../core/account.ts';
import type { Header } from './columns.ts';
import { findHeaders } from './columns.ts';
import { findLabelOf, findAccount, findNamedCurrency, findPeriod } from './facts.ts';
import type { TokenLine } from './tokens.ts';

/** Where one statement of a document ends and the next begins: several accounts in a file, several months of one, two on a page. */

/** A document of more is a list of accounts, not their statements. */
const MAX_STATEMENTS = 500;
/** Lines above a header within which a statement's heading stands. */
const HEADING_LINES = 40;

/** Divides the document's lines at the headings that name another account, or another period or currency of the same. */
export function splitStatements(lines: readonly TokenLine[]): TokenLine[][] {
  const starts = [0];
  let account: string | null = null;
  let period: string | null = null;
  let currency: string | null = null;
  let lastRow = -1;
  let closed = false;
  const headers = new Map<number, Header>(findHeaders(lines).map((header) => [header.from, header]));
  for (let i = 0; i < lines.length && starts.length < MAX_STATEMENTS; i++) {
    const line = lines[i]!;
    const label = findLabelOf(line);
    const begins = headers.has(i) || (label === 'opening' && line.amounts.length > 0);
    if (begins) {
      const from = Math.max(behindDescription(lines, lastRow, headers.get(i)), i - HEADING_LINES);
      // The foot of the page before names the bank's own account.
      const heading = lines.slice(from, i + 1).filter(({ page }) => page === line.page);
      const found = findAccount(heading, []);
      const dates = findPeriod(heading);
      const days = dates === null ? null : `${dates[0].text} ${dates[1].text}`;
      const other = found !== null && account !== null && accountKey(found) !== accountKey(account);
      const named = findNamedCurrency(heading);
      const converted = closed && named !== null && currency !== null && named !== currency;
      const later = closed && days !== null && period !== null && days !== period;
      if (lastRow >= 0 && (other || later || converted)) {
        starts.push(boundary(lines, lastRow, i));
        lastRow = -1;
        closed = false;
      }
      if (found !== null && (account === null || other)) account = found;
      if (days !== null) period = days;
      if (named !== null) currency = named;
    }
    if (label === 'closing' && line.amounts.length > 0) closed = true;
    if (line.dates.length > 0 && line.amounts.some(({ mark }) => mark !== 'none') && label !== 'opening' && label !== 'closing') lastRow = i;
  }
  return starts.map((start, i) => lines.slice(start, starts[i + 1] ?? lines.length));
}

/** The first line behind a row and what goes on below its description: the accounts of others stand there. */
function behindDescription(lines: readonly TokenLine[], row: number, header: Header | undefined): number {
  const text = header?.cells.find(({ field }) => field === 'description');
  if (row < 0 || text === undefined) return row + 1;
  const next = lines.findIndex((line, i) => i > row && (line.page !== lines[row]!.page || line.words[0]!.x0 < text.x0 - INDENT || line.y - lines[i - 1]!.y > LEADING * line.height));
  return next < 0 ? lines.length : next;
}

/** Points by which a line of a description may start left of its title. */
const INDENT = 3;
/** Lines of one description are set closer than this, in font sizes. */
const LEADING = 2.2;

/** The first line of the heading between a statement's last row and the next one's header: behind the closing balance, else on a new page, else behind the widest gap. */
function boundary(lines: readonly TokenLine[], lastRow: number, header: number): number {
  let best = lastRow + 1;
  let widest = 0;
  for (let i = header; i > lastRow; i--) {
    const label = i === header ? undefined : findLabelOf(lines[i]!);
    if (label === 'closing' || label === 'totals' || label === 'debits' || label === 'credits' || label === 'carry') return Math.max(i + 1, best > i ? best : 0);
    const gap = lines[i]!.page === lines[i - 1]?.page && lines[i]!.y >= lines[i - 1]!.y ? (lines[i]!.y - lines[i - 1]!.y) / lines[i]!.height : Infinity;
    if (gap > widest) {
      widest = gap;
      best = i;
    }
  }
  return best;
}
