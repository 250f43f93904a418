import { sql } from 'kysely';
import { canonicalJson, type Json } from '../core/canonical-json.ts';
import { formatMoney } from '../core/money.ts';
import { loadChart } from '../exports/chart.ts';
import type { CsvColumn } from '../exports/csv.ts';
import { formatRows } from '../exports/stream.ts';
import { streamPages } from '../platform/cursor.ts';
import type { Database, Tx } from '../platform/database.ts';
import { KEPT_ACCOUNTS } from '../review/acts.ts';
import type { Suggestion } from '../review/items.ts';
import { seenBy, type Person } from '../review/person.ts';
import { groupQueue, listQueue, loadQueueRow, queueQuery, type QueueFilter, type QueueRow } from '../review/queue.ts';
import type { Handlers } from './context.ts';
import { commentsOf, explainRecord, invoicePartOf, loadRecords, loadStory, logEntryOf, type Explained } from './story.ts';
import type { EarlierPayment, ItemDetail, ItemSummary, OpenItem, SuggestionView } from './schemas.ts';
import { loadSource } from './source.ts';
import { sendStream } from './stream.ts';

type Names = 'listItems' | 'groupItems' | 'exportItems' | 'showItem' | 'showSource' | 'showStory' | 'listOpenItems' | 'listParties' | 'listLedgerAccounts';

// What helps to recognise a payer; more is the log's.
const EARLIER_PAYMENTS = 20;
// An account's last entries are looked through by the payer's account: some 20 ms.
const SEARCHED_ENTRIES = 20_000;
const SHOWN_OPEN_ITEMS = 200;
// Enough to compare the account of a payment with; a factor has thousands.
const SHOWN_ACCOUNTS = 20;

export const ITEM_HANDLERS: Handlers<Names> = {
  listItems: async ({ db }, { query, principal }) => {
    const { rows, total, next_cursor } = await listQueue(db, principal, query, query);
    return { items: rows.map(summaryOf), total, next_cursor };
  },
  groupItems: async ({ db }, { query, principal }) => {
    const groups = await groupQueue(db, principal, query);
    return { groups, total: groups.reduce((sum, group) => sum + group.count, 0) };
  },
  exportItems: async (context, { query, principal, reply }) => sendStream(context, reply, `queue.${query.format}`, query.format, (tx) =>
    formatRows(pagesOf(tx, principal, query), query.format, CSV_COLUMNS)),
  showItem: async ({ db }, { params, principal }) => loadItem(db, principal, BigInt(params.entry_id)),
  showSource: async ({ db }, { params, principal }) => loadSource(db, principal, BigInt(params.entry_id)),
  showStory: async ({ db }, { params, principal }) => loadStory(db, principal, BigInt(params.entry_id)),
  listOpenItems: async ({ db }, { query, principal }) => {
    const like = query.search === undefined ? null : likeOf(query.search);
    const items = await loadOpenItems(db, principal, sql`(${query.company ?? null}::text is null or i.company = ${query.company ?? null}) and (${query.party_id ?? null}::text is null or i.party_id = ${query.party_id ?? null})
      and (${query.currency ?? null}::text is null or i.currency = ${query.currency ?? null})
      and (${like}::text is null or i.invoice_number ilike ${like} or i.payment_reference ilike ${like} or i.party_id ilike ${like} or p.name ilike ${like})`, query.limit);
    return { items, total: items.length };
  },
  listParties: async ({ db }, { query, principal }) => {
    const like = likeOf(query.search);
    const { rows } = await sql<{ party_id: string; name: string; kind: 'customer' | 'supplier'; country: string | null; open_count: number }>`
      select p.party_id, p.name, p.kind, p.country, (select count(*)::int from open_item o where o.party_id = p.party_id and o.open > 0 and ${seenBy(principal, 'o.company')}) as open_count
        from party p where (p.name ilike ${like} or p.party_id ilike ${like} or exists (select from party_name n where n.party_id = p.party_id and n.name ilike ${like}))
         and (${principal.companies === null} or exists (select from invoice i where i.party_id = p.party_id and ${seenBy(principal, 'i.company')}))
       order by p.name limit ${query.limit}`.execute(db.kysely);
    return { items: rows };
  },
  listLedgerAccounts: async ({ config }) => ({
    items: Object.entries(loadChart(config.rules_folder)).filter(([account]) => !KEPT_ACCOUNTS.has(account)).map(([account, { number, name }]) => ({ account, number, name })),
  }),
};

function likeOf(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}

/** One item as the list shows it. */
export function summaryOf(row: QueueRow): ItemSummary {
  const { best, sort_key: _sort_key, entry_id, amount, currency, approval_id, ...rest } = row;
  return {
    ...rest, entry_id: String(entry_id), amount: formatMoney(amount, currency), currency, approval_id: approval_id === null ? null : String(approval_id),
    best_suggestion: best === null ? null : describeSuggestion(best, amount, currency),
  };
}

function describeSuggestion({ allocations, ledger_account, reverses_decision_id }: Suggestion, whole: bigint, currency: string): string {
  if (reverses_decision_id) return 'take back the returned payment';
  if (allocations.length === 0) return ledger_account ?? 'none of ours';
  if (allocations.length === 1 && BigInt(allocations[0]!.amount) === whole) return allocations[0]!.invoice_number;
  const shown = allocations.slice(0, 3).map((part) => `${part.invoice_number} ${formatMoney(BigInt(part.amount), currency)} ${currency}`).join(' + ');
  return allocations.length > 3 ? `${shown} and ${allocations.length - 3} more` : shown;
}

async function* pagesOf(tx: Tx, person: Person, filter: QueueFilter): AsyncGenerator<ItemSummary[]> {
  for await (const page of streamPages(tx, queueQuery(person, filter))) yield page.map(summaryOf);
}

const PLAIN = ['entry_id', 'state', 'outcome', 'priority', 'deferred_until', 'version', 'opened_at', 'age_days', 'booking_date', 'value_date', 'amount', 'currency', 'suggestion_count', 'approval_id'] as const;
const SAID = ['company', 'reason', 'explanation', 'rule_id', 'owner', 'account', 'counterparty_name', 'counterparty_account', 'party_id', 'party_name', 'remittance', 'best_suggestion'] as const;
const CSV_COLUMNS: readonly CsvColumn<ItemSummary>[] = [
  ...PLAIN.map((name): CsvColumn<ItemSummary> => ({ name, kind: 'plain', value: (row) => row[name] })),
  ...SAID.map((name): CsvColumn<ItemSummary> => ({ name, kind: 'text', value: (row) => row[name] })),
];

interface EntryRow {
  decision_id: bigint; suggestions: Suggestion[] | null; document_id: bigint; path: string; format: string; statement_id: bigint; bank_statement_id: string | null; line: number; detail: number | null; account_id: number;
  end_to_end_id: string | null; bank_reference: string | null; mandate_id: string | null; structured_reference: string | null; return_reason: string | null; more: Record<string, unknown>;
}

async function loadItem(db: Database, person: Person, entry_id: bigint): Promise<ItemDetail> {
  const row = await loadQueueRow(db, person, entry_id);
  const { rows: [entry] } = await sql<EntryRow>`
    select r.decision_id, d.suggestions, e.document_id, c.path, s.format, e.statement_id, s.bank_statement_id, e.line, e.detail, e.account_id, e.end_to_end_id, e.bank_reference, e.mandate_id,
           e.structured_reference, e.return_reason, e.more
      from review_item r join decision d using (decision_id) join entry e on e.entry_id = r.entry_id join statement s using (statement_id) join document c on c.document_id = e.document_id
     where r.entry_id = ${entry_id}`.execute(db.kysely);
  const records = await loadRecords(db, entry_id);
  const decided = records.findLast((record) => record.action === 'decide');
  const explained = decided ? explainRecord(decided) : null;
  const suggestions = await viewSuggestions(db, row, entry!.suggestions ?? [], explained);
  const party_id = row.party_id ?? suggestions.flatMap((one) => one.invoices)[0]?.party_id ?? null;
  const party = party_id === null ? undefined : await db.kysely.selectFrom('party').select(['party_id', 'name', 'country']).where('party_id', '=', party_id).executeTakeFirst();
  const accounts = party_id === null ? [] : await db.kysely.selectFrom('party_account').select('account').where('party_id', '=', party_id).orderBy('account').limit(SHOWN_ACCOUNTS).execute();
  const { document_id, path, format, statement_id, bank_statement_id, line, detail } = entry!;
  return {
    ...summaryOf(row), decision_id: String(entry!.decision_id),
    document: { document_id: String(document_id), path, format, statement_id: String(statement_id), bank_statement_id, line, detail },
    end_to_end_id: entry!.end_to_end_id, bank_reference: entry!.bank_reference, mandate_id: entry!.mandate_id, structured_reference: entry!.structured_reference, return_reason: entry!.return_reason, more: entry!.more,
    facts: explained ? { ...explained.evidence.facts } : null, suggestions, refused: explained?.evidence.refused ?? [], party: party ? { ...party, accounts: accounts.map((one) => one.account) } : null,
    open_items: party_id === null ? [] : await loadOpenItems(db, person, sql`i.company = ${row.company} and i.party_id = ${party_id}`, SHOWN_OPEN_ITEMS),
    earlier_payments: await loadEarlier(db, row, party_id, entry!.account_id), comments: await commentsOf(db, entry_id), log: records.map(logEntryOf),
  };
}

async function viewSuggestions(db: Database, row: QueueRow, suggestions: readonly Suggestion[], explained: Explained | null): Promise<SuggestionView[]> {
  const ids = [...new Set(suggestions.flatMap((one) => one.allocations.map((part) => part.invoice_id)))];
  const { rows } = await sql<{ invoice_id: bigint; open: bigint; status: string }>`select o.invoice_id, o.open, i.status from open_item o join invoice i using (invoice_id) where o.invoice_id = any(${ids}::bigint[])`.execute(db.kysely);
  const open = new Map(rows.map((one) => [String(one.invoice_id), one]));
  const returned = suggestions.flatMap((one) => (one.reverses_decision_id === null ? [] : [one.reverses_decision_id]));
  const { rows: entries } = await sql<{ decision_id: bigint; entry_id: bigint }>`select decision_id, entry_id from decision where decision_id = any(${returned}::bigint[])`.execute(db.kysely);
  return suggestions.map((one, i) => {
    const known = explained?.candidates.find(({ candidate }) => candidate.ledger_account === one.ledger_account && candidate.reverses_decision_id === one.reverses_decision_id
      && canonicalJson(candidate.allocations as unknown as Json) === canonicalJson(one.allocations as unknown as Json));
    const against: SuggestionView['against'] = known ? [...known.against] : [];
    for (const part of one.allocations) {
      const now = open.get(part.invoice_id);
      const closes = BigInt(part.settled) + BigInt(part.discount) + BigInt(part.charges) + BigInt(part.withholding);
      if (now === undefined || now.status !== 'open') against.unshift({ code: 'not_open', text: `${part.invoice_number} is ${now?.status ?? 'gone'} by now` });
      else if (closes > now.open) against.unshift({ code: 'open_amount_changed', text: `${part.invoice_number} has only ${formatMoney(now.open, part.currency)} ${part.currency} open by now` });
    }
    const entry = entries.find((two) => String(two.decision_id) === one.reverses_decision_id);
    const rest = row.amount - one.allocations.reduce((sum, part) => sum + BigInt(part.amount), 0n);
    return {
      number: i + 1, kind: one.reverses_decision_id !== null ? 'return' : one.allocations.length > 0 ? 'invoices' : one.ledger_account !== null ? 'ledger_account' : 'not_ours',
      invoices: one.allocations.map((part) => invoicePartOf(part, row.currency)), ledger_account: one.ledger_account, returned_entry_id: entry ? String(entry.entry_id) : null,
      rest: formatMoney(one.allocations.length > 0 ? rest : 0n, row.currency), score: one.score / 1000, reasons: one.reasons, against, facts: known ? { ...known.candidate.facts } : {},
    };
  });
}

async function loadOpenItems(db: Pick<Database, 'kysely'>, person: Person, condition: ReturnType<typeof sql>, limit: number): Promise<OpenItem[]> {
  const { rows } = await sql<Omit<OpenItem, 'invoice_id' | 'amount' | 'open' | 'discount_amount'> & { invoice_id: bigint; amount: bigint; open: bigint; discount_amount: bigint | null }>`
    select i.invoice_id, i.company, i.invoice_number, i.party_id, p.name as party_name, i.kind, i.currency, i.amount, o.open, i.issue_date, i.due_date, i.status, i.discount_amount, i.discount_until, i.payment_reference
      from open_item o join invoice i using (invoice_id) left join party p on p.party_id = i.party_id
     where o.open > 0 and i.status = 'open' and ${seenBy(person, 'i.company')} and ${condition} order by coalesce(i.due_date, i.issue_date), i.invoice_id limit ${limit}`.execute(db.kysely);
  return rows.map((row) => ({
    ...row, invoice_id: String(row.invoice_id), amount: formatMoney(row.amount, row.currency), open: formatMoney(row.open, row.currency),
    discount_amount: row.discount_amount === null ? null : formatMoney(row.discount_amount, row.currency),
  }));
}

/** What the same payer has paid before: by its account or name on this bank account, and what went to the same party. */
async function loadEarlier(db: Database, row: QueueRow, party_id: string | null, account_id: number): Promise<EarlierPayment[]> {
  const { rows } = await sql<Omit<EarlierPayment, 'entry_id' | 'amount'> & { entry_id: bigint; amount: bigint }>`
    with recent as (select entry_id, counterparty_account, counterparty_name from entry where account_id = ${account_id} and is_leaf order by booking_date desc limit ${SEARCHED_ENTRIES}),
    found as (
      select entry_id, case when counterparty_account = ${row.counterparty_account} then 'account' else 'name' end as matched_by from recent
       where counterparty_account = ${row.counterparty_account} or counterparty_name = ${row.counterparty_name}
      union all
      (select d.entry_id, 'party' from open_item o join allocation a using (invoice_id) join decision d on d.decision_id = a.decision_id and d.superseded_by is null
        where o.party_id = ${party_id} and o.company = ${row.company} order by d.entry_id desc limit ${EARLIER_PAYMENTS * 2}))
    select e.entry_id, e.booking_date, e.amount, e.currency, d.outcome, d.decided_by, e.remittance, min(f.matched_by) as matched_by,
           coalesce((select array_agg(i.invoice_number order by a.n) from allocation a join invoice i using (invoice_id) where a.decision_id = d.decision_id), '{}') as invoices
      from found f join entry e using (entry_id) join decision d on d.entry_id = e.entry_id and d.superseded_by is null
     where e.entry_id <> ${row.entry_id} and d.outcome not in ('duplicate', 'quarantined', 'pending') group by e.entry_id, d.decision_id order by e.booking_date desc, e.entry_id desc limit ${EARLIER_PAYMENTS}`.execute(db.kysely);
  return rows.map((one) => ({ ...one, entry_id: String(one.entry_id), amount: formatMoney(one.amount, one.currency) }));
}
