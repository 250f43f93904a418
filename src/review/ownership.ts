import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import { allocateIds, openChain } from '../ledger/log.ts';
import type { Tx } from '../platform/database.ts';
import { seenBy, type Person } from './person.ts';

/** Whose an item is, what is said about it, and until when it is put off: none of it changes the books or the item's version. */

/** Makes the person the owner, unless somebody else is. */
export async function claimItem(tx: Tx, person: Person, entry_id: bigint): Promise<void> {
  const item = await lockOpen(tx, person, entry_id);
  if (item.assignee !== null && item.assignee !== person.user_id) throw new Failure('stale', `entry ${entry_id} is ${item.assignee}'s already`);
  await setOwner(tx, entry_id, person.user_id);
}

/** Makes somebody the owner, also of what is another's: that is said in the log. */
export async function assignItem(tx: Tx, person: Person, entry_id: bigint, user_id: string): Promise<void> {
  const item = await lockOpen(tx, person, entry_id);
  await requireColleague(tx, user_id, item.company);
  await setOwner(tx, entry_id, user_id);
  await logItemAct(tx, person, item.company, entry_id, 'owner_assigned', { from: item.assignee, to: user_id });
}

/** Gives up one's own item. */
export async function releaseItem(tx: Tx, person: Person, entry_id: bigint): Promise<void> {
  const item = await lockOpen(tx, person, entry_id);
  if (item.assignee !== null && item.assignee !== person.user_id) throw new Failure('not_allowed', `entry ${entry_id} is ${item.assignee}'s; only they release it, others assign it`);
  await setOwner(tx, entry_id, null);
}

/** Leaves a comment, also on an item that is done. */
export async function commentItem(tx: Tx, person: Person, entry_id: bigint, text: string): Promise<void> {
  const { company } = await lockItem(tx, person, entry_id);
  await saveComment(tx, person, company, entry_id, { kind: 'comment', asked: null, text });
}

/** Puts a question to a colleague, who becomes the owner. */
export async function askColleague(tx: Tx, person: Person, entry_id: bigint, colleague: string, question: string): Promise<void> {
  const { company, assignee } = await lockOpen(tx, person, entry_id);
  if (colleague === person.user_id) throw new Failure('invalid_input', 'ask a colleague, not yourself');
  if (assignee !== null && assignee !== person.user_id) throw new Failure('stale', `entry ${entry_id} is ${assignee}'s by now`);
  await requireColleague(tx, colleague, company);
  await setOwner(tx, entry_id, colleague);
  await saveComment(tx, person, company, entry_id, { kind: 'question', asked: colleague, text: question });
}

/** Puts the item off until a day; on that day it is in the queue again. */
export async function deferItem(tx: Tx, person: Person, entry_id: bigint, version: number | undefined, until: string, comment: string | null): Promise<void> {
  const item = await lockOpen(tx, person, entry_id);
  if (version !== undefined && version !== item.version) throw new Failure('stale', `entry ${entry_id} has changed since it was shown (version ${item.version}, not ${version})`);
  if (item.assignee !== null && item.assignee !== person.user_id) throw new Failure('stale', `entry ${entry_id} is ${item.assignee}'s by now`);
  const { rows: [day] } = await sql<{ ahead: boolean }>`select ${until}::date > current_date as ahead`.execute(tx.kysely);
  if (!day!.ahead) throw new Failure('invalid_input', `${until} is not after today`);
  await tx.kysely.updateTable('review_item').set({ deferred_until: until }).where('entry_id', '=', entry_id).execute();
  await logItemAct(tx, person, item.company, entry_id, 'deferred', { until, comment });
}

interface LockedItem { company: string; state: 'open' | 'done'; assignee: string | null; version: number }

async function lockItem(tx: Tx, person: Person, entry_id: bigint): Promise<LockedItem> {
  const { rows: [item] } = await sql<LockedItem>`select company, state, assignee, version from review_item r where entry_id = ${entry_id} and ${seenBy(person, 'r.company')} for update`.execute(tx.kysely);
  if (!item) throw new Failure('not_found', `entry ${entry_id} is not in the review queue`);
  return item;
}

async function lockOpen(tx: Tx, person: Person, entry_id: bigint): Promise<LockedItem> {
  const item = await lockItem(tx, person, entry_id);
  if (item.state !== 'open') throw new Failure('stale', `entry ${entry_id} is no longer open`);
  return item;
}

async function setOwner(tx: Tx, entry_id: bigint, assignee: string | null): Promise<void> {
  await tx.kysely.updateTable('review_item').set({ assignee }).where('entry_id', '=', entry_id).execute();
}

async function requireColleague(tx: Tx, user_id: string, company: string): Promise<void> {
  const { rows: [user] } = await sql<{ able: boolean }>`
    select not disabled and roles && array['analyst', 'approver'] and (companies is null or ${company} = any(companies)) as able from app_user where user_id = ${user_id}`.execute(tx.kysely);
  if (!user) throw new Failure('not_found', `there is no user ${user_id}`);
  if (!user.able) throw new Failure('invalid_input', `${user_id} may not decide entries of company ${company}`);
}

async function saveComment(tx: Tx, person: Person, company: string, entry_id: bigint, comment: { kind: 'comment' | 'question'; asked: string | null; text: string }): Promise<void> {
  const [log_seq] = await allocateIds(tx, 'log_seq', 1);
  await tx.kysely.insertInto('review_comment').values({ entry_id, author: person.user_id, log_seq: log_seq!, ...comment }).execute();
  const chain = await openChain(tx);
  await chain.appendAs([log_seq!], [{ company, run_id: null, actor: person.user_id, action: comment.kind, entry_id, decision_id: null, payload: { asked: comment.asked, text: comment.text } }]);
  await chain.close();
}

async function logItemAct(tx: Tx, person: Person, company: string, entry_id: bigint, action: string, payload: Record<string, string | null>): Promise<void> {
  const chain = await openChain(tx);
  await chain.append([{ company, run_id: null, actor: person.user_id, action, entry_id, decision_id: null, payload }]);
  await chain.close();
}
