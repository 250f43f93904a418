import { sql } from 'kysely';
import { formatMoney } from '../core/money.ts';
import { streamPages } from '../platform/cursor.ts';
import type { Tx } from '../platform/database.ts';
import type { CsvColumn } from './csv.ts';
import { formatRows, TIMESTAMP } from './stream.ts';

/** A line of a journal entry with what stands above it. Amounts are minor units; debit positive, credit negative. */
export interface JournalRow {
  journal_entry_id: bigint;
  company: string;
  posting_date: string;
  booking_date: string;
  created_at: string;
  kind: string;
  entry_id: bigint | null;
  reverses: bigint | null;
  log_seq: bigint;
  account: string;
  /** The bank account's number, on a line of a bank account. */
  bank_account: string | null;
  party_id: string | null;
  invoice_number: string | null;
  amount: bigint;
  currency: string;
  base_amount: bigint | null;
  base_currency: string | null;
}

/** The journal entries noted in the log after record `since`, in the order of their ids, all lines of an entry in one page. */
export async function* streamJournal(tx: Tx, since: bigint): AsyncGenerator<JournalRow[][]> {
  let open: JournalRow[] = [];
  for await (const page of streamPages(tx, sql<JournalRow>`
    select e.journal_entry_id, e.company, e.posting_date, e.booking_date, to_char(e.created_at at time zone 'utc', ${TIMESTAMP}) as created_at, e.kind,
           e.entry_id, e.reverses, e.log_seq, l.account, a.account as bank_account, l.party_id, i.invoice_number, l.amount, l.currency, l.base_amount,
           c.functional_currency as base_currency
      from journal_entry e join journal_line l using (journal_entry_id) join company c on c.company = e.company
      left join account a on a.account_id = l.account_id left join invoice i on i.invoice_id = l.invoice_id
     where e.log_seq > ${since}
     order by e.journal_entry_id, l.n`)) {
    const entries: JournalRow[][] = [];
    for (const row of page) {
      if (open.length > 0 && open[0]!.journal_entry_id !== row.journal_entry_id) {
        entries.push(open);
        open = [];
      }
      open.push(row);
    }
    yield entries;
  }
  if (open.length > 0) yield [open];
}

/** The journal as text: `jsonl` a journal entry per line with its lines inside, `csv` a row per journal line. */
export function exportJournal(tx: Tx, { since, format }: { since: bigint; format: 'jsonl' | 'csv' }): AsyncGenerator<string> {
  return format === 'csv' ? formatRows(rows(), format, CSV_COLUMNS) : formatRows(streamJournal(tx, since), format, [], (entry) => JSON.stringify(exportEntry(entry)));

  async function* rows(): AsyncGenerator<JournalRow[]> {
    for await (const entries of streamJournal(tx, since)) yield entries.flat();
  }
}

function exportEntry(lines: readonly JournalRow[]): object {
  const { journal_entry_id, company, posting_date, booking_date, created_at, kind, entry_id, reverses, log_seq } = lines[0]!;
  return {
    journal_entry_id: String(journal_entry_id), company, posting_date, booking_date, created_at, kind,
    entry_id: entry_id === null ? null : String(entry_id), reverses: reverses === null ? null : String(reverses), log_seq: Number(log_seq),
    lines: lines.map((line) => ({
      account: line.account, party_id: line.party_id, invoice_number: line.invoice_number, amount: formatMoney(line.amount, line.currency), currency: line.currency,
      base_amount: baseAmount(line),
    })),
  };
}

function baseAmount(line: JournalRow): string | null {
  return line.base_amount === null || line.base_currency === null ? null : formatMoney(line.base_amount, line.base_currency);
}

const id = (value: bigint | null): string | null => (value === null ? null : String(value));

const CSV_COLUMNS: readonly CsvColumn<JournalRow>[] = [
  { name: 'journal_entry_id', kind: 'plain', value: (row) => id(row.journal_entry_id) },
  { name: 'company', kind: 'text', value: (row) => row.company },
  { name: 'posting_date', kind: 'plain', value: (row) => row.posting_date },
  { name: 'booking_date', kind: 'plain', value: (row) => row.booking_date },
  { name: 'created_at', kind: 'plain', value: (row) => row.created_at },
  { name: 'kind', kind: 'plain', value: (row) => row.kind },
  { name: 'entry_id', kind: 'plain', value: (row) => id(row.entry_id) },
  { name: 'reverses', kind: 'plain', value: (row) => id(row.reverses) },
  { name: 'log_seq', kind: 'plain', value: (row) => id(row.log_seq) },
  { name: 'account', kind: 'text', value: (row) => row.account },
  { name: 'party_id', kind: 'text', value: (row) => row.party_id },
  { name: 'invoice_number', kind: 'text', value: (row) => row.invoice_number },
  { name: 'amount', kind: 'plain', value: (row) => formatMoney(row.amount, row.currency) },
  { name: 'currency', kind: 'plain', value: (row) => row.currency },
  { name: 'base_amount', kind: 'plain', value: baseAmount },
];
