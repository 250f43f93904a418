import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Queues } from '../pipeline/backends.ts';
import type { Config } from '../platform/config.ts';
import type { Database } from '../platform/database.ts';
import type { Log } from '../platform/log.ts';
import type { Oidc } from './oidc.ts';
import type { Principal } from './principal.ts';
import type { ROUTES, RouteName } from './routes.ts';

/** What every handler works with. */
export interface ApiContext {
  readonly db: Database;
  readonly queues: Queues;
  readonly log: Log;
  readonly config: Config;
  /** What the browser's address begins with. */
  readonly origin: string;
  readonly sign_in: 'one_time_token' | 'password' | 'oidc';
  readonly oidc: Oidc | null;
}

type Shape<Name extends RouteName, Part extends string> = (typeof ROUTES)[Name] extends { readonly [K in Part]: infer Schema extends z.ZodType } ? z.output<Schema> : undefined;

/** One request: what came with it, read by its schemas, and who asks (nobody on public routes). */
export interface Call<Name extends RouteName> {
  readonly params: Shape<Name, 'params'>;
  readonly query: Shape<Name, 'query'>;
  readonly body: Shape<Name, 'body'>;
  readonly principal: (typeof ROUTES)[Name]['right'] extends 'public' ? null : Principal;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export type Handler<Name extends RouteName> = (context: ApiContext, call: Call<Name>) => Promise<(typeof ROUTES)[Name] extends { readonly response: infer Schema extends z.ZodType } ? z.input<Schema> : unknown>;

/** A handler for each of these routes. */
export type Handlers<Names extends RouteName> = { readonly [Name in Names]: Handler<Name> };
