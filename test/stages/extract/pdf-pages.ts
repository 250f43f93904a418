import PDFDocument from 'pdfkit';

/** Draws bank statements as PDFs: one table, in as many ways as a test asks for. */

export interface PdfRow {
  /** `YYYY-MM-DD`. */
  date: string;
  value_date?: string;
  /** Lines of the description. */
  text: string[];
  /** Minor units, negative for money out. */
  amount: number;
}

export type CellKey = 'date' | 'value_date' | 'text' | 'amount' | 'debit' | 'credit' | 'balance' | 'mark' | 'reference';

export interface PdfColumn {
  key: CellKey;
  title: string;
  /** The left edge, or with `align: 'right'` the right one. */
  x: number;
  align?: 'right';
}

export interface PdfLayout {
  columns: PdfColumn[];
  /** An amount in minor units as printed. The sign is the layout's business: amount columns get signed, debit and credit columns unsigned units. */
  number(units: number): string;
  date(iso: string): string;
  /** Lines above the table on the first page. */
  heading: string[];
  /** Lines below the table. */
  closing?: string[];
  /** A row of the table in front of the first page's rows: its text and which column takes the amount. */
  opening_row?: { text: string; amount: string; key: CellKey };
  closing_row?: { text: string; amount: string; key: CellKey };
  /** Carried from page to page, with the balance so far. */
  carry?: { down: string; up: string; key: CellKey };
  footer?: (page: number) => string[];
  rows_per_page?: number;
  size?: 'A4' | 'LETTER';
  landscape?: boolean;
  newest_first?: boolean;
  /** A repeated date is left blank. */
  blank_dates?: boolean;
  /** Balance only on the last row of a day. */
  daily_balance?: boolean;
  /** No row of titles. */
  untitled?: boolean;
  /** Drawn first on the first page. */
  extra?: (document: PDFKit.PDFDocument) => void;
  /** The amount column prints no sign. */
  unsigned?: boolean;
  options?: PDFKit.PDFDocumentOptions;
  letter_by_letter?: boolean;
}

const FONT_SIZE = 9;
const LEADING = 12;
const LEFT = 40;

export async function statementPdf(layout: PdfLayout, opening: number, rows: readonly PdfRow[]): Promise<Buffer> {
  const document = new PDFDocument({ size: layout.size ?? 'A4', layout: layout.landscape ? 'landscape' : 'portrait', margin: 0, autoFirstPage: false, ...layout.options });
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => document.on('end', resolve));

  const put = (text: string, x: number, y: number, align?: 'right'): void => {
    const at = align === 'right' ? x - document.widthOfString(text) : x;
    if (!layout.letter_by_letter) document.text(text, at, y, { lineBreak: false });
    else for (let i = 0; i < text.length; i++) document.text(text[i]!, at + document.widthOfString(text.slice(0, i)), y, { lineBreak: false });
  };
  const cell = (key: CellKey, text: string, y: number): void => {
    const column = layout.columns.find((c) => c.key === key);
    if (column) put(text, column.x, y, column.align);
  };

  let y = 0;
  let page = 0;
  let onPage = 0;
  const newPage = (): void => {
    document.addPage();
    document.font('Helvetica').fontSize(FONT_SIZE);
    page++;
    onPage = 0;
    if (page === 1) layout.extra?.(document);
    y = 50;
    if (page === 1) for (const line of layout.heading) put(line, LEFT, (y += LEADING) - LEADING);
    y += LEADING;
    if (!layout.untitled) for (const { title, x, align } of layout.columns) put(title, x, y, align);
    y += 1.5 * LEADING;
    (layout.footer?.(page) ?? []).forEach((line, i) => put(line, LEFT, document.page.height - 60 + i * LEADING));
  };
  const amountRow = (row: { text: string; amount: string; key: CellKey }): void => {
    cell('text', row.text, y);
    cell(row.key, row.amount, y);
    y += 1.4 * LEADING;
  };

  let balance = opening;
  const printed = rows.map((row) => ({ ...row, balance: (balance += row.amount) }));
  if (layout.newest_first) printed.reverse();
  newPage();
  if (layout.opening_row) amountRow(layout.opening_row);
  printed.forEach((row, i) => {
    if (layout.rows_per_page && onPage === layout.rows_per_page) {
      const carried = layout.carry && { key: layout.carry.key, amount: layout.number(printed[i - 1]!.balance) };
      if (carried) amountRow({ text: layout.carry!.down, ...carried });
      newPage();
      if (carried) amountRow({ text: layout.carry!.up, ...carried });
    }
    onPage++;
    if (!(layout.blank_dates && i > 0 && onPage > 1 && printed[i - 1]!.date === row.date)) cell('date', layout.date(row.date), y);
    cell('value_date', layout.date(row.value_date ?? row.date), y);
    const units = layout.unsigned || layout.columns.some((c) => c.key === 'mark') ? Math.abs(row.amount) : row.amount;
    cell('amount', layout.number(units), y);
    cell(row.amount < 0 ? 'debit' : 'credit', layout.number(Math.abs(row.amount)), y);
    cell('mark', row.amount < 0 ? 'S' : 'H', y);
    cell('reference', `R${1000 + i}`, y);
    if (!(layout.daily_balance && printed[i + 1]?.date === row.date)) cell('balance', layout.number(row.balance), y);
    for (const line of row.text) {
      cell('text', line, y);
      y += LEADING;
    }
    y += 0.4 * LEADING;
  });
  if (layout.closing_row) amountRow(layout.closing_row);
  for (const line of layout.closing ?? []) put(line, LEFT, (y += LEADING));
  document.end();
  await ended;
  return Buffer.concat(chunks);
}

/** Number styles: thousands and decimal marks, sign in front. */
export function numberStyle(group: string, mark: string, decimals = 2): (units: number) => string {
  return (units) => {
    const digits = String(Math.abs(units)).padStart(decimals + 1, '0');
    const whole = decimals === 0 ? digits : digits.slice(0, -decimals);
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
    return `${units < 0 ? '-' : ''}${grouped}${decimals === 0 ? '' : mark + digits.slice(-decimals)}`;
  };
}
