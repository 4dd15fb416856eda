import { addressOfPublicKey, peerIdOfPublicKey } from '@tender/network'
import { briefHash, joinManifestHash, resourceId } from '@tender/protocol'
import { testBrief, testOrder } from '@tender/protocol/testOrder'
import { type Address, type Hex, zeroAddress, zeroHash } from 'viem'

// What a peer with one key publishes, and what other messages are about.

const publicKey: Hex = '0x0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
const address = addressOfPublicKey(publicKey)
const signature: Hex = `0x${'22'.repeat(65)}`
const orderBook: Address = `0x${'ab'.repeat(20)}`
const dialable = { publicKey, addresses: ['/ip4/203.0.113.7/tcp/4100'] }

const manifest = joinManifestHash(briefHash(testBrief), zeroHash)
const order = testOrder({
  tenant: address,
  agent: address,
  manifest,
  auctionEnd: 2_000,
  expiry: 3_000,
  countries: ['0x4445'],
})
const offer = {
  ...{
    provider: 1n,
    offerEpoch: 0,
    order: zeroHash,
    resource: resourceId('cu'),
    asset: zeroAddress,
    tier: 1,
    units: 1,
  },
  ...{ price: 15_000n, minSeconds: 0, maxDuration: 86_400, noticeSeconds: 0, expiry: 2_000, salt: 1n },
}
const available = { resource: zeroHash, freeUnits: 5, tier: 1, asset: zeroAddress, indicativePrice: 5n }
const availability = {
  provider: 1n,
  issuedAt: 1,
  expiry: 2_000,
  country: '0x4445',
  drivers: ['wasm'],
  resources: [available],
}

export const envelopes = {
  market: { chainId: 31_337, orderBook },
  ...{ publicKey, address, signature, order, offer },
  peer: peerIdOfPublicKey(publicKey),
  all: [
    { type: 'order', order, signature, brief: testBrief, privateHash: zeroHash, ...dialable },
    { type: 'order', order, signature, brief: testBrief, privateHash: zeroHash, vouch: signature, ...dialable },
    { type: 'offer', offer, signature, ...dialable },
    { type: 'availability', availability, ...dialable },
  ],
}
