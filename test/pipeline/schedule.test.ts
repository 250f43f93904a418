import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Queues } from '../../src/pipeline/backends.ts';
import { businessDateAt, findOverdue, followSchedule, listSchedules, removeSchedule, setSchedule, syncSchedules } from '../../src/pipeline/schedule.ts';
import { submitDocuments } from '../../src/pipeline/submit.ts';
import { startWorkers } from '../../src/pipeline/worker.ts';
import { testDatabase } from '../helpers/database.ts';
import { onBothQueues } from '../helpers/queue-backends.ts';
import { QUICK_SWEEPS, sampleStages, SILENT } from './sample-stages.ts';

const databases = { postgres: await testDatabase(), redis: await testDatabase() };

onBothQueues('a schedule', (queue) => {
  const db = databases[queue.backend];
  let queues: Queues;
  let inbox: string;
  beforeAll(async () => {
    queues = await queue.open(db, SILENT);
    inbox = await mkdtemp(join(tmpdir(), 'tieout-inbox-'));
    await writeFile(join(inbox, 'one.json'), '{"id":"one"}');
  });
  afterAll(() => rm(inbox, { recursive: true }));

  const runsOf = (name: string) => db.kysely.selectFrom('run').select(['business_date', 'kind']).where('schedule', '=', name).orderBy('run_id').execute();

  it('fires through BullMQ, and runs once per business date', async () => {
    await setSchedule(db, { name: 'every-second', cron: '* * * * * *', tz: 'Pacific/Kiritimati', inbox });
    const workers = startWorkers({ db, queues, table: sampleStages(), rules_folder: '', log: SILENT, concurrency: 2, intervals: QUICK_SWEEPS });
    try {
      await vi.waitFor(async () => expect(await runsOf('every-second')).toHaveLength(1), { timeout: 10_000, interval: 100 });
      const now = Date.now();
      await Promise.all([1, 2].map(() => followSchedule(db, queues, SILENT, { v: 1, schedule: 'every-second' }, now)));
      expect(await runsOf('every-second')).toEqual([{ business_date: businessDateAt(now, 'Pacific/Kiritimati'), kind: 'schedule' }]);
    } finally {
      await removeSchedule(db, 'every-second');
      await workers.close(5_000);
    }
  });

  it('that two workers follow at the same moment submits one run', async () => {
    const schedule = { name: 'contended', business_date: '2026-03-02' };
    const run_ids = await Promise.all([1, 2, 3].map(() => submitDocuments(db, queues, SILENT, { kind: 'schedule', sources: [], schedule })));
    expect(run_ids.filter((run_id) => run_id !== undefined)).toHaveLength(1);
  });

  it('is registered again when the queue was wiped, and forgotten when it is removed', async () => {
    await setSchedule(db, { name: 'nightly', cron: '0 2 * * *', tz: 'Europe/Berlin', inbox });
    const registered = async () => (await queues.queue('schedule').getJobSchedulers()).map(({ pattern, tz }) => ({ pattern, tz }));
    for (const lose of [() => {}, () => queue.wipe(db)]) {
      await lose();
      await syncSchedules(db, queues, SILENT);
      expect(await registered()).toEqual([{ pattern: '0 2 * * *', tz: 'Europe/Berlin' }]);
    }
    await setSchedule(db, { name: 'nightly', cron: '0 3 * * *', tz: 'Europe/Berlin', inbox });
    await syncSchedules(db, queues, SILENT);
    expect(await registered()).toEqual([{ pattern: '0 3 * * *', tz: 'Europe/Berlin' }]);
    expect((await listSchedules(db)).map(({ name }) => name)).toEqual(['nightly']);
    await removeSchedule(db, 'nightly');
    await syncSchedules(db, queues, SILENT);
    expect(await registered()).toEqual([]);
    await expect(removeSchedule(db, 'nightly')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('makes up for a firing that the queue forgot', async () => {
    await setSchedule(db, { name: 'forgotten', cron: '0 2 * * *', tz: 'UTC', inbox });
    await db.kysely.updateTable('schedule').set({ created_at: '2020-01-01T00:00:00Z' }).where('name', '=', 'forgotten').execute();
    await syncSchedules(db, queues, SILENT);
    await syncSchedules(db, queues, SILENT);
    expect(await runsOf('forgotten')).toHaveLength(1);
    await removeSchedule(db, 'forgotten');
  });

  it('is not run before its time by a worker whose clock is a day ahead', async () => {
    await setSchedule(db, { name: 'early', cron: '0 2 * * *', tz: 'UTC', inbox });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 86_400_000 });
    try {
      await syncSchedules(db, queues, SILENT);
      await followSchedule(db, queues, SILENT, { v: 1, schedule: 'early' }, Date.now());
    } finally {
      vi.useRealTimers();
      await removeSchedule(db, 'early');
    }
    expect(await runsOf('early')).toEqual([]);
  });

  it.each([
    { cron: '0 25 * * *' }, { cron: 'nightly' }, { tz: 'Europe/Nowhere' }, { name: 'a b' }, { inbox: '' },
  ])('is refused as %o', async (wrong) => {
    await expect(setSchedule(db, { name: 'x', cron: '0 2 * * *', tz: 'UTC', inbox: '/in', ...wrong })).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

describe('the business date', () => {
  const berlin = { name: 'n', cron: '0 2 * * *', tz: 'Europe/Berlin', inbox: '/in' };
  const at = (text: string): number => Date.parse(text);

  it('is the calendar\'s in the schedule\'s time zone', () => {
    expect(businessDateAt(at('2026-06-30T23:30:00Z'), 'Europe/Berlin')).toBe('2026-07-01');
    expect(businessDateAt(at('2026-06-30T23:30:00Z'), 'America/New_York')).toBe('2026-06-30');
  });

  it('is overdue a minute after the firing, and never from before the schedule was made', () => {
    const created = at('2026-01-01T00:00:00Z');
    expect(findOverdue(berlin, created, at('2026-07-01T00:00:30Z'))).toBeUndefined();
    expect(findOverdue(berlin, created, at('2026-07-01T00:01:00Z'))).toBe('2026-07-01');
    expect(findOverdue(berlin, at('2026-07-01T00:00:10Z'), at('2026-07-01T12:00:00Z'))).toBeUndefined();
    // 02:00 does not exist on the night the clocks go forward: the run is not skipped.
    expect(findOverdue(berlin, created, at('2026-03-29T12:00:00Z'))).toBe('2026-03-29');
  });
});
