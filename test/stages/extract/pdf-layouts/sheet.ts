import PDFDocument from 'pdfkit';
import { addDays } from '../../../../src/core/date.ts';
import type { Truth, TruthEntry } from './draw.ts';
import { printNumber } from './draw.ts';

/** What layouts that are drawn by hand have in common: the paper, chance, a statement's truth. */

export interface Drawn {
  bytes: Buffer;
  truths: Truth[];
}

export const US = { group: ',', mark: '.' };
export const EU = { group: '.', mark: ',' };

/** What a layout draws with: text at a left, right or middle edge. */
export class Sheet {
  readonly document: PDFKit.PDFDocument;
  readonly #chunks: Buffer[] = [];
  readonly #ended: Promise<unknown>;
  constructor(options: PDFKit.PDFDocumentOptions = {}) {
    this.document = new PDFDocument({ size: 'A4', margin: 0, ...options });
    this.document.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    this.#ended = new Promise((resolve) => this.document.on('end', resolve));
    this.document.font('Helvetica').fontSize(9);
  }
  put(text: string, x: number, y: number): void {
    if (text !== '') this.document.text(text, x, y, { lineBreak: false });
  }
  right(text: string, x: number, y: number): void {
    this.put(text, x - this.document.widthOfString(text), y);
  }
  middle(text: string, x: number, y: number): void {
    this.put(text, x - this.document.widthOfString(text) / 2, y);
  }
  async end(): Promise<Buffer> {
    this.document.end();
    await this.#ended;
    return Buffer.concat(this.#chunks);
  }
}

export interface Random {
  (): number;
  whole(n: number): number;
  pick<T>(list: readonly T[]): T;
}

const WORDS = ['Rent', 'Salary', 'Office supplies', 'Insurance', 'Invoice 2026-118', 'Card 4711 Station', 'Refund', 'Maintenance', 'Subscription', 'Transfer to savings'];

export function truthOf(random: Random, count: number, currency = 'EUR', from = '2026-03-01'): Truth {
  let date = from;
  const entries: TruthEntry[] = [];
  for (let i = 0; i < count; i++) {
    if (random() < 0.6 && date < addDays(from, 28)) date = addDays(date, 1);
    const units = 100 + random.whole(10 ** (3 + random.whole(4)));
    entries.push({ booking_date: date, value_date: null, amount: random() < 0.55 ? -units : units, text: [`${random.pick(WORDS)} ${random.pick(['Alder Ltd', 'Brandt GmbH', 'Rossi Srl', 'Kiosk 24'])}`] });
  }
  entries.at(-1)!.booking_date = addDays(from, 29);
  return { account: String(20_000_000 + random.whole(79_999_999)), currency, decimals: 2, opening: 100_000 + random.whole(900_000), from, to: addDays(from, 30), entries };
}

export const sum = (entries: readonly TruthEntry[]): number => entries.reduce((total, { amount }) => total + amount, 0);
export const closingOf = (truth: Truth): number => truth.opening + sum(truth.entries);
export const us = (units: number): string => `${units < 0 ? '-' : ''}${printNumber(units, US, 2)}`;
export const eu = (units: number): string => `${units < 0 ? '-' : ''}${printNumber(units, EU, 2)}`;
export const abs = Math.abs;

/** A layout: one document for each state of chance. */
export type Special = (random: Random) => Promise<Drawn>;
