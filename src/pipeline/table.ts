import type { Stage } from '../core/stage.ts';
import type { BatchJob, DocumentJob } from '../stages/contract.ts';

/** What the runner knows of a stage. Every stage has a queue and a dead-letter queue; see queueName. */
export interface StageRow<Job = DocumentJob | BatchJob> {
  readonly job: Job;
  /** The stage that a document goes on to; null: the document waits at the run's barrier. */
  readonly next: Exclude<Stage, 'reconcile'> | null;
  /** How often a task may fail before it is dead. Only failures that may pass by themselves are tried again. */
  readonly attempts: number;
  /** The pause after the first failure; it doubles with each further one up to the longest, half of it random. */
  readonly first_backoff_ms: number;
  readonly longest_backoff_ms: number;
  /** The most tasks of the stage that one process works on at a time. */
  readonly concurrency: number;
  /** How long BullMQ believes in a worker that does not renew its lock. */
  readonly lock_ms: number;
  /** How long Postgres believes in a worker that does not renew its lease, by the database's clock. */
  readonly lease_ms: number;
  /** After this long the work is aborted as `timed_out`. */
  readonly limit_ms: number;
}

/** Stage → how it is run: the one place that declares the queues. */
export interface StageTable {
  readonly extract: StageRow<DocumentJob>;
  readonly normalize: StageRow<DocumentJob>;
  readonly validate: StageRow<DocumentJob>;
  readonly reconcile: StageRow<BatchJob>;
}

/** What a queue's name ends with: a stage's work, a stage's dead letters, or the schedules. */
export type QueueSuffix = Stage | `${Stage}-dead` | 'schedule';

/** The name in Redis or in the bullmq schema. The installation's id keeps two installations apart that share one of these. */
export function queueName(installation_id: string, suffix: QueueSuffix): string {
  return `${installation_id}-${suffix}`;
}

/** The pause before the next attempt, after `failures` failures (1 and up); `random` in [0, 1) spreads what failed together. */
export function backoffOf(row: StageRow, failures: number, random: number): number {
  const longest = Math.min(row.longest_backoff_ms, row.first_backoff_ms * 2 ** (failures - 1));
  return Math.round(longest * (0.5 + random / 2));
}
