import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '../core/canonical-json.ts';
import { Failure } from '../core/failure.ts';
import { appendAct } from '../ledger/log.ts';
import type { Tx } from '../platform/database.ts';
import type { ApprovalTable } from '../platform/schema.ts';
import { sees, type Person } from './person.ts';

/**
 * Requests for a second person. What is asked for is kept as canonical JSON with the versions of what it was asked upon, and named by its
 * SHA-256: who approves names the digest that was shown. Constraints keep people from approving their own (migrations/0006_web.sql).
 */

export interface CurrencySum { currency: string; count: number; amount: string }

export interface ApprovalDraft {
  kind: ApprovalTable['kind'];
  company: string | null;
  entry_id: bigint | null;
  request: Record<string, Json>;
  /** Why one person is not enough. */
  why: string;
  summary: string;
  sums: CurrencySum[];
  comment: string | null;
  requested_by: string;
}

export function digestOf(request: Json): string {
  return createHash('sha256').update(canonicalJson(request)).digest('hex');
}

/** Notes the request and logs it; must be the last thing its transaction does. */
export async function requestApproval(tx: Tx, { request, sums, ...draft }: ApprovalDraft): Promise<bigint> {
  const text = canonicalJson(request);
  const digest = digestOf(request);
  // An entry has one at a time, also of two that are asked for at the same moment (approval_pending_once).
  const noted = await tx.kysely.insertInto('approval').values({ ...draft, request: text, digest, sums: JSON.stringify(sums) })
    .onConflict((conflict) => conflict.doNothing()).returning('approval_id').executeTakeFirst();
  if (!noted) {
    const waiting = await tx.kysely.selectFrom('approval').select(['approval_id', 'requested_by']).where('entry_id', '=', draft.entry_id).where('state', '=', 'pending').executeTakeFirstOrThrow();
    throw new Failure('stale', `entry ${draft.entry_id} waits for a second person already: request ${waiting.approval_id} by ${waiting.requested_by}; have it withdrawn first`);
  }
  const { approval_id } = noted;
  await appendAct(tx, {
    company: draft.company, run_id: null, actor: draft.requested_by, action: 'approval_requested', entry_id: draft.entry_id,
    payload: { approval_id: String(approval_id), kind: draft.kind, digest, why: draft.why, comment: draft.comment },
  });
  return approval_id;
}

export interface Approval {
  approval_id: bigint;
  kind: ApprovalTable['kind'];
  company: string | null;
  entry_id: bigint | null;
  request: string;
  digest: string;
  requested_by: string;
  comment: string | null;
}

/** Locks a request that waits, of a company that the person sees. Throws not_found, and stale when somebody has decided it. */
export async function lockPending(tx: Tx, person: Pick<Person, 'companies'>, approval_id: bigint): Promise<Approval> {
  const row = await tx.kysely.selectFrom('approval').select(['approval_id', 'kind', 'company', 'entry_id', 'request', 'digest', 'requested_by', 'comment', 'state', 'decided_by'])
    .where('approval_id', '=', approval_id).forUpdate().executeTakeFirst();
  if (!row || !(row.company === null ? person.companies === null : sees(person, row.company))) throw new Failure('not_found', `there is no request ${approval_id} for approval`);
  if (row.state !== 'pending') throw new Failure('stale', `request ${approval_id} is ${row.state}${row.decided_by === null ? '' : ` by ${row.decided_by}`}`);
  return row;
}

/** Locks the request that waits for the entry, if any does: before the company and the log's tip, as whoever decides the request does. */
export async function lockWaiting(tx: Tx, entry_id: bigint): Promise<void> {
  await tx.kysely.selectFrom('approval').select('approval_id').where('entry_id', '=', entry_id).where('state', '=', 'pending').forUpdate().execute();
}

/** Ends a request; an approval names the digest that was shown. */
export async function endApproval(tx: Tx, approval_id: bigint, state: 'approved' | 'rejected' | 'withdrawn' | 'stale', decided_by: string, reason: string | null, approved_digest: string | null = null): Promise<void> {
  await tx.kysely.updateTable('approval').set((of) => ({ state, decided_by, decision_reason: reason, approved_digest, decided_at: of.fn<string>('now') })).where('approval_id', '=', approval_id).execute();
}

export async function logApproval(tx: Tx, approval: Approval, state: string, actor: string, reason: string | null): Promise<void> {
  await appendAct(tx, {
    company: approval.company, run_id: null, actor, action: `approval_${state}`, entry_id: approval.entry_id,
    payload: { approval_id: String(approval.approval_id), kind: approval.kind, digest: approval.digest, requested_by: approval.requested_by, reason },
  });
}

/** Somebody has decided the entry meanwhile: what waited for it can no longer be what was shown. */
export async function endOvertaken(tx: Tx, entry_id: bigint, actor: string): Promise<void> {
  const overtaken = await tx.kysely.selectFrom('approval').select(['approval_id', 'kind', 'company', 'entry_id', 'request', 'digest', 'requested_by', 'comment'])
    .where('entry_id', '=', entry_id).where('state', '=', 'pending').forUpdate().executeTakeFirst();
  if (!overtaken) return;
  const reason = `${actor} has decided entry ${entry_id} meanwhile`;
  await endApproval(tx, overtaken.approval_id, 'stale', actor, reason);
  await logApproval(tx, overtaken, 'stale', actor, reason);
}
