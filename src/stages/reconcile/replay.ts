import { canonicalJson, type Json } from '../../core/canonical-json.ts';
import type { Evidence } from '../../core/evidence.ts';
import { hashRecord, type LogRecord } from '../../core/log-chain.ts';
import type { Contender } from './contend.ts';
import type { Mode } from './decide.ts';
import { accountOf, alreadyOnTheBooks, decideEntry, notYetBooked, waits, type Draft } from './draft.ts';
import type { Ruleset } from './rules.ts';

/** A decision as it stands in its tables, with its record of the log. Amounts are minor units, as text. */
export interface StoredDecision {
  decision_id: bigint;
  entry_id: bigint;
  run_id: bigint | null;
  company: string;
  outcome: string;
  decided_by: string;
  rule_id: string | null;
  ruleset: string | null;
  reason: string;
  explanation: string;
  score: number | null;
  runner_up: Json;
  suggestions: Json;
  ledger_lines: Json;
  duplicate_of: bigint | null;
  returns: bigint | null;
  failed_check: string | null;
  supersedes: bigint | null;
  allocations: Record<string, string>[];
  record: LogRecord | null;
}

/** What is stored, and what it should be by the log's facts and rules. */
export interface ReplayDifference {
  entry_id: bigint;
  decision_id: bigint;
  log_seq: bigint | null;
  field: string;
  stored: Json;
  recomputed: Json;
}

interface DecidePayload {
  outcome: string; reason: string; evidence: Evidence; mode: Mode; rule_modes: Record<string, Mode>; ruleset: string; runner_up: Json; allocations: Json;
  duplicate_of?: string; supersedes?: string; returns?: string; contest?: LoggedContender[];
}

/** A contender as the log keeps it: ids as text. */
export type LoggedContender = Omit<Contender, 'entry_id' | 'claims'> & { entry_id: string; claims: string[] };

export function logContender({ entry_id, claims, ...rest }: Contender): LoggedContender {
  return { ...rest, entry_id: String(entry_id), claims: claims.map(String) };
}

/**
 * Recomputes a decision from the facts, rules and modes in its log record, through the code that made it, and gives every field in which what
 * is stored differs. `rulesetOf` gives the ruleset of a version, or null where its text is another than the version says.
 */
export function replayDecision(stored: StoredDecision, rulesetOf: (version: string) => Ruleset | null): ReplayDifference[] {
  const differences: ReplayDifference[] = [];
  const { record, entry_id, decision_id } = stored;
  const compare = (field: string, is: Json, should: Json): void => {
    if (canonicalJson(is) !== canonicalJson(should)) differences.push({ entry_id, decision_id, log_seq: record?.seq ?? null, field, stored: is, recomputed: should });
  };
  if (!record) return [{ entry_id, decision_id, log_seq: null, field: 'log_record', stored: null, recomputed: 'a record of the decision' }];
  compare('log_record.hash', record.hash.toString('hex'), hashRecord(record).toString('hex'));
  compare('company', stored.company, record.company);
  const payload = parsed(record.payload);
  if (payload === null) {
    compare('log_record.payload', record.payload, 'canonical JSON');
  } else if (record.action === 'decide') {
    compare('entry_id', String(entry_id), text(record.entry_id));
    compare('decision_id', String(decision_id), text(record.decision_id));
    compare('run_id', text(stored.run_id), text(record.run_id));
    try {
      replayRules(stored, payload as unknown as DecidePayload, rulesetOf, compare);
    } catch {
      // Facts that no rule can be held against are none that a decision was made of.
      compare('log_record.payload', record.payload, 'facts that can be decided upon');
    }
  } else if (record.action === 'quarantine_statement') {
    const { check } = payload as unknown as { check: { name: string; detail: string } };
    compare('outcome', stored.outcome, 'quarantined');
    compare('failed_check', stored.failed_check, check.name);
    compare('explanation', stored.explanation, `The document failed a control: ${check.detail}`);
    compare('allocations', stored.allocations, []);
  } else {
    // A person's act: what it allocates stands in its record as the person gave it.
    const act = payload as unknown as { allocations?: Json; supersedes?: string };
    compare('allocations', stored.allocations, act.allocations ?? []);
    if (record.action !== 'accept_reissue') {
      compare('outcome', stored.outcome, record.action === 'accept' || record.action === 'assign' ? 'manual' : record.action === 'not_ours' ? 'suspense' : stored.outcome === 'suspense' ? 'suspense' : 'review');
      compare('decided_by', stored.decided_by, record.actor);
      compare('supersedes', text(stored.supersedes), act.supersedes ?? null);
    }
  }
  return differences;
}

function replayRules(stored: StoredDecision, payload: DecidePayload, rulesetOf: (version: string) => Ruleset | null, compare: (field: string, is: Json, should: Json) => void): void {
  const { evidence } = payload;
  compare('evidence.entry_id', evidence.entry_id, String(stored.entry_id));
  const ruleset = rulesetOf(payload.ruleset);
  if (!ruleset) return compare('ruleset', payload.ruleset, 'a text that has this hash');
  const contest = payload.contest?.map(({ entry_id, claims, ...rest }): Contender => ({ ...rest, entry_id: BigInt(entry_id), claims: claims.map(BigInt) }));
  const draft = payload.outcome === 'duplicate' ? alreadyOnTheBooks() : payload.outcome === 'pending' ? notYetBooked()
    : decideEntry(evidence, ruleset, { company: payload.mode, rules: payload.rule_modes }, contest);
  const chosen = draft.outcome === 'auto' ? draft.chosen : null;
  const returns = chosen?.reverses_decision_id ?? null;

  compare('log_record.outcome', payload.outcome, draft.outcome);
  compare('log_record.reason', payload.reason, draft.reason);
  compare('log_record.runner_up', payload.runner_up, json(draft.runner_up));
  compare('outcome', stored.outcome, draft.outcome);
  compare('decided_by', stored.decided_by, 'rule');
  compare('rule_id', stored.rule_id, draft.rule?.id ?? null);
  compare('ruleset', stored.ruleset, draft.rule ? ruleset.version : null);
  compare('reason', stored.reason, draft.reason);
  compare('explanation', stored.explanation, draft.explanation);
  compare('score', thousandths(stored.score), draft.score);
  compare('runner_up', stored.runner_up, json(draft.runner_up));
  compare('suggestions', stored.suggestions, waits(draft) ? json(draft.suggestions) : null);
  compare('duplicate_of', text(stored.duplicate_of), payload.duplicate_of ?? null);
  compare('failed_check', stored.failed_check, null);
  compare('supersedes', text(stored.supersedes), payload.supersedes ?? null);
  compare('returns', text(stored.returns), returns);
  compare('log_record.returns', payload.returns ?? null, returns);
  compare('allocations', stored.allocations, payload.allocations);
  if (returns !== null) return;
  // What a return takes back is the earlier decision's; everything else follows from the facts alone.
  compare('log_record.allocations', payload.allocations, json((draft.outcome === 'auto' && chosen?.ledger_account === null ? chosen.allocations : [])
    .map(({ invoice_id, amount, settled, discount, charges, withholding }) => ({ invoice_id, amount, settled, discount, charges, withholding, write_off: '0' }))));
  compare('ledger_lines', stored.ledger_lines, ledgerLinesOf(draft, evidence));
}

function ledgerLinesOf(draft: Draft, { amount }: Evidence): Json {
  const account = accountOf(draft);
  return account === null || account === 'unallocated' ? null : [{ account, amount }];
}

function parsed(payload: string): Json | null {
  try {
    return JSON.parse(payload) as Json;
  } catch {
    return null;
  }
}

/** Canonical JSON holds no fractions. */
function thousandths(score: number | null): number | null {
  return score === null ? null : Math.round(score * 1000);
}

function json(value: unknown): Json {
  return value as Json;
}

function text(id: bigint | null): string | null {
  return id === null ? null : String(id);
}
