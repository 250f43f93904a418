import { Argument, Command } from 'commander';
import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import { transaction, type Tx } from '../platform/database.ts';
import { listModes, requestMode, setMode } from '../review/modes.ts';
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
      const companies = await transaction(db, async (tx) => {
        if (mode === undefined) return listModes(tx);
        if (!await hasSecondPerson(tx)) return setMode(tx, MODES[mode], actingUser(), options.company, options.rule);
        const request = await requestMode(tx, actingUser(), { mode: MODES[mode], company: options.company, rule_id: options.rule, reason: 'on the command line' });
        if (request !== null) process.stderr.write(`to post more without a person takes a second one: request ${request} waits, see tieout review approvals\n`);
        return listModes(tx);
      });
      if (options.json) return printJson(companies);
      for (const { company, mode: now, rules } of companies) {
        process.stdout.write(`${company}: ${now === 'auto' ? 'on' : now}${rules.map((rule) => `, ${rule.rule_id}: ${rule.mode === 'auto' ? 'on' : rule.mode}`).join('')}\n`);
      }
    }));
}

/** Where there is nobody else who could approve, the person at the command line decides alone. */
async function hasSecondPerson(tx: Tx): Promise<boolean> {
  const { rows: [other] } = await sql<{ there: boolean }>`
    select exists (select from app_user where 'approver' = any(roles) and not disabled and user_id <> ${actingUser()}) as there`.execute(tx.kysely);
  return other!.there;
}
