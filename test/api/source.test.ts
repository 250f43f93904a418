import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importSample } from '../../src/cli/sample-company.ts';
import { migrateQueue, openQueues } from '../../src/pipeline/backends.ts';
import { STAGE_TABLE } from '../../src/pipeline/queues.ts';
import { runDocuments } from '../../src/pipeline/run.ts';
import { createLog } from '../../src/platform/log.ts';
import { testDatabase } from '../helpers/database.ts';
import { testServer, type Browser } from './helpers.ts';

/** The entry as the bank sent it, at its place, through the real readers. */
const worker = await testDatabase('worker');
const web = await worker.as('web');
const { addUser } = await testServer(worker, web);
const FIXTURES = join(import.meta.dirname, '../../fixtures');
let folder: string;
let auditor: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tieout-source-'));
  auditor = await addUser('auditor', ['auditor']);
  await importSample(worker, FIXTURES, { actor: 'test', companies: {} });
  const statement = (name: string) => readFile(join(FIXTURES, 'statements', name));
  const paths = Object.entries({
    'lines.xml': await statement('uhlenmuehl-eur-1232-2026-11-09.xml'),
    // The same bank's next statement without a line break, packed.
    'one-line.xml.gz': gzipSync((await statement('uhlenmuehl-eur-1232-2026-11-10.xml')).toString().replaceAll(/>\s+</g, '><')),
    // Both in one archive, each with lines of its own.
    'archive.zip': zipOf(await statement('uhlenmuehl-usd-9991-2026-11-10.xml'), await statement('umberdale-eur-1547-2026-11-10.pdf')),
    'pages.pdf': await statement('umberdale-eur-1547-2026-11-10.pdf'),
  }).map(([name, bytes]) => ({ path: join(folder, name), bytes }));
  for (const { path, bytes } of paths) await writeFile(path, bytes);
  const log = createLog(worker.config);
  await migrateQueue(worker.config, worker.url, log);
  const queues = await openQueues({ config: worker.config, db: worker, log });
  await runDocuments({ db: worker, queues, table: STAGE_TABLE, rules_folder: worker.config.rules_folder, log, concurrency: 2, paths: paths.map(({ path }) => path) });
  await queues.close();
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Entry { entry_id: string; amount: string; bank_reference: string | null }
async function entriesOf(name: string): Promise<Entry[]> {
  const { rows } = await sql<Entry>`select e.entry_id::text, ltrim((abs(e.amount) / 100.0)::numeric(20, 2)::text, '-') as amount, e.bank_reference from entry e join document d using (document_id)
    where d.path like ${`%${name}`} and e.is_leaf order by e.entry_id`.execute(web.kysely);
  expect(rows.length).toBeGreaterThan(3);
  return rows;
}

describe.each(['lines.xml', 'one-line.xml.gz'])('%s', (name) => {
  it('shows each entry\'s own element and marks it', async () => {
    for (const { entry_id, amount } of await entriesOf(name)) {
      const { kind, lines, format }: { kind: string; format: string; lines: { text: string; marked: boolean }[] } = (await auditor.get(`/api/items/${entry_id}/source`)).body;
      const marked = lines.filter((line) => line.marked).map((line) => line.text).join('\n');
      expect([kind, format]).toEqual(['text', 'camt.053']);
      expect(marked).toContain(`>${amount}<`);
      expect(marked.match(/<Ntry>/g)).toHaveLength(1);
    }
  });
});

describe('an archive', () => {
  it('shows each document in it by itself, the lines of one and the page of another', async () => {
    const formats = new Set<string>();
    for (const { entry_id, amount } of await entriesOf('archive.zip')) {
      const { body } = await auditor.get(`/api/items/${entry_id}/source`);
      formats.add(body.format);
      expect(body.member).toBe(body.format === 'pdf' ? 2 : 1);
      const content = await auditor.get(`/api/documents/${body.document_id}/content?member=${body.member}`);
      expect(content.text.slice(0, 5)).toBe(body.format === 'pdf' ? '%PDF-' : '<?xml');
      if (body.kind === 'text') expect(body.lines.filter((line: { marked: boolean }) => line.marked).map((line: { text: string }) => line.text).join()).toContain(`>${amount}<`);
      else expect(body).toMatchObject({ kind: 'pdf', box: [expect.any(Number), expect.any(Number), expect.any(Number), expect.any(Number)] });
    }
    expect([...formats].sort()).toEqual(['camt.053', 'pdf']);
    const [{ entry_id } = { entry_id: '' }] = await entriesOf('archive.zip');
    const { document_id } = (await auditor.get(`/api/items/${entry_id}/source`)).body;
    expect((await auditor.get(`/api/documents/${document_id}/content?member=3`)).status).toBe(404);
    expect((await auditor.get(`/api/documents/${document_id}/content`)).text.slice(0, 2)).toBe('PK');
  });
});

/** A ZIP of documents as they are, after PKWARE's APPNOTE 4.3. */
function zipOf(...members: Buffer[]): Buffer {
  const [local, directory]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const [i, bytes] of members.entries()) {
    const name = Buffer.from(`statement-${i}`);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    local.push(Buffer.from('PK\x03\x04', 'latin1'), common, name, bytes);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, name);
    at += 30 + name.length + bytes.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(directory.reduce((sum, part) => sum + part.length, 0), 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...local, ...directory, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

describe('a PDF', () => {
  it('has its page, and where on it the entry stands; the bytes are there to be drawn', async () => {
    const [first] = await entriesOf('pages.pdf');
    const { body } = await auditor.get(`/api/items/${first!.entry_id}/source`);
    expect(body).toMatchObject({ kind: 'pdf', page: expect.any(Number), box: [expect.any(Number), expect.any(Number), expect.any(Number), expect.any(Number)] });
    const content = await auditor.get(`/api/documents/${body.document_id}/content`);
    expect([content.headers['content-type'], content.text.slice(0, 5)]).toEqual(['application/pdf', '%PDF-']);
  });
});
