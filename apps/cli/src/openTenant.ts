import { createNetworkNode } from '@tender/network'
import { findProvider, type MarketClient } from '@tender/sdk'
import type { Address } from 'viem'
import type { Context } from './command.ts'
import { createAgentKey, readAgentKey } from './home/agentKey.ts'
import { marketDirectory } from './home/home.ts'
import { openAccountMarket, type Which } from './openMarket.ts'
import { openTenantRecords } from './tenant/records.ts'
import { nowSeconds, type Tenant } from './tenant/tenant.ts'

/** A tenant that takes part in a market until closed. */
export type OpenTenant = Tenant & { close(): Promise<void> }

/**
 * Connects to a market as a tenant: with an account that pays, a new agent and the records of this market.
 *
 * @example
 * const tenant = await openTenant(context, { market: 'dev', account: 'dev' })
 * try { await up(tenant, plan, options) } finally { await tenant.close() }
 */
export async function openTenant(context: Context, which: Which = {}): Promise<OpenTenant> {
  const { name, market, profile } = await openAccountMarket(context, which)
  return startTenant(context, { name, market, bootstrap: profile.bootstrap })
}

export type StartTenantOptions = {
  /** The market's name: its records are kept under it. */
  name: string
  market: MarketClient
  bootstrap: readonly string[]
  /** The agent of an order that was placed before. @default a new one */
  agent?: Address | undefined
}

/**
 * Takes part in a market that is open. Each order has an agent of its own: two processes with one peer identity would get
 * each other's bids.
 */
export async function startTenant(
  context: Pick<Context, 'home' | 'verbose' | 'progress'>,
  { name, market, bootstrap, agent }: StartTenantOptions,
): Promise<OpenTenant> {
  const records = await openTenantRecords(marketDirectory(context.home, name))
  const privateKey = agent === undefined ? await createAgentKey(context.home) : await readAgentKey(context.home, agent)
  const { chainId, contracts } = market.book
  const node = await createNetworkNode({
    privateKey,
    listen: [listenAddress(bootstrap)],
    bootstrap,
    market: { chainId, orderBook: contracts.orderBook },
    verifySignature: ({ signer, digest, signature }) =>
      market.rpc.verifyHash({ address: signer, hash: digest, signature }),
    providerOf: async (operator) => (await findProvider(market, { operator }))?.id,
    nowSeconds,
    log(level, message, fields) {
      if (context.verbose) context.progress.line(`${level}: ${message} ${JSON.stringify(fields ?? {})}`)
    },
  })
  await node.start()
  return { market, node, records, close: () => node.stop() }
}

/** A market on this machine is not for others; elsewhere providers must be able to dial back. */
function listenAddress(bootstrap: readonly string[]): string {
  const local = bootstrap.every((address) => address.startsWith('/ip4/127.') || address.startsWith('/ip6/::1/'))
  return local ? '/ip4/127.0.0.1/tcp/0' : '/ip4/0.0.0.0/tcp/0'
}
