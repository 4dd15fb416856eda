import { createFakeHost, type FakeHost, type FakeScript } from '@tender/driver/fake'
import { createLog, openStore, type Store } from '@tender/kit'
import type { ProvenLeaf } from '@tender/network'
import {
  type Brief,
  deposit,
  leaseId as leaseIdOf,
  type Manifest,
  manifestHash,
  type Order,
  resourceId,
  TenderError,
  type Terms,
  taskRecordSchema,
} from '@tender/protocol'
import { testOrder } from '@tender/protocol/testOrder'
import { type Address, type Hex, numberToHex, zeroAddress, zeroHash } from 'viem'
import { onTestFinished } from 'vitest'
import type { JobStores } from './jobs/jobBook.ts'
import { type JobRecord, jobRecordSchema } from './jobs/jobRecord.ts'
import type { ChainView } from './leases/decide.ts'
import type { LeaseStores } from './leases/leaseBook.ts'
import type { LeaseMarket } from './leases/leaseMarket.ts'
import { type LeaseRecord, leaseRecordSchema } from './leases/leaseRecord.ts'
import type { ReportHead, ReportSource } from './reports/reportSource.ts'

// What the tests of this package share.

export const never = new AbortController().signal
export const silent = createLog({ name: 'test', level: 'silent' })
/** CAST: 20 bytes. */
export const address = (digit: number) => `0x${String(digit).repeat(40)}` as Address
export const bytes32 = (value: number) => numberToHex(value, { size: 32 })

export const brief: Brief = {
  version: 2,
  driver: 'fake',
  resource: 'cu',
  units: 1,
  cpuMillis: 500,
  memoryBytes: 2 ** 26,
  diskBytes: 100,
  blobBytes: 100,
  containers: 1,
  ports: [],
}

/** A manifest whose one service runs the image of that digest. */
export function manifestOf(sha256: Hex, service: Partial<Manifest['services'][number]> = {}): Manifest {
  const image = { kind: 'blob', sha256, bytes: 100 } as const
  const web = {
    name: 'web',
    image,
    args: [],
    env: {},
    cpuMillis: 500,
    memoryBytes: 2 ** 26,
    ports: [],
    replicas: 1,
    ...service,
  }
  return { version: 2, brief: { ...brief, ports: web.ports }, services: [web], volumes: [], salt: zeroHash }
}

export function orderOf(over: Partial<Order> = {}): Order {
  const parties = { tenant: address(1), agent: address(2), asset: address(3) }
  const manifest = manifestHash(manifestOf(bytes32(1)))
  return testOrder({ ...parties, tier: 0, manifest, auctionEnd: 1_010, expiry: 1_600, ...over })
}

export function termsOf(over: Partial<Terms> = {}): Terms {
  return {
    order: bytes32(1),
    offer: bytes32(2),
    index: 0,
    tenant: address(1),
    provider: 7n,
    payout: address(4),
    asset: address(3),
    resource: resourceId('cu'),
    units: 1,
    rate: 3_600n,
    start: 1_000,
    latestEnd: 10_000,
    kind: 0,
    tier: 0,
    uptimeBps: 0,
    maxSilence: 0,
    minSeconds: 0,
    noticeSeconds: 0,
    startWindow: 60,
    jobTerms: zeroHash,
    verifier: zeroAddress,
    ...over,
  }
}

/** There are no reports. */
export const unreported = () => ({ coveredUntil: 0, fallbackOpen: false })

/** A store that outlives whoever writes into it. */
export function openTestStore(): Store {
  const store = openStore({ file: ':memory:' })
  onTestFinished(() => store.close())
  return store
}

export function leaseStores(store: Store): LeaseStores {
  return {
    transaction: store.transaction,
    live: store.collection<LeaseRecord>('leases', leaseRecordSchema),
    ended: store.collection<LeaseRecord>('endedLeases', leaseRecordSchema),
  }
}

export function jobStores(store: Store): JobStores {
  return {
    live: store.collection<JobRecord>('jobs', jobRecordSchema),
    ended: store.collection<JobRecord>('endedJobs', jobRecordSchema),
    tasks: store.collection('jobTasks', taskRecordSchema),
    transaction: store.transaction,
  }
}

export function openTestHost(scripts: Readonly<Record<string, FakeScript>>): FakeHost {
  const host = createFakeHost(scripts)
  onTestFinished(() => host.close())
  return host
}

/** `evidence`: the hash with which its provider left it. */
export type ScriptedLease = ChainView & { terms: Terms; evidence?: Hex }

type ScriptedReport = { coveredUntil: number; served(terms: Terms): number | undefined }

/** A chain that knows nothing but leases and reports, with the rules of the escrow. */
export function createScriptedMarket(nowSeconds: () => number) {
  const leases = new Map<Hex, ScriptedLease>()
  let tenantPaysUntil = Number.POSITIVE_INFINITY
  const reports = new Map<bigint, ScriptedReport>()
  let fallbackOpen = false
  const key = ({ order, index }: Terms) => `${order}${index}` as Hex // CAST: only a key

  function refuse(code: string): never {
    throw new TenderError(code, { code, class: 'chain' })
  }
  const known = (terms: Terms) => leases.get(key(terms)) ?? refuse('UnknownLease')

  function payByTime(lease: ScriptedLease): void {
    const until = Math.max(lease.settledUntil, Math.min(nowSeconds(), lease.stop))
    lease.secondsPaid += until - lease.settledUntil
    lease.settledUntil = until
    lease.resolved = nowSeconds() >= lease.stop
  }

  function payServed(lease: ScriptedLease, served: number, coveredUntil: number): void {
    if (lease.resolved || lease.byTime) return
    const provable = Math.max(0, Math.min(coveredUntil, lease.stop) - lease.start)
    lease.secondsPaid = Math.max(lease.secondsPaid, Math.min(served, provable))
    lease.resolved = coveredUntil >= lease.stop
  }

  const market: LeaseMarket = {
    view: async (terms) => {
      const lease = leases.get(key(terms))
      if (!lease) return undefined
      const { terms: _terms, evidence: _evidence, ...view } = lease
      return view
    },
    settle: async (batch) => {
      if (batch.some((terms) => known(terms).resolved)) refuse('AlreadyResolved')
      if (batch.some((terms) => !known(terms).byTime)) refuse('NotByTime')
      for (const lease of batch.map(known)) payByTime(lease)
    },
    settleServed: async (era, batch) => {
      const report = reports.get(era) ?? refuse('notEffective')
      for (const { terms, served } of batch) if (report.served(terms) !== served) refuse('noLeaf')
      if (batch.length === 1 && batch.some(({ terms }) => known(terms).resolved)) refuse('AlreadyResolved')
      for (const { terms, served } of batch) payServed(known(terms), served, report.coveredUntil)
    },
    fallBack: async (terms, last) => {
      const lease = known(terms)
      if (lease.byTime || lease.resolved) refuse('IsByTime')
      if (!fallbackOpen) refuse('FallbackClosed')
      const [era, report] = [...reports].at(-1) ?? []
      const covered = report?.coveredUntil ?? 0
      if (covered > lease.start) {
        if (last?.era !== era || report?.served(terms) !== last?.served) refuse('LeafNotLast')
        payServed(lease, last?.served ?? 0, covered)
      }
      if (lease.resolved) return
      Object.assign(lease, { byTime: true, settledUntil: Math.max(lease.settledUntil, covered) })
      payByTime(lease)
    },
    release: async (terms) => {
      const lease = known(terms)
      if (lease.released || nowSeconds() < lease.stop) refuse('NotReleasable')
      lease.released = true
    },
    abandon: async (terms, because, evidence) => {
      const lease = known(terms)
      if (nowSeconds() >= lease.stop || lease.endsEarly) refuse('LeaseOver')
      if (because === 'interrupted') lease.stop = Math.min(lease.stop, nowSeconds() + terms.noticeSeconds)
      else if (nowSeconds() > lease.start + lease.startWindowSeconds) refuse('InvalidReason')
      else lease.stop = Math.max(lease.start + lease.secondsPaid, lease.settledUntil)
      Object.assign(lease, { endsEarly: true, evidence })
    },
    extend: async (terms, newEnd, { permission }) => {
      const lease = known(terms)
      if (nowSeconds() >= lease.stop || lease.endsEarly) refuse('LeaseOver')
      if (newEnd <= lease.stop || newEnd > Math.min(terms.latestEnd, permission.latestEnd)) refuse('EndOutOfBounds')
      if (deposit(terms.rate, newEnd - lease.start) > permission.maxAmount) refuse('ExtendTooDear')
      if (newEnd > tenantPaysUntil) refuse('InsufficientBalance')
      lease.stop = newEnd
    },
  }
  return {
    market,
    lease: known,
    forget: (terms: Terms) => leases.delete(key(terms)),
    open(terms: Terms, stop: number): void {
      leases.set(key(terms), {
        terms,
        start: terms.start,
        stop,
        settledUntil: terms.start,
        secondsPaid: 0,
        endsEarly: false,
        startWindowSeconds: terms.startWindow,
        maxSilenceSeconds: terms.maxSilence,
        byTime: terms.uptimeBps === 0,
        resolved: false,
        released: false,
      })
    },
    close(terms: Terms): void {
      const lease = known(terms)
      lease.stop = Math.min(lease.stop, nowSeconds())
      lease.endsEarly = true
    },
    /** The next era's report counts from now on; it says what every lease so far served, of each second `upBps`. */
    report(upBps: number): void {
      const era = BigInt(reports.size + 1)
      const coveredUntil = nowSeconds()
      const counts = new Map(
        [...leases].map(([id, { start, stop }]) => {
          const due = Math.max(0, Math.min(coveredUntil, stop) - start)
          return [id, Math.floor((due * upBps) / 10_000)] as const
        }),
      )
      reports.set(era, { coveredUntil, served: (terms) => counts.get(key(terms)) })
      fallbackOpen = false
    },
    /** No report has come for long. */
    openFallback(): void {
      fallbackOpen = true
    },
    /** What a monitor tells. */
    reports: {
      head: async (): Promise<ReportHead> => {
        const [era, report] = [...reports].at(-1) ?? []
        if (era === undefined || !report) return { fallbackOpen }
        return { report: { era, root: bytes32(Number(era)), coveredUntil: report.coveredUntil }, fallbackOpen }
      },
      leaves: async ({ era }, of) => {
        if (!('leases' in of)) return []
        return [...leases.values()].flatMap(({ terms }): ProvenLeaf[] => {
          const lease = leaseIdOf(terms)
          const served = reports.get(era)?.served(terms)
          if (!of.leases.includes(lease) || served === undefined) return []
          return [{ leaf: { kind: 'lease', lease, served }, proof: [] }]
        })
      },
      eraSeconds: async () => 30,
    } satisfies ReportSource,
    /** The tenant's money lasts for extensions up to here. */
    payUntil(end: number): void {
      tenantPaysUntil = end
    },
  }
}
