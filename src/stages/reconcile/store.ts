import { sql, type RawBuilder } from 'kysely';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { RETURN, type Evidence } from '../../core/evidence.ts';
import type { Check } from '../../core/statement.ts';
import type { JournalLineDraft } from '../../ledger/journal.ts';
import type { Tx } from '../../platform/database.ts';
import type { PossibleJoin } from './join-notifications.ts';
import type { PossiblePair } from './pair-transfers.ts';
import type { BookedStatement, ReceivedStatement } from './contract.ts';

/**
 * Locks the company, one writer at a time, and before it whatever other company has statements in the same documents of the run, or in
 * documents of those: what is refused there is refused here. In the order of their names, so that two batches never wait crosswise.
 */
export async function lockCompanies(tx: Tx, run_id: bigint, company: string): Promise<string[]> {
  const { rows } = await sql<{ company: string }>`
    with recursive joined(company) as (
      select ${company}::text
      union select other.company from joined j join statement s on s.company = j.company join document d on d.document_id = s.document_id and d.run_id = ${run_id}
              join statement other on other.document_id = d.document_id)
    select company from company where company in (select company from joined) order by company for update`.execute(tx.kysely);
  return rows.map((row) => row.company);
}

/** The version of the company's books and how far it lets rules act by themselves. */
export async function loadCompany(tx: Tx, company: string): Promise<{ books_version: bigint; mode: 'off' | 'suggest' | 'auto'; functional_currency: string | null; rematched: string | null }> {
  return tx.kysely.selectFrom('company').select(['books_version', 'mode', 'functional_currency', 'rematched']).where('company', '=', company).executeTakeFirstOrThrow();
}

/** The batch's documents whose evidence was gathered at another version of the books. */
export async function listStaleDocuments(tx: Tx, run_id: bigint, company: string, books_version: bigint): Promise<bigint[]> {
  const { rows } = await sql<{ document_id: bigint }>`
    select distinct c.document_id from evidence_chunk c join document d using (document_id)
     where d.run_id = ${run_id} and d.state = 'validated' and c.company = ${company} and c.books_version <> ${books_version}
     order by 1`.execute(tx.kysely);
  return rows.map((row) => row.document_id);
}

/** The run's statements of some companies that have no verdict yet. */
export async function loadReceived(tx: Tx, run_id: bigint, companies: readonly string[]): Promise<ReceivedStatement[]> {
  const { rows } = await sql<ReceivedStatement>`
    select s.statement_id, s.document_id, encode(d.sha256, 'hex') as sha256, s.statement_no, s.company, s.account_id, s.currency, s.format, a.interim = 'post' as posts_interim, s.sequence,
           s.bank_statement_id, coalesce(s.from_date, e.first_day)::text as "from", coalesce(s.to_date, e.last_day)::text as "to", s.opening, s.closing, s.ties_out,
           coalesce(e.total, 0)::bigint as sum, s.entry_count, coalesce(e.characters, 0)::int as text_length,
           case when d.state = 'quarantined' then coalesce(d.failed_check, 'quarantined') end as failed_check
      from statement s join document d using (document_id) join account a using (account_id)
      left join lateral (select min(booking_date) as first_day, max(booking_date) as last_day, sum(amount) as total,
             sum(length(concat(remittance, counterparty_name, counterparty_account, bank_reference, end_to_end_id, structured_reference))) as characters
             from entry e where e.statement_id = s.statement_id and e.detail is null and e.status = 'booked') e on true
     where d.run_id = ${run_id} and s.company = any(${[...companies]}) and d.state in ('validated', 'quarantined') and s.state = 'received'
     order by s.statement_id`.execute(tx.kysely);
  return rows;
}

/** The accepted statements of some accounts, in the order of their last days; of the same days in the order in which they were accepted. */
export async function loadBooked(tx: Tx, account_ids: readonly number[]): Promise<Map<number, BookedStatement[]>> {
  const { rows } = await sql<BookedStatement & { account_id: number }>`
    select account_id, statement_id, format, sequence, from_date::text as "from", to_date::text as "to", opening, closing, ties_out is not null as proven, gap_before
      from statement where state = 'accepted' and account_id = any(${[...account_ids]}) and from_date is not null
     order by account_id, to_date, from_date, log_seq`.execute(tx.kysely);
  return Map.groupBy(rows, (row) => row.account_id);
}

/** What the ledger has in some bank accounts. */
export async function loadBankBalances(tx: Tx, account_ids: readonly number[]): Promise<Map<number, bigint>> {
  const { rows } = await sql<{ account_id: number; balance: bigint }>`
    select account_id, sum(balance)::bigint as balance from ledger_balance where account_id = any(${[...account_ids]}) group by account_id`.execute(tx.kysely);
  return new Map(rows.map((row) => [row.account_id, row.balance]));
}

/** Evidence, and the canonical JSON that it was parsed from. */
export interface KeptEvidence {
  evidence: Evidence;
  text: string;
  /** Gathered in this job for an entry that was decided before, or whose decision waited for the others. */
  open: boolean;
}

/** The evidence that a pass decides on: of the batch's documents and of what is open, or of what is open alone. */
export interface EvidenceScope { run_id: bigint; company: string; open_only: boolean }

/** The transaction's own table for evidence of single entries; `gatherOpenEvidence` fills it. */
export async function createOpenEvidence(tx: Tx): Promise<void> {
  await sql`create temp table open_evidence (n int generated always as identity primary key, claims bigint[] not null, claimed_at int[] not null,
    bytes bytea not null) on commit drop`.execute(tx.kysely);
}

export async function clearOpenEvidence(tx: Tx): Promise<void> {
  await sql`delete from open_evidence`.execute(tx.kysely);
}

/** The scope's chunks, in an order that content gives; `document_id` is 0 for those of open_evidence. */
function chunksOf({ run_id, company, open_only }: EvidenceScope): RawBuilder<unknown> {
  const open = sql`select '' as source, 0::bigint as document_id, n, claims, claimed_at from open_evidence`;
  return open_only ? sql`(${open})` : sql`(
    ${open} union all select encode(d.sha256, 'hex'), c.document_id, c.n, c.claims, c.claimed_at from evidence_chunk c join document d using (document_id)
     where d.run_id = ${run_id} and d.state = 'validated' and c.company = ${company})`;
}

/** The scope's evidence, a chunk at a time; each entry's is parsed when it is asked for. */
export async function* readEvidence(tx: Tx, scope: EvidenceScope): AsyncGenerator<Iterable<KeptEvidence>> {
  const { rows } = await sql<{ document_id: bigint; n: number }>`select document_id, n from ${chunksOf(scope)} c order by source, n`.execute(tx.kysely);
  for (const { document_id, n } of rows) yield (await loadLines(tx, document_id, n)).values().map((line) => parseLine(line, document_id));
}

/** The evidence of the entries that have one of these claims, and of no others. */
export async function* readClaimants(tx: Tx, scope: EvidenceScope, claims: readonly bigint[]): AsyncGenerator<KeptEvidence> {
  const { rows } = await sql<{ document_id: bigint; n: number; lines: number[] }>`
    select c.document_id, c.n, array_agg(distinct u.at) as lines
      from ${chunksOf(scope)} c cross join unnest(c.claims, c.claimed_at) u(claim, at)
     where u.claim = any(${claims.map(String)}::bigint[])
     group by 1, 2 order by 1, 2`.execute(tx.kysely);
  for (const { document_id, n, lines } of rows) {
    const texts = await loadLines(tx, document_id, n);
    for (const at of lines) yield parseLine(texts[at]!, document_id);
  }
}

async function loadLines(tx: Tx, document_id: bigint, n: number): Promise<string[]> {
  const { rows: [chunk] } = await (document_id === 0n ? sql<{ bytes: Buffer }>`select bytes from open_evidence where n = ${n}`
    : sql<{ bytes: Buffer }>`select bytes from evidence_chunk where document_id = ${document_id} and n = ${n}`).execute(tx.kysely);
  return (await decompress(chunk!.bytes)).toString('utf8').split('\n');
}

function parseLine(text: string, document_id: bigint): KeptEvidence {
  return { text, evidence: JSON.parse(text) as Evidence, open: document_id === 0n };
}

/** The next entries of a company that wait for a person, and that no person has decided, after an entry id. */
export async function listWaiting(tx: Tx, company: string, after: bigint, limit: number): Promise<bigint[]> {
  const { rows } = await sql<{ entry_id: bigint }>`
    select r.entry_id from review_item r join decision d using (decision_id)
     where r.company = ${company} and r.state = 'open' and d.decided_by = 'rule' and r.entry_id > ${after} order by r.entry_id limit ${limit}`.execute(tx.kysely);
  return rows.map((row) => row.entry_id);
}

/** Days by which a notification and the booking that it details may differ where their reference is the same. */
const JOIN_DAYS = 5;

type Joinable = PossibleJoin & { statement_id: bigint; line: number; waits: boolean };

/**
 * Bookings without details, taken with the batch or waiting from an earlier one, and the entries of notifications on file that may carry them:
 * of the same account, amount and day, and of no other reference.
 */
export async function listPossibleJoins(tx: Tx, run_id: bigint, company: string): Promise<Joinable[]> {
  await sql`
    create temp table notified on commit drop as
    select n.entry_id, n.account_id, n.amount, n.booking_date, n.bank_reference, n.more ->> 'customer_reference' as batch_reference, n.is_leaf
      from statement s join document d using (document_id) join entry n using (statement_id)
     where s.company = ${sql.lit(company)} and s.format = 'camt.054' and s.state = 'preview' and n.detail is null and n.status = 'booked'
       -- A notification of long ago details nothing that comes now.
       and (d.run_id = ${sql.lit(run_id)} or n.booking_date >= (select min(own.from_date) - ${sql.lit(JOIN_DAYS)} from statement own join document o using (document_id)
             where o.run_id = ${sql.lit(run_id)} and own.company = ${sql.lit(company)}))
       and not exists (select from joined_batch j where j.notification_entry_id = n.entry_id)`.execute(tx.kysely);
  const { rows: [any] } = await sql`select from notified limit 1`.execute(tx.kysely);
  const rows = any === undefined ? [] : await matchNotified(tx, run_id, company);
  await sql`drop table notified`.execute(tx.kysely);
  return rows;
}

async function matchNotified(tx: Tx, run_id: bigint, company: string): Promise<Joinable[]> {
  const columns = sql`b.entry_id, b.account_id, b.amount, b.booking_date, b.bank_reference, b.more ->> 'customer_reference' as batch_reference, b.statement_id, b.line,
    coalesce(b.counterparty_name, b.counterparty_account, b.structured_reference) is null as shows_nobody`;
  const joinable = sql`b.detail is null and b.is_leaf and b.status = 'booked' and s.state = 'accepted' and s.format not in ('camt.052', 'camt.054', 'mt942')
    and b.account_id in (select account_id from notified)`;
  await sql`
    create temp table bookable on commit drop as
    select ${columns}, false as waits from document d join statement s using (document_id) join entry b using (statement_id)
     where d.run_id = ${sql.lit(run_id)} and d.state = 'validated' and s.company = ${sql.lit(company)} and ${joinable}
    union all
    select ${columns}, true from review_item r join decision c using (decision_id) join entry b on b.entry_id = r.entry_id join statement s using (statement_id)
     where r.company = ${sql.lit(company)} and r.state = 'open' and c.decided_by = 'rule' and ${joinable}`.execute(tx.kysely);
  // Two sets without statistics: only by hashing does the join cost their sum, and not their product.
  await tx.client.query('set local enable_hashjoin = on; set local enable_nestloop = off');
  const { rows } = await sql<Joinable>`
    select b.entry_id as booked, n.entry_id as notification, b.statement_id, b.line, b.waits,
           coalesce(b.bank_reference = n.bank_reference, false) or coalesce(b.batch_reference = n.batch_reference, false) as same_reference
      from notified n join bookable b on b.account_id = n.account_id and b.amount = n.amount
     where abs(b.booking_date - n.booking_date) <= ${JOIN_DAYS}
       -- A single transaction says more only of a booking that shows nobody.
       and (not n.is_leaf or b.shows_nobody)
       and (b.bank_reference = n.bank_reference or b.batch_reference = n.batch_reference
            or b.booking_date = n.booking_date and (b.bank_reference is null or n.bank_reference is null))
     order by 1, 2`.execute(tx.kysely);
  await tx.client.query('set local enable_hashjoin = off; set local enable_nestloop = on');
  await sql`drop table bookable`.execute(tx.kysely);
  return rows;
}

/** Gives bookings the details of notifications, as leaves of their own, and takes back that they are leaves. Returns the details in their order. */
export async function saveJoins(tx: Tx, joins: readonly { booked: bigint; notification: bigint }[]): Promise<{ entry_id: bigint; booked: bigint; detail: number }[]> {
  const pairs = sql`unnest(${joins.map(({ booked }) => String(booked))}::bigint[], ${joins.map(({ notification }) => String(notification))}::bigint[]) p(booked, notification)`;
  await sql`insert into joined_batch (entry_id, notification_entry_id) select booked, notification from ${pairs}`.execute(tx.kysely);
  await sql`update entry set is_leaf = false where entry_id = any(${joins.map(({ booked }) => String(booked))}::bigint[])`.execute(tx.kysely);
  const { rows } = await sql<{ entry_id: bigint; booked: bigint; detail: number }>`
    with added as (
      insert into entry (document_id, statement_id, account_id, line, detail, is_leaf, status, booking_date, value_date, amount, currency, bank_reference, end_to_end_id,
        mandate_id, counterparty_name, counterparty_account, remittance, structured_reference, return_reason, reversal, more)
      select b.document_id, b.statement_id, b.account_id, b.line, row_number() over (partition by b.entry_id order by d.entry_id), true, b.status, b.booking_date,
             coalesce(b.value_date, d.value_date), d.amount, d.currency, d.bank_reference, d.end_to_end_id, d.mandate_id, d.counterparty_name, d.counterparty_account,
             d.remittance, d.structured_reference, d.return_reason, b.reversal or d.reversal, d.more || jsonb_build_object('source', b.more -> 'source')
        from ${pairs} join entry b on b.entry_id = p.booked join entry n on n.entry_id = p.notification
        join entry d on d.statement_id = n.statement_id and d.line = n.line and d.is_leaf
       order by b.entry_id, d.entry_id
      returning entry_id, statement_id, line, detail)
    select a.entry_id, b.entry_id as booked, a.detail from added a join entry b on b.statement_id = a.statement_id and b.line = a.line and b.detail is null
     order by b.entry_id, a.detail`.execute(tx.kysely);
  return rows;
}

/** Takes entries out of the queue that their details replace there. */
export async function closeReviewItems(tx: Tx, entry_ids: readonly bigint[]): Promise<void> {
  await sql`update review_item set state = 'done', closed_at = now(), version = version + 1 where entry_id = any(${entry_ids.map(String)}::bigint[])`.execute(tx.kysely);
}

/** A decision that stands, and may be superseded. */
export interface Standing {
  decision_id: bigint;
  outcome: 'review' | 'suspense';
  reason: string;
  rule_id: string | null;
  suggestions: unknown;
}

/** What stands of some entries that wait. */
export async function loadStanding(tx: Tx, entry_ids: readonly string[]): Promise<Map<string, Standing>> {
  if (entry_ids.length === 0) return new Map();
  const { rows } = await sql<Standing & { entry_id: bigint }>`
    select entry_id, decision_id, outcome, reason, rule_id, suggestions from decision
     where entry_id = any(${[...entry_ids]}::bigint[]) and superseded_by is null`.execute(tx.kysely);
  return new Map(rows.map(({ entry_id, ...standing }) => [String(entry_id), standing]));
}

/** Marks decisions as superseded, each by its successor, which is saved after it: an entry has one standing decision at any time. */
export async function supersede(tx: Tx, pairs: readonly { old: bigint; by: bigint }[]): Promise<void> {
  if (pairs.length === 0) return;
  await sql`
    update decision d set superseded_by = p.by from unnest(${pairs.map(({ old }) => String(old))}::bigint[], ${pairs.map(({ by }) => String(by))}::bigint[]) p(old, by)
     where d.decision_id = p.old`.execute(tx.kysely);
}

/** What the queue shows of entries that were decided anew: they still wait, for another reason, or are done. */
export async function updateReviewItems(tx: Tx, items: readonly { entry_id: string; decision_id: bigint; reason: string; priority: number; done: boolean }[]): Promise<void> {
  if (items.length === 0) return;
  await sql`
    update review_item r set decision_id = u.decision_id, reason = u.reason, priority = u.priority, version = r.version + 1,
           state = case when u.done then 'done' else 'open' end, closed_at = case when u.done then now() end
      from unnest(${items.map((item) => item.entry_id)}::bigint[], ${items.map((item) => String(item.decision_id))}::bigint[], ${items.map((item) => item.reason)}::text[],
                  ${items.map((item) => item.priority)}::int[], ${items.map((item) => item.done)}::boolean[]) u(entry_id, decision_id, reason, priority, done)
     where r.entry_id = u.entry_id`.execute(tx.kysely);
}

/** Notes against what the entries that wait have been held. */
export async function saveRematched(tx: Tx, company: string, rematched: string): Promise<void> {
  await tx.kysely.updateTable('company').set({ rematched }).where('company', '=', company).execute();
}

/** More days than a transfer takes between banks over a long weekend would pair what has nothing to do with each other. */
const TRANSFER_DAYS = 5;

/**
 * The entries of the batch, and of those that wait, that may be the two legs of a transfer between the company's own accounts. A statement may
 * print the other account as its bank's code and its number there, as the country's IBANs hold them (accountKeys).
 */
export async function listPossibleTransfers(tx: Tx, run_id: bigint, company: string): Promise<PossibleTransfer[]> {
  const { rows } = await sql<PossibleTransfer>`
    with own_account as (
      select account_id, account_key as number, null as bank from account where company = ${company}
       union all select account_id, ltrim(substr(account_key, 5 + digits), '0'), substr(account_key, 5, digits)
        from account join (values ('DE', 8), ('AT', 5), ('CH', 5), ('NL', 4)) national(country, digits) on account_key like country || '__%' where company = ${company}),
    leg as materialized (
      select e.entry_id, e.statement_id, e.line, e.account_id, own.account_key, other.account_id as other_id, e.amount, e.currency, e.booking_date, w.entry_id is not null as waits
        from (select e.entry_id, null::bigint as waits from document d join statement s using (document_id) join entry e using (statement_id)
               where d.run_id = ${run_id} and d.state = 'validated' and s.company = ${company} and e.is_leaf and e.status = 'booked'
              union all select r.entry_id, r.entry_id from review_item r join decision d using (decision_id)
               where r.company = ${company} and r.state = 'open' and d.decided_by = 'rule') w(id, entry_id)
        join entry e on e.entry_id = w.id join account own on own.account_id = e.account_id
        join own_account other on other.number = ltrim(upper(regexp_replace(e.counterparty_account, '[^A-Za-z0-9]+', '', 'g')), '0') and other.account_id <> own.account_id
         and (other.bank is null or starts_with(e.more ->> 'counterparty_bank', other.bank)))
    select o.entry_id as out, i.entry_id as in, abs(o.booking_date - i.booking_date) as days,
           concat_ws(' ', o.booking_date, i.booking_date, o.account_key, i.account_key) as content_key,
           o.statement_id as out_statement, o.line as out_line, o.waits as out_waits, i.statement_id as in_statement, i.line as in_line, i.waits as in_waits
      from leg o join leg i on i.account_id = o.other_id and i.other_id = o.account_id and i.amount = -o.amount and i.currency = o.currency
     where o.amount < 0 and abs(o.booking_date - i.booking_date) <= ${TRANSFER_DAYS}`.execute(tx.kysely);
  return rows;
}

/** A leg that waits is on the books; one of the batch is, if its statement is taken and does not repeat it. */
export interface PossibleTransfer extends PossiblePair {
  out_statement: bigint;
  out_line: number;
  out_waits: boolean;
  in_statement: bigint;
  in_line: number;
  in_waits: boolean;
}

/** What more than one entry of the scope may consume. */
export async function listContested(tx: Tx, scope: EvidenceScope): Promise<bigint[]> {
  const { rows } = await sql<{ claim: bigint }>`
    select claim from ${chunksOf(scope)} c cross join unnest(c.claims) claim where claim <> ${RETURN} group by claim having count(*) > 1 order by claim`.execute(tx.kysely);
  return rows.map((row) => row.claim);
}

/** An entry that a return may give back: when that was booked, and whose invoices the entry has settled, where it was decided before. */
export interface Returned { entry_id: bigint; document_id: bigint; returned_on: string; party_ids: string[] }

/** The earlier entries with the end-to-end id or the mandate of these returns and the opposite sign. */
export async function listReturned(tx: Tx, company: string, returns: readonly bigint[]): Promise<Returned[]> {
  const { rows } = await sql<Returned>`
    select o.entry_id, o.document_id, min(r.booking_date)::text as returned_on,
           array(select distinct i.party_id from decision d join allocation a using (decision_id) join invoice i using (invoice_id)
                  where d.entry_id = o.entry_id and d.superseded_by is null) as party_ids
      from entry r cross join lateral (
            select entry_id, document_id, account_id, amount, booking_date, is_leaf from entry where end_to_end_id = r.end_to_end_id
            union select entry_id, document_id, account_id, amount, booking_date, is_leaf from entry where mandate_id = r.mandate_id) o
      join account a on a.account_id = o.account_id
     where r.entry_id = any(${returns.map(String)}::bigint[]) and a.company = ${company} and sign(o.amount) = -sign(r.amount) and o.booking_date <= r.booking_date and o.is_leaf
     group by 1, 2 order by 1`.execute(tx.kysely);
  return rows;
}

/** The evidence of these entries of the scope's documents. */
export async function* readEvidenceOf(tx: Tx, scope: EvidenceScope, entries: readonly { entry_id: bigint; document_id: bigint }[]): AsyncGenerator<KeptEvidence> {
  const wanted = new Set(entries.map(({ entry_id }) => String(entry_id)));
  const { rows } = await sql<{ document_id: bigint; n: number }>`select document_id, n from ${chunksOf(scope)} c
    where document_id = any(${[...new Set(entries.map(({ document_id }) => String(document_id)))]}::bigint[]) order by source, n`.execute(tx.kysely);
  for (const { document_id, n } of rows) {
    for (const text of await loadLines(tx, document_id, n)) if (wanted.has(/"entry_id":"(\d+)"/.exec(text)![1]!)) yield parseLine(text, document_id);
  }
}

const decompress = promisify(zstdDecompress);

/** The posting account of each of the company's bank accounts. */
export async function loadLedgerAccounts(tx: Tx, company: string): Promise<Map<number, string>> {
  const rows = await tx.kysely.selectFrom('account').select(['account_id', 'ledger_account']).where('company', '=', company).execute();
  return new Map(rows.map((row) => [row.account_id, row.ledger_account]));
}

export async function loadModes(tx: Tx, company: string): Promise<Record<string, 'off' | 'suggest' | 'auto'>> {
  const rows = await tx.kysely.selectFrom('rule_mode').select(['rule_id', 'mode']).where('company', '=', company).execute();
  return Object.fromEntries(rows.map((row) => [row.rule_id, row.mode]));
}

/** Sets the statement's state and, for an accepted one, its place in the account's chain. Dates that it does not print follow from its entries. */
export async function saveVerdict(tx: Tx, statement: ReceivedStatement, state: 'accepted' | 'duplicate' | 'preview' | 'quarantined', rest: {
  opening?: bigint | null; closing?: bigint | null; gap_before?: bigint | null; log_seq?: bigint; check?: Check; reissue_of?: bigint;
} = {}): Promise<void> {
  await tx.kysely.updateTable('statement').set({
    state, from_date: statement.from, to_date: statement.to,
    ...(rest.opening !== undefined && { opening: rest.opening }), ...(rest.closing !== undefined && { closing: rest.closing }),
    ...(rest.gap_before !== undefined && { gap_before: rest.gap_before }), ...(rest.log_seq !== undefined && { log_seq: rest.log_seq }),
    ...(rest.reissue_of !== undefined && { reissue_of: rest.reissue_of }),
    ...(rest.check && { checks: sql`checks || ${JSON.stringify([rest.check])}::jsonb` }),
  }).where('statement_id', '=', statement.statement_id).execute();
}

export async function saveGapBefore(tx: Tx, statement_id: bigint, gap_before: bigint | null): Promise<void> {
  await tx.kysely.updateTable('statement').set({ gap_before }).where('statement_id', '=', statement_id).execute();
}

export async function quarantineDocument(tx: Tx, document_id: bigint, failed_check: string): Promise<void> {
  await tx.kysely.updateTable('document').set({ state: 'quarantined', failed_check }).where('document_id', '=', document_id).execute();
}

/** One decision `quarantined` for every leaf of the statement, as a set. */
export async function decideQuarantined(tx: Tx, statement: ReceivedStatement, run_id: bigint, company: string, check: Check, log_seq: bigint): Promise<void> {
  await sql`
    insert into decision (entry_id, run_id, company, outcome, decided_by, reason, explanation, failed_check, log_seq)
    select entry_id, ${run_id}, ${company}, 'quarantined', 'rule', 'document_quarantined', ${`The document failed a control: ${check.detail}`}, ${check.name}, ${log_seq}
      from entry where statement_id = ${statement.statement_id} and is_leaf order by entry_id`.execute(tx.kysely);
}

export async function raiseBooksVersion(tx: Tx, company: string): Promise<void> {
  await tx.kysely.updateTable('company').set((of) => ({ books_version: of('books_version', '+', 1n) })).where('company', '=', company).execute();
}

/** The postings to statement_gap before a statement that no reversal has taken back. */
export async function loadGapPostings(tx: Tx, statement_id: bigint): Promise<{ journal_entry_id: bigint; booking_date: string; lines: JournalLineDraft[] }[]> {
  const { rows } = await sql<JournalLineDraft & { journal_entry_id: bigint; booking_date: string }>`
    select e.journal_entry_id, e.booking_date, l.account, l.account_id, l.amount, l.currency, l.base_amount
      from journal_entry e join journal_line l using (journal_entry_id)
     where (e.statement_id = ${statement_id} or e.statement_id in (select statement_id from statement where replaced_by = ${statement_id})) and e.kind = 'statement_gap'
       and not exists (select from journal_entry r where r.reverses = e.journal_entry_id)
     order by e.journal_entry_id, l.n`.execute(tx.kysely);
  return [...Map.groupBy(rows, (row) => row.journal_entry_id)].map(([journal_entry_id, lines]) => ({
    journal_entry_id, booking_date: lines[0]!.booking_date, lines: lines.map(({ journal_entry_id: _id, booking_date: _date, ...line }) => line),
  }));
}
