import { sql } from 'kysely';
import type { EntryIdentity } from '../core/entry-identity.ts';
import type { Tx } from '../platform/database.ts';

/** The identities of a statement's booked entries, by the line they stand on. */
export async function loadIdentities(tx: Pick<Tx, 'kysely'>, statement_id: bigint): Promise<(EntryIdentity & { line: number })[]> {
  const { rows } = await sql<EntryIdentity & { line: number }>`
    select entry_id, booking_date::text as booking_date, amount, bank_reference, line from entry
     where statement_id = ${statement_id} and detail is null and status = 'booked' order by entry_id`.execute(tx.kysely);
  return rows;
}

/**
 * The identities of what is on the account's books within a period, each with the statement that speaks for it now. Not on the books are
 * entries that repeat others, and those that a statement issued again has dropped.
 */
export async function loadBookedIdentities(tx: Pick<Tx, 'kysely'>, account_id: number, from: string, to: string): Promise<(EntryIdentity & { statement_id: bigint })[]> {
  const { rows } = await sql<EntryIdentity & { statement_id: bigint }>`
    select e.entry_id, e.booking_date::text as booking_date, e.amount, e.bank_reference, coalesce(s.replaced_by, s.statement_id) as statement_id
      from entry e join statement s using (statement_id)
     where e.account_id = ${account_id} and e.booking_date between ${from} and ${to} and e.detail is null and e.status = 'booked' and s.state in ('accepted', 'replaced')
       and not exists (select from decision d join entry leaf on leaf.entry_id = d.entry_id
             where leaf.statement_id = e.statement_id and leaf.line = e.line and d.superseded_by is null and d.outcome in ('duplicate', 'quarantined'))
     order by e.entry_id`.execute(tx.kysely);
  return rows;
}

/** What these entries say: whatever is printed of the other side and of the payment. */
export async function loadTexts(tx: Pick<Tx, 'kysely'>, entry_ids: readonly bigint[]): Promise<Map<bigint, string>> {
  if (entry_ids.length === 0) return new Map();
  const { rows } = await sql<{ entry_id: bigint; text: string }>`
    select entry_id, concat_ws(' ', counterparty_account, counterparty_name, end_to_end_id, mandate_id, structured_reference, remittance) as text from entry
     where entry_id = any(${entry_ids.map(String)}::bigint[])`.execute(tx.kysely);
  return new Map(rows.map(({ entry_id, text }) => [entry_id, text]));
}
