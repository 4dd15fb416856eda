import type { ContainerDriver, Driver } from '@tender/driver'
import { createFakeContainerDriver, createFakeDriver } from '@tender/driver/fake'
import { leaseId as leaseIdOf, type Manifest, type Terms } from '@tender/protocol'
import { createChainClock } from '@tender/sdk'
import type { Hex } from 'viem'
import { afterEach, beforeEach, vi } from 'vitest'
import { createReports, type Reports } from '../reports/createReports.ts'
import { standingSchema } from '../reports/standing.ts'
import {
  bytes32,
  createScriptedMarket,
  leaseStores,
  manifestOf,
  never,
  openTestHost,
  openTestStore,
  orderOf,
  silent,
  termsOf,
} from '../testKit.ts'
import { acceptManifest } from './acceptManifest.ts'
import { createKeeper, type Keeper } from './keeper.ts'
import type { KeeperOptions } from './keeperOptions.ts'
import { createLeaseBook, type LeaseBook } from './leaseBook.ts'
import type { LeaseMarket } from './leaseMarket.ts'

// What the keeper's tests share: what outlives a provider, played; and a provider that can be killed at any effect.

export const kinds = ['runs', 'completes', 'crashes', 'invalid', 'fails', 'ails', 'runsToo'] as const
export type Kind = (typeof kinds)[number]
export const scripts = {
  runs: { writes: ['up'] },
  runsToo: { writes: ['up again'] },
  ails: { neverWell: 'db is not healthy' },
  completes: { ends: { kind: 'exited', code: 0 } },
  crashes: { ends: { kind: 'crashed', detail: 'a trap' } },
  invalid: { ends: { kind: 'invalid', detail: 'not a Wasm module' } },
  fails: { failsToStart: 'the host is ill' },
} as const
export const imageOf = (kind: Kind) => bytes32(1 + kinds.indexOf(kind))
export const policy = { settleEverySeconds: 30, keepEndedSeconds: 90, keepVolumesSeconds: 120 }
export const signature: Hex = `0x${'11'.repeat(65)}`
/** An agent's public key; nothing is sealed here. */
export const agentKey: Hex = `0x02${'11'.repeat(32)}`

/** Time passes when a test says so: registers this for a file's tests. */
export function playTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000, toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
}

type Death = PromiseWithResolvers<void>

/** A provider's parts that tests speak to. */
type Life = { keeper: Keeper; book: LeaseBook; reports: Reports }

/** What outlives a provider: the machine, the chain, the disk. And the provider, which may be killed at any effect. */
export function createWorld() {
  const host = openTestHost(Object.fromEntries(kinds.map((kind) => [`/blobs/${imageOf(kind)}`, scripts[kind]])))
  const { nowSeconds } = createChainClock()
  const chain = createScriptedMarket(nowSeconds)
  const store = openTestStore()
  const stores = { ...leaseStores(store), standings: store.collection('standings', standingSchema) }
  const begun: string[] = []
  const archived = new Map<string, string[]>()
  let diskFull = false
  /** What was kept each time that blobs were removed. */
  const kept: string[][] = []
  let living: (Life & { abort: AbortController; effectsLeft: number; dead: boolean; death: Death }) | undefined

  function start(effectsLeft = Number.POSITIVE_INFINITY): LeaseBook {
    const abort = new AbortController()
    const life = { abort, effectsLeft, dead: false, death: Promise.withResolvers<void>() }
    const spend = () => {
      life.effectsLeft -= 1
      if (life.effectsLeft !== 0) return
      life.dead = true
      life.death.resolve()
    }
    // From the moment of its death nothing that it calls happens, and nothing returns to it.
    const act = async <T>(effect: () => Promise<T>): Promise<T> => {
      if (life.dead) return new Promise(() => {})
      spend()
      const result = await effect()
      return life.dead ? new Promise(() => {}) : result
    }
    const write =
      <T extends unknown[]>(effect: (...values: T) => void) =>
      (...values: T) => {
        spend()
        if (life.dead) throw new Error('killed')
        if (diskFull) throw new Error('database or disk is full')
        effect(...values)
      }
    const mortal = ({ live, ended, transaction }: typeof stores) => ({
      live: { ...live, set: write(live.set), delete: write(live.delete) },
      ended: { ...ended, set: write(ended.set), delete: write(ended.delete) },
      transaction,
    })
    const { view, settle, settleServed, fallBack, release, abandon, extend } = chain.market
    const market: LeaseMarket = {
      view: (...args) => (life.dead ? new Promise(() => {}) : view(...args)),
      settle: (...args) => act(() => settle(...args)),
      settleServed: (...args) => act(() => settleServed(...args)),
      fallBack: (...args) => act(() => fallBack(...args)),
      release: (...args) => act(() => release(...args)),
      abandon: (...args) => act(() => abandon(...args)),
      extend: (...args) => act(() => extend(...args)),
    }
    const isAlive = async <T>(asked: Promise<T>): Promise<T> => {
      const answer = await asked
      return life.dead ? new Promise(() => {}) : answer
    }
    const mortalDriver = (real: Driver): Driver => ({
      ...real,
      start: (spec, signal) =>
        act(async () => {
          const isNew = !host.workloads.has(spec.leaseId)
          const handle = await real.start(spec, signal)
          if (isNew) begun.push(spec.leaseId)
          return handle
        }),
      stop: (...args) => act(() => real.stop(...args)),
      destroy: (...args) => act(() => real.destroy(...args)),
      find: (...args) => isAlive(real.find(...args)),
      inspect: (...args) => isAlive(real.inspect(...args)),
      wait: (...args) => isAlive(real.wait(...args)),
    })
    const realContainers = createFakeContainerDriver(host)
    const containers: ContainerDriver = {
      ...realContainers,
      ...mortalDriver(realContainers),
      update: (...args) => act(() => realContainers.update(...args)),
      retire: (...args) => act(() => realContainers.retire(...args)),
      dropVolumes: (...args) => act(() => realContainers.dropVolumes(...args)),
      keptVolumes: () => isAlive(realContainers.keptVolumes()),
    }
    const fake = mortalDriver(createFakeDriver(host))
    const book = createLeaseBook(mortal(stores), market)
    const blobs = {
      path: (sha256: string) => `/blobs/${sha256}`,
      retain: (wanted: ReadonlySet<string>) => void kept.push([...wanted]),
    }
    const archives: KeeperOptions['archives'] = {
      put: (leaseId, _to, lines) =>
        act(async () => {
          if (diskFull) throw new Error('ENOSPC: no space left on device')
          const texts = (await Array.fromAsync(lines)).map(({ text }) => text)
          archived.set(leaseId, texts)
          return texts.length
        }),
      retain: async () => {},
    }
    const driverFor = (kind: string) => ({ fake, containers })[kind]
    const privateKey = bytes32(1)
    const rest = { cardsOfJobs: () => [], blobs, archives, privateKey, policy, nowSeconds, log: silent }
    const reports = createReports({
      provider: 7n,
      leases: book,
      standings: stores.standings,
      keep: async () => {},
      changed: () => keeper.wake(),
      nowSeconds,
      log: silent,
    })
    const keeper = createKeeper({ leases: book, market, driverFor, reporting: reports.reporting, ...rest })
    living = Object.assign(life, { keeper, book, reports })
    void keeper.run(abort.signal)
    return book
  }

  return {
    host,
    nowSeconds,
    chain,
    stores,
    begun,
    kept,
    archived,
    start,
    get dead() {
      return living?.dead ?? true
    },
    set diskFull(full: boolean) {
      diskFull = full
    },
    troubles: (id: Hex) => living?.keeper.troubles(id) ?? [],
    lost: () => living?.keeper.counts().lost ?? 0,
    /** Does something as the living provider would; nothing if it is dead, or dies of it. */
    async live(act: (life: Life) => Promise<void> | void): Promise<void> {
      if (!living || living.dead) return
      try {
        // Whatever it waits for when it dies never comes.
        await Promise.race([act(living), living.death.promise])
        living.keeper.wake()
      } catch (error) {
        if (!living.dead) throw error
      }
    },
    kill() {
      if (living) living.dead = true
      living?.abort.abort()
    },
  }
}

export const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000)

export type World = ReturnType<typeof createWorld>
export type Runtime = 'fake' | 'containers'

/** A manifest of one service of that kind; with containers it has a volume. */
export function manifestFor(kind: Kind, driver: Runtime = 'fake', volumesOf?: Hex): Manifest {
  const manifest = manifestOf(imageOf(kind))
  const volumes = driver === 'containers' ? [{ name: 'data', sizeBytes: 10 }] : []
  const brief = { ...manifest.brief, driver, diskBytes: 110, ...(volumesOf && { volumesOf }) }
  return { ...manifest, brief, volumes }
}

export async function openLease(world: World, kind: Kind, over: Partial<Terms> = {}, driver: Runtime = 'fake') {
  const terms = termsOf(over)
  world.chain.open(terms, 1_600)
  const book = world.start()
  await book.open(terms, { order: orderOf(), agentKey }, never)
  await world.live(() => book.update(leaseIdOf(terms), { phase: 'accepted', manifest: manifestFor(kind, driver) }))
  return { terms, book, id: leaseIdOf(terms) }
}

/** As the network does when an update arrives. */
export function deliver({ nowSeconds }: World, book: LeaseBook, id: Hex, manifest: Manifest, revision: number): void {
  const record = book.get(id)
  const change = record && acceptManifest(record, { manifest, revision, secrets: {} }, nowSeconds())
  if (change) book.update(id, change)
}
