import { sql } from 'kysely';
import { counted } from '../core/counted.ts';
import { listEquals, pairWithBooks } from '../core/entry-identity.ts';
import { Failure } from '../core/failure.ts';
import { formatMoney } from '../core/money.ts';
import { loadBookedIdentities, loadIdentities, loadTexts } from '../ledger/bank-entries.ts';
import { postJournalEntries, type JournalEntryDraft } from '../ledger/journal.ts';
import { allocateIds, openChain } from '../ledger/log.ts';
import { copyRows } from '../platform/copy.ts';
import type { Tx } from '../platform/database.ts';
import { lockCompany, takeBack, type Act } from './acts.ts';

/**
 * A statement that the bank has issued again, with other entries: it is quarantined with its differences, and a person may accept it in
 * place of the one on the books.
 */

/** An entry of either statement. Amounts are minor units. */
export interface ReissueLine {
  change: 'same' | 'dropped' | 'added';
  entry_id: bigint;
  booking_date: string;
  amount: bigint;
  currency: string;
  counterparty_name: string | null;
  remittance: string | null;
}

export interface QuarantinedStatement {
  statement_id: bigint;
  document_id: bigint;
  document: string;
  company: string;
  account: string;
  account_id: number;
  currency: string;
  from_date: string | null;
  to_date: string | null;
  opening: bigint | null;
  closing: bigint | null;
  failed_check: string | null;
  /** The statement on the books of which it is another issue; null for what was quarantined for another reason. */
  replaces: bigint | null;
  /** How many other statements share its document. */
  others: number;
}

const COLUMNS = sql`
  s.statement_id, s.document_id, d.path as document, s.company, a.account, s.account_id, s.currency, s.from_date, s.to_date, s.opening, s.closing, d.failed_check,
  coalesce(old.replaced_by, old.statement_id) as replaces, (select count(*)::int from statement o where o.document_id = s.document_id and o.statement_id <> s.statement_id) as others
  from statement s join document d using (document_id) join account a using (account_id) left join statement old on old.statement_id = s.reissue_of`;

/** The statements that failed a control and are off the books, the newest first. */
export async function listQuarantined(tx: Pick<Tx, 'kysely'>): Promise<QuarantinedStatement[]> {
  const { rows } = await sql<QuarantinedStatement>`select ${COLUMNS} where s.state = 'quarantined' order by s.statement_id desc`.execute(tx.kysely);
  return rows;
}

/** One of them, with its differences to the statement on the books that it is another issue of; none for others. Throws not_found. */
export async function loadReissue(tx: Pick<Tx, 'kysely'>, statement_id: bigint): Promise<{ statement: QuarantinedStatement; lines: ReissueLine[] }> {
  const { rows: [statement] } = await sql<QuarantinedStatement>`select ${COLUMNS} where s.statement_id = ${statement_id} and s.state = 'quarantined'`.execute(tx.kysely);
  if (!statement) throw new Failure('not_found', `there is no quarantined statement ${statement_id}; tieout quarantine list shows them`);
  if (statement.replaces === null) return { statement, lines: [] };
  const { same, added, dropped } = await compare(tx, statement);
  const changes = new Map<bigint, ReissueLine['change']>([...same.map(([entry_id]) => [entry_id, 'same'] as const), ...added.map((entry_id) => [entry_id, 'added'] as const), ...dropped.map((entry_id) => [entry_id, 'dropped'] as const)]);
  const { rows } = await sql<Omit<ReissueLine, 'change'>>`
    select entry_id, booking_date, amount, currency, counterparty_name, remittance from entry
     where entry_id = any(${[...changes.keys()].map(String)}::bigint[]) order by booking_date, entry_id`.execute(tx.kysely);
  return { statement, lines: rows.map((row) => ({ change: changes.get(row.entry_id)!, ...row })) };
}

interface Difference { same: [entry_id: bigint, on_books: bigint][]; added: bigint[]; dropped: bigint[] }

async function compare(tx: Pick<Tx, 'kysely'>, { statement_id, account_id, from_date, to_date, replaces }: QuarantinedStatement): Promise<Difference> {
  const own = await loadIdentities(tx, statement_id);
  const on_books = await loadBookedIdentities(tx, account_id, from_date!, to_date!);
  const pairs = pairWithBooks(own, on_books, await loadTexts(tx, listEquals(own, on_books)));
  const paired = new Set(pairs.values());
  return {
    same: own.flatMap(({ entry_id }): [bigint, bigint][] => (pairs.get(entry_id) ? [[entry_id, pairs.get(entry_id)!]] : [])),
    added: own.filter(({ entry_id }) => !pairs.get(entry_id)).map(({ entry_id }) => entry_id),
    dropped: on_books.filter((entry) => entry.statement_id === replaces && !paired.has(entry.entry_id)).map(({ entry_id }) => entry_id),
  };
}

/**
 * Takes the statement onto the books in place of the one there: what that has and this lacks is reversed, with all that was made of it; what
 * this adds is posted to unallocated and looked at by the rules in the next run; what both have stays as it is. Throws invalid_input where
 * the books after it would not follow or another statement on them still lists what it drops, and stale when the books have moved on.
 */
export async function acceptReissue(tx: Tx, statement_id: bigint, reason: string, act: Act): Promise<{ added: number; dropped: number }> {
  const { statement: { company } } = await loadReissue(tx, statement_id);
  await lockCompany(tx, company);
  const { statement } = await loadReissue(tx, statement_id);
  const old = await replacedBy(tx, statement);
  const { same, added, dropped } = await compare(tx, statement);
  const { currency } = statement;

  const dropped_leaves = await leavesOf(tx, dropped);
  const { rows: [returned] } = await sql<{ entry_id: bigint; by: bigint }>`
    select d.entry_id, r.entry_id as by from decision d join decision r on r.returns = d.decision_id and r.superseded_by is null
     where d.decision_id = any(${dropped_leaves.map((leaf) => String(leaf.decision_id))}::bigint[]) limit 1`.execute(tx.kysely);
  if (returned) throw new Failure('invalid_input', `entry ${returned.entry_id}, which this issue drops, was returned by the bank with entry ${returned.by}; undo that first`);
  const { rows: [listed] } = await sql<{ entry_id: bigint; statement_id: bigint; document: string }>`
    select d.duplicate_of as entry_id, s.statement_id, c.path as document from decision d join entry e on e.entry_id = d.entry_id join statement s using (statement_id) join document c on c.document_id = s.document_id
     where d.duplicate_of = any(${dropped.map(String)}::bigint[]) and d.superseded_by is null and s.state = 'accepted' limit 1`.execute(tx.kysely);
  if (listed) throw new Failure('invalid_input', `entry ${listed.entry_id}, which this issue drops, stands in statement ${listed.statement_id} (${listed.document}) as well, which is on the books; ask the bank which of the two holds, and for the other again`);
  const decided = dropped_leaves.filter((leaf) => leaf.outcome === 'auto' || leaf.outcome === 'manual');
  if (decided.length > 0) await takeBack(tx, company, decided.map((leaf) => leaf.decision_id), `the bank has issued the statement again without it: ${reason}`, act);

  const chain = await openChain(tx);
  const [seq] = await chain.append([{
    company, run_id: null, actor: act.user, action: 'accept_reissue', entry_id: null, decision_id: null,
    payload: {
      statement_id: String(statement_id), replaces: String(old.statement_id), reason, added: added.map(String), dropped: dropped.map(String), same: same.length,
      ...(act.approved_by !== undefined && { approved_by: act.approved_by }),
    },
  }]);
  const taken = await leavesOf(tx, dropped);
  const brought = await leavesOf(tx, added);
  const by_line = new Map(same);
  const repeated = (await leavesOf(tx, same.map(([entry_id]) => entry_id))).map((leaf) => ({ leaf, of: by_line.get(leaf.booking_id)! }));
  const pending = await pendingLeavesOf(tx, statement_id);
  await decide(tx, company, act, seq!, [
    ...taken.map((leaf) => ({ leaf, outcome: 'quarantined' as const, decided_by: act.user, reason: 'dropped_by_reissue', explanation: 'The bank has issued the statement again without this entry.', failed_check: 'reissued' })),
    ...brought.map((leaf) => ({ leaf, outcome: 'review' as const, decided_by: 'rule', reason: 'added_by_reissue', explanation: 'The bank has issued the statement again with this entry.' })),
    ...repeated.map(({ leaf, of }) => ({ leaf, outcome: 'duplicate' as const, decided_by: 'rule', reason: 'already_on_the_books', explanation: 'The same bank entry is already on the books.', duplicate_of: of })),
    ...pending.map((leaf) => ({ leaf, outcome: 'pending' as const, decided_by: 'rule', reason: 'not_yet_booked', explanation: 'The bank has announced the entry and not booked it; it is decided when a booked statement brings it.' })),
  ]);
  const bank = (leaf: Leaf, amount: bigint) => ({ account: leaf.ledger_account, account_id: statement.account_id, amount, currency });
  await postJournalEntries(tx, seq!, [
    ...taken.map((leaf): JournalEntryDraft => ({
      company, kind: 'withdrawn', booking_date: leaf.booking_date, entry_id: leaf.entry_id,
      lines: [{ account: leaf.outcome === 'suspense' ? 'suspense' : 'unallocated', amount: leaf.amount, currency }, bank(leaf, -leaf.amount)],
    })),
    ...brought.map((leaf): JournalEntryDraft => ({
      company, kind: 'bank_entry', booking_date: leaf.booking_date, entry_id: leaf.entry_id,
      lines: [bank(leaf, leaf.amount), { account: 'unallocated', amount: -leaf.amount, currency }],
    })),
  ]);
  await sql`update review_item set state = 'done', closed_at = now(), version = version + 1 where entry_id = any(${taken.map((leaf) => String(leaf.entry_id))}::bigint[])`.execute(tx.kysely);
  await sql`
    insert into review_item (entry_id, company, decision_id, reason) select entry_id, company, decision_id, reason from decision
     where entry_id = any(${brought.map((leaf) => String(leaf.entry_id))}::bigint[]) and superseded_by is null order by entry_id`.execute(tx.kysely);
  // The one that speaks for the days from now on; what stood in for a gap before them stays with it.
  await sql`update statement set state = 'replaced', replaced_by = ${statement_id} where statement_id = ${old.statement_id} or replaced_by = ${old.statement_id}`.execute(tx.kysely);
  await sql`update statement set state = 'accepted', log_seq = ${seq!}, gap_before = ${old.gap_before} where statement_id = ${statement_id}`.execute(tx.kysely);
  await sql`update document set state = 'reconciled', failed_check = null where document_id = ${statement.document_id}`.execute(tx.kysely);
  await sql`update company set books_version = books_version + 1 where company = ${company}`.execute(tx.kysely);
  await chain.close();
  return { added: brought.length, dropped: taken.length };
}

interface OldStatement { statement_id: bigint; opening: bigint | null; closing: bigint | null; gap_before: bigint | null; is_last: boolean }

/** The statement that it may stand in for; throws where it may not. */
async function replacedBy(tx: Tx, statement: QuarantinedStatement): Promise<OldStatement> {
  const { statement_id, replaces, others, currency } = statement;
  if (replaces === null) throw new Failure('invalid_input', `statement ${statement_id} failed ${statement.failed_check} and is no other issue of one on the books; only such can be accepted`);
  if (others > 0) throw new Failure('invalid_input', `its document has ${counted(others, 'other statement')}, off the books with it; ask the bank for this statement alone`);
  const { rows: [old] } = await sql<OldStatement>`
    select s.statement_id, s.opening, s.closing, s.gap_before, not exists (select from statement later where later.account_id = s.account_id and later.state = 'accepted'
             and (later.to_date, later.from_date, later.log_seq) > (s.to_date, s.from_date, s.log_seq)) as is_last
      from statement s where statement_id = ${replaces} and state = 'accepted'`.execute(tx.kysely);
  if (!old) throw new Failure('stale', `the statement that it would replace is on the books no longer`);
  const money = (minor: bigint | null): string => (minor === null ? 'nothing' : `${formatMoney(minor, currency)} ${currency}`);
  if (statement.opening !== old.opening) throw new Failure('invalid_input', `it opens with ${money(statement.opening)}, the one on the books with ${money(old.opening)}: the statements before it would not lead to it`);
  if (!old.is_last && statement.closing !== old.closing) {
    throw new Failure('invalid_input', `it closes with ${money(statement.closing)}, and the statements on the books after it continue with ${money(old.closing)}; ask the bank for these again, too`);
  }
  return old;
}

interface Leaf { entry_id: bigint; booking_id: bigint; decision_id: bigint; outcome: string; amount: bigint; booking_date: string; ledger_account: string }

/** The leaves of bookings, the details of a batch, with what stands of each. */
async function leavesOf(tx: Tx, booking_ids: readonly bigint[]): Promise<Leaf[]> {
  const { rows } = await sql<Leaf>`
    select leaf.entry_id, e.entry_id as booking_id, d.decision_id, d.outcome, leaf.amount, leaf.booking_date, a.ledger_account
      from entry e join entry leaf on leaf.statement_id = e.statement_id and leaf.line = e.line and leaf.is_leaf
      join decision d on d.entry_id = leaf.entry_id and d.superseded_by is null join account a on a.account_id = e.account_id
     where e.entry_id = any(${booking_ids.map(String)}::bigint[]) order by leaf.entry_id`.execute(tx.kysely);
  return rows;
}

async function pendingLeavesOf(tx: Tx, statement_id: bigint): Promise<Leaf[]> {
  const { rows } = await sql<Leaf>`
    select e.entry_id, e.entry_id as booking_id, d.decision_id, d.outcome, e.amount, e.booking_date, a.ledger_account
      from entry e join decision d on d.entry_id = e.entry_id and d.superseded_by is null join account a on a.account_id = e.account_id
     where e.statement_id = ${statement_id} and e.is_leaf and e.status <> 'booked' order by e.entry_id`.execute(tx.kysely);
  return rows;
}

interface NewDecision {
  leaf: Leaf; outcome: 'quarantined' | 'review' | 'duplicate' | 'pending'; decided_by: string; reason: string; explanation: string; failed_check?: string; duplicate_of?: bigint;
}

const DECISION_COLUMNS = ['decision_id', 'entry_id', 'company', 'outcome', 'decided_by', 'approved_by', 'reason', 'explanation', 'failed_check', 'duplicate_of', 'log_seq', 'suggestions', 'supersedes'] as const;

async function decide(tx: Tx, company: string, act: Act, log_seq: bigint, decisions: readonly NewDecision[]): Promise<void> {
  if (decisions.length === 0) return;
  const ids = await allocateIds(tx, 'decision_decision_id_seq', decisions.length);
  await sql`
    update decision d set superseded_by = u.later
      from unnest(${decisions.map(({ leaf }) => String(leaf.decision_id))}::bigint[], ${ids.map(String)}::bigint[]) u(earlier, later) where d.decision_id = u.earlier`.execute(tx.kysely);
  await copyRows(tx.client, 'decision', DECISION_COLUMNS, decisions.map(({ leaf, outcome, decided_by, reason, explanation, failed_check, duplicate_of }, i) => [
    ids[i], leaf.entry_id, company, outcome, decided_by, act.approved_by ?? null, reason, explanation, failed_check ?? null, duplicate_of ?? null, log_seq,
    outcome === 'review' ? '[]' : null, leaf.decision_id,
  ]));
}
