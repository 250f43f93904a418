/** Processes that must not outlive this one, however it ends: their ids, and by which signal they end. */
const LEFTOVERS = new Map<number, NodeJS.Signals>();

process.on('exit', () => {
  for (const [pid, signal] of LEFTOVERS) {
    try {
      process.kill(pid, signal);
    } catch {
      // It is gone already.
    }
  }
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

export function endWithUs(pid: number, signal: NodeJS.Signals): void {
  LEFTOVERS.set(pid, signal);
}

export function forget(pid: number): void {
  LEFTOVERS.delete(pid);
}
