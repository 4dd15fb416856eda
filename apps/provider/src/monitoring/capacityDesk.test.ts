import type { Driver, HostReport } from '@tender/driver'
import type { CapacityTask } from '@tender/network'
import { resourceId } from '@tender/protocol'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import type { LeaseRecord } from '../leases/leaseRecord.ts'
import { bytes32, manifestOf, never } from '../testKit.ts'
import { createCapacityDesk } from './capacityDesk.ts'

const MIB = 1024 ** 2
const healthy: HostReport = {
  healthy: true,
  cpuMilliTotal: 2_000,
  cpuMilliFree: 2_000,
  memoryBytesTotal: 1_000 * MIB,
  memoryBytesFree: 1_000 * MIB,
  diskBytesFree: 0,
}
const task: CapacityTask = {
  nonce: bytes32(1),
  resource: resourceId('cu'),
  units: 100,
  memoryKib: 100 * 1024,
  passes: 1,
}

type Setting = { report?: HostReport; promised?: readonly number[]; mostMemoryBytes?: number; free?: number }

/** A desk whose work is only counted. */
function open({ report = healthy, promised = [], mostMemoryBytes, free = 100 }: Setting = {}) {
  const worked: number[] = []
  const gates: (() => void)[] = []
  const desk = createCapacityDesk({
    provider: 7n,
    // CAST: nothing else of a driver is asked
    drivers: [{ probe: async () => report } as Pick<Driver, 'probe'> as Driver],
    leases: {
      live: () =>
        promised.map((memoryBytes): LeaseRecord => {
          const manifest = manifestOf(bytes32(1))
          // CAST: nothing else of a record is looked at
          return {
            manifest: { ...manifest, brief: { ...manifest.brief, memoryBytes } },
          } as Partial<LeaseRecord> as LeaseRecord
        }),
    },
    capacity: async () => ({ committedUnits: free + 3, leasedUnits: 3, until: 0 }),
    mostMemoryBytes,
    solve: async ({ task: { units } }) => {
      worked.push(units)
      await new Promise<void>((resolve) => gates.push(resolve))
      return Array.from({ length: units }, (_, unit): Hex => bytes32(unit))
    },
  })
  return { desk, worked, gates }
}

async function unitsDone(setting: Setting): Promise<number> {
  const { desk, gates } = open(setting)
  const done = desk.work(task, never)
  await Promise.race([done, expect.poll(() => gates.length).toBe(1)])
  gates[0]?.()
  return (await done).length
}

test('as many units are worked on as are free and fit beside what leases were promised', async () => {
  expect(await unitsDone({})).toBe(9)
  expect(await unitsDone({ free: 2 })).toBe(2)
  expect(await unitsDone({ promised: [300 * MIB, 100 * MIB] })).toBe(5)
  expect(await unitsDone({ mostMemoryBytes: 150 * MIB })).toBe(1)
  expect(await unitsDone({ report: { ...healthy, memoryBytesFree: 350 * MIB } })).toBe(2)
})

test('nothing is worked on where no memory is free, and where the host is not well', async () => {
  const cases: Setting[] = [
    { promised: [2_000 * MIB] },
    { mostMemoryBytes: 0 },
    { free: 0 },
    { report: { healthy: false, reason: 'no engine' } },
  ]
  for (const setting of cases) {
    const { desk, worked } = open(setting)
    expect(await desk.work(task, never)).toEqual([])
    expect(worked).toEqual([])
  }
})

test('one task after the other, and not too many wait', async () => {
  const { desk, worked, gates } = open()
  const first = Array.from({ length: 8 }, () => desk.work(task, never))
  await expect(desk.work(task, never)).rejects.toMatchObject({ code: 'tooManyStreams' })
  for (let n = 1; n <= first.length; n++) {
    await expect.poll(() => gates.length).toBe(n)
    expect(worked.length).toBe(n)
    gates[n - 1]?.()
  }
  await Promise.all(first)
})

test('a task that only wears the host out is refused', async () => {
  const { desk } = open()
  await expect(desk.work({ ...task, passes: 5 }, never)).rejects.toMatchObject({ code: 'taskTooLarge' })
  await expect(desk.work({ ...task, memoryKib: 5 * 1024 ** 2 }, never)).rejects.toMatchObject({ code: 'taskTooLarge' })
})
