import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { Failure } from '../core/failure.ts';

/**
 * Locks on files that the kernel gives back when their owner dies, however it dies: nothing is ever stale and no process id is looked up.
 * Node has no call for them, so an empty SQLite database lends its own: `shared` is a reader's lock, `exclusive` a writer's.
 */
export interface FileLock {
  /** May be called again. */
  release(): void;
}

const SQLITE_BUSY = 5;
// Short beside a command's own start, long beside what the look costs (0.3 ms).
const LOOK_EVERY_MS = 20;

/** The lock, or null when another holds one that excludes it, in this process or in any other. Creates the file. */
export function tryLock(path: string, kind: 'shared' | 'exclusive'): FileLock | null {
  let file: DatabaseSync | undefined;
  try {
    file = new DatabaseSync(path, { timeout: 0 });
    file.exec(kind === 'exclusive' ? 'begin exclusive' : 'begin; select count(*) from sqlite_schema');
  } catch (error) {
    file?.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return null;
    throw new Failure('configuration', `${path} cannot be opened by this user: ${(error as Error).message}`, null, error);
  }
  let held: DatabaseSync | null = file;
  return {
    release() {
      held?.close();
      held = null;
    },
  };
}

/** Waits for the lock; throws Failure('timed_out') when `patience_ms` are over. */
export async function lock(path: string, kind: 'shared' | 'exclusive', patience_ms: number): Promise<FileLock> {
  const deadline = Date.now() + patience_ms;
  for (;;) {
    const taken = tryLock(path, kind);
    if (taken) return taken;
    if (Date.now() > deadline) throw new Failure('timed_out', `another command has held ${path} for ${patience_ms / 1000} s; look for one that hangs`);
    await sleep(LOOK_EVERY_MS);
  }
}
