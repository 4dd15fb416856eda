import { setTimeout as sleep } from 'node:timers/promises'
import { askUsage, type LeaseUsage, type UsedSoFar } from '@tender/network'
import { formatSize, TenderError } from '@tender/protocol'
import { checkRuns, cpuInUse, exactTime, shortId } from '@tender/tenant'
import { printTable } from '../../cli/table.ts'
import { type Context, defineCommand, type Out, required, toggle } from '../../command.ts'
import { type OwnReach, withLease } from '../../tenant/withLease.ts'

/** What is in use now follows from two looks. */
const EVERY_MS = 2_000

export const leaseStatsCommand = defineCommand({
  description:
    "Shows what a lease's workload uses: cores and memory now, and what it used since it started, service by service. Its provider measures that: it is the provider's word, it stands on no chain, and nothing is paid by it. With --json each look is an object of its own.",
  examples: [
    'tender lease stats 4fa1',
    'tender lease stats 4fa1 --follow',
    'tender lease stats 4fa1 --json | jq .memoryBytes',
  ],
  arguments: { lease: required('the beginning of a lease id') },
  options: { follow: toggle('go on every two seconds, until Ctrl-C', { short: 'f' }) },
  run: (context, { lease, follow }) =>
    withLease(context, lease, async (reach) => {
      checkRuns(reach)
      let before = await measure(context, reach)
      do {
        await sleep(EVERY_MS, undefined, { signal: context.signal })
        const now = await measure(context, reach)
        const used = usedBetween(before, now)
        if (context.json) context.emit({ leaseId: reach.record.leaseId, ...used })
        else show(reach, used, context.out)
        before = now
      } while (follow)
    }),
})

async function measure({ signal }: Context, { ask, record }: OwnReach): Promise<LeaseUsage> {
  const { leaseId, name } = record
  const usage = await ask((provider, node) => askUsage(node, provider, { lease: leaseId }, signal))
  if (usage) return usage
  throw new TenderError(`nothing of ${name} (lease ${shortId(leaseId)}) runs, so nothing is measured`, {
    code: 'notRunning',
    class: 'conflict',
    hint: `See how it is with \`tender lease show ${shortId(leaseId)}\`.`,
    data: { leaseId },
  })
}

/** `cpuMilli`: thousandths of a core in use; absent if its provider measured nothing anew, or it was started again. */
type Used = UsedSoFar & { cpuMilli: number | undefined }

function usedBetween(before: LeaseUsage, now: LeaseUsage) {
  const services = now.services.map((service): Used & { service: string } => {
    const earlier = before.services.find((one) => one.service === service.service)
    const count = { atMs: now.atMs, cpuMs: service.cpuMs }
    return { ...service, cpuMilli: cpuInUse(earlier && { atMs: before.atMs, cpuMs: earlier.cpuMs }, count) }
  })
  return { ...now, cpuMilli: cpuInUse(before, now), services }
}

function show({ record }: OwnReach, { atMs, limits, services, ...all }: ReturnType<typeof usedBetween>, out: Out) {
  const { name, leaseId, terms } = record
  const when = exactTime(Math.floor(atMs / 1000))
  out.line(
    `${out.paint('bold', name)} (lease ${shortId(leaseId)}), as provider ${terms.provider} measured it at ${when}`,
  )
  const rows = services.map((service) => rowOf(service.service, service))
  const most = { cpu: ` of ${cores(limits.cpuMilli)}`, memory: ` of ${formatSize(limits.memoryBytes)}` }
  printTable(out, ['SERVICE', 'CORES', 'CPU TIME', 'MEMORY', 'PEAK'], [...rows, rowOf('in all', all, most)])
}

function rowOf(name: string, used: Used, most = { cpu: '', memory: '' }): string[] {
  return [
    name,
    `${used.cpuMilli === undefined ? '?' : cores(used.cpuMilli)}${most.cpu}`,
    `${(used.cpuMs / 1000).toFixed(1)}s`,
    `${formatSize(used.memoryBytes)}${most.memory}`,
    formatSize(used.memoryPeakBytes),
  ]
}

function cores(milli: number): string {
  return String(Number((milli / 1000).toFixed(2)))
}
