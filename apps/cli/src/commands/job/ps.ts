import { formatAmount } from '@tender/protocol'
import { clockTime, shortId } from '@tender/tenant'
import { printTable } from '../../cli/table.ts'
import { defineCommand, toggle } from '../../command.ts'
import { marketDirectory } from '../../home/home.ts'
import { allJobs } from '../../jobs/findJobs.ts'
import { type JobView, viewJobs } from '../../jobs/jobFacts.ts'
import { dueWords } from '../../jobs/nextJobSteps.ts'
import { openMarket } from '../../openMarket.ts'
import { openTenantRecords } from '../../tenant/fileRecords.ts'

export const jobPsCommand = defineCommand({
  description:
    'Lists the jobs that were ordered on this machine, a line for each lease: how far its tasks are, what state the chain has it in, until when it has to be delivered, what it costs. Asks chain and providers, and for no password.',
  examples: ['tender job ps', 'tender job ps --all', "tender job ps --json | jq -r '.jobs[].state'"],
  options: { all: toggle('also those that ended', { short: 'a' }) },
  async run(context, { all }) {
    const { name, profile, market } = await openMarket(context)
    const records = await openTenantRecords(marketDirectory(context.home, name))
    const place = { home: context.home, market, records, bootstrap: profile.bootstrap }
    context.progress.status('asking chain and providers')
    const views = await viewJobs(place, await allJobs(place), context.signal)
    return { market: name, jobs: views.filter(({ state }) => all || (state !== 'ended' && state !== 'unknown')) }
  },
  print({ market, jobs }, out) {
    if (jobs.length === 0) {
      out.line(`no job runs on market ${market}: run one with \`tender run\``)
      return
    }
    printTable(out, ['ORDER', 'LEASE', 'NAME', 'PROVIDER', 'TASKS', 'DEADLINE', 'PRICE', 'STATE'], jobs.map(rowOf))
    for (const { leaseId, trouble } of jobs)
      if (trouble) out.line(`${shortId(leaseId)}  ${out.paint('yellow', trouble)}`)
    for (const { leaseId, due } of jobs)
      if (due) out.line(`${shortId(leaseId)}  ${out.paint('yellow', dueWords(due, shortId(leaseId)))}`)
    out.line(out.paint('dim', 'all that is known of one: `tender job show ID`'))
  },
})

const stateNames: Readonly<Record<JobView['state'], string>> = {
  opened: 'fetches its inputs',
  begun: 'runs',
  submitted: 'submitted',
  drawn: 'being validated',
  recalled: 'no verdict yet',
  redrawn: 'being validated again',
  ended: 'ended',
  unknown: 'unknown to the chain',
}

function rowOf({
  order,
  leaseId,
  name,
  provider,
  tasks,
  done,
  failed,
  deadline,
  price,
  state,
  due,
  asset,
  outcome,
}: JobView) {
  const counts = done === undefined ? String(tasks) : `${done}/${tasks}${failed ? ` (${failed} failed)` : ''}`
  const money = outcome ? `${formatAmount(outcome.paid, asset)} paid` : formatAmount(price, asset)
  const words = outcome ? outcome.reason : due ? 'its time is over' : stateNames[state]
  return [shortId(order), shortId(leaseId), name, String(provider), counts, clockTime(deadline), money, words]
}
