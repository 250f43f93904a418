import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { sql } from 'kysely';
import { z } from 'zod';
import { formatMoney } from '../core/money.ts';
import type { Database } from '../platform/database.ts';
import { formatTable } from './session.ts';

/** What must become of each document and entry of a sample: `expected.json`. Amounts are decimal strings of the entry's currency. */
const DOCUMENT = z.strictObject({
  /** The file's name, without its folder. */
  document: z.string(),
  state: z.enum(['reconciled', 'duplicate', 'quarantined', 'dead']),
  /** The check that failed, or the failure's code. */
  reason: z.string().nullable(),
});
const AMOUNT = z.string();
const ENTRY = z.strictObject({
  document: z.string(),
  line: z.int(),
  detail: z.int().nullable(),
  amount: AMOUNT,
  currency: z.string(),
  /** What the entry shows, in a few words; entries of one case share it. */
  case: z.string(),
  outcome: z.enum(['auto', 'review', 'suspense', 'duplicate', 'quarantined', 'pending']),
  reason: z.string(),
  allocations: z.array(z.strictObject({
    invoice_number: z.string(), amount: AMOUNT, discount: AMOUNT.optional(), charges: AMOUNT.optional(), withholding: AMOUNT.optional(),
  })),
  ledger_account: z.string().nullable(),
});
const EXPECTED = z.strictObject({ documents: z.array(DOCUMENT), entries: z.array(ENTRY) });

export type ExpectedDocument = z.infer<typeof DOCUMENT>;
export type ExpectedEntry = z.infer<typeof ENTRY>;
export type ExpectedOutcomes = z.infer<typeof EXPECTED>;

export async function readExpected(path: string): Promise<ExpectedOutcomes> {
  return EXPECTED.parse(JSON.parse(await readFile(path, 'utf8')));
}

/** One document or entry that is not as stated, or is not stated at all. */
export interface Difference {
  readonly place: string;
  readonly case: string;
  readonly expected: string;
  readonly found: string;
  /** Something was posted without a person that should not have been, or to the wrong place: the worst there is. */
  readonly wrongly_posted: boolean;
}

export interface Comparison {
  readonly documents: number;
  readonly entries: number;
  /** How many entries of each case there are, and how many are as stated; in the order in which they are stated. */
  readonly cases: readonly { case: string; outcome: string; entries: number; as_stated: number }[];
  readonly differences: readonly Difference[];
}

/**
 * Compares what a run has made of a sample's documents with what is stated. A document that an earlier run has finished is a duplicate in
 * this one, with every entry, whatever was stated for the first time; one that is dead is tried again.
 */
export async function compareRun(db: Database, run_id: string, expected: ExpectedOutcomes): Promise<Comparison> {
  const deliveries = await loadDeliveries(db, run_id);
  const found = new Map((await loadEntries(db, run_id)).map((entry) => [placeOf(entry), entry]));
  const repeated = new Set(deliveries.filter((delivery) => delivery.repeated).map((delivery) => delivery.document));
  const differences: Difference[] = [];

  const states = new Map(deliveries.map((delivery) => [delivery.document, delivery]));
  for (const stated of expected.documents) {
    const document = states.get(stated.document);
    const wanted = repeated.has(stated.document) ? 'duplicate' : describeState(stated);
    const is = document === undefined ? 'not there' : describeState(document);
    if (wanted !== is) differences.push({ place: stated.document, case: 'the document as a whole', expected: wanted, found: is, wrongly_posted: false });
  }

  const cases = new Map<string, { case: string; outcome: string; entries: number; as_stated: number }>();
  for (const stated of expected.entries) {
    const place = placeOf(stated);
    const entry = found.get(place);
    found.delete(place);
    const wanted: Posting = repeated.has(stated.document) ? { ...stated, outcome: 'duplicate', reason: 'already_on_the_books', allocations: [], ledger_account: null } : stated;
    const is = entry === undefined ? 'not there' : describe(entry);
    const tally = cases.getOrInsert(`${stated.case} ${wanted.outcome}`, { case: stated.case, outcome: wanted.outcome, entries: 0, as_stated: 0 });
    tally.entries++;
    if (is === describe(wanted)) tally.as_stated++;
    else differences.push({ place, case: stated.case, expected: describe(wanted), found: is, wrongly_posted: entry?.outcome === 'auto' && describePosting(entry) !== describePosting(wanted) });
  }
  for (const [place, entry] of found) {
    differences.push({ place, case: 'stated nowhere', expected: 'nothing', found: describe(entry), wrongly_posted: entry.outcome === 'auto' });
  }
  return { documents: expected.documents.length, entries: expected.entries.length, cases: [...cases.values()], differences };
}

/** What is not as stated, for a person; empty when all is. */
export function formatDifferences({ differences }: Comparison): string {
  return differences.map(({ place, case: name, expected, found, wrongly_posted }) => (
    `  ${wrongly_posted ? 'WRONGLY POSTED: ' : ''}${place} (${name})\n    stated: ${expected}\n    found:  ${found}\n`)).join('');
}

/** The cases with how many of their entries are as stated. */
export function formatCases({ cases }: Comparison): string {
  return `${formatTable([
    ['CASE', 'OUTCOME', 'ENTRIES', 'AS STATED'],
    ...cases.map((one) => [one.case, one.outcome, String(one.entries), one.as_stated === one.entries ? 'all' : `${one.as_stated} WRONG: ${one.entries - one.as_stated}`]),
  ], [2])}\n`;
}

/** What an entry came to, as far as it is compared. */
type Posting = Pick<ExpectedEntry, 'outcome' | 'reason' | 'allocations' | 'ledger_account'> & { amount: string; currency: string };
interface FoundEntry extends Posting {
  readonly document: string;
  readonly line: number;
  readonly detail: number | null;
}

function placeOf({ document, line, detail }: Pick<ExpectedEntry, 'document' | 'line' | 'detail'>): string {
  return `${document} line ${line}${detail === null ? '' : ` detail ${detail}`}`;
}

function describeState({ state, reason }: { state: string; reason: string | null }): string {
  return reason === null ? state : `${state} (${reason})`;
}

function describe(posting: Posting): string {
  return `${posting.amount} ${posting.currency} ${posting.outcome} (${posting.reason})${describePosting(posting)}`;
}

function describePosting({ allocations, ledger_account }: Posting): string {
  const parts = allocations.map(({ invoice_number, amount, discount, charges, withholding }) => {
    const rest = Object.entries({ discount, charges, withholding }).flatMap(([name, part]) => (part === undefined ? [] : [` + ${name} ${part}`]));
    return `${invoice_number} ${amount}${rest.join('')}`;
  }).toSorted();
  if (ledger_account !== null) parts.push(ledger_account);
  return parts.length === 0 ? '' : ` → ${parts.join(', ')}`;
}

interface Delivery {
  readonly document: string;
  readonly state: string;
  readonly reason: string | null;
  /** An earlier run has finished it. */
  readonly repeated: boolean;
}

async function loadDeliveries(db: Database, run_id: string): Promise<Delivery[]> {
  const { rows } = await sql<{ path: string; state: string; is_duplicate: boolean; repeated: boolean; failed_check: string | null; code: string | null }>`
    select v.path, d.state, v.is_duplicate, v.is_duplicate and d.run_id <> ${run_id} as repeated, d.failed_check,
           (select code from dead_letter l where l.document_id = d.document_id order by died_at desc limit 1) as code
      from delivery v join document d using (document_id)
     where v.run_id = ${run_id} order by v.n`.execute(db.kysely);
  return rows.map(({ path, state, is_duplicate, repeated, failed_check, code }) => ({
    document: basename(path), repeated, state: is_duplicate ? 'duplicate' : state,
    reason: is_duplicate ? null : state === 'quarantined' ? failed_check : state === 'dead' ? code : null,
  }));
}

/** As the batch of their document decided them: a later run may have found a better reason for what waits. */
async function loadEntries(db: Database, run_id: string): Promise<FoundEntry[]> {
  const { rows } = await sql<{
    path: string; is_duplicate: boolean; line: number; detail: number | null; amount: bigint; currency: string; outcome: ExpectedEntry['outcome']; reason: string;
    ledger_lines: { account: string }[] | null;
    allocations: { invoice_number: string; currency: string; amount: string; discount: string; charges: string; withholding: string }[];
  }>`
    select v.path, v.is_duplicate, e.line, e.detail, e.amount, e.currency, c.outcome, c.reason, c.ledger_lines,
           coalesce((select json_agg(json_build_object('invoice_number', i.invoice_number, 'currency', i.currency, 'amount', a.amount::text,
             'discount', a.discount::text, 'charges', a.charges::text, 'withholding', a.withholding::text) order by a.n)
             from allocation a join invoice i using (invoice_id) where a.decision_id = c.decision_id), '[]') as allocations
      from delivery v join document d using (document_id) join statement s using (document_id) join entry e using (statement_id)
      join decision c on c.entry_id = e.entry_id and c.run_id = d.run_id
        and not exists (select from decision later where later.decision_id = c.superseded_by and later.run_id = d.run_id)
     where v.run_id = ${run_id} and e.is_leaf
     order by v.n, e.entry_id`.execute(db.kysely);
  return rows.map(({ path, is_duplicate, ledger_lines, allocations, ...row }): FoundEntry => {
    const place = { document: basename(path), line: row.line, detail: row.detail, amount: formatMoney(row.amount, row.currency), currency: row.currency };
    if (is_duplicate) return { ...place, outcome: 'duplicate', reason: 'already_on_the_books', allocations: [], ledger_account: null };
    return {
      ...place, outcome: row.outcome, reason: row.reason, ledger_account: ledger_lines?.[0]?.account ?? null,
      allocations: allocations.map(({ invoice_number, currency, amount, ...rest }) => ({
        invoice_number, amount: formatMoney(BigInt(amount), currency),
        ...Object.fromEntries(Object.entries(rest).filter(([, part]) => part !== '0').map(([name, part]) => [name, formatMoney(BigInt(part), currency)])),
      })),
    };
  });
}
