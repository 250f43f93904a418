import { Failure } from '../../../../src/core/failure.ts';
import { proveStatement } from '../../../../src/core/proof.ts';
import type { RawEntry, RawStatement } from '../../../../src/core/statement.ts';
import { pdfReader } from '../../../../src/stages/extract/pdf.ts';
import type { Truth } from './draw.ts';
import { printNumber } from './draw.ts';

/** How a document's reading compares with its truth. */
export interface Score {
  /** Statements with account, currency, balances, every date and signed amount right, in order, and proven where balances are printed. */
  exact: number;
  /** Statements whose descriptions are at least 95% alike. */
  alike: number;
  /** Statements that claim to tie out and are not exact. */
  wrong_but_proven: number;
  notes: string[];
}

export async function readDocument(bytes: Buffer): Promise<{ head: RawStatement; entries: RawEntry[] }[]> {
  const read: { head: RawStatement; entries: RawEntry[] }[] = [];
  const entries = new Map<number, RawEntry[]>();
  const source = { size: bytes.length, read: async function* () { yield bytes; } };
  for await (const part of pdfReader.read(source, { profiles: [] })) {
    if (part.part === 'entries') entries.set(part.statement, [...(entries.get(part.statement) ?? []), ...part.entries]);
    else if (part.part === 'end') read.push({ head: part.head, entries: entries.get(part.statement) ?? [] });
    else throw new Failure(part.code, part.message);
  }
  return read;
}

export async function scoreDocument(bytes: Buffer, truths: readonly Truth[]): Promise<Score> {
  const score: Score = { exact: 0, alike: 0, wrong_but_proven: 0, notes: [] };
  const read = await readDocument(bytes).catch((error: unknown) => {
    score.notes.push(error instanceof Failure && error.code !== 'bug' ? `${error.code}: ${error.message}` : String((error as Error).stack));
    return [];
  });
  if (read.length !== truths.length) score.notes.push(`${read.length} statements of ${truths.length}`);
  read.forEach(({ head, entries }, i) => {
    const proof = proveStatement(head, entries);
    const truth = truths[i];
    const wrong = truth === undefined ? 'no such statement' : compare(head, entries, proof, truth);
    const proven = proof.ties_out === true;
    if (wrong === null && proven) score.exact++;
    else score.notes.push(`${wrong ?? 'not proven'}${proven ? ' (PROVEN)' : ` ${JSON.stringify(proof.checks.filter((check) => !check.ok))}`}`);
    if (wrong !== null && proven) score.wrong_but_proven++;
    if (truth !== undefined) {
      const share = alikeness(entries, truth);
      if (share >= 0.95) score.alike++;
      else score.notes.push(`descriptions ${share.toFixed(2)}: ${differing(entries, truth)}`);
    }
  });
  return score;
}

function compare(head: RawStatement, entries: readonly RawEntry[], proof: ReturnType<typeof proveStatement>, truth: Truth): string | null {
  const amount = (units: number): string => `${units < 0 ? '-' : ''}${printNumber(units, { group: '', mark: '.' }, truth.decimals)}`;
  if (head.account?.replace(/ /g, '') !== truth.account) return `account ${head.account}, not ${truth.account}`;
  if (head.currency !== truth.currency) return `currency ${head.currency}, not ${truth.currency}`;
  const expected = truth.entries.map((entry) => `${entry.booking_date} ${entry.value_date} ${amount(entry.amount)}`);
  const found = entries.map((entry) => `${entry.booking_date} ${entry.value_date} ${entry.amount}`);
  const at = expected.findIndex((line, i) => line !== found[i]);
  if (at >= 0 || found.length !== expected.length) return `${found.length} entries of ${expected.length}, first difference at ${at < 0 ? expected.length : at}: ${found[at]} for ${expected[at]}`;
  const closing = truth.entries.reduce((sum, entry) => sum + entry.amount, truth.opening);
  if (proof.opening_balance?.amount !== amount(truth.opening)) return `opening ${proof.opening_balance?.amount}, not ${amount(truth.opening)}`;
  if (proof.closing_balance?.amount !== amount(closing)) return `closing ${proof.closing_balance?.amount}, not ${amount(closing)}`;
  for (const [i, { fx }] of truth.entries.entries()) {
    if (fx && entries[i]!.instructed?.currency !== fx.currency) return `entry ${i + 1}: instructed ${JSON.stringify(entries[i]!.instructed)}`;
  }
  return null;
}

/** The mean over the entries of the share of words that both have, in order. */
function alikeness(entries: readonly RawEntry[], truth: Truth): number {
  if (truth.entries.length === 0) return 1;
  const shares = truth.entries.map((entry, i) => similarity(entry.text.join(' '), entries[i]?.remittance ?? ''));
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

function similarity(a: string, b: string): number {
  if (a === b) return 1;
  const [x, y] = [a.split(/\s+/), b.split(/\s+/)];
  const rows = Array.from({ length: x.length + 1 }, () => new Uint16Array(y.length + 1));
  for (let i = 1; i <= x.length; i++) for (let j = 1; j <= y.length; j++) rows[i]![j] = x[i - 1] === y[j - 1] ? rows[i - 1]![j - 1]! + 1 : Math.max(rows[i - 1]![j]!, rows[i]![j - 1]!);
  return 2 * rows[x.length]![y.length]! / (x.length + y.length);
}

function differing(entries: readonly RawEntry[], truth: Truth): string {
  const i = truth.entries.findIndex((entry, k) => entry.text.join(' ') !== (entries[k]?.remittance ?? ''));
  return `"${entries[i]?.remittance}" for "${truth.entries[i]?.text.join(' ')}"`;
}
