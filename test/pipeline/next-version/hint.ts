import { z } from 'zod';
import type { Stage } from '../../../src/core/stage.ts';
import type { Hint } from '../../../src/pipeline/hint.ts';

/** src/pipeline/hint.ts as the next version may have it: what a hint says has another shape, and today's is understood still. */
export const VERSION = 2;

const TODAY = z.object({ v: z.literal(1), task_id: z.string().regex(/^\d{1,19}$/), epoch: z.int().nonnegative() });
const PAYLOAD = z.object({ v: z.literal(VERSION), task: z.object({ id: z.string().regex(/^\d{1,19}$/), epoch: z.int().nonnegative() }) });
const NEWER_PAYLOAD = z.object({ v: z.int().gt(VERSION) });

export function hintPayload(hint: Hint): z.infer<typeof PAYLOAD> {
  return { v: VERSION, task: { id: String(hint.task_id), epoch: hint.epoch } };
}

export function parseHint(stage: Stage, payload: unknown): Hint | 'newer' | undefined {
  const today = TODAY.safeParse(payload);
  if (today.success) return { stage, task_id: BigInt(today.data.task_id), epoch: today.data.epoch };
  const parsed = PAYLOAD.safeParse(payload);
  if (parsed.success) return { stage, task_id: BigInt(parsed.data.task.id), epoch: parsed.data.task.epoch };
  return NEWER_PAYLOAD.safeParse(payload).success ? 'newer' : undefined;
}

export function hintJobId(hint: Hint): string {
  return `task-${hint.task_id}-${hint.epoch}`;
}
