import type { CalendarDate } from '../../core/date.ts';
import type { Evidence } from '../../core/evidence.ts';
import type { LogChain } from '../../ledger/log.ts';
import type { Tx } from '../../platform/database.ts';
import type { AcceptedBatch } from './accept-batch.ts';
import type { Contender } from './contend.ts';
import type { Modes } from './decide.ts';
import type { Draft } from './draft.ts';
import type { Ruleset } from './rules.ts';
import type { EvidenceScope, KeptEvidence, Standing } from './store.ts';

/** What the steps of a batch share: what it decides on, and what they find out on the way. */
export interface Batch {
  tx: Tx;
  run_id: bigint;
  company: string;
  ruleset: Ruleset;
  modes: Modes;
  accepted: AcceptedBatch;
  ledger_accounts: ReadonlyMap<number, string>;
  functional_currency: string | null;
  /** The entries whose other leg is there too. */
  transfer_legs: Set<string>;
  /** Batch bookings for which details have come: these are decided in their place. */
  joined: Set<string>;
  /** Of the details of a booking that waited: where it stood, and, for the first of them, its decision. */
  details: Map<string, Before>;
  /** What another entry may have settled: decided after everything else but returns. */
  late: bigint[];
  returns: bigint[];
  /** What may pay what these open again. */
  after_returns: bigint[];
  reopened: Reopened;
  /** The entries that found consumed what they claim: for a person, whatever else the books now offer them. */
  losers: Map<string, readonly Contender[]>;
  /** Contested invoices that one of the batch's entries settles. */
  taken: Set<string>;
  /** How many decisions of earlier batches were superseded. */
  changed: number;
  chain: LogChain;
}

export interface Decided extends KeptEvidence {
  draft: Draft;
  duplicate_of: bigint | null;
  /** Of an entry that has lost what it claims. */
  contest?: readonly Contender[] | undefined;
}

/** What the batch's returns open again: by party, the day of its first; and the entries that they may give back. */
export interface Reopened { since: ReadonlyMap<string, CalendarDate>; given_back: ReadonlySet<string> }

export const NOTHING_REOPENED: Reopened = { since: new Map(), given_back: new Set() };

/** Where an entry stood, and by what, that is decided anew. */
export interface Before {
  at: 'unallocated' | 'suspense';
  /** Its own decision; null for a detail whose booking had one. */
  decision: Standing | null;
  supersedes: bigint | null;
}

/** Whether the entry is booked, and its statement brings it onto the books. */
export function isTaken({ accepted, joined }: Batch, { entry_id, statement_id, line, status }: Evidence): boolean {
  return !joined.has(entry_id) && status === 'booked' && accepted.states.get(BigInt(statement_id)) === 'accepted' && !accepted.duplicates.get(BigInt(statement_id))?.has(line);
}

/** Whether its decision waits until all others are made. */
export function isDeferred(batch: Batch, { evidence, open }: KeptEvidence, scope: EvidenceScope): boolean {
  return !scope.open_only && evidence.facts.is_return && (open || isTaken(batch, evidence));
}
