import { formatDuration, NotFoundError, TenderError, tiers } from '@tender/protocol'
import type { Hex } from 'viem'
import type { LeaseBook } from '../leases/leaseBook.ts'

/**
 * Marks an interruptible lease to be ended, with the notice that it promised. Nothing happens to one that ends early already.
 *
 * @throws {NotFoundError} `unknownLease`; {TenderError} `notInterruptible`
 */
export function markInterrupted(leases: Pick<LeaseBook, 'live' | 'update'>, leaseId: Hex, because: string): void {
  const lease = leases.live().find((one) => one.leaseId === leaseId)
  if (!lease) throw new NotFoundError(`this provider runs no lease ${leaseId}`, { code: 'unknownLease' })
  const { terms, chain, interrupt } = lease
  if (terms.tier !== tiers.interruptible) {
    throw new TenderError(`lease ${leaseId} is not interruptible`, {
      code: 'notInterruptible',
      class: 'conflict',
      hint: `It was sold until ${formatDuration(Math.max(0, chain.stop - terms.start))} after its start.`,
    })
  }
  if (!chain.endsEarly && !interrupt) leases.update(leaseId, { interrupt: { because } })
}
