import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { LineCounter, parseDocument, isNode } from 'yaml';
import { z } from 'zod';
import { Failure } from '../core/failure.ts';

/** Where the program's own files stand: rules/, migrations/, package.json. */
export const PROJECT_ROOT = dirname(dirname(import.meta.dirname));

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export interface Config {
  /** `postgres://…`, or null: the embedded server under `home`. */
  readonly database_url: string | null;
  /** `redis://…`, `rediss://…` or `postgres://…`, or null: the database is the queue too. */
  readonly queue_url: string | null;
  /** Absolute folder of the embedded server and of all other local state. */
  readonly home: string;
  readonly rules_folder: string;
  readonly log_level: (typeof LOG_LEVELS)[number];
  /** How many tasks a worker process has under way at a time. */
  readonly worker_concurrency: number;
  /** What tieout.yaml says of each company. */
  readonly companies: Readonly<Record<string, CompanyConfig>>;
  /** Passwords of encrypted documents, by the account that they are of. */
  readonly document_passwords: Readonly<Record<string, string>>;
  /** How people reach the pages and sign in, where that is not on this machine alone; else null. */
  readonly serve: ServeConfig | null;
}

export interface ServeConfig {
  /** What the browser's address bar begins with, such as `https://tieout.example`. */
  readonly public_url: string;
  /** The identity provider, or null: users sign in with a password. */
  readonly oidc: { readonly issuer: string; readonly client_id: string; readonly client_secret: string | null } | null;
}

export interface CompanyConfig {
  readonly functional_currency?: string;
}

// More tasks in one process only wait for each other's connections (100 are what Postgres allows as it comes); more processes do more.
const MAX_WORKER_CONCURRENCY = 64;

const ENVIRONMENT = z.object({
  DATABASE_URL: url(['postgres:', 'postgresql:'], 'postgres://tieout:secret@db.example:5432/tieout').optional(),
  QUEUE_URL: url(['redis:', 'rediss:', 'postgres:', 'postgresql:'], 'redis://queue.example:6379/0').optional(),
  TIEOUT_HOME: z.string().optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}; for example LOG_LEVEL=info` }).default('info'),
  OIDC_CLIENT_SECRET: z.string().optional(),
  WORKER_CONCURRENCY: z.string()
    .refine((text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_WORKER_CONCURRENCY,
      { error: `must be a whole number from 1 to ${MAX_WORKER_CONCURRENCY}; for example WORKER_CONCURRENCY=4` })
    .transform(Number).optional(),
});

const SETTINGS = z.strictObject({
  companies: z.record(z.string(), z.strictObject({
    functional_currency: z.string()
      .regex(/^[A-Z]{3}$/, { error: 'must be an ISO 4217 code of three capital letters; for example functional_currency: EUR' }).optional(),
  })).default({}),
  document_passwords: z.record(z.string(), z.string({ error: 'must be the password in quotes; for example DE89370400440532013000: "secret"' }).min(1)).default({}),
  serve: z.strictObject({
    public_url: z.string().refine((text) => isPublicUrl(text), { error: 'must be an https:// origin without a path (http:// for localhost alone); for example public_url: https://tieout.example' }),
    sign_in: z.enum(['password', 'oidc'], { error: 'must be password or oidc; for example sign_in: oidc' }),
    oidc: z.strictObject({ issuer: z.url({ error: 'must be the URL of the identity provider' }), client_id: z.string().min(1) }).optional(),
  }).refine((serve) => (serve.sign_in === 'oidc') === (serve.oidc !== undefined), { error: 'must name oidc: issuer and client_id exactly where sign_in is oidc' }).optional(),
});

/** A cookie with the prefix __Host- needs https; browsers except this machine alone. */
function isPublicUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, origin } = new URL(text);
  return text.replace(/\/$/, '') === origin && (protocol === 'https:' || protocol === 'http:' && (hostname === 'localhost' || hostname === '127.0.0.1'));
}

const SETTINGS_EXAMPLE = 'companies:\n  default:\n    functional_currency: EUR';

/**
 * The configuration from the environment and from `tieout.yaml` in the working folder, else in the project's root. An empty variable
 * counts as unset. Throws one Failure('configuration') that lists everything that is wrong; it never repeats a URL, which may hold a
 * password.
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env, folder: string = process.cwd()): Config {
  const wrong: string[] = [];
  const env = ENVIRONMENT.safeParse(Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== '')));
  for (const issue of env.error?.issues ?? []) wrong.push(`${issue.path.join('.')} ${issue.message}`);
  const settings = loadSettings(folder, wrong);
  if (!env.success || wrong.length > 0) throw new Failure('configuration', `the configuration is wrong:\n  ${wrong.join('\n  ')}`);
  const { DATABASE_URL, QUEUE_URL, TIEOUT_HOME, LOG_LEVEL, WORKER_CONCURRENCY, OIDC_CLIENT_SECRET } = env.data;
  const { serve } = settings;
  return {
    database_url: DATABASE_URL ?? null,
    queue_url: QUEUE_URL ?? null,
    home: TIEOUT_HOME === undefined ? join(PROJECT_ROOT, '.tieout') : resolve(folder, TIEOUT_HOME),
    rules_folder: join(PROJECT_ROOT, 'rules'),
    log_level: LOG_LEVEL,
    worker_concurrency: WORKER_CONCURRENCY ?? Math.max(2, availableParallelism()),
    companies: settings.companies ?? {},
    document_passwords: settings.document_passwords ?? {},
    serve: serve === undefined ? null : {
      public_url: new URL(serve.public_url).origin,
      oidc: serve.oidc === undefined ? null : { ...serve.oidc, client_secret: OIDC_CLIENT_SECRET ?? null },
    },
  };
}

function loadSettings(folder: string, wrong: string[]): Partial<z.infer<typeof SETTINGS>> {
  const path = [folder, PROJECT_ROOT].map((place) => join(place, 'tieout.yaml')).find((candidate) => existsSync(candidate));
  if (path === undefined) return {};
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(path, 'utf8'), { lineCounter: lines });
  for (const error of document.errors) wrong.push(`${path} cannot be read as YAML: ${error.message}`);
  if (document.errors.length > 0) return {};
  const settings = SETTINGS.safeParse(document.toJS() ?? {});
  for (const issue of settings.error?.issues ?? []) {
    const node = issue.path.length === 0 ? document.contents : document.getIn(issue.path, true);
    const line = isNode(node) && node.range ? `:${lines.linePos(node.range[0]).line}` : '';
    const problem = issue.message.startsWith('must ') ? issue.message : `${issue.message}; it should look like\n${SETTINGS_EXAMPLE}`;
    wrong.push(`${path}${line} ${issue.path.join('.')} ${problem}`.replaceAll('\n', '\n    '));
  }
  return settings.data ?? {};
}

function url(protocols: readonly string[], example: string) {
  return z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
    { error: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}; for example ${example}` });
}
