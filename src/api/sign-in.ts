import type { FastifyReply, FastifyRequest } from 'fastify';
import { Failure } from '../core/failure.ts';
import { transaction, type Database } from '../platform/database.ts';
import { seenBy } from '../review/person.ts';
import type { ApiContext, Handlers } from './context.ts';
import { hashPassword, verifyPassword } from './password.ts';
import { beginSession, endSession, endSessionOf, listSessions, takeOneTimeToken, type Principal } from './principal.ts';
import type { Session } from './schemas.ts';
import { limitsOf } from './people.ts';

type Names = 'health' | 'signInMethod' | 'exchangeToken' | 'signInWithPassword' | 'startOidc' | 'finishOidc' | 'session' | 'signOut' | 'changePassword' | 'listSessions' | 'endSession' | 'endOtherSessions';

const ATTEMPT_COOKIE = 'tieout_sign_in';

/**
 * `__Host-` binds a cookie to its host, to https and to the whole of it. Browsers take it from http on this machine neither, so there the
 * name is plain, with the port, because cookies do not tell ports apart.
 */
export function cookieName({ origin }: Pick<ApiContext, 'origin'>): string {
  return origin.startsWith('https:') ? '__Host-tieout' : `tieout_${new URL(origin).port}`;
}

export const SIGN_IN_HANDLERS: Handlers<Names> = {
  health: async ({ db }) => {
    await db.pool.query('select 1');
    return { done: true };
  },
  signInMethod: async ({ sign_in }) => ({ method: sign_in }),
  exchangeToken: async (context, { body, request, reply }) => {
    if (context.sign_in !== 'one_time_token') throw new Failure('not_allowed', 'one-time tokens are for use on this machine alone');
    const principal = await transaction(context.db, async (tx) => {
      const user_id = await takeOneTimeToken(tx, body.token);
      if (user_id === null) throw new Failure('not_signed_in', 'this token was used, is too old, or never was; tieout serve prints a new one');
      return signIn(context, tx, user_id, 'one_time_token', request, reply);
    });
    return sessionOf(context.db, principal);
  },
  signInWithPassword: async (context, { body, request, reply }) => {
    if (context.sign_in !== 'password') throw new Failure('not_allowed', 'people do not sign in with a password here');
    await verifyPassword(context.db, body.user_id, body.password);
    return sessionOf(context.db, await transaction(context.db, (tx) => signIn(context, tx, body.user_id, 'password', request, reply)));
  },
  startOidc: async ({ oidc, origin }, { reply }) => {
    if (oidc === null) throw new Failure('not_allowed', 'people do not sign in at an identity provider here');
    const { url, attempt } = await oidc.begin();
    // Lax: the return from the identity provider is a navigation from another site.
    reply.setCookie(ATTEMPT_COOKIE, attempt, { path: '/api/sign-in/oidc', httpOnly: true, secure: origin.startsWith('https:'), sameSite: 'lax', maxAge: 600 });
    return reply.redirect(url);
  },
  finishOidc: async (context, { request, reply }) => {
    const attempt = request.cookies[ATTEMPT_COOKIE];
    if (context.oidc === null || attempt === undefined) throw new Failure('not_signed_in', 'this sign-in was not begun here; begin again');
    reply.clearCookie(ATTEMPT_COOKIE, { path: '/api/sign-in/oidc' });
    const user_id = await context.oidc.finish(new URL(request.url, context.origin), attempt);
    await transaction(context.db, (tx) => signIn(context, tx, user_id, 'oidc', request, reply));
    // A redirect would belong to the identity provider's navigation, which carries no strict cookie: a page of our own goes on from here.
    return reply.type('text/html; charset=utf-8').send('<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>tieout</title>');
  },
  session: async ({ db }, { principal }) => sessionOf(db, principal),
  signOut: async (context, { request, reply }) => {
    const secret = request.cookies[cookieName(context)];
    if (secret !== undefined) await endSession(context.db, secret);
    reply.clearCookie(cookieName(context), { path: '/', secure: context.origin.startsWith('https:') });
    return { done: true };
  },
  listSessions: async (context, { principal, request }) => ({ items: await listSessions(context.db, principal.user_id, request.cookies[cookieName(context)] ?? null) }),
  endSession: async ({ db }, { params, principal }) => {
    if (await endSessionOf(db, principal.user_id, params.session_id) === 0) throw new Failure('not_found', `you have no session ${params.session_id}`);
    return { done: true };
  },
  endOtherSessions: async (context, { principal, request }) => ({ ended: await endSessionOf(context.db, principal.user_id, null, request.cookies[cookieName(context)] ?? null) }),
  changePassword: async (context, { body, principal, request, reply }) => {
    if (context.sign_in !== 'password' || principal.method !== 'password') throw new Failure('not_allowed', 'there is no password to change');
    await verifyPassword(context.db, principal.user_id, body.current);
    const password_hash = await hashPassword(body.next);
    return sessionOf(context.db, await transaction(context.db, async (tx) => {
      // All sessions end with the old password; this one begins anew.
      await tx.kysely.updateTable('app_user').set({ password_hash }).where('user_id', '=', principal.user_id).execute();
      return signIn(context, tx, principal.user_id, 'password', request, reply);
    }));
  },
};

async function signIn(context: ApiContext, tx: Parameters<typeof beginSession>[0], user_id: string, method: Parameters<typeof beginSession>[2], request: FastifyRequest, reply: FastifyReply): Promise<Principal> {
  const name = cookieName(context);
  const { secret, principal } = await beginSession(tx, user_id, method, request.cookies[name] ?? null);
  reply.setCookie(name, secret, { path: '/', httpOnly: true, secure: context.origin.startsWith('https:'), sameSite: 'strict' });
  return principal;
}

async function sessionOf(db: Database, principal: Principal): Promise<Session> {
  const { user_id, name, roles, rights, companies, csrf_token, expires_at, method } = principal;
  const visible = await db.kysely.selectFrom('company').select('company').where(seenBy(principal, 'company')).orderBy('company').execute();
  return {
    user_id, name, roles: [...roles], rights: [...rights], companies: companies === null ? null : [...companies], visible_companies: visible.map((one) => one.company),
    limits: limitsOf(principal), csrf_token, expires_at, method,
  };
}
