import { formatAmount } from '@tender/protocol'
import { cancelJob, getJob } from '@tender/sdk'
import { shortId } from '@tender/tenant'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand, required } from '../../command.ts'
import { withJob } from '../../jobs/withJob.ts'

export const jobCancelCommand = defineCommand({
  description:
    "Ends a job before its result is submitted, and gets its money back: all of it before the provider began, all but the file's cancel-fee after that. With the id of an order: all of its leases.",
  examples: ['tender job cancel 4fa1', 'tender job cancel 4fa1 --yes --json'],
  arguments: { job: required("the beginning of an order's id or of a lease's") },
  async run(context, { job }) {
    await confirm(context, 'End it?')
    const cancelled = await withJob(context, job, async ({ market, lease, jobTerms, asset }) => {
      const { state } = await getJob(market, { lease: lease.leaseId })
      if (state !== 'opened' && state !== 'begun') return { leaseId: lease.leaseId, state, asset }
      const { paid, fee, refunded, transaction } = await cancelJob(market, { lease: lease.terms, jobTerms })
      return { leaseId: lease.leaseId, state: 'cancelled' as const, paid: paid + fee, refunded, transaction, asset }
    })
    return { leases: cancelled }
  },
  print({ leases }, out) {
    for (const lease of leases) {
      const id = shortId(lease.leaseId)
      if (lease.state === 'cancelled')
        out.line(
          `lease ${id}: cancelled for ${formatAmount(lease.paid, lease.asset)}, ${formatAmount(lease.refunded, lease.asset)} back`,
        )
      else
        out.line(
          `lease ${id}: ${lease.state === 'ended' ? 'it has ended already' : 'its result is submitted: accept or challenge it'}`,
        )
    }
  },
})
