import { queryOptions, useQueries, useQuery } from '@tanstack/react-query'
import type { Market } from '@tender/api'
import type { LogLine, NetworkNode, SignedSession } from '@tender/network/browser'
import type { Dialable, Manifest } from '@tender/protocol'
import type { TenantLease } from '@tender/tenant'
import type { Hex } from 'viem'
import { useMarket } from '../../shared/api/queries.ts'
import type { TenantHome } from '../../shared/tenant/tenantHome.ts'
import type { OpenMarket } from '../../shared/wallet/openMarket.ts'
import { useOpenMarket } from '../../shared/wallet/useWallet.ts'

/** A lease whose agent's key is in this browser, with all that it takes to ask its provider. */
export type PageReach = {
  home: TenantHome
  record: TenantLease
  /** What was ordered, or the last update that was done; absent for a lease that was opened elsewhere. */
  manifest: Manifest | undefined
  /** What shows that this browser may ask, for a lease that was opened elsewhere. */
  session: SignedSession | undefined
  agentKey: Hex
  /** Asks the provider wherever it is. */
  ask<Answer>(
    question: (provider: Dialable, node: NetworkNode) => Promise<Answer>,
    signal: AbortSignal,
  ): Promise<Answer>
}

/** How the provider of a lease is reached from here; `null`: its agent's key is elsewhere. */
export function useReach(leaseId: string) {
  const { data: market } = useMarket()
  const { data: open } = useOpenMarket()
  return useQuery(reachQuery(leaseId, market, open))
}

/** The same of several leases, in their order. */
export function useReaches(leaseIds: readonly string[]): (PageReach | null | undefined)[] {
  const { data: market } = useMarket()
  const { data: open } = useOpenMarket()
  const reaches = useQueries({ queries: leaseIds.map((leaseId) => reachQuery(leaseId, market, open)) })
  return reaches.map(({ data }) => data)
}

function reachQuery(leaseId: string, market: Market | undefined, open: OpenMarket | undefined) {
  return queryOptions({
    queryKey: ['reach', leaseId],
    enabled: market !== undefined && open !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    async queryFn(): Promise<PageReach | null> {
      if (!market || !open) return null
      const { openReach } = await import('./openReach.ts')
      return (await openReach(market, open.client, leaseId)) ?? null
    },
  })
}

/** How the workload of a lease is, as its provider says, every few seconds. */
export function useWorkload(reach: PageReach | null | undefined, running: boolean) {
  return useQuery({
    queryKey: ['workload', reach?.record.leaseId],
    enabled: reach !== undefined && reach !== null && running,
    refetchInterval: 4_000,
    retry: false,
    async queryFn({ signal }) {
      if (!reach) throw new Error('the provider cannot be asked from here')
      const { askStatus } = await import('@tender/network/browser')
      return reach.ask(
        (provider, node) => askStatus(node, provider, { lease: reach.record.leaseId, session: reach.session }, signal),
        signal,
      )
    },
  })
}

export type { LogLine }
