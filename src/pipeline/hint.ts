import { z } from 'zod';
import type { Stage } from '../core/stage.ts';

/** What a queue carries: which task may be due, and under which epoch. Nothing else, so a late or a forged job can do no harm. */
export interface Hint {
  readonly stage: Stage;
  readonly task_id: bigint;
  readonly epoch: number;
}

/**
 * The version of what workers leave for one another: hints in the queue, and in Postgres what a stage reads of the one before. To be raised
 * with every change that workers of the version before would not understand; what those leave must be understood for as long as they may
 * run beside this one.
 */
export const VERSION = 1;

const PAYLOAD = z.object({ v: z.literal(VERSION), task_id: z.string().regex(/^\d{1,19}$/), epoch: z.int().nonnegative() });
const NEWER_PAYLOAD = z.object({ v: z.int().gt(VERSION) });

/** A job's payload. The id is a string: a queue's JSON loses digits above 2^53. */
export function hintPayload(hint: Hint): z.infer<typeof PAYLOAD> {
  return { v: VERSION, task_id: String(hint.task_id), epoch: hint.epoch };
}

/** The hint in a job's payload; `newer` when it is for workers of a later version, undefined when it is none. */
export function parseHint(stage: Stage, payload: unknown): Hint | 'newer' | undefined {
  const parsed = PAYLOAD.safeParse(payload);
  if (parsed.success) return { stage, task_id: BigInt(parsed.data.task_id), epoch: parsed.data.epoch };
  return NEWER_PAYLOAD.safeParse(payload).success ? 'newer' : undefined;
}

/** A job's id. It carries the epoch because a queue silently ignores a job whose id it has kept. */
export function hintJobId(hint: Hint): string {
  return `task-${hint.task_id}-${hint.epoch}`;
}
