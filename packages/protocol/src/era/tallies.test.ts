import { type Address, stringToHex } from 'viem'
import { expect, test } from 'vitest'
import { reasonCodes } from '../tables.ts'
import { emptyState } from './canonicalState.ts'
import { newProvider } from './reputation.ts'
import { at, eraFacts, first, given, leafOf, leaseOf, MONITORS, STAKE, saw, seenAll, UNIT, USDC } from './testEra.ts'
import type { EraCapacity, EraState, ProviderRecord } from './types.ts'

// What an era's leases add up to, for providers and for monitors.

const OTHER_UNIT = stringToHex('zz', { size: 32 })
const EURC: Address = `0x${'04'.repeat(20)}`

const trusted = (provider: bigint, rewards: bigint): ProviderRecord => ({
  ...{ ...newProvider, provider, score: 10_000, rewards, slashed: 0n },
})
const capacityOf = (provider: bigint, change: Partial<EraCapacity> = {}): EraCapacity => ({
  ...{ provider, resource: UNIT, committed: 10, leased: 5, stakePerUnit: STAKE },
  ...change,
})

test('providers share the budget by the fees of their leases, and by proven units as if these were leased', () => {
  const leases = [
    leaseOf(1, { provider: 2n, units: 5, fees: 10_000_000n }),
    leaseOf(2, { provider: 3n, fees: 2_000_000n }),
  ]
  const facts = eraFacts({
    ...{ leases, rules: { ...eraFacts({}).rules, providerBudget: 3n * STAKE } },
    capacity: [capacityOf(1n, { resource: OTHER_UNIT, leased: 0 }), capacityOf(2n), capacityOf(3n)],
  })
  const proven = [
    { provider: 1n, resource: OTHER_UNIT, at: at(5), units: 10, proven: 10 },
    { provider: 2n, resource: UNIT, at: at(5), units: 5, proven: 5 },
  ]
  const batches = seenAll(leases).map((batch) => ({ ...batch, capacity: proven }))
  const previous: EraState = { ...emptyState(at(0)), providers: [trusted(2n, 5n), trusted(3n, 0n)] }
  const { state } = first(facts, batches, { previous })
  // Five idle units of which each would have earned 2 tokens, at a tenth, on top of 10 tokens of fees: 11 parts against 2.
  expect(state.providers.map(({ provider, rewards }) => [provider, rewards])).toEqual([
    [1n, 0n],
    [2n, 5n + 2_538_461_538_461_538_461n],
    [3n, 461_538_461_538_461_539n],
  ])
})

test('a score rises by the fees that stand against the stake of all committed units', () => {
  const capacity = [
    capacityOf(1n, { leased: 1, stakePerUnit: 1_000_000n * STAKE }),
    capacityOf(1n, { resource: OTHER_UNIT, committed: 2, leased: 0, stakePerUnit: 3_760_000n * STAKE }),
  ]
  const leases = [leaseOf(1, { fees: 1_000_000n })]
  const { state } = first(eraFacts({ leases, capacity }), seenAll(leases))
  // One token an hour is 0.05 % a year of 17.52 million: half of a fifth of the way to 8,687.
  expect(state.providers).toMatchObject([{ provider: 1n, score: 868 }])
})

test('an audit is its provider’s', () => {
  const attestations = [{ provider: 1n, resultBps: 8_000 }]
  const { state } = first(eraFacts({ attestations, capacity: [capacityOf(1n), capacityOf(2n)] }), [])
  expect(state.providers.map(({ performance }) => performance.auditBps)).toEqual([8_000, undefined])
})

test('only what the monitors ended costs stake, that of its class', () => {
  const capacity = [
    capacityOf(1n, { leased: 3 }),
    capacityOf(1n, { resource: OTHER_UNIT, leased: 0, stakePerUnit: 7n * STAKE }),
  ]
  const slashedFor = (endReason: number) => {
    const over = leaseOf(1, { stop: at(1_000), units: 3, endReason })
    return leafOf(first(eraFacts({ leases: [over], capacity }), seenAll([over])), 'provider')[0]?.slashed
  }
  expect(slashedFor(reasonCodes.endedByMonitors)).toBe((3n * STAKE) / 2n)
  expect(slashedFor(reasonCodes.closedByTenant)).toBe(0n)
  expect(slashedFor(reasonCodes.abandoned)).toBe(0n)
})

test('what monitors earned is kept by asset, also of those who left', () => {
  const [a, b, gone, d] = MONITORS.map(({ monitor }) => monitor)
  const monitors = MONITORS.filter(({ monitor }) => monitor !== gone)
  const leases = [leaseOf(1, { asset: EURC, fees: 30n }), leaseOf(2, { fees: 300n })]
  const batches = seenAll(leases).filter(({ monitor }) => monitor !== gone)
  const earned = (amount: bigint) => [{ asset: USDC, amount }]
  const before = [gone, d].map((monitor, index) => ({
    ...{ monitor: given(monitor), rewards: earned(7n + BigInt(index)), slashed: 0n },
  }))
  const { state } = first(eraFacts({ leases, monitors }), batches, {
    previous: { ...emptyState(at(0)), monitors: before },
  })
  const inEurc = { asset: EURC, amount: 10n }
  expect(state.monitors).toEqual([
    { monitor: a, rewards: [inEurc, ...earned(100n)], slashed: 0n },
    { monitor: b, rewards: [inEurc, ...earned(100n)], slashed: 0n },
    { monitor: gone, rewards: earned(7n), slashed: 0n },
    { monitor: d, rewards: [inEurc, ...earned(108n)], slashed: 0n },
  ])
})

test('a monitor that was off on one of two leases earns half as much as one that was not', () => {
  const leases = [leaseOf(1, { fees: 700n }), leaseOf(2)]
  const [off, ...others] = seenAll(leases)
  const [seen] = given(off).observations
  const batches = [{ ...given(off), observations: [given(seen), saw(given(leases[1]), { upBps: 0 })] }, ...others]
  const result = first(eraFacts({ leases }), batches)
  expect(leafOf(result, 'monitor').map(({ rewards }) => rewards)).toEqual([100n, 200n, 200n, 200n])
})
