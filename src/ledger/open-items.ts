import { sql } from 'kysely';
import type { Tx } from '../platform/database.ts';
import { closedBy, type Allocation, type InvoiceTerms } from './posting.ts';

/** What is open of invoices, in minor units of their currency: the one place that changes it. */

/** What the allocations close of each invoice in all; negative where a return or an undo opens it again. */
export function closedByInvoice(allocations: Iterable<Allocation>): Map<bigint, bigint> {
  const closed = new Map<bigint, bigint>();
  for (const part of allocations) closed.set(part.invoice_id, (closed.get(part.invoice_id) ?? 0n) + closedBy(part));
  return closed;
}

/** Takes it off the open items, in the order of their ids (so that writers never deadlock); the table's check keeps them within 0 and the amount. */
export async function settleOpenItems(tx: Tx, closed: ReadonlyMap<bigint, bigint>): Promise<void> {
  if (closed.size === 0) return;
  const ids = [...closed.keys()].sort((a, b) => (a < b ? -1 : 1));
  await sql`
    update open_item o set open = o.open - c.closed
      from (select * from unnest(${ids.map(String)}::bigint[], ${ids.map((id) => String(closed.get(id)))}::bigint[]) c(invoice_id, closed) order by invoice_id) c
     where o.invoice_id = c.invoice_id`.execute(tx.kysely);
}

/** What the postings of invoices depend on, as it stands now. */
export async function loadTerms(tx: Tx, invoice_ids: readonly bigint[]): Promise<Map<bigint, InvoiceTerms>> {
  if (invoice_ids.length === 0) return new Map();
  const { rows } = await sql<{ invoice_id: bigint; tax: { rate: string; net: string; tax: string }[] | null; amount: bigint; open: bigint; base_amount: bigint | null }>`
    select i.invoice_id, i.tax, o.amount, o.open, i.base_amount from open_item o join invoice i using (invoice_id)
     where o.invoice_id = any(${invoice_ids.map(String)}::bigint[])`.execute(tx.kysely);
  return new Map(rows.map(({ invoice_id, tax, ...terms }) => [invoice_id, {
    ...terms, tax: tax?.map((part) => ({ rate: part.rate, net: BigInt(part.net), tax: BigInt(part.tax) })) ?? null,
  }]));
}
