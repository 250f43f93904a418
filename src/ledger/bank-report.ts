import { sql } from 'kysely';
import type { Tx } from '../platform/database.ts';

/** One bank account: what the bank says, what the ledger says, and what is not yet where it belongs. Minor units. */
export interface BankPosition {
  company: string;
  account: string;
  currency: string;
  /** The closing balance of the last accepted statement and its date; null where no statement prints one. */
  statement_date: string | null;
  statement_balance: bigint | null;
  ledger_balance: bigint;
  unallocated: bigint;
  suspense: bigint;
  clearing: bigint;
  gaps: number;
  /** Days since the booking date of the oldest entry in review, at the database's date. */
  oldest_days: number | null;
  /** What is unallocated, by the age of its entries: up to 7, 30, 90 days, and older. */
  by_age: { to_7: bigint; to_30: bigint; to_90: bigint; older: bigint };
}

/** Bank in the ledger against bank on the statement, account by account. */
export async function loadBankPositions(tx: Pick<Tx, 'kysely'>): Promise<BankPosition[]> {
  const { rows } = await sql<Omit<BankPosition, 'by_age'> & BankPosition['by_age']>`
    select a.company, a.account, a.currency, last.to_date as statement_date, last.closing as statement_balance, coalesce(b.balance, 0) as ledger_balance,
           coalesce(open.review, 0)::bigint as unallocated, coalesce(open.suspense, 0)::bigint as suspense, coalesce(cleared.clearing, 0)::bigint as clearing,
           (select count(*)::int from statement s where s.account_id = a.account_id and s.state = 'accepted' and s.gap_before is not null) as gaps,
           open.oldest_days, coalesce(open.to_7, 0)::bigint as to_7, coalesce(open.to_30, 0)::bigint as to_30, coalesce(open.to_90, 0)::bigint as to_90,
           coalesce(open.older, 0)::bigint as older
      from account a
      left join lateral (select s.to_date, s.closing from statement s where s.account_id = a.account_id and s.state = 'accepted' and s.to_date is not null
             order by s.to_date desc, s.from_date desc, s.log_seq desc limit 1) last on true
      left join (select account_id, currency, sum(balance)::bigint as balance from ledger_balance group by 1, 2) b on b.account_id = a.account_id and b.currency = a.currency
      left join (select e.account_id, sum(e.amount) filter (where d.outcome = 'review') as review, sum(e.amount) filter (where d.outcome = 'suspense') as suspense,
                  max(current_date - e.booking_date) as oldest_days,
                  sum(e.amount) filter (where d.outcome = 'review' and current_date - e.booking_date <= 7) as to_7,
                  sum(e.amount) filter (where d.outcome = 'review' and current_date - e.booking_date between 8 and 30) as to_30,
                  sum(e.amount) filter (where d.outcome = 'review' and current_date - e.booking_date between 31 and 90) as to_90,
                  sum(e.amount) filter (where d.outcome = 'review' and current_date - e.booking_date > 90) as older
             from review_item r join decision d using (decision_id) join entry e on e.entry_id = r.entry_id where r.state = 'open' group by 1) open on open.account_id = a.account_id
      left join (select e.account_id, -sum(l.amount) as clearing from journal_line l join journal_entry j using (journal_entry_id) join entry e using (entry_id)
            where l.account = 'clearing' group by 1) cleared on cleared.account_id = a.account_id
     order by a.company, a.account`.execute(tx.kysely);
  return rows.map(({ to_7, to_30, to_90, older, ...position }) => ({ ...position, by_age: { to_7, to_30, to_90, older } }));
}
