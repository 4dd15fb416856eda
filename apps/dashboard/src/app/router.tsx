import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { parseDeploySearch } from '../features/deploy/search.ts'
import { parseEraSearch } from '../features/eras/search.ts'
import { parseMarketSearch } from '../features/market/search.ts'
import { parseCompareSearch, parseProvidersSearch } from '../features/providers/search.ts'
import { loadPart } from '../shared/ui/lazyPart.ts'
import { Layout } from './Layout.tsx'
import { NotFoundPage } from './NotFoundPage.tsx'
import { RouteError } from './RouteError.tsx'
import { RoutePending } from './RoutePending.tsx'

const rootRoute = createRootRoute({ component: Layout, notFoundComponent: NotFoundPage })
const parent = { getParentRoute: () => rootRoute }

// Every page is a file of its own that is loaded when it is opened: the market loads no terminal and no editor.
const routeTree = rootRoute.addChildren([
  createRoute({
    ...parent,
    path: '/',
    validateSearch: parseMarketSearch,
    component: lazyRouteComponent(() => loadPart(() => import('../features/market/MarketPage.tsx')), 'MarketPage'),
  }),
  createRoute({
    ...parent,
    path: '/deploy',
    validateSearch: parseDeploySearch,
    component: lazyRouteComponent(() => loadPart(() => import('../features/deploy/DeployPage.tsx')), 'DeployPage'),
  }),
  createRoute({
    ...parent,
    path: '/leases',
    component: lazyRouteComponent(() => loadPart(() => import('../features/leases/LeasesPage.tsx')), 'LeasesPage'),
  }),
  createRoute({
    ...parent,
    path: '/leases/$id',
    component: lazyRouteComponent(() => loadPart(() => import('../features/leases/LeasePage.tsx')), 'LeasePage'),
  }),
  createRoute({
    ...parent,
    path: '/providers',
    validateSearch: parseProvidersSearch,
    component: lazyRouteComponent(
      () => loadPart(() => import('../features/providers/ProvidersPage.tsx')),
      'ProvidersPage',
    ),
  }),
  createRoute({
    ...parent,
    path: '/providers/$id',
    component: lazyRouteComponent(
      () => loadPart(() => import('../features/providers/ProviderPage.tsx')),
      'ProviderPage',
    ),
  }),
  createRoute({
    ...parent,
    path: '/compare',
    validateSearch: parseCompareSearch,
    component: lazyRouteComponent(() => loadPart(() => import('../features/providers/ComparePage.tsx')), 'ComparePage'),
  }),
  createRoute({
    ...parent,
    path: '/desk',
    component: lazyRouteComponent(() => loadPart(() => import('../features/desk/DeskPage.tsx')), 'DeskPage'),
  }),
  createRoute({
    ...parent,
    path: '/eras',
    component: lazyRouteComponent(() => loadPart(() => import('../features/eras/ErasPage.tsx')), 'ErasPage'),
  }),
  createRoute({
    ...parent,
    path: '/eras/$era',
    validateSearch: parseEraSearch,
    component: lazyRouteComponent(() => loadPart(() => import('../features/eras/EraPage.tsx')), 'EraPage'),
  }),
  createRoute({
    ...parent,
    path: '/account',
    component: lazyRouteComponent(() => loadPart(() => import('../features/account/AccountPage.tsx')), 'AccountPage'),
  }),
  createRoute({
    ...parent,
    path: '/tx/$hash',
    component: lazyRouteComponent(
      () => loadPart(() => import('../features/transactions/TransactionPage.tsx')),
      'TransactionPage',
    ),
  }),
])

/** All addresses of the page and what is shown there. */
export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultPendingMs: 150,
  defaultPendingComponent: RoutePending,
  defaultErrorComponent: RouteError,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
