import { createReadStream } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import { saveBlob } from '../platform/blobs.ts';
import { transaction, type Database, type Tx } from '../platform/database.ts';
import { reach } from '../platform/failpoint.ts';
import type { Log } from '../platform/log.ts';
import type { Queues } from './backends.ts';
import { advanceRun, isFinal } from './barrier.ts';
import { withdrawDeadLetters } from './dead-letter-queue.ts';
import type { Hint } from './hint.ts';
import { reviveDocuments } from './revive.ts';
import { createSlots } from './slots.ts';

// Small files wait for the disk and for Postgres in turn; more at a time would take the workers' connections.
const SAVED_AT_A_TIME = 4;

/** A document that is handed in: the path or name it goes by, and its bytes. */
export interface DocumentSource {
  readonly path: string;
  open(): AsyncIterable<Uint8Array>;
}

export interface Submission {
  readonly kind: 'run' | 'submit' | 'schedule';
  readonly sources: readonly DocumentSource[];
  /** For a schedule: its name and the business date it runs for; the two occur once. */
  readonly schedule?: { readonly name: string; readonly business_date: string };
}

/**
 * Submits documents as a run and makes them due. First the bytes are saved, then the run with its documents, deliveries and tasks in one
 * transaction, then the queue is told. Bytes that are known: at rest, a duplicate; under way in another run, that run goes on with them
 * and this one waits; dead, they are tried again in this run. Returns the run's id, or undefined when the schedule has already run for
 * its business date.
 */
export async function submitDocuments(db: Database, queues: Queues, log: Log, submission: Submission): Promise<bigint | undefined> {
  const slots = createSlots(SAVED_AT_A_TIME);
  const saved = await Promise.allSettled(submission.sources.map(({ path, open }) => slots.run(async () => ({ path, ...await saveBlob(db, open()) }))));
  const failed = saved.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  const files = saved.map((result) => (result as PromiseFulfilledResult<SavedFile>).value);
  const submitted = await transaction(db, (tx) => saveRun(tx, submission, files), 'submission commit');
  if (submitted === undefined) return undefined;
  await queues.enqueue('submission enqueue', submitted.due);
  await withdrawDeadLetters(queues, log, submitted.resolved);
  // Nothing of it may be left to do: everything a duplicate, or brought back behind its last stage.
  await advanceRun(db, queues, log, submitted.run_id);
  return submitted.run_id;
}

interface SavedFile {
  readonly path: string;
  readonly sha256: Buffer;
  readonly size: number;
}

/** The documents at paths of files and folders, see listFiles. Throws Failure('not_found') for a path that is not there or not readable. */
export async function listSources(paths: readonly string[]): Promise<DocumentSource[]> {
  const files = (await Promise.all(paths.map(listFiles))).flat();
  return files.map((path) => ({ path, open: () => readFile(path) }));
}

async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  reach('before file read');
  try {
    yield* createReadStream(path);
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
  reach('after file read');
}

function unreadable(path: string, error: NodeJS.ErrnoException): Failure {
  return new Failure('not_found', `${path} cannot be read (${error.code}); name a file or a folder that is there and may be read`, null, error);
}

/**
 * The files at a path: the file itself, or all in the folder and below, sorted by name. Left out below a folder: hidden files, what is no
 * file, and links that lead out of the folder or to what was listed already.
 */
export async function listFiles(path: string): Promise<string[]> {
  const root = await realpath(path).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(path, error);
  });
  if (!(await stat(root)).isDirectory()) return [path];
  const files: string[] = [];
  const seen = new Set<string>();
  const visit = async (folder: string): Promise<void> => {
    for (const name of (await readdir(folder)).sort()) {
      if (name.startsWith('.')) continue;
      const place = join(folder, name);
      const target = (await lstat(place)).isSymbolicLink() ? await realpath(place).catch(() => '') : await realpath(place);
      if (!target.startsWith(root + sep) || seen.has(target)) continue;
      seen.add(target);
      const found = await stat(target);
      if (found.isDirectory()) await visit(place);
      else if (found.isFile()) files.push(place);
    }
  };
  await visit(path);
  return files;
}

async function saveRun(tx: Tx, { kind, schedule }: Submission, files: readonly SavedFile[]) {
  const run = await tx.kysely.insertInto('run')
    .values({ kind, schedule: schedule?.name ?? null, business_date: schedule?.business_date ?? null })
    .onConflict((conflict) => conflict.columns(['schedule', 'business_date']).doNothing()).returning('run_id').executeTakeFirst();
  if (run === undefined) return undefined;
  const { run_id } = run;
  const columns = sql`unnest(${files.map((file) => file.sha256)}::bytea[], ${files.map((file) => file.size)}::bigint[],
    ${files.map((file) => file.path)}::text[]) with ordinality as f(sha256, size, path, n)`;
  // In the order of the hashes, so that two submissions of the same documents do not wait for each other crosswise.
  await sql`insert into document (sha256, size, path, run_id)
    select distinct on (sha256) sha256, size, path, ${run_id}::bigint from ${columns} order by sha256, n
    on conflict (sha256) do nothing`.execute(tx.kysely);
  await sql`select from document where sha256 = any(${files.map((file) => file.sha256)}::bytea[]) order by sha256 for update`.execute(tx.kysely);
  await sql`insert into delivery (run_id, n, document_id, path, is_duplicate)
    select ${run_id}::bigint, f.n, d.document_id, f.path,
           row_number() over (partition by d.document_id order by f.n) > 1 or d.run_id <> ${run_id} and d.state <> 'dead' and ${isFinal}
      from ${columns} join document d using (sha256) join run r on r.run_id = d.run_id`.execute(tx.kysely);
  const { rows: created } = await sql<Hint>`insert into task (stage, document_id)
    select 'extract', document_id from document where run_id = ${run_id} order by document_id
    on conflict do nothing
    returning stage, task_id, epoch`.execute(tx.kysely);
  const { rows: dead } = await sql<{ document_id: bigint }>`
    select distinct d.document_id from delivery v join document d using (document_id)
     where v.run_id = ${run_id} and d.state = 'dead' order by 1`.execute(tx.kysely);
  const revived = await reviveDocuments(tx, run_id, dead.map((row) => row.document_id), `run ${run_id}`);
  return { run_id, due: [...created, ...revived.due], resolved: revived.resolved };
}
