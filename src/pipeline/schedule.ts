import { defaultRepeatStrategy } from 'bullmq';
import { sql } from 'kysely';
import { z } from 'zod';
import { Failure } from '../core/failure.ts';
import type { Database } from '../platform/database.ts';
import type { Log } from '../platform/log.ts';
import type { Queues } from './backends.ts';
import { listSources, submitDocuments } from './submit.ts';

/** The schedules of the table `schedule`: each submits its inbox as a run, once per business date. */

export interface Schedule {
  readonly name: string;
  /** Five or six cron fields. */
  readonly cron: string;
  /** IANA name of the time zone in which the cron fields and the business date are meant. */
  readonly tz: string;
  /** The folder that is submitted. */
  readonly inbox: string;
}

// A queue that was wiped has forgotten what it should have done: what is overdue by more than this, and less than a day, is made up for.
const OVERDUE_MS = 60_000;
const CATCH_UP_MS = 24 * 60 * 60_000;
// Clocks that are kept by NTP differ by less.
const EARLY_MS = 10_000;
// A cron that fires every minute has one business date a day like any other: looking at more of its times finds nothing new.
const FIRINGS_MAX = 2 * 60 * 24;

/** Creates the schedule or changes it. Throws Failure('invalid_input') for a cron expression or a time zone that is none. */
export async function setSchedule(db: Database, schedule: Schedule): Promise<void> {
  assertSchedule(schedule);
  await db.kysely.insertInto('schedule').values({ ...schedule })
    .onConflict((conflict) => conflict.column('name').doUpdateSet((of) => ({ ...schedule, created_at: of.fn<string>('now') }))).execute();
}

export async function listSchedules(db: Database): Promise<(Schedule & { next_at: string })[]> {
  const schedules = await db.kysely.selectFrom('schedule').select(['name', 'cron', 'tz', 'inbox']).orderBy('name').execute();
  return schedules.map((schedule) => ({ ...schedule, next_at: new Date(nextFiring(schedule, Date.now())).toISOString() }));
}

/** Throws Failure('not_found') when there is no such schedule. */
export async function removeSchedule(db: Database, name: string): Promise<void> {
  const { numDeletedRows } = await db.kysely.deleteFrom('schedule').where('name', '=', name).executeTakeFirst();
  if (numDeletedRows === 0n) throw new Failure('not_found', `there is no schedule ${name}; see: tieout schedule list`);
}

/** The calendar date in a time zone at an instant, in milliseconds since 1970. */
export function businessDateAt(instant_ms: number, tz: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: tz, year: 'numeric', month: '2-digit', day: '2-digit' }).format(instant_ms);
}

const PAYLOAD = z.object({ v: z.literal(1), schedule: z.string() });

/**
 * Follows a scheduler's job: submits the schedule's inbox for the business date of the time it was meant for. A job that comes before its time,
 * because a worker's clock is ahead, is dropped: a business date runs once, and the night's documents are not there yet. Overdue, it is made up for.
 */
export async function followSchedule(db: Database, queues: Queues, log: Log, payload: unknown, meant_for_ms: number): Promise<void> {
  const parsed = PAYLOAD.safeParse(payload);
  if (!parsed.success) return;
  const schedule = await db.kysely.selectFrom('schedule').select(['name', 'cron', 'tz', 'inbox'])
    .where('name', '=', parsed.data.schedule).executeTakeFirst();
  if (!schedule) return;
  if (meant_for_ms > await databaseTime(db) + EARLY_MS) return log.warn({ schedule: schedule.name, clock_ms: Date.now() }, 'a schedule was to run before its time; is a clock wrong?');
  await submitInbox(db, queues, log, schedule, businessDateAt(meant_for_ms, schedule.tz));
}

/** Makes BullMQ's schedulers those of the table, and submits what is overdue because a queue had forgotten it. */
export async function syncSchedules(db: Database, queues: Queues, log: Log): Promise<void> {
  const schedules = await db.kysely.selectFrom('schedule').select(['name', 'cron', 'tz', 'inbox', 'created_at']).execute();
  const now_ms = await databaseTime(db);
  const queue = queues.queue('schedule');
  const registered = new Map((await queue.getJobSchedulers()).map((scheduler) => [scheduler.key, scheduler]));
  for (const schedule of schedules) {
    const id = schedulerId(schedule.name);
    const found = registered.get(id);
    registered.delete(id);
    if (found?.pattern !== schedule.cron || found.tz !== schedule.tz) {
      await queue.upsertJobScheduler(id, { pattern: schedule.cron, tz: schedule.tz }, { name: 'schedule', data: { v: 1, schedule: schedule.name },
        opts: { attempts: 5, backoff: { type: 'exponential', delay: 10_000, jitter: 0.5 }, removeOnComplete: true, removeOnFail: true } });
    }
    const business_date = findOverdue(schedule, Date.parse(schedule.created_at), now_ms);
    if (business_date !== undefined) await submitInbox(db, queues, log, schedule, business_date);
  }
  for (const id of registered.keys()) await queue.removeJobScheduler(id);
}

/** The business date of the last firing before `now_ms` that is overdue; undefined when there is none since the schedule was made. */
export function findOverdue(schedule: Schedule, created_ms: number, now_ms: number): string | undefined {
  let last: number | undefined;
  let firing = nextFiring(schedule, Math.max(created_ms, now_ms - CATCH_UP_MS));
  for (let n = 0; n < FIRINGS_MAX && firing <= now_ms - OVERDUE_MS; n++) {
    last = firing;
    firing = nextFiring(schedule, firing);
  }
  return last === undefined ? undefined : businessDateAt(last, schedule.tz);
}

async function submitInbox(db: Database, queues: Queues, log: Log, { name, inbox }: Schedule, business_date: string): Promise<void> {
  const known = await db.kysely.selectFrom('run').select('run_id').where('schedule', '=', name).where('business_date', '=', business_date).executeTakeFirst();
  if (known) return;
  const run_id = await submitDocuments(db, queues, log, {
    kind: 'schedule', sources: await listSources([inbox]), schedule: { name, business_date },
  });
  if (run_id !== undefined) log.info({ schedule: name, business_date, run_id: String(run_id) }, 'a schedule has submitted its inbox');
}

/** Milliseconds since 1970 by the one clock that all workers share. */
async function databaseTime(db: Database): Promise<number> {
  const { rows: [clock] } = await sql<{ now_ms: number }>`select extract(epoch from clock_timestamp())::float8 * 1000 as now_ms`.execute(db.kysely);
  return clock!.now_ms;
}

function assertSchedule({ name, cron, tz, inbox }: Schedule): void {
  if (!/^[A-Za-z0-9_-]{1,60}$/.test(name)) throw new Failure('invalid_input', `${name} is no name for a schedule; use letters, digits, - and _`);
  if (inbox === '') throw new Failure('invalid_input', 'a schedule needs an inbox; for example --inbox /srv/statements');
  try {
    new Intl.DateTimeFormat('en', { timeZone: tz });
  } catch (error) {
    throw new Failure('invalid_input', `${tz} is no time zone; for example --tz Europe/Berlin`, null, error);
  }
  try {
    nextFiring({ cron, tz }, Date.now());
  } catch (error) {
    throw new Failure('invalid_input', `${cron} is no cron expression (${(error as Error).message}); for example --cron '0 2 * * *'`, null, error);
  }
}

function nextFiring({ cron, tz }: Pick<Schedule, 'cron' | 'tz'>, after_ms: number): number {
  return defaultRepeatStrategy(after_ms, { pattern: cron, tz }) as number;
}

function schedulerId(name: string): string {
  return `schedule-${name}`;
}
