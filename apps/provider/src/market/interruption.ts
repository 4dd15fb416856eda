import { BASIS_POINTS, type Order, tiers } from '@tender/protocol'
import type { Address, Hex } from 'viem'
import type { LeaseRecord } from '../leases/leaseRecord.ts'
import { RELEASE_SECONDS } from './units.ts'

/** An order for which units are missing, and nothing else is. */
export type Shortage = {
  order: Pick<Order, 'resource' | 'auctionEnd'>
  /** What is missing. */
  units: number
  /** What the order would pay with the price that is offered: smallest units per hour, in all. */
  rate: bigint
  asset: Address
  /** See `Sale.interruptAboveBps`. */
  interruptAboveBps: number
  nowSeconds: number
}

/**
 * Which interruptible leases to end for a better order: the cheapest first, only as many as it takes, and none unless its notice
 * is over, and its units are free, when the auction ends. Until then nobody knows who wins, so a notice that were given later
 * would come too late for the match. Pure.
 *
 * @returns the leases; empty if ending any would not do or not pay
 */
export function planInterruption(shortage: Shortage, leases: readonly LeaseRecord[]): Hex[] {
  const candidates = leases
    .filter((lease) => mayEnd(lease, shortage))
    .sort((a, b) => (perUnit(a) < perUnit(b) ? -1 : 1))
  const chosen: LeaseRecord[] = []
  let freed = 0
  for (const lease of candidates) {
    if (freed >= shortage.units) break
    chosen.push(lease)
    freed += lease.terms.units
  }
  if (freed < shortage.units) return []
  const needed = withoutSpare(chosen, freed - shortage.units)
  const lost = needed.reduce((sum, { terms }) => sum + terms.rate, 0n)
  const pays = shortage.rate * BigInt(BASIS_POINTS) >= lost * BigInt(shortage.interruptAboveBps)
  return pays ? needed.map(({ leaseId }) => leaseId) : []
}

function mayEnd({ terms, chain, interrupt }: LeaseRecord, { order, asset, nowSeconds }: Shortage): boolean {
  if (terms.tier !== tiers.interruptible || terms.resource !== order.resource) return false
  // What is paid in something else cannot be compared.
  if (terms.asset !== asset || chain.endsEarly || interrupt) return false
  const freeAt = nowSeconds + terms.noticeSeconds + RELEASE_SECONDS
  return freeAt <= order.auctionEnd && chain.stop > order.auctionEnd
}

/** A later, larger one may make an earlier one unnecessary: the dearest that can be spared is. */
function withoutSpare(chosen: readonly LeaseRecord[], spareUnits: number): LeaseRecord[] {
  let spare = spareUnits
  const needed: LeaseRecord[] = []
  for (const lease of chosen.toReversed()) {
    if (lease.terms.units <= spare) spare -= lease.terms.units
    else needed.push(lease)
  }
  return needed.reverse()
}

function perUnit({ terms }: LeaseRecord): bigint {
  return terms.rate / BigInt(terms.units)
}
