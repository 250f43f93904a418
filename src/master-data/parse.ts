import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse, type Info } from 'csv-parse';
import { isCalendarDate, type CalendarDate } from '../core/date.ts';
import { Failure } from '../core/failure.ts';
import { exponentOf, isCurrency, parseMoney } from '../core/money.ts';
import { cleanText } from '../core/text.ts';

/** Master data files: CSV after RFC 4180 in UTF-8, a header row, columns in any order. */

/** A row that keeps the whole file out, and why. `line` is the row's first line in the file, the header being line 1. */
export interface RejectedRow {
  line: number;
  column: string | null;
  reason: string;
}

/** Nothing of the file was imported; `rejected` has every row that must be corrected, in the order of the file. */
export class ImportRefused extends Failure {
  readonly rejected: readonly RejectedRow[];

  constructor(rejected: readonly RejectedRow[]) {
    const rows = new Set(rejected.map((row) => row.line)).size;
    super('invalid_input', `nothing was imported: ${rows === 1 ? 'a row is' : `${rows} rows are`} wrong`);
    this.rejected = rejected.toSorted((a, b) => a.line - b.line);
  }
}

/** The columns of a file; those that are true are required. */
export type Columns<Name extends string> = Readonly<Record<Name, boolean>>;

// A cell that a forgotten quote made swallow the rest of the file is refused long before it fills the memory.
const MAX_ROW_CHARACTERS = 1_000_000;

/** The file's hash and the names of columns that nobody knows, once it has been read. */
export interface CsvFile {
  sha256: string;
  rows: number;
  warnings: string[];
}

/**
 * Reads the rows of a file in one pass; each goes to `take`, and what a row rejects is gathered. Throws Failure('malformed') where the
 * text is no CSV or no UTF-8, and ImportRefused for a header without the required columns, as nothing below it can be read.
 */
export async function* readRows<Name extends string>(
  input: AsyncIterable<Uint8Array>, columns: Columns<Name>, rejected: RejectedRow[], file: CsvFile,
): AsyncGenerator<Row<Name>> {
  const parser = parse({ info: true, relax_column_count: true, skip_empty_lines: true, max_record_size: MAX_ROW_CHARACTERS });
  // The error reaches the loop below through the parser, which the pipeline destroys with it.
  pipeline(Readable.from(decode(input, file)), parser, () => {});
  let header: Map<string, number> | null = null;
  let width = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      if (header === null) {
        header = readHeader(record, columns, file);
        width = record.length;
        continue;
      }
      file.rows++;
      const line = info.lines - record.reduce((sum, cell) => sum + newlinesIn(cell), 0);
      if (record.length !== width) {
        rejected.push({ line, column: null, reason: `the row and the header differ in length: ${record.length} and ${width} columns; quote cells that contain a comma` });
        continue;
      }
      yield new Row(line, record, header, rejected);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    throw new Failure('malformed', `line ${line} is no CSV (RFC 4180): ${error.message}`, { line }, error);
  }
  if (header === null) throw new Failure('malformed', `the file is empty; its first line must name the columns: ${Object.keys(columns).join(',')}`, { line: 1 });
}

async function* decode(input: AsyncIterable<Uint8Array>, file: CsvFile): AsyncGenerator<string> {
  const hash = createHash('sha256');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  let block: Uint8Array = new Uint8Array();
  try {
    for await (const bytes of input) {
      hash.update(bytes);
      block = bytes;
      const text = decoder.decode(bytes, { stream: true });
      line += newlinesIn(text);
      if (text !== '') yield text;
    }
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    line += linesBeforeFault(block);
    throw new Failure('malformed', `line ${line} is not UTF-8; save the file as UTF-8`, { line }, error);
  }
  file.sha256 = hash.digest('hex');
}

/** How many lines of a block are sound; a character that the block before began may make the first look broken. */
function linesBeforeFault(block: Uint8Array): number {
  const lines = Buffer.from(block).toString('latin1').split('\n');
  return Math.max(0, lines.findIndex((text, i) => i > 0 && !isUtf8(Buffer.from(text, 'latin1'))));
}

function newlinesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

function readHeader(record: readonly string[], columns: Columns<string>, file: CsvFile): Map<string, number> {
  const header = new Map<string, number>();
  const rejected: RejectedRow[] = [];
  if (record.length === 1 && /[;\t]/.test(record[0]!)) {
    throw new ImportRefused([{ line: 1, column: null, reason: 'the columns are parted by something else than commas (RFC 4180); save the file with commas' }]);
  }
  for (const [i, cell] of record.entries()) {
    const name = cell.trim().toLowerCase();
    if (!Object.hasOwn(columns, name)) file.warnings.push(`column "${cell.trim()}" is not known and ignored`);
    else if (header.has(name)) rejected.push({ line: 1, column: name, reason: 'the column is there twice' });
    header.set(name, i);
  }
  for (const [name, required] of Object.entries(columns)) {
    if (required && !header.has(name)) rejected.push({ line: 1, column: name, reason: 'the column is required and missing' });
  }
  if (rejected.length > 0) throw new ImportRefused(rejected);
  return header;
}

// int8 holds no more minor units.
const MAX_MINOR_UNITS = 2n ** 63n - 1n;

/** One row. Each reader gives the cell's value, null for an empty one, and rejects the row, giving null too, for one that does not fit. */
export class Row<Name extends string> {
  readonly line: number;
  readonly #record: readonly string[];
  readonly #header: ReadonlyMap<string, number>;
  readonly #rejected: RejectedRow[];

  constructor(line: number, record: readonly string[], header: ReadonlyMap<string, number>, rejected: RejectedRow[]) {
    this.line = line;
    this.#record = record;
    this.#header = header;
    this.#rejected = rejected;
  }

  reject(column: Name, reason: string): null {
    this.#rejected.push({ line: this.line, column, reason });
    return null;
  }

  text(column: Name): string | null {
    const at = this.#header.get(column);
    return at === undefined ? null : cleanText(this.#record[at]!);
  }

  required(column: Name): string {
    return this.text(column) ?? this.reject(column, 'must not be empty') ?? '';
  }

  oneOf<Value extends string>(column: Name, values: readonly Value[], otherwise: Value | null): Value | null {
    const text = this.text(column);
    if (text === null) return otherwise ?? this.reject(column, `must be one of ${values.join(', ')}`);
    return values.find((value) => value === text.toLowerCase()) ?? this.reject(column, `"${text}" must be one of ${values.join(', ')}`);
  }

  date(column: Name): CalendarDate | null {
    const text = this.text(column);
    return text === null ? null : readDate(text) ?? this.reject(column, `"${text}" is no date; write it as 2026-11-30`);
  }

  requiredDate(column: Name): CalendarDate | null {
    return this.text(column) === null ? this.reject(column, 'must not be empty') : this.date(column);
  }

  currency(column: Name): string | null {
    const text = this.required(column).toUpperCase();
    return text === '' || isCurrency(text) ? text || null : this.reject(column, `"${text}" is no ISO 4217 currency code`);
  }

  /** Minor units; null without a currency, which is rejected where it stands. */
  money(column: Name, currency: string | null): bigint | null {
    const text = this.text(column);
    if (text === null || currency === null) return null;
    return readMoney(text, currency) ?? this.reject(column, `"${text}" is no amount in ${currency}: ${amountExample(currency)}`);
  }

  /** The parts of a `|`-separated cell, without empty ones. */
  list(column: Name): string[] {
    return (this.text(column) ?? '').split('|').map((part) => part.trim()).filter((part) => part !== '');
  }
}

/** The date when the text is `YYYY-MM-DD` and such a day exists. */
export function readDate(text: string): CalendarDate | undefined {
  return isCalendarDate(text) ? text : undefined;
}

/** Minor units of a plain decimal that the column can hold. */
export function readMoney(text: string, currency: string): bigint | undefined {
  const minor = parseMoney(text, currency);
  return minor !== undefined && minor <= MAX_MINOR_UNITS && minor >= -MAX_MINOR_UNITS ? minor : undefined;
}

function amountExample(currency: string): string {
  const decimals = exponentOf(currency)!;
  return decimals === 0 ? 'no decimals, no thousands separator, as in 1234' : `at most ${decimals} decimals, a dot before them, no thousands separator, as in 1234.${'5'.padEnd(decimals, '0')}`;
}
