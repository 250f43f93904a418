import { z } from 'zod';
import type { Stage } from '../core/stage.ts';

/** What a queue carries: which task may be due, and under which epoch. Nothing else, so a late or a forged job can do no harm. */
export interface Hint {
  readonly stage: Stage;
  readonly task_id: bigint;
  readonly epoch: number;
}

const PAYLOAD = z.object({ v: z.literal(1), task_id: z.string().regex(/^\d{1,19}$/), epoch: z.int().nonnegative() });

/** A job's payload. The id is a string: a queue's JSON loses digits above 2^53. */
export function hintPayload(hint: Hint): z.infer<typeof PAYLOAD> {
  return { v: 1, task_id: String(hint.task_id), epoch: hint.epoch };
}

/** The hint in a job's payload; undefined when it is none, for instance of a later version. */
export function parseHint(stage: Stage, payload: unknown): Hint | undefined {
  const parsed = PAYLOAD.safeParse(payload);
  return parsed.success ? { stage, task_id: BigInt(parsed.data.task_id), epoch: parsed.data.epoch } : undefined;
}

/** A job's id. It carries the epoch because a queue silently ignores a job whose id it has kept. */
export function hintJobId(hint: Hint): string {
  return `task-${hint.task_id}-${hint.epoch}`;
}
