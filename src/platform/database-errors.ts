import { DatabaseError } from 'pg';
import { Failure, type FailureCode } from '../core/failure.ts';

/** Failures of the database, told apart by the SQLSTATE (PostgreSQL, appendix A) or by the socket's error code, never by message text. */

const SQLSTATES: readonly (readonly [RegExp, FailureCode])[] = [
  // 08 connection exception, 57P operator intervention (shutdown, crash, not yet ready), 53 out of connections, disk or memory,
  // 58 system error of the server's machine: all pass when the server is well again.
  [/^(08|57P|53|58)/, 'database_unavailable'],
  // Serialization failure, deadlock, lock not available.
  [/^(40001|40P01|55P03)$/, 'conflict'],
  // Cancelled by a timeout, or idle in a transaction for too long.
  [/^(57014|25P03)$/, 'timed_out'],
  // The login or its password is refused, or there is no such database.
  [/^(28|3D)/, 'configuration'],
];
const SOCKET_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH',
  'ENETUNREACH']);
// pg reports a connection that ended under a query, or that did not come up in time, as a plain Error without a code.
const DRIVER_MESSAGES = /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired)/;

/** What was thrown, as a Failure with its original as the cause: `database_unavailable`, `conflict`, `timed_out`, `configuration`, or `bug`. A Failure stays as it is. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Failure(codeOf(error), message || String((error as { code?: unknown })?.code), null, error);
}

/** Whether a unique constraint refused a row: who asks knows that another transaction may have been first. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return error instanceof DatabaseError && error.code === '23505' && (constraint === undefined || error.constraint === constraint);
}

function codeOf(error: unknown): FailureCode {
  if (error instanceof DatabaseError) return SQLSTATES.find(([pattern]) => pattern.test(error.code ?? ''))?.[1] ?? 'bug';
  // A name with several addresses, none of which answers.
  if (error instanceof AggregateError) return error.errors.map(codeOf).find((code) => code !== 'bug') ?? 'bug';
  if (!(error instanceof Error)) return 'bug';
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  return SOCKET_CODES.has(code) || syscall === 'connect' || DRIVER_MESSAGES.test(error.message) ? 'database_unavailable' : 'bug';
}
