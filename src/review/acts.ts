import { sql } from 'kysely';
import { counted } from '../core/counted.ts';
import type { Candidate } from '../core/evidence.ts';
import { assert, Failure } from '../core/failure.ts';
import { formatMoney, parseMoney } from '../core/money.ts';
import { postJournalEntries, type JournalEntryDraft, type JournalLineDraft } from '../ledger/journal.ts';
import { allocateIds, openChain } from '../ledger/log.ts';
import { closedByInvoice, loadTerms, settleOpenItems } from '../ledger/open-items.ts';
import { allocationLines, controlSign, needsTerms, ownLine, postingFindings, type Allocation, type InvoiceKind } from '../ledger/posting.ts';
import { loadReversal } from '../ledger/reversal.ts';
import { copyRows } from '../platform/copy.ts';
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
  /** The second person, where one was needed. */
  approved_by?: string;
}

/** A part of the entry that a person gives to an invoice; amounts are decimal strings, `amount` signed as it moves the bank account. */
export interface AssignedInvoice {
  invoice_number: string;
  party_id?: string;
  amount: string;
  /** What that settles of an invoice in another currency, and the differences beside it, are in the invoice's own; positive. */
  settled?: string;
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
  if (!suggestion) throw new Failure('not_found', `entry ${entry_id} has ${counted(item.suggestions.length, 'suggestion')}, and no number ${number}`);
  if (suggestion.reverses_decision_id) return acceptReturn(tx, item, BigInt(suggestion.reverses_decision_id), act, { suggestion: number });
  if (suggestion.allocations.length === 0 && suggestion.ledger_account === null) {
    throw new Failure('invalid_input', 'this suggestion says that the entry is none of ours; assign it to a ledger account instead');
  }
  const [effect] = await effectsOf(tx, item.company, [{ item, ...partsOf(item, suggestion) }]);
  return settle(tx, item, 'accept', effect!, act, { suggestion: number });
}

/** What becomes of the entry by a suggestion: a rest that it leaves goes to its ledger account, or on account of its party. */
function partsOf(item: ReviewItem, suggestion: Suggestion): { allocations: Allocation[]; ledger: LedgerPart[] } {
  const allocations: Allocation[] = suggestion.allocations.map((part) => ({
    invoice_id: BigInt(part.invoice_id), kind: part.kind, party_id: part.party_id, currency: part.currency, amount: BigInt(part.amount),
    settled: BigInt(part.settled), discount: BigInt(part.discount), charges: BigInt(part.charges), withholding: BigInt(part.withholding), write_off: 0n,
  }));
  const rest = item.amount - sumOf(allocations);
  if (rest === 0n) return { allocations, ledger: [] };
  const account = suggestion.ledger_account ?? 'on_account';
  const party_id = suggestion.party_id ?? allocations[0]?.party_id ?? null;
  assert(account !== 'on_account' || party_id !== null, 'a suggestion that puts money on account says whose');
  return { allocations, ledger: [{ account, party_id, amount: rest }] };
}

/** Takes the best suggestion of each of a company's items, as one set; the caller has locked the company and loaded the items. Returns the decisions in the items' order. */
export async function acceptBest(tx: Tx, company: string, items: readonly ReviewItem[], act: Act): Promise<bigint[]> {
  const effects = await effectsOf(tx, company, items.map((item) => ({ item, ...partsOf(item, item.suggestions[0]!) })));
  return settleAll(tx, company, 'accept', items.map((item, i) => ({ item, effect: effects[i]!, choice: { suggestion: 1 } })), act);
}

/** Takes back what an earlier entry had settled: the bank has returned it. */
async function acceptReturn(tx: Tx, item: ReviewItem, returns: bigint, act: Act, choice: { suggestion: number }): Promise<bigint> {
  const { rows: [earlier] } = await sql<{ entry_id: bigint; standing: boolean; returned: boolean }>`
    select entry_id, superseded_by is null as standing, exists (select from decision r where r.returns = d.decision_id and r.superseded_by is null) as returned
      from decision d where decision_id = ${returns}`.execute(tx.kysely);
  if (!earlier!.standing || earlier!.returned) throw new Failure('stale', `entry ${earlier!.entry_id} was ${earlier!.returned ? 'returned' : 'decided anew'} meanwhile; look at it again`);
  const { allocations, ledger_lines, lines } = await loadReversal(tx, returns, item);
  const functional_currency = await loadFunctionalCurrency(tx, item.company);
  return settle(tx, item, 'accept', { allocations, ledger_lines: ledger_lines ?? [], lines, functional_currency, findings: [], returns }, act, choice);
}

// Each is the sum of open items, of entries in the queue, or of statements, or nothing; a line by hand would part it from them.
export const KEPT_ACCOUNTS: ReadonlySet<string> = new Set(['receivables', 'payables', 'unallocated', 'suspense', 'bank', 'fx_clearing']);

/** Gives the whole entry to invoices and ledger accounts by hand; what is given must add up to the entry. */
export async function assignEntry(tx: Tx, entry_id: bigint, invoices: readonly AssignedInvoice[], ledger: readonly AssignedLedger[], act: Act): Promise<bigint> {
  const item = await openItem(tx, entry_id, act);
  const money = (text: string | undefined, what: string, currency = item.currency): bigint => {
    const amount = text === undefined ? 0n : parseMoney(text, currency);
    if (amount === undefined) throw new Failure('invalid_input', `${what}: "${text}" is no amount in ${currency}; write it like ${formatMoney(12345n, currency)}`);
    return amount;
  };
  const difference = (text: string | undefined, what: string, currency: string): bigint => {
    const amount = money(text, what, currency);
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
    const { currency } = invoice;
    if (part.settled === undefined && currency !== item.currency) {
      throw new Failure('invalid_input', `invoice ${part.invoice_number} is in ${currency}, the entry in ${item.currency}; say what it settles in ${currency}: settled=…`);
    }
    const settled = part.settled === undefined ? amount < 0n ? -amount : amount : difference(part.settled, 'settled', currency);
    if (currency === item.currency && settled !== (amount < 0n ? -amount : amount) || settled === 0n) {
      throw new Failure('invalid_input', `${part.invoice_number}: settled=${part.settled} is for invoices in another currency than the entry's, and more than nothing`);
    }
    allocations.push({
      ...invoice, amount, settled, discount: difference(part.discount, 'discount', currency), charges: difference(part.charges, 'charges', currency),
      withholding: 0n, write_off: difference(part.write_off, 'write-off', currency),
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
  const [effect] = await effectsOf(tx, item.company, [{ item, allocations, ledger: parts }]);
  return settle(tx, item, 'assign', effect!, act, {});
}

/** Sets the entry aside in suspense, because it is none of the company's: it stays in the queue until the money has gone back. */
export async function setAside(tx: Tx, entry_id: bigint, act: Act): Promise<bigint> {
  const item = await openItem(tx, entry_id, act);
  if (item.outcome === 'suspense' && item.reason === 'not_ours') throw new Failure('invalid_input', `entry ${entry_id} is set aside already`);
  const chain = await openChain(tx);
  const [decision_id] = await allocateIds(tx, 'decision_decision_id_seq', 1);
  const [seq] = await chain.reserve(1);
  await supersede(tx, [{
    supersedes: item.decision_id, decision_id: decision_id!, entry_id, company: item.company, outcome: 'suspense', decided_by: act.user, approved_by: act.approved_by ?? null, reason: 'not_ours',
    explanation: `Not ours, says ${act.user}${act.comment ? `: ${act.comment}` : ''}`, log_seq: seq!, suggestions: JSON.stringify(item.suggestions),
    ledger_lines: JSON.stringify([{ account: 'suspense', amount: String(item.amount) }]),
  }]);
  await chain.appendAs([seq!], [{
    company: item.company, run_id: null, actor: act.user, action: 'not_ours', entry_id, decision_id: decision_id!,
    payload: { supersedes: String(item.decision_id), version: item.version, comment: act.comment ?? null, ...(act.approved_by !== undefined && { approved_by: act.approved_by }) },
  }]);
  if (item.outcome !== 'suspense') {
    await postJournalEntries(tx, seq!, [{
      company: item.company, kind: 'allocation', booking_date: item.booking_date, entry_id, decision_id: decision_id!,
      lines: [{ account: 'unallocated', amount: item.amount, currency: item.currency }, { account: 'suspense', amount: -item.amount, currency: item.currency }],
    }]);
  }
  await sql`update review_item set decision_id = ${decision_id!}, reason = 'not_ours', deferred_until = null, version = version + 1 where entry_id = ${entry_id}`.execute(tx.kysely);
  await finish(tx, item.company, chain);
  return decision_id!;
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
  const { rows: [shown] } = await sql<{ version: number }>`select version from review_item where entry_id = ${entry_id}`.execute(tx.kysely);
  if (act.version !== undefined && shown !== undefined && act.version !== shown.version) {
    throw new Failure('stale', `entry ${entry_id} has changed since it was shown (version ${shown.version}, not ${act.version})`);
  }
  const { rows: [returned] } = await sql<{ entry_id: bigint }>`
    select entry_id from decision where returns = ${standing.decision_id} and superseded_by is null`.execute(tx.kysely);
  if (returned) throw new Failure('invalid_input', `the bank has returned entry ${entry_id} since, and what it had settled is open again; undo entry ${returned.entry_id} first`);
  const [decision_id] = await takeBack(tx, standing.company, [standing.decision_id], reason, act);
  return decision_id!;
}

interface PostedEntry { journal_entry_id: bigint; decision_id: bigint; kind: string; booking_date: string; lines: JournalLineDraft[] }

/**
 * Takes back standing decisions of one company, as one set, and puts their entries into the queue again. The caller has locked the company
 * and made sure that each is automatic or a person's and that the bank has not returned it. Returns the new decisions in their order.
 */
export async function takeBack(tx: Tx, company: string, decision_ids: readonly bigint[], reason: string, act: Act): Promise<bigint[]> {
  const ids = sql`${decision_ids.map(String)}::bigint[]`;
  const { rows: entries } = await sql<EntryRow & { decision_id: bigint }>`
    select d.decision_id, e.entry_id, e.account_id, a.ledger_account, e.amount, e.currency, e.booking_date
      from unnest(${ids}) with ordinality u(decision_id, n) join decision d using (decision_id) join entry e using (entry_id) join account a using (account_id) order by u.n`.execute(tx.kysely);
  const posted = await loadPosted(tx, ids);
  const { rows: allocations } = await sql<Allocation>`
    select a.invoice_id, i.kind, i.party_id, i.currency, a.amount, a.settled, a.discount, a.charges, a.withholding, a.write_off
      from allocation a join invoice i using (invoice_id) where a.decision_id = any(${ids})`.execute(tx.kysely);
  const suggestions = await loadSuggestions(tx, entries.map((entry) => entry.entry_id));

  const chain = await openChain(tx);
  const new_ids = await allocateIds(tx, 'decision_decision_id_seq', entries.length);
  const seqs = await chain.reserve(entries.length);
  await supersede(tx, entries.map(({ decision_id, entry_id, amount }, i) => {
    // What a person took out of suspense goes back there.
    const suspense = posted.get(decision_id)?.lines[0]?.account === 'suspense';
    return {
      supersedes: decision_id, decision_id: new_ids[i]!, entry_id, company, outcome: suspense ? 'suspense' : 'review', decided_by: act.user, approved_by: act.approved_by ?? null, reason: 'undone',
      explanation: `Undone by ${act.user}: ${reason}`, log_seq: seqs[i]!, suggestions: JSON.stringify(suggestions.get(entry_id) ?? []),
      ledger_lines: suspense ? JSON.stringify([{ account: 'suspense', amount: String(amount) }]) : null,
    };
  }));
  const drafts: JournalEntryDraft[] = [];
  const draft_seqs: bigint[] = [];
  for (const [i, entry] of entries.entries()) {
    const { entry_id, decision_id, currency, amount } = entry;
    const before = posted.get(decision_id);
    if (!before) continue;
    drafts.push({
      company, kind: 'reversal', booking_date: before.booking_date, entry_id, decision_id, reverses: before.journal_entry_id,
      lines: before.lines.map((line): JournalLineDraft => ({ ...line, amount: -line.amount, base_amount: line.base_amount == null ? null : -line.base_amount })),
    });
    draft_seqs.push(seqs[i]!);
    if (before.kind !== 'bank_entry') continue;
    // The entry stays in the bank account; only what was made of it is taken back.
    drafts.push({
      company, kind: 'reopen', booking_date: entry.booking_date, entry_id, decision_id: new_ids[i]!,
      lines: [{ account: entry.ledger_account, account_id: entry.account_id, amount, currency }, { account: 'unallocated', amount: -amount, currency }],
    });
    draft_seqs.push(seqs[i]!);
  }
  await chain.appendAs(seqs, entries.map(({ entry_id, decision_id }, i) => ({
    company, run_id: null, actor: act.user, action: 'undo', entry_id, decision_id: new_ids[i]!,
    payload: {
      reason, supersedes: String(decision_id), reverses: posted.has(decision_id) ? String(posted.get(decision_id)!.journal_entry_id) : null,
      ...(act.approved_by !== undefined && { approved_by: act.approved_by }),
    },
  })));
  await postJournalEntries(tx, draft_seqs, drafts);
  await changeOpenItems(tx, new Map([...closedByInvoice(allocations)].map(([invoice_id, amount]) => [invoice_id, -amount])));
  await sql`
    insert into review_item (entry_id, company, decision_id, reason)
    select entry_id, ${company}, decision_id, 'undone' from unnest(${entries.map((entry) => String(entry.entry_id))}::bigint[], ${new_ids.map(String)}::bigint[]) u(entry_id, decision_id)
    on conflict (entry_id) do update set decision_id = excluded.decision_id, reason = 'undone', state = 'open', closed_at = null, deferred_until = null,
      opened_at = now(), version = review_item.version + 1`.execute(tx.kysely);
  await finish(tx, company, chain);
  return new_ids;
}

/** What the decisions have posted and nobody has taken back, by decision. */
async function loadPosted(tx: Tx, decision_ids: ReturnType<typeof sql>): Promise<Map<bigint, PostedEntry>> {
  const { rows } = await sql<JournalLineDraft & { decision_id: bigint; journal_entry_id: bigint; kind: string; booking_date: string }>`
    select j.decision_id, j.journal_entry_id, j.kind, j.booking_date, l.account, l.account_id, l.party_id, l.invoice_id, l.amount, l.currency, l.base_amount
      from journal_entry j join journal_line l using (journal_entry_id)
     where j.decision_id = any(${decision_ids}) and j.reverses is null order by j.journal_entry_id, l.n`.execute(tx.kysely);
  const posted = new Map<bigint, PostedEntry>();
  for (const { decision_id, journal_entry_id, kind, booking_date, ...line } of rows) {
    const entry = posted.get(decision_id) ?? { decision_id, journal_entry_id, kind, booking_date, lines: [] };
    entry.lines.push(line);
    posted.set(decision_id, entry);
  }
  return posted;
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

export async function lockCompany(tx: Tx, company: string): Promise<void> {
  await tx.kysely.selectFrom('company').select('company').where('company', '=', company).forUpdate().executeTakeFirstOrThrow();
}

/** What a person's decision does to the books: `lines` are the postings against where the entry stood. */
interface Effect {
  allocations: Allocation[];
  ledger_lines: { account: string; amount: string }[];
  lines: JournalLineDraft[];
  functional_currency: string | null;
  /** What could not be posted as it should. */
  findings: string[];
  /** The decision that it takes back. */
  returns?: bigint;
}

async function effectsOf(tx: Tx, company: string, parts: readonly { item: ReviewItem; allocations: Allocation[]; ledger: readonly LedgerPart[] }[]): Promise<Effect[]> {
  const terms = await loadTerms(tx, parts.flatMap(({ item, allocations }) => allocations.filter((part) => needsTerms(part, item.currency)).map((part) => part.invoice_id)));
  const functional_currency = await loadFunctionalCurrency(tx, company);
  return parts.map(({ item, allocations, ledger }) => {
    const currencies = { entry: item.currency, functional: functional_currency };
    return {
      functional_currency, findings: [...new Set(allocations.flatMap((part) => postingFindings(part, terms.get(part.invoice_id) ?? null, currencies)))].sort(),
      allocations, ledger_lines: ledger.map((part) => ({ account: part.account, amount: String(part.amount) })),
      lines: [
        ...allocations.flatMap((part) => allocationLines(part, terms.get(part.invoice_id) ?? null, currencies)),
        ...ledger.map((part): JournalLineDraft => ({ account: part.account, party_id: part.party_id, amount: -part.amount, currency: item.currency })),
      ],
    };
  });
}

async function loadFunctionalCurrency(tx: Tx, company: string): Promise<string | null> {
  return (await tx.kysely.selectFrom('company').select('functional_currency').where('company', '=', company).executeTakeFirstOrThrow()).functional_currency;
}

interface Settled { item: ReviewItem; effect: Effect; choice: { suggestion?: number } }

async function settle(tx: Tx, item: ReviewItem, action: 'accept' | 'assign', effect: Effect, act: Act, choice: { suggestion?: number }): Promise<bigint> {
  const [decision_id] = await settleAll(tx, item.company, action, [{ item, effect, choice }], act);
  return decision_id!;
}

/** Decides items of one company, as one set. */
async function settleAll(tx: Tx, company: string, action: 'accept' | 'assign', parts: readonly Settled[], act: Act): Promise<bigint[]> {
  const chain = await openChain(tx);
  const decision_ids = await allocateIds(tx, 'decision_decision_id_seq', parts.length);
  const seqs = await chain.reserve(parts.length);
  const approved_by = act.approved_by ?? null;
  await supersede(tx, parts.map(({ item, effect }, i) => ({
    supersedes: item.decision_id, decision_id: decision_ids[i]!, entry_id: item.entry_id, company, outcome: 'manual', decided_by: act.user, approved_by, reason: action,
    explanation: `${action === 'accept' ? 'Accepted' : 'Assigned'} by ${act.user}${act.comment ? `: ${act.comment}` : ''}`, log_seq: seqs[i]!,
    ledger_lines: effect.ledger_lines.length > 0 ? JSON.stringify(effect.ledger_lines) : null, returns: effect.returns ?? null,
  })));
  await copyRows(tx.client, 'allocation', ALLOCATION_COLUMNS, parts.flatMap(({ effect }, i) => effect.allocations.map((part, n) => (
    [decision_ids[i], n + 1, part.invoice_id, part.amount, part.settled, part.currency, part.discount, part.charges, part.withholding, part.write_off]))));
  await chain.appendAs(seqs, parts.map(({ item, effect: { allocations, ledger_lines, findings, returns }, choice }, i) => ({
    company, run_id: null, actor: act.user, action, entry_id: item.entry_id, decision_id: decision_ids[i]!,
    payload: {
      supersedes: String(item.decision_id), version: item.version, comment: act.comment ?? null, ...choice, ledger: ledger_lines, ...(findings.length > 0 && { findings }), ...(returns !== undefined && { returns: String(returns) }),
      ...(approved_by !== null && { approved_by }),
      allocations: allocations.map((part) => ({
        invoice_id: String(part.invoice_id), amount: String(part.amount), settled: String(part.settled), discount: String(part.discount),
        charges: String(part.charges), withholding: String(part.withholding), write_off: String(part.write_off),
      })),
    },
  })));
  await postJournalEntries(tx, seqs, parts.map(({ item, effect: { lines, functional_currency } }, i) => ({
    company, kind: 'allocation', booking_date: item.booking_date, entry_id: item.entry_id, decision_id: decision_ids[i]!,
    lines: [ownLine({ account: item.outcome === 'suspense' ? 'suspense' : 'unallocated', amount: item.amount, currency: item.currency }, lines, functional_currency), ...lines],
  })));
  await changeOpenItems(tx, closedByInvoice(parts.flatMap(({ effect }) => effect.allocations)));
  await sql`
    update review_item r set state = 'done', decision_id = u.decision_id, closed_at = now(), deferred_until = null, version = version + 1
      from unnest(${parts.map(({ item }) => String(item.entry_id))}::bigint[], ${decision_ids.map(String)}::bigint[]) u(entry_id, decision_id) where r.entry_id = u.entry_id`.execute(tx.kysely);
  await finish(tx, company, chain);
  return decision_ids;
}

const ALLOCATION_COLUMNS = ['decision_id', 'n', 'invoice_id', 'amount', 'settled', 'settled_currency', 'discount', 'charges', 'withholding', 'write_off'] as const;

async function finish(tx: Tx, company: string, chain: { close(): Promise<void> }): Promise<void> {
  await tx.kysely.updateTable('company').set((of) => ({ books_version: of('books_version', '+', 1n) })).where('company', '=', company).execute();
  await chain.close();
}

interface NewDecision {
  supersedes: bigint; decision_id: bigint; entry_id: bigint; company: string; outcome: 'manual' | 'review' | 'suspense'; decided_by: string; approved_by: string | null; reason: string;
  explanation: string; log_seq: bigint; ledger_lines?: string | null; suggestions?: string | null; returns?: bigint | null;
}

const DECISION_COLUMNS = ['decision_id', 'entry_id', 'company', 'outcome', 'decided_by', 'approved_by', 'reason', 'explanation', 'log_seq', 'ledger_lines', 'suggestions', 'returns', 'supersedes'] as const;

/** The old decisions are marked before the new ones are there: an entry has one standing decision at any time. */
async function supersede(tx: Tx, decisions: readonly NewDecision[]): Promise<void> {
  await sql`
    update decision d set superseded_by = u.later
      from unnest(${decisions.map((one) => String(one.supersedes))}::bigint[], ${decisions.map((one) => String(one.decision_id))}::bigint[]) u(earlier, later) where d.decision_id = u.earlier`.execute(tx.kysely);
  await copyRows(tx.client, 'decision', DECISION_COLUMNS, decisions.map((one) => DECISION_COLUMNS.map((column) => one[column] ?? null)));
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

/** What the rules last weighed for the entries, the best first, as a person may choose it. */
async function loadSuggestions(tx: Tx, entry_ids: readonly bigint[]): Promise<Map<bigint, Suggestion[]>> {
  const { rows } = await sql<{ entry_id: bigint; candidates: Candidate[] | null }>`
    select distinct on (d.entry_id) d.entry_id, l.payload::jsonb -> 'evidence' -> 'candidates' as candidates
      from decision d join log_record l on l.seq = d.log_seq
     where d.entry_id = any(${entry_ids.map(String)}::bigint[]) and l.action = 'decide' order by d.entry_id, l.seq desc`.execute(tx.kysely);
  return new Map(rows.map(({ entry_id, candidates }) => [entry_id, (candidates ?? [])
    .filter(({ allocations, ledger_account, reverses_decision_id, facts }) => facts.kind !== 'suspense' && (allocations.length > 0 || ledger_account !== null || reverses_decision_id !== null))
    .slice(0, MAX_SUGGESTIONS).map(({ allocations, ledger_account, party_id, reverses_decision_id, score, reasons }) => ({ allocations, ledger_account, ...(party_id !== undefined && { party_id }), reverses_decision_id, score, reasons }))]));
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
  return rows[0]!;
}

function sumOf(allocations: readonly Allocation[]): bigint {
  return allocations.reduce((sum, part) => sum + part.amount, 0n);
}
