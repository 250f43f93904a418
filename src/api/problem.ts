import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import { Failure, FAILURES } from '../core/failure.ts';
import type { Problem } from './schemas.ts';

/** What went wrong, as RFC 9457 has it; `more` adds members of ours. */
export function problemOf(failure: Failure, more: Partial<Problem> = {}): Problem {
  const { http_status, remedy } = FAILURES[failure.code];
  return {
    type: `urn:tieout:failure:${failure.code}`, title: STATUS_CODES[http_status] ?? 'Error', status: http_status, code: failure.code, remedy,
    // What a bug says is for the log: it may hold what is nobody's business.
    detail: failure.code === 'bug' ? FAILURES.bug.meaning : failure.message, ...more,
  };
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).type('application/problem+json').serializer(JSON.stringify).send(problem);
}
