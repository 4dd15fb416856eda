import type { Driver } from '@tender/driver'
import { createFakeDriver, type FakeHost } from '@tender/driver/fake'
import { leaseId as leaseIdOf, TenderError, type Terms } from '@tender/protocol'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
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
import { createKeeper, type Keeper } from './keeper.ts'
import { createLeaseBook, type LeaseBook } from './leaseBook.ts'
import type { LeaseMarket } from './leaseMarket.ts'

const kinds = ['runs', 'completes', 'crashes', 'invalid', 'fails'] as const
type Kind = (typeof kinds)[number]
const scripts = {
  runs: {},
  completes: { ends: { kind: 'exited', code: 0 } },
  crashes: { ends: { kind: 'crashed', detail: 'a trap' } },
  invalid: { ends: { kind: 'invalid', detail: 'not a Wasm module' } },
  fails: { failsToStart: 'the host is ill' },
} as const
const imageOf = (kind: Kind) => bytes32(1 + kinds.indexOf(kind))
const policy = { settleEverySeconds: 30, keepEndedSeconds: 60 }
const nowSeconds = () => Math.floor(Date.now() / 1000)

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000, toFake: ['setTimeout', 'clearTimeout', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

type Death = PromiseWithResolvers<void>

/** What outlives a provider: the machine, the chain, the disk. And the provider, which may be killed at any effect. */
function createWorld() {
  const host = openTestHost(Object.fromEntries(kinds.map((kind) => [`/blobs/${imageOf(kind)}`, scripts[kind]])))
  const chain = createScriptedMarket(nowSeconds)
  const stores = leaseStores(openTestStore())
  const begun: string[] = []
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
        effect(...values)
      }
    const mortal = ({ live, ended }: typeof stores) => ({
      live: { ...live, set: write(live.set), delete: write(live.delete) },
      ended: { ...ended, set: write(ended.set), delete: write(ended.delete) },
    })
    const { view, settle, release, abandon } = chain.market
    const market: LeaseMarket = {
      view: (...args) => (life.dead ? new Promise(() => {}) : view(...args)),
      settle: (...args) => act(() => settle(...args)),
      release: (...args) => act(() => release(...args)),
      abandon: (...args) => act(() => abandon(...args)),
    }
    const real = createFakeDriver(host)
    const driver: Driver = {
      ...real,
      start: (spec, signal) =>
        act(() => {
          if (!host.workloads.has(spec.leaseId)) begun.push(spec.leaseId)
          return real.start(spec, signal)
        }),
      stop: (...args) => act(() => real.stop(...args)),
      destroy: (...args) => act(() => real.destroy(...args)),
      wait: async (...args) => {
        const result = await real.wait(...args)
        return life.dead ? new Promise(() => {}) : result
      },
    }
    const book = createLeaseBook(mortal(stores), market)
    const blobs = {
      path: (sha256: string) => `/blobs/${sha256}`,
      retain: (wanted: ReadonlySet<string>) => void kept.push([...wanted]),
    }
    const driverFor = (kind: string) => (kind === 'fake' ? driver : undefined)
    const keeper = createKeeper({ leases: book, market, driverFor, blobs, policy, nowSeconds, log: silent })
    living = Object.assign(life, { keeper, book })
    void keeper.run(abort.signal)
    return book
  }

  return {
    host,
    chain,
    stores,
    begun,
    kept,
    start,
    get dead() {
      return living?.dead ?? true
    },
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

async function openLease(world: ReturnType<typeof createWorld>, kind: Kind, over: Partial<Terms> = {}) {
  const terms = termsOf(over)
  world.chain.open(terms, 1_600)
  const book = world.start()
  await book.open(terms, orderOf(), never)
  await world.live(() => book.update(leaseIdOf(terms), { phase: 'accepted', manifest: manifestOf(imageOf(kind)) }))
  return { terms, book, id: leaseIdOf(terms) }
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
    expect(world.kept).toEqual([[imageOf('runs')], []])
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
    await later.open(other, orderOf(), never)
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

const aLease = fc.record({
  kind: fc.constantFrom(...kinds),
  manifestAt: fc.option(fc.integer({ min: 0, max: 70 }), { nil: undefined }),
  closeAt: fc.option(fc.integer({ min: 0, max: 150 }), { nil: undefined }),
  lostAt: fc.option(fc.integer({ min: 1, max: 150 }), { nil: undefined }),
  duration: fc.integer({ min: 10, max: 150 }),
})

/** The longest lease, the time its end is kept, and some for retries. */
const LONGEST_LIFE_SECONDS = 150 + policy.keepEndedSeconds + 60

// A provider is killed at its nth effect, before or after it was done as chance has it, and started again a second later.
test('whenever it is killed, nothing runs twice, nothing is forgotten, every end is settled', async () => {
  const lives = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(fc.array(aLease, { minLength: 1, maxLength: 3 }), lives, async (plans, effects) => {
      vi.setSystemTime(1_000_000)
      const world = createWorld()
      const leases = plans.map((plan, index) => ({ ...plan, terms: termsOf({ index }) }))
      for (const { terms, duration } of leases) world.chain.open(terms, 1_000 + duration)
      const remaining = [...effects]
      const losses = new Map<string, number>()

      for (let second = 0; second < LONGEST_LIFE_SECONDS; second++) {
        if (world.dead) {
          world.kill()
          world.start(remaining.shift())
          // As the watch does first.
          await world.live(({ book }) => refreshAll(book))
        }
        for (const { terms, kind, manifestAt, closeAt, lostAt, duration } of leases) {
          const id = leaseIdOf(terms)
          await world.live(({ book }) => book.open(terms, orderOf(), never))
          await world.live(({ book }) => accept(book, id, kind, manifestAt, second))
          if (second === closeAt && closeAt < duration) {
            if (world.chain.lease(terms).stop > nowSeconds()) world.chain.close(terms)
          }
          if (second === lostAt && lose(world.host, id)) losses.set(id, 1)
        }
        await world.live(({ book }) => refreshAll(book))
        await seconds(1)
      }

      for (const { terms, kind } of leases) {
        const id = leaseIdOf(terms)
        expect(world.stores.live.get(id)).toBeUndefined()
        expect(world.stores.ended.get(id)).toMatchObject({ phase: 'destroyed' })
        expect(world.chain.lease(terms)).toMatchObject({ resolved: true, released: true })
        const { start, stop, secondsPaid } = world.chain.lease(terms)
        expect(secondsPaid).toBe(stop - start)
        const starts = world.begun.filter((begun) => begun === id).length
        // One that cannot even begin may be tried by each life.
        if (kind !== 'fails') expect(starts).toBeLessThanOrEqual(1 + (losses.get(id) ?? 0))
      }
      expect(world.host.workloads.size).toBe(0)
      world.kill()
    }),
    { numRuns: 20 },
  )
})

async function refreshAll(book: LeaseBook): Promise<void> {
  for (const { leaseId } of book.live()) await book.refresh(leaseId, never)
}

/** As the network does when a manifest arrives, which its tenant sends until it is taken. */
function accept(book: LeaseBook, id: `0x${string}`, kind: Kind, at: number | undefined, second: number): void {
  if (at === undefined || second < at || book.get(id)?.phase !== 'opened') return
  book.update(id, { phase: 'accepted', manifest: manifestOf(imageOf(kind)) })
}

function lose(host: FakeHost, id: string): boolean {
  const workload = host.workloads.get(id)
  if (!workload || workload.result) return false
  host.end(id, { kind: 'lost' })
  return true
}
