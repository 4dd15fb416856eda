import type { EraAttestation, EraCapacity, EraDispute, EraFacts, EraLease, EraRules } from '@tender/protocol'
import { type Address, type Hex, isAddressEqual, zeroHash } from 'viem'
import type { EventBook, LeaseHistory, PlacedEvent } from './eventBook.ts'
import { compare, lowerCase } from './lowerCase.ts'
import { monitorsOf } from './members.ts'

/** The stretch of the chain that one report is about. */
export type FactWindow = {
  era: bigint
  /** The previous report's `coveredUntil`. */
  from: number
  until: number
  /** The last block that is not after `from`, and the last that is not after `until`. */
  fromBlock: number
  block: { number: bigint; hash: Hex }
  /** `clockEra()` at that block. */
  clockEra: number
}

export type FactSources = {
  book: Pick<EventBook, 'leases' | 'common'>
  window: FactWindow
  /** The contract whose leases are monitored. */
  reports: Address
  /** By tier, what leaving a lease cost before any event told of a change. */
  firstPenaltyBps: readonly [number, number, number]
  /** Monitors per lease, see the protocol's constant. */
  redundancy: number
  /** For how long after its stop a lease is still listed, so that its rating and a recount still count. */
  tailSeconds: number
  /** Hashes of the blocks that {@link seedBlocks} named, as far as they are there. */
  hashOf(block: number): Hex | undefined
}

/** The block whose hash draws a lease's monitors: the first after the era's first block and after the lease's own. */
export function seedBlockOf({ opened }: Pick<LeaseHistory, 'opened'>, fromBlock: number): number {
  return Math.max(fromBlock + 1, opened) + 1
}

/** Every block whose hash {@link factsAt} needs, each once. */
export function seedBlocks({
  book,
  window,
  ...rest
}: Omit<FactSources, 'hashOf' | 'firstPenaltyBps' | 'redundancy'>): number[] {
  const blocks = new Set<number>()
  for (const lease of book.leases()) {
    if (isListed(lease, { window, ...rest })) blocks.add(seedBlockOf(lease, window.fromBlock))
  }
  return [...blocks].filter((block) => block <= Number(window.block.number))
}

/**
 * The facts of an era, from events alone: whoever has the same chain up to `window.block` has the same facts, whatever came later.
 */
export function factsAt(sources: FactSources): EraFacts {
  const { book, window } = sources
  const { era, from, until, block } = window
  const events = book.common().filter((event) => event.block <= Number(block.number))
  const leases = leasesOf(sources)
  return {
    era,
    from,
    until,
    block,
    rules: rulesOf(events, sources),
    monitors: monitorsOf(events, window.clockEra),
    leases,
    capacity: capacityAt(events, book.leases(), Number(block.number), leases),
    disputes: disputesOf(events, window),
    attestations: attestationsOf(events, until),
  }
}

/** The contract of reports tells its first policy by an event; that of rewards begins with nothing. */
function rulesOf(events: readonly PlacedEvent[], { firstPenaltyBps, redundancy }: FactSources): EraRules {
  let creditBps = 0
  let rewards = { providerBudget: 0n, feeFactorBps: 0, idleFactorBps: 0, mostOfFeesBps: 0 }
  const penaltyBps: [number, number, number] = [...firstPenaltyBps]
  const rates = new Map<Address, bigint>()
  for (const event of events) {
    if (event.type === 'credit') creditBps = event.creditBps
    if (event.type === 'rewards') rewards = event
    if (event.type === 'rate') rates.set(lowerCase(event.asset), event.rate)
    if (event.type === 'penalty' && event.tier < penaltyBps.length) penaltyBps[event.tier] = event.bps
  }
  const { providerBudget, feeFactorBps, idleFactorBps, mostOfFeesBps } = rewards
  const sorted = [...rates]
    .map(([asset, rate]) => ({ asset, rate }))
    .sort((left, right) => compare(left.asset, right.asset))
  return {
    redundancy,
    creditBps,
    providerBudget,
    feeFactorBps,
    idleFactorBps,
    mostOfFeesBps,
    rates: sorted,
    penaltyBps,
  }
}

type Listing = Pick<FactSources, 'window' | 'reports' | 'tailSeconds'>

/** Not final in an earlier report, or stopped so lately that a rating may still come, or paid for in this era. */
function isListed(lease: LeaseHistory, { window, reports, tailSeconds }: Listing): boolean {
  if (!isAddressEqual(lease.terms.verifier, reports)) return false
  const { from, fromBlock, block } = window
  if (lease.opened > Number(block.number)) return false
  // What was final in the report before is judged by what that report knew.
  if (lease.opened > fromBlock || stopAt(lease, fromBlock).stop > from - tailSeconds) return true
  return lease.payments.some((payment) => payment.block > fromBlock && payment.block <= Number(block.number))
}

function leasesOf(sources: FactSources): EraLease[] {
  const { book, window, hashOf } = sources
  const last = Number(window.block.number)
  return [...book.leases()]
    .filter((lease) => isListed(lease, sources))
    .map((lease) => leaseFactsOf(lease, window, seedOf(lease, window.fromBlock, last, hashOf)))
    .sort((left, right) => compare(left.lease, right.lease))
}

/** A lease that was opened in the era's last block has no later block yet: it is drawn by zero, and nothing is due for it. */
function seedOf(lease: LeaseHistory, fromBlock: number, last: number, hashOf: FactSources['hashOf']): Hex {
  const block = seedBlockOf(lease, fromBlock)
  if (block > last) return zeroHash
  const hash = hashOf(block)
  if (hash === undefined) throw new RangeError(`the hash of block ${block} was not read`)
  return hash
}

function leaseFactsOf(lease: LeaseHistory, window: FactWindow, seed: Hex): EraLease {
  const { provider, tenant, asset, resource, tier, units, rate, start, startWindow, uptimeBps } = lease.terms
  const last = Number(window.block.number)
  const { stop, end, reason } = stopAt(lease, last)
  const payments = lease.payments.filter(({ block }) => block <= last)
  return {
    lease: lease.lease,
    provider,
    tenant: lowerCase(tenant),
    asset: lowerCase(asset),
    resource,
    tier,
    units,
    rate,
    start,
    stop,
    end,
    startWindow,
    uptimeBps,
    endReason: stop <= window.until ? reason : 0,
    fees: payments.filter(({ block }) => block > window.fromBlock).reduce((sum, { fee }) => sum + fee, 0n),
    paid: payments.reduce((sum, { paid }) => sum + paid, 0n),
    seed,
  }
}

/** When a lease stops and was to stop as a block knew it, and why: 0 if it reaches its end. */
export function stopAt({ ends, closings }: LeaseHistory, block: number): { stop: number; end: number; reason: number } {
  const end = ends.findLast((change) => change.block <= block)?.end ?? 0
  const closing = closings.findLast((change) => change.block <= block)
  if (!closing || closing.closedAt > end) return { stop: end, end, reason: 0 }
  return { stop: closing.closedAt, end, reason: closing.reason }
}

/**
 * Units by provider and class as of block `last`, from events up to it.
 *
 * @param judged leases whose class is listed even if nothing is committed any more: its stake answers for them
 */
export function capacityAt(
  events: readonly PlacedEvent[],
  leases: Iterable<LeaseHistory>,
  last: number,
  judged: readonly Pick<EraLease, 'provider' | 'resource'>[] = [],
): EraCapacity[] {
  const keyOf = (provider: bigint, resource: Hex) => `${provider} ${resource}`
  const commitments = new Map<string, EraCapacity>()
  for (const event of events) {
    if (event.type !== 'committed') continue
    const { provider, resource, committed, stakePerUnit } = event
    commitments.set(keyOf(provider, resource), { provider, resource, committed, leased: 0, stakePerUnit })
  }
  for (const { terms, opened, released } of leases) {
    const commitment = commitments.get(keyOf(terms.provider, terms.resource))
    const holds = opened <= last && (released === undefined || released > last)
    if (commitment && holds) commitment.leased += terms.units
  }
  const answering = new Set(judged.map(({ provider, resource }) => keyOf(provider, resource)))
  return [...commitments]
    .filter(([key, { committed }]) => committed > 0 || answering.has(key))
    .map(([, commitment]) => commitment)
    .sort((left, right) => compare(left.provider, right.provider) || compare(left.resource, right.resource))
}

/** Each dispute is of the first report whose era ends after its opening. */
function disputesOf(events: readonly PlacedEvent[], { fromBlock }: FactWindow): EraDispute[] {
  return events
    .flatMap((event) => (event.type === 'dispute' && event.block > fromBlock ? [event] : []))
    .map(({ dispute, lease, era }) => ({ dispute, lease, era }))
    .sort((left, right) => compare(left.dispute, right.dispute))
}

/** The newest of each provider that has not expired. */
function attestationsOf(events: readonly PlacedEvent[], until: number): EraAttestation[] {
  const newest = new Map<bigint, EraAttestation & { expiry: number }>()
  for (const event of events) {
    if (event.type !== 'attested') continue
    newest.set(event.provider, { provider: event.provider, resultBps: event.resultBps, expiry: event.expiry })
  }
  return [...newest.values()]
    .filter(({ expiry }) => expiry > until)
    .map(({ provider, resultBps }) => ({ provider, resultBps }))
    .sort((left, right) => compare(left.provider, right.provider))
}
