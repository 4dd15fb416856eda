import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '@tender/kit'
import type { CapacityCheck, Probe } from '@tender/protocol'
import type { Hex } from 'viem'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { judge } from './judge.ts'
import { createProbeStore } from './probeStore.ts'

const lease: Hex = `0x${'77'.repeat(32)}`
const other: Hex = `0x${'78'.repeat(32)}`
const T = 1_800_000_000
let directory: string
let store: Store

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tender-probes-'))
  reopen()
})
afterEach(() => {
  store.close()
  rmSync(directory, { recursive: true })
})

function reopen() {
  store = openStore({ file: join(directory, 'monitor.db') })
}

/** As after a kill: what was not flushed is gone. */
function restart() {
  store.close()
  reopen()
  return createProbeStore(store)
}

function probe(at: number, detail = ''): Probe {
  return { at, kind: 'http', outcome: 'good', latencyMs: 1, detail }
}

const observe = (probes: readonly Probe[]) =>
  judge({ lease, probes, startedAt: 0, mostGapSeconds: { visits: 100, told: 100 } })

test('probes are there at once, and after a crash those that were flushed, in the order in which they were made', () => {
  const probes = createProbeStore(store)
  probes.add(lease, probe(T + 5, 'a'))
  probes.add(lease, probe(T + 5, 'b'))
  probes.flush()
  // Over the end of an hour.
  probes.add(lease, probe(T + 4_000, 'c'))
  probes.add(other, probe(T + 5, 'not this'))
  const all = { from: T, until: T + 10_000 }
  expect(probes.probes(lease, all).map(({ detail }) => detail)).toEqual(['a', 'b', 'c'])
  probes.flush()
  probes.add(lease, probe(T + 6, 'lost'))
  const after = restart()
  expect(after.probes(lease, all).map(({ detail }) => detail)).toEqual(['a', 'b', 'c'])
  after.add(lease, probe(T + 5, 'd'))
  after.flush()
  expect(after.probes(lease, all).map(({ detail }) => detail)).toEqual(['a', 'b', 'd', 'c'])
  expect(after.probes(lease, { from: T + 5, until: T + 4_000 }).length).toBe(3)
  expect(after.probes(lease, { from: T + 6, until: T + 4_000 })).toEqual([])
})

test('what is sealed stays as it is, so that evidence can be shown', () => {
  const probes = createProbeStore(store)
  probes.add(lease, probe(T + 5))
  const span = { from: T, until: T + 30 }
  const observation = observe(probes.probes(lease, span))
  probes.seal(7n, span, [observation])
  probes.add(lease, probe(T + 29, 'too late'))
  probes.add(lease, probe(T + 30, 'of the next'))
  const after = restart()
  after.add(lease, probe(T + 29, 'too late'))
  const shown = after.evidence(7n, lease)
  expect(shown).toEqual({ observation, probes: [probe(T + 5)] })
  expect(observe(shown?.probes ?? []).evidence).toBe(observation.evidence)
  expect(after.evidence(8n, lease)).toBeUndefined()
  expect(after.evidence(7n, other)).toBeUndefined()
})

test('a capacity check is told in one era, and again if that era is asked again', () => {
  const probes = createProbeStore(store)
  const check = (provider: bigint): CapacityCheck => ({ provider, resource: lease, at: T, units: 2, proven: 1 })
  probes.addCapacity(check(10n))
  probes.addCapacity(check(9n))
  expect(probes.takeCapacity(7n)).toEqual([check(9n), check(10n)])
  const after = restart()
  after.addCapacity(check(11n))
  expect(after.takeCapacity(8n)).toEqual([check(11n)])
  expect(after.takeCapacity(7n)).toEqual([check(9n), check(10n)])
})

test('what is old is forgotten', () => {
  const probes = createProbeStore(store)
  probes.add(lease, probe(T))
  probes.add(lease, probe(T + 7_200))
  probes.addCapacity({ provider: 1n, resource: lease, at: T, units: 1, proven: 1 })
  const span = { from: T, until: T + 30 }
  probes.seal(7n, span, [observe(probes.probes(lease, span))])
  probes.takeCapacity(7n)
  probes.forget(T + 3_600)
  expect(probes.probes(lease, { from: T, until: T + 10_000 })).toEqual([probe(T + 7_200)])
  expect(probes.evidence(7n, lease)).toBeUndefined()
  expect(probes.takeCapacity(7n)).toEqual([])
})
