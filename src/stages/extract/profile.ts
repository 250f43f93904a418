import { z } from 'zod';

/**
 * A statement profile (`rules/profiles/*.yaml`, owned by finance): what a CSV, PDF or QIF file leaves open.
 * Every field but `id` and `owner` is optional; what a profile does not say is recognised from the document.
 */
export const statementProfileSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  owner: z.string().min(1),
  format: z.enum(['csv', 'pdf', 'qif']),
  /** When it applies: all that is given must hold. A profile without `match` applies only when an account names it (statement_profile). */
  match: z
    .strictObject({
      /** Column titles that the header row must contain, compared without case and surrounding space. */
      header: z.array(z.string()).min(1).optional(),
      /** Text that must stand in the first page (PDF), in the lines above the header (CSV) or in the first lines (QIF). */
      text: z.string().min(1).optional(),
    })
    .optional(),
  account: z.string().optional(),
  currency: z.string().length(3).optional(),
  date_order: z.enum(['dmy', 'mdy', 'ymd']).optional(),
  decimal: z.enum([',', '.']).optional(),
  delimiter: z.string().length(1).optional(),
  encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'windows-1250', 'iso-8859-1']).optional(),
  newest_first: z.boolean().optional(),
  /** Column title (as printed) of each field. */
  columns: z
    .strictObject({
      booking_date: z.string(), value_date: z.string(), amount: z.string(), debit: z.string(), credit: z.string(), indicator: z.string(),
      balance: z.string(), currency: z.string(), account: z.string(), description: z.array(z.string()), counterparty_name: z.string(),
      counterparty_account: z.string(), counterparty_bank: z.string(), bank_reference: z.string(), end_to_end_id: z.string(),
      mandate_id: z.string(), customer_reference: z.string(), structured_reference: z.string(), transaction_code: z.string(), status: z.string(),
    })
    .partial()
    .optional(),
  /** Words in the indicator column that mean money out and money in. */
  debit_words: z.array(z.string()).optional(),
  credit_words: z.array(z.string()).optional(),
  /** Amounts are printed positive for money out (card statements). */
  inverted: z.boolean().optional(),
});

export type StatementProfile = z.infer<typeof statementProfileSchema>;
