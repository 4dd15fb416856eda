import { computeUnit } from '@tender/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { proposeUnits } from './proposeUnits.ts'

const GIB = 2 ** 30

test('what a host has least of decides, and it says so', () => {
  const host = { cores: 8, memoryBytes: 64 * GIB, disk: { totalBytes: 500 * GIB, freeBytes: 400 * GIB } }
  expect(proposeUnits(host)).toMatchObject({
    units: 7,
    because: [
      expect.stringContaining('enough for 7'),
      '64 GiB of memory, 6.4 GiB of it for the host: enough for 14',
      expect.stringContaining('disk'),
    ],
  })
  expect(proposeUnits({ ...host, memoryBytes: 16 * GIB }).units).toBe(3)
  expect(proposeUnits({ ...host, disk: { totalBytes: 500 * GIB, freeBytes: 100 * GIB } }).units).toBe(2)
})

test('nothing is promised that the host needs itself', () => {
  const sizes = { cores: fc.integer({ min: 1, max: 512 }), gib: fc.integer({ min: 1, max: 4096 }) }
  fc.assert(
    fc.property(sizes.cores, sizes.gib, sizes.gib, fc.nat(4096), (cores, memory, total, used) => {
      const disk = { totalBytes: total * GIB, freeBytes: Math.max(0, total - used) * GIB }
      const { units } = proposeUnits({ cores, memoryBytes: memory * GIB, disk })
      expect(units).toBeGreaterThanOrEqual(0)
      if (units === 0) return
      expect(units).toBeLessThan(cores)
      expect(units * computeUnit.memoryBytes).toBeLessThan(memory * GIB)
      expect(units * computeUnit.diskBytes).toBeLessThan(disk.freeBytes)
    }),
  )
})
