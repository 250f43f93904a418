import { sql } from 'kysely';
import { addDays, weekday } from '../core/date.ts';
import { Failure } from '../core/failure.ts';
import { formatMoney } from '../core/money.ts';
import { listViolations } from '../ledger/invariants.ts';
import { appendAct } from '../ledger/log.ts';
import type { Tx } from '../platform/database.ts';
import { lockCompany } from './acts.ts';

/** Months of a company's books: closed, and opened again, by two people. The database refuses one alone, and every posting into a closed month. */

export type PeriodAction = 'close' | 'reopen';

export interface Period {
  company: string;
  /** `2026-10`. */
  month: string;
  closed: boolean;
  closed_at: string | null;
  closed_by: string | null;
  approved_by: string | null;
  /** What one person has asked for and no other has approved yet. */
  requested: PeriodAction | null;
  requested_by: string | null;
}

/** The months in which something is posted, is closed or is asked for, in their order. */
export async function listPeriods(tx: Pick<Tx, 'kysely'>, company: string | null): Promise<Period[]> {
  const { rows } = await sql<Period>`
    select m.company, m.month, p.month is not null as closed, p.closed_at, p.closed_by, p.approved_by, r.action as requested, r.requested_by
      from (select distinct company, to_char(posting_date, 'YYYY-MM') as month from journal_entry union select company, month from period
            union select company, month from period_request where state = 'pending') m
      left join period p using (company, month) left join period_request r on r.company = m.company and r.month = m.month and r.state = 'pending'
     where ${company}::text is null or m.company = ${company} order by 1, 2`.execute(tx.kysely);
  return rows;
}

/** Asks for it on behalf of the first person. Throws invalid_input with what stands in the way of closing, and where it is so already. */
export async function requestPeriod(tx: Tx, company: string, month: string, action: PeriodAction, reason: string | null, user: string): Promise<void> {
  await lockPeriod(tx, company, month);
  const pending = await findRequest(tx, company, month);
  if (pending) throw new Failure('invalid_input', `${pending.requested_by} has asked to ${pending.action} ${month} of ${company} already; a second person approves it, or withdraw it: tieout period ${pending.action} ${month} --company ${company} --withdraw`);
  await requireReady(tx, company, month, action);
  await tx.kysely.insertInto('period_request').values({ company, month, action, requested_by: user, reason }).execute();
  await appendAct(tx, { company, run_id: null, actor: user, action: `request_period_${action}`, payload: { month, reason } });
}

/** Does what was asked for, on behalf of the second person; what stands in the way by now is refused again. */
export async function approvePeriod(tx: Tx, company: string, month: string, action: PeriodAction, user: string): Promise<void> {
  await lockPeriod(tx, company, month);
  const request = await requireRequest(tx, company, month, action);
  if (request.requested_by === user) throw new Failure('not_allowed', `${user} has asked to ${action} ${month} of ${company}; another person approves it`);
  await requireReady(tx, company, month, action);
  await endRequest(tx, request.request_id, 'approved', user);
  if (action === 'close') await tx.kysely.insertInto('period').values({ company, month, closed_by: request.requested_by, approved_by: user }).execute();
  else await tx.kysely.deleteFrom('period').where('company', '=', company).where('month', '=', month).execute();
  await appendAct(tx, { company, run_id: null, actor: user, action: `${action}_period`, payload: { month, requested_by: request.requested_by, reason: request.reason } });
}

/** Takes the request back. */
export async function withdrawPeriod(tx: Tx, company: string, month: string, action: PeriodAction, user: string): Promise<void> {
  await lockPeriod(tx, company, month);
  const request = await requireRequest(tx, company, month, action);
  await endRequest(tx, request.request_id, 'withdrawn', user);
  await appendAct(tx, { company, run_id: null, actor: user, action: `withdraw_period_${action}`, payload: { month, requested_by: request.requested_by } });
}

/** What keeps a month from being closed, each in a sentence with its place: statements that are missing, and sums that do not hold. */
export async function listObstacles(tx: Pick<Tx, 'kysely'>, company: string, month: string): Promise<string[]> {
  const { first, last, last_working } = daysOf(month);
  const obstacles: string[] = [];
  const { rows: missing } = await sql<{ detail: string }>`
    with chain as (
      select a.account, s.from_date, s.to_date, s.gap_before, lag(s.to_date) over (partition by s.account_id order by s.to_date, s.from_date, s.log_seq) as before
        from statement s join account a using (account_id) where s.company = ${company} and s.state = 'accepted' and s.from_date is not null)
    select format('account %s: a statement is missing between %s and %s', account, before, from_date) as detail from chain
     where gap_before is not null and before + 1 <= ${last}::date and from_date - 1 >= ${first}::date
    union all
    select format('account %s: no statement after %s', account, max(to_date)) from chain group by account having max(to_date) < ${last_working}::date
    union all
    select format('account %s: statement %s of %s to %s is quarantined (%s)', a.account, q.statement_id, q.from_date, q.to_date, d.failed_check)
      from statement q join account a using (account_id) join document d using (document_id)
     where q.company = ${company} and q.state = 'quarantined' and q.from_date <= ${last}::date and q.to_date >= ${first}::date
       and not exists (select from statement s where s.account_id = q.account_id and s.state = 'accepted' and s.from_date <= q.from_date and s.to_date >= q.to_date)
     order by 1`.execute(tx.kysely);
  obstacles.push(...missing.map(({ detail }) => detail));
  // The bank at the month's end: what the statements up to then have brought, unless one runs on into the next month.
  const { rows: off } = await sql<{ account: string; currency: string; ledger: bigint; statement: bigint }>`
    select a.account, a.currency, coalesce(sum(l.amount), 0)::bigint as ledger, ended.closing as statement
      from account a
      join lateral (select s.closing from statement s where s.account_id = a.account_id and s.state = 'accepted' and s.to_date <= ${last}::date
                     order by s.to_date desc, s.from_date desc, s.log_seq desc limit 1) ended on ended.closing is not null
      left join (journal_line l join journal_entry j using (journal_entry_id) left join entry e using (entry_id)
                 join statement s on s.statement_id = coalesce(e.statement_id, j.statement_id) and s.to_date <= ${last}::date) on l.account_id = a.account_id
     where a.company = ${company} and not exists (select from statement s where s.account_id = a.account_id and s.state = 'accepted' and s.from_date <= ${last}::date and s.to_date > ${last}::date)
     group by a.account, a.currency, ended.closing having coalesce(sum(l.amount), 0) <> ended.closing order by 1`.execute(tx.kysely);
  obstacles.push(...off.map(({ account, currency, ledger, statement }) => (
    `account ${account}: the ledger has ${formatMoney(ledger, currency)} ${currency} at the end of ${month}, the statement ${formatMoney(statement, currency)}`)));
  const { rows: unbalanced } = await sql<{ journal_entry_id: bigint }>`
    select journal_entry_id from journal_entry j join journal_line l using (journal_entry_id)
     where j.company = ${company} and j.posting_date between ${first}::date and ${last}::date group by journal_entry_id, l.currency having sum(l.amount) <> 0 limit 20`.execute(tx.kysely);
  obstacles.push(...unbalanced.map(({ journal_entry_id }) => `journal entry ${journal_entry_id} does not balance`));
  obstacles.push(...(await listViolations(tx, company)).map(({ invariant, detail }) => `${invariant}: ${detail}`));
  return obstacles;
}

function daysOf(month: string): { first: string; last: string; last_working: string } {
  const first = `${month}-01`;
  const last = addDays(`${addDays(first, 31).slice(0, 8)}01`, -1);
  let last_working = last;
  while (weekday(last_working) > 5) last_working = addDays(last_working, -1);
  return { first, last, last_working };
}

async function lockPeriod(tx: Tx, company: string, month: string): Promise<void> {
  if (!/^\d{4}-(?:0[1-9]|1[0-2])$/.test(month)) throw new Failure('invalid_input', `"${month}" is no month; write it like 2026-10`);
  const known = await tx.kysely.selectFrom('company').select('company').where('company', '=', company).executeTakeFirst();
  if (!known) throw new Failure('not_found', `there is no company ${company}; companies come with the accounts (tieout import accounts)`);
  await lockCompany(tx, company);
}

async function requireReady(tx: Tx, company: string, month: string, action: PeriodAction): Promise<void> {
  const closed = await tx.kysely.selectFrom('period').select('closed_by').where('company', '=', company).where('month', '=', month).executeTakeFirst();
  if (action === 'reopen') {
    if (!closed) throw new Failure('invalid_input', `${month} of ${company} is open`);
    return;
  }
  if (closed) throw new Failure('invalid_input', `${month} of ${company} is closed already`);
  const obstacles = await listObstacles(tx, company, month);
  if (obstacles.length > 0) throw new Failure('invalid_input', `${month} of ${company} cannot be closed:\n${obstacles.map((one) => `  ${one}`).join('\n')}`);
}

interface Request { request_id: bigint; action: PeriodAction; requested_by: string; reason: string | null }

function findRequest(tx: Tx, company: string, month: string): Promise<Request | undefined> {
  return tx.kysely.selectFrom('period_request').select(['request_id', 'action', 'requested_by', 'reason']).where('company', '=', company).where('month', '=', month)
    .where('state', '=', 'pending').executeTakeFirst();
}

async function requireRequest(tx: Tx, company: string, month: string, action: PeriodAction): Promise<Request> {
  const request = await findRequest(tx, company, month);
  if (request?.action !== action) throw new Failure('not_found', `nobody has asked to ${action} ${month} of ${company}; one person asks, another approves: tieout period ${action} ${month} --company ${company}`);
  return request;
}

async function endRequest(tx: Tx, request_id: bigint, state: 'approved' | 'withdrawn', user: string): Promise<void> {
  await sql`update period_request set state = ${state}, decided_by = ${user}, decided_at = now() where request_id = ${request_id}`.execute(tx.kysely);
}
