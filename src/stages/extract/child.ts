import { Worker } from 'node:worker_threads';
import { Failure } from '../../core/failure.ts';
import type { RawPart } from '../../core/statement.ts';
import type { ReadContext, Reader } from './contract.ts';

/**
 * The program of the process that child-process.ts starts: reads one document with one reader and sends a part whenever it is asked for one.
 * The document's bytes come on standard input, everything else over the process's message channel.
 */

export interface ChildTask {
  module: string;
  reader: string;
  context: ReadContext;
  /** Beyond it the process ends itself with the signal. */
  memory_mb: number;
  memory_signal: NodeJS.Signals;
  /** Processor time; beyond it the process ends itself with the signal. Unlike time, it does not depend on what else the machine does. */
  cpu_ms: number;
  cpu_signal: NodeJS.Signals;
}

export type ChildAnswer =
  | { answer: 'part'; part: RawPart }
  | { answer: 'end' }
  | { answer: 'failure'; code: Failure['code']; message: string; location: Failure['location'] }
  | { answer: 'bug'; message: string; stack: string };

/** Often enough that a decompression bomb, at some GB/s, is met within a few hundred MB; rare enough to cost nothing. */
const WATCH_MS = 50;

/**
 * A thread of its own, because a reader in an endless loop serves no timer: ends the process when its parent is gone, when its whole
 * memory, with what lies outside V8's heap (decompressed streams), exceeds the limit, and when it has worked too long.
 */
const WATCH = `
  const { workerData: { parent, limit, watch_ms, signal, cpu_ms, cpu_signal } } = require('node:worker_threads');
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
    if (process.memoryUsage.rss() > limit) process.kill(process.pid, signal);
    const { user, system } = process.cpuUsage();
    if (user + system > cpu_ms * 1000) process.kill(process.pid, cpu_signal);
  }, watch_ms);
`;

function answer(message: ChildAnswer): Promise<void> {
  return new Promise((resolve, reject) => { process.send!(message, undefined, undefined, (error) => error ? reject(error) : resolve()); });
}

async function main(task: ChildTask): Promise<void> {
  new Worker(WATCH, {
    eval: true,
    workerData: { parent: process.ppid, limit: task.memory_mb * 1024 * 1024, watch_ms: WATCH_MS, signal: task.memory_signal, cpu_ms: task.cpu_ms, cpu_signal: task.cpu_signal },
  }).unref();
  const [module, blocks] = await Promise.all([
    import(task.module) as Promise<Record<string, Reader>>,
    process.stdin.toArray() as Promise<Buffer[]>,
  ]);
  const source = {
    size: blocks.reduce((size, block) => size + block.length, 0),
    read: async function* () { yield* blocks; },
  };
  const parts = module[task.reader]!.read(source, task.context)[Symbol.asyncIterator]();
  process.on('message', () => { void sendNext(parts); });
  await sendNext(parts);
}

async function sendNext(parts: AsyncIterator<RawPart>): Promise<void> {
  try {
    const next = await parts.next();
    await answer(next.done ? { answer: 'end' } : { answer: 'part', part: next.value });
  } catch (error) {
    await answerError(error);
  }
}

function answerError(error: unknown): Promise<void> {
  if (error instanceof Failure) return answer({ answer: 'failure', code: error.code, message: error.message, location: error.location });
  return answer({ answer: 'bug', message: String(error), stack: (error instanceof Error && error.stack) || '' });
}

// pdf.js leaves promises of a damaged document behind that nobody waits for: what the reading itself waits for has its answer.
process.on('unhandledRejection', () => {});
process.once('disconnect', () => process.exit());
process.once('message', (task: ChildTask) => { main(task).catch(answerError); });
