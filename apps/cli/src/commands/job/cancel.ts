import { formatAmount } from '@tender/protocol'
import { cancelJob, expireJob, splitJob } from '@tender/sdk'
import { shortId } from '@tender/tenant'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand, required } from '../../command.ts'
import { inTurn, leaseTitle, type PaidJob, sumOf, withJob } from '../../jobs/withJob.ts'

export const jobCancelCommand = defineCommand({
  description:
    "Ends a job before its result is submitted, and gets its money back: all of it before the provider began, all but the file's cancel-fee after that. One that is late or was never judged ends as its contract says: with the whole price back, or its part of it. With the id of an order: all of its leases.",
  examples: ['tender job cancel 4fa1', 'tender job cancel 4fa1 --yes --json'],
  arguments: { job: required("the beginning of an order's id or of a lease's") },
  run: (context, { job: prefix }) =>
    withJob(context, prefix, async (jobs) => {
      const fit = jobs.filter(canEnd)
      if (fit.length > 0) {
        const cost = sumOf(fit, costOf)
        await confirm(
          context,
          `End ${fit.map(leaseTitle).join(', ')}, for ${cost} at most? The rest of the price comes back.`,
        )
      }
      return { leases: await inTurn(jobs, cancel) }
    }),
  print({ leases }, out) {
    for (const lease of leases) {
      if (lease.state !== 'cancelled') out.line(`${leaseTitle(lease)}: ${whyNot(lease)}`)
      else {
        const [paid, back] = [lease.paid, lease.refunded].map((amount) => formatAmount(amount, lease.asset))
        out.line(`${leaseTitle(lease)}: ended for ${paid}, ${back} back`)
      }
    }
  },
})

const isBefore = ({ job: { state } }: PaidJob) => state === 'opened' || state === 'begun'
const canEnd = (paid: PaidJob) => isBefore(paid) || paid.due === 'expire' || paid.due === 'split'

/** What ending it costs at most. A split is governed: it is told by what it did. */
function costOf({ job: { state }, due, jobTerms, price }: PaidJob): bigint {
  if (due === 'split') return price
  if (due === 'expire' || state === 'opened') return 0n
  return jobTerms.cancelFee < price ? jobTerms.cancelFee : price
}

async function cancel(job: PaidJob) {
  const { lease, asset } = job
  const { leaseId } = lease
  if (!canEnd(job)) return { leaseId, state: job.job.state, asset }
  const { paid, fee, refunded, penalty, transaction } = await end(job)
  return { leaseId, state: 'cancelled' as const, paid: paid + fee, refunded, penalty, transaction, asset }
}

/** A deadline that passed costs the provider, and the tenant nothing: that comes before the cancel fee. */
function end({ market, lease, jobTerms, job: { state }, due }: PaidJob) {
  const parameters = { lease: lease.terms, jobTerms }
  if (due === 'split') return splitJob(market, parameters)
  return due === 'expire' && state !== 'opened' ? expireJob(market, parameters) : cancelJob(market, parameters)
}

function whyNot({ state, leaseId }: { state: string; leaseId: string }): string {
  if (state === 'ended') return 'it has ended already'
  return `its result is submitted: pay for it with \`tender job accept ${shortId(leaseId)}\`, or wait for the validators`
}
