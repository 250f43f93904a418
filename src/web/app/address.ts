import type { z } from 'zod';
import type { ROUTES } from '../../api/routes.ts';

/** The API's addresses, typed by its own table of routes. */

type Routes = typeof ROUTES;
type Routed = { [Name in keyof Routes as `${Routes[Name]['method']} ${Routes[Name]['path']}`]: Routes[Name] };
export type Address = keyof Routed;
type Part<R, Name extends string> = R extends Record<Name, infer S extends z.ZodType> ? Record<Name, z.input<S>> : unknown;
type Optional<R, Name extends string> = R extends Record<Name, infer S extends z.ZodType> ? Partial<Record<Name, z.input<S>>> : unknown;
export type Sent<A extends Address> = Part<Routed[A], 'params'> & Optional<Routed[A], 'query'> & Part<Routed[A], 'body'>;
export type Answer<A extends Address> = Routed[A] extends { response: infer S extends z.ZodType } ? z.output<S> : void;

/** The address of what the browser fetches by itself: an export, a document. */
export function linkTo<A extends Address>(address: A, sent: Sent<A>): string {
  const { params = {}, query = {} } = sent as { params?: Record<string, string>; query?: Record<string, unknown> };
  const path = address.slice(address.indexOf(' ') + 1).replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name]!));
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

const early = new Map<string, Promise<Response | null>>();

/** Asks before the rest of the program has come: `call` takes the answer when it asks for the same. */
export function askEarly<A extends Address>(address: A, sent: Sent<A>): void {
  const link = linkTo(address, sent);
  early.set(link, fetch(link, { credentials: 'same-origin' }).catch(() => null));
}

/** What was asked early, once; null where nothing was, or where it has failed and is to be asked again. */
export async function takeEarly(link: string): Promise<Response | null> {
  const response = early.get(link);
  early.delete(link);
  return response === undefined ? null : response.then((one) => (one?.ok ? one : null));
}
