import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { sql } from 'kysely';
import { iban, makePortfolio, renderCamt, renderCsv, type Payment } from '../../bench/portfolio.ts';
import { generateSample } from '../../fixtures/generate.ts';
import { setMode } from '../../src/review/modes.ts';
import { importAccounts } from '../../src/master-data/import-accounts.ts';
import { importInvoices } from '../../src/master-data/import-invoices.ts';
import { importParties } from '../../src/master-data/import-parties.ts';
import { transaction, type Database } from '../../src/platform/database.ts';
import { seeded } from '../helpers/seeded.ts';
import { without } from './books.ts';

/**
 * A night for the tests under fault, made out of a seed: payments whose outcome and posting are known beforehand, in many documents of many
 * accounts and companies, each account with one statement, so that it does not matter in which run a document comes; and beside them the
 * sample company's night of the same seed, with every kind of case.
 */
export interface Night {
  /** By path below the folder. `plain/` may be split over runs as one likes; `sample/` belongs into one run. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly master_data: readonly { readonly accounts: Buffer; readonly parties: Buffer; readonly invoices: Buffer }[];
  /** What must come of each payment of `plain/`. */
  readonly payments: readonly Payment[];
}

export interface NightOptions {
  readonly seed: number;
  readonly entries: number;
  readonly documents: number;
  readonly companies: number;
  /** Puts the lines of every document into another order; the content of the night stays the same. */
  readonly order?: number;
}

// Each so many the customer pays twice: of two payments for one invoice one is automatic, the other waits in review.
const PAID_TWICE_EVERY = 40;

export async function makeNight({ seed, entries, documents, companies, order = 0 }: NightOptions): Promise<Night> {
  const random = seeded(seed);
  const names = Array.from({ length: companies }, (_, i) => `night-${i}`);
  const portfolio = makePortfolio(entries, entries, names);
  const accounts: string[] = [];
  const files = new Map<string, Buffer>();
  const payments: Payment[] = [];
  for (const company of names) {
    const own = shuffle(portfolio.payments.filter((payment) => payment.company === company), random);
    const count = Math.ceil(documents / companies);
    for (let n = 0; n < count; n++) {
      const account = iban('DE', `37040044${String(accounts.length).padStart(10, '0')}`);
      accounts.push(`${account},EUR,${company}`);
      const some = own.filter((_, i) => i % count === n);
      const twins = some.filter((payment) => payment.n % PAID_TWICE_EVERY === 0).map((payment): Payment => ({ ...payment, n: entries + payment.n, expected: 'review', closes: 0 }));
      payments.push(...some, ...twins);
      const lines = shuffle([...some, ...twins], seeded(order));
      const text = n % 2 === 0 ? renderCamt(lines, account) : renderCsv(lines, account);
      files.set(`plain/${company}-${n}.${n % 2 === 0 ? 'xml' : 'csv'}`, Buffer.from([...text].join('')));
    }
  }
  const sample = await generateSample(seed);
  for (const [path, bytes] of sample.files) if (path.startsWith('statements/')) files.set(`sample/${basename(path)}`, bytes);
  return {
    files, payments,
    master_data: [
      { accounts: Buffer.from(`account,currency,company\n${accounts.join('\n')}\n`), parties: Buffer.from(portfolio.parties_csv), invoices: Buffer.from(portfolio.invoices_csv) },
      { accounts: sample.files.get('accounts.csv')!, parties: sample.files.get('parties.csv')!, invoices: sample.files.get('invoices.csv')! },
    ],
  };
}

/** Imports the night's master data and lets its companies act by themselves. */
export async function importNight(db: Database, night: Night): Promise<void> {
  const context = { actor: 'night', companies: {} };
  for (const { accounts, parties, invoices } of night.master_data) {
    await transaction(db, (tx) => importAccounts(tx, Readable.from([accounts]), context));
    await transaction(db, (tx) => importParties(tx, Readable.from([parties]), context));
    await transaction(db, (tx) => importInvoices(tx, Readable.from([invoices]), context));
  }
  await transaction(db, async (tx) => {
    for (const { company } of await tx.kysely.selectFrom('company').select('company').orderBy('company').execute()) await setMode(tx, 'auto', 'test', company);
  });
}

export async function writeNight(night: Night, folder: string): Promise<void> {
  for (const [path, bytes] of night.files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

/**
 * What of the plain payments is not as it was known beforehand: its outcome, the invoice that it settles and by how much, and that its whole
 * amount is on the bank account exactly once. Nothing when all is well.
 */
export async function listWrongPayments(db: Database, night: Night): Promise<string[]> {
  const { rows } = await sql<{ account: string; amount: bigint; outcomes: string; settles: string | null; closed: bigint; bank: bigint; count: number }>`
    select e.counterparty_account as account, e.amount, string_agg(d.outcome, '+') as outcomes, count(*)::int as count,
           string_agg(a.settles, '+') as settles, coalesce(sum(a.closed), 0)::bigint as closed, coalesce(sum(j.bank), 0)::bigint as bank
      from entry e join statement s using (statement_id)
      left join decision d on d.entry_id = e.entry_id and d.superseded_by is null
      left join (select a.decision_id, string_agg(i.invoice_number, '+') as settles, sum(a.settled + a.discount) as closed
             from allocation a join invoice i using (invoice_id) group by 1) a using (decision_id)
      left join (select x.entry_id, sum(l.amount) as bank from journal_entry x join journal_line l using (journal_entry_id)
             where l.account_id is not null group by 1) j on j.entry_id = e.entry_id
     where s.company like 'night-%' group by e.entry_id, e.counterparty_account, e.amount`.execute(db.kysely);
  const wanted = night.payments.map(({ account, amount, expected, invoice_number, closes }) => (
    `${account} ${amount}: ${expected} of ${expected === 'auto' ? invoice_number : 'nothing'} by ${closes}, ${amount} on the bank account`));
  const found = rows.map((row) => `${row.account} ${row.amount}: ${row.outcomes} of ${row.settles ?? 'nothing'} by ${row.closed}, ${row.bank} on the bank account`);
  return [...without(found, wanted).map((one) => `found ${one}`), ...without(wanted, found).map((one) => `missing ${one}`)];
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  return items.map((item) => ({ item, key: random() })).sort((a, b) => a.key - b.key).map(({ item }) => item);
}
