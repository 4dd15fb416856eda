import fc from 'fast-check'
import { type Hex, keccak256 } from 'viem'
import { expect, test } from 'vitest'
import { batchDigest, decodeBatch, encodeBatch, openBatch } from './canonicalBatch.ts'
import { decodeFacts, encodeFacts, openFacts } from './canonicalFacts.ts'
import { decodeProbes, encodeProbes, probesHash } from './canonicalProbes.ts'
import { decodeState, emptyState, encodeState, openState } from './canonicalState.ts'
import { arbitraryBatch, arbitraryFacts, arbitraryState, probe } from './testArbitraries.ts'
import type { Batch } from './types.ts'

const cases = [
  { name: 'batch', arbitrary: arbitraryBatch, encode: encodeBatch, decode: decodeBatch },
  { name: 'facts', arbitrary: arbitraryFacts, encode: encodeFacts, decode: decodeFacts },
  { name: 'state', arbitrary: arbitraryState, encode: encodeState, decode: decodeState },
  { name: 'probes', arbitrary: fc.array(probe, { maxLength: 5 }), encode: encodeProbes, decode: decodeProbes },
] as const

/** One of {@link cases} with its types forgotten, so that one body serves all. */
type Case = { arbitrary: fc.Arbitrary<unknown>; encode(value: unknown): Uint8Array; decode(bytes: Uint8Array): unknown }

// CAST: each case's parts are of one type.
test.each(cases as unknown as (Case & { name: string })[])('$name: what is read is what was written', (one) => {
  fc.assert(
    fc.property(one.arbitrary, (value) => {
      expect(one.decode(one.encode(value))).toEqual(value)
    }),
    { numRuns: 60 },
  )
})

// CAST: as above.
test.each(cases as unknown as (Case & { name: string })[])('$name: bytes that are read are written so again', (one) => {
  fc.assert(
    fc.property(one.arbitrary, fc.nat(), fc.integer({ min: 0, max: 255 }), (value, place, byte) => {
      const bytes = one.encode(value)
      bytes[place % bytes.length] = byte
      let read: unknown
      try {
        read = one.decode(bytes)
      } catch (error) {
        expect(error).toMatchObject({ code: 'notCanonical' })
        return
      }
      expect(one.encode(read)).toEqual(bytes)
    }),
    { numRuns: 400 },
  )
})

// CAST: as above.
test.each(cases as unknown as (Case & { name: string })[])('$name: nothing is cut off or added unseen', (one) => {
  fc.assert(
    fc.property(one.arbitrary, fc.nat(), (value, cut) => {
      const bytes = one.encode(value)
      const refused = expect.objectContaining({ code: 'notCanonical' })
      expect(() => one.decode(bytes.subarray(0, cut % bytes.length))).toThrow(refused)
      expect(() => one.decode(Uint8Array.of(...bytes, 0))).toThrow(refused)
    }),
    { numRuns: 60 },
  )
})

const lease = (byte: number): Hex => `0x${byte.toString(16).padStart(2, '0').repeat(32)}`
const observation = {
  ...{
    lease: lease(1),
    probes: 3,
    upBps: 10_000,
    latencyMs: 12,
    spreadMs: 4,
    challenges: 2,
    answered: 2,
    startedAt: 5,
  },
  evidence: lease(0),
}
const batch: Batch = {
  monitor: `0x${'0a'.repeat(20)}`,
  era: 3n,
  observations: [observation],
  capacity: [],
  ratings: [],
}

test.each([
  ['a list that is not sorted', { observations: [{ ...observation, lease: lease(2) }, observation] }],
  ['a lease twice', { observations: [observation, observation] }],
  ['more than all of the time', { observations: [{ ...observation, upBps: 10_001 }] }],
  ['more answers than challenges', { observations: [{ ...observation, answered: 3 }] }],
  ['a fraction', { observations: [{ ...observation, latencyMs: 0.5 }] }],
  ['a negative number', { observations: [{ ...observation, probes: -1 }] }],
  ['six stars', { ratings: [{ rating: { lease: lease(1), stars: 6 }, tenant: batch.monitor, signature: lease(1) }] }],
  ['upper-case hex', { monitor: `0x${'0A'.repeat(20)}` as Hex }],
  ['a short address', { monitor: '0x0a' as Hex }],
  ['an era below 0', { era: -1n }],
])('refuses to write %s', (_, change) => {
  expect(() => encodeBatch({ ...batch, ...change })).toThrow(expect.objectContaining({ code: 'notCanonical' }))
})

test('a digest is the hash of the bytes, and of nothing else', () => {
  expect(batchDigest(batch)).toBe(keccak256(encodeBatch(batch)))
  expect(batchDigest({ ...batch, era: 4n })).not.toBe(batchDigest(batch))
  expect(probesHash([])).toBe(keccak256(encodeProbes([])))
})

test('a text that is no UTF-8, or has another form, is refused', () => {
  const bytes = encodeProbes([{ at: 1, kind: 'http', outcome: 'bad', latencyMs: 0, detail: 'ab' }])
  bytes.set([0xff, 0xff], bytes.length - 2)
  expect(() => decodeProbes(bytes)).toThrow(expect.objectContaining({ code: 'notCanonical' }))
})

test('packed lists read one by one what a decoder reads at once', () => {
  fc.assert(
    fc.property(arbitraryBatch, arbitraryFacts, arbitraryState, (one, facts, state) => {
      const observations = openBatch(encodeBatch(one)).observations
      expect([...observations]).toEqual(one.observations)
      expect(observations.at(one.observations.length)).toBeUndefined()
      expect(openFacts(encodeFacts(facts)).leases.at(0)).toEqual(facts.leases[0])
      expect([...openState(encodeState(state)).leases]).toEqual(state.leases)
      expect(encodeFacts(openFacts(encodeFacts(facts)))).toEqual(encodeFacts(facts))
    }),
    { numRuns: 40 },
  )
})

test('the bytes are what they were: monitors of two versions must agree', () => {
  expect(batchDigest(batch)).toBe('0x136f2e477698d8a4df51d7caf8b881046116fedae15a736c3323e09e0412d081')
  expect(keccak256(encodeState(emptyState(1_700_000_000)))).toBe(
    '0x07b3681cf002aad2c13bf1613e00a19a39bce0726c7f5b9b1f7b4c7eaeca1a67',
  )
})
