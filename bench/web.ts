import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { newToken } from '../src/api/principal.ts';
import { serve } from '../src/api/serve.ts';
import { assert } from '../src/core/failure.ts';
import { listDeepViolations } from '../src/ledger/invariants.ts';
import { verifyLog } from '../src/ledger/verify-log.ts';
import { importAccounts } from '../src/master-data/import-accounts.ts';
import { importInvoices } from '../src/master-data/import-invoices.ts';
import { importParties } from '../src/master-data/import-parties.ts';
import { openQueues } from '../src/pipeline/backends.ts';
import { STAGE_TABLE } from '../src/pipeline/queues.ts';
import { runDocuments } from '../src/pipeline/run.ts';
import { loadConfig } from '../src/platform/config.ts';
import { openDatabase, transaction, type Database } from '../src/platform/database.ts';
import { createLog } from '../src/platform/log.ts';
import { CHROMIUM } from '../test/web/night.ts';
import { measurePages } from './web-pages.ts';
import { createUser } from '../src/review/users.ts';
import { makePortfolio, renderCamt, renderCsv } from './portfolio.ts';

/**
 * `npm run bench:web`: a queue of 10,000 items. Prints how long until its rows are painted in a browser and whether scrolling stutters; over
 * HTTP the first view's time and the median of an act beside plain queries of the same rows; then lets ten people send 10,000 acts at 1,000 items at once, and asserts that each item has one winner and the books hold.
 */
const { values } = parseArgs({ options: { items: { type: 'string', default: '10000' } } });
const ITEMS = Number(values.items);
assert(Number.isInteger(ITEMS) && ITEMS >= 2_000, '--items is a whole number from 2000 on');
const PEOPLE = 10;
const CONTESTED = ITEMS / 10;
const TIMED_ACTS = 300;
const VIEWS = 20;
const SOCKETS = 1_000;

const home = await mkdtemp(join(tmpdir(), 'tieout-bench-web-'));
await chmod(home, 0o755);
const config = loadConfig({ ...process.env, DATABASE_URL: '', QUEUE_URL: '', TIEOUT_HOME: home, LOG_LEVEL: 'error' });
const log = createLog(config);
const worker = await openDatabase(config, 'worker');
try {
  await fill(worker);
  const db = await openDatabase(config, 'web');
  const serving = await serve({ config, db, log, host: '127.0.0.1', port: 0, owner: 'bench' });
  try {
    await measure(db, serving.origin);
  } finally {
    await serving.close();
    await db.close();
  }
} finally {
  await worker.close();
  await rm(home, { recursive: true, force: true });
}

async function fill(db: Database): Promise<void> {
  const portfolio = makePortfolio(ITEMS, ITEMS);
  const from = (text: string): AsyncIterable<Uint8Array> => Readable.from([Buffer.from(text)]);
  const context = { actor: 'bench', companies: {} };
  await transaction(db, (tx) => importAccounts(tx, from(portfolio.accounts_csv), context));
  await transaction(db, (tx) => importParties(tx, from(portfolio.parties_csv), context));
  await transaction(db, (tx) => importInvoices(tx, from(portfolio.invoices_csv), context));
  // Nothing is posted by itself: every entry waits for a person.
  const files = [join(home, 'a.xml'), join(home, 'b.csv')];
  await writeFile(files[0]!, [...renderCamt(portfolio.payments.slice(0, ITEMS / 2))].join(''));
  await writeFile(files[1]!, [...renderCsv(portfolio.payments.slice(ITEMS / 2))].join(''));
  const queues = await openQueues({ config, db, log });
  await runDocuments({ db, queues, table: STAGE_TABLE, rules_folder: config.rules_folder, log, concurrency: config.worker_concurrency, paths: files });
  await queues.close();
  // What autovacuum would have done to tables that were not filled a second ago.
  const owner = await openDatabase(config, 'owner');
  await sql`analyze`.execute(owner.kysely);
  await owner.close();
}

async function measure(db: Database, origin: string): Promise<void> {
  const tokens: string[] = [];
  for (let i = 0; i < PEOPLE; i++) {
    const user_id = `person-${i + 1}`;
    await transaction(db, (tx) => createUser(tx, 'bench', user_id, { roles: ['analyst'] }));
    const { secret, hash } = newToken();
    await sql`insert into api_token (user_id, name, hash, rights, expires_at) values (${user_id}, 'bench', ${hash}, '{read,act}', now() + interval '1 day')`.execute(db.kysely);
    tokens.push(secret);
  }
  if (CHROMIUM === undefined) say('no Chromium: the pages are not measured');
  else {
    const { first_ms, again_ms, first_bytes, first_cpu_ms, frames, longest_task_ms, long_tasks } = await measurePages(db, origin, 'person-1', ITEMS);
    say(`in the browser, from the navigation's start to painted rows: median ${median(first_ms).toFixed(0)} ms with nothing cached (${Math.round(first_bytes / 1_024)} kB, ${median(first_cpu_ms).toFixed(0)} ms of CPU in the page), ${median(again_ms).toFixed(0)} ms again; the slowest ${Math.max(...first_ms, ...again_ms).toFixed(0)} ms`);
    say(`scrolling: ${frames.drawn} frames drawn, ${frames.dropped} dropped; ${long_tasks} tasks over 50 ms, the longest ${longest_task_ms.toFixed(0)} ms`);
  }
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  const call = (token: string, method: string, path: string, body?: unknown) => send(agent, origin, token, method, path, body);

  const views: number[] = [];
  let total = 0;
  for (let i = 0; i < VIEWS; i++) {
    const [ms, answers] = await timed(() => Promise.all([call(tokens[0]!, 'GET', '/api/items?limit=60'), call(tokens[0]!, 'GET', '/api/items/groups')]));
    total = (JSON.parse(answers[0]!.text) as { total: number }).total;
    views.push(ms);
  }
  const plain_views: number[] = [];
  for (let i = 0; i < VIEWS; i++) {
    plain_views.push((await timed(() => sql`select * from review_item r join decision d using (decision_id) join entry e on e.entry_id = r.entry_id join account a using (account_id)
      where r.state = 'open' order by r.priority desc, e.booking_date, r.entry_id limit 60`.execute(db.kysely)))[0]);
  }
  say(`first view of ${total} items: first ${views[0]!.toFixed(1)} ms, median ${median(views).toFixed(1)} ms; a plain query of the same 60 rows ${median(plain_views).toFixed(1)} ms`);

  const { rows } = await sql<{ entry_id: bigint; version: number }>`
    select r.entry_id, r.version from review_item r join decision d using (decision_id) where r.state = 'open' and d.reason = 'would_be_automatic'
       and jsonb_array_length(d.suggestions -> 0 -> 'allocations') > 0 order by r.entry_id limit ${CONTESTED + TIMED_ACTS}`.execute(db.kysely);
  assert(rows.length === CONTESTED + TIMED_ACTS, 'there are items enough');
  const acts: number[] = [];
  const plain_rows: number[] = [];
  for (const { entry_id, version } of rows.slice(CONTESTED)) {
    plain_rows.push((await timed(() => sql`select * from review_item r join decision d using (decision_id) join entry e on e.entry_id = r.entry_id join account a using (account_id) where r.entry_id = ${entry_id}`.execute(db.kysely)))[0]);
    const [ms, answer] = await timed(() => call(tokens[0]!, 'POST', `/api/items/${entry_id}/accept`, { version }));
    assert(answer.status === 200, `an act goes through: ${answer.text}`);
    acts.push(ms);
  }
  say(`an act: median ${median(acts).toFixed(1)} ms, the slowest of ${acts.length} ${Math.max(...acts).toFixed(1)} ms; a plain query of the same rows ${median(plain_rows).toFixed(1)} ms`);

  const contested = rows.slice(0, CONTESTED);
  const wanted = tokens.flatMap((token) => contested.map((item) => ({ token, ...item })));
  shuffle(wanted);
  const [race_ms, answers] = await timed(() => Promise.all(wanted.map(async ({ token, entry_id, version }) => ({ entry_id, status: (await call(token, 'POST', `/api/items/${entry_id}/accept`, { version })).status }))));
  agent.destroy();
  const winners = new Map<bigint, number>();
  const statuses = new Map<number, number>();
  for (const { entry_id, status } of answers) {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 200) winners.set(entry_id, (winners.get(entry_id) ?? 0) + 1);
  }
  say(`${wanted.length} acts at once on ${contested.length} items in ${(race_ms / 1_000).toFixed(1)} s: ${[...statuses].map(([status, count]) => `${count} answered ${status}`).join(', ')}`);
  assert(winners.size === contested.length && [...winners.values()].every((count) => count === 1), 'each item has exactly one winner');
  assert((statuses.get(409) ?? 0) === wanted.length - contested.length, 'everybody else is told that the item has moved on');
  const { rows: [decided] } = await sql<{ count: number }>`select count(*)::int as count from decision where outcome = 'manual' and superseded_by is null`.execute(db.kysely);
  assert(decided!.count === CONTESTED + TIMED_ACTS, 'every winner\'s decision stands');
  const violations = await listDeepViolations(db);
  assert(violations.length === 0, `the books hold: ${JSON.stringify(violations)}`);
  assert((await verifyLog(db)).fault === null, 'the log is whole');
  say('each item had one winner, the books hold, the log is whole');
}

function send(agent: Agent, origin: string, token: string, method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${origin}${path}`, { method, agent, headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => { text += piece; }).on('end', () => resolve({ status: answer.statusCode!, text })).on('error', reject);
    });
    request.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function timed<T>(work: () => Promise<T>): Promise<[ms: number, result: T]> {
  const from = performance.now();
  const result = await work();
  return [performance.now() - from, result];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** The same order in every run. */
function shuffle(list: unknown[]): void {
  let state = 1;
  for (let i = list.length - 1; i > 0; i--) {
    state = (state * 48_271) % 2_147_483_647;
    const j = state % (i + 1);
    [list[i], list[j]] = [list[j], list[i]];
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
