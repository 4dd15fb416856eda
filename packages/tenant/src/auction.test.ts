import { sendBid } from '@tender/network'
import { connectLine, manifest, market, signedOrder, soon, startNode, startProvider } from '@tender/network/testNetwork'
import { marketDomain, orderHash } from '@tender/protocol'
import { expect, test } from 'vitest'
import { holdAuction } from './auction.ts'
import type { OrderRecord } from './records.ts'

const noRoom = { rule: 'units', message: 'no units are free' }

async function recordOf(agent: Parameters<typeof signedOrder>[0]): Promise<OrderRecord> {
  const { order, signature } = await signedOrder(agent)
  return {
    version: 1,
    id: orderHash(marketDomain(market), order),
    name: 'hello',
    placedAtMs: 0,
    composeFile: '/hello/compose.yaml',
    order,
    signature,
    manifest,
    files: {},
    answers: [],
    leases: [],
    matching: false,
  }
}

test('a peer holds several auctions at once, and each gets its own answers', async () => {
  const [agent, provider] = [await startNode(), await startProvider(91n)]
  await connectLine([agent, provider])
  const records = { orders: { put: async () => {} } }
  // CAST: nothing else of a tenant is asked for here
  const tenant = { node: agent, records } as unknown as Parameters<typeof holdAuction>[0]
  const decline = (order: OrderRecord['id']) =>
    sendBid(provider, agent.contact(), { type: 'decline', provider: 91n, order, reasons: [noRoom] }, soon())
  const bothHeard = Promise.withResolvers<void>()
  const heard: OrderRecord['id'][] = []
  // Nobody is answered before both auctions are open.
  provider.orders.listen(({ id }) => {
    heard.push(id)
    if (heard.length === 2) bothHeard.resolve()
  })
  const options = { endsAtMs: Date.now() + 60_000, enoughAnswers: 1, onAnswer() {}, signal: soon() }
  const placed = [await recordOf(agent.address), await recordOf(agent.address)]
  const held = placed.map((record) => holdAuction(tenant, record, options))
  await bothHeard.promise
  for (const id of heard) expect(await decline(id)).toEqual({ accepted: true })
  const orders = (await Promise.all(held)).map(({ answers }) =>
    answers.map(({ answer }) => (answer.type === 'decline' ? answer.order : undefined)),
  )
  expect(orders).toEqual(placed.map(({ id }) => [id]))
  expect(await decline(heard[0] ?? '0x')).toMatchObject({ accepted: false })
})
