import { Command } from 'commander';
import { sql } from 'kysely';
import { FAILURES } from '../core/failure.ts';
import { countFindings } from '../master-data/checks.ts';
import { listDeepViolations } from '../ledger/invariants.ts';
import { findRulesInForce, isSecondPersonThere } from '../ledger/rules-in-force.ts';
import { openQueues } from '../pipeline/backends.ts';
import { failureOf } from '../platform/database-errors.ts';
import { checkRules } from '../stages/reconcile/rules.ts';
import { verifyLog } from '../ledger/verify-log.ts';
import { EXIT, printJson, withDatabase, type Session } from './session.ts';

/** One thing that the doctor has found, with what to do about it. */
interface Finding {
  severity: 'attention' | 'broken';
  check: string;
  detail: string;
  remedy: string;
}

/** `tieout doctor`: is everything as it should be? */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check configuration, services, rights, invariants and the log; each finding with its remedy')
    .option('--json', 'print one JSON object')
    .addHelpText('after', `
Exit status: 0 nothing is wrong; 3 something to look at (dead letters, quarantined documents, gaps); 4 something is broken.

Examples:
  tieout doctor
  tieout doctor --json | jq .findings`)
    .action(async (options: { json?: boolean }) => {
      const findings = await withDatabase('worker', examine).catch((error: unknown): Finding[] => {
        const failure = failureOf(error);
        return [{ severity: 'broken', check: failure.code, detail: failure.message, remedy: FAILURES[failure.code].remedy }];
      });
      if (options.json) printJson({ findings });
      else if (findings.length === 0) process.stdout.write('nothing is wrong\n');
      else for (const { severity, check, detail, remedy } of findings) process.stdout.write(`${severity === 'broken' ? 'BROKEN   ' : 'look at  '} ${check}: ${detail}\n          ${remedy}\n`);
      process.exitCode = findings.some((one) => one.severity === 'broken') ? EXIT.broken : findings.length > 0 ? EXIT.attention : EXIT.ok;
    });
}

async function examine({ config, db, log }: Session): Promise<Finding[]> {
  const findings: Finding[] = [];
  const broken = (check: string, detail: string, remedy: string): void => void findings.push({ severity: 'broken', check, detail, remedy });
  const attention = (check: string, count: number, what: string, remedy: string): void => {
    if (count > 0) findings.push({ severity: 'attention', check, detail: `${count} ${what}`, remedy });
  };

  const { ruleset, problems } = checkRules(config.rules_folder);
  const in_force = await findRulesInForce(db);
  if (ruleset && in_force && ruleset.version !== in_force.version && await isSecondPersonThere(db)) {
    findings.push({ severity: 'attention', check: 'rules', detail: `what stands in rules/ is not in force; ${in_force.version} decides`, remedy: 'tieout rules diff shows the difference; tieout rules propose asks for a second person' });
  }
  for (const { kind, file, line, message } of problems) {
    // Rules that lack an example or a turn still decide; the others stop every batch.
    const severity = kind === 'missing_examples' || kind === 'unreachable' ? 'attention' : 'broken';
    findings.push({ severity, check: 'rules', detail: `${file}:${line}: ${message}`, remedy: 'tieout rules check shows the place' });
  }
  await openQueues({ config, db, log }).then(async (queues) => {
    await queues.queue('extract').getJobCounts().catch((error: unknown) => broken('queue', failureOf(error).message, 'bring the queue back, or correct QUEUE_URL'));
    await queues.close();
  });
  for (const { invariant, detail } of await listDeepViolations(db)) broken('books', `${invariant}: ${detail}`, 'stop automatic posting (tieout automatic off) and report this with the log');
  const { fault } = await verifyLog(db);
  if (fault) broken('log', `record ${fault.seq}: ${fault.fault}`, 'compare with a backup; somebody has changed the log outside of tieout');

  const { rows: [counts] } = await sql<{ dead: number; quarantined: number; gaps: number; stuck: number; owned: number }>`
    select (select count(*)::int from dead_letter where resolution is null) as dead,
           (select count(*)::int from document d where state = 'quarantined' and (failed_check = 'reissued' or exists (
             select from statement q where q.document_id = d.document_id and not exists (
               select from statement s where s.account_id = q.account_id and s.state = 'accepted' and s.statement_id > q.statement_id
                                         and s.from_date <= q.from_date and s.to_date >= q.to_date)))) as quarantined,
           (select count(*)::int from statement where state = 'accepted' and gap_before is not null) as gaps,
           (select count(*)::int from task where state = 'due' and due_at < now() - interval '1 hour') as stuck,
           (select count(*)::int from pg_tables where schemaname = 'public' and tableowner in ('tieout_worker', 'tieout_web', 'tieout_auditor')) as owned`.execute(db.kysely);
  if (counts!.owned > 0) broken('rights', `${counts!.owned} tables are owned by a role of the application`, 'alter table … owner to tieout_owner');
  attention('dead letters', counts!.dead, 'documents could not be worked on', 'tieout dead list');
  attention('quarantine', counts!.quarantined, 'documents failed a control and are off the books', 'tieout export decisions shows failed_check; ask the bank for a correct statement');
  attention('gaps', counts!.gaps, 'statements are missing before others', 'tieout report bank; fetch the missing statements and run them');
  attention('tasks', counts!.stuck, 'tasks have been due for more than an hour', 'start workers: tieout work');
  for (const { code, count, examples, blocks, remedy } of await countFindings(db)) {
    if (blocks) attention('master data', count, `× ${code}, none of it automatic: ${examples.join('; ')}${count > examples.length ? '; …' : ''}`, remedy);
  }
  return findings;
}
