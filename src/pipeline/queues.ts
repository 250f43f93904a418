import { extractJob } from '../stages/extract/job.ts';
import { normalizeJob } from '../stages/normalize/job.ts';
import { reconcileJob } from '../stages/reconcile/job.ts';
import { validateJob } from '../stages/validate/job.ts';
import type { StageTable } from './table.ts';

// A worker that was killed is missed after its lease, within the 30 seconds that recovery may take; shorter, and a machine that is
// merely slow, or a stage that computes for some seconds without a pause, would lose its work to another worker again and again.
const LOCK_MS = 10_000;
const LEASE_MS = 12_000;

// The first pause is longer than a deadlock takes to pass, the longest shorter than anyone would wait for a restarted database.
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

// Longer is hanging, not working. To hold a million lines against the books took more than a quarter of an hour on two processors with ten times the work
// that they can do; to read them never did.
const READING_LIMIT_MS = 15 * 60_000;
const LIMIT_MS = 60 * 60_000;

const DOCUMENT = {
  // Five tries with the pauses above outlast a database that restarts.
  attempts: 5, first_backoff_ms: FIRST_BACKOFF_MS, longest_backoff_ms: LONGEST_BACKOFF_MS, concurrency: 4, lock_ms: LOCK_MS, lease_ms: LEASE_MS,
  limit_ms: LIMIT_MS,
};

/** The stages as shipped. */
export const STAGE_TABLE: StageTable = {
  // Whatever kills or exhausts the reading process does so again: fewer tries.
  extract: { ...DOCUMENT, job: extractJob, next: 'normalize', attempts: 3, limit_ms: READING_LIMIT_MS },
  normalize: { ...DOCUMENT, job: normalizeJob, next: 'validate' },
  validate: { ...DOCUMENT, job: validateJob, next: null },
  // A batch holds all of a company's evidence in memory: one at a time.
  reconcile: { ...DOCUMENT, job: reconcileJob, next: null, concurrency: 1 },
};
