import { sql } from 'kysely';
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { evidenceText, type AmountFit, type Evidence } from '../../core/evidence.ts';
import type { Finding } from '../../core/finding.ts';
import type { KeyForm } from '../../core/invoice-key.ts';
import { INTERIM_FORMATS, type Format } from '../../core/statement.ts';
import type { Tx } from '../../platform/database.ts';
import type { Books, EarlierPosting, Item, Leaf, Party } from './contract.ts';
import { findPayer, payerOf } from './payer.ts';
import type { ReadLeaf } from './validate.ts';

/** With more open items than this a sum is rarely unique, and loading them would cost more than it tells: unknown, for a person. */
const MAX_OPEN_ITEMS_PER_PARTY = 200;

interface LeafRow {
  entry_id: bigint; statement_id: bigint; line: number; account_id: number; company: string; format: Format; ties_out: boolean | null; status: Leaf['status']; booking_date: string; value_date: string | null;
  amount: bigint; currency: string; bank_reference: string | null; end_to_end_id: string | null; mandate_id: string | null;
  counterparty_name: string | null; counterparty_account: string | null; remittance: string | null; structured_reference: string | null;
  return_reason: string | null; reversal: boolean;
  more: { transaction_code?: Leaf['transaction_code']; customer_reference?: string | null;
    instructed?: { amount: string; currency: string } | null; charges?: { amount: string; currency: string | null; bearer: string | null }[]; findings?: Finding[] };
}

/** The next leaves of a document after an entry id, in their order. */
export async function loadLeaves(tx: Tx, document_id: bigint, after: bigint, limit: number): Promise<Leaf[]> {
  const { rows } = await sql<LeafRow>`
    select e.entry_id, e.statement_id, e.line, e.account_id, s.company, s.format, s.ties_out, e.status, e.booking_date, e.value_date, e.amount, e.currency, e.bank_reference,
           e.end_to_end_id, e.mandate_id, e.counterparty_name, e.counterparty_account, e.remittance, e.structured_reference,
           e.return_reason, e.reversal, e.more
      from entry e join statement s using (statement_id)
     where s.document_id = ${document_id} and e.entry_id > ${after} and e.is_leaf
     order by e.entry_id limit ${limit}`.execute(tx.kysely);
  return rows.map(({ format, ties_out, more, ...row }): Leaf => ({
    ...row,
    transaction_code: more.transaction_code ?? null,
    customer_reference: more.customer_reference ?? null,
    instructed: more.instructed ? { amount: BigInt(more.instructed.amount), currency: more.instructed.currency } : null,
    findings: more.findings ?? [],
    charges: (more.charges ?? []).map((charge) => ({ ...charge, amount: BigInt(charge.amount) })),
    proof: ties_out === true ? 'proven' : format === 'pdf' || INTERIM_FORMATS.has(format) ? 'unproven_inferred' : 'unproven_structured',
  }));
}

/** The versions of the books of the companies that a document's statements are of. */
export async function loadBooksVersions(tx: Tx, document_id: bigint): Promise<Map<string, bigint>> {
  const rows = await tx.kysely.selectFrom('company').select(['company', 'books_version'])
    .where('company', 'in', (query) => query.selectFrom('statement').select('statement.company').where('document_id', '=', document_id)).execute();
  return new Map(rows.map((row) => [row.company, row.books_version]));
}

/** What master data that contradicts itself is about, `invoice:…` and `party:…`: evidence that rests on it is never automatic. */
export type Blocked = ReadonlySet<string>;

export async function loadBlocked(tx: Tx): Promise<Blocked> {
  const rows = await tx.kysely.selectFrom('master_data_finding').select('subject').where('blocks', '=', true).execute();
  return new Set(rows.map((row) => row.subject));
}

/** The shapes of a company's invoice keys. */
export async function loadShapes(tx: Tx, company: string): Promise<ReadonlySet<string>> {
  const rows = await tx.kysely.selectFrom('invoice_shape').select('shape').where('company', '=', company).execute();
  return new Set(rows.map((row) => row.shape));
}

/**
 * Everything that a chunk of one company's leaves asks of the books, in a handful of queries whatever its size.
 * `openItems` is filled by `loadOpenItems` for the parties that turn out to be wanted.
 */
export async function loadBooks(tx: Tx, company: string, leaves: readonly ReadLeaf[], blocked: Blocked): Promise<Books> {
  const keys = new Map<string, { form: KeyForm; key: string }>();
  const accounts = new Set<string>();
  const names = new Set<string>();
  const end_to_end_ids = new Set<string>();
  for (const { leaf, account_key, mentions, names: own } of leaves) {
    for (const mention of mentions) for (const key of mention.keys) keys.set(`${key.form}:${key.key}`, key);
    if (account_key !== null) accounts.add(account_key);
    for (const name of own) names.add(name);
    if (leaf.end_to_end_id !== null) end_to_end_ids.add(leaf.end_to_end_id);
  }

  const itemsByKey = await loadItemsByKey(tx, company, [...keys.values()], blocked);
  const own = new Set((await tx.kysely.selectFrom('account').select('account_key').where('company', '=', company).execute()).map((row) => row.account_key));
  const partiesByAccount = group(await sql<{ key: string; party_id: string }>`
    select account_key as key, party_id from party_account where account_key = any(${[...accounts]}) order by 1, 2`.execute(tx.kysely).then((r) => r.rows));
  const partiesByName = group(await sql<{ key: string; party_id: string }>`
    select name_key as key, party_id from party_name where name_key = any(${[...names]}) order by 1, 2`.execute(tx.kysely).then((r) => r.rows));
  const earlier = await loadEarlier(tx, company, [...end_to_end_ids]);

  const parties = new Map<string, Party>();
  const payable = new Map<string, string[]>();
  const books: Books = {
    ownAccount: (key) => own.has(key),
    itemsByKey: (form, key) => itemsByKey.get(`${form}:${key}`) ?? [],
    partiesByAccount: (key) => partiesByAccount.get(key) ?? [],
    partiesByName: (key) => partiesByName.get(key) ?? [],
    party: (party_id) => parties.get(party_id),
    payableFor: (party_id) => payable.get(party_id) ?? [party_id],
    openItems: () => [],
    earlierByEndToEnd: (id) => earlier.get(id) ?? [],
  };
  const payers = new Set<string>();
  const involved = new Set<string>();
  for (const leaf of leaves) {
    const payer = findPayer(leaf, books);
    const one = payerOf(payer);
    if (one !== null) payers.add(one);
    for (const party_id of [...payer.by_account, ...payer.by_name]) involved.add(party_id);
  }
  for (const items of itemsByKey.values()) for (const item of items) involved.add(item.party_id);
  for (const [payer, for_party] of await loadPayable(tx, [...payers])) payable.set(payer, [...(payable.get(payer) ?? [payer]), for_party]);
  for (const party of await loadParties(tx, [...involved, ...[...payable.values()].flat()], blocked)) parties.set(party.party_id, party);
  return books;
}

/** The open items of the parties in the company's books; null for a party that has more than a search may look at. */
export async function loadOpenItems(tx: Tx, company: string, party_ids: readonly string[], blocked: Blocked): Promise<(party_id: string) => readonly Item[] | null> {
  const rows = party_ids.length === 0 ? [] : await sql<ItemRow>`
    select ${ITEM_COLUMNS}
      from unnest(${[...party_ids]}::text[]) wanted(party_id)
     cross join lateral (select o.invoice_id, o.open from open_item o
            where o.party_id = wanted.party_id and o.company = ${company} and o.open > 0 limit ${MAX_OPEN_ITEMS_PER_PARTY + 1}) o
      join invoice i on i.invoice_id = o.invoice_id`.execute(tx.kysely).then((result) => result.rows);
  const byParty = new Map<string, Item[]>();
  for (const row of rows) push(byParty, row.party_id, parseItem(row, blocked));
  return (party_id) => {
    const items = byParty.get(party_id) ?? [];
    // Counted before what cannot be settled is left out: past the limit the list is only a part of them.
    return items.length > MAX_OPEN_ITEMS_PER_PARTY ? null : items.filter((item) => item.status === 'open');
  };
}

/** Saves a chunk of evidence, a line each: reconcile reads it, and the log takes the lines as they stand. */
export async function saveEvidence(tx: Tx, document_id: bigint, n: number, company: string, books_version: bigint, evidence: readonly Evidence[]): Promise<void> {
  const bytes = await compress(Buffer.from(evidence.map(evidenceText).join('\n')), FASTEST);
  const claims = evidence.flatMap((one, at) => claimsOf(one).map((claim) => ({ claim, at })));
  await tx.kysely.insertInto('evidence_chunk').values({
    document_id, n, company, books_version, bytes, claims: sql`${claims.map(({ claim }) => String(claim))}::bigint[]`, claimed_at: claims.map(({ at }) => at),
  }).execute();
}

/** Fits that no rule can make automatic: their candidates are suggestions, and claim nothing. */
const FOR_A_PERSON: ReadonlySet<AmountFit> = new Set<AmountFit>(['short', 'over', 'discount_late', 'none']);

/** What the entry may consume without a person, each once: invoices, and (negative) the decisions that it may return. */
function claimsOf({ candidates }: Evidence): bigint[] {
  const claims = new Set<bigint>();
  for (const { facts, allocations, reverses_decision_id } of candidates) {
    if (reverses_decision_id !== null) claims.add(-BigInt(reverses_decision_id));
    else if (facts.status === 'open' && !FOR_A_PERSON.has(facts.amount)) for (const part of allocations) claims.add(BigInt(part.invoice_id));
  }
  return [...claims];
}

export async function deleteEvidence(tx: Tx, document_id: bigint): Promise<void> {
  await tx.kysely.deleteFrom('evidence_chunk').where('document_id', '=', document_id).execute();
}

const compress = promisify(zstdCompress);
// Kept for a few seconds or hours, so what counts is the time it takes.
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

interface ItemRow {
  invoice_id: bigint; kind: Item['kind']; invoice_number: string; party_id: string; currency: string; amount: bigint; open: bigint; status: Item['status'];
  discount_amount: bigint | null; discount_until: string | null; instalments: { date: string; amount: string }[] | null;
}

const ITEM_COLUMNS = sql`i.invoice_id, i.kind, i.invoice_number, i.party_id, i.currency, i.amount, o.open, i.status, i.discount_amount, i.discount_until, i.instalments`;

/** First which invoices have one of the keys, from the index alone; then each of these once, however many of its names were used. */
async function loadItemsByKey(tx: Tx, company: string, keys: readonly { form: KeyForm; key: string }[], blocked: Blocked): Promise<Map<string, Item[]>> {
  const byKey = new Map<string, Item[]>();
  if (keys.length === 0) return byKey;
  const { rows: named } = await sql<{ form: KeyForm; key: string; invoice_id: bigint }>`
    select k.form, k.key, k.invoice_id
      from unnest(${keys.map((key) => key.form)}::text[], ${keys.map((key) => key.key)}::text[]) wanted(form, key)
      join invoice_key k on k.company = ${company} and k.key = wanted.key and k.form = wanted.form
     order by k.invoice_id`.execute(tx.kysely);
  const { rows } = await sql<ItemRow>`
    select ${ITEM_COLUMNS} from unnest(${[...new Set(named.map((row) => String(row.invoice_id)))]}::bigint[]) wanted(invoice_id)
      join invoice i on i.invoice_id = wanted.invoice_id join open_item o on o.invoice_id = wanted.invoice_id`.execute(tx.kysely);
  const items = new Map(rows.map((row) => [row.invoice_id, parseItem(row, blocked)]));
  for (const { form, key, invoice_id } of named) push(byKey, `${form}:${key}`, items.get(invoice_id)!);
  return byKey;
}

async function loadPayable(tx: Tx, payers: readonly string[]): Promise<[payer: string, for_party: string][]> {
  if (payers.length === 0) return [];
  const { rows } = await sql<{ payer: string; for_party: string }>`
    select party_id as payer, pays_for as for_party from party_pays_for where party_id = any(${[...payers]})
    union select assigned_to_factor, party_id from party where assigned_to_factor = any(${[...payers]}) order by 1, 2`.execute(tx.kysely);
  return rows.map((row) => [row.payer, row.for_party]);
}

async function loadParties(tx: Tx, party_ids: readonly string[], blocked: Blocked): Promise<Party[]> {
  if (party_ids.length === 0) return [];
  const { rows } = await sql<Omit<Party, 'contradictory'>>`
    select p.party_id, p.withholding_rate::text as withholding_rate, p.assigned_to_factor,
           coalesce((select array_agg(f.pays_for order by f.pays_for) from party_pays_for f where f.party_id = p.party_id), '{}') as pays_for
      from party p where p.party_id = any(${[...new Set(party_ids)]})`.execute(tx.kysely);
  return rows.map((party) => ({ ...party, contradictory: blocked.has(`party:${party.party_id}`) }));
}

async function loadEarlier(tx: Tx, company: string, end_to_end_ids: readonly string[]): Promise<Map<string, EarlierPosting[]>> {
  if (end_to_end_ids.length === 0) return new Map();
  const { rows } = await sql<EarlierPosting & { key: string }>`
    select e.end_to_end_id as key, d.decision_id, e.entry_id, e.amount, e.currency
      from entry e join decision d on d.entry_id = e.entry_id and d.superseded_by is null
     where e.end_to_end_id = any(${[...end_to_end_ids]}) and d.company = ${company} and d.outcome in ('auto', 'manual')
       and exists (select from allocation a where a.decision_id = d.decision_id)
       -- What would be open again must still be of the invoice, as the ERP has it by now.
       and not exists (select from allocation a join open_item o using (invoice_id) where a.decision_id = d.decision_id
             and o.open + a.settled + a.discount + a.charges + a.withholding + a.write_off > o.amount)
       and not exists (select from decision r where r.returns = d.decision_id and r.superseded_by is null)
     order by e.entry_id`.execute(tx.kysely);
  return group(rows.map(({ key, ...posting }) => ({ key, posting })), (row) => row.posting);
}

function parseItem(row: ItemRow, blocked: Blocked): Item {
  return {
    invoice_id: row.invoice_id, kind: row.kind, invoice_number: row.invoice_number, party_id: row.party_id, currency: row.currency, amount: row.amount,
    open: row.open, status: row.status, discount_amount: row.discount_amount, discount_until: row.discount_until,
    instalments: (row.instalments ?? []).map((part) => ({ date: part.date, amount: BigInt(part.amount) })), contradictory: blocked.has(`invoice:${row.invoice_id}`),
  };
}

function group(rows: readonly { key: string; party_id: string }[]): Map<string, string[]>;
function group<R extends { key: string }, V>(rows: readonly R[], value: (row: R) => V): Map<string, V[]>;
function group(rows: readonly { key: string; party_id?: string }[], value: (row: never) => unknown = (row: { party_id: string }) => row.party_id): Map<string, unknown[]> {
  const map = new Map<string, unknown[]>();
  for (const row of rows) push(map, row.key, value(row as never));
  return map;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
