import { Command } from 'commander';
import { sql } from 'kysely';
import type { Evidence } from '../core/evidence.ts';
import { Failure } from '../core/failure.ts';
import { formatMoney } from '../core/money.ts';
import type { Database } from '../platform/database.ts';
import { explainDecision, type Mode } from '../stages/reconcile/decide.ts';
import { parseRuleset } from '../stages/reconcile/rules.ts';
import { parseId, printJson, withDatabase } from './session.ts';

/** The entry as a person knows it: amount, day, account, other side, text, and where it stands. */
async function entryLine(db: Database, entry_id: bigint): Promise<string> {
  const { rows: [entry] } = await sql<{ amount: bigint; currency: string; booking_date: string; account: string; line: number; detail: number | null; path: string; name: string | null; text: string | null; reference: string | null; end_to_end_id: string | null }>`
    select e.amount, e.currency, e.booking_date, a.account, e.line, e.detail, c.path, e.counterparty_name as name, e.remittance as text, e.structured_reference as reference, e.end_to_end_id
      from entry e join account a using (account_id) join document c on c.document_id = e.document_id where e.entry_id = ${entry_id}`.execute(db.kysely);
  const { amount, currency, booking_date, account, line, detail, path, name, text, reference, end_to_end_id } = entry!;
  return `entry ${entry_id}: ${formatMoney(amount, currency)} ${currency} on ${booking_date}, account ${account}, line ${line}${detail === null ? '' : `, detail ${detail}`} of ${path}\n`
    + `  ${[name, text, reference, end_to_end_id].filter((part) => part !== null).join(' | ') || 'without a name or a text'}`;
}

/** `tieout explain`: a decision's whole story, recomputed from the facts and the rules that the log has kept. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('why an entry was decided as it was: facts, candidates, rules with their values, what was refused')
    .argument('<entry>', 'entry id')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nA candidate takes the first rule that holds. + is a condition that is met, - one that is not, each with the values it saw.\n\nExamples:\n  tieout explain 17\n  tieout explain 17 --json | jq .candidates[0]')
    .action((entry: string, options: { json?: boolean }) => withDatabase('auditor', async ({ db }) => {
      const entry_id = parseId(entry);
      const { rows } = await sql<{ seq: bigint; at: string; actor: string; action: string; payload: string; content: string | null }>`
        select l.seq, l.at, l.actor, l.action, l.payload, r.content from log_record l
          left join ruleset r on r.version = (l.payload::jsonb ->> 'ruleset')
         where l.entry_id = ${entry_id} or l.seq in (select log_seq from decision where entry_id = ${entry_id}) order by l.seq`.execute(db.kysely);
      // One record speaks for all entries of a statement that was quarantined.
      const { rows: [standing] } = await sql<{ outcome: string; reason: string; explanation: string; failed_check: string | null }>`
        select outcome, reason, explanation, failed_check from decision where entry_id = ${entry_id} and superseded_by is null`.execute(db.kysely);
      if (!standing) throw new Failure('not_found', `nothing was decided about entry ${entry_id}`);
      const decided = rows.findLast((row) => row.action === 'decide');
      const payload = decided ? JSON.parse(decided.payload) as { evidence: Evidence; mode: Mode; rule_modes: Record<string, Mode>; outcome: string; reason: string } : null;
      const explanation = payload && decided!.content
        ? explainDecision(payload.evidence, parseRuleset(decided!.content), { company: payload.mode, rules: payload.rule_modes }) : null;
      const story = rows.map(({ seq, at, actor, action }) => ({ seq, at, actor, action }));
      if (options.json) return printJson({ entry_id, ...standing, story, decided: payload && { outcome: payload.outcome, reason: payload.reason }, facts: payload?.evidence.facts, ...explanation });
      process.stdout.write(`${await entryLine(db, entry_id)}\n\n`);
      for (const { seq, at, actor, action } of story) process.stdout.write(`${at}  record ${seq}  ${action}  by ${actor}\n`);
      process.stdout.write(`\nstands as ${standing.outcome}: ${standing.explanation}${standing.failed_check === null ? '' : ` (${standing.failed_check})`}\n`);
      if (!payload) return;
      process.stdout.write(`\noutcome ${payload.outcome}, reason ${payload.reason}\nfacts   ${Object.entries(payload.evidence.facts).map(([key, value]) => `${key}=${value}`).join('  ')}\n`);
      for (const { candidate, verdict, gate, rules } of explanation?.candidates ?? []) {
        const what = candidate.allocations.map((part) => part.invoice_number).join(', ') || candidate.ledger_account || candidate.facts.kind;
        process.stdout.write(`\ncandidate ${what}: ${verdict}${gate ? ` (never automatic: ${gate})` : ''}\n  ${Object.entries(candidate.facts).map(([key, value]) => `${key}=${value}`).join('  ')}\n`);
        const first = rules.find((rule) => rule.applies && rule.matched);
        for (const rule of rules.filter((one) => one.applies)) {
          process.stdout.write(`  ${rule === first ? 'takes' : rule.matched ? 'holds' : 'no   '}  ${rule.id} (${rule.outcome}, of ${rule.owner})\n`);
          const clauses = rule.clauses.map(({ source, holds, values }) => ({ holds, text: `${source}${Object.entries(values).map(([path, value]) => `  [${path} = ${value}]`).join('')}` }));
          // What fails says why a rule does not apply, so it has lines of its own.
          const met = clauses.filter(({ holds }) => holds).map(({ text }) => text);
          if (met.length > 0) process.stdout.write(`           + ${met.join(rule.matched ? '\n           + ' : ';  ')}\n`);
          for (const { text } of clauses.filter(({ holds }) => !holds)) process.stdout.write(`           - ${text}\n`);
        }
      }
      for (const { invoice_number, party_id, reason } of payload.evidence.refused) process.stdout.write(`\nrefused ${invoice_number} of ${party_id}: ${reason}\n`);
    }));
}
