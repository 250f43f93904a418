import { createLog } from '../../src/platform/log.ts';
import { openBlob } from '../../src/platform/blobs.ts';
import type { Database } from '../../src/platform/database.ts';
import type { BatchContext, StageContext } from '../../src/stages/contract.ts';
import type { DocumentSource } from '../../src/pipeline/submit.ts';
import type { StageTable } from '../../src/pipeline/table.ts';
import type { SweepIntervals } from '../../src/pipeline/sweeper.ts';

/**
 * Four small stages over the real tables. A document's bytes are JSON: the amounts of its entries per company, or a failed check.
 * Hooks run before a stage's work, to fail, to wait, or to look.
 */
export interface SampleDocument {
  readonly id: string;
  readonly amounts?: Readonly<Record<string, readonly number[]>>;
  readonly failed_check?: string;
}

export interface Hooks {
  extract?(document: SampleDocument, context: StageContext): Promise<void> | void;
  validate?(document: SampleDocument, context: StageContext): Promise<void> | void;
  reconcile?(company: string, context: StageContext): Promise<void> | void;
}

export const SILENT = createLog({ log_level: (process.env.TEST_LOG ?? 'silent') as 'silent' });

/** Quick enough for a test, slow enough for a busy machine. */
export const QUICK_SWEEPS: SweepIntervals = { sweep_ms: 100, recheck_ms: 300 };

const LIMITS = {
  attempts: 3, first_backoff_ms: 20, longest_backoff_ms: 100, concurrency: 2, lock_ms: 2_000, lease_ms: 3_000, limit_ms: 20_000,
};

export function sampleStages(hooks: Hooks = {}): StageTable {
  return {
    extract: {
      ...LIMITS, next: 'normalize', async job(document_id, context) {
        await hooks.extract?.(await loadSample(document_id, context), context);
        return { state: 'extracted' };
      },
    },
    normalize: { ...LIMITS, next: 'validate', job: normalizeSample },
    validate: {
      ...LIMITS, next: null, async job(document_id, context) {
        await hooks.validate?.(await loadSample(document_id, context), context);
        return { state: 'validated' };
      },
    },
    reconcile: {
      ...LIMITS, next: null, async job(batch, context) {
        await hooks.reconcile?.(batch.company, context);
        await decideSample(batch, context);
      },
    },
  };
}

export function sampleSource(document: SampleDocument): DocumentSource {
  return { path: `${document.id}.json`, async* open() {
    yield Buffer.from(JSON.stringify(document));
  } };
}

/** The companies `north` and `south`, each with an account in EUR. */
export async function createSampleCompanies(db: Database): Promise<void> {
  for (const company of ['north', 'south']) {
    await db.kysely.insertInto('company').values({ company }).execute();
    await db.kysely.insertInto('account').values({ account: `A-${company}`, account_key: `A${company}`, company, currency: 'EUR' }).execute();
  }
}

async function loadSample(document_id: bigint, { tx }: StageContext): Promise<SampleDocument> {
  const { sha256 } = await tx.kysely.selectFrom('document').select('sha256').where('document_id', '=', document_id).executeTakeFirstOrThrow();
  const chunks = await Array.fromAsync((await openBlob(tx, sha256)).read());
  return JSON.parse(Buffer.concat(chunks).toString()) as SampleDocument;
}

async function normalizeSample(document_id: bigint, context: StageContext) {
  const { amounts = {}, failed_check } = await loadSample(document_id, context);
  const { kysely } = context.tx;
  for (const [statement_no, [company, values]] of Object.entries(amounts).entries()) {
    const { account_id } = await kysely.selectFrom('account').select('account_id').where('company', '=', company).executeTakeFirstOrThrow();
    const { statement_id } = await kysely.insertInto('statement').values({
      document_id, statement_no, account_id, company, format: 'csv', extractor: 'sample@1', currency: 'EUR', checks: '[]', findings: '[]',
      entry_count: values.length,
    }).returning('statement_id').executeTakeFirstOrThrow();
    for (const [line, amount] of values.entries()) {
      await kysely.insertInto('entry').values({
        document_id, statement_id, account_id, line: line + 1, is_leaf: true, status: 'booked', booking_date: '2026-03-02',
        amount: BigInt(amount), currency: 'EUR', reversal: false, more: '{}',
      }).execute();
    }
  }
  return failed_check === undefined ? { state: 'normalized' } as const : { state: 'quarantined', failed_check } as const;
}

async function decideSample({ run_id, company }: { run_id: bigint; company: string }, { tx }: BatchContext): Promise<void> {
  const entries = await tx.kysely.selectFrom('entry').innerJoin('statement', 'statement.statement_id', 'entry.statement_id')
    .innerJoin('document', 'document.document_id', 'entry.document_id')
    .select(['entry.entry_id', 'document.state']).where('document.run_id', '=', run_id).where('statement.company', '=', company)
    .where('document.state', 'in', ['validated', 'quarantined']).execute();
  for (const { entry_id, state } of entries) {
    await tx.kysely.insertInto('decision').values({
      entry_id, run_id, company, outcome: state === 'quarantined' ? 'quarantined' : 'auto', decided_by: 'rule', reason: 'sample', explanation: 'sample',
    }).execute();
  }
}
