import fc from 'fast-check'
import { zeroAddress, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import type { Offer } from './messages.ts'
import { type AdvantageBps, rankScore, selectBids } from './rank.ts'
import { countryId, resourceId, spreads } from './tables.ts'

const advantages: AdvantageBps = [500, 300, 200, 100, 0]
const offer: Offer = {
  provider: 1n,
  offerEpoch: 0,
  order: zeroHash,
  resource: resourceId('cu'),
  asset: zeroAddress,
  tier: 1,
  units: 1,
  price: 100n,
  minSeconds: 0,
  maxDuration: 3600,
  noticeSeconds: 0,
  expiry: 0,
  salt: 0n,
}

type Given = { provider?: number; price: number; level?: number; country?: string; units?: number }

function bid({ provider = 1, price, level = 5, country = 'DE', units = 1 }: Given, salt = 0) {
  const bound = { ...offer, provider: BigInt(provider), price: BigInt(price), units, salt: BigInt(salt) }
  return { offer: bound, level, country: countryId(country) }
}

function choose(spread: keyof typeof spreads, replicas: number, given: Given[]) {
  const bids = given.map((one, index) => bid(one, index))
  const { chosen, spares } = selectBids({ spread: spreads[spread], replicas, units: 1 }, bids, advantages)
  return { chosen: chosen.map((one) => Number(one.offer.salt)), spares: spares.map((one) => Number(one.offer.salt)) }
}

test('a trust level forgives part of the price, rounded up', () => {
  expect(rankScore(1_000_000n, 1, advantages)).toBe(950_000n)
  expect(rankScore(999n, 4, advantages)).toBe(990n)
  expect(rankScore(0n, 1, advantages)).toBe(0n)
  expect(() => rankScore(1n, 6, advantages)).toThrow(RangeError)
})

test('price decides, then level, then arrival', () => {
  expect(choose('none', 1, [{ price: 101 }, { price: 100 }])).toEqual({ chosen: [1], spares: [0] })
  expect(choose('none', 1, [{ price: 95 }, { price: 100, level: 1 }])).toEqual({ chosen: [1], spares: [0] })
  expect(choose('none', 2, [{ price: 7 }, { price: 7 }, { price: 7 }])).toEqual({ chosen: [0, 1], spares: [2] })
})

test('without spread a bid takes as many replicas as it has units for', () => {
  const given = [
    { price: 1, units: 2 },
    { price: 2, units: 9 },
    { price: 3, units: 1 },
  ]
  expect(choose('none', 3, given)).toEqual({ chosen: [0, 0, 1], spares: [2] })
})

test('a bid has units for as many replicas as fit whole into it', () => {
  const bids = [bid({ price: 1, units: 5 }, 0), bid({ price: 2, units: 4 }, 1)]
  const { chosen } = selectBids({ spread: spreads.none, replicas: 4, units: 2 }, bids, advantages)
  expect(chosen.map(({ offer }) => Number(offer.salt))).toEqual([0, 0, 1, 1])
})

test('with spread each provider or country is taken once, at its best', () => {
  const given = [
    { provider: 1, country: 'DE', price: 3 },
    { provider: 1, country: 'DE', price: 1, units: 9 },
    { provider: 2, country: 'DE', price: 2 },
    { provider: 3, country: 'FR', price: 9 },
  ]
  expect(choose('distinctProviders', 2, given)).toEqual({ chosen: [1, 2], spares: [0, 3] })
  expect(choose('distinctCountries', 2, given)).toEqual({ chosen: [1, 3], spares: [2, 0] })
  expect(choose('distinctCountries', 3, given).chosen).toEqual([1, 3])
})

test('no bid left out beats one chosen of its group, and nothing is lost', () => {
  const given = fc.record({
    provider: fc.integer({ min: 1, max: 4 }),
    price: fc.integer({ min: 0, max: 1000 }),
    level: fc.integer({ min: 1, max: 5 }),
    country: fc.constantFrom('DE', 'FR', 'NO'),
  })
  const spread = fc.constantFrom(...(['none', 'distinctProviders', 'distinctCountries'] as const))
  fc.assert(
    fc.property(fc.array(given, { maxLength: 20 }), spread, fc.integer({ min: 1, max: 8 }), (list, name, replicas) => {
      const { chosen, spares } = choose(name, replicas, list)
      expect([...chosen, ...spares].sort((a, b) => a - b)).toEqual(list.map((_, index) => index))
      expect(chosen.length).toBeLessThanOrEqual(replicas)
      const at = (index: number) => list[index] ?? { provider: 0, price: 0, level: 5, country: '' }
      const rank = (index: number) => [
        rankScore(BigInt(at(index).price), at(index).level, advantages),
        BigInt(at(index).level),
        BigInt(index),
      ]
      const group = (index: number) =>
        ({ none: index, distinctProviders: at(index).provider, distinctCountries: at(index).country })[name]
      const before = (a: number, b: number) => {
        const differs = rank(a).findIndex((part, index) => part !== rank(b)[index])
        return (rank(a)[differs] ?? 0n) < (rank(b)[differs] ?? 0n)
      }
      expect(new Set(chosen.map(group)).size).toBe(chosen.length)
      for (const spare of spares) {
        // A spare is worse than the chosen one of its group, or, if its group has none, than all that are chosen.
        const rivals = chosen.filter((one) => group(one) === group(spare))
        for (const one of rivals.length > 0 ? rivals : chosen) expect(before(one, spare)).toBe(true)
        if (rivals.length === 0) expect(chosen.length).toBe(replicas)
      }
    }),
  )
})
