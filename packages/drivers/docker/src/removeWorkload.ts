import type { LeaseId } from '@tender/driver'
import { lookAt, stopContainer } from './containers.ts'
import { atLast, type Host } from './host.ts'
import { startOrder } from './plan.ts'
import { removeContainers, statusOfLease } from './status.ts'
import { sampleUsage } from './usage.ts'

/** Removes all that a lease has here, its volumes only if they are not to be kept. Idempotent. */
export async function removeWorkload(
  host: Host,
  leaseId: LeaseId,
  { keepVolumes }: { keepVolumes: boolean },
): Promise<void> {
  const signal = atLast()
  await removeContainers(host, leaseId, () => true)
  await host.networks.remove(leaseId, signal)
  await Promise.all([host.configs.remove(leaseId), host.secrets.remove(leaseId)])
  if (keepVolumes) await host.volumes.retire(leaseId, signal)
  else await host.volumes.drop(leaseId, signal)
  host.records.remove(leaseId)
  await tidyImages(host)
}

/** Images of leases that are gone. What cannot be removed now, or told from what is needed, goes with a later lease. */
export async function tidyImages({ images, records }: Host): Promise<void> {
  try {
    await images.tidy(new Set(records.list().flatMap((leaseId) => records.read(leaseId)?.images ?? [])))
  } catch {
    // One lease's damaged record, or an image that hangs, must not keep all others from being removed.
  }
}

/** Stops what runs, those first that wait for others. How it ended before does not change. */
export async function stopWorkload(host: Host, leaseId: LeaseId, graceMs: number): Promise<void> {
  const { records, engine } = host
  const status = await statusOfLease(host, leaseId)
  if (status?.state !== 'running') return
  await sampleUsage(host, leaseId)
  records.setStopping(leaseId)
  const services = records.read(leaseId)?.plan.services ?? []
  for (const group of startOrder(services).reverse()) {
    const seen = await lookAt(engine, leaseId)
    const stopping = group.flatMap(({ name, stopGraceMs = graceMs }) =>
      seen
        .filter(({ service, state }) => service === name && state === 'live')
        .map((container) => stopContainer(engine, container, stopGraceMs)),
    )
    await Promise.all(stopping)
  }
  // Of an update that was begun, services that the plan does not have.
  const rest = (await lookAt(engine, leaseId)).filter(({ state }) => state === 'live')
  await Promise.all(rest.map((container) => stopContainer(engine, container, 0)))
  records.keepEnd(leaseId, { reason: { kind: 'stopped' }, atMs: Date.now() })
}
