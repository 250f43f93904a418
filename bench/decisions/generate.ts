import { createRandom } from '../../fixtures/generate/random.ts';
import { deliver, FAULTS, PROVING, type Delivered, type Fault } from './deliveries.ts';
import { createJudge, type Verdict } from './judge.ts';
import { accountsCsv, invoicesCsv, partiesCsv } from './master-data.ts';
import type { Account, Invoice, Payment } from './model.ts';
import { OTHER_LINES } from './other-lines.ts';
import { PAYMENTS_OUT } from './payments-out.ts';
import { MASTER_DATA } from './contradictions.ts';
import { RECEIPTS } from './receipts.ts';
import type { Scenario } from './scene.ts';
import { SUMS } from './sums.ts';
import { createWorld, type World } from './world.ts';

/** What is true of one entry of one document. */
export interface TrueEntry {
  readonly document: string;
  /** As the export counts: 1-based, in the order of the document. */
  readonly line: number;
  readonly detail: number | null;
  readonly format: string;
  readonly fate: Delivered['fate'];
  readonly fault: Fault | null;
  readonly payment: Payment;
  readonly verdict: Verdict;
  /** Entries of one group are deliveries of the same `occurrences` payments. */
  readonly group: string;
}

export interface Generated {
  readonly accounts_csv: string;
  readonly parties_csv: string;
  readonly invoices_csv: string;
  /** Come between the two runs. */
  readonly late_parties_csv: string;
  readonly late_invoices_csv: string;
  readonly invoices: readonly Invoice[];
  readonly documents: readonly Delivered[];
  readonly entries: readonly TrueEntry[];
  /** How many real payments each group has. */
  readonly occurrences: ReadonlyMap<string, number>;
  /** Names of documents with the same bytes lead to the first of them. */
  readonly same_bytes: ReadonlyMap<string, string>;
}

const SCENARIOS: readonly Scenario[] = [...RECEIPTS, ...SUMS, ...MASTER_DATA, ...PAYMENTS_OUT, ...OTHER_LINES];
/** What is on accounts with faults: payments whose truth hangs on no other document. */
const PLAIN: readonly Scenario[] = RECEIPTS.filter(({ name, differs }) => differs === undefined && ['our structured reference', 'an invoice number in the text', 'a discount within its terms'].includes(name));
/** So many entries of a company, and its numbers and names are dense enough to be mistaken for each other. */
const ENTRIES_PER_COMPANY = 4_000;
/** One in so many entries is on an account whose deliveries are at fault. */
const FAULTY_ONE_IN = 8;

/** A portfolio, about so many payments with their true allocations, and the documents that show them. The same seed gives the same bytes. */
export function generate(seed: number, entries_wanted: number): Generated {
  const random = createRandom(seed);
  const world = createWorld(random, Math.max(3, Math.ceil(entries_wanted / ENTRIES_PER_COMPANY)));
  const normal = world.companies.flatMap(({ accounts }) => accounts);
  const faulty = addFaultyAccounts(world);
  const deck = SCENARIOS.flatMap((scenario) => Array.from({ length: scenario.weight }, () => scenario));
  const payments = new Map<Account, Payment[]>();
  let count = 0;
  while (count < entries_wanted) {
    const at_fault = random.int(1, FAULTY_ONE_IN) === 1;
    const account = at_fault ? random.pick([...faulty.keys()]) : random.pick(normal);
    const scenario = random.pick(at_fault ? PLAIN : deck);
    const days = (scenario.days ?? [0, 1, 2]).filter((day) => faulty.get(account) !== 'an empty statement' || day !== 1);
    if (scenario.formats?.(account.format) === false || days.length === 0) continue;
    const day = random.pick(days);
    for (const payment of [scenario.play({ world, account, day, date: world.days[day] })].flat()) {
      const whole = { ...payment, truth: { ...payment.truth, scenario: scenario.name, differs: payment.truth.decision === 'auto' ? null : scenario.differs ?? null } };
      payments.getOrInsert(payment.account, []).push(whole);
      count++;
    }
  }
  const accounts = [...normal, ...faulty.keys()];
  const documents = accounts.flatMap((account) => deliver(random, account, world.days, payments.get(account) ?? [], faulty.get(account) ?? null));
  return { ...truthOf(world, documents), ...masterData(world, accounts), invoices: world.invoices, documents };
}

/** An account for each fault, spread over the companies; no transfer has its other leg there, for it may never come. */
function addFaultyAccounts({ random, companies, account }: World): Map<Account, Fault> {
  const faulty = new Map<Account, Fault>();
  for (const [i, fault] of FAULTS.entries()) {
    const company = companies[i % companies.length]!;
    const { bank, number } = company.accounts[0]!;
    const one: Account = { company, number: account(number.slice(0, 2) as Parameters<typeof account>[0]), currency: company.currency, format: random.pick(PROVING), bank, letters: 'as they are' };
    faulty.set(one, fault);
  }
  return faulty;
}

function masterData(world: World, accounts: readonly Account[]): Pick<Generated, 'accounts_csv' | 'parties_csv' | 'invoices_csv' | 'late_parties_csv' | 'late_invoices_csv'> {
  return {
    accounts_csv: accountsCsv(accounts),
    parties_csv: partiesCsv(world.parties.filter(({ late }) => !late)), late_parties_csv: partiesCsv(world.parties.filter(({ late }) => late)),
    invoices_csv: invoicesCsv(world.invoices.filter(({ late }) => !late)), late_invoices_csv: invoicesCsv(world.invoices.filter(({ late }) => late)),
  };
}

function truthOf(world: World, documents: readonly Delivered[]): Pick<Generated, 'entries' | 'occurrences' | 'same_bytes'> {
  const judge = createJudge(world);
  const entries: TrueEntry[] = [];
  const groups = new Map<Payment, string>();
  const occurrences = new Map<string, number>();
  const same_bytes = new Map<string, string>();
  for (const { document, fate, fault, statement, bytes } of documents) {
    if (fate === 'again') {
      same_bytes.set(document, documents.find((one) => one.fate !== 'again' && one.bytes.equals(bytes))!.document);
      continue;
    }
    for (const [i, { payments, shown }] of statement.lines.entries()) {
      for (const [j, payment] of payments.entries()) {
        let group = groups.get(payment);
        if (group === undefined) {
          group = payment.alike ?? `payment ${groups.size}`;
          groups.set(payment, group);
          occurrences.set(group, (occurrences.get(group) ?? 0) + 1);
        }
        entries.push({
          document, line: i + 1, detail: payments.length > 1 ? j + 1 : null, format: formatOf(document, statement.account, statement.interim), fate, fault, payment,
          verdict: judge(payment, shown[j]!), group,
        });
      }
    }
  }
  return { entries, occurrences, same_bytes };
}

function formatOf(document: string, { format }: Account, interim: boolean): string {
  return interim ? 'camt.052' : document.includes('-copy') ? 'a copy' : format.id;
}
