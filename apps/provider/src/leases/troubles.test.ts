import { describe, expect, test, vi } from 'vitest'
import { createWorld, openLease, playTime, seconds } from './testWorld.ts'

playTime()

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
