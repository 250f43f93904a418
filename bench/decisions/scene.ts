import { addDays, type CalendarDate } from '../../src/core/date.ts';
import type { Format } from './format.ts';
import type { Account, Invoice, Need, Party, Payment, TrueAllocation, Truth } from './model.ts';
import { writeNumber } from './numbering.ts';
import { printReference } from './references.ts';
import { textListing, textNaming } from './texts.ts';
import type { World } from './world.ts';

/** Where a scenario plays: an account and one of the three days. */
export interface Scene {
  readonly world: World;
  readonly account: Account;
  readonly day: 0 | 1 | 2;
  readonly date: CalendarDate;
}

/** A kind of payment, with what must become of it. */
export interface Scenario {
  readonly name: string;
  /** For a twin: the one fact in which it differs from the automatic case of that name. */
  readonly differs?: string;
  /** How often it comes, compared with others. */
  readonly weight: number;
  /** Formats in which it can happen at all; all of them where it is left out. */
  readonly formats?: (format: Format) => boolean;
  /** Days on which it can begin; all of them where it is left out. */
  readonly days?: readonly (0 | 1 | 2)[];
  play(scene: Scene): Payment | readonly Payment[];
}

type Content = Pick<Payment, 'amount' | 'truth'> & Partial<Payment>;

/** A payment by or to a party, with its first account on file and its name. */
export function paymentOf(scene: Scene, party: Party, content: Content): Payment {
  return paymentBetween(scene, { name: party.name, counterparty_account: party.accounts[0]!, ...content, truth: { ...content.truth, party: content.truth.party ?? party } });
}

/** A payment of whoever is given, or of nobody who is shown. */
export function paymentBetween({ account, date }: Scene, content: Content): Payment {
  return {
    account, date, value_date: content.date ?? date, kind: 'transfer', name: null, counterparty_account: null, text: '', reference: null, end_to_end_id: null, mandate_id: null,
    charges: 0n, instructed: null, batch: null, alike: null, ...content,
  };
}

type Parts = Partial<Omit<Truth, 'decision' | 'scenario' | 'differs'>>;

const NOTHING: Truth = {
  scenario: '', differs: null, decision: 'person', needs: [], otherwise: 'open', allocations: [], ledger: null, fee: 0n, suggestion: null, party: null, written: [],
};

/** Decided without a person when the document shows what is needed. Scenario and twin are filled in by whoever plays it. */
export function decided(needs: readonly Need[], allocations: readonly TrueAllocation[], parts: Parts = {}): Truth {
  return { ...NOTHING, decision: 'auto', needs, allocations, suggestion: 'allocations', ...parts };
}

/** For a person; the allocations are what the first suggestion should be. */
export function forPerson(allocations: readonly TrueAllocation[] | 'none of ours' | null, parts: Parts = {}): Truth {
  if (allocations === null) return { ...NOTHING, ...parts };
  if (allocations === 'none of ours') return { ...NOTHING, suggestion: 'none of ours', ...parts };
  return { ...NOTHING, allocations, suggestion: 'allocations', ...parts };
}

/** Invoices settled in full: what we are owed comes in, what we owe goes out. */
export function inFull(...invoices: readonly Invoice[]): TrueAllocation[] {
  return invoices.map((invoice) => ({ invoice, amount: signOf(invoice) * invoice.amount }));
}

export function signOf({ kind }: Pick<Invoice, 'kind'>): bigint {
  return kind === 'receivable' || kind === 'debit_note' ? 1n : -1n;
}

export function sum(allocations: readonly TrueAllocation[]): bigint {
  return allocations.reduce((total, { amount }) => total + amount, 0n);
}

/** A text that names one invoice by its number, and how the number stands in it. */
export function naming({ world, account }: Scene, invoice: Invoice): { text: string; written: string[] } {
  const written = writeNumber(invoice.invoice_number, world.random);
  return { text: textNaming(world, account, written), written: [written] };
}

/** A text that lists several invoices, each as it is, because a list is copied. */
export function listing({ world, account }: Scene, invoices: readonly Invoice[]): { text: string; written: string[] } {
  const written = invoices.map(({ invoice_number }) => invoice_number);
  return { text: textListing(world, account, written), written };
}

/** The reference in its field, or typed into the text. */
export function referring({ world, account }: Scene, reference: string): { reference: string | null; text: string; written: string[] } {
  return world.random.int(1, 4) > 1
    ? { reference, text: '', written: [reference] } : { reference: null, text: printReference(account.company.reference, reference, world.random), written: [reference] };
}

export function before(date: CalendarDate, days: number): CalendarDate {
  return addDays(date, -days);
}

/** A part of an amount, never all and never nothing. */
export function partOf({ random }: World, amount: bigint): bigint {
  return amount * BigInt(random.int(21, 79)) / 100n + BigInt(random.int(1, 9));
}
