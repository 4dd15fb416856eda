import type { Market } from '@tender/api'
import type { NetworkNode } from '@tender/network/browser'
import { type Dialable, sessionScopes, UnreachableError } from '@tender/protocol'
import { findTermsOfLease, type MarketClient, signSession } from '@tender/sdk'
import type { Hex } from 'viem'
import { shortHex } from '../../shared/format/hex.ts'
import { agentNode } from '../../shared/tenant/agentNodes.ts'
import { openTenantHome } from '../../shared/tenant/tenantHome.ts'

/** A provider says where it is every minute. */
const LISTEN_MS = 90_000
/** How long the browser may speak for the lease: as long as most leases last. */
const SESSION_SECONDS = 30 * 86_400

/**
 * Lets this browser speak for leases of the connected account that were opened elsewhere: the tenant names one key of this browser
 * for all of them, and the leases' providers are found by what they say of themselves.
 *
 * @throws {UnreachableError} `providerSilent`; those that were found until then are taken over
 */
export async function adoptLeases(market: Market, client: MarketClient, leaseIds: readonly Hex[]): Promise<void> {
  const home = openTenantHome(market)
  const leases = await Promise.all(
    leaseIds.map(async (leaseId) => ({ leaseId, terms: await findTermsOfLease(client, { leaseId }) })),
  )
  const [first] = leases
  if (!first) return
  const { privateKey, address } = await home.agents.create()
  const issuedAt = Math.floor(Date.now() / 1000)
  const scopes = Object.values(sessionScopes).reduce((all, scope) => all | scope, 0)
  const { tenant } = first.terms
  const session = { tenant, agent: address, scopes, issuedAt, expiry: issuedAt + SESSION_SECONDS }
  const signed = await signSession(client, { session })
  const node = await agentNode(market, client, privateKey)
  await Promise.all(
    leases.map(async ({ leaseId, terms }) => {
      const provider = await providerAt(node, terms.provider)
      const record = { version: 1 as const, leaseId, name: `Lease ${shortHex(leaseId)}`, terms, provider }
      await home.adopted.put(leaseId, { record, signed })
    }),
  )
}

async function providerAt(node: NetworkNode, wanted: bigint) {
  const { promise, resolve, reject } = Promise.withResolvers<Dialable>()
  const stop = node.availability.listen(({ envelope: { availability, publicKey, addresses } }) => {
    if (availability.provider === wanted) resolve({ publicKey, addresses })
  })
  const silent = () =>
    reject(
      new UnreachableError(`provider ${wanted} said nothing of itself within ${LISTEN_MS / 1000} seconds`, {
        code: 'providerSilent',
        hint: 'It says where it is every minute: try again, or use the command line.',
      }),
    )
  const timer = setTimeout(silent, LISTEN_MS)
  try {
    const { publicKey, addresses } = await promise
    return { publicKey, addresses: addresses.slice(0, 8) }
  } finally {
    clearTimeout(timer)
    stop()
  }
}
