import { sql } from 'kysely';
import type { Json } from '../core/canonical-json.ts';
import { formatMoney } from '../core/money.ts';
import { functionalCurrency } from '../ledger/functional-currency.ts';
import { postJournalEntries, type JournalEntryDraft } from '../ledger/journal.ts';
import { openChain, type LogChain } from '../ledger/log.ts';
import { controlAccount, controlSign, type InvoiceKind } from '../ledger/posting.ts';
import type { Config } from '../platform/config.ts';
import { streamPages } from '../platform/cursor.ts';
import type { Tx } from '../platform/database.ts';
import { checkMasterData, MASTER_DATA_FINDINGS } from './checks.ts';
import { createKeyWriter } from './invoice-keys.ts';
import { readDate, readMoney, type Row } from './parse.ts';
import { importRecord, lockCompanies, noteImport, refuse, stageRows, type ImportContext, type ImportReport } from './stage.ts';

const COLUMNS = {
  company: false, kind: true, invoice_number: true, party_id: true, currency: true, amount: true, open_amount: false, issue_date: true, due_date: false,
  status: false, payment_reference: false, discount_amount: false, discount_until: false, purchase_order: false, instalments: false, base_amount: false,
  tax: false, external_id: false,
} as const;
type InvoiceRow = Row<keyof typeof COLUMNS>;

const KINDS = ['receivable', 'payable', 'credit_note', 'debit_note'] as const;
const STATUSES = ['open', 'paid', 'cancelled'] as const;

/** What the ERP says of an invoice beside its key; a change of any of it is logged. `erp_open` is 0 for one that is paid or cancelled. */
const FACTS = {
  currency: 'text', amount: 'bigint', issue_date: 'date', due_date: 'date', status: 'text', payment_reference: 'text', discount_amount: 'bigint',
  discount_until: 'date', purchase_order: 'text', instalments: 'jsonb', base_amount: 'bigint', tax: 'jsonb', external_id: 'text', erp_open: 'bigint',
} as const;
const FACT_NAMES = Object.keys(FACTS) as (keyof typeof FACTS)[];
const KEY = ['company', 'kind', 'invoice_number', 'party_id'] as const;

const columns = (names: readonly string[], table?: string) => sql.raw(names.map((name) => (table ? `${table}.${name}` : name)).join(', '));

/**
 * Brings in invoices. The ERP owns what an invoice is, tieout what it has settled: a new invoice's open amount is posted as stated; of a
 * known one a smaller amount means settled elsewhere and is taken over, a larger one only when the ERP has acknowledged what tieout has
 * settled, until when it is the finding `erp_not_yet_updated`. Throws ImportRefused, and then nothing has changed.
 */
export async function importInvoices(tx: Tx, input: AsyncIterable<Uint8Array>, context: ImportContext): Promise<ImportReport> {
  const functional = await functionalCurrencies(tx, context.companies);
  const file = await stageRows(tx, input, COLUMNS, {
    name: 'staged_invoice', key: KEY, key_column: 'invoice_number',
    columns: { line: 'int', company: 'text', kind: 'text', invoice_number: 'text', party_id: 'text', ...FACTS },
  }, (row) => readInvoice(row, functional));
  const { rows: touched } = await sql<{ company: string }>`select distinct company from staged_invoice`.execute(tx.kysely);
  await lockCompanies(tx, touched.map((row) => row.company));
  await compareWithBooks(tx);

  await sql`insert into invoice (invoice_id, ${columns(KEY)}, ${columns(FACT_NAMES)}) select invoice_id, ${columns(KEY)}, ${columns(FACT_NAMES)} from new_invoice`.execute(tx.kysely);
  await sql`insert into open_item (invoice_id, company, party_id, amount, open) select invoice_id, company, party_id, amount, erp_open from new_invoice`.execute(tx.kysely);
  await sql`update invoice i set (${columns(FACT_NAMES)}) = (${columns(FACT_NAMES, 'c')}) from changed_invoice c where i.invoice_id = c.invoice_id`.execute(tx.kysely);
  await sql`update open_item o set open = c.open, amount = c.amount from changed_invoice c
             where o.invoice_id = c.invoice_id and (o.open, o.amount) <> (c.open, c.amount)`.execute(tx.kysely);

  const { rows: changes } = await sql<{ company: string; inserted: number; updated: number }>`
    select company, sum(inserted)::int as inserted, sum(updated)::int as updated
      from (select company, 1 as inserted, 0 as updated from new_invoice union all select company, 0, 1 from changed_invoice) c group by 1 order by 1`
    .execute(tx.kysely);
  const chain = await openChain(tx);
  const seqs = new Map<string, bigint>();
  for (const { company, inserted, updated } of changes) {
    seqs.set(company, await noteImport(tx, chain, context, company, [company], 'invoices', { file_sha256: file.sha256, inserted, updated }));
  }
  await saveKeys(tx);
  await postNewInvoices(tx, seqs, functional);
  await noteChanges(tx, chain, context, functional);
  await noteStaleErp(tx);
  const findings = await checkMasterData(tx);
  await chain.close();
  const inserted = changes.reduce((sum, row) => sum + row.inserted, 0);
  const updated = changes.reduce((sum, row) => sum + row.updated, 0);
  return { what: 'invoices', ...file, inserted, updated, unchanged: file.rows - inserted - updated, findings };
}

async function functionalCurrencies(tx: Tx, companies: Config['companies']): Promise<ReadonlyMap<string, string | null>> {
  const known = await tx.kysely.selectFrom('company').select('company').orderBy('company').execute();
  const currencies = new Map<string, string | null>();
  for (const { company } of known) currencies.set(company, await functionalCurrency(tx, companies, company));
  return currencies;
}

function readInvoice(row: InvoiceRow, functional: ReadonlyMap<string, string | null>): readonly unknown[] {
  const company = row.text('company') ?? 'default';
  if (!functional.has(company)) row.reject('company', `company ${company} is not known; import its bank accounts first: tieout import accounts FILE.csv`);
  const currency = row.currency('currency');
  const amount = row.money('amount', currency);
  if (amount === null ? row.text('amount') === null : amount <= 0n) row.reject('amount', 'must be greater than 0; a credit is an invoice of kind credit_note or debit_note');
  const stated = row.money('open_amount', currency);
  if (stated !== null && amount !== null && (stated < 0n || stated > amount)) row.reject('open_amount', 'must be from 0 to amount');
  const status = row.oneOf('status', STATUSES, 'open');
  const discount = row.money('discount_amount', currency);
  if (discount !== null && discount < 0n) row.reject('discount_amount', 'must not be negative');
  const base_currency = functional.get(company) ?? null;
  if (base_currency === null && row.text('base_amount') !== null && functional.has(company)) {
    row.reject('base_amount', `the functional currency of company ${company} is not known; set it in tieout.yaml`);
  }
  const base = row.money('base_amount', base_currency);
  if (base !== null && base < 0n) row.reject('base_amount', 'must not be negative');
  const values: Record<keyof typeof FACTS, unknown> = {
    currency, amount, issue_date: row.requiredDate('issue_date'), due_date: row.date('due_date'), status, payment_reference: row.text('payment_reference'),
    discount_amount: discount, discount_until: row.date('discount_until'), purchase_order: row.text('purchase_order'),
    instalments: readInstalments(row, currency), base_amount: base, tax: readTax(row, currency), external_id: row.text('external_id'),
    erp_open: status === 'open' ? stated ?? amount : 0n,
  };
  return [row.line, company, row.oneOf('kind', KINDS, null), row.required('invoice_number'), row.required('party_id'), ...FACT_NAMES.map((name) => values[name])];
}

/** `date:amount|…`, in the order of their dates; amounts are kept as minor units. */
function readInstalments(row: InvoiceRow, currency: string | null): string | null {
  const instalments: { date: string; amount: string }[] = [];
  for (const part of row.list('instalments')) {
    const [date, amount, ...more] = part.split(':').map((text) => text.trim());
    const minor = currency === null || amount === undefined ? undefined : readMoney(amount, currency);
    if (more.length > 0 || readDate(date!) === undefined || minor === undefined || minor <= 0n) {
      if (currency !== null) row.reject('instalments', `"${part}" is no instalment; write it as 2026-11-30:100.00`);
    } else {
      instalments.push({ date: date!, amount: String(minor) });
    }
  }
  return instalments.length === 0 ? null : JSON.stringify(instalments.toSorted((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0)));
}

/** `rate:net:tax|…`; amounts are kept as minor units. */
function readTax(row: InvoiceRow, currency: string | null): string | null {
  const lines: { rate: string; net: string; tax: string }[] = [];
  for (const part of row.list('tax')) {
    const [rate = '', net, tax, ...more] = part.split(':').map((text) => text.trim());
    const minor = currency === null ? [] : [net, tax].map((text) => (text === undefined ? undefined : readMoney(text, currency)));
    if (more.length > 0 || !/^\d{1,3}(?:\.\d{1,4})?$/.test(rate) || minor.some((one) => one === undefined || one < 0n)) {
      row.reject('tax', `"${part}" is no tax line; write it as rate:net:tax, for example 19:100.00:19.00`);
    } else {
      lines.push({ rate, net: String(minor[0]), tax: String(minor[1]) });
    }
  }
  return lines.length === 0 ? null : JSON.stringify(lines);
}

/**
 * Makes of the staged rows `matched_invoice` (all, with their ids), `new_invoice`, and `changed_invoice` with what was known before as
 * `before`. What is open of a known invoice: what the ERP says where that is less; where it is more, only when the ERP has acknowledged
 * everything that tieout has settled (what it last stated is no more than what is open).
 */
async function compareWithBooks(tx: Tx): Promise<void> {
  const define = async (table: string, query: ReturnType<typeof sql>): Promise<void> => {
    await sql`create temp table ${sql.id(table)} on commit drop as ${query}`.execute(tx.kysely);
    await sql`analyze ${sql.id(table)}`.execute(tx.kysely);
  };
  await define('matched_invoice', sql`
    select s.*, coalesce(i.invoice_id, nextval('invoice_invoice_id_seq')) as invoice_id, i.invoice_id is null as is_new
      from staged_invoice s left join invoice i using (${columns(KEY)}) order by s.line`);
  await refuse(tx, sql`
    select m.line, 'currency' as "column", 'the invoice is on the books in ' || i.currency || '; cancel it, and import it in ' || m.currency || ' under another number' as reason
      from matched_invoice m join invoice i using (invoice_id) where m.currency <> i.currency`);
  await define('new_invoice', sql`select * from matched_invoice where is_new`);
  await define('changed_invoice', sql`
    select m.*, o.open as open_before, case when m.erp_open < o.open or i.erp_open <= o.open then m.erp_open else o.open end as open,
           jsonb_build_object(${sql.raw(FACT_NAMES.map((name) => `'${name}', i.${name}::text`).join(', '))}) as before,
           jsonb_build_object(${sql.raw(FACT_NAMES.map((name) => `'${name}', m.${name}::text`).join(', '))}) as after
      from matched_invoice m join invoice i using (invoice_id) join open_item o using (invoice_id)
     where (${columns(FACT_NAMES, 'm')}) is distinct from (${columns(FACT_NAMES, 'i')})
        or m.erp_open < o.open or (m.erp_open > o.open and i.erp_open <= o.open)`);
}

/** Keys of new invoices, and of those whose payment reference is another one now. */
async function saveKeys(tx: Tx): Promise<void> {
  const renamed = sql`select invoice_id from changed_invoice where before->>'payment_reference' is distinct from after->>'payment_reference'`;
  await sql`delete from invoice_key where invoice_id in (${renamed})`.execute(tx.kysely);
  const keys = createKeyWriter(tx);
  const query = sql<{ invoice_id: bigint; company: string; kind: InvoiceKind; invoice_number: string; payment_reference: string | null }>`
    select invoice_id, company, kind, invoice_number, payment_reference from matched_invoice where is_new or invoice_id in (${renamed})`;
  for await (const page of streamPages(tx, query)) await keys.save(page);
  await keys.close();
}

interface PostedInvoice {
  invoice_id: bigint; company: string; kind: InvoiceKind; party_id: string; currency: string; amount: bigint; base_amount: bigint | null;
}

async function postNewInvoices(tx: Tx, seqs: ReadonlyMap<string, bigint>, functional: ReadonlyMap<string, string | null>): Promise<void> {
  const query = sql<PostedInvoice & { issue_date: string; erp_open: bigint }>`
    select invoice_id, company, kind, party_id, currency, amount, base_amount, issue_date, erp_open from new_invoice where erp_open > 0`;
  for await (const page of streamPages(tx, query)) {
    await postJournalEntries(tx, page.map((row) => seqs.get(row.company)!),
      page.map((row) => openAmountEntry('invoice_imported', row, row.erp_open, row.issue_date, functional)));
  }
}

/** What a change of an open amount posts: the control account against imported_items. */
function openAmountEntry(
  kind: string, invoice: PostedInvoice, opened: bigint, booking_date: string, functional: ReadonlyMap<string, string | null>,
): JournalEntryDraft {
  const amount = opened * controlSign(invoice.kind);
  // In its own currency the amount is its base; in another the part of the booked amount, if that is known.
  const base_amount = invoice.currency === functional.get(invoice.company) ? amount
    : invoice.base_amount === null ? null : amount * invoice.base_amount / invoice.amount;
  const { company, invoice_id, party_id, currency } = invoice;
  return {
    company, kind, booking_date, invoice_id,
    lines: [
      { account: controlAccount(invoice.kind), party_id, invoice_id, amount, currency, base_amount },
      { account: 'imported_items', amount: -amount, currency, base_amount: base_amount === null ? null : -base_amount },
    ],
  };
}

/** A record for each known invoice that the file changed, and a posting where that changed what is open. */
async function noteChanges(tx: Tx, chain: LogChain, context: ImportContext, functional: ReadonlyMap<string, string | null>): Promise<void> {
  const query = sql<PostedInvoice & {
    invoice_number: string; status: string; open: bigint; open_before: bigint; as_of: string; before: Record<string, string | null>; after: Record<string, string | null>;
  }>`select invoice_id, company, kind, party_id, invoice_number, currency, amount, base_amount, status, open, open_before, before, after,
            (now() at time zone 'utc')::date as as_of from changed_invoice order by invoice_id`;
  for await (const page of streamPages(tx, query)) {
    const actions = page.map(({ open, open_before, status }) => (
      open === open_before ? 'invoice_changed' : open > open_before ? 'reopened_by_erp' : status === 'cancelled' ? 'invoice_cancelled' : 'settled_elsewhere'));
    const seqs = await chain.append(page.map((row, i) => importRecord(context, row.company, actions[i]!, {
      invoice_id: String(row.invoice_id), kind: row.kind, invoice_number: row.invoice_number, party_id: row.party_id, as_of: row.as_of,
      changes: changesOf(row.before, row.after),
      ...(row.open !== row.open_before && { open: { from: formatMoney(row.open_before, row.currency), to: formatMoney(row.open, row.currency), currency: row.currency } }),
    })));
    const posted = [...page.keys()].filter((i) => page[i]!.open !== page[i]!.open_before);
    await postJournalEntries(tx, posted.map((i) => seqs[i]!),
      posted.map((i) => openAmountEntry(actions[i]!, page[i]!, page[i]!.open - page[i]!.open_before, page[i]!.as_of, functional)));
  }
}

function changesOf(before: Readonly<Record<string, string | null>>, after: Readonly<Record<string, string | null>>): Json {
  return Object.fromEntries(FACT_NAMES.filter((name) => before[name] !== after[name]).map((name) => [name, { from: before[name]!, to: after[name]! }]));
}

/** Keeps the finding for each invoice of the file of which the ERP says more is open than tieout has left. */
async function noteStaleErp(tx: Tx): Promise<void> {
  const { blocks } = MASTER_DATA_FINDINGS.erp_not_yet_updated;
  await sql`
    delete from master_data_finding f using matched_invoice m join open_item o using (invoice_id)
     where f.code = 'erp_not_yet_updated' and f.subject = 'invoice:' || m.invoice_id and m.erp_open <= o.open`.execute(tx.kysely);
  await sql`
    insert into master_data_finding (code, subject, detail, blocks)
    select 'erp_not_yet_updated', 'invoice:' || m.invoice_id, 'the ERP shows more of invoice ' || m.invoice_number || ' open than tieout has left', ${blocks}
      from matched_invoice m join open_item o using (invoice_id) where m.erp_open > o.open order by m.invoice_id
    on conflict (code, subject) do nothing`.execute(tx.kysely);
}
