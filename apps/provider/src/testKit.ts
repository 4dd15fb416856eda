import { createFakeHost, type FakeHost, type FakeScript } from '@tender/driver/fake'
import { createLog, openStore, type Store } from '@tender/kit'
import {
  type Brief,
  deposit,
  type Manifest,
  manifestHash,
  type Order,
  resourceId,
  TenderError,
  type Terms,
} from '@tender/protocol'
import { type Address, type Hex, numberToHex, zeroAddress, zeroHash } from 'viem'
import { onTestFinished } from 'vitest'
import type { ChainView } from './leases/decide.ts'
import type { LeaseStores } from './leases/leaseBook.ts'
import type { LeaseMarket } from './leases/leaseMarket.ts'
import { type LeaseRecord, leaseRecordSchema } from './leases/leaseRecord.ts'

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
  return {
    tenant: address(1),
    agent: address(2),
    asset: address(3),
    resource: resourceId('cu'),
    kind: 0,
    tier: 0,
    units: 1,
    replicas: 1,
    maxPrice: 20_000n,
    duration: 3600,
    maxMinSeconds: 0,
    uptimeBps: 0,
    maxSilence: 0,
    worstLevel: 5,
    spread: 0,
    countries: [],
    verifier: zeroAddress,
    manifest: manifestHash(manifestOf(bytes32(1))),
    jobTerms: zeroHash,
    previous: zeroHash,
    handoverSeconds: 0,
    auctionEnd: 1_010,
    expiry: 1_600,
    nonce: 1n,
    ...over,
  }
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

export function openTestHost(scripts: Readonly<Record<string, FakeScript>>): FakeHost {
  const host = createFakeHost(scripts)
  onTestFinished(() => host.close())
  return host
}

/** `evidence`: the hash with which its provider left it. */
export type ScriptedLease = ChainView & { terms: Terms; evidence?: Hex }

/** A chain that knows nothing but leases, with the rules of the escrow. */
export function createScriptedMarket(nowSeconds: () => number) {
  const leases = new Map<Hex, ScriptedLease>()
  let tenantPaysUntil = Number.POSITIVE_INFINITY
  const key = ({ order, index }: Terms) => `${order}${index}` as Hex // CAST: only a key

  function refuse(code: string): never {
    throw new TenderError(code, { code, class: 'chain' })
  }
  const known = (terms: Terms) => leases.get(key(terms)) ?? refuse('UnknownLease')

  const market: LeaseMarket = {
    view: async (terms) => {
      const lease = leases.get(key(terms))
      if (!lease) return undefined
      const { terms: _terms, evidence: _evidence, ...view } = lease
      return view
    },
    settle: async (batch) => {
      if (batch.some((terms) => known(terms).resolved)) refuse('AlreadyResolved')
      for (const lease of batch.map(known)) {
        const until = Math.max(lease.settledUntil, Math.min(nowSeconds(), lease.stop))
        lease.secondsPaid += until - lease.settledUntil
        lease.settledUntil = until
        lease.resolved = nowSeconds() >= lease.stop
      }
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
      else lease.stop = lease.settledUntil
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
        byTime: true,
        resolved: false,
        released: false,
      })
    },
    close(terms: Terms): void {
      const lease = known(terms)
      lease.stop = Math.min(lease.stop, nowSeconds())
      lease.endsEarly = true
    },
    /** The tenant's money lasts for extensions up to here. */
    payUntil(end: number): void {
      tenantPaysUntil = end
    },
  }
}
