import { type Hex, toHex, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import { soon, startNode } from '../testNetwork.ts'
import { askCapacity, type CapacityTask, MAX_TASK_UNITS, serveCapacity } from './capacity.ts'

const task: CapacityTask = { nonce: zeroHash, resource: `0x${'51'.repeat(32)}`, units: 3, memoryKib: 64, passes: 1 }
const tagsOf = (count: number): Hex[] => Array.from({ length: count }, (_, index) => toHex(index, { size: 32 }))

async function setUp(work: (task: CapacityTask, signal: AbortSignal) => Promise<readonly Hex[]>) {
  const [provider, monitor] = [await startNode(), await startNode()]
  await serveCapacity(provider, {
    isMonitor: async (address) => address === monitor.address,
    work: (given, _caller, signal) => work(given, signal),
  })
  const ask = (change: Partial<CapacityTask> = {}, node = monitor, timeoutMs = 60_000) =>
    askCapacity(node, provider.contact(), { ...task, ...change }, { timeoutMs, signal: soon() })
  return { ask }
}

test('a task comes back as tags, in order, as many as could be done; the largest too', async () => {
  const given: CapacityTask[] = []
  const { ask } = await setUp(async (work) => {
    given.push(work)
    return work.units === 3 ? tagsOf(2) : tagsOf(work.units)
  })
  expect(await ask()).toEqual(tagsOf(2))
  expect(await ask({ units: MAX_TASK_UNITS })).toHaveLength(MAX_TASK_UNITS)
  expect(given).toEqual([task, { ...task, units: MAX_TASK_UNITS }])
})

test('only monitors give tasks, and no larger ones', async () => {
  let worked = 0
  const { ask } = await setUp(async () => {
    worked++
    return []
  })
  await expect(ask({}, await startNode())).rejects.toMatchObject({ code: 'notMonitor' })
  await expect(ask({ units: MAX_TASK_UNITS + 1 })).rejects.toThrow()
  expect(worked).toBe(0)
})

test('more tags than units are no answer', async () => {
  const { ask } = await setUp(async () => tagsOf(4))
  await expect(ask()).rejects.toMatchObject({ code: 'badFrame' })
})

test('a provider that never answers is left after the time that the caller gives, and stops its work', async () => {
  const stopped = Promise.withResolvers<void>()
  const { ask } = await setUp((_task, signal) => {
    signal.addEventListener('abort', () => stopped.resolve())
    return new Promise(() => {})
  })
  await expect(ask({}, undefined, 1_000)).rejects.toMatchObject({ code: 'timedOut' })
  await stopped.promise
})
