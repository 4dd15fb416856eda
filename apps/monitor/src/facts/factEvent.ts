import type { Terms } from '@tender/protocol'
import type { MarketEvent } from '@tender/sdk'
import type { Address, Hex } from 'viem'

/** What happened to one lease. */
export type LeaseEvent =
  | { type: 'opened'; lease: Hex; terms: Terms; end: number }
  | { type: 'extended'; lease: Hex; end: number }
  | { type: 'ended'; lease: Hex; closedAt: number; reason: number }
  /** `paid` with the fee, smallest units of the lease's asset. */
  | { type: 'settled'; lease: Hex; paid: bigint; fee: bigint }
  | { type: 'released'; lease: Hex }
  /** Nothing is held for it any more. */
  | { type: 'resolved'; lease: Hex }

/** What happened in the market that reports depend on, besides leases. */
export type CommonEvent =
  | { type: 'committed'; provider: bigint; resource: Hex; committed: number; stakePerUnit: bigint }
  | { type: 'penalty'; tier: number; bps: number }
  | { type: 'credit'; creditBps: number }
  | {
      type: 'rewards'
      providerBudget: bigint
      feeFactorBps: number
      idleFactorBps: number
      mostOfFeesBps: number
    }
  | { type: 'rate'; asset: Address; rate: bigint }
  /** `weight` counts until the clock's era `nextFrom`, then `nextWeight`. */
  | { type: 'weight'; index: number; monitor: Address; weight: number; nextWeight: number; nextFrom: number }
  | { type: 'left'; index: number }
  /** Where it is dialled, as it says; `addresses` are multiaddrs. */
  | { type: 'contact'; index: number; monitor: Address; publicKey: Hex; addresses: string[] }
  | { type: 'dispute'; dispute: bigint; lease: Hex; era: bigint }
  | { type: 'attested'; provider: bigint; resultBps: number; expiry: number }
  | {
      type: 'posted'
      era: bigint
      attempt: number
      round: number
      root: Hex
      coveredUntil: number
      dataHash: Hex
      effectiveAt: number
      transaction: Hex
    }
  | { type: 'vetoed'; era: bigint; attempt: number }

/** Where an event stands in the chain. */
export type Place = { block: number; logIndex: number }
export type FactEvent = (LeaseEvent | CommonEvent) & Place

/** What of a market's event a report depends on; `undefined`: nothing. */
export function factEventOf(event: MarketEvent): FactEvent | undefined {
  const { block, logIndex } = event
  const found = leaseEventOf(event) ?? capacityEventOf(event) ?? monitorEventOf(event) ?? reportEventOf(event)
  return found && { ...found, block, logIndex }
}

function leaseEventOf(event: MarketEvent): LeaseEvent | undefined {
  switch (event.type) {
    case 'LeaseOpened':
      return { type: 'opened', lease: event.args.lease, terms: event.args.terms, end: event.args.end }
    case 'LeaseExtended':
      return { type: 'extended', lease: event.args.lease, end: event.args.end }
    case 'LeaseEnded':
      return { type: 'ended', lease: event.args.lease, closedAt: event.args.closedAt, reason: event.args.reason }
    case 'LeaseSettled': {
      const { lease, paid, fee } = event.args
      return { type: 'settled', lease, paid: paid + fee, fee }
    }
    case 'LeaseReleased':
      return { type: 'released', lease: event.args.lease }
    case 'LeaseResolved':
      return { type: 'resolved', lease: event.args.lease }
    default:
      return undefined
  }
}

function capacityEventOf(event: MarketEvent): CommonEvent | undefined {
  switch (event.type) {
    case 'Committed': {
      const { provider, resource, committed, stakePerUnit } = event.args
      return { type: 'committed', provider, resource, committed, stakePerUnit }
    }
    case 'PenaltyChanged':
      return { type: 'penalty', tier: event.args.tier, bps: event.args.bps }
    case 'RateChanged':
      return { type: 'rate', asset: event.args.asset, rate: event.args.rate }
    case 'PolicyChanged': {
      // Three contracts have an event of that name.
      const { policy } = event.args
      if ('creditBps' in policy) return { type: 'credit', creditBps: policy.creditBps }
      if (!('providerBudget' in policy)) return undefined
      const { providerBudget, feeFactorBps, idleFactorBps, mostOfFeesBps } = policy
      return { type: 'rewards', providerBudget, feeFactorBps, idleFactorBps, mostOfFeesBps }
    }
    default:
      return undefined
  }
}

function monitorEventOf(event: MarketEvent): CommonEvent | undefined {
  switch (event.type) {
    case 'MonitorWeightChanged': {
      const { index, key, weight, nextWeight, nextFrom } = event.args
      return { type: 'weight', index, monitor: key, weight, nextWeight, nextFrom }
    }
    case 'MonitorContact': {
      const { index, key, publicKey, addresses } = event.args
      return { type: 'contact', index, monitor: key, publicKey, addresses: addresses.split(' ').filter(Boolean) }
    }
    case 'MonitorLeft':
      return { type: 'left', index: event.args.index }
    default:
      return undefined
  }
}

function reportEventOf(event: MarketEvent): CommonEvent | undefined {
  switch (event.type) {
    case 'DisputeOpened':
      return { type: 'dispute', dispute: event.args.dispute, lease: event.args.lease, era: event.args.era }
    case 'ProviderAttested': {
      const { provider, resultBps, expiry } = event.args
      return { type: 'attested', provider, resultBps, expiry }
    }
    case 'ReportPosted': {
      const { era, attempt, round, root, coveredUntil, dataHash, effectiveAt } = event.args
      const { transaction } = event
      return { type: 'posted', era, attempt, round, root, coveredUntil, dataHash, effectiveAt, transaction }
    }
    case 'ReportVetoed':
      return { type: 'vetoed', era: event.args.era, attempt: event.args.attempt }
    default:
      return undefined
  }
}
