import type { Gpu } from '@tender/driver'
import { leaseId as leaseIdOf, resourceId, tiers } from '@tender/protocol'
import { expect, test } from 'vitest'
import { bytes32 } from '../testKit.ts'
import { createFakeTasks, GPU } from './testJobs.ts'
import { createJobWorld } from './testJobWorld.ts'

// What of several jobs, or of several cards, a task gets.

test('a premium job that comes later is done before the rest of an interruptible one', async () => {
  const gate = Promise.withResolvers<undefined>()
  let begun = 0
  const script = () => (begun++ === 0 ? gate.promise.then(() => ({ kind: 'exited', code: 0 }) as const) : undefined)
  const job = { tasks: 3, atOnce: 1 }
  const world = await createJobWorld({ script, hostCpuMillis: 500, job, over: { tier: tiers.interruptible } })
  const life = world.start()
  await world.deliver(life)
  await world.until(() => begun === 1)

  // Its deadline is later, so that it is not first by that.
  const premium = { ...world.terms, tier: tiers.premium, offer: bytes32(9), start: world.terms.start + 1 }
  world.chain.open(premium)
  await world.deliver(life, premium)
  await world.until(() => life.book.get(leaseIdOf(premium))?.chain.state === 'begun')
  gate.resolve(undefined)
  await world.until(() => world.chain.submissions.length === 2)
  expect(world.tasks.runs).toEqual([0, 0, 1, 2, 1, 2])
  await life.stop()
})

/** A host with cards, whose tasks wait until as many run as may. `given`: which cards each had. */
function createCardHost(ids: readonly string[], atOnce: number) {
  const { driver: tasks } = createFakeTasks()
  const given: (readonly string[] | undefined)[] = []
  const together = Promise.withResolvers<void>()
  const card = (id: string): Gpu => ({ id, resource: GPU, memoryBytes: 80 * 2 ** 30, driverVersion: '570' })
  const other: Gpu = { ...card('GPU-other'), resource: 'gpu.nvidia.l4-24gb' }
  const driver = {
    ...tasks,
    async probe(signal: AbortSignal) {
      const report = await tasks.probe(signal)
      return report.healthy ? { ...report, gpus: [other, ...ids.map(card)] } : report
    },
    async runTask(...[spec, signal]: Parameters<typeof tasks.runTask>) {
      given.push(spec.gpus)
      if (given.length === atOnce) together.resolve()
      await together.promise
      return tasks.runTask(spec, signal)
    },
  }
  return { driver, given }
}

const over = { resource: resourceId(GPU), units: 2 }
const job = { tasks: 4, atOnce: 2, gpus: 1 }

test('each place of a lease has its own card, of the class that was ordered and that no service has', async () => {
  const { driver, given } = createCardHost(['GPU-1', 'GPU-2', 'GPU-3'], 2)
  const world = await createJobWorld({ driver, job, over, cardsTaken: ['GPU-1'] })
  const life = world.start()
  await world.deliver(life)
  await world.until(() => world.chain.submissions.length === 1)
  expect(given.slice(0, 2).toSorted()).toEqual([['GPU-2'], ['GPU-3']])
  expect(given).toHaveLength(4)
  expect(given.flat().every((id) => id === 'GPU-2' || id === 'GPU-3')).toBe(true)
  await life.stop()
})

test('a job is not begun while too few cards are free', async () => {
  const { driver, given } = createCardHost(['GPU-1', 'GPU-2'], 2)
  const world = await createJobWorld({ driver, job, over, cardsTaken: ['GPU-1'] })
  const life = world.start()
  await world.deliver(life)
  await expect
    .poll(() => life.keeper.troubles(world.id))
    .toEqual([expect.stringContaining(`no card of ${GPU} is free`)])
  expect([world.chain.sent, given]).toEqual([[], []])
  await life.stop()
})
