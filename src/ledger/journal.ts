import { addDays, type CalendarDate } from '../core/date.ts';
import { assert } from '../core/failure.ts';
import { copyRows } from '../platform/copy.ts';
import type { Tx } from '../platform/database.ts';
import { allocateIds } from './log.ts';

/** Posting accounts by their keys; rules/accounts.yaml maps them to a company's own chart. */
export type LedgerAccount = string;

export interface JournalLineDraft {
  account: LedgerAccount;
  /** The bank account behind a bank line. */
  account_id?: number | null;
  party_id?: string | null;
  invoice_id?: bigint | null;
  /** Minor units of the currency; debit positive, credit negative. */
  amount: bigint;
  currency: string;
  /** In the company's functional currency; left out, it is the amount itself where the currency is that one, else unknown. */
  base_amount?: bigint | null;
}

export interface JournalEntryDraft {
  company: string;
  kind: string;
  booking_date: CalendarDate;
  entry_id?: bigint | null;
  decision_id?: bigint | null;
  invoice_id?: bigint | null;
  statement_id?: bigint | null;
  run_id?: bigint | null;
  reverses?: bigint | null;
  lines: readonly JournalLineDraft[];
}

const ENTRY_COLUMNS = ['journal_entry_id', 'company', 'posting_date', 'booking_date', 'kind', 'entry_id', 'decision_id', 'invoice_id',
  'statement_id', 'run_id', 'reverses', 'log_seq'] as const;
const LINE_COLUMNS = ['journal_entry_id', 'n', 'account', 'account_id', 'party_id', 'invoice_id', 'amount', 'currency', 'base_amount'] as const;

/**
 * Posts journal entries as a set and returns their ids. `log_seq` is the log record that explains them: one for all, or one each.
 * Lines of zero are left out, and entries of nothing else (banks book 0.00 to inform). The database refuses what does not balance, a closed
 * period, and a second posting of the same thing.
 */
export async function postJournalEntries(tx: Tx, log_seq: bigint | readonly bigint[], drafts: readonly JournalEntryDraft[]): Promise<bigint[]> {
  if (drafts.length === 0) return [];
  const ids = await allocateIds(tx, 'journal_entry_journal_entry_id_seq', drafts.length);
  const books = await loadBooks(tx, new Set(drafts.map((draft) => draft.company)));
  await copyRows(tx.client, 'journal_line', LINE_COLUMNS, lineRows());
  await copyRows(tx.client, 'journal_entry', ENTRY_COLUMNS, entryRows());
  return ids;

  function* lineRows(): Generator<readonly unknown[]> {
    for (const [i, draft] of drafts.entries()) {
      const functional = books.get(draft.company)!.functional_currency;
      let n = 0;
      for (const line of draft.lines) {
        if (isZero(line)) continue;
        const base = line.base_amount !== undefined ? line.base_amount : line.currency === functional ? line.amount : null;
        yield [ids[i], ++n, line.account, line.account_id ?? null, line.party_id ?? null, line.invoice_id ?? null, line.amount, line.currency, base];
      }
    }
  }

  function* entryRows(): Generator<readonly unknown[]> {
    for (const [i, draft] of drafts.entries()) {
      if (draft.lines.length > 0 && draft.lines.every(isZero)) continue;
      yield [ids[i], draft.company, postingDate(draft.booking_date, books.get(draft.company)!.closed_months), draft.booking_date, draft.kind,
        draft.entry_id ?? null, draft.decision_id ?? null, draft.invoice_id ?? null, draft.statement_id ?? null, draft.run_id ?? null,
        draft.reverses ?? null, typeof log_seq === 'bigint' ? log_seq : log_seq[i]];
    }
  }
}

function isZero({ amount, base_amount }: JournalLineDraft): boolean {
  return amount === 0n && !base_amount;
}

/** The booking date when its month is open, else the first day of the first open month after it. */
export function postingDate(booking_date: CalendarDate, closed_months: ReadonlySet<string>): CalendarDate {
  let date = booking_date;
  while (closed_months.has(date.slice(0, 7))) date = addDays(`${date.slice(0, 7)}-28`, 4).slice(0, 8) + '01';
  return date;
}

interface Books { functional_currency: string | null; closed_months: ReadonlySet<string> }

async function loadBooks(tx: Tx, companies: ReadonlySet<string>): Promise<Map<string, Books>> {
  const rows = await tx.kysely.selectFrom('company').leftJoin('period', 'period.company', 'company.company')
    .select(['company.company', 'company.functional_currency', 'period.month']).where('company.company', 'in', [...companies]).execute();
  const books = new Map<string, Books & { closed_months: Set<string> }>();
  for (const row of rows) {
    const entry = books.get(row.company) ?? { functional_currency: row.functional_currency, closed_months: new Set<string>() };
    if (row.month) entry.closed_months.add(row.month);
    books.set(row.company, entry);
  }
  for (const company of companies) assert(books.has(company), `company ${company} exists before anything is posted for it`);
  return books;
}
