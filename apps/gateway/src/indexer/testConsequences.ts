import { type Leaf, leaseId } from '@tender/protocol'
import * as sdk from '@tender/sdk'
import { testAccount } from '@tender/sdk/testMarket'
import { tokens, type World } from './testWorld.ts'

/** What a report says here: figures that only rise. */
export function leavesOf(w: World): Leaf[] {
  const served = w.random(3_600)
  const monitored = w.leases.filter(({ uptimeBps }) => uptimeBps > 0)
  const last = monitored.at(-1)
  const era = Number(w.report?.said.report.era ?? 0n) + 1
  const leaves: Leaf[] = monitored.map((lease) => ({ kind: 'lease', lease: leaseId(lease), served }))
  for (const { id: provider } of w.providers) {
    leaves.push({
      kind: 'provider',
      provider,
      score: w.random(10_000),
      rewards: tokens(3 * era),
      slashed: tokens(era) / 2n,
    })
  }
  if (last)
    leaves.push({
      kind: 'credit',
      lease: leaseId(last),
      provider: last.provider,
      tenant: last.tenant,
      amount: tokens(era),
    })
  leaves.push({ kind: 'monitor', monitor: testAccount(9).address, asset: w.market.dollar, rewards: BigInt(10 * era) })
  leaves.push({ kind: 'monitorSlash', monitor: testAccount(8).address, slashed: tokens(2 * era) })
  for (const dispute of w.disputes.splice(0, 1)) leaves.push({ kind: 'dispute', dispute, upheld: w.random(2) === 0 })
  return leaves
}

/** Does what a random leaf of the last report lets anybody do. */
export async function applyLeaf(w: World): Promise<unknown> {
  if (!w.report) return
  const { said, leaves } = w.report
  const index = w.random(leaves.length)
  const leaf = leaves[index]
  if (!leaf) return
  const proven = { era: said.report.era, proof: said.proof(index) }
  const by = w.delegator
  switch (leaf.kind) {
    case 'lease':
      return sdk.settleServedLease(by, { lease: leaf.lease, proven: { ...proven, served: leaf.served } })
    case 'credit':
      return sdk.applyCredit(by, { lease: leaf.lease, proven: { ...proven, ...leaf } })
    case 'provider': {
      const { provider } = leaf
      const doing = [sdk.applyProviderSlash, sdk.claimProviderRewards, sdk.updateTrust][w.random(3)]
      return doing?.(by, { provider, proven: { ...proven, ...leaf } })
    }
    case 'monitor':
      return sdk.claimMonitorRewards(by, {
        monitor: leaf.monitor,
        asset: leaf.asset,
        proven: { ...proven, rewards: leaf.rewards },
      })
    case 'monitorSlash':
      return sdk.applyMonitorSlash(by, { monitor: leaf.monitor, proven: { ...proven, slashed: leaf.slashed } })
    case 'dispute':
      return sdk.resolveDispute(by, { dispute: leaf.dispute, proven: { ...proven, upheld: leaf.upheld } })
  }
}
