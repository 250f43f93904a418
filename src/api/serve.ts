import { createServer as createSocket, type AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import { openQueues } from '../pipeline/backends.ts';
import type { Config } from '../platform/config.ts';
import { transaction, type Database } from '../platform/database.ts';
import type { Log } from '../platform/log.ts';
import { createUser } from '../review/users.ts';
import type { ApiContext } from './context.ts';
import { openOidc } from './oidc.ts';
import { createOneTimeToken } from './principal.ts';
import { signInUrl } from './people.ts';
import { ROLES } from '../review/rights.ts';
import { createServer } from './server.ts';

export interface ServeOptions {
  readonly config: Config;
  /** In the role `web`. */
  readonly db: Database;
  readonly log: Log;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Who is signed in by the one-time token: the person at this machine. */
  readonly owner: string;
}

export interface Serving {
  /** What goes into the browser; with a one-time token where that is how people sign in. */
  readonly url: string;
  readonly origin: string;
  readonly sign_in: ApiContext['sign_in'];
  close(): Promise<void>;
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Listens. On this machine alone people sign in by a one-time token; anything wider takes users of its own: throws Failure('configuration')
 * unless tieout.yaml says how they sign in.
 */
export async function serve({ config, db, log, host, port, owner }: ServeOptions): Promise<Serving> {
  if (config.serve === null && !LOOPBACK.has(host)) {
    throw new Failure('configuration', `beyond this machine (--host ${host}) people must be told apart; tieout.yaml needs, for example:\n  serve:\n    public_url: https://tieout.example\n    sign_in: oidc\n    oidc:\n      issuer: https://login.example\n      client_id: tieout`);
  }
  const bound = port === 0 ? await freePort(host) : port;
  const sign_in = config.serve === null ? 'one_time_token' : config.serve.oidc === null ? 'password' : 'oidc';
  if (sign_in !== 'one_time_token') await requireAdministrator(db, sign_in);
  const origin = config.serve?.public_url ?? `http://127.0.0.1:${bound}`;
  const oidc = config.serve?.oidc ? await openOidc(db, { ...config.serve, oidc: config.serve.oidc }) : null;
  const queues = await openQueues({ config, db, log });
  const app = await createServer({ db, queues, log, config, origin, sign_in, oidc });
  try {
    await app.listen({ host, port: bound });
  } catch (error) {
    await queues.close();
    throw new Failure('configuration', `port ${bound} of ${host} cannot be listened to (${(error as NodeJS.ErrnoException).code}); choose another with --port`, null, error);
  }
  const url = sign_in === 'one_time_token' ? signInUrl(origin, (await createOneTimeToken(db, await ensureOwner(db, owner))).token) : origin;
  return {
    url, origin, sign_in,
    close: async () => {
      await app.close();
      await queues.close();
    },
  };
}

/** The person at this machine may do everything but approve their own. */
async function ensureOwner(db: Database, owner: string): Promise<string> {
  const user_id = owner.toLowerCase().replaceAll(/[^a-z0-9._-]/g, '-').slice(0, 63) || 'owner';
  const known = await db.kysely.selectFrom('app_user').select('disabled').where('user_id', '=', user_id).executeTakeFirst();
  if (known?.disabled) throw new Failure('not_allowed', `user ${user_id} is disabled; tieout users change ${user_id} --enable`);
  if (!known) await transaction(db, (tx) => createUser(tx, user_id, user_id, { name: owner, roles: ROLES }));
  return user_id;
}

async function requireAdministrator(db: Database, sign_in: 'password' | 'oidc'): Promise<void> {
  const { rows: [found] } = await sql<{ there: boolean }>`
    select exists (select from app_user where 'admin' = any(roles) and not disabled and case when ${sign_in} = 'oidc' then oidc_subject else password_hash end is not null) as there`.execute(db.kysely);
  if (!found!.there) {
    throw new Failure('configuration', `nobody could sign in who may administer; add one first: tieout users add NAME --role admin ${sign_in === 'oidc' ? '--oidc-subject SUBJECT' : '--password-stdin'}`);
  }
}

async function freePort(host: string): Promise<number> {
  const socket = createSocket();
  await new Promise<void>((resolve, reject) => socket.once('error', reject).listen(0, host, resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise((resolve) => socket.close(resolve));
  return port;
}
