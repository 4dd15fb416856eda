import type { Driver, WorkloadSpec } from '@tender/driver'
import { resourceName, TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Blobs } from './blobs.ts'
import type { KeeperOptions } from './keeperOptions.ts'
import type { LeaseRecord, Version } from './leaseRecord.ts'
import { unsealSecrets } from './unsealSecrets.ts'
import { freeGpus, keepsVolumes } from './volumes.ts'
import { workloadOf } from './workload.ts'

type SpecOptions = Pick<KeeperOptions, 'leases' | 'privateKey' | 'cardsOfJobs'> & { blobs: Pick<Blobs, 'path'> }

/**
 * One version of a lease as its driver takes it, with its secrets in clear: to be handed over at once and kept nowhere. The
 * graphics cards that it gets are recorded before.
 *
 * @throws {TenderError} `secretMissing`, `volumesMissing`, `noFreeGpu`
 */
export async function specOf(
  record: LeaseRecord,
  { manifest, secrets }: Version,
  driver: Driver,
  { leases, blobs, privateKey, cardsOfJobs }: SpecOptions,
  signal: AbortSignal,
): Promise<WorkloadSpec> {
  const { leaseId } = record
  const previous = manifest.brief.volumesOf
  if (previous) await checkVolumes(record, previous, driver, leases)
  const gpus =
    manifest.brief.gpu === undefined ? undefined : await takeGpus(record, driver, { leases, cardsOfJobs }, signal)
  const opened = await unsealSecrets(leaseId, manifest, secrets, privateKey)
  return {
    ...workloadOf(leaseId, manifest, blobs, { secrets: opened }),
    ...(previous && { previous }),
    ...(gpus && { gpus }),
  }
}

/** They are its own already if it took them over before, as when it is started again. */
async function checkVolumes(
  { leaseId, terms }: LeaseRecord,
  previous: Hex,
  driver: Driver,
  leases: SpecOptions['leases'],
): Promise<void> {
  if (await keepsVolumes(driver, leaseId)) return
  const sameTenant = leases.get(previous)?.terms.tenant === terms.tenant
  if (sameTenant && (await keepsVolumes(driver, previous))) return
  throw new TenderError(`the volumes of lease ${previous} are not here`, {
    code: 'volumesMissing',
    class: 'user',
    hint: 'Order without them, or at the provider that had that lease, while it still keeps them.',
    data: { previous },
  })
}

async function takeGpus(
  record: LeaseRecord,
  driver: Driver,
  { leases, cardsOfJobs }: Pick<SpecOptions, 'leases' | 'cardsOfJobs'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (record.gpus) return record.gpus
  const resource = resourceName(record.terms.resource)
  const host = await driver.probe(signal)
  const cards = host.healthy ? (host.gpus ?? []).filter(({ id }) => !cardsOfJobs().includes(id)) : []
  const gpus = freeGpus(record, cards, resource, leases.live())
  if (!gpus) throw new TenderError(`no card of ${resource} is free`, { code: 'noFreeGpu', class: 'provider' })
  leases.update(record.leaseId, { gpus })
  return gpus
}
