import { sql } from 'kysely';
import type { LogRecord } from '../core/log-chain.ts';
import { Failure } from '../core/failure.ts';
import { streamPages } from '../platform/cursor.ts';
import { transaction, type Database, type Tx } from '../platform/database.ts';
import { replayDecision, type ReplayDifference, type StoredDecision } from '../stages/reconcile/replay.ts';
import { parseRuleset, type Ruleset } from '../stages/reconcile/rules.ts';

/** What is replayed: the decisions made in a run, those of an entry, or all. */
export interface ReplayScope { run_id?: bigint; entry_id?: bigint }

/**
 * Replays the decisions of a scope, page by page, as they are at one moment, and hands on each difference. Throws not_found for a run or an entry
 * about which nothing was decided.
 */
export async function replayDecisions(db: Database, scope: ReplayScope, onDifference: (difference: ReplayDifference) => void): Promise<{ decisions: number; differing: number }> {
  return transaction(db, async (tx) => {
    await sql`set transaction isolation level repeatable read, read only`.execute(tx.kysely);
    const rulesetOf = await loadRulesets(tx);
    let decisions = 0;
    let differing = 0;
    for await (const page of streamPages(tx, storedDecisions(scope))) {
      for (const { record_seq, record_at, record_company, record_run_id, record_actor, record_action, record_entry_id, record_decision_id, payload, previous_hash, hash, allocations, ...decision } of page) {
        const record: LogRecord | null = record_seq === null ? null : {
          seq: record_seq, at: record_at, company: record_company, run_id: record_run_id, actor: record_actor, action: record_action, entry_id: record_entry_id,
          decision_id: record_decision_id, payload, previous_hash, hash,
        };
        decisions++;
        for (const difference of replayDecision({ ...decision, allocations: allocations ?? [], record }, rulesetOf)) {
          differing++;
          onDifference(difference);
        }
      }
    }
    if (decisions === 0 && scope.run_id !== undefined && !await isRun(tx, scope.run_id)) throw new Failure('not_found', `there is no run ${scope.run_id}`);
    if (decisions === 0 && scope.entry_id !== undefined) throw new Failure('not_found', `nothing was decided about entry ${scope.entry_id}`);
    return { decisions, differing };
  });
}

/** Each version's ruleset; null where its text no longer has its hash, or cannot be read. */
async function loadRulesets(tx: Tx): Promise<(version: string) => Ruleset | null> {
  const rows = await tx.kysely.selectFrom('ruleset').select(['version', 'content']).execute();
  const rulesets = new Map(rows.map(({ version, content }) => [version, readRuleset(version, content)]));
  return (version) => rulesets.get(version) ?? null;
}

function readRuleset(version: string, content: string): Ruleset | null {
  try {
    const ruleset = parseRuleset(content);
    return ruleset.version === version ? ruleset : null;
  } catch {
    return null;
  }
}

async function isRun(tx: Tx, run_id: bigint): Promise<boolean> {
  return await tx.kysely.selectFrom('run').select('run_id').where('run_id', '=', run_id).executeTakeFirst() !== undefined;
}

type StoredRow = Omit<StoredDecision, 'record' | 'allocations'> & {
  allocations: Record<string, string>[] | null;
  record_seq: bigint | null; record_at: string; record_company: string | null; record_run_id: bigint | null; record_actor: string; record_action: string;
  record_entry_id: bigint | null; record_decision_id: bigint | null; payload: string; previous_hash: Buffer; hash: Buffer;
};

function storedDecisions({ run_id, entry_id }: ReplayScope) {
  return sql<StoredRow>`
    select d.decision_id, d.entry_id, d.run_id, d.company, d.outcome, d.decided_by, d.rule_id, d.ruleset, d.reason, d.explanation, d.score, d.runner_up, d.suggestions,
           d.ledger_lines, d.duplicate_of, d.returns, d.failed_check, d.supersedes,
           (select json_agg(json_build_object('invoice_id', a.invoice_id::text, 'amount', a.amount::text, 'settled', a.settled::text, 'discount', a.discount::text,
              'charges', a.charges::text, 'withholding', a.withholding::text, 'write_off', a.write_off::text) order by a.n) from allocation a where a.decision_id = d.decision_id) as allocations,
           l.seq as record_seq, to_char(l.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as record_at, l.company as record_company, l.run_id as record_run_id,
           l.actor as record_actor, l.action as record_action, l.entry_id as record_entry_id, l.decision_id as record_decision_id, l.payload, l.previous_hash, l.hash
      from decision d left join log_record l on l.seq = d.log_seq
     where (${run_id ?? null}::bigint is null or d.run_id = ${run_id ?? null}::bigint) and (${entry_id ?? null}::bigint is null or d.entry_id = ${entry_id ?? null}::bigint)
     order by d.decision_id`;
}
