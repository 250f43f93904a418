import { transaction, type Tx } from '../platform/database.ts';
import { askColleague, assignItem, claimItem, commentItem, deferItem, releaseItem } from '../review/ownership.ts';
import { loadQueueRow } from '../review/queue.ts';
import { performAct, type EntryAct } from '../review/requests.ts';
import { loadApproval } from './approvals.ts';
import type { ApiContext, Handlers } from './context.ts';
import { summaryOf } from './items.ts';
import type { Principal } from './principal.ts';
import type { ActResult, ItemSummary } from './schemas.ts';

type Names = 'acceptSuggestion' | 'allocate' | 'putOnAccount' | 'postToLedger' | 'notOurs' | 'undo' | 'comment' | 'ask' | 'defer' | 'claim' | 'assign' | 'release';

export const ACT_HANDLERS: Handlers<Names> = {
  acceptSuggestion: (context, { params, body, principal }) => act(context, principal, params, { kind: 'accept', suggestion: body.suggestion }, body),
  allocate: (context, { params, body, principal }) => act(context, principal, params, { kind: 'assign', invoices: body.invoices, ledger: body.ledger }, body),
  putOnAccount: (context, { params, body, principal }) => act(context, principal, params, { kind: 'on_account', party_id: body.party_id }, body),
  postToLedger: (context, { params, body, principal }) => act(context, principal, params, { kind: 'ledger_account', account: body.account, ...(body.party_id !== undefined && { party_id: body.party_id }) }, body),
  notOurs: (context, { params, body, principal }) => act(context, principal, params, { kind: 'not_ours' }, body),
  undo: (context, { params, body, principal }) => act(context, principal, params, { kind: 'undo', reason: body.reason }, body),
  comment: (context, { params, body, principal }) => handle(context, principal, params, (tx, entry_id) => commentItem(tx, principal, entry_id, body.text)),
  ask: (context, { params, body, principal }) => handle(context, principal, params, (tx, entry_id) => askColleague(tx, principal, entry_id, body.colleague, body.question)),
  defer: (context, { params, body, principal }) => handle(context, principal, params, (tx, entry_id) => deferItem(tx, principal, entry_id, body.version, body.until, body.comment ?? null)),
  claim: (context, { params, principal }) => handle(context, principal, params, (tx, entry_id) => claimItem(tx, principal, entry_id)),
  assign: (context, { params, body, principal }) => handle(context, principal, params, (tx, entry_id) => assignItem(tx, principal, entry_id, body.user_id)),
  release: (context, { params, principal }) => handle(context, principal, params, (tx, entry_id) => releaseItem(tx, principal, entry_id)),
};

async function act({ db }: ApiContext, principal: Principal, params: { entry_id: string }, wanted: EntryAct, given: { version?: number; comment?: string | null }): Promise<ActResult> {
  const entry_id = BigInt(params.entry_id);
  const done = await transaction(db, (tx) => performAct(tx, principal, entry_id, wanted, given));
  const item = summaryOf(await loadQueueRow(db, principal, entry_id));
  return done.status === 'done'
    ? { status: 'done', decision_id: String(done.decision_id), item, approval: null, learned: done.learned }
    : { status: 'awaits_approval', decision_id: null, item, approval: await loadApproval(db, principal, done.approval_id), learned: 0 };
}

async function handle({ db }: ApiContext, principal: Principal, params: { entry_id: string }, work: (tx: Tx, entry_id: bigint) => Promise<void>): Promise<{ item: ItemSummary }> {
  const entry_id = BigInt(params.entry_id);
  await transaction(db, (tx) => work(tx, entry_id));
  return { item: summaryOf(await loadQueueRow(db, principal, entry_id)) };
}
