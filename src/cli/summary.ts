import { basename } from 'node:path';
import { sql } from 'kysely';
import { counted } from '../core/counted.ts';
import type { RunSummary } from '../pipeline/summary.ts';
import type { Database } from '../platform/database.ts';
import { formatTable } from './session.ts';

/** More documents than this leave the screen; the lists of the commands have them all. */
const SHOWN_DOCUMENTS = 20;
/** As wide as a sentence may be beside its columns; what is cut, tieout review show and tieout dead show say in full. */
const SENTENCE_WIDTH = 96;

/**
 * A run's summary as a person reads it: what became of the entries per currency, what waits for a person and why, which documents were set
 * aside and why, whether all adds up, and the log's head.
 */
export async function formatSummary(db: Database, summary: RunSummary): Promise<string> {
  const { run_id, documents, entries, duration_ms } = summary;
  const sections = [
    `Run ${run_id}: ${counted(documents.submitted, 'document')}, ${counted(entries.total, 'entry', 'entries')}, ${(duration_ms / 1_000).toFixed(1)} s`,
    formatTable([
      ['CURRENCY', 'OUTCOME', 'ENTRIES', 'OUT', 'IN'],
      ...summary.amounts.map(({ currency, outcome, count, debits, credits }, i) => [
        summary.amounts[i - 1]?.currency === currency ? '' : currency, outcome, String(count), debits, credits,
      ]),
    ], [2, 3, 4]),
    await formatReview(db, run_id),
    await formatSetAside(db, run_id, documents),
    formatTable([
      ['Adds up', summary.balanced ? 'yes: every entry has one outcome, and the books hold' : 'NO: tieout doctor shows what does not hold'],
      ['Log head', summary.log_head],
    ]),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

async function formatReview(db: Database, run_id: string): Promise<string> {
  const { rows } = await sql<{ reason: string; count: number; example: string }>`
    select c.reason, count(*)::int as count, (array_agg(c.explanation order by c.decision_id))[1] as example
      from delivery v join document d using (document_id) join statement s using (document_id) join entry e using (statement_id)
      join decision c on c.entry_id = e.entry_id and c.superseded_by is null
     where v.run_id = ${run_id} and not v.is_duplicate and e.is_leaf and c.outcome in ('review', 'suspense')
     group by 1 order by 2 desc, 1`.execute(db.kysely);
  if (rows.length === 0) return '';
  return formatTable([
    ['FOR A PERSON', 'ENTRIES', 'FOR INSTANCE'],
    ...rows.map(({ reason, count, example }) => [reason, String(count), cut(example)]),
  ], [1]);
}

async function formatSetAside(db: Database, run_id: string, { quarantined, dead_lettered, duplicate }: RunSummary['documents']): Promise<string> {
  const lines = duplicate === 0 ? [] : [`${counted(duplicate, 'document')} that ${duplicate === 1 ? 'was' : 'were'} there already, byte for byte`];
  if (quarantined + dead_lettered === 0) return lines.join('\n');
  const { rows } = await sql<{ path: string; state: string; why: string }>`
    select v.path, d.state,
           case when d.state = 'quarantined' then coalesce(
             (select k->>'name' || ': ' || (k->>'detail') from statement s, jsonb_array_elements(s.checks) k
               where s.document_id = d.document_id and k->>'ok' = 'false' order by s.statement_no limit 1), d.failed_check)
           else (select l.code || ': ' || l.message from dead_letter l where l.document_id = d.document_id order by l.died_at desc limit 1) end as why
      from delivery v join document d using (document_id)
     where v.run_id = ${run_id} and not v.is_duplicate and d.state in ('quarantined', 'dead', 'discarded')
     order by v.n limit ${SHOWN_DOCUMENTS}`.execute(db.kysely);
  const table = formatTable([['SET ASIDE', 'DOCUMENT', 'WHY'], ...rows.map(({ path, state, why }) => [state, basename(path), cut(why.split('\n')[0]!)])]);
  const rest = quarantined + dead_lettered - rows.length;
  return [table, ...(rest > 0 ? [`… and ${rest} more`] : []), ...lines].join('\n');
}

function cut(sentence: string): string {
  return sentence.length > SENTENCE_WIDTH ? `${sentence.slice(0, SENTENCE_WIDTH - 1).trimEnd()}…` : sentence;
}
