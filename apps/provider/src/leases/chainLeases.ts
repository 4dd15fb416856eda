import { type Reason, TenderError } from '@tender/protocol'
import { abandonLease, getLease, type MarketClient, releaseLease, settleLeases } from '@tender/sdk'
import { keccak256, stringToBytes } from 'viem'
import type { LeaseMarket } from './leaseMarket.ts'

const reasonOf = {
  noManifest: 'abandonedNoManifest',
  cannotRun: 'abandonedCannotRun',
} as const satisfies Record<string, Reason>

/** {@link LeaseMarket} over the chain, with the operator's account. */
export function chainLeases(client: MarketClient): LeaseMarket {
  return {
    async view(terms) {
      try {
        const { stop, settledUntil, secondsPaid, byTime, status, released } = await getLease(client, { lease: terms })
        return {
          start: terms.start,
          stop,
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
      await abandonLease(client, {
        lease: terms,
        reason: reasonOf[because],
        evidence: keccak256(stringToBytes(evidence)),
      })
    },
  }
}
