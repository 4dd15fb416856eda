import type { LeaseUsage } from '@tender/network/browser'
import { expect, test } from 'vitest'
import { addLook, MAX_LOOKS, servicesNow, usageSeries } from './usageSeries.ts'

function look(atMs: number, cpuMs: number, memoryBytes = 10): LeaseUsage {
  const used = { cpuMs, memoryBytes, memoryPeakBytes: 20 }
  return { atMs, ...used, limits: { cpuMilli: 1_000, memoryBytes: 100 }, services: [{ service: 'web', ...used }] }
}

test('a look is added once, and the oldest go', () => {
  const first = addLook([], look(1_000, 0))
  expect(addLook(first, look(1_000, 0))).toBe(first)
  let looks = first
  for (let n = 1; n <= MAX_LOOKS; n++) looks = addLook(looks, look(1_000 + n, n))
  expect([looks.length, looks[0]?.atMs]).toEqual([MAX_LOOKS, 1_001])
})

test('cores follow from two looks, and are unknown where the workload began anew', () => {
  const looks = [look(0, 0), look(2_000, 1_000, 30), look(4_000, 200)]
  expect(usageSeries(looks)).toEqual({ times: [0, 2, 4], cores: [null, 0.5, null], memoryBytes: [10, 30, 10] })
  expect(servicesNow(looks)).toMatchObject([{ service: 'web', cores: null, cpuMs: 200 }])
  expect(servicesNow(looks.slice(0, 2))).toMatchObject([{ service: 'web', cores: 0.5, memoryPeakBytes: 20 }])
  expect(servicesNow([])).toEqual([])
})
