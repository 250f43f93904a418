import { sql } from 'kysely';
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { ibanStatus } from '../../core/account.ts';
import { AGREED, evidenceText, RETURN, type Evidence } from '../../core/evidence.ts';
import type { Finding } from '../../core/finding.ts';
import type { KeyForm } from '../../core/invoice-key.ts';
import { INTERIM_FORMATS, type Format } from '../../core/statement.ts';
import { foldName } from '../../core/text.ts';
import type { Tx } from '../../platform/database.ts';
import type { Books, EarlierPosting, Item, Leaf, NamedParty, Party } from './contract.ts';
import { findPayer, furtherNamesOf, mayGoOn, namesOf, payerOf, type Payer } from './payer.ts';
import { isReturn, type ReadLeaf } from './validate.ts';

/** With more open items than this a sum is rarely unique, and loading them would cost more than it tells: unknown, for a person. */
const MAX_OPEN_ITEMS_PER_PARTY = 200;

interface LeafRow {
  entry_id: bigint; statement_id: bigint; accepted_seq: bigint | null; line: number; account_id: number; company: string; format: Format; posts_interim: boolean; ties_out: boolean | null; status: Leaf['status']; booking_date: string; value_date: string | null;
  amount: bigint; currency: string; bank_reference: string | null; end_to_end_id: string | null; mandate_id: string | null;
  counterparty_name: string | null; counterparty_account: string | null; remittance: string | null; structured_reference: string | null;
  return_reason: string | null; reversal: boolean;
  more: { transaction_code?: Leaf['transaction_code']; customer_reference?: string | null;
    counterparty_bank?: string; instructed?: { amount: string; currency: string } | null; exchange_rate?: string; charges?: { amount: string; currency: string | null; bearer: string | null }[]; findings?: Finding[] };
}

const LEAF_COLUMNS = sql`
  e.entry_id, e.statement_id, s.log_seq as accepted_seq, e.line, e.account_id, s.company, s.format, a.interim = 'post' as posts_interim, s.ties_out, e.status, e.booking_date, e.value_date, e.amount, e.currency, e.bank_reference,
  e.end_to_end_id, e.mandate_id, e.counterparty_name, e.counterparty_account, e.remittance, e.structured_reference, e.return_reason, e.reversal, e.more`;

/** The next leaves of a document after an entry id, in their order. */
export async function loadLeaves(tx: Tx, document_id: bigint, after: bigint, limit: number): Promise<Leaf[]> {
  const { rows } = await sql<LeafRow>`
    select ${LEAF_COLUMNS} from entry e join statement s using (statement_id) join account a on a.account_id = e.account_id
     where s.document_id = ${document_id} and e.entry_id > ${after} and e.is_leaf
     order by e.entry_id limit ${limit}`.execute(tx.kysely);
  return rows.map(parseLeaf);
}

/** Single leaves, in the order of their ids. */
export async function loadLeavesOf(tx: Tx, entry_ids: readonly bigint[]): Promise<Leaf[]> {
  const { rows } = await sql<LeafRow>`
    select ${LEAF_COLUMNS} from entry e join statement s using (statement_id) join account a on a.account_id = e.account_id
     where e.entry_id = any(${entry_ids.map(String)}::bigint[]) order by e.entry_id`.execute(tx.kysely);
  return rows.map(parseLeaf);
}

function parseLeaf({ format, posts_interim, ties_out, more, ...row }: LeafRow): Leaf {
  return {
    ...row,
    transaction_code: more.transaction_code ?? null,
    customer_reference: more.customer_reference ?? null,
    counterparty_bank: more.counterparty_bank ?? null,
    instructed: more.instructed ? { amount: BigInt(more.instructed.amount), currency: more.instructed.currency } : null,
    exchange_rate: more.exchange_rate ?? null,
    findings: more.findings ?? [],
    charges: (more.charges ?? []).map((charge) => ({ ...charge, amount: BigInt(charge.amount) })),
    proof: ties_out === true ? 'proven' : format === 'pdf' || INTERIM_FORMATS.has(format) && !posts_interim ? 'unproven_inferred' : 'unproven_structured',
  };
}

/** The versions of the books of the companies that a document's statements are of. */
export async function loadBooksVersions(tx: Tx, document_id: bigint): Promise<Map<string, bigint>> {
  const rows = await tx.kysely.selectFrom('company').select(['company', 'books_version'])
    .where('company', 'in', (query) => query.selectFrom('statement').select('statement.company').where('document_id', '=', document_id)).execute();
  return new Map(rows.map((row) => [row.company, row.books_version]));
}

/** What master data that contradicts itself is about: evidence that rests on it is never automatic. */
export interface Blocked {
  readonly invoices: ReadonlySet<string>;
  readonly parties: ReadonlySet<string>;
  readonly accounts: ReadonlySet<string>;
}

export async function loadBlocked(tx: Tx): Promise<Blocked> {
  const rows = await tx.kysely.selectFrom('master_data_finding').select('subject').where('blocks', '=', true).execute();
  const about = (kind: string): ReadonlySet<string> => new Set(rows.flatMap(({ subject }) => (subject.startsWith(kind) ? [subject.slice(kind.length)] : [])));
  return { invoices: about('invoice:'), parties: about('party:'), accounts: about('account:') };
}

/** The shapes of a company's invoice keys. */
export async function loadShapes(tx: Tx, company: string): Promise<ReadonlySet<string>> {
  const rows = await tx.kysely.selectFrom('invoice_shape').select('shape').where('company', '=', company).execute();
  return new Set(rows.map((row) => row.shape));
}

/**
 * Everything that a chunk of one company's leaves asks of the books, in a handful of queries whatever its size, and who is on the other side
 * of each. `openItems` is filled by `loadOpenItems` for the parties that turn out to be wanted.
 */
export async function loadBooks(tx: Tx, company: string, leaves: readonly ReadLeaf[], blocked: Blocked): Promise<{ books: Books; payers: Payer[] }> {
  const keys = new Set<string>();
  const accounts = new Set<string>();
  const names = new Set<string>();
  const end_to_end_ids = new Set<string>();
  const mandate_ids = new Set<string>();
  for (const { leaf, account_keys, mentions, name } of leaves) {
    for (const mention of mentions) for (const { key } of mention.keys) keys.add(key);
    for (const key of account_keys) accounts.add(key);
    for (const key of namesOf(name)) names.add(key);
    if (leaf.end_to_end_id !== null) end_to_end_ids.add(leaf.end_to_end_id);
    if (leaf.mandate_id !== null && isReturn(leaf)) mandate_ids.add(leaf.mandate_id);
  }

  const itemsByKey = await loadItemsByKey(tx, company, [...keys], blocked);
  const own = new Set((await tx.kysely.selectFrom('account').select('account_key').where('company', '=', company).execute()).map((row) => row.account_key));
  const partiesByAccount = group(await sql<{ key: string; party_id: string }>`
    select account_key as key, party_id from party_account where account_key = any(${[...accounts]}) order by 1, 2`.execute(tx.kysely).then((r) => r.rows));
  const partiesByName = new Map<string, NamedParty[]>();
  const partiesByBeginning = new Map<string, NamedParty[]>();
  const accountsOf = new Map<string, string[]>();
  await loadPartiesByName(tx, [...names], partiesByName);
  const earlier = await loadEarlier(tx, company, 'end_to_end_id', [...end_to_end_ids]);
  const earlierByMandate = await loadEarlier(tx, company, 'mandate_id', [...mandate_ids]);

  const parties = new Map<string, Party>();
  const payable = new Map<string, string[]>();
  const books: Books = {
    ownAccount: (key) => own.has(key),
    itemsByKey: (form, key) => itemsByKey[form].get(key) ?? [],
    partiesByAccount: (key) => partiesByAccount.get(key) ?? [],
    partiesByName: (key) => partiesByName.get(key) ?? [],
    partiesByBeginning: (key) => partiesByBeginning.get(key) ?? [],
    accountsOf: (party_id) => accountsOf.get(party_id) ?? [],
    accountContradicts: (key) => blocked.accounts.has(key),
    party: (party_id) => parties.get(party_id),
    payableFor: (party_id) => payable.get(party_id) ?? [party_id],
    openItems: () => ({ items: [], complete: true }),
    settledSince: () => ({ items: [], complete: true }),
    earlierByEndToEnd: (id) => earlier.get(id) ?? [],
    earlierByMandate: (id) => earlierByMandate.get(id) ?? [],
  };
  const payers = leaves.map((leaf) => findPayer(leaf, books));
  // Who is known by now is not asked about again: whatever is loaded for the others, it is the same whoever else is in the chunk.
  const unclear = indexesOf(leaves, ({ name }, i) => payers[i]!.name !== 'known' || mayGoOn(name, payers[i]!));
  await loadFurtherNames(tx, unclear.map((i) => leaves[i]!), partiesByName, partiesByBeginning);
  for (const i of unclear) payers[i] = findPayer(leaves[i]!, books);
  const masked = indexesOf(leaves, ({ account_keys }, i) => payers[i]!.account === 'unknown' && payers[i]!.by_name.length > 0 && ibanStatus(account_keys[0]!) !== 'valid');
  await loadAccountsOf(tx, masked.flatMap((i) => payers[i]!.by_name), accountsOf);
  for (const i of masked) payers[i] = findPayer(leaves[i]!, books);

  const paying = new Set<string>();
  const involved = new Set<string>();
  for (const [i, { leaf }] of leaves.entries()) {
    const payer = payers[i]!;
    const one = payerOf(payer, leaf.amount < 0n ? 'out' : 'in');
    if (one !== null) paying.add(one);
    for (const party_id of payer.by_account) involved.add(party_id);
    for (const { party_id } of payer.by_name) involved.add(party_id);
  }
  for (const of_form of Object.values(itemsByKey)) for (const items of of_form.values()) for (const item of items) involved.add(item.party_id);
  for (const [payer, for_party] of await loadPayable(tx, [...paying])) payable.set(payer, [...(payable.get(payer) ?? [payer]), for_party]);
  for (const party of await loadParties(tx, [...involved, ...[...payable.values()].flat()], blocked)) parties.set(party.party_id, party);
  return { books, payers };
}

function indexesOf(leaves: readonly ReadLeaf[], predicate: (leaf: ReadLeaf, i: number) => boolean): number[] {
  return leaves.flatMap((leaf, i) => (predicate(leaf, i) ? [i] : []));
}

/** Adds the parties of these keys to the map; a key that nobody has gets an empty list. */
async function loadPartiesByName(tx: Tx, keys: readonly string[], into: Map<string, NamedParty[]>): Promise<void> {
  for (const key of keys) into.set(key, []);
  const { rows } = await sql<NameRow>`
    select n.name_key as key, n.party_id, p.kind, n.name from unnest(${[...keys]}::text[]) wanted(key)
      join party_name n on n.name_key = wanted.key join party p on p.party_id = n.party_id order by 1, 2`.execute(tx.kysely);
  for (const row of rows) push(into, row.key, namedParty(row));
}

interface NameRow { key: string; party_id: string; kind: Party['kind']; name: string }

function namedParty({ party_id, kind, name }: NameRow): NamedParty {
  return { party_id, kind, folded: foldName(name) };
}

/** More parties with one beginning of a name than this tell no more than two. */
const MAX_BEGINNINGS = 20;

/** The names that theirs may be another form, a part or the beginning of. */
async function loadFurtherNames(tx: Tx, leaves: readonly ReadLeaf[], names: Map<string, NamedParty[]>, beginnings: Map<string, NamedParty[]>): Promise<void> {
  const keys = new Set<string>();
  const starts = new Set<string>();
  for (const leaf of leaves) {
    const further = furtherNamesOf(leaf.name);
    for (const key of further.names) if (!names.has(key)) keys.add(key);
    for (const start of further.beginnings) starts.add(start);
  }
  if (keys.size > 0) await loadPartiesByName(tx, [...keys], names);
  if (starts.size === 0) return;
  // By code units, whatever the database's collation: what begins so lies between it and it with the last character behind it.
  const { rows } = await sql<NameRow>`
    select wanted.key, n.party_id, p.kind, n.name from unnest(${[...starts]}::text[]) wanted(key)
     cross join lateral (select party_id, name from party_name
            where name_key collate "C" >= wanted.key and name_key collate "C" < wanted.key || U&'\\+10FFFF' order by name_key collate "C" limit ${MAX_BEGINNINGS}) n
      join party p on p.party_id = n.party_id order by 1, 2`.execute(tx.kysely);
  for (const row of rows) push(beginnings, row.key, namedParty(row));
}

/** The accounts of parties whose account may be meant by one that is nobody's as it is printed: it may be masked, or lack its bank's code. */
async function loadAccountsOf(tx: Tx, named: readonly NamedParty[], into: Map<string, string[]>): Promise<void> {
  const wanted = new Set(named.map(({ party_id }) => party_id));
  if (wanted.size === 0) return;
  const { rows } = await sql<{ party_id: string; account: string }>`
    select party_id, account from party_account where party_id = any(${[...wanted]}) order by 1, 2`.execute(tx.kysely);
  for (const { party_id, account } of rows) push(into, party_id, account);
}

/** The open items of the parties in the company's books; not complete for a party that has more than a search may look at. */
export async function loadOpenItems(tx: Tx, company: string, party_ids: readonly string[], blocked: Blocked): Promise<Books['openItems']> {
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
    return { items: items.filter((item) => item.status === 'open'), complete: items.length <= MAX_OPEN_ITEMS_PER_PARTY };
  };
}

/**
 * What of the parties' items was settled since the first of these entries came onto the books, by whomever: an entry that waits is held against
 * what was open before its batch. What was settled and has come back, or was undone, is open again.
 */
export async function loadSettledSince(tx: Tx, company: string, leaves: readonly Leaf[], party_ids: readonly string[], blocked: Blocked): Promise<Books['settledSince']> {
  const seqs = leaves.flatMap(({ accepted_seq }) => accepted_seq ?? []);
  const rows = party_ids.length === 0 || seqs.length === 0 ? [] : await sql<ItemRow & { seq: bigint; closed: bigint }>`
    select ${ITEM_COLUMNS}, o.seq, o.closed
      from unnest(${[...party_ids]}::text[]) wanted(party_id)
     cross join lateral (select o.invoice_id, o.open, d.log_seq as seq, a.settled + a.discount + a.charges + a.withholding + a.write_off as closed
            from open_item o join allocation a on a.invoice_id = o.invoice_id
            join decision d on d.decision_id = a.decision_id and d.superseded_by is null and d.outcome in ('auto', 'manual')
           where o.party_id = wanted.party_id and o.company = ${company} and o.open < o.amount and d.log_seq > ${seqs.reduce((a, b) => (a < b ? a : b))}::bigint
           limit ${MAX_OPEN_ITEMS_PER_PARTY + 1}) o
      join invoice i on i.invoice_id = o.invoice_id`.execute(tx.kysely).then((result) => result.rows);
  const by_party = Map.groupBy(rows, (row) => row.party_id);
  return (party_id, { accepted_seq }) => {
    const all = by_party.get(party_id) ?? [];
    const since = accepted_seq === null ? [] : all.filter((row) => row.seq > accepted_seq);
    const items = Map.groupBy(since, (row) => row.invoice_id).values().flatMap((parts): Item[] => {
      const closed = parts.reduce((sum, part) => sum + part.closed, 0n);
      return closed > 0n ? [{ ...parseItem(parts[0]!, blocked), open: parts[0]!.open + closed, status: 'open' }] : [];
    });
    return { items: [...items], complete: all.length <= MAX_OPEN_ITEMS_PER_PARTY };
  };
}

/** Saves a chunk of evidence, a line each: reconcile reads it, and the log takes the lines as they stand. */
export async function saveEvidence(tx: Tx, document_id: bigint, n: number, company: string, books_version: bigint, evidence: readonly Evidence[]): Promise<void> {
  const { bytes, claims, claimed_at } = await packEvidence(evidence);
  await tx.kysely.insertInto('evidence_chunk').values({ document_id, n, company, books_version, bytes, claims: sql`${claims}::bigint[]`, claimed_at }).execute();
}

/** The same for entries of any documents: a chunk of the transaction's own table. */
export async function saveOpenEvidence(tx: Tx, evidence: readonly Evidence[]): Promise<void> {
  if (evidence.length === 0) return;
  const { bytes, claims, claimed_at } = await packEvidence(evidence);
  await sql`insert into open_evidence (claims, claimed_at, bytes) values (${claims}::bigint[], ${claimed_at}::int[], ${bytes})`.execute(tx.kysely);
}

async function packEvidence(evidence: readonly Evidence[]): Promise<{ bytes: Buffer; claims: string[]; claimed_at: number[] }> {
  const bytes = await compress(Buffer.from(evidence.map(evidenceText).join('\n')), FASTEST);
  const claims: string[] = [];
  const claimed_at: number[] = [];
  for (const [at, one] of evidence.entries()) {
    for (const claim of claimsOf(one)) {
      claims.push(claim);
      claimed_at.push(at);
    }
  }
  return { bytes, claims, claimed_at };
}

/** What the entry may consume without a person, each once: invoices, and (negative) the decisions that it may return; a return also has the claim RETURN. */
function claimsOf({ candidates, facts: { is_return } }: Evidence): ReadonlySet<string> {
  const claims = new Set<string>();
  if (is_return) claims.add(String(RETURN));
  for (const { facts, allocations, reverses_decision_id } of candidates) {
    if (reverses_decision_id !== null) claims.add(`-${reverses_decision_id}`);
    else if (facts.status === 'open' && AGREED.has(facts.amount)) for (const part of allocations) claims.add(part.invoice_id);
  }
  return claims;
}

export async function deleteEvidence(tx: Tx, document_id: bigint): Promise<void> {
  await tx.kysely.deleteFrom('evidence_chunk').where('document_id', '=', document_id).execute();
}

const compress = promisify(zstdCompress);
// Kept for a few seconds or hours, so what counts is the time it takes.
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

interface ItemRow {
  invoice_id: bigint; kind: Item['kind']; invoice_number: string; party_id: string; currency: string; amount: bigint; open: bigint; status: Item['status'];
  issue_date: string; due_date: string | null; purchase_order: string | null; discount_amount: bigint | null; discount_until: string | null; instalments: { date: string; amount: string }[] | null;
}

const ITEM_COLUMNS = sql`i.invoice_id, i.kind, i.invoice_number, i.party_id, i.currency, i.amount, o.open, i.status, i.issue_date, i.due_date, i.purchase_order, i.discount_amount, i.discount_until, i.instalments`;

type ItemsByKey = Record<KeyForm, Map<string, Item[]>>;

/** First which invoices have one of the keys, whatever the form, from the index alone; then each of these once, however many of its names were used. */
async function loadItemsByKey(tx: Tx, company: string, keys: readonly string[], blocked: Blocked): Promise<ItemsByKey> {
  const byKey: ItemsByKey = { reference: new Map(), end_to_end: new Map(), number: new Map(), digits: new Map() };
  if (keys.length === 0) return byKey;
  const { rows: named } = await sql<{ form: KeyForm; key: string; invoice_id: bigint }>`
    select k.form, k.key, k.invoice_id from unnest(${[...keys]}::text[]) wanted(key) join invoice_key k on k.company = ${company} and k.key = wanted.key
     order by k.invoice_id`.execute(tx.kysely);
  const { rows } = await sql<ItemRow>`
    select ${ITEM_COLUMNS} from unnest(${[...new Set(named.map((row) => String(row.invoice_id)))]}::bigint[]) wanted(invoice_id)
      join invoice i on i.invoice_id = wanted.invoice_id join open_item o on o.invoice_id = wanted.invoice_id`.execute(tx.kysely);
  const items = new Map(rows.map((row) => [row.invoice_id, parseItem(row, blocked)]));
  for (const { form, key, invoice_id } of named) push(byKey[form], key, items.get(invoice_id)!);
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
    select p.party_id, p.kind, p.withholding_rate::text as withholding_rate, p.assigned_to_factor,
           coalesce((select array_agg(f.pays_for order by f.pays_for) from party_pays_for f where f.party_id = p.party_id), '{}') as pays_for
      from party p where p.party_id = any(${[...new Set(party_ids)]})`.execute(tx.kysely);
  return rows.map((party) => ({ ...party, contradictory: blocked.parties.has(party.party_id) }));
}

/** What was settled by entries with one of these ids, as far as a return may take it back, and those that wait for a person. */
async function loadEarlier(tx: Tx, company: string, by: 'end_to_end_id' | 'mandate_id', ids: readonly string[]): Promise<Map<string, EarlierPosting[]>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<EarlierPosting & { key: string }>`
    select e.${sql.ref(by)} as key, d.decision_id, e.entry_id, e.booking_date, e.amount, e.currency, d.outcome in ('review', 'suspense') as waits
      from entry e join decision d on d.entry_id = e.entry_id and d.superseded_by is null
     where e.${sql.ref(by)} = any(${[...ids]}) and d.company = ${company} and d.outcome in ('auto', 'manual', 'review', 'suspense')
       and (d.outcome in ('review', 'suspense') or exists (select from allocation a where a.decision_id = d.decision_id))
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
    open: row.open, status: row.status, issue_date: row.issue_date, due_date: row.due_date, purchase_order: row.purchase_order, discount_amount: row.discount_amount, discount_until: row.discount_until,
    instalments: (row.instalments ?? []).map((part) => ({ date: part.date, amount: BigInt(part.amount) })), contradictory: blocked.invoices.size > 0 && blocked.invoices.has(String(row.invoice_id)),
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
