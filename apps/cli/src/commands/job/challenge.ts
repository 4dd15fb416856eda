import { formatAmount, InvalidInputError } from '@tender/protocol'
import { challengeJob, getJob } from '@tender/sdk'
import { exactTime, shortId } from '@tender/tenant'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand, needed, required, setting } from '../../command.ts'
import { checkChallengeable, checkTasks, onlyLease, untilDrawn } from '../../jobs/challenge.ts'
import { leaseTitle, withJob } from '../../jobs/withJob.ts'

/** As the contract has it. */
const MOST_TASKS = 16

export const jobChallengeCommand = defineCommand({
  description:
    'Has the validators of one lease run tasks again that you name, beside those that the draw chose. Takes a bond as large as the verify fee: it comes back if they find the result wrong, else they share it. Once, and only for a while after the validators were drawn: given while its tasks run, it waits for the draw.',
  examples: ['tender job challenge 4fa1 --tasks 3,17', 'tender job challenge 4fa1 --tasks 3 --yes --json'],
  arguments: { lease: required("the beginning of a lease's id") },
  options: { tasks: needed(setting('numbers', `1 to ${MOST_TASKS} tasks of the lease, such as 3,17`, taskNumbers)) },
  run: (context, { lease: prefix, tasks }) =>
    withJob(context, prefix, async (jobs, { record }) => {
      const paid = onlyLease(jobs, prefix)
      const { market, lease, jobTerms, asset } = paid
      checkTasks(tasks, record.order, paid)
      const bond = jobTerms.verifyFee
      await confirm(context, `Have task ${tasks.join(', ')} run again, for a bond of ${formatAmount(bond, asset)}?`)
      const job = await untilDrawn(context, paid)
      checkChallengeable(job)
      const { seed, transaction } = await challengeJob(market, { lease: lease.terms, jobTerms, tasks })
      const { verdictUntil } = await getJob(market, { lease: lease.leaseId })
      return { leases: [{ leaseId: lease.leaseId, tasks, bond, verdictUntil, seed, transaction, asset }] }
    }),
  print({ leases }, out) {
    for (const { leaseId, tasks, bond, verdictUntil, asset } of leases) {
      out.line(`${leaseTitle({ leaseId })}: its validators run task ${tasks.join(', ')} again too`)
      out.line(
        `  the bond of ${formatAmount(bond, asset)} comes back if they find the result wrong, else they share it`,
      )
      const until = verdictUntil === undefined ? '' : `, until ${exactTime(verdictUntil)} at the latest`
      out.line(`  what they find: \`tender job show ${shortId(leaseId)}\`${until}`)
    }
  },
})

function taskNumbers(written: string): number[] {
  const numbers = written.split(',').map((each) => each.trim())
  if (numbers.length > MOST_TASKS || !numbers.every((each) => /^\d{1,6}$/.test(each))) {
    throw new InvalidInputError(`"${written}" is no list of 1 to ${MOST_TASKS} task numbers`, [], {
      hint: 'Write them like 3,17.',
    })
  }
  return [...new Set(numbers.map(Number))]
}
