import type { Logger } from '@tender/kit'
import { resourceName } from '@tender/protocol'
import { inArray, max } from 'drizzle-orm'
import type { SeenOrder } from '../network/gatewayNetwork.ts'
import type { Transaction } from '../store/database.ts'
import type { Store, Writing } from '../store/openStore.ts'
import { cancellations, matches, orders } from '../store/schema.ts'
import { pauseUntil } from './pauseUntil.ts'
import { jsonOf, plainOf } from './plainJson.ts'

/** Writes down the orders that are seen in gossip. */
export type OrderKeeper = {
  /** Returns at once; what cannot be written soon is written later. */
  seen(order: SeenOrder): void
  /** Until aborted, and until what was seen by then is written. */
  run(signal: AbortSignal): Promise<void>
}

/** Orders that wait for the database; more are dropped, since gossip is nobody's only record. */
export const MOST_WAITING = 10_000
/** Written in one transaction. */
const BATCH = 500
/** After a failure. */
const PAUSE_MS = 1_000

/**
 * @example
 * const keeper = createOrderKeeper(store, log)
 * const network = await startGatewayNetwork({ onOrder: keeper.seen, … })
 */
export function createOrderKeeper(store: Store, log: Logger): OrderKeeper {
  const waiting = new Map<string, SeenOrder>()
  let wake = () => {}

  async function writeSome(): Promise<void> {
    const batch = [...waiting.values()].slice(0, BATCH)
    await store.write((writing) => keepOrders(writing, batch))
    for (const { hash } of batch) waiting.delete(hash)
  }

  return {
    seen(order) {
      if (waiting.size >= MOST_WAITING) return
      waiting.set(order.hash, order)
      wake()
    },
    async run(signal) {
      while (!signal.aborted) {
        try {
          while (waiting.size > 0) await writeSome()
          await pauseUntil(signal, (resolve) => (wake = resolve))
        } catch (error) {
          log.warn({ error, waiting: waiting.size }, 'orders cannot be written down yet')
          await pauseUntil(signal, () => {}, PAUSE_MS)
        }
      }
      while (waiting.size > 0) await writeSome()
    },
  }
}

/** Writes those that are not known yet, and says so. */
async function keepOrders({ tx, tell }: Writing, seen: readonly SeenOrder[]): Promise<void> {
  const hashes = seen.map(({ hash }) => hash)
  const known = await tx.select({ hash: orders.hash }).from(orders).where(inArray(orders.hash, hashes))
  const knownHashes = new Set(known.map(({ hash }) => hash))
  const fresh = seen.filter(({ hash }) => !knownHashes.has(hash))
  if (fresh.length === 0) return
  const [last] = await tx.select({ position: max(orders.position) }).from(orders)
  const became = await whatBecameOf(
    tx,
    fresh.map(({ hash }) => hash),
  )
  const first = (last?.position ?? 0) + 1
  await tx
    .insert(orders)
    .values(fresh.map((order, index) => ({ ...rowOf(order), ...became(order), position: first + index })))
  for (const { hash, envelope } of fresh) {
    tell({ type: 'order', tenant: envelope.order.tenant, provider: null, data: { hash, event: 'seen' } })
  }
}

/** An order may be heard of after the block that matched it. */
async function whatBecameOf(tx: Transaction, hashes: readonly SeenOrder['hash'][]) {
  const matched = await tx
    .select({ hash: matches.order, block: matches.block })
    .from(matches)
    .where(inArray(matches.order, [...hashes]))
  const cancelled = await tx
    .select({ hash: cancellations.order, block: cancellations.block })
    .from(cancellations)
    .where(inArray(cancellations.order, [...hashes]))
  const blockIn = (rows: typeof matched, hash: string) => rows.find((row) => row.hash === hash)?.block ?? null
  return ({ hash }: SeenOrder) => ({ matchedBlock: blockIn(matched, hash), cancelledBlock: blockIn(cancelled, hash) })
}

function rowOf({ hash, envelope, seenAt }: SeenOrder) {
  const { order, brief } = envelope
  const { tenant, asset, units, replicas, maxPrice, duration, auctionEnd, expiry } = order
  return {
    hash,
    seenAt,
    tenant,
    asset,
    resource: resourceName(order.resource),
    units,
    replicas,
    maxPrice,
    duration,
    auctionEnd,
    expiry,
    content: plainOf(order),
    brief: plainOf(brief),
    envelope: jsonOf(envelope),
  }
}
