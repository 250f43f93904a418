import { QueryClient } from '@tanstack/react-query';
import { Refusal } from './call.ts';

/** What was fetched is shown again at once and fetched anew when the window is looked at. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // The server may be on this very machine: it is asked also when the browser thinks that there is no network.
      networkMode: 'always',
      // What the server has refused it refuses again.
      retry: (count, error) => count < 2 && !(error instanceof Refusal && error.status >= 400 && error.status < 500),
    },
  },
});
