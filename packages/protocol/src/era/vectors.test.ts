import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { creditOf, priceInStake, toStake } from './credits.ts'
import { latencyOf, medianLow, percentileLow } from './median.ts'
import { endingOf, nextPerformance, nextProvider, scoreInputs } from './reputation.ts'
import { idleWeightOf, monitorRewards, mostRewardOf, providerRewards } from './rewards.ts'
import { confidenceOf, levelOf, multiplierBps, nextScore, scoreOf } from './score.ts'

const functions = {
  confidenceOf,
  creditOf,
  endingOf,
  idleWeightOf,
  latencyOf,
  levelOf,
  medianLow,
  monitorRewards,
  mostRewardOf,
  multiplierBps,
  nextPerformance,
  nextProvider,
  nextScore,
  percentileLow,
  priceInStake,
  providerRewards,
  scoreInputs,
  scoreOf,
  toStake,
}

type Vector = { says: string; input: readonly unknown[]; output: unknown }

// CAST: the file is this package's own; a wrong shape fails every test below
const { vectors } = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8'), revive) as {
  vectors: Record<string, Vector[]>
}

/** Amounts are strings of digits; `undefined` is null. */
function revive(_: string, value: unknown): unknown {
  return typeof value === 'string' && /^[0-9]+$/.test(value) ? BigInt(value) : value
}

function withoutNull(value: unknown): unknown {
  if (value === null) return undefined
  if (Array.isArray(value)) return value.map(withoutNull)
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutNull(one)]))
}

test('every function has vectors', () => {
  expect(Object.keys(vectors).sort()).toEqual(Object.keys(functions).sort())
})

for (const [name, call] of Object.entries(functions)) {
  describe(name, () => {
    test.each(vectors[name] ?? [])('$says', ({ input, output }) => {
      const args = input.map(withoutNull)
      expect(Reflect.apply(call, undefined, args)).toEqual(withoutNull(output))
    })
  })
}
