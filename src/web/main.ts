import { askEarly } from './app/address.ts';
import { firstItemsOf, groupsOf, parseQueueSearch } from './pages/queue/search.ts';

/** The first script, small and there before all others: what the page will ask for is on its way while the rest of the program comes. */

const { pathname, search } = window.location;
if (pathname !== '/sign-in') askEarly('GET /api/session', {});
if (pathname === '/' || pathname === '/queue') {
  const asked = parseQueueSearch(Object.fromEntries(new URLSearchParams(search)));
  askEarly('GET /api/items', { query: firstItemsOf(asked) });
  askEarly('GET /api/items/groups', { query: groupsOf(asked) });
}
// It waits for no styles, and so may be there before the rest of the document.
const parsed = document.readyState === 'loading' ? new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true })) : Promise.resolve();
void parsed.then(() => import('./start.tsx'));
