import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import { parseMoney } from '../core/money.ts';
import { appendAct } from '../ledger/log.ts';
import type { Tx } from '../platform/database.ts';

/** People who may sign in. The log names them, so they are never deleted, only disabled; a change of rights is in the log. */

export interface UserFields {
  name?: string;
  roles?: readonly string[];
  companies?: readonly string[] | null;
  limits?: readonly { currency: string; amount: string; write_off: string }[];
  oidc_subject?: string | null;
  /** Argon2id; null takes the password away. */
  password_hash?: string | null;
  disabled?: boolean;
}

export async function createUser(tx: Tx, actor: string, user_id: string, fields: UserFields): Promise<void> {
  const { limits, ...columns } = fields;
  const { rows: [created] } = await sql<{ user_id: string }>`
    insert into app_user (user_id, name, roles, companies, oidc_subject, password_hash)
    values (${user_id}, ${columns.name ?? user_id}, ${columns.roles ?? []}::text[], ${columns.companies ?? null}::text[], ${columns.oidc_subject ?? null}, ${columns.password_hash ?? null})
    on conflict do nothing returning user_id`.execute(tx.kysely);
  if (!created) throw new Failure('stale', `there is a user ${user_id} already, or another with the same subject`);
  await setLimits(tx, user_id, limits ?? []);
  await note(tx, actor, 'user_created', user_id, fields);
}

/** Changes what is given. Nobody takes the last administrator away; sessions end by the database when a role goes. */
export async function changeUser(tx: Tx, actor: string, user_id: string, fields: UserFields): Promise<void> {
  const { limits, ...columns } = fields;
  await sql`select from app_user where 'admin' = any(roles) order by user_id for update`.execute(tx.kysely);
  const user = await tx.kysely.selectFrom('app_user').select('user_id').where('user_id', '=', user_id).forUpdate().executeTakeFirst();
  if (!user) throw new Failure('not_found', `there is no user ${user_id}`);
  const changed = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
  if (Object.keys(changed).length > 0) {
    await tx.kysely.updateTable('app_user').set({ ...changed, ...('password_hash' in changed && { failed_sign_ins: 0, locked_until: null }) }).where('user_id', '=', user_id).execute();
  }
  const { rows: [left] } = await sql<{ admins: number }>`select count(*)::int as admins from app_user where 'admin' = any(roles) and not disabled`.execute(tx.kysely);
  if (left!.admins === 0) throw new Failure('invalid_input', 'somebody has to be left who may administer');
  if (limits !== undefined) await setLimits(tx, user_id, limits);
  await note(tx, actor, 'user_changed', user_id, fields);
}

async function setLimits(tx: Tx, user_id: string, limits: NonNullable<UserFields['limits']>): Promise<void> {
  await tx.kysely.deleteFrom('user_limit').where('user_id', '=', user_id).execute();
  for (const { currency, amount, write_off } of limits) {
    const [most, most_write_off] = [amount, write_off].map((text) => parseMoney(text, currency));
    if (most === undefined || most_write_off === undefined || most < 0n || most_write_off < 0n) throw new Failure('invalid_input', `${amount} or ${write_off} is no limit in ${currency}`);
    await tx.kysely.insertInto('user_limit').values({ user_id, currency, amount: most, write_off: most_write_off }).execute();
  }
}

async function note(tx: Tx, actor: string, action: string, user_id: string, { roles, companies, limits, disabled, password_hash }: UserFields): Promise<void> {
  await appendAct(tx, {
    company: null, run_id: null, actor, action, payload: {
      user_id, ...(roles && { roles: [...roles] }), ...(companies !== undefined && { companies: companies === null ? null : [...companies] }), ...(limits && { limits: limits.map((one) => ({ ...one })) }),
      ...(disabled !== undefined && { disabled }), ...(password_hash !== undefined && { password: password_hash === null ? 'taken away' : 'set' }),
    },
  });
}
