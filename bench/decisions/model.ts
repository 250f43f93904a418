import type { Country } from '../../fixtures/generate/identifiers.ts';
import type { CalendarDate } from '../../src/core/date.ts';
import type { Format } from './format.ts';
import type { Numbering } from './numbering.ts';

/** The source of truth and what really happened. Amounts are minor units, signed as they move the bank account where they are payments. */

export type Language = 'de' | 'en' | 'fr' | 'nl' | 'es' | 'it' | 'pl' | 'fi';
export type ReferenceKind = 'rf' | 'qrr' | 'ogm' | 'viite' | 'kid';

export interface Company {
  readonly id: string;
  readonly language: Language;
  readonly currency: string;
  readonly numbering: Numbering;
  readonly reference: ReferenceKind;
  readonly accounts: Account[];
}

export interface Account {
  readonly company: Company;
  readonly number: string;
  readonly currency: string;
  readonly format: Format;
  readonly bank: { readonly name: string; readonly bic: string };
  /** How this bank writes letters. */
  readonly letters: 'as they are' | 'capitals' | 'capitals without umlauts';
}

export interface Party {
  readonly party_id: string;
  readonly kind: 'customer' | 'supplier';
  readonly name: string;
  readonly country: Country;
  readonly accounts: readonly string[];
  readonly aliases: readonly string[];
  readonly pays_for: readonly string[];
  readonly withholding_rate: string;
  readonly assigned_to_factor: string;
  /** A supplier's own way to number; null for a customer. */
  readonly numbering: Numbering | null;
  /** Comes with the import between the two runs. */
  readonly late: boolean;
}

export interface Invoice {
  readonly company: Company;
  readonly kind: 'receivable' | 'payable' | 'credit_note' | 'debit_note';
  readonly invoice_number: string;
  readonly party: Party;
  readonly currency: string;
  readonly amount: bigint;
  readonly issue_date: CalendarDate;
  readonly due_date: CalendarDate;
  readonly status: 'open' | 'paid' | 'cancelled';
  readonly payment_reference: string;
  readonly discount_amount: bigint | null;
  readonly discount_until: CalendarDate | null;
  readonly purchase_order: string;
  readonly instalments: readonly { readonly date: CalendarDate; readonly amount: bigint }[];
  readonly tax_percent: number;
  /** Comes with the import between the two runs. */
  readonly late: boolean;
}

/** How the bank has booked it. */
export type Kind = 'transfer' | 'direct_debit' | 'return' | 'fee' | 'interest';

/** What really happened, whatever a document shows of it. */
export interface Payment {
  readonly account: Account;
  readonly date: CalendarDate;
  readonly value_date: CalendarDate;
  readonly amount: bigint;
  readonly kind: Kind;
  readonly name: string | null;
  readonly counterparty_account: string | null;
  readonly text: string;
  /** As the payer has put it into the field for it. */
  readonly reference: string | null;
  readonly end_to_end_id: string | null;
  readonly mandate_id: string | null;
  /** What a bank on the way has kept. */
  readonly charges: bigint;
  readonly instructed: { readonly amount: bigint; readonly currency: string } | null;
  /** Of one batch booking: payments with the same mark are the details of one line. */
  readonly batch: string | null;
  /** Payments with the same mark are alike in everything, and each of them is real. */
  readonly alike: string | null;
  readonly truth: Truth;
}

/** What a document must show for a decision without a person (interchange, section 4). */
export type Need = 'named' | 'payer' | 'payer_account' | 'payer_name' | 'name_whole' | 'account' | 'counterparty' | 'end_to_end_id' | 'mandate_id' | 'charges' | 'instructed' | 'booking_type' | 'value_date';

export interface TrueAllocation {
  readonly invoice: Invoice;
  readonly amount: bigint;
  readonly discount?: bigint;
  readonly charges?: bigint;
  readonly withholding?: bigint;
}

/** What must become of a payment, taken from what was agreed and not from what any rule says. */
export interface Truth {
  readonly scenario: string;
  /** The one fact in which this differs from the automatic case; null for that case and for what has none. */
  readonly differs: string | null;
  /**
   * `auto` and `suspense`: without a person as soon as the document shows all `needs`. `person`: never without one. `open`: either, but when
   * it is posted, then rightly.
   */
  readonly decision: 'auto' | 'suspense' | 'person' | 'open';
  readonly needs: readonly Need[];
  /** What holds when the document does not show all of it. */
  readonly otherwise: 'person' | 'open';
  readonly allocations: readonly TrueAllocation[];
  readonly ledger: 'bank_fees' | 'bank_interest' | 'clearing' | null;
  /** What the bank has charged for it besides. */
  readonly fee: bigint;
  /** What the first suggestion should be; null where nobody could tell from the document. */
  readonly suggestion: 'allocations' | 'none of ours' | null;
  /** Who pays or is paid, where that is one of the parties. */
  readonly party: Party | null;
  /** How the numbers stand in the text; all of them must still be there to be `named`. */
  readonly written: readonly string[];
}
