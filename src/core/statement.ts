import type { CalendarDate } from './date.ts';

/**
 * A bank statement in two shapes: raw, as a format's reader delivers it (strings, nothing judged),
 * and canonical, as everything after `normalize` uses it (minor units, checked dates and accounts).
 */

export const FORMATS = ['camt.053', 'camt.052', 'camt.054', 'mt940', 'mt942', 'ofx', 'bai2', 'qif', 'csv', 'pdf'] as const;
export type Format = (typeof FORMATS)[number];

/** Formats whose entries are a preview until a booked statement brings them. */
export const INTERIM_FORMATS: ReadonlySet<Format> = new Set<Format>(['camt.052', 'camt.054', 'mt942']);

export type EntryStatus = 'booked' | 'pending' | 'information';

export interface TransactionCode {
  domain: string | null;
  family: string | null;
  subfamily: string | null;
  proprietary: string | null;
}

export interface Charge<Amount> {
  amount: Amount;
  currency: string | null;
  /** ChrgBr of ISO 20022 (DEBT, CRED, SHAR, SLEV) or null. */
  bearer: string | null;
}

/** Where in the document an entry stands: 1-based page or line, and for PDF the box in points [x0, y0, x1, y1], origin bottom left. */
export interface Source {
  page: number | null;
  line: number | null;
  box?: [number, number, number, number];
  /** Of a document in an archive: which one, from 1; page and line are its own. */
  member?: number;
}

/** What an entry and each detail of a batch booking have in common. Amounts are signed: money out is negative. */
export interface Transaction<Amount> {
  amount: Amount;
  currency: string | null;
  bank_reference: string | null;
  end_to_end_id: string | null;
  mandate_id: string | null;
  customer_reference: string | null;
  transaction_code: TransactionCode | null;
  return_reason: string | null;
  counterparty: { name: string | null; account: string | null; bank: string | null } | null;
  ultimate_counterparty: { name: string | null } | null;
  remittance: string | null;
  structured_reference: string | null;
  instructed: { amount: Amount; currency: string } | null;
  exchange_rate: string | null;
  charges: Charge<Amount>[];
}

export interface StatementEntry<Amount> extends Transaction<Amount> {
  /** 1-based, in document order, counted through the whole document. */
  line: number;
  booking_date: CalendarDate;
  value_date: CalendarDate | null;
  status: EntryStatus;
  reversal: boolean;
  source: Source;
  /** The transactions of a batch booking; an entry that carries one detail has that detail's fields in itself and an empty list. */
  details: Transaction<Amount>[];
  /** The running balance printed on the entry's row, after it. */
  balance_after: Amount | null;
}

/** Raw amounts are plain decimal strings: optional `-`, digits, optional `.` and digits, as many decimals as printed. */
export type RawAmount = string;
export type RawEntry = StatementEntry<RawAmount>;

export interface StatementBalance<Amount> {
  amount: Amount;
  date: CalendarDate | null;
}

/** An arithmetic fact that the document prints besides opening and closing balance, checked by normalize. */
export type PrintedTotal =
  | { kind: 'credits' | 'debits' | 'net'; amount: RawAmount }
  | { kind: 'count' | 'credit_count' | 'debit_count'; count: number };

export interface RawStatement {
  format: Format;
  /** `name@version` of the reader. */
  extractor: string;
  account: string | null;
  bank: string | null;
  currency: string | null;
  statement_id: string | null;
  /** `123/1`: statement number and page, as far as printed. */
  sequence: string | null;
  from: CalendarDate | null;
  to: CalendarDate | null;
  opening_balance: StatementBalance<RawAmount> | null;
  closing_balance: StatementBalance<RawAmount> | null;
  /** Totals of booked entries that the document prints. */
  printed_totals: PrintedTotal[];
  /** Entries stand in the document with the newest first; running balances and opening/closing are read in that light. */
  newest_first: boolean;
  /** Checks of its own that a reader has made (control records, hash totals), reported as they are. */
  reader_checks: Check[];
}

/**
 * What a reader yields, in document order. `statement` counts the document's statements from 0.
 * A statement's entries come in chunks of at most CHUNK_ENTRIES; its `end` comes after its last chunk and carries the whole head.
 * A statement that cannot be read yields `failed` instead of `end`; the others of the file still come.
 */
export type RawPart =
  | { part: 'entries'; statement: number; entries: RawEntry[] }
  | { part: 'end'; statement: number; head: RawStatement }
  | { part: 'failed'; statement: number; account: string | null; code: import('./failure.ts').FailureCode; message: string; location: import('./failure.ts').Location | null };

/** Large enough that per-chunk costs vanish, small enough that a chunk of wide entries stays below some 10 MB. */
export const CHUNK_ENTRIES = 2_000;

export interface Check {
  name: string;
  ok: boolean;
  detail: string;
}

/** An entry without a transaction's content, to be filled by a reader: every optional field absent. */
export function emptyTransaction(amount: RawAmount, currency: string | null): Transaction<RawAmount> {
  return {
    amount, currency, bank_reference: null, end_to_end_id: null, mandate_id: null, customer_reference: null,
    transaction_code: null, return_reason: null, counterparty: null, ultimate_counterparty: null, remittance: null,
    structured_reference: null, instructed: null, exchange_rate: null, charges: [],
  };
}
