import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { counted } from '../core/counted.ts';
import { findRulesInForce } from '../ledger/rules-in-force.ts';
import { transaction } from '../platform/database.ts';
import { loadPerson } from '../review/person.ts';
import { requestRules } from '../review/rules-request.ts';
import { compareRulesets } from '../stages/reconcile/ruleset-diff.ts';
import { checkRules, loadRuleset } from '../stages/reconcile/rules.ts';
import { actingUser, printJson, withDatabase } from './session.ts';

const RULES_FOLDER = fileURLToPath(new URL('../../rules', import.meta.url));

interface RulesCheckOptions {
  json?: boolean;
}

/** `tieout rules`: what finance needs to work on its rules. To check them needs no database. */
export function rulesCommand(): Command {
  const command = new Command('rules').description('the rules that decide (docs/rules.md)')
    .addHelpText('after', '\nExample:\n  tieout rules check');
  command.command('check')
    .description('check the rules\' types and examples, and list them with their owners')
    .argument('[folder]', 'folder with the rules', RULES_FOLDER)
    .option('--json', 'print one JSON object')
    .addHelpText('after', `
Exit status: 0 nothing is wrong; 1 a rule is wrong, has no examples, or never gets its turn.

Examples:
  tieout rules check
  tieout rules check --json | jq '.problems'
  tieout rules check drafts/rules`)
    .action((folder: string, options: RulesCheckOptions) => {
      const { ruleset, problems } = checkRules(folder);
      const rules = (ruleset?.rules ?? []).map(({ id, owner, outcome, reason, strength, sentence, place }) =>
        ({ id, owner, outcome, reason, strength, sentence, file: place.file, line: place.line }));
      if (options.json) {
        process.stdout.write(`${JSON.stringify({ version: ruleset?.version ?? null, rules, problems })}\n`);
      } else {
        const rows = rules.map(({ id, owner, outcome, strength, reason, file, line }) => [id, owner, outcome, String(strength), reason, `${file}:${line}`]);
        if (ruleset) process.stdout.write(`${table([['RULE', 'OWNER', 'OUTCOME', 'STRENGTH', 'REASON', 'WHERE'], ...rows])}\n${counted(rules.length, 'rule')}, version ${ruleset.version}\n`);
        for (const { file, line, column, message, excerpt } of problems) process.stderr.write(`${file}:${line}:${column}: ${message}\n${excerpt}\n\n`);
        if (problems.length > 0) process.stderr.write(`${counted(problems.length, 'problem')}\n`);
      }
      if (problems.length > 0) process.exitCode = 1;
    });
  command.command('diff')
    .description('how the rules in rules/ differ from those in force')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  tieout rules diff')
    .action((options: { json?: boolean }) => withDatabase('auditor', async ({ db, config }) => {
      const [found, offered] = [await findRulesInForce(db), loadRuleset(config.rules_folder)];
      const files = found?.version === offered.version ? [] : compareRulesets(found?.content ?? null, offered.content);
      if (options.json) return printJson({ in_force: found?.version ?? null, offered: offered.version, files });
      if (files.length === 0) return void process.stdout.write('the rules in rules/ are in force\n');
      for (const { file, lines } of files) process.stdout.write(`${file}\n${lines.map(({ change, text }) => `${MARKS[change]} ${text}`.trimEnd()).join('\n')}\n\n`);
    }));
  command.command('propose')
    .description('ask for the rules in rules/ to be put in force; until a second person approves, the last approved ones decide')
    .option('--comment <text>', 'kept in the log')
    .addHelpText('after', `
Where nobody is among the users who could be the second person, they are in force at once. Approved with tieout review approve, or in the pages.

Example:
  tieout rules propose --comment "two new fee codes of the bank"`)
    .action((options: { comment?: string }) => withDatabase('web', async ({ db, config }) => {
      const offered = loadRuleset(config.rules_folder);
      const approval_id = await transaction(db, async (tx) => requestRules(tx, await loadPerson(tx, actingUser()), offered, options.comment ?? null));
      process.stdout.write(approval_id === null ? `${offered.version} is in force\n` : `${offered.version} waits for a second person (request ${approval_id}): tieout review approvals\n`);
    }));
  return command;
}

const MARKS = { same: ' ', removed: '-', added: '+', gap: '…' } as const;

/** Left-aligned columns, two spaces apart. */
function table(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n');
}
