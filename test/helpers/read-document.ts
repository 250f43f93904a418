import type { RawEntry, RawPart, RawStatement } from '../../src/core/statement.ts';
import type { Reader } from '../../src/stages/extract/contract.ts';

export interface Statement {
  head: RawStatement;
  entries: RawEntry[];
}

/** Reads documents given as text or bytes with one reader, in blocks of `size` bytes: its parts as they come, or whole statements. */
export function readWith(reader: Reader): {
  parts(document: string | Buffer, size?: number): Promise<RawPart[]>;
  statements(document: string | Buffer): Promise<Statement[]>;
} {
  function parts(document: string | Buffer, size = 65_536): Promise<RawPart[]> {
    const bytes = Buffer.from(document);
    const read = async function* (): AsyncGenerator<Buffer> {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    };
    return Array.fromAsync(reader.read({ size: bytes.length, read }, { profiles: [] }));
  }

  async function statements(document: string | Buffer): Promise<Statement[]> {
    const all = await parts(document);
    return all.flatMap((end) => (end.part !== 'end' ? [] : [{
      head: end.head,
      entries: all.flatMap((part) => (part.part === 'entries' && part.statement === end.statement ? part.entries : [])),
    }]));
  }

  return { parts, statements };
}
