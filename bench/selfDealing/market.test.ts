import fc from 'fast-check'
import { expect, test } from 'vitest'
import { honestly, type Market, type Plan, type Seller, type SimulatedLease, simulate } from './market.ts'
import { market, own, tenants } from './strategies.ts'

const ERAS = 60
const bps = fc.integer({ min: 0, max: 10_000 })
const units = fc.integer({ min: 1, max: 200 })
const price = fc.bigInt({ min: 1n, max: 10n ** 7n })
const stars = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined })
const ending = fc.constantFrom('running' as const, 'completed' as const, 'failed' as const)

/** Leases with oneself: at any price, of any quality, settled or not. */
const ownLease = fc
  .record({ units, price, upBps: fc.oneof(fc.constant(10_000), bps), settled: fc.boolean(), stars, ending })
  .map((lease): SimulatedLease => ({ ...own(1, 1n), ...lease }))

/** Leases of others, served and promised anyhow. */
const otherLease = fc
  .record({ units, price, upBps: bps, promisedBps: bps, stars, ending })
  .map((lease): SimulatedLease => ({ ...tenants(1, 1n, 0, undefined), ...lease }))

const phase = (lease: fc.Arbitrary<SimulatedLease>): fc.Arbitrary<Seller[]> =>
  fc.array(
    fc
      .record({ idle: fc.integer({ min: 0, max: 2_000 }), leases: fc.array(lease, { maxLength: 5 }) })
      .map(({ idle, leases }) => ({ committed: leases.reduce((sum, one) => sum + one.units, idle), leases })),
    { minLength: 3, maxLength: 3 },
  )

/** Two ways to behave, and when to change from one to the other. */
const planOf = (lease: fc.Arbitrary<SimulatedLease>): fc.Arbitrary<Plan> =>
  fc.record({ first: phase(lease), later: phase(lease), turn: fc.integer({ min: 0, max: ERAS }) }).map(
    ({ first, later, turn }) =>
      (era) =>
        era < turn ? first : later,
  )

const anyMarket: fc.Arbitrary<Market> = fc
  .record({
    feeBps: fc.integer({ min: 1, max: 200 }),
    providerBudget: fc.bigInt({ min: 0n, max: 10n ** 24n }),
    feeFactorBps: fc.integer({ min: 1, max: 60_000 }),
    idleFactorBps: fc.integer({ min: 0, max: 60_000 }),
    mostOfFeesBps: fc.integer({ min: 0, max: 9_999 }),
  })
  .map((rules) => ({ ...market, ...rules }))

test('whatever an owner does, and whatever the rules, it is paid less than its leases paid in fees', () => {
  fc.assert(
    fc.property(anyMarket, planOf(fc.oneof(ownLease, otherLease)), (rules, plan) => {
      const { ownFees, otherFees, rewards, worstExcess } = simulate(rules, plan, ERAS)
      expect(worstExcess <= 0n).toBe(true)
      expect(rewards === 0n || rewards < ownFees + otherFees).toBe(true)
    }),
  )
})

test('who rents from itself alone loses, with up to two thirds of the monitors', () => {
  fc.assert(
    fc.property(planOf(ownLease), fc.integer({ min: 0, max: 6_666 }), (plan, monitorShareBps) => {
      const { ownFees, interest, rewards } = simulate(market, plan, ERAS)
      const cost = (ownFees * BigInt(10_000 - monitorShareBps)) / 10_000n + interest
      expect(cost === 0n ? rewards === 0n : rewards < cost).toBe(true)
    }),
  )
})

test('beside any honest or dishonest business, renting from oneself costs more than it adds', () => {
  const mixed = fc.record({ theirs: planOf(otherLease), mine: planOf(ownLease.map(asIfGood)) })
  fc.assert(
    fc.property(mixed, ({ theirs, mine }) => {
      const plan: Plan = (era) => theirs(era).map((seller, index) => joined(seller, mine(era)[index]))
      const outcome = simulate(market, plan, ERAS)
      const without = simulate(market, honestly(plan), ERAS)
      const cost = outcome.ownFees + outcome.interest
      expect(outcome.rewards - without.rewards <= cost).toBe(true)
    }),
    { numRuns: 300 },
  )
})

/** What one does to oneself to look good. */
function asIfGood(lease: SimulatedLease): SimulatedLease {
  return { ...lease, upBps: 10_000, stars: 5, ending: 'completed' }
}

function joined(seller: Seller, more: Seller | undefined): Seller {
  return {
    committed: seller.committed + (more?.committed ?? 0),
    leases: [...seller.leases, ...(more?.leases ?? [])],
  }
}
