import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import type { Queues } from '../../src/pipeline/backends.ts';
import { rebuildDeadLetterQueues } from '../../src/pipeline/dead-letter-queue.ts';
import { discardDeadLetters, listDeadLetters, loadDeadLetter, retryDeadLetters } from '../../src/pipeline/dead-letters.ts';
import { reviveDocuments } from '../../src/pipeline/revive.ts';
import { findRunSummary } from '../../src/pipeline/run.ts';
import { submitDocuments } from '../../src/pipeline/submit.ts';
import type { RunSummary } from '../../src/pipeline/summary.ts';
import { startWorkers, type Workers } from '../../src/pipeline/worker.ts';
import { transaction } from '../../src/platform/database.ts';
import { openPool } from '../../src/platform/pool.ts';
import { decideStatement } from '../helpers/books.ts';
import { testDatabase } from '../helpers/database.ts';
import { onBothQueues } from '../helpers/queue-backends.ts';
import { createSampleCompanies, QUICK_SWEEPS, sampleSource, sampleStages, SILENT, type SampleDocument } from './sample-stages.ts';

const databases = { postgres: await testDatabase(), redis: await testDatabase() };

onBothQueues('dead letters', (queue) => {
  const db = databases[queue.backend];
  let queues: Queues;
  let workers: Workers;
  const broken = new Set<string>();
  let batch_is_broken = false;

  beforeAll(async () => {
    queues = await queue.open(db, SILENT);
    await createSampleCompanies(db);
    workers = startWorkers({
      db, queues, rules_folder: '', log: SILENT, concurrency: 3, intervals: QUICK_SWEEPS, table: sampleStages({
        extract({ id }) {
          if (broken.has(id)) throw new Failure('malformed', 'no document', { line: 3 });
        },
        reconcile() {
          if (batch_is_broken) throw new Failure('configuration', 'no rules');
        },
      }),
    });
  });
  afterAll(() => workers.close(5_000));

  async function bury(amounts?: SampleDocument['amounts']): Promise<{ run_id: bigint; dead_letter_id: bigint; id: string }> {
    const id = randomUUID();
    broken.add(id);
    const run_id = (await submitDocuments(db, queues, SILENT, { kind: 'submit', sources: [sampleSource({ id, amounts })] }))!;
    await finished(run_id);
    const { dead_letter_id } = await db.kysely.selectFrom('dead_letter').select('dead_letter_id').where('run_id', '=', run_id).executeTakeFirstOrThrow();
    return { run_id, dead_letter_id, id };
  }

  const finished = (run_id: bigint): Promise<RunSummary> => vi.waitFor(async () => {
    const summary = await findRunSummary(db, run_id);
    if (!summary) throw new Error(`run ${run_id} is not finished`);
    return summary;
  }, { timeout: 20_000, interval: 30 });

  const shown = async (): Promise<string[]> => (await queues.queue('extract-dead').getJobs(['waiting'])).map((job) => job.data.dead_letter_id as string).sort();
  const open = async (): Promise<string[]> => (await listDeadLetters(db, { stage: 'extract' }, 100)).letters.map((letter) => String(letter.dead_letter_id)).sort();

  it('are listed, shown with their history, and stand in their stage\'s dead-letter queue', async () => {
    const { dead_letter_id, run_id, id } = await bury();
    const { total, letters } = await listDeadLetters(db, { stage: 'extract', code: 'malformed', since: '2020-01-01' }, 10);
    expect(total).toBe(1);
    expect(letters[0]).toMatchObject({ dead_letter_id, run_id, path: `${id}.json`, code: 'malformed', message: 'no document', location: { line: 3 }, attempts: 1 });
    const letter = await loadDeadLetter(db, dead_letter_id);
    expect(letter.stack).toContain('Failure: no document');
    expect(letter.failures).toMatchObject([{ attempt: 1, code: 'malformed' }]);
    await vi.waitFor(async () => expect(await shown()).toEqual([String(dead_letter_id)]));
    expect((await listDeadLetters(db, { code: 'timed_out' }, 10)).total).toBe(0);
    await expect(loadDeadLetter(db, 999_999n)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('are tried again as a run of their own, with all attempts, and what was resolved meanwhile is left alone', async () => {
    const { dead_letter_id, id } = await bury({ north: [5] });
    broken.delete(id);
    const { run_id, documents } = await retryDeadLetters(db, queues, SILENT, { ids: [dead_letter_id] }, 'mia');
    expect(documents).toBe(1);
    expect(await finished(run_id!)).toMatchObject({ documents: { submitted: 1, reconciled: 1 }, entries: { auto: 1 } });
    expect(await loadDeadLetter(db, dead_letter_id)).toMatchObject({ resolution: 'retried', resolved_by: 'mia' });
    expect(await retryDeadLetters(db, queues, SILENT, { ids: [dead_letter_id] }, 'mia')).toEqual({ run_id: null, documents: 0, remaining: 0 });
    const act = await db.kysely.selectFrom('log_record').select(['actor', 'payload']).where('action', '=', 'dead_letters_retried').executeTakeFirstOrThrow();
    expect(act).toEqual({ actor: 'mia', payload: JSON.stringify({ dead_letters: [String(dead_letter_id)] }) });
    await vi.waitFor(async () => expect(await shown()).toEqual(await open()));
  });

  it('that die again are dead letters again', async () => {
    const { dead_letter_id } = await bury();
    const { run_id } = await retryDeadLetters(db, queues, SILENT, { ids: [dead_letter_id] }, 'mia');
    expect((await finished(run_id!)).documents.dead_lettered).toBe(1);
    const again = (await listDeadLetters(db, {}, 1)).letters[0]!;
    expect(again).toMatchObject({ attempts: 1, run_id });
    expect(again.dead_letter_id).not.toBe(dead_letter_id);
  });

  it('of a batch bring all its documents back', async () => {
    batch_is_broken = true;
    const batch: SampleDocument['amounts'][] = [{ north: [1] }, { north: [2], south: [3] }];
    const sources = batch.map((amounts) => sampleSource({ id: randomUUID(), amounts }));
    const died = (await submitDocuments(db, queues, SILENT, { kind: 'submit', sources }))!;
    expect((await finished(died)).documents.dead_lettered).toBe(2);
    batch_is_broken = false;
    const { run_id } = await retryDeadLetters(db, queues, SILENT, { stage: 'reconcile' }, 'mia');
    expect(await finished(run_id!)).toMatchObject({ documents: { reconciled: 2 }, entries: { auto: 3 }, balanced: true });
    expect((await listDeadLetters(db, { stage: 'reconcile' }, 1)).total).toBe(0);
  });

  it('of a batch is resolved by whoever brings back its last document, also of two at the same moment', async () => {
    batch_is_broken = true;
    const sources = [[1], [2]].map((north) => sampleSource({ id: randomUUID(), amounts: { north } }));
    const died = (await submitDocuments(db, queues, SILENT, { kind: 'submit', sources }))!;
    await finished(died);
    batch_is_broken = false;
    const document_ids = (await db.kysely.selectFrom('document').select('document_id').where('run_id', '=', died).execute()).map((row) => row.document_id);
    let second: Promise<void> | undefined;
    // A role sees its own sessions alone.
    const login = openPool(db.url, null, 1);
    let second_pid: number | undefined;
    const untilSecondWaits = () => vi.waitFor(async () => {
      const { rows } = await login.query(`select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'`, [second_pid]);
      if (rows.length === 0) throw new Error('it does not wait');
    }, { timeout: 20_000, interval: 20 });
    const bringBack = (document_id: bigint, meanwhile: () => Promise<void>) => transaction(db, async (tx) => {
      second_pid = (await tx.client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid;
      const { run_id } = await tx.kysely.insertInto('run').values({ kind: 'submit' }).returning('run_id').executeTakeFirstOrThrow();
      await reviveDocuments(tx, run_id, [document_id], 'mia');
      await meanwhile();
    });
    await bringBack(document_ids[0]!, async () => {
      second = bringBack(document_ids[1]!, async () => {});
      await Promise.race([second, untilSecondWaits()]);
    });
    await second;
    await login.end();
    expect((await listDeadLetters(db, { stage: 'reconcile' }, 1)).total).toBe(0);
    await vi.waitFor(async () => expect(await db.kysely.selectFrom('run').select('run_id').where('state', '=', 'running').execute()).toEqual([]), { timeout: 20_000 });
  });

  it('of a batch without documents, which was to look again at what waits, are tried again and discarded too', async () => {
    const { entry_ids: [entry_id] } = await decideStatement(db, 'A-north', [{ amount: 700n, outcome: 'review' }]);
    await sql`insert into review_item (entry_id, company, decision_id, reason) select entry_id, company, decision_id, reason from decision where entry_id = ${entry_id!}`.execute(db.kysely);
    const die = async (): Promise<bigint> => {
      batch_is_broken = true;
      const run_id = (await submitDocuments(db, queues, SILENT, { kind: 'submit', sources: [] }))!;
      await finished(run_id);
      batch_is_broken = false;
      return (await db.kysely.selectFrom('dead_letter').select('dead_letter_id').where('run_id', '=', run_id).executeTakeFirstOrThrow()).dead_letter_id;
    };
    const first = await die();
    const { run_id, documents, remaining } = await retryDeadLetters(db, queues, SILENT, { ids: [first] }, 'mia');
    expect({ documents, remaining }).toEqual({ documents: 0, remaining: 0 });
    await finished(run_id!);
    expect(await loadDeadLetter(db, first)).toMatchObject({ resolution: 'retried' });
    expect(await db.kysely.selectFrom('task').select('state').where('run_id', '=', run_id).execute()).toEqual([{ state: 'done' }]);
    const second = await die();
    await discardDeadLetters(db, queues, SILENT, { ids: [second] }, 'mia', 'looked at by hand');
    expect(await loadDeadLetter(db, second)).toMatchObject({ resolution: 'discarded' });
    await sql`update review_item set state = 'done'`.execute(db.kysely);
  });

  it('are either tried again or discarded, when two people do at the same moment', async () => {
    const { dead_letter_id, id } = await bury({ north: [6] });
    broken.delete(id);
    const [retried, discarded] = await Promise.all([
      retryDeadLetters(db, queues, SILENT, { ids: [dead_letter_id] }, 'mia'), discardDeadLetters(db, queues, SILENT, { ids: [dead_letter_id] }, 'noa', 'an invoice'),
    ]);
    expect(retried.documents + discarded.documents).toBe(1);
    expect(await loadDeadLetter(db, dead_letter_id)).toMatchObject(retried.documents === 1 ? { resolution: 'retried', resolved_by: 'mia' } : { resolution: 'discarded', resolved_by: 'noa' });
    if (retried.documents === 1) await finished(retried.run_id!);
  });

  it('can be discarded, with a reason, and their document stays so when it is handed in again', async () => {
    const { dead_letter_id, id } = await bury();
    await expect(discardDeadLetters(db, queues, SILENT, { ids: [dead_letter_id] }, 'mia', ' ')).rejects.toMatchObject({ code: 'invalid_input' });
    expect((await discardDeadLetters(db, queues, SILENT, { ids: [dead_letter_id] }, 'mia', 'an invoice')).documents).toBe(1);
    expect(await loadDeadLetter(db, dead_letter_id)).toMatchObject({ resolution: 'discarded', resolution_reason: 'an invoice' });
    const again = (await submitDocuments(db, queues, SILENT, { kind: 'submit', sources: [sampleSource({ id })] }))!;
    expect((await finished(again)).documents).toMatchObject({ duplicate: 1, dead_lettered: 0 });
  });

  it('are shown again when their queue was lost, and no longer when they are resolved', async () => {
    await bury();
    await bury();
    await vi.waitFor(async () => expect(await shown()).toEqual(await open()));
    await queue.wipe(db);
    await rebuildDeadLetterQueues(db, queues, false);
    expect(await shown()).toEqual(await open());
    await sql`update dead_letter set resolution = 'discarded' where resolution is null
      and dead_letter_id = (select max(dead_letter_id) from dead_letter where resolution is null)`.execute(db.kysely);
    await rebuildDeadLetterQueues(db, queues, false);
    expect(await shown()).toEqual(await open());
    expect((await open()).length).toBeGreaterThan(0);
  });
});
