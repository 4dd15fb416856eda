import { peerIdFromString } from '@libp2p/peer-id'
import { generatePrivateKey } from 'viem/accounts'
import { expect, onTestFinished, test } from 'vitest'
import { keepConnected } from './bootstrap.ts'
import { hasGossipStream, topicNames } from './gossip.ts'
import { hostPlatform } from './hostPlatform.ts'
import { createPeer } from './libp2p.ts'
import { market, startNode } from './testNetwork.ts'

test('a bootstrap peer to which gossip could not begin is dialled anew', async () => {
  const first = await startNode()
  const topics = topicNames(market)
  const { peer } = await createPeer(hostPlatform(), { privateKey: generatePrivateKey(), listen: [], topics })
  const stopping = new AbortController()
  onTestFinished(() => {
    stopping.abort()
    return peer.stop()
  })
  const { protocols } = peer.services.pubsub
  let connections = 0
  peer.addEventListener('connection:open', ({ detail: connection }) => {
    if (connections++ > 0) return
    // As with one that is too busy to answer in time.
    const open = connection.newStream.bind(connection)
    connection.newStream = (asked, options) =>
      [asked].flat().some((protocol) => protocols.includes(protocol))
        ? Promise.reject(new Error('it did not answer'))
        : open(asked, options)
  })
  await peer.start()
  for (const name of topics) peer.services.pubsub.subscribe(name)
  const warnings: string[] = []
  void keepConnected(peer, first.addresses(), {
    log: (level, words) => level === 'warn' && warnings.push(words),
    signal: stopping.signal,
    gossipTimeoutMs: 1_000,
  })
  await expect.poll(() => hasGossipStream(peer, peerIdFromString(first.peerId))).toBe(true)
  // A busy machine may need more than one try.
  expect(connections).toBeGreaterThanOrEqual(2)
  expect(warnings.slice(0, 2)).toEqual(['a bootstrap peer does not gossip', 'lost a bootstrap peer'])
})
