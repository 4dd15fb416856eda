import type { WorkloadSpec } from '@tender/driver'
import { type Manifest, TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Blobs } from './blobs.ts'

/** A manifest as a driver takes it: images are the verified files they name. Pure but for the paths. */
export function workloadOf(leaseId: Hex, { brief, services }: Manifest, blobs: Pick<Blobs, 'path'>): WorkloadSpec {
  return {
    leaseId,
    services: services.map(({ name, image, args, env, port, replicas }) => ({
      name,
      shape: port ? 'http' : 'command',
      image: blobs.path(image.sha256),
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
    blobBytes: [...new Map(services.map(({ image }) => [image.sha256, image.bytes])).values()].reduce(
      (a, b) => a + b,
      0,
    ),
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
