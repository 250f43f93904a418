import { sql } from 'kysely';
import { counted } from '../core/counted.ts';
import type { Candidate, CandidateAllocation, Evidence } from '../core/evidence.ts';
import { Failure } from '../core/failure.ts';
import { formatMoney } from '../core/money.ts';
import type { Database } from '../platform/database.ts';
import { seenBy, type Person } from '../review/person.ts';
import { explainDecision, type DecisionExplanation, type Mode } from '../stages/reconcile/decide.ts';
import { parseRuleset, type Ruleset } from '../stages/reconcile/rules.ts';
import { loadApprovals } from './approvals.ts';
import type { CommentView, InvoicePart, LogRow, Story, StoryStep } from './schemas.ts';

/** A decision's whole story: what the log has kept of an entry, recomputed from the facts and rules of its time. */

export interface LogRecordRow { seq: bigint; at: string; actor: string; action: string; decision_id: bigint | null; payload: string; hash: string; content: string | null; ruleset: string | null }

/** Every record about an entry, in their order; what was decided of a whole statement is one record for all of its entries. */
export async function loadRecords(db: Pick<Database, 'kysely'>, entry_id: bigint): Promise<LogRecordRow[]> {
  const { rows } = await sql<LogRecordRow>`
    select l.seq, l.at, l.actor, l.action, l.decision_id, l.payload, encode(l.hash, 'hex') as hash, r.content, r.version as ruleset
      from log_record l left join ruleset r on l.action = 'decide' and r.version = l.payload::jsonb ->> 'ruleset'
     where l.seq in (select log_seq from decision where entry_id = ${entry_id} union select log_seq from review_comment where entry_id = ${entry_id})
     order by l.seq`.execute(db.kysely);
  return rows;
}

interface DecidePayload { evidence: Evidence; mode: Mode; rule_modes: Record<string, Mode>; ruleset?: string; outcome: string; reason: string }

export interface Explained {
  evidence: Evidence;
  explanation: DecisionExplanation | null;
  candidates: { candidate: Candidate; against: { code: string; text: string }[] }[];
}

const rulesets = new Map<string, Ruleset>();
// A night has one version; who reads old stories has a few more.
const KEPT_RULESETS = 20;

/** The ruleset of that content, compiled once. */
export function rulesetOf(version: string, content: string): Ruleset {
  const known = rulesets.get(version);
  if (known) return known;
  if (rulesets.size >= KEPT_RULESETS) rulesets.delete(rulesets.keys().next().value!);
  const ruleset = parseRuleset(content);
  rulesets.set(version, ruleset);
  return ruleset;
}

/** What a decision of the rules saw, and what spoke against each of its candidates. */
export function explainRecord({ payload, content, ruleset }: Pick<LogRecordRow, 'payload' | 'content' | 'ruleset'>): Explained | null {
  const { evidence, mode, rule_modes } = JSON.parse(payload) as Partial<DecidePayload>;
  if (evidence === undefined) return null;
  const rules = content === null ? null : rulesetOf(ruleset!, content);
  const explanation = rules && explainDecision(evidence, rules, { company: mode!, rules: rule_modes ?? {} });
  return {
    evidence, explanation,
    candidates: evidence.candidates.map((candidate, i) => ({ candidate, against: explanation && rules ? againstOf(explanation.candidates[i]!, rules) : [] })),
  };
}

const FACTS_AGAINST: readonly { code: string; text: string; holds(facts: Candidate['facts']): boolean }[] = [
  { code: 'payer_contradicts', text: 'The payer is known as somebody else.', holds: (facts) => facts.payer === 'contradicts' },
  { code: 'payer_unknown', text: 'Nobody knows the payer.', holds: (facts) => facts.payer === 'unknown' && facts.kind === 'invoices' },
  { code: 'not_named', text: 'The payment names none of these invoices.', holds: (facts) => facts.named_by === 'none' && facts.kind === 'invoices' },
  { code: 'names_more', text: 'The payment names other invoices as well.', holds: (facts) => facts.named_by !== 'none' && !facts.all_named },
  { code: 'amount_differs', text: 'The amount does not fit.', holds: (facts) => facts.amount === 'none' || facts.amount === 'short' || facts.amount === 'over' },
  { code: 'exchange_contradicts', text: 'The amount does not follow from the exchange that the bank shows.', holds: (facts) => facts.exchange === 'contradicts' },
  { code: 'discount_late', text: 'The discount was taken too late.', holds: (facts) => facts.amount === 'discount_late' },
  { code: 'not_unique', text: 'Another combination has the same amount.', holds: (facts) => !facts.unique && facts.kind === 'invoices' },
  { code: 'status', text: 'An invoice of it is not open as it should be.', holds: (facts) => facts.status !== 'open' },
  { code: 'contradictory', text: 'The master data behind it contradicts itself.', holds: (facts) => facts.contradictory },
];

// The rule that came nearest says most; a screen full of the others says nothing.
const NEAREST_RULES = 2;

function againstOf({ candidate, gate, rules }: DecisionExplanation['candidates'][number], ruleset: Ruleset): { code: string; text: string }[] {
  const against = FACTS_AGAINST.filter(({ holds }) => holds(candidate.facts)).map(({ code, text }) => ({ code, text }));
  if (gate !== null) against.unshift({ code: gate, text: `Never automatic: ${gate.replaceAll('_', ' ')}.` });
  // The first rule that holds decides: behind an automatic one the others do not matter.
  const first = rules.find((rule) => rule.matched);
  if (first !== undefined && first.outcome !== 'review') return against;
  if (first !== undefined) against.push({ code: first.id, text: ruleset.rules.find((rule) => rule.id === first.id)!.sentence });
  const near = rules.filter((rule) => rule.applies && !rule.matched && rule.outcome !== 'review')
    .map((rule) => ({ id: rule.id, failing: rule.clauses.filter((clause) => !clause.holds) })).sort((a, b) => a.failing.length - b.failing.length);
  for (const { id, failing } of near.slice(0, NEAREST_RULES)) {
    against.push({ code: `rule:${id}`, text: `${id} does not hold: ${failing.map(({ source, values }) => `${source} (${Object.entries(values).map(([path, value]) => `${path} = ${value}`).join(', ')})`).join('; ')}` });
  }
  return against;
}

/** A log record in one line, without its evidence. */
export function summariseRecord(action: string, payload: string): string {
  const said = JSON.parse(payload) as Record<string, unknown>;
  const text = (name: string): string | null => (typeof said[name] === 'string' && said[name] !== '' ? said[name] : null);
  switch (action) {
    case 'decide': return [text('outcome'), text('reason')?.replaceAll('_', ' ')].filter(Boolean).join(': ');
    case 'accept': case 'assign': {
      const parts = Array.isArray(said['allocations']) ? counted(said['allocations'].length, 'invoice') : '';
      return [said['suggestion'] === undefined ? null : `suggestion ${String(said['suggestion'])}`, parts, text('approved_by') && `approved by ${text('approved_by')}`, text('comment')].filter(Boolean).join(', ');
    }
    case 'comment': case 'question': return text('text') ?? '';
    default: return [text('reason'), text('comment'), text('kind'), text('mode'), text('value')].filter(Boolean).join(', ');
  }
}

export function logEntryOf({ seq, at, actor, action, payload }: Pick<LogRecordRow, 'seq' | 'at' | 'actor' | 'action' | 'payload'>): Pick<LogRow, 'seq' | 'at' | 'actor' | 'action' | 'summary'> {
  return { seq: String(seq), at, actor, action, summary: summariseRecord(action, payload) };
}

export async function commentsOf(db: Pick<Database, 'kysely'>, entry_id: bigint): Promise<CommentView[]> {
  const rows = await db.kysely.selectFrom('review_comment').select(['comment_id', 'author', 'at', 'kind', 'asked', 'text']).where('entry_id', '=', entry_id).orderBy('comment_id').execute();
  return rows.map((row) => ({ ...row, comment_id: String(row.comment_id) }));
}

type DecisionRow = Pick<StoryStep, 'outcome' | 'decided_at' | 'decided_by' | 'approved_by' | 'rule_id' | 'ruleset' | 'reason' | 'explanation' | 'score'> & {
  decision_id: bigint; log_seq: bigint | null; supersedes: bigint | null; superseded_by: bigint | null; ledger_lines: { account: string; amount: string }[] | null;
  allocations: Parameters<typeof invoicePartOf>[0][] | null; journal: (Omit<StoryStep['journal'][number], 'lines'> & { lines: { account: string; party_id: string | null; invoice_number: string | null; amount: string; currency: string }[] })[] | null;
};

/** Throws not_found, also for people of another company. */
export async function loadStory(db: Database, person: Person, entry_id: bigint): Promise<Story> {
  const { rows: [entry] } = await sql<{ company: string; booking_date: string; amount: bigint; currency: string; counterparty_name: string | null; remittance: string | null; document: string }>`
    select s.company, e.booking_date, e.amount, e.currency, e.counterparty_name, e.remittance, c.path as document from entry e join statement s using (statement_id) join document c on c.document_id = e.document_id
     where e.entry_id = ${entry_id} and ${seenBy(person, 's.company')}`.execute(db.kysely);
  if (!entry) throw new Failure('not_found', `there is no entry ${entry_id}`);
  const { rows } = await sql<DecisionRow>`
    select d.decision_id, d.outcome, d.decided_at, d.decided_by, d.approved_by, d.rule_id, d.ruleset, d.reason, d.explanation, d.score, d.log_seq, d.supersedes, d.superseded_by, d.ledger_lines,
      (select json_agg(json_build_object('invoice_id', a.invoice_id::text, 'invoice_number', i.invoice_number, 'party_id', i.party_id, 'kind', i.kind, 'currency', i.currency, 'amount', a.amount::text,
                'settled', a.settled::text, 'discount', a.discount::text, 'charges', a.charges::text, 'withholding', a.withholding::text, 'write_off', a.write_off::text) order by a.n)
         from allocation a join invoice i using (invoice_id) where a.decision_id = d.decision_id) as allocations,
      (select json_agg(json_build_object('journal_entry_id', j.journal_entry_id::text, 'kind', j.kind, 'posting_date', j.posting_date, 'booking_date', j.booking_date, 'reverses', j.reverses::text,
                'reversed_by', (select b.journal_entry_id::text from journal_entry b where b.reverses = j.journal_entry_id),
                'lines', (select json_agg(json_build_object('account', l.account, 'party_id', l.party_id, 'invoice_number', i.invoice_number, 'amount', l.amount::text, 'currency', l.currency) order by l.n)
                            from journal_line l left join invoice i using (invoice_id) where l.journal_entry_id = j.journal_entry_id)) order by j.journal_entry_id)
         from journal_entry j where j.journal_entry_id in (select o.journal_entry_id from journal_entry o where o.decision_id = d.decision_id and o.reverses is null
                union all select b.journal_entry_id from journal_entry o join journal_entry b on b.reverses = o.journal_entry_id where o.decision_id = d.decision_id and o.reverses is null)) as journal
      from decision d where d.entry_id = ${entry_id} order by d.decision_id`.execute(db.kysely);
  const records = await loadRecords(db, entry_id);
  return {
    entry_id: String(entry_id), ...entry, amount: formatMoney(entry.amount, entry.currency),
    steps: rows.map((row) => stepOf(row, entry.currency, records.find((record) => record.action === 'decide' && record.seq === row.log_seq))),
    log: records.map((record) => ({ ...logEntryOf(record), hash: record.hash })),
    approvals: await loadApprovals(db, person, sql`p.entry_id = ${entry_id} or p.kind in ('bulk_accept', 'bulk_undo') and p.state = 'approved' and exists
      (select from decision d where d.entry_id = ${entry_id} and d.approved_by = p.decided_by and d.decided_by = p.requested_by and d.decided_at = p.decided_at)`),
    comments: await commentsOf(db, entry_id),
  };
}

function stepOf(row: DecisionRow, currency: string, record: LogRecordRow | undefined): StoryStep {
  const explained = record ? explainRecord(record) : null;
  const money = (minor: string, of = currency): string => formatMoney(BigInt(minor), of);
  const { allocations, journal, ledger_lines, ...rest } = row;
  return {
    ...rest, decision_id: String(row.decision_id), log_seq: textOf(row.log_seq), supersedes: textOf(row.supersedes), superseded_by: textOf(row.superseded_by),
    invoices: (allocations ?? []).map((part) => invoicePartOf(part, currency)), ledger_lines: (ledger_lines ?? []).map((line) => ({ account: line.account, amount: money(line.amount) })),
    journal: (journal ?? []).map((one) => ({ ...one, lines: one.lines.map((line) => ({ ...line, amount: money(line.amount, line.currency) })) })),
    rule_text: record?.content && row.rule_id !== null ? ruleText(record.content, row.rule_id) : null, facts: explained ? { ...explained.evidence.facts } : null, refused: explained?.evidence.refused ?? [],
    candidates: (explained?.explanation?.candidates ?? []).map(({ candidate, gate, rules }) => ({
      what: candidate.allocations.map((part) => part.invoice_number).join(', ') || candidate.ledger_account || candidate.facts.kind, facts: { ...candidate.facts }, gate,
      rules: rules.filter((rule) => rule.applies).map((rule) => {
        const failing = rule.clauses.find((clause) => !clause.holds);
        return { rule_id: rule.id, outcome: rule.outcome, matched: rule.matched, failing: failing?.source ?? null, values: failing?.values ?? {} };
      }),
    })),
  };
}

/** The rule as finance wrote it at that version: its lines of the rules file. */
function ruleText(content: string, rule_id: string): string | null {
  for (const { text } of JSON.parse(content) as { text: string }[]) {
    const lines = text.split('\n');
    const from = lines.findIndex((line) => new RegExp(`^\\s*- id: ${rule_id}\\s*$`).test(line));
    if (from < 0) continue;
    const rest = lines.slice(from + 1);
    const length = rest.findIndex((line) => /^\s*- id: /.test(line));
    return lines.slice(from, length < 0 ? undefined : from + 1 + length).join('\n').trimEnd();
  }
  return null;
}

function textOf(id: bigint | null): string | null {
  return id === null ? null : String(id);
}

/** What a decision, or a suggestion, settles of one invoice; `currency`: the entry's. */
export function invoicePartOf(part: CandidateAllocation & { write_off?: string }, currency: string): InvoicePart {
  const own = (minor: string): string => formatMoney(BigInt(minor), part.currency);
  return {
    invoice_id: part.invoice_id, invoice_number: part.invoice_number, party_id: part.party_id, kind: part.kind, currency: part.currency, amount: formatMoney(BigInt(part.amount), currency),
    settled: own(part.settled), discount: own(part.discount), charges: own(part.charges), withholding: own(part.withholding), write_off: own(part.write_off ?? '0'),
  };
}
