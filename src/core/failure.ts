/**
 * What can go wrong while a document is worked on, as a closed set of codes.
 * The table is total: the code alone says whether trying again can help and which HTTP status it is.
 * Never classify by message text. A code's meaning and remedy are repeated in docs/operations.md (a test holds them together).
 */
export interface FailureKind {
  /** `retry`: may pass by itself, so it is tried again with backoff. `dead`: will not, so it goes straight to the dead letters. */
  readonly retryable: 'retry' | 'dead';
  readonly http_status: number;
  readonly meaning: string;
  readonly remedy: string;
}

export const FAILURES = {
  // What a document can be
  password_protected: { retryable: 'dead', http_status: 422, meaning: 'the document is encrypted with a password', remedy: 'ask the bank or the sender for an unprotected copy' },
  needs_ocr: { retryable: 'dead', http_status: 422, meaning: 'the PDF has pictures of text and no text', remedy: 'ask the bank for the electronic statement, best as camt.053' },
  unreadable_text: { retryable: 'dead', http_status: 422, meaning: 'the PDF uses a font without a usable encoding', remedy: 'ask the bank for another format of the same statement' },
  truncated: { retryable: 'dead', http_status: 422, meaning: 'the document ends in the middle', remedy: 'fetch the document again and submit the whole of it' },
  malformed: { retryable: 'dead', http_status: 422, meaning: 'the document breaks the rules of its format', remedy: 'look at the place named; ask the sender for a correct document' },
  too_large: { retryable: 'dead', http_status: 413, meaning: 'the document exceeds a bound (size, pages, lines, depth, time or memory)', remedy: 'split the document, or raise the limit named in the message' },
  unsupported_format: { retryable: 'dead', http_status: 415, meaning: 'the document is of a known kind that is not read', remedy: 'ask for one of the formats in docs/formats.md' },
  not_a_statement: { retryable: 'dead', http_status: 422, meaning: 'nothing in the document is a bank statement', remedy: 'discard it, or submit the right file' },
  ambiguous: { retryable: 'dead', http_status: 422, meaning: 'the document can be read in more than one way', remedy: 'write the statement profile that the message shows into rules/profiles/, then retry' },
  // What the pipeline can meet
  unknown_account: { retryable: 'dead', http_status: 422, meaning: 'the statement is of an account that is not in the accounts', remedy: 'tieout import accounts FILE.csv with that account, then tieout dead retry' },
  configuration: { retryable: 'dead', http_status: 500, meaning: 'the configuration or a rules file is wrong', remedy: 'mend what the message names, then tieout dead retry' },
  reader_crashed: { retryable: 'retry', http_status: 503, meaning: 'the process that reads the document ended by itself', remedy: 'look at the document; it is given up after its attempts' },
  out_of_memory: { retryable: 'retry', http_status: 503, meaning: 'the reading process ran out of memory', remedy: 'look at the document; it is given up after its attempts' },
  timed_out: { retryable: 'retry', http_status: 503, meaning: 'the work took longer than its limit', remedy: 'look at the document or the load; it is tried again by itself' },
  database_unavailable: { retryable: 'retry', http_status: 503, meaning: 'Postgres could not be reached or closed the connection', remedy: 'bring the database back; it is tried again by itself' },
  conflict: { retryable: 'retry', http_status: 409, meaning: 'another transaction changed the same rows first', remedy: 'nothing; it is tried again by itself' },
  stale: { retryable: 'retry', http_status: 409, meaning: 'what was decided upon has changed meanwhile', remedy: 'look at the item again and repeat the act' },
  lease_lost: { retryable: 'retry', http_status: 409, meaning: 'another worker took the task over', remedy: 'nothing; the other worker finishes it' },
  bug: { retryable: 'dead', http_status: 500, meaning: 'an assertion of the program failed', remedy: 'report it with the stack that `tieout dead show` prints; retry after an update' },
  // What a person or a program can ask for in vain
  invalid_input: { retryable: 'dead', http_status: 400, meaning: 'what was given does not fit', remedy: 'correct what the message names' },
  not_found: { retryable: 'dead', http_status: 404, meaning: 'there is no such thing', remedy: 'check the id' },
  not_signed_in: { retryable: 'dead', http_status: 401, meaning: 'nobody is signed in, or the session or the token has ended', remedy: 'sign in again, or use a token that is valid' },
  too_many_attempts: { retryable: 'dead', http_status: 429, meaning: 'too many attempts within a short time', remedy: 'wait as long as the message says, then try again' },
  not_allowed: { retryable: 'dead', http_status: 403, meaning: 'this may not be done, or not by this person', remedy: 'ask someone with the right, or a second person' },
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof FAILURES;

/** Where in a document something stands: 1-based line and column, or page; whatever is known. */
export interface Location {
  readonly page?: number;
  readonly line?: number;
  readonly column?: number;
  /** A field or element path, such as `Stmt/Ntry[3]/Amt`. */
  readonly field?: string;
}

/** A coded failure. Everything thrown on purpose is one; everything else that is thrown is a bug. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly location: Location | null;

  constructor(code: FailureCode, message: string, location: Location | null = null, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.location = location;
  }
}

/** An assertion: a violation is a bug of this program, never a fact about the data. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Failure('bug', message);
}
