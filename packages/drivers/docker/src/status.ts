import type { ExitResult, LeaseId, WorkloadStatus } from '@tender/driver'
import { lookAt, removeContainer, type Seen, stopContainer } from './containers.ts'
import { endOf, type View, viewOf, waitingFor } from './decide.ts'
import { type Host, timesOf } from './host.ts'
import { isFlooding } from './logFiles.ts'
import { processAgeMs } from './processAgeMs.ts'
import type { LeaseRecord, Plan } from './record.ts'

/**
 * How a workload is now. Whoever looks also carries out what follows: an end is kept, and nothing runs on after it.
 * `undefined`: there is none.
 */
export async function statusOfLease(host: Host, leaseId: LeaseId): Promise<WorkloadStatus | undefined> {
  const { records } = host
  for (;;) {
    const before = records.read(leaseId)
    if (!before) return undefined
    const view = viewOf(await lookAt(host.engine, leaseId))
    const result = records.end(leaseId)
    const isStopping = records.isStopping(leaseId)
    const record = records.read(leaseId)
    // Containers were looked at while the record changed: they may be of neither.
    if (JSON.stringify(record) !== JSON.stringify(before)) continue
    if (result) {
      await killAll(host, [...view.values()])
      return { state: 'ended', result }
    }
    const end = isStopping ? undefined : decided(before, view)
    if (end) return { state: 'ended', result: await settle(host, leaseId, end, view) }
    return running(before, view, isStopping)
  }
}

async function settle(host: Host, leaseId: LeaseId, end: ExitResult, view: View): Promise<ExitResult> {
  const result = host.records.keepEnd(leaseId, end)
  await killAll(host, [...view.values()])
  return result
}

/** While something is being done to it, only who does it decides. */
function decided(record: LeaseRecord, view: View): ExitResult | undefined {
  const { phase, pending, plan } = record
  if (phase === 'starting' || pending) return undefined
  return endOf(plan, view, timesOf(record)) ?? passedLimit(plan, view)
}

function running(record: LeaseRecord, view: View, isStopping: boolean): WorkloadStatus {
  const { phase, pending, plan } = record
  if (isStopping) return { state: 'running', waitingFor: 'it is being stopped' }
  const why = waitingFor(plan, view, timesOf(record))
  if (pending) return { state: 'running' }
  if (why !== undefined) return { state: 'running', waitingFor: why }
  return phase === 'starting' ? { state: 'running', waitingFor: 'it is being started' } : { state: 'running' }
}

function passedLimit({ services, members, runMs }: Plan, view: View): ExitResult | undefined {
  const nowMs = Date.now()
  for (const { name, service } of members) {
    const seen = view.get(name)
    if (seen?.state !== 'live') continue
    const isCommand = services.find((planned) => planned.name === service)?.shape === 'command'
    if (isCommand && runMs !== undefined && (processAgeMs(seen.pid) ?? 0) > runMs)
      return { reason: { kind: 'killed', by: 'time', detail: `${service} ran longer than ${runMs} ms` }, atMs: nowMs }
    if (isFlooding(seen.logPath, nowMs))
      return { reason: { kind: 'killed', by: 'output', detail: `${service} writes without end` }, atMs: nowMs }
  }
  return undefined
}

/** Nothing runs on after the end of its workload. */
export async function killAll(host: Host, seen: readonly Seen[]): Promise<void> {
  const live = seen.filter(({ state }) => state === 'live')
  await Promise.all(live.map((container) => stopContainer(host.engine, container, 0)))
}

/** Kills and removes containers of a lease, all or some. */
export async function removeContainers(host: Host, leaseId: LeaseId, which: (seen: Seen) => boolean): Promise<void> {
  const seen = await lookAt(host.engine, leaseId)
  await Promise.all(seen.filter(which).map(({ id }) => removeContainer(host.engine, id)))
}
