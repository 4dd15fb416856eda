import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { bookOf, soon, startNode } from '../testNetwork.ts'
import { askUsage, type LeaseUsage, serveUsage } from './usage.ts'

const lease: Hex = `0x${'77'.repeat(32)}`

test('what a lease uses arrives, or that nothing of it runs; only the agent is told', async () => {
  const [agent, provider, stranger] = [await startNode(), await startNode(), await startNode()]
  let measured: LeaseUsage | undefined
  await serveUsage(provider, { ...bookOf(agent, lease), usage: async () => measured })
  expect(await askUsage(agent, provider.contact(), { lease }, soon())).toBeUndefined()
  const used = { cpuMs: 1_234, memoryBytes: 5_000_000, memoryPeakBytes: 6_000_000 }
  measured = {
    atMs: 1_800_000_000_000,
    ...used,
    limits: { cpuMilli: 500, memoryBytes: 2 ** 26 },
    services: [{ service: 'web', ...used }],
  }
  expect(await askUsage(agent, provider.contact(), { lease }, soon())).toEqual(measured)
  const asking = askUsage(stranger, provider.contact(), { lease }, soon())
  await expect(asking).rejects.toMatchObject({ code: 'notAgent' })
})

test('numbers that no machine measures are a broken answer of the provider', async () => {
  const [agent, provider] = [await startNode(), await startNode()]
  const used = { cpuMs: -1, memoryBytes: 0, memoryPeakBytes: 0 }
  const limits = { cpuMilli: 0, memoryBytes: 0 }
  await serveUsage(provider, {
    ...bookOf(agent, lease),
    usage: async () => ({ atMs: 0, ...used, limits, services: [] }),
  })
  await expect(askUsage(agent, provider.contact(), { lease }, soon())).rejects.toMatchObject({ class: 'network' })
})
