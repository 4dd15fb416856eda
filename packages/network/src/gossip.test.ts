import { setTimeout as delay } from 'node:timers/promises'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import {
  type Availability,
  type AvailabilityEnvelope,
  manifestHash,
  marketDomain,
  type OfferEnvelope,
  type OrderEnvelope,
  orderHash,
  typedData,
} from '@tender/protocol'
import { testBrief } from '@tender/protocol/testOrder'
import type { Address, Hex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Received } from './gossip.ts'
import type { MarketView } from './market.ts'
import {
  connectLine,
  logBook,
  manifest,
  market,
  NOW,
  orderOf,
  registry,
  signedOffer,
  signedOrder,
  soon,
  startNode,
  startProvider,
  startStranger,
  type TestNode,
  view,
} from './testNetwork.ts'
import { encodeWire } from './wire.ts'

const COPIES = 20

type Rpc = { subscriptions: unknown[]; messages: { data: Uint8Array }[] }

const nobody = privateKeyToAccount(generatePrivateKey()).address

/** The next order that `node` is given. */
function nextOrder(node: TestNode) {
  const { promise, resolve } = Promise.withResolvers<Received<OrderEnvelope>>()
  node.orders.listen(resolve)
  return promise
}

describe('what is valid crosses a middle node', () => {
  test('an order, with its author proven and its addresses', async () => {
    const [a, b, c] = [await startNode(), await startNode(), await startNode()]
    await connectLine([a, b, c])
    const got = nextOrder(c)
    const content = await signedOrder(a.address)
    const { id, peers } = await a.orders.publish(content, soon())
    expect(peers).toBe(1)
    expect(id).toBe(orderHash(marketDomain(market), content.order))
    expect(await got).toEqual({
      id,
      envelope: { type: 'order', ...content, publicKey: a.publicKey, addresses: a.addresses() },
      author: { address: a.address, publicKey: a.publicKey },
    })
  })

  test('a standing offer and an availability of a registered operator', async () => {
    const [a, b, c] = [await startProvider(71n), await startNode(), await startNode()]
    await connectLine([a, b, c])
    const offered = Promise.withResolvers<Received<OfferEnvelope>>()
    const available = Promise.withResolvers<Received<AvailabilityEnvelope>>()
    c.standingOffers.listen(offered.resolve)
    c.availability.listen(available.resolve)
    const offer = await signedOffer(a.privateKey, { provider: 71n })
    await a.standingOffers.publish(offer, soon())
    const availability = availabilityOf(71n)
    await a.availability.publish({ availability }, soon())
    expect((await offered.promise).envelope.offer).toEqual(offer.offer)
    expect((await available.promise).envelope.availability).toEqual(availability)
  })
})

function availabilityOf(provider: bigint): Availability {
  return { provider, issuedAt: NOW, expiry: NOW + 30, country: '0x4445', drivers: ['wasm'], resources: [] }
}

describe('what is invalid is neither given to anybody nor passed on', () => {
  type Stranger = Awaited<ReturnType<typeof startStranger>>
  const envelope = async (stranger: Stranger, content: object) =>
    encodeWire({ type: 'order', publicKey: stranger.publicKey, addresses: [], ...content })

  const cases: Record<string, { purpose: string; make: (stranger: Stranger) => Promise<Uint8Array> }> = {
    malformed: { purpose: 'orders', make: async () => new Uint8Array(1000).fill(0x9f) },
    'malformed: nested without end': { purpose: 'orders', make: async () => new Uint8Array(30_000).fill(0x81) },
    'malformed: another shape': { purpose: 'orders', make: async () => encodeWire({ type: 'order', order: 1n }) },
    tooLarge: { purpose: 'orders', make: async () => new Uint8Array(65 * 1024) },
    badSignature: {
      purpose: 'orders',
      make: async (stranger) => {
        const content = await signedOrder(stranger.address)
        return envelope(stranger, { ...content, order: { ...content.order, maxPrice: 1n } })
      },
    },
    'notAuthor: another agent': {
      purpose: 'orders',
      make: async (stranger) => envelope(stranger, await signedOrder(nobody)),
    },
    'notAuthor: another key to seal bids to': {
      purpose: 'orders',
      make: async (stranger) =>
        envelope(stranger, { ...(await signedOrder(stranger.address)), publicKey: `0x02${'11'.repeat(32)}` }),
    },
    briefMismatch: {
      purpose: 'orders',
      make: async (stranger) =>
        envelope(stranger, { ...(await signedOrder(stranger.address)), brief: { ...testBrief, units: 2 } }),
    },
    expired: {
      purpose: 'orders',
      make: async (stranger) => envelope(stranger, await signedOrder(stranger.address, { auctionEnd: NOW })),
    },
    notOperator: {
      purpose: 'standing-offers',
      make: async (stranger) => envelope(stranger, { type: 'offer', ...(await signedOffer(stranger.privateKey)) }),
    },
    'notOperator: what another provider has': {
      purpose: 'availability',
      make: async (stranger) => envelope(stranger, { type: 'availability', availability: availabilityOf(71n) }),
    },
    'notAuthor: what a provider has, in its name': {
      purpose: 'availability',
      make: async (stranger) => {
        const { publicKey } = await startProvider(71n)
        return envelope(stranger, { type: 'availability', availability: availabilityOf(71n), publicKey })
      },
    },
    notStanding: {
      purpose: 'standing-offers',
      make: async (stranger) =>
        envelope(stranger, {
          type: 'offer',
          ...(await signedOffer(stranger.privateKey, { order: `0x${'01'.repeat(32)}` })),
        }),
    },
  }

  test.each(Object.entries(cases))('%s', async (name, { purpose, make }) => {
    const [atB, atC] = [logBook(), logBook()]
    const [a, b, c] = [await startNode(), await startNode({ log: atB.log }), await startNode({ log: atC.log })]
    await connectLine([a, b, c])
    const given: string[] = []
    c.standingOffers.listen(({ id }) => given.push(id))
    c.availability.listen(({ id }) => given.push(id))
    const first = nextOrder(c)
    const stranger = await startStranger(b)
    await stranger.gossip(purpose, await make(stranger))
    await atB.seen(name.split(':')[0] ?? name)
    const { id } = await a.orders.publish(await signedOrder(a.address), soon())
    expect((await first).id).toBe(id)
    expect(given).toEqual([])
    expect(atC.codes()).toEqual([])
  })

  test('a replay by its own author is given once', async () => {
    const { log, seen } = logBook()
    const [a, b] = [await startNode(), await startNode({ log })]
    await connectLine([a, b])
    const ids: string[] = []
    b.orders.listen(({ id }) => ids.push(id))
    const stranger = await startStranger(b)
    const data = await envelope(stranger, await signedOrder(stranger.address))
    await stranger.gossip('orders', data)
    await stranger.gossip('orders', data)
    await seen('repeated')
    expect(ids).toHaveLength(1)
  })

  test('copies of what was heard are known by their signature, which is not verified again', async () => {
    const { log, seen } = logBook()
    const b = await startNode({ log })
    const stranger = await startStranger(b)
    const sent: Rpc[] = []
    // CAST: what gossipsub itself sends with
    const pubsub = stranger.peer.services.pubsub as unknown as { sendRpc(peer: string, rpc: Rpc): boolean }
    const send = pubsub.sendRpc.bind(pubsub)
    pubsub.sendRpc = (peer, rpc) => {
      if (rpc.messages[0]) sent.push(rpc)
      return send(peer, rpc)
    }
    const got = nextOrder(b)
    await stranger.gossip('orders', await envelope(stranger, await signedOrder(stranger.address)))
    await got
    const [message] = sent[0]?.messages ?? []
    if (!message) throw new Error('nothing was sent')
    const [peer = ''] = stranger.peer.getPeers().map(String)
    // CAST: of all keys of this kind
    const keys = Object.getPrototypeOf(stranger.peer.peerId.publicKey) as { verify(): unknown }
    const verify = vi.spyOn(keys, 'verify')
    onTestFinished(() => verify.mockRestore())
    const altered = { ...message, data: Uint8Array.of(0xff) }
    send(peer, { subscriptions: [], messages: Array.from({ length: COPIES }, () => altered) })
    // Comes later, on the same stream.
    await stranger.gossip('orders', Uint8Array.of(0xff))
    await seen('malformed')
    // That one, and what the two may have to say of themselves meanwhile.
    expect(verify.mock.calls.length).toBeLessThan(COPIES / 2)
  })

  test('who passes on garbage is soon not listened to, others are', async () => {
    const { log, codes } = logBook()
    const [a, b] = [await startNode(), await startNode({ log })]
    await connectLine([a, b])
    const stranger = await startStranger(b)
    const heardOfGarbage = async () => {
      const before = codes().length
      await stranger.gossip('orders', Uint8Array.of(0xff))
      const got = nextOrder(b)
      const { id } = await a.orders.publish(await signedOrder(a.address), soon())
      expect((await got).id).toBe(id)
      return codes().length > before
    }
    let isHeard = await heardOfGarbage()
    expect(isHeard).toBe(true)
    // Fewer tries than the rate limit would swallow.
    for (let tries = 0; isHeard && tries < 40; tries++) {
      await delay(100)
      isHeard = await heardOfGarbage()
    }
    expect(isHeard).toBe(false)
  })

  test('a chain that cannot be asked blames nobody', async () => {
    const fields: unknown[] = []
    const b = await startNode({
      verifySignature: () => Promise.reject(new Error('chain down')),
      log: (_level, message, entry) => message === 'did not pass on gossip' && fields.push(entry?.blame),
    })
    const stranger = await startStranger(b)
    await stranger.gossip('orders', await envelope(stranger, await walletOrder(stranger.address)))
    await expect.poll(() => fields).toEqual([false])
  })
})

test('a publisher is told what receivers would refuse', async () => {
  const node = await startNode()
  const order = await signedOrder(node.address)
  await expect(node.orders.publish({ ...order, signature: `0x${'00'.repeat(65)}` }, soon())).rejects.toMatchObject({
    code: 'badSignature',
  })
  await expect(node.orders.publish(await signedOrder(nobody), soon())).rejects.toMatchObject({ code: 'notAuthor' })
  expect((await node.orders.publish(order, soon())).peers).toBe(0)
})

describe('an order that another peer publishes for its agent', () => {
  async function vouched(addresses: string[]): Promise<OrderEnvelope> {
    const agent = privateKeyToAccount(generatePrivateKey())
    const content = await signedOrder(agent.address)
    const domain = marketDomain(market)
    const contact = { order: orderHash(domain, content.order), addresses }
    const vouch = await agent.signTypedData(typedData(domain, 'Contact', contact))
    return { type: 'order', ...content, publicKey: compressed(agent.publicKey), addresses, vouch }
  }

  /** 33 bytes of 65. */
  function compressed(publicKey: Hex): Hex {
    return `0x${secp256k1.Point.fromHex(publicKey.slice(2)).toHex(true)}`
  }

  test("is its agent's to all others", async () => {
    const [a, b, c] = [await startNode(), await startNode(), await startNode()]
    await connectLine([a, b, c])
    const got = nextOrder(c)
    const envelope = await vouched(['/ip4/127.0.0.1/tcp/4100'])
    const { id, peers } = await a.orders.pass(envelope, soon())
    expect(peers).toBe(1)
    const { order, publicKey } = envelope
    expect(await got).toEqual({ id, envelope, author: { address: order.agent, publicKey } })
  })

  test("is refused without the agent's word for where it is found", async () => {
    const a = await startNode()
    const envelope = await vouched(['/ip4/127.0.0.1/tcp/4100'])
    const { vouch: _, ...unvouched } = envelope
    const elsewhere = { ...envelope, addresses: ['/ip4/127.0.0.1/tcp/4101'] }
    const otherKey = { ...envelope, publicKey: a.publicKey }
    for (const wrong of [unvouched, elsewhere, otherKey]) {
      await expect(a.orders.pass(wrong, soon())).rejects.toMatchObject({ code: 'notAuthor' })
    }
  })
})

test('a contract wallet orders where the view can ask its contract', async () => {
  const open = { ...view, verifySignature: async ({ signer }: { signer: string }) => signer === nobody }
  const [a, b] = [await startNode(open), await startNode(open)]
  await connectLine([a, b])
  const got = nextOrder(b)
  const order = await walletOrder(a.address)
  await a.orders.publish(order, soon())
  expect((await got).envelope.signature).toBe(order.signature)
})

test('nobody is asked about a signature that its key explains', async () => {
  const asked: string[] = []
  const ask: MarketView['verifySignature'] = async ({ signer }) => asked.push(signer) > 0
  const a = await startNode({ verifySignature: ask })
  await a.orders.publish(await signedOrder(a.address), soon())
  expect(asked).toEqual([])
  await a.orders.publish(await walletOrder(a.address), soon())
  expect(asked).toEqual([nobody])
})

/** Signed by a contract, in a way that only it knows. */
async function walletOrder(agent: Address) {
  const order = orderOf(nobody, agent, { manifest: manifestHash(manifest) })
  return { ...(await signedOrder(agent)), order, signature: `0x${'12'.repeat(100)}` as const }
}

test('a provider is looked up once a minute', async () => {
  let lookups = 0
  const a = await startProvider(72n)
  const b = await startNode({
    providerOf: async (operator) => {
      lookups++
      return registry.get(operator)
    },
  })
  await connectLine([a, b])
  const done = Promise.withResolvers<void>()
  let count = 0
  b.standingOffers.listen(() => ++count === 3 && done.resolve())
  for (let n = 0; n < 3; n++) {
    await a.standingOffers.publish(await signedOffer(a.privateKey, { provider: 72n }), soon())
  }
  await done.promise
  expect(lookups).toBe(1)
})
