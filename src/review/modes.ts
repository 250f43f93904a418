import { Failure } from '../core/failure.ts';
import { appendAct } from '../ledger/log.ts';
import type { Tx } from '../platform/database.ts';
import { requestApproval } from './approvals.ts';

export type Mode = 'off' | 'suggest' | 'auto';

/** From the most careful on. */
const CAREFUL: readonly Mode[] = ['off', 'suggest', 'auto'];

/** What a company posts without a person; `rules` are those that differ from it. */
export interface CompanyModes {
  company: string;
  mode: Mode;
  rules: { rule_id: string; mode: Mode }[];
}

export async function listModes(tx: Pick<Tx, 'kysely'>): Promise<CompanyModes[]> {
  const companies = await tx.kysely.selectFrom('company').select(['company', 'mode']).orderBy('company').execute();
  const rules = await tx.kysely.selectFrom('rule_mode').select(['company', 'rule_id', 'mode']).orderBy('rule_id').execute();
  return companies.map((one) => ({ ...one, rules: rules.filter((rule) => rule.company === one.company).map(({ rule_id, mode }) => ({ rule_id, mode })) }));
}

export interface ModeChange { mode: Mode; company?: string; rule_id?: string; reason: string }

/** To be more careful nobody needs a second person: it is done at once, and null returned. To post more by itself is noted as a request for approval. */
export async function requestMode(tx: Tx, actor: string, { mode, company, rule_id, reason }: ModeChange): Promise<bigint | null> {
  const before = (await listModes(tx)).filter((one) => company === undefined || one.company === company);
  if (!before.some((one) => CAREFUL.indexOf(mode) > CAREFUL.indexOf(rule_id === undefined ? one.mode : one.rules.find((rule) => rule.rule_id === rule_id)?.mode ?? 'auto'))) {
    await setMode(tx, mode, actor, company, rule_id, { reason });
    return null;
  }
  return requestApproval(tx, {
    kind: 'set_mode', company: company ?? null, entry_id: null, request: { mode, company: company ?? null, rule_id: rule_id ?? null, reason, before: before.map((one) => ({ company: one.company, mode: one.mode })) },
    why: 'to post more without a person takes a second one', summary: `${rule_id ?? 'automatic posting'} to ${mode}${company === undefined ? ' for all companies' : ` for ${company}`}`, sums: [], comment: reason,
    requested_by: actor,
  });
}

/** Sets the mode and notes it in the log, once per company, in one transaction. */
export async function setMode(tx: Tx, mode: Mode, actor: string, company?: string, rule_id?: string, note: { reason?: string; approved_by?: string } = {}): Promise<CompanyModes[]> {
  const companies = (await tx.kysely.selectFrom('company').select('company').$if(company !== undefined, (query) => query.where('company', '=', company!)).orderBy('company').forUpdate().execute());
  if (company !== undefined && companies.length === 0) throw new Failure('not_found', `there is no company ${company}; companies come with the accounts (tieout import accounts)`);
  for (const one of companies) {
    if (rule_id === undefined) await tx.kysely.updateTable('company').set({ mode }).where('company', '=', one.company).execute();
    else {
      await tx.kysely.insertInto('rule_mode').values({ company: one.company, rule_id, mode })
        .onConflict((conflict) => conflict.columns(['company', 'rule_id']).doUpdateSet({ mode })).execute();
    }
  }
  await appendAct(tx, {
    company: company ?? null, run_id: null, actor, action: 'set_automatic', payload: { mode, rule_id: rule_id ?? null, companies: companies.map((one) => one.company), ...note },
  });
  return listModes(tx);
}
