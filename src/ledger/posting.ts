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

/** What of an invoice its posting depends on beside the allocation. Minor units. */
export interface InvoiceTerms {
  tax: readonly TaxLine[] | null;
  amount: bigint;
  /** What is open of it before the posting. */
  open: bigint;
  /** What it was booked with, in the company's functional currency. */
  base_amount: bigint | null;
}

/** The currency of the entry, and that in which the company keeps its books. */
export interface PostingCurrencies {
  entry: string;
  functional: string | null;
}

/** Whether the posting needs the invoice's terms: for the tax in a discount, and for the booked amount of one in another currency. */
export function needsTerms(allocation: Pick<Allocation, 'discount' | 'currency'>, entry_currency: string): boolean {
  return allocation.discount !== 0n || allocation.currency !== entry_currency;
}

/**
 * The lines against the bank (or unallocated) line of the entry. A discount on an invoice whose tax split is known is split net and tax
 * in its proportion; where it is not, it is posted gross. An invoice in another currency is settled in its own, the entry in its own, both
 * through fx_clearing, with the realised difference in the functional currency where the invoice's booked amount is known.
 */
export function allocationLines(allocation: Allocation, terms: InvoiceTerms | null, currencies: PostingCurrencies): JournalLineDraft[] {
  const sign = controlSign(allocation.kind);
  const { invoice_id, party_id, currency } = allocation;
  const line = (account: string, amount: bigint): JournalLineDraft => ({ account, party_id, invoice_id, amount: amount * sign, currency });
  const lines = [line(controlAccount(allocation.kind), -closedBy(allocation))];
  if (allocation.discount !== 0n) {
    const tax_part = taxOf(allocation.discount, terms?.tax ?? null);
    const receivable = controlAccount(allocation.kind) === 'receivables';
    lines.push(line(receivable ? 'discount_given' : 'discount_received', allocation.discount - tax_part));
    if (tax_part !== 0n) lines.push(line(receivable ? 'output_tax' : 'input_tax', tax_part));
  }
  if (allocation.charges !== 0n) lines.push(line('bank_charges', allocation.charges));
  if (allocation.withholding !== 0n) lines.push(line('withholding_receivable', allocation.withholding));
  if (allocation.write_off !== 0n) lines.push(line('write_offs', allocation.write_off));
  return currency === currencies.entry ? lines : exchangedLines(allocation, lines, terms, currencies);
}

/** `lines` are those of the invoice, in its currency; they lack what the entry has paid of it. */
function exchangedLines(allocation: Allocation, lines: JournalLineDraft[], terms: InvoiceTerms | null, { entry, functional }: PostingCurrencies): JournalLineDraft[] {
  const { invoice_id, party_id, currency, amount, settled, kind } = allocation;
  const booked = currency === functional ? closedBy(allocation) : terms && baseOf(terms, closedBy(allocation));
  // Each line its part of what was booked; the clearing line takes what rounding leaves.
  let paid_base = booked === null ? null : booked * controlSign(kind);
  for (const [i, line] of lines.entries()) {
    if (booked === null) continue;
    line.base_amount = i === 0 ? -booked * controlSign(kind) : line.amount * booked / closedBy(allocation);
    if (i > 0) paid_base! -= line.base_amount;
  }
  const cleared = { account: 'fx_clearing', party_id, invoice_id };
  // What the bank has paid out or in is worth, in the functional currency, what it is; of a third currency what it settles.
  const value = entry === functional ? amount : currency === functional ? paid_base : null;
  lines.push({ ...cleared, amount: settled * controlSign(kind), currency, base_amount: paid_base });
  lines.push({ ...cleared, amount: -amount, currency: entry, base_amount: value === null ? null : -value });
  if (value === null || paid_base === null || value === paid_base) return lines;
  const gained = value - paid_base;
  lines.push({ ...cleared, amount: gained, currency: functional!, base_amount: gained });
  lines.push({ account: gained > 0n ? 'fx_gain' : 'fx_loss', party_id, invoice_id, amount: -gained, currency: functional!, base_amount: -gained });
  return lines;
}

/** The part of the booked amount that closing so much takes with it: over all that is ever closed it adds up to the whole. Null when it is not known. */
function baseOf({ amount, open, base_amount }: InvoiceTerms, closed: bigint): bigint | null {
  if (base_amount === null) return null;
  return base_amount * open / amount - base_amount * (open - closed) / amount;
}

/** What could not be posted as it should, for want of master data; it informs. */
export function postingFindings(allocation: Allocation, terms: InvoiceTerms | null, { entry, functional }: PostingCurrencies): ('base_amount_unknown' | 'tax_split_unknown')[] {
  return [
    ...(allocation.currency !== entry && allocation.currency !== functional && terms?.base_amount == null ? ['base_amount_unknown' as const] : []),
    ...(allocation.discount !== 0n && terms?.tax == null ? ['tax_split_unknown' as const] : []),
  ];
}

/** The entry's own line, of the bank account or of where it stood, against which `lines` are posted: worth in the functional currency what they are. */
export function ownLine(line: JournalLineDraft, lines: readonly JournalLineDraft[], functional: string | null): JournalLineDraft {
  if (line.currency === functional) return line;
  let value = 0n;
  for (const { amount, currency, base_amount } of lines) {
    const base = base_amount !== undefined ? base_amount : currency === functional ? amount : null;
    if (base === null) return line;
    value += base;
  }
  return { ...line, base_amount: -value };
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
