import { makeIban } from '../../fixtures/generate/identifiers.ts';
import type { Random } from '../../fixtures/generate/random.ts';
import { addDays, type CalendarDate } from '../../src/core/date.ts';
import { BAI2 } from './bai2.ts';
import { CAMT_02, CAMT_08 } from './camt.ts';
import { CSV_DUTCH, CSV_ENGLISH, CSV_GERMAN, CSV_PLAIN, CSV_SEGMENTS } from './csv.ts';
import type { Format } from './format.ts';
import type { Company, Invoice, Language, Party, ReferenceKind } from './model.ts';
import { MT940_DUTCH, MT940_GERMAN } from './mt940.ts';
import { createNames } from './names.ts';
import { formsOf, keysOf, NUMBERINGS, type Numbering } from './numbering.ts';
import { OFX } from './ofx.ts';
import { makeReference } from './references.ts';

type Terms = Partial<Omit<Invoice, 'company' | 'party'>>;
type PartyTerms = Partial<Pick<Party, 'aliases' | 'accounts' | 'pays_for' | 'withholding_rate' | 'assigned_to_factor' | 'name' | 'late'>>;

/** Makes the source of truth while the scenarios ask for it; everything it has made is in its lists. */
export interface World {
  readonly random: Random;
  /** Three working days that follow on each other. */
  readonly days: readonly [CalendarDate, CalendarDate, CalendarDate];
  readonly companies: readonly Company[];
  readonly parties: readonly Party[];
  readonly invoices: readonly Invoice[];
  /** Somebody with whom there is other business, too. */
  customer(company: Company): Party;
  supplier(company: Company): Party;
  /** Somebody of whom a scenario states all that is open. */
  newCustomer(company: Company, terms?: PartyTerms): Party;
  newSupplier(company: Company, terms?: PartyTerms): Party;
  receivable(company: Company, party: Party, currency: string, terms?: Terms): Invoice;
  payable(company: Company, party: Party, currency: string, terms?: Terms): Invoice;
  creditNote(company: Company, party: Party, currency: string, terms?: Terms): Invoice;
  debitNote(company: Company, party: Party, currency: string, terms?: Terms): Invoice;
  /** An ordinary amount, in minor units. */
  amount(currency: string): bigint;
  reference(company: Company): string;
  /** Digits that are no part of any number of the company. */
  decoy(company: Company, digits: number): string;
  /** A wrong number: no later invoice gets it; whether none has it already. */
  reserve(company: Company, number: string): boolean;
  account(country: Party['country']): string;
  stranger(): { name: string; account: string };
  /** An id that occurs once. */
  id(prefix: string): string;
}

interface Home {
  readonly language: Language;
  readonly country: Party['country'];
  readonly currency: string;
  readonly reference: ReferenceKind;
  readonly formats: readonly Format[];
}

/** Where companies are at home, with what their banks deliver. */
const HOMES: readonly Home[] = [
  { language: 'de', country: 'DE', currency: 'EUR', reference: 'rf', formats: [CAMT_08, MT940_GERMAN, CSV_GERMAN, CSV_SEGMENTS, OFX, BAI2] },
  { language: 'nl', country: 'NL', currency: 'EUR', reference: 'ogm', formats: [MT940_DUTCH, CSV_DUTCH, CAMT_02, CSV_ENGLISH, OFX, MT940_GERMAN] },
  { language: 'en', country: 'GB', currency: 'GBP', reference: 'kid', formats: [CSV_ENGLISH, OFX, CAMT_08, BAI2, MT940_DUTCH, CSV_PLAIN] },
  { language: 'de', country: 'CH', currency: 'CHF', reference: 'qrr', formats: [CAMT_02, CAMT_08, MT940_GERMAN, CSV_GERMAN, CSV_PLAIN, BAI2] },
  { language: 'fr', country: 'BE', currency: 'EUR', reference: 'viite', formats: [CAMT_08, CSV_DUTCH, MT940_DUTCH, BAI2, CSV_ENGLISH, OFX] },
  { language: 'es', country: 'ES', currency: 'EUR', reference: 'rf', formats: [CAMT_02, CSV_GERMAN, CSV_DUTCH, MT940_GERMAN, OFX, CSV_ENGLISH] },
  { language: 'it', country: 'IT', currency: 'EUR', reference: 'rf', formats: [CAMT_08, CSV_SEGMENTS, CSV_ENGLISH, MT940_DUTCH, BAI2, OFX] },
  { language: 'pl', country: 'PL', currency: 'PLN', reference: 'rf', formats: [MT940_GERMAN, CAMT_02, CSV_SEGMENTS, CSV_DUTCH, CSV_PLAIN, OFX] },
  { language: 'fi', country: 'FI', currency: 'EUR', reference: 'viite', formats: [CAMT_02, CAMT_08, CSV_DUTCH, CSV_PLAIN, BAI2, CSV_GERMAN] },
  { language: 'en', country: 'NO', currency: 'JPY', reference: 'kid', formats: [CAMT_08, CSV_GERMAN, MT940_GERMAN, BAI2, CSV_PLAIN, CSV_ENGLISH] },
  { language: 'en', country: 'GB', currency: 'KWD', reference: 'rf', formats: [CAMT_02, MT940_DUTCH, CSV_DUTCH, OFX, BAI2, CSV_SEGMENTS] },
  { language: 'en', country: 'IE', currency: 'USD', reference: 'rf', formats: [BAI2, OFX, CSV_PLAIN, CAMT_02, MT940_GERMAN, CSV_ENGLISH] },
];

/** Ordinary amounts in minor units, from some ten to some ten thousand of everyday money, as many of each size. */
const SMALLEST = 2_000;
const SIZES = 3.5;

export function createWorld(random: Random, companies_wanted: number): World {
  const names = createNames(random);
  const days = pickDays(random);
  const companies: Company[] = [];
  const parties: Party[] = [];
  const invoices: Invoice[] = [];
  const known = new Map<Company, Record<Party['kind'], Party[]>>();
  const issued = new Map<Company, Set<string>>();
  const reserved = new Map<Company, Set<string>>();
  const sequences = new Map<Numbering | Party, number>();
  const references = new Set<string>();
  const accounts = new Set<string>();
  const homes = [...HOMES];
  const numberings = [...NUMBERINGS];
  let ids = random.int(100_000, 800_000);

  for (let i = 0; i < companies_wanted; i++) {
    const home = homes.length > 0 ? random.take(homes) : random.pick(HOMES);
    const company: Company = {
      id: `company-${i + 1}`, language: home.language, currency: home.currency, numbering: numberings.length > 0 ? random.take(numberings) : random.pick(NUMBERINGS),
      reference: home.reference, accounts: [],
    };
    for (const format of home.formats) {
      company.accounts.push({
        company, number: account(home.country), currency: home.currency, format, bank: { name: `${names.next(home.language).name.split(' ')[0]} Bank`, bic: `XX${random.pick(['AB', 'CD', 'EF'])}${home.country}20` },
        letters: random.pick(['as they are', 'capitals', 'capitals without umlauts']),
      });
    }
    companies.push(company);
    known.set(company, { customer: [], supplier: [] });
    issued.set(company, new Set());
    // The year stands in every date.
    reserved.set(company, new Set([days[0].slice(0, 4)]));
  }

  function account(country: Party['country']): string {
    for (;;) {
      const number = makeIban(country, random);
      if (accounts.has(number)) continue;
      accounts.add(number);
      return number;
    }
  }

  function amount(): bigint {
    return BigInt(Math.round(SMALLEST * 10 ** (random.int(0, 1_000_000) / 1_000_000 * SIZES)));
  }

  function addParty(kind: Party['kind'], company: Company, terms: PartyTerms): Party {
    const { name, country } = names.next(random.int(1, 4) === 1 ? random.pick(['de', 'en', 'fr', 'nl', 'es', 'it', 'pl', 'fi']) : company.language);
    const party: Party = {
      party_id: `${kind === 'customer' ? 'K' : 'L'}${parties.length + 10_001}`, kind, name, country, accounts: [account(country)], aliases: [], pays_for: [], withholding_rate: '',
      assigned_to_factor: '', numbering: kind === 'supplier' ? random.pick(NUMBERINGS.filter(({ per_customer }) => !per_customer)) : null, late: false, ...terms,
    };
    parties.push(party);
    return party;
  }

  /** The next number of a series; a series skips some, as real ones do, and what stands as a decoy in some text. */
  function nextNumber(company: Company, numbering: Numbering, series: Numbering | Party): string {
    for (;;) {
      const sequence = (sequences.get(series) ?? random.int(...numbering.start)) + random.int(1, 3);
      sequences.set(series, sequence);
      const number = numbering.number(sequence);
      if (keysOf(number).some((key) => reserved.get(company)!.has(key) || (!numbering.per_customer && issued.get(company)!.has(key)))) continue;
      for (const form of formsOf(number)) issued.get(company)!.add(form);
      return number;
    }
  }

  function addInvoice(kind: Invoice['kind'], company: Company, party: Party, currency: string, terms: Terms): Invoice {
    const issue_date = addDays(days[0], -random.int(12, 40));
    const numbering = kind === 'payable' || kind === 'debit_note' ? party.numbering! : company.numbering;
    const series = numbering === company.numbering && !numbering.per_customer ? numbering : party;
    const invoice: Invoice = {
      company, kind, invoice_number: nextNumber(company, numbering, series), party, currency, amount: amount(), issue_date, due_date: addDays(issue_date, 30), status: 'open',
      payment_reference: '', discount_amount: null, discount_until: null, purchase_order: '', instalments: [], tax_percent: random.pick([0, 7, 19, 20, 21]), late: false, ...terms,
    };
    invoices.push(invoice);
    return invoice;
  }

  /** Mostly somebody who is there already. */
  function knownParty(kind: Party['kind'], company: Company): Party {
    const there = known.get(company)![kind];
    if (there.length > 0 && random.int(1, 3) > 1) return random.pick(there);
    const party = addParty(kind, company, {});
    there.push(party);
    for (let i = random.int(0, 3); i > 0; i--) addInvoice(kind === 'customer' ? 'receivable' : 'payable', company, party, company.currency, {});
    return party;
  }

  return {
    random, days, companies, parties, invoices, account, amount,
    customer: (company) => knownParty('customer', company),
    supplier: (company) => knownParty('supplier', company),
    newCustomer: (company, terms = {}) => addParty('customer', company, terms),
    newSupplier: (company, terms = {}) => addParty('supplier', company, terms),
    receivable: (company, party, currency, terms = {}) => addInvoice('receivable', company, party, currency, terms),
    payable: (company, party, currency, terms = {}) => addInvoice('payable', company, party, currency, terms),
    creditNote: (company, party, currency, terms = {}) => addInvoice('credit_note', company, party, currency, terms),
    debitNote: (company, party, currency, terms = {}) => addInvoice('debit_note', company, party, currency, terms),
    reference(company) {
      for (;;) {
        const reference = makeReference(company.reference, random);
        if (references.has(reference)) continue;
        references.add(reference);
        return reference;
      }
    },
    decoy(company, count) {
      for (;;) {
        const digits = `${random.int(1, 9)}${random.digits(count - 1)}`;
        if (issued.get(company)!.has(digits)) continue;
        reserved.get(company)!.add(digits);
        return digits;
      }
    },
    reserve(company, number) {
      const keys = keysOf(number);
      if (keys.some((key) => issued.get(company)!.has(key))) return false;
      for (const key of keys) reserved.get(company)!.add(key);
      return true;
    },
    stranger: () => ({ name: names.person(), account: account(random.pick(['DE', 'NL', 'IE', 'FR'])) }),
    id: (prefix) => `${prefix}${++ids}`,
  };
}

/** A Tuesday to Thursday, in the middle of a month. */
function pickDays(random: Random): World['days'] {
  const weeks: readonly CalendarDate[] = ['2026-02-10', '2026-04-14', '2026-06-16', '2026-08-11', '2026-09-15', '2026-11-10'];
  const first = random.pick(weeks);
  return [first, addDays(first, 1), addDays(first, 2)];
}

