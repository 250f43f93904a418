import { readFileSync } from 'node:fs';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { RawPart } from '../../../src/core/statement.ts';
import { extract } from '../../../src/stages/extract/extract.ts';

const BAI = readFileSync(new URL('bai2/previous-day.bai', import.meta.url));
const CAMT = readFileSync(new URL('camt/camt.053.001.02.xml', import.meta.url));

/** What a test may say wrongly of a member; everything else is as it should be. */
interface Member {
  name: string;
  data: Buffer;
  method?: number;
  flags?: number;
  mode?: number;
  size?: number;
  crc?: number;
  offset?: number;
  local_name?: string;
  packed?: Buffer;
  zip64?: boolean;
}

/** A ZIP archive by the letter of PKWARE's APPNOTE. */
function zip(members: Member[], { comment = '', count = members.length, zip64 = false } = {}): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const member of members) {
    const { name, data, method = 8, flags = 0x0800, mode = 0o100644, size = data.length, crc = crc32(data), local_name = name } = member;
    const packed = member.packed ?? (method === 8 ? deflateRawSync(data) : data);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(Buffer.byteLength(local_name), 26);
    const extra = Buffer.alloc(member.zip64 ? 28 : 0);
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt8(3, 5);
    header.writeUInt16LE(flags, 8);
    header.writeUInt16LE(method, 10);
    header.writeUInt32LE(crc, 16);
    header.writeUInt32LE(member.zip64 ? 0xffffffff : packed.length, 20);
    header.writeUInt32LE(member.zip64 ? 0xffffffff : size, 24);
    header.writeUInt16LE(Buffer.byteLength(name), 28);
    header.writeUInt16LE(extra.length, 30);
    header.writeUInt16LE(mode, 40);
    header.writeUInt32LE(member.zip64 ? 0xffffffff : member.offset ?? at, 42);
    if (member.zip64) {
      extra.writeUInt16LE(0x0001, 0);
      extra.writeUInt16LE(24, 2);
      for (const [i, value] of [size, packed.length, member.offset ?? at].entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
    }
    locals.push(local, Buffer.from(local_name), packed);
    directory.push(header, Buffer.from(name), extra);
    at += local.length + Buffer.byteLength(local_name) + packed.length;
  }
  const directory_bytes = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 ? 0xffff : count, 10);
  end.writeUInt32LE(directory_bytes, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : at, 16);
  end.writeUInt16LE(comment.length, 20);
  const end64 = Buffer.alloc(zip64 ? 76 : 0);
  if (zip64) {
    end64.writeUInt32LE(0x06064b50, 0);
    end64.writeBigUInt64LE(BigInt(count), 32);
    end64.writeBigUInt64LE(BigInt(at), 48);
    end64.writeUInt32LE(0x07064b50, 56);
    end64.writeBigUInt64LE(BigInt(at + directory_bytes), 64);
  }
  return Buffer.concat([...locals, ...directory, end64, end, Buffer.from(comment)]);
}

function parts(bytes: Buffer, size = 65_536): Promise<RawPart[]> {
  const read = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  return Array.fromAsync(extract({ size: bytes.length, read }, { profiles: [] }));
}

async function refusal(bytes: Buffer): Promise<unknown> {
  const started = performance.now();
  const error = await parts(bytes).then((read) => `read: ${JSON.stringify(read).slice(0, 200)}`, (thrown: unknown) => thrown);
  expect(performance.now() - started).toBeLessThan(10_000);
  return error;
}

const lines = (all: RawPart[]): number[] => all.flatMap((part) => (part.part === 'entries' ? part.entries.map((entry) => entry.line) : []));

describe('gzip', () => {
  test('the document inside is read as if it came unpacked, also in several members', async () => {
    const plain = (await parts(BAI)).map((part) => (part.part === 'entries' ? { ...part, entries: part.entries.map((entry) => ({ ...entry, source: { ...entry.source, member: 1 } })) } : part));
    expect(await parts(gzipSync(BAI))).toEqual(plain);
    expect(await parts(Buffer.concat([gzipSync(BAI.subarray(0, 100)), gzipSync(BAI.subarray(100))]), 50)).toEqual(plain);
  });

  test.each([
    ['cut', gzipSync(BAI).subarray(0, 200), 'truncated'],
    ['damaged', Buffer.concat([gzipSync(BAI).subarray(0, -8), Buffer.alloc(8)]), 'malformed'],
    ['in gzip', gzipSync(gzipSync(BAI)), 'unsupported_format'],
    ['a bomb', gzipSync(Buffer.alloc(100 * 1024 ** 2)), 'too_large'],
    ['empty', gzipSync(Buffer.alloc(0)), 'not_a_statement'],
  ])('%s', async (_, bytes, code) => {
    expect(await refusal(bytes)).toMatchObject({ code });
  });
});

describe('zip', () => {
  test('members are read one after the other, statements and lines counted through', async () => {
    const [camt, bai] = [await parts(CAMT), await parts(BAI)];
    const both = await parts(zip([
      { name: 'march/', data: Buffer.alloc(0), method: 0 }, { name: 'march/a.xml', data: CAMT }, { name: '__MACOSX/march/._a.xml', data: Buffer.from('x') },
      { name: 'march/Auszüge.txt', data: BAI, method: 0 },
    ], { comment: 'PK\x05\x06 from a bank' }));
    expect(both.map((part) => part.statement)).toEqual([...camt.map((part) => part.statement), ...bai.map((part) => part.statement + 1)]);
    expect(lines(both)).toEqual(Array.from({ length: lines(camt).length + lines(bai).length }, (_, i) => i + 1));
    expect(both.filter((part) => part.part === 'end').map((part) => part.head)).toEqual([...camt, ...bai].filter((part) => part.part === 'end').map((part) => part.head));
  });

  test('sizes and offsets in the ZIP64 fields', async () => {
    expect(lines(await parts(zip([{ name: 'a', data: BAI, zip64: true }, { name: 'b', data: BAI, zip64: true }], { zip64: true })))).toHaveLength(14);
  });

  test('a member that cannot be read among others is named, and the others are read', async () => {
    const all = await parts(zip([{ name: 'a\u202e".txt', data: Buffer.from('hello') }, { name: 'b', data: BAI }]));
    expect(all[0]).toMatchObject({ part: 'failed', statement: 0, code: 'not_a_statement', message: expect.stringContaining('member 1 of the archive ("a\\".txt")') });
    expect(all.filter((part) => part.part === 'end').map((part) => part.statement)).toEqual([1, 2, 3]);
  });

  test('a single member fails as by itself', async () => {
    expect(await refusal(zip([{ name: 'a', data: Buffer.from('hello') }]))).toMatchObject({ code: 'not_a_statement', message: expect.not.stringContaining('member') });
  });

  const good: Member = { name: 'a', data: BAI };
  const office = (...names: string[]): Buffer => zip(names.map((name) => ({ name, data: Buffer.from('x') })));

  test.each([
    ['a path upwards', zip([{ ...good, name: 'a/../../b' }]), 'malformed'],
    ['a path upwards with backslashes', zip([{ ...good, name: '..\\b' }]), 'malformed'],
    ['an absolute path', zip([{ ...good, name: '/etc/passwd' }]), 'malformed'],
    ['a drive', zip([{ ...good, name: 'C:\\a' }]), 'malformed'],
    ['a name with NUL', zip([{ ...good, name: 'a\0.xml' }]), 'malformed'],
    ['a symbolic link', zip([good, { name: 'b', data: Buffer.from('a'), mode: 0o120777 }]), 'malformed'],
    ['encrypted', zip([{ ...good, flags: 0x0001 }]), 'password_protected'],
    ['encrypted with AES', zip([{ ...good, method: 99 }]), 'password_protected'],
    ['another method', zip([{ ...good, method: 14 }]), 'unsupported_format'],
    ['too many members', zip([], { count: 1_001 }), 'too_large'],
    ['a ratio said', zip([{ name: 'a', data: Buffer.alloc(50 * 1024 ** 2) }]), 'too_large'],
    ['a total said', zip(Array.from({ length: 5 }, (_, i) => ({ ...good, name: `${i}`, packed: Buffer.alloc(5 * 1024 ** 2), size: 1024 ** 3 }))), 'too_large'],
    ['a size not said', zip([{ name: 'a', data: Buffer.alloc(50 * 1024 ** 2), size: 1_000 }]), 'too_large'],
    ['a wrong size', zip([{ ...good, size: BAI.length + 1 }]), 'malformed'],
    ['a wrong checksum', zip([{ ...good, crc: 1 }]), 'malformed'],
    ['damaged data', zip([{ ...good, packed: Buffer.from('ffffffff', 'hex') }]), 'malformed'],
    ['members that share bytes', zip([good, { ...good, offset: 0 }]), 'malformed'],
    ['another name at its place', zip([{ ...good, local_name: 'b' }]), 'malformed'],
    ['a place outside', zip([{ ...good, offset: 0xfffffff }]), 'malformed'],
    ['a directory outside', zip([], { count: 1 }), 'malformed'],
    ['cut', zip([good]).subarray(0, -30), 'truncated'],
    ['empty', zip([]), 'not_a_statement'],
    ['zip in zip', zip([{ name: 'a.zip', data: zip([good]) }]), 'unsupported_format'],
    ['gzip in zip', zip([{ name: 'a.gz', data: gzipSync(BAI) }]), 'unsupported_format'],
  ])('%s', async (_, bytes, code) => {
    expect(await refusal(bytes)).toMatchObject({ code });
  });

  test.each([
    ['an Excel workbook', office('[Content_Types].xml', 'xl/workbook.xml')], ['a Word document', office('[Content_Types].xml', 'word/document.xml')],
    ['an OpenDocument file', office('mimetype', 'META-INF/manifest.xml', 'content.xml')],
  ])('%s is refused by name', async (name, bytes) => {
    expect(await refusal(bytes)).toMatchObject({ code: 'unsupported_format', message: expect.stringContaining(name) });
  });
});
