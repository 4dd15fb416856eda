import { multiaddr } from '@multiformats/multiaddr'
import { generatePrivateKey } from 'viem/accounts'
import { delay } from './delay.ts'
import { topicNames } from './gossip.ts'
import { hostPlatform } from './hostPlatform.ts'
import { callerOf } from './identity.ts'
import { createPeer } from './libp2p.ts'
import { type Market, wireName } from './market.ts'

export { nextEvent, sendOn } from './streamInput.ts'

/** Enough that the other side's limits are met first. */
const MAX_STREAMS = 4096
const POLL_MS = 20

export type Stranger = Awaited<ReturnType<typeof createStranger>>

/** A peer that runs, with a new key: it speaks libp2p and hears a market's gossip, and keeps none of the market's rules. */
export async function createStranger(market: Market) {
  const privateKey = generatePrivateKey()
  const { peer } = await createPeer(hostPlatform(), { privateKey, listen: [], topics: topicNames(market) })
  const { pubsub } = peer.services
  const spoken = new Map<string, readonly string[]>()
  peer.addEventListener('peer:identify', ({ detail }) => spoken.set(detail.peerId.toString(), detail.protocols))
  await peer.start()
  for (const name of topicNames(market)) pubsub.subscribe(name)
  return {
    privateKey,
    ...callerOf(peer.peerId),
    peer,

    /** Connects. `protocols` is all that the other side says that it speaks, libp2p's own included. */
    async meet(addresses: readonly string[], signal: AbortSignal) {
      const connection = await peer.dial(
        addresses.map((address) => multiaddr(address)),
        { signal },
      )
      const anyWay = { runOnLimitedConnection: true, maxOutboundStreams: MAX_STREAMS }
      return {
        async protocols(within: AbortSignal): Promise<readonly string[]> {
          for (;;) {
            const found = spoken.get(connection.remotePeer.toString())
            if (found) return found
            await delay(POLL_MS, within)
          }
        },
        open: (protocol: string, within: AbortSignal) => connection.newStream(protocol, { ...anyWay, signal: within }),
      }
    },

    /** Publishes raw bytes with a good signature; resolves once a neighbour took them. */
    async gossip(purpose: string, data: Uint8Array, signal: AbortSignal): Promise<void> {
      while ((await pubsub.publish(wireName(market, purpose), data)).recipients.length === 0)
        await delay(POLL_MS, signal)
    },

    async stop(): Promise<void> {
      for (const connection of peer.getConnections()) connection.abort(new Error('the stranger goes'))
      await peer.stop()
    },
  }
}
