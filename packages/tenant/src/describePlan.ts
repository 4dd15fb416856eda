import {
  formatAmount,
  formatDuration,
  formatIssue,
  formatPrice,
  mostCost,
  type Order,
  resourceName,
} from '@tender/protocol'
import type { MarketAsset } from '@tender/sdk'
import type { Plan } from './plan.ts'

/** What an order asks and the most it can cost, for people to read before they agree. */
export function describePlan(plan: Plan, order: Order, asset: MarketAsset): string[] {
  const { units, replicas, duration, maxPrice } = order
  const copies = replicas === 1 ? '' : `${replicas} times `
  const size = `${copies}${units} ${resourceName(order.resource).toUpperCase()}`
  return [
    `${plan.name}: ${size} for ${formatDuration(duration)}, at most ${formatPrice(maxPrice, asset)} for each unit`,
    ...(plan.rounded === undefined ? [] : [`  ${plan.rounded}`]),
    ...plan.notes.map((note) => `  ${formatIssue(note)}`),
    `  ${describeMonitoring(order)}`,
    `  costs ${formatAmount(mostCost(order), asset)} at most: by the second, and what is not used comes back`,
  ]
}

function describeMonitoring({ uptimeBps }: Order): string {
  if (uptimeBps === 0) return 'unmonitored: paid by time, whether it serves or not'
  return `monitored: paid for the seconds that monitors saw it serve; credit below ${uptimeBps / 100}% of the time`
}
