import { useQuery } from '@tanstack/react-query'
import type { TenantLease } from '@tender/tenant'
import { useMarket } from '../../shared/api/queries.ts'

/** Leases that this browser opened, by id: their names and addresses, and that it holds their agents' keys. */
export function useOwnLeases() {
  const { data: market } = useMarket()
  return useQuery({
    queryKey: ['ownLeases', market?.contracts.orderBook],
    enabled: market !== undefined,
    async queryFn(): Promise<ReadonlyMap<string, TenantLease>> {
      if (!market) return new Map()
      const { openTenantHome } = await import('../../shared/tenant/tenantHome.ts')
      const leases = await openTenantHome(market).records.leases.all()
      return new Map(leases.map((lease) => [lease.leaseId.toLowerCase(), lease]))
    },
  })
}
