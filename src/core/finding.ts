/**
 * Facts about the data that somebody may have to know. A finding is a value, never thrown, and its code alone says what follows from it:
 * `informs` is shown and changes nothing, `review` keeps an entry from being posted without a person, `quarantine` keeps the whole
 * statement off the books.
 */
export const FINDINGS = {
  does_not_tie_out: { effect: 'quarantine', meaning: 'a sum that the document prints does not follow from its entries' },
  entry_in_other_currency: { effect: 'quarantine', meaning: 'an entry is in another currency than its statement, so that its sums mean nothing' },
  unproven: { effect: 'informs', meaning: 'the document prints no balances to check its entries against' },
  balance_of_another_day: { effect: 'informs', meaning: 'the balance printed is of a day after the statement ends, and proves none of its entries' },
  iban_invalid: { effect: 'informs', meaning: 'an IBAN has wrong check digits or the wrong length; it is kept as printed' },
  booked_outside_period: { effect: 'informs', meaning: 'an entry is booked before the first or after the last day of its statement' },
  side_amount_dropped: { effect: 'informs', meaning: 'an instructed amount or a charge does not fit its currency and is left out' },
  batch_remainder: { effect: 'review', meaning: 'the details of a batch booking do not add up to it; this line is the rest' },
  batch_charges: { effect: 'informs', meaning: 'the details of a batch booking and its charges add up to it; this line is the charges' },
  base_amount_unknown: { effect: 'informs', meaning: 'an invoice in another currency has no booked amount, so no exchange difference is posted' },
  tax_split_unknown: { effect: 'informs', meaning: 'an invoice with a discount has no tax split, so the discount is posted gross' },
  batch_in_other_currency: { effect: 'review', meaning: 'the details of a batch booking are in another currency than the booking and stay together' },
} as const satisfies Record<string, { effect: FindingEffect; meaning: string }>;

export type FindingEffect = 'informs' | 'review' | 'quarantine';
export type FindingCode = keyof typeof FINDINGS;

export interface Finding {
  code: FindingCode;
  /** What was found, in one sentence without personal data. */
  detail: string;
}

const WEIGHT: Record<FindingEffect, number> = { informs: 0, review: 1, quarantine: 2 };

/** The gravest effect among findings; `informs` for none. */
export function effectOf(findings: readonly Finding[]): FindingEffect {
  let gravest: FindingEffect = 'informs';
  for (const { code } of findings) if (WEIGHT[FINDINGS[code].effect] > WEIGHT[gravest]) gravest = FINDINGS[code].effect;
  return gravest;
}
