import { sql } from 'kysely';
import type { CalendarDate } from '../core/date.ts';
import { formatMoney } from '../core/money.ts';
import { streamPages } from '../platform/cursor.ts';
import type { Tx } from '../platform/database.ts';
import type { CsvColumn } from './csv.ts';
import { formatRows } from './stream.ts';

interface OpenItem {
  company: string;
  kind: string;
  invoice_number: string;
  party_id: string;
  currency: string;
  amount: string;
  open_amount: string;
  issue_date: string;
  due_date: string | null;
  external_id: string | null;
}

/**
 * What is open, positive whatever the kind, by company, kind, party and invoice; as of a date what the postings up to that posting date
 * leave open, without one as it is now.
 */
export function exportOpenItems(tx: Tx, { as_of, format }: { as_of: CalendarDate | null; format: 'jsonl' | 'csv' }): AsyncGenerator<string> {
  const open = as_of === null
    ? sql`select invoice_id, open from open_item where open > 0`
    : sql`select l.invoice_id, abs(sum(l.amount))::bigint as open from journal_line l join journal_entry e using (journal_entry_id)
           where l.account in ('receivables', 'payables') and l.invoice_id is not null and e.posting_date <= ${as_of}
           group by l.invoice_id having sum(l.amount) <> 0`;
  const query = sql<Omit<OpenItem, 'amount' | 'open_amount'> & { amount: bigint; open: bigint }>`
    select i.company, i.kind, i.invoice_number, i.party_id, i.currency, i.amount, o.open, i.issue_date, i.due_date, i.external_id
      from (${open}) o join invoice i using (invoice_id)
     order by i.company, i.kind, i.party_id, i.invoice_number`;

  async function* pages(): AsyncGenerator<OpenItem[]> {
    for await (const page of streamPages(tx, query)) {
      yield page.map(({ company, kind, invoice_number, party_id, currency, amount, open: left, issue_date, due_date, external_id }) => ({
        company, kind, invoice_number, party_id, currency, amount: formatMoney(amount, currency), open_amount: formatMoney(left, currency),
        issue_date, due_date, external_id,
      }));
    }
  }
  return formatRows(pages(), format, CSV_COLUMNS);
}

const CSV_COLUMNS: readonly CsvColumn<OpenItem>[] = [
  ...(['company', 'kind', 'invoice_number', 'party_id'] as const).map((name): CsvColumn<OpenItem> => ({ name, kind: 'text', value: (row) => row[name] })),
  ...(['currency', 'amount', 'open_amount', 'issue_date', 'due_date'] as const).map((name): CsvColumn<OpenItem> => ({ name, kind: 'plain', value: (row) => row[name] })),
  { name: 'external_id', kind: 'text', value: (row) => row.external_id },
];
