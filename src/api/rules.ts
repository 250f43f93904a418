import { Failure } from '../core/failure.ts';
import { findRulesInForce } from '../ledger/rules-in-force.ts';
import { transaction, type Database } from '../platform/database.ts';
import { requestRules } from '../review/rules-request.ts';
import { compareRulesets } from '../stages/reconcile/ruleset-diff.ts';
import { loadRuleset, type Ruleset } from '../stages/reconcile/rules.ts';
import { loadApproval } from './approvals.ts';
import type { ApiContext, Handlers } from './context.ts';
import type { RulesView } from './schemas.ts';
import { rulesetOf } from './story.ts';

type Names = 'showRules' | 'compareRules' | 'proposeRules';

export const RULES_HANDLERS: Handlers<Names> = {
  showRules: (context) => viewRules(context),
  compareRules: async ({ db }, { query }) => ({ files: compareRulesets(query.from === undefined ? null : await contentOf(db, query.from), await contentOf(db, query.to)) }),
  proposeRules: async (context, { body, principal }) => {
    const { db, config } = context;
    const offered = loadRuleset(config.rules_folder);
    if (offered.version !== body.version) throw new Failure('stale', 'the rules in the folder are no longer those that were shown; look at them again');
    const approval_id = await transaction(db, (tx) => requestRules(tx, principal, offered, body.comment ?? null));
    return { status: approval_id === null ? 'done' : 'awaits_approval', rules: await viewRules(context), approval: approval_id === null ? null : await loadApproval(db, principal, approval_id) };
  },
};

/** The rules that decide; before the first batch those of the folder. */
export async function loadRulesInForce({ db, config }: ApiContext): Promise<Ruleset> {
  const found = await findRulesInForce(db);
  return found === null ? loadRuleset(config.rules_folder) : rulesetOf(found.version, found.content);
}

async function viewRules({ db, config }: ApiContext): Promise<RulesView> {
  const found = await findRulesInForce(db);
  const waiting = await db.kysely.selectFrom('approval').select('approval_id').where('kind', '=', 'rules').where('state', '=', 'pending').executeTakeFirst();
  return {
    in_force: found && { version: found.version, since: found.since, requested_by: found.requested_by, approved_by: found.approved_by },
    offered: found === null ? null : viewOffered(config.rules_folder, found), approval_id: waiting === undefined ? null : String(waiting.approval_id),
  };
}

function viewOffered(folder: string, found: { version: string; content: string }): RulesView['offered'] {
  try {
    const { version, content } = loadRuleset(folder);
    return version === found.version ? null : { version, problem: null, files: compareRulesets(found.content, content) };
  } catch (error) {
    if (error instanceof Failure && error.code === 'configuration') return { version: null, problem: error.message, files: [] };
    throw error;
  }
}

async function contentOf(db: Database, version: string): Promise<string> {
  const row = await db.kysely.selectFrom('ruleset').select('content').where('version', '=', version).executeTakeFirst();
  if (!row) throw new Failure('not_found', `there are no rules ${version}`);
  return row.content;
}
