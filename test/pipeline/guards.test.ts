import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { postJournalEntries, type JournalEntryDraft } from '../../src/ledger/journal.ts';
import { migrateQueue, openQueues, type Queues } from '../../src/pipeline/backends.ts';
import { advanceRun, settleDocuments } from '../../src/pipeline/barrier.ts';
import { hintJobId, hintPayload } from '../../src/pipeline/hint.ts';
import { claimTask, releaseTask } from '../../src/pipeline/lease.ts';
import { findRunSummary } from '../../src/pipeline/run.ts';
import { submitDocuments } from '../../src/pipeline/submit.ts';
import { startSweeper, sweepTasks } from '../../src/pipeline/sweeper.ts';
import { failTask } from '../../src/pipeline/task-end.ts';
import { transaction } from '../../src/platform/database.ts';
import { reconcileJob } from '../../src/stages/reconcile/job.ts';
import { lockCompanies } from '../../src/stages/reconcile/store.ts';
import { validateJob } from '../../src/stages/validate/job.ts';
import { importMasterData, RULES_FOLDER, runBatch } from '../helpers/batch.ts';
import { decideStatement } from '../helpers/books.ts';
import { testDatabase } from '../helpers/database.ts';
import { QUICK_SWEEPS, sampleSource, sampleStages, SILENT } from './sample-stages.ts';

/** The guards that no other test takes by itself; test/chaos/guards.ts names for each the test that fails without it. */
const db = await testDatabase();
const owner = await db.as('owner');
let queues: Queues;
let entries: bigint[];
let decisions: bigint[];
const refused = expect.objectContaining({ code: '23505' });

beforeAll(async () => {
  await migrateQueue(db.config, db.url, SILENT);
  queues = await openQueues({ config: db.config, db, log: SILENT });
  await importMasterData(db, { accounts: 'account,currency,company\nA-1,EUR,default\nA-2,EUR,other\n' });
  ({ entry_ids: entries } = await decideStatement(db, 'A-1', [{ amount: 100n, outcome: 'suspense' }, { amount: 200n, outcome: 'suspense' }, { amount: 300n, outcome: 'suspense' }]));
  decisions = (await db.kysely.selectFrom('decision').select('decision_id').orderBy('decision_id').execute()).map((row) => row.decision_id);
  return () => queues.close();
});

async function submit(): Promise<{ run_id: bigint; document_id: bigint; task_id: bigint; source: ReturnType<typeof sampleSource> }> {
  const source = sampleSource({ id: randomUUID() });
  const run_id = (await submitDocuments(db, queues, SILENT, { kind: 'submit', sources: [source] }))!;
  const { document_id } = await db.kysely.selectFrom('document').select('document_id').where('run_id', '=', run_id).executeTakeFirstOrThrow();
  const { task_id } = await db.kysely.selectFrom('task').select('task_id').where('document_id', '=', document_id).executeTakeFirstOrThrow();
  return { run_id, document_id, task_id, source };
}

describe('the database refuses', () => {
  const post = (of: Partial<JournalEntryDraft>) => transaction(db, (tx) => postJournalEntries(tx, 1n, [{
    company: 'default', kind: 'test', booking_date: '2026-10-05', lines: [{ account: 'suspense', amount: 1n, currency: 'EUR' }, { account: 'suspense', amount: -1n, currency: 'EUR' }], ...of,
  }]));
  const decide = (entry_id: bigint, more: Record<string, bigint | null>) => db.kysely.insertInto('decision').values({
    entry_id, company: 'default', outcome: 'review', decided_by: 'rule', reason: 'a_reason', explanation: 'A reason.', ...more,
  } as never).execute();

  it('a change of the books, also by its owner', async () => {
    await expect(sql`update journal_entry set kind = 'another'`.execute(owner.kysely)).rejects.toMatchObject({ code: '42501' });
    await expect(sql`update decision set reason = 'another'`.execute(owner.kysely)).rejects.toMatchObject({ code: '42501' });
  });

  it('a second task of a stage: a document has one task', async () => {
    const { document_id } = await submit();
    await expect(db.kysely.insertInto('task').values({ stage: 'extract', document_id }).execute()).rejects.toEqual(refused);
  });

  it('a second batch: a run has one batch per company', async () => {
    const { run_id } = await submit();
    const open = () => db.kysely.insertInto('task').values({ stage: 'reconcile', run_id, company: 'default' }).execute();
    await open();
    await expect(open()).rejects.toEqual(refused);
  });

  it('a second dead letter: a task dies once per epoch', async () => {
    const { task_id } = await submit();
    const die = () => db.kysely.insertInto('dead_letter').values({ task_id, epoch: 0, stage: 'extract', code: 'bug', message: '', attempts: 1, first_failed_at: new Date().toISOString() } as never).execute();
    await die();
    await expect(die()).rejects.toEqual(refused);
    await sql`update dead_letter set resolution = 'discarded' where task_id = ${task_id}`.execute(db.kysely);
  });

  it('a second decision: an entry has one standing decision', async () => {
    await expect(decide(entries[0]!, {})).rejects.toEqual(refused);
  });

  it('a second bank posting: an entry reaches the bank account once', async () => {
    await expect(post({ kind: 'bank_entry', entry_id: entries[0]! })).rejects.toEqual(refused);
  });

  it('a second posting of a decision: a decision posts once', async () => {
    await expect(post({ decision_id: decisions[0]! })).rejects.toEqual(refused);
  });

  it('a second opening: a statement opens the books once', async () => {
    const { statement_id } = await db.kysely.selectFrom('statement').select('statement_id').executeTakeFirstOrThrow();
    await expect(post({ kind: 'opening', statement_id })).rejects.toEqual(refused);
  });

  it('a second successor: a decision is superseded once', async () => {
    await decide(entries[1]!, { supersedes: decisions[0]!, superseded_by: 1n });
    await expect(decide(entries[1]!, { supersedes: decisions[0]!, superseded_by: 1n })).rejects.toEqual(refused);
  });

  it('a second return: a payment is returned once', async () => {
    const returned = await decideStatement(db, 'A-2', [{ amount: 1n, outcome: 'pending' }]);
    await sql`update decision set superseded_by = 1 where entry_id in (${entries[2]!}, ${returned.entry_ids[0]!})`.execute(db.kysely);
    await decide(entries[2]!, { returns: decisions[0]! });
    await expect(decide(returned.entry_ids[0]!, { returns: decisions[0]! })).rejects.toEqual(refused);
  });
});

describe('a task', () => {
  it('that another worker has taken over fails by who holds it only, and is given back by who holds it only', async () => {
    const { task_id } = await submit();
    const claim = (await claimTask(db, { stage: 'extract', task_id, epoch: 0 }, 60_000))!;
    await sql`update task set lease_token = gen_random_uuid() where task_id = ${task_id}`.execute(db.kysely);
    expect(await transaction(db, (tx) => failTask(tx, claim, sampleStages().extract, new Failure('bug', 'late')))).toEqual({ ended: 'lost' });
    expect(await releaseTask(db, claim)).toBeUndefined();
    expect(await db.kysely.selectFrom('task').select(['state', 'epoch']).where('task_id', '=', task_id).executeTakeFirst()).toEqual({ state: 'due', epoch: 0 });
  });

  it('whose hint a wrong clock has put off until tomorrow gets another', async () => {
    const { task_id } = await submit();
    await sql`update task set state = 'discarded' where task_id <> ${task_id} and state = 'due'`.execute(db.kysely);
    await sql`update task set due_at = now() - interval '1 min', epoch = 1 where task_id = ${task_id}`.execute(db.kysely);
    const hint = { stage: 'extract', task_id, epoch: 1 } as const;
    await queues.queue('extract').add('extract', hintPayload(hint), { jobId: hintJobId(hint), delay: 86_400_000 });
    expect(await sweepTasks(db, queues, QUICK_SWEEPS)).toBe(1);
  });

  it('whose job a worker took and never claimed gets another, however long that worker\'s clock has locked it', async () => {
    const { task_id } = await submit();
    await sql`update task set state = 'discarded' where task_id <> ${task_id} and state = 'due'`.execute(db.kysely);
    await sql`update task set due_at = now() - interval '1 min', epoch = 1 where task_id = ${task_id}`.execute(db.kysely);
    const hint = { stage: 'extract', task_id, epoch: 1 } as const;
    const [taken, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const worker = queues.work('extract', async (job) => {
      if (job.id === hintJobId(hint)) taken.resolve();
      await end.promise;
    }, { lockDuration: 86_400_000, concurrency: 100 });
    try {
      await queues.queue('extract').add('extract', hintPayload(hint), { jobId: hintJobId(hint) });
      await taken.promise;
      expect(await sweepTasks(db, queues, QUICK_SWEEPS)).toBe(1);
    } finally {
      end.resolve();
      await worker.close();
    }
  });
});

describe('the sweeper', () => {
  it('finishes a run at rest that nobody looked at, and fills the dead-letter queue', async () => {
    const { run_id, document_id, task_id } = await submit();
    await sql`update task set state = 'dead' where task_id = ${task_id}`.execute(db.kysely);
    await sql`update document set state = 'dead' where document_id = ${document_id}`.execute(db.kysely);
    await sql`insert into dead_letter (task_id, epoch, stage, document_id, run_id, code, message, attempts, first_failed_at) values (${task_id}, 0, 'extract', ${document_id}, ${run_id}, 'bug', '', 1, now())`.execute(db.kysely);
    const sweeper = startSweeper(db, queues, SILENT, QUICK_SWEEPS);
    try {
      await vi.waitFor(async () => {
        expect(await findRunSummary(db, run_id)).toMatchObject({ documents: { dead_lettered: 1 } });
        expect((await queues.queue('extract-dead').getJobs(['waiting'])).map((job) => job.data.task_id)).toEqual([String(task_id)]);
      }, { timeout: 10_000, interval: 50 });
    } finally {
      await sweeper.stop();
    }
  });
});

describe('a company', () => {
  it('has one writer at a time', async () => {
    await transaction(db, async (tx) => {
      await lockCompanies(tx, 0n, 'default');
      const second = transaction(db, async (other) => {
        await other.client.query(`set local lock_timeout = '100ms'`);
        return lockCompanies(other, 0n, 'default');
      });
      await expect(second).rejects.toMatchObject({ code: '55P03' });
    });
  });

  it('is decided together with those that share documents with it', async () => {
    const other = await testDatabase();
    await importMasterData(other, { accounts: 'account,currency,company\nA-1,EUR,default\nA-2,EUR,other\n' });
    await runBatch(other, [[
      { account: 'A-1', date: '2026-10-05', opening: '10.00', entries: [{ amount: '1.00' }] }, { account: 'A-2', date: '2026-10-05', opening: '10.00', entries: [{ amount: '2.00' }] },
    ]], async () => {
      const { run_id } = await other.kysely.selectFrom('run').select('run_id').executeTakeFirstOrThrow();
      const context = { rules_folder: RULES_FOLDER, signal: new AbortController().signal, gatherEvidence: validateJob, gatherOpenEvidence: async () => {} };
      await transaction(other, (tx) => reconcileJob({ run_id, company: 'default' }, { ...context, tx }));
      expect((await other.kysely.selectFrom('statement').select('state').execute()).map((row) => row.state)).toEqual(['accepted', 'accepted']);
    });
  });
});

describe('a document of two companies', () => {
  it.each([['accepted', 'reconciled'], ['received', 'dead']] as const)('of which one batch died is at its end with its statements %s: %s', async (verdict, state) => {
    const { run_id, document_id } = await submit();
    await sql`update document set state = 'validated' where document_id = ${document_id}`.execute(db.kysely);
    for (const [statement_no, account] of ['A-1', 'A-2'].entries()) {
      await sql`insert into statement (document_id, statement_no, account_id, company, format, extractor, currency, checks, findings, entry_count, state)
        select ${document_id}, ${statement_no}, account_id, company, 'csv', 'sample@1', 'EUR', '[]', '[]', 0, ${verdict} from account where account = ${account}`.execute(db.kysely);
    }
    // The batch that was done has decided for both (reconcileJob).
    await sql`insert into task (stage, run_id, company, state) values ('reconcile', ${run_id}, 'default', 'dead'), ('reconcile', ${run_id}, 'other', 'done')`.execute(db.kysely);
    await transaction(db, (tx) => settleDocuments(tx, run_id));
    expect(await db.kysely.selectFrom('document').select('state').where('document_id', '=', document_id).executeTakeFirst()).toEqual({ state });
  });
});

describe('a run that waits for a document of another', () => {
  it.each(['reconciled', 'dead', 'discarded', 'quarantined'] as const)('goes on when that is at its end: %s', async (state) => {
    const first = await submit();
    const second = (await submitDocuments(db, queues, SILENT, { kind: 'submit', sources: [first.source] }))!;
    await sql`update document set state = 'validated' where document_id = ${first.document_id}`.execute(db.kysely);
    await advanceRun(db, queues, SILENT, second);
    expect(await findRunSummary(db, second)).toBeUndefined();
    await sql`update document set state = ${state} where document_id = ${first.document_id}`.execute(db.kysely);
    if (state === 'quarantined') {
      // Its entries have no decisions before its own run's batches have ended.
      await advanceRun(db, queues, SILENT, second);
      expect(await findRunSummary(db, second)).toBeUndefined();
      await sql`update run set state = 'finished' where run_id = ${first.run_id}`.execute(db.kysely);
    }
    await advanceRun(db, queues, SILENT, second);
    expect(await findRunSummary(db, second)).toMatchObject({ documents: { submitted: 1 } });
  });
});
