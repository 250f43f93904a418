import { Command } from 'commander';
import { counted } from '../core/counted.ts';
import { replayDecisions, type ReplayScope } from '../pipeline/replay.ts';
import type { ReplayDifference } from '../stages/reconcile/replay.ts';
import { EXIT, parseId, printJson, withDatabase } from './session.ts';

/** More of them say no more on a screen; they are counted all the same. */
const MAX_SHOWN = 1_000;

/** `tieout replay`: whether the decisions still follow from what the log says they were made of. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('recompute decisions from the facts and rules that the log has kept, and report what differs')
    .option('--run <id>', 'the decisions made in this run')
    .option('--entry <id>', 'the decisions about this entry, superseded ones included')
    .option('--json', 'print one JSON object: {"decisions","differences":[{"entry_id","decision_id","log_seq","field","stored","recomputed"}],"differing"}')
    .addHelpText('after', `
Without --run and --entry every decision is replayed. Each is held against its record of the log (whose hash is recomputed), the rules as they were then
(whose text must have the hash that the decision names), and its rows in the database.

Exit status: 0 nothing differs; 4 something does.

Examples:
  tieout replay --run 12
  tieout replay --entry 4711 --json | jq .differences
  tieout replay`)
    .action((options: { run?: string; entry?: string; json?: boolean }) => withDatabase('auditor', async ({ db }) => {
      const scope: ReplayScope = { ...(options.run !== undefined && { run_id: parseId(options.run) }), ...(options.entry !== undefined && { entry_id: parseId(options.entry) }) };
      const shown: ReplayDifference[] = [];
      const { decisions, differing } = await replayDecisions(db, scope, (difference) => {
        if (shown.length < MAX_SHOWN) shown.push(difference);
      });
      if (options.json) printJson({ decisions, differences: shown, differing });
      else {
        for (const { entry_id, decision_id, field, stored, recomputed } of shown) {
          process.stdout.write(`entry ${entry_id}, decision ${decision_id}, ${field}: ${JSON.stringify(stored)} is stored, ${JSON.stringify(recomputed)} follows\n`);
        }
        if (differing > shown.length) process.stdout.write(`… and ${differing - shown.length} more\n`);
        process.stdout.write(`${counted(decisions, 'decision')} replayed, ${differing === 0 ? 'nothing differs' : counted(differing, 'difference')}\n`);
      }
      if (differing > 0) process.exitCode = EXIT.broken;
    }));
}
