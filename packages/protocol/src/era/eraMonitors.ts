import type { Address } from 'viem'
import type { LeaseStep } from './eraLeases.ts'
import { type AssetFees, monitorRewards } from './rewards.ts'
import type { EraInput, FactsView, MonitorRecord } from './types.ts'

/** A monitor's weight is its locked stake in whole tokens; so many smallest units are one. */
const STAKE_UNIT = 10n ** 18n

/** What an era's leases add up to, for monitors. */
export type MonitorTally = {
  add(step: LeaseStep): void
  /** Every monitor that earned or lost anything so far, or counts now; sorted. */
  records(input: Pick<EraInput, 'previous' | 'batches' | 'equivocators'>): MonitorRecord[]
}

/** Collects what the leases of an era mean for those who monitored them. */
export function createMonitorTally({ monitors }: Pick<FactsView, 'monitors'>): MonitorTally {
  const assigned: number[] = []
  const agreed: number[] = []
  const fees = new Map<Address, bigint>()
  return {
    add(step) {
      for (const monitor of step.assigned) assigned[monitor] = (assigned[monitor] ?? 0) + 1
      for (const monitor of step.agreed) agreed[monitor] = (agreed[monitor] ?? 0) + 1
      if (step.lease.fees > 0n) fees.set(step.lease.asset, (fees.get(step.lease.asset) ?? 0n) + step.lease.fees)
    },
    records({ previous, batches, equivocators }) {
      const included = new Set(batches.map(({ monitor }) => monitor))
      const shares = monitors.map(({ monitor, weight }, index) => ({
        ...{ monitor, weight, included: included.has(monitor) },
        ...{ assigned: assigned[index] ?? 0, agreed: agreed[index] ?? 0 },
      }))
      const amounts = [...fees].map(([asset, amount]) => ({ asset, amount }))
      const earned = monitorRewards(amounts, shares)
      const guilty = new Set(equivocators)
      const records = new Map(previous.monitors.map((record) => [record.monitor, record]))
      monitors.forEach(({ monitor, weight }, index) => {
        const before = records.get(monitor) ?? { monitor, rewards: [], slashed: 0n }
        const slashed = before.slashed + (guilty.has(monitor) ? BigInt(weight) * STAKE_UNIT : 0n)
        records.set(monitor, { monitor, rewards: sum(before.rewards, earned[index] ?? []), slashed })
      })
      return [...records.values()].sort((a, b) => (a.monitor < b.monitor ? -1 : 1))
    },
  }
}

function sum(before: readonly AssetFees[], earned: readonly AssetFees[]): AssetFees[] {
  const amounts = new Map(before.map(({ asset, amount }) => [asset, amount]))
  for (const { asset, amount } of earned) {
    if (amount > 0n) amounts.set(asset, (amounts.get(asset) ?? 0n) + amount)
  }
  return [...amounts].map(([asset, amount]) => ({ asset, amount })).sort(byAsset)
}

function byAsset(a: AssetFees, b: AssetFees): number {
  return a.asset < b.asset ? -1 : 1
}
