import { sql, type RawBuilder } from 'kysely';
import { Failure } from '../core/failure.ts';
import { formatMoney } from '../core/money.ts';
import type { CsvColumn } from '../exports/csv.ts';
import { exportDecisions } from '../exports/decisions.ts';
import { exportJournal } from '../exports/journal.ts';
import { formatRows } from '../exports/stream.ts';
import { verifyLog } from '../ledger/verify-log.ts';
import { replayDecisions } from '../pipeline/replay.ts';
import { streamPages } from '../platform/cursor.ts';
import type { Tx } from '../platform/database.ts';
import { seenBy, type Person } from '../review/person.ts';
import { minorOf } from '../review/queue.ts';
import type { Handlers } from './context.ts';
import { beforeId, pageOf } from './cursor.ts';
import type { LogFilter, LogRow, ReplayResult } from './schemas.ts';
import { sendStream } from './stream.ts';
import { summariseRecord } from './story.ts';

type Names = 'searchLog' | 'exportLog' | 'verifyLog' | 'replay' | 'exportDecisions' | 'exportJournal';

// What one looks at one by one.
const DIFFERENT_SHOWN = 100;

export const LOG_HANDLERS: Handlers<Names> = {
  searchLog: async ({ db }, { query, principal }) => {
    const before = beforeId(query.cursor);
    const { rows } = await sql<RecordRow>`${recordsOf(principal, query, sql`(${before}::bigint is null or l.seq < ${before})`)} limit ${query.limit + 1}`.execute(db.kysely);
    return pageOf(rows, query.limit, (row) => row.seq, viewRecord);
  },
  exportLog: async (context, { query, principal, reply }) => sendStream(context, reply, `log.${query.format}`, query.format, (tx) => formatRows(pagesOf(tx, principal, query), query.format, CSV_COLUMNS)),
  verifyLog: async ({ db }, { body }) => {
    const { records, head, fault } = await verifyLog(db, body.head);
    return { records, head, fault: fault === null ? null : { seq: String(fault.seq), fault: fault.fault } };
  },
  replay: async ({ db }, { body }) => {
    if (body.run_id === undefined && body.entry_id === undefined) throw new Failure('invalid_input', 'name the run or the entry whose decisions are to be made again');
    const different: ReplayResult['different'] = [];
    const differing = new Set<bigint>();
    const scope = { ...(body.run_id !== undefined && { run_id: BigInt(body.run_id) }), ...(body.entry_id !== undefined && { entry_id: BigInt(body.entry_id) }) };
    const { decisions } = await replayDecisions(db, scope, ({ decision_id, entry_id, log_seq, field, stored, recomputed }) => {
      differing.add(decision_id);
      if (different.length < DIFFERENT_SHOWN) different.push({ seq: String(log_seq ?? 0), entry_id: String(entry_id), was: `${field}: ${JSON.stringify(stored)}`, is: `${field}: ${JSON.stringify(recomputed)}` });
    });
    return { decisions, same: decisions - differing.size, different };
  },
  exportDecisions: async (context, { query, reply }) => sendStream(context, reply, `decisions.${query.format}`, query.format, (tx) =>
    exportDecisions(tx, { run_id: query.run_id === undefined ? null : BigInt(query.run_id), since: BigInt(query.since ?? 0), format: query.format })),
  exportJournal: async (context, { query, reply }) => sendStream(context, reply, `journal.${query.format}`, query.format, (tx) => exportJournal(tx, { since: BigInt(query.since ?? 0), format: query.format })),
};

interface RecordRow {
  seq: bigint; at: string; company: string | null; run_id: bigint | null; actor: string; action: string; entry_id: bigint | null; decision_id: bigint | null; payload: string; outcome: string | null;
  amount: bigint | null; currency: string | null;
}

/** The records that fit, the newest first. What narrows them down is looked up by its own index first. */
function recordsOf(person: Person, filter: LogFilter, also: RawBuilder<unknown>): RawBuilder<RecordRow> {
  const all: RawBuilder<unknown>[] = [sql`l.action <> 'chain_head'`, person.companies === null ? sql`true` : seenBy(person, 'l.company'), also];
  if (filter.company !== undefined) all.push(sql`l.company = ${filter.company}`);
  if (filter.entry_id !== undefined) {
    all.push(sql`l.seq in (select log_seq from decision where entry_id = ${filter.entry_id}::bigint union select log_seq from review_comment where entry_id = ${filter.entry_id}::bigint)`);
  }
  if (filter.invoice_number !== undefined) {
    all.push(sql`l.seq in (select x.log_seq from invoice i join allocation a using (invoice_id) join decision x on x.decision_id = a.decision_id where i.invoice_number = ${filter.invoice_number})`);
  }
  if (filter.party_id !== undefined) {
    all.push(sql`l.seq in (select x.log_seq from open_item o join allocation a using (invoice_id) join decision x on x.decision_id = a.decision_id where o.party_id = ${filter.party_id})`);
  }
  if (filter.run_id !== undefined) {
    const run = (column: 'started_at' | 'finished_at') => sql`(select ${sql.ref(column)} from run where run_id = ${filter.run_id}::bigint)`;
    all.push(sql`l.run_id = ${filter.run_id}::bigint`, ...withinHeads(sql`h.at >= ${run('started_at')} and h.at <= coalesce(${run('finished_at')}, 'infinity')`));
  }
  if (filter.actor !== undefined) {
    all.push(sql`l.actor = ${filter.actor}`);
    // Rules act as rule@version and only decide; people do everything else, and an index has that.
    if (!filter.actor.includes('@') && filter.actor !== 'tieout') all.push(sql`l.action not in ('chain_head', 'decide')`);
  }
  if (filter.action !== undefined) all.push(sql`l.action = ${filter.action}`);
  if (filter.rule_id !== undefined) all.push(sql`d.rule_id = ${filter.rule_id}`);
  if (filter.ruleset !== undefined) all.push(sql`d.ruleset = ${filter.ruleset}`);
  if (filter.from !== undefined || filter.to !== undefined) {
    const period = (column: string) => sql`${sql.ref(column)} >= ${filter.from ?? '-infinity'}::date and ${sql.ref(column)} < ${filter.to ?? 'infinity'}::date + 1`;
    all.push(period('l.at'), ...withinHeads(period('h.at')));
  }
  if (filter.min_amount !== undefined) all.push(sql`abs(e.amount) >= ${minorOf(filter.min_amount)}`);
  if (filter.max_amount !== undefined) all.push(sql`abs(e.amount) <= ${minorOf(filter.max_amount)}`);
  return sql<RecordRow>`
    select l.seq, l.at, l.company, l.run_id, l.actor, l.action, l.entry_id, l.decision_id, l.payload, d.outcome, e.amount, e.currency
      from log_record l left join decision d on d.decision_id = l.decision_id left join entry e on e.entry_id = l.entry_id where ${sql.join(all, sql` and `)} order by l.seq desc`;
}

/**
 * Between the first and the last record of the transactions whose heads fit: a record bears the time of its transaction. The sum keeps the
 * planner from looking for the greatest number through all of the log.
 */
function withinHeads(condition: RawBuilder<unknown>): RawBuilder<unknown>[] {
  const heads = sql`from log_record h where h.action = 'chain_head' and ${condition}`;
  return [sql`l.seq <= (select max(h.seq + 0) ${heads})`, sql`l.seq >= (select min((h.payload::jsonb ->> 'first_seq')::bigint) ${heads})`];
}

function viewRecord({ payload, amount, currency, ...row }: RecordRow): LogRow {
  const id = (value: bigint | null): string | null => (value === null ? null : String(value));
  return {
    ...row, seq: String(row.seq), run_id: id(row.run_id), entry_id: id(row.entry_id), decision_id: id(row.decision_id), currency, amount: amount === null ? null : formatMoney(amount, currency!),
    summary: summariseRecord(row.action, payload),
  };
}

async function* pagesOf(tx: Tx, person: Person, filter: LogFilter): AsyncGenerator<LogRow[]> {
  for await (const page of streamPages(tx, recordsOf(person, filter, sql`true`))) yield page.map(viewRecord);
}

const CSV_COLUMNS: readonly CsvColumn<LogRow>[] = [
  ...(['seq', 'at', 'run_id', 'entry_id', 'decision_id', 'outcome', 'amount', 'currency'] as const).map((name): CsvColumn<LogRow> => ({ name, kind: 'plain', value: (row) => row[name] })),
  ...(['company', 'actor', 'action', 'summary'] as const).map((name): CsvColumn<LogRow> => ({ name, kind: 'text', value: (row) => row[name] })),
];
