/** What fuzz.ts and the process in which documents are read say to each other. */

export interface FuzzTask { bytes: Uint8Array }

export interface FuzzAnswer {
  /** Code of the failure, or of `failed` statements; null where all were read. */
  code: string | null;
  /** Something that must not be: anything thrown that is no coded failure, or a sum that does not hold. */
  wrong: string | null;
  /** Opening and closing balance, in units of 10^-SCALE, of each statement that prints both, and of those that tie out. */
  printed: string[];
  proven: string[];
  statements: number;
  rss_mb: number;
  ms: number;
}

/** More decimals than the proof allows. */
export const SCALE = 12;
