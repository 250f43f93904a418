import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Failpoint } from '../../src/platform/failpoint.ts';
import { endWithUs, forget } from './leftovers.ts';

/** Real processes of the program under test, as an operator would start them. */

const ROOT = join(import.meta.dirname, '../..');
// What the program's own launcher gives (scripts/tieout).
const MEMORY = ['--max-old-space-size=512', '--max-semi-space-size=64'];
/** What `tieout work` promises to need after SIGTERM, and some for a busy machine. */
const STOP_LIMIT_MS = 20_000;

/** What a process is made to suffer from within; see preload.ts. */
export interface Inner {
  readonly at?: Failpoint;
  readonly signal?: 'SIGKILL' | 'SIGSTOP';
  readonly clock_ms?: number;
}

export interface Started {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Whether it has met its failpoint. */
  met: boolean;
  /** What it has written on standard output, and on standard error besides its log. */
  out: string;
  /** Its exit status and signal. */
  readonly end: Promise<{ status: number | null; signal: NodeJS.Signals | null }>;
}

export function start(args: readonly string[], environment: Readonly<Record<string, string>>, inner: Inner = {}): Started {
  const child = spawn(process.execPath, [...MEMORY, '--import', join(import.meta.dirname, 'preload.ts'), 'src/cli/main.ts', ...args], {
    cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, LOG_LEVEL: 'error', ...environment,
      ...(inner.at && { FAULT_AT: inner.at }), ...(inner.signal && { FAULT_SIGNAL: inner.signal }),
      ...(inner.clock_ms !== undefined && { FAULT_CLOCK_MS: String(inner.clock_ms) }),
    },
  });
  const started: Started = {
    process: child, pid: child.pid!, met: false, out: '',
    end: once(child, 'exit').then(([status, signal]) => ({ status: status as number | null, signal: signal as NodeJS.Signals | null })),
  };
  endWithUs(started.pid, 'SIGKILL');
  void started.end.then(() => forget(started.pid));
  child.stdout.setEncoding('utf8').on('data', (text: string) => { started.out += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('reached ')) started.met = true;
    started.out += text;
  });
  return started;
}

/** Workers, of which each that ends is replaced until `stop`. */
export class Fleet {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #running = new Set<Started>();
  readonly #dismissed = new Set<Started>();
  #stopping = false;
  started = 0;

  constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = environment;
  }

  get running(): readonly Started[] {
    return [...this.#running];
  }

  /** Starts a worker; one with a fault inside is replaced by one without. */
  add(inner: Inner = {}, environment: Readonly<Record<string, string>> = {}): Started {
    const worker = start(['work'], { ...this.#environment, ...environment }, inner);
    this.started++;
    this.#running.add(worker);
    void worker.end.then(() => {
      this.#running.delete(worker);
      if (!this.#stopping && !this.#dismissed.has(worker)) this.add({}, environment);
    });
    return worker;
  }

  /** Lets one go; it is not replaced. */
  dismiss(worker: Started): void {
    this.#dismissed.add(worker);
    worker.process.kill('SIGTERM');
  }

  /** Ends all by SIGTERM and returns what was not as promised. */
  async stop(): Promise<string[]> {
    this.#stopping = true;
    const wrong: string[] = [];
    await Promise.all(this.running.map(async (worker) => {
      const asked_at = performance.now();
      worker.process.kill('SIGTERM');
      const late = setTimeout(() => {
        wrong.push(`worker ${worker.pid} had not stopped ${STOP_LIMIT_MS} ms after SIGTERM`);
        worker.process.kill('SIGKILL');
      }, STOP_LIMIT_MS);
      // One that stops itself at its failpoint only now, with nobody left who would wake it.
      const wake = setInterval(() => worker.process.kill('SIGCONT'), 500);
      const { status, signal } = await worker.end;
      clearInterval(wake);
      clearTimeout(late);
      if (status !== 143) wrong.push(`worker ${worker.pid} ended with ${signal ?? status}, not 143, ${Math.round(performance.now() - asked_at)} ms after SIGTERM: ${worker.out.slice(-500)}`);
    }));
    return wrong;
  }
}

/** What a process holds: resident memory in MB, open files and sockets. */
export async function resourcesOf(pid: number): Promise<{ memory_mb: number; handles: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return { memory_mb: Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024, handles: (await readdir(`/proc/${pid}/fd`)).length };
}
