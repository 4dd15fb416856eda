import type { WorkloadSpec } from '@tender/driver'
import { blobsOf, type Manifest, TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Blobs } from './blobs.ts'

/** A manifest as a driver takes it: images are the verified files they name. Pure but for the paths. */
export function workloadOf(leaseId: Hex, { brief, services }: Manifest, blobs: Pick<Blobs, 'path'>): WorkloadSpec {
  return {
    leaseId,
    services: services.map(({ name, image, args, env, ports, replicas }) => ({
      name,
      shape: ports.some(({ protocol }) => protocol === 'http') ? 'http' : 'command',
      image: image.kind === 'blob' ? { kind: 'file', path: blobs.path(image.sha256) } : image,
      args,
      environment: env,
      replicas,
    })),
    limits: { cpuMilli: brief.cpuMillis, memoryBytes: brief.memoryBytes, diskBytes: brief.diskBytes },
  }
}

/**
 * Refuses a manifest whose private part needs more than its brief said: the provider bid on the brief.
 *
 * @throws {TenderError} `manifestExceedsBrief`
 */
export function checkAgainstBrief({ brief, services }: Manifest): void {
  const needs = {
    cpuMillis: sum(services, ({ cpuMillis, replicas }) => cpuMillis * replicas),
    memoryBytes: sum(services, ({ memoryBytes, replicas }) => memoryBytes * replicas),
    containers: sum(services, ({ replicas }) => replicas),
    blobBytes: sum(blobsOf(services), ({ bytes }) => bytes),
  }
  for (const [what, asked] of Object.entries(needs)) {
    // CAST: `needs` has only keys of the brief
    const announced = brief[what as keyof typeof needs]
    if (asked <= announced) continue
    throw new TenderError(`the services need ${what} ${asked}, the brief announced ${announced}`, {
      code: 'manifestExceedsBrief',
      class: 'user',
      data: { what, asked, announced },
    })
  }
}

function sum<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((total, item) => total + amount(item), 0)
}
