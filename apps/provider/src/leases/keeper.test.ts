import type { ContainerDriver, Driver } from '@tender/driver'
import { createFakeContainerDriver, createFakeDriver, type FakeHost } from '@tender/driver/fake'
import { leaseId as leaseIdOf, type Manifest, TenderError, type Terms } from '@tender/protocol'
import fc from 'fast-check'
import type { Hex } from 'viem'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClock } from '../clock.ts'
import {
  address,
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
import { evidenceHash } from './evidence.ts'
import { createKeeper, type Keeper } from './keeper.ts'
import type { KeeperOptions } from './keeperOptions.ts'
import { createLeaseBook, type LeaseBook } from './leaseBook.ts'
import type { LeaseMarket } from './leaseMarket.ts'

const kinds = ['runs', 'completes', 'crashes', 'invalid', 'fails', 'ails', 'runsToo'] as const
type Kind = (typeof kinds)[number]
const scripts = {
  runs: { writes: ['up'] },
  runsToo: { writes: ['up again'] },
  ails: { neverWell: 'db is not healthy' },
  completes: { ends: { kind: 'exited', code: 0 } },
  crashes: { ends: { kind: 'crashed', detail: 'a trap' } },
  invalid: { ends: { kind: 'invalid', detail: 'not a Wasm module' } },
  fails: { failsToStart: 'the host is ill' },
} as const
const imageOf = (kind: Kind) => bytes32(1 + kinds.indexOf(kind))
const policy = { settleEverySeconds: 30, keepEndedSeconds: 90, keepVolumesSeconds: 120 }
const signature: Hex = `0x${'11'.repeat(65)}`
/** An agent's public key; nothing is sealed here. */
const agentKey: Hex = `0x02${'11'.repeat(32)}`

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000, toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

type Death = PromiseWithResolvers<void>

/** What outlives a provider: the machine, the chain, the disk. And the provider, which may be killed at any effect. */
function createWorld() {
  const host = openTestHost(Object.fromEntries(kinds.map((kind) => [`/blobs/${imageOf(kind)}`, scripts[kind]])))
  const { nowSeconds } = createClock()
  const chain = createScriptedMarket(nowSeconds)
  const stores = leaseStores(openTestStore())
  const begun: string[] = []
  const archived = new Map<string, string[]>()
  let diskFull = false
  /** What was kept each time that blobs were removed. */
  const kept: string[][] = []
  let living:
    | { keeper: Keeper; book: LeaseBook; abort: AbortController; effectsLeft: number; dead: boolean; death: Death }
    | undefined

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
    const { view, settle, release, abandon, extend } = chain.market
    const market: LeaseMarket = {
      view: (...args) => (life.dead ? new Promise(() => {}) : view(...args)),
      settle: (...args) => act(() => settle(...args)),
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
    const rest = { blobs, archives, privateKey, policy, nowSeconds, log: silent }
    const keeper = createKeeper({ leases: book, market, driverFor, ...rest })
    living = Object.assign(life, { keeper, book })
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
    /** Does something as the living provider would; nothing if it is dead, or dies of it. */
    async live(act: (life: { book: LeaseBook; keeper: Keeper }) => Promise<void> | void): Promise<void> {
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

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000)

type World = ReturnType<typeof createWorld>
type Runtime = 'fake' | 'containers'

/** A manifest of one service of that kind; with containers it has a volume. */
function manifestFor(kind: Kind, driver: Runtime = 'fake', volumesOf?: Hex): Manifest {
  const manifest = manifestOf(imageOf(kind))
  const volumes = driver === 'containers' ? [{ name: 'data', sizeBytes: 10 }] : []
  const brief = { ...manifest.brief, driver, diskBytes: 110, ...(volumesOf && { volumesOf }) }
  return { ...manifest, brief, volumes }
}

async function openLease(world: World, kind: Kind, over: Partial<Terms> = {}, driver: Runtime = 'fake') {
  const terms = termsOf(over)
  world.chain.open(terms, 1_600)
  const book = world.start()
  await book.open(terms, { order: orderOf(), agentKey }, never)
  await world.live(() => book.update(leaseIdOf(terms), { phase: 'accepted', manifest: manifestFor(kind, driver) }))
  return { terms, book, id: leaseIdOf(terms) }
}

/** As the network does when an update arrives. */
function deliver({ nowSeconds }: World, book: LeaseBook, id: Hex, manifest: Manifest, revision: number): void {
  const record = book.get(id)
  const change = record && acceptManifest(record, { manifest, revision, secrets: {} }, nowSeconds())
  if (change) book.update(id, change)
}

describe('one lease', () => {
  test('runs, is settled now and then, and ends with everything paid, released and removed', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs')
    await seconds(1)
    expect(book.get(id)).toMatchObject({ phase: 'running' })
    await seconds(40)
    expect(world.chain.lease(terms).secondsPaid).toBeGreaterThanOrEqual(30)
    await seconds(700)
    expect(world.chain.lease(terms)).toMatchObject({ secondsPaid: 600, resolved: true, released: true })
    expect(book.get(id)?.phase).toBe('destroyed')
    expect(world.host.workloads.size).toBe(0)
    expect(world.kept.at(0)).toEqual([imageOf('runs')])
    expect(world.kept.at(-1)).toEqual([])
    expect(world.archived.get(id)).toEqual(['up'])
    world.kill()
  })

  test.each(['invalid', 'crashes', 'fails'] as const)(
    'is abandoned at no cost to its tenant if it %s',
    async (kind) => {
      const world = createWorld()
      const { id, terms, book } = await openLease(world, kind)
      await seconds(20)
      expect(world.chain.lease(terms)).toMatchObject({ stop: 1_000, secondsPaid: 0, resolved: true, released: true })
      expect(book.get(id)).toMatchObject({ phase: 'stopped', reason: expect.stringMatching(/Wasm|trap|ill/) })
      world.kill()
    },
  )

  test('runs again when it was lost, and when nothing of it can be found', async () => {
    const world = createWorld()
    const { id, book } = await openLease(world, 'runs')
    await seconds(1)
    world.host.end(id, { kind: 'lost' })
    await seconds(1)
    expect(book.get(id)?.phase).toBe('running')
    world.kill()
    world.host.workloads.delete(id)
    const later = world.start()
    await seconds(1)
    expect(later.get(id)?.phase).toBe('running')
    expect(world.begun).toEqual([id, id, id])
    world.kill()
  })

  test('that its host loses again and again runs again after ever longer pauses, until it has run well', async () => {
    const world = createWorld()
    const { id, book, terms } = await openLease(world, 'runs')
    Object.assign(world.chain.lease(terms), { stop: 5_000 })
    await book.refresh(id, never)
    await seconds(1)
    const restartedAfter = async () => {
      world.host.end(id, { kind: 'lost' })
      const lostAt = Date.now()
      const runs = world.begun.length
      while (world.begun.length === runs) await vi.advanceTimersByTimeAsync(100)
      return Math.round((Date.now() - lostAt) / 1000)
    }
    const pauses: number[] = []
    while (pauses.length < 9) pauses.push(await restartedAfter())
    expect(pauses).toEqual([0, 1, 2, 4, 8, 16, 32, 60, 60])
    expect(book.get(id)?.phase).toBe('running')
    await seconds(601)
    expect([await restartedAfter(), await restartedAfter()]).toEqual([0, 1])

    // A pause holds up no end.
    world.host.end(id, { kind: 'lost' })
    await vi.advanceTimersByTimeAsync(100)
    world.chain.close(terms)
    await book.refresh(id, never)
    await world.live(() => {})
    await vi.advanceTimersByTimeAsync(100)
    expect(book.get(id)?.phase).toBe('stopped')
    world.kill()
  })

  test('that was lost and started anew is not started a third time by a crash before that is recorded', async () => {
    const world = createWorld()
    const { id } = await openLease(world, 'runs')
    await seconds(1)
    world.kill()
    world.host.end(id, { kind: 'lost' })
    // Its effects: the loss is recorded, the rest of it removed, that recorded, and started; it dies before it can record that.
    world.start(4)
    await seconds(1)
    expect([world.dead, world.begun]).toEqual([true, [id, id]])
    const last = world.start()
    await seconds(1)
    expect(last.get(id)?.phase).toBe('running')
    expect(world.begun).toEqual([id, id])
    world.kill()
  })

  test('that was started and never recorded is stopped when it is over', async () => {
    const world = createWorld()
    const { id, terms } = await openLease(world, 'runs')
    world.kill()
    // Its only effect is the start: it dies before it can write that down.
    world.start(1)
    await seconds(1)
    expect([world.dead, world.host.workloads.size]).toEqual([true, 1])
    expect(world.stores.live.get(id)).toMatchObject({ phase: 'accepted' })
    expect(world.stores.live.get(id)?.handle).toBeUndefined()
    world.chain.close(terms)
    const later = world.start()
    await later.refresh(id, never)
    await world.live(() => {})
    await seconds(1)
    expect(world.host.workloads.get(id)?.result).toMatchObject({ reason: { kind: 'stopped' } })
    await seconds(100)
    expect(world.host.workloads.size).toBe(0)
    world.kill()
  })

  test('goes on when the chain takes its end back', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs')
    await seconds(1)
    const before = { ...world.chain.lease(terms) }
    world.chain.close(terms)
    await book.refresh(id, never)
    await seconds(31)
    expect(book.get(id)?.phase).toBe('stopped')
    Object.assign(world.chain.lease(terms), before)
    await book.refresh(id, never)
    await seconds(31)
    expect(book.get(id)?.phase).toBe('running')
    expect(world.host.workloads.get(id)?.result).toBeUndefined()
    world.kill()
  })

  test('whose driver is gone holds up no other, and is not given up', async () => {
    const world = createWorld()
    const { id, book } = await openLease(world, 'runs')
    await seconds(1)
    world.kill()
    const record = world.stores.live.get(id)
    if (!record?.handle) throw new Error('it runs')
    world.stores.live.set(id, { ...record, handle: { ...record.handle, driver: 'gone' } })
    const later = world.start()
    const other = termsOf({ index: 1 })
    world.chain.open(other, 1_600)
    await later.open(other, { order: orderOf() }, never)
    later.update(leaseIdOf(other), { phase: 'accepted', manifest: manifestOf(imageOf('runs')) })
    await world.live(() => {})
    await seconds(1)
    expect(later.get(leaseIdOf(other))?.phase).toBe('running')
    expect(later.get(id)?.phase).toBe('running')
    expect(book).not.toBe(later)
    world.kill()
  })

  test('is stopped at its end although settling fails', async () => {
    const world = createWorld()
    const { id, book } = await openLease(world, 'runs')
    await seconds(1)
    const { settle } = world.chain.market
    world.kill()
    world.chain.market.settle = async () => {
      throw new TenderError('down', { code: 'unreachable', class: 'network' })
    }
    const later = world.start()
    await seconds(602)
    expect(later.get(id)?.phase).toBe('stopped')
    world.kill()
    world.chain.market.settle = settle
    const last = world.start()
    await seconds(200)
    expect(last.get(id)?.phase).toBe('destroyed')
    expect(book).not.toBe(last)
    world.kill()
  })
})

describe('an update', () => {
  const both = ['fake', 'containers'] as const

  test.each(both)('replaces what runs: %s', async (driver) => {
    const world = createWorld()
    const { id, book } = await openLease(world, 'runs', {}, driver)
    await seconds(1)
    await world.live(() => deliver(world, book, id, manifestFor('runsToo', driver), 3))
    await seconds(2)
    expect(book.get(id)).toMatchObject({ phase: 'running', revision: 3, update: { revision: 3, state: 'done' } })
    expect(book.get(id)).toMatchObject({ manifest: manifestFor('runsToo', driver), pending: undefined })
    expect(world.host.workloads.get(id)?.script).toEqual(scripts.runsToo)
    expect(world.kept.at(-1)).toEqual([imageOf('runsToo')])
    expect(world.begun).toEqual(driver === 'fake' ? [id, id] : [id])
    world.kill()
  })

  test.each(both)('that cannot run leaves the version before, and says why: %s', async (driver) => {
    const world = createWorld()
    const { id, book } = await openLease(world, 'runs', {}, driver)
    await seconds(1)
    await world.live(() => deliver(world, book, id, manifestFor('invalid', driver), 1))
    await seconds(2)
    expect(book.get(id)).toMatchObject({ phase: 'running', manifest: manifestFor('runs', driver), pending: undefined })
    expect(book.get(id)?.revision ?? 0).toBe(0)
    expect(book.get(id)?.update).toMatchObject({
      revision: 1,
      state: 'failed',
      reason: expect.stringMatching(/Wasm|ended/),
    })
    expect(world.host.workloads.get(id)).toMatchObject({ script: scripts.runs, result: undefined })
    world.kill()
  })

  test('that is never well leaves the version before', async () => {
    const world = createWorld()
    const { id, book } = await openLease(world, 'runs', {}, 'containers')
    await seconds(70)
    const handle = book.get(id)?.handle
    await world.live(() => deliver(world, book, id, manifestFor('ails', 'containers'), 1))
    await seconds(2)
    expect(book.get(id)).toMatchObject({ phase: 'running', handle, update: { state: 'failed' } })
    expect(book.get(id)?.update?.reason).toMatch('db is not healthy')
    // It is still followed to its end.
    world.host.end(id, { kind: 'crashed', detail: 'later' })
    await seconds(1)
    expect(book.get(id)).toMatchObject({ phase: 'failed', reason: 'crashed: later' })
    world.kill()
  })

  test('starts again what had failed', async () => {
    const world = createWorld()
    const { id, book } = await openLease(world, 'runs')
    await seconds(70)
    world.host.end(id, { kind: 'crashed', detail: 'a trap' })
    await seconds(1)
    expect(book.get(id)).toMatchObject({ phase: 'failed', evidence: { reason: 'crashed: a trap', logTail: ['up'] } })
    await world.live(() => deliver(world, book, id, manifestFor('runsToo'), 1))
    await seconds(1)
    expect(book.get(id)).toMatchObject({
      phase: 'running',
      revision: 1,
      update: { state: 'done' },
      evidence: undefined,
    })
    world.kill()
  })

  test('to what had been lost with the host starts the new version', async () => {
    const world = createWorld()
    const { id, book } = await openLease(world, 'runs', {}, 'containers')
    await seconds(1)
    world.kill()
    world.host.workloads.delete(id)
    world.stores.live.set(id, {
      ...(book.get(id) ?? expect.fail()),
      pending: { revision: 1, manifest: manifestFor('runsToo', 'containers'), secrets: {} },
    })
    const later = world.start()
    await seconds(2)
    expect(later.get(id)).toMatchObject({ phase: 'running', revision: 1, update: { state: 'done' } })
    expect(world.host.workloads.get(id)?.script).toEqual(scripts.runsToo)
    world.kill()
  })

  const deaths = Array.from({ length: 12 }, (_, index) => index + 1)
  test.each(both.flatMap((driver) => deaths.map((death) => [driver, death] as const)))(
    'is finished after its provider was killed at any effect of it: %s, %i',
    async (driver, death) => {
      const world = createWorld()
      const good = await openLease(world, 'runs', {}, driver)
      await seconds(2)
      world.kill()
      const bad = termsOf({ index: 1 })
      const badId = leaseIdOf(bad)
      world.chain.open(bad, 1_600)
      const next = world.start()
      await next.open(bad, { order: orderOf(), agentKey }, never)
      await world.live(() => next.update(badId, { phase: 'accepted', manifest: manifestFor('runs', driver) }))
      await seconds(2)
      deliver(world, next, good.id, manifestFor('runsToo', driver), 1)
      deliver(world, next, badId, manifestFor('invalid', driver), 1)
      world.kill()
      world.start(death)
      await seconds(2)
      world.kill()
      const last = world.start()
      await seconds(3)
      expect(last.get(good.id)).toMatchObject({ phase: 'running', revision: 1, update: { state: 'done' } })
      expect(last.get(badId)).toMatchObject({ phase: 'running', update: { state: 'failed' } })
      expect(world.host.workloads.get(good.id)).toMatchObject({ script: scripts.runsToo, result: undefined })
      expect(world.host.workloads.get(badId)).toMatchObject({ script: scripts.runs, result: undefined })
      world.kill()
    },
  )
})

describe('an end', () => {
  test('is explained, also when nothing was ever well', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'ails', {}, 'containers')
    await seconds(40)
    expect(book.get(id)?.phase).toBe('running')
    await seconds(20)
    const { evidence, reason } = book.get(id) ?? expect.fail()
    expect(reason).toMatch('running, waiting: db is not healthy')
    expect(evidence).toMatchObject({ leaseId: id, reason, lastStatus: 'running, waiting: db is not healthy' })
    expect(world.chain.lease(terms)).toMatchObject({
      secondsPaid: 0,
      evidence: evidenceHash(evidence ?? expect.fail()),
    })
    world.kill()
  })

  test('that was put on the chain is explained as it was then, although an update came', async () => {
    const world = createWorld()
    const { abandon } = world.chain.market
    const down = async () => {
      throw new TenderError('down', { code: 'unreachable', class: 'network' })
    }
    // The transaction is mined, and its provider hears of it later.
    world.chain.market.abandon = (...args) => abandon(...args).then(down)
    const { id, terms, book } = await openLease(world, 'crashes')
    const { view } = world.chain.market
    world.chain.market.view = down
    world.kill()
    const later = world.start()
    await seconds(5)
    expect(later.get(id)).toMatchObject({ phase: 'failed', evidenceSent: true })
    await world.live(() => deliver(world, later, id, manifestFor('runs'), 1))
    await seconds(5)
    world.chain.market.view = view
    world.kill()
    const last = world.start()
    await last.refresh(id, never)
    await world.live(() => {})
    await seconds(5)
    const { evidence } = last.get(id) ?? expect.fail()
    expect(evidence?.reason).toBe('crashed: a trap')
    expect(world.chain.lease(terms).evidence).toBe(evidenceHash(evidence ?? expect.fail()))
    expect(book).not.toBe(last)
    world.kill()
  })

  test('that its tenant made has the end of the log, and the volumes stay a while', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs', {}, 'containers')
    await seconds(2)
    world.chain.close(terms)
    book.update(id, { endReason: 'closed by the tenant' })
    await book.refresh(id, never)
    await world.live(() => {})
    await seconds(2)
    expect(book.get(id)).toMatchObject({
      phase: 'stopped',
      evidence: { reason: 'closed by the tenant', logTail: ['up'] },
    })
    await seconds(80)
    expect(book.get(id)).toMatchObject({ phase: 'retired', keepsVolumes: true, archive: { until: 1_002 + 90 } })
    expect(world.host.workloads.size).toBe(0)
    expect([...world.host.volumes.keys()]).toEqual([id])
    await seconds(60)
    expect(book.get(id)?.phase).toBe('destroyed')
    expect(world.host.volumes.size).toBe(0)
    world.kill()
  })

  test('comes with notice when its provider interrupts it', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs', { noticeSeconds: 30 })
    await seconds(5)
    await world.live(() => book.update(id, { interrupt: { because: 'a better order came' } }))
    await seconds(2)
    const { evidence } = book.get(id) ?? expect.fail()
    expect(evidence).toMatchObject({ reason: 'a better order came' })
    expect(world.chain.lease(terms)).toMatchObject({ stop: 1_035, evidence: evidenceHash(evidence ?? expect.fail()) })
    await seconds(20)
    expect(book.get(id)?.phase).toBe('running')
    await seconds(15)
    expect(book.get(id)).toMatchObject({ phase: 'stopped', evidence })
    expect(world.chain.lease(terms)).toMatchObject({ secondsPaid: 35, resolved: true })
    world.kill()
  })

  test('is put off as the tenant permits, and no further', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs')
    const permission = { lease: id, latestEnd: 2_000, maxAmount: 10n ** 9n, expiry: 10_000 }
    await world.live(() => book.update(id, { extend: { permission, signature, runwaySeconds: 100 } }))
    await seconds(495)
    expect(world.chain.lease(terms).stop).toBe(1_600)
    await seconds(10)
    expect(world.chain.lease(terms).stop).toBe(1_700)
    world.chain.payUntil(1_800)
    await seconds(200)
    expect(world.chain.lease(terms)).toMatchObject({ stop: 1_800 })
    expect(world.troubles(id)).toEqual([expect.stringMatching('InsufficientBalance')])
    expect(world.chain.lease(terms).secondsPaid).toBeGreaterThan(650)
    world.chain.payUntil(10_000)
    await seconds(600)
    expect(book.get(id)?.phase).not.toBe('running')
    expect(world.chain.lease(terms).stop).toBeLessThanOrEqual(2_000)
    world.kill()
  })

  test('takes the volumes along of what was lost and could not be started again', async () => {
    const world = createWorld()
    const { id, book } = await openLease(world, 'runs', {}, 'containers')
    await seconds(70)
    world.host.scripts[`/blobs/${imageOf('runs')}`] = { failsToStart: 'the host is ill' }
    world.host.end(id, { kind: 'lost' })
    await seconds(5)
    expect([world.host.workloads.size, book.get(id)?.phase, book.get(id)?.handle]).toEqual([0, 'accepted', undefined])
    await seconds(540)
    expect([book.get(id)?.phase, world.host.volumes.size]).toEqual(['stopped', 1])
    await seconds(200)
    expect([book.get(id)?.phase, world.host.volumes.size]).toEqual(['destroyed', 0])
    world.kill()
  })

  test('hands volumes over to the lease that waits for them', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs', {}, 'containers')
    await seconds(2)
    const [data] = world.host.volumes.get(id)?.values() ?? []
    data?.files.set('/x', Buffer.from('kept'))
    const next = termsOf({ index: 1, startWindow: 30 })
    const nextId = leaseIdOf(next)
    world.chain.open(next, 1_600)
    await book.open(next, { order: orderOf(), agentKey }, never)
    await world.live(() => book.update(nextId, { phase: 'accepted', manifest: manifestFor('runs', 'containers', id) }))
    await seconds(60)
    expect(book.get(nextId)?.phase).toBe('accepted')
    expect(world.chain.lease(next).endsEarly).toBe(false)
    world.chain.close(terms)
    await book.refresh(id, never)
    await world.live(() => {})
    await seconds(2)
    expect([book.get(id)?.phase, book.get(nextId)?.phase]).toEqual(['stopped', 'running'])
    expect(world.host.volumes.get(nextId)?.get('data')?.files.get('/x')?.toString()).toBe('kept')
    world.kill()
  })

  test('gives volumes to nobody but the tenant who had them', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs', {}, 'containers')
    await seconds(2)
    world.chain.close(terms)
    await book.refresh(id, never)
    const thief = termsOf({ index: 1, tenant: address(9) })
    world.chain.open(thief, 1_600)
    await book.open(thief, { order: orderOf() }, never)
    const manifest = manifestFor('runs', 'containers', id)
    await world.live(() => book.update(leaseIdOf(thief), { phase: 'accepted', manifest }))
    await seconds(5)
    expect(book.get(leaseIdOf(thief))).toMatchObject({ phase: 'stopped', reason: expect.stringMatching('not here') })
    expect(world.chain.lease(thief)).toMatchObject({ secondsPaid: 0, resolved: true })
    world.kill()
  })
})

describe('a host in trouble', () => {
  test('whose engine is dead keeps its leases, earns what it earned, and stops them when it is back', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs', {}, 'containers')
    await seconds(5)
    world.host.engineDown = true
    world.kill()
    const later = world.start()
    await seconds(100)
    expect(later.get(id)?.phase).toBe('running')
    expect(world.chain.lease(terms)).toMatchObject({ endsEarly: false })
    expect(world.chain.lease(terms).secondsPaid).toBeGreaterThan(80)
    await seconds(500)
    expect(world.chain.lease(terms)).toMatchObject({ secondsPaid: 600, resolved: true, released: false })
    expect(world.troubles(id).join()).toMatch('engine does not answer')
    world.host.engineDown = false
    await seconds(70)
    expect(later.get(id)?.phase).toBe('retired')
    expect(world.chain.lease(terms).released).toBe(true)
    expect(book).not.toBe(later)
    world.kill()
  })

  test('whose engine is dead when a lease comes waits for it, and leaves in time if it does not come back', async () => {
    const world = createWorld()
    world.host.engineDown = true
    const { terms, id, book } = await openLease(world, 'runs', {}, 'containers')
    await seconds(40)
    expect(book.get(id)?.phase).toBe('accepted')
    await seconds(20)
    expect(world.chain.lease(terms)).toMatchObject({ endsEarly: true, secondsPaid: 0 })
    expect(book.get(id)?.evidence?.reason).toMatch('start fails: the engine does not answer')
    world.kill()
  })

  test('whose disk is full settles once, stops in time, and archives when there is room again', async () => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs')
    await seconds(5)
    world.diskFull = true
    let settlements = 0
    const { settle } = world.chain.market
    world.chain.market.settle = (...args) => {
      settlements += 1
      return settle(...args)
    }
    world.kill()
    world.start()
    await seconds(300)
    // Every 30 s, and not again and again because it cannot be written down.
    expect(settlements).toBeLessThanOrEqual(11)
    expect(world.chain.lease(terms).secondsPaid).toBeGreaterThan(250)
    await seconds(330)
    expect(world.chain.lease(terms)).toMatchObject({ secondsPaid: 600, resolved: true })
    expect(world.host.workloads.get(id)?.result).toMatchObject({ reason: { kind: 'stopped' } })
    world.diskFull = false
    await seconds(60)
    expect(world.archived.get(id)).toEqual(['up'])
    await seconds(60)
    expect(world.stores.ended.get(id)).toMatchObject({ phase: 'destroyed', chain: { secondsPaid: 600 } })
    expect(book.get(id)).toBeDefined()
    world.kill()
  })

  test.each([3_600_000, -3_600_000])('whose clock jumps by %i ms ends no lease early and none late', async (jumpMs) => {
    const world = createWorld()
    const { id, terms, book } = await openLease(world, 'runs')
    await seconds(5)
    vi.setSystemTime(Date.now() + jumpMs)
    await seconds(590)
    expect(book.get(id)?.phase).toBe('running')
    expect(world.chain.lease(terms).secondsPaid).toBeGreaterThan(540)
    await seconds(10)
    expect(book.get(id)?.phase).toBe('stopped')
    world.kill()
  })
})

const second = (min: number, max: number) => fc.option(fc.integer({ min, max }), { nil: undefined })
const aLease = fc.record({
  kind: fc.constantFrom(...kinds),
  driver: fc.constantFrom('fake', 'containers'),
  manifestAt: second(0, 70),
  /** Newer versions, by when they are sent. */
  updates: fc.array(fc.record({ at: fc.integer({ min: 1, max: 150 }), kind: fc.constantFrom(...kinds) }), {
    maxLength: 2,
  }),
  closeAt: second(0, 150),
  lostAt: second(1, 150),
  interruptAt: second(0, 100),
  /** Prolonged up to here, seconds after its start. */
  ceiling: second(0, 200),
  duration: fc.integer({ min: 10, max: 150 }),
})

const LONGEST_LEASE_SECONDS = 210
/** The longest lease, the time its volumes are kept, and some for retries. */
const LONGEST_LIFE_SECONDS = LONGEST_LEASE_SECONDS + policy.keepVolumesSeconds + 90

// A provider is killed at its nth effect, before or after it was done as chance has it, and started again a second later.
test('whenever it is killed, nothing runs twice, nothing is forgotten, every end is settled', async () => {
  const lives = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 8 })
  const outage = fc.record({ from: fc.integer({ min: 0, max: 150 }), seconds: fc.integer({ min: 0, max: 40 }) })
  const plans = fc.array(aLease, { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(plans, lives, outage, async (planned, effects, engine) => {
      vi.setSystemTime(1_000_000)
      const world = createWorld()
      const leases = planned.map((plan, index) => ({ ...plan, terms: termsOf({ index, noticeSeconds: 20 }) }))
      for (const { terms, duration } of leases) world.chain.open(terms, 1_000 + duration)
      const remaining = [...effects]
      const losses = new Map<string, number>()

      // What comes after the last lease has time.
      const stepAt = (second: number) => (second < LONGEST_LEASE_SECONDS ? 1 : 10)
      for (let second = 0; second < LONGEST_LIFE_SECONDS; second += stepAt(second)) {
        world.host.engineDown = second >= engine.from && second < engine.from + engine.seconds
        if (world.dead) {
          world.kill()
          world.start(remaining.shift())
          // As the watch does first.
          await world.live(({ book }) => refreshAll(book))
        }
        for (const { terms, closeAt, lostAt, ...plan } of leases) {
          const id = leaseIdOf(terms)
          await world.live(({ book }) => book.open(terms, { order: orderOf(), agentKey }, never))
          await world.live(({ book }) => hear(world, book, id, plan, second))
          if (second === closeAt && world.chain.lease(terms).stop > world.nowSeconds()) world.chain.close(terms)
          if (second === lostAt && lose(world.host, id)) losses.set(id, 1)
        }
        await world.live(({ book }) => refreshAll(book))
        await seconds(stepAt(second))
      }

      for (const { terms, kind, updates, ceiling, duration } of leases) {
        const id = leaseIdOf(terms)
        expect(world.stores.live.get(id)).toBeUndefined()
        const record = world.stores.ended.get(id) ?? expect.fail('forgotten')
        expect([record.phase, record.pending, record.fallback]).toEqual(['destroyed', undefined, undefined])
        const { start, stop, secondsPaid, resolved, released, evidence } = world.chain.lease(terms)
        expect([resolved, released, secondsPaid]).toEqual([true, true, stop - start])
        expect(stop - start).toBeLessThanOrEqual(Math.max(duration, ceiling ?? 0))
        if (evidence) expect(evidenceHash(record.evidence ?? expect.fail('no evidence'))).toBe(evidence)
        expect(record.update?.state).not.toBe('running')
        if (record.update?.state === 'done') expect(record.revision).toBe(record.update.revision)
        const starts = world.begun.filter((begun) => begun === id).length
        // One that cannot even begin may be tried by each life; an update that fails starts the version before it again.
        const isTried = [{ kind }, ...updates].some((one) => one.kind === 'fails')
        if (!isTried) expect(starts).toBeLessThanOrEqual(1 + (losses.get(id) ?? 0) + 2 * updates.length)
      }
      expect([world.host.workloads.size, world.host.volumes.size]).toEqual([0, 0])
      world.kill()
    }),
    { numRuns: 12, endOnFailure: true },
  )
})

async function refreshAll(book: LeaseBook): Promise<void> {
  for (const { leaseId } of book.live()) await book.refresh(leaseId, never)
}

type Plan = Pick<
  typeof aLease extends fc.Arbitrary<infer Lease> ? Lease : never,
  'kind' | 'driver' | 'manifestAt' | 'updates' | 'interruptAt' | 'ceiling'
>

/** What its tenant, and its provider's other half, tell a provider: each again until it is taken. */
function hear(world: World, book: LeaseBook, id: Hex, plan: Plan, second: number): void {
  const { kind, driver, manifestAt, updates, interruptAt, ceiling } = plan
  const { phase, extend, interrupt, chain } = book.get(id) ?? expect.fail('not opened')
  if (manifestAt !== undefined && second >= manifestAt && phase === 'opened') {
    book.update(id, { phase: 'accepted', manifest: manifestFor(kind, driver) })
  }
  if (chain.stop <= world.nowSeconds()) return
  for (const [index, update] of updates.entries()) {
    if (second < update.at) continue
    try {
      deliver(world, book, id, manifestFor(update.kind, driver), index + 1)
    } catch (error) {
      if (!(error instanceof TenderError) || error.class !== 'conflict') throw error
    }
  }
  if (interruptAt !== undefined && second >= interruptAt && !interrupt) book.update(id, { interrupt: { because: 'x' } })
  if (ceiling !== undefined && !extend) {
    const permission = { lease: id, latestEnd: 1_000 + ceiling, maxAmount: 10n ** 9n, expiry: 10_000 }
    book.update(id, { extend: { permission, signature, runwaySeconds: 60 } })
  }
}

function lose(host: FakeHost, id: string): boolean {
  const workload = host.workloads.get(id)
  if (!workload || workload.result) return false
  host.end(id, { kind: 'lost' })
  return true
}
