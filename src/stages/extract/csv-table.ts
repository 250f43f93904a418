import type { Role } from './csv-titles.ts';
import type { Row } from './csv-rows.ts';

/** Which row holds the titles and which column holds what: by the titles, and by the values under them. */
export interface Table {
  /** The titles as printed; null where the file has none. */
  header: Row | null;
  /** Line of the first row of the table's body. */
  body_line: number;
  /** Rows above the table. */
  preamble: Row[];
  columns: Columns;
  /** The currency that the amount's title names. */
  currency: string | null;
  /** A title is in a language in which nobody writes the month first. */
  day_first: boolean;
  /** The amount's title or its sign says that it is signed; else an unsigned column may mean either direction. */
  signed_by_title: boolean;
  /** How sure the recognition is; the dialect with the highest score is taken. */
  score: number;
  /** What keeps the columns from being told apart, for a person, the columns that could each be the amount, and the balances that only fit its opposite. */
  doubt: { problem: string; amounts: number[]; opposite?: number } | null;
}

/** The columns (0-based) of each role; where several count, in the order in which they are read. */
export type Columns = Partial<Record<Role, number[]>>;
