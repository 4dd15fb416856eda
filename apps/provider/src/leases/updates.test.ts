import { leaseId as leaseIdOf } from '@tender/protocol'
import { describe, expect, test } from 'vitest'
import { never, orderOf, termsOf } from '../testKit.ts'
import {
  agentKey,
  createWorld,
  deliver,
  imageOf,
  manifestFor,
  openLease,
  playTime,
  scripts,
  seconds,
} from './testWorld.ts'

playTime()

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

  test('that can only be waited for is given up after some minutes; then another is taken', async () => {
    const world = createWorld()
    const { id, book } = await openLease(world, 'runs', {}, 'containers')
    await seconds(70)
    world.host.engineDown = true
    await world.live(() => deliver(world, book, id, manifestFor('runsToo', 'containers'), 1))
    await seconds(60)
    expect(book.get(id)).toMatchObject({ phase: 'running', update: { revision: 1, state: 'running' } })
    await seconds(180)
    expect(book.get(id)).toMatchObject({
      phase: 'running',
      pending: undefined,
      update: { revision: 1, state: 'failed' },
    })
    world.host.engineDown = false
    await world.live(() => deliver(world, book, id, manifestFor('runsToo', 'containers'), 2))
    await seconds(40)
    expect(book.get(id)).toMatchObject({ phase: 'running', revision: 2, update: { revision: 2, state: 'done' } })
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
