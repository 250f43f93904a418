import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Command } from 'commander';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { automaticCommand } from '../../src/cli/automatic.ts';
import { doctorCommand } from '../../src/cli/doctor.ts';
import { explainCommand } from '../../src/cli/explain.ts';
import { importCommand } from '../../src/cli/import.ts';
import { logCommand } from '../../src/cli/log.ts';
import { reportCommand } from '../../src/cli/report.ts';
import { reviewCommand } from '../../src/cli/review.ts';
import { runPaths } from '../../src/cli/run.ts';
import { importSample } from '../../src/cli/sample-company.ts';
import type { RunSummary } from '../../src/pipeline/summary.ts';
import { migrateQueue } from '../../src/pipeline/backends.ts';
import { PROJECT_ROOT } from '../../src/platform/config.ts';
import { createLog } from '../../src/platform/log.ts';
import { testDatabase } from '../helpers/database.ts';

/** What analysts, controllers and auditors ask the morning after the sample company's night. */

const db = await testDatabase('worker');
const owner = await db.as('owner');
const FIXTURES = join(PROJECT_ROOT, 'fixtures');
let summary: RunSummary;
let output = '';

beforeAll(async () => {
  vi.stubEnv('DATABASE_URL', db.url);
  vi.stubEnv('LOG_LEVEL', 'silent');
  vi.stubEnv('TIEOUT_USER', 'bob');
  const log = createLog(db.config);
  await migrateQueue(db.config, db.url, log);
  await importSample(db, FIXTURES, { actor: 'alice', companies: {} });
  summary = await runPaths({ config: db.config, db, log }, [relative(process.cwd(), join(FIXTURES, 'statements'))]);
}, 60_000);
const folder = mkdtempSync(join(tmpdir(), 'tieout-night-'));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => (output += String(chunk), true));
  return () => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  };
});

async function run(command: Command, ...args: string[]): Promise<string> {
  output = '';
  process.exitCode = undefined;
  await command.exitOverride().parseAsync(args, { from: 'user' });
  return output;
}
async function json<T>(command: Command, ...args: string[]): Promise<T> {
  return JSON.parse(await run(command, ...args, '--json')) as T;
}
async function entryOf(condition: string): Promise<string> {
  const { rows: [row] } = await sql<{ entry_id: bigint }>`select entry_id from decision where ${sql.raw(condition)} order by entry_id limit 1`.execute(db.kysely);
  return String(row!.entry_id);
}

interface Item { entry_id: string; amount: string; reason: string; currency: string; version: number; suggestions: { score: number; allocations: { amount: string; settled: { amount: string; currency: string } }[] }[] }

describe('review', () => {
  it('lists what waits with amounts as they are written, and shows one item with its suggestions', async () => {
    const items = await json<Item[]>(reviewCommand(), 'list');
    expect(items.length).toBe(summary.entries.review + summary.entries.suspense);
    const item = items.find((one) => one.reason === 'short_payment')!;
    expect(item.amount).toMatch(/^-?\d+\.\d\d$/);
    expect(item.suggestions[0]!.allocations[0]).toMatchObject({ amount: item.amount, settled: { amount: item.amount, currency: item.currency } });
    expect(item.suggestions[0]!.score).toBeLessThanOrEqual(1);
    expect(await json<Item>(reviewCommand(), 'show', item.entry_id)).toEqual(item);
    expect(await run(reviewCommand(), 'list', '--reason', 'short_payment')).toMatch(/^ENTRY +COMPANY +DATE/);
    expect(await run(reviewCommand(), 'show', item.entry_id)).toMatch(/suggestions +1\. \S+ \d+\.\d\d {2}\(0\.\d\d; named_by_/);
    expect(await run(reviewCommand(), 'list', '--company', 'nobody')).toBe('nothing waits for a person\n');
  });

  it('accepts and undoes in the user\'s name, and refuses a version that has passed', async () => {
    const [item] = await json<Item[]>(reviewCommand(), 'list', '--reason', 'short_payment');
    const { entry_id, version } = item!;
    expect(await run(reviewCommand(), 'accept', entry_id, '--version', String(version), '--comment', 'by phone')).toMatch(/^entry \d+ accepted/);
    await expect(run(reviewCommand(), 'accept', entry_id, '--version', String(version))).rejects.toMatchObject({ code: 'stale' });
    const story = await run(explainCommand(), entry_id);
    expect(story).toMatch(new RegExp(`^entry ${entry_id}: .* on \\d{4}-\\d\\d-\\d\\d, account .*, line \\d+ of `));
    // Of the rules that hold the first takes the candidate; each stands with its conditions and their values.
    expect(story).toMatch(/\n {2}takes {2}receipt_short \(review, of receivables\)\n {11}\+ .* {2}\[candidate\.kind = invoices\]\n/);
    expect(story).toMatch(/\n {2}no {5}receipt_number \(auto, of receivables\)\n {11}\+ .*\n {11}- /);
    expect(story).toMatch(/ {2}decide {2}by receipt_short@sha256:.*\n.* {2}accept {2}by bob\n\nstands as manual: Accepted by bob: by phone\n/);
    await run(reviewCommand(), 'undo', entry_id, '--reason', 'wrong');
    expect(await json<Item>(reviewCommand(), 'show', entry_id)).toMatchObject({ reason: 'undone', version: version + 2, suggestions: item!.suggestions });
  });
});

describe('explain', () => {
  interface Explained { outcome: string; failed_check: string | null; story: { action: string }[]; decided: { outcome: string; reason: string } | null; draft?: { outcome: string; reason: string }; candidates?: { gate: string | null; rules: { matched: boolean; id: string }[] }[] }

  it('decides again from the log and comes to the same, for every outcome', async () => {
    for (const outcome of ['auto', 'review', 'suspense']) {
      const told = await json<Explained>(explainCommand(), await entryOf(`outcome = '${outcome}' and superseded_by is null`));
      expect(told).toMatchObject({ outcome, decided: { outcome } });
      expect(told.draft).toMatchObject({ outcome, reason: told.decided!.reason });
      if (outcome === 'auto') expect(told.candidates![0]!.rules.some((rule) => rule.matched)).toBe(true);
    }
    expect(await json<Explained>(explainCommand(), await entryOf(`outcome = 'duplicate'`))).toMatchObject({ outcome: 'duplicate' });
  });

  it('says of a quarantined entry which check its document failed, and of none that there is none', async () => {
    const entry_id = await entryOf(`outcome = 'quarantined'`);
    expect(await json<Explained>(explainCommand(), entry_id)).toMatchObject({ outcome: 'quarantined', failed_check: 'opening_to_closing', story: [{ action: 'quarantine_statement' }] });
    expect(await run(explainCommand(), entry_id)).toContain('(opening_to_closing)');
    await expect(run(explainCommand(), '999999')).rejects.toMatchObject({ code: 'not_found' });
  });
});

it('report bank shows that every account agrees with its statement', async () => {
  interface Position { account: string; statement_balance: string | null; ledger_balance: string; by_age: Record<string, string> }
  const positions = await json<Position[]>(reportCommand(), 'bank');
  const told = positions.filter((one) => one.statement_balance !== null);
  expect(told.length).toBeGreaterThan(4);
  for (const one of told) expect(one.ledger_balance).toBe(one.statement_balance);
  expect(await run(reportCommand(), 'bank')).not.toContain('DIFFERS');
});

it('automatic shows and sets the modes, one rule\'s too, and knows which rules there are', async () => {
  expect(await run(automaticCommand())).toMatch(/: on\n/);
  expect(await run(automaticCommand(), 'suggest', '--rule', 'receipt_digits')).toMatch(/: on, receipt_digits: suggest\n/);
  const [first] = await json<{ company: string; mode: string }[]>(automaticCommand(), 'off');
  expect(first!.mode).toBe('off');
  await run(automaticCommand(), 'on', '--company', first!.company);
  await expect(run(automaticCommand(), 'off', '--rule', 'receipt_digit')).rejects.toMatchObject({ code: 'not_found' });
  await expect(run(automaticCommand(), 'off', '--company', 'nobody')).rejects.toMatchObject({ code: 'not_found' });
  await run(automaticCommand(), 'on');
  const { rows } = await sql`select actor from log_record where action = 'set_automatic' order by seq desc limit 1`.execute(db.kysely);
  expect(rows).toEqual([{ actor: 'bob' }]);
});

it('import says of a file that is no CSV, too, in JSON what keeps it out and where', async () => {
  const file = join(folder, 'accounts.csv');
  writeFileSync(file, 'account,currency\nX1,EUR\n"X2,EUR\n');
  await expect(run(importCommand(), 'accounts', file, '--json')).rejects.toMatchObject({ code: 'malformed' });
  expect(JSON.parse(output)).toEqual({ error: { code: 'malformed', message: expect.any(String) }, rejected: [{ line: 3, column: null, reason: expect.stringContaining('RFC 4180') }] });
});

describe('log verify and doctor', () => {
  interface Found { findings: { severity: string; check: string }[] }
  const checks = async (): Promise<{ broken: string[]; exit: typeof process.exitCode }> => {
    const { findings } = await json<Found>(doctorCommand());
    return { broken: findings.filter((one) => one.severity === 'broken').map((one) => one.check), exit: process.exitCode };
  };
  const guards = async (table: string, on: boolean) => sql`alter table ${sql.id(table)} ${sql.raw(on ? 'enable' : 'disable')} trigger user`.execute(owner.kysely);

  it('find the night whole, and something to look at', async () => {
    expect(await run(logCommand(), 'verify', '--head', summary.log_head)).toMatch(/^\d+ records, all as they were written; head sha256:[0-9a-f]{64}\n$/);
    expect(process.exitCode).toBeUndefined();
    expect(await checks()).toEqual({ broken: [], exit: 3 });
    await expect(run(logCommand(), 'verify', '--head', 'sha256:12')).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('name what contradicts itself in the master data, each with its remedy', async () => {
    const file = join(folder, 'parties.csv');
    writeFileSync(file, 'party_id,kind,name,accounts\nX1,customer,Ext One,DE00500105170137075030\n');
    await run(importCommand(), 'parties', file);
    expect((await json<{ findings: { check: string; detail: string; remedy: string }[] }>(doctorCommand())).findings).toContainEqual({
      severity: 'attention', check: 'master data', detail: '1 × iban_invalid, none of it automatic: IBAN DE00500105170137075030 has wrong check digits or the wrong length', remedy: expect.stringContaining('IBAN') });
    writeFileSync(file, 'party_id,kind,name,accounts\nX1,customer,Ext One,\n');
    await run(importCommand(), 'parties', file);
    expect((await json<Found>(doctorCommand())).findings.filter((one) => one.check === 'master data')).toEqual([]);
  });

  it('speak of a quarantined statement until a later one covers it', async () => {
    const quarantined = async () => (await json<Found>(doctorCommand())).findings.filter((one) => one.check === 'quarantine');
    expect(await quarantined()).toHaveLength(1);
    const file = join(folder, 'corrected.xml');
    writeFileSync(file, readFileSync(join(FIXTURES, 'statements/uhlenmuehl-usd-9991-2026-11-10.xml'), 'utf8').replace('252988.52', '269641.87'));
    expect(await runPaths({ config: db.config, db, log: createLog(db.config) }, [file])).toMatchObject({ documents: { reconciled: 1 } });
    expect(await quarantined()).toEqual([]);
  });

  it('name a record that was altered behind the program\'s back, with exit status 4', async () => {
    const { rows: [record] } = await sql<{ seq: bigint; payload: string }>`select seq, payload from log_record where action = 'decide' order by seq offset 5 limit 1`.execute(owner.kysely);
    await guards('log_record', false);
    await sql`update log_record set payload = replace(payload, '"auto"', '"review"') || ' ' where seq = ${record!.seq}`.execute(owner.kysely);
    expect(await run(logCommand(), 'verify')).toBe(`the log is broken at record ${record!.seq}: its hash is not the hash of its columns\n`);
    expect(process.exitCode).toBe(4);
    expect(await checks()).toEqual({ broken: ['log'], exit: 4 });
    await sql`update log_record set payload = ${record!.payload} where seq = ${record!.seq}`.execute(owner.kysely);
    await guards('log_record', true);
    expect((await checks()).broken).toEqual([]);
  });

  it('find books that do not add up', async () => {
    await sql`update statement set closing = closing + 1`.execute(owner.kysely);
    const { broken, exit } = await checks();
    expect({ broken: new Set(broken), exit }).toEqual({ broken: new Set(['books']), exit: 4 });
    await sql`update statement set closing = closing - 1`.execute(owner.kysely);
  });

  it('find that the log\'s tail was cut, by its tip, and by an earlier head where that was cut too', async () => {
    const { rows: [tip] } = await sql<{ seq: bigint; hash: Buffer }>`select seq, hash from log_tip`.execute(owner.kysely);
    const { rows: [before] } = await sql<{ seq: bigint; hash: Buffer }>`select seq, hash from log_record where action = 'chain_head' and seq < ${tip!.seq} order by seq desc limit 1`.execute(owner.kysely);
    await guards('log_record', false);
    await sql`delete from log_record where seq > ${before!.seq}`.execute(owner.kysely);
    await guards('log_record', true);
    expect(await run(logCommand(), 'verify')).toBe(`the log is broken at record ${tip!.seq}: the last head is not there: the tail of the log was cut\n`);
    expect(process.exitCode).toBe(4);
    await sql`update log_tip set seq = ${before!.seq}, hash = ${before!.hash}`.execute(owner.kysely);
    expect(await run(logCommand(), 'verify')).toMatch(/all as they were written/);
    expect(await run(logCommand(), 'verify', '--head', `sha256:${tip!.hash.toString('hex')}`)).toMatch(/its tail was cut/);
    expect(process.exitCode).toBe(4);
  });
});
