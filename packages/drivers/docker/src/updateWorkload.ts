import { type Handle, type LeaseId, UpdateFailedError, WorkloadNotFoundError, type WorkloadSpec } from '@tender/driver'
import { failureClass } from '@tender/protocol'
import { answers, bringUp } from './bringUp.ts'
import { lookAt, removeContainer, type Seen, stopContainer } from './containers.ts'
import { reasonOf, type View, viewOf, waitingFor } from './decide.ts'
import { drain } from './drain.ts'
import { engineFailure, ignore } from './engine.ts'
import { createHandle } from './handle.ts'
import { atLast, bootId, type Host, secretKey, timesOf, withLease } from './host.ts'
import { endpointOf, makeContainers, type Prepared, prepare, scopeOf } from './makeContainers.ts'
import { planOf, startOrder } from './plan.ts'
import { poll } from './poll.ts'
import { readLogs } from './readLogs.ts'
import type { LeaseRecord, Member, Plan } from './record.ts'
import { tidyImages } from './removeWorkload.ts'
import { removeScopes, rollBack } from './rollBack.ts'
import { statusOfLease } from './status.ts'
import { sampleUsage } from './usage.ts'

/** A container without a healthcheck is well once it has run so long, and takes connections. */
const MOMENT_MS = 2_000
const READY_POLL_MS = 100
/** Enough for a database's first start; a healthcheck ends it sooner. */
const READY_MS = 10 * 60_000
const STOP_GRACE_MS = 10_000
const REASON_LINES = 20

/**
 * Replaces what a lease runs, see `ContainerDriver.update`. What is about to be done stands in the record before it is done, so
 * the same call goes on after a crash, and `rollBack` knows what to undo.
 */
export function updateWorkload(
  host: Host,
  handle: Handle,
  revision: number,
  spec: WorkloadSpec,
  signal: AbortSignal,
): Promise<Handle> {
  return withLease(host, handle.leaseId, () => update(host, revision, spec, signal), signal)
}

async function update(host: Host, revision: number, spec: WorkloadSpec, signal: AbortSignal): Promise<Handle> {
  const { leaseId } = spec
  const status = await statusOfLease(host, leaseId)
  const record = host.records.read(leaseId)
  if (!record || !status) throw new WorkloadNotFoundError(leaseId)
  const key = await secretKey(host)
  const existing = [...record.plan.members, ...(record.pending?.plan.members ?? [])]
  const asked = planOf(spec, { secretKey: key, existing })
  if (record.revision === revision + 1 && record.plan.specHash === asked.specHash) return finish(host, record, signal)
  if (record.revision !== revision) throw new WorkloadNotFoundError(leaseId)
  if (status.state === 'ended') throw new UpdateFailedError(leaseId, 'it has ended')
  if (record.phase === 'starting') throw new UpdateFailedError(leaseId, 'it is still being started')
  const isOther = record.pending && record.pending.plan.specHash !== asked.specHash
  const begun = isOther ? await rollBack(host, record) : record
  // What was taken back has left its addresses.
  const plan = isOther ? planOf(spec, { secretKey: key, existing: begun.plan.members }) : asked
  const pending = { plan, stopped: begun.pending?.stopped ?? [] }
  const current: LeaseRecord = { ...begun, pending }
  host.records.write(current)
  try {
    const next = await replace(host, spec, current, pending, signal)
    return await finish(host, next, signal)
  } catch (thrown) {
    const error = engineFailure(thrown)
    // With a dead engine nothing can be undone; the same call goes on later.
    if (failureClass(error) === 'network' && !signal.aborted) throw error
    // After the new one is the one that counts there is no way back.
    if (host.records.read(leaseId)?.revision !== revision) throw signal.aborted ? signal.reason : error
    await rollBack(host, host.records.read(leaseId) ?? current)
    if (signal.aborted) throw signal.reason
    if (error instanceof UpdateFailedError) throw error
    throw new UpdateFailedError(leaseId, error instanceof Error ? error.message : String(error), error)
  }
}

type Pending = NonNullable<LeaseRecord['pending']>

/** Up to the moment from which on the new one counts. */
async function replace(
  host: Host,
  spec: WorkloadSpec,
  record: LeaseRecord,
  pending: Pending,
  signal: AbortSignal,
): Promise<LeaseRecord> {
  const { leaseId } = spec
  const { plan } = pending
  const prepared = await prepare(host, spec, signal)
  const images = [...prepared.services.values()].map(({ image }) => image.id)
  const begun = { ...record, images: [...new Set([...record.images, ...images])] }
  host.records.write(begun)
  const kept = new Set(record.plan.members.map(({ name }) => name))
  const fresh = plan.members.filter(({ name }) => !kept.has(name))
  const isBeside = ({ service }: Member) =>
    serves(record.plan, service) && !writes(plan, service) && !writes(record.plan, service)
  const options = { revision: record.revision + 1, named: (member: Member) => !isBeside(member) }
  await makeContainers(host, prepared, fresh, options, signal)
  const before = (service: string) => makeRoom(host, leaseId, service, { signal })
  const end = await bringUp(host, leaseId, plan, { before }, signal)
  if (end) throw await failed(host, leaseId, fresh, 'detail' in end.reason ? end.reason.detail : end.reason.kind)
  for (const member of fresh.filter(isBeside)) await plugIn(host, prepared, member)
  await untilReady(host, leaseId, plan, fresh, prepared, signal)
  for (const member of fresh.filter(isBeside)) await giveName(host, leaseId, prepared, plan, member, signal)
  const { pending: _, ...rest } = begun
  const next: LeaseRecord = { ...rest, revision: record.revision + 1, plan, images }
  await sampleUsage(host, leaseId)
  signal.throwIfAborted()
  host.records.write(next)
  return next
}

function serves(plan: Plan, service: string): boolean {
  return plan.members.some((member) => member.service === service)
}

function writes(plan: Plan, service: string): boolean {
  return plan.services.some((planned) => planned.name === service && planned.writes)
}

/** Two that write to one volume must not run at once: the old one of such a service is stopped, and stays, to be started again. */
async function makeRoom(
  host: Host,
  leaseId: LeaseId,
  service: string,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const record = host.records.read(leaseId)
  if (!record?.pending || !(writes(record.plan, service) || writes(record.pending.plan, service))) return
  const next = new Set(record.pending.plan.members.map(({ name }) => name))
  const names = record.plan.members.filter((member) => member.service === service && !next.has(member.name))
  const seen = viewOf(await lookAt(host.engine, leaseId))
  const old = names.flatMap(({ name }) => seen.get(name) ?? []).filter(({ state }) => state === 'live')
  if (old.length === 0) return
  signal.throwIfAborted()
  await sampleUsage(host, leaseId)
  const stopped = [...new Set([...record.pending.stopped, ...old.map(({ name }) => name)])]
  host.records.write({ ...record, pending: { ...record.pending, stopped } })
  const graceMs = record.plan.services.find(({ name }) => name === service)?.stopGraceMs ?? STOP_GRACE_MS
  await Promise.all(old.map((container) => stopContainer(host.engine, container, graceMs)))
}

async function untilReady(
  host: Host,
  leaseId: LeaseId,
  plan: Plan,
  fresh: readonly Member[],
  { network }: Prepared,
  signal: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.timeout(READY_MS)
  const look = async (): Promise<true | undefined> => {
    const now = timesOf({ bootId: bootId() })
    const view = viewOf(await lookAt(host.engine, leaseId))
    const seen = fresh.map(({ name }) => view.get(name))
    const problem = seen.map((container) => unfit(container, plan)).find((reason) => reason !== undefined)
    if (problem !== undefined) throw await failed(host, leaseId, fresh, problem)
    if (limit.aborted) throw await failed(host, leaseId, fresh, waitingFor(plan, view, now) ?? 'it does not listen')
    const open = await Promise.all(fresh.map((member) => answers(plan, member, network)))
    const ready = seen.every((container, index) => container && isReady(container, open[index] === true, now.nowMs))
    return ready || undefined
  }
  await poll(look, READY_POLL_MS, signal)
}

function isReady({ state, health, startedAtMs, restarting }: Seen, isOpen: boolean, nowMs: number): boolean {
  if (state === 'ended') return true
  if (state === 'created' || restarting) return false
  if (health !== 'none') return health === 'healthy'
  return isOpen && nowMs - startedAtMs >= MOMENT_MS
}

/** Why a new container will not do. A command may end well; nothing may fail, even if it were started again. */
function unfit(container: Seen | undefined, { services }: Plan): string | undefined {
  if (!container) return 'a container is gone'
  const { service, health, healthOutput, restarts, exitCode } = container
  if (health === 'unhealthy') return `${service} is not healthy${healthOutput && `: ${healthOutput}`}`
  if (restarts > 0 || container.restarting) return `${service} ended with code ${exitCode}`
  const reason = reasonOf(container, timesOf({ bootId: bootId() }))
  const isDone = reason?.kind === 'exited' && reason.code === 0
  const isCommand = services.find(({ name }) => name === service)?.shape === 'command'
  if (!reason || (isDone && isCommand)) return undefined
  return 'detail' in reason ? `${service}: ${reason.detail}` : `${service} ended with code ${exitCode}`
}

/** With the end of what the new containers wrote. */
async function failed(host: Host, leaseId: LeaseId, fresh: readonly Member[], why: string): Promise<UpdateFailedError> {
  const names = new Set(fresh.map(({ name }) => name))
  const only = ({ name }: Seen) => names.has(name)
  const options = { tailLines: REASON_LINES, only }
  const lines = await Array.fromAsync(readLogs(host.engine, leaseId, options, async () => true, atLast()))
  const log = lines.map(({ service, text }) => `${service} | ${text}`)
  return new UpdateFailedError(leaseId, [why, ...log].join('\n'))
}

/** An earlier try may have been cut off while a container was off the network, see {@link giveName}: it would never be ready. */
async function plugIn(host: Host, { network }: Prepared, member: Member): Promise<void> {
  const EndpointConfig = endpointOf(network, member, false)
  // 403: it is on the network, as nearly always.
  await host.engine.calls.getNetwork(network.id).connect({ Container: member.name, EndpointConfig }).catch(ignore(403))
}

/**
 * Lets a new container answer to its service's name. The engine can only do so by taking it off the network and putting it back:
 * nobody has been sent to it yet, and what it has open goes on, since its address stays.
 */
async function giveName(
  host: Host,
  leaseId: LeaseId,
  prepared: Prepared,
  plan: Plan,
  member: Member,
  signal: AbortSignal,
): Promise<void> {
  const network = host.engine.calls.getNetwork(prepared.network.id)
  // 404, 403: an earlier try was cut off between the two.
  await network.disconnect({ Container: member.name, Force: true }).catch(ignore(404, 403, 500))
  const EndpointConfig = endpointOf(prepared.network, member, true)
  await network.connect({ Container: member.name, EndpointConfig })
  const look = async (): Promise<true | undefined> => {
    if (await answers(plan, member, prepared.network)) return true
    const view: View = viewOf(await lookAt(host.engine, leaseId))
    if (view.get(member.name)?.state === 'live') return undefined
    throw await failed(host, leaseId, [member], `${member.service} ended`)
  }
  const limit = AbortSignal.timeout(READY_MS)
  await poll(look, READY_POLL_MS, AbortSignal.any([signal, limit]))
}

/** After the new one counts: the old ones go, those first that wait for others, once nobody waits for an answer of theirs. */
async function finish(host: Host, record: LeaseRecord, signal: AbortSignal): Promise<Handle> {
  const leaseId = record.leaseId as LeaseId // CAST: the record's schema holds the pattern of a lease id
  const names = new Set(record.plan.members.map(({ name }) => name))
  const old = (await lookAt(host.engine, leaseId)).filter(({ name }) => !names.has(name))
  if (old.length > 0) {
    await drain(old, signal)
    await sampleUsage(host, leaseId)
  }
  for (const group of [
    ...startOrder(record.plan.services)
      .reverse()
      .map((services) => services.map(({ name }) => name)),
    undefined,
  ]) {
    const leaving = old.filter(({ service }) => (group ? group.includes(service) : !serves(record.plan, service)))
    await Promise.all(
      leaving.map(async (seen) => {
        const graceMs = record.plan.services.find(({ name }) => name === seen.service)?.stopGraceMs ?? STOP_GRACE_MS
        if (seen.state === 'live') await stopContainer(host.engine, seen, graceMs)
        await removeContainer(host.engine, seen.id)
      }),
    )
  }
  const scopes = new Set(record.plan.members.map(({ service, hash }) => scopeOf(service, hash)))
  await removeScopes(host, leaseId, old, scopes)
  await tidyImages(host)
  return createHandle(leaseId, record.revision)
}
