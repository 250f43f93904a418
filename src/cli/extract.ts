import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import type { FailureCode, Location } from '../core/failure.ts';
import { Failure } from '../core/failure.ts';
import { formatMoney, parseMoney } from '../core/money.ts';
import type { Proof, ProofBuilder } from '../core/proof.ts';
import { createProof } from '../core/proof.ts';
import type { RawAmount, RawEntry, RawPart, RawStatement, StatementBalance, Transaction } from '../core/statement.ts';
import { cleanText } from '../core/text.ts';
import { loadConfig } from '../platform/config.ts';
import type { DocumentSource, ReadContext } from '../stages/extract/contract.ts';
import { Spool } from './spool.ts';

const PROFILES_FOLDER = join(import.meta.dirname, '../../rules/profiles');

const EXIT_UNREADABLE = 2;

/** A document with no more entries than this is kept in memory; those of a longer one wait in a file, so that memory does not grow with it. */
const KEPT_ENTRIES = 10_000;

/** Few enough system calls for a document of gigabytes, small enough to be nothing beside a chunk of entries. */
const BLOCK_BYTES = 1024 * 1024;

/** `tieout extract FILE…`: needs no database and no queue. */
export function extractCommand(): Command {
  return new Command('extract')
    .description('print every bank statement found in the files as one JSON line, without a database')
    .argument('<file...>', 'documents as banks deliver them; the format is recognised by content')
    .option('--explain', 'PDF: print in words what was seen as header, columns, rows and sums, to write a profile from')
    .option('--debug-image <prefix>', 'PDF: write each page as a picture with the reading drawn over it, to <prefix>-<page>.svg')
    .addHelpText('after', `
Standard output has a JSON line per statement, standard error one per file (or statement in it) that cannot be read:
  {"document","error":{"code","message","location"}}

Exit status: 0 every file was read, 2 at least one could not be.

Examples:
  $ tieout extract statement.xml
  $ tieout extract inbox/*.csv > statements.jsonl
  $ tieout extract --explain statement.pdf
  $ tieout extract --debug-image /tmp/statement statement.pdf
  $ tieout extract statement.pdf | jq '{account, ties_out, entries: (.entries | length)}'`)
    .action(async (files: string[], options: ExplainOptions) => {
      // `| head` has seen enough: that is no error of ours.
      process.stdout.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EPIPE') process.exit();
        throw error;
      });
      if (!(await extractFiles(files, options))) process.exitCode = EXIT_UNREADABLE;
    });
}

interface ExplainOptions {
  explain?: boolean;
  debugImage?: string;
}

/** Whether every file could be read. */
async function extractFiles(files: readonly string[], options: ExplainOptions): Promise<boolean> {
  const { loadProfiles } = await import('../stages/extract/profiles.ts');
  const context: ReadContext = { profiles: await loadProfiles(PROFILES_FOLDER), passwords: Object.values(loadConfig().document_passwords) };
  const isExplained = options.explain === true || options.debugImage !== undefined;
  let all_read = true;
  for (const file of files) {
    try {
      if (isExplained) {
        await explainFile(file, files.length > 1, context, options);
        continue;
      }
      for (const failure of await extractFile(file, context)) {
        all_read = false;
        printError(file, failure.code, failure.message, failure.location);
      }
    } catch (error) {
      all_read = false;
      const failure = error instanceof Failure ? error : fileFailure(error, file);
      printError(file, failure.code, failure.message, failure.location);
    }
  }
  return all_read;
}

/** Shows how a PDF is read; pictures of several files have the file's name in theirs. */
async function explainFile(path: string, isOneOfMany: boolean, context: ReadContext, { explain, debugImage }: ExplainOptions): Promise<void> {
  const [{ explainInChildProcess }, { pdfReader }, { sniff }] = await Promise.all([
    import('../stages/extract/child-process.ts'), import('../stages/extract/pdf.ts'), import('../stages/extract/sniff.ts'),
  ]);
  const source = await openFile(path);
  if (!pdfReader.recognise(await sniff(source))) throw new Failure('unsupported_format', `${path} is no PDF; only these are explained`);
  for await (const part of explainInChildProcess(source, context)) {
    if (part.part === 'words') {
      if (explain) await print(`${path}\n${part.text}\n`);
    } else if (debugImage !== undefined) {
      await writeFile(`${debugImage}${isOneOfMany ? `-${basename(path, '.pdf')}` : ''}-${part.number}.svg`, part.svg);
    }
  }
}

type FailedPart = Extract<RawPart, { part: 'failed' }>;

/**
 * Prints the statements of one file and returns those that cannot be read. Nothing is printed before the whole document has been read and
 * its sums taken: a document that breaks off leaves no half line behind.
 */
async function extractFile(path: string, context: ReadContext): Promise<FailedPart[]> {
  const { extract } = await import('../stages/extract/extract.ts');
  const source = await openFile(path);
  const hash = createHash('sha256');
  for await (const block of source.read()) hash.update(block);
  const sha256 = hash.digest('hex');
  await using entries = new Entries();
  const { statements, failed } = await readThrough(extract(source, context), entries);
  for (const [statement, { head, proof }] of statements) {
    await print(`${JSON.stringify(statementFields(path, sha256, head, proof)).slice(0, -1)},"entries":[`);
    let separator = '';
    for await (const chunk of entries.read(statement)) {
      await print(separator + chunk.map((entry) => JSON.stringify(entryFields(entry, head.currency))).join(','));
      separator = ',';
    }
    await print(']}\n');
  }
  return failed;
}

/** A document's entries, by statement: in memory, or in a file when there are too many. */
class Entries implements AsyncDisposable {
  #count = 0;
  #kept: EntriesPart[] = [];
  #spool: Spool | undefined;

  async add(part: EntriesPart): Promise<void> {
    this.#count += part.entries.length;
    if (part.entries.length > 0) this.#kept.push(part);
    if (this.#count <= KEPT_ENTRIES) return;
    this.#spool ??= await Spool.open();
    for (const kept of this.#kept) await this.#spool.add(kept);
    this.#kept = [];
  }

  async *read(statement: number): AsyncGenerator<RawEntry[]> {
    if (this.#spool !== undefined) yield* this.#spool.read(statement);
    else for (const part of this.#kept) if (part.statement === statement) yield part.entries;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spool?.close();
  }
}

type EntriesPart = Extract<RawPart, { part: 'entries' }>;

interface Reading {
  /** By their number in the document. */
  statements: [number, { head: RawStatement; proof: Proof }][];
  failed: FailedPart[];
}

async function readThrough(parts: AsyncIterable<RawPart>, entries: Entries): Promise<Reading> {
  const reading: Reading = { statements: [], failed: [] };
  const proofs = new Map<number, ProofBuilder>();
  for await (const part of parts) {
    if (part.part === 'failed') {
      reading.failed.push(part);
      proofs.delete(part.statement);
      continue;
    }
    let proof = proofs.get(part.statement);
    if (proof === undefined) proofs.set(part.statement, proof = createProof());
    if (part.part === 'entries') {
      proof.entries(part.entries);
      await entries.add(part);
    } else {
      reading.statements.push([part.statement, { head: part.head, proof: proof.finish(part.head) }]);
      proofs.delete(part.statement);
    }
  }
  reading.statements.sort(([a], [b]) => a - b);
  return reading;
}

async function openFile(path: string): Promise<DocumentSource> {
  const file = await stat(path);
  if (!file.isFile()) throw new Failure('invalid_input', `${path} is no file; name the documents themselves`);
  return { size: file.size, read: () => createReadStream(path, { highWaterMark: BLOCK_BYTES }) };
}

/** What the file system says, as a failure; whatever else was thrown is a bug, told without ending the other files' reading. */
function fileFailure(error: unknown, path: string): Failure {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new Failure('not_found', `there is no file ${path}`);
  if (code === 'EACCES' || code === 'EPERM') return new Failure('not_allowed', `${path} may not be read by this user`);
  return new Failure('bug', error instanceof Error ? error.stack ?? error.message : String(error));
}

function statementFields(document: string, sha256: string, head: RawStatement, proof: Proof): object {
  return {
    document,
    sha256,
    format: head.format,
    extractor: head.extractor,
    account: cleanText(head.account),
    bank: cleanText(head.bank),
    currency: head.currency,
    statement_id: cleanText(head.statement_id),
    sequence: cleanText(head.sequence),
    from: head.from,
    to: head.to,
    opening_balance: balanceFields(proof.opening_balance, head.currency),
    closing_balance: balanceFields(proof.closing_balance, head.currency),
    ties_out: proof.ties_out,
    checks: proof.checks,
  };
}

function entryFields(entry: RawEntry, statementCurrency: string | null): object {
  const place = {
    line: entry.line,
    booking_date: entry.booking_date,
    value_date: entry.value_date,
    status: entry.status,
    reversal: entry.reversal,
    source: { page: entry.source.page, line: entry.source.line, ...(entry.source.box ? { box: entry.source.box } : {}) },
  };
  const currency = entry.currency ?? statementCurrency;
  return {
    ...place,
    ...transactionFields(entry, currency),
    details: entry.details.map((detail) => ({ ...place, ...transactionFields(detail, detail.currency ?? currency) })),
  };
}

function transactionFields(transaction: Transaction<RawAmount>, currency: string | null): object {
  const { transaction_code: code, counterparty, instructed } = transaction;
  return {
    amount: formatAmount(transaction.amount, currency),
    currency,
    bank_reference: cleanText(transaction.bank_reference),
    end_to_end_id: cleanText(transaction.end_to_end_id),
    mandate_id: cleanText(transaction.mandate_id),
    customer_reference: cleanText(transaction.customer_reference),
    transaction_code: {
      domain: code?.domain ?? null, family: code?.family ?? null,
      subfamily: code?.subfamily ?? null, proprietary: cleanText(code?.proprietary ?? null),
    },
    return_reason: transaction.return_reason,
    counterparty: {
      name: cleanText(counterparty?.name ?? null),
      account: cleanText(counterparty?.account ?? null),
      bank: cleanText(counterparty?.bank ?? null),
    },
    ultimate_counterparty: { name: cleanText(transaction.ultimate_counterparty?.name ?? null) },
    remittance: cleanText(transaction.remittance),
    structured_reference: cleanText(transaction.structured_reference),
    instructed: instructed && { amount: formatAmount(instructed.amount, instructed.currency), currency: instructed.currency },
    exchange_rate: transaction.exchange_rate,
    charges: transaction.charges.map((charge) => ({
      amount: formatAmount(charge.amount, charge.currency ?? currency), currency: charge.currency ?? currency, bearer: charge.bearer,
    })),
  };
}

function balanceFields(balance: StatementBalance<RawAmount> | null, currency: string | null): StatementBalance<RawAmount> | null {
  return balance && { amount: formatAmount(balance.amount, currency), date: balance.date };
}

/** With the currency's own decimals; as printed where the currency is not known or the amount has more decimals than it. */
function formatAmount(amount: RawAmount, currency: string | null): string {
  const minor = currency === null ? undefined : parseMoney(amount, currency);
  return minor === undefined ? amount : formatMoney(minor, currency!);
}

function printError(document: string, code: FailureCode, message: string, location: Location | null): void {
  process.stderr.write(`${JSON.stringify({ document, error: { code, message, location } })}\n`);
}

/** Waits while the reader of standard output is slower. */
async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
