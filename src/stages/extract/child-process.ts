import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../../core/failure.ts';
import type { RawPart } from '../../core/statement.ts';
import type { ChildAnswer, ChildTask } from './child.ts';
import type { DocumentSource, ReadContext } from './contract.ts';
import type { Explanation } from './pdf-explain.ts';

/** What a reader may use before it is killed. Time counts while the child works, not while the consumer does. */
export interface ChildLimits {
  memory_mb: number;
  time_ms: number;
  /** Processor time, which does not depend on what else the machine does; unlimited where it is not given. */
  cpu_ms?: number;
}

/**
 * 200 pages take under 400 MB and 2 s. The memory limit keeps two readers and the pipeline within a 2 GB machine;
 * the time limit is far above any honest document on a loaded one, and below a queue's patience.
 */
const LIMITS = { memory_mb: 640, time_ms: 60_000 } as const satisfies ChildLimits;

/** Processor time of the smallest document, and of each further byte: ten times what statements take. */
const CPU_MS = 4_000;
const CPU_MS_PER_BYTE = 0.006;

/** What of the memory V8's heap may take; the rest is the program itself, its threads and buffers. Then V8 says first that its heap is full. */
const HEAP_SHARE = 0.7;

/** The signal by which the child is to end itself for want of memory: nothing else sends it. */
const OUT_OF_MEMORY_SIGNAL = 'SIGUSR2';
/** And for having worked too long. */
const OUT_OF_TIME_SIGNAL = 'SIGXCPU';

/** Enough for V8's last words, which stand at the beginning of what it prints. */
const STDERR_CHARACTERS = 4_096;

/**
 * Reads a document with the named reader (`pdf`: the export `pdfReader` of `pdf.ts`) in a process of its own, which has no environment, may
 * not write files, start programs or load native code, and is killed when the consumer stops early or this process ends, however it ends.
 * Throws what the reader throws, the reason of the context's signal; `too_large` (processor time), `timed_out`, `out_of_memory`, or `reader_crashed`.
 */
export function readInChildProcess(reader: string, source: DocumentSource, context: ReadContext): AsyncIterable<RawPart> {
  return readModuleInChildProcess(new URL(`./${reader}.ts`, import.meta.url), `${reader}Reader`, source, context, limitsOf(source));
}

/** What is seen in a PDF, within the same bounds. */
export function explainInChildProcess(source: DocumentSource, context: ReadContext): AsyncIterable<Explanation> {
  return readModuleInChildProcess(new URL('./pdf-explain.ts', import.meta.url), 'pdfExplainer', source, context, limitsOf(source)) as AsyncIterable<unknown> as AsyncIterable<Explanation>;
}

function limitsOf(source: DocumentSource): ChildLimits {
  return { ...LIMITS, cpu_ms: Math.min(CPU_MS + source.size * CPU_MS_PER_BYTE, LIMITS.time_ms) };
}

/** The same for any module that exports a reader, with limits of the caller's. */
export async function* readModuleInChildProcess(
  module: URL, reader: string, source: DocumentSource, { signal, ...context }: ReadContext, limits: ChildLimits,
): AsyncIterable<RawPart> {
  const child = fork(new URL('./child.ts', import.meta.url), [], {
    execArgv: [`--max-old-space-size=${Math.floor(limits.memory_mb * HEAP_SHARE)}`, '--permission', '--allow-fs-read=*', '--allow-worker', '--no-warnings'],
    env: {}, serialization: 'advanced', stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
  });
  let lastWords = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => { lastWords = (lastWords + text).slice(0, STDERR_CHARACTERS); });
  const kill = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });
  const sourceFailed = new Promise<never>((_, reject) => {
    // A child that ends before it has taken all bytes says why by its exit; here only the source's own error counts.
    pipeline(source.read(), child.stdin!).catch((error: NodeJS.ErrnoException) => { if (!CLOSED_PIPE.has(error.code ?? '')) reject(error); });
  });
  try {
    let message: ChildTask | 'next' = { module: module.href, reader, context, memory_mb: limits.memory_mb, memory_signal: OUT_OF_MEMORY_SIGNAL, cpu_ms: limits.cpu_ms ?? Infinity, cpu_signal: OUT_OF_TIME_SIGNAL };
    let left_ms = limits.time_ms;
    for (;;) {
      const started = performance.now();
      const answer = await Promise.race([ask(child, message, left_ms, () => lastWords), sourceFailed]);
      left_ms -= performance.now() - started;
      if (answer.answer === 'end') return;
      if (answer.answer === 'failure') throw new Failure(answer.code, answer.message, answer.location);
      if (answer.answer === 'bug') throw new Failure('bug', answer.message, null, answer.stack);
      yield answer.part;
      message = 'next';
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', kill);
    kill();
  }
}

const CLOSED_PIPE: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']);

/** Sends a message and waits for the one answer that follows it. */
function ask(child: ChildProcess, message: ChildTask | 'next', time_ms: number, lastWords: () => string): Promise<ChildAnswer> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer);
      child.off('message', answered).off('close', closed).off('error', failed);
    };
    const answered = (answer: ChildAnswer): void => { done(); resolve(answer); };
    const failed = (error: Error): void => { done(); reject(error); };
    const closed = (): void => failed(exitFailure(child, lastWords()));
    const timer = setTimeout(() => failed(new Failure('timed_out', 'reading the document took longer than its limit; split it, or look at what it holds')), time_ms);
    // `close`, not `exit`: only then has everything arrived that the child had to say.
    child.on('message', answered).on('close', closed).on('error', failed);
    if (child.exitCode !== null || child.signalCode !== null) closed();
    else child.send(message, () => {}); // a child that is gone is reported by its end
  });
}

function exitFailure(child: ChildProcess, lastWords: string): Failure {
  if (child.signalCode === OUT_OF_MEMORY_SIGNAL || /heap out of memory|Array buffer allocation failed/.test(lastWords)) {
    return new Failure('out_of_memory', 'reading the document took more memory than allowed; split it, or look at what it holds');
  }
  if (child.signalCode === OUT_OF_TIME_SIGNAL) return new Failure('too_large', 'reading the document took more processor time than one of its size may; split it, or look at what it holds');
  // Not always the document's fault: a system short of memory ends processes, too.
  return new Failure('reader_crashed', `the reader crashed on the document (${child.signalCode ?? `exit status ${child.exitCode}`})`);
}
