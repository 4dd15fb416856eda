import fc from 'fast-check'
import type { Hex } from 'viem'
import { hexOf } from './bytes.ts'
import type { Batch, EraFacts, EraState, Probe } from './types.ts'

// Any value that has an encoding, for property tests.

const hex = (size: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => hexOf(bytes))
const id = hex(32)
const account = hex(20)
const bps = fc.integer({ min: 0, max: 10_000 })
const u16 = fc.integer({ min: 0, max: 2 ** 16 - 1 })
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const u40 = fc.integer({ min: 0, max: 2 ** 40 - 1 })
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const u128 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })
const u256 = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })

/** Of what is the same by `key` only one, sorted by it. */
function sorted<T>(record: fc.Arbitrary<T>, key: (value: T) => string, maxLength = 4): fc.Arbitrary<T[]> {
  return fc
    .uniqueArray(record, { maxLength, selector: key })
    .map((list) => list.sort((a, b) => (key(a) < key(b) ? -1 : 1)))
}

const padded = (value: bigint | number): string => value.toString().padStart(25, '0')

const answered = fc.tuple(u32, u32).map(([a, b]) => ({ challenges: Math.max(a, b), answered: Math.min(a, b) }))
const proven = fc.tuple(u32, u32).map(([a, b]) => ({ units: Math.max(a, b), proven: Math.min(a, b) }))

const observation = fc
  .record({ lease: id, probes: u32, upBps: bps, latencyMs: u32, spreadMs: u32, startedAt: u40, evidence: id })
  .chain((seen) => answered.map((challenges) => ({ ...seen, ...challenges })))
const capacityCheck = fc
  .record({ provider: u64, resource: id, at: u40 })
  .chain((check) => proven.map((units) => ({ ...check, ...units })))
const rating = fc.record({
  rating: fc.record({ lease: id, stars: fc.integer({ min: 1, max: 5 }) }),
  tenant: account,
  signature: hex(65),
})

export const arbitraryBatch: fc.Arbitrary<Batch> = fc.record({
  monitor: account,
  era: u64,
  observations: sorted(observation, ({ lease }) => lease),
  capacity: sorted(capacityCheck, ({ provider, resource, at }) => `${padded(provider)}${resource}${padded(at)}`),
  ratings: sorted(rating, ({ rating: { lease } }) => lease),
})

export const probe: fc.Arbitrary<Probe> = fc.record({
  at: u40,
  kind: fc.constantFrom('http', 'tcp', 'health', 'challenge'),
  outcome: fc.constantFrom('good', 'bad', 'blind'),
  latencyMs: u32,
  detail: fc.string({ maxLength: 80, unit: 'binary' }),
})

const lease = fc.record({
  lease: id,
  provider: u64,
  tenant: account,
  asset: fc.constantFrom<Hex>(`0x${'11'.repeat(20)}`, `0x${'22'.repeat(20)}`),
  resource: fc.constantFrom<Hex>(`0x${'63'.repeat(32)}`, `0x${'67'.repeat(32)}`),
  tier: fc.integer({ min: 0, max: 2 }),
  units: u32,
  rate: u128,
  start: u40,
  stop: u40,
  end: u40,
  startWindow: u32,
  uptimeBps: bps,
  endReason: fc.integer({ min: 0, max: 10 }),
  fees: u128,
  paid: u128,
  seed: fc.constantFrom<Hex>(`0x${'aa'.repeat(32)}`, `0x${'bb'.repeat(32)}`, `0x${'cc'.repeat(32)}`),
})

export const arbitraryFacts: fc.Arbitrary<EraFacts> = fc.record({
  era: u64,
  from: u40,
  until: u40,
  block: fc.record({ number: u64, hash: id }),
  rules: fc.record({
    redundancy: u16,
    creditBps: bps,
    providerBudget: u128,
    feeFactorBps: u16,
    idleFactorBps: u16,
    mostOfFeesBps: u16,
    rates: sorted(fc.record({ asset: account, rate: u256 }), ({ asset }) => asset, 2),
    penaltyBps: fc.tuple(bps, bps, bps),
  }),
  monitors: sorted(fc.record({ monitor: account, weight: u32 }), ({ monitor }) => monitor),
  leases: sorted(lease, (record) => record.lease),
  capacity: sorted(
    fc.record({ provider: u64, resource: id, committed: u32, leased: u32, stakePerUnit: u128 }),
    ({ provider, resource }) => `${padded(provider)}${resource}`,
  ),
  disputes: sorted(fc.record({ dispute: u64, lease: id, era: u64 }), ({ dispute }) => padded(dispute)),
  attestations: sorted(fc.record({ provider: u64, resultBps: bps }), ({ provider }) => padded(provider)),
})

const figure = fc.option(bps, { nil: undefined })

export const arbitraryState: fc.Arbitrary<EraState> = fc.record({
  era: u64,
  coveredUntil: u40,
  leases: sorted(
    fc.record({
      lease: id,
      served: u40,
      credit: u128,
      unobserved: u40,
      startedAt: u40,
      finalEra: u64,
      stars: fc.integer({ min: 0, max: 5 }),
    }),
    (record) => record.lease,
  ),
  providers: sorted(
    fc.record({
      provider: u64,
      score: bps,
      rewards: u128,
      slashed: u128,
      performance: fc.record({
        uptimeBps: figure,
        consistencyBps: figure,
        availabilityBps: figure,
        complianceBps: figure,
        auditBps: figure,
      }),
      inputs: fc.option(
        fc.record({
          uptimeBps: bps,
          performanceBps: bps,
          completedBps: bps,
          ratingBps: bps,
          consistencyBps: bps,
        }),
        { nil: undefined },
      ),
      recentUptimeBps: fc.array(bps, { maxLength: 16 }),
    }),
    ({ provider }) => padded(provider),
  ),
  monitors: sorted(
    fc.record({
      monitor: account,
      slashed: u128,
      rewards: sorted(fc.record({ asset: account, amount: u128 }), ({ asset }) => asset, 3),
    }),
    ({ monitor }) => monitor,
  ),
  recounted: sorted(fc.record({ lease: id, era: u64 }), ({ lease, era }) => `${lease}${padded(era)}`, 3),
})
