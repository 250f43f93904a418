import { sql } from 'kysely';
import { accountKey, ibanStatus } from '../core/account.ts';
import type { Tx } from '../platform/database.ts';

/**
 * What can be wrong with master data that is well-formed row by row. Evidence that rests on what `blocks` is never automatic; the subject
 * says what that is: `invoice:<id>`, `party:<id>`, `account:<key>`, `currency:<company> <code>`.
 */
export const MASTER_DATA_FINDINGS = {
  account_of_two_parties: { blocks: true, remedy: 'take the account off all parties but its owner; register who pays for whom as pays_for' },
  invoice_without_party: { blocks: true, remedy: 'tieout import parties FILE.csv with the party' },
  pays_for_cycle: { blocks: true, remedy: 'take one of the relations out of pays_for' },
  reference_issued_twice: { blocks: true, remedy: 'correct the payment_reference of all invoices but the one it was printed on' },
  iban_invalid: { blocks: true, remedy: 'ask the account\'s owner for the right IBAN' },
  due_before_issue: { blocks: true, remedy: 'correct due_date or issue_date' },
  discount_above_amount: { blocks: true, remedy: 'correct discount_amount' },
  currency_without_account: { blocks: false, remedy: 'import an account in that currency, if payments are to arrive in it' },
  discount_after_due: { blocks: false, remedy: 'nothing, if that was agreed' },
  /** The invoice paid as a whole does not rest on its instalments; a payment of one of them is for a person. */
  instalments_differ: { blocks: false, remedy: 'correct instalments so that they add up to the amount; until then none of them is taken for agreed' },
  /** Kept by the imports of invoices and settlements, which alone know what the ERP has said. */
  erp_not_yet_updated: { blocks: false, remedy: 'let the ERP take over tieout\'s postings and acknowledge them: tieout import settlements FILE.csv' },
} as const satisfies Record<string, { blocks: boolean; remedy: string }>;
export type MasterDataFindingCode = keyof typeof MASTER_DATA_FINDINGS;

export interface FindingCount {
  code: MasterDataFindingCode;
  blocks: boolean;
  count: number;
  /** A few of them, in words. */
  examples: string[];
  remedy: string;
}

/** Each gives the subjects and details of one code, as a set. */
const CHECKS: Partial<Record<MasterDataFindingCode, string>> = {
  account_of_two_parties: `
    select 'account:' || account_key as subject, 'account ' || min(account) || ' belongs to the parties ' || string_agg(party_id, ', ' order by party_id) as detail
      from party_account group by account_key having count(*) > 1`,
  invoice_without_party: `
    select 'invoice:' || invoice_id, 'invoice ' || invoice_number || ' is of the unknown party ' || party_id
      from invoice i where not exists (select from party p where p.party_id = i.party_id)`,
  pays_for_cycle: `
    with recursive reach (party_id, reached) as (
      select party_id, pays_for from party_pays_for
      union select r.party_id, p.pays_for from reach r join party_pays_for p on p.party_id = r.reached)
    select 'party:' || party_id, 'party ' || party_id || ' pays, through others, for itself' from reach where party_id = reached`,
  reference_issued_twice: `
    select 'invoice:' || invoice_id, 'invoice ' || invoice_number || ' has the reference ' || payment_reference || ' of ' || (times - 1) || ' other invoices'
      from (select i.invoice_id, i.invoice_number, i.payment_reference, count(*) over (partition by k.company, k.key) as times
              from invoice_key k join invoice i using (invoice_id) where k.form = 'reference' and i.kind = 'receivable') r where times > 1`,
  due_before_issue: `
    select 'invoice:' || invoice_id, 'invoice ' || invoice_number || ' is due on ' || due_date || ', before its issue on ' || issue_date
      from invoice where due_date < issue_date`,
  discount_above_amount: `
    select 'invoice:' || invoice_id, 'invoice ' || invoice_number || ' has a discount larger than its amount' from invoice where discount_amount > amount`,
  currency_without_account: `
    select 'currency:' || company || ' ' || currency, count(*) || ' invoices of company ' || company || ' are in ' || currency || ', and it has no account in it'
      from invoice i where not exists (select from account a where a.company = i.company and a.currency = i.currency) group by company, currency`,
  instalments_differ: `
    select 'invoice:' || invoice_id, 'invoice ' || invoice_number || ' has instalments that do not add up to its amount'
      from invoice where instalments is not null
       and abs(amount - (select sum((part ->> 'amount')::bigint) from jsonb_array_elements(instalments) part)) >= jsonb_array_length(instalments)`,
  discount_after_due: `
    select 'invoice:' || invoice_id, 'invoice ' || invoice_number || ' has a discount until ' || discount_until || ', after it is due on ' || due_date
      from invoice where discount_until > due_date`,
};

/** Checks all master data anew, keeps what was found, and drops what holds no longer. */
export async function checkMasterData(tx: Tx): Promise<FindingCount[]> {
  const invalid = await listInvalidIbans(tx);
  const checked = [...Object.keys(CHECKS), 'iban_invalid'];
  const blocking = checked.filter((code) => MASTER_DATA_FINDINGS[code as MasterDataFindingCode].blocks);
  await sql`
    with found (code, subject, detail) as materialized (
      ${sql.raw(Object.entries(CHECKS).map(([code, query]) => `select '${code}', * from (${query}) ${code}`).join('\nunion all\n'))}
      union all select 'iban_invalid', * from unnest(${invalid.map((account) => `account:${accountKey(account)}`)}::text[],
        ${invalid.map((account) => `IBAN ${account} has wrong check digits or the wrong length`)}::text[])),
    gone as (
      delete from master_data_finding f where f.code = any(${checked}) and not exists (select from found where found.code = f.code and found.subject = f.subject))
    insert into master_data_finding as f (code, subject, detail, blocks)
    select distinct on (code, subject) code, subject, detail, code = any(${blocking}) from found order by code, subject
    on conflict (code, subject) do update set detail = excluded.detail, blocks = excluded.blocks where (f.detail, f.blocks) <> (excluded.detail, excluded.blocks)`
    .execute(tx.kysely);
  return countFindings(tx);
}

/** More examples than this nobody reads in a terminal; the table has them all. */
const MAX_EXAMPLES = 5;

/** What is wrong with the master data as it stands, what blocks first. */
export async function countFindings(tx: Pick<Tx, 'kysely'>): Promise<FindingCount[]> {
  const { rows } = await sql<{ code: MasterDataFindingCode; count: number; examples: string[] }>`
    select code, count(*)::int as count, (array_agg(detail order by finding_id))[1:${sql.lit(MAX_EXAMPLES)}] as examples
      from master_data_finding group by code order by bool_or(blocks) desc, code`.execute(tx.kysely);
  return rows.map(({ code, count, examples }) => ({ code, count, examples, blocks: MASTER_DATA_FINDINGS[code].blocks, remedy: MASTER_DATA_FINDINGS[code].remedy }));
}

async function listInvalidIbans(tx: Tx): Promise<string[]> {
  const { rows } = await sql<{ account: string }>`
    select account from account where account ~* '^ *[A-Z] *[A-Z] *[0-9] *[0-9]'
    union select account from party_account where account ~* '^ *[A-Z] *[A-Z] *[0-9] *[0-9]' order by 1`.execute(tx.kysely);
  return rows.map((row) => row.account).filter((account) => ibanStatus(account) === 'invalid');
}
