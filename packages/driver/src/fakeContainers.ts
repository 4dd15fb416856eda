import { connect } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import type { ContainerDriver, RoutingDriver } from './driver.ts'
import {
  NotServingError,
  PathNotFoundError,
  StartFailedError,
  UpdateFailedError,
  WorkloadNotFoundError,
} from './errors.ts'
import type { FakeHost, FakeWorkload } from './fake.ts'
import type { Handle, WorkloadSpec } from './types.ts'

type Begin = (host: FakeHost, spec: WorkloadSpec, generation: number) => Promise<FakeWorkload>

/** What a driver of containers can do beyond a routing one, on a fake host. A path of a container leads into its first volume. */
export function containerPowers(
  host: FakeHost,
  driver: RoutingDriver,
  begin: Begin,
): Omit<ContainerDriver, keyof RoutingDriver> {
  const runs = async (handle: Handle): Promise<FakeWorkload> => {
    const { state } = await driver.inspect(handle)
    const workload = host.workloads.get(handle.leaseId)
    if (state === 'ended' || !workload) throw new NotServingError(handle.leaseId, 'it has ended')
    return workload
  }
  const volumeOf = ({ leaseId }: Handle, path: string) => {
    const [volume] = host.volumes.get(leaseId)?.values() ?? []
    if (volume) return volume
    throw new PathNotFoundError(path, 'the workload has no volume')
  }
  return {
    update: (handle, spec, signal) => update(host, driver, begin, { handle, spec, signal }),
    connect: async (handle, port, signal) => {
      signal.throwIfAborted()
      await runs(handle)
      const [endpoint] = await driver.endpoints(handle)
      if (!endpoint) throw new NotServingError(handle.leaseId, `nothing listens on ${port.service}:${port.port}`)
      return connect({ host: endpoint.host, port: endpoint.port })
    },
    exec: async (handle, { command: [name = ''] }) => {
      const program = (await runs(handle)).script.programs?.[name]
      if (!program) throw new StartFailedError(handle.leaseId, `there is no program ${name}`)
      const exit = Promise.withResolvers<number>()
      const stdout = Readable.from([Buffer.from(program.writes)])
      stdout.once('end', () => exit.resolve(program.code))
      return {
        stdin: new PassThrough().resume(),
        stdout,
        stderr: Readable.from([]),
        resize: async () => {},
        exit: exit.promise,
        kill: () => exit.resolve(137),
      }
    },
    copyOut: async (handle, { path }) => {
      await runs(handle)
      const content = volumeOf(handle, path).files.get(path)
      if (!content) throw new PathNotFoundError(path, 'there is no such file')
      return Readable.from([content])
    },
    copyIn: async (handle, { path }, tar) => {
      await runs(handle)
      volumeOf(handle, path).files.set(path, Buffer.concat(await Array.fromAsync(tar)))
    },
    retire: async (handle) => {
      const kept = host.volumes.get(handle.leaseId)
      await driver.destroy(handle)
      if (kept) host.volumes.set(handle.leaseId, kept)
    },
    keptVolumes: async () =>
      [...host.volumes].flatMap(([leaseId, volumes]) => {
        const sizeBytes = [...volumes.values()].reduce((sum, volume) => sum + volume.sizeBytes, 0)
        return volumes.size > 0 ? [{ leaseId, sizeBytes }] : []
      }),
    dropVolumes: async (leaseId) => {
      await driver.find(leaseId)
      host.volumes.delete(leaseId)
    },
  }
}

type Update = { handle: Handle; spec: WorkloadSpec; signal: AbortSignal }

async function update(
  host: FakeHost,
  driver: RoutingDriver,
  begin: Begin,
  { handle, spec, signal }: Update,
): Promise<Handle> {
  signal.throwIfAborted()
  const current = await driver.find(spec.leaseId)
  const before = host.workloads.get(spec.leaseId)
  if (!before || !current) throw new WorkloadNotFoundError(spec.leaseId)
  // It was done already, and whoever asked was killed before it could write that down.
  const isDone = before.generation === Number(handle.state) + 1
  if (isDone && JSON.stringify(before.spec) === JSON.stringify(spec)) return current

  const next = await begin(host, spec, before.generation + 1).catch((cause) => {
    throw new UpdateFailedError(spec.leaseId, 'it does not start', cause)
  })
  const { neverWell } = next.script
  if (neverWell !== undefined) throw new UpdateFailedError(spec.leaseId, neverWell)
  if (next.result && next.result.reason.kind !== 'exited') {
    throw new UpdateFailedError(spec.leaseId, `it ended: ${next.result.reason.kind}`)
  }
  before.server?.close()
  before.server?.closeAllConnections()
  host.workloads.set(spec.leaseId, next)
  return { ...current, state: next.generation }
}
