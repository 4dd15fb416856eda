import { joinProofs, leafHash, leaseId as leaseIdOf, type Reason, TenderError } from '@tender/protocol'
import {
  abandonLease,
  extendLease,
  getLease,
  type MarketClient,
  releaseLease,
  settleByFallback,
  settleLeases,
  settleServedLease,
  settleServedLeases,
} from '@tender/sdk'
import type { LeaseMarket, LeaveReason, ServedLease } from './leaseMarket.ts'

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
    async settleServed(era, leases) {
      const [only] = leases
      if (only && leases.length === 1) {
        const { terms, served, proof } = only
        await settleServedLease(client, { lease: terms, proven: { era, served, proof } })
      } else await settleServedLeases(client, { era, ...joined(leases) })
    },
    async fallBack(terms, proven) {
      await settleByFallback(client, { lease: terms, proven })
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

function joined(leases: readonly ServedLease[]) {
  const { order, proof, flags } = joinProofs(
    leases.map(({ terms, served, proof }) => ({
      hash: leafHash({ kind: 'lease', lease: leaseIdOf(terms), served }),
      proof,
    })),
  )
  const ordered = order.flatMap((index) => leases[index] ?? [])
  return { leases: ordered.map(({ terms, served }) => ({ lease: terms, served })), proof, flags }
}
