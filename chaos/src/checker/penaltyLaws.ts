import type { Finding } from '../finding.ts'
import { wholeBps } from './arithmetic.ts'
import type { EscrowBooks } from './escrowBooks.ts'
import type { ChainFacts } from './facts.ts'
import { createJudge } from './judge.ts'
import type { Penalty } from './leaseBook.ts'

/** Of the stake behind a lease's units, by tier. */
const penaltyBpsAtFirst = [500n, 2_000n, 5_000n]

/** Each lease that its provider left, and each job that it failed, cost it the stated share of the stake behind the units; no other did. */
export function judgePenalties(facts: ChainFacts, { penalties }: EscrowBooks): Finding[] {
  const judge = createJudge('penalty')
  const told = facts.events.flatMap((event) => (event.name === 'Penalised' ? [event] : []))
  for (const penalty of penalties) {
    const { lease, at } = penalty
    const where = { lease: lease.lease, block: at.block, tx: at.tx }
    const [event, ...more] = told.filter((each) => each.at.tx === at.tx && each.args.provider === lease.terms.provider)
    judge.holds(
      event !== undefined && more.length === 0,
      `${event ? 1 + more.length : 0} penalties for an end that costs one`,
      where,
    )
    const slashed = facts.events.find((each) => each.name === 'Slashed' && each.at.tx === at.tx)
    if (slashed?.name !== 'Slashed') continue
    judge.same('the penalty asked for', penaltyOf(facts, penalty), slashed.args.asked, where)
    judge.same('who gets the penalty', lease.terms.tenant, slashed.args.beneficiary, where)
  }
  for (const { at, args } of told) {
    const due = penalties.some((penalty) => penalty.at.tx === at.tx)
    judge.holds(due, 'a penalty for an end that costs none', { provider: args.provider, block: at.block, tx: at.tx })
  }
  return judge.findings
}

function penaltyOf({ events }: ChainFacts, { lease, at }: Penalty): bigint {
  const { provider, resource, units, tier } = lease.terms
  let [stakePerUnit, bps] = [0n, penaltyBpsAtFirst[tier] ?? 0n]
  for (const event of events) {
    if (event.at.block > at.block) break
    const committed = event.name === 'Committed' && event.args.provider === provider && event.args.resource === resource
    if (committed) stakePerUnit = event.args.committed === 0 ? 0n : event.args.stakePerUnit
    if (event.name === 'PenaltyChanged' && event.args.tier === tier) bps = BigInt(event.args.bps)
  }
  return (BigInt(units) * stakePerUnit * bps) / wholeBps
}
