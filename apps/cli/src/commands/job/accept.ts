import { formatAmount } from '@tender/protocol'
import { acceptJob, getJob } from '@tender/sdk'
import { shortId } from '@tender/tenant'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand, required } from '../../command.ts'
import { withJob } from '../../jobs/withJob.ts'

export const jobAcceptCommand = defineCommand({
  description:
    'Pays for a result that was submitted at once, without waiting for a verdict. The verify fee comes back if no validators were drawn yet; else they share it. With the id of an order: all of its leases that were submitted.',
  examples: ['tender job accept 4fa1', 'tender job accept 4fa1 --yes --json'],
  arguments: { job: required("the beginning of an order's id or of a lease's") },
  async run(context, { job }) {
    await confirm(context, 'Pay for it as it is?')
    const accepted = await withJob(context, job, async ({ market, lease, jobTerms, asset }) => {
      const { state } = await getJob(market, { lease: lease.leaseId })
      if (state === 'opened' || state === 'begun' || state === 'ended') return { leaseId: lease.leaseId, state, asset }
      const { paid, fee, given, transaction } = await acceptJob(market, { lease: lease.terms, jobTerms })
      return { leaseId: lease.leaseId, state: 'accepted' as const, paid, fee, given, transaction, asset }
    })
    return { leases: accepted }
  },
  print({ leases }, out) {
    for (const lease of leases) {
      const id = shortId(lease.leaseId)
      if (lease.state === 'accepted')
        out.line(
          `lease ${id}: ${formatAmount(lease.paid, lease.asset)} paid, ${formatAmount(lease.fee, lease.asset)} of fee`,
        )
      else out.line(`lease ${id}: ${lease.state === 'ended' ? 'it has ended already' : 'nothing was submitted yet'}`)
    }
  },
})
