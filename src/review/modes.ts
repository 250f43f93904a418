import { Failure } from '../core/failure.ts';
import { appendAct } from '../ledger/log.ts';
import type { Tx } from '../platform/database.ts';

export type Mode = 'off' | 'suggest' | 'auto';

/** From the most careful on. */
export const CAREFUL: readonly Mode[] = ['off', 'suggest', 'auto'];

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
