import { type Reason, TenderError } from '@tender/protocol'
import { abandonLease, extendLease, getLease, type MarketClient, releaseLease, settleLeases } from '@tender/sdk'
import type { LeaseMarket, LeaveReason } from './leaseMarket.ts'

const reasonOf = {
  noManifest: 'abandonedNoManifest',
  cannotRun: 'abandonedCannotRun',
  interrupted: 'interruptedWithNotice',
} as const satisfies Record<LeaveReason, Reason>

/** {@link LeaseMarket} over the chain, with the operator's account. */
export function chainLeases(client: MarketClient): LeaseMarket {
  return {
    async view(terms) {
      try {
        const lease = await getLease(client, { lease: terms })
        const { stop, closedAt, settledUntil, secondsPaid, byTime, status, released } = lease
        return {
          start: terms.start,
          stop,
          endsEarly: closedAt !== undefined,
          settledUntil,
          secondsPaid,
          startWindowSeconds: terms.startWindow,
          maxSilenceSeconds: terms.maxSilence,
          byTime,
          resolved: status === 'resolved',
          released,
        }
      } catch (error) {
        if (error instanceof TenderError && error.class === 'notFound') return undefined
        throw error
      }
    },
    async settle(terms) {
      await settleLeases(client, { leases: terms })
    },
    async release(terms) {
      await releaseLease(client, { lease: terms })
    },
    async abandon(terms, because, evidence) {
      await abandonLease(client, { lease: terms, reason: reasonOf[because], evidence })
    },
    async extend(terms, newEnd, consent) {
      await extendLease(client, { lease: terms, newEnd, consent })
    },
  }
}
