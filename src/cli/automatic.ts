import { Argument, Command } from 'commander';
import { Failure } from '../core/failure.ts';
import { appendAct } from '../ledger/log.ts';
import { transaction, type Tx } from '../platform/database.ts';
import { loadRuleset } from '../stages/reconcile/rules.ts';
import { actingUser, printJson, withDatabase } from './session.ts';

const MODES = { on: 'auto', suggest: 'suggest', off: 'off' } as const;

/** `tieout automatic`: whether what is certain is posted without a person. */
export function automaticCommand(): Command {
  return new Command('automatic')
    .description('whether what is certain is posted without a person')
    .addArgument(new Argument('[mode]', 'on posts, suggest puts it before a person, off switches the rules off; without it the modes are shown').choices(Object.keys(MODES)))
    .option('--company <id>', 'for one company; without it for every company that exists')
    .option('--rule <id>', 'for one rule only')
    .option('--json', 'print one JSON object')
    .addHelpText('after', `
Examples:
  tieout automatic off                                   the stop switch
  tieout automatic on --company default
  tieout automatic suggest --rule receipt_digits`)
    .action((mode: keyof typeof MODES | undefined, options: { company?: string; rule?: string; json?: boolean }) => withDatabase('web', async ({ db, config }) => {
      if (options.rule !== undefined && !loadRuleset(config.rules_folder).rules.some((rule) => rule.id === options.rule)) {
        throw new Failure('not_found', `there is no rule ${options.rule}; tieout rules check lists them`);
      }
      const companies = mode === undefined ? await transaction(db, listModes) : await transaction(db, (tx) => setMode(tx, MODES[mode], options.company, options.rule));
      if (options.json) return printJson(companies);
      for (const { company, mode: now, rules } of companies) {
        process.stdout.write(`${company}: ${now === 'auto' ? 'on' : now}${rules.map((rule) => `, ${rule.rule_id}: ${rule.mode === 'auto' ? 'on' : rule.mode}`).join('')}\n`);
      }
    }));
}

interface CompanyModes {
  company: string;
  mode: 'off' | 'suggest' | 'auto';
  rules: { rule_id: string; mode: 'off' | 'suggest' | 'auto' }[];
}

async function listModes(tx: Tx): Promise<CompanyModes[]> {
  const companies = await tx.kysely.selectFrom('company').select(['company', 'mode']).orderBy('company').execute();
  const rules = await tx.kysely.selectFrom('rule_mode').select(['company', 'rule_id', 'mode']).orderBy('rule_id').execute();
  return companies.map((one) => ({ ...one, rules: rules.filter((rule) => rule.company === one.company).map(({ rule_id, mode }) => ({ rule_id, mode })) }));
}

/** Sets the mode and notes it in the log, once per company, in one transaction. */
export async function setMode(tx: Tx, mode: 'off' | 'suggest' | 'auto', company?: string, rule_id?: string): Promise<CompanyModes[]> {
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
    company: company ?? null, run_id: null, actor: actingUser(), action: 'set_automatic', payload: { mode, rule_id: rule_id ?? null, companies: companies.map((one) => one.company) },
  });
  return listModes(tx);
}
