import { Readable } from 'node:stream';
import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import { importAccounts } from '../master-data/import-accounts.ts';
import { importInvoices } from '../master-data/import-invoices.ts';
import { importParties } from '../master-data/import-parties.ts';
import { importSettlements } from '../master-data/import-settlements.ts';
import { submitDocuments, type DocumentSource } from '../pipeline/submit.ts';
import { openBlob, saveBlob } from '../platform/blobs.ts';
import { transaction } from '../platform/database.ts';
import { seenBy } from '../review/person.ts';
import type { Handlers } from './context.ts';
import { openDocument } from './source.ts';
import type { DocumentView, SettlementsBody } from './schemas.ts';

type Names = 'importMasterData' | 'acknowledgeSettlements' | 'submitDocuments' | 'showDocument' | 'downloadDocument';

const IMPORTS = { accounts: importAccounts, parties: importParties, invoices: importInvoices, settlements: importSettlements } as const;

// A million invoices are some 150 MB.
const IMPORT_MAX_BYTES = 1024 ** 3;
// As much as extract reads (src/stages/extract): a larger one would only die there.
const DOCUMENT_MAX_BYTES = 4 * 1024 ** 3;
const DOCUMENTS_MAX = 1_000;
const NAME_MAX = 200;

export const DOCUMENT_HANDLERS: Handlers<Names> = {
  importMasterData: async ({ db, config }, { params, principal, request }) => {
    if (!(request.body instanceof Readable)) throw new Failure('unsupported_format', 'send the CSV file as the body, with content-type text/csv');
    const input = bounded(request.body as AsyncIterable<Buffer>, IMPORT_MAX_BYTES);
    const report = await transaction(db, (tx) => IMPORTS[params.kind](tx, input, { actor: principal.user_id, companies: config.companies }));
    return { kind: params.kind, result: { ...report } };
  },
  acknowledgeSettlements: async ({ db, config }, { body, principal }) => {
    const { rows, updated, unchanged } = await transaction(db, (tx) => importSettlements(tx, csvOf(body.settlements), { actor: principal.user_id, companies: config.companies }));
    return { rows, acknowledged: updated, unchanged };
  },
  submitDocuments: async ({ db, queues, log }, { request }) => {
    if (!request.isMultipart()) throw new Failure('unsupported_format', 'send the documents as multipart/form-data, each as a file');
    const sources: DocumentSource[] = [];
    // Parts come one after the other, and the next only when this one is read: each is kept as it comes, and handed in from there.
    for await (const part of request.files({ limits: { fileSize: DOCUMENT_MAX_BYTES, files: DOCUMENTS_MAX } })) {
      const { sha256 } = await saveBlob(db, part.file);
      if (part.file.truncated) throw new Failure('too_large', `${nameOf(part.filename)} is larger than ${DOCUMENT_MAX_BYTES} bytes`);
      sources.push({ path: nameOf(part.filename), open: () => readBlob(sha256) });
    }
    if (sources.length === 0) throw new Failure('invalid_input', 'there is no file in the request');
    const run_id = await submitDocuments(db, queues, log, { kind: 'submit', sources });
    return { run_id: String(run_id), documents: sources.map(({ path }) => ({ name: path })) };

    async function* readBlob(sha256: Buffer): AsyncGenerator<Buffer> {
      yield* (await openBlob(db, sha256)).read();
    }
  },
  showDocument: async ({ db }, { params, principal }) => {
    const { rows: [row] } = await sql<Omit<DocumentView, 'statements'> & { statements: DocumentView['statements'] | null }>`
      select c.document_id::text, c.path, c.size::text, encode(c.sha256, 'hex') as sha256, c.state, c.failed_check, c.run_id::text, c.submitted_at,
             (select json_agg(json_build_object('statement_id', s.statement_id::text, 'account', a.account, 'company', s.company, 'format', s.format, 'state', s.state, 'entry_count', s.entry_count, 'from_date', s.from_date,
                       'to_date', s.to_date) order by s.statement_no) from statement s join account a using (account_id) where s.document_id = c.document_id and ${seenBy(principal, 's.company')}) as statements
        from document c where c.document_id = ${params.document_id}::bigint`.execute(db.kysely);
    if (!row || (principal.companies !== null && row.statements === null)) throw new Failure('not_found', `there is no document ${params.document_id}`);
    return { ...row, statements: row.statements ?? [] };
  },
  downloadDocument: async ({ db }, { params, query, principal, reply }) => {
    // A document may hold statements of several companies: it is for those who see all of them.
    const { rows: [row] } = await sql<{ sha256: Buffer; format: string | null; seen: boolean }>`
      select c.sha256, (select s.format from statement s where s.document_id = c.document_id limit 1) as format,
             ${principal.companies === null} or exists (select from statement s where s.document_id = c.document_id)
               and not exists (select from statement s where s.document_id = c.document_id and not ${seenBy(principal, 's.company')}) as seen
        from document c where c.document_id = ${params.document_id}::bigint`.execute(db.kysely);
    if (!row?.seen) throw new Failure('not_found', `there is no document ${params.document_id}`);
    const blob = await openDocument(db, row.sha256, query.member ?? null);
    // Never as something that a browser would run: what is no PDF is a file to be saved.
    return reply.type(row.format === 'pdf' ? 'application/pdf' : 'application/octet-stream').header('content-length', blob.size)
      .header('content-disposition', `${row.format === 'pdf' ? 'inline' : 'attachment'}; filename="document-${params.document_id}${row.format === 'pdf' ? '.pdf' : ''}"`)
      .header('content-security-policy', "default-src 'none'; sandbox").send(Readable.from(blob.read()));
  },
};

/** The file of settlements that says the same, a line each: one way in for both. */
async function* csvOf(settlements: SettlementsBody['settlements']): AsyncGenerator<Buffer> {
  const columns = ['external_id', 'company', 'kind', 'invoice_number', 'party_id', 'amount', 'as_of'] as const;
  yield Buffer.from(`${columns.join()}\n`);
  for (const row of settlements) yield Buffer.from(`${columns.map((column) => `"${(row[column] ?? '').replaceAll(/[\r\n]+/g, ' ').replaceAll('"', '""')}"`).join()}\n`);
}

async function* bounded(stream: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > most) throw new Failure('too_large', `the file is larger than ${most} bytes; split it`);
    yield chunk;
  }
}

/** What the sender calls the document: a label, never a path. */
function nameOf(filename: string | undefined): string {
  const name = (filename ?? '').split(/[/\\]/).at(-1)!.replaceAll(/\p{C}/gu, '').trim().slice(0, NAME_MAX);
  return name === '' ? 'document' : name;
}
