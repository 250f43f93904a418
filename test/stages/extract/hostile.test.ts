import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../../src/core/failure.ts';
import { extract } from '../../../src/stages/extract/extract.ts';

/** Documents made to take all time or memory: each is refused by a code, within a second of the processor's time. */
const LIMIT_MS = 1_000;

const xml = (inner: string): string => `<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>${inner}</Stmt></BkToCstmrStmt></Document>`;
const mt940 = (inner: string): string => `:20:X\n:25:1\n:28C:1/1\n:60F:C260301EUR0,\n${inner}:62F:C260301EUR0,\n-\n`;
const ofx = (inner: string): string => `OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKTRANLIST>${inner}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>`;
const csv = (inner: string): string => `Date,Description,Amount\n2026-03-02,a,1.00\n${inner}`;
const bai2 = (inner: string): string => `01,S,R,260303,0500,1,,,2/\n02,,B,1,260302,,USD,2/\n03,1,,010,0,,/\n${inner}49,0,2/\n98,0,1,4/\n99,0,1,6/\n`;

const MANY = 200_000;

describe('is refused within a second', () => {
  test.each<[string, () => string | Buffer, string]>([
    ['entities that expand to billions', () => `<?xml version="1.0"?><!DOCTYPE a [${Array.from({ length: 12 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join('')}]><Document>&e12;</Document>`, 'malformed'],
    ['one long entity, many times', () => `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "${'x'.repeat(MANY)}">]><Document>${'&x;'.repeat(MANY)}</Document>`, 'malformed'],
    ['a DOCTYPE that reads a file', () => '<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><Document/>', 'malformed'],
    ['elements in elements', () => '<a>'.repeat(MANY), 'too_large'],
    ['attributes without end', () => `<Document ${Array.from({ length: MANY }, (_, i) => `a${i}="1"`).join(' ')}/>`, 'too_large'],
    ['the same attribute again', () => `<Document ${'a="1" '.repeat(MANY)}/>`, 'malformed'],
    ['names without end', () => xml(Array.from({ length: MANY }, (_, i) => `<n${i}/>`).join('')), 'too_large'],
    ['a comment that is never closed', () => `<Document><!--${'-'.repeat(10 * MANY)}`, 'too_large'],
    ['remittance lines without end', () => xml(`<Ntry><NtryDtls><TxDtls><RmtInf>${'<Ustrd>a</Ustrd>'.repeat(MANY)}</RmtInf></TxDtls></NtryDtls></Ntry>`), 'too_large'],
    ['references to characters', () => xml(`<Id>${'&#65;'.repeat(5 * MANY)}</Id>`), 'too_large'],
    ['a line without end', () => mt940(`:86:${'x'.repeat(10 * MANY)}`), 'too_large'],
    ['a field without end', () => mt940(`:61:2603020302C1,NTRF\n:86:${'x\n'.repeat(MANY)}`), 'too_large'],
    ['fields 86 without end', () => mt940(`:61:2603020302C1,NTRF\n${':86:x\n'.repeat(MANY)}`), 'too_large'],
    ['aggregates in aggregates', () => ofx('<A>'.repeat(MANY)), 'too_large'],
    ['a tag that is never closed', () => `OFXHEADER:100\n\n<OFX><STMTTRN ${'a '.repeat(5 * MANY)}`, 'too_large'],
    ['open tags', () => `OFXHEADER:100\n\n<OFX>${'<'.repeat(5 * MANY)}`, 'too_large'],
    ['continuations without end', () => bai2(`16,165,100,,,,x\n${'88,xxxxxxxxxxxxxxxx\n'.repeat(MANY)}`), 'too_large'],
    ['a digit string', () => bai2(`16,165,${'9'.repeat(5 * MANY)},,,,x/\n`), 'malformed'],
    ['a QIF record without end', () => `!Type:Bank\nD13/1/2026\nT1.00\n${'Mxxxxxxxx\n'.repeat(MANY)}`, 'too_large'],
    ['a quotation mark that is never closed', () => csv(`2026-03-02,"${'a\n'.repeat(5 * MANY)}`), 'too_large'],
    ['quotation marks alone', () => csv('"'.repeat(5 * MANY)), 'too_large'],
    ['delimiters alone', () => csv(','.repeat(MANY)), 'too_large'],
    ['a gzip file of nothing', () => gzipSync(Buffer.alloc(50_000_000)), 'too_large'],
    ['a gzip file in a gzip file', () => gzipSync(gzipSync(csv(''))), 'unsupported_format'],
  ])('%s', async (_, make, code) => {
    const bytes = Buffer.from(make());
    const before = process.cpuUsage();
    const failed = await Array.fromAsync(extract({ size: bytes.length, async *read() { for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536); } }, { profiles: [] }))
      .then((parts) => parts.find((part) => part.part === 'failed') ?? parts.map((part) => part.part).join(), (error: unknown) => error);
    const { user, system } = process.cpuUsage(before);
    expect(failed).toMatchObject({ code });
    if (failed instanceof Failure) expect(failed.message.length).toBeLessThan(1_000);
    expect((user + system) / 1_000).toBeLessThan(LIMIT_MS);
  });
});
