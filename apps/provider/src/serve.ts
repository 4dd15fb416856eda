import type { BlockMeter, ContentStore } from '@tender/content'
import type { Driver } from '@tender/driver'
import {
  type LeaseStatus,
  type LeaseUsage,
  type LogLine,
  type LogsRequest,
  type ManifestSink,
  type NetworkNode,
  type LeaseBook as PeerLeases,
  type SealedLogLines,
  serveBlocks,
  serveCopies,
  serveEvidence,
  serveExec,
  serveExtends,
  serveJobStatus,
  serveLogs,
  serveManifests,
  serveStatus,
  serveTaskLogs,
  serveTunnels,
  serveUsage,
  serveWhy,
} from '@tender/network'
import { blobsOf, marketDomain, TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import { acceptJob } from './jobs/acceptJob.ts'
import type { JobBook } from './jobs/jobBook.ts'
import type { JobKeeper } from './jobs/jobKeeper.ts'
import type { JobPlaces } from './jobs/jobPlaces.ts'
import type { JobRecord } from './jobs/jobRecord.ts'
import { jobStatusOf, leaseStatusOf } from './jobs/tellJob.ts'
import { acceptManifest } from './leases/acceptManifest.ts'
import type { Archives } from './leases/archives.ts'
import type { Blobs } from './leases/blobs.ts'
import { checkExtend } from './leases/keepExtend.ts'
import { reasonOf, sentence } from './leases/keeperOptions.ts'
import type { LeaseBook } from './leases/leaseBook.ts'
import type { LeasePhase, LeaseRecord } from './leases/leaseRecord.ts'
import type { Answers } from './market/answers.ts'
import { createWaysIn } from './waysIn.ts'

export type ServeOptions = {
  node: NetworkNode
  leases: LeaseBook
  jobs: JobBook
  jobKeeper: Pick<JobKeeper, 'running' | 'troubles'>
  jobPlaces: Pick<JobPlaces, 'log'>
  /** Its blocks are given to whoever knows their CIDs. */
  content: Pick<ContentStore, 'block'>
  blockMeter: Pick<BlockMeter, 'serving'>
  answers: Answers
  blobs: Blobs
  archives: Pick<Archives, 'read'>
  /** Most bytes of files with one manifest. */
  maxBlobBytes: number
  driverFor(kind: string): Driver | undefined
  /** Looks on the chain for a lease that was opened so recently that no event of it has come. */
  discover(leaseId: Hex, signal: AbortSignal): Promise<void>
  /** Where a lease's workload answers. */
  urlOf(leaseId: Hex): string | undefined
  /** Told when a lease has something new to do. */
  changed(): void
  nowSeconds(): number
}

/** Answers peers: a lease's agent in all that it may do with the lease, and "why no bid" to an order's. */
export async function servePeers(options: ServeOptions): Promise<void> {
  const { node, answers, leases, jobs, driverFor, nowSeconds } = options
  const peerLeases = peerLeasesOf(options)
  const waysIn = createWaysIn(leases, driverFor, nowSeconds)
  await serveManifests(node, { ...peerLeases, ...manifestSink(options) })
  await serveStatus(node, { ...peerLeases, status: (lease) => statusOf(options, lease) })
  await serveUsage(node, { ...peerLeases, usage: (lease) => usageOf(options, lease) })
  await serveLogs(node, { ...peerLeases, logs: (request, signal) => logsOf(options, request, signal) })
  await serveEvidence(node, { ...peerLeases, evidence: async (lease) => known(leases.get(lease)).evidence })
  await serveExtends(node, {
    ...peerLeases,
    async keepExtend(lease, prolongation) {
      checkExtend(known(leases.get(lease)), prolongation, nowSeconds())
      leases.update(lease, { extend: prolongation })
      options.changed()
    },
  })
  await serveTunnels(node, { ...peerLeases, connect: waysIn.connect })
  await serveExec(node, { ...peerLeases, exec: waysIn.exec })
  await serveCopies(node, { ...peerLeases, copyOut: waysIn.copyOut, copyIn: waysIn.copyIn })
  await serveJobStatus(node, {
    ...peerLeases,
    jobStatus: async (lease, from) => jobStatusOf(knownJob(jobs.get(lease)), from, { ...options.jobKeeper, jobs }),
  })
  await serveTaskLogs(node, { ...peerLeases, taskLog: (lease, task) => options.jobPlaces.log(lease, task) })
  await serveBlocks(node, options.blockMeter.serving(options.content))
  await serveWhy(node, async (order) => answers.explain(order))
}

function peerLeasesOf({ leases, jobs, discover }: ServeOptions): PeerLeases {
  const find = (leaseId: Hex) => leases.get(leaseId) ?? jobs.get(leaseId)
  const live = () => [...leases.live(), ...jobs.live()]
  return {
    async find(leaseId, signal) {
      if (!find(leaseId)) await discover(leaseId, signal)
      const record = find(leaseId)
      if (!record?.order) return undefined
      const { order, session } = record
      const { tenant, agent, manifest } = order
      const sessions = live().filter((other) => other.order?.tenant === tenant)
      const newestSession = Math.max(0, ...sessions.map((other) => other.session?.issuedAt ?? 0))
      return { tenant, agent, manifest, session, newestSession }
    },
    async remember({ session }, { publicKey }) {
      for (const { leaseId, order, session: known } of live()) {
        const isNewer = session.issuedAt > (known?.issuedAt ?? -1)
        if (order?.tenant !== session.tenant || !isNewer) continue
        const change = { session, agentKey: publicKey }
        if (jobs.get(leaseId)) jobs.update(leaseId, change)
        else leases.update(leaseId, change)
      }
    },
  }
}

function manifestSink(options: ServeOptions): Omit<ManifestSink, keyof PeerLeases> {
  const { node, leases, jobs, blobs, maxBlobBytes, urlOf, changed, nowSeconds } = options
  return {
    maxBytes: maxBlobBytes,
    hasBlob: (sha256) => blobs.has(sha256),

    storeBlob: ({ sha256, bytes }) => blobs.put(sha256, bytes),

    async accept({ lease, ...delivered }) {
      const job = jobs.get(lease)
      if (job) {
        const change = acceptJob(job, delivered, marketDomain(node.market))
        if (change) jobs.update(lease, change)
        changed()
        return {}
      }
      try {
        const record = known(leases.get(lease))
        const change = acceptManifest(record, delivered, nowSeconds())
        if (change) {
          leases.update(lease, change)
          changed()
        }
        return hasPorts(delivered.manifest) ? { url: urlOf(lease) } : {}
      } finally {
        blobs.letGo(blobsOf(delivered.manifest.services).map(({ sha256 }) => sha256))
      }
    },
  }
}

const publicPhase: Record<LeasePhase, LeaseStatus['phase']> = {
  opened: 'waiting',
  accepted: 'starting',
  running: 'ready',
  completed: 'ended',
  failed: 'failed',
  stopped: 'stopped',
  retired: 'stopped',
  destroyed: 'stopped',
}

async function statusOf(options: ServeOptions, leaseId: Hex): Promise<LeaseStatus> {
  const { jobs, jobKeeper } = options
  const job = jobs.get(leaseId)
  if (job) return leaseStatusOf(job, { ...jobKeeper, jobs })
  const record = known(options.leases.get(leaseId))
  const { phase, manifest, interrupt, chain, revision = 0, update, pending } = record
  const waitingFor = await waitingForOf(options, record)
  const waits = pending && update?.revision !== pending.revision
  const told = waits ? ({ revision: pending.revision, state: 'running' } as const) : update
  const ending = chain.endsEarly && interrupt ? `the provider ends the lease: ${interrupt.because}` : undefined
  const reason = record.reason ?? (phase === 'running' ? ending : (record.endReason ?? record.evidence?.reason))
  return {
    phase: waitingFor === undefined ? publicPhase[phase] : 'starting',
    ...(manifest && hasPorts(manifest) && { url: options.urlOf(leaseId) }),
    ...(reason !== undefined && { reason }),
    ...(waitingFor !== undefined && { waitingFor }),
    revision,
    ...(told && { update: told }),
    stop: chain.stop,
  }
}

/** What keeps it from being well; asked of the driver now. A driver that does not answer keeps nobody waiting. */
async function waitingForOf({ driverFor }: ServeOptions, { phase, handle }: LeaseRecord): Promise<string | undefined> {
  const driver = phase === 'running' && handle && driverFor(handle.driver)
  if (!driver || !handle) return undefined
  try {
    const status = await driver.inspect(handle)
    // The keeper looks for ends once a second: until then it is not well, although its record says that it runs.
    if (status.state === 'ended') return 'the provider to see how it ended'
    return status.waitingFor === undefined ? undefined : sentence(status.waitingFor)
  } catch (error) {
    if (error instanceof TenderError) return reasonOf(error)
    throw error
  }
}

/** Of the services that it runs now: what earlier versions of it used is in the sum. */
async function usageOf({ leases, driverFor }: ServeOptions, leaseId: Hex): Promise<LeaseUsage | undefined> {
  const { phase, handle, manifest } = known(leases.get(leaseId))
  const driver = phase === 'running' && handle && driverFor(handle.driver)
  if (!driver || !manifest) return undefined
  const { services, ...used } = await driver.usage(handle)
  const { cpuMillis, memoryBytes } = manifest.brief
  return {
    ...used,
    limits: { cpuMilli: cpuMillis, memoryBytes },
    services: services.filter(({ service }) => manifest.services.some(({ name }) => name === service)),
  }
}

async function* logsOf(
  { leases, archives, driverFor, nowSeconds }: ServeOptions,
  { lease, follow, tail }: LogsRequest,
  signal: AbortSignal,
): AsyncIterable<LogLine | SealedLogLines> {
  const { handle, archive } = known(leases.get(lease))
  if (handle) {
    const driver = driverFor(handle.driver)
    if (driver) yield* driver.logs(handle, { follow, tailLines: tail }, signal)
  } else if (archive && archive.until > nowSeconds()) {
    for await (const sealed of archives.read(lease, tail)) yield { sealed }
  }
}

function hasPorts({ services }: NonNullable<LeaseRecord['manifest']>): boolean {
  return services.some(({ ports }) => ports.length > 0)
}

function known(record: LeaseRecord | undefined): LeaseRecord {
  if (record) return record
  throw new TenderError('no such lease', { code: 'unknownLease', class: 'notFound' })
}

function knownJob(record: JobRecord | undefined): JobRecord {
  if (record) return record
  throw new TenderError('the lease is no job', { code: 'noJob', class: 'conflict' })
}
