import { planByIndex } from '../../platform/database.ts';
import type { Evidence } from '../../core/evidence.ts';
import type { Tx } from '../../platform/database.ts';
import type { BatchContext, DocumentJob } from '../contract.ts';
import type { Books, Leaf } from './contract.ts';
import * as store from './store.ts';
import { gatherEvidence, identifyLeaf, readLeaf } from './validate.ts';

/** Large enough that a chunk's dozen queries cost little per entry, small enough that its open items and evidence stay below some 50 MB. */
const CHUNK_LEAVES = 2_000;

/** Holds every leaf of a document against the books and keeps what it found out, chunk by chunk. Runs again over the same document, it replaces its evidence. */
export const validateJob: DocumentJob = async (document_id, { tx, signal }) => {
  await planByIndex(tx);
  await store.deleteEvidence(tx, document_id);
  const versions = await store.loadBooksVersions(tx, document_id);
  const blocked = await store.loadBlocked(tx);
  const shapes = new Map<string, ReadonlySet<string>>();
  let n = 0;
  let after = 0n;
  for (;;) {
    signal.throwIfAborted();
    const leaves = await store.loadLeaves(tx, document_id, after, CHUNK_LEAVES);
    if (leaves.length === 0) return { state: 'validated' };
    for (const [company, own] of Map.groupBy(leaves, (leaf: Leaf) => leaf.company)) {
      if (!shapes.has(company)) shapes.set(company, await store.loadShapes(tx, company));
      await store.saveEvidence(tx, document_id, n++, company, versions.get(company)!, await gatherChunk(tx, company, own, shapes.get(company)!, blocked, false));
    }
    after = leaves.at(-1)!.entry_id;
  }
};

/** See BatchContext: the same evidence for single entries, whatever document they came with. */
export const gatherOpenEvidence: BatchContext['gatherOpenEvidence'] = async (company, entry_ids, { tx }) => {
  const leaves = await store.loadLeavesOf(tx, entry_ids);
  await store.saveOpenEvidence(tx, await gatherChunk(tx, company, leaves, await store.loadShapes(tx, company), await store.loadBlocked(tx), true));
};

/** `on_the_books`: the leaves are, and others may have been decided since they came. */
async function gatherChunk(tx: Tx, company: string, leaves: readonly Leaf[], shapes: ReadonlySet<string>, blocked: store.Blocked, on_the_books: boolean): Promise<Evidence[]> {
  const read = leaves.map((leaf) => readLeaf(leaf, shapes));
  const { books, payers } = await store.loadBooks(tx, company, read, blocked);
  const identified = read.map((one, i) => identifyLeaf(one, books, payers[i]!));
  const wanted = [...new Set(identified.flatMap((one) => one.wanted))];
  const complete: Books = { ...books, openItems: await store.loadOpenItems(tx, company, wanted, blocked) };
  if (on_the_books) complete.settledSince = await store.loadSettledSince(tx, company, leaves, wanted, blocked);
  return identified.map((one) => gatherEvidence(one, complete));
}
