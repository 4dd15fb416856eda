import { formatAmount } from '@tender/protocol'
import { acceptJob, type JobStateName } from '@tender/sdk'
import { isAddressEqual } from 'viem'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand, required } from '../../command.ts'
import { inTurn, leaseTitle, type PaidJob, sumOf, withJob } from '../../jobs/withJob.ts'

/** Why a lease in such a state cannot be accepted. */
const notNow: Readonly<Partial<Record<JobStateName, string>>> = {
  opened: 'its provider has not begun yet: there is nothing to pay for',
  begun: 'nothing was submitted yet: there is nothing to pay for',
  ended: 'it has ended already',
}

export const jobAcceptCommand = defineCommand({
  description:
    'Pays for a result that was submitted at once, without waiting for a verdict. The verify fee comes back if no validators were drawn yet; else they share it. With the id of an order: all of its leases that were submitted.',
  examples: ['tender job accept 4fa1', 'tender job accept 4fa1 --yes --json'],
  arguments: { job: required("the beginning of an order's id or of a lease's") },
  run: (context, { job: prefix }) =>
    withJob(context, prefix, async (jobs) => {
      const ready = jobs.filter(({ job }) => !(job.state in notNow))
      if (ready.length > 0) {
        const price = sumOf(ready, ({ price }) => price)
        await confirm(context, `Pay ${price} for ${ready.map(leaseTitle).join(', ')}, whatever validators would find?`)
      }
      return { leases: await inTurn(jobs, accept) }
    }),
  print({ leases }, out) {
    for (const lease of leases) {
      if (lease.state !== 'accepted') {
        out.line(`${leaseTitle(lease)}: ${notNow[lease.state] ?? ''}`)
        continue
      }
      const [price, back] = [lease.paid + lease.fee, lease.back].map((amount) => formatAmount(amount, lease.asset))
      out.line(`${leaseTitle(lease)}: ${price} paid${lease.back > 0n ? `, ${back} of verify fee back` : ''}`)
    }
  },
})

async function accept({ market, lease, jobTerms, asset, job: { state } }: PaidJob) {
  const { leaseId, terms } = lease
  if (state in notNow) return { leaseId, state, asset }
  const { paid, fee, given, transaction } = await acceptJob(market, { lease: terms, jobTerms })
  const back = given.reduce((sum, { to, amount }) => (isAddressEqual(to, terms.tenant) ? sum + amount : sum), 0n)
  return { leaseId, state: 'accepted' as const, paid, fee, back, given, transaction, asset }
}
