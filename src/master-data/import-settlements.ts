import { sql } from 'kysely';
import { formatMoney } from '../core/money.ts';
import { openChain } from '../ledger/log.ts';
import { streamPages } from '../platform/cursor.ts';
import type { Tx } from '../platform/database.ts';
import { checkMasterData } from './checks.ts';
import { ImportRefused, readMoney, type RejectedRow } from './parse.ts';
import { importRecord, lockCompanies, noteImport, refuse, stageRows, type ImportContext, type ImportReport } from './stage.ts';

const COLUMNS = {
  external_id: false, company: false, kind: false, invoice_number: false, party_id: false, amount: true, as_of: true,
} as const;

/**
 * Takes in what the ERP has taken over of tieout's postings: per invoice the whole of it up to a day, not what came since the last time, so
 * that a file may come twice. From then on a larger open amount of the ERP is news and no longer stale. Throws ImportRefused, and then
 * nothing has changed.
 */
export async function importSettlements(tx: Tx, input: AsyncIterable<Uint8Array>, context: ImportContext): Promise<ImportReport> {
  const file = await stageRows(tx, input, COLUMNS, {
    name: 'staged_settlement', key: ['external_id', 'company', 'kind', 'invoice_number', 'party_id'], key_column: 'amount',
    columns: { line: 'int', external_id: 'text', company: 'text', kind: 'text', invoice_number: 'text', party_id: 'text', amount: 'text', as_of: 'date' },
  }, (row) => {
    const external_id = row.text('external_id');
    const by_key = external_id === null;
    return [
      row.line, external_id, by_key ? row.text('company') ?? 'default' : null,
      by_key ? row.oneOf('kind', ['receivable', 'payable', 'credit_note', 'debit_note'], null) : null,
      by_key ? row.required('invoice_number') : null, by_key ? row.required('party_id') : null, row.required('amount'), row.requiredDate('as_of'),
    ];
  });
  await sql`
    create temp table matched_settlement on commit drop as
    select s.line, s.amount, s.as_of, i.invoice_id, i.company, i.invoice_number, i.party_id, i.currency, count(*) over (partition by s.line) as invoices
      from staged_settlement s left join invoice i
        on case when s.external_id is null then (s.company, s.kind, s.invoice_number, s.party_id) = (i.company, i.kind, i.invoice_number, i.party_id)
                else s.external_id = i.external_id end`.execute(tx.kysely);
  await refuse(tx, sql`
    select line, null as "column", case when invoice_id is null then 'there is no such invoice' else invoices || ' invoices have this external_id; name its key instead' end as reason
      from (select distinct on (line) * from matched_settlement order by line) m where invoice_id is null or invoices > 1`);
  await refuse(tx, sql`
    select line, null as "column", 'line ' || first || ' names the same invoice' as reason
      from (select line, min(line) over (partition by invoice_id) as first from matched_settlement) numbered where line <> first`);
  const { rows: touched } = await sql<{ company: string }>`select distinct company from matched_settlement order by 1`.execute(tx.kysely);
  await lockCompanies(tx, touched.map((row) => row.company));

  const chain = await openChain(tx);
  const updated = new Map<string, number>();
  const rejected: RejectedRow[] = [];
  for await (const page of streamPages(tx, SETTLEMENTS)) {
    const acknowledged: { row: Settlement; erp_open: bigint }[] = [];
    for (const row of page) {
      const amount = readMoney(row.amount, row.currency);
      if (amount === undefined || amount < 0n) rejected.push({ line: row.line, column: 'amount', reason: `"${row.amount}" is no amount in ${row.currency}` });
      else if (amount > row.settled) {
        rejected.push({ line: row.line, column: 'amount', reason: `tieout has settled only ${formatMoney(row.settled, row.currency)} ${row.currency} of invoice ${row.invoice_number}` });
      } else {
        // What the ERP has still to take over stands between what it shows and what is open here.
        const left = row.open + row.settled - amount;
        if (left < row.erp_open) acknowledged.push({ row, erp_open: left });
      }
    }
    await sql`
      update invoice i set erp_open = a.erp_open
        from unnest(${acknowledged.map(({ row }) => String(row.invoice_id))}::bigint[], ${acknowledged.map(({ erp_open }) => String(erp_open))}::bigint[]) a(invoice_id, erp_open)
       where i.invoice_id = a.invoice_id`.execute(tx.kysely);
    await chain.append(acknowledged.map(({ row }) => importRecord(context, row.company, 'settlement_acknowledged', {
      invoice_id: String(row.invoice_id), invoice_number: row.invoice_number, party_id: row.party_id, amount: row.amount, currency: row.currency, as_of: row.as_of,
    })));
    for (const { row } of acknowledged) updated.set(row.company, (updated.get(row.company) ?? 0) + 1);
  }
  if (rejected.length > 0) throw new ImportRefused(rejected);
  for (const [company, count] of updated) await noteImport(tx, chain, context, company, [company], 'settlements', { file_sha256: file.sha256, updated: count });
  await sql`
    delete from master_data_finding f using matched_settlement m join invoice i using (invoice_id) join open_item o using (invoice_id)
     where f.code = 'erp_not_yet_updated' and f.subject = 'invoice:' || m.invoice_id and i.erp_open <= o.open`.execute(tx.kysely);
  const findings = await checkMasterData(tx);
  await chain.close();
  const changed = [...updated.values()].reduce((sum, count) => sum + count, 0);
  return { what: 'settlements', ...file, inserted: 0, updated: changed, unchanged: file.rows - changed, findings };
}

interface Settlement {
  line: number; amount: string; as_of: string; invoice_id: bigint; company: string; invoice_number: string; party_id: string; currency: string;
  open: bigint; erp_open: bigint; settled: bigint;
}

/** With what the standing decisions have settled of each invoice. */
const SETTLEMENTS = sql<Settlement>`
  select m.line, m.amount, m.as_of, m.invoice_id, m.company, m.invoice_number, m.party_id, m.currency, o.open, i.erp_open,
         greatest(0, coalesce(sum(a.settled + a.discount + a.charges + a.withholding + a.write_off), 0))::bigint as settled
    from matched_settlement m join invoice i using (invoice_id) join open_item o using (invoice_id)
    left join (allocation a join decision d on d.decision_id = a.decision_id and d.superseded_by is null) on a.invoice_id = m.invoice_id
   group by m.line, m.amount, m.as_of, m.invoice_id, m.company, m.invoice_number, m.party_id, m.currency, o.open, i.erp_open
   order by m.line`;
