import { sql, type RawBuilder } from 'kysely';
import { Failure } from '../core/failure.ts';
import type { Database } from '../platform/database.ts';
import type { Person } from '../review/person.ts';
import type { ApprovalView } from './schemas.ts';

interface ApprovalRow extends Omit<ApprovalView, 'approval_id' | 'entry_id' | 'request' | 'may_approve'> { approval_id: bigint; entry_id: bigint | null; request: string }

/** The condition that a person sees a request: of a company of theirs, or of all when they see all. */
export function approvalSeen(person: Pick<Person, 'companies'>): RawBuilder<boolean> {
  return person.companies === null ? sql<boolean>`true` : sql<boolean>`p.company = any(${person.companies}::text[])`;
}

/** Requests for approval that fit, the newest first. `p` is the request. */
export async function loadApprovals(db: Pick<Database, 'kysely'>, person: Person & { rights?: ReadonlySet<string> }, condition: RawBuilder<unknown>, limit = 1_000): Promise<ApprovalView[]> {
  const { rows } = await sql<ApprovalRow>`
    select p.approval_id, p.kind, p.company, p.entry_id, p.state, p.why, p.summary, p.sums, p.requested_by, p.requested_at, p.comment, p.decided_by, p.decided_at, p.decision_reason, p.digest, p.request
      from approval p where (${condition}) and ${approvalSeen(person)} order by p.approval_id desc limit ${limit}`.execute(db.kysely);
  return rows.map((row) => ({
    ...row, approval_id: String(row.approval_id), entry_id: row.entry_id === null ? null : String(row.entry_id), request: JSON.parse(row.request) as Record<string, unknown>,
    may_approve: row.state === 'pending' && row.requested_by !== person.user_id && (person.rights?.has('approve') ?? false),
  }));
}

/** Throws not_found, also for people of another company. */
export async function loadApproval(db: Pick<Database, 'kysely'>, person: Person & { rights?: ReadonlySet<string> }, approval_id: bigint): Promise<ApprovalView> {
  const [approval] = await loadApprovals(db, person, sql`p.approval_id = ${approval_id}`);
  if (!approval) throw new Failure('not_found', `there is no request ${approval_id} for approval`);
  return approval;
}
