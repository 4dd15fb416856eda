import { expect, test } from 'vitest'
import { DeniedError } from './errors.ts'
import { signedOrder, soon, startNode } from './testNetwork.ts'

test('a node counts who is connected, what passed, and what it refused', async () => {
  const first = await startNode()
  const node = await startNode({ bootstrap: first.addresses() })
  await node.orders.ready({ signal: soon() })
  const got = Promise.withResolvers()
  first.orders.listen(got.resolve)
  await node.orders.publish(await signedOrder(node.address), soon())
  await got.promise

  await first.handle('door', { maxStreams: 4, rate: { perSecond: 10, burst: 10 } }, async () => {
    throw new DeniedError('closed', 'the door is closed')
  })
  const frames = await node.open(first.contact(), 'door', soon())
  await frames.read(4_096, soon())

  const counts = first.counts()
  expect(counts).toMatchObject({ peers: 1, connections: { direct: 1, relayed: 0 }, places: 0 })
  expect(counts.gossip).toContainEqual({ topic: 'orders', accepted: 1, ignored: 0, refused: 0 })
  expect(counts.refused).toEqual(new Map([['denied', 1]]))
  expect(counts.streams).toBeGreaterThan(0)
  expect(counts.receivedBytes).toBeGreaterThan(1_000)

  await node.stop()
  await expect.poll(() => first.counts().peers).toBe(0)
  // What went over connections that are closed is still counted.
  expect(first.counts().receivedBytes).toBeGreaterThanOrEqual(counts.receivedBytes)
})
