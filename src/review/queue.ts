import { sql, type RawBuilder } from 'kysely';
import { Failure } from '../core/failure.ts';
import { formatMoney, UNUSUAL_EXPONENTS } from '../core/money.ts';
import type { Tx } from '../platform/database.ts';
import type { Suggestion } from './items.ts';
import { seenBy, type Person } from './person.ts';

/** The review queue as it is read: filtered, sorted, in pages, and in groups. */

export interface QueueFilter {
  company?: string;
  state: 'open' | 'deferred' | 'not_ours' | 'done' | 'all';
  reason?: string;
  rule_id?: string;
  currency?: string;
  /** `me`, `none`, or a user. */
  owner?: string;
  account?: string;
  party_id?: string;
  search?: string;
  from?: string;
  to?: string;
  /** Decimals, of the amount without its sign; in `currency`, else of two decimals. */
  min_amount?: string;
  max_amount?: string;
  direction?: 'in' | 'out';
  run_id?: string;
}

export type QueueSort = 'priority' | 'booking_date' | 'amount' | 'counterparty' | 'opened_at' | 'reason' | 'owner' | 'account';
export interface QueuePage { sort: QueueSort; order?: 'asc' | 'desc'; cursor?: string; limit: number }

export interface QueueRow {
  entry_id: bigint; company: string; state: 'open' | 'deferred' | 'not_ours' | 'done'; outcome: 'review' | 'suspense' | 'manual' | 'auto'; reason: string; explanation: string; rule_id: string | null;
  priority: number; owner: string | null; owner_name: string | null; deferred_until: string | null; version: number; opened_at: string; age_days: number; booking_date: string; value_date: string | null;
  amount: bigint; currency: string; account: string; account_name: string | null; counterparty_name: string | null; counterparty_account: string | null; party_id: string | null; party_name: string | null;
  remittance: string | null; best: Suggestion | null; suggestion_count: number; comment_count: number; approval_id: bigint | null; sort_key: string;
}

const NOT_OURS = sql`d.reason = 'not_ours' and d.outcome = 'suspense'`;
const STATE = sql`case when r.state = 'done' then 'done' when ${NOT_OURS} then 'not_ours' when r.deferred_until > current_date then 'deferred' else 'open' end`;
/** The same as conditions of which Postgres knows how many rows they leave. */
const IN_STATE: Readonly<Record<Exclude<QueueFilter['state'], 'all'>, RawBuilder<unknown>>> = {
  done: sql`r.state = 'done'`,
  not_ours: sql`r.state = 'open' and ${NOT_OURS}`,
  deferred: sql`r.state = 'open' and not (${NOT_OURS}) and r.deferred_until > current_date`,
  open: sql`r.state = 'open' and not (${NOT_OURS}) and (r.deferred_until is null or r.deferred_until <= current_date)`,
};

// What the best suggestion says of the party, else whose account the payer's is.
const PARTY = sql`coalesce(d.suggestions -> 0 -> 'allocations' -> 0 ->> 'party_id',
  (select min(k.party_id) from party_account k where k.account_key = e.counterparty_account having count(*) = 1))`;

/** Each sort is one key, so that a page begins behind one value and one id. */
const SORTS: Readonly<Record<QueueSort, { key: RawBuilder<unknown>; type: 'bigint' | 'text' | 'timestamptz'; order: 'asc' | 'desc' }>> = {
  // What may be fraud first, then the oldest.
  priority: { key: sql`(100000 - r.priority)::bigint * 1000000 + (e.booking_date - date '1970-01-01')`, type: 'bigint', order: 'asc' },
  booking_date: { key: sql`(e.booking_date - date '1970-01-01')::bigint`, type: 'bigint', order: 'asc' },
  amount: { key: sql`abs(e.amount)`, type: 'bigint', order: 'desc' },
  counterparty: { key: sql`lower(coalesce(e.counterparty_name, e.remittance, ''))`, type: 'text', order: 'asc' },
  opened_at: { key: sql`r.opened_at`, type: 'timestamptz', order: 'asc' },
  reason: { key: sql`d.reason`, type: 'text', order: 'asc' },
  owner: { key: sql`coalesce(r.assignee, '')`, type: 'text', order: 'asc' },
  account: { key: sql`a.account`, type: 'text', order: 'asc' },
};

const FROM = sql`from review_item r join decision d on d.decision_id = r.decision_id join entry e on e.entry_id = r.entry_id join account a on a.account_id = e.account_id`;

const COLUMNS = sql`
  r.entry_id, r.company, ${STATE} as state, d.outcome, d.reason, d.explanation, d.rule_id, r.priority, r.assignee as owner,
  (select u.name from app_user u where u.user_id = r.assignee) as owner_name, case when r.deferred_until > current_date then r.deferred_until end as deferred_until, r.version, r.opened_at,
  current_date - e.booking_date as age_days, e.booking_date, e.value_date, e.amount, e.currency, a.account, a.name as account_name, e.counterparty_name, e.counterparty_account, w.party_id,
  (select p.name from party p where p.party_id = w.party_id) as party_name, e.remittance, d.suggestions -> 0 as best, jsonb_array_length(coalesce(d.suggestions, '[]')) as suggestion_count,
  (select count(*)::int from review_comment c where c.entry_id = r.entry_id) as comment_count,
  (select p.approval_id from approval p where p.entry_id = r.entry_id and p.state = 'pending') as approval_id`;

/** A page of the queue, how many there are in all, and from where the next page goes on. */
export async function listQueue(tx: Pick<Tx, 'kysely'>, person: Person, filter: QueueFilter, page: QueuePage): Promise<{ rows: QueueRow[]; total: number; next_cursor: string | null }> {
  const where = conditionOf(person, filter);
  const sort = SORTS[page.sort];
  const order = page.order ?? sort.order;
  const after = page.cursor === undefined ? null : parseCursor(page.cursor);
  const behind = after === null ? sql`true` : sql`(sort_key, entry_id) ${sql.raw(order === 'asc' ? '>' : '<')} (${after.key}::${sql.raw(sort.type)}, ${after.entry_id}::bigint)`;
  const direction = sql.raw(order);
  // The count has a row of its own, whether or not the page has any.
  const { rows } = await sql<QueueRow & { total: number; rank: unknown }>`
    with fitting as materialized (select r.entry_id, ${sort.key} as sort_key ${FROM} where ${where}),
    page as (select entry_id, sort_key from fitting where ${behind} order by sort_key ${direction}, entry_id ${direction} limit ${page.limit + 1})
    select (select count(*)::int from fitting) as total, shown.* from (values (1)) one left join lateral (
      select ${COLUMNS}, page.sort_key::text as sort_key, page.sort_key as rank from page join review_item r on r.entry_id = page.entry_id join decision d on d.decision_id = r.decision_id
        join entry e on e.entry_id = r.entry_id join account a on a.account_id = e.account_id left join lateral (select ${PARTY} as party_id) w on true) shown on true
     order by rank ${direction}, entry_id ${direction}`.execute(tx.kysely);
  const found = rows.flatMap(({ total: _total, rank: _rank, ...row }) => (row.entry_id === null ? [] : [row]));
  const more = found.length > page.limit;
  const shown = more ? found.slice(0, -1) : found;
  const last = shown.at(-1);
  return { rows: shown, total: rows[0]!.total, next_cursor: more ? Buffer.from(JSON.stringify([last!.sort_key, String(last!.entry_id)])).toString('base64url') : null };
}

/** Rows of the queue for export, in the order of priority. */
export function queueQuery(person: Person, filter: QueueFilter): RawBuilder<QueueRow> {
  return sql<QueueRow>`select ${COLUMNS}, '' as sort_key ${FROM} left join lateral (select ${PARTY} as party_id) w on true where ${conditionOf(person, filter)} order by ${SORTS.priority.key}, r.entry_id`;
}

/** One item as the list shows it. Throws not_found, also for people of another company. */
export async function loadQueueRow(tx: Pick<Tx, 'kysely'>, person: Person, entry_id: bigint): Promise<QueueRow> {
  const { rows: [row] } = await sql<QueueRow>`
    select ${COLUMNS}, '' as sort_key ${FROM} left join lateral (select ${PARTY} as party_id) w on true where r.entry_id = ${entry_id} and ${seenBy(person, 'r.company')}`.execute(tx.kysely);
  if (!row) throw new Failure('not_found', `entry ${entry_id} is not in the review queue`);
  return row;
}

export interface QueueGroup { reason: string; rule_id: string | null; count: number; with_suggestion: number; oldest: string; sums: { currency: string; count: number; amount: string }[] }

/** What waits, by reason and rule, the most first. */
export async function groupQueue(tx: Pick<Tx, 'kysely'>, person: Person, filter: QueueFilter): Promise<QueueGroup[]> {
  const { rows } = await sql<{ reason: string; rule_id: string | null; currency: string; count: number; amount: bigint; with_suggestion: number; oldest: string }>`
    select d.reason, d.rule_id, e.currency, count(*)::int as count, sum(e.amount)::bigint as amount, (count(*) filter (where jsonb_array_length(coalesce(d.suggestions, '[]')) > 0))::int as with_suggestion,
           min(e.booking_date) as oldest ${FROM} where ${conditionOf(person, filter)} group by 1, 2, 3`.execute(tx.kysely);
  // Sorted here: Postgres would sort every item first, to group them in that order.
  rows.sort((a, b) => compareText(a.reason, b.reason) || compareText(a.rule_id ?? '', b.rule_id ?? '') || compareText(a.currency, b.currency));
  const groups = new Map<string, QueueGroup>();
  for (const { reason, rule_id, currency, count, amount, with_suggestion, oldest } of rows) {
    const key = JSON.stringify([reason, rule_id]);
    const group = groups.get(key) ?? { reason, rule_id, count: 0, with_suggestion: 0, oldest, sums: [] };
    group.count += count;
    group.with_suggestion += with_suggestion;
    if (oldest < group.oldest) group.oldest = oldest;
    group.sums.push({ currency, count, amount: formatMoney(amount, currency) });
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function conditionOf(person: Person, filter: QueueFilter): RawBuilder<boolean> {
  const all: RawBuilder<unknown>[] = [seenBy(person, 'r.company')];
  if (filter.state !== 'all') all.push(IN_STATE[filter.state]);
  if (filter.company !== undefined) all.push(sql`r.company = ${filter.company}`);
  if (filter.reason !== undefined) all.push(sql`d.reason = ${filter.reason}`);
  if (filter.rule_id !== undefined) all.push(sql`d.rule_id = ${filter.rule_id}`);
  if (filter.currency !== undefined) all.push(sql`e.currency = ${filter.currency}`);
  if (filter.owner === 'none') all.push(sql`r.assignee is null`);
  else if (filter.owner !== undefined) all.push(sql`r.assignee = ${filter.owner === 'me' ? person.user_id : filter.owner}`);
  if (filter.account !== undefined) all.push(sql`a.account = ${filter.account}`);
  if (filter.party_id !== undefined) all.push(sql`${PARTY} = ${filter.party_id}`);
  if (filter.from !== undefined) all.push(sql`e.booking_date >= ${filter.from}::date`);
  if (filter.to !== undefined) all.push(sql`e.booking_date <= ${filter.to}::date`);
  if (filter.min_amount !== undefined) all.push(sql`abs(e.amount) >= ${minorOf(filter.min_amount)}`);
  if (filter.max_amount !== undefined) all.push(sql`abs(e.amount) <= ${minorOf(filter.max_amount)}`);
  if (filter.direction !== undefined) all.push(filter.direction === 'in' ? sql`e.amount > 0` : sql`e.amount < 0`);
  if (filter.run_id !== undefined) all.push(sql`e.document_id in (select document_id from delivery where run_id = ${filter.run_id}::bigint)`);
  if (filter.search !== undefined && filter.search !== '') {
    const like = `%${filter.search.replaceAll(/[\\%_]/g, '\\$&')}%`;
    all.push(sql`(concat_ws(' ', e.counterparty_name, e.counterparty_account, e.remittance, e.end_to_end_id, e.structured_reference, e.bank_reference) ilike ${like}
      or d.suggestions::text ilike ${like} or d.explanation ilike ${like} or r.entry_id::text = ${filter.search})`);
  }
  return sql<boolean>`(${sql.join(all, sql` and `)})`;
}

/** An amount as a person gives it, a plain decimal whose sign does not matter, in the minor units of each entry `e`'s own currency: 1000 is 1000 euros and 1000 yen. */
export function minorOf(amount: string): RawBuilder<number> {
  return sql<number>`abs(${amount}::numeric) * 10 ^ coalesce((${JSON.stringify(UNUSUAL_EXPONENTS)}::jsonb ->> e.currency)::int, 2)`;
}

function parseCursor(text: string): { key: string; entry_id: string } {
  try {
    const [key, entry_id] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [unknown, unknown];
    if (typeof key === 'string' && typeof entry_id === 'string' && /^\d{1,18}$/.test(entry_id)) return { key, entry_id };
  } catch { /* it is none of ours */ }
  throw new Failure('invalid_input', 'the cursor is not one that a page gave; begin with the first page');
}
