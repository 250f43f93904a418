import { Failure } from '../../core/failure.ts';
import type { LogChain } from '../../ledger/log.ts';
import { findRulesInForce, isSecondPersonThere, lockRules, putRulesInForce, saveRuleset } from '../../ledger/rules-in-force.ts';
import type { Tx } from '../../platform/database.ts';
import { loadRuleset, parseRuleset, type Ruleset } from './rules.ts';

/**
 * The rules that decide a batch. Those of the folder are in force at once when they are the first, or when nobody is there who could be
 * the second person; else the last approved version goes on until theirs is approved, also when theirs are wrong. `approved` is false
 * when the approved version can no longer be read by this program: then the folder's rules decide, and post nothing by themselves.
 */
export async function rulesInForce(tx: Tx, folder: string, run_id: bigint, chain: LogChain): Promise<{ ruleset: Ruleset; approved: boolean }> {
  const offered = attempt(() => loadRuleset(folder));
  if (!(offered instanceof Failure)) {
    await saveRuleset(tx, offered.version, offered.content);
    if ((await findRulesInForce(tx))?.version === offered.version) return { ruleset: offered, approved: true };
    await lockRules(tx);
  }
  const before = await findRulesInForce(tx);
  if (before !== null && await isSecondPersonThere(tx)) {
    const approved = attempt(() => parseRuleset(before.content));
    if (!(approved instanceof Failure)) return { ruleset: approved, approved: true };
    if (!(offered instanceof Failure)) return { ruleset: offered, approved: false };
  }
  if (offered instanceof Failure) throw offered;
  if (before?.version !== offered.version) {
    await putRulesInForce(tx, offered.version, null);
    await chain.append([{
      company: null, run_id, actor: 'tieout', action: 'rules_in_force', entry_id: null, decision_id: null, payload: { version: offered.version, replaces: before?.version ?? null, approved_by: null },
    }]);
  }
  return { ruleset: offered, approved: true };
}

function attempt(read: () => Ruleset): Ruleset | Failure {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure && error.code === 'configuration') return error;
    throw error;
  }
}
