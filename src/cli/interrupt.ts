/** SIGINT and SIGTERM as a signal to end; each may come twice (from the terminal and from npm), and the second changes nothing. */
export function onInterrupt(): { signal: AbortSignal; promise: Promise<void>; release(): void } {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (signal: NodeJS.Signals): void => {
    process.exitCode = signal === 'SIGINT' ? 130 : 143;
    controller.abort(new Interrupted(signal));
    resolve();
  };
  process.on('SIGINT', end).on('SIGTERM', end);
  return { signal: controller.signal, promise, release: () => void process.off('SIGINT', end).off('SIGTERM', end) };
}

/** The run was stopped from outside; what is unfinished goes on when it is run again. */
export class Interrupted extends Error {
  constructor(signal: string) {
    super(`stopped by ${signal}; run the same command again to finish what is left`);
  }
}
