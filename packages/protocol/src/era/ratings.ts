import type { Hex } from 'viem'
import type { BatchView, EraLease, EraMonitor } from './types.ts'

/** What its tenant thought of a lease, as most of the weight that reported knows it. */
export type Ratings = (lease: Pick<EraLease, 'lease' | 'tenant'>) => number | undefined

/**
 * Ratings that monitors of more than half of the weight reported alike. Each monitor checks a tenant's signature before it takes
 * a rating, with the chain's help if the tenant is a contract; here its voice counts by weight.
 */
export function agreedRatings(monitors: readonly EraMonitor[], batches: readonly BatchView[]): Ratings {
  const weights = new Map(monitors.map(({ monitor, weight }) => [monitor, weight]))
  const votes = new Map<Hex, Map<string, number>>()
  let total = 0
  for (const { monitor, ratings } of batches) {
    const weight = weights.get(monitor) ?? 0
    total += weight
    for (const { rating, tenant } of ratings) {
      const ofLease = votes.get(rating.lease) ?? new Map<string, number>()
      const vote = `${tenant}${rating.stars}`
      votes.set(rating.lease, ofLease.set(vote, (ofLease.get(vote) ?? 0) + weight))
    }
  }
  return ({ lease, tenant }) => {
    const ofLease = votes.get(lease)
    return ofLease && [1, 2, 3, 4, 5].find((stars) => 2 * (ofLease.get(`${tenant}${stars}`) ?? 0) > total)
  }
}
