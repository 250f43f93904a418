import type { Log } from '../platform/log.ts';

// A server that is away is reported by every connection, several times a second; a person needs to read it once in a while.
const REPEAT_MS = 30_000;

/** Warns of an error, but of the same one only now and then. */
export function warnSparingly(log: Log): (error: string, message: string) => void {
  const warned_at = new Map<string, number>();
  return (error, message) => {
    const key = `${message}: ${error}`;
    const now = performance.now();
    if (now - (warned_at.get(key) ?? -REPEAT_MS) < REPEAT_MS) return;
    // Errors that name what differs each time must not be collected for ever.
    if (warned_at.size > 100) warned_at.clear();
    warned_at.set(key, now);
    log.warn({ error }, message);
  };
}
