import { createNetworkNode, type NetworkNode, verifyKeySignature } from '@tender/network'
import { findProvider, type MarketClient } from '@tender/sdk'
import { nowSeconds } from '@tender/tenant'
import type { Hex } from 'viem'

export type StartAgentOptions = {
  privateKey: Hex
  market: MarketClient
  /** Peers to dial first: multiaddrs with `/p2p/…`. */
  bootstrap: readonly string[]
}

/**
 * Starts the peer that providers answer. Each order has an agent of its own: two processes with one identity would get each
 * other's bids.
 */
export async function startAgent({ privateKey, market, bootstrap }: StartAgentOptions): Promise<NetworkNode> {
  const { chainId, contracts } = market.book
  const node = await createNetworkNode({
    privateKey,
    listen: [listenAddress(bootstrap)],
    bootstrap,
    market: { chainId, orderBook: contracts.orderBook },
    // A tenant passes on others' orders while it waits; those of contract wallets are for the daemons to judge.
    verifySignature: verifyKeySignature,
    providerOf: async (operator) => (await findProvider(market, { operator }))?.id,
    nowSeconds,
    log: () => {},
  })
  await node.start()
  return node
}

/** A market on this machine is nobody else's business; elsewhere providers must be able to dial back. */
function listenAddress(bootstrap: readonly string[]): string {
  return bootstrap.every((address) => address.startsWith('/ip4/127.')) ? '/ip4/127.0.0.1/tcp/0' : '/ip4/0.0.0.0/tcp/0'
}
