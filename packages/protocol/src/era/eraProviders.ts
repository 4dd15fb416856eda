import type { Hex } from 'viem'
import { BASIS_POINTS, reasonCodes } from '../tables.ts'
import { toStake } from './credits.ts'
import type { LeaseStep } from './eraLeases.ts'
import { type IdleCapacity, idleCapacity } from './idleCapacity.ts'
import { type LeaseOutcome, newProvider, nextProvider, type ProviderEra } from './reputation.ts'
import { idleWeightOf, providerRewards } from './rewards.ts'
import type { BatchView, EraCapacity, FactsView, ProviderRecord } from './types.ts'

/** What an era's leases add up to, for providers. Amounts in stake tokens' smallest units. */
export type ProviderTally = {
  /** `index`: the lease's place in the facts. */
  add(step: LeaseStep, index: number): void
  /** Every provider of whom anything is known, sorted. */
  records(
    previous: readonly ProviderRecord[],
    batches: readonly BatchView[],
    outcome: (index: number) => LeaseOutcome | undefined,
  ): ProviderRecord[]
}

/** `leases`: places in the facts. Outcomes are made provider by provider: all at once they fill hundreds of megabytes. */
type Own = { leases: number[]; fees: bigint; slashed: bigint }
/** Of all leases of one class: fees, and leased units times the seconds due. */
type Class = { fees: bigint; unitSeconds: bigint }

const WHOLE = BigInt(BASIS_POINTS)

/** Collects what the leases of an era mean for their providers. */
export function createProviderTally(facts: FactsView): ProviderTally {
  const { rules, capacity } = facts
  const rates = new Map(rules.rates.map(({ asset, rate }) => [asset, rate]))
  const capacities = new Map(capacity.map((one) => [capacityKey(one.provider, one.resource), one]))
  const owns = new Map<bigint, Own>()
  const classes = new Map<Hex, Class>()

  function add({ lease, metric, isFinal }: LeaseStep, index: number): void {
    const own = entry(owns, lease.provider, nothing)
    const fees = lease.fees === 0n ? 0n : toStake(lease.fees, rates.get(lease.asset) ?? 0n)
    own.leases.push(index)
    own.fees += fees
    if (isFinal && lease.endReason === reasonCodes.endedByMonitors) {
      const stake = capacities.get(capacityKey(lease.provider, lease.resource))?.stakePerUnit ?? 0n
      own.slashed += (stake * BigInt(lease.units) * BigInt(rules.penaltyBps[lease.tier] ?? 0)) / WHOLE
    }
    const ofClass = entry(classes, lease.resource, () => ({ fees: 0n, unitSeconds: 0n }))
    ofClass.fees += fees
    ofClass.unitSeconds += BigInt(lease.units) * BigInt(metric?.dueSeconds ?? 0)
  }

  return {
    add,
    records(previous, batches, outcome) {
      const idle = Map.groupBy(idleCapacity(facts, batches), ({ provider }) => provider)
      const committed = Map.groupBy(capacity, ({ provider }) => provider)
      const audits = new Map(facts.attestations.map(({ provider, resultBps }) => [provider, resultBps]))
      const known = new Map(previous.map((record) => [record.provider, record]))
      const providers = [...new Set([...known.keys(), ...owns.keys(), ...committed.keys()])].sort(compare)
      const steps = providers.map((provider) => {
        const own = owns.get(provider) ?? nothing()
        const shown = idle.get(provider) ?? []
        const before = known.get(provider) ?? { ...newProvider, provider, rewards: 0n, slashed: 0n }
        const era = providerEra(
          own.leases.flatMap((index) => outcome(index) ?? []),
          shown,
          audits.get(provider),
        )
        const stake = stakeOf(committed.get(provider) ?? [])
        const next = nextProvider(before, era, { fees: own.fees, stake, seconds: facts.until - facts.from })
        const idleWeight = shown.reduce((sum, one) => sum + weightOf(one, classes), 0n)
        return { fees: own.fees, idleWeight, record: { ...before, ...next, slashed: before.slashed + own.slashed } }
      })
      const entries = steps.map(({ fees, idleWeight, record: { provider, score } }) => {
        return { provider, fees, idleWeight, score }
      })
      const rewards = providerRewards(entries, rules)
      return steps.map(({ record }, index) => ({ ...record, rewards: record.rewards + (rewards[index] ?? 0n) }))
    },
  }
}

const nothing = (): Own => ({ leases: [], fees: 0n, slashed: 0n })

function providerEra(
  leases: readonly LeaseOutcome[],
  shown: readonly IdleCapacity[],
  auditBps: number | undefined,
): ProviderEra {
  return {
    leases,
    asked: shown.reduce((sum, { asked }) => sum + asked, 0),
    proven: shown.reduce((sum, { proven }) => sum + proven, 0),
    auditBps,
  }
}

function stakeOf(capacity: readonly EraCapacity[]): bigint {
  return capacity.reduce((sum, { committed, stakePerUnit }) => sum + BigInt(committed) * stakePerUnit, 0n)
}

function weightOf({ resource, unitSeconds }: IdleCapacity, classes: ReadonlyMap<Hex, Class>): bigint {
  const market = classes.get(resource)
  return market === undefined
    ? 0n
    : idleWeightOf({ unitSeconds, marketFees: market.fees, marketUnitSeconds: market.unitSeconds })
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}

const capacityKey = (provider: bigint, resource: Hex): string => `${provider} ${resource}`
const compare = (a: bigint, b: bigint): number => (a < b ? -1 : 1)
