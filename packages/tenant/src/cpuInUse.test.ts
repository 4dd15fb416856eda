import { expect, test } from 'vitest'
import { cpuInUse } from './cpuInUse.ts'

test.each([
  ['half a core', { atMs: 0, cpuMs: 100 }, { atMs: 2_000, cpuMs: 1_100 }, 500],
  ['two cores', { atMs: 0, cpuMs: 0 }, { atMs: 1_000, cpuMs: 2_000 }, 2_000],
  ['nothing', { atMs: 0, cpuMs: 7 }, { atMs: 1_000, cpuMs: 7 }, 0],
  ['the first count', undefined, { atMs: 1_000, cpuMs: 7 }, undefined],
  ['no count in between', { atMs: 1_000, cpuMs: 7 }, { atMs: 1_000, cpuMs: 7 }, undefined],
  ['a workload that began anew', { atMs: 0, cpuMs: 700 }, { atMs: 1_000, cpuMs: 7 }, undefined],
])('%s', (_, before, now, inUse) => {
  expect(cpuInUse(before, now)).toBe(inUse)
})
