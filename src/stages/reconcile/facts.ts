import type { CandidateFacts, EntryFacts } from '../../core/evidence.ts';

/**
 * Every fact that a rule may ask for, with its meaning. This is what conditions are checked against and what docs/evidence.md
 * prints; the types below make it an error here when src/core/evidence.ts gains, loses or renames a fact or a value.
 */
export interface Fact {
  readonly meaning: string;
  /** The values of a union with their meanings, or one of the open types. */
  readonly type: 'bool' | 'count' | 'currency' | Readonly<Record<string, string>>;
}

type FactOf<T> = {
  readonly meaning: string;
  readonly type: [T] extends [boolean] ? 'bool' : [T] extends [number] ? 'count' : string extends T ? 'currency' : Readonly<Record<T & string, string>>;
};

const ENTRY: { readonly [K in keyof EntryFacts]: FactOf<EntryFacts[K]> } = {
  direction: { meaning: 'which way the money moved', type: { in: 'received', out: 'paid' } },
  currency: { meaning: 'the entry\'s ISO 4217 code', type: 'currency' },
  bank_type: {
    meaning: 'what the bank\'s own booking type says, never a word in the text',
    type: { fee: 'a charge', interest: 'interest', return: 'a returned payment', other: 'anything else, or nothing' },
  },
  is_return: { meaning: 'the bank gives back an earlier payment', type: 'bool' },
  counterparty_account: {
    meaning: 'the account on the other side',
    type: { absent: 'not shown', known: 'on file at a party', unknown: 'on file nowhere', own: 'one of our own' },
  },
  counterparty_name: {
    meaning: 'the name on the other side',
    type: { absent: 'not shown', bank: 'the account\'s own bank', known: 'a party\'s name or alias: as it stands, with its words turned round, or cut at the field\'s length', similar: 'more or less than a party\'s name', unknown: 'nobody\'s we know' },
  },
  text_cut: { meaning: 'the bank may have cut the text, so that more may have been named', type: 'bool' },
  needs_person: { meaning: 'something about the line itself is for a person, such as the unexplained rest of a batch booking: never automatic', type: 'bool' },
  proof: {
    meaning: 'what the statement\'s arithmetic proves',
    type: {
      proven: 'its entries lead from opening to closing', unproven_structured: 'a structured format that prints no balances',
      unproven_inferred: 'read by inference, without a proof: nothing of it is ever automatic',
    },
  },
  named_count: { meaning: 'how many invoices the text names, open or not, whoever\'s', type: 'count' },
};

const CANDIDATE: { readonly [K in keyof CandidateFacts]: FactOf<CandidateFacts[K]> } = {
  kind: {
    meaning: 'what the entry is explained as',
    type: {
      invoices: 'it settles invoices', bank_charge: 'a fee or interest of the bank', transfer: 'between our own accounts',
      return: 'it reverses an earlier decision', suspense: 'neither account, name nor a named invoice leads to anybody', on_account: 'a known party\'s money that settles nothing',
    },
  },
  named_by: {
    meaning: 'how its invoices are named, the weakest of them; of a return: how the earlier entry is',
    type: {
      reference: 'the structured reference that we issued', end_to_end: 'the end-to-end id of our own order or collection', mandate: 'the mandate id of our collection; only of a return',
      number: 'the invoice number after normalisation', digits: 'only the digits of the number', typo: 'a number that one slip of the hand makes of theirs, and that no invoice has', none: 'not at all',
    },
  },
  all_named: { meaning: 'every invoice that the entry names is in it, and nothing else is', type: 'bool' },
  payer: {
    meaning: 'who pays (money out: who is paid), seen from the invoices\' party',
    type: {
      account: 'it, by its account on file', name: 'it, by its exact name or alias only', pays_for: 'a party registered to pay for it',
      factor: 'the factor it is assigned to', assigned: 'it, though its invoices are assigned to a factor', unknown: 'nobody we know', contradicts: 'another party we know',
    },
  },
  amount: {
    meaning: 'how the amount is explained; every difference has a name',
    type: {
      exact: 'to the minor unit', discount: 'less the discount, in time', discount_late: 'less the discount, too late',
      charges: 'less charges that the bank shows', withholding: 'less tax withheld at the registered rate',
      instalment: 'the agreed instalment that is next', short: 'too little', over: 'too much', none: 'not at all',
    },
  },
  exchange: {
    meaning: 'of invoices in another currency: what the bank shows of the exchange',
    type: {
      none: 'they are in the entry\'s currency', instructed: 'the amount as instructed in theirs', rate: 'only the rate, and it leads to the minor unit',
      contradicts: 'amount and rate, from which the entry\'s amount cannot follow',
    },
  },
  invoice_count: { meaning: 'how many invoices it settles', type: 'count' },
  one_party: { meaning: 'its invoices are all of one party', type: 'bool' },
  unique: {
    meaning: 'nothing else of any size that the payer may pay has this amount (of a return: no other earlier entry fits); false also when the search ran out, where digits are a name for it only because the amount says so and it fits another item too, and where two named differences explain the amount',
    type: 'bool',
  },
  undisputed: {
    meaning: 'where the text names no invoice: nothing in it speaks for something else, as a number like ours that is none, another order, or a prepayment, and its invoices had been issued when it was booked; of a charge or interest: no invoice of just its amount is named',
    type: 'bool',
  },
  status: {
    meaning: 'whether its invoices can be settled; else what the first one is that cannot',
    type: { open: 'all are open', paid: 'paid already', cancelled: 'cancelled', other_direction: 'settled by money the other way', other_currency: 'in another currency' },
  },
  legs: {
    meaning: 'of a transfer: which of its two legs are on statements',
    type: { none: 'it is no transfer', one: 'this one only', both: 'both' },
  },
  contradictory: { meaning: 'the master data it rests on contradicts itself: never automatic', type: 'bool' },
};

export const FACTS: Readonly<Record<'entry' | 'candidate', Readonly<Record<string, Fact>>>> = { entry: ENTRY, candidate: CANDIDATE };

export interface Facts {
  readonly entry: EntryFacts;
  readonly candidate: CandidateFacts;
}

/** What an example does not state: a receipt of a known customer that names one open invoice by its number and pays it exactly. */
export const BASELINE: Facts = {
  entry: {
    direction: 'in', currency: 'EUR', bank_type: 'other', is_return: false, counterparty_account: 'known', counterparty_name: 'known',
    text_cut: false, needs_person: false, proof: 'proven', named_count: 1,
  },
  candidate: {
    kind: 'invoices', named_by: 'number', all_named: true, payer: 'account', amount: 'exact', exchange: 'none', invoice_count: 1, one_party: true,
    unique: true, undisputed: true, status: 'open', legs: 'none', contradictory: false,
  },
};
