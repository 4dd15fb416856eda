import type { Match } from '@tender/sdk'
import { beforeEach, expect, test } from 'vitest'
import { address, never } from '../testKit.ts'
import { createMarketRates, type MarketRates } from './marketRates.ts'

const question = { resource: 'cu', asset: address(3), tier: 1, lastHours: 24, lastMatches: 2 }
const match = (over: Partial<Match>): Match => ({ provider: 8n, price: 1n, units: 1, tier: 1, start: 1, ...over })

let now: number
let asked: { resource: string; since: number; most: number }[]
let answer: () => Promise<readonly Match[]>
let rates: MarketRates
beforeEach(() => {
  now = 100_000
  asked = []
  answer = async () => []
  rates = createMarketRates({
    provider: 7n,
    async findMatches(wanted) {
      asked.push(wanted)
      return answer()
    },
    nowSeconds: () => now,
  })
})

test('the newest of the tier count, its own do not', async () => {
  answer = async () => [
    match({ price: 1n, provider: 7n }),
    match({ price: 2n, tier: 0 }),
    match({ price: 3n }),
    match({ price: 4n, provider: 9n }),
    match({ price: 5n }),
  ]
  expect(await rates(question, never)).toEqual([3n, 4n])
  expect(asked).toMatchObject([{ resource: 'cu', since: 100_000 - 86_400 }])
})

test('the chain is asked once a minute, for all orders that come at once', async () => {
  await Promise.all([rates(question, never), rates(question, never)])
  now += 59
  await rates(question, never)
  expect(asked).toHaveLength(1)
  now += 1
  await rates(question, never)
  await rates({ ...question, resource: 'gpu.x' }, never)
  expect(asked).toHaveLength(3)
})

test('a chain that did not answer is asked again by the next order', async () => {
  answer = () => Promise.reject(new Error('away'))
  await expect(rates(question, never)).rejects.toThrow('away')
  answer = async () => [match({})]
  expect(await rates(question, never)).toEqual([1n])
})
