import { sql } from 'kysely';
import { FAILURES, Failure } from '../core/failure.ts';
import { formatMoney } from '../core/money.ts';
import { appendAct } from '../ledger/log.ts';
import { discardDeadLetters, listDeadLetters, loadDeadLetter, retryDeadLetters, type DeadLetter } from '../pipeline/dead-letters.ts';
import { transaction, type Database, type Tx } from '../platform/database.ts';
import { approveRequest, closeRequest } from '../review/approve.ts';
import { previewBulkAccept, previewBulkUndo, requestBulkAccept, requestBulkUndo, type BulkPreview, type LeftOut } from '../review/bulk.ts';
import { confirmLearned, rejectLearned, revokeLearned } from '../review/learning.ts';
import { listModes, requestMode } from '../review/modes.ts';
import { seeingOnly, seenBy, sees, type Person } from '../review/person.ts';
import { loadReissue } from '../review/reissue.ts';
import { requestReissue } from '../review/reissue-request.ts';
import { approvalSeen, loadApproval, loadApprovals } from './approvals.ts';
import type { ApiContext, Handlers } from './context.ts';
import { beforeId, pageOf } from './cursor.ts';
import type { Principal } from './principal.ts';
import { loadRulesInForce } from './rules.ts';
import type * as view from './schemas.ts';

type Names = 'previewBulkAccept' | 'bulkAccept' | 'previewBulkUndo' | 'bulkUndo' | 'listApprovals' | 'showApproval' | 'approve' | 'reject' | 'withdraw' | 'listQuarantine' | 'showQuarantined'
  | 'acceptQuarantined' | 'rejectQuarantined' | 'listDeadLetters' | 'showDeadLetter' | 'retryDeadLetter' | 'discardDeadLetter' | 'listLearned' | 'confirmLearned' | 'rejectLearned' | 'revokeLearned'
  | 'showModes' | 'setMode';

// The sums are of all; more lines than this nobody reads before approving.
const SHOWN_LINES = 500;

export const BOOKS_HANDLERS: Handlers<Names> = {
  previewBulkAccept: async ({ db }, { body, principal }) => viewPreview(await transaction(db, (tx) => previewBulkAccept(tx, principal, body))),
  bulkAccept: async ({ db }, { body, principal }) => approvalOf(db, principal, (tx) => requestBulkAccept(tx, principal, body, body.digest, body.comment ?? null)),
  previewBulkUndo: async ({ db }, { body, principal }) => viewPreview(await transaction(db, (tx) => previewBulkUndo(tx, principal, body.selection))),
  bulkUndo: async ({ db }, { body, principal }) => approvalOf(db, principal, (tx) => requestBulkUndo(tx, principal, body.selection, body.digest, body.reason)),

  listApprovals: async ({ db }, { query, ...asked }) => {
    const principal = seeingOnly(asked.principal, query.company);
    const of = sql`(${query.state} = 'all' or p.state = ${query.state}) and (${query.entry_id ?? null}::bigint is null or p.entry_id = ${query.entry_id ?? null})`;
    const before = beforeId(query.cursor);
    const approvals = await loadApprovals(db, principal, sql`${of} and (${before}::bigint is null or p.approval_id < ${before})`, query.limit + 1);
    const { rows: [counted] } = await sql<{ total: number }>`select count(*)::int as total from approval p where ${of} and ${approvalSeen(principal)}`.execute(db.kysely);
    return { ...pageOf(approvals, query.limit, (row) => BigInt(row.approval_id), (row) => row), total: counted!.total };
  },
  showApproval: ({ db }, { params, principal }) => loadApproval(db, principal, BigInt(params.approval_id)),
  approve: async ({ db }, { params, body, principal }) => {
    const approval_id = BigInt(params.approval_id);
    const { decision_ids, left_out } = await approveRequest(db, principal, approval_id, body.digest, body.comment ?? null);
    return { approval: await loadApproval(db, principal, approval_id), decided: decision_ids.length, left_out: left_out.slice(0, SHOWN_LINES).map(viewLeftOut) };
  },
  reject: async ({ db }, { params, body, principal }) => {
    await transaction(db, (tx) => closeRequest(tx, principal, BigInt(params.approval_id), 'rejected', body.reason));
    return loadApproval(db, principal, BigInt(params.approval_id));
  },
  withdraw: async ({ db }, { params, principal }) => {
    await transaction(db, (tx) => closeRequest(tx, principal, BigInt(params.approval_id), 'withdrawn', null));
    return loadApproval(db, principal, BigInt(params.approval_id));
  },

  listQuarantine: async ({ db }, { query, ...asked }) => {
    const principal = seeingOnly(asked.principal, query.company);
    const before = beforeId(query.cursor);
    const rows = await loadQuarantined(db, principal, sql`(${before}::bigint is null or s.statement_id < ${before})`, query.limit + 1);
    const { rows: [counted] } = await sql<{ total: number }>`select count(*)::int as total from statement s where s.state = 'quarantined' and ${seenBy(principal, 's.company')}`.execute(db.kysely);
    return { ...pageOf(rows, query.limit, (row) => row.statement_id, viewQuarantined), total: counted!.total };
  },
  showQuarantined: async ({ db }, { params, principal }) => {
    const [row] = await loadQuarantined(db, principal, sql`s.statement_id = ${params.statement_id}::bigint`, 1);
    if (!row) throw new Failure('not_found', `there is no quarantined statement ${params.statement_id}`);
    const { lines } = await loadReissue(db, row.statement_id);
    return {
      ...viewQuarantined(row), checks: row.checks, findings: row.findings, explanation: row.explanation ?? '', replaces_statement_id: row.replaces === null ? null : String(row.replaces),
      diff: lines.map((line) => ({ ...line, entry_id: String(line.entry_id), amount: formatMoney(line.amount, line.currency) })),
    };
  },
  acceptQuarantined: async ({ db }, { params, body, principal }) => approvalOf(db, principal, (tx) => requestReissue(tx, principal, BigInt(params.statement_id), body.reason)),
  rejectQuarantined: async ({ db }, { params, body, principal }) => {
    await transaction(db, async (tx) => {
      const [row] = await loadQuarantined(tx, principal, sql`s.statement_id = ${params.statement_id}::bigint`, 1);
      if (!row) throw new Failure('not_found', `there is no quarantined statement ${params.statement_id}`);
      if (row.rejected) throw new Failure('stale', `statement ${params.statement_id} is set aside already`);
      await tx.kysely.insertInto('statement_rejection').values({ statement_id: row.statement_id, rejected_by: principal.user_id, reason: body.reason }).execute();
      await appendAct(tx, { company: row.company, run_id: null, actor: principal.user_id, action: 'quarantine_rejected', payload: { statement_id: params.statement_id, document_id: String(row.document_id), reason: body.reason } });
    });
    return { done: true };
  },

  listDeadLetters: async ({ db }, { query }) => {
    const { total, letters } = await listDeadLetters(db, { ...(query.stage !== undefined && { stage: query.stage }), ...(query.code !== undefined && { code: query.code as keyof typeof FAILURES }) }, query.limit);
    return { total, items: letters.map(viewDeadLetter) };
  },
  showDeadLetter: async ({ db }, { params }) => {
    const letter = await loadDeadLetter(db, BigInt(params.dead_letter_id));
    return { ...viewDeadLetter(letter), failures: letter.failures.map(({ attempt, failed_at, code, message }) => ({ attempt, failed_at, code, message })) };
  },
  retryDeadLetter: async ({ db, queues, log }, { params, principal }) => {
    const { run_id, documents } = await retryDeadLetters(db, queues, log, { ids: [await openDeadLetter(db, params.dead_letter_id)] }, principal.user_id);
    return { run_id: run_id === null ? null : String(run_id), documents };
  },
  discardDeadLetter: async ({ db, queues, log }, { params, body, principal }) => {
    const { documents } = await discardDeadLetters(db, queues, log, { ids: [await openDeadLetter(db, params.dead_letter_id)] }, principal.user_id, body.reason);
    return { documents };
  },

  listLearned: async ({ db }, { query, ...asked }) => {
    const principal = seeingOnly(asked.principal, query.company);
    const of = sql`(${query.state} = 'all' or l.state = ${query.state}) and ${seenBy(principal, 'l.company')}`;
    const before = beforeId(query.cursor);
    const rows = await loadLearned(db, sql`${of} and (${before}::bigint is null or l.proposal_id < ${before})`, query.limit + 1);
    const { rows: [counted] } = await sql<{ total: number }>`select count(*)::int as total from learned_proposal l where ${of}`.execute(db.kysely);
    return { ...pageOf(rows, query.limit, (row) => row.proposal_id, (row) => viewLearned(row, principal)), total: counted!.total };
  },
  confirmLearned: (context, { params, principal }) => learn(context, principal, params.proposal_id, (tx, id) => confirmLearned(tx, principal, id)),
  rejectLearned: (context, { params, body, principal }) => learn(context, principal, params.proposal_id, (tx, id) => rejectLearned(tx, principal, id, body.reason)),
  revokeLearned: (context, { params, body, principal }) => learn(context, principal, params.proposal_id, (tx, id) => revokeLearned(tx, principal, id, body.reason)),

  showModes: (context, { principal }) => loadModes(context, principal),
  setMode: async (context, { body, principal }) => {
    const { db } = context;
    const { mode, company, rule_id, reason } = body;
    if (company === undefined && principal.companies !== null) throw new Failure('not_allowed', 'name the company: you see only some');
    if (company !== undefined && !sees(principal, company)) throw new Failure('not_found', 'there is no such company');
    if (rule_id !== undefined && !(await loadRulesInForce(context)).rules.some((rule) => rule.id === rule_id)) throw new Failure('not_found', `there is no rule ${rule_id}`);
    const approval_id = await transaction(db, (tx) => requestMode(tx, principal.user_id, { mode, company, rule_id, reason }));
    return { status: approval_id === null ? 'done' : 'awaits_approval', modes: await loadModes(context, principal), approval: approval_id === null ? null : await loadApproval(db, principal, approval_id) };
  },
};

async function approvalOf(db: Database, principal: Principal, work: (tx: Tx) => Promise<bigint>): Promise<view.BulkResult> {
  return { approval: await loadApproval(db, principal, await transaction(db, work)) };
}

function viewPreview({ digest, sums, invoices, lines, blocked }: BulkPreview): view.BulkPreview {
  return {
    digest, sums, invoices, count: lines.length,
    lines: lines.slice(0, SHOWN_LINES).map((line) => ({ ...line, entry_id: String(line.entry_id), amount: formatMoney(line.amount, line.currency) })),
    blocked: blocked.slice(0, SHOWN_LINES).map(viewLeftOut), blocked_count: blocked.length,
  };
}

function viewLeftOut({ entry_id, why }: LeftOut): { entry_id: string; why: string } {
  return { entry_id: String(entry_id), why };
}

interface QuarantinedRow {
  statement_id: bigint; document_id: bigint; path: string; format: string; company: string; account: string; account_id: number; bank_statement_id: string | null; sequence: string | null; from_date: string | null; to_date: string | null;
  currency: string; opening: bigint | null; closing: bigint | null; entry_count: number; failed_check: string | null; submitted_at: string; checks: unknown[]; findings: unknown[]; explanation: string | null;
  sums: { currency: string; count: number; amount: string }[] | null; replaces: bigint | null; others: number; rejected: boolean;
}

function loadQuarantined(db: Pick<Database, 'kysely'>, person: Person, condition: ReturnType<typeof sql>, limit: number): Promise<QuarantinedRow[]> {
  return sql<QuarantinedRow>`
    select s.statement_id, s.document_id, c.path, s.format, s.company, a.account, s.account_id, s.bank_statement_id, s.sequence, s.from_date, s.to_date, s.currency, s.opening, s.closing, s.entry_count,
           c.failed_check, c.submitted_at, s.checks, s.findings,
           (select d.explanation from entry e join decision d on d.entry_id = e.entry_id and d.superseded_by is null where e.statement_id = s.statement_id limit 1) as explanation,
           (select json_agg(json_build_object('currency', currency, 'count', count, 'amount', amount::text)) from (select e.currency, count(*) as count, sum(e.amount) as amount from entry e
              where e.statement_id = s.statement_id and e.is_leaf group by 1) m) as sums,
           coalesce(old.replaced_by, old.statement_id) as replaces, (select count(*)::int from statement o where o.document_id = s.document_id and o.statement_id <> s.statement_id) as others,
           exists (select from statement_rejection r where r.statement_id = s.statement_id) as rejected
      from statement s join document c using (document_id) join account a on a.account_id = s.account_id left join statement old on old.statement_id = s.reissue_of
     where s.state = 'quarantined' and ${seenBy(person, 's.company')} and ${condition} order by s.statement_id desc limit ${limit}`.execute(db.kysely).then(({ rows }) => rows);
}

function viewQuarantined(row: QuarantinedRow): view.QuarantinedStatement {
  const { checks: _checks, findings: _findings, explanation: _explanation, account_id: _account_id, replaces, others, sums, ...rest } = row;
  const money = (minor: bigint | null): string | null => (minor === null ? null : formatMoney(minor, row.currency));
  return {
    ...rest, statement_id: String(row.statement_id), document_id: String(row.document_id), opening: money(row.opening), closing: money(row.closing), acceptable: replaces !== null && others === 0,
    sums: (sums ?? []).map((sum) => ({ ...sum, amount: formatMoney(BigInt(sum.amount), sum.currency) })),
  };
}

function viewDeadLetter(letter: DeadLetter): view.DeadLetterView {
  const { dead_letter_id, stage, document_id, path, run_id, company, code, message, location, attempts, first_failed_at, died_at, resolution, resolved_by, resolved_at, resolution_reason } = letter;
  return {
    dead_letter_id: String(dead_letter_id), stage, document_id: document_id === null ? null : String(document_id), path, run_id: run_id === null ? null : String(run_id), company, code, message,
    meaning: FAILURES[code].meaning, remedy: FAILURES[code].remedy, location: location === null ? null : { ...location }, attempts, first_failed_at, died_at, resolution, resolved_by, resolved_at, resolution_reason,
  };
}

async function openDeadLetter(db: Database, id: string): Promise<bigint> {
  const letter = await loadDeadLetter(db, BigInt(id));
  if (letter.resolution !== null) throw new Failure('stale', `dead letter ${id} is ${letter.resolution} by ${letter.resolved_by} already`);
  return letter.dead_letter_id;
}

interface LearnedRow extends Omit<view.LearnedView, 'proposal_id' | 'entry_id' | 'may_confirm'> { proposal_id: bigint; entry_id: bigint }

function loadLearned(db: Pick<Database, 'kysely'>, condition: ReturnType<typeof sql>, limit: number): Promise<LearnedRow[]> {
  return sql<LearnedRow>`
    select l.proposal_id, l.company, l.kind, l.party_id, p.name as party_name, l.value, l.entry_id, l.state, l.proposed_by, l.proposed_at, l.seen, l.history
      from learned_proposal l join party p using (party_id) where ${condition} order by l.proposal_id desc limit ${limit}`.execute(db.kysely).then(({ rows }) => rows);
}

function viewLearned(row: LearnedRow, principal: Principal): view.LearnedView {
  return {
    ...row, proposal_id: String(row.proposal_id), entry_id: String(row.entry_id), may_confirm: row.state === 'proposed' && row.proposed_by !== principal.user_id && principal.rights.has('approve'),
  };
}

async function learn({ db }: ApiContext, principal: Principal, id: string, work: (tx: Tx, proposal_id: bigint) => Promise<void>): Promise<view.LearnedView> {
  await transaction(db, (tx) => work(tx, BigInt(id)));
  return viewLearned((await loadLearned(db, sql`l.proposal_id = ${id}::bigint`, 1))[0]!, principal);
}

async function loadModes(context: ApiContext, principal: Principal): Promise<view.Modes> {
  const ruleset = await loadRulesInForce(context);
  return {
    companies: (await listModes(context.db)).filter((one) => sees(principal, one.company)), ruleset: ruleset.version,
    rules: ruleset.rules.map(({ id, outcome, owner, sentence }) => ({ rule_id: id, outcome, owner, sentence })),
  };
}
