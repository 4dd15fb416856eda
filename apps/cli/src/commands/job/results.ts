import { agentFor, shortId } from '@tender/tenant'
import { bringResults } from '@tender/tenant/jobs'
import { defineCommand, optional, setting, text } from '../../command.ts'
import { marketDirectory } from '../../home/home.ts'
import { findJob } from '../../jobs/findJobs.ts'
import { claimFolder, openJobStore, resultsFolder } from '../../jobs/jobPlaces.ts'
import { failureLines } from '../../jobs/showJob.ts'
import { openMarket } from '../../openMarket.ts'
import { withAgent } from '../../tenant/agents.ts'
import { diskSources } from '../../tenant/diskSources.ts'
import { openTenantRecords } from '../../tenant/fileRecords.ts'

export const jobResultsCommand = defineCommand({
  description:
    'Brings what a job has delivered until now into a folder, whole tasks only, checks what was submitted against the chain, and tells what failed tasks wrote last. Providers keep results for a while after the end. While `tender run` of the same file runs it does this by itself.',
  examples: ['tender job results', 'tender job results 4fa1 --out frames'],
  arguments: { job: optional("the beginning of an order's id or of a lease's, else the latest job") },
  options: { out: setting('folder', 'where results go, a folder NAME-ORDER unless told', text) },
  async run(context, { job: prefix, out }) {
    const { name, profile, market } = await openMarket(context)
    const directory = marketDirectory(context.home, name)
    const records = await openTenantRecords(directory)
    const { record, leases } = await findJob({ market, records }, prefix)
    const outDir = resultsFolder(out, record)
    const store = openJobStore(directory, record.composeFile)
    const { home, signal, progress } = context
    const { bootstrap } = profile
    try {
      await claimFolder(outDir, record.id)
      progress.status('fetching')
      const byAgent = Map.groupBy(leases, (lease) => agentFor(record, lease))
      const brought = [...byAgent].map(([agent, own]) =>
        withAgent({ home, market, bootstrap }, agent, (node) =>
          bringResults(
            { market, node, records, sources: diskSources },
            { record, leases: own },
            { store, outDir, bootstrap, signal },
          ),
        ),
      )
      return { order: record.id, name: record.name, out: outDir, leases: (await Promise.all(brought)).flat() }
    } finally {
      store.close()
    }
  },
  print({ out: folder, leases }, out) {
    for (const { leaseId, outputs, tasks, submitted, faults, failedTasks, trouble } of leases) {
      const whole = submitted ? ', as submitted' : ''
      out.line(`lease ${shortId(leaseId)}: ${outputs} of ${tasks} tasks are here${whole}`)
      for (const fault of faults) out.line(out.paint('red', `  ${fault}`))
      for (const { task, exit, log } of failedTasks) {
        for (const line of failureLines({ task, exit, log })) out.line(`  ${line}`)
      }
      if (trouble !== undefined) out.line(out.paint('yellow', `  ${trouble}`))
    }
    out.line(`results: ${out.paint('cyan', folder)}`)
  },
})
