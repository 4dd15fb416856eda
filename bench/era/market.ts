import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createDraw,
  type EraLease,
  type EraMonitor,
  encodeBatch,
  encodeFacts,
  encodeState,
  type FactsView,
  type LeaseRecord,
  type List,
  newProvider,
  type Observation,
  type StateView,
} from '@tender/protocol'
import { type Address, type Hex, hexToBytes, keccak256, numberToHex, stringToHex } from 'viem'

/** How large a made-up market is. */
export type MarketSize = { providers: number; leases: number; monitors: number }

const FROM = 1_700_000_000
const DAY = 86_400
const REDUNDANCY = 5
const STAKE = 10n ** 18n
const RESOURCE = stringToHex('cu', { size: 32 })
const ASSET: Address = `0x${'05'.repeat(20)}`
const SEED = keccak256('0x5eed')
const EVIDENCE = keccak256('0xe0')
/** One in so many leases is below its promise. */
const POOR = 50

/**
 * Writes an era's input to `directory` as monitors have it: packed facts, the packed state that the era before left, and one
 * packed batch of each monitor with an observation of every lease that it is drawn for. No list is ever whole in memory.
 */
export async function writeMarket(directory: string, size: MarketSize): Promise<void> {
  const facts = factsOf(size)
  await writeFile(join(directory, 'facts'), encodeFacts(facts))
  await writeFile(join(directory, 'state'), encodeState(stateOf(size)))
  const drawn = drawAll(facts, size)
  for (const [index, { monitor }] of facts.monitors.entries()) {
    const own = drawn.get(index) ?? []
    const observations = listOf(own.length, (place) => observationOf(own[place] ?? 0, index, size))
    const batch = { monitor, era: 2n, observations, capacity: [], ratings: [] }
    await writeFile(join(directory, `batch-${index}`), encodeBatch(batch))
  }
}

function listOf<T>(length: number, make: (index: number) => T): List<T> {
  return {
    length,
    at: (index) => (index >= 0 && index < length ? make(index) : undefined),
    *[Symbol.iterator]() {
      for (let index = 0; index < length; index++) yield make(index)
    },
  }
}

/** Ids that rise with their number, and look like hashes. */
function leaseId(index: number, { leases }: MarketSize): Hex {
  const start = Math.floor((index * 2 ** 32) / leases)
  return `0x${start.toString(16).padStart(8, '0')}${numberToHex(index + 1, { size: 28 }).slice(2)}`
}

/** A hundred leases each, if there are a hundred times as many leases as providers; not one after the other. */
function providerOf(index: number, { providers }: MarketSize): number {
  return (Math.imul(index, 7_919) >>> 0) % providers
}

function factsOf(size: MarketSize): FactsView {
  return {
    ...{ era: 2n, from: FROM, until: FROM + DAY, block: { number: 1n, hash: SEED } },
    rules: {
      ...{ redundancy: REDUNDANCY, creditBps: 2_000, providerBudget: 100_000n * STAKE, feeFactorBps: 10_000 },
      ...{ idleFactorBps: 1_000, mostOfFeesBps: 9_000, penaltyBps: [1_000, 5_000, 10_000] },
      rates: [{ asset: ASSET, rate: 10n ** 30n }],
    },
    monitors: monitorsOf(size),
    leases: listOf(size.leases, (index) => leaseOf(index, size)),
    capacity: Array.from({ length: size.providers }, (_, provider) => ({
      ...{ provider: BigInt(provider), resource: RESOURCE, committed: 250, leased: 200, stakePerUnit: STAKE },
    })),
    disputes: [],
    attestations: [],
  }
}

function monitorsOf({ monitors }: MarketSize): EraMonitor[] {
  return Array.from({ length: monitors }, (_, index) => ({
    monitor: numberToHex(BigInt(index + 1) << 100n, { size: 20 }),
    weight: 1_000 + 100 * index,
  }))
}

function leaseOf(index: number, size: MarketSize): EraLease {
  return {
    ...{ lease: leaseId(index, size), provider: BigInt(providerOf(index, size)) },
    ...{ tenant: numberToHex(1_000_000 + (index % 50_000), { size: 20 }), asset: ASSET, resource: RESOURCE, tier: 1 },
    ...{ units: 2, rate: 20_000n, start: FROM - 40 * DAY, stop: FROM + (index % 100 === 0 ? DAY / 2 : 30 * DAY) },
    ...{
      end: FROM + 30 * DAY,
      startWindow: 900,
      uptimeBps: 9_900,
      endReason: 0,
      fees: 4_800n,
      paid: 19_200_000n,
      seed: SEED,
    },
  }
}

function stateOf(size: MarketSize): StateView {
  return {
    era: 1n,
    coveredUntil: FROM,
    leases: listOf(size.leases, (index) => recordOf(index, size)),
    providers: Array.from({ length: size.providers }, (_, provider) => ({
      ...newProvider,
      ...{ provider: BigInt(provider), score: 8_000, rewards: STAKE, slashed: 0n, recentUptimeBps: [9_990, 9_995] },
    })),
    monitors: [],
    recounted: [],
  }
}

function recordOf(index: number, size: MarketSize): LeaseRecord {
  return {
    ...{ lease: leaseId(index, size), served: 40 * DAY, credit: index % POOR === 0 ? STAKE : 0n, unobserved: 0 },
    ...{ startedAt: FROM - 40 * DAY, finalEra: 0n, stars: 0 },
  }
}

/** By monitor, the leases that it is drawn for. */
function drawAll({ monitors }: FactsView, size: MarketSize): Map<number, number[]> {
  const draw = createDraw(monitors, REDUNDANCY)
  const drawn = new Map<number, number[]>(monitors.map((_, index) => [index, []]))
  const seedAndLease = new Uint8Array(64)
  seedAndLease.set(hexToBytes(SEED))
  for (let index = 0; index < size.leases; index++) {
    seedAndLease.set(hexToBytes(leaseId(index, size)), 32)
    for (const monitor of draw(seedAndLease)) drawn.get(monitor)?.push(index)
  }
  return drawn
}

function observationOf(index: number, monitor: number, size: MarketSize): Observation {
  return {
    ...{ lease: leaseId(index, size), probes: 96, upBps: (index % POOR === 0 ? 9_000 : 9_990) + (monitor % 5) },
    ...{ latencyMs: 20 + (monitor % 7), spreadMs: 9, challenges: 24, answered: 24, startedAt: FROM - 40 * DAY },
    evidence: EVIDENCE,
  }
}
