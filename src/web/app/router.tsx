import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect, retainSearchParams } from '@tanstack/react-router';
import { Empty } from '../parts/states.tsx';
import { sessionQuery } from './session.ts';
import { Shell } from './shell.tsx';
import { queries } from './queries.ts';

/** The pages by their addresses. What a page shows stands in its address, so that it can be kept, sent and gone back to. */

const root = createRootRoute({
  validateSearch: (search: Record<string, unknown>): { company?: string } => ({ company: textOf(search['company']) }),
  search: { middlewares: [retainSearchParams(['company'])] },
  notFoundComponent: () => <Empty title="There is no such page">The address may be of an older version.</Empty>,
});

const signIn = createRoute({ getParentRoute: () => root, path: '/sign-in', validateSearch: (search: Record<string, unknown>): { to?: string } => ({ to: localPath(search['to']) }), component: lazyRouteComponent(() => import('../pages/sign-in.tsx')) });

const inside = createRoute({
  getParentRoute: () => root, id: 'inside', component: Shell,
  beforeLoad: async ({ location }) => {
    const session = await queries.ensureQueryData(sessionQuery);
    if (session.user === null) throw redirect({ to: '/sign-in', search: { to: location.href } });
  },
});

const pages = [
  createRoute({ getParentRoute: () => inside, path: '/', beforeLoad: () => { throw redirect({ to: '/queue' }); } }),
  createRoute({ getParentRoute: () => inside, path: '/queue', component: lazyRouteComponent(() => import('../pages/queue.tsx')) }),
  createRoute({ getParentRoute: () => inside, path: '/settings', component: lazyRouteComponent(() => import('../pages/settings.tsx')) }),
];

export const router = createRouter({
  routeTree: root.addChildren([signIn, inside.addChildren(pages)]),
  defaultPreload: 'intent', scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register { router: typeof router }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;
}

/** Only a path of this server: whoever writes the link must not send people elsewhere. */
function localPath(value: unknown): string | undefined {
  return typeof value === 'string' && /^\/(?![/\\])/.test(value) ? value : undefined;
}
