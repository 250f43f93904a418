import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import multipart from '@fastify/multipart';
import rateLimit from '@fastify/rate-limit';
import staticFiles from '@fastify/static';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { createJsonSchemaTransform, hasZodFastifySchemaValidationErrors, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { assert, Failure, FAILURES } from '../core/failure.ts';
import { PROJECT_ROOT } from '../platform/config.ts';
import { ImportRefused, type RejectedRow } from '../master-data/parse.ts';
import { failureOf } from '../platform/database-errors.ts';
import { loadQueueRow } from '../review/queue.ts';
import { ACT_HANDLERS } from './acts.ts';
import type { ApiContext, Handler, Handlers } from './context.ts';
import { BOOKS_HANDLERS } from './books.ts';
import { DOCUMENT_HANDLERS } from './documents.ts';
import { keepAnswer, noting, takeKey } from './idempotency.ts';
import { ITEM_HANDLERS, summaryOf } from './items.ts';
import { LOG_HANDLERS } from './log.ts';
import { OVERVIEW_HANDLERS } from './overview.ts';
import { PEOPLE_HANDLERS } from './people.ts';
import { findSession, findToken, type Principal } from './principal.ts';
import { problemOf, sendProblem } from './problem.ts';
import { ROUTES, type Route, type RouteName } from './routes.ts';
import { RULES_HANDLERS } from './rules.ts';
import { cookieName, SIGN_IN_HANDLERS } from './sign-in.ts';
import packageJson from '../../package.json' with { type: 'json' };

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null;
    idempotency_key: string | null;
    body_timer: NodeJS.Timeout | undefined;
  }
}

const HANDLERS: Handlers<RouteName> = {
  ...SIGN_IN_HANDLERS, ...ITEM_HANDLERS, ...ACT_HANDLERS, ...BOOKS_HANDLERS, ...OVERVIEW_HANDLERS, ...LOG_HANDLERS, ...PEOPLE_HANDLERS, ...DOCUMENT_HANDLERS, ...RULES_HANDLERS,
};

// An allocation over a thousand invoices is some 100 KiB.
const BODY_BYTES = 1_048_576;
// Sign-in of a person takes one; a guesser gets no further.
const SIGN_INS_A_MINUTE = 20;
const HEAD_MS = 20_000;
const BODY_MS = 30_000;
// A document of 4 GiB at 10 Mbit/s.
const FILE_MS = 3_600_000;
// More rejected rows than this are the same mistake.
const REJECTED_SHOWN = 1_000;
const PAGES = join(PROJECT_ROOT, 'dist/web');

/** The API with its page, and the built pages where there are any. Listens to nothing yet. */
export async function createServer(context: ApiContext): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: BODY_BYTES, routerOptions: { ignoreTrailingSlash: true }, logger: false, forceCloseConnections: true,
    // Behind a proxy on this machine the address is the one that it tells, so that one guesser does not lock out all.
    trustProxy: 'loopback',
    // What dribbles in holds a connection for no longer than this: the head of a request, and, below, the body of one that is no file.
    requestTimeout: FILE_MS, http: { headersTimeout: HEAD_MS, connectionsCheckingInterval: 5_000 },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest('principal', null);
  app.decorateRequest('idempotency_key', null);
  app.decorateRequest('body_timer', undefined);
  setErrorAnswers(app, context);
  app.addHook('onRoute', requireRow);
  app.addHook('onRequest', async (request, reply) => {
    boundBody(request);
    requireKnownHost(request, context);
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
  });

  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"], scriptSrc: ["'self'"], connectSrc: ["'self'"], fontSrc: ["'self'", 'data:'], imgSrc: ["'self'", 'data:', 'blob:'], workerSrc: ["'self'", 'blob:'],
        // The component library sets its variables in style elements of its own; a style runs nothing.
        styleSrc: ["'self'", "'unsafe-inline'"], manifestSrc: ["'self'"], baseUri: ["'none'"], formAction: ["'self'"], frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: context.origin.startsWith('https:') ? { maxAge: 31_536_000 } : false,
    referrerPolicy: { policy: 'no-referrer' },
  });
  await app.register(cookie);
  await app.register(rateLimit, { global: false });
  await app.register(multipart, { limits: { fields: 10, parts: 1_000 } });
  app.addContentTypeParser(['text/csv', 'application/octet-stream'], (_request, payload, done) => done(null, payload));
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'tieout', version: packageJson.version, description: 'The review queue and what belongs to it. Programs send a token: `Authorization: Bearer tieout_…`. Failures are answered as RFC 9457; docs/api.md has the rest.' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' }, session: { type: 'apiKey', in: 'cookie', name: cookieName(context) } } },
      security: [{ token: [] }, { session: [] }],
    },
    transform: createJsonSchemaTransform({ skipList: [] }),
  });
  await app.register(swaggerUi, { routePrefix: '/api/docs', staticCSP: true, transformStaticCSP: (header) => header.replaceAll(/ https:| validator\.swagger\.io/g, '') });
  app.get('/api/openapi.json', { schema: { hide: true } }, async () => app.swagger());

  for (const name of Object.keys(ROUTES) as RouteName[]) register(app, context, name);
  await servePages(app);
  return app;
}

/** Nothing is answered under /api/ that has no row in the table of routes, and so no right: the server does not start with it. */
function requireRow({ method, url }: { method: string | string[]; url: string }): void {
  if (!url.startsWith('/api/') || url === '/api/openapi.json' || url === '/api/docs' || url.startsWith('/api/docs/')) return;
  for (const one of [method].flat()) {
    const known = Object.values<Route>(ROUTES).some((route) => route.path === url && (route.method === one || one === 'HEAD' && route.method === 'GET'));
    assert(known, `${one} ${url} has no row in the table of routes`);
  }
}

/** What a guesser, or whoever would fill the tables of a server that they may not use, asks for. */
function isSignIn({ right, path }: Route): boolean {
  return right === 'public' && path.startsWith('/api/sign-in/');
}

function register(app: FastifyInstance, context: ApiContext, name: RouteName): void {
  const route: Route = ROUTES[name];
  const handle = HANDLERS[name] as unknown as Handler<'session'>;
  app.route({
    method: route.method,
    url: route.path,
    config: isSignIn(route) ? { rateLimit: { max: SIGN_INS_A_MINUTE, timeWindow: '1 minute' } } : {},
    schema: {
      operationId: name, summary: route.summary, description: `Right: ${route.right}.`, tags: [route.path.split('/')[2]!],
      ...(route.right === 'public' && { security: [] }),
      ...(route.params && { params: route.params }), ...(route.query && { querystring: route.query }), ...(route.body && { body: route.body }),
      ...(route.response && { response: { 200: route.response } }),
    },
    // Before the body is read or a parameter looked at: who may not ask learns nothing about what they asked for.
    onRequest: async (request) => {
      request.principal = await admit(request, context, route);
      if (route.stream) clearTimeout(request.body_timer);
    },
    preHandler: async (request, reply) => {
      const key = request.headers['idempotency-key'];
      if (typeof key !== 'string' || request.principal === null || route.method === 'GET' || route.stream || route.secret) return;
      if (key.length < 8 || key.length > 200) throw new Failure('invalid_input', 'an Idempotency-Key has 8 to 200 characters');
      const repeated = await takeKey(context.db, request.principal.user_id, key, requestText(request, request.principal));
      if (repeated === null) request.idempotency_key = key;
      else return reply.code(repeated.status).type(repeated.status < 400 ? 'application/json; charset=utf-8' : 'application/problem+json').serializer((text: unknown) => text as string).send(repeated.answer);
    },
    onSend: async (request, reply, payload) => {
      if (request.idempotency_key !== null && typeof payload === 'string') await keepAnswer(context.db, request.principal!.user_id, request.idempotency_key, reply.statusCode, payload);
    },
    handler: async (request, reply) => handle(request.idempotency_key === null ? context : { ...context, db: noting(context.db, request.principal!.user_id, request.idempotency_key) }, { params: request.params, query: request.query, body: request.body, principal: request.principal, request, reply } as never),
  });
}

/** Cuts off whoever sends a body slower than anybody would. */
function boundBody(request: FastifyRequest): void {
  const { raw } = request;
  request.body_timer = setTimeout(() => { if (!raw.complete) raw.destroy(); }, BODY_MS).unref();
  raw.once('close', () => clearTimeout(request.body_timer));
}

/** What makes two requests the same: a token that sees less is not answered what its owner was. */
function requestText({ method, url, body }: FastifyRequest, { companies, rights }: Principal): string {
  return JSON.stringify([method, url, body ?? null, companies, [...rights].sort()]);
}

/** Who asks, if they may: by token or by cookie, with the right, and with the proof that a page of ours sent it. */
async function admit(request: FastifyRequest, context: ApiContext, route: Route): Promise<Principal | null> {
  if (route.right === 'public') return null;
  const bearer = /^Bearer (\S{20,200})$/.exec(request.headers.authorization ?? '')?.[1];
  const secret = request.cookies[cookieName(context)];
  const principal = bearer !== undefined ? await findToken(context.db, bearer) : secret !== undefined ? await findSession(context.db, secret) : null;
  if (principal === null) throw new Failure('not_signed_in', 'nobody is signed in');
  if (principal.method !== 'api_token' && route.method !== 'GET' && request.headers['x-csrf-token'] !== principal.csrf_token) {
    throw new Failure('not_allowed', 'the header x-csrf-token is missing or wrong; GET /api/session gives it');
  }
  if (!principal.rights.has(route.right)) throw new Failure('not_allowed', `this takes the right "${route.right}"; you have ${[...principal.rights].join(', ') || 'none'}`);
  if (route.scope === 'installation' && principal.companies !== null) throw new Failure('not_allowed', 'this is about all companies, and you see only some');
  return principal;
}

/**
 * A page of somebody else's can make a browser send requests here, also under a name that leads to this machine (DNS rebinding): the Host
 * must be ours, and so must the Origin where the browser names one.
 */
function requireKnownHost(request: FastifyRequest, { origin }: ApiContext): void {
  const known = new URL(origin);
  const hosts = known.hostname === '127.0.0.1' ? [`127.0.0.1:${known.port}`, `localhost:${known.port}`, `[::1]:${known.port}`] : [known.host];
  if (!hosts.includes(request.headers.host ?? '')) throw new Failure('not_allowed', `this server is ${origin}; it does not answer for ${request.headers.host ?? 'no host'}`);
  const from = request.headers.origin;
  if (from !== undefined && !hosts.some((host) => from === `${known.protocol}//${host}`)) throw new Failure('not_allowed', `requests from ${from} are not answered`);
}

function setErrorAnswers(app: FastifyInstance, context: ApiContext): void {
  app.setErrorHandler(async (error, request, reply) => {
    if (hasZodFastifySchemaValidationErrors(error)) {
      const errors = error.validation.map((issue) => ({ path: issue.instancePath.replace(/^\//, '').replaceAll('/', '.'), message: issue.message ?? 'is wrong' }));
      const failure = new Failure('invalid_input', `the ${error.validationContext ?? 'request'} is wrong: ${errors.map(({ path, message }) => `${path} ${message}`.trim()).join('; ')}`);
      return sendProblem(reply, problemOf(failure, { errors }));
    }
    const own = ownFailure(error);
    const failure = own ?? failureOf(error);
    if (own === null || own.code === 'bug') context.log.error({ route: request.routeOptions.url, stack: (failure.cause as Error | undefined)?.stack ?? failure.stack }, 'a request failed');
    if (failure instanceof ImportRefused) {
      return sendProblem(reply, problemOf(failure, { errors: failure.rejected.slice(0, REJECTED_SHOWN).map((row) => ({ path: request.body instanceof Readable ? placeInFile(row) : placeInBody(row), message: row.reason })) }));
    }
    // A stale act is answered with the item as it is now.
    const entry_id = (request.params as { entry_id?: string } | undefined)?.entry_id;
    const current = failure.code === 'stale' && entry_id !== undefined && request.principal !== null
      ? await loadQueueRow(context.db, request.principal, BigInt(entry_id)).then(summaryOf, () => undefined) : undefined;
    // What a library says names hosts, tables and logins: it is for the program's log.
    return sendProblem(reply, problemOf(failure, { ...(own === null && { detail: FAILURES[failure.code].meaning }), ...(current !== undefined && { current }) }));
  });
  app.setNotFoundHandler(async (request, reply) => sendProblem(reply, problemOf(new Failure('not_found', `there is no ${request.method} ${request.url.split('?')[0]}; /api/docs lists what there is`))));
}

function placeInFile({ line, column }: RejectedRow): string {
  return column === null ? `line ${line}` : `line ${line}, ${column}`;
}

/** Rows that came as JSON were read as a file with a header above them. */
function placeInBody({ line, column }: RejectedRow): string {
  return `settlements.${line - 2}${column === null ? '' : `.${column}`}`;
}

/** Failures of ours as they are; what the framework refuses (too large, not JSON, too often) as the failure of its status. */
function ownFailure(error: unknown): Failure | null {
  if (error instanceof Failure) return error;
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  switch (statusCode) {
    case 400: return new Failure('invalid_input', message ?? 'the request is wrong');
    case 413: return new Failure('too_large', message ?? 'the request is too large');
    case 415: return new Failure('unsupported_format', message ?? 'this content type is not taken here');
    case 429: return new Failure('too_many_attempts', message ?? 'too many requests');
    default: return null;
  }
}

/** Whether the set-up has built the pages. */
export function arePagesThere(): boolean {
  return existsSync(join(PAGES, 'index.html'));
}

/** The built pages; every address that is none of the API's is one of theirs. */
async function servePages(app: FastifyInstance): Promise<void> {
  if (!arePagesThere()) {
    app.get('/*', { schema: { hide: true } }, async (_request, reply) => reply.code(503).type('text/plain; charset=utf-8')
      .send('The pages are not built. Run: npm install\nThe API is here all the same: /api/docs\n'));
    return;
  }
  await app.register(staticFiles, {
    root: PAGES, wildcard: false, index: false, preCompressed: true,
    setHeaders: (reply, path) => void reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'),
  });
  app.get('/*', { schema: { hide: true } }, async (request, reply) => {
    // A file of an earlier build is gone; a page in its place would be taken for a script.
    if (/^\/(?:api|assets|pdf)\//.test(request.url)) return reply.callNotFound();
    return reply.header('cache-control', 'no-cache').sendFile('index.html', { cacheControl: false });
  });
}
