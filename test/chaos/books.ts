import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { verifyLog } from '../../src/ledger/verify-log.ts';
import { listDeepViolations } from '../../src/ledger/invariants.ts';
import type { Database } from '../../src/platform/database.ts';

/**
 * The books by content: each row as text without times, generated ids and places in a document, and over the sorted rows one hash. Equal
 * hashes mean equal multisets of journal entries, decisions, statements, open items and documents.
 */

/** Hash per part of the books, so that a difference says where it is. */
export type Fingerprint = Readonly<Record<keyof typeof PARTS, string>>;

// What an entry is to a person: its account, date, amount and what the bank printed.
const ENTRY = `concat_ws('|', b.account, e.booking_date, e.value_date, e.amount, e.currency, e.status, e.bank_reference, e.end_to_end_id, e.counterparty_name,
  e.counterparty_account, e.remittance, e.structured_reference, e.reversal, e.is_leaf)`;
const INVOICE = `concat_ws('/', i.company, i.kind, i.invoice_number, i.party_id)`;

const PARTS = {
  journal: `
    select concat_ws('|', j.company, j.kind, j.posting_date, j.booking_date, j.reverses is not null, ${ENTRY}, s.bank_statement_id, s.from_date, l.lines)
      from journal_entry j left join entry e using (entry_id) left join account b on b.account_id = e.account_id left join statement s on s.statement_id = j.statement_id
      join (select l.journal_entry_id, string_agg(concat_ws('|', l.account, a.account, l.party_id, ${INVOICE}, l.amount, l.currency, l.base_amount), ' + '
                   order by l.account, a.account, l.party_id, ${INVOICE}, l.amount, l.currency) as lines
              from journal_line l left join account a using (account_id) left join invoice i using (invoice_id) group by 1) l using (journal_entry_id)`,
  decisions: `
    select concat_ws('|', ${ENTRY}, d.company, d.outcome, d.rule_id, d.ruleset, d.reason, d.score, d.failed_check, d.duplicate_of is not null, d.returns is not null, a.allocations)
      from decision d join entry e using (entry_id) join account b on b.account_id = e.account_id
      left join (select a.decision_id, string_agg(concat_ws('|', ${INVOICE}, a.amount, a.settled, a.settled_currency, a.discount, a.charges, a.withholding, a.write_off), ' + '
                        order by ${INVOICE}, a.amount) as allocations
                   from allocation a join invoice i using (invoice_id) group by 1) a using (decision_id)
     where d.superseded_by is null`,
  reviews: `
    select concat_ws('|', ${ENTRY}, r.company, r.state, r.reason, r.priority)
      from review_item r join entry e using (entry_id) join account b on b.account_id = e.account_id`,
  open_items: `select concat_ws('|', ${INVOICE}, o.amount, o.open) from open_item o join invoice i using (invoice_id)`,
  statements: `
    select concat_ws('|', b.account, s.state, s.format, s.bank_statement_id, s.sequence, s.from_date, s.to_date, s.opening, s.closing, s.gap_before, s.entry_count)
      from statement s join account b using (account_id)`,
  documents: `
    select concat_ws('|', d.state, d.failed_check, l.letters)
      from document d
      left join (select document_id, string_agg(concat_ws(' ', stage, code), ' + ' order by dead_letter_id) as letters
                   from dead_letter where resolution is null group by 1) l using (document_id)`,
} as const;

export async function fingerprint(db: Database): Promise<Fingerprint> {
  const hashes: Record<string, string> = {};
  for (const [part, query] of Object.entries(PARTS)) hashes[part] = await hashRows(db, query);
  return hashes as Fingerprint;
}

/** The rows behind a hash, sorted, for a person who looks for the reason of a difference. */
export function listRows(db: Database, part: keyof typeof PARTS): Promise<string[]> {
  return rowsOf(db, PARTS[part]);
}

async function hashRows(db: Database, query: string): Promise<string> {
  const hash = createHash('sha256');
  for (const text of await rowsOf(db, query)) hash.update(text).update('\n');
  return hash.digest('hex');
}

async function rowsOf(db: Database, query: string): Promise<string[]> {
  const { rows } = await sql<{ text: string }>`select text from (${sql.raw(query)}) r(text) order by text collate "C"`.execute(db.kysely);
  return rows.map((row) => row.text);
}

/** What is not as it must be at rest: the invariants, the chain, tasks and runs that are not at their end, leases that somebody holds. */
export async function listUnrest(db: Database): Promise<string[]> {
  const { rows } = await sql<{ problem: string }>`
    select format('task %s (%s) is due', task_id, stage) as problem from task where state = 'due'
    union all select format('task %s (%s) is held', task_id, stage) from task where lease_token is not null
    union all select format('run %s is running', run_id) from run where state = 'running'
    union all select format('run %s is not balanced', run_id) from run where (summary ->> 'balanced') is distinct from 'true'
    union all select format('document %s is %s', path, state) from document where state in ('received', 'extracted', 'normalized', 'validated')
    union all select format('raw chunks of document %s are left', document_id) from raw_chunk group by document_id
    union all select format('dead letter %s (%s) has a task that is %s', dead_letter_id, l.stage, t.state) from dead_letter l join task t using (task_id)
               where l.resolution is null and t.state <> 'dead'
    union all select format('document %s is dead without a dead letter', path) from document d
               where state = 'dead' and not exists (select from dead_letter l where l.resolution is null and (l.document_id = d.document_id or l.run_id = d.run_id))
    limit 20`.execute(db.kysely);
  const { fault } = await verifyLog(db);
  return [
    ...rows.map((row) => row.problem),
    ...(await listDeepViolations(db)).map(({ invariant, detail }) => `${invariant}: ${detail}`),
    ...(fault ? [`the log is broken at record ${fault.seq}: ${fault.fault}`] : []),
  ];
}
