import { quoteCell } from '../../fixtures/generate/csv.ts';
import { formatMoney } from '../../src/core/money.ts';
import type { Account, Invoice, Party } from './model.ts';

/** The files that `tieout import` takes. */

export function accountsCsv(accounts: readonly Account[]): string {
  return csv(['account', 'currency', 'company', 'name'], accounts.map(({ number, currency, company, bank }) => [number, currency, company.id, bank.name]));
}

export function partiesCsv(parties: readonly Party[]): string {
  return csv(['party_id', 'kind', 'name', 'aliases', 'accounts', 'country', 'pays_for', 'withholding_rate', 'assigned_to_factor'], parties.map((party) => [
    party.party_id, party.kind, party.name, party.aliases.join('|'), party.accounts.join('|'), party.country, party.pays_for.join('|'), party.withholding_rate,
    party.assigned_to_factor,
  ]));
}

export function invoicesCsv(invoices: readonly Invoice[]): string {
  const columns = ['company', 'kind', 'invoice_number', 'party_id', 'currency', 'amount', 'issue_date', 'due_date', 'status', 'payment_reference', 'discount_amount',
    'discount_until', 'purchase_order', 'instalments', 'tax', 'base_amount'];
  return csv(columns, invoices.map((invoice) => {
    const money = (amount: bigint): string => formatMoney(amount, invoice.currency);
    const net = invoice.amount * 100n / BigInt(100 + invoice.tax_percent);
    return [
      invoice.company.id, invoice.kind, invoice.invoice_number, invoice.party.party_id, invoice.currency, money(invoice.amount), invoice.issue_date, invoice.due_date,
      invoice.status, invoice.payment_reference, invoice.discount_amount === null ? '' : money(invoice.discount_amount), invoice.discount_until ?? '', invoice.purchase_order,
      invoice.instalments.map(({ date, amount }) => `${date}:${money(amount)}`).join('|'),
      invoice.tax_percent === 0 ? '' : `${invoice.tax_percent}:${money(net)}:${money(invoice.amount - net)}`, '',
    ];
  }));
}

function csv(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return [columns, ...rows].map((row) => `${row.map((cell) => quoteCell(cell, ',')).join(',')}\n`).join('');
}
