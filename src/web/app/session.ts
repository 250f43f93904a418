import { queryOptions, useQuery } from '@tanstack/react-query';
import { change, get, setCsrf } from './request.ts';

export interface Session {
  user: string | null;
  roles: string[];
  rights: string[];
  companies: { company: string; functional_currency: string | null }[];
  csrf: string;
  sign_in: ('token' | 'password' | 'oidc')[];
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => {
    const session = await get<Session>('/api/session', {}, signal);
    setCsrf(session.csrf);
    return session;
  },
  staleTime: 60_000,
});

/** Who is signed in; only below the sign-in gate. */
export function useSession(): Session {
  return useQuery(sessionQuery).data!;
}

/** Whether the person may do what this right covers; what is refused by the server as well is not offered. */
export function useMay(right: string): boolean {
  return useSession().rights.includes(right);
}

/** Ends the session on the server and leaves nothing of it in this window. */
export async function signOut(): Promise<void> {
  await change('DELETE', '/api/session');
  window.location.assign('/sign-in');
}
