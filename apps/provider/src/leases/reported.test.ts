import { expect, test } from 'vitest'
import { never } from '../testKit.ts'
import { createWorld, openLease, playTime, seconds, type World } from './testWorld.ts'

playTime()

const look = (world: World) => world.live(({ reports }) => reports.look(world.chain.reports, never))

test('a word that the chain does not know is forgotten and learnt anew', async () => {
  const world = createWorld()
  const { id, terms, book } = await openLease(world, 'runs', { uptimeBps: 9_900 })
  await seconds(100)
  world.chain.report(9_000)
  const { report } = await world.chain.reports.head()
  const { era, coveredUntil } = report ?? expect.fail()
  await world.live(() => book.update(id, { reported: { era, coveredUntil, served: 91, proof: [], credit: 0n } }))
  await seconds(1)
  expect(book.get(id)?.reported).toBeUndefined()
  expect(world.troubles(id)).toEqual([expect.stringMatching('settleServed fails')])
  expect(world.chain.lease(terms).secondsPaid).toBe(0)
  await look(world)
  await seconds(1)
  expect(world.chain.lease(terms)).toMatchObject({ secondsPaid: 90, byTime: false, resolved: false })
  expect(world.troubles(id)).toEqual([])
  world.kill()
})

test('a last word is kept through outages and restarts, and used although newer reports have come', async () => {
  const world = createWorld()
  const { id, terms, book } = await openLease(world, 'runs', { uptimeBps: 9_900 })
  await seconds(50)
  world.chain.close(terms)
  await book.refresh(id, never)
  await seconds(10)
  world.chain.report(8_000)
  const down = world.chain.market.settleServed
  world.chain.market.settleServed = async () => {
    throw new Error('no gas')
  }
  // Whoever was started with this market keeps it.
  world.kill()
  const later = world.start()
  await look(world)
  await seconds(5)
  world.chain.report(8_000)
  await look(world)
  expect(later.get(id)?.reported).toMatchObject({ era: 1n })
  expect(world.chain.lease(terms).resolved).toBe(false)
  world.chain.market.settleServed = down
  world.kill()
  world.start()
  await world.live(() => {})
  await seconds(5)
  expect(world.chain.lease(terms)).toMatchObject({ secondsPaid: 40, resolved: true })
  world.kill()
})

test('an ended lease gives its units back long before a report comes', async () => {
  const world = createWorld()
  const { id, terms, book } = await openLease(world, 'runs', { uptimeBps: 9_900 })
  await seconds(50)
  world.chain.close(terms)
  await book.refresh(id, never)
  await world.live(() => {})
  await seconds(300)
  expect(world.chain.lease(terms)).toMatchObject({ released: true, resolved: false, secondsPaid: 0 })
  expect(book.live().map(({ leaseId, phase }) => [leaseId, phase])).toEqual([[id, 'destroyed']])
  world.chain.report(10_000)
  await look(world)
  await seconds(1)
  expect(world.chain.lease(terms)).toMatchObject({ resolved: true, secondsPaid: 50 })
  expect(book.live()).toEqual([])
  world.kill()
})
