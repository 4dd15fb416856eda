import { marketDomain, orderHash } from '@tender/protocol'
import { expect, test } from 'vitest'
import {
  connectLine,
  market,
  registry,
  signedOffer,
  signedOrder,
  soon,
  startNode,
  startProvider,
} from '../testNetwork.ts'
import { type ReceivedAnswer, sendBid, serveBids } from './bid.ts'
import { askWhy, serveWhy } from './why.ts'

test('an order goes round by gossip, its bid comes back sealed: only the agent sees it', async () => {
  const [agent, middle, provider] = [await startNode(), await startNode(), await startProvider(81n)]
  const received: ReceivedAnswer[] = []
  await serveBids(agent, async (answer) => {
    received.push(answer)
    return { accepted: true }
  })
  const elsewhere: unknown[] = []
  for (const other of [middle, provider]) {
    await serveBids(other, async (answer) => {
      elsewhere.push(answer)
      return { accepted: true }
    })
  }
  await connectLine([agent, middle, provider])
  const bidding = Promise.withResolvers<unknown>()
  provider.orders.listen(({ id, envelope }) => {
    const bid = async () => {
      const offer = await signedOffer(provider.privateKey, { provider: 81n, order: id })
      return sendBid(provider, envelope, { type: 'bid', ...offer }, soon())
    }
    bid().then(bidding.resolve, bidding.reject)
  })
  const content = await signedOrder(agent.address)
  await agent.orders.publish(content, soon())
  expect(await bidding.promise).toEqual({ accepted: true })
  expect(received).toMatchObject([
    {
      answer: { type: 'bid', offer: { order: orderHash(marketDomain(market), content.order) } },
      from: { provider: 81n, publicKey: provider.publicKey, addresses: provider.addresses() },
    },
  ])
  expect(elsewhere).toEqual([])
})

test('a decline with reasons, and an agent that says no', async () => {
  const [agent, provider] = [await startNode(), await startProvider(82n)]
  await serveBids(agent, async ({ answer }) => ({ accepted: false, reason: `the auction is over: ${answer.type}` }))
  const reasons = [{ rule: 'driverMissing', message: 'no such driver', asked: 'docker', possible: 'wasm' }]
  const decline = { type: 'decline' as const, provider: 82n, order: `0x${'01'.repeat(32)}` as const, reasons }
  expect(await sendBid(provider, agent.contact(), decline, soon())).toEqual({
    accepted: false,
    reason: 'the auction is over: decline',
  })
})

test('what is no bid of the provider that sends it never reaches the agent', async () => {
  const [agent, provider, other] = [await startNode(), await startProvider(83n), await startNode()]
  let reached = 0
  await serveBids(agent, async () => {
    reached++
    return { accepted: true }
  })
  const order = `0x${'01'.repeat(32)}` as const
  const mine = await signedOffer(provider.privateKey, { provider: 83n, order })
  const send = (from: typeof provider, bid: typeof mine) =>
    sendBid(from, agent.contact(), { type: 'bid', ...bid }, soon())

  await expect(send(other, mine)).rejects.toMatchObject({ code: 'badSignature', class: 'denied' })
  await expect(send(provider, { ...mine, offer: { ...mine.offer, price: 1n } })).rejects.toMatchObject({
    code: 'badSignature',
  })
  const unregistered = await signedOffer(other.privateKey, { provider: 83n, order })
  await expect(send(other, unregistered)).rejects.toMatchObject({ code: 'notOperator' })
  const standing = await signedOffer(provider.privateKey, { provider: 83n })
  await expect(send(provider, standing)).rejects.toMatchObject({ code: 'notABid' })
  registry.set(other.address, 84n)
  const foreign = await signedOffer(provider.privateKey, { provider: 84n, order })
  await expect(send(provider, foreign)).rejects.toMatchObject({ code: 'notOperator' })
  expect(reached).toBe(0)
  expect(await send(provider, mine)).toEqual({ accepted: true })
})

test('why no bid', async () => {
  const [agent, provider] = [await startNode(), await startProvider(85n)]
  const reasons = [{ rule: 'priceTooHigh', message: 'too cheap for us', asked: '10', possible: '20' }]
  await serveWhy(provider, async (_order, caller) =>
    caller.address === agent.address ? { decision: 'declined', reasons } : { decision: 'unknown', reasons: [] },
  )
  const order = `0x${'02'.repeat(32)}` as const
  expect(await askWhy(agent, provider.contact(), order, soon())).toEqual({ decision: 'declined', reasons })
  expect(await askWhy(await startNode(), provider.contact(), order, soon())).toMatchObject({ decision: 'unknown' })
})
