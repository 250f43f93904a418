import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import { formatMoney } from '../core/money.ts';
import { appendAct } from '../ledger/log.ts';
import { transaction, type Database } from '../platform/database.ts';
import type { Person } from '../review/person.ts';
import { changeUser, createUser } from '../review/users.ts';
import type { Handlers } from './context.ts';
import { hashPassword } from './password.ts';
import { createSignInToken, newToken, type Principal } from './principal.ts';
import type { Right } from '../review/rights.ts';
import type * as view from './schemas.ts';

type Names = 'listColleagues' | 'listUsers' | 'createUser' | 'changeUser' | 'createSignInLink' | 'listTokens' | 'createToken' | 'revokeToken' | 'listViews' | 'createView' | 'changeView' | 'deleteView';

// What somebody can read; a program that makes more than this has lost its tokens.
const TOKENS_MAX = 50;
const VIEWS_MAX = 200;

export const PEOPLE_HANDLERS: Handlers<Names> = {
  listColleagues: async ({ db }, { principal }) => {
    const { rows } = await sql<{ user_id: string; name: string; roles: view.UserView['roles'] }>`
      select user_id, name, roles from app_user where not disabled and roles && array['analyst', 'approver'] and (companies is null or ${principal.companies === null} or companies && ${principal.companies ?? []}::text[])
       order by name, user_id`.execute(db.kysely);
    return { items: rows };
  },
  listUsers: async ({ db }) => ({ items: await loadUsers(db, null) }),
  createUser: async (context, { body, principal }) => {
    const { user_id, password, ...fields } = body;
    requirePasswords(context.sign_in, password);
    const password_hash = password === null ? null : await hashPassword(password);
    await transaction(context.db, (tx) => createUser(tx, principal.user_id, user_id, { ...fields, password_hash }));
    return (await loadUsers(context.db, user_id))[0]!;
  },
  changeUser: async (context, { params, body, principal }) => {
    const { password, ...fields } = body;
    requirePasswords(context.sign_in, password ?? null);
    const password_hash = password == null ? password : await hashPassword(password);
    await transaction(context.db, (tx) => changeUser(tx, principal.user_id, params.user_id, { ...fields, ...(password_hash !== undefined && { password_hash }) }));
    return (await loadUsers(context.db, params.user_id))[0]!;
  },
  createSignInLink: async ({ db, origin, sign_in }, { params, principal }) => {
    if (sign_in !== 'one_time_token') throw new Failure('not_allowed', 'sign-in links are for use on this machine alone');
    const [user] = await loadUsers(db, params.user_id);
    if (!user || user.disabled) throw new Failure('not_found', `there is no user ${params.user_id} who could sign in`);
    const { token, expires_at } = await transaction(db, (tx) => createSignInToken(tx, params.user_id, principal.user_id));
    return { url: signInUrl(origin, token), expires_at };
  },

  listTokens: async ({ db }, { principal }) => ({ items: await loadTokens(db, sql`(t.user_id = ${principal.user_id} or ${principal.rights.has('administer')})`) }),
  createToken: async ({ db }, { body, principal }) => {
    if (principal.method === 'api_token') throw new Failure('not_allowed', 'a program makes no tokens; sign in');
    const beyond = body.rights.find((right) => !principal.rights.has(right));
    if (beyond !== undefined) throw new Failure('not_allowed', `nobody gives a right they do not have: ${beyond}`);
    if (principal.companies !== null && (body.companies === null || body.companies.some((company) => !principal.companies!.includes(company)))) throw new Failure('not_allowed', 'name companies of your own');
    const { secret, hash } = newToken();
    const token_id = await transaction(db, async (tx) => {
      const { rows: [counted] } = await sql<{ count: number }>`select count(*)::int as count from api_token where user_id = ${principal.user_id} and revoked_at is null and expires_at > now()`.execute(tx.kysely);
      if (counted!.count >= TOKENS_MAX) throw new Failure('invalid_input', `${TOKENS_MAX} tokens are in use; revoke one`);
      const { rows: [row] } = await sql<{ token_id: bigint }>`
        insert into api_token (user_id, name, hash, rights, companies, expires_at)
        values (${principal.user_id}, ${body.name}, ${hash}, ${body.rights}::text[], ${body.companies}::text[], now() + make_interval(days => ${body.days})) returning token_id`.execute(tx.kysely);
      await appendAct(tx, { company: null, run_id: null, actor: principal.user_id, action: 'token_created', payload: { token_id: String(row!.token_id), name: body.name, rights: body.rights, companies: body.companies, days: body.days } });
      return row!.token_id;
    });
    return { token: secret, view: (await loadTokens(db, sql`t.token_id = ${token_id}`))[0]! };
  },
  revokeToken: async ({ db }, { params, principal }) => {
    await transaction(db, async (tx) => {
      const { rows: [revoked] } = await sql<{ token_id: bigint }>`
        update api_token set revoked_at = coalesce(revoked_at, now()) where token_id = ${params.token_id}::bigint and (user_id = ${principal.user_id} or ${principal.rights.has('administer')}) returning token_id`.execute(tx.kysely);
      if (!revoked) throw new Failure('not_found', `there is no token ${params.token_id}`);
      await appendAct(tx, { company: null, run_id: null, actor: principal.user_id, action: 'token_revoked', payload: { token_id: params.token_id } });
    });
    return { done: true };
  },

  listViews: async ({ db }, { principal }) => ({ items: await loadViews(db, principal, null) }),
  createView: async ({ db }, { body, principal }) => {
    const { rows: [row] } = await sql<{ view_id: bigint }>`
      insert into saved_view (owner, name, page, query, shared) select ${principal.user_id}, ${body.name}, ${body.page}, ${JSON.stringify(body.query)}::jsonb, ${body.shared}
       where (select count(*) from saved_view where owner = ${principal.user_id}) < ${VIEWS_MAX} on conflict do nothing returning view_id`.execute(db.kysely);
    if (!row) throw new Failure('stale', `you have a view ${body.name} already, or ${VIEWS_MAX} of them`);
    return (await loadViews(db, principal, row.view_id))[0]!;
  },
  changeView: async ({ db }, { params, body, principal }) => {
    const { rows: [row] } = await sql<{ view_id: bigint }>`
      update saved_view set name = ${body.name}, page = ${body.page}, query = ${JSON.stringify(body.query)}::jsonb, shared = ${body.shared}
       where view_id = ${params.view_id}::bigint and owner = ${principal.user_id} and not exists
         (select from saved_view o where o.owner = ${principal.user_id} and o.page = ${body.page} and o.name = ${body.name} and o.view_id <> ${params.view_id}::bigint) returning view_id`.execute(db.kysely);
    if (!row) throw new Failure('not_found', `you have no view ${params.view_id}, or another of this name`);
    return (await loadViews(db, principal, row.view_id))[0]!;
  },
  deleteView: async ({ db }, { params, principal }) => {
    const gone = await db.kysely.deleteFrom('saved_view').where('view_id', '=', BigInt(params.view_id)).where('owner', '=', principal.user_id).returning('view_id').executeTakeFirst();
    if (!gone) throw new Failure('not_found', `you have no view ${params.view_id}`);
    return { done: true };
  },
};

/** Behind the hash: a browser keeps it from servers, proxies and their logs. */
export function signInUrl(origin: string, token: string): string {
  return `${origin}/sign-in#token=${token}`;
}

export function limitsOf({ limits }: Pick<Person, 'limits'>): view.Session['limits'] {
  return [...limits].map(([currency, { amount, write_off }]) => ({ currency, amount: formatMoney(amount, currency), write_off: formatMoney(write_off, currency) }));
}

function requirePasswords(sign_in: string, password: string | null): void {
  if (password !== null && sign_in !== 'password') throw new Failure('invalid_input', 'people do not sign in with a password here');
}

async function loadUsers(db: Database, user_id: string | null): Promise<view.UserView[]> {
  const { rows } = await sql<Omit<view.UserView, 'limits'> & { limits: { currency: string; amount: string; write_off: string }[] | null }>`
    select u.user_id, u.name, u.roles, u.companies, u.oidc_subject, u.password_hash is not null as has_password, u.disabled, u.created_at,
           (select count(*)::int from web_session s where s.user_id = u.user_id and s.expires_at > now()) as sessions,
           (select json_agg(json_build_object('currency', l.currency, 'amount', l.amount::text, 'write_off', l.write_off::text) order by l.currency) from user_limit l where l.user_id = u.user_id) as limits
      from app_user u where ${user_id}::text is null or u.user_id = ${user_id} order by u.user_id`.execute(db.kysely);
  return rows.map((row) => ({ ...row, limits: (row.limits ?? []).map(({ currency, amount, write_off }) => ({ currency, amount: formatMoney(BigInt(amount), currency), write_off: formatMoney(BigInt(write_off), currency) })) }));
}

async function loadTokens(db: Database, condition: ReturnType<typeof sql>): Promise<view.TokenView[]> {
  const { rows } = await sql<Omit<view.TokenView, 'token_id'> & { token_id: bigint; rights: Right[] }>`
    select t.token_id, t.user_id, t.name, t.rights, t.companies, t.created_at, t.expires_at, t.last_used_at, t.revoked_at from api_token t where ${condition} order by t.token_id desc limit 1000`.execute(db.kysely);
  return rows.map((row) => ({ ...row, token_id: String(row.token_id) }));
}

async function loadViews(db: Database, principal: Principal, view_id: bigint | null): Promise<view.SavedView[]> {
  const { rows } = await sql<Omit<view.SavedView, 'view_id'> & { view_id: bigint }>`
    select view_id, name, page, query, shared, owner, owner = ${principal.user_id} as mine from saved_view
     where (owner = ${principal.user_id} or shared) and (${view_id}::bigint is null or view_id = ${view_id}) order by owner <> ${principal.user_id}, name`.execute(db.kysely);
  return rows.map((row) => ({ ...row, view_id: String(row.view_id) }));
}
