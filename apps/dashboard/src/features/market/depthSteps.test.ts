import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { depthSteps } from './depthSteps.ts'

describe('depthSteps', () => {
  test('adds up what would be taken and what would be let at each price', () => {
    const demand = [
      { price: 30n, units: 2 },
      { price: 20n, units: 3 },
    ]
    const supply = [
      { price: 25n, units: 4 },
      { price: 40n, units: 1 },
    ]
    expect(depthSteps({ demand, supply })).toEqual({
      prices: [20n, 25n, 30n, 40n],
      demand: [5, 2, 2, 0],
      supply: [0, 4, 4, 5],
    })
  })

  test('is empty without orders and offers', () => {
    expect(depthSteps({ demand: [], supply: [] })).toEqual({ prices: [], demand: [], supply: [] })
  })

  test('demand never rises with the price, supply never falls, and nothing is lost', () => {
    const steps = fc.array(fc.record({ price: fc.bigInt(0n, 50n), units: fc.nat(100) }), { minLength: 1 })
    fc.assert(
      fc.property(steps, steps, (demand, supply) => {
        const result = depthSteps({ demand, supply })
        const units = (list: { units: number }[]) => list.reduce((sum, step) => sum + step.units, 0)
        expect(result.demand).toEqual(result.demand.toSorted((a, b) => b - a))
        expect(result.supply).toEqual(result.supply.toSorted((a, b) => a - b))
        expect(result.demand[0]).toBe(units(demand))
        expect(result.supply.at(-1)).toBe(units(supply))
      }),
    )
  })
})
