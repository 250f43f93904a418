import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import pg from 'pg';
import { verifyLog } from '../src/ledger/verify-log.ts';
import { assert } from '../src/core/failure.ts';
import { listDeepViolations } from '../src/ledger/invariants.ts';
import { importAccounts } from '../src/master-data/import-accounts.ts';
import { importInvoices } from '../src/master-data/import-invoices.ts';
import { importParties } from '../src/master-data/import-parties.ts';
import { openQueues } from '../src/pipeline/backends.ts';
import { STAGE_TABLE } from '../src/pipeline/queues.ts';
import { runDocuments } from '../src/pipeline/run.ts';
import type { StageTable } from '../src/pipeline/table.ts';
import { loadConfig } from '../src/platform/config.ts';
import { openDatabase, transaction, type Database } from '../src/platform/database.ts';
import { createLog } from '../src/platform/log.ts';
import { makePortfolio, renderCamt, renderCsv, type Expected } from './portfolio.ts';

/** USER_HZ of Linux, the unit of /proc. */
const TICKS_PER_S = 100;

/**
 * `npm run bench`: entries against as many open invoices, from files to the committed ledger, through the real pipeline with every control
 * on. Prints where the time goes and asserts the answers. First the same entries against a tenth of the invoices, for the growth per entry.
 */
const { values } = parseArgs({ options: { entries: { type: 'string', default: '100000' } } });
const entries = Number(values.entries);
assert(Number.isInteger(entries) && entries >= 1_000, '--entries is a whole number from 1000 on');

const small = await measure(entries / 10, entries / 10, 1);
const large = await measure(entries / 10, entries, 1);
const whole = await measure(entries, entries, loadConfig().worker_concurrency);
report(whole, large);
const growth = large.cpu_s / small.cpu_s;
process.stdout.write(`\ncost per entry at ${large.invoices} open invoices against ${small.invoices}: ${growth.toFixed(2)} times the CPU (${
  (small.cpu_s * 1e6 / small.entries).toFixed(0)} and ${(large.cpu_s * 1e6 / large.entries).toFixed(0)} µs, ${small.entries} entries each)\n`);

interface Measured {
  entries: number;
  invoices: number;
  wall_s: number;
  /** Of this process and of Postgres together. */
  cpu_s: number;
  node_s: number;
  postgres_s: number;
  stages: Record<string, number>;
  statements: number;
  peak_mb: number;
}

/** With one task at a time the CPU seconds of each stage can be told apart; with as many as shipped the stages overlap. */
async function measure(count: number, invoices: number, concurrency: number): Promise<Measured> {
  const home = await mkdtemp(join(tmpdir(), 'tieout-bench-'));
  await chmod(home, 0o755);
  try {
    const config = loadConfig({ TIEOUT_HOME: home, LOG_LEVEL: 'warn' });
    const log = createLog(config);
    const db = await openDatabase(config, 'worker');
    try {
      const portfolio = makePortfolio(count, invoices);
      await importPortfolio(db, portfolio);
      const half = Math.ceil(count / 2);
      const files = [join(home, 'camt.xml'), join(home, 'konto.csv')] as const;
      await pipeline(Readable.from(renderCamt(portfolio.payments.slice(0, half))), createWriteStream(files[0]));
      await pipeline(Readable.from(renderCsv(portfolio.payments.slice(half))), createWriteStream(files[1]));
      await analyze(config);

      const counted = countStatements();
      const peak = watchMemory();
      const { table, stages } = timed(STAGE_TABLE);
      const before = { at: performance.now(), node: process.cpuUsage(), postgres: await postgresCpu(db) };
      const queues = await openQueues({ config, db, log });
      const summary = await runDocuments({ db, queues, table, rules_folder: config.rules_folder, log, concurrency, paths: files });
      await queues.close();
      const node = process.cpuUsage(before.node);
      const measured: Measured = {
        entries: count, invoices, wall_s: (performance.now() - before.at) / 1000, node_s: (node.user + node.system) / 1e6,
        postgres_s: await postgresCpu(db) - before.postgres, cpu_s: 0, stages, statements: counted.stop(), peak_mb: peak.stop(),
      };
      measured.cpu_s = measured.node_s + measured.postgres_s;

      assert(summary.balanced, 'the run is balanced');
      assert(summary.entries.total === count, `every entry is there: ${summary.entries.total}`);
      for (const outcome of ['auto', 'review', 'suspense'] satisfies Expected[]) {
        const expected = portfolio.payments.filter((payment) => payment.expected === outcome);
        const sum = expected.reduce((total, payment) => total + BigInt(payment.amount), 0n);
        assert(summary.entries[outcome] === expected.length, `${outcome}: ${summary.entries[outcome]}, not ${expected.length}`);
        const credits = summary.amounts.find((one) => one.outcome === outcome)?.credits ?? '0.00';
        assert(BigInt(credits.replace('.', '')) === sum, `${outcome}: sums up to ${credits}`);
      }
      const closes = portfolio.payments.reduce((total, payment) => total + BigInt(payment.closes), 0n);
      const { rows: [open] } = await sql<{ open: bigint }>`select sum(open)::bigint as open from open_item`.execute(db.kysely);
      assert(open!.open === portfolio.open_total - closes, `open amounts come to ${open!.open}, not ${portfolio.open_total - closes}`);
      assert((await listDeepViolations(db)).length === 0, 'every invariant holds');
      assert((await verifyLog(db, summary.log_head)).fault === null, 'the log is whole');
      return measured;
    } finally {
      await db.close();
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** What autovacuum would have done to tables that were not filled a second ago. */
async function analyze(config: Parameters<typeof openDatabase>[0]): Promise<void> {
  const owner = await openDatabase(config, 'owner');
  await sql`analyze`.execute(owner.kysely);
  await owner.close();
}

async function importPortfolio(db: Database, portfolio: ReturnType<typeof makePortfolio>): Promise<void> {
  const from = (text: string): AsyncIterable<Uint8Array> => Readable.from([Buffer.from(text)]);
  const context = { actor: 'bench', companies: { default: { functional_currency: 'EUR' } } };
  await transaction(db, (tx) => importAccounts(tx, from(portfolio.accounts_csv), context));
  await transaction(db, (tx) => importParties(tx, from(portfolio.parties_csv), context));
  await transaction(db, (tx) => importInvoices(tx, from(portfolio.invoices_csv), context));
  await db.kysely.updateTable('company').set({ mode: 'auto' }).execute();
}

/** The stages with the CPU seconds that this process spends in each; true with one task at a time. */
function timed(table: StageTable): { table: StageTable; stages: Record<string, number> } {
  const stages: Record<string, number> = {};
  const wrap = <Job extends (...args: never[]) => Promise<unknown>>(name: string, job: Job): Job => (async (...args: Parameters<Job>) => {
    const before = process.cpuUsage();
    try {
      return await job(...args);
    } finally {
      const used = process.cpuUsage(before);
      stages[name] = (stages[name] ?? 0) + (used.user + used.system) / 1e6;
    }
  }) as unknown as Job;
  return {
    stages,
    table: {
      extract: { ...table.extract, job: wrap('extract', table.extract.job) }, normalize: { ...table.normalize, job: wrap('normalize', table.normalize.job) },
      validate: { ...table.validate, job: wrap('validate', table.validate.job) }, reconcile: { ...table.reconcile, job: wrap('reconcile', table.reconcile.job) },
    },
  };
}

/** Counts what every connection of this process sends. */
function countStatements(): { stop(): number } {
  const original = pg.Client.prototype.query;
  let count = 0;
  pg.Client.prototype.query = function query(this: pg.Client, ...args: unknown[]) {
    count++;
    return (original as (...args: unknown[]) => unknown).apply(this, args);
  } as typeof original;
  return {
    stop() {
      pg.Client.prototype.query = original;
      return count;
    },
  };
}

function watchMemory(): { stop(): number } {
  let peak = 0;
  const timer = setInterval(() => { peak = Math.max(peak, process.memoryUsage.rss()); }, 50);
  return {
    stop() {
      clearInterval(timer);
      return peak / 2 ** 20;
    },
  };
}

/** CPU seconds of the server's processes so far, those that have ended included (Linux; 0 elsewhere). */
async function postgresCpu(db: Database): Promise<number> {
  const { rows: [backend] } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db.kysely);
  const postmaster = (await statOf(String(backend!.pid)))?.parent;
  let ticks = 0;
  for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    const stat = await statOf(pid);
    // Of the postmaster also what its ended children have used; of a living child its own.
    if (stat && postmaster !== undefined && (pid === postmaster || stat.parent === postmaster)) ticks += stat.own + stat.children;
  }
  return ticks / TICKS_PER_S;
}

/** proc(5): field 4 is the parent, 14 and 15 are the process's own time, 16 and 17 that of children that were waited for. */
async function statOf(pid: string): Promise<{ parent: string; own: number; children: number } | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const time = (from: number): number => Number(fields[from]) + Number(fields[from + 1]);
  return { parent: fields[1]!, own: time(11), children: time(13) };
}

function report(whole: Measured, apart: Measured): void {
  const row = (name: string, value: string): string => `  ${name.padEnd(40)}${value.padStart(12)}\n`;
  process.stdout.write([
    `\n${whole.entries} entries against ${whole.invoices} open invoices\n`,
    row('entries per second', (whole.entries / whole.wall_s).toFixed(0)),
    row('seconds from files to ledger', whole.wall_s.toFixed(2)),
    row('CPU seconds, Node', whole.node_s.toFixed(2)),
    row('CPU seconds, Postgres', whole.postgres_s.toFixed(2)),
    row('µs of CPU per entry', (whole.cpu_s * 1e6 / whole.entries).toFixed(0)),
    row('peak memory of Node, MB', whole.peak_mb.toFixed(0)),
    row('statements per thousand entries', (whole.statements * 1000 / whole.entries).toFixed(1)),
    `\n${apart.entries} entries against ${apart.invoices} open invoices, one task at a time\n`,
    ...Object.entries(apart.stages).map(([stage, seconds]) => row(`CPU seconds of Node, ${stage}`, seconds.toFixed(2))),
    row('CPU seconds, Node in all', apart.node_s.toFixed(2)),
    row('CPU seconds, Postgres', apart.postgres_s.toFixed(2)),
  ].join(''));
}
