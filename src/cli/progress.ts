import { SingleBar } from 'cli-progress';
import type { RunProgress } from '../pipeline/run.ts';

/** A progress bar on standard error; nothing where that is no terminal. */
export function startProgress(): { update(progress: RunProgress): void; stop(): void } {
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const bar = new SingleBar({ format: '{bar} {value}/{total} documents  {stages}', stream: process.stderr, clearOnComplete: true, hideCursor: true });
  let started = false;
  return {
    update(progress) {
      if (!started) bar.start(progress.documents, 0, { stages: '' });
      started = true;
      const stages = (['extract', 'normalize', 'validate', 'reconcile'] as const).filter((stage) => progress[stage] > 0).map((stage) => `${stage} ${progress[stage]}`);
      bar.update(progress.finished, { stages: stages.join('  ') });
    },
    stop() {
      if (started) bar.stop();
    },
  };
}
