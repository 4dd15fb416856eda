import type { Driver } from '@tender/driver'
import {
  type LeaseStatus,
  type LogLine,
  type ManifestSink,
  type NetworkNode,
  type LeaseBook as PeerLeases,
  serveLogs,
  serveManifests,
  serveStatus,
  serveWhy,
} from '@tender/network'
import { TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Blobs } from './leases/blobs.ts'
import type { LeaseBook } from './leases/leaseBook.ts'
import type { LeasePhase, LeaseRecord } from './leases/leaseRecord.ts'
import { checkAgainstBrief } from './leases/workload.ts'
import type { Answers } from './market/answers.ts'

export type ServeOptions = {
  node: NetworkNode
  leases: LeaseBook
  answers: Answers
  blobs: Blobs
  /** Most bytes of files with one manifest. */
  maxBlobBytes: number
  driverFor(kind: string): Driver | undefined
  /** Looks on the chain for a lease that was opened so recently that no event of it has come. */
  discover(leaseId: Hex, signal: AbortSignal): Promise<void>
  /** Where a lease's workload answers. */
  urlOf(leaseId: Hex): string
  /** Told when a lease has something new to do. */
  changed(): void
}

/** Answers peers: manifests, status and logs to a lease's agent, "why no bid" to an order's. */
export async function servePeers(options: ServeOptions): Promise<void> {
  const { node, answers } = options
  const peerLeases = peerLeasesOf(options)
  await serveManifests(node, { ...peerLeases, ...manifestSink(options) })
  await serveStatus(node, { ...peerLeases, status: async (lease) => statusOf(options, lease) })
  await serveLogs(node, {
    ...peerLeases,
    logs: ({ lease, ...request }, signal) => logsOf(options, lease, request, signal),
  })
  await serveWhy(node, async (order) => answers.explain(order))
}

function peerLeasesOf({ leases, discover }: ServeOptions): PeerLeases {
  return {
    async find(leaseId, signal) {
      if (!leases.get(leaseId)) await discover(leaseId, signal)
      const record = leases.get(leaseId)
      if (!record?.order) return undefined
      const { order, session } = record
      return { tenant: order.tenant, agent: order.agent, manifest: order.manifest, session }
    },
    async remember({ session }) {
      for (const { leaseId, order } of leases.live()) {
        if (order?.tenant === session.tenant) leases.update(leaseId, { session })
      }
    },
  }
}

function manifestSink({
  leases,
  blobs,
  maxBlobBytes,
  urlOf,
  changed,
}: ServeOptions): Omit<ManifestSink, keyof PeerLeases> {
  return {
    maxBytes: maxBlobBytes,
    hasBlob: (sha256) => blobs.has(sha256),

    storeBlob: ({ sha256, bytes }) => blobs.put(sha256, bytes),

    async accept({ lease, manifest }) {
      const record = leases.get(lease)
      if (!record) throw new TenderError('no such lease', { code: 'unknownLease', class: 'notFound' })
      checkAgainstBrief(manifest)
      if (record.phase === 'opened') {
        leases.update(lease, { phase: 'accepted', manifest })
        changed()
      }
      return manifest.services.some(({ ports }) => ports.length > 0) ? { url: urlOf(lease) } : {}
    },
  }
}

const publicPhase: Record<LeasePhase, LeaseStatus['phase']> = {
  opened: 'waiting',
  accepted: 'starting',
  running: 'ready',
  completed: 'ended',
  failed: 'failed',
  stopped: 'ended',
  destroyed: 'ended',
}

function statusOf({ leases, urlOf }: ServeOptions, leaseId: Hex): LeaseStatus {
  const { phase, reason, manifest } = known(leases.get(leaseId))
  const serves = manifest?.services.some(({ ports }) => ports.length > 0) ?? false
  return { phase: publicPhase[phase], reason, ...(serves && { url: urlOf(leaseId) }) }
}

async function* logsOf(
  { leases, driverFor }: ServeOptions,
  leaseId: Hex,
  { follow, tail }: { follow: boolean; tail: number },
  signal: AbortSignal,
): AsyncIterable<LogLine> {
  const { handle } = known(leases.get(leaseId))
  if (!handle) return
  const driver = driverFor(handle.driver)
  if (driver) yield* driver.logs(handle, { follow, tailLines: tail }, signal)
}

function known(record: LeaseRecord | undefined): LeaseRecord {
  if (record) return record
  throw new TenderError('no such lease', { code: 'unknownLease', class: 'notFound' })
}
