import type { Market } from '@tender/api'
import type { SignedSession } from '@tender/network/browser'
import type { Manifest } from '@tender/protocol'
import type { MarketClient } from '@tender/sdk'
import { asker, manifestOf, type TenantLease } from '@tender/tenant'
import type { Hex } from 'viem'
import { agentNode } from '../../shared/tenant/agentNodes.ts'
import { openTenantHome, type TenantHome } from '../../shared/tenant/tenantHome.ts'
import type { PageReach } from './useReach.ts'

type Known = { record: TenantLease; manifest?: Manifest; session?: SignedSession; agentKey: Hex }

/** Reaches a lease's provider as the lease's agent; `undefined` if no key of this browser may speak for the lease. */
export async function openReach(market: Market, client: MarketClient, leaseId: string): Promise<PageReach | undefined> {
  const home = openTenantHome(market)
  const known = (await ordered(home, leaseId)) ?? (await adopted(home, leaseId))
  if (!known) return undefined
  const { record, manifest, session, agentKey } = known
  const bootstrap = market.network?.addresses ?? []
  return {
    home,
    record,
    manifest,
    session,
    agentKey,
    async ask(question, signal) {
      const node = await agentNode(market, client, agentKey)
      return asker({ node, records: home.records, record, bootstrap, signal })(question)
    },
  }
}

async function ordered(home: TenantHome, leaseId: string): Promise<Known | undefined> {
  const record = await home.records.leases.get(leaseId.toLowerCase())
  const order = record && (await home.records.orders.get(record.terms.order))
  const agentKey = order && (await home.agents.find(order.order.agent))
  return record && agentKey && { record, manifest: await manifestOf(home.records, record), agentKey }
}

async function adopted(home: TenantHome, leaseId: string): Promise<Known | undefined> {
  const known = await home.adopted.get(leaseId)
  const agentKey = known && (await home.agents.find(known.signed.session.agent))
  return known && agentKey && { record: known.record, session: known.signed, agentKey }
}
