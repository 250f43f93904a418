import type { RawPart } from '../../core/statement.ts';
import type { AccountProfile } from './account-profile.ts';
import type { StatementProfile } from './profile.ts';

/** A document's bytes, readable as often as needed, in order, in blocks of the source's choosing. */
export interface DocumentSource {
  readonly size: number;
  read(): AsyncIterable<Buffer>;
}

export interface ReadContext {
  /** Profiles that finance has written, in the order of their files; the first whose `match` fits applies. */
  readonly profiles: readonly StatementProfile[];
  /** Accounts whose statements are to be read with a profile, whatever its `match`. */
  readonly of_accounts?: readonly AccountProfile[];
  /** Passwords that open encrypted documents, tried one after the other. */
  readonly passwords?: readonly string[];
  /** Aborted when the reading is to end at once; a reader in a process of its own is killed. */
  readonly signal?: AbortSignal;
}

/** One format's reader. `recognise` sees the first bytes (at most SNIFF_BYTES) and says whether the document claims to be of this format. */
export interface Reader {
  readonly name: string;
  recognise(head: Buffer): boolean;
  /** Yields the document's statements; throws a Failure with a location when the document as a whole cannot be read. */
  read(source: DocumentSource, context: ReadContext): AsyncIterable<RawPart>;
}

/** Enough for the preamble of any text format seen so far, and for `%PDF-` that may stand within the first 1,024 bytes. */
export const SNIFF_BYTES = 65_536;
