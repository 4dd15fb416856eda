import { type Handle, StartFailedError, type WorkloadSpec } from '@tender/driver'
import { failureClass } from '@tender/protocol'
import { bringUp, untilAnswering } from './bringUp.ts'
import { lookAt } from './containers.ts'
import { engineFailure } from './engine.ts'
import { createHandle } from './handle.ts'
import { bootId, type Host, secretKey, withLease } from './host.ts'
import { makeContainers, prepare } from './makeContainers.ts'
import { planOf } from './plan.ts'
import type { LeaseRecord } from './record.ts'
import { removeWorkload } from './removeWorkload.ts'
import { InvalidImageError } from './scanImage.ts'
import { killAll, removeContainers } from './status.ts'

/**
 * Starts a lease's containers, whoever else tries, and goes on with what an earlier try that was killed has left. A failure of
 * the workload itself (an image that is none, a part that never becomes healthy) is its end, not an error.
 */
export function startWorkload(host: Host, spec: WorkloadSpec, signal: AbortSignal): Promise<Handle> {
  signal.throwIfAborted()
  return withLease(host, spec.leaseId, () => start(host, spec, signal), signal)
}

async function start(host: Host, spec: WorkloadSpec, signal: AbortSignal): Promise<Handle> {
  const { leaseId } = spec
  const known = host.records.read(leaseId)
  if (known && (known.phase === 'running' || host.records.end(leaseId))) return createHandle(leaseId, known.revision)
  const hadVolumes = await hasVolumes(host, spec)
  try {
    await startNew(host, spec, known, signal)
    return createHandle(leaseId, known?.revision ?? 1)
  } catch (thrown) {
    const error = engineFailure(thrown)
    // What the dead engine has nobody can undo; the same call goes on with it later.
    if (failureClass(error) !== 'network' || signal.aborted)
      await removeWorkload(host, leaseId, { keepVolumes: hadVolumes })
    if (signal.aborted) throw signal.reason
    if (['network', 'user', 'limit', 'conflict'].includes(failureClass(error))) throw error
    throw new StartFailedError(leaseId, error instanceof Error ? error.message : String(error), error)
  }
}

/** Volumes with something in them, which a start that fails must not take away. */
async function hasVolumes(host: Host, { leaseId, previous, volumes = [] }: WorkloadSpec): Promise<boolean> {
  if (volumes.length === 0) return false
  const kept = await host.volumes.list()
  return kept.some((volume) => volume.leaseId === leaseId || volume.leaseId === previous)
}

async function startNew(
  host: Host,
  spec: WorkloadSpec,
  known: LeaseRecord | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { leaseId } = spec
  const plan = planOf(spec, { secretKey: await secretKey(host), existing: known?.plan.members ?? [] })
  const names = new Set(plan.members.map(({ name }) => name))
  // What ended with the host did not end by itself, and is begun again.
  if (known) await removeContainers(host, leaseId, ({ name }) => known.bootId !== bootId() || !names.has(name))
  const record: LeaseRecord = {
    version: 1,
    leaseId,
    revision: 1,
    bootId: bootId(),
    phase: 'starting',
    plan,
    images: [],
  }
  host.records.write(record)
  try {
    const prepared = await prepare(host, spec, signal)
    const images = [...prepared.services.values()].map(({ image }) => image.id)
    host.records.write({ ...record, images })
    await makeContainers(host, prepared, plan.members, { revision: 1, named: () => true }, signal)
    const end = await bringUp(host, leaseId, plan, {}, signal)
    if (end) host.records.keepEnd(leaseId, end)
    else await untilAnswering(host, leaseId, plan, prepared.network, signal)
    host.records.write({ ...record, images, phase: 'running' })
    if (end) await killAll(host, await lookAt(host.engine, leaseId))
  } catch (error) {
    if (!(error instanceof InvalidImageError)) throw error
    host.records.keepEnd(leaseId, { reason: { kind: 'invalid', detail: error.message }, atMs: Date.now() })
    host.records.write({ ...record, phase: 'running' })
  }
  signal.throwIfAborted()
}
