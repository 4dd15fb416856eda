import { infiniteQueryOptions, queryOptions, type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { Candles, Input, Market } from '@tender/api'
import { api } from './client.ts'
import { keys } from './keys.ts'

// One place says how everything is read. Pages use these with TanStack Query's own hooks: `useQuery(providerQuery(id))`,
// `useInfiniteQuery(matchesQuery({ class: 'cu' }))`. Live updates keep them fresh, see `applyLiveEvent`; what no event tells is read
// again after an interval.

/** Which items of a list are wanted, without its paging. */
type FilterOf<Name extends 'listMatches' | 'listOrders' | 'listLeases' | 'listProviders'> = Omit<
  Input<Name>,
  'cursor' | 'limit'
>

const paged = {
  // CAST: the first page has no cursor, later ones have
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (last: { next: string | null }) => last.next ?? undefined,
}

/** What everything else builds on: contracts, assets, how far the gateway has read. */
export const marketQuery = queryOptions({
  queryKey: keys.market(),
  queryFn: ({ signal }) => api.getMarket({}, { signal }),
  refetchInterval: 30_000,
})

/** The market that this page belongs to. */
export function useMarket(): UseQueryResult<Market> {
  return useQuery(marketQuery)
}

export const classesQuery = queryOptions({
  queryKey: keys.classes(),
  queryFn: ({ signal }) => api.listClasses({}, { signal }),
})

export const candlesQuery = (name: string, asset: string, interval: Candles['interval']) =>
  queryOptions({
    queryKey: keys.candles(name, asset, interval),
    queryFn: ({ signal }) => api.getPrices({ name, asset, interval }, { signal }),
  })

export const depthQuery = (name: string, asset: string) =>
  queryOptions({
    queryKey: keys.depth(name, asset),
    queryFn: ({ signal }) => api.getDepth({ name, asset }, { signal }),
    refetchInterval: 15_000,
  })

export const matchesQuery = (filter: FilterOf<'listMatches'> = {}) =>
  infiniteQueryOptions({
    queryKey: keys.matches(filter),
    queryFn: ({ signal, pageParam }) => api.listMatches({ ...filter, cursor: pageParam }, { signal }),
    ...paged,
  })

export const ordersQuery = (filter: FilterOf<'listOrders'> = {}) =>
  infiniteQueryOptions({
    queryKey: keys.orders(filter),
    queryFn: ({ signal, pageParam }) => api.listOrders({ ...filter, cursor: pageParam }, { signal }),
    ...paged,
  })

export const orderQuery = (hash: string) =>
  queryOptions({ queryKey: keys.order(hash), queryFn: ({ signal }) => api.getOrder({ hash }, { signal }) })

export const leasesQuery = (filter: FilterOf<'listLeases'> = {}) =>
  infiniteQueryOptions({
    queryKey: keys.leases(filter),
    queryFn: ({ signal, pageParam }) => api.listLeases({ ...filter, cursor: pageParam }, { signal }),
    ...paged,
  })

export const leaseQuery = (id: string) =>
  queryOptions({ queryKey: keys.lease(id), queryFn: ({ signal }) => api.getLease({ id }, { signal }) })

/** A job with everything that happened to it, by its lease. */
export const jobQuery = (lease: string) =>
  queryOptions({ queryKey: keys.job(lease), queryFn: ({ signal }) => api.getJob({ id: lease }, { signal }) })

export const providersQuery = (filter: FilterOf<'listProviders'> = {}) =>
  infiniteQueryOptions({
    queryKey: keys.providers(filter),
    queryFn: ({ signal, pageParam }) => api.listProviders({ ...filter, limit: 100, cursor: pageParam }, { signal }),
    ...paged,
  })

export const providerQuery = (id: string) =>
  queryOptions({ queryKey: keys.provider(id), queryFn: ({ signal }) => api.getProvider({ id }, { signal }) })

/** What the latest reports say of a provider, the newest first. */
export const providerErasQuery = (id: string) =>
  queryOptions({
    queryKey: keys.providerEras(id),
    queryFn: ({ signal }) => api.listProviderEras({ id, limit: 60 }, { signal }),
  })

export const earningsQuery = (id: string, interval: 'hour' | 'day') =>
  queryOptions({
    queryKey: keys.earnings(id, interval),
    queryFn: ({ signal }) => api.getEarnings({ id, interval }, { signal }),
  })

/** Reports, the newest first. */
export const erasQuery = infiniteQueryOptions({
  queryKey: keys.eras(),
  queryFn: ({ signal, pageParam }) => api.listEras({ cursor: pageParam }, { signal }),
  ...paged,
})

export const eraQuery = (era: number) =>
  queryOptions({ queryKey: keys.era(era), queryFn: ({ signal }) => api.getEra({ era }, { signal }) })

/** Leaves of an era's tree, in its order. */
export const leavesQuery = (era: number) =>
  infiniteQueryOptions({
    queryKey: keys.leaves(era),
    queryFn: ({ signal, pageParam }) => api.listLeaves({ era, cursor: pageParam }, { signal }),
    ...paged,
  })

export const leaseProofQuery = (era: number, lease: string) =>
  queryOptions({
    queryKey: keys.leaseProof(era, lease),
    queryFn: ({ signal }) => api.getLeaseProof({ era, id: lease }, { signal }),
  })

export const providerProofQuery = (era: number, provider: string) =>
  queryOptions({
    queryKey: keys.providerProof(era, provider),
    queryFn: ({ signal }) => api.getProviderProof({ era, id: provider }, { signal }),
  })

export const monitorsQuery = queryOptions({
  queryKey: keys.monitors(),
  queryFn: ({ signal }) => api.listMonitors({}, { signal }),
})

export const accountQuery = (address: string) =>
  queryOptions({ queryKey: keys.account(address), queryFn: ({ signal }) => api.getAccount({ address }, { signal }) })

export const movementsQuery = (address: string) =>
  infiniteQueryOptions({
    queryKey: keys.movements(address),
    queryFn: ({ signal, pageParam }) => api.listMovements({ address, cursor: pageParam }, { signal }),
    ...paged,
  })

export const transactionQuery = (hash: string) =>
  queryOptions({ queryKey: keys.transaction(hash), queryFn: ({ signal }) => api.getTransaction({ hash }, { signal }) })
