import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import { formatMoney, parseMoney } from '../core/money.ts';
import type { Tx } from '../platform/database.ts';
import { acceptSuggestion, assignEntry, setAside, undoDecision, type Act, type AssignedInvoice, type AssignedLedger } from './acts.ts';
import { endOvertaken, lockWaiting, requestApproval } from './approvals.ts';
import { findReviewItem, type ReviewItem } from './items.ts';
import { proposeLearning } from './learning.ts';
import { limitOf, sees, type Person } from './person.ts';

/** What a person wants done with one entry. */
export type EntryAct =
  | { kind: 'accept'; suggestion: number }
  | { kind: 'assign'; invoices: AssignedInvoice[]; ledger: AssignedLedger[] }
  | { kind: 'on_account'; party_id: string }
  | { kind: 'ledger_account'; account: string; party_id?: string }
  | { kind: 'not_ours' }
  | { kind: 'undo'; reason: string };

export type ActOutcome =
  | { status: 'done'; decision_id: bigint; learned: number }
  | { status: 'awaits_approval'; approval_id: bigint };

/**
 * Does what a person asks for, or, above the person's limits, notes it as a request for a second person: it has been tried then, so that
 * what waits for approval is something that can be done. Refused as stale: an item that has moved on, or that is somebody else's.
 */
export async function performAct(tx: Tx, person: Person, entry_id: bigint, act: EntryAct, given: { version?: number; comment?: string | null }): Promise<ActOutcome> {
  const item = await findReviewItem(tx, entry_id);
  const company = item?.company ?? await companyOf(tx, entry_id);
  if (!sees(person, company)) throw notThere(entry_id);
  if (item) requireCurrent(item, person, given.version);
  // A suggestion may say that the entry is none of ours: to accept it is to set the entry aside.
  if (act.kind === 'accept' && item && saysNotOurs(item, act.suggestion)) return performAct(tx, person, entry_id, { kind: 'not_ours' }, given);
  if (!item && act.kind !== 'undo') throw notThere(entry_id);
  const done: Act = { user: person.user_id, comment: given.comment ?? null, ...(given.version !== undefined && { version: given.version }) };
  const why = await whySecondPerson(tx, person, entry_id, item, act);
  if (why === null) {
    await lockWaiting(tx, entry_id);
    const decision_id = await runAct(tx, entry_id, act, done);
    await endOvertaken(tx, entry_id, person.user_id);
    return { status: 'done', decision_id, learned: await proposeLearning(tx, [decision_id], person.user_id) };
  }
  await tx.client.query('savepoint tried');
  await runAct(tx, entry_id, act, done);
  await tx.client.query('rollback to savepoint tried');
  const version = item?.version ?? null;
  const approval_id = await requestApproval(tx, {
    kind: act.kind === 'on_account' || act.kind === 'ledger_account' ? 'assign' : act.kind, company, entry_id, why: why.text, summary: describeAct(act, why.item),
    sums: [{ currency: why.item.currency, count: 1, amount: formatMoney(why.item.amount, why.item.currency) }], comment: given.comment ?? null, requested_by: person.user_id,
    request: { act: act as never, entry_id: String(entry_id), version, decision_id: String(why.item.decision_id) },
  });
  return { status: 'awaits_approval', approval_id };
}

function saysNotOurs(item: ReviewItem, number: number): boolean {
  const suggestion = item.suggestions[number - 1];
  return suggestion !== undefined && suggestion.allocations.length === 0 && suggestion.ledger_account === null && suggestion.reverses_decision_id === null;
}

/** Runs an act as it stands; who may do it alone has been settled. */
export function runAct(tx: Tx, entry_id: bigint, act: EntryAct, given: Act): Promise<bigint> {
  switch (act.kind) {
    case 'accept': return acceptSuggestion(tx, entry_id, act.suggestion, given);
    case 'assign': return assignEntry(tx, entry_id, act.invoices, act.ledger, given);
    case 'on_account': return assignWhole(tx, entry_id, { account: 'on_account', party_id: act.party_id }, given);
    case 'ledger_account': return assignWhole(tx, entry_id, { account: act.account, ...(act.party_id !== undefined && { party_id: act.party_id }) }, given);
    case 'not_ours': return setAside(tx, entry_id, given);
    case 'undo': return undoDecision(tx, entry_id, act.reason, given);
  }
}

async function assignWhole(tx: Tx, entry_id: bigint, part: Omit<AssignedLedger, 'amount'>, given: Act): Promise<bigint> {
  const { amount, currency } = await loadEntry(tx, entry_id);
  return assignEntry(tx, entry_id, [], [{ ...part, amount: formatMoney(amount, currency) }], given);
}

/** Above what amount or write-off the person's word is not enough; null within the limits. */
async function whySecondPerson(tx: Tx, person: Person, entry_id: bigint, item: ReviewItem | undefined, act: EntryAct): Promise<{ text: string; item: Pick<ReviewItem, 'amount' | 'currency' | 'decision_id'> } | null> {
  const entry = item ?? await loadEntry(tx, entry_id);
  const { currency } = entry;
  const limit = limitOf(person, currency);
  const amount = entry.amount < 0n ? -entry.amount : entry.amount;
  const money = (minor: bigint): string => `${formatMoney(minor, currency)} ${currency}`;
  if (amount > limit.amount) return { text: `above ${money(limit.amount)} a second person decides with ${person.user_id}`, item: entry };
  if (act.kind !== 'assign' || item === undefined) return null;
  const { let_go, unstated } = await letGoOf(tx, item, act);
  if (unstated !== undefined) return { text: `how much ${unstated} the entry settles is not what the bank has said`, item: entry };
  for (const [of, sum] of let_go) {
    const { write_off } = limitOf(person, of);
    if (sum > write_off) return { text: `differences of ${formatMoney(sum, of)} ${of} are above the ${formatMoney(write_off, of)} ${of} that ${person.user_id} may let go alone`, item: entry };
  }
  return null;
}

/**
 * What an allocation by hand lets go of, by currency: write-offs, charges, discounts beyond what was agreed, and ledger parts against the
 * entry's sign, by which invoices are settled with money that did not come. `unstated` is another currency, of which the person and not the
 * bank says how much is settled.
 */
async function letGoOf(tx: Tx, item: ReviewItem, { invoices, ledger }: Extract<EntryAct, { kind: 'assign' }>): Promise<{ let_go: Map<string, bigint>; unstated: string | undefined }> {
  const let_go = new Map<string, bigint>();
  // What is no amount is refused when the act is run.
  const minor = (text: string | undefined, currency: string): bigint => (text === undefined ? 0n : parseMoney(text, currency) ?? 0n);
  const add = (currency: string, sum: bigint): unknown => sum > 0n && let_go.set(currency, (let_go.get(currency) ?? 0n) + sum);
  const terms = await loadInvoiceTerms(tx, item, invoices.map((part) => part.invoice_number));
  const exchanged = new Map<string, bigint>();
  for (const part of invoices) {
    const found = terms.invoices.find((one) => one.invoice_number === part.invoice_number && (part.party_id === undefined || one.party_id === part.party_id));
    const currency = found?.currency ?? item.currency;
    const beyond = minor(part.discount, currency) - (found?.agreed ?? 0n);
    add(currency, minor(part.write_off, currency) + minor(part.charges, currency) + (beyond > 0n ? beyond : 0n));
    if (currency !== item.currency) exchanged.set(currency, (exchanged.get(currency) ?? 0n) + minor(part.settled, currency));
  }
  for (const part of ledger) {
    const amount = minor(part.amount, item.currency);
    if (item.amount >= 0n !== amount >= 0n) add(item.currency, amount < 0n ? -amount : amount);
  }
  const stated = terms.instructed;
  return { let_go, unstated: [...exchanged].find(([currency, settled]) => stated?.currency !== currency || stated.amount !== settled)?.[0] };
}

interface InvoiceTerms {
  invoices: { invoice_number: string; party_id: string; currency: string; agreed: bigint | null }[];
  /** What the bank says was sent, without its sign. */
  instructed: { amount: bigint; currency: string } | null;
}

async function loadInvoiceTerms(tx: Tx, item: ReviewItem, numbers: readonly string[]): Promise<InvoiceTerms> {
  const { rows: invoices } = await sql<InvoiceTerms['invoices'][number]>`
    select invoice_number, party_id, currency, case when ${item.value_date ?? item.booking_date}::date <= coalesce(discount_until, 'infinity') then discount_amount end as agreed
      from invoice where company = ${item.company} and invoice_number = any(${numbers}::text[]) and status = 'open' order by invoice_id`.execute(tx.kysely);
  const { rows: [row] } = await sql<{ amount: string | null; currency: string | null }>`
    select ltrim(more -> 'instructed' ->> 'amount', '-') as amount, more -> 'instructed' ->> 'currency' as currency from entry where entry_id = ${item.entry_id}`.execute(tx.kysely);
  return { invoices, instructed: row?.amount != null && row.currency !== null ? { amount: BigInt(row.amount), currency: row.currency } : null };
}

function describeAct(act: EntryAct, { currency }: { currency: string }): string {
  switch (act.kind) {
    case 'accept': return `accept suggestion ${act.suggestion}`;
    case 'assign': return [...act.invoices.map((part) => `${part.invoice_number} ${part.amount}`), ...act.ledger.map((part) => `${part.account} ${part.amount}`)].join(' + ') + ` ${currency}`;
    case 'on_account': return `put on account of ${act.party_id}`;
    case 'ledger_account': return `post to ${act.account}`;
    case 'not_ours': return 'set aside as not ours';
    case 'undo': return `undo: ${act.reason}`;
  }
}

/**
 * Two people do not do the same item: what somebody has claimed is theirs. What has moved on is refused before the company is locked, so
 * that of many who want the same item only the first makes others wait; the act itself looks again, under the lock.
 */
function requireCurrent(item: ReviewItem, person: Person, version: number | undefined): void {
  if (version !== undefined && version !== item.version) {
    throw new Failure('stale', `entry ${item.entry_id} has changed since it was shown (version ${item.version}, not ${version}): ${item.explanation}`);
  }
  if (item.state === 'open' && item.assignee !== null && item.assignee !== person.user_id) {
    throw new Failure('stale', `entry ${item.entry_id} is ${item.assignee}'s by now; ask them, or have it released`);
  }
}

async function companyOf(tx: Tx, entry_id: bigint): Promise<string> {
  const row = await tx.kysely.selectFrom('decision').select('company').where('entry_id', '=', entry_id).where('superseded_by', 'is', null).executeTakeFirst();
  if (!row) throw notThere(entry_id);
  return row.company;
}

async function loadEntry(tx: Tx, entry_id: bigint): Promise<Pick<ReviewItem, 'amount' | 'currency' | 'decision_id'>> {
  const row = await tx.kysely.selectFrom('entry').innerJoin('decision', 'decision.entry_id', 'entry.entry_id').select(['amount', 'currency', 'decision_id'])
    .where('entry.entry_id', '=', entry_id).where('superseded_by', 'is', null).executeTakeFirst();
  if (!row) throw notThere(entry_id);
  return row;
}

function notThere(entry_id: bigint): Failure {
  return new Failure('not_found', `there is no entry ${entry_id} to act on`);
}
