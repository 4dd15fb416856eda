import { setTimeout as sleep } from 'node:timers/promises'
import type { Collection, Logger } from '@tender/kit'
import { bytes32Schema, kinds, leaseId as leaseIdOf, reasonText, TenderError, type Terms } from '@tender/protocol'
import { findTermsOfLease, type MarketClient, type MarketCursor, type MarketUpdate, watchMarket } from '@tender/sdk'
import type { Hex } from 'viem'
import { z } from 'zod'
import type { JobFollower } from '../jobs/followJobs.ts'
import { endedBecause } from './evidence.ts'
import type { LeaseBook, OrderFacts } from './leaseBook.ts'

export const cursorSchema = z.strictObject({ block: z.int(), hash: bytes32Schema }) satisfies z.ZodType<MarketCursor>

export type LeaseWatchOptions = {
  client: MarketClient
  provider: bigint
  leases: LeaseBook
  /** What this provider knows of an order, since it answered it. */
  orderOf(order: Hex): OrderFacts | undefined
  /** Told of everything; leases of kind `job` are its own alone. */
  jobs: JobFollower
  cursors: Collection<MarketCursor>
  /** Told when something changed. */
  changed(): void
  /** Told the chain's clock, unix seconds, at each new block. `fresh`: it was mined while the chain was watched. */
  tick(timestamp: number, fresh: boolean): void
  log: Logger
}

const CURSOR_KEY = 'chain'

/** A provider hears of a new lease by its manifest too, so it need not ask as often as a wallet does. */
const POLLING_MS = 500

/** Leases of others that peers asked for; looking for one in the chain's log is dear, and anybody may ask. */
const MAX_FOREIGN = 10_000

/** After the client's own retries, which take longer each time. */
const RETRY_MS = 1_000

export type LeaseWatch = {
  /** Follows the chain until aborted, through every outage of its RPC. */
  run(signal: AbortSignal): Promise<void>
  /** Looks for one lease now; nothing happens if the chain has no such lease of this provider. */
  discover(leaseId: Hex, signal: AbortSignal): Promise<void>
}

/** Brings what the chain says of this provider's leases into the book. */
export function createLeaseWatch(options: LeaseWatchOptions): LeaseWatch {
  const { provider, leases, orderOf, jobs, cursors, changed, tick, log } = options
  const client = { ...options.client, pollingIntervalMs: Math.max(POLLING_MS, options.client.pollingIntervalMs) }

  const foreign = new Set<Hex>()

  function open(terms: Terms, signal: AbortSignal): Promise<void> {
    if (terms.kind === kinds.job) return jobs.open(terms, signal)
    const order = orderOf(terms.order)
    if (!order) log.error({ leaseId: leaseIdOf(terms) }, 'a lease of an order that was never answered')
    return leases.open(terms, order ?? {}, signal)
  }

  async function take(update: MarketUpdate, { fresh, signal }: { fresh: boolean; signal: AbortSignal }): Promise<void> {
    await jobs.take(update, signal)
    switch (update.type) {
      case 'LeaseOpened':
        if (update.args.provider !== provider) return
        await open(update.args.terms, signal)
        log.info({ leaseId: update.args.lease, rate: update.args.terms.rate }, 'lease opened')
        return changed()
      case 'LeaseEnded':
        leases.update(update.args.lease, endedBecause(leases.get(update.args.lease), reasonText(update.args.reason)))
        return refresh(update.args.lease, signal)
      case 'LeaseSettled':
      case 'LeaseExtended':
      case 'LeaseResolved':
      case 'LeaseReleased':
        return refresh(update.args.lease, signal)
      case 'reorg':
        log.warn({ fromBlock: update.fromBlock }, 'the chain rolled back')
        return refreshAll(signal)
      case 'synced':
        tick(update.timestamp, fresh)
        // The chain's clock may have passed a lease's stop.
        changed()
        // Last, so that a crash repeats events instead of losing them; taking one twice changes nothing.
        return cursors.set(CURSOR_KEY, update.cursor)
    }
  }

  async function refresh(leaseId: Hex, signal: AbortSignal): Promise<void> {
    if (!leases.get(leaseId)) return
    await leases.refresh(leaseId, signal)
    changed()
  }

  async function refreshAll(signal: AbortSignal): Promise<void> {
    await Promise.all(leases.live().map(({ leaseId }) => leases.refresh(leaseId, signal)))
    changed()
  }

  async function follow(signal: AbortSignal): Promise<void> {
    await Promise.all([refreshAll(signal), jobs.refresh(signal)])
    // The first blocks may have waited for this provider; those after them came while it looked.
    let fresh = false
    for await (const update of watchMarket(client, { cursor: cursors.get(CURSOR_KEY), signal })) {
      await take(update, { fresh, signal })
      if (update.type === 'synced') fresh = true
    }
  }

  return {
    /** Follows the chain until aborted, whatever goes wrong: leases must end when they are closed. Never rejects. */
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        try {
          await follow(signal)
        } catch (error) {
          if (!signal.aborted) log.warn({ error }, 'the chain cannot be followed')
        }
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {}) // aborted: the loop ends
      }
    },

    /** Looks for one lease now; nothing happens if the chain has no such lease of this provider. */
    async discover(leaseId: Hex, signal: AbortSignal): Promise<void> {
      if (foreign.has(leaseId)) return
      try {
        const terms = await findTermsOfLease(client, { leaseId })
        if (terms.provider === provider) return await open(terms, signal)
        if (foreign.size >= MAX_FOREIGN) foreign.clear()
        foreign.add(leaseId)
      } catch (error) {
        if (!(error instanceof TenderError) || error.class !== 'notFound') throw error
      }
    },
  }
}
