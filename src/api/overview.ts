import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import { formatMoney, parseMoney } from '../core/money.ts';
import { loadBankPositions } from '../ledger/bank-report.ts';
import type { RunSummary } from '../pipeline/summary.ts';
import type { Database } from '../platform/database.ts';
import { seeingOnly, seenBy, sees, type Person } from '../review/person.ts';
import { groupQueue } from '../review/queue.ts';
import { approvalSeen } from './approvals.ts';
import type { Handlers } from './context.ts';
import { beforeId, pageOf } from './cursor.ts';
import type * as view from './schemas.ts';

type Names = 'overview' | 'listRuns' | 'showRun' | 'listBankAccounts';

// A month of nights.
const RATE_RUNS = 30;
const SHOWN_GAPS = 100;

export const OVERVIEW_HANDLERS: Handlers<Names> = {
  overview: ({ db }, { query, principal }) => loadOverview(db, seeingOnly(principal, query.company), principal.companies === null),
  listRuns: async ({ db }, { query }) => {
    const before = beforeId(query.cursor);
    const rows = await loadRuns(db, sql`(${before}::bigint is null or run_id < ${before})`, query.limit + 1);
    const { rows: [counted] } = await sql<{ total: number }>`select count(*)::int as total from run`.execute(db.kysely);
    return { ...pageOf(rows, query.limit, (row) => row.run_id, viewRun), total: counted!.total };
  },
  showRun: async ({ db }, { params }) => {
    const [run] = await loadRuns(db, sql`run_id = ${params.run_id}::bigint`, 1);
    if (!run) throw new Failure('not_found', `there is no run ${params.run_id}`);
    const { rows: deliveries } = await sql<view.RunDetail['deliveries'][number]>`
      select v.document_id::text, v.path, c.state, v.is_duplicate, c.failed_check from delivery v join document c using (document_id) where v.run_id = ${params.run_id}::bigint order by v.n limit 10000`.execute(db.kysely);
    return { ...viewRun(run), deliveries, links: await loadLinks(db, params.run_id) };
  },
  listBankAccounts: async ({ db }, { query, principal }) => ({ items: await loadBankAccounts(db, seeingOnly(principal, query.company)) }),
};

interface RunRow { run_id: bigint; kind: string; state: 'running' | 'finished'; started_at: string; finished_at: string | null; business_date: string | null; schedule: string | null; summary: RunSummary | null }

async function loadRuns(db: Pick<Database, 'kysely'>, condition: ReturnType<typeof sql>, limit: number): Promise<RunRow[]> {
  const { rows } = await sql<RunRow>`select run_id, kind, state, started_at, finished_at, business_date, schedule, summary from run where ${condition} order by run_id desc limit ${limit}`.execute(db.kysely);
  return rows;
}

function viewRun({ summary, run_id, ...run }: RunRow): view.RunView {
  return {
    ...run, run_id: String(run_id), duration_ms: summary === null ? null : Math.round(summary.duration_ms), documents: summary?.documents ?? null, entries: summary?.entries ?? null,
    amounts: summary === null ? [] : summary.amounts.map((one) => ({ ...one })), balanced: summary?.balanced ?? null, log_head: summary?.log_head ?? null,
  };
}

/** From the format to what the run decided, and from there to where the entries stand now. */
async function loadLinks(db: Database, run_id: string): Promise<view.RunDetail['links']> {
  const { rows } = await sql<{ format: string; decided: string; now: string; count: number }>`
    select s.format, case when v.is_duplicate then 'duplicate' else coalesce(first.outcome, d.outcome) end as decided,
           case when v.is_duplicate then 'duplicate' when d.outcome = 'manual' then 'decided by a person' when d.reason = 'undone' then 'undone' else d.outcome end as now, count(*)::int as count
      from delivery v join document c using (document_id) join statement s using (document_id) join entry e using (statement_id) join decision d on d.entry_id = e.entry_id and d.superseded_by is null
      left join lateral (select outcome from decision f where f.entry_id = e.entry_id and f.run_id = c.run_id order by f.decision_id desc limit 1) first on true
     where v.run_id = ${run_id}::bigint and e.is_leaf group by 1, 2, 3`.execute(db.kysely);
  const links = new Map<string, view.RunDetail['links'][number]>();
  const add = (source: string, target: string, count: number): void => {
    const key = JSON.stringify([source, target]);
    links.set(key, { source, target, count: (links.get(key)?.count ?? 0) + count });
  };
  for (const { format, decided, now, count } of rows) {
    add(format, `run: ${decided}`, count);
    add(`run: ${decided}`, `now: ${now}`, count);
  }
  return [...links.values()].sort((a, b) => b.count - a.count);
}

async function loadBankAccounts(db: Database, person: Person): Promise<view.BankAccountView[]> {
  return (await loadBankPositions(db)).filter((position) => sees(person, position.company)).map((position) => {
    const money = (minor: bigint): string => formatMoney(minor, position.currency);
    const { company, account, currency, statement_date, statement_balance, ledger_balance, gaps, oldest_days } = position;
    return {
      company, account, currency, statement_date, statement_balance: statement_balance === null ? null : money(statement_balance), ledger_balance: money(ledger_balance),
      difference: statement_balance === null ? null : money(ledger_balance - statement_balance), unallocated: money(position.unallocated), suspense: money(position.suspense), clearing: money(position.clearing), gaps, oldest_days,
    };
  });
}

/** What the runs did and what could not be read is of no company: it is for those who see all. */
async function loadOverview(db: Database, person: Person, sees_all: boolean): Promise<view.Overview> {
  const groups = await groupQueue(db, person, { state: 'open' });
  const { rows: [queue] } = await sql<Omit<view.Overview['queue'], 'sums'> & { to_7: number; to_30: number; to_90: number; older: number }>`
    select count(*) filter (where waits)::int as open, count(*) filter (where waits and assignee = ${person.user_id})::int as mine, count(*) filter (where waits and assignee is null)::int as unowned,
           count(*) filter (where deferred)::int as deferred, count(*) filter (where not_ours)::int as not_ours, min(booking_date) filter (where waits) as oldest,
           count(*) filter (where waits and age <= 7)::int as to_7, count(*) filter (where waits and age between 8 and 30)::int as to_30, count(*) filter (where waits and age between 31 and 90)::int as to_90,
           count(*) filter (where waits and age > 90)::int as older
      from (select r.assignee, e.booking_date, current_date - e.booking_date as age, d.reason = 'not_ours' as not_ours, d.reason <> 'not_ours' and coalesce(r.deferred_until > current_date, false) as deferred,
                   d.reason <> 'not_ours' and not coalesce(r.deferred_until > current_date, false) as waits
              from review_item r join decision d using (decision_id) join entry e on e.entry_id = r.entry_id where r.state = 'open' and ${seenBy(person, 'r.company')}) q`.execute(db.kysely);
  const { rows: [counted] } = await sql<{ approvals_pending: number; learned_proposed: number; dead_letters: number; quarantined: number; stopped: boolean }>`
    select (select count(*)::int from approval p where p.state = 'pending' and ${approvalSeen(person)}) as approvals_pending,
           (select count(*)::int from learned_proposal l where l.state = 'proposed' and ${seenBy(person, 'l.company')}) as learned_proposed,
           (select count(*)::int from dead_letter where resolution is null and ${sees_all}) as dead_letters,
           (select count(*)::int from statement s where s.state = 'quarantined' and ${seenBy(person, 's.company')}
                and not exists (select from statement_rejection r where r.statement_id = s.statement_id)) as quarantined,
           not exists (select from company c where c.mode = 'auto' and ${seenBy(person, 'c.company')}) as stopped`.execute(db.kysely);
  const runs = sees_all ? await loadRuns(db, sql`state = 'finished'`, RATE_RUNS) : [];
  const { rows: gaps } = await sql<Omit<view.Overview['gaps'][number], 'amount'> & { amount: bigint }>`
    select s.company, a.account, s.statement_id::text, s.from_date as before, s.gap_before as amount, s.currency from statement s join account a using (account_id)
     where s.state = 'accepted' and s.gap_before is not null and ${seenBy(person, 's.company')} order by s.statement_id desc limit ${SHOWN_GAPS}`.execute(db.kysely);
  const sums = new Map<string, { count: number; amount: bigint }>();
  const reasons = new Map<string, number>();
  for (const group of groups) {
    reasons.set(group.reason, (reasons.get(group.reason) ?? 0) + group.count);
    for (const { currency, count, amount } of group.sums) {
      const sum = sums.get(currency) ?? { count: 0, amount: 0n };
      sums.set(currency, { count: sum.count + count, amount: sum.amount + parseMoney(amount, currency)! });
    }
  }
  const { open, mine, unowned, deferred, not_ours, oldest, to_7, to_30, to_90, older } = queue!;
  return {
    queue: { open, mine, unowned, deferred, not_ours, oldest, sums: [...sums].map(([currency, { count, amount }]) => ({ currency, count, amount: formatMoney(amount, currency) })) },
    queue_age: [{ up_to_days: 7, count: to_7 }, { up_to_days: 30, count: to_30 }, { up_to_days: 90, count: to_90 }, { up_to_days: null, count: older }],
    reasons: [...reasons].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count), ...counted!, last_run: runs[0] ? viewRun(runs[0]) : null,
    automatic_rate: runs.flatMap(({ run_id, finished_at, summary }) => {
      // Duplicates and previews were nobody's to decide.
      const entries = summary === null ? 0 : summary.entries.auto + summary.entries.review + summary.entries.suspense;
      return entries === 0 ? [] : [{ run_id: String(run_id), at: finished_at!, entries, automatic: summary!.entries.auto }];
    }).toReversed(),
    gaps: gaps.map((gap) => ({ ...gap, amount: formatMoney(gap.amount, gap.currency) })), bank_accounts: await loadBankAccounts(db, person),
  };
}
