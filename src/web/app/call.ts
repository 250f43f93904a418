import { queryOptions } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { ItemSummary, Problem } from '../../api/schemas.ts';
import { linkTo, takeEarly, type Address, type Answer, type Sent } from './address.ts';

/** Calls of the API: JSON both ways, the session by its cookie. What is sent and what comes back is typed by the API's own table of routes. */

/** What the API refused, in its own words; `code` is one of core/failure.ts, or `unreachable`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;
  readonly remedy: string | null;
  readonly errors: readonly { path: string; message: string }[];
  /** Of a stale act: the item as it is now. */
  readonly current: ItemSummary | null;

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? problem.title ?? `the server answered with status ${status}`);
    this.status = status;
    this.code = problem.code ?? 'bug';
    this.remedy = problem.remedy ?? null;
    this.errors = problem.errors ?? [];
    this.current = problem.current ?? null;
  }
}

let csrf_token = '';
let signedOut: () => void = () => {};
let unreachable_since: Date | null = null;
const watchers = new Set<() => void>();

function noteReachable(is_reachable: boolean): void {
  if (is_reachable === (unreachable_since === null)) return;
  unreachable_since = is_reachable ? null : new Date();
  for (const watcher of watchers) watcher();
}

/** Since when the server does not answer; null while it does. */
export function useUnreachableSince(): Date | null {
  return useSyncExternalStore((watcher) => {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }, () => unreachable_since);
}

/** The token that goes with every request that changes something. */
export function setCsrfToken(token: string): void {
  csrf_token = token;
}

/** What happens when the server no longer knows the session. */
export function whenSignedOut(handler: () => void): void {
  signedOut = handler;
}

/**
 * Calls a route, named by its method and path as in the API's table. Throws a Refusal. A change carries an idempotency key, so that one
 * which is sent again because its answer was lost is done once.
 */
export async function call<A extends Address>(address: A, sent: Sent<A>, options: { signal?: AbortSignal; idempotency_key?: string } = {}): Promise<Answer<A>> {
  const { body } = sent as { body?: unknown };
  const method = address.slice(0, address.indexOf(' '));
  const headers: Record<string, string> = method === 'GET' ? {} : { 'x-csrf-token': csrf_token, 'idempotency-key': options.idempotency_key ?? crypto.randomUUID() };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const link = linkTo(address, sent);
  let response: Response;
  try {
    response = (method === 'GET' ? await takeEarly(link) : null) ?? await fetch(link, { method, headers, body: body === undefined ? null : JSON.stringify(body), signal: options.signal ?? null, credentials: 'same-origin' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    noteReachable(false);
    throw new Refusal(0, { code: 'unreachable', detail: 'The server cannot be reached.', remedy: 'Nothing was done; try again when it is back.' });
  }
  noteReachable(true);
  const is_json = /^application\/(?:problem\+)?json/.test(response.headers.get('content-type') ?? '');
  const answer: unknown = is_json ? await response.json() : null;
  if (response.ok) return answer as Answer<A>;
  if (response.status === 401 && !address.includes('/api/session') && !address.includes('/api/sign-in')) signedOut();
  throw new Refusal(response.status, (answer ?? {}) as Partial<Problem>);
}

/** A call of a route that reads, for TanStack Query: kept under its address and what was asked. */
export function reading<A extends Address>(address: A, sent: Sent<A>) {
  return queryOptions({ queryKey: [address, sent] as const, queryFn: ({ signal }): Promise<Answer<A>> => call(address, sent, { signal }) });
}
