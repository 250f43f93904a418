import { Failure } from '../../../src/core/failure.ts';
import type { RawPart } from '../../../src/core/statement.ts';
import type { Reader } from '../../../src/stages/extract/contract.ts';

/** Readers that do what a document must never make of a process; for child-process.test.ts, which runs them in one. */

const reader = (read: Reader['read']): Reader => ({ name: 'test', recognise: () => true, read });

const failed = (statement: number, message: string): RawPart => ({ part: 'failed', statement, account: null, code: 'malformed', message, location: null });

/** Yields how many bytes came, then what of the environment it sees, then one part after the other. */
export const countingReader = reader(async function* (source) {
  let bytes = 0;
  for await (const block of source.read()) bytes += block.length;
  yield failed(0, String(bytes));
  yield failed(1, Object.keys(process.env).filter((name) => !name.startsWith('NODE_CHANNEL')).join(' '));
  for (let i = 2; ; i++) yield failed(i, 'more');
});

export const failingReader = reader(() => { throw new Failure('needs_ocr', 'no text', { page: 3 }); });
export const buggyReader = reader(() => { throw new TypeError('x is not a function'); });
export const crashingReader = reader(() => { process.abort(); });

export const loopingReader = reader(async function* (source) {
  yield failed(0, String(process.pid));
  for (const start = Date.now(); Date.now() - start < 60_000;) { /* serves no timer and no message */ }
  yield failed(1, String(source.size));
});

export const hoardingReader = reader(() => {
  const hoard: unknown[] = [];
  for (;;) hoard.push(Array.from({ length: 1_000 }, () => hoard.length));
});

/** Outside V8's heap, as decompressed streams are. */
export const bufferingReader = reader(() => {
  const hoard: Buffer[] = [];
  for (;;) hoard.push(Buffer.alloc(10_000_000, 1));
});
