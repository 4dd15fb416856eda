import type { Address, Hex } from 'viem'
import type { Recounted } from './recounts.ts'
import type { EraLease, EraState, Leaf, LeaseRecord } from './types.ts'

/** Gathers leases by provider, and puts all leaves of an era in their order. */
export type LeafCollector = {
  /** Called in the order of the leases. */
  add(record: LeaseRecord, lease: Pick<EraLease, 'provider' | 'tenant'>): void
  leaves(state: Pick<EraState, 'providers' | 'monitors'>, verdicts: Recounted['verdicts']): Leaf[]
}

/**
 * Provider by provider: its own leaf, its leases', their credits'; then monitors and disputes. So a provider settles all its
 * leases with one small proof.
 */
export function createLeafCollector(): LeafCollector {
  const leases = new Map<bigint, LeaseRecord[]>()
  const tenants = new Map<Hex, Address>()
  return {
    add(record, { provider, tenant }) {
      const group = leases.get(provider)
      if (group) group.push(record)
      else leases.set(provider, [record])
      if (record.credit > 0n) tenants.set(record.lease, tenant)
    },
    leaves({ providers, monitors }, verdicts) {
      const leaves: Leaf[] = []
      for (const { provider, score, rewards, slashed } of providers) {
        leaves.push({ kind: 'provider', provider, score, rewards, slashed })
        const group = leases.get(provider) ?? []
        for (const { lease, served } of group) leaves.push({ kind: 'lease', lease, served })
        for (const { lease, credit } of group) {
          const tenant = tenants.get(lease)
          if (tenant) leaves.push({ kind: 'credit', lease, provider, tenant, amount: credit })
        }
      }
      for (const { monitor, rewards, slashed } of monitors) {
        for (const { asset, amount } of rewards) leaves.push({ kind: 'monitor', monitor, asset, rewards: amount })
        if (slashed > 0n) leaves.push({ kind: 'monitorSlash', monitor, slashed })
      }
      for (const { dispute, upheld } of verdicts) leaves.push({ kind: 'dispute', dispute, upheld })
      return leaves
    },
  }
}
