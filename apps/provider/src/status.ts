import { owed, resourceName } from '@tender/protocol'
import type { Hex } from 'viem'
import type { LeaseBook } from './leases/leaseBook.ts'
import type { LeasePhase } from './leases/leaseRecord.ts'
import type { Answers } from './market/answers.ts'
import type { Capacity, Sale } from './market/bidder.ts'

/** How a provider is doing. Plain JSON: amounts and ids as decimal strings, times unix seconds. */
export type ProviderStatus = {
  provider: string
  operator: string
  addresses: string[]
  ingressPort: number
  capacity: { resource: string; committedUnits: number; leasedUnits: number; until: number }[]
  leases: {
    leaseId: Hex
    phase: LeasePhase
    tenant: string
    resource: string
    units: number
    /** Smallest units per hour. */
    rate: string
    start: number
    stop: number
    /** Smallest units settled so far, before fees. */
    earned: string
    url?: string | undefined
    reason?: string | undefined
  }[]
  /** Answers to orders, the newest first. */
  answers: {
    order: Hex
    decision: 'bid' | 'declined'
    decidedAt: number
    price?: string | undefined
    reasons: string[]
  }[]
}

const RECENT_ANSWERS = 20

export type StatusSources = {
  provider: bigint
  operator: string
  addresses: string[]
  ingressPort: number
  leases: LeaseBook
  answers: Answers
  sales: ReadonlyMap<string, Sale>
  capacity(resource: string): Promise<Capacity>
  urlOf(leaseId: Hex): string
}

export async function statusOf(sources: StatusSources): Promise<ProviderStatus> {
  const { provider, operator, addresses, ingressPort, leases, answers, sales, capacity, urlOf } = sources
  return {
    provider: provider.toString(),
    operator,
    addresses,
    ingressPort,
    capacity: await Promise.all(
      [...sales.keys()].map(async (resource) => ({ resource, ...(await capacity(resource)) })),
    ),
    leases: leases.live().map(({ leaseId, phase, terms, chain, reason, manifest }) => ({
      leaseId,
      phase,
      tenant: terms.tenant,
      resource: resourceName(terms.resource),
      units: terms.units,
      rate: terms.rate.toString(),
      start: terms.start,
      stop: chain.stop,
      earned: owed(terms.rate, chain.secondsPaid).toString(),
      ...(manifest?.services.some(({ ports }) => ports.length > 0) && { url: urlOf(leaseId) }),
      ...(reason && { reason }),
    })),
    answers: answers.recent(RECENT_ANSWERS).map(({ id, answer: { decision, decidedAt, bid, reasons } }) => ({
      order: id,
      decision,
      decidedAt,
      ...(bid && { price: bid.offer.price.toString() }),
      reasons: reasons.map(({ message, asked, possible }) =>
        asked === undefined
          ? message
          : `${message} (asked ${asked}${possible === undefined ? '' : `, possible ${possible}`})`,
      ),
    })),
  }
}
