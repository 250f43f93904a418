import { planByIndex } from '../../platform/database.ts';
import type { DocumentJob } from '../contract.ts';
import type { Books, Leaf } from './contract.ts';
import { deleteEvidence, loadBlocked, loadBooks, loadBooksVersions, loadLeaves, loadOpenItems, loadShapes, saveEvidence } from './store.ts';
import { gatherEvidence, identifyLeaf, readLeaf } from './validate.ts';

/** Large enough that a chunk's dozen queries cost little per entry, small enough that its open items and evidence stay below some 50 MB. */
const CHUNK_LEAVES = 2_000;

/** Holds every leaf of a document against the books and keeps what it found out, chunk by chunk. Runs again over the same document, it replaces its evidence. */
export const validateJob: DocumentJob = async (document_id, { tx, signal }) => {
  await planByIndex(tx);
  await deleteEvidence(tx, document_id);
  const versions = await loadBooksVersions(tx, document_id);
  const blocked = await loadBlocked(tx);
  const shapes = new Map<string, ReadonlySet<string>>();
  let n = 0;
  let after = 0n;
  for (;;) {
    signal.throwIfAborted();
    const leaves = await loadLeaves(tx, document_id, after, CHUNK_LEAVES);
    if (leaves.length === 0) return { state: 'validated' };
    for (const [company, own] of Map.groupBy(leaves, (leaf: Leaf) => leaf.company)) {
      if (!shapes.has(company)) shapes.set(company, await loadShapes(tx, company));
      const known = shapes.get(company)!;
      const read = own.map((leaf) => readLeaf(leaf, known));
      const books = await loadBooks(tx, company, read, blocked);
      const identified = read.map((one) => identifyLeaf(one, books));
      const wanted = new Set(identified.flatMap((one) => one.wanted));
      const complete: Books = { ...books, openItems: await loadOpenItems(tx, company, [...wanted], blocked) };
      await saveEvidence(tx, document_id, n++, company, versions.get(company)!, identified.map((one) => gatherEvidence(one, complete)));
    }
    after = leaves.at(-1)!.entry_id;
  }
};
