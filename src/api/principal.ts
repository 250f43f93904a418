import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { appendAct } from '../ledger/log.ts';
import type { Database, Tx } from '../platform/database.ts';
import type { Person } from '../review/person.ts';
import type { Sessions } from './schemas.ts';
import { rightsOf, type Right, type Role } from '../review/rights.ts';

/** Who asks: a person by the cookie of a session, or a program by a token of theirs. */
export interface Principal extends Person {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly rights: ReadonlySet<Right>;
  readonly method: 'one_time_token' | 'password' | 'oidc' | 'api_token';
  /** Of the session; a program has none. */
  readonly csrf_token: string;
  readonly expires_at: string;
}

// A working day; then people sign in anew.
const SESSION_HOURS = 12;
// A machine left alone over lunch is nobody's.
const IDLE_MINUTES = 120;
const ONE_TIME_MINUTES = 15;
const TOKEN_PREFIX = 'tieout_';

/** 256 bits, which nobody guesses; for cookies, tokens and links. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** What is kept of a secret. It is as random as its hash, so it needs no salt. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

interface UserRow { user_id: string; name: string; roles: Role[]; companies: string[] | null; limits: { currency: string; amount: string; write_off: string }[] | null }
const USER = sql`u.user_id, u.name, u.roles, u.companies,
  (select json_agg(json_build_object('currency', l.currency, 'amount', l.amount::text, 'write_off', l.write_off::text)) from user_limit l where l.user_id = u.user_id) as limits`;

/** Begins a session and gives the cookie's secret. A session that the browser had is ended: its id is never carried over a sign-in. */
export async function beginSession(tx: Pick<Tx, 'kysely'>, user_id: string, method: 'one_time_token' | 'password' | 'oidc', earlier: string | null): Promise<{ secret: string; principal: Principal }> {
  const secret = newSecret();
  if (earlier !== null) await endSession(tx, earlier);
  await sql`delete from web_session where expires_at < now() or seen_at < now() - make_interval(mins => ${IDLE_MINUTES})`.execute(tx.kysely);
  await sql`insert into web_session (hash, user_id, method, csrf_token, expires_at)
    values (${hashSecret(secret)}, ${user_id}, ${method}, ${newSecret()}, now() + make_interval(hours => ${SESSION_HOURS}))`.execute(tx.kysely);
  return { secret, principal: (await findSession(tx, secret))! };
}

/** The person behind a session's cookie; null when it has ended, or the person was disabled. */
export async function findSession(tx: Pick<Tx, 'kysely'>, secret: string): Promise<Principal | null> {
  const { rows: [row] } = await sql<UserRow & { method: 'one_time_token' | 'password' | 'oidc'; csrf_token: string; expires_at: string; idle: boolean }>`
    select ${USER}, s.method, s.csrf_token, s.expires_at, s.seen_at < now() - interval '1 minute' as idle from web_session s join app_user u using (user_id)
     where s.hash = ${hashSecret(secret)} and s.expires_at > now() and s.seen_at > now() - make_interval(mins => ${IDLE_MINUTES}) and not u.disabled`.execute(tx.kysely);
  if (!row) return null;
  if (row.idle) await sql`update web_session set seen_at = now() where hash = ${hashSecret(secret)}`.execute(tx.kysely);
  return { ...personOf(row), rights: new Set(rightsOf(row.roles)), method: row.method, csrf_token: row.csrf_token, expires_at: row.expires_at };
}

export async function endSession(tx: Pick<Tx, 'kysely'>, secret: string): Promise<void> {
  await tx.kysely.deleteFrom('web_session').where('hash', '=', hashSecret(secret)).execute();
}

// Enough of the hash to name a session among one person's.
const SESSION_ID = sql`encode(substr(hash, 1, 8), 'hex')`;

/** A person's sessions that have not ended, the last used first; `secret` is the cookie's of the one that asks. */
export async function listSessions(tx: Pick<Tx, 'kysely'>, user_id: string, secret: string | null): Promise<Sessions['items']> {
  const { rows } = await sql<Sessions['items'][number]>`
    select ${SESSION_ID} as session_id, method, created_at, seen_at, expires_at, coalesce(hash = ${secret === null ? null : hashSecret(secret)}, false) as current from web_session
     where user_id = ${user_id} and expires_at > now() and seen_at > now() - make_interval(mins => ${IDLE_MINUTES}) order by seen_at desc, hash`.execute(tx.kysely);
  return rows;
}

/** Ends one session of a person, or, without its id, all but the one of that secret. Returns how many. */
export async function endSessionOf(tx: Pick<Tx, 'kysely'>, user_id: string, session_id: string | null, kept: string | null = null): Promise<number> {
  const { rows } = await sql`
    delete from web_session where user_id = ${user_id} and (${session_id}::text is null or ${SESSION_ID} = ${session_id}) and hash is distinct from ${kept === null ? null : hashSecret(kept)} returning 1`.execute(tx.kysely);
  return rows.length;
}

/** The owner of an API token, with the rights and companies that both the token and its owner have; null when it is not, or no longer, valid. */
export async function findToken(tx: Pick<Tx, 'kysely'>, secret: string): Promise<Principal | null> {
  if (!secret.startsWith(TOKEN_PREFIX)) return null;
  const { rows: [row] } = await sql<UserRow & { token_id: bigint; token_rights: Right[]; token_companies: string[] | null; expires_at: string; unseen: boolean }>`
    select ${USER}, t.token_id, t.rights as token_rights, t.companies as token_companies, t.expires_at, t.last_used_at is null or t.last_used_at < now() - interval '1 minute' as unseen
      from api_token t join app_user u using (user_id) where t.hash = ${hashSecret(secret)} and t.revoked_at is null and t.expires_at > now() and not u.disabled`.execute(tx.kysely);
  if (!row) return null;
  if (row.unseen) await sql`update api_token set last_used_at = now() where token_id = ${row.token_id}`.execute(tx.kysely);
  const person = personOf(row);
  const companies = row.token_companies === null ? person.companies : row.token_companies.filter((company) => person.companies === null || person.companies.includes(company));
  return { ...person, companies, rights: new Set(rightsOf(row.roles).filter((right) => row.token_rights.includes(right))), method: 'api_token', csrf_token: '', expires_at: row.expires_at };
}

/** A new token for a program: the secret, shown once, and what is kept of it. */
export function newToken(): { secret: string; hash: Buffer } {
  const secret = TOKEN_PREFIX + newSecret();
  return { secret, hash: hashSecret(secret) };
}

/** A token that signs a user in once, within a quarter of an hour. */
export async function createOneTimeToken(db: Pick<Database, 'kysely'>, user_id: string): Promise<{ token: string; expires_at: string }> {
  const token = newSecret();
  const { rows: [row] } = await sql<{ expires_at: string }>`
    insert into one_time_token (hash, user_id, expires_at) values (${hashSecret(token)}, ${user_id}, now() + make_interval(mins => ${ONE_TIME_MINUTES})) returning expires_at`.execute(db.kysely);
  return { token, expires_at: row!.expires_at };
}

/** A one-time token that somebody makes for a user, who may be another: the log has it. Must be the last thing its transaction does. */
export async function createSignInToken(tx: Tx, user_id: string, actor: string): Promise<{ token: string; expires_at: string }> {
  const made = await createOneTimeToken(tx, user_id);
  await appendAct(tx, { company: null, run_id: null, actor, action: 'sign_in_link_created', payload: { user_id } });
  return made;
}

/** Takes a one-time token: whose it was, or null when it is unknown, too old or was used. */
export async function takeOneTimeToken(tx: Pick<Tx, 'kysely'>, token: string): Promise<string | null> {
  const { rows: [row] } = await sql<{ user_id: string }>`
    update one_time_token t set used_at = now() from app_user u where u.user_id = t.user_id and not u.disabled and t.hash = ${hashSecret(token)} and t.used_at is null and t.expires_at > now()
    returning t.user_id`.execute(tx.kysely);
  return row?.user_id ?? null;
}

function personOf(row: UserRow): Pick<Principal, 'user_id' | 'name' | 'roles' | 'companies' | 'limits'> {
  return {
    user_id: row.user_id, name: row.name, roles: row.roles, companies: row.companies,
    limits: new Map((row.limits ?? []).map(({ currency, amount, write_off }) => [currency, { amount: BigInt(amount), write_off: BigInt(write_off) }])),
  };
}
