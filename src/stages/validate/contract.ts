import type { Charge, EntryStatus, TransactionCode } from '../../core/statement.ts';
import type { EntryFacts } from '../../core/evidence.ts';
import type { Finding } from '../../core/finding.ts';
import type { KeyForm } from '../../core/invoice-key.ts';
import type { FoldedName } from '../../core/text.ts';

/** A leaf of a statement, an entry or one detail of a batch booking, as validate sees it. Amounts are minor units, money out negative. */
export interface Leaf {
  entry_id: bigint;
  statement_id: bigint;
  /** The log record with which its statement came onto the books; null before that. */
  accepted_seq: bigint | null;
  line: number;
  account_id: number;
  company: string;
  status: EntryStatus;
  booking_date: string;
  value_date: string | null;
  amount: bigint;
  currency: string;
  bank_reference: string | null;
  end_to_end_id: string | null;
  mandate_id: string | null;
  counterparty_name: string | null;
  counterparty_account: string | null;
  /** The code of the bank on the other side: a BIC or a national number. */
  counterparty_bank: string | null;
  remittance: string | null;
  structured_reference: string | null;
  return_reason: string | null;
  reversal: boolean;
  transaction_code: TransactionCode | null;
  customer_reference: string | null;
  instructed: { amount: bigint; currency: string } | null;
  /** As printed: a plain decimal, units of either currency for one of the other. */
  exchange_rate: string | null;
  charges: Charge<bigint>[];
  findings: Finding[];
  proof: EntryFacts['proof'];
}

export type InvoiceKind = 'receivable' | 'payable' | 'credit_note' | 'debit_note';

/** An invoice of the source of truth, with what is open of it. Amounts are positive minor units. */
export interface Item {
  invoice_id: bigint;
  kind: InvoiceKind;
  invoice_number: string;
  party_id: string;
  currency: string;
  amount: bigint;
  open: bigint;
  status: 'open' | 'paid' | 'cancelled';
  issue_date: string;
  due_date: string | null;
  purchase_order: string | null;
  discount_amount: bigint | null;
  discount_until: string | null;
  instalments: { date: string; amount: bigint }[];
  contradictory: boolean;
}

export interface Party {
  party_id: string;
  kind: 'customer' | 'supplier';
  /** Percent of the gross amount that this party withholds as tax, as registered. */
  withholding_rate: string | null;
  assigned_to_factor: string | null;
  pays_for: readonly string[];
  contradictory: boolean;
}

/** A party under one of its names. */
export interface NamedParty {
  party_id: string;
  kind: Party['kind'];
  folded: readonly FoldedName[];
}

/** An earlier entry with an outcome, that a return may reverse. */
export interface EarlierPosting {
  /** It waits for a person: the return may mean it, and there is nothing yet to reverse. */
  waits: boolean;
  decision_id: bigint;
  entry_id: bigint;
  booking_date: string;
  amount: bigint;
  currency: string;
}

/** What one chunk of leaves needs of the books, looked up as sets. */
export interface Books {
  ownAccount(account_key: string): boolean;
  itemsByKey(form: KeyForm, key: string): readonly Item[];
  partiesByAccount(account_key: string): readonly string[];
  partiesByName(name_key: string): readonly NamedParty[];
  /** Some of the parties whose names begin so; at least two where there are two. */
  partiesByBeginning(name_key: string): readonly NamedParty[];
  /** The accounts on file of a party; known for those whose account may be meant by one that is not printed whole. */
  accountsOf(party_id: string): readonly string[];
  /** Whether what is on file about the account contradicts itself. */
  accountContradicts(account_key: string): boolean;
  party(party_id: string): Party | undefined;
  /** Parties that may be paid for by this one: its own, `pays_for`, and those assigned to it as their factor. */
  payableFor(party_id: string): readonly string[];
  /** Open items of the party; not complete when there are more than the search may look at. */
  openItems(party_id: string): { items: readonly Item[]; complete: boolean };
  /** What other entries have settled of the party's items since the entry came onto the books, as it was open then; not complete as above. */
  settledSince(party_id: string, leaf: Leaf): { items: readonly Item[]; complete: boolean };
  earlierByEndToEnd(end_to_end_id: string): readonly EarlierPosting[];
  /** Asked of returns only. */
  earlierByMandate(mandate_id: string): readonly EarlierPosting[];
}
