import type { Market } from '@tender/api'
import { createBrowserNode, type NetworkNode, verifyKeySignature } from '@tender/network/browser'
import { TenderError } from '@tender/protocol'
import { findProvider, type MarketClient } from '@tender/sdk'
import type { Hex } from 'viem'

const running = new Map<Hex, Promise<NetworkNode>>()

/**
 * The peer of an agent, started once for the whole page: bids come to it, and providers know it. What it says is encrypted here;
 * the gateway carries what it cannot read.
 *
 * @throws {TenderError} `noNetwork`
 */
export function agentNode(market: Market, client: MarketClient, privateKey: Hex): Promise<NetworkNode> {
  const known = running.get(privateKey)
  if (known) return known
  const starting = start(market, client, privateKey)
  running.set(privateKey, starting)
  starting.catch(() => running.delete(privateKey))
  return starting
}

/** Lets an agent's peer go; what it was connected to ends. */
export async function stopAgent(privateKey: Hex): Promise<void> {
  const known = running.get(privateKey)
  running.delete(privateKey)
  await known?.then((node) => node.stop()).catch(() => undefined)
}

async function start({ network, chainId, contracts }: Market, client: MarketClient, privateKey: Hex) {
  if (!network) {
    throw new TenderError('this gateway has no peer in the market, so no provider can be reached from here', {
      code: 'noNetwork',
      class: 'network',
      hint: 'Use the command line, or another gateway.',
    })
  }
  const node = await createBrowserNode({
    privateKey,
    gateway: network,
    pipeUrl: `${location.origin.replace(/^http/, 'ws')}/v1/pipe`,
    market: { chainId, orderBook: contracts.orderBook },
    // A page passes on others' orders while it waits; those of contract wallets are for the daemons to judge.
    verifySignature: verifyKeySignature,
    providerOf: async (operator) => (await findProvider(client, { operator }))?.id,
    nowSeconds: () => Math.floor(Date.now() / 1000),
    log: () => {},
  })
  await node.start()
  return node
}
