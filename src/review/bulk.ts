import { sql } from 'kysely';
import { counted } from '../core/counted.ts';
import { Failure } from '../core/failure.ts';
import { formatMoney } from '../core/money.ts';
import type { Tx } from '../platform/database.ts';
import { acceptBest, lockCompany, takeBack, type Act } from './acts.ts';
import { digestOf, requestApproval, type CurrencySum } from './approvals.ts';
import { loadReviewItems, type ReviewItem } from './items.ts';
import { seenBy, sees, type Person } from './person.ts';

/** Many entries at once: what shares a rule and a reason is accepted, what a run or a rule version has decided is taken back. */

export interface BulkLine { entry_id: bigint; version: number; booking_date: string; counterparty_name: string | null; amount: bigint; currency: string; what: string }
export interface LeftOut { entry_id: bigint; why: string }
export interface BulkPreview {
  /** Of exactly what would be done. */
  digest: string;
  request: Record<string, string | number | null | string[] | { entry_id: string; version: number }[]>;
  sums: CurrencySum[];
  invoices: number;
  lines: BulkLine[];
  blocked: LeftOut[];
}

export interface AcceptSelection { company: string; reason: string; rule_id: string | null }
export type UndoSelection = { run_id: string; company?: string } | { rule_id: string; ruleset: string; company?: string };

// What one transaction does within the time that others of the company may wait; more is the next request.
const BULK_MAX = 20_000;

/** What taking the best suggestion of everything that waits for this reason under this rule comes to, and what stands in the way. */
export async function previewBulkAccept(tx: Tx, person: Person, { company, reason, rule_id }: AcceptSelection): Promise<BulkPreview> {
  if (!sees(person, company)) throw new Failure('not_found', 'there is no such company');
  const { rows } = await sql<{ entry_id: bigint }>`
    select r.entry_id from review_item r join decision d using (decision_id)
     where r.company = ${company} and r.state = 'open' and d.reason = ${reason} and d.rule_id is not distinct from ${rule_id}
     order by r.entry_id limit ${BULK_MAX}`.execute(tx.kysely);
  const { able, blocked } = await sift(tx, await loadReviewItems(tx, rows.map((row) => row.entry_id)), person.user_id);
  const request = { company, reason, rule_id, items: able.map(({ entry_id, version }) => ({ entry_id: String(entry_id), version })) };
  return {
    digest: digestOf(request), request, sums: sumsOf(able), blocked,
    invoices: new Set(able.flatMap((item) => item.suggestions[0]!.allocations.map((part) => part.invoice_id))).size,
    lines: able.map((item) => ({
      entry_id: item.entry_id, version: item.version, booking_date: item.booking_date, counterparty_name: item.counterparty_name, amount: item.amount, currency: item.currency,
      what: item.suggestions[0]!.allocations.map((part) => `${part.invoice_number} ${formatMoney(BigInt(part.amount), item.currency)} ${item.currency}`).join(' + ') || item.suggestions[0]!.ledger_account!,
    })),
  };
}

/** Asks for a second person to accept what the preview with that digest has shown. */
export async function requestBulkAccept(tx: Tx, person: Person, selection: AcceptSelection, digest: string, comment: string | null): Promise<bigint> {
  const preview = await previewBulkAccept(tx, person, selection);
  requireShown(preview, digest);
  return requestApproval(tx, {
    kind: 'bulk_accept', company: selection.company, entry_id: null, request: preview.request, why: 'many entries at once take a second person', sums: preview.sums, comment, requested_by: person.user_id,
    summary: `accept ${counted(preview.lines.length, 'entry', 'entries')} with reason ${selection.reason}${selection.rule_id === null ? '' : `, rule ${selection.rule_id}`}`,
  });
}

/** Accepts what was approved. An item that has changed since is left out: nothing is done that was not shown. */
export async function runBulkAccept(tx: Tx, company: string, asked: readonly { entry_id: string; version: number }[], act: Act): Promise<{ decision_ids: bigint[]; left_out: LeftOut[] }> {
  await lockCompany(tx, company);
  const versions = new Map(asked.map(({ entry_id, version }) => [BigInt(entry_id), version]));
  const items = await loadReviewItems(tx, [...versions.keys()]);
  const unchanged = items.filter((item) => item.state === 'open' && item.version === versions.get(item.entry_id));
  const changed = items.filter((item) => !unchanged.includes(item)).map(({ entry_id, explanation }) => ({ entry_id, why: `it has changed since it was shown: ${explanation}` }));
  const { able, blocked } = await sift(tx, unchanged, act.user);
  return { decision_ids: able.length === 0 ? [] : await acceptBest(tx, company, able, act), left_out: [...changed, ...blocked] };
}

/** Those whose best suggestion can be taken, together with all before them, and why the others cannot. */
async function sift(tx: Tx, items: readonly ReviewItem[], user: string): Promise<{ able: ReviewItem[]; blocked: LeftOut[] }> {
  const wanted = [...new Set(items.flatMap((item) => item.suggestions[0]?.allocations.map((part) => part.invoice_id) ?? []))];
  const { rows } = await sql<{ invoice_id: bigint; open: bigint }>`select o.invoice_id, case when i.status = 'open' then o.open else 0 end as open
    from open_item o join invoice i using (invoice_id) where o.invoice_id = any(${wanted}::bigint[])`.execute(tx.kysely);
  const open = new Map(rows.map((row) => [String(row.invoice_id), row.open]));
  const { rows: waiting } = await sql<{ entry_id: bigint }>`select entry_id from approval where state = 'pending' and entry_id = any(${items.map((item) => String(item.entry_id))}::bigint[])`.execute(tx.kysely);
  const pending = new Set(waiting.map((row) => row.entry_id));
  const able: ReviewItem[] = [];
  const blocked: LeftOut[] = [];
  for (const item of items) {
    const best = item.suggestions[0];
    const why = item.assignee !== null && item.assignee !== user ? `${item.assignee} has claimed it`
      : pending.has(item.entry_id) ? 'it waits for a second person already'
      : !best || (best.allocations.length === 0 && best.ledger_account === null) ? 'it has no suggestion that could be accepted'
      : best.reverses_decision_id !== null ? 'a returned payment is accepted by itself'
      : best.allocations.map((part) => shortOf(part, open)).find((text) => text !== null) ?? null;
    if (why !== null) {
      blocked.push({ entry_id: item.entry_id, why });
      continue;
    }
    for (const part of best!.allocations) open.set(part.invoice_id, open.get(part.invoice_id)! - closes(part));
    able.push(item);
  }
  return { able, blocked };
}

type SuggestedPart = ReviewItem['suggestions'][number]['allocations'][number];

function closes(part: SuggestedPart): bigint {
  return BigInt(part.settled) + BigInt(part.discount) + BigInt(part.charges) + BigInt(part.withholding);
}

function shortOf(part: SuggestedPart, open: ReadonlyMap<string, bigint>): string | null {
  const left = open.get(part.invoice_id) ?? 0n;
  return closes(part) > left ? `invoice ${part.invoice_number} has only ${formatMoney(left, part.currency)} ${part.currency} open${left === 0n ? '' : ', after the entries before it'}` : null;
}

interface UndoRow { decision_id: bigint; entry_id: bigint; company: string; outcome: string; decided_by: string; standing: boolean; returned_by: bigint | null; booking_date: string; amount: bigint; currency: string; counterparty_name: string | null; what: string | null; invoices: bigint[] | null }

/** Everything that undoing a run, or a rule at one version, touches; what people have decided since stands in its way. */
export async function previewBulkUndo(tx: Tx, person: Person, selection: UndoSelection): Promise<BulkPreview> {
  const of = 'run_id' in selection
    ? sql`d.run_id = ${selection.run_id}::bigint and d.entry_id in (select e.entry_id from document c join statement s using (document_id) join entry e using (statement_id)
         where c.run_id = ${selection.run_id}::bigint or c.document_id in (select document_id from delivery where run_id = ${selection.run_id}::bigint))`
    : sql`d.rule_id = ${selection.rule_id} and d.ruleset = ${selection.ruleset}`;
  const { rows } = await sql<UndoRow>`
    select d.decision_id, d.entry_id, d.company, d.outcome, coalesce(later.decided_by, d.decided_by) as decided_by, d.superseded_by is null as standing,
           (select r.entry_id from decision r where r.returns = d.decision_id and r.superseded_by is null) as returned_by,
           e.booking_date, e.amount, e.currency, e.counterparty_name, parts.what, parts.invoices
      from decision d join entry e using (entry_id) left join decision later on later.decision_id = d.superseded_by
      left join lateral (select string_agg(i.invoice_number || ' reopened', ', ' order by a.n) as what, array_agg(a.invoice_id) as invoices
             from allocation a join invoice i using (invoice_id) where a.decision_id = d.decision_id) parts on true
     where ${of} and d.outcome = 'auto' and ${seenBy(person, 'd.company')} and (${selection.company ?? null}::text is null or d.company = ${selection.company ?? null})
     order by d.company, e.booking_date, d.entry_id limit ${BULK_MAX}`.execute(tx.kysely);
  const able = rows.filter((row) => row.standing && row.returned_by === null);
  const request = { ...selection, company: selection.company ?? null, decisions: able.map((row) => String(row.decision_id)) };
  return {
    digest: digestOf(request), request, sums: sumsOf(able), invoices: new Set(able.flatMap((row) => row.invoices ?? [])).size,
    lines: able.map((row) => ({ entry_id: row.entry_id, version: 0, booking_date: row.booking_date, counterparty_name: row.counterparty_name, amount: row.amount, currency: row.currency, what: row.what ?? 'back into the queue' })),
    blocked: rows.filter((row) => !able.includes(row)).map((row) => ({
      entry_id: row.entry_id, why: row.standing ? `the bank has returned it since; undo entry ${row.returned_by} first` : `${row.decided_by} has decided it anew since`,
    })),
  };
}

/** Asks for a second person to take back what the preview with that digest has shown. */
export async function requestBulkUndo(tx: Tx, person: Person, selection: UndoSelection, digest: string, reason: string): Promise<bigint> {
  const preview = await previewBulkUndo(tx, person, selection);
  requireShown(preview, digest);
  const { rows: companies } = await sql<{ company: string }>`select distinct company from decision where decision_id = any(${preview.request['decisions']}::bigint[])`.execute(tx.kysely);
  const what = 'run_id' in selection ? `run ${selection.run_id}` : `rule ${selection.rule_id} at version ${selection.ruleset}`;
  return requestApproval(tx, {
    kind: 'bulk_undo', company: companies.length === 1 ? companies[0]!.company : null, entry_id: null, request: { ...preview.request, reason }, why: 'taking back many decisions takes a second person', sums: preview.sums,
    comment: reason, requested_by: person.user_id, summary: `undo ${counted(preview.lines.length, 'decision')} of ${what}`,
  });
}

/** Takes back what was approved, company by company. A decision that no longer stands, or was returned, is left out. */
export async function runBulkUndo(tx: Tx, decisions: readonly string[], reason: string, act: Act): Promise<{ decision_ids: bigint[]; left_out: LeftOut[] }> {
  const { rows: companies } = await sql<{ company: string }>`select distinct company from decision where decision_id = any(${decisions}::bigint[]) order by 1`.execute(tx.kysely);
  const decision_ids: bigint[] = [];
  const left_out: LeftOut[] = [];
  // All of them before the first is in the log: whoever has the log's tip and waits for a company waits for a batch that waits for the tip.
  for (const { company } of companies) await lockCompany(tx, company);
  for (const { company } of companies) {
    const { rows } = await sql<{ decision_id: bigint; entry_id: bigint; able: boolean }>`
      select d.decision_id, d.entry_id, d.superseded_by is null and not exists (select from decision r where r.returns = d.decision_id and r.superseded_by is null) as able
        from decision d where d.decision_id = any(${decisions}::bigint[]) and d.company = ${company} order by d.decision_id`.execute(tx.kysely);
    left_out.push(...rows.filter((row) => !row.able).map((row) => ({ entry_id: row.entry_id, why: 'it was decided anew or returned since it was shown' })));
    const able = rows.filter((row) => row.able).map((row) => row.decision_id);
    if (able.length > 0) decision_ids.push(...await takeBack(tx, company, able, reason, act));
  }
  return { decision_ids, left_out };
}

function requireShown(preview: BulkPreview, digest: string): void {
  if (preview.digest !== digest) throw new Failure('stale', `what would be done has changed since it was shown: it is ${counted(preview.lines.length, 'entry', 'entries')} now; look at it again`);
  if (preview.lines.length === 0) throw new Failure('invalid_input', 'there is nothing that could be done');
}

function sumsOf(rows: readonly { currency: string; amount: bigint }[]): CurrencySum[] {
  const sums = new Map<string, { count: number; amount: bigint }>();
  for (const { currency, amount } of rows) {
    const sum = sums.get(currency) ?? { count: 0, amount: 0n };
    sums.set(currency, { count: sum.count + 1, amount: sum.amount + amount });
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, { count, amount }]) => ({ currency, count, amount: formatMoney(amount, currency) }));
}
