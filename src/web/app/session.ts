import { queryOptions, useQuery } from '@tanstack/react-query';
import type { RightName as Right } from '../../api/schemas.ts';
import type { Session } from '../../api/schemas.ts';
import { call, Refusal, setCsrfToken } from './call.ts';

/** Who is signed in; null for nobody. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      const session = await call('GET /api/session', {}, { signal });
      setCsrfToken(session.csrf_token);
      return session;
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) return null;
      throw error;
    }
  },
  // What of it changes ends the session; any call then says so.
  staleTime: Infinity,
});

/** Who is signed in; only below the sign-in gate. */
export function useSession(): Session {
  return useQuery(sessionQuery).data!;
}

/** Whether the person may do what this right covers; what the server would refuse is not offered. */
export function useMay(right: Right): boolean {
  return useSession().rights.includes(right);
}

/** The companies that the person sees, as they were when the page was loaded. */
export function useCompanies(): readonly string[] {
  return useSession().visible_companies;
}

/** Ends the session on the server and leaves nothing of it in this window. */
export async function signOut(): Promise<void> {
  await call('DELETE /api/session', {});
  window.location.assign('/sign-in');
}
