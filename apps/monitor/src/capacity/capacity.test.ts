import { type CapacityTask, capacityTagSync } from '@tender/network'
import type { EraMonitor } from '@tender/protocol'
import { type Address, type Hex, keccak256, numberToHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { isMoment, isMyTurn, trier } from './moments.ts'
import { tryProvider } from './tryProvider.ts'

const soon = () => AbortSignal.timeout(60_000)
const hash = (n: number): Hex => keccak256(numberToHex(n, { size: 32 }))
// CAST: 20 bytes
const monitors: EraMonitor[] = [1, 2, 3, 4].map((n) => ({ monitor: `0x${String(n).repeat(40)}` as Address, weight: n }))

describe('moments', () => {
  test.each([
    { blockSeconds: 1, momentsPerEra: 2, eraSeconds: 600 },
    { blockSeconds: 12, momentsPerEra: 2, eraSeconds: 3_600 },
    { blockSeconds: 2, momentsPerEra: 0.5, eraSeconds: 30 },
  ])('are as many in an era as asked, with blocks of $blockSeconds s', ({ blockSeconds, ...rules }) => {
    const blocks = 10_000
    const found = Array.from({ length: blocks }, (_, n) =>
      isMoment({ hash: hash(n), timestamp: (n + 1) * blockSeconds, parentTimestamp: n * blockSeconds }, rules),
    ).filter(Boolean).length
    const expected = (blocks * blockSeconds * rules.momentsPerEra) / rules.eraSeconds
    expect(Math.abs(found - expected)).toBeLessThan(6 * Math.sqrt(expected))
  })

  test('are none at all if none are asked, and blocks of the same second have no chance', () => {
    for (let n = 0; n < 1_000; n++) {
      const block = { hash: hash(n), timestamp: 100, parentTimestamp: 88 }
      expect(isMoment(block, { momentsPerEra: 0, eraSeconds: 60 })).toBe(false)
      expect(isMoment({ ...block, parentTimestamp: 100 }, { momentsPerEra: 50, eraSeconds: 60 })).toBe(false)
    }
  })

  test('each provider is tried by one monitor, drawn by weight', () => {
    const turns = monitors.map(() => 0)
    for (let n = 0; n < 2_000; n++) {
      const mine = monitors.map(({ monitor }) => isMyTurn(hash(n), 7n, monitors, monitor))
      expect(mine.filter(Boolean).length).toBe(1)
      turns[mine.indexOf(true)] = (turns[mine.indexOf(true)] ?? 0) + 1
    }
    const share = turns.map((count) => count / 2_000)
    for (const [n, expected] of [0.1, 0.2, 0.3, 0.4].entries()) expect(share[n]).toBeCloseTo(expected, 1)
    expect(trier(hash(1), 7n, [])).toBeUndefined()
  })
})

describe('a trial', () => {
  const trial = {
    provider: 7n,
    resource: hash(1),
    freeUnits: 6,
    at: 100,
    contact: { publicKey: '0x02' as Hex, addresses: [] },
    settings: { memoryKibPerUnit: 64, passes: 1, deadlineMs: 5_000, samples: 2 },
  }
  const tagsOf = (task: CapacityTask, provider = 7n) =>
    Array.from({ length: task.units }, (_, unit) => capacityTagSync({ task, provider, unit }))
  const check = { provider: 7n, resource: hash(1), at: 100, units: 6 }

  test('counts the units whose tags are right', async () => {
    expect(await tryProvider(async (_contact, task) => tagsOf(task), trial, soon())).toEqual({ ...check, proven: 6 })
    const part = await tryProvider(async (_contact, task) => tagsOf(task).slice(0, 4), trial, soon())
    expect(part).toEqual({ ...check, proven: 4 })
    expect(await tryProvider(async () => [], trial, soon())).toEqual({ ...check, proven: 0 })
  })

  test("counts none if one that it looks at is not right, or is another provider's", async () => {
    const all = { ...trial, settings: { ...trial.settings, samples: 64 } }
    const oneWrong = async (_contact: unknown, task: CapacityTask) => tagsOf(task).with(3, hash(3))
    expect((await tryProvider(oneWrong, all, soon())).proven).toBe(0)
    const others = async (_contact: unknown, task: CapacityTask) => tagsOf(task, 8n)
    expect((await tryProvider(others, trial, soon())).proven).toBe(0)
  })

  test('whose answers are being worked out again ends with its signal, not with the work', async () => {
    const settings = { ...trial.settings, memoryKibPerUnit: 64 * 1024, passes: 64, samples: 6 }
    const stopping = new AbortController()
    const ask = async () => {
      setImmediate(() => stopping.abort(new Error('stopped')))
      return Array.from({ length: 6 }, () => hash(3))
    }
    await expect(tryProvider(ask, { ...trial, settings }, stopping.signal)).rejects.toThrow('stopped')
  })

  test('asks for free units only, with a nonce that was never used', async () => {
    const tasks: CapacityTask[] = []
    const ask = async (_contact: unknown, task: CapacityTask) => {
      tasks.push(task)
      return tagsOf(task)
    }
    await tryProvider(ask, trial, soon())
    await tryProvider(ask, trial, soon())
    expect(tasks).toMatchObject([{ units: 6, memoryKib: 64, passes: 1 }, { units: 6 }])
    expect(tasks[0]?.nonce).not.toBe(tasks[1]?.nonce)
  })
})
