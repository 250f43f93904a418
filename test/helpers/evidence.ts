import { accountKey } from '../../src/core/account.ts';
import type { Evidence } from '../../src/core/evidence.ts';
import { keysOfInvoice, shapeOf } from '../../src/core/invoice-key.ts';
import { foldName, nameKeys } from '../../src/core/text.ts';
import type { Books, Item, Leaf, Party } from '../../src/stages/validate/contract.ts';
import { findPayer } from '../../src/stages/validate/payer.ts';
import { gatherEvidence, identifyLeaf, readLeaf, type IdentifiedLeaf } from '../../src/stages/validate/validate.ts';

/** Evidence through the production code, of books in memory instead of the store's. */

/** A company's books in memory, in the shape in which the store looks them up. */
export function booksOf(items: Item[], parties: (Party & { accounts?: string[]; names?: string[] })[], references: Record<string, string> = {}): { books: Books; shapes: Set<string> } {
  const keys = items.flatMap((item) => keysOfInvoice({ kind: item.kind, invoice_number: item.invoice_number, payment_reference: references[item.invoice_number] ?? null })
    .map((key) => ({ ...key, item })));
  const books: Books = {
    ownAccount: (key) => key === accountKey('NL91ABNA0417164300'),
    itemsByKey: (form, key) => keys.filter((one) => one.form === form && one.key === key).map((one) => one.item),
    partiesByAccount: (key) => parties.filter((party) => party.accounts?.some((account) => accountKey(account) === key)).map((party) => party.party_id),
    partiesByName: (key) => parties.flatMap(({ party_id, kind, names = [] }) => names.filter((name) => nameKeys(name).includes(key)).map((name) => ({ party_id, kind, folded: foldName(name) }))),
    partiesByBeginning: (key) => parties.flatMap(({ party_id, kind, names = [] }) => names.filter((name) => nameKeys(name).some((one) => one.startsWith(key)))
      .map((name) => ({ party_id, kind, folded: foldName(name) }))),
    accountsOf: (party_id) => parties.find((party) => party.party_id === party_id)?.accounts ?? [],
    accountContradicts: (key) => key === accountKey(CONTRADICTORY),
    party: (party_id) => parties.find((party) => party.party_id === party_id),
    payableFor: (party_id) => [party_id, ...parties.find((party) => party.party_id === party_id)?.pays_for ?? []],
    openItems: (party_id) => ({ items: items.filter((item) => item.party_id === party_id && item.open > 0n && item.status === 'open'), complete: true }),
    settledSince: () => ({ items: [], complete: true }),
    earlierByEndToEnd: () => [], earlierByMandate: () => [],
  };
  return { books, shapes: new Set(keys.flatMap((key) => shapeOf(key) ?? [])) };
}

/** An account about which the master data contradicts itself. */
export const CONTRADICTORY = 'DE75512108001245126199';

let next_id = 0n;
export const item = (invoice_number: string, amount: bigint, of: Partial<Item> = {}): Item => ({
  invoice_id: ++next_id, kind: 'receivable', invoice_number, party_id: 'C1', currency: 'EUR', amount, open: amount, status: 'open', issue_date: '2026-10-01', due_date: null, purchase_order: null, discount_amount: null, discount_until: null,
  instalments: [], contradictory: false, ...of,
});
export const party = (party_id: string, of: Partial<Party> & { accounts?: string[]; names?: string[] } = {}): Party & { accounts?: string[]; names?: string[] } => ({
  party_id, kind: 'customer', withholding_rate: null, assigned_to_factor: null, pays_for: [], contradictory: false, ...of,
});
export const leaf = (of: Partial<Leaf>): Leaf => ({
  entry_id: 1n, statement_id: 1n, accepted_seq: null, line: 1, account_id: 1, company: 'default', status: 'booked', booking_date: '2026-10-30', value_date: '2026-10-30', amount: 11_900n, currency: 'EUR', bank_reference: null,
  end_to_end_id: null, mandate_id: null, counterparty_name: 'Nordwind Handel GmbH', counterparty_account: 'DE89370400440532013000', counterparty_bank: null, remittance: null,
  structured_reference: null, return_reason: null, reversal: false, transaction_code: null, customer_reference: null, instructed: null, exchange_rate: null, charges: [], findings: [], proof: 'proven', ...of,
});
export const C1 = party('C1', { accounts: ['DE89370400440532013000'], names: ['Nordwind Handel GmbH'] });
export const C2 = party('C2', { accounts: ['FR1420041010050500013M02606'], names: ['Maison Rivage SARL'] });

/** The evidence of a leaf whose other side is C1, by its account and name, unless it says otherwise. */
export const gather = (of: Partial<Leaf>, items: Item[], parties: (Party & { accounts?: string[]; names?: string[] })[] = [C1, C2], references: Record<string, string> = {}): Evidence => {
  const { books, shapes } = booksOf(items, parties, references);
  return gatherEvidence(identify(of, shapes, books), books);
};

/** A leaf whose other side and named invoices were looked up in such books. */
export const identify = (of: Partial<Leaf>, shapes: ReadonlySet<string>, books: Books): IdentifiedLeaf => {
  const read = readLeaf(leaf(of), shapes);
  return identifyLeaf(read, books, findPayer(read, books));
};
