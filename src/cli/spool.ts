import { mkdtemp, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../core/failure.ts';
import type { RawPart } from '../core/statement.ts';

type EntriesPart = Extract<RawPart, { part: 'entries' }>;

/**
 * Entries of a document that are too many to keep in memory, in a temporary file that has lost its name as soon as it is open: nothing is left
 * behind however the process ends.
 */
export class Spool {
  readonly #file: FileHandle;
  #size = 0;
  readonly #chunks: { statement: number; at: number; bytes: number }[] = [];

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(): Promise<Spool> {
    const folder = await mkdtemp(join(tmpdir(), 'tieout-')).catch((error: Error) => {
      throw new Failure('configuration', `a long document needs a temporary file, and none can be made in ${tmpdir()} (${error.message}); set TMPDIR to a folder with room`);
    });
    try {
      return new Spool(await open(join(folder, 'entries'), 'wx+', 0o600));
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  async add({ statement, entries }: EntriesPart): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(entries));
    await this.#file.write(bytes, 0, bytes.length, this.#size).catch((error: Error) => {
      throw new Failure('configuration', `the temporary file of a long document cannot be written (${error.message}); set TMPDIR to a folder with room`);
    });
    this.#chunks.push({ statement, at: this.#size, bytes: bytes.length });
    this.#size += bytes.length;
  }

  /** The entries of one statement, chunk by chunk as they were added. */
  async *read(statement: number): AsyncGenerator<EntriesPart['entries']> {
    for (const chunk of this.#chunks) {
      if (chunk.statement !== statement) continue;
      const { buffer } = await this.#file.read(Buffer.allocUnsafe(chunk.bytes), 0, chunk.bytes, chunk.at);
      yield JSON.parse(buffer.toString()) as EntriesPart['entries'];
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
