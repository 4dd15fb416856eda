import type { Hex } from 'viem'
import type { Finding } from '../finding.ts'
import { isInTree, leafOf } from './arithmetic.ts'
import type { ChainFacts, MarketCall, MarketEvent } from './facts.ts'
import { createJudge } from './judge.ts'
import { reportAt } from './leaseBook.ts'

/** What a call proves by a leaf, cumulative, for whom. */
type Proven = { of: string; era: bigint; leaf: Hex; proof: readonly Hex[]; amount: bigint }

/** What reports awarded and slashed is in their trees, and since ever no more than their last word was paid. */
export function judgeRewards(facts: ChainFacts): Finding[] {
  const judge = createJudge('reportClaim')
  const paid = new Map<string, bigint>()
  for (const event of facts.events) {
    const claim = claimOf(event)
    if (!claim) continue
    const where = { block: event.at.block, tx: event.at.tx }
    const proven = (facts.calls.get(event.at.tx) ?? []).map(provenBy).find((each) => each?.of === claim.of)
    if (!proven) {
      judge.holds(false, `${event.name} for ${claim.of} by no call that proves it`, where)
      continue
    }
    const report = reportAt(facts, proven.era, event.at)
    const isProven = report !== undefined && isInTree(proven.leaf, proven.proof, report.root)
    judge.holds(
      isProven,
      `${event.name} for ${claim.of} by a leaf that the report of era ${proven.era} does not have`,
      where,
    )
    const all = claim.cumulative ? claim.amount : (paid.get(claim.of) ?? 0n) + claim.amount
    judge.holds(all <= proven.amount, `${claim.of} was given ${all}, of ${proven.amount} that reports say`, where)
    judge.holds(!claim.cumulative || all > (paid.get(claim.of) ?? 0n), `${claim.of} was given ${all} twice`, where)
    paid.set(claim.of, all)
  }
  return judge.findings
}

function claimOf({ name, args }: MarketEvent): { of: string; amount: bigint; cumulative: boolean } | undefined {
  switch (name) {
    case 'ProviderPaid':
      return { of: `rewards of provider ${args.provider}`, amount: args.amount, cumulative: false }
    case 'MonitorPaid':
      return { of: `fees of monitor ${args.monitor} in ${args.asset}`, amount: args.amount, cumulative: false }
    case 'CreditApplied':
      return { of: `credit of lease ${args.lease}`, amount: args.amount, cumulative: true }
    case 'ProviderSlashed':
      return { of: `slash of provider ${args.provider}`, amount: args.amount, cumulative: true }
    case 'MonitorSlashed':
      return { of: `slash of monitor ${args.monitor}`, amount: args.amount, cumulative: true }
  }
}

function provenBy(call: MarketCall): Proven | undefined {
  switch (call.name) {
    case 'claimProvider':
    case 'applyProviderSlash': {
      const [era, provider, score, rewards, slashed, proof] = call.args
      const leaf = leafOf('provider', [provider, score, rewards, slashed])
      const [of, amount] = call.name === 'claimProvider' ? ['rewards', rewards] : ['slash', slashed]
      return { of: `${of} of provider ${provider}`, era, leaf, proof, amount }
    }
    case 'claimMonitor': {
      const [era, monitor, asset, amount, proof] = call.args
      return {
        of: `fees of monitor ${monitor} in ${asset}`,
        era,
        leaf: leafOf('monitor', [monitor, asset, amount]),
        proof,
        amount,
      }
    }
    case 'applyCredit': {
      const [era, lease, provider, tenant, amount, proof] = call.args
      return {
        of: `credit of lease ${lease}`,
        era,
        leaf: leafOf('credit', [lease, provider, tenant, amount]),
        proof,
        amount,
      }
    }
    case 'applyMonitorSlash': {
      const [era, monitor, amount, proof] = call.args
      return { of: `slash of monitor ${monitor}`, era, leaf: leafOf('monitorSlash', [monitor, amount]), proof, amount }
    }
  }
}
