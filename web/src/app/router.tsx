import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { queries } from '@/api/queries';
import { Shell } from '@/components/shell/Shell';
import { Failure } from '@/components/ui/states';
import { validateRequestsSearch } from '@/features/requests/search';
import { SignInPage } from '@/features/session/SignInPage';
import { parseSearch, stringifySearch } from '@/lib/search';
import { NotFound } from './NotFound';

const one = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined);

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFound,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search): { next?: string } => ({ next: one(search.next) }),
  component: SignInPage,
});

/** Everything that needs a session. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: async ({ context, location }) => {
    const session = await context.queryClient.ensureQueryData(queries.session());
    if (!session.signed_in) {
      const here = location.pathname + location.searchStr;
      throw redirect({ to: '/sign-in', search: { next: here === '/' ? undefined : here } });
    }
  },
  component: Shell,
});

const index = createRoute({
  getParentRoute: () => inside,
  path: '/',
  beforeLoad: async ({ context }) => {
    const status = await context.queryClient.ensureQueryData(queries.status());
    throw redirect({ to: status.first_run.has_request ? '/requests' : '/welcome' });
  },
});

const welcome = createRoute({
  getParentRoute: () => inside,
  path: '/welcome',
  component: lazyRouteComponent(() => import('@/features/welcome/WelcomePage'), 'WelcomePage'),
});

const requests = createRoute({
  getParentRoute: () => inside,
  path: '/requests',
  validateSearch: validateRequestsSearch,
  component: lazyRouteComponent(() => import('@/features/requests/RequestsPage'), 'RequestsPage'),
});

const request = createRoute({
  getParentRoute: () => requests,
  path: '$id',
  component: lazyRouteComponent(() => import('@/features/requests/RequestSheet'), 'RequestSheet'),
});

const providers = createRoute({
  getParentRoute: () => inside,
  path: '/providers',
  component: lazyRouteComponent(() => import('@/features/providers/ProvidersPage'), 'ProvidersPage'),
});

const models = createRoute({
  getParentRoute: () => inside,
  path: '/models',
  component: lazyRouteComponent(() => import('@/features/models/ModelsPage'), 'ModelsPage'),
});

const keys = createRoute({
  getParentRoute: () => inside,
  path: '/keys',
  component: lazyRouteComponent(() => import('@/features/keys/KeysPage'), 'KeysPage'),
});

const routeTree = root.addChildren([
  signIn,
  inside.addChildren([index, welcome, requests.addChildren([request]), providers, models, keys]),
]);

/** The routes under /ui/. Search parameters keep the API's own grammar. */
export function newRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    basepath: '/ui',
    context: { queryClient },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultErrorComponent: ({ error, reset }) => <Failure error={error} onRetry={reset} />,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
  interface HistoryState {
    /** Cursors of the pages before this one, the first page being "". */
    trail?: string[];
  }
}
