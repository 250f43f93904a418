import { Failure } from '../core/failure.ts';
import { appendAct } from '../ledger/log.ts';
import { findRulesInForce, isSecondPersonThere, lockRules, putRulesInForce, saveRuleset } from '../ledger/rules-in-force.ts';
import type { Tx } from '../platform/database.ts';
import { requestApproval } from './approvals.ts';
import type { Person } from './person.ts';

/** Rules that are to decide from the next batch on. */
export interface OfferedRules { version: string; content: string }

/** Asks for a second person to put the rules in force, and returns the request; null when nobody is there who could, and it is done at once. */
export async function requestRules(tx: Tx, person: Person, { version, content }: OfferedRules, comment: string | null): Promise<bigint | null> {
  if (person.companies !== null) throw new Failure('not_allowed', 'rules are of all companies, and you see only some');
  await lockRules(tx);
  const before = (await findRulesInForce(tx))?.version ?? null;
  if (before === version) throw new Failure('invalid_input', 'these rules are in force already');
  await saveRuleset(tx, version, content);
  const request = { version, replaces: before };
  if (before === null || !await isSecondPersonThere(tx)) {
    await putRulesInForce(tx, version, null);
    await noteInForce(tx, person.user_id, request, null);
    return null;
  }
  const waiting = await tx.kysely.selectFrom('approval').select(['approval_id', 'requested_by']).where('kind', '=', 'rules').where('state', '=', 'pending').executeTakeFirst();
  if (waiting) throw new Failure('stale', `a change of the rules waits for a second person already: request ${waiting.approval_id} by ${waiting.requested_by}; have it withdrawn first`);
  return requestApproval(tx, {
    kind: 'rules', company: null, entry_id: null, why: 'rules decide what is posted without a person', summary: `put the rules ${shortOf(version)} in force in place of ${shortOf(before)}`,
    sums: [], comment, requested_by: person.user_id, request,
  });
}

/** Puts in force what was approved; stale when other rules than those that were shown as replaced are in force by now. */
export async function runRules(tx: Tx, asked: { version: string; replaces: string }, approval_id: bigint, requested_by: string, approved_by: string): Promise<void> {
  await lockRules(tx);
  if ((await findRulesInForce(tx))?.version !== asked.replaces) throw new Failure('stale', 'other rules are in force by now than those that were shown as replaced');
  await putRulesInForce(tx, asked.version, approval_id);
  await noteInForce(tx, requested_by, asked, approved_by);
}

function noteInForce(tx: Tx, actor: string, { version, replaces }: { version: string; replaces: string | null }, approved_by: string | null): Promise<bigint> {
  return appendAct(tx, { company: null, run_id: null, actor, action: 'rules_in_force', payload: { version, replaces, approved_by } });
}

/** As much of a version as tells it from another. */
function shortOf(version: string): string {
  return version.replace('sha256:', '').slice(0, 12);
}
