import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { capacityTagSync } from './capacityTag.ts'
import { solveCapacity } from './solveCapacity.ts'

const nonce: Hex = `0x${'11'.repeat(32)}`
const resource: Hex = `0x${'22'.repeat(32)}`
const task = { nonce, resource, units: 5, memoryKib: 64, passes: 1 }
const provider = 7n

test('every unit has its tag, in order', async () => {
  const tags = await solveCapacity({ task, provider, threads: 2 }, AbortSignal.timeout(60_000))
  expect(tags).toEqual(Array.from({ length: 5 }, (_, unit) => capacityTagSync({ task, provider, unit })))
})

test('work that the host cannot do is said to have failed, and work that is aborted ends', async () => {
  const impossible = { ...task, memoryKib: 2 ** 32 - 1 }
  const failing = solveCapacity({ task: impossible, provider, threads: 1 }, AbortSignal.timeout(60_000))
  await expect(failing).rejects.toMatchObject({ code: 'capacityFailed' })
  const long = { ...task, memoryKib: 2 ** 16, passes: 1024 }
  const aborting = new AbortController()
  const aborted = solveCapacity({ task: long, provider, threads: 1 }, aborting.signal)
  aborting.abort()
  await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
})
