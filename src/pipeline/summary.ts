import { sql } from 'kysely';
import { counted } from '../core/counted.ts';
import { formatMoney } from '../core/money.ts';
import { listViolations, type Violation } from '../ledger/invariants.ts';
import { findLogHead } from '../ledger/log.ts';
import type { Tx } from '../platform/database.ts';

export const OUTCOMES = ['auto', 'review', 'suspense', 'duplicate', 'quarantined', 'pending'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Section 5 of the interchange. Amounts are decimal strings; debits, money going out, carry a `-`. */
export interface RunSummary {
  readonly run_id: string;
  readonly started_at: string;
  readonly finished_at: string;
  readonly documents: { readonly submitted: number; readonly reconciled: number; readonly quarantined: number; readonly duplicate: number; readonly dead_lettered: number };
  readonly entries: { readonly total: number } & Readonly<Record<Outcome, number>>;
  readonly amounts: readonly { readonly currency: string; readonly outcome: Outcome; readonly debits: string; readonly credits: string; readonly count: number }[];
  /** The conservation check: nothing is lost, nothing counted twice, and the books hold. */
  readonly balanced: boolean;
  readonly log_head: string;
  readonly duration_ms: number;
}

/**
 * Sums up a finished run, set by set: each of its deliveries counts once, with what became of its document; a repeated delivery counts as
 * a duplicate, with all entries of its document. Also returns what was found wrong, by which the summary is not `balanced`.
 */
export async function summarise(tx: Tx, run_id: bigint): Promise<{ summary: RunSummary; violations: Violation[] }> {
  const run = await tx.kysely.selectFrom('run').select(['started_at', 'finished_at']).where('run_id', '=', run_id).executeTakeFirstOrThrow();
  const documents = await countDocuments(tx, run_id);
  const totals = await sumEntries(tx, run_id);
  const entries = { total: 0, auto: 0, review: 0, suspense: 0, duplicate: 0, quarantined: 0, pending: 0 };
  for (const { outcome, count } of totals) {
    entries[outcome] += count;
    entries.total += count;
  }
  const violations = [...await listConservationViolations(tx, run_id, totals), ...await listViolations(tx)];
  const summary: RunSummary = {
    run_id: String(run_id), started_at: run.started_at, finished_at: run.finished_at!, documents, entries,
    amounts: totals.map(({ currency, outcome, debits, credits, count }) => (
      { currency, outcome, debits: formatMoney(debits, currency), credits: formatMoney(credits, currency), count })),
    balanced: violations.length === 0,
    log_head: await findLogHead(tx),
    duration_ms: Date.parse(run.finished_at!) - Date.parse(run.started_at),
  };
  return { summary, violations };
}

/** 1: the run itself failed, its sums do not add up; 2: a document is in a dead-letter queue; 0: every document is accounted for. */
export function exitStatusOf(summary: Pick<RunSummary, 'balanced' | 'documents'>): 0 | 1 | 2 {
  if (!summary.balanced) return 1;
  return summary.documents.dead_lettered > 0 ? 2 : 0;
}

/** A discarded document was a dead letter before a person discarded it, so it stays one in the sums. */
async function countDocuments(tx: Tx, run_id: bigint): Promise<RunSummary['documents']> {
  const { rows: [counts] } = await sql<RunSummary['documents']>`
    select count(*)::int as submitted,
           count(*) filter (where not v.is_duplicate and d.state = 'reconciled')::int as reconciled,
           count(*) filter (where not v.is_duplicate and d.state = 'quarantined')::int as quarantined,
           count(*) filter (where v.is_duplicate)::int as duplicate,
           count(*) filter (where not v.is_duplicate and d.state in ('dead', 'discarded'))::int as dead_lettered
      from delivery v join document d using (document_id)
     where v.run_id = ${run_id}`.execute(tx.kysely);
  return counts!;
}

interface Total {
  readonly currency: string;
  readonly outcome: Outcome;
  readonly debits: bigint;
  readonly credits: bigint;
  readonly count: number;
}

// A person may have decided an item while another company's batch was still under way: the run itself put it before a person.
const OUTCOME = sql`case when v.is_duplicate then 'duplicate' when c.outcome = 'manual' then 'review' else c.outcome end`;
// Entries of a dead document are not known.
const KNOWN = sql`d.state in ('reconciled', 'quarantined')`;

async function sumEntries(tx: Tx, run_id: bigint): Promise<Total[]> {
  const { rows } = await sql<Total>`
    select e.currency, ${OUTCOME} as outcome,
           coalesce(sum(e.amount) filter (where e.amount < 0), 0)::bigint as debits,
           coalesce(sum(e.amount) filter (where e.amount >= 0), 0)::bigint as credits, count(*)::int as count
      from delivery v join document d using (document_id) join statement s using (document_id)
      join entry e using (statement_id) join decision c on c.entry_id = e.entry_id and c.superseded_by is null
     where v.run_id = ${run_id} and ${KNOWN} and e.is_leaf
     group by 1, 2
     order by 1, 2`.execute(tx.kysely);
  return rows;
}

/** What the sums are compared with: the entries themselves, without their decisions. */
async function listConservationViolations(tx: Tx, run_id: bigint, totals: readonly Total[]): Promise<Violation[]> {
  const violations: Violation[] = [];
  const { rows: expected } = await sql<{ currency: string; amount: bigint; count: number }>`
    select e.currency, sum(e.amount)::bigint as amount, count(*)::int as count
      from delivery v join document d using (document_id) join statement s using (document_id) join entry e using (statement_id)
     where v.run_id = ${run_id} and ${KNOWN} and e.is_leaf
     group by 1
     order by 1`.execute(tx.kysely);
  for (const { currency, amount, count } of expected) {
    const found = totals.filter((total) => total.currency === currency);
    const found_count = found.reduce((sum, total) => sum + total.count, 0);
    const found_amount = found.reduce((sum, total) => sum + total.debits + total.credits, 0n);
    if (found_count !== count || found_amount !== amount) {
      violations.push({
        invariant: 'every entry has one outcome',
        detail: `run ${run_id}: ${counted(count, 'entry', 'entries')} of ${formatMoney(amount, currency)} ${currency}, `
          + `but ${found_count} of ${formatMoney(found_amount, currency)} have a decision`,
      });
    }
  }
  const { rows: unended } = await sql<{ path: string; state: string }>`
    select v.path, d.state from delivery v join document d using (document_id)
     where v.run_id = ${run_id} and not v.is_duplicate and d.state not in ('reconciled', 'quarantined', 'dead', 'discarded')
     order by v.n limit 10`.execute(tx.kysely);
  for (const { path, state } of unended) {
    violations.push({ invariant: 'every document has ended', detail: `run ${run_id}: ${path} is ${state}` });
  }
  return violations;
}
