import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { generate, type Generated, type TrueEntry } from '../../bench/decisions/generate.ts';
import { decide, type Decided } from '../../bench/decisions/run.ts';
import { NEVER, score, type Never, type Score } from '../../bench/decisions/score.ts';
import type { ExportedDecision } from '../../src/exports/decisions.ts';
import { migrateQueue } from '../../src/pipeline/backends.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { createLog } from '../../src/platform/log.ts';
import { cloneDatabase } from '../helpers/database.ts';
import { TEMPLATE } from '../helpers/global-setup.ts';

const SEED = 4_711;
const ENTRIES = 1_500;

describe('decisions held against the truth', () => {
  let generated: Generated;
  let decided: Decided;
  let result: Score;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tieout-decisions-'));
    const { config, drop } = await cloneDatabase(TEMPLATE);
    const db = await openDatabase(config, 'worker');
    try {
      await migrateQueue(config, db.url, createLog(config));
      generated = generate(SEED, ENTRIES);
      decided = await decide(db, config, folder, generated);
      result = score(generated, decided);
    } finally {
      await db.close();
      await drop();
      await rm(folder, { recursive: true });
    }
  }, 120_000);

  it('come from the same portfolio and the same bytes for the same seed', () => {
    const again = generate(SEED, ENTRIES);
    expect(again.invoices_csv === generated.invoices_csv && again.parties_csv === generated.parties_csv).toBe(true);
    expect(again.documents.map(({ document }) => document)).toEqual(generated.documents.map(({ document }) => document));
    expect(again.documents.every(({ bytes }, i) => bytes.equals(generated.documents[i]!.bytes))).toBe(true);
    expect(generate(SEED + 1, ENTRIES).invoices_csv).not.toBe(generated.invoices_csv);
  });

  it('have an automatic case, a twin and every format among them', () => {
    const verdicts = new Set(generated.entries.map(({ verdict }) => verdict.decision));
    expect(verdicts).toEqual(new Set(['auto', 'suspense', 'person', 'open']));
    expect(result.formats.size).toBeGreaterThanOrEqual(10);
    expect(result.total.for_person).toBeGreaterThan(300);
  });

  it('never do what may never happen', () => {
    expect(result.problems.filter(({ what }) => (NEVER as readonly string[]).includes(what))).toEqual([]);
  });

  it('are never wrong, and take no twin', () => {
    expect(result.problems.filter(({ what }) => what === 'wrong' || what === 'taken')).toEqual([]);
  });

  it('are seldom left to a person where the document shows enough', () => {
    expect(result.total.decided_rightly / result.total.decidable).toBeGreaterThan(RECALL);
  });

  it('come with the right suggestion where a person is needed', () => {
    expect(result.total.first / result.total.reviewable).toBeGreaterThan(FIRST);
    expect(result.total.top_three / result.total.reviewable).toBeGreaterThan(TOP_THREE);
  });

  describe('are told apart by the scorer', () => {
    it.each<[what: Never, alter: (row: ExportedDecision, entry: TrueEntry) => ExportedDecision[] | null]>([
      ['wrong customer', (row) => (isPosted(row) ? [{ ...row, allocations: row.allocations.map((one) => ({ ...one, party_id: 'somebody else' })) }] : null)],
      ['double settlement', (row) => (isPosted(row) ? [{ ...row, allocations: row.allocations.map((one) => ({ ...one, settled: { ...one.settled, amount: `1${one.settled.amount.replace('-', '')}` } })) }] : null)],
      ['inverted sign', (row) => (isPosted(row) ? [{ ...row, allocations: row.allocations.map((one) => ({ ...one, amount: one.amount.startsWith('-') ? one.amount.slice(1) : `-${one.amount}` })) }] : null)],
      ['posted from a quarantined document', (row) => (row.outcome === 'quarantined' ? [{ ...row, outcome: 'auto' }] : null)],
      ['sums that do not add up', (row) => (row.outcome === 'review' ? [{ ...row, residual: '0.00' }] : null)],
      ['a duplicate posted', (row, entry) => (row.outcome === 'duplicate' && entry.fate === 'booked' ? [{ ...row, outcome: 'suspense' }] : null)],
      ['an entry lost', (row, entry) => (entry.fate === 'booked' && row.outcome === 'review' ? [] : null)],
    ])('%s', (what, alter) => {
      const entries = new Map(generated.entries.map((entry) => [`${entry.document} ${entry.line} ${entry.detail}`, entry]));
      let altered = false;
      const rows = decided.rows.flatMap((row) => {
        const entry = entries.get(`${row.document.split('/').at(-1)} ${row.line} ${row.detail}`);
        const instead = altered || entry === undefined ? null : alter(row, entry);
        altered ||= instead !== null;
        return instead ?? [row];
      });
      expect(altered).toBe(true);
      expect(score(generated, { ...decided, rows }).never[what]).toBeGreaterThan(result.never[what]);
    });
  });
});

/** Lower bounds: of the decidable that is decided, of the right suggestions that are the first, and that are among the first three. */
const RECALL = 0.98;
const FIRST = 0.95;
const TOP_THREE = 0.97;

function isPosted({ outcome, allocations }: ExportedDecision): boolean {
  return outcome === 'auto' && allocations.length > 0;
}
