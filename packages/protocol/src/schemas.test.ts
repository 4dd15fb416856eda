import { getAddress, zeroAddress, zeroHash } from 'viem'
import { describe, expect, test } from 'vitest'
import type { Offer, OrderEnvelope } from './messages.ts'
import {
  addressSchema,
  declineSchema,
  envelopeSchema,
  offerSchema,
  orderAnswerSchema,
  orderSchema,
  termsSchema,
  uintBigint,
} from './schemas.ts'
import { countryId, resourceId } from './tables.ts'

const offer: Offer = {
  provider: 1n,
  offerEpoch: 0,
  order: zeroHash,
  resource: resourceId('cu'),
  asset: zeroAddress,
  tier: 1,
  units: 1,
  price: 2n ** 96n - 1n,
  minSeconds: 0,
  maxDuration: 1,
  noticeSeconds: 0,
  expiry: 2 ** 40 - 1,
  salt: 2n ** 256n - 1n,
}

const envelope: OrderEnvelope = {
  type: 'order',
  order: {
    tenant: zeroAddress,
    agent: zeroAddress,
    asset: zeroAddress,
    resource: resourceId('cu'),
    kind: 0,
    tier: 1,
    units: 1,
    replicas: 1,
    maxPrice: 1n,
    duration: 60,
    maxMinSeconds: 0,
    uptimeBps: 0,
    maxSilence: 0,
    worstLevel: 5,
    spread: 0,
    countries: [countryId('DE')],
    verifier: zeroAddress,
    manifest: zeroHash,
    jobTerms: zeroHash,
    previous: zeroHash,
    handoverSeconds: 0,
    auctionEnd: 1,
    expiry: 2,
    nonce: 0n,
  },
  signature: `0x${'ab'.repeat(65)}`,
  brief: {
    version: 2,
    driver: 'docker',
    resource: 'cu',
    units: 1,
    cpuMillis: 1,
    memoryBytes: 1,
    diskBytes: 1,
    blobBytes: 1,
    containers: 1,
    ports: [],
  },
  privateHash: zeroHash,
  publicKey: `0x02${'11'.repeat(32)}`,
  addresses: ['/ip4/127.0.0.1/tcp/1'],
}

test('messages pass unchanged', () => {
  expect(offerSchema.parse(offer)).toEqual(offer)
  expect(envelopeSchema.parse(envelope)).toEqual(envelope)
  const answer = { type: 'bid', offer, signature: `0x${'ab'.repeat(64)}` }
  expect(orderAnswerSchema.parse(answer)).toEqual(answer)
})

test('wide integers come as CBOR or JSON has them', () => {
  expect([5n, 5, '5'].map((value) => uintBigint(64).parse(value))).toEqual([5n, 5n, 5n])
  for (const bad of [-1, 1.5, 2 ** 53, 2n ** 64n, -1n, '-1', '0x5', '', null]) {
    expect(uintBigint(64).safeParse(bad).success).toBe(false)
  }
})

test('addresses and hashes have one case', () => {
  const mixed = getAddress(`0x${'ab'.repeat(20)}`)
  expect(addressSchema.parse(mixed.toLowerCase())).toBe(mixed)
  expect(addressSchema.parse(`0x${'AB'.repeat(20)}`)).toBe(mixed)
  expect(offerSchema.parse({ ...offer, order: `0x${'AB'.repeat(32)}` }).order).toBe(`0x${'ab'.repeat(32)}`)
})

describe('what a contract’s word cannot hold is refused:', () => {
  test.each<Partial<Record<keyof Offer, unknown>>>([
    { provider: 2n ** 64n },
    { offerEpoch: 2 ** 32 },
    { order: '0x' },
    { asset: `0x${'00'.repeat(21)}` },
    { tier: 3 },
    { units: 0 },
    { units: 1.5 },
    { price: 2n ** 96n },
    { minSeconds: -1 },
    { expiry: 2 ** 40 },
    { salt: 2n ** 256n },
    { salt: undefined },
  ])('%o', (change) => {
    expect(offerSchema.safeParse({ ...offer, ...change }).success).toBe(false)
  })

  test.each([
    { replicas: 33 },
    { replicas: 0 },
    { worstLevel: 0 },
    { worstLevel: 6 },
    { uptimeBps: 10_001 },
    { kind: 2 },
    { countries: Array(33).fill('0x4445') },
    { countries: ['0x444546'] },
    { extra: 1 },
  ])('%o', (change) => {
    expect(orderSchema.safeParse({ ...envelope.order, ...change }).success).toBe(false)
  })
})

test('an envelope is bounded in every part', () => {
  for (const change of [
    { type: 'gossip' },
    { signature: `0x${'ab'.repeat(63)}` },
    { signature: `0x${'ab'.repeat(4097)}` },
    { publicKey: `0x04${'11'.repeat(32)}` },
    { addresses: Array(17).fill('/ip4/1.2.3.4/tcp/1') },
    { addresses: ['x'.repeat(513)] },
    { brief: { ...envelope.brief, more: 1 } },
  ]) {
    expect(envelopeSchema.safeParse({ ...envelope, ...change }).success).toBe(false)
  }
})

test('a decline says at least one reason, each of bounded length', () => {
  const decline = { type: 'decline', provider: 1n, order: zeroHash }
  expect(declineSchema.safeParse({ ...decline, reasons: [] }).success).toBe(false)
  expect(declineSchema.safeParse({ ...decline, reasons: [{ rule: 'full', message: 'x'.repeat(513) }] }).success).toBe(
    false,
  )
  expect(
    declineSchema.safeParse({ ...decline, reasons: [{ rule: 'full', message: 'no units are free' }] }).success,
  ).toBe(true)
})

test('terms survive JSON with bigints as strings', () => {
  const terms = {
    order: zeroHash,
    offer: zeroHash,
    index: 0,
    tenant: zeroAddress,
    provider: 2n ** 63n,
    payout: zeroAddress,
    asset: zeroAddress,
    resource: resourceId('cu'),
    units: 1,
    rate: 2n ** 127n,
    start: 1,
    latestEnd: 2,
    kind: 0,
    tier: 1,
    uptimeBps: 0,
    maxSilence: 0,
    minSeconds: 0,
    noticeSeconds: 0,
    startWindow: 0,
    jobTerms: zeroHash,
    verifier: zeroAddress,
  }
  const text = JSON.stringify(terms, (_, value) => (typeof value === 'bigint' ? String(value) : value))
  expect(termsSchema.parse(JSON.parse(text))).toEqual(terms)
})
