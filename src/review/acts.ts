import { sql } from 'kysely';
import type { Candidate } from '../core/evidence.ts';
import { Failure } from '../core/failure.ts';
import { formatMoney, parseMoney } from '../core/money.ts';
import { postJournalEntries, type JournalEntryDraft, type JournalLineDraft } from '../ledger/journal.ts';
import { allocateIds, openChain } from '../ledger/log.ts';
import { closedByInvoice, loadTaxes, settleOpenItems } from '../ledger/open-items.ts';
import { allocationLines, controlSign, type Allocation, type InvoiceKind } from '../ledger/posting.ts';
import { loadReversal } from '../ledger/reversal.ts';
import type { Tx } from '../platform/database.ts';
import { loadReviewItem, type ReviewItem, type Suggestion } from './items.ts';

/**
 * What a person can do to an entry. Each act runs in the caller's transaction, locks the company, supersedes the standing decision by one
 * of outcome `manual`, posts a journal entry of its own, and is in the log. A stale act is refused with what has changed.
 */

export interface Act {
  user: string;
  /** The version of the item that the person has seen; left out, the act applies to whatever stands. */
  version?: number;
  comment?: string | null;
}

/** A part of the entry that a person gives to an invoice; amounts are decimal strings, `amount` signed as it moves the bank account. */
export interface AssignedInvoice {
  invoice_number: string;
  party_id?: string;
  amount: string;
  discount?: string;
  charges?: string;
  write_off?: string;
}

/** A part that goes to a ledger account: on_account (with its party), bank_fees, clearing, … */
export interface AssignedLedger {
  account: string;
  party_id?: string;
  amount: string;
}

/** Takes the item's suggestion with that number, 1 for the best. */
export async function acceptSuggestion(tx: Tx, entry_id: bigint, number: number, act: Act): Promise<bigint> {
  const item = await openItem(tx, entry_id, act);
  const suggestion = item.suggestions[number - 1];
  if (!suggestion) throw new Failure('not_found', `entry ${entry_id} has ${item.suggestions.length} suggestions, and no number ${number}`);
  if (suggestion.reverses_decision_id) return acceptReturn(tx, item, BigInt(suggestion.reverses_decision_id), act, { suggestion: number });
  if (suggestion.allocations.length === 0 && suggestion.ledger_account === null) {
    throw new Failure('invalid_input', 'this suggestion says that the entry is none of ours; assign it to a ledger account instead');
  }
  const allocations: Allocation[] = suggestion.allocations.map((part) => ({
    invoice_id: BigInt(part.invoice_id), kind: part.kind, party_id: part.party_id, currency: part.currency, amount: BigInt(part.amount),
    settled: BigInt(part.settled), discount: BigInt(part.discount), charges: BigInt(part.charges), withholding: BigInt(part.withholding), write_off: 0n,
  }));
  const rest = item.amount - sumOf(allocations);
  const ledger: LedgerPart[] = rest === 0n ? [] : [{ account: suggestion.ledger_account ?? 'on_account', party_id: allocations[0]?.party_id ?? null, amount: rest }];
  return settle(tx, item, 'accept', await effectOf(tx, item, allocations, ledger), act, { suggestion: number });
}

/** Takes back what an earlier entry had settled: the bank has returned it. */
async function acceptReturn(tx: Tx, item: ReviewItem, returns: bigint, act: Act, choice: { suggestion: number }): Promise<bigint> {
  const { rows: [earlier] } = await sql<{ entry_id: bigint; standing: boolean; returned: boolean }>`
    select entry_id, superseded_by is null as standing, exists (select from decision r where r.returns = d.decision_id and r.superseded_by is null) as returned
      from decision d where decision_id = ${returns}`.execute(tx.kysely);
  if (!earlier!.standing || earlier!.returned) throw new Failure('stale', `entry ${earlier!.entry_id} was ${earlier!.returned ? 'returned' : 'decided anew'} meanwhile; look at it again`);
  const { allocations, ledger_lines, lines } = await loadReversal(tx, returns);
  return settle(tx, item, 'accept', { allocations, ledger_lines: ledger_lines ?? [], lines, returns }, act, choice);
}

// Each is the sum of open items, of entries in the queue, or of statements; a line by hand would part it from them.
const KEPT_ACCOUNTS: ReadonlySet<string> = new Set(['receivables', 'payables', 'unallocated', 'suspense', 'bank']);

/** Gives the whole entry to invoices and ledger accounts by hand; what is given must add up to the entry. */
export async function assignEntry(tx: Tx, entry_id: bigint, invoices: readonly AssignedInvoice[], ledger: readonly AssignedLedger[], act: Act): Promise<bigint> {
  const item = await openItem(tx, entry_id, act);
  const money = (text: string | undefined, what: string): bigint => {
    const amount = text === undefined ? 0n : parseMoney(text, item.currency);
    if (amount === undefined) throw new Failure('invalid_input', `${what}: "${text}" is no amount in ${item.currency}; write it like ${formatMoney(12345n, item.currency)}`);
    return amount;
  };
  const difference = (text: string | undefined, what: string): bigint => {
    const amount = money(text, what);
    if (amount < 0n) throw new Failure('invalid_input', `${what}: ${text} is negative; it settles a part of the invoice beside the payment`);
    return amount;
  };
  const allocations: Allocation[] = [];
  for (const part of invoices) {
    const invoice = await findInvoice(tx, item, part);
    const amount = money(part.amount, part.invoice_number);
    if (amount === 0n || (amount > 0n) !== (controlSign(invoice.kind) > 0n)) {
      throw new Failure('invalid_input', `${part.invoice_number}: a ${invoice.kind} takes a ${controlSign(invoice.kind) > 0n ? 'positive' : 'negative'} amount`);
    }
    allocations.push({
      ...invoice, amount, settled: amount < 0n ? -amount : amount, discount: difference(part.discount, 'discount'), charges: difference(part.charges, 'charges'),
      withholding: 0n, write_off: difference(part.write_off, 'write-off'),
    });
  }
  for (const { account, party_id } of ledger) {
    if (party_id === undefined && account === 'on_account') throw new Failure('invalid_input', 'what goes on_account belongs to a party; name it: on_account@PARTY=AMOUNT');
    if (party_id !== undefined) await requireParty(tx, party_id);
  }
  const kept = ledger.find((part) => KEPT_ACCOUNTS.has(part.account));
  if (kept) throw new Failure('invalid_input', `${kept.account} is the sum of what stands behind it and cannot be posted to by hand; give the part to an invoice, or to an account such as on_account`);
  const parts = ledger.map((part): LedgerPart => ({ account: part.account, party_id: part.party_id ?? null, amount: money(part.amount, part.account) }));
  const rest = item.amount - sumOf(allocations) - parts.reduce((sum, part) => sum + part.amount, 0n);
  if (rest !== 0n) {
    throw new Failure('invalid_input', `the parts leave ${formatMoney(rest, item.currency)} ${item.currency} of the entry's ${formatMoney(item.amount, item.currency)}; give the rest to an invoice or a ledger account`);
  }
  return settle(tx, item, 'assign', await effectOf(tx, item, allocations, parts), act, {});
}

/** Takes back what the standing decision posted, by a reversing entry, and puts the entry into the queue again. */
export async function undoDecision(tx: Tx, entry_id: bigint, reason: string, act: Act): Promise<bigint> {
  const { rows: [standing] } = await sql<{ decision_id: bigint; company: string; outcome: string }>`
    select decision_id, company, outcome from decision where entry_id = ${entry_id} and superseded_by is null`.execute(tx.kysely);
  if (!standing) throw new Failure('not_found', `there is no decided entry ${entry_id}`);
  await lockCompany(tx, standing.company);
  const { rows: [again] } = await sql<{ decision_id: bigint; outcome: string }>`
    select decision_id, outcome from decision where entry_id = ${entry_id} and superseded_by is null`.execute(tx.kysely);
  if (again!.decision_id !== standing.decision_id) throw new Failure('stale', `entry ${entry_id} was decided anew meanwhile: ${again!.outcome}`);
  if (standing.outcome !== 'auto' && standing.outcome !== 'manual') {
    throw new Failure('invalid_input', `entry ${entry_id} is in outcome ${standing.outcome}: nothing was allocated that could be undone`);
  }
  const { rows: [entry] } = await sql<EntryRow>`
    select e.entry_id, e.account_id, a.ledger_account, e.amount, e.currency, e.booking_date from entry e join account a using (account_id)
     where e.entry_id = ${entry_id}`.execute(tx.kysely);
  const { rows: [returned] } = await sql<{ entry_id: bigint }>`
    select entry_id from decision where returns = ${standing.decision_id} and superseded_by is null`.execute(tx.kysely);
  if (returned) throw new Failure('invalid_input', `the bank has returned entry ${entry_id} since, and what it had settled is open again; undo entry ${returned.entry_id} first`);
  const { rows: lines } = await sql<JournalLineDraft & { journal_entry_id: bigint; kind: string; booking_date: string }>`
    select j.journal_entry_id, j.kind, j.booking_date, l.account, l.account_id, l.party_id, l.invoice_id, l.amount, l.currency, l.base_amount
      from journal_entry j join journal_line l using (journal_entry_id)
     where j.decision_id = ${standing.decision_id} and j.reverses is null order by l.n`.execute(tx.kysely);
  const { rows: allocations } = await sql<Allocation>`
    select a.invoice_id, i.kind, i.party_id, i.currency, a.amount, a.settled, a.discount, a.charges, a.withholding, a.write_off
      from allocation a join invoice i using (invoice_id) where a.decision_id = ${standing.decision_id}`.execute(tx.kysely);

  const chain = await openChain(tx);
  const [decision_id] = await allocateIds(tx, 'decision_decision_id_seq', 1);
  const [seq] = await chain.reserve(1);
  // What a person took out of suspense goes back there.
  const outcome = lines[0]?.account === 'suspense' ? 'suspense' : 'review';
  await supersede(tx, standing.decision_id, {
    decision_id: decision_id!, entry_id, company: standing.company, outcome, decided_by: act.user, reason: 'undone', explanation: `Undone by ${act.user}: ${reason}`,
    log_seq: seq!, suggestions: JSON.stringify(await loadSuggestions(tx, entry_id)),
    ...(outcome === 'suspense' && { ledger_lines: JSON.stringify([{ account: 'suspense', amount: String(entry!.amount) }]) }),
  });
  const drafts: JournalEntryDraft[] = lines.length === 0 ? [] : [{
    company: standing.company, kind: 'reversal', booking_date: lines[0]!.booking_date, entry_id, decision_id: standing.decision_id, reverses: lines[0]!.journal_entry_id,
    lines: lines.map((line): JournalLineDraft => ({
      account: line.account, account_id: line.account_id, party_id: line.party_id, invoice_id: line.invoice_id, amount: -line.amount, currency: line.currency,
      base_amount: line.base_amount == null ? null : -line.base_amount,
    })),
  }];
  if (lines[0]?.kind === 'bank_entry') {
    // The entry stays in the bank account; only what was made of it is taken back.
    drafts.push({
      company: standing.company, kind: 'reopen', booking_date: entry!.booking_date, entry_id, decision_id: decision_id!,
      lines: [
        { account: entry!.ledger_account, account_id: entry!.account_id, amount: entry!.amount, currency: entry!.currency },
        { account: 'unallocated', amount: -entry!.amount, currency: entry!.currency },
      ],
    });
  }
  await chain.appendAs([seq!], [{
    company: standing.company, run_id: null, actor: act.user, action: 'undo', entry_id, decision_id: decision_id!,
    payload: { reason, supersedes: String(standing.decision_id), reverses: lines[0] ? String(lines[0].journal_entry_id) : null },
  }]);
  await postJournalEntries(tx, seq!, drafts);
  await changeOpenItems(tx, new Map([...closedByInvoice(allocations)].map(([invoice_id, amount]) => [invoice_id, -amount])));
  await sql`
    insert into review_item (entry_id, company, decision_id, reason) values (${entry_id}, ${standing.company}, ${decision_id!}, 'undone')
    on conflict (entry_id) do update set decision_id = excluded.decision_id, reason = 'undone', state = 'open', closed_at = null,
      opened_at = now(), version = review_item.version + 1`.execute(tx.kysely);
  await finish(tx, standing.company, chain);
  return decision_id!;
}

interface EntryRow { entry_id: bigint; account_id: number; ledger_account: string; amount: bigint; currency: string; booking_date: string }
interface LedgerPart { account: string; party_id: string | null; amount: bigint }

/** Locks the company and gives the open item; throws stale when it is no longer as the person has seen it. */
async function openItem(tx: Tx, entry_id: bigint, act: Act): Promise<ReviewItem> {
  const { company } = await loadReviewItem(tx, entry_id);
  await lockCompany(tx, company);
  const item = await loadReviewItem(tx, entry_id);
  if (item.state !== 'open') throw new Failure('stale', `entry ${entry_id} is no longer open: ${item.outcome}, ${item.reason}`);
  if (act.version !== undefined && act.version !== item.version) {
    throw new Failure('stale', `entry ${entry_id} has changed since it was shown (version ${item.version}, not ${act.version}): ${item.explanation}`);
  }
  return item;
}

async function lockCompany(tx: Tx, company: string): Promise<void> {
  await tx.kysely.selectFrom('company').select('company').where('company', '=', company).forUpdate().executeTakeFirstOrThrow();
}

/** What a person's decision does to the books: `lines` are the postings against where the entry stood. */
interface Effect {
  allocations: Allocation[];
  ledger_lines: { account: string; amount: string }[];
  lines: JournalLineDraft[];
  /** The decision that it takes back. */
  returns?: bigint;
}

async function effectOf(tx: Tx, item: ReviewItem, allocations: Allocation[], ledger: readonly LedgerPart[]): Promise<Effect> {
  const taxes = await loadTaxes(tx, allocations.filter((part) => part.discount !== 0n).map((part) => part.invoice_id));
  return {
    allocations, ledger_lines: ledger.map((part) => ({ account: part.account, amount: String(part.amount) })),
    lines: [
      ...allocations.flatMap((part) => allocationLines(part, taxes.get(part.invoice_id) ?? null)),
      ...ledger.map((part): JournalLineDraft => ({ account: part.account, party_id: part.party_id, amount: -part.amount, currency: item.currency })),
    ],
  };
}

async function settle(tx: Tx, item: ReviewItem, action: 'accept' | 'assign', { allocations, ledger_lines, lines, returns }: Effect, act: Act, choice: { suggestion?: number }): Promise<bigint> {
  const chain = await openChain(tx);
  const [decision_id] = await allocateIds(tx, 'decision_decision_id_seq', 1);
  const [seq] = await chain.reserve(1);
  await supersede(tx, item.decision_id, {
    decision_id: decision_id!, entry_id: item.entry_id, company: item.company, outcome: 'manual', decided_by: act.user, reason: action,
    explanation: `${action === 'accept' ? 'Accepted' : 'Assigned'} by ${act.user}${act.comment ? `: ${act.comment}` : ''}`, log_seq: seq!,
    ...(ledger_lines.length > 0 && { ledger_lines: JSON.stringify(ledger_lines) }), ...(returns !== undefined && { returns }),
  });
  for (const [n, part] of allocations.entries()) {
    await tx.kysely.insertInto('allocation').values({
      decision_id: decision_id!, n: n + 1, invoice_id: part.invoice_id, amount: part.amount, settled: part.settled, settled_currency: part.currency,
      discount: part.discount, charges: part.charges, withholding: part.withholding, write_off: part.write_off,
    }).execute();
  }
  await chain.appendAs([seq!], [{
    company: item.company, run_id: null, actor: act.user, action, entry_id: item.entry_id, decision_id: decision_id!,
    payload: {
      supersedes: String(item.decision_id), version: item.version, comment: act.comment ?? null, ...choice, ledger: ledger_lines, ...(returns !== undefined && { returns: String(returns) }),
      allocations: allocations.map((part) => ({
        invoice_id: String(part.invoice_id), amount: String(part.amount), settled: String(part.settled), discount: String(part.discount),
        charges: String(part.charges), withholding: String(part.withholding), write_off: String(part.write_off),
      })),
    },
  }]);
  const from = item.outcome === 'suspense' ? 'suspense' : 'unallocated';
  await postJournalEntries(tx, seq!, [{
    company: item.company, kind: 'allocation', booking_date: item.booking_date, entry_id: item.entry_id, decision_id: decision_id!,
    lines: [{ account: from, amount: item.amount, currency: item.currency }, ...lines],
  }]);
  await changeOpenItems(tx, closedByInvoice(allocations));
  await sql`update review_item set state = 'done', decision_id = ${decision_id!}, closed_at = now(), version = version + 1
     where entry_id = ${item.entry_id}`.execute(tx.kysely);
  await finish(tx, item.company, chain);
  return decision_id!;
}

async function finish(tx: Tx, company: string, chain: { close(): Promise<void> }): Promise<void> {
  await tx.kysely.updateTable('company').set((of) => ({ books_version: of('books_version', '+', 1n) })).where('company', '=', company).execute();
  await chain.close();
}

/** The old decision is marked before the new one is there: an entry has one standing decision at any time. */
async function supersede(tx: Tx, old: bigint, values: {
  decision_id: bigint; entry_id: bigint; company: string; outcome: 'manual' | 'review' | 'suspense'; decided_by: string; reason: string; explanation: string;
  log_seq: bigint; ledger_lines?: string; suggestions?: string; returns?: bigint;
}): Promise<void> {
  await tx.kysely.updateTable('decision').set({ superseded_by: values.decision_id }).where('decision_id', '=', old).execute();
  await tx.kysely.insertInto('decision').values({ ...values, supersedes: old }).execute();
}

/** Takes off the open items what is closed of them. What does not fit is refused in words; the table's check would refuse it in any case. */
async function changeOpenItems(tx: Tx, closed: ReadonlyMap<bigint, bigint>): Promise<void> {
  const { rows } = await sql<{ invoice_id: bigint; invoice_number: string; currency: string; open: bigint; amount: bigint }>`
    select invoice_id, invoice_number, currency, o.open, o.amount from open_item o join invoice using (invoice_id)
     where invoice_id = any(${[...closed.keys()].map(String)}::bigint[]) order by invoice_id`.execute(tx.kysely);
  for (const { invoice_id, invoice_number, currency, open, amount } of rows) {
    const money = (minor: bigint): string => `${formatMoney(minor, currency)} ${currency}`;
    const left = open - closed.get(invoice_id)!;
    if (left < 0n) throw new Failure('stale', `invoice ${invoice_number} has only ${money(open)} open; look at it again and give it less`);
    if (left > amount) throw new Failure('stale', `invoice ${invoice_number} is over ${money(amount)} by now, and ${money(left)} of it would be open; correct it in the ERP first`);
  }
  await settleOpenItems(tx, closed);
}

/** What the rules last weighed for the entry, the best first, as a person may choose it. */
async function loadSuggestions(tx: Tx, entry_id: bigint): Promise<Suggestion[]> {
  const { rows: [decided] } = await sql<{ candidates: Candidate[] | null }>`
    select payload::jsonb -> 'evidence' -> 'candidates' as candidates from log_record where entry_id = ${entry_id} and action = 'decide' order by seq desc limit 1`.execute(tx.kysely);
  return (decided?.candidates ?? []).filter(({ allocations, ledger_account, reverses_decision_id, facts }) => facts.kind !== 'suspense' && (allocations.length > 0 || ledger_account !== null || reverses_decision_id !== null))
    .slice(0, MAX_SUGGESTIONS).map(({ allocations, ledger_account, reverses_decision_id, score, reasons }) => ({ allocations, ledger_account, reverses_decision_id, score, reasons }));
}

// As many as a decision of the rules keeps.
const MAX_SUGGESTIONS = 5;

async function requireParty(tx: Tx, party_id: string): Promise<void> {
  const party = await tx.kysely.selectFrom('party').select('party_id').where('party_id', '=', party_id).executeTakeFirst();
  if (!party) throw new Failure('not_found', `there is no party ${party_id}; tieout import parties brings parties in`);
}

async function findInvoice(tx: Tx, item: ReviewItem, part: AssignedInvoice): Promise<{ invoice_id: bigint; kind: InvoiceKind; party_id: string; currency: string }> {
  const rows = await tx.kysely.selectFrom('invoice').select(['invoice_id', 'kind', 'party_id', 'currency']).where('company', '=', item.company)
    .where('invoice_number', '=', part.invoice_number).$if(part.party_id !== undefined, (query) => query.where('party_id', '=', part.party_id!))
    .where('status', '=', 'open').orderBy('invoice_id').execute();
  if (rows.length === 0) throw new Failure('not_found', `company ${item.company} has no open invoice ${part.invoice_number}${part.party_id ? ` of ${part.party_id}` : ''}`);
  if (rows.length > 1) throw new Failure('invalid_input', `invoice ${part.invoice_number} is one of ${rows.map((row) => row.party_id).join(', ')}; name the party`);
  if (rows[0]!.currency !== item.currency) throw new Failure('invalid_input', `invoice ${part.invoice_number} is in ${rows[0]!.currency}, the entry in ${item.currency}`);
  return rows[0]!;
}

function sumOf(allocations: readonly Allocation[]): bigint {
  return allocations.reduce((sum, part) => sum + part.amount, 0n);
}
