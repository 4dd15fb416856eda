import { leaseEscrowAbi, orderBookAbi } from '@tender/abi'
import {
  type Award,
  awardHash,
  leaseId,
  marketDomain,
  type Offer,
  type Order,
  offerHash,
  orderHash,
  type Terms,
} from '@tender/protocol'
import fc from 'fast-check'
import { type Hex, toHex } from 'viem'
import { afterAll, beforeAll, test } from 'vitest'
import { startTestMarket, type TestMarket } from './testMarket.ts'

let market: TestMarket
beforeAll(async () => {
  market = await startTestMarket()
})
afterAll(() => market.stop())

const small = (bits: number) => fc.oneof(fc.constantFrom(0, 2 ** bits - 1), fc.integer({ min: 0, max: 2 ** bits - 1 }))
const uint40 = fc.oneof(
  fc.constantFrom(0, 2 ** 40 - 1),
  fc.maxSafeNat().map((value) => value % 2 ** 40),
)
const big = (bits: bigint) => fc.bigInt({ min: 0n, max: 2n ** bits - 1n })
const bytes = (size: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((data) => toHex(data))
const address = bytes(20)
const word = bytes(32)

const order: fc.Arbitrary<Order> = fc.record({
  tenant: address,
  agent: address,
  asset: address,
  resource: word,
  kind: small(8),
  tier: small(8),
  units: small(32),
  replicas: small(16),
  maxPrice: big(96n),
  duration: small(32),
  maxMinSeconds: small(32),
  uptimeBps: small(16),
  maxSilence: small(32),
  worstLevel: small(8),
  spread: small(8),
  countries: fc.array(bytes(2), { maxLength: 40 }),
  verifier: address,
  manifest: word,
  jobTerms: word,
  previous: word,
  handoverSeconds: small(32),
  auctionEnd: uint40,
  expiry: uint40,
  nonce: big(256n),
})

const offer: fc.Arbitrary<Offer> = fc.record({
  provider: big(64n),
  offerEpoch: small(32),
  order: word,
  resource: word,
  asset: address,
  tier: small(8),
  units: small(32),
  price: big(96n),
  minSeconds: small(32),
  maxDuration: small(32),
  noticeSeconds: small(32),
  expiry: uint40,
  salt: big(256n),
})

const award: fc.Arbitrary<Award> = fc.record({ order: word, offers: word, deadline: uint40 })

const terms: fc.Arbitrary<Terms> = fc.record({
  order: word,
  offer: word,
  index: small(16),
  tenant: address,
  provider: big(64n),
  payout: address,
  asset: address,
  resource: word,
  units: small(32),
  rate: big(128n),
  start: uint40,
  latestEnd: uint40,
  kind: small(8),
  tier: small(8),
  uptimeBps: small(16),
  maxSilence: small(32),
  minSeconds: small(32),
  noticeSeconds: small(32),
  startWindow: small(32),
  jobTerms: word,
  verifier: address,
})

const runs = { numRuns: 40 }
const book = () => ({ address: market.book.contracts.orderBook, abi: orderBookAbi }) as const
const domain = () => marketDomain({ chainId: market.book.chainId, orderBook: market.book.contracts.orderBook })

test('an order has one digest here and on chain', async () => {
  await fc.assert(
    fc.asyncProperty(order, async (message) => {
      const onChain = await market.governor.rpc.readContract({ ...book(), functionName: 'hashOrder', args: [message] })
      return onChain === orderHash(domain(), message)
    }),
    runs,
  )
})

test('an offer has one digest here and on chain', async () => {
  await fc.assert(
    fc.asyncProperty(offer, async (message) => {
      const onChain = await market.governor.rpc.readContract({ ...book(), functionName: 'hashOffer', args: [message] })
      return onChain === offerHash(domain(), message)
    }),
    runs,
  )
})

test('an award has one digest here and on chain', async () => {
  await fc.assert(
    fc.asyncProperty(award, async (message) => {
      const onChain = await market.governor.rpc.readContract({ ...book(), functionName: 'hashAward', args: [message] })
      return onChain === awardHash(domain(), message)
    }),
    runs,
  )
})

test('a lease has one id here and on chain', async () => {
  const escrow = { address: market.book.contracts.leaseEscrow, abi: leaseEscrowAbi } as const
  await fc.assert(
    fc.asyncProperty(terms, async (message) => {
      const onChain = await market.governor.rpc.readContract({ ...escrow, functionName: 'leaseIdOf', args: [message] })
      return onChain === leaseId(message)
    }),
    runs,
  )
})
