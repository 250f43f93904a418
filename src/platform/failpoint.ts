import { channel } from 'node:diagnostics_channel';

/**
 * The steps of the pipeline between which a process may die: whatever leaves this process, or comes in. Tests end it before and after each.
 * Nothing in this program listens, and no variable or option makes it: only a module that a test loads into the process does.
 */
export const STEPS = [
  // What comes in.
  'file read', 'blob read',
  // What becomes durable in Postgres.
  'blob commit', 'submission commit', 'claim commit', 'lease commit', 'extract commit', 'normalize commit', 'validate commit', 'reconcile commit',
  'failure commit', 'barrier commit', 'release commit', 'sweep commit', 'retry commit', 'discard commit',
  // What a queue is told.
  'submission enqueue', 'task enqueue', 'batch enqueue', 'release enqueue', 'sweep enqueue', 'retry enqueue', 'acknowledgement',
  'dead letter shown', 'dead letter withdrawn',
] as const;
export type Step = typeof STEPS[number];
export type Failpoint = `before ${Step}` | `after ${Step}`;

/** On this channel of node:diagnostics_channel each failpoint is published as it is reached, synchronously, if somebody listens. */
export const FAILPOINT_CHANNEL = 'tieout:failpoint';
const reached = channel(FAILPOINT_CHANNEL);

export function reach(failpoint: Failpoint): void {
  if (reached.hasSubscribers) reached.publish(failpoint);
}

/** Takes the step, with its failpoints around it. */
export async function take<T>(step: Step, work: () => Promise<T>): Promise<T> {
  reach(`before ${step}`);
  const result = await work();
  reach(`after ${step}`);
  return result;
}
