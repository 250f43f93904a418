import { pino, stdTimeFunctions, type Logger } from 'pino';
import type { Config } from './config.ts';

export type Log = Logger;

// Personal data and secrets have no place in a log, whoever hands over the object that holds them.
const REDACTED = ['password', 'database_url', 'queue_url', 'remittance', 'counterparty', 'counterparty_name', 'counterparty_account',
  'account', 'name', 'iban', 'structured_reference'];

/** The process's log on standard error: one short line per record on a terminal, else one JSON object (standard output is for results). */
export function createLog(config: Pick<Config, 'log_level'>): Log {
  const options = {
    level: config.log_level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: [...REDACTED, ...REDACTED.map((key) => `*.${key}`)],
  };
  // Node writes standard error synchronously on POSIX systems, so the last words before an exit are not lost.
  return pino(options, { write: (line: string) => void process.stderr.write(process.stderr.isTTY ? pretty(line) : line) });
}

/** `12:01:02 warn  message  key=value`, the stack of an error below it. */
export function pretty(line: string): string {
  const { time, level, msg = '', err, ...fields } = JSON.parse(line) as Record<string, unknown> & { time: string; level: string };
  const details = Object.entries(fields).map(([key, value]) => `  ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const stack = err ? `\n${(err as { stack?: string }).stack ?? JSON.stringify(err)}` : '';
  return `${time.slice(11, 19)} ${level.padEnd(5)} ${msg}${details.join('')}${stack}\n`;
}
