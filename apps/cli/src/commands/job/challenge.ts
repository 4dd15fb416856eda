import { formatAmount, InvalidInputError } from '@tender/protocol'
import { challengeJob } from '@tender/sdk'
import { shortId } from '@tender/tenant'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand, needed, required, setting } from '../../command.ts'
import { withJob } from '../../jobs/withJob.ts'

/** As the contract has it. */
const MOST_TASKS = 16

export const jobChallengeCommand = defineCommand({
  description:
    'Has the validators of one lease run tasks again that you name, beside those that the draw chose. Takes a bond as large as the verify fee: it comes back if they find the result wrong, else they share it. Once, soon after the validators were drawn; `tender job show` says until when.',
  examples: ['tender job challenge 4fa1 --tasks 3,17', 'tender job challenge 4fa1 --tasks 3 --yes --json'],
  arguments: { lease: required("the beginning of a lease's id") },
  options: { tasks: needed(setting('numbers', `1 to ${MOST_TASKS} tasks of the lease, such as 3,17`, taskNumbers)) },
  async run(context, { lease: prefix, tasks }) {
    await confirm(context, 'Challenge it?')
    const challenged = await withJob(context, prefix, async ({ market, lease, jobTerms, asset }) => {
      const { seed, transaction } = await challengeJob(market, { lease: lease.terms, jobTerms, tasks })
      return { leaseId: lease.leaseId, tasks, bond: jobTerms.verifyFee, seed, transaction, asset }
    })
    return { leases: challenged }
  },
  print({ leases }, out) {
    for (const { leaseId, tasks, bond, asset } of leases) {
      out.line(
        `lease ${shortId(leaseId)}: task ${tasks.join(', ')} is run again too; the bond is ${formatAmount(bond, asset)}`,
      )
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
  return numbers.map(Number)
}
