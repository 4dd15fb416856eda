import { createNetworkNode, verifyKeySignature } from '@tender/network'
import { createMarketClient, findProvider } from '@tender/sdk'
import type { LocalAccount } from 'viem'
import { createAgentKey } from '../home/agentKey.ts'
import { marketDirectory } from '../home/home.ts'
import type { MarketProfile } from '../home/marketProfile.ts'
import { openTenantRecords } from './records.ts'
import { nowSeconds, type Tenant } from './tenant.ts'

export type OpenTenantOptions = {
  home: string
  /** Name of the market. */
  market: string
  profile: MarketProfile
  account: LocalAccount
  signal: AbortSignal
}

/**
 * A tenant that can order: connected to the chain and to peers.
 *
 * @throws {WrongChainError} {RpcUnreachableError} {NoMarketError}
 */
export async function openTenant(options: OpenTenantOptions): Promise<Tenant & { close(): Promise<void> }> {
  const { home, profile, account, signal } = options
  const market = await createMarketClient({ rpcUrl: profile.rpcUrl, book: profile.book, account, signal })
  const { chainId, contracts } = profile.book
  const node = await createNetworkNode({
    privateKey: await createAgentKey(home),
    listen: ['/ip4/0.0.0.0/tcp/0'],
    bootstrap: profile.bootstrap,
    market: { chainId, orderBook: contracts.orderBook },
    // A tenant passes on others' orders while it waits; those of contract wallets are for the daemons to judge.
    verifySignature: verifyKeySignature,
    providerOf: async (operator) => (await findProvider(market, { operator }))?.id,
    nowSeconds,
    log: () => {},
  })
  await node.start()
  const records = await openTenantRecords(marketDirectory(home, options.market))
  return { market, node, records, close: () => node.stop() }
}
