import { readLogs } from '@tender/network'
import { defineCommand, required, setting, toggle, wholeNumber } from '../command.ts'
import { marketDirectory } from '../home/home.ts'
import { openMarket } from '../openMarket.ts'
import { agentOf, withAgent } from '../tenant/agents.ts'
import { openTenantRecords } from '../tenant/records.ts'

const DEFAULT_TAIL = 100

export const logsCommand = defineCommand({
  description:
    "Shows what a lease's workload wrote, as its provider kept it, and what the provider wrote about it. With --json each line is an object of its own.",
  examples: ['tender logs 4fa1', 'tender logs 4fa1 --follow', 'tender logs 4fa1 --tail 1000 --json'],
  arguments: { lease: required('the beginning of a lease id') },
  options: {
    follow: toggle('go on with what is written from now on, until Ctrl-C', { short: 'f' }),
    tail: setting('count', `how many past lines, ${DEFAULT_TAIL} unless told`, wholeNumber, { short: 'n' }),
  },
  async run(context, { lease: prefix, follow, tail = DEFAULT_TAIL }) {
    const { home, out, signal } = context
    const { name, market } = await openMarket(context)
    const records = await openTenantRecords(marketDirectory(home, name))
    const lease = await records.leases.find(prefix)
    let lines = 0
    await withAgent({ home, market, bootstrap: [] }, await agentOf(records, lease), async (node) => {
      const request = { lease: lease.leaseId, follow, tail }
      for await (const { stream, service, text, ...line } of readLogs(node, lease.provider, request, signal)) {
        lines++
        if (context.json) context.emit({ stream, service, text, ...line })
        else if (stream === 'system') out.line(out.paint('dim', `${service} * ${text}`))
        else out.line(`${out.paint('cyan', service)} | ${text}`)
      }
    })
    if (lines === 0) context.progress.line(`${lease.name} has written nothing yet`)
  },
})
