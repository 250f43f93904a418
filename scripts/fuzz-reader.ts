import { Failure } from '../src/core/failure.ts';
import { formatDecimal, parseDecimal } from '../src/core/money.ts';
import { createProof, type ProofBuilder } from '../src/core/proof.ts';
import { cleanText } from '../src/core/text.ts';
import type { RawEntry, RawPart } from '../src/core/statement.ts';
import type { DocumentSource } from '../src/stages/extract/contract.ts';
import { extract } from '../src/stages/extract/extract.ts';
import { pdfReader } from '../src/stages/extract/pdf.ts';
import { SCALE, type FuzzAnswer, type FuzzTask } from './fuzz-shape.ts';

/** The process in which fuzz.ts has documents read: one after the other, each answered with what came of it. */

async function read(bytes: Buffer): Promise<Omit<FuzzAnswer, 'rss_mb' | 'ms'>> {
  const source: DocumentSource = { size: bytes.length, read: async function* () { for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536); } };
  // In the pipeline a PDF has a process of its own; here this process is it.
  const parts = pdfReader.recognise(bytes.subarray(0, 65_536)) ? pdfReader.read(source, { profiles: [] }) : extract(source, { profiles: [] });
  const open = new Map<number, { proof: ProofBuilder; sum: bigint }>();
  const printed: string[] = [];
  const proven: string[] = [];
  let statements = 0;
  let code: string | null = null;
  let wrong: string | null = null;
  const of = (n: number): { proof: ProofBuilder; sum: bigint } => {
    if (!open.has(n)) open.set(n, { proof: createProof(), sum: 0n });
    return open.get(n)!;
  };
  try {
    for await (const part of parts) {
      const complaint = complain(part);
      if (complaint !== null) wrong ??= complaint;
      if (part.part === 'failed') code ??= part.code;
      else if (part.part === 'entries') {
        const statement = of(part.statement);
        statement.proof.entries(part.entries);
        for (const entry of part.entries) if (entry.status === 'booked') statement.sum += parseDecimal(entry.amount, SCALE)!;
      } else {
        statements++;
        const { proof, sum } = of(part.statement);
        const { ties_out } = proof.finish(part.head);
        const { opening_balance: opening, closing_balance: closing } = part.head;
        if (opening === null || closing === null) continue;
        const [from, to] = [parseDecimal(opening.amount, SCALE)!, parseDecimal(closing.amount, SCALE)!];
        printed.push(`${from} ${to}`);
        if (ties_out !== true) continue;
        if (from + sum !== to) wrong ??= `ties out although ${opening.amount} and ${formatDecimal(sum, SCALE)} are not ${closing.amount}`;
        proven.push(`${from} ${to}`);
      }
    }
    if (statements === 0 && code === null) wrong ??= 'no statement and no failure';
  } catch (error) {
    if (error instanceof Failure && error.code !== 'bug') code = error.code;
    else wrong = error instanceof Error ? error.stack ?? error.message : String(error);
  }
  return { code, wrong, printed, proven, statements };
}

const PLAIN = /^-?\d+(?:\.\d+)?$/;
const DATE = /^\d{4}-\d\d-\d\d$/;

/** What of the contract of a reader's parts does not hold. */
function complain(part: RawPart): string | null {
  if (part.part === 'failed') return part.message === '' ? 'a failure without a message' : null;
  if (part.part === 'end') {
    const { opening_balance, closing_balance, from, to } = part.head;
    for (const balance of [opening_balance, closing_balance]) if (balance !== null && !PLAIN.test(balance.amount)) return `the balance "${balance.amount.slice(0, 40)}" is no plain decimal`;
    for (const date of [from, to, opening_balance?.date ?? null, closing_balance?.date ?? null]) if (date !== null && !DATE.test(date)) return `"${date.slice(0, 40)}" is no date`;
    return null;
  }
  for (const entry of part.entries) {
    const found = complainOfEntry(entry);
    if (found !== null) return found;
  }
  return null;
}

function complainOfEntry(entry: RawEntry): string | null {
  for (const { amount, instructed, charges } of [entry, ...entry.details]) {
    for (const printed of [amount, instructed?.amount, ...charges.map((charge) => charge.amount)]) {
      if (printed !== undefined && !PLAIN.test(printed)) return `the amount "${printed.slice(0, 40)}" is no plain decimal`;
    }
  }
  if (!DATE.test(entry.booking_date) || (entry.value_date !== null && !DATE.test(entry.value_date))) return `entry ${entry.line} has a date that is none`;
  const remittance = cleanText(entry.remittance);
  return remittance !== null && (remittance.includes('\0') || !remittance.isWellFormed()) ? 'a text with NUL or half a character' : null;
}

// As in the process in which PDFs are read (child.ts).
process.on('unhandledRejection', () => {});
process.on('message', (task: FuzzTask) => {
  const started = performance.now();
  void read(Buffer.from(task.bytes)).then((answer) => process.send!({ ...answer, ms: performance.now() - started, rss_mb: process.resourceUsage().maxRSS / 1024 } satisfies FuzzAnswer));
});
process.once('disconnect', () => process.exit());
