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
});

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
  const companies = loadCompanies(folder, wrong);
  if (!env.success || wrong.length > 0) throw new Failure('configuration', `the configuration is wrong:\n  ${wrong.join('\n  ')}`);
  const { DATABASE_URL, QUEUE_URL, TIEOUT_HOME, LOG_LEVEL, WORKER_CONCURRENCY } = env.data;
  return {
    database_url: DATABASE_URL ?? null,
    queue_url: QUEUE_URL ?? null,
    home: TIEOUT_HOME === undefined ? join(PROJECT_ROOT, '.tieout') : resolve(folder, TIEOUT_HOME),
    rules_folder: join(PROJECT_ROOT, 'rules'),
    log_level: LOG_LEVEL,
    worker_concurrency: WORKER_CONCURRENCY ?? Math.max(2, availableParallelism()),
    companies,
  };
}

function loadCompanies(folder: string, wrong: string[]): Config['companies'] {
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
  return settings.data?.companies ?? {};
}

function url(protocols: readonly string[], example: string) {
  return z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
    { error: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}; for example ${example}` });
}
