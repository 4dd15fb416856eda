import type { AvailabilityEnvelope, OrderEnvelope } from '@tender/protocol'
import { testBrief, testOrder } from '@tender/protocol/testOrder'
import { type Address, type Hex, zeroAddress, zeroHash } from 'viem'
import type { SeenAvailability, SeenOrder } from '../network/gatewayNetwork.ts'

// What gossip brings, after its checks: shapes as they are, nothing signed.

const signature: Hex = `0x${'ab'.repeat(65)}`
const contact = { publicKey: `0x02${'cd'.repeat(32)}`, addresses: ['/ip4/203.0.113.7/tcp/4100'] } as const
// CAST: 20 bytes
const tenant = '0x7000000000000000000000000000000000000001' as Address

/** @param number what it is known by */
export function seenOrder(number: number): SeenOrder {
  const envelope: OrderEnvelope = {
    type: 'order',
    signature,
    privateHash: zeroHash,
    ...contact,
    addresses: [...contact.addresses],
    brief: testBrief,
    order: testOrder({
      tenant,
      agent: tenant,
      auctionEnd: 1_800_000_060,
      expiry: 1_800_000_120,
      nonce: BigInt(number),
    }),
  }
  return { hash: hashOf(number), envelope, seenAt: 1_800_000_000, expiry: 1_800_000_120, auctionEnd: 1_800_000_060 }
}

export function hashOf(number: number): Hex {
  return `0x${number.toString(16).padStart(64, '0')}`
}

export function seenAvailability(provider: bigint, seenAt: number, port = 4100): SeenAvailability {
  const envelope: AvailabilityEnvelope = {
    type: 'availability',
    publicKey: contact.publicKey,
    addresses: [`/ip4/203.0.113.7/tcp/${port}`],
    availability: {
      provider,
      issuedAt: seenAt,
      expiry: seenAt + 60,
      country: '0x4445',
      drivers: ['wasm'],
      resources: [{ resource: zeroHash, freeUnits: 3, tier: 1, asset: zeroAddress, indicativePrice: 2n ** 90n }],
    },
  }
  return { provider, envelope, seenAt }
}
