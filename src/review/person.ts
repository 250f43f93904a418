import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import type { Tx } from '../platform/database.ts';

/** Who acts on items: for which companies, and up to which amounts alone. */
export interface Person {
  readonly user_id: string;
  /** null: all of them. */
  readonly companies: readonly string[] | null;
  readonly limits: ReadonlyMap<string, { readonly amount: bigint; readonly write_off: bigint }>;
}

// In minor units of every currency: 50,000.00 and 25.00 of those with two decimals. Whoever should decide more alone is given a limit.
const DEFAULT_LIMIT = { amount: 5_000_000n, write_off: 2_500n };

export function limitOf(person: Person, currency: string): { readonly amount: bigint; readonly write_off: bigint } {
  return person.limits.get(currency) ?? DEFAULT_LIMIT;
}

/** A user by id; whoever is not among the users, such as somebody on the command line, decides within the default limits. */
export async function loadPerson(tx: Pick<Tx, 'kysely'>, user_id: string): Promise<Person> {
  if (user_id === 'rule' || user_id === 'tieout') throw new Failure('not_allowed', `nobody acts as ${user_id}: so the log names what no person has done`);
  const user = await tx.kysely.selectFrom('app_user').select(['companies', 'disabled']).where('user_id', '=', user_id).executeTakeFirst();
  if (user?.disabled) throw new Failure('not_allowed', `user ${user_id} is disabled`);
  return { user_id, companies: user?.companies ?? null, limits: await loadLimits(tx, user_id) };
}

export async function loadLimits(tx: Pick<Tx, 'kysely'>, user_id: string): Promise<Person['limits']> {
  const rows = await tx.kysely.selectFrom('user_limit').select(['currency', 'amount', 'write_off']).where('user_id', '=', user_id).execute();
  return new Map(rows.map((row) => [row.currency, { amount: row.amount, write_off: row.write_off }]));
}

/** The condition that a row is of a company that the person sees. */
export function seenBy(person: Pick<Person, 'companies'>, column: string) {
  return person.companies === null ? sql<boolean>`true` : sql<boolean>`${sql.ref(column)} = any(${person.companies}::text[])`;
}

export function sees(person: Pick<Person, 'companies'>, company: string): boolean {
  return person.companies === null || person.companies.includes(company);
}

/** The person as seeing one company only, where one is asked for; none of another's. */
export function seeingOnly<Who extends Person>(person: Who, company: string | undefined): Who {
  return company === undefined ? person : { ...person, companies: sees(person, company) ? [company] : [] };
}
