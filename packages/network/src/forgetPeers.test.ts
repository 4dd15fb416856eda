import { expect, test } from 'vitest'
import { forgetPeers } from './forgetPeers.ts'
import { startNode, startStranger } from './testNetwork.ts'

test('who has gone is forgotten; who is connected, and a relay to come back to, is not', async () => {
  const [here, gone, relay] = [await startNode(), await startNode(), await startNode()]
  const { peer, meet } = await startStranger(here)
  for (const other of [gone, relay]) await meet(other.addresses(), AbortSignal.timeout(60_000))
  const idOf = (address: string | undefined) => address?.split('/p2p/')[1]
  const ids = [here, gone, relay].map((node) => idOf(node.addresses()[0]))
  const known = async () => (await peer.peerStore.all()).map(({ id }) => id.toString()).sort()
  expect(await known()).toEqual(ids.toSorted())

  const relayId = peer.getPeers().find((id) => id.toString() === ids[2])
  if (relayId) await peer.peerStore.merge(relayId, { tags: { 'keep-alive-circuit-relay': { value: 1 } } })
  await Promise.all([gone.stop(), relay.stop()])
  await expect.poll(() => peer.getPeers().map(String)).toEqual([ids[0]])
  // CAST: all that is used of what libp2p gives its services
  const components = { peerStore: peer.peerStore, connectionManager: peer } as unknown as Parameters<
    typeof forgetPeers
  >[0]
  await forgetPeers(components)
  expect(await known()).toEqual([ids[0], ids[2]].toSorted())
})
