import { sql } from 'kysely';
import { accountKey } from '../core/account.ts';
import { nameKeys } from '../core/text.ts';
import { openChain } from '../ledger/log.ts';
import type { Tx } from '../platform/database.ts';
import { checkMasterData } from './checks.ts';
import type { Row } from './parse.ts';
import { lockCompanies, noteImport, stageRows, type ImportContext, type ImportReport } from './stage.ts';

const COLUMNS = {
  party_id: true, kind: true, name: true, aliases: false, accounts: false, country: false, pays_for: false, withholding_rate: false, assigned_to_factor: false,
} as const;
type PartyRow = Row<keyof typeof COLUMNS>;

const WITHHOLDING_RATE = /^(?:100(?:\.0{1,4})?|\d{1,2}(?:\.\d{1,4})?)$/;

/**
 * Brings in customers and suppliers. Names, accounts and relations of a party are what the file says: those it no longer names are taken
 * away, but for what people have confirmed in the review queue. Parties belong to no company, so a change is one for all. Throws ImportRefused, and then nothing has changed.
 */
export async function importParties(tx: Tx, input: AsyncIterable<Uint8Array>, context: ImportContext): Promise<ImportReport> {
  const file = await stageRows(tx, input, COLUMNS, {
    name: 'staged_party', key: ['party_id'], key_column: 'party_id',
    columns: {
      line: 'int', party_id: 'text', kind: 'text', name: 'text', country: 'text', withholding_rate: 'numeric', assigned_to_factor: 'text',
      name_keys: 'text[]', names: 'text[]', is_alias: 'boolean[]', account_keys: 'text[]', accounts: 'text[]', pays_for: 'text[]',
    },
  }, readParty);
  const companies = (await tx.kysely.selectFrom('company').select('company').orderBy('company').execute()).map((row) => row.company);
  await lockCompanies(tx, companies);

  const { rows: upserted } = await sql<{ party_id: string; is_new: boolean }>`
    insert into party as p (party_id, kind, name, country, withholding_rate, assigned_to_factor)
    select party_id, kind, name, country, withholding_rate, assigned_to_factor from staged_party order by line
    on conflict (party_id) do update set kind = excluded.kind, name = excluded.name, country = excluded.country,
      withholding_rate = excluded.withholding_rate, assigned_to_factor = excluded.assigned_to_factor
      where (p.kind, p.name, p.country, p.withholding_rate, p.assigned_to_factor)
        is distinct from (excluded.kind, excluded.name, excluded.country, excluded.withholding_rate, excluded.assigned_to_factor)
    returning p.party_id, p.xmax = 0 as is_new`.execute(tx.kysely);
  const changed = new Map(upserted.map((row) => [row.party_id, row.is_new]));
  for (const part of PARTS) {
    for (const party_id of await replacePart(tx, part)) if (!changed.has(party_id)) changed.set(party_id, false);
  }

  const inserted = [...changed.values()].filter((is_new) => is_new).length;
  const updated = changed.size - inserted;
  const findings = await checkMasterData(tx);
  if (changed.size > 0) {
    const chain = await openChain(tx);
    await noteImport(tx, chain, context, null, companies, 'parties', { file_sha256: file.sha256, inserted, updated });
    await chain.close();
  }
  return { what: 'parties', ...file, inserted, updated, unchanged: file.rows - inserted - updated, findings };
}

function readParty(row: PartyRow): readonly unknown[] {
  const party_id = row.required('party_id');
  const name = row.required('name');
  // The first of two names with one key counts, so the party's own name is never shown as an alias.
  const names = new Map<string, { name: string; is_alias: boolean }>();
  for (const [i, text] of [name, ...row.list('aliases')].entries()) {
    for (const key of nameKeys(text)) if (key !== '' && !names.has(key)) names.set(key, { name: text, is_alias: i > 0 });
  }
  if (name !== '' && names.size === 0) row.reject('name', `"${name}" has neither letters nor digits`);
  const accounts = new Map<string, string>();
  for (const account of row.list('accounts')) {
    const key = accountKey(account);
    if (key === '') row.reject('accounts', `"${account}" has neither letters nor digits`);
    else if (!accounts.has(key)) accounts.set(key, account);
  }
  const rate = row.text('withholding_rate');
  if (rate !== null && !WITHHOLDING_RATE.test(rate)) row.reject('withholding_rate', `"${rate}" is no percentage from 0 to 100 with at most 4 decimals, as in 26.375`);
  const pays_for = [...new Set(row.list('pays_for'))];
  if (pays_for.includes(party_id)) row.reject('pays_for', `party ${party_id} need not be registered to pay for itself`);
  const factor = row.text('assigned_to_factor');
  if (factor !== null && factor === party_id) row.reject('assigned_to_factor', 'a party cannot be its own factor');
  return [
    row.line, party_id, row.oneOf('kind', ['customer', 'supplier'], null), name, row.text('country'), rate, factor,
    [...names.keys()], [...names.values()].map((one) => one.name), [...names.values()].map((one) => String(one.is_alias)),
    [...accounts.keys()], [...accounts.values()], pays_for,
  ];
}

/** What a party has several of: the table, its columns after party_id, and the staged arrays that they come from. */
const PARTS = [
  { table: 'party_name', columns: ['name_key', 'name', 'is_alias'], arrays: ['name_keys', 'names', 'is_alias'], learned: { kind: 'alias', value: 'name' } },
  { table: 'party_account', columns: ['account_key', 'account'], arrays: ['account_keys', 'accounts'], learned: { kind: 'account', value: 'account' } },
  { table: 'party_pays_for', columns: ['pays_for'], arrays: ['pays_for'], learned: null },
] as const;

/** Makes the rows of the staged parties what the file says, and returns the parties for which that was a change. */
async function replacePart(tx: Tx, { table, columns, arrays, learned }: (typeof PARTS)[number]): Promise<string[]> {
  const names = sql.raw(['party_id', ...columns].join(', '));
  const wanted = sql.raw(`select party_id, ${columns.map((column) => `u.${column}`).join(', ')} from staged_party
    cross join lateral unnest(${arrays.map((array) => `staged_party.${array}`).join(', ')}) u(${columns.join(', ')})`);
  const { rows: removed } = await sql<{ party_id: string }>`
    with gone as (select ${names} from ${sql.table(table)} where party_id in (select party_id from staged_party) except ${wanted})
    delete from ${sql.table(table)} t using gone where t.party_id = gone.party_id and ${sql.id('t', columns[0])} = ${sql.id('gone', columns[0])}
       ${learned ? sql`and not exists (select from learned_proposal p where p.state = 'confirmed' and p.kind = ${learned.kind} and p.party_id = t.party_id and p.value = ${sql.id('t', learned.value)})` : sql``}
    returning t.party_id`.execute(tx.kysely);
  const { rows: added } = await sql<{ party_id: string }>`
    insert into ${sql.table(table)} (${names}) ${wanted} on conflict do nothing returning party_id`.execute(tx.kysely);
  return [...removed, ...added].map((row) => row.party_id);
}
