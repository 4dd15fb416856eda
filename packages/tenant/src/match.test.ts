import { MAX_REPLICAS } from '@tender/protocol'
import { expect, test } from 'vitest'
import { offersOf } from './match.ts'

/** What the contract takes, see `OrderBook.matchOrder`. */
const MOST_OFFERS = 64

const bids = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index)

test('however many bid, a match names those that were chosen and a few of the best others', () => {
  const [chosen, spares] = [bids(MAX_REPLICAS), bids(200, MAX_REPLICAS)]
  const offers = offersOf({ chosen, spares })
  expect(offers).toEqual(bids(offers.length))
  expect(offers.length).toBeGreaterThan(chosen.length)
  expect(offers.length).toBeLessThanOrEqual(MOST_OFFERS)
  expect(offersOf({ chosen: bids(1), spares: bids(1, 1) })).toEqual([0, 1])
})
