import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect, retainSearchParams, type RouteComponent } from '@tanstack/react-router';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import Queue from '../pages/queue/queue.tsx';
import { parseQueueSearch } from '../pages/queue/search.ts';
import { queries } from './queries.ts';
import { sessionQuery } from './session.ts';
import { Shell } from './shell.tsx';

/** The pages by their addresses. What a page shows stands in its address, so that it can be kept, sent and gone back to. */

const root = createRootRoute({
  validateSearch: (search: Record<string, unknown>): { company?: string } => (typeof search['company'] === 'string' && search['company'] !== '' ? { company: search['company'] } : {}),
  search: { middlewares: [retainSearchParams(['company'])] },
  notFoundComponent: () => <Empty title="There is no such page">The address may be of an older version.</Empty>,
  errorComponent: ({ error, reset }) => <Failed error={error} retry={reset} />,
});

const signIn = createRoute({
  getParentRoute: () => root, path: '/sign-in', validateSearch: (search: Record<string, unknown>): { to?: string } => ({ to: localPath(search['to']) }),
  component: lazyRouteComponent(() => import('../pages/sign-in.tsx')),
});

const inside = createRoute({
  getParentRoute: () => root, id: 'inside', component: Shell, pendingComponent: () => <Loading rows={10} />, errorComponent: ({ error, reset }) => <Failed error={error} retry={reset} />,
  beforeLoad: async ({ location }) => {
    if (await queries.ensureQueryData(sessionQuery) === null) throw redirect({ to: '/sign-in', search: { to: location.href } });
  },
});

type Search = Record<string, unknown>;
/** Text that a page reads from its address by itself; the rest is dropped. */
const texts = (...names: readonly string[]) => (search: Search): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (typeof search[name] === 'string' && search[name] !== '' ? [[name, search[name]]] : [])));
const page = <Path extends string>(path: Path, component: RouteComponent, validateSearch: (search: Search) => Record<string, string | undefined> = () => ({})) =>
  createRoute({ getParentRoute: () => inside, path, validateSearch, component, errorComponent: ({ error, reset }) => <Failed error={error} retry={reset} /> });

const pages = [
  createRoute({ getParentRoute: () => inside, path: '/', beforeLoad: () => { throw redirect({ to: '/queue' }); } }),
  page('/queue', Queue, parseQueueSearch),
  page('/queue/$entry_id', lazyRouteComponent(() => import('../pages/item/item.tsx')), parseQueueSearch),
  page('/quarantine', lazyRouteComponent(() => import('../pages/quarantine.tsx'))),
  page('/quarantine/$statement_id', lazyRouteComponent(() => import('../pages/quarantine.tsx'))),
  page('/dead-letters', lazyRouteComponent(() => import('../pages/dead-letters.tsx'))),
  page('/approvals', lazyRouteComponent(() => import('../pages/approvals.tsx')), texts('state')),
  page('/learned', lazyRouteComponent(() => import('../pages/learned.tsx')), texts('state')),
  page('/overview', lazyRouteComponent(() => import('../pages/overview/overview.tsx'))),
  page('/runs/$run_id', lazyRouteComponent(() => import('../pages/overview/run.tsx'))),
  page('/log', lazyRouteComponent(() => import('../pages/log/log.tsx')), (search) => search as Record<string, string>),
  page('/log/entries/$entry_id', lazyRouteComponent(() => import('../pages/log/story.tsx'))),
  page('/modes', lazyRouteComponent(() => import('../pages/modes.tsx'))),
  page('/settings', lazyRouteComponent(() => import('../pages/settings.tsx'))),
];

export const router = createRouter({
  routeTree: root.addChildren([signIn, inside.addChildren(pages)]),
  defaultPreload: 'intent', scrollRestoration: true, defaultNotFoundComponent: () => <Empty title="There is no such page" />,
  // Everything in an address is text, as a person would write it.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const text = new URLSearchParams(Object.entries(search).filter((one): one is [string, string] => typeof one[1] === 'string' && one[1] !== '')).toString();
    return text === '' ? '' : `?${text}`;
  },
});

declare module '@tanstack/react-router' {
  interface Register { router: typeof router }
}

/** Only a path of this server: whoever writes the link must not send people elsewhere. */
function localPath(value: unknown): string | undefined {
  return typeof value === 'string' && /^\/(?![/\\])/.test(value) ? value : undefined;
}
