import { setTimeout as sleep } from 'node:timers/promises';
import { extractJob as ownJob } from '../../../src/stages/extract/job.ts';
import type { DocumentJob } from '../../../src/stages/contract.ts';

/** The stage's own job, which takes as many milliseconds longer as the document's name says: `slow-2000.xml`. */
export const extractJob: DocumentJob = async (document_id, context) => {
  const { path } = await context.tx.kysely.selectFrom('document').select('path').where('document_id', '=', document_id).executeTakeFirstOrThrow();
  await sleep(Number(/slow-(\d+)/.exec(path)?.[1] ?? 0), undefined, { signal: context.signal });
  return ownJob(document_id, context);
};
