import {
  type Capabilities,
  type ContainerDriver,
  type Endpoint,
  type ExitResult,
  type Handle,
  type LeaseId,
  NotServingError,
  type TaskDriver,
  type TaskSpec,
  UnsupportedWorkloadError,
  unsupported,
  WorkloadNotFoundError,
  type WorkloadSpec,
  type WorkloadStatus,
} from '@tender/driver'
import { connectTo } from './connect.ts'
import { LABELS } from './containers.ts'
import { copyFrom, copyInto } from './copy.ts'
import { createHost, type DockerDriverOptions, KEEP_FREE_BYTES } from './createHost.ts'
import { engineFailure } from './engine.ts'
import { execIn } from './exec.ts'
import { createGpuDetector } from './gpu.ts'
import { createHandle, kind, leaseIdPattern, revisionOf } from './handle.ts'
import { atLast, type Host, withLease } from './host.ts'
import { architecture } from './images.ts'
import { badDependencies, MOST_CONTAINERS } from './plan.ts'
import { probeHost } from './probeHost.ts'
import { readLogs } from './readLogs.ts'
import type { LeaseRecord } from './record.ts'
import { removeWorkload, stopWorkload, tidyImages } from './removeWorkload.ts'
import { rollBack } from './rollBack.ts'
import { runTask, SPARE_IMAGE_MS, sweepTasks } from './runTask.ts'
import { healthyMembers, portOf, runningMember } from './serving.ts'
import { startWorkload } from './startWorkload.ts'
import { statusOfLease } from './status.ts'
import { updateWorkload } from './updateWorkload.ts'
import { sampleUsage } from './usage.ts'
import { watchLease } from './watchLease.ts'

const capabilities: Capabilities = {
  platforms: [`linux/${architecture}`],
  shapes: ['http', 'command'],
  maxServices: 32,
  maxReplicas: MOST_CONTAINERS,
  routing: true,
  containers: true,
  tasks: true,
}

/** They lie in the host's own memory, which is on no lease's account. */
const MOST_SECRET_BYTES = 4 * 2 ** 20

/** What the engine's events do not tell, such as a limit of time, is seen after so long. Each look is work for the engine. */
const WAIT_POLL_MS = 3_000

/**
 * Runs whole Compose files as containers of a Docker engine on this host, each lease in a network of its own. Needs root, iptables
 * and mke2fs, see docs/docker.md. Services find each other by their names, and their lease's id in `TENDER_LEASE`.
 *
 * @example
 * const driver = createDockerDriver({ stateDir: '/var/lib/tender/docker' })
 * const handle = await driver.start(spec, signal)
 * const [{ host, port }] = await driver.endpoints(handle)
 */
export function createDockerDriver(options: DockerDriverOptions): ContainerDriver & TaskDriver {
  const { host, firewall } = createHost(options)
  const { engine, records } = host
  const { stateDir, runtime, keepFreeBytes = KEEP_FREE_BYTES } = options
  const fixed = { engine: engine.calls, stateDir, firewall, keepFreeBytes, detect: createGpuDetector() }
  const probeOptions = { ...fixed, ...(runtime !== undefined && { runtime }) }
  const find = (handle: Handle): LeaseRecord => findRecord(host, handle)
  const locked = <T>(leaseId: LeaseId, task: () => Promise<T>) => withLease(host, leaseId, task, atLast())

  const driver: ContainerDriver = {
    kind,
    capabilities,
    probe: (signal) => probeHost(probeOptions, signal),
    start: (spec, signal) =>
      told(signal, async () => {
        refuse(spec)
        return startWorkload(host, spec, signal)
      }),
    find: async (leaseId) => {
      const record = records.read(leaseId)
      return record && createHandle(leaseId, record.revision)
    },
    recover: (handle, signal) =>
      told(signal, async () => {
        const { pending } = find(handle)
        if (pending)
          await withLease(host, handle.leaseId, async () => void (await rollBack(host, find(handle))), signal)
        // Looks at the engine, and ends what runs on after its end.
        await statusOf(host, handle)
      }),
    inspect: (handle) => told(undefined, () => statusOf(host, handle)),
    wait: (handle, signal) => told(signal, () => endOf(host, handle, signal)),
    stop: (handle, { graceMs }) =>
      told(undefined, async () => {
        revisionOf(handle)
        await locked(handle.leaseId, () => stopWorkload(host, handle.leaseId, graceMs))
      }),
    destroy: (handle) => told(undefined, () => remove(host, handle, false)),
    retire: (handle) => told(undefined, () => remove(host, handle, true)),
    usage: (handle) =>
      told(undefined, async () => {
        find(handle)
        return sampleUsage(host, handle.leaseId)
      }),
    logs: async function* (handle, logOptions, signal) {
      try {
        find(handle)
        const isOver = async () => (await statusOf(host, handle)).state === 'ended'
        yield* readLogs(engine, handle.leaseId, logOptions, isOver, signal)
      } catch (error) {
        throw signal.aborted ? signal.reason : engineFailure(error)
      }
    },
    endpoints: (handle, port) =>
      told(undefined, async () => {
        const record = serving(host, handle)
        const meant = portOf(handle.leaseId, record, port)
        const [members, network] = await Promise.all([
          healthyMembers(host, handle.leaseId, record, meant.service),
          host.networks.find(handle.leaseId, atLast()),
        ])
        if (!network) throw new NotServingError(handle.leaseId, 'its network is gone')
        return members.map(
          ({ address }): Endpoint => ({ host: network.address(address), port: meant.port, headers: {} }),
        )
      }),
    update: (handle, spec, signal) =>
      told(signal, async () => {
        refuse(spec)
        return updateWorkload(host, handle, revisionOf(handle), spec, signal)
      }),
    connect: (handle, { service, port }, signal) =>
      told(signal, async () => {
        const { member } = await runningMember(host, handle.leaseId, serving(host, handle), { service })
        const network = await host.networks.find(handle.leaseId, signal)
        if (!network) throw new NotServingError(handle.leaseId, 'its network is gone')
        return connectTo(handle.leaseId, { host: network.address(member.address), port }, signal)
      }),
    exec: (handle, request, signal) =>
      told(signal, async () => {
        const { seen } = await runningMember(host, handle.leaseId, serving(host, handle), request)
        return execIn(engine.streams.getContainer(seen.id), handle.leaseId, request, signal)
      }),
    copyOut: (handle, from, signal) =>
      told(signal, async () => {
        const { seen } = await runningMember(host, handle.leaseId, serving(host, handle), from)
        return copyFrom(engine.streams.getContainer(seen.id), handle.leaseId, from.path, signal)
      }),
    copyIn: (handle, to, tar, signal) =>
      told(signal, async () => {
        const { seen } = await runningMember(host, handle.leaseId, serving(host, handle), to)
        const [uid = 0, gid = 0] = (seen.labels[LABELS.owner] ?? '').split(':').map(Number)
        const place = { path: to.path, owner: { uid, gid } }
        return copyInto(engine.streams.getContainer(seen.id), handle.leaseId, place, tar, signal)
      }),
    keptVolumes: () => host.volumes.list(),
    dropVolumes: (leaseId) => locked(leaseId, () => host.volumes.drop(leaseId, atLast())),
  }
  // Once: later ones are this process's own.
  let swept: Promise<void> | undefined
  let tidying: NodeJS.Timeout | undefined
  const runSwept = async (spec: TaskSpec, signal: AbortSignal) => {
    swept ??= sweepTasks(host, driver)
    await swept.catch((error: unknown) => {
      swept = undefined
      throw error
    })
    clearTimeout(tidying)
    return runTask(host, driver, spec, signal).finally(() => {
      clearTimeout(tidying)
      tidying = setTimeout(() => void tidyImages(host), SPARE_IMAGE_MS).unref()
    })
  }
  return { ...driver, runTask: (spec, signal) => told(signal, () => runSwept(spec, signal)) }
}

/** Runs a method's work; what fails is told in this project's words. */
async function told<T>(signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    throw signal?.aborted ? signal.reason : engineFailure(error)
  }
}

function refuse(spec: WorkloadSpec): void {
  const containers = spec.services.reduce((sum, { replicas }) => sum + replicas, 0)
  const reason =
    unsupported(capabilities, spec) ??
    badDependencies(spec.services) ??
    (containers > MOST_CONTAINERS ? `it has ${containers} containers, the most is ${MOST_CONTAINERS}` : undefined) ??
    (secretBytes(spec) > MOST_SECRET_BYTES ? `its secrets have more than ${MOST_SECRET_BYTES} bytes` : undefined) ??
    (leaseIdPattern.test(spec.leaseId) ? undefined : 'leaseId is not 32 bytes in lower case')
  if (reason !== undefined) throw new UnsupportedWorkloadError(kind, reason)
}

/** As often as they are mounted. */
function secretBytes({ services }: WorkloadSpec): number {
  return services.flatMap(({ secrets = [] }) => secrets).reduce((sum, { content }) => sum + content.length, 0)
}

/** @throws {WorkloadNotFoundError} {BadHandleError} */
function findRecord({ records }: Host, handle: Handle): LeaseRecord {
  const revision = revisionOf(handle)
  const record = records.read(handle.leaseId)
  if (record?.revision !== revision) throw new WorkloadNotFoundError(handle.leaseId)
  return record
}

/** @throws {NotServingError} it has ended */
function serving(host: Host, handle: Handle): LeaseRecord {
  const record = findRecord(host, handle)
  if (host.records.end(handle.leaseId)) throw new NotServingError(handle.leaseId, 'it has ended')
  return record
}

async function statusOf(host: Host, handle: Handle): Promise<WorkloadStatus> {
  findRecord(host, handle)
  const status = await statusOfLease(host, handle.leaseId)
  // It can be replaced or destroyed in between.
  findRecord(host, handle)
  if (!status) throw new WorkloadNotFoundError(handle.leaseId)
  return status
}

async function endOf(host: Host, handle: Handle, signal: AbortSignal): Promise<ExitResult> {
  signal.throwIfAborted()
  const watch = await watchLease(host.engine, handle.leaseId, signal)
  try {
    for (;;) {
      signal.throwIfAborted()
      const status = await statusOf(host, handle)
      if (status.state === 'ended') return status.result
      await host.guard()
      await watch.next(WAIT_POLL_MS)
    }
  } finally {
    watch.close()
  }
}

async function remove(host: Host, handle: Handle, keepVolumes: boolean): Promise<void> {
  revisionOf(handle)
  const { leaseId } = handle
  await withLease(host, leaseId, () => removeWorkload(host, leaseId, { keepVolumes }), atLast())
}
