import type { Driver } from '@tender/driver'
import type { Offer, OrderEnvelope, ProviderView } from '@tender/protocol'
import type { Address, Hex } from 'viem'
import type { JobLimits } from '../jobs/jobReasons.ts'
import type { LeaseRecord } from '../leases/leaseRecord.ts'
import type { Answer, Answers } from './answers.ts'
import { decideBid } from './decideBid.ts'
import type { Quotes } from './quotes.ts'
import type { Capacity, Sales } from './sale.ts'

export type BidderOptions = {
  provider: bigint
  answers: Answers
  sales: Sales
  quotes: Quotes
  maxBlobBytes: number
  /** Whether workloads may reach the internet from here. */
  internet: boolean
  driverFor(kind: string): Driver | undefined
  /** What the registry says of this provider now. */
  self(signal: AbortSignal): Promise<ProviderView>
  capacity(resource: Hex, signal: AbortSignal): Promise<Capacity>
  /** Its leases for which something may still have to be done. */
  leases(): readonly LeaseRecord[]
  /** What it takes of jobs now, and the cards of a class that jobs have. */
  jobs: { limits(): JobLimits; gpusInUse(resource: Hex): number }
  hasVolumesOf(leaseId: Hex, tenant: Address): Promise<boolean>
  /** What a tenant has in escrow to pay with, smallest units. */
  deposited(tenant: Address, asset: Address): Promise<bigint>
  sign(offer: Offer): Promise<Hex>
  /** Marks a lease to be ended, with its notice. */
  interrupt(leaseId: Hex, because: string): void
  nowSeconds(): number
}

const PRUNE_EVERY_SECONDS = 3_600

/**
 * Answers orders: a signed bid, or every reason against one. The answer is recorded before it is returned, and an order that
 * comes again gets the same one.
 */
export function createBidder(options: BidderOptions) {
  const { answers, nowSeconds, interrupt } = options
  const deciding = new Map<Hex, Promise<Answer>>()
  let prunedAt = 0

  async function decideOnce(id: Hex, envelope: OrderEnvelope, signal: AbortSignal): Promise<Answer> {
    const { order, brief, publicKey, addresses } = envelope
    const { interrupts, ...decided } = await decideBid(options, id, { order, brief }, signal)
    const answer: Answer = {
      version: 1,
      order,
      brief,
      agentKey: publicKey,
      addresses,
      decidedAt: nowSeconds(),
      ...decided,
    }
    answers.put(id, answer)
    for (const lease of interrupts) interrupt(lease, 'a better order came')
    prune(answer.decidedAt)
    return answer
  }

  function prune(now: number): void {
    if (now - prunedAt <= PRUNE_EVERY_SECONDS) return
    prunedAt = now
    answers.prune(now)
  }

  return async function answerOrder(id: Hex, envelope: OrderEnvelope, signal: AbortSignal): Promise<Answer> {
    const known = answers.get(id) ?? deciding.get(id)
    if (known) return known
    const decision = decideOnce(id, envelope, signal).finally(() => deciding.delete(id))
    deciding.set(id, decision)
    return decision
  }
}
