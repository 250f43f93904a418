import { Readable } from 'node:stream';
import { sql } from 'kysely';
import type { FastifyReply } from 'fastify';
import { transaction, type Tx } from '../platform/database.ts';
import type { ApiContext } from './context.ts';

const TYPES = { csv: 'text/csv; charset=utf-8', jsonl: 'application/jsonl; charset=utf-8' } as const;

/** Sends what one read-only transaction gives, piece by piece: memory holds a page, and the file is of one moment. */
export function sendStream({ db, log }: ApiContext, reply: FastifyReply, name: string, format: 'csv' | 'jsonl', pieces: (tx: Tx) => AsyncIterable<string>): FastifyReply {
  const channel = new TransformStream<string, string>();
  const writer = channel.writable.getWriter();
  transaction(db, async (tx) => {
    await sql`set transaction isolation level repeatable read, read only`.execute(tx.kysely);
    for await (const piece of pieces(tx)) await writer.write(piece);
  }).then(() => writer.close(), async (error: unknown) => {
    // The head is sent: only breaking off tells the reader that the file is not whole.
    log.warn({ error: String(error) }, 'an export broke off');
    await writer.abort(error);
  }).catch(() => { /* The reader has gone. */ });
  return reply.type(TYPES[format]).header('content-disposition', `attachment; filename="${name}"`).send(Readable.fromWeb(channel.readable as never));
}
