import { Failure } from '../core/failure.ts';
import { transaction, type Database, type Tx } from '../platform/database.ts';
import { lockCompany } from './acts.ts';
import { endApproval, lockPending, logApproval, type Approval } from './approvals.ts';
import { runBulkAccept, runBulkUndo, type LeftOut } from './bulk.ts';
import { proposeLearning } from './learning.ts';
import { setMode, type Mode } from './modes.ts';
import type { Person } from './person.ts';
import { runReissue } from './reissue-request.ts';
import { runAct, type EntryAct } from './requests.ts';
import { runRules } from './rules-request.ts';
import { rightsOf, type Role } from './rights.ts';

/** What an approval has set in motion. */
export interface Approved { decision_ids: bigint[]; left_out: LeftOut[] }

/**
 * Approves what was shown and does it, in one transaction, in the name of whoever asked. What can no longer be done is noted as stale and
 * thrown as such; then nothing has been posted.
 */
export async function approveRequest(db: Database, person: Person, approval_id: bigint, digest: string, comment: string | null): Promise<Approved> {
  try {
    return await transaction(db, async (tx) => {
      const approval = await lockPending(tx, person, approval_id);
      if (approval.requested_by === person.user_id) throw new Failure('not_allowed', 'nobody approves their own request; ask somebody else who may approve');
      if (approval.digest !== digest) throw new Failure('stale', `request ${approval_id} is not what was shown; look at it again`);
      await requireStillEntitled(tx, approval);
      await endApproval(tx, approval_id, 'approved', person.user_id, comment, digest);
      const done = await run(tx, approval, person.user_id);
      await logApproval(tx, approval, 'approved', person.user_id, comment);
      return done;
    });
  } catch (error) {
    if (error instanceof Failure && (error.code === 'stale' || error.code === 'invalid_input' || error.code === 'not_found')) await noteStale(db, person, approval_id, digest, error.message);
    throw error;
  }
}

/** What somebody asked for who could no longer ask for it is done by nobody. Who asked on the command line may be no user at all. */
async function requireStillEntitled(tx: Tx, { kind, company, requested_by }: Approval): Promise<void> {
  const user = await tx.kysely.selectFrom('app_user').select(['roles', 'companies', 'disabled']).where('user_id', '=', requested_by).executeTakeFirst();
  if (user === undefined) return;
  const right = kind === 'set_mode' ? 'automatic' : kind === 'rules' ? 'rules' : 'act';
  const sees_it = user.companies === null || company !== null && user.companies.includes(company);
  if (user.disabled || !sees_it || !rightsOf(user.roles as Role[]).includes(right)) throw new Failure('stale', `${requested_by} may no longer do what was asked for`);
}

/** Refuses a request, or takes one's own back. */
export async function closeRequest(tx: Tx, person: Person, approval_id: bigint, state: 'rejected' | 'withdrawn', reason: string | null): Promise<void> {
  const approval = await lockPending(tx, person, approval_id);
  if (state === 'withdrawn' && approval.requested_by !== person.user_id) throw new Failure('not_allowed', `request ${approval_id} is ${approval.requested_by}'s, who alone may take it back`);
  await endApproval(tx, approval_id, state, person.user_id, reason);
  await logApproval(tx, approval, state, person.user_id, reason);
}

/** Locks the company. What is approved is for the decision that stood when it was asked for: an entry that was never in the queue has no version to tell. */
async function requireStanding(tx: Tx, company: string, entry_id: bigint, decision_id: string): Promise<void> {
  await lockCompany(tx, company);
  const standing = await tx.kysely.selectFrom('decision').select(['decision_id', 'explanation']).where('entry_id', '=', entry_id).where('superseded_by', 'is', null).executeTakeFirstOrThrow();
  if (String(standing.decision_id) !== decision_id) throw new Failure('stale', `entry ${entry_id} was decided anew since it was shown: ${standing.explanation}`);
}

async function noteStale(db: Database, person: Person, approval_id: bigint, digest: string, message: string): Promise<void> {
  await transaction(db, async (tx) => {
    const approval = await tx.kysely.selectFrom('approval').select(['state', 'digest', 'requested_by']).where('approval_id', '=', approval_id).executeTakeFirst();
    // Of a request that was not shown, or is one's own, nothing has been tried.
    if (approval?.state !== 'pending' || approval.digest !== digest || approval.requested_by === person.user_id) return;
    const pending = await lockPending(tx, person, approval_id);
    await endApproval(tx, approval_id, 'stale', person.user_id, message);
    await logApproval(tx, pending, 'stale', person.user_id, message);
  });
}

async function run(tx: Tx, { approval_id, kind, request, requested_by, comment, company }: Approval, approved_by: string): Promise<Approved> {
  const asked = JSON.parse(request) as Record<string, unknown>;
  const act = { user: requested_by, approved_by, comment };
  switch (kind) {
    case 'bulk_accept': {
      const done = await runBulkAccept(tx, company!, asked['items'] as { entry_id: string; version: number }[], act);
      await proposeLearning(tx, done.decision_ids, requested_by);
      return done;
    }
    case 'bulk_undo': return runBulkUndo(tx, asked['decisions'] as string[], asked['reason'] as string, act);
    case 'set_mode': {
      const { mode, rule_id, reason } = asked as { mode: Mode; rule_id: string | null; reason: string };
      await setMode(tx, mode, requested_by, company ?? undefined, rule_id ?? undefined, { reason, approved_by });
      return { decision_ids: [], left_out: [] };
    }
    case 'rules': {
      await runRules(tx, asked as unknown as Parameters<typeof runRules>[1], approval_id, requested_by, approved_by);
      return { decision_ids: [], left_out: [] };
    }
    case 'quarantine_accept': {
      await runReissue(tx, asked as unknown as Parameters<typeof runReissue>[1], act);
      return { decision_ids: [], left_out: [] };
    }
    default: {
      const { entry_id, version, decision_id: shown, act: entry_act } = asked as { entry_id: string; version: number | null; decision_id: string; act: EntryAct };
      await requireStanding(tx, company!, BigInt(entry_id), shown);
      const decision_id = await runAct(tx, BigInt(entry_id), entry_act, { ...act, ...(version !== null && { version }) });
      await proposeLearning(tx, [decision_id], requested_by);
      return { decision_ids: [decision_id], left_out: [] };
    }
  }
}
