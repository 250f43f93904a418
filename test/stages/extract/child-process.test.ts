import { execFile } from 'node:child_process';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { RawPart } from '../../../src/core/statement.ts';
import { readInChildProcess, readModuleInChildProcess } from '../../../src/stages/extract/child-process.ts';
import type { DocumentSource } from '../../../src/stages/extract/contract.ts';
import { numberStyle, statementPdf } from './pdf-pages.ts';

const READERS = new URL('./child-readers.ts', import.meta.url);
const EMPTY: DocumentSource = { size: 0, read: async function* () { /* no bytes */ } };

const run = (reader: string, source: DocumentSource = EMPTY, limits = { memory_mb: 300, time_ms: 20_000 }): AsyncIterable<RawPart> =>
  readModuleInChildProcess(READERS, reader, source, { profiles: [] }, limits);
const failure = (reader: string, limits?: { memory_mb: number; time_ms: number }): Promise<unknown> =>
  Array.fromAsync(run(reader, EMPTY, limits)).then(() => 'read', (error: unknown) => error);

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
};

test('bytes go in, parts come out one by one, and nothing of the environment is seen', async () => {
  const blocks = [Buffer.alloc(1_000_000), Buffer.alloc(500_000)];
  const parts: RawPart[] = [];
  for await (const part of run('countingReader', { size: 1_500_000, read: async function* () { yield* blocks; } })) {
    parts.push(part);
    if (parts.length === 3) break;
  }
  expect(parts.map((part) => part.part === 'failed' && part.message)).toEqual(['1500000', '', 'more']);
});

test('what the reader throws is thrown here', async () => {
  expect(await failure('failingReader')).toMatchObject({ code: 'needs_ocr', message: 'no text', location: { page: 3 } });
  expect(await failure('buggyReader')).toMatchObject({ code: 'bug', message: 'TypeError: x is not a function' });
});

test('what the source throws is thrown here', async () => {
  const source: DocumentSource = { size: 1, read: () => Readable.from((function* () { yield Buffer.alloc(1); throw new Error('disk gone'); })()) };
  await expect(Array.fromAsync(run('countingReader', source))).rejects.toThrow('disk gone');
});

test('a crash, a full heap, a flood of buffers and an endless loop each have their code', async () => {
  const [crash, heap, buffers, loop] = await Promise.all([
    failure('crashingReader'), failure('hoardingReader', { memory_mb: 150, time_ms: 20_000 }), failure('bufferingReader'),
    failure('loopingReader', { memory_mb: 300, time_ms: 1_000 }),
  ]);
  expect([crash, heap, buffers, loop]).toMatchObject([{ code: 'reader_crashed' }, { code: 'out_of_memory' }, { code: 'out_of_memory' }, { code: 'timed_out' }]);
});

test('a consumer that stops takes the process with it', async () => {
  let pid = 0;
  for await (const part of run('loopingReader')) {
    pid = part.part === 'failed' ? Number(part.message) : 0;
    break;
  }
  await until(() => !alive(pid));
});

test('a reader in an endless loop is killed when its reading is to end', async () => {
  const stop = new AbortController();
  const reason = new Error('the worker stops');
  const parts = readModuleInChildProcess(READERS, 'loopingReader', { size: 0, read: async function* () {} }, { profiles: [], signal: stop.signal }, { memory_mb: 300, time_ms: 60_000 });
  const iterator = parts[Symbol.asyncIterator]();
  const first = await iterator.next();
  setTimeout(() => stop.abort(reason), 50);
  await expect(iterator.next()).rejects.toBe(reason);
  await until(() => !alive(Number((first.value as { message: string }).message)));
});

test('a reader in an endless loop dies with its parent, however that ends', async () => {
  const program = `
    import { readModuleInChildProcess } from ${JSON.stringify(new URL('../../../src/stages/extract/child-process.ts', import.meta.url).href)};
    const source = { size: 0, read: async function* () {} };
    for await (const part of readModuleInChildProcess(new URL(${JSON.stringify(READERS.href)}), 'loopingReader', source, { profiles: [] }, { memory_mb: 300, time_ms: 60000 })) {
      process.stdout.write(part.message);
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 200);
    }`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]).catch((error: { stdout: string }) => error);
  const pid = Number(stdout);
  expect(pid).toBeGreaterThan(1);
  await until(() => !alive(pid));
});

test('the PDF reader runs in it', async () => {
  const number = numberStyle(',', '.');
  const bytes = await statementPdf({
    columns: [{ key: 'date', title: 'Date', x: 40 }, { key: 'text', title: 'Description', x: 130 }, { key: 'amount', title: 'Amount', x: 540, align: 'right' }],
    number, date: (date) => date, heading: ['Account number 12345678', `Opening balance ${number(100)}`, `Closing balance ${number(350)}`],
  }, 100, [{ date: '2026-03-02', text: ['one'], amount: 250 }]);
  const parts = await Array.fromAsync(readInChildProcess('pdf', { size: bytes.length, read: async function* () { yield bytes; } }, { profiles: [] }));
  expect(parts).toMatchObject([{ part: 'entries', entries: [{ amount: '2.50' }] }, { part: 'end', head: { account: '12345678' } }]);
});
