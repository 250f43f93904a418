import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { checkRules } from '../stages/reconcile/rules.ts';

const RULES_FOLDER = fileURLToPath(new URL('../../rules', import.meta.url));

interface RulesCheckOptions {
  json?: boolean;
}

/** `tieout rules`: what finance needs to work on its rules. Needs no database. */
export function rulesCommand(): Command {
  const command = new Command('rules').description('the rules that decide (docs/rules.md)');
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
        if (ruleset) process.stdout.write(`${table([['RULE', 'OWNER', 'OUTCOME', 'STRENGTH', 'REASON', 'WHERE'], ...rows])}\n${rules.length} rules, version ${ruleset.version}\n`);
        for (const { file, line, column, message, excerpt } of problems) process.stderr.write(`${file}:${line}:${column}: ${message}\n${excerpt}\n\n`);
        if (problems.length > 0) process.stderr.write(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}\n`);
      }
      if (problems.length > 0) process.exitCode = 1;
    });
  return command;
}

/** Left-aligned columns, two spaces apart. */
function table(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n');
}
