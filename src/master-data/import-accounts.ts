import { sql } from 'kysely';
import { accountKey } from '../core/account.ts';
import { functionalCurrency } from '../ledger/functional-currency.ts';
import { openChain } from '../ledger/log.ts';
import type { Tx } from '../platform/database.ts';
import { checkMasterData } from './checks.ts';
import { lockCompanies, noteImport, refuse, stageRows, type ImportContext, type ImportReport } from './stage.ts';

const COLUMNS = { account: true, currency: true, company: false, name: false, ledger_account: false, statement_profile: false, interim: false } as const;

/** The posting account of a bank account that names none (rules/accounts.yaml). */
const BANK = 'bank';

/** What becomes of the account's interim reports and notifications: shown, or posted where no statements come. */
const INTERIM = ['preview', 'post'] as const;

/** Brings in bank accounts and, by them, companies; a new company's mode is `suggest`. Throws ImportRefused, and then nothing has changed. */
export async function importAccounts(tx: Tx, input: AsyncIterable<Uint8Array>, context: ImportContext): Promise<ImportReport> {
  const file = await stageRows(tx, input, COLUMNS, {
    name: 'staged_account', key: ['account_key'], key_column: 'account',
    columns: { line: 'int', account: 'text', account_key: 'text', company: 'text', currency: 'text', name: 'text', ledger_account: 'text', statement_profile: 'text', interim: 'text' },
  }, (row) => {
    const account = row.required('account');
    const key = accountKey(account);
    if (account !== '' && key === '') row.reject('account', `"${account}" has neither letters nor digits`);
    return [row.line, account, key, row.text('company') ?? 'default', row.currency('currency'), row.text('name'), row.text('ledger_account') ?? BANK, row.text('statement_profile'),
      row.oneOf('interim', INTERIM, 'preview')];
  });
  await sql`insert into company (company) select distinct company from staged_account order by 1 on conflict do nothing`.execute(tx.kysely);
  const { rows: touched } = await sql<{ company: string }>`select distinct company from staged_account order by 1`.execute(tx.kysely);
  await lockCompanies(tx, touched.map((row) => row.company));
  await refuse(tx, sql`
    select s.line, case when s.currency <> a.currency then 'currency' else 'company' end as "column",
           'account ' || a.account || ' (' || a.currency || ', company ' || a.company || ') has statements on the books and cannot become another' as reason
      from staged_account s join account a using (account_key)
     where (a.company, a.currency) <> (s.company, s.currency) and exists (select from statement st where st.account_id = a.account_id)`);
  const { rows: changes } = await sql<{ company: string; inserted: number; updated: number }>`
    with changed as (
      insert into account as a (account, account_key, company, currency, name, ledger_account, statement_profile, interim)
      select account, account_key, company, currency, name, ledger_account, statement_profile, interim from staged_account order by line
      on conflict (account_key) do update set account = excluded.account, company = excluded.company, currency = excluded.currency, name = excluded.name,
        ledger_account = excluded.ledger_account, statement_profile = excluded.statement_profile, interim = excluded.interim
        where (a.account, a.company, a.currency, a.name, a.ledger_account, a.statement_profile, a.interim)
          is distinct from (excluded.account, excluded.company, excluded.currency, excluded.name, excluded.ledger_account, excluded.statement_profile, excluded.interim)
      returning a.company, a.xmax = 0 as is_new)
    select company, count(*) filter (where is_new)::int as inserted, count(*) filter (where not is_new)::int as updated from changed group by 1 order by 1`
    .execute(tx.kysely);
  const chain = await openChain(tx);
  for (const { company, inserted, updated } of changes) {
    const functional_currency = await functionalCurrency(tx, context.companies, company);
    await noteImport(tx, chain, context, company, [company], 'accounts', { file_sha256: file.sha256, inserted, updated, functional_currency });
  }
  const inserted = changes.reduce((sum, row) => sum + row.inserted, 0);
  const updated = changes.reduce((sum, row) => sum + row.updated, 0);
  const findings = await checkMasterData(tx);
  await chain.close();
  return { what: 'accounts', ...file, inserted, updated, unchanged: file.rows - inserted - updated, findings };
}
