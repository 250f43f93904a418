/** Calls of the API: JSON both ways, the session by its cookie, what fails as a RequestFailure. */

/** What the API refused, in its own words; `code` is one of core/failure.ts, or `unreachable`. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure';
  readonly status: number;
  readonly code: string;
  readonly remedy: string | null;
  readonly details: Record<string, unknown>;

  constructor(status: number, answer: { code?: string; message?: string; remedy?: string | null; details?: Record<string, unknown> }) {
    super(answer.message ?? `the server answered with status ${status}`);
    this.status = status;
    this.code = answer.code ?? 'bug';
    this.remedy = answer.remedy ?? null;
    this.details = answer.details ?? {};
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

let csrf = '';
let onSignedOut: () => void = () => {};

/** The token that goes with every request that changes something. */
export function setCsrf(token: string): void {
  csrf = token;
}

/** What happens when the server no longer knows the session. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

/** The address of something that the browser fetches by itself (an export, a document). */
export function addressOf(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return send<T>(addressOf(path, query), { method: 'GET', signal });
}

/**
 * Sends a change. Sent again with the same idempotency key it is done once: the key is made here, for a caller that does not try again.
 */
export async function change<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
  return send<T>(path, {
    method, body: body === undefined ? undefined : JSON.stringify(body),
    headers: { 'x-csrf-token': csrf, 'idempotency-key': crypto.randomUUID(), ...(body !== undefined && { 'content-type': 'application/json' }) },
  });
}

async function send<T>(address: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(address, { ...init, credentials: 'same-origin' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new RequestFailure(0, { code: 'unreachable', message: 'The server cannot be reached.', remedy: 'Nothing was lost; try again when it is back.' });
  }
  const answer: unknown = response.headers.get('content-type')?.startsWith('application/json') ? await response.json() : await response.text();
  if (response.ok) return answer as T;
  if (response.status === 401 && !address.startsWith('/api/session')) onSignedOut();
  throw new RequestFailure(response.status, typeof answer === 'object' && answer !== null ? answer : {});
}
