import type { Order } from '@tender/protocol'
import type { MarketAsset } from '@tender/sdk'
import { compareWanted } from './changes.ts'
import type { EarlierOrder } from './findEarlier.ts'
import type { Plan } from './plan.ts'
import type { OrderRecord, TenantLease } from './records.ts'
import { isSameManifest } from './updateLease.ts'

/** One running lease of a Compose file, and what becomes of it. */
export type LeaseStep = {
  record: OrderRecord
  lease: TenantLease
  kind: 'none' | 'update' | 'replace' | 'close'
  /** What differs, for people. */
  lines: string[]
}

export type Steps = {
  leases: LeaseStep[]
  /** More leases than there are, to be ordered. */
  missing: number
}

export type PlanStepsOptions = {
  asset: MarketAsset
  /** Send even what is the same. */
  always: boolean
  /** Replace even what is the same, or could be updated. */
  replace?: boolean | undefined
}

/**
 * What it takes to make what runs what a file asks for now. Pure: nothing is done yet. Leases that are not wanted any more are the
 * oldest.
 */
export function planSteps(
  plan: Pick<Plan, 'manifest' | 'tender'>,
  wanted: Order,
  earlier: readonly EarlierOrder[],
  { asset, always, replace = false }: PlanStepsOptions,
): Steps {
  const running = earlier.flatMap(({ record, leases }) => leases.map((lease) => ({ record, lease })))
  const leases = running.map(({ record, lease }, index): LeaseStep => {
    if (index >= wanted.replicas) return { record, lease, kind: 'close', lines: ['is not asked for any more'] }
    const now = { order: record.order, manifest: lease.manifest ?? record.manifest }
    // An update that was cut off goes on, even if it asked for what is running by now.
    const cutOff = lease.pending !== undefined && isSameManifest(lease.pending.manifest, plan.manifest)
    const change = compareWanted(
      now,
      { order: monitoredAs(record.order, wanted, plan), manifest: plan.manifest },
      asset,
      {
        always: always || lease.pending !== undefined,
      },
    )
    const lines = cutOff ? ['an update of it was cut off: it goes on'] : change.lines
    return { record, lease, kind: replace ? 'replace' : change.kind, lines }
  })
  return { leases, missing: Math.max(0, wanted.replicas - running.length) }
}

/** Whether a lease is monitored changes only for who asks: not because the market's default changed. */
function monitoredAs({ uptimeBps, verifier }: Order, wanted: Order, { tender }: Pick<Plan, 'tender'>): Order {
  return tender.uptimeBps === undefined ? { ...wanted, uptimeBps, verifier } : wanted
}
