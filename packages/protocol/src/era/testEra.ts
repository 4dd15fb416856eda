import { type Address, type Hex, keccak256, numberToHex, stringToHex } from 'viem'
import { emptyState } from './canonicalState.ts'
import { computeEra } from './computeEra.ts'
import type { Batch, EraFacts, EraInput, EraLease, EraResult, Leaf, Observation } from './types.ts'

// A small market for tests: four monitors of one weight, eras of an hour.

export const HOUR = 3_600
export const STAKE = 10n ** 18n
export const USDC: Address = `0x${'05'.repeat(20)}`
export const UNIT = stringToHex('cu', { size: 32 })
const GENESIS = 1_700_000_000

export const MONITORS = [1, 2, 3, 4].map((index) => ({ monitor: numberToHex(index, { size: 20 }), weight: 100 }))

/** So many seconds after the first era began. */
export const at = (seconds: number): number => GENESIS + seconds

/** Ids that sort as they are numbered. */
export const lease = (index: number): Hex => numberToHex(index, { size: 32 })

/** A lease of one unit at 1 USDC an hour, there before the era and after it, which promised 99 %. */
export function leaseOf(index: number, change: Partial<EraLease> = {}): EraLease {
  return {
    ...{ lease: lease(index), provider: 1n, tenant: numberToHex(100 + index, { size: 20 }), asset: USDC },
    ...{ resource: UNIT, tier: 1, units: 1, rate: 1_000_000n, start: at(0), stop: at(1_000_000), startWindow: 0 },
    end: Math.max(at(1_000_000), change.stop ?? 0),
    ...{ uptimeBps: 9_900, endReason: 0, fees: 0n, paid: 0n, seed: keccak256('0x5eed') },
    ...change,
  }
}

/** Facts of the first era. A USDC is worth a stake token. */
export function eraFacts(change: Partial<EraFacts>): EraFacts {
  return {
    ...{ era: 1n, from: at(0), until: at(HOUR), block: { number: 1n, hash: keccak256('0x01') } },
    rules: {
      ...{ redundancy: 5, creditBps: 2_000, providerBudget: 1_000n * STAKE, feeFactorBps: 10_000 },
      ...{ idleFactorBps: 1_000, mostOfFeesBps: 9_000, penaltyBps: [1_000, 5_000, 10_000] },
      rates: [{ asset: USDC, rate: 10n ** 30n }],
    },
    ...{ monitors: MONITORS, leases: [], capacity: [], disputes: [], attestations: [] },
    ...change,
  }
}

/** What a monitor saw: served all the time, unless said otherwise. */
export function saw({ lease }: Pick<EraLease, 'lease'>, change: Partial<Observation> = {}): Observation {
  return {
    ...{ lease, probes: 10, upBps: 10_000, latencyMs: 20, spreadMs: 5, challenges: 3, answered: 3, startedAt: at(0) },
    ...{ evidence: keccak256('0xe0') },
    ...change,
  }
}

/** Batches of all monitors that saw the same. */
export function seenAll(leases: readonly EraLease[], change: Partial<Observation> = {}): Batch[] {
  return MONITORS.map(({ monitor }) => ({
    ...{ monitor, era: 1n, observations: leases.map((one) => saw(one, change)), capacity: [], ratings: [] },
  }))
}

/** What must be there. */
export function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is not there')
  return value
}

/** The first era's report. */
export const first = (facts: EraFacts, batches: readonly Batch[], rest: Partial<EraInput> = {}): EraResult =>
  computeEra({ previous: emptyState(facts.from), facts, batches, equivocators: [], recounts: [], ...rest })

/** A report's leaves of one kind. */
export const leafOf = <Kind extends Leaf['kind']>({ leaves }: EraResult, kind: Kind): Extract<Leaf, { kind: Kind }>[] =>
  leaves.filter((leaf): leaf is Extract<Leaf, { kind: Kind }> => leaf.kind === kind)

/** The next era after `result`. */
export function next(
  result: EraResult,
  facts: Partial<EraFacts>,
  batches: readonly Batch[],
  rest: Partial<EraInput> = {},
): EraResult {
  const from = result.state.coveredUntil
  const era = result.state.era + 1n
  return computeEra({
    ...{ previous: result.state, facts: eraFacts({ era, from, until: from + HOUR, ...facts }) },
    ...{ batches: batches.map((batch) => ({ ...batch, era })), equivocators: [], recounts: [], ...rest },
  })
}
