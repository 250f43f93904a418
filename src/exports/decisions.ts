import { sql, type RawBuilder } from 'kysely';
import type { CandidateAllocation } from '../core/evidence.ts';
import { formatMoney } from '../core/money.ts';
import { streamPages } from '../platform/cursor.ts';
import type { Tx } from '../platform/database.ts';
import type { CsvColumn } from './csv.ts';
import { formatRows, TIMESTAMP } from './stream.ts';

/** An allocation as everybody outside reads it (interchange, section 4). */
interface ExportedAllocation {
  company: string;
  invoice_number: string;
  party_id: string;
  kind: string;
  amount: string;
  settled: { amount: string; currency: string };
  discount: string;
  charges: string;
  withholding: string;
  write_off: string;
}

/** A line of `tieout export decisions`. Ids are strings, `log_seq` is a number. */
export interface ExportedDecision {
  entry_id: string;
  decision_id: string | null;
  run_id: string | null;
  company: string;
  document: string;
  sha256: string;
  account: string;
  statement_id: string | null;
  line: number;
  detail: number | null;
  booking_date: string;
  value_date: string | null;
  amount: string;
  currency: string;
  outcome: 'auto' | 'review' | 'suspense' | 'duplicate' | 'quarantined' | 'pending';
  decided_at: string;
  decided_by: string;
  approved_by: string | null;
  supersedes: string | null;
  reversed_by: string | null;
  duplicate_of: string | null;
  journal_entry_id: string | null;
  log_seq: number | null;
  failed_check: string | null;
  rule: { id: string; version: string } | null;
  reason: string;
  explanation: string;
  score: number | null;
  allocations: ExportedAllocation[];
  ledger_lines: { account: string; amount: string }[];
  residual: string;
  suggestions: { allocations: ExportedAllocation[]; score: number; reasons: string[] }[];
}

type StoredAllocation = Omit<CandidateAllocation, 'invoice_id'> & { write_off?: string; company?: string };

interface DecisionRow {
  redelivered: boolean;
  entry_id: bigint; decision_id: bigint; run_id: bigint | null; company: string; document: string; sha256: string; account: string;
  statement_id: string | null; line: number; detail: number | null; booking_date: string; value_date: string | null; amount: bigint; currency: string;
  outcome: ExportedDecision['outcome'] | 'manual'; decided_at: string; decided_by: string; approved_by: string | null; supersedes: bigint | null;
  reversed_by: bigint | null; duplicate_of: bigint | null; journal_entry_id: bigint | null; log_seq: bigint | null; failed_check: string | null;
  rule_id: string | null; ruleset: string | null; reason: string; explanation: string; score: number | null;
  allocations: StoredAllocation[] | null;
  ledger_lines: { account: string; amount: string }[] | null;
  suggestions: { allocations: StoredAllocation[]; reverses_decision_id?: string | null; score: number; reasons: string[] }[] | null;
}

/** More suggestions than this nobody reads. */
const MAX_SUGGESTIONS = 5;

/**
 * The decisions as text. Without a run: the standing decision of every entry of every distinct document that was decided after log record
 * `since`. With one: the entries of the documents that it delivered, as its batch decided them; those of a document that had been at rest
 * before are `duplicate`, as in the run's summary. In the order of documents and entries.
 */
export function exportDecisions(tx: Tx, { run_id, since, format }: { run_id: bigint | null; since: bigint; format: 'jsonl' | 'csv' }): AsyncGenerator<string> {
  return formatRows(pages(), format, CSV_COLUMNS);

  async function* pages(): AsyncGenerator<ExportedDecision[]> {
    const query = run_id === null ? standingDecisions(since) : decisionsOfRun(run_id, since);
    for await (const page of streamPages(tx, query)) {
      const returned = await loadReturned(tx, page);
      yield page.map((row) => exportDecision(row, returned));
    }
  }
}

const COLUMNS = sql`
  e.entry_id, d.decision_id, d.run_id, d.company, encode(c.sha256, 'hex') as sha256, a.account, s.bank_statement_id as statement_id, e.line, e.detail,
  e.booking_date, e.value_date, e.amount, e.currency, d.outcome, to_char(d.decided_at at time zone 'utc', ${TIMESTAMP}) as decided_at, d.decided_by,
  d.approved_by, d.supersedes, coalesce(r.journal_entry_id, returned.journal_entry_id) as reversed_by, d.duplicate_of,
  coalesce(j.journal_entry_id, undone.journal_entry_id) as journal_entry_id, d.log_seq, d.failed_check, d.rule_id, d.ruleset,
  d.reason, d.explanation, d.score, d.ledger_lines, d.suggestions,
  (select json_agg(json_build_object('company', i.company, 'invoice_number', i.invoice_number, 'party_id', i.party_id, 'kind', i.kind,
            'currency', l.settled_currency, 'amount', l.amount::text, 'settled', l.settled::text, 'discount', l.discount::text, 'charges', l.charges::text,
            'withholding', l.withholding::text, 'write_off', l.write_off::text) order by l.n)
     from allocation l join invoice i using (invoice_id) where l.decision_id = d.decision_id) as allocations`;
/**
 * What the decision posted (an undo of a person's decision posts only the reversal of what that had posted), and what took it back: an undo, or
 * a return.
 */
const POSTING = sql`
  left join journal_entry j on j.decision_id = d.decision_id and j.reverses is null
  left join journal_entry r on r.reverses = j.journal_entry_id
  left join (decision back join journal_entry returned on returned.decision_id = back.decision_id and returned.reverses is null)
    on back.returns = d.decision_id and back.superseded_by is null
  left join (journal_entry before join journal_entry undone on undone.reverses = before.journal_entry_id)
    on before.decision_id = d.supersedes and before.reverses is null`;

function standingDecisions(since: bigint): RawBuilder<DecisionRow> {
  return sql`
    select false as redelivered, c.path as document, ${COLUMNS}
      from decision d join entry e using (entry_id) join statement s using (statement_id) join document c on c.document_id = e.document_id
      join account a on a.account_id = e.account_id ${POSTING}
     where d.superseded_by is null and coalesce(d.log_seq, 1) > ${since}
     order by e.document_id, e.entry_id`;
}

function decisionsOfRun(run_id: bigint, since: bigint): RawBuilder<DecisionRow> {
  return sql`
    select v.is_duplicate as redelivered, v.path as document, ${COLUMNS}
      from delivery v join document c using (document_id) join statement s using (document_id) join entry e using (statement_id)
      join account a on a.account_id = e.account_id
      join decision d on d.entry_id = e.entry_id and case when v.is_duplicate then d.superseded_by is null else d.run_id = c.run_id end ${POSTING}
     where v.run_id = ${run_id} and coalesce(d.log_seq, 1) > ${since}
       and (v.is_duplicate or not exists (select from decision later where later.decision_id = d.superseded_by and later.run_id = c.run_id))
     order by v.n, e.entry_id`;
}

/** By decision that a suggestion of these would give back: what would be taken back of its invoices. */
async function loadReturned(tx: Tx, page: readonly DecisionRow[]): Promise<ReadonlyMap<string, StoredAllocation[]>> {
  const ids = page.flatMap(({ suggestions }) => (suggestions ?? []).flatMap(({ reverses_decision_id }) => reverses_decision_id ?? []));
  if (ids.length === 0) return new Map();
  const { rows } = await sql<StoredAllocation & { decision_id: bigint }>`
    select l.decision_id, i.company, i.invoice_number, i.party_id, i.kind, l.settled_currency as currency, (-l.amount)::text as amount, (-l.settled)::text as settled,
           (-l.discount)::text as discount, (-l.charges)::text as charges, (-l.withholding)::text as withholding, (-l.write_off)::text as write_off
      from allocation l join invoice i using (invoice_id) where l.decision_id = any(${ids}::bigint[]) order by l.decision_id, l.n`.execute(tx.kysely);
  return Map.groupBy(rows, (row) => String(row.decision_id));
}

function exportDecision(row: DecisionRow, returned: ReadonlyMap<string, StoredAllocation[]>): ExportedDecision {
  const { amount, currency } = row;
  const place = {
    entry_id: String(row.entry_id), company: row.company, document: row.document, sha256: row.sha256, account: row.account, statement_id: row.statement_id,
    line: row.line, detail: row.detail, booking_date: row.booking_date, value_date: row.value_date, amount: formatMoney(amount, currency), currency,
  };
  const nothing = { allocations: [], ledger_lines: [], residual: formatMoney(amount, currency), suggestions: [] };
  if (row.redelivered) {
    return {
      ...place, decision_id: null, run_id: null, outcome: 'duplicate', decided_at: row.decided_at, decided_by: 'rule', approved_by: null, supersedes: null,
      reversed_by: null, duplicate_of: place.entry_id, journal_entry_id: null, log_seq: null, failed_check: null, rule: null, reason: 'document_delivered_before',
      explanation: 'The same document had been delivered before.', score: null, ...nothing,
    };
  }
  const allocations = row.allocations ?? [];
  const ledger_lines = row.ledger_lines ?? [];
  const residual = [...allocations, ...ledger_lines].reduce((rest, part) => rest - BigInt(part.amount), amount);
  return {
    ...place,
    decision_id: String(row.decision_id),
    run_id: text(row.run_id),
    // A person's decision was made in the queue; `decided_by` says whose it is. It is no automatic one, and never exported as such.
    outcome: row.outcome === 'manual' ? 'review' : row.outcome,
    decided_at: row.decided_at,
    decided_by: row.decided_by,
    approved_by: row.approved_by,
    supersedes: text(row.supersedes),
    reversed_by: text(row.reversed_by),
    duplicate_of: text(row.duplicate_of),
    journal_entry_id: text(row.journal_entry_id),
    log_seq: row.log_seq === null ? null : Number(row.log_seq),
    failed_check: row.failed_check,
    rule: row.rule_id === null ? null : { id: row.rule_id, version: row.ruleset! },
    reason: row.reason,
    explanation: row.explanation,
    score: row.score,
    allocations: allocations.map((part) => exportAllocation(part, row)),
    ledger_lines: ledger_lines.map((line) => ({ account: line.account, amount: formatMoney(BigInt(line.amount), currency) })),
    residual: formatMoney(residual, currency),
    suggestions: (row.suggestions ?? []).slice(0, MAX_SUGGESTIONS).map((suggestion) => ({
      allocations: (returned.get(suggestion.reverses_decision_id ?? '') ?? suggestion.allocations).map((part) => exportAllocation(part, row)),
      score: suggestion.score / 1000, reasons: suggestion.reasons,
    })),
  };
}

/** What goes to the invoice in the entry's currency, what that and the differences settle in the invoice's own. */
function exportAllocation(part: StoredAllocation, { company, currency }: DecisionRow): ExportedAllocation {
  const own = (minor: string): string => formatMoney(BigInt(minor), part.currency);
  return {
    company: part.company ?? company, invoice_number: part.invoice_number, party_id: part.party_id, kind: part.kind,
    amount: formatMoney(BigInt(part.amount), currency), settled: { amount: own(part.settled), currency: part.currency },
    discount: own(part.discount), charges: own(part.charges), withholding: own(part.withholding), write_off: own(part.write_off ?? '0'),
  };
}

function text(id: bigint | null): string | null {
  return id === null ? null : String(id);
}

/** Nested values are JSON in one cell. */
const CSV_COLUMNS: readonly CsvColumn<ExportedDecision>[] = [
  ...(['entry_id', 'decision_id', 'run_id'] as const).map(plain),
  ...(['company', 'document'] as const).map(said),
  plain('sha256'),
  ...(['account', 'statement_id'] as const).map(said),
  ...(['line', 'detail', 'booking_date', 'value_date', 'amount', 'currency', 'outcome', 'decided_at'] as const).map(plain),
  ...(['decided_by', 'approved_by'] as const).map(said),
  ...(['supersedes', 'reversed_by', 'duplicate_of', 'journal_entry_id', 'log_seq'] as const).map(plain),
  said('failed_check'),
  { name: 'rule_id', kind: 'text', value: (row) => row.rule?.id ?? null },
  { name: 'rule_version', kind: 'text', value: (row) => row.rule?.version ?? null },
  ...(['reason', 'explanation'] as const).map(said),
  plain('score'),
  nested('allocations'),
  nested('ledger_lines'),
  plain('residual'),
  nested('suggestions'),
];

type Scalar = { [Name in keyof ExportedDecision]: ExportedDecision[Name] extends string | number | null ? Name : never }[keyof ExportedDecision];

function plain(name: Scalar): CsvColumn<ExportedDecision> {
  return { name, kind: 'plain', value: (row) => row[name] };
}

function said(name: Scalar): CsvColumn<ExportedDecision> {
  return { name, kind: 'text', value: (row) => row[name] };
}

function nested(name: 'allocations' | 'ledger_lines' | 'suggestions'): CsvColumn<ExportedDecision> {
  return { name, kind: 'text', value: (row) => JSON.stringify(row[name]) };
}
