import type { EntryStatus } from './statement.ts';

/**
 * Evidence: what validate has found out about an entry, without a verdict. Facts are typed; rules see nothing else.
 * Evidence is stored as JSON with every decision, so amounts and ids are decimal strings of minor units and of bigints.
 */

export type Direction = 'in' | 'out';

/** How an invoice came to be a candidate, strongest first. */
export const NAMED_BY = ['reference', 'end_to_end', 'mandate', 'number', 'digits', 'typo', 'none'] as const;
export type NamedBy = (typeof NAMED_BY)[number];

/** Who pays, seen from the invoice's party: its account on file, its exact name or alias, a registered relation, itself though a factor has its claims, nobody known, someone else. */
export const PAYER_RELATIONS = ['account', 'name', 'pays_for', 'factor', 'assigned', 'unknown', 'contradicts'] as const;
export type PayerRelation = (typeof PAYER_RELATIONS)[number];

/** How the amount is explained. Every difference has a name; there are no percentages and no tolerance. */
export const AMOUNT_FITS = ['exact', 'discount', 'discount_late', 'charges', 'withholding', 'instalment', 'short', 'over', 'none'] as const;
export type AmountFit = (typeof AMOUNT_FITS)[number];

/** Fits that say what the whole amount is for; the others are for a person. */
export const AGREED: ReadonlySet<AmountFit> = new Set<AmountFit>(['exact', 'discount', 'charges', 'withholding', 'instalment']);

/** The facts of an entry, the same for all of its candidates. */
export interface EntryFacts {
  direction: Direction;
  currency: string;
  /** By the bank's own booking type (BkTxCd, GVC, SWIFT type, BAI2 code, TRNTYPE, a booking-type column), never by a word in the text. */
  bank_type: 'fee' | 'interest' | 'return' | 'other';
  is_return: boolean;
  counterparty_account: 'absent' | 'known' | 'unknown' | 'own';
  counterparty_name: 'absent' | 'bank' | 'known' | 'similar' | 'unknown';
  /** The text may have been cut by the bank: it fills its field and ends in the middle of a number, or says that more follows. */
  text_cut: boolean;
  /** normalize found something about the line that is for a person, such as the unexplained rest of a batch booking (finding.ts). */
  needs_person: boolean;
  /** The statement's arithmetic: proven, not printed, or read by inference without a proof. */
  proof: 'proven' | 'unproven_structured' | 'unproven_inferred';
  /** How many invoices the text names, open or not, whoever's. */
  named_count: number;
}

/** The facts of one explanation. */
export interface CandidateFacts {
  kind: 'invoices' | 'bank_charge' | 'transfer' | 'return' | 'suspense' | 'on_account';
  named_by: NamedBy;
  /** Every invoice that the entry names is in this candidate and nothing else is. */
  all_named: boolean;
  payer: PayerRelation;
  amount: AmountFit;
  /** What the bank shows of the exchange, for invoices in another currency than the entry: the amount as instructed in theirs, the rate, or both, of which the entry's amount cannot be made. */
  exchange: 'none' | 'instructed' | 'rate' | 'contradicts';
  invoice_count: number;
  /** The candidate's invoices are all of one party. */
  one_party: boolean;
  /**
   * No other single item or combination, of any size, over what the payer may pay has this amount; false also when the search ran out,
   * where digits are a name for it only because the amount says so and it fits another item too, and where two named differences explain it.
   */
  unique: boolean;
  /** Where the text names no invoice of it: nothing in it speaks for something else, as a number like ours that is none, another order, a prepayment; and all its invoices were issued by then. */
  undisputed: boolean;
  /** All its invoices are open as they should be; else the first that is not says how. */
  status: 'open' | 'paid' | 'cancelled' | 'other_direction' | 'other_currency';
  /** A transfer between our own accounts: whether the other account's statement shows the other leg. `none` for every other kind. */
  legs: 'none' | 'one' | 'both';
  /** The master data it rests on contradicts itself. */
  contradictory: boolean;
}

export interface CandidateAllocation {
  invoice_id: string;
  invoice_number: string;
  party_id: string;
  kind: 'receivable' | 'payable' | 'credit_note' | 'debit_note';
  currency: string;
  /** What of the entry goes to the invoice, signed as it moves the bank account. */
  amount: string;
  /** What that settles of the invoice, positive; discount, charges, withholding and write-off settle the rest of what is closed. */
  settled: string;
  discount: string;
  charges: string;
  withholding: string;
}

export interface Candidate {
  facts: CandidateFacts;
  allocations: CandidateAllocation[];
  /** The ledger account, for a candidate that is no invoice (bank_fees, bank_interest, clearing, suspense). */
  ledger_account: string | null;
  /** Whose account it is put on, for what stands on_account. */
  party_id?: string;
  /** For a return: the decision that it reverses. */
  reverses_decision_id: string | null;
  /** Thousandths, 0 to 1000 (the log holds no fractions); only for the order of suggestions, it decides nothing. */
  score: number;
  reasons: string[];
}

export interface Evidence {
  entry_id: string;
  statement_id: string;
  /** Its line in the document; the details of a batch booking share their entry's. */
  line: number;
  account_id: number;
  status: EntryStatus;
  amount: string;
  booking_date: string;
  value_date: string | null;
  /** Order of equals: by content, never by arrival. */
  content_key: string;
  facts: EntryFacts;
  candidates: Candidate[];
  /** Invoices that were named and set aside, each with its reason. */
  refused: { invoice_number: string; party_id: string; reason: string }[];
}

/**
 * Evidence as the canonical JSON that is kept, logged and hashed. validate builds every object of it with its members in sorted order, so
 * that the plain, native serialisation is the canonical one; a test compares the two.
 */
export function evidenceText(evidence: Evidence): string {
  return JSON.stringify(evidence);
}

/** The claim by which a batch finds its returns before it decides; that of no invoice and no decision. */
export const RETURN = 0n;
