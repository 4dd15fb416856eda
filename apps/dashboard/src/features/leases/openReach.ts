import type { Market } from '@tender/api'
import type { MarketClient } from '@tender/sdk'
import { asker, manifestOf } from '@tender/tenant'
import { agentNode } from '../../shared/tenant/agentNodes.ts'
import { openTenantHome } from '../../shared/tenant/tenantHome.ts'
import type { PageReach } from './useReach.ts'

/** Reaches a lease's provider as the lease's agent; `undefined` if this browser did not open the lease. */
export async function openReach(market: Market, client: MarketClient, leaseId: string): Promise<PageReach | undefined> {
  const home = openTenantHome(market)
  const record = await home.records.leases.get(leaseId.toLowerCase())
  const order = record && (await home.records.orders.get(record.terms.order))
  const agentKey = order && (await home.agents.find(order.order.agent))
  if (!record || !agentKey) return undefined
  const manifest = await manifestOf(home.records, record)
  const bootstrap = market.network?.addresses ?? []
  return {
    home,
    record,
    manifest,
    agentKey,
    async ask(question, signal) {
      const node = await agentNode(market, client, agentKey)
      return asker({ node, records: home.records, record, bootstrap, signal })(question)
    },
  }
}
