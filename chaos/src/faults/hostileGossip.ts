import type { Market } from '@tender/network'
import { encodeWire } from '@tender/network/testParsers'
import type { Stranger } from '@tender/network/testStranger'
import { briefHash, joinManifestHash, MAX_ENVELOPE_BYTES, marketDomain, type Order, orderHash } from '@tender/protocol'
import { testBrief, testOrder } from '@tender/protocol/testOrder'
import { type Address, bytesToBigInt, bytesToHex, zeroHash } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { bytes, type Random } from '../random.ts'

/** Where gossip is heard, and what orders there are paid in. */
export type GossipPlace = { market: Market; asset: Address }

type Speaker = Pick<Stranger, 'address' | 'publicKey'>
type Spoken = { purpose: 'orders' | 'standing-offers' | 'availability'; data: Uint8Array }

const AUCTION_SECONDS = 20
const GOSSIP_MS = 5_000
const ORDERS_AT_ONCE = 25

/** Where nobody is who answers: providers that bid for such an order dial in vain. */
const nowhere = [
  ...['/ip4/127.0.0.1/tcp/1', '/ip4/255.255.255.255/tcp/65535', '/ip6/::/tcp/0', '/dns4/no.such.host/tcp/4100'],
  ...['/ip4/192.0.2.1/udp/9', 'not an address'],
]

/** An order that its tenant signed, who has nothing. */
async function orderOf({ market, asset }: GossipPlace, by: Speaker, random: Random, over: Partial<Order> = {}) {
  const tenant = privateKeyToAccount(generatePrivateKey())
  const now = Math.floor(Date.now() / 1000)
  const manifest = joinManifestHash(briefHash(testBrief), zeroHash)
  const nonce = bytesToBigInt(bytes(random, 32))
  const times = { auctionEnd: now + AUCTION_SECONDS, expiry: now + 2 * AUCTION_SECONDS }
  const order = testOrder({ tenant: tenant.address, agent: by.address, asset, manifest, nonce, ...times, ...over })
  const signature = await tenant.sign({ hash: orderHash(marketDomain(market), order) })
  const told = { type: 'order', brief: testBrief, privateHash: zeroHash, publicKey: by.publicKey, addresses: nowhere }
  return { ...told, order, signature }
}

type Made = (
  place: GossipPlace,
  by: Speaker,
  random: Random,
  heard: readonly Uint8Array[],
) => Promise<readonly Spoken[]>

const asOrder = (...list: readonly Uint8Array[]) => list.map((data): Spoken => ({ purpose: 'orders', data }))
const signatureOf = (random: Random) => bytesToHex(bytes(random, 65))
const offer = (random: Random) => ({
  ...{ provider: 1n, offerEpoch: 0, order: zeroHash, resource: zeroHash, asset: `0x${'11'.repeat(20)}`, tier: 1 },
  ...{ units: 1, price: 1n, minSeconds: 0, maxDuration: 86_400, noticeSeconds: 0 },
  ...{ expiry: Math.floor(Date.now() / 1000) + 60, salt: bytesToBigInt(bytes(random, 32)) },
})

/** What nodes must neither use nor pass on, but for orders without number, which are as good as any. */
const messages: Readonly<Record<string, Made>> = {
  noise: async (_place, _by, random) => asOrder(bytes(random, 500)),
  nested: async () => asOrder(Buffer.alloc(MAX_ENVELOPE_BYTES, 0x81)),
  tooLarge: async () => asOrder(Buffer.alloc(MAX_ENVELOPE_BYTES + 1, 0x60), Buffer.alloc(900_000, 0x60)),
  wrongShape: async () => asOrder(encodeWire({ type: 'order', order: 1n }), encodeWire([]), encodeWire('order')),
  otherSignature: async (place, by, random) =>
    asOrder(encodeWire({ ...(await orderOf(place, by, random)), signature: signatureOf(random) })),
  otherAgent: async (place, by, random) =>
    asOrder(encodeWire(await orderOf(place, by, random, { agent: `0x${'22'.repeat(20)}` }))),
  endless: async (place, by, random) =>
    asOrder(encodeWire(await orderOf(place, by, random, { auctionEnd: 2 ** 40 - 1, expiry: 2 ** 40 - 1 }))),
  again: async (place, by, random) => {
    const data = encodeWire(await orderOf(place, by, random))
    return asOrder(data, data, data)
  },
  // Others' words under its own name, as many as it heard.
  replayed: async (_place, _by, _random, heard) => asOrder(...heard),
  offerOfAnother: async (_place, { publicKey }, random) => [
    {
      purpose: 'standing-offers',
      data: encodeWire({
        type: 'offer',
        offer: offer(random),
        signature: signatureOf(random),
        publicKey,
        addresses: nowhere,
      }),
    },
  ],
  wrongTopic: async (place, by, random) => [
    { purpose: 'availability', data: encodeWire(await orderOf(place, by, random)) },
  ],
  withoutNumber: async (place, by, random) => {
    const orders = Array.from({ length: ORDERS_AT_ONCE }, () => orderOf(place, by, random))
    return asOrder(...(await Promise.all(orders)).map(encodeWire))
  },
}

export const messageNames = Object.keys(messages)

/** Gossips one of them, with a good signature of its own over it. Never rejects. */
export async function gossip(
  stranger: Stranger,
  { what, place, random, heard }: { what: string; place: GossipPlace; random: Random; heard: readonly Uint8Array[] },
  signal: AbortSignal,
): Promise<void> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(GOSSIP_MS)])
  try {
    for (const { purpose, data } of (await messages[what]?.(place, stranger, random, heard)) ?? [])
      await stranger.gossip(purpose, data, within)
  } catch {
    // Nobody listens to it any more, or it is over.
  }
}
