import { Failure } from '../../core/failure.ts';

/** How the cells of a row are told apart. */
export interface Quoting {
  delimiter: string;
  /** Whether `"` encloses cells; in some exports it is a character like any other. */
  quoted: boolean;
  /** What ends a row: `\n`, with or without a carriage return before it, or, in exports of old, a carriage return alone. */
  newline: '\n' | '\r';
}

export interface Row {
  /** 1-based line on which the row begins. */
  line: number;
  cells: string[];
}

/** Longer than any row met (a batch with all its references); an unclosed quote or a wrong delimiter would else read the whole file into one. */
const MAX_ROW_CHARACTERS = 256 * 1024;

const QUOTE = '"';
const QUOTE_CODE = 34;
const EQUALS_CODE = 61;
const SPACE_CODE = 32;

/**
 * Takes a text apart into rows, piece by piece: RFC 4180, and what exports make of it. White space before a cell is none of it; a quotation
 * mark in the middle of a cell is a character, and so are those around a cell that goes on behind its closing one. A row without a text is
 * one empty cell. Time linear in the text, memory that of a row.
 */
export class RowSplitter {
  readonly #quoting: Quoting;
  #rest = '';
  /** How much of the rest is known to have no end of a row: what is added is searched, not all of it again. */
  #searched = 0;
  #line = 1;

  constructor(quoting: Quoting) {
    this.#quoting = quoting;
  }

  /** The line of the row that is not complete. */
  get line(): number {
    return this.#line;
  }

  /** The rows that are complete with the next piece of the text. Throws too_large for a longer row than any is. */
  write(piece: string): Row[] {
    const text = this.#rest === '' ? piece : this.#rest + piece;
    const { newline, quoted, delimiter } = this.#quoting;
    const rows: Row[] = [];
    let from = 0;
    // Most texts have no quotation mark for long: where the next one is decides how a row is read.
    let quote = quoted ? text.indexOf(QUOTE) : -1;
    let end = text.indexOf(newline, this.#searched);
    while (end >= 0) {
      if (quote < 0 || quote > end) {
        this.#bound(end - from);
        rows.push({ line: this.#line++, cells: plainCells(text, from, end, delimiter) });
      } else {
        const row = this.#quotedRow(text, from, false);
        if (row === undefined) break;
        this.#bound(row.end - from);
        rows.push(row.row);
        end = row.end;
        quote = text.indexOf(QUOTE, end);
      }
      from = end + 1;
      end = text.indexOf(newline, from);
    }
    this.#rest = text.slice(from);
    this.#bound(this.#rest.length);
    // A row whose quotation mark is open is read anew when more of it is there; it has a bound.
    this.#searched = end >= 0 ? 0 : this.#rest.length;
    return rows;
  }

  /** The last row, which nothing ends; undefined where a quotation mark in it is never closed, null where nothing is left. */
  end(): Row | null | undefined {
    const text = this.#rest;
    if (text === '') return null;
    this.#rest = '';
    if (this.#quoting.quoted && text.includes(QUOTE)) return this.#quotedRow(text, 0, true)?.row;
    return { line: this.#line, cells: plainCells(text, 0, text.length, this.#quoting.delimiter) };
  }

  #bound(length: number): void {
    if (length <= MAX_ROW_CHARACTERS) return;
    throw new Failure('too_large', `a row is longer than ${MAX_ROW_CHARACTERS} characters; is a quotation mark left open?`, { line: this.#line });
  }

  /** The row that begins there and has quotation marks, with the position of what ends it; undefined where it is not complete. */
  #quotedRow(text: string, from: number, final: boolean): { row: Row; end: number } | undefined {
    const { delimiter, newline } = this.#quoting;
    const code = delimiter.charCodeAt(0);
    const line = this.#line;
    const cells: string[] = [];
    let at = from;
    let end = -1;
    let breaks = 0;
    for (;;) {
      while (isBlank(text, at) && text.charCodeAt(at) !== code && text[at] !== newline) at++;
      let cell = '';
      if (text.charCodeAt(at) === QUOTE_CODE) {
        let begin = at + 1;
        let close = text.indexOf(QUOTE, begin);
        while (close >= 0 && text.charCodeAt(close + 1) === QUOTE_CODE) {
          cell += text.slice(begin, close + 1);
          begin = close + 2;
          close = text.indexOf(QUOTE, begin);
        }
        if (close < 0 || (close + 1 === text.length && !final)) return undefined;
        cell += text.slice(begin, close);
        for (let inside = cell.indexOf(newline); inside >= 0; inside = cell.indexOf(newline, inside + 1)) breaks++;
        at = close + 1;
        if (newline === '\n' && text[at] === '\r' && text[at + 1] === newline) at++;
        else if (at < text.length && text.charCodeAt(at) !== code && text[at] !== newline) cell = QUOTE + cell + QUOTE;
      }
      if (end < at) {
        end = text.indexOf(newline, at);
        if (end < 0 && !final) return undefined;
        if (end < 0) end = text.length;
      }
      let next = at;
      while (next < end && text.charCodeAt(next) !== code) next++;
      const last = next === end;
      cells.push(unwrapped(cell + text.slice(at, last && newline === '\n' && next > at && text[next - 1] === '\r' ? next - 1 : next)));
      if (last) {
        this.#line += 1 + breaks;
        return { row: { line, cells }, end };
      }
      at = next + 1;
    }
  }
}

/** The cells of a row that has no quotation mark that encloses anything. */
function plainCells(text: string, from: number, end: number, delimiter: string): string[] {
  const cells = text.slice(from, end > from && text.charCodeAt(end - 1) === 13 ? end - 1 : end).split(delimiter);
  for (let i = 0; i < cells.length; i++) {
    const first = cells[i]!.charCodeAt(0);
    if (first <= SPACE_CODE) cells[i] = cells[i]!.trimStart();
    else if (first === QUOTE_CODE || first === EQUALS_CODE) cells[i] = unwrapped(cells[i]!);
  }
  return cells;
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === SPACE_CODE || (code >= 9 && code <= 13);
}

/** Without the marks that are left around a cell: a space stands behind the closing one, or it is `="00123"`, for spreadsheets. */
function unwrapped(cell: string): string {
  const first = cell.charCodeAt(0);
  if (first !== QUOTE_CODE && first !== EQUALS_CODE) return cell;
  return WRAPPED.exec(cell)?.[1] ?? cell;
}

const WRAPPED = /^=?"([^"]*)"\s*$/;
