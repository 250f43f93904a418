import { sql } from 'kysely';
import type { Config } from '../platform/config.ts';
import type { Tx } from '../platform/database.ts';

/**
 * The currency in which a company keeps its books: what tieout.yaml says, else that of most of its accounts (of equals the first by name).
 * It is settled here until something is posted in it, and stays from then on. Null while nothing says it.
 */
export async function functionalCurrency(tx: Tx, companies: Config['companies'], company: string): Promise<string | null> {
  const { rows: [books] } = await sql<{ stored: string | null; posted: boolean; of_accounts: string | null }>`
    select functional_currency as stored, exists (select from journal_entry j where j.company = c.company) as posted,
           (select a.currency from account a where a.company = c.company group by a.currency order by count(*) desc, a.currency limit 1) as of_accounts
      from company c where company = ${company}`.execute(tx.kysely);
  if (!books) return null;
  if (books.posted && books.stored !== null) return books.stored;
  const currency = companies[company]?.functional_currency ?? books.of_accounts;
  if (currency !== books.stored) await tx.kysely.updateTable('company').set({ functional_currency: currency }).where('company', '=', company).execute();
  return currency;
}
