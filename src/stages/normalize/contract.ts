import { z } from 'zod';
import type { CalendarDate } from '../../core/date.ts';
import type { Finding } from '../../core/finding.ts';
import type { Check, Format, RawEntry, RawStatement, StatementBalance, StatementEntry, Transaction } from '../../core/statement.ts';
import { FORMATS } from '../../core/statement.ts';

/** What normalize has added to a transaction: minor units of a known currency, clean text, and what is odd about it. */
export interface Canonical {
  currency: string;
  findings: Finding[];
}
/** `structured_reference` is the field's, else the only one that stands in the text unmistakably (core/reference.ts); no evidence by itself. */
export type CanonicalTransaction = Transaction<bigint> & Canonical;

/** Every entry's details add up to its amount; what was missing is a detail of its own with a finding `batch_remainder` or `batch_charges`. */
export type CanonicalEntry = Omit<StatementEntry<bigint>, 'details'> & Canonical & { details: CanonicalTransaction[] };

export interface CanonicalStatement {
  format: Format;
  extractor: string;
  /** As the accounts know it. */
  account: string;
  bank: string | null;
  currency: string;
  statement_id: string | null;
  sequence: string | null;
  /** As printed, else the first and last booking date; null only for a statement without booked entries that prints none. */
  from: CalendarDate | null;
  to: CalendarDate | null;
  /** As printed, else as they follow from running balances or from each other. */
  opening_balance: StatementBalance<bigint> | null;
  closing_balance: StatementBalance<bigint> | null;
  ties_out: boolean | null;
  checks: Check[];
  /** About the statement as a whole; what concerns one entry stands at the entry. */
  findings: Finding[];
  entry_count: number;
}

const text = z.string().nullable();
const balance = z.object({ amount: z.string(), date: text }).nullable();
const shared = {
  amount: z.string(),
  currency: text,
  bank_reference: text,
  end_to_end_id: text,
  mandate_id: text,
  customer_reference: text,
  transaction_code: z.object({ domain: text, family: text, subfamily: text, proprietary: text }).nullable(),
  return_reason: text,
  counterparty: z.object({ name: text, account: text, bank: text }).nullable(),
  ultimate_counterparty: z.object({ name: text }).nullable(),
  remittance: text,
  structured_reference: text,
  instructed: z.object({ amount: z.string(), currency: z.string() }).nullable(),
  exchange_rate: text,
  charges: z.array(z.object({ amount: z.string(), currency: text, bearer: text })),
};

/** Raw statements come back from storage as JSON, and from readers in processes of their own: nothing is taken on trust. */
export const rawStatementSchema: z.ZodType<RawStatement> = z.object({
  format: z.enum(FORMATS),
  extractor: z.string(),
  account: text,
  bank: text,
  currency: text,
  statement_id: text,
  sequence: text,
  from: text,
  to: text,
  opening_balance: balance,
  closing_balance: balance,
  printed_totals: z.array(z.union([
    z.object({ kind: z.enum(['credits', 'debits', 'net']), amount: z.string() }),
    z.object({ kind: z.enum(['count', 'credit_count', 'debit_count']), count: z.int() }),
  ])),
  newest_first: z.boolean(),
  reader_checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});

export const rawEntriesSchema: z.ZodType<RawEntry[]> = z.array(z.object({
  ...shared,
  line: z.int().positive(),
  booking_date: z.string(),
  value_date: text,
  status: z.enum(['booked', 'pending', 'information']),
  reversal: z.boolean(),
  source: z.object({
    page: z.int().nullable(),
    line: z.int().nullable(),
    box: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional(),
    member: z.int().optional(),
  }),
  details: z.array(z.object(shared)),
  balance_after: text,
}));
