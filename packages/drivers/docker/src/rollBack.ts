import type { LeaseId } from '@tender/driver'
import { lookAt, removeContainer, type Seen } from './containers.ts'
import { ignore } from './engine.ts'
import type { Host } from './host.ts'
import { scopeOf } from './makeContainers.ts'
import { startOrder } from './plan.ts'
import type { LeaseRecord, Plan } from './record.ts'
import { tidyImages } from './removeWorkload.ts'

/** Takes back an update that was begun: the new containers go, the old ones that it stopped run again. Gives the record without it. */
export async function rollBack(host: Host, record: LeaseRecord): Promise<LeaseRecord> {
  const leaseId = record.leaseId as LeaseId // CAST: the record's schema holds the pattern of a lease id
  const { pending, ...rest } = record
  if (!pending) return record
  const names = new Set(record.plan.members.map(({ name }) => name))
  const seen = await lookAt(host.engine, leaseId)
  const fresh = seen.filter(({ name }) => !names.has(name))
  await Promise.all(fresh.map(({ id }) => removeContainer(host.engine, id)))
  const stopped = new Set(pending.stopped)
  for (const group of startOrder(record.plan.services)) {
    const again = seen.filter(
      ({ name, service }) => stopped.has(name) && group.some((planned) => planned.name === service),
    )
    await Promise.all(again.map((container) => startAgain(host, record.plan, container)))
  }
  await removeScopes(
    host,
    leaseId,
    fresh,
    new Set(record.plan.members.map(({ service, hash }) => scopeOf(service, hash))),
  )
  host.records.write(rest)
  await tidyImages(host)
  return rest
}

async function startAgain(host: Host, plan: Plan, { id, service }: Seen): Promise<void> {
  const container = host.engine.calls.getContainer(id)
  const planned = plan.services.find(({ name }) => name === service)
  // Stopping took it away.
  if (planned?.restart === 'always') await container.update({ RestartPolicy: { Name: 'always' } })
  if (planned?.restart === 'failed')
    await container.update({ RestartPolicy: { Name: 'on-failure', MaximumRetryCount: planned.maxRetries ?? 0 } })
  await container.start().catch(ignore(304))
}

/** Files of containers that are gone, unless others have the same. */
export async function removeScopes(
  host: Host,
  leaseId: LeaseId,
  gone: readonly Seen[],
  kept: ReadonlySet<string>,
): Promise<void> {
  for (const { service, labels } of gone) {
    const scope = scopeOf(service, labels['tender.config'] ?? '')
    if (kept.has(scope)) continue
    await Promise.all([host.configs.remove(leaseId, scope), host.secrets.remove(leaseId, scope)])
  }
}
