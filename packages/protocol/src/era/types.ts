import type { Address, Hex } from 'viem'
import type { Rating } from '../messages.ts'

// What an era's report is made of. Everything here is data: monitors exchange it, hash it, and each computes the same report from
// it. Times are unix seconds, durations seconds unless the name ends in Ms, ratios basis points, amounts smallest units. Integers of
// at most 48 bits are numbers, wider ones bigints. Lists are sorted by their first field unless they say otherwise, and hex is lower case, addresses too: so that
// equal values are equal, and sorted as text is sorted as bytes.

/** A list that may be read piece by piece, from bytes; an array is one. */
export type List<T> = Iterable<T> & { readonly length: number; at(index: number): T | undefined }

/** What one monitor saw of one lease in one era. */
export type Observation = {
  lease: Hex
  /** Probes that count: made while the monitor itself was connected. 0: it could not see, and says nothing. */
  probes: number
  /** Of the time between its first and last probe that counts, the share in which the lease served. */
  upBps: number
  /** Of good answers: the median, and how far the 90th percentile lies above it. 0 if there is none. */
  latencyMs: number
  spreadMs: number
  /** Nonces that the provider was asked to sign, and those that it did in time. */
  challenges: number
  answered: number
  /** When the provider says that the workload started, by its signed `Started`; 0: not shown. */
  startedAt: number
  /** Hash of the probes, see `probesHash`: the monitor shows them to whoever asks. */
  evidence: Hex
}

/** What became of a memory-hard task over a provider's units that are committed but not leased. */
export type CapacityCheck = {
  provider: bigint
  resource: Hex
  /** The moment, common to all providers. */
  at: number
  /** Units asked for, and those whose answer was right and in time. */
  units: number
  proven: number
}

/** A tenant's opinion of a lease that is over. */
export type SignedRating = { rating: Rating; tenant: Address; signature: Hex }

/** All that one monitor says of one era. What it signs is `batchDigest`. */
export type Batch = {
  monitor: Address
  era: bigint
  observations: readonly Observation[]
  /** Sorted by provider, resource, moment. */
  capacity: readonly CapacityCheck[]
  /** Sorted by lease. */
  ratings: readonly SignedRating[]
}

/** As {@link Batch}; observations may still be bytes. */
export type BatchView = Omit<Batch, 'observations'> & { observations: List<Observation> }

/** One probe or challenge, as it is kept for evidence. */
export type Probe = {
  at: number
  kind: 'http' | 'tcp' | 'health' | 'challenge'
  /** `blind`: the monitor itself was cut off, the probe does not count. */
  outcome: 'good' | 'bad' | 'blind'
  latencyMs: number
  /** What was wrong, at most 80 characters; empty if nothing. */
  detail: string
}

/** A monitored lease as the chain has it when the era ends. */
export type EraLease = {
  lease: Hex
  provider: bigint
  tenant: Address
  asset: Address
  resource: Hex
  tier: number
  units: number
  /** Smallest units of the asset per hour. */
  rate: bigint
  start: number
  /** When it ends or ended, as of the era's end. */
  stop: number
  /** When it was to end, as of the era's end; `stop` is never later. */
  end: number
  startWindow: number
  /** Promised. */
  uptimeBps: number
  /** See `reasonCodes`; 0 while it runs or if it reached its end. */
  endReason: number
  /** The market's fees that settlements of this lease paid in this era, smallest units of the asset. */
  fees: bigint
  /** Paid to its provider so far, gross, smallest units of the asset; what a rating of it weighs. */
  paid: bigint
  /** Block hash from which its monitors are drawn: after the era's start, and after it was opened. */
  seed: Hex
}

/** Units of one provider and class when the era ends. */
export type EraCapacity = { provider: bigint; resource: Hex; committed: number; leased: number; stakePerUnit: bigint }

export type EraMonitor = { monitor: Address; weight: number }

/** What governance set, as of the era's end. */
export type EraRules = {
  /** Monitors per lease. */
  redundancy: number
  /** See `IEraReports.Policy`. */
  creditBps: number
  /** See `IRewards.Policy`. */
  providerBudget: bigint
  feeFactorBps: number
  idleFactorBps: number
  mostOfFeesBps: number
  /** See `IRewards.rateOf`, by asset. */
  rates: readonly { asset: Address; rate: bigint }[]
  /** What abandoning or vanishing costs, share of the units' stake by tier 0, 1, 2. */
  penaltyBps: readonly [number, number, number]
}

/** A recount that a dispute asks for. */
export type EraDispute = { dispute: bigint; lease: Hex; era: bigint }

/** A valid attestation of an auditor; the newest of each provider. */
export type EraAttestation = { provider: bigint; resultBps: number }

/** Everything on chain that a report depends on, as of the last block that is not after `until`. */
export type EraFacts = {
  era: bigint
  /** The previous report's `coveredUntil`, or when reporting began. */
  from: number
  /** This report's `coveredUntil`. */
  until: number
  block: { number: bigint; hash: Hex }
  rules: EraRules
  monitors: readonly EraMonitor[]
  /**
   * Open at some time between `from` and `until`, or not final in an earlier report; and those that ended a little earlier, so
   * that their last settlements' fees and their ratings count.
   */
  leases: readonly EraLease[]
  /** Sorted by provider, resource. */
  capacity: readonly EraCapacity[]
  disputes: readonly EraDispute[]
  attestations: readonly EraAttestation[]
}

/** As {@link EraFacts}; leases may still be bytes. */
export type FactsView = Omit<EraFacts, 'leases'> & { leases: List<EraLease> }

/** What is carried from report to report of a lease. */
export type LeaseRecord = {
  lease: Hex
  /** Cumulative. */
  served: number
  /** Cumulative, stake tokens' smallest units. */
  credit: bigint
  /** Of those seconds, how many nobody saw enough of: nobody is punished for them. */
  unobserved: number
  /** When its workload started, from the first era that knew; 0: not shown so far. */
  startedAt: number
  /**
   * The era whose report was the first to reach its end; 0: none yet. It is then kept for `RECOUNT_ERAS` eras without leaves of its
   * own, so that a dispute can still have it recounted.
   */
  finalEra: bigint
  /** Its tenant's opinion once it was over, 1 to 5; 0: none so far. Only the first one counts. */
  stars: number
}

/** The five dimensions of a provider's performance, exponentially weighted over eras; `undefined` until first known. */
export type Performance = {
  uptimeBps: number | undefined
  consistencyBps: number | undefined
  availabilityBps: number | undefined
  complianceBps: number | undefined
  auditBps: number | undefined
}

/** The five inputs of a provider's score. */
export type ScoreInputs = {
  uptimeBps: number
  performanceBps: number
  completedBps: number
  ratingBps: number
  consistencyBps: number
}

export type ProviderRecord = {
  provider: bigint
  /** 0 to 10,000. */
  score: number
  /** Cumulative, stake tokens' smallest units. */
  rewards: bigint
  slashed: bigint
  performance: Performance
  /** Of the last era in which it had leases. */
  inputs: ScoreInputs | undefined
  /** Uptime of its last eras with leases, the newest last, at most `CONSISTENCY_ERAS`. */
  recentUptimeBps: readonly number[]
}

export type MonitorRecord = {
  monitor: Address
  rewards: readonly { asset: Address; amount: bigint }[]
  slashed: bigint
}

/** What an era leaves to the next. */
export type EraState = {
  era: bigint
  coveredUntil: number
  leases: readonly LeaseRecord[]
  providers: readonly ProviderRecord[]
  monitors: readonly MonitorRecord[]
  /** What was recounted of leases above, sorted by lease, then era: nothing is recounted twice. */
  recounted: readonly { lease: Hex; era: bigint }[]
}

/** As {@link EraState}; leases may still be bytes. */
export type StateView = Omit<EraState, 'leases'> & { leases: List<LeaseRecord> }

/** What a leaf of a report says; see `IEraReports` for how it is hashed. */
export type Leaf =
  | { kind: 'lease'; lease: Hex; served: number }
  | { kind: 'credit'; lease: Hex; provider: bigint; tenant: Address; amount: bigint }
  | { kind: 'provider'; provider: bigint; score: number; rewards: bigint; slashed: bigint }
  | { kind: 'monitor'; monitor: Address; asset: Address; rewards: bigint }
  | { kind: 'monitorSlash'; monitor: Address; slashed: bigint }
  | { kind: 'dispute'; dispute: bigint; upheld: boolean }

/** What the monitors agreed about one lease in one era, for people. */
export type LeaseMetric = {
  lease: Hex
  /** Seconds of the era in which it was to serve, and of those it did. */
  dueSeconds: number
  servedSeconds: number
  /** Seconds of the era after its stop in which it was to serve, had its provider not left it in the lurch. */
  lostSeconds: number
  /** Median over its monitors; `undefined`: fewer than half of them saw it. */
  upBps: number | undefined
  latencyMs: number | undefined
  spreadMs: number | undefined
  /** Who was drawn, and who of them saw enough. */
  assigned: readonly Address[]
  seenBy: readonly Address[]
}

export type EraInput = {
  previous: StateView
  facts: FactsView
  /** At most one of a monitor: who signed two said nothing, and is slashed. Sorted by monitor. */
  batches: readonly BatchView[]
  /** Monitors that signed two different batches of this era, sorted. */
  equivocators: readonly Address[]
  /** Of disputes that can be recounted; sorted by dispute. */
  recounts: readonly Recount[]
}

/** The disputed era with the batches of it that are known by now, and what was reported of the lease then. */
export type Recount = {
  dispute: EraDispute
  facts: FactsView
  batches: readonly BatchView[]
  /** `undefined`: the report did not have the lease. */
  metric: LeaseMetric | undefined
}

export type EraResult = {
  state: EraState
  /** In the order of the tree: what belongs to one provider lies together. */
  leaves: readonly Leaf[]
  /** Sorted by lease; of those that were not final in an earlier report. */
  metrics: readonly LeaseMetric[]
}
