/** CSV after RFC 4180 that a spreadsheet can open without running what is in it. */

/** A column: `text` may come from a document or a person, `plain` (ids, dates, amounts, codes of ours) never begins a formula. */
export interface CsvColumn<Row> {
  readonly name: string;
  readonly kind: 'text' | 'plain';
  value(row: Row): string | number | null;
}

// What spreadsheets take for the beginning of a formula, full-width forms too, and the controls that they skip before one.
const FORMULA = /^[\t\r\n ]*[=+\-@＝＋－＠]/;

export function csvHeader(columns: readonly CsvColumn<never>[]): string {
  return `${columns.map((column) => column.name).join(',')}\r\n`;
}

/** A missing value is the empty string; a text that would run as a formula gets an apostrophe before it. */
export function csvRow<Row>(columns: readonly CsvColumn<Row>[], row: Row): string {
  return `${columns.map((column) => cell(column, row)).join(',')}\r\n`;
}

function cell<Row>(column: CsvColumn<Row>, row: Row): string {
  const value = column.value(row);
  if (value === null) return '';
  const text = column.kind === 'text' && FORMULA.test(String(value)) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
