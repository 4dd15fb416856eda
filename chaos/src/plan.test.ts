import { expect, test } from 'vitest'
import { planOf } from './plan.ts'
import { processFaults } from './processFaults.ts'
import { randomOf } from './random.ts'

const parts = {
  faults: processFaults,
  processes: [
    { name: 'chain', kind: 'chain' },
    { name: 'alpine', kind: 'provider' },
    { name: 'baltic', kind: 'provider' },
    { name: 'dawn', kind: 'monitor' },
    { name: 'noon', kind: 'monitor' },
  ] as const,
}

test('the same seed plans the same, another one does not', () => {
  expect(planOf(7, 10, parts)).toEqual(planOf(7, 10, parts))
  expect(planOf(8, 10, parts)).not.toEqual(planOf(7, 10, parts))
  expect(planOf(2 ** 32 - 1, 10, parts).faults).not.toEqual(planOf(0, 10, parts).faults)
})

test('a fault hits whom it can hit, begins after a quiet moment, and is over at the end', () => {
  const onlyMonitors = [{ name: 'lies', hits: ['monitor'] as const }]
  const { faults } = planOf(3, 20, { ...parts, faults: onlyMonitors })
  expect(faults.length).toBeGreaterThan(50)
  expect(new Set(faults.map(({ target }) => target))).toEqual(new Set(['dawn', 'noon']))
  for (const { atSeconds, lastsSeconds } of faults) {
    expect(atSeconds).toBeGreaterThanOrEqual(15)
    expect(atSeconds + lastsSeconds).toBeLessThanOrEqual(20 * 60)
  }
  // Everybody is killed sometime.
  const killed = planOf(3, 60, parts).faults.filter(({ fault }) => fault === 'kill')
  expect(new Set(killed.map(({ target }) => target))).toEqual(new Set(parts.processes.map(({ name }) => name)))
})

test('each tenant orders first, and of many some leave before the end', () => {
  const tenants = [1, 2, 3, 4, 5, 6].flatMap((seed) => planOf(seed, 10, parts).tenants)
  for (const { acts } of tenants) expect(acts[0]).toMatchObject({ act: 'order' })
  // Fewer tasks than are sampled are no job.
  for (const act of tenants.flatMap(({ acts }) => acts)) if (act.act === 'job') expect(act.tasks).toBeGreaterThan(2)
  const kinds = new Set(tenants.flatMap(({ acts }) => acts.map(({ act }) => act)))
  expect(kinds).toEqual(new Set(['order', 'job', 'close', 'extend', 'topUp', 'look']))
  const last = tenants.map(({ acts }) => acts.at(-1)?.atSeconds ?? 0)
  expect(last.some((at) => at < 9 * 60)).toBe(true)
  expect(last.some((at) => at > 9 * 60)).toBe(true)
})

test('without faults there are tenants all the same, as they are with them', () => {
  const none = planOf(7, 2, { ...parts, faults: [] })
  expect(none.faults).toEqual([])
  expect(none.tenants).toEqual(planOf(7, 2, parts).tenants)
})

test('chance goes by its seed, and a fork disturbs nothing', () => {
  const [one, other] = [randomOf(5), randomOf(5)]
  one.fork('a').next()
  expect([one.next(), one.integer(1, 6)]).toEqual([other.next(), other.integer(1, 6)])
  expect(randomOf(5).fork('a').next()).not.toBe(randomOf(5).fork('b').next())
  const rolls = Array.from({ length: 1_000 }, () => one.integer(1, 6))
  expect(new Set(rolls)).toEqual(new Set([1, 2, 3, 4, 5, 6]))
  expect(() => one.pick([])).toThrow(RangeError)
})
