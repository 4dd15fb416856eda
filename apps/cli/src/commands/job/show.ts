import { formatAmount, sampledTasks, tasksOfReplica } from '@tender/protocol'
import { findJobEvents, type JobEvent, type MarketClient, readBlocks } from '@tender/sdk'
import { clockTime, exactTime, nowSeconds, shortId } from '@tender/tenant'
import type { Hex } from 'viem'
import { defineCommand, type Out, optional } from '../../command.ts'
import { marketDirectory } from '../../home/home.ts'
import { findJob, type KnownJob } from '../../jobs/findJobs.ts'
import { type JobView, viewJobs } from '../../jobs/jobFacts.ts'
import { nextJobSteps } from '../../jobs/nextJobSteps.ts'
import { outcomeText, stateWords } from '../../jobs/showJob.ts'
import { askVerdicts, type ToldVerdict } from '../../jobs/verdicts.ts'
import { openMarket } from '../../openMarket.ts'
import { openTenantRecords } from '../../tenant/fileRecords.ts'

export const jobShowCommand = defineCommand({
  description:
    'Shows all that is known of a job: how far each lease is, what happened on the chain, which tasks were drawn to be run again, who validates, what each validator found and why, and who was paid.',
  examples: ['tender job show', 'tender job show 4fa1', 'tender job show 4fa1 --json | jq .leases[].verdicts'],
  arguments: { job: optional("the beginning of an order's id or of a lease's, else the latest job") },
  async run(context, { job: prefix }) {
    const opened = await openMarket(context)
    const { name, profile, market } = opened
    const records = await openTenantRecords(marketDirectory(context.home, name))
    const place = { home: context.home, market, records, bootstrap: profile.bootstrap }
    const job = await findJob(place, prefix)
    context.progress.status('asking chain, providers and validators')
    const views = await viewJobs(place, [job], context.signal)
    const leases = []
    for (const view of views) {
      const events = view.state === 'unknown' ? [] : await findJobEvents(market, { lease: view.leaseId })
      const isOver = view.state === 'ended'
      const [verdicts, story] = await Promise.all([
        askVerdicts(context, opened, { leaseId: view.leaseId, isOver }, events),
        withTimes(market, events),
      ])
      leases.push({ ...view, sampled: sampledOf(job, view, events), events: story, verdicts, next: nextOf(job, view) })
    }
    const { record, jobTerms } = job
    return { order: record.id, name: record.name, jobTerms, leases }
  },
  print({ order, name, jobTerms, leases }, out) {
    const { tasks, sample, validators } = jobTerms
    out.line(
      `${out.paint('bold', name)}: ${tasks} tasks, order ${shortId(order)}; ${sample} of each lease run again by ${validators}`,
    )
    if (leases.length === 0) out.line('no lease was opened, and nothing is held')
    for (const lease of leases) printLease(lease, out)
  },
})

type ShownLease = JobView & {
  sampled: readonly number[]
  events: readonly TimedEvent[]
  verdicts: readonly ToldVerdict[]
  next: readonly string[]
}

/** `at`: unix seconds of its block. */
type TimedEvent = JobEvent & { at: number | undefined }

async function withTimes(market: MarketClient, events: readonly JobEvent[]): Promise<TimedEvent[]> {
  const blocks = await readBlocks(market, { blocks: events.map(({ block }) => block) })
  return events.map((event, index) => ({ ...event, at: blocks[index]?.timestamp }))
}

const indexOf = ({ leases }: KnownJob, id: Hex) => leases.find(({ leaseId }) => leaseId === id)?.terms.index ?? 0

const ownTasks = (job: KnownJob, id: Hex) =>
  tasksOfReplica(job.jobTerms.tasks, job.record.order.replicas, indexOf(job, id))

/** Which tasks are run again: those that the draw chose, and those that the tenant challenged. */
function sampledOf(job: KnownJob, { leaseId }: JobView, events: readonly JobEvent[]): readonly number[] {
  const drawn = events.findLast((event) => event.type === 'JobDrawn')
  if (!drawn) return []
  const challenged = events.flatMap((event) => (event.type === 'JobChallenged' ? [...event.args.tasks] : []))
  const sampled = sampledTasks(drawn.args.seed, ownTasks(job, leaseId), job.jobTerms.sample)
  return [...new Set([...sampled, ...challenged])].sort((a, b) => a - b)
}

function nextOf(job: KnownJob, view: JobView): string[] {
  const { composeFile } = job.record
  const { cancelFee } = job.jobTerms
  const [task = 0] = ownTasks(job, view.leaseId)
  const now = nowSeconds()
  return nextJobSteps({ ...view, id: shortId(view.leaseId), composeFile, cancelFee, task, now })
}

function printLease(lease: ShownLease, out: Out): void {
  const { leaseId, provider, done, failed, tasks, state, outcome, asset, stakeToken, deadline, trouble } = lease
  const counts =
    done === undefined ? `${tasks} tasks` : `${done} of ${tasks} tasks done${failed ? `, ${failed} failed` : ''}`
  out.line()
  out.line(`lease ${shortId(leaseId)}, provider ${provider}: ${counts}`)
  if (outcome) out.line(`  ${outcomeText(outcome, { asset, stakeToken })}`)
  else if (state === 'unknown') out.line('  the chain does not know it: perhaps it was started anew')
  else out.line(`  ${stateWords[state]}; price ${formatAmount(lease.price, asset)}, deadline ${clockTime(deadline)}`)
  if (trouble) out.line(`  ${out.paint('yellow', trouble)}`)
  for (const { type, block, at } of lease.events) {
    const when = at === undefined ? '' : `${exactTime(at)}  `
    out.line(out.paint('dim', `  ${when}${eventWords[type]} (block ${block})`))
  }
  if (lease.sampled.length > 0) out.line(`  run again: task ${lease.sampled.join(', ')}`)
  for (const verdict of lease.verdicts) printVerdict(verdict, out)
  if (lease.next.length > 0) out.line('  what you can do:')
  for (const step of lease.next) out.line(`    ${step}`)
}

const eventWords: Readonly<Record<JobEvent['type'], string>> = {
  JobBegun: 'the provider has all it needs, and began',
  JobProgressed: 'the provider committed to what was done so far',
  JobSubmitted: 'the result was submitted',
  JobReanchored: 'the draw came too late and was set anew',
  JobDrawn: 'validators were drawn',
  JobChallenged: 'the tenant challenged',
  JobRecalled: 'other validators were called for',
  JobJudged: 'the validators decided',
  JobSplit: 'no verdict: the price was split',
}

function printVerdict({ validator, passed, silent, tasks, faults }: ToldVerdict, out: Out): void {
  if (passed === undefined) {
    out.line(`  validator ${validator}: ${silent ?? 'no verdict yet'}`)
    return
  }
  out.line(`  validator ${validator}: ${passed ? out.paint('green', 'right') : out.paint('red', 'wrong')}`)
  for (const fault of faults) out.line(`    ${fault}`)
  for (const { task, same, detail } of tasks) if (!same || !passed) out.line(`    task ${task}: ${detail}`)
}
