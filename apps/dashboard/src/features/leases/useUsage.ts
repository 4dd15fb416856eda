import { useQuery, useQueryClient } from '@tanstack/react-query'
import { askUsage, type LeaseUsage } from '@tender/network/browser'
import { addLook } from './usageSeries.ts'
import type { PageReach } from './useReach.ts'

const EVERY_MS = 2_000

/** What a lease's provider measured of it since somebody looks, the oldest first; empty while nothing of it runs. */
export function useUsage(reach: PageReach) {
  const { leaseId } = reach.record
  const queryKey = ['usage', leaseId]
  const queries = useQueryClient()
  return useQuery({
    queryKey,
    refetchInterval: EVERY_MS,
    retry: false,
    async queryFn({ signal }) {
      const look = await reach.ask(
        (provider, node) => askUsage(node, provider, { lease: leaseId, session: reach.session }, signal),
        signal,
      )
      return look ? addLook(queries.getQueryData<readonly LeaseUsage[]>(queryKey) ?? [], look) : []
    },
  })
}
