import { join } from 'node:path';
import PDFDocument from 'pdfkit';
import type { LanguageCode } from './languages.ts';
import { LANGUAGES } from './languages.ts';

/** Draws statements as PDFs, in as many ways as `Style` names, beside the truth of what they say. */

export interface TruthEntry {
  booking_date: string;
  value_date: string | null;
  /** Minor units, negative for money out. */
  amount: number;
  text: string[];
  fx?: { amount: string; currency: string; rate: string };
}

export interface Truth {
  account: string;
  currency: string;
  decimals: number;
  opening: number;
  from: string;
  to: string;
  /** Oldest first. */
  entries: TruthEntry[];
}

export type SignStyle = 'minus' | 'minus_behind' | 'true_minus' | 'parentheses' | 'plus_minus' | 'cr_dr' | 'cr' | 's_h' | 'indicator' | 'plus_minus_column' | 'columns' | 'columns_minus' | 'sections' | 'by_balance';
export type DateStyle = 'd.m.y' | 'd.m.yy' | 'd.m.' | 'd/m/y' | 'd/m' | 'd-m-y' | 'm/d/y' | 'm/d' | 'iso' | 'd month y' | 'd mon y' | 'd mon' | 'mon d' | 'month d, y' | 'ddmon';

export interface Style {
  language: LanguageCode;
  sign: SignStyle;
  date: DateStyle;
  group: string;
  mark: string;
  indian?: boolean;
  /** Money columns from left to right; `amount`, or `debit` and `credit` in either order, `balance`. */
  credit_first?: boolean;
  value_date?: boolean;
  reference?: boolean;
  balance?: 'row' | 'day';
  balance_first?: boolean;
  newest_first?: boolean;
  blank_dates?: boolean;
  /** Where in a description of several lines the amount stands; `split`: the date on the first, the amount on the last line. */
  amount_at?: 'first' | 'last' | 'split' | 'middle';
  /** Points between entries beyond the leading. */
  gap?: number;
  opening?: 'heading' | 'row' | 'box' | 'none';
  closing?: 'row' | 'below' | 'box' | 'none';
  totals?: 'labelled' | 'row';
  count?: boolean;
  carry?: boolean;
  subtotal?: boolean;
  footer?: boolean;
  advert?: boolean;
  rows_per_page?: number;
  /** A description may go on behind the page's end. */
  break_descriptions?: boolean;
  size?: 'A4' | 'LETTER';
  landscape?: boolean;
  rotate?: 0 | 90 | 180 | 270;
  font?: 'sans' | 'serif' | 'mono' | 'embedded';
  font_size?: number;
  letters?: boolean;
  shuffled?: boolean;
  overlap?: boolean;
  invisible?: boolean;
  untitled?: boolean;
  dark_header?: boolean;
  stripes?: boolean;
  next_to_each_other?: boolean;
  /** Statements follow each other on the page. */
  on_one_page?: boolean;
  no_period?: boolean;
  currency_beside?: boolean;
  symbol?: string;
  options?: PDFKit.PDFDocumentOptions;
  /** One digit of one printed sum is another, or one row is missing. */
  tamper?: 'digit' | 'drop';
}

interface Piece {
  page: number;
  text: string;
  x: number;
  y: number;
  size: number;
  bold?: boolean;
  colour?: string;
  hidden?: boolean;
  /** A printed sum that others must agree with. */
  sum?: boolean;
  /** The entry that it is of. */
  entry?: TruthEntry;
}

const EMBEDDED = join(import.meta.dirname, '../../../../node_modules/pdfjs-dist/standard_fonts/LiberationSans-Regular.ttf');
const FONTS = { sans: ['Helvetica', 'Helvetica-Bold'], serif: ['Times-Roman', 'Times-Bold'], mono: ['Courier', 'Courier-Bold'], embedded: [EMBEDDED, EMBEDDED] } as const;

export function printNumber(units: number, { group, mark, indian }: Pick<Style, 'group' | 'mark' | 'indian'>, decimals: number): string {
  const digits = String(Math.abs(units)).padStart(decimals + 1, '0');
  const whole = decimals === 0 ? digits : digits.slice(0, -decimals);
  const grouped = indian && whole.length > 3
    ? `${whole.slice(0, -3).replace(/\B(?=(\d{2})+$)/g, group)}${group}${whole.slice(-3)}`
    : whole.replace(/\B(?=(\d{3})+$)/g, group);
  return decimals === 0 ? grouped : `${grouped}${mark}${digits.slice(-decimals)}`;
}

export function printDate(iso: string, style: DateStyle, language: LanguageCode): string {
  const [y, m, d] = iso.split('-') as [string, string, string];
  const month = LANGUAGES[language].months[Number(m) - 1]!;
  const mon = LANGUAGES[language].short_months[Number(m) - 1]!;
  switch (style) {
    case 'd.m.y': return `${d}.${m}.${y}`;
    case 'd.m.yy': return `${d}.${m}.${y.slice(2)}`;
    case 'd.m.': return `${d}.${m}.`;
    case 'd/m/y': return `${d}/${m}/${y}`;
    case 'd/m': return `${d}/${m}`;
    case 'd-m-y': return `${d}-${m}-${y}`;
    case 'm/d/y': return `${m}/${d}/${y}`;
    case 'm/d': return `${m}/${d}`;
    case 'iso': return iso;
    case 'd month y': return `${Number(d)} ${month} ${y}`;
    case 'd mon y': return `${d} ${mon} ${y}`;
    case 'd mon': return `${d} ${mon}`;
    case 'mon d': return `${mon} ${d}`;
    case 'month d, y': return `${month} ${Number(d)}, ${y}`;
    case 'ddmon': return `${d}${mon.replace('.', '').toUpperCase()}${y.slice(2)}`;
  }
}

/** The date styles of headings: with the year, in the order of the table's. */
const HEADING_DATE: Record<DateStyle, DateStyle> = {
  'd.m.y': 'd.m.y', 'd.m.yy': 'd.m.y', 'd.m.': 'd.m.y', 'd/m/y': 'd/m/y', 'd/m': 'd/m/y', 'd-m-y': 'd-m-y', 'm/d/y': 'm/d/y', 'm/d': 'm/d/y', iso: 'iso',
  'd month y': 'd month y', 'd mon y': 'd mon y', 'd mon': 'd month y', 'mon d': 'month d, y', 'month d, y': 'month d, y', ddmon: 'd mon y',
};

/** Draws the statements, one after the other, in one document. `random` only varies what does not change what is said. */
export async function drawStatements(style: Style, statements: readonly Truth[], random: () => number): Promise<Buffer> {
  const words = LANGUAGES[style.language];
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const size = style.font_size ?? 9;
  const leading = size * (1.15 + random() * 0.2);
  const landscape = style.landscape ?? false;
  const document = new PDFDocument({ size: style.size ?? 'A4', layout: landscape ? 'landscape' : 'portrait', margin: 0, autoFirstPage: false, bufferPages: true, ...style.options });
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => document.on('end', resolve));
  const [regular, bold] = FONTS[style.font ?? (style.language === 'pl' || style.sign === 'true_minus' || /[\u202f\u2009]/.test(style.group) ? 'embedded' : 'sans')];
  const width = (text: string, isBold = false, at = size): number => document.font(isBold ? bold : regular).fontSize(at).widthOfString(text);
  const [pageWidth, pageHeight] = ((): [number, number] => {
    const [w, h] = style.size === 'LETTER' ? [612, 792] : [595.28, 841.89];
    const turned = landscape !== (style.rotate === 90 || style.rotate === 270);
    return turned ? [h, w] : [w, h];
  })();

  const pieces: Piece[] = [];
  const rects: { page: number; x: number; y: number; width: number; height: number; colour: string }[] = [];
  const put = (text: string, x: number, y: number, more: Partial<Piece> = {}): void => {
    if (text !== '') pieces.push({ page, text, x, y, size, ...more });
  };
  const right = (text: string, x: number, y: number, more: Partial<Piece> = {}): void => put(text, x - width(text, more.bold), y, more);

  // Columns
  const left = 36 + random() * 20;
  const rightEdge = pageWidth - 36 - random() * 20;
  const titles = Object.fromEntries(Object.entries(words.titles).map(([key, list]) => [key, pick(list)])) as Record<string, string>;
  const dateWidth = Math.max(width('00.00.0000') + 8, width(printDate('2026-09-28', style.date, style.language)) + 8, width(printDate('2026-05-28', style.date, style.language)) + 8, width(titles.date!, true) + 8);
  const moneyWidth = Math.max(width('-9.999.999,99 CR') + (style.overlap ? -14 : 6), width(titles.debit!, true) + 8, width(titles.credit!, true) + 8, width(titles.balance!, true) + 8);
  const money: ('amount' | 'debit' | 'credit' | 'balance')[] = style.sign.startsWith('columns')
    ? (style.credit_first ? ['credit', 'debit'] : ['debit', 'credit']) : ['amount'];
  if (style.balance) money[style.balance_first ? 'unshift' : 'push']('balance');
  const edges: Record<string, number> = {};
  let edge = rightEdge;
  const markWidth = width(titles.indicator!, true) + 8;
  for (const key of money.toReversed()) {
    if (key === 'amount' && style.sign === 'indicator') {
      edges.indicator = edge - markWidth + 4;
      edge -= markWidth;
    }
    edges[key] = edge;
    edge -= moneyWidth;
    if (key === 'amount' && style.sign === 'plus_minus_column') {
      edges.sign = edge + 4;
      edge -= 10;
    }
  }
  const xs: Record<string, number> = { date: left };
  let x = left + dateWidth;
  if (style.value_date) {
    xs.value = x;
    x += Math.max(dateWidth, width(titles.value!, true) + 8);
  }
  if (style.reference) {
    xs.reference = x;
    x += Math.max(width('R12345678') + 8, width(titles.reference!, true) + 8);
  }
  xs.text = x;

  const number = (units: number, decimals: number): string => printNumber(units, style, decimals);
  const plain = (units: number, truth: Truth): string => {
    const text = number(units, truth.decimals);
    const signed = units >= 0 ? text : style.sign === 'minus_behind' ? `${text}-` : style.sign === 'true_minus' ? `\u2212${text}` : style.sign === 'parentheses' ? `(${text})` : `-${text}`;
    if (style.sign === 'cr_dr' || style.sign === 'cr') return `${text} ${units >= 0 ? 'CR' : 'DR'}`;
    if (style.sign === 's_h') return `${text} ${units < 0 ? 'S' : 'H'}`;
    return signed;
  };
  const labelled = (units: number, truth: Truth): string =>
    style.currency_beside ? (random() < 0.5 ? `${truth.currency} ${plain(units, truth)}` : `${plain(units, truth)} ${truth.currency}`) : style.symbol ? (units < 0 ? `-${style.symbol}${number(units, truth.decimals)}` : `${style.symbol}${plain(units, truth)}`) : plain(units, truth);
  const day = (iso: string): string => printDate(iso, style.date, style.language);
  const fullDay = (iso: string): string => printDate(iso, HEADING_DATE[style.date], style.language);

  let page = 0;
  let y = 0;
  let onPage = 0;
  const bank = pick(['Harbour & Vale Bank', 'Nordquay Bank', 'Kestrel Savings', 'Bank am Fluss', 'Caisse du Rivage']);
  const legal = [`${bank}  IBAN ${pick(['DE02 1203 0000 0000 2020 51', 'FR76 3000 6000 0112 3456 7890 189', 'NL02 ABNA 0123 4567 89'])}  BIC ${pick(['KESTGB2L', 'NOQUDEFF'])}`, ...words.legal];
  const advert = [pick(['Save 3.50 % on your next loan', 'Jetzt 2,50 % sichern', 'Offre : 250,00 offerts']), pick(['Ask in your branch before 31.12.2027!', 'www.example.com'])];
  const bottom = pageHeight - 70 - random() * 20;

  const drawTitles = (): void => {
    if (style.untitled) return;
    if (style.dark_header) rects.push({ page, x: left - 4, y: y - 3, width: rightEdge - left + 8, height: size + 6, colour: '#103050' });
    const more = { bold: true, ...(style.dark_header ? { colour: 'white' } : {}) };
    put(titles.date!, xs.date!, y, more);
    if (style.value_date) put(titles.value!, xs.value!, y, more);
    if (style.reference) put(titles.reference!, xs.reference!, y, more);
    put(titles.text!, xs.text!, y, more);
    for (const key of money) right(titles[key]!, edges[key]!, y, more);
    if (edges.indicator) put(titles.indicator!, edges.indicator, y, more);
    y += 1.8 * leading;
  };

  const newPage = (): void => {
    page++;
    onPage = 0;
    y = 40 + random() * 3;
    put(bank, left, 24, { bold: true });
    if (style.footer) [...legal].forEach((text, i) => put(text, left, pageHeight - 48 + i * 9, { size: 7 }));
    if (style.invisible) {
      put(day('2026-03-05'), left, 300, { hidden: true });
      put('HIDDEN', xs.text!, 300, { hidden: true });
      right(number(99_999_900, 2), edges[money[0]!]!, 300, { hidden: true });
    }
  };

  for (const [index, truth] of statements.entries()) {
    const { decimals } = truth;
    const closing = truth.entries.reduce((sum, entry) => sum + entry.amount, truth.opening);
    const labels = { opening: pick(words.opening), closing: pick(words.closing), carried: pick(words.carried), subtotal: pick(words.subtotal) };
    const credits = truth.entries.reduce((sum, { amount }) => sum + Math.max(0, amount), 0);
    const debits = truth.entries.reduce((sum, { amount }) => sum + Math.max(0, -amount), 0);
    if (index === 0 || !style.on_one_page || y > bottom - 160) newPage();
    else y += 3 * leading;
    // Heading
    y += 1.5 * leading;
    const heading: string[] = [];
    const isIban = /^[A-Z]{2}\d{2}/.test(truth.account);
    const accountLabel = isIban ? pick(['IBAN', 'IBAN:']) : pick(words.account.filter((label) => !label.startsWith('IBAN')));
    heading.push(`${accountLabel} ${isIban ? truth.account.replace(/(.{4})(?=.)/g, '$1 ') : truth.account}`);
    if (!style.currency_beside && !style.symbol) heading.push(`${pick(words.currency)} ${truth.currency}`);
    if (!style.no_period) {
      const [before, between] = pick(words.period);
      heading.push(`${before} ${fullDay(truth.from)} ${between} ${fullDay(truth.to)}`);
    }
    if (style.opening === 'heading') heading.push(`${labels.opening} ${labelled(truth.opening, truth)}`);
    if (style.count) heading.push(`${pick(words.count)} ${truth.entries.length}`);
    put(pick(['Ms A. Carver', 'Herr B. Lindt', 'Mme C. Roux']), rightEdge - 120, y);
    for (const line of heading) {
      put(line, left, y, { sum: line.includes(labels.opening) });
      y += leading * 1.1;
    }
    if (style.opening === 'box' || style.closing === 'box') {
      y += leading;
      const box: [string, string][] = [];
      if (style.opening === 'box') box.push([labels.opening, labelled(truth.opening, truth)]);
      if (style.totals === 'labelled') box.push([pick(words.total_credits), number(credits, decimals)], [pick(words.total_debits), number(debits, decimals)]);
      if (style.closing === 'box') box.push([labels.closing, labelled(closing, truth)]);
      const cellWidth = (rightEdge - left) / box.length;
      box.forEach(([label, amount], i) => {
        put(label, left + i * cellWidth, y);
        put(amount, left + i * cellWidth, y + leading * 1.2, { sum: true });
      });
      y += 3.5 * leading;
    }
    y += leading;

    const amountCell = (text: string, key: string, more: Partial<Piece> = {}): void => right(text, edges[key]!, y, { sum: true, ...more });
    /** A row that carries a balance. */
    const balanceRow = (label: string, units: number, date?: string): void => {
      if (date) put(day(date), xs.date!, y);
      put(label, xs.text!, y, { bold: random() < 0.5 });
      if (money.includes('balance')) amountCell(plain(units, truth), 'balance');
      else if (money.includes('amount')) {
        amountCell(style.sign === 'indicator' || style.sign === 'plus_minus_column' ? number(units, decimals) : plain(units, truth), 'amount');
        if (style.sign === 'indicator') put(units < 0 ? words.debit_mark : words.credit_mark, edges.indicator!, y);
        if (style.sign === 'plus_minus_column') put(units < 0 ? '-' : '+', edges.sign!, y);
      } else amountCell(number(units, decimals), units < 0 ? 'debit' : 'credit');
      y += 1.5 * leading;
      onPage++;
    };

    let running = truth.opening;
    const withBalance = truth.entries.map((entry) => ({ ...entry, balance: (running += entry.amount) }));
    const groups: { title: string | null; entries: typeof withBalance; sum: string | null }[] = style.sign !== 'sections' ? [{ title: null, entries: style.newest_first ? withBalance.toReversed() : withBalance, sum: null }] : [
      { title: pick(words.deposits), entries: withBalance.filter(({ amount }) => amount >= 0), sum: null },
      { title: pick(words.withdrawals), entries: withBalance.filter(({ amount }, i) => amount < 0 && i % 4 !== 3), sum: null },
      { title: pick(words.fees), entries: withBalance.filter(({ amount }, i) => amount < 0 && i % 4 === 3), sum: null },
    ].filter(({ entries }) => entries.length > 0);
    truth.entries.splice(0, Infinity, ...groups.flatMap(({ entries }) => entries));

    const showAmount = (entry: TruthEntry & { balance: number }, isLastOfDay: boolean): void => {
      const units = entry.amount;
      const text = number(units, decimals);
      switch (style.sign) {
        case 'columns': amountCell(text, units < 0 ? 'debit' : 'credit'); break;
        case 'columns_minus': amountCell(units < 0 ? `-${text}` : text, units < 0 ? 'debit' : 'credit'); break;
        case 'plus_minus': amountCell(`${units < 0 ? '-' : '+'}${text}`, 'amount'); break;
        case 'cr': amountCell(units < 0 ? text : `${text} CR`, 'amount'); break;
        case 'indicator':
          amountCell(text, 'amount');
          put(units < 0 ? words.debit_mark : words.credit_mark, edges.indicator!, y);
          break;
        case 'plus_minus_column':
          amountCell(text, 'amount');
          put(units < 0 ? '-' : '+', edges.sign!, y);
          break;
        case 'sections':
        case 'by_balance': amountCell(text, 'amount'); break;
        default: amountCell(plain(units, truth), 'amount');
      }
      if (style.balance === 'row' || (style.balance === 'day' && isLastOfDay)) amountCell(plain(entry.balance, truth), 'balance');
    };

    const turnPage = (): void => {
      if (style.advert) {
        y += 2 * leading;
        for (const line of advert) {
          put(line, left + 30, y, { size: size + 2 });
          y += leading * 1.3;
        }
      }
      newPage();
      y += 1.5 * leading;
      put(heading[0]!, left, y);
      y += 2 * leading;
      drawTitles();
    };

    drawTitles();
    if (style.opening === 'row') balanceRow(labels.opening, truth.opening, random() < 0.5 ? truth.from : undefined);
    let printed: string | null = null;
    let pageSum = 0;
    for (const group of groups) {
      if (group.title !== null) {
        y += leading;
        put(group.title, left, y, { bold: true });
        y += 1.6 * leading;
      }
      group.entries.forEach((entry, i) => {
        const drawn = pieces.length;
        const lines = [...entry.text];
        if (entry.fx) lines.push(`${entry.fx.currency} ${entry.fx.amount} @ ${entry.fx.rate}`);
        const needed = lines.length * leading + (style.gap ?? 0);
        const full = style.rows_per_page ? onPage >= style.rows_per_page : y + (style.break_descriptions ? leading : needed) + 3 * leading > bottom;
        if (full) {
          const before = group.entries[i - 1];
          const carried = style.newest_first ? null : before?.balance ?? null;
          if (style.carry && carried !== null) balanceRow(labels.carried[0], carried);
          if (style.subtotal && before) {
            put(labels.subtotal, xs.text!, y);
            if (money.includes('amount')) amountCell(plain(pageSum, truth), 'amount');
            y += 1.5 * leading;
          }
          pageSum = 0;
          turnPage();
          if (style.carry && carried !== null) balanceRow(labels.carried[1], carried);
          printed = null;
        }
        onPage++;
        pageSum += entry.amount;
        const next = group.entries[i + 1];
        const lastOfDay = style.newest_first ? group.entries[i - 1]?.booking_date !== entry.booking_date : next?.booking_date !== entry.booking_date;
        const at = style.amount_at ?? 'first';
        const anchor = at === 'first' ? 0 : at === 'middle' ? Math.floor((lines.length - 1) / 2) : lines.length - 1;
        if (style.stripes && i % 2 === 0) rects.push({ page, x: left - 4, y: y - 2, width: rightEdge - left + 8, height: lines.length * leading, colour: '#eef2f6' });
        lines.forEach((original, n) => {
          let line = original;
          if (style.break_descriptions && y > bottom - leading) {
            newPage();
            y += 1.5 * leading;
            put(heading[0]!, left, y);
            y += 2 * leading;
            drawTitles();
            pageSum = 0;
            printed = null;
          }
          if (n === (at === 'split' ? 0 : anchor)) {
            if (!(style.blank_dates && printed === entry.booking_date)) put(day(entry.booking_date), xs.date!, y);
            printed = entry.booking_date;
            if (style.value_date) put(day(entry.value_date!), xs.value!, y);
            if (style.reference) put(`R${10_000_000 + i}`, xs.reference!, y);
          }
          if (style.overlap && n === anchor && n < entry.text.length) {
            // Long enough to run a few points into the amount.
            const end = edges[money.find((key) => key === 'amount' || key === (entry.amount < 0 ? 'debit' : 'credit'))!]! - width(number(entry.amount, decimals)) + 3;
            let text = line;
            while (xs.text! + width(`${text}x`) < end) text += random() < 0.2 ? ' ' : pick('aeinrst'.split(''));
            entry.text[n] = line = text.trimEnd();
          }
          put(line, xs.text!, y);
          if (n === anchor) showAmount(entry, lastOfDay);
          y += leading;
        });
        for (const piece of pieces.slice(drawn)) piece.entry = entry;
        y += style.gap ?? 0;
      });
    }
    if (style.closing === 'row') balanceRow(labels.closing, closing, random() < 0.5 ? truth.to : undefined);
    if (style.totals === 'row') {
      put(pick(words.totals), xs.text!, y, { bold: true });
      amountCell(number(debits, decimals), 'debit');
      amountCell(number(credits, decimals), 'credit');
      y += 1.5 * leading;
    }
    if (style.totals === 'labelled' && style.opening !== 'box' && style.closing !== 'box') {
      y += leading;
      put(`${pick(words.total_credits)} ${number(credits, decimals)}`, left, y, { sum: true });
      y += leading;
      put(`${pick(words.total_debits)} ${number(debits, decimals)}`, left, y, { sum: true });
      y += leading;
    }
    if (style.closing === 'below') {
      y += leading;
      put(`${labels.closing} ${labelled(closing, truth)}`, left, y, { sum: true });
      y += 2 * leading;
    }
  }
  const pages = page;
  if (style.footer) for (page = 1; page <= pages; page++) put(words.page(page, pages), rightEdge - 70, pageHeight - 20, { size: 7 });

  if (style.tamper) tamper(pieces, style.tamper, random);
  // Drawing
  if (style.shuffled) pieces.sort(() => random() - 0.5);
  for (let n = 1; n <= pages; n++) {
    document.addPage();
    if (style.rotate) {
      (document.page.dictionary as unknown as { data: Record<string, unknown> }).data.Rotate = style.rotate;
      const { width: w, height: h } = document.page;
      // Drawn so that it stands upright once the viewer has turned the page clockwise.
      if (style.rotate === 90) document.transform(0, -1, 1, 0, 0, h);
      else if (style.rotate === 180) document.transform(-1, 0, 0, -1, w, h);
      else document.transform(0, 1, -1, 0, w, 0);
    }
    for (const { x: rx, y: ry, width: w, height: h, colour } of rects.filter((rect) => rect.page === n)) document.rect(rx, ry, w, h).fill(colour);
    for (const piece of pieces.filter((one) => one.page === n)) {
      document.font(piece.bold ? bold : regular).fontSize(piece.size).fillColor(piece.hidden ? 'white' : piece.colour ?? 'black');
      if (piece.hidden && piece.text === 'HIDDEN') document.addContent('3 Tr');
      if (!style.letters) document.text(piece.text, piece.x, piece.y, { lineBreak: false });
      else for (let i = 0; i < piece.text.length; i++) if (piece.text[i] !== ' ') document.text(piece.text[i]!, piece.x + document.widthOfString(piece.text.slice(0, i)), piece.y, { lineBreak: false });
      if (piece.hidden && piece.text === 'HIDDEN') document.addContent('0 Tr');
    }
  }
  document.end();
  await ended;
  return Buffer.concat(chunks);
}

function tamper(pieces: Piece[], kind: 'digit' | 'drop', random: () => number): void {
  if (kind === 'drop') {
    const of = pieces.filter(({ entry }) => entry !== undefined);
    const { entry } = of[Math.floor(random() * of.length)]!;
    pieces.splice(0, Infinity, ...pieces.filter((piece) => piece.entry !== entry));
    return;
  }
  const sums = pieces.filter(({ sum, text }) => sum && /\d/.test(text));
  const piece = sums[Math.floor(random() * sums.length)]!;
  const number = /[\d.,'\s]*\d(?=\D*$)/.exec(piece.text)!;
  const digits = [...number[0].matchAll(/\d/g)];
  const at = number.index + digits[Math.floor(random() * digits.length)]!.index;
  piece.text = `${piece.text.slice(0, at)}${(Number(piece.text[at]) + 1 + Math.floor(random() * 8)) % 10}${piece.text.slice(at + 1)}`;
}
