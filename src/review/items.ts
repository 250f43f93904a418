import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import type { CandidateAllocation } from '../core/evidence.ts';
import type { Tx } from '../platform/database.ts';

/** What the rules suggest, the best first; without allocations, ledger account and decision to return it says that the entry is none of ours. */
export interface Suggestion {
  allocations: CandidateAllocation[];
  ledger_account: string | null;
  /** Whose account the entry is put on, where it is. */
  party_id?: string;
  /** For a returned payment: the decision that it takes back. */
  reverses_decision_id: string | null;
  /** Thousandths. */
  score: number;
  reasons: string[];
}

/** An entry that waits for a person. Amounts are minor units. */
export interface ReviewItem {
  entry_id: bigint;
  company: string;
  state: 'open' | 'done';
  outcome: 'review' | 'suspense' | 'manual' | 'auto';
  reason: string;
  explanation: string;
  priority: number;
  assignee: string | null;
  /** Raised by every act: who acts names the version that was shown. */
  version: number;
  decision_id: bigint;
  opened_at: string;
  account: string;
  account_id: number;
  booking_date: string;
  value_date: string | null;
  amount: bigint;
  currency: string;
  counterparty_name: string | null;
  counterparty_account: string | null;
  remittance: string | null;
  document: string;
  line: number;
  suggestions: Suggestion[];
}

export interface ReviewFilter {
  company?: string;
  reason?: string;
  assignee?: string;
  /** Open items are listed unless asked otherwise. */
  state?: 'open' | 'done';
  limit?: number;
}

/** A screenful and a spreadsheet's worth; whoever wants all of it exports the decisions. */
const DEFAULT_LIMIT = 100;

const COLUMNS = sql`
  r.entry_id, r.company, r.state, d.outcome, d.reason, d.explanation, r.priority, r.assignee, r.version, r.decision_id, r.opened_at,
  a.account, a.account_id, e.booking_date, e.value_date, e.amount, e.currency, e.counterparty_name, e.counterparty_account, e.remittance,
  c.path as document, e.line, coalesce(d.suggestions, '[]') as suggestions
  from review_item r join decision d on d.decision_id = r.decision_id join entry e on e.entry_id = r.entry_id
  join account a on a.account_id = e.account_id join document c on c.document_id = e.document_id`;

/** The queue: what may be fraud first, then the oldest. */
export async function listReviewItems(tx: Pick<Tx, 'kysely'>, filter: ReviewFilter): Promise<ReviewItem[]> {
  const { rows } = await sql<ReviewItem>`
    select ${COLUMNS}
     where r.state = ${filter.state ?? 'open'}
       and (${filter.company ?? null}::text is null or r.company = ${filter.company ?? null})
       and (${filter.reason ?? null}::text is null or r.reason = ${filter.reason ?? null})
       and (${filter.assignee ?? null}::text is null or r.assignee = ${filter.assignee ?? null})
     order by r.priority desc, e.booking_date, r.entry_id limit ${filter.limit ?? DEFAULT_LIMIT}`.execute(tx.kysely);
  return rows;
}

/** One item, or undefined when the entry was never in the queue. */
export async function findReviewItem(tx: Pick<Tx, 'kysely'>, entry_id: bigint): Promise<ReviewItem | undefined> {
  return (await loadReviewItems(tx, [entry_id]))[0];
}

/** Those of the entries that are or were in the queue, in the order of booking. */
export async function loadReviewItems(tx: Pick<Tx, 'kysely'>, entry_ids: readonly bigint[]): Promise<ReviewItem[]> {
  const { rows } = await sql<ReviewItem>`select ${COLUMNS} where r.entry_id = any(${entry_ids.map(String)}::bigint[]) order by e.booking_date, r.entry_id`.execute(tx.kysely);
  return rows;
}

/** One item; throws not_found when the entry was never in the queue. */
export async function loadReviewItem(tx: Pick<Tx, 'kysely'>, entry_id: bigint): Promise<ReviewItem> {
  const item = await findReviewItem(tx, entry_id);
  if (!item) throw new Failure('not_found', `entry ${entry_id} is not in the review queue; tieout review list shows what is`);
  return item;
}
