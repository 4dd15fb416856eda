import { isDeepStrictEqual } from 'node:util'
import {
  formatAmount,
  formatDuration,
  formatIssue,
  formatPrice,
  mostCost,
  type Order,
  resourceName,
  TenderError,
} from '@tender/protocol'
import type { MarketAsset } from '@tender/sdk'
import type { EarlierOrder } from './findEarlier.ts'
import type { Plan } from './plan.ts'
import { shortId } from './records.ts'

/** What an order asks and the most it can cost, for people to read before they agree. */
export function describePlan(plan: Plan, order: Order, asset: MarketAsset): string[] {
  const { units, replicas, duration, maxPrice } = order
  const copies = replicas === 1 ? '' : `${replicas} times `
  const size = `${copies}${units} ${resourceName(order.resource).toUpperCase()}`
  return [
    `${plan.name}: ${size} for ${formatDuration(duration)}, at most ${formatPrice(maxPrice, asset)} for each unit`,
    ...(plan.rounded === undefined ? [] : [`  ${plan.rounded}`]),
    ...plan.notes.map((note) => `  ${formatIssue(note)}`),
    `  costs ${formatAmount(mostCost(order), asset)} at most: by the second, and what is not used comes back`,
  ]
}

/**
 * Makes sure that what runs is what the file asks for now.
 *
 * @throws {TenderError} `otherPlanRuns`
 */
export function checkSamePlan(plan: Plan, wanted: Order, { record, leases }: EarlierOrder): void {
  const { manifest, agent, auctionEnd, expiry, nonce } = record.order
  const sameOrder = isDeepStrictEqual({ ...wanted, manifest, agent, auctionEnd, expiry, nonce }, record.order)
  // Each reading of a file salts it anew.
  const { salt } = record.manifest
  if (sameOrder && isDeepStrictEqual({ ...plan.manifest, salt }, record.manifest)) return
  const id = shortId(leases[0]?.leaseId ?? record.id)
  throw new TenderError(`${record.name} runs already, but as its files asked before they were changed`, {
    code: 'otherPlanRuns',
    class: 'conflict',
    hint: `End it first with \`tender close ${id}\`, or order another with --new.`,
    data: { order: record.id, leases: leases.map(({ leaseId }) => leaseId) },
  })
}
