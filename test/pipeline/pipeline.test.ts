import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import type { Queues } from '../../src/pipeline/backends.ts';
import { hintPayload } from '../../src/pipeline/hint.ts';
import { findRunSummary } from '../../src/pipeline/run.ts';
import { followHint, type Runner } from '../../src/pipeline/runner.ts';
import { submitDocuments } from '../../src/pipeline/submit.ts';
import { exitStatusOf, type RunSummary } from '../../src/pipeline/summary.ts';
import { sweepTasks } from '../../src/pipeline/sweeper.ts';
import { startWorkers, type Workers } from '../../src/pipeline/worker.ts';
import { testDatabase } from '../helpers/database.ts';
import { onBothQueues } from '../helpers/queue-backends.ts';
import { createSampleCompanies, QUICK_SWEEPS, sampleSource, sampleStages, SILENT, type Hooks, type SampleDocument } from './sample-stages.ts';

const databases = { postgres: await testDatabase(), redis: await testDatabase() };

onBothQueues('the pipeline', (queue) => {
  const db = databases[queue.backend];
  let queues: Queues;
  beforeAll(async () => {
    queues = await queue.open(db, SILENT);
    await createSampleCompanies(db);
  });

  function work(hooks: Hooks = {}): Workers {
    return startWorkers({ db, queues, table: sampleStages(hooks), rules_folder: '', log: SILENT, concurrency: 3, intervals: QUICK_SWEEPS });
  }

  async function submit(...documents: SampleDocument[]): Promise<bigint> {
    return (await submitDocuments(db, queues, SILENT, { kind: 'submit', sources: documents.map(sampleSource) }))!;
  }

  async function finished(run_id: bigint): Promise<RunSummary> {
    return vi.waitFor(async () => {
      const summary = await findRunSummary(db, run_id);
      if (!summary) throw new Error(`run ${run_id} is not finished: ${JSON.stringify(await tasksOf(run_id))}`);
      return summary;
    }, { timeout: 20_000, interval: 30 });
  }

  async function tasksOf(run_id: bigint) {
    const { rows } = await sql<{ stage: string; state: string; attempts: number; epoch: number }>`
      select t.stage, t.state, t.attempts, t.epoch from task t left join document d using (document_id)
       where coalesce(t.run_id, d.run_id) = ${run_id} order by task_id`.execute(db.kysely);
    return rows;
  }

  async function during<T>(hooks: Hooks, use: (workers: Workers) => Promise<T>): Promise<T> {
    const workers = work(hooks);
    return use(workers).finally(() => workers.close(5_000));
  }

  it('brings every document of a run to its end and sums it up', async () => {
    await during({}, async () => {
      const both = { id: randomUUID(), amounts: { north: [1050, -200], south: [300] } };
      const summary = await finished(await submit(
        both, { id: randomUUID(), amounts: { north: [1] } }, { id: randomUUID(), amounts: { south: [-7] }, failed_check: 'ties_out' }, both, { id: randomUUID() }));
      expect(summary.documents).toEqual({ submitted: 5, reconciled: 3, quarantined: 1, duplicate: 1, dead_lettered: 0 });
      expect(summary.entries).toEqual({ total: 8, auto: 4, review: 0, suspense: 0, duplicate: 3, quarantined: 1, pending: 0 });
      expect(summary.amounts).toEqual([
        { currency: 'EUR', outcome: 'auto', debits: '-2.00', credits: '13.51', count: 4 },
        { currency: 'EUR', outcome: 'duplicate', debits: '-2.00', credits: '13.50', count: 3 },
        { currency: 'EUR', outcome: 'quarantined', debits: '-0.07', credits: '0.00', count: 1 },
      ]);
      expect(summary.balanced).toBe(true);
      expect(summary.log_head).toMatch(/^sha256:/);
      expect(exitStatusOf(summary)).toBe(0);
    });
  });

  it('says so when an entry has no decision', async () => {
    const table = sampleStages();
    const forgetful = { ...table, reconcile: { ...table.reconcile, job: async () => {} } };
    const workers = startWorkers({ db, queues, table: forgetful, rules_folder: '', log: SILENT, concurrency: 3, intervals: QUICK_SWEEPS });
    try {
      const summary = await finished(await submit({ id: randomUUID(), amounts: { north: [5] } }));
      expect(summary.balanced).toBe(false);
      expect(exitStatusOf(summary)).toBe(1);
    } finally {
      await workers.close(5_000);
    }
  });

  it('finishes a run that has nothing left to do', async () => {
    expect((await finished(await submit())).documents.submitted).toBe(0);
  });

  it('tries again what may pass by itself', async () => {
    let attempts = 0;
    await during({ extract() {
      if (++attempts < 3) throw new Failure('conflict', 'not now');
    } }, async () => {
      const run_id = await submit({ id: randomUUID() });
      expect((await finished(run_id)).documents.reconciled).toBe(1);
      expect((await tasksOf(run_id))[0]).toEqual({ stage: 'extract', state: 'done', attempts: 3, epoch: 0 });
    });
  });

  it('gives up after the attempts of the table', async () => {
    let attempts = 0;
    await during({ validate() {
      attempts++;
      throw new Failure('timed_out', 'never in time');
    } }, async () => {
      const run_id = await submit({ id: randomUUID() });
      expect(exitStatusOf(await finished(run_id))).toBe(2);
      expect(attempts).toBe(3);
      const letter = await db.kysely.selectFrom('dead_letter').selectAll().where('run_id', '=', run_id).executeTakeFirstOrThrow();
      expect(letter).toMatchObject({ stage: 'validate', code: 'timed_out', message: 'never in time', attempts: 3 });
      const failures = await db.kysely.selectFrom('task_failure').select('code').where('task_id', '=', letter.task_id).execute();
      expect(failures).toHaveLength(3);
    });
  });

  it('buries at once what cannot pass, and what nobody foresaw, with text that no queue and no database takes', async () => {
    let attempts = 0;
    await during({ extract() {
      attempts++;
      throw new TypeError('bad \0 byte and \ud800 surrogate');
    } }, async () => {
      const run_id = await submit({ id: randomUUID() });
      await finished(run_id);
      expect(attempts).toBe(1);
      const letter = await db.kysely.selectFrom('dead_letter').select(['code', 'message']).where('run_id', '=', run_id).executeTakeFirstOrThrow();
      expect(letter).toEqual({ code: 'bug', message: 'bad \ufffd byte and \ufffd surrogate' });
    });
  });

  it('leaves the documents of a dead batch dead, and those of others alone', async () => {
    await during({ reconcile(company) {
      if (company === 'south') throw new Failure('configuration', 'no rules');
    } }, async () => {
      const summary = await finished(await submit({ id: randomUUID(), amounts: { north: [1] } }, { id: randomUUID(), amounts: { south: [1] } },
        { id: randomUUID(), amounts: { north: [1], south: [1] } }));
      expect(summary.documents).toMatchObject({ reconciled: 1, dead_lettered: 2 });
      expect(summary.entries.total).toBe(1);
    });
  });

  it('goes on when the queue is wiped in the middle', async () => {
    const gate = Promise.withResolvers<void>();
    const workers = work({ extract: () => gate.promise });
    try {
      const run_id = await submit(...Array.from({ length: 12 }, () => ({ id: randomUUID(), amounts: { north: [1] } })));
      await vi.waitFor(async () => {
        expect((await tasksOf(run_id)).filter((task) => task.attempts > 0).length).toBeGreaterThan(0);
      }, { timeout: 5_000 });
      await queue.wipe(db);
      gate.resolve();
      const summary = await finished(run_id);
      expect(summary.documents.reconciled).toBe(12);
      expect(summary.entries.auto).toBe(12);
    } finally {
      await workers.close(5_000);
    }
  });

  it('begins again what a killed worker had in hand', async () => {
    const run_id = await submit({ id: randomUUID() });
    await sql`update task t set lease_token = gen_random_uuid(), lease_until = now() - interval '1 s', attempts = 1
      from document d where d.document_id = t.document_id and d.run_id = ${run_id}`.execute(db.kysely);
    await queue.wipe(db);
    await during({}, async () => {
      expect((await finished(run_id)).documents.reconciled).toBe(1);
      expect((await tasksOf(run_id))[0]).toMatchObject({ stage: 'extract', attempts: 2 });
      const { rows } = await sql`select f.code from task_failure f join task using (task_id) join document d using (document_id)
        where d.run_id = ${run_id}`.execute(db.kysely);
      expect(rows).toEqual([{ code: 'lease_lost' }]);
    });
  });

  it('gives what is in hand to other workers when it closes', async () => {
    const begun = Promise.withResolvers<void>();
    const leaving = work({ extract: async (_document, { signal }) => {
      begun.resolve();
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    } });
    const run_id = await submit({ id: randomUUID() });
    await begun.promise;
    const started_at = performance.now();
    await leaving.close(50);
    expect(performance.now() - started_at).toBeLessThan(20_000);
    expect(await tasksOf(run_id)).toEqual([{ stage: 'extract', state: 'due', attempts: 0, epoch: 1 }]);
    await during({}, async () => {
      expect((await finished(run_id)).documents.reconciled).toBe(1);
    });
  });

  it('counts a document that is known as a duplicate, and waits for one that another run has under way', async () => {
    const gate = Promise.withResolvers<void>();
    await during({ validate: () => gate.promise }, async () => {
      const document = { id: randomUUID(), amounts: { north: [4] } };
      const first = await submit(document);
      const second = await submit(document);
      await sleep(300);
      expect(await findRunSummary(db, second)).toBeUndefined();
      gate.resolve();
      for (const run_id of [first, second]) {
        expect(await finished(run_id)).toMatchObject({ documents: { reconciled: 1, duplicate: 0 }, entries: { auto: 1, total: 1 } });
      }
      const third = await finished(await submit(document));
      expect(third).toMatchObject({ documents: { reconciled: 0, duplicate: 1 }, entries: { duplicate: 1, total: 1 } });
    });
  });

  it('tries a dead document again when it is handed in again', async () => {
    let broken = true;
    await during({ extract() {
      if (broken) throw new Failure('malformed', 'broken');
    } }, async () => {
      const document = { id: randomUUID() };
      expect((await finished(await submit(document))).documents.dead_lettered).toBe(1);
      broken = false;
      expect((await finished(await submit(document))).documents.reconciled).toBe(1);
    });
  });

  describe('a hint', () => {
    let run_id: bigint;
    let task: { task_id: bigint; epoch: number };
    let begun: number;
    const submitOne = async (): Promise<void> => {
      begun = 0;
      run_id = await submit({ id: randomUUID() });
      ({ rows: [task] } = await sql<typeof task>`select task_id, epoch from task join document using (document_id)
        where document.run_id = ${run_id}`.execute(db.kysely) as { rows: [typeof task] });
    };
    const runner = (hooks: Hooks): Runner => (
      { db, queues, table: sampleStages(hooks), rules_folder: '', log: SILENT, stopping: new AbortController().signal });
    const follow = (epoch: number, hooks: Hooks = {}) => followHint(
      runner({ ...hooks, extract: async (...given) => {
        begun++;
        await hooks.extract?.(...given);
      } }), 'extract', hintPayload({ stage: 'extract', task_id: task.task_id, epoch }));

    it('of another epoch, or for a task that is done, is ignored', async () => {
      await submitOne();
      expect(await follow(task.epoch + 1)).toEqual({ ended: 'done' });
      await sql`update task set epoch = epoch + 1 where task_id = ${task.task_id}`.execute(db.kysely);
      expect(await follow(task.epoch)).toEqual({ ended: 'done' });
      expect(begun).toBe(0);
      await follow(task.epoch + 1);
      await follow(task.epoch + 1);
      expect(begun).toBe(1);
    });

    it('that comes twice is followed once', async () => {
      await submitOne();
      const gate = Promise.withResolvers<void>();
      const both = [follow(task.epoch, { extract: () => gate.promise }), follow(task.epoch, { extract: () => gate.promise })];
      await sleep(100);
      gate.resolve();
      await Promise.all(both);
      expect(begun).toBe(1);
    });

    it('whose task another worker has taken over leaves nothing behind', async () => {
      await submitOne();
      await follow(task.epoch, { async extract(_document, { tx }) {
        await sql`update document set failed_check = 'written by the slow worker' where run_id = ${run_id}`.execute(tx.kysely);
        await sql`update task set lease_token = gen_random_uuid() where task_id = ${task.task_id}`.execute(db.kysely);
      } });
      expect(begun).toBe(1);
      expect(await db.kysely.selectFrom('document').select(['state', 'failed_check']).where('run_id', '=', run_id).execute())
        .toEqual([{ state: 'received', failed_check: null }]);
      expect(await tasksOf(run_id)).toMatchObject([{ stage: 'extract', state: 'due' }]);
    });

    it('aborts the work when its lease is lost or its time is up', async () => {
      const reasons: string[] = [];
      for (const [limits, steal, code] of [[{ lease_ms: 200 }, true, null], [{ limit_ms: 200 }, false, 'timed_out']] as const) {
        await submitOne();
        const table = sampleStages({ async extract(_document, { signal }) {
          if (steal) await sql`update task set lease_token = gen_random_uuid() where task_id = ${task.task_id}`.execute(db.kysely);
          await new Promise((_, reject) => signal.addEventListener('abort', () => {
            reasons.push(signal.reason.code);
            reject(new Error('whatever'));
          }));
        } });
        await followHint({ ...runner({}), table: { ...table, extract: { ...table.extract, ...limits } } }, 'extract',
          hintPayload({ stage: 'extract', task_id: task.task_id, epoch: task.epoch }));
        const failures = await db.kysely.selectFrom('task_failure').select('code').where('task_id', '=', task.task_id).execute();
        expect(failures.map((failure) => failure.code)).toEqual(code === null ? [] : [code]);
      }
      expect(reasons).toEqual(['lease_lost', 'timed_out']);
    });

    it('over whose task one worker after the other is lost is followed no more', async () => {
      await submitOne();
      await sql`insert into task_failure (task_id, epoch, attempt, code, message)
        select ${task.task_id}, 0, n, 'lease_lost', 'gone' from generate_series(1, 20) n`.execute(db.kysely);
      await sql`update task set attempts = 20 where task_id = ${task.task_id}`.execute(db.kysely);
      expect(await follow(task.epoch)).toMatchObject({ ended: 'dead' });
      expect(begun).toBe(0);
    });

    it('that is none is dropped', async () => {
      for (const payload of [null, {}, { v: 0, task_id: '1', epoch: 0 }, { v: 1, task_id: '1; drop table task', epoch: 0 }]) {
        expect(await followHint(runner({}), 'extract', payload)).toEqual({ ended: 'done' });
      }
    });

    it('is added again only when it is missing', async () => {
      await submitOne();
      await sql`update task set state = 'discarded' where state = 'due' and task_id <> ${task.task_id}`.execute(db.kysely);
      await sleep(150);
      expect(await sweepTasks(db, queues, QUICK_SWEEPS)).toBe(0);
      await queue.wipe(db);
      await sleep(QUICK_SWEEPS.recheck_ms + 50);
      expect(await sweepTasks(db, queues, QUICK_SWEEPS)).toBe(1);
    });
  });
});
