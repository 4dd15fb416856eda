import type { FakeHost } from '@tender/driver/fake'
import { evidenceHash } from '@tender/network'
import { leaseId as leaseIdOf, TenderError } from '@tender/protocol'
import fc from 'fast-check'
import type { Hex } from 'viem'
import { expect, test, vi } from 'vitest'
import { never, orderOf, termsOf } from '../testKit.ts'
import type { LeaseBook } from './leaseBook.ts'
import {
  agentKey,
  createWorld,
  deliver,
  kinds,
  manifestFor,
  playTime,
  policy,
  seconds,
  signature,
  type World,
} from './testWorld.ts'

playTime()

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
  monitored: fc.boolean(),
})

/** Reports say of each second that so much of it was served, up to when the last one comes; some time later the fallback opens. */
const someReports = fc.record({ upBps: fc.constantFrom(0, 6_000, 10_000), lastAt: fc.integer({ min: -1, max: 400 }) })
const ERA_SECONDS = 30
const LIVENESS_SECONDS = 90

const LONGEST_LEASE_SECONDS = 210
/** The longest lease, the time its volumes are kept, and some for retries. */
const LONGEST_LIFE_SECONDS = LONGEST_LEASE_SECONDS + policy.keepVolumesSeconds + 90

// A provider is killed at its nth effect, before or after it was done as chance has it, and started again a second later.
test('whenever it is killed, nothing runs twice, nothing is forgotten, every end is settled', async () => {
  const lives = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 8 })
  const outage = fc.record({ from: fc.integer({ min: 0, max: 150 }), seconds: fc.integer({ min: 0, max: 40 }) })
  const plans = fc.array(aLease, { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(plans, lives, outage, someReports, async (planned, effects, engine, { upBps, lastAt }) => {
      vi.setSystemTime(1_000_000)
      const world = createWorld()
      const leases = planned.map((plan, index) => ({
        ...plan,
        terms: termsOf({ index, noticeSeconds: 20, uptimeBps: plan.monitored ? 9_900 : 0 }),
      }))
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
        if (second % ERA_SECONDS === 0 && second > 0) {
          if (second <= lastAt) world.chain.report(upBps)
          else if (second > lastAt + LIVENESS_SECONDS) world.chain.openFallback()
        }
        await world.live(({ book }) => refreshAll(book))
        await world.live(({ reports }) => reports.look(world.chain.reports, never))
        await seconds(stepAt(second))
      }

      for (const { terms, kind, updates, ceiling, duration, monitored } of leases) {
        const id = leaseIdOf(terms)
        expect(world.stores.live.get(id)).toBeUndefined()
        const record = world.stores.ended.get(id) ?? expect.fail('forgotten')
        expect([record.phase, record.pending, record.fallback]).toEqual(['destroyed', undefined, undefined])
        const { start, stop, endsEarly, byTime, secondsPaid, resolved, released, evidence } = world.chain.lease(terms)
        expect([resolved, released]).toEqual([true, true])
        // What reports say of it; and by time, also from when they failed to come, every second.
        const least = Math.floor(((stop - start) * upBps) / 10_000)
        if (!monitored) expect([byTime, secondsPaid]).toEqual([true, stop - start])
        else if (byTime) expect(secondsPaid).toBeGreaterThanOrEqual(least)
        // A provider that leaves early is left with what it was paid before.
        else if (secondsPaid !== stop - start || !endsEarly) expect(secondsPaid).toBe(least)
        expect(secondsPaid).toBeLessThanOrEqual(stop - start)
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
