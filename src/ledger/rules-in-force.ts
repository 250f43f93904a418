import { sql } from 'kysely';
import type { Tx } from '../platform/database.ts';

/** Which ruleset decides: the last row of `rules_in_force`. How it came to be so, the database checks (migrations/0013_rules_in_force.sql). */

export interface RulesInForce {
  version: string;
  content: string;
  since: string;
  requested_by: string | null;
  approved_by: string | null;
}

/** Null before the first batch. */
export async function findRulesInForce(tx: Pick<Tx, 'kysely'>): Promise<RulesInForce | null> {
  const { rows: [row] } = await sql<RulesInForce>`
    select f.version, r.content, f.since, p.requested_by, p.decided_by as approved_by
      from rules_in_force f join ruleset r using (version) left join approval p using (approval_id) order by f.n desc limit 1`.execute(tx.kysely);
  return row ?? null;
}

/** Keeps the text of a version; that puts nothing in force. */
export async function saveRuleset(tx: Pick<Tx, 'kysely'>, version: string, content: string): Promise<void> {
  await tx.kysely.insertInto('ruleset').values({ version, content }).onConflict((conflict) => conflict.doNothing()).execute();
}

/** Whether two people who see all companies are there, of whom one may approve what the other asks for. */
export async function isSecondPersonThere(tx: Pick<Tx, 'kysely'>): Promise<boolean> {
  const { rows: [row] } = await sql<{ there: boolean }>`select second_person_there() as there`.execute(tx.kysely);
  return row!.there;
}

/** One change of the rules after the other, until the transaction's end. */
export async function lockRules(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('rules_in_force', 0))`.execute(tx.kysely);
}

/** Puts a saved version in force; refused by the database without the approval that it takes. */
export async function putRulesInForce(tx: Tx, version: string, approval_id: bigint | null): Promise<void> {
  await tx.kysely.insertInto('rules_in_force').values({ version, approval_id }).execute();
}
