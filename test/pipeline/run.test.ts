import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import type { Queues } from '../../src/pipeline/backends.ts';
import { runDocuments, type RunProgress } from '../../src/pipeline/run.ts';
import { exitStatusOf } from '../../src/pipeline/summary.ts';
import { testDatabase } from '../helpers/database.ts';
import { onBothQueues } from '../helpers/queue-backends.ts';
import { createSampleCompanies, QUICK_SWEEPS, sampleStages, SILENT, type Hooks } from './sample-stages.ts';

const databases = { postgres: await testDatabase(), redis: await testDatabase() };

onBothQueues('a run', (queue) => {
  const db = databases[queue.backend];
  let queues: Queues;
  let folder: string;
  beforeAll(async () => {
    queues = await queue.open(db, SILENT);
    await createSampleCompanies(db);
    folder = await mkdtemp(join(tmpdir(), 'tieout-run-'));
    for (const id of ['one', 'two', 'three']) {
      await writeFile(join(folder, `${id}.json`), JSON.stringify({ id, amounts: { north: [100] } }));
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = (hooks: Hooks, more: { signal?: AbortSignal; onProgress?: (progress: RunProgress) => void } = {}) => runDocuments({
    db, queues, table: sampleStages(hooks), rules_folder: '', log: SILENT, concurrency: 2, intervals: QUICK_SWEEPS, paths: [folder], ...more,
  });

  it('that was interrupted is finished by running it again; then everything is a duplicate', async () => {
    const interrupt = new AbortController();
    await expect(run({ validate: async (_document, { signal }) => {
      interrupt.abort(new Error('Ctrl-C'));
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    } }, { signal: interrupt.signal })).rejects.toThrow('Ctrl-C');

    const seen: RunProgress[] = [];
    const summary = await run({}, { onProgress: (progress) => seen.push(progress) });
    expect(summary).toMatchObject({ documents: { submitted: 3, reconciled: 3 }, entries: { total: 3, auto: 3 }, balanced: true });
    expect(seen.at(-1)).toMatchObject({ documents: 3, finished: 3 });

    expect(await run({})).toMatchObject({ documents: { submitted: 3, duplicate: 3 }, entries: { total: 3, duplicate: 3 } });
  }, 40_000);

  it('exits with 2 when a document is a dead letter', async () => {
    await writeFile(join(folder, 'four.json'), '{"id":"four"}');
    const summary = await run({ extract({ id }) {
      if (id === 'four') throw new Failure('not_a_statement', 'a letter');
    } });
    expect(summary.documents).toEqual({ submitted: 4, reconciled: 0, quarantined: 0, duplicate: 3, dead_lettered: 1 });
    expect(exitStatusOf(summary)).toBe(2);
  });
});
