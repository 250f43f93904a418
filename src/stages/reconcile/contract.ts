import type { CalendarDate } from '../../core/date.ts';
import type { Check, Format } from '../../core/statement.ts';

/** A statement as reconcile weighs it against the books of its account. Amounts are minor units of its currency. */
export interface ReceivedStatement {
  statement_id: bigint;
  document_id: bigint;
  sha256: string;
  statement_no: number;
  company: string;
  account_id: number;
  currency: string;
  format: Format;
  /** Whether interim reports of its account are posted. */
  posts_interim: boolean;
  sequence: string | null;
  bank_statement_id: string | null;
  /** First and last day covered: as printed, else the days of its balances, else of its entries; null for an empty one without dates. */
  from: CalendarDate | null;
  to: CalendarDate | null;
  opening: bigint | null;
  closing: bigint | null;
  ties_out: boolean | null;
  /** Sum and number of its booked entries. */
  sum: bigint;
  entry_count: number;
  /** How many characters its entries say. */
  text_length: number;
  /** The check that normalize found failed; the whole document stays off the books. */
  failed_check: string | null;
}

/** An accepted statement on the books. */
export interface BookedStatement {
  statement_id: bigint;
  format: Format;
  sequence: string | null;
  from: CalendarDate;
  to: CalendarDate;
  opening: bigint | null;
  closing: bigint | null;
  /** Whether it prints balances; else these follow from the books. */
  proven: boolean;
  /** What was posted to statement_gap before it, if anything. */
  gap_before: bigint | null;
}

/** What a statement that overlaps the books brings, by the identity of its entries. */
export interface Difference {
  /** Its entries that are not on the books, and their sum. */
  added: number;
  sum: bigint;
  /** What it lacks of the statement on the books that it repeats. */
  dropped: number;
}

/** What becomes of a statement. */
export type StatementVerdict =
  | { state: 'accepted'; opening_posting: bigint | null; gap_before: bigint | null; gap_of_next: { statement_id: bigint; gap: bigint | null } | null; overlaps: boolean }
  | { state: 'duplicate' }
  | { state: 'preview' }
  | { state: 'quarantined'; check: Check };
