import { SNIFF_BYTES, type DocumentSource } from './contract.ts';

/** A document's first bytes, at most SNIFF_BYTES: what it is recognised by. */
export async function sniff(source: DocumentSource): Promise<Buffer> {
  const blocks: Buffer[] = [];
  let size = 0;
  for await (const block of source.read()) {
    blocks.push(block);
    size += block.length;
    if (size >= SNIFF_BYTES) break;
  }
  return Buffer.concat(blocks).subarray(0, SNIFF_BYTES);
}
