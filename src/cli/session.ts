import { Failure, FAILURES, type FailureCode } from '../core/failure.ts';
import { loadConfig, type Config } from '../platform/config.ts';
import { openDatabase, type Database } from '../platform/database.ts';
import { failureOf } from '../platform/database-errors.ts';
import { createLog, type Log } from '../platform/log.ts';
import type { Role } from '../platform/pool.ts';
import { Interrupted } from './interrupt.ts';

/** What a command that works on the database is given. */
export interface Session {
  readonly config: Config;
  readonly db: Database;
  readonly log: Log;
}

/** Exit statuses that every command shares; a command's help names those of its own. */
export const EXIT = { ok: 0, failed: 1, dead_letters: 2, attention: 3, broken: 4 } as const;

/** Opens the configured database in a role, runs the command's work, and closes it again, whatever happens. */
export async function withDatabase<T>(role: Role, work: (session: Session) => Promise<T>): Promise<T> {
  const config = loadConfig();
  const log = createLog(config);
  const db = await openDatabase(config, role);
  try {
    return await work({ config, db, log });
  } finally {
    await db.close();
  }
}

/** What is wrong with what was typed or configured says in its own message what to write instead. */
const SAYS_WHAT_TO_DO: ReadonlySet<FailureCode> = new Set<FailureCode>(['invalid_input', 'not_found', 'configuration', 'stale']);

/**
 * Says on standard error what failed and what to do about it, and sets the exit status to 1. A bug comes with its stack. What was stopped
 * from outside is no failure and has its exit status already.
 */
export function reportFailure(error: unknown): void {
  if (error instanceof Interrupted) return void process.stderr.write(`tieout: ${error.message}\n`);
  const failure = error instanceof Failure ? error : failureOf(error);
  process.stderr.write(`tieout: ${failure.message} (${failure.code})\n`);
  if (!SAYS_WHAT_TO_DO.has(failure.code)) process.stderr.write(`  ${FAILURES[failure.code].remedy}\n`);
  if (failure.code === 'bug') process.stderr.write(`${(failure.cause as Error | undefined)?.stack ?? failure.stack}\n`);
  process.exitCode = EXIT.failed;
}

/** Prints one JSON value; bigints (ids, minor units) as strings. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member))}\n`);
}

/** Left-aligned columns, two spaces apart; the first row is the heading. Columns named in `right` are aligned right. */
export function formatTable(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => (right.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  ').trimEnd()).join('\n');
}

/** Who acts on the command line: TIEOUT_USER, else the system's user. */
export function actingUser(): string {
  return process.env['TIEOUT_USER'] || process.env['USER'] || process.env['LOGNAME'] || 'cli';
}

/** Parses an id given on the command line. */
export function parseId(text: string): bigint {
  if (!/^\d{1,18}$/.test(text)) throw new Failure('invalid_input', `"${text}" is no id; ids are whole numbers, as the lists show them`);
  return BigInt(text);
}
