import type { JournalLineDraft } from './journal.ts';

/**
 * What is posted for what becomes of an entry (spec: docs/accounting.md). Amounts are minor units; + debit, - credit.
 */

export type InvoiceKind = 'receivable' | 'payable' | 'credit_note' | 'debit_note';

/** What of an entry goes to an invoice: `amount` signed as it moves the bank account; the rest are what else settles, not negative for a payment. */
export interface Allocation {
  invoice_id: bigint;
  kind: InvoiceKind;
  party_id: string;
  currency: string;
  amount: bigint;
  settled: bigint;
  discount: bigint;
  charges: bigint;
  withholding: bigint;
  write_off: bigint;
}

/** A tax line of the invoice: rate in percent, net and tax in minor units. */
export interface TaxLine { rate: string; net: bigint; tax: bigint }

/** What an allocation closes of the invoice in all: negative where a return opens it again. */
export function closedBy(allocation: Allocation): bigint {
  return allocation.settled + allocation.discount + allocation.charges + allocation.withholding + allocation.write_off;
}

/** receivables for what customers owe and are owed back, payables for suppliers. */
export function controlAccount(kind: InvoiceKind): 'receivables' | 'payables' {
  return kind === 'receivable' || kind === 'credit_note' ? 'receivables' : 'payables';
}

/** +1 where an open item of this kind stands as a debit on its control account, -1 where as a credit. */
export function controlSign(kind: InvoiceKind): 1n | -1n {
  return kind === 'receivable' || kind === 'debit_note' ? 1n : -1n;
}

/**
 * The lines against the bank (or unallocated) line of the entry. A discount on an invoice whose tax split is known is split net and tax
 * in its proportion; where it is not, it is posted gross.
 */
export function allocationLines(allocation: Allocation, tax: readonly TaxLine[] | null): JournalLineDraft[] {
  const sign = controlSign(allocation.kind);
  const { invoice_id, party_id, currency } = allocation;
  const line = (account: string, amount: bigint): JournalLineDraft => ({ account, party_id, invoice_id, amount: amount * sign, currency });
  const lines = [line(controlAccount(allocation.kind), -closedBy(allocation))];
  if (allocation.discount !== 0n) {
    const tax_part = taxOf(allocation.discount, tax);
    const receivable = controlAccount(allocation.kind) === 'receivables';
    lines.push(line(receivable ? 'discount_given' : 'discount_received', allocation.discount - tax_part));
    if (tax_part !== 0n) lines.push(line(receivable ? 'output_tax' : 'input_tax', tax_part));
  }
  if (allocation.charges !== 0n) lines.push(line('bank_charges', allocation.charges));
  if (allocation.withholding !== 0n) lines.push(line('withholding_receivable', allocation.withholding));
  if (allocation.write_off !== 0n) lines.push(line('write_offs', allocation.write_off));
  return lines;
}

/** The tax in a gross part of an invoice, in the proportion of its tax split, rounded half away from zero. */
export function taxOf(gross: bigint, tax: readonly TaxLine[] | null): bigint {
  if (!tax || tax.length === 0) return 0n;
  let total = 0n;
  let taxes = 0n;
  for (const part of tax) {
    total += part.net + part.tax;
    taxes += part.tax;
  }
  if (total <= 0n) return 0n;
  const sign = gross < 0n ? -1n : 1n;
  return sign * ((gross * sign * taxes * 2n + total) / (total * 2n));
}
