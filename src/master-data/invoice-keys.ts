import { sql } from 'kysely';
import { keysOfInvoice, shapeOf, type NamedInvoice } from '../core/invoice-key.ts';
import { copyRows } from '../platform/copy.ts';
import type { Tx } from '../platform/database.ts';

export interface KeyedInvoice extends NamedInvoice {
  invoice_id: bigint;
  company: string;
}

const COLUMNS = ['company', 'key', 'form', 'invoice_id'] as const;

/** Saves the keys of invoices that have none, chunk by chunk; `close` saves the shapes that they brought. */
export function createKeyWriter(tx: Tx): { save(invoices: readonly KeyedInvoice[]): Promise<void>; close(): Promise<void> } {
  const shapes = new Map<string, Set<string>>();
  return {
    async save(invoices) {
      await copyRows(tx.client, 'invoice_key', COLUMNS, rows(invoices));
    },
    async close() {
      for (const [company, own] of shapes) {
        await sql`insert into invoice_shape (company, shape) select ${company}, * from unnest(${[...own].toSorted()}::text[]) on conflict do nothing`.execute(tx.kysely);
      }
    },
  };

  function* rows(invoices: readonly KeyedInvoice[]): Generator<readonly unknown[]> {
    for (const invoice of invoices) {
      let own = shapes.get(invoice.company);
      if (!own) shapes.set(invoice.company, own = new Set());
      for (const key of keysOfInvoice(invoice)) {
        const shape = shapeOf(key);
        if (shape !== null) own.add(shape);
        yield [invoice.company, key.key, key.form, invoice.invoice_id];
      }
    }
  }
}
