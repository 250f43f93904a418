import { sql } from 'kysely';
import type { Evidence } from '../core/evidence.ts';
import type { Database } from '../platform/database.ts';
import { decide, type Mode } from '../stages/reconcile/decide.ts';
import type { ReplayResult } from './schemas.ts';
import { rulesetOf } from './story.ts';

// Memory for one page of evidence.
const PAGE_RECORDS = 5_000;
const SHOWN_DIFFERENT = 100;

// What no evidence of a single entry shows: the statement's own state, and the other entries of the batch.
const BY_THE_BATCH: ReadonlySet<string> = new Set(['already_on_the_books', 'not_yet_booked', 'settled_by_another_entry']);

interface DecideRow { seq: bigint; entry_id: bigint; content: string | null; version: string | null; payload: { evidence: Evidence; mode: Mode; rule_modes: Record<string, Mode>; outcome: string; reason: string } }

/** Makes the rules' decisions again from the evidence, modes and rules that the log has kept, and compares outcome and reason. */
export async function replayDecisions(db: Database, { run_id, entry_id }: { run_id?: string; entry_id?: string }): Promise<ReplayResult> {
  const of = entry_id === undefined
    ? sql`l.run_id = ${run_id}::bigint`
    : sql`l.seq in (select log_seq from decision where entry_id = ${entry_id}::bigint) and (${run_id ?? null}::bigint is null or l.run_id = ${run_id ?? null})`;
  const result: ReplayResult = { decisions: 0, same: 0, different: [] };
  let after = 0n;
  for (;;) {
    const { rows } = await sql<DecideRow>`
      select l.seq, l.entry_id, r.content, r.version, l.payload::json as payload from log_record l left join ruleset r on r.version = l.payload::jsonb ->> 'ruleset'
       where l.action = 'decide' and l.seq > ${after} and ${of} order by l.seq limit ${PAGE_RECORDS}`.execute(db.kysely);
    for (const { seq, entry_id: id, content, version, payload } of rows) {
      if (content === null || payload.evidence === undefined) continue;
      result.decisions++;
      const draft = decide(payload.evidence, rulesetOf(version!, content), { company: payload.mode, rules: payload.rule_modes ?? {} });
      if (BY_THE_BATCH.has(payload.reason) || draft.outcome === payload.outcome && draft.reason === payload.reason) result.same++;
      else if (result.different.length < SHOWN_DIFFERENT) {
        result.different.push({ seq: String(seq), entry_id: String(id), was: `${payload.outcome}: ${payload.reason}`, is: `${draft.outcome}: ${draft.reason}` });
      }
    }
    if (rows.length < PAGE_RECORDS) return result;
    after = rows.at(-1)!.seq;
  }
}
