import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { verifyLog } from '../../src/ledger/verify-log.ts';
import { listDeepViolations } from '../../src/ledger/invariants.ts';
import type { Database } from '../../src/platform/database.ts';

/**
 * The books by content: each row as text without times, generated ids and places in a document, and over the sorted rows one hash. Equal
 * hashes mean equal multisets of journal entries, decisions, statements, open items and documents.
 */

/** Per part of the books its rows as text, sorted. */
export type Books = Readonly<Record<keyof typeof PARTS, readonly string[]>>;
/** Per part one hash over its rows, so that a difference says where it is. */
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

export async function loadBooks(db: Database): Promise<Books> {
  const parts: [string, string[]][] = [];
  for (const [part, query] of Object.entries(PARTS)) parts.push([part, await rowsOf(db, query)]);
  return Object.fromEntries(parts) as unknown as Books;
}

export async function fingerprint(db: Database): Promise<Fingerprint> {
  const hashes = Object.entries(await loadBooks(db)).map(([part, rows]) => [part, createHash('sha256').update(rows.join('\n')).digest('hex')]);
  return Object.fromEntries(hashes) as Fingerprint;
}

/** What books have that others have not, and what they lack, some of it for a person to look at; nothing when they are equal as multisets. */
export function compareBooks(found: Books, expected: Books): string[] {
  return (Object.keys(expected) as (keyof Books)[]).flatMap((part) => {
    const more = without(found[part], expected[part]);
    const less = without(expected[part], found[part]);
    if (more.length + less.length === 0) return [];
    return [`the ${part} are not those of a night without faults: ${more.length} rows too many, ${less.length} missing`,
      ...more.slice(0, SHOWN).map((row) => `  + ${row}`), ...less.slice(0, SHOWN).map((row) => `  - ${row}`)];
  });
}
const SHOWN = 3;

/** The first multiset less the second. */
export function without(some: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const one of others) left.set(one, (left.get(one) ?? 0) + 1);
  return some.filter((one) => {
    const count = left.get(one) ?? 0;
    left.set(one, count - 1);
    return count <= 0;
  });
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
