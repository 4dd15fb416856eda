import { openStore } from '@tender/kit'
import { encodeBatch, type SignedRating, tiers } from '@tender/protocol'
import { type Address, type Hex, numberToHex, zeroAddress, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import type { LeaseHistory } from '../facts/eventBook.ts'
import { createRatings } from './ratings.ts'

const tenant: Address = `0x${'ab'.repeat(20)}`
const NOW = 1_800_000_000

/** Any lease, all of one tenant and over. */
const leaseOf = (lease: Hex): LeaseHistory => ({
  lease,
  terms: {
    ...{ order: zeroHash, offer: zeroHash, index: 0, tenant, provider: 7n, payout: zeroAddress, asset: zeroAddress },
    ...{ resource: zeroHash, units: 1, rate: 3_600n, start: NOW - 7_200, latestEnd: NOW - 60, kind: 0 },
    ...{ tier: tiers.standard, uptimeBps: 9_900, maxSilence: 0, minSeconds: 0, noticeSeconds: 0, startWindow: 60 },
    ...{ jobTerms: zeroHash, verifier: zeroAddress },
  },
  opened: 1,
  ends: [{ block: 1, end: NOW - 60 }],
  closings: [],
  payments: [],
})
const ratingOf = (index: number, signatureBytes: number): SignedRating => ({
  rating: { lease: numberToHex(index, { size: 32 }), stars: 5 },
  tenant,
  signature: `0x${'11'.repeat(signatureBytes)}`,
})
const createTestRatings = () => createRatings(openStore({ file: ':memory:' }), { lease: leaseOf }, () => NOW)

test('however many ratings there are, and of whatever wallets, a batch can tell them', () => {
  const ratings = createTestRatings()
  for (let index = 1; index <= 10_001; index++) ratings.keep(ratingOf(index, 1_024))
  const told = ratings.all()
  expect(told.map(({ rating }) => Number(rating.lease))).toEqual(Array.from({ length: 10_000 }, (_, at) => at + 1))
  const monitor = numberToHex(1, { size: 20 })
  expect(encodeBatch({ monitor, era: 1n, observations: [], capacity: [], ratings: told }).length).toBeLessThan(2 ** 24)
})

test('a signature that would take the place of others is not kept', () => {
  const ratings = createTestRatings()
  expect(() => ratings.keep(ratingOf(1, 1_025))).toThrow(expect.objectContaining({ code: 'signatureTooLong' }))
  expect(ratings.all()).toEqual([])
})
