import type { Finding } from '../finding.ts'
import { judgeCapacity } from './capacityLaws.ts'
import { judgeConservation } from './conservation.ts'
import { type EscrowBooks, replayEscrow } from './escrowBooks.ts'
import type { ChainFacts } from './facts.ts'
import { judgeJobs } from './jobLaws.ts'
import { judgeOpenings } from './openingLaws.ts'
import { judgePenalties } from './penaltyLaws.ts'
import { judgeRewards } from './rewardLaws.ts'
import { judgeStake } from './stakeLaws.ts'

/**
 * Everything that the chain alone can show to be wrong, and the books that it was judged by.
 *
 * @example
 * const { findings } = await judgeChain(await readFacts(place, chain.url, signal))
 */
export async function judgeChain(facts: ChainFacts): Promise<{ findings: Finding[]; books: EscrowBooks }> {
  const books = replayEscrow(facts)
  const findings = [
    ...books.payments.findings,
    ...books.endings.findings,
    ...judgeConservation(facts, books),
    ...(await judgeOpenings(facts)),
    ...(await judgeJobs(facts, books)),
    ...judgeStake(facts),
    ...judgePenalties(facts, books),
    ...judgeCapacity(facts, books),
    ...judgeRewards(facts),
  ]
  return { findings, books }
}
