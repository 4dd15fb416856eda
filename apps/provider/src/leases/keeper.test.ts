import { leaseId as leaseIdOf, TenderError } from '@tender/protocol'
import { describe, expect, test, vi } from 'vitest'
import { manifestOf, never, orderOf, termsOf } from '../testKit.ts'
import { createWorld, imageOf, openLease, playTime, seconds } from './testWorld.ts'

playTime()

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
