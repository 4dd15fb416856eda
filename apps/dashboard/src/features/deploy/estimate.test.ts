import { expect, test } from 'vitest'
import { estimateCost } from './estimate.ts'

const depth = {
  supply: [
    { price: 10_000n, units: 2, providers: ['1'] },
    { price: 20_000n, units: 4, providers: ['2', '1'] },
    { price: 90_000n, units: 9, providers: ['3'] },
  ],
  demand: [
    { price: 50_000n, units: 3, orders: 2 },
    { price: 1_000n, units: 1, orders: 1 },
  ],
}
const order = { maxPrice: 50_000n, units: 2, replicas: 1, durationSeconds: 3600, reference: 20_000n, depth }

test('costs follow price, units, replicas and time', () => {
  expect(estimateCost(order)).toEqual({
    most: 100_000n,
    usual: 40_000n,
    cheapest: 20_000n,
    belowReference: false,
    freeUnits: 6,
    providers: 2,
    competingUnits: 4,
    competingOrders: 3,
  })
  expect(estimateCost({ ...order, replicas: 3 })).toMatchObject({ most: 300_000n, cheapest: 20_000n + 80_000n })
  expect(estimateCost({ ...order, durationSeconds: 1 })).toMatchObject({ most: 28n, usual: 12n })
})

test('more than is free has no cheapest price, and a price below the usual one is said', () => {
  expect(estimateCost({ ...order, replicas: 4 }).cheapest).toBeUndefined()
  expect(estimateCost({ ...order, units: 5 }).cheapest).toBeUndefined()
  expect(estimateCost({ ...order, maxPrice: 15_000n })).toMatchObject({ belowReference: true, usual: 30_000n })
})

test('without a book nothing is made up', () => {
  const blind = estimateCost({ ...order, reference: undefined, depth: undefined })
  expect(blind).toMatchObject({ most: 100_000n, usual: undefined, cheapest: undefined, freeUnits: 0, providers: 0 })
})
