import { type Probe, probesHash } from '@tender/protocol'
import fc from 'fast-check'
import type { Hex } from 'viem'
import { describe, expect, test } from 'vitest'
import { judge } from './judge.ts'

const lease: Hex = `0x${'77'.repeat(32)}`
const mostGapSeconds = { visits: 1_000, told: 1_000 }

function probe(at: number, outcome: Probe['outcome'], kind: Probe['kind'] = 'http', latencyMs = 10): Probe {
  return { at, kind, outcome, latencyMs, detail: '' }
}

function judged(probes: readonly Probe[], change: Partial<Parameters<typeof judge>[0]> = {}) {
  return judge({ lease, probes, startedAt: 0, mostGapSeconds, ...change })
}

describe('uptime', () => {
  test('between two good probes it served, between two bad ones not, in between half', () => {
    expect(judged([probe(0, 'good'), probe(10, 'good')]).upBps).toBe(10_000)
    expect(judged([probe(0, 'bad'), probe(10, 'bad')]).upBps).toBe(0)
    expect(judged([probe(0, 'good'), probe(10, 'bad')]).upBps).toBe(5_000)
    expect(judged([probe(0, 'good'), probe(10, 'bad'), probe(20, 'bad'), probe(30, 'good')]).upBps).toBe(3_333)
  })

  test('time counts, not the number of probes', () => {
    expect(judged([probe(0, 'good'), probe(90, 'good'), probe(95, 'bad'), probe(100, 'bad')]).upBps).toBe(9_250)
  })

  test('nothing is said of the time around a blind probe', () => {
    const probes = [probe(0, 'good'), probe(10, 'good'), probe(20, 'blind'), probe(30, 'bad'), probe(60, 'bad')]
    expect(judged(probes)).toMatchObject({ probes: 4, upBps: 2_500 })
    expect(judged([probe(0, 'blind'), probe(10, 'good')])).toMatchObject({ probes: 1, upBps: 10_000 })
    expect(judged([probe(0, 'blind'), probe(10, 'blind')])).toMatchObject({ probes: 0, upBps: 0, latencyMs: 0 })
  })

  test('nor of a time in which the monitor itself was away', () => {
    const probes = [probe(0, 'good'), probe(10, 'good'), probe(2_000, 'bad'), probe(2_030, 'bad')]
    expect(judged(probes).upBps).toBe(2_500)
    const within = [probe(0, 'good'), probe(1_000, 'good'), probe(1_010, 'bad'), probe(1_020, 'bad')]
    expect(judged(within).upBps).toBe(9_852)
  })

  test('how long it may be away is another time for visits and for what is told', () => {
    const gaps = { mostGapSeconds: { visits: 10, told: 100 } }
    const seen = (kind: Probe['kind']) =>
      judged([probe(0, 'good', kind), probe(50, 'good', kind), probe(60, 'bad', kind), probe(70, 'bad', kind)], gaps)
    expect(seen('http').upBps).toBe(2_500)
    expect(seen('tcp').upBps).toBe(2_500)
    expect(seen('health').upBps).toBe(7_857)
    // Beside visits too.
    const told = [probe(0, 'bad', 'health'), probe(20, 'bad', 'health')]
    const visits = [probe(0, 'good'), probe(10, 'good'), probe(20, 'good'), probe(30, 'good')]
    expect(judged([...told.slice(0, 1), ...visits.slice(0, 3), ...told.slice(1), ...visits.slice(3)], gaps).upBps).toBe(
      3_333,
    )
  })

  test('one probe alone says what it saw', () => {
    expect(judged([probe(5, 'good')])).toMatchObject({ probes: 1, upBps: 10_000 })
    expect(judged([probe(5, 'bad')])).toMatchObject({ probes: 1, upBps: 0 })
    expect(judged([])).toMatchObject({ probes: 0, upBps: 0 })
  })

  test('what its provider says is not running does not serve, whatever visitors are told', () => {
    const told = [probe(0, 'good', 'health'), probe(50, 'bad', 'health'), probe(100, 'bad', 'health')]
    const visits = [probe(0, 'good'), probe(100, 'good')]
    const mixed = [...visits, ...told].sort((a, b) => a.at - b.at)
    // A half of the first 50 s, and nothing after.
    expect(judged(mixed).upBps).toBe(2_500)
  })

  test("a provider's word makes nothing good that visitors find bad", () => {
    const probes = [probe(0, 'bad'), probe(1, 'good', 'health'), probe(99, 'good', 'health'), probe(100, 'bad')]
    expect(judged(probes).upBps).toBe(0)
  })

  test('what serves no visitors goes by the word alone', () => {
    const probes = [probe(0, 'good', 'health'), probe(10, 'good', 'health'), probe(20, 'bad', 'health')]
    expect(judged(probes)).toMatchObject({ probes: 3, upBps: 7_500 })
    // As well as what serves some, but none of them could be seen.
    const visits = [probe(0, 'blind'), probe(10, 'blind'), probe(20, 'blind')]
    expect(judged([...visits, ...probes].sort((a, b) => a.at - b.at))).toMatchObject({ probes: 3, upBps: 7_500 })
  })

  test('challenges are counted, and are no part of it', () => {
    const asked = (at: number, outcome: Probe['outcome']) => probe(at, outcome, 'challenge')
    const probes = [asked(0, 'bad'), probe(1, 'good'), asked(2, 'good'), asked(3, 'bad'), probe(9, 'good')]
    expect(judged([...probes, asked(10, 'blind')])).toMatchObject({
      probes: 2,
      upBps: 10_000,
      challenges: 3,
      answered: 1,
    })
  })
})

test('latency is the median of good answers, spread how far the 90th of 100 lies above it', () => {
  const probes = Array.from({ length: 10 }, (_, n) => probe(n, 'good', 'http', 100 - 10 * n))
  expect(judged([...probes, probe(11, 'bad', 'http', 9_999)])).toMatchObject({ latencyMs: 50, spreadMs: 40 })
})

describe('whatever was seen', () => {
  const probes = fc
    .array(
      fc.record({
        at: fc.integer({ min: 0, max: 3_600 }),
        kind: fc.constantFrom('http', 'tcp', 'health', 'challenge'),
        outcome: fc.constantFrom('good', 'bad', 'blind'),
        latencyMs: fc.integer({ min: 0, max: 10_000 }),
        detail: fc.constant(''),
      }) satisfies fc.Arbitrary<Probe>,
      { maxLength: 60 },
    )
    .map((list) => list.sort((a, b) => a.at - b.at))

  test('numbers are whole and within their bounds, and the evidence is of these probes', () => {
    fc.assert(
      fc.property(probes, (list) => {
        const said = judged(list, { startedAt: 7 })
        for (const value of [said.upBps, said.latencyMs, said.spreadMs]) expect(Number.isSafeInteger(value)).toBe(true)
        expect(said.upBps).toBeGreaterThanOrEqual(0)
        expect(said.upBps).toBeLessThanOrEqual(10_000)
        expect(said.answered).toBeLessThanOrEqual(said.challenges)
        expect(said.probes + said.challenges).toBe(list.filter(({ outcome }) => outcome !== 'blind').length)
        expect([said.startedAt, said.evidence]).toEqual([7, probesHash(list)])
      }),
    )
  })

  test('one probe that turns good never lowers it', () => {
    fc.assert(
      fc.property(probes, fc.nat(), (list, index) => {
        const at = list.length === 0 ? 0 : index % list.length
        const better = list.map((one, n) =>
          n === at && one.outcome === 'bad' ? { ...one, outcome: 'good' as const } : one,
        )
        expect(judged(better).upBps).toBeGreaterThanOrEqual(judged(list).upBps)
      }),
    )
  })

  test('all good is all of it, all bad is nothing', () => {
    fc.assert(
      fc.property(probes, (list) => {
        const counts = list.some(({ kind }) => kind !== 'challenge')
        const all = (outcome: Probe['outcome']) => judged(list.map((one) => ({ ...one, outcome }))).upBps
        expect(all('good')).toBe(counts ? 10_000 : 0)
        expect(all('bad')).toBe(0)
        expect(all('blind')).toBe(0)
      }),
    )
  })
})
