import type { Tx } from '../platform/database.ts';

/**
 * What every stage's job is given and gives back. A job works inside the runner's transaction: what it saves is committed
 * together with the task's end, or not at all. It knows nothing of queues, and throws a Failure when it cannot go on.
 */
export interface StageContext {
  readonly tx: Tx;
  /** Folder with rules and profiles. */
  readonly rules_folder: string;
  /** Aborted when the worker must stop; a job that is long looks at it between chunks. */
  readonly signal: AbortSignal;
}

/** extract, normalize and validate work on one document; the state says where it stands afterwards. */
export type DocumentJob = (document_id: bigint, context: StageContext) => Promise<DocumentOutcome>;
export type DocumentOutcome =
  | { readonly state: 'extracted' | 'normalized' | 'validated' }
  | { readonly state: 'quarantined'; readonly failed_check: string };

/** reconcile works on all documents of a run that are of one company, the recorded batch. */
export type BatchJob = (batch: { readonly run_id: bigint; readonly company: string }, context: BatchContext) => Promise<void>;
export interface BatchContext extends StageContext {
  /** Gathers a document's evidence anew (the validate stage's job): the books have moved on since it was gathered. */
  readonly gatherEvidence: DocumentJob;
  /**
   * Gathers the evidence of single entries of a company, decided before or not, as the books stand in this transaction, and adds it as one
   * chunk to the table `open_evidence`, which is the transaction's own.
   */
  readonly gatherOpenEvidence: (company: string, entry_ids: readonly bigint[], context: StageContext) => Promise<void>;
}
