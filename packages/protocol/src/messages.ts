import type { Address, Hex } from 'viem'
import type { Brief } from './manifest/manifest.ts'

// Signed messages. Field names, order and widths are the contracts'; unsigned integers of at most 48 bits are numbers, wider
// ones bigints. Times are unix seconds, durations seconds, amounts and prices the asset's smallest unit.

/** A tenant's request. Signed by the tenant, it authorises nothing but bidding. */
export type Order = {
  tenant: Address
  /** The peer key that may open streams for this order's leases. It can never move money. */
  agent: Address
  asset: Address
  /** Resource class, see `resourceId`. */
  resource: Hex
  /** See `kinds`. */
  kind: number
  /** See `tiers`; the worst the tenant takes. */
  tier: number
  /** Resource units per replica. */
  units: number
  /** How many leases. */
  replicas: number
  /** Smallest units per resource unit per hour. */
  maxPrice: bigint
  /** Seconds paid for. */
  duration: number
  /** Longest minimum charge the tenant takes, in seconds. */
  maxMinSeconds: number
  /** Agreed uptime; 0 means unmonitored. */
  uptimeBps: number
  /** How far back one settlement by time may reach, in seconds; 0 means no limit. */
  maxSilence: number
  /** Worst trust level the tenant takes, 1 (best) to 5. */
  worstLevel: number
  /** See `spreads`. */
  spread: number
  /** See `countryId`; empty means any. */
  countries: readonly Hex[]
  /** Contract that says what was served; zero if unmonitored. */
  verifier: Address
  /** See `manifestHash`. */
  manifest: Hex
  /** Hash of the {@link JobTerms}; zero for a service. */
  jobTerms: Hex
  /** The lease that this one replaces; zero if none. */
  previous: Hex
  /** How long the replaced lease lives on, in seconds. */
  handoverSeconds: number
  /** When bidding ends. */
  auctionEnd: number
  /** When the order can no longer be matched. */
  expiry: number
  /** One bit of the tenant's bitmap. */
  nonce: bigint
}

/** A provider's price, signed by its operator key. Bound to an order it is a bid, bound to none a standing offer. */
export type Offer = {
  provider: bigint
  /** The provider's `offerEpoch` when it signed; a raised epoch kills the offer. */
  offerEpoch: number
  /** Digest of the order it is bound to; zero for a standing offer. */
  order: Hex
  resource: Hex
  asset: Address
  /** See `tiers`. */
  tier: number
  /** Units per replica for a bid, units in all for a standing offer. */
  units: number
  /** Smallest units per resource unit per hour. */
  price: bigint
  /** Charged even when the tenant closes earlier, in seconds. */
  minSeconds: number
  /** Longest lease, in seconds. */
  maxDuration: number
  /** Notice before an interruption, in seconds. */
  noticeSeconds: number
  expiry: number
  salt: bigint
}

/** The tenant's consent to a choice of offers. */
export type Award = {
  /** The order's digest. */
  order: Hex
  /** See `offersHash`. */
  offers: Hex
  deadline: number
}

/** What a job is and how its result is judged. */
export type JobTerms = {
  tasks: number
  /** How many tasks are re-executed. */
  sample: number
  validators: number
  comparator: Hex
  deadlineSeconds: number
  cancelFee: bigint
  verifyFee: bigint
  inputs: Hex
}

/** Replaces an order's agent; the one with the latest `issuedAt` counts. Signed by the tenant. */
export type Session = {
  tenant: Address
  agent: Address
  /** Bits of `sessionScopes`. */
  scopes: number
  issuedAt: number
  expiry: number
}

/** Lets an agent extend a lease within a ceiling. Signed by the tenant. */
export type Extend = { lease: Hex; latestEnd: number; maxAmount: bigint; expiry: number }

/** The provider has the manifest (and inputs) and runs. Signed by its operator key. */
export type Started = { lease: Hex; at: number; inputs: Hex }

/** A tenant's opinion of a lease, 1 to 5 stars. */
export type Rating = { lease: Hex; stars: number }

/** An era's agreed facts, signed by monitors. `reports` is the contract that it is for. */
export type Report = {
  reports: Address
  /** From 1. */
  era: bigint
  /** Raised by a veto. */
  attempt: number
  /** Raised when a leader is replaced. */
  round: number
  root: Hex
  coveredUntil: number
  /** Of the data set that the root can be rebuilt from. */
  dataHash: Hex
}

/** Ends a lease whose provider vanished, signed by monitors. */
export type LeaseEnd = { reports: Address; lease: Hex; endedAt: number; evidence: Hex }

/** What a validator says of a job's result. Signed by a monitor that was drawn. `jobs` is the contract that it is for. */
export type Verdict = {
  jobs: Address
  lease: Hex
  /** The job's commitment now; a challenge changes it and voids verdicts on the one before. */
  seed: Hex
  passed: boolean
}

/** A monitor stands by its observations of an era. */
export type BatchHeader = { reports: Address; era: bigint; monitor: Address; digest: Hex }

/** A provider's answer to a monitor, signed by its operator key. `url` is empty if nothing is served. */
export type ChallengeAnswer = { lease: Hex; nonce: Hex; at: number; running: boolean; url: string }

/** An operator key agrees to act for a provider's owner. Signed by the operator key. */
export type OperatorAcceptance = { owner: Address; operator: Address; expiry: number }

/** A lease's terms. Never signed: they follow from order and offer, and their hash is the lease's id. */
export type Terms = {
  /** The order's digest. */
  order: Hex
  /** The offer's digest. */
  offer: Hex
  /** Replica index. */
  index: number
  tenant: Address
  provider: bigint
  payout: Address
  asset: Address
  resource: Hex
  units: number
  /** Price × units: smallest units per hour. */
  rate: bigint
  start: number
  latestEnd: number
  kind: number
  tier: number
  uptimeBps: number
  maxSilence: number
  minSeconds: number
  noticeSeconds: number
  startWindow: number
  jobTerms: Hex
  verifier: Address
}

/** Where an order's agent is found, signed by the agent: whoever has it may pass the order on in its place. */
export type Contact = {
  /** The order's digest. */
  order: Hex
  /** Multiaddrs, as the envelope has them. */
  addresses: readonly string[]
}

/** What a provider could lease now and for about how much. Published under its operator key; nobody is bound by the price. */
export type Availability = {
  provider: bigint
  issuedAt: number
  expiry: number
  /** See `countryId`. */
  country: Hex
  /** The drivers it runs, e.g. `wasm`. */
  drivers: readonly string[]
  resources: readonly AvailableResource[]
}

export type AvailableResource = {
  resource: Hex
  freeUnits: number
  /** Best tier offered, see `tiers`. */
  tier: number
  asset: Address
  /** Smallest units per resource unit per hour. */
  indicativePrice: bigint
}

// What travels between peers: a signed message and what its receiver needs beside it. Nothing here is signed itself.

/** What it takes to reach and to encrypt to the sender of a gossiped message. */
export type Dialable = {
  /** Compressed secp256k1 public key of the sender: an order's agent, else a provider's operator. */
  publicKey: Hex
  /** Multiaddrs to dial, the best first. */
  addresses: readonly string[]
}

/** A gossiped order. Brief and private hash together hash to the order's manifest, so nobody can swap the brief. */
export type OrderEnvelope = Dialable & {
  type: 'order'
  order: Order
  /** The tenant's. */
  signature: Hex
  brief: Brief
  privateHash: Hex
  /** The agent's signature over the {@link Contact}; only where somebody else than the agent publishes the order. */
  vouch?: Hex | undefined
}

/** A gossiped standing offer. */
export type OfferEnvelope = Dialable & { type: 'offer'; offer: Offer; signature: Hex }

/** A gossiped availability. That its publisher says so is proven by gossip itself, and nobody shows it to others. */
export type AvailabilityEnvelope = Dialable & { type: 'availability'; availability: Availability }

/** What travels by gossip. */
export type Envelope = OrderEnvelope | OfferEnvelope | AvailabilityEnvelope

/** A sealed bid: an offer bound to an order, sent straight to the order's agent. */
export type Bid = { type: 'bid'; offer: Offer; signature: Hex }

/** One rule that an order, an offer or a provider breaks, with both values in words. */
export type RuleBreak = {
  /** Stable camelCase name of the rule, as the contracts' errors are named, e.g. `priceTooHigh`. */
  rule: string
  /** One sentence for people. */
  message: string
  asked?: string | undefined
  possible?: string | undefined
}

/** "Why no bid": everything that kept a provider from bidding. */
export type Decline = {
  type: 'decline'
  provider: bigint
  /** The order's digest. */
  order: Hex
  reasons: readonly RuleBreak[]
}

/** How a provider answers an order. */
export type OrderAnswer = Bid | Decline
