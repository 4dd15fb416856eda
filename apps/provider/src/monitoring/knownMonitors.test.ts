import type { Address } from 'viem'
import { expect, test } from 'vitest'
import { address, never } from '../testKit.ts'
import { createKnownMonitors } from './knownMonitors.ts'

test('a monitor is known for a minute; for a stranger the chain is asked every five seconds at most', async () => {
  let monitors: readonly Address[] = [address(1)]
  let asked = 0
  let now = 0
  const isMonitor = createKnownMonitors(
    async () => {
      asked++
      return monitors
    },
    () => now,
  )
  expect(await Promise.all([isMonitor(address(1), never), isMonitor(address(1), never)])).toEqual([true, true])
  expect(await isMonitor(address(2), never)).toBe(false)
  expect(asked).toBe(1)
  monitors = [address(2)]
  now = 5_000
  expect(await isMonitor(address(2), never)).toBe(true)
  expect(await isMonitor(address(1), never)).toBe(false)
  expect(asked).toBe(2)
  now = 65_000
  expect(await isMonitor(address(2), never)).toBe(true)
  expect(asked).toBe(3)
})

test('what the chain did not answer is asked again', async () => {
  const answers = [Promise.reject(new Error('no chain')), Promise.resolve([address(1)])]
  const isMonitor = createKnownMonitors(async () => (await answers.shift()) ?? [])
  await expect(isMonitor(address(1), never)).rejects.toThrow('no chain')
  expect(await isMonitor(address(1), never)).toBe(true)
})
