import { sql } from 'kysely';
import type { Tx } from '../platform/database.ts';

/** A sum that must hold and does not: which, where, and both sides in minor units. */
export interface Violation {
  invariant: string;
  detail: string;
}

/**
 * What must always hold of the books (docs/accounting.md), each as one set-based query that gives the violations.
 * These compare sums that are kept, and are cheap enough to run after every batch; `listDeepViolations` adds the lines up anew.
 */
const INVARIANTS: Readonly<Record<string, string>> = {
  'bank in the ledger = closing balance of the last accepted statement': `
    select a.company, format('%s: ledger %s, statement %s %s', a.account, coalesce(b.balance, 0), last.closing, last.currency) as detail
      from account a
      join lateral (select s.closing, s.currency from statement s where s.account_id = a.account_id and s.state = 'accepted' and s.to_date is not null
                     order by s.to_date desc, s.from_date desc, s.log_seq desc limit 1) last on last.closing is not null
      left join (select account_id, currency, sum(balance) as balance from ledger_balance group by 1, 2) b on b.account_id = a.account_id and b.currency = last.currency
     where coalesce(b.balance, 0) <> last.closing`,
  'control account = sum of the open items behind it': `
    select company, format('%s %s %s: ledger %s, open items %s', company, account, currency, coalesce(ledger, 0), coalesce(items, 0)) as detail
      from (select company, account, currency, sum(balance) as ledger from ledger_balance where account in ('receivables', 'payables') group by 1, 2, 3) l
      full join (select i.company, case when i.kind in ('receivable', 'credit_note') then 'receivables' else 'payables' end as account, i.currency,
                        sum(case when i.kind in ('receivable', 'debit_note') then o.open else -o.open end) as items
                   from open_item o join invoice i using (invoice_id) group by 1, 2, 3) o using (company, account, currency)
     where coalesce(ledger, 0) <> coalesce(items, 0)`,
  'unallocated = sum of the entries in review': `
    select company, format('%s %s: ledger %s, entries in review %s', company, currency, coalesce(ledger, 0), coalesce(items, 0)) as detail
      from (select company, currency, -sum(balance) as ledger from ledger_balance where account = 'unallocated' group by 1, 2) l
      full join (select d.company, e.currency, sum(e.amount) as items
                   from review_item r join decision d using (decision_id) join entry e on e.entry_id = r.entry_id
                  where r.state = 'open' and d.outcome = 'review' group by 1, 2) r using (company, currency)
     where coalesce(ledger, 0) <> coalesce(items, 0)`,
  'suspense = sum of the entries in it': `
    select company, format('%s %s: ledger %s, entries %s', company, currency, coalesce(ledger, 0), coalesce(items, 0)) as detail
      from (select company, currency, -sum(balance) as ledger from ledger_balance where account = 'suspense' group by 1, 2) l
      full join (select d.company, e.currency, sum(e.amount) as items
                   from review_item r join decision d using (decision_id) join entry e on e.entry_id = r.entry_id
                  where r.state = 'open' and d.outcome = 'suspense' group by 1, 2) r using (company, currency)
     where coalesce(ledger, 0) <> coalesce(items, 0)`,
};

const DEEP_INVARIANTS: Readonly<Record<string, string>> = {
  'every journal entry balances': `
    select format('journal entry %s is off by %s %s', journal_entry_id, sum(amount), currency) as detail
      from journal_line group by journal_entry_id, currency having sum(amount) <> 0`,
  'every journal entry balances in the functional currency': `
    select format('journal entry %s is off by %s in the functional currency', journal_entry_id, sum(base_amount)) as detail
      from journal_line group by journal_entry_id having sum(base_amount) <> 0`,
  'what is on account is of a party': `
    select format('journal entry %s has a line on_account without a party', journal_entry_id) as detail from journal_line where account = 'on_account' and party_id is null`,
  'fx_clearing is zero in the functional currency': `
    select format('journal entry %s leaves %s', journal_entry_id, sum(base_amount)) as detail
      from journal_line where account = 'fx_clearing' group by journal_entry_id having count(*) = count(base_amount) and sum(base_amount) <> 0`,
  'kept balances = sum of the lines': `
    select format('%s %s %s: kept %s, lines %s', company, account, currency, coalesce(kept, 0), coalesce(lines, 0)) as detail
      from (select company, account, account_id, currency, balance as kept from ledger_balance) b
      full join (select e.company, l.account, coalesce(l.account_id, 0) as account_id, l.currency, sum(l.amount) as lines
                   from journal_line l join journal_entry e using (journal_entry_id) group by 1, 2, 3, 4) l using (company, account, account_id, currency)
     where coalesce(kept, 0) <> coalesce(lines, 0)`,
  'every leaf of a decided document has exactly one standing decision': `
    select format('entry %s has %s standing decisions', e.entry_id, count(d.decision_id)) as detail
      from entry e join document c using (document_id)
      left join decision d on d.entry_id = e.entry_id and d.superseded_by is null
     where e.is_leaf and c.state in ('reconciled', 'quarantined') group by e.entry_id having count(d.decision_id) <> 1`,
  'the control account holds each open amount, invoice by invoice': `
    select format('invoice %s: ledger %s, open %s', i.invoice_number, coalesce(l.balance, 0), o.open) as detail
      from open_item o join invoice i using (invoice_id)
      left join (select invoice_id, sum(amount) as balance from journal_line where account in ('receivables', 'payables') group by 1) l using (invoice_id)
     where coalesce(l.balance, 0) <> case when i.kind in ('receivable', 'debit_note') then o.open else -o.open end`,
};

/** More than this of one invariant says no more, and would fill a screen. */
const MAX_PER_INVARIANT = 20;

/** The violations of the books as they stand, none when all is well; of all companies, or of one. */
export function listViolations(tx: Pick<Tx, 'kysely'>, company?: string): Promise<Violation[]> {
  return list(tx, INVARIANTS, company);
}

/** The same and every sum added up from the lines: as long as the ledger, for `tieout doctor`. */
export async function listDeepViolations(tx: Pick<Tx, 'kysely'>): Promise<Violation[]> {
  return [...await list(tx, INVARIANTS), ...await list(tx, DEEP_INVARIANTS)];
}

async function list(tx: Pick<Tx, 'kysely'>, invariants: Readonly<Record<string, string>>, company?: string): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const [invariant, query] of Object.entries(invariants)) {
    const { rows } = await sql<{ detail: string }>`
      select detail from (${sql.raw(query)}) violation ${company === undefined ? sql`` : sql`where company = ${company}`} limit ${MAX_PER_INVARIANT}`.execute(tx.kysely);
    for (const { detail } of rows) violations.push({ invariant, detail });
  }
  return violations;
}
