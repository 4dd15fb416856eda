import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger, Store } from '@tender/kit'
import { bytes32Schema } from '@tender/protocol'
import { type MarketClient, type MarketCursor, type MarketEvent, type MarketUpdate, watchMarket } from '@tender/sdk'
import { z } from 'zod'
import type { ChainBlock } from './blockAt.ts'
import { commonEventSchema } from './commonEventSchema.ts'
import { createEventBook, type EventBook, leaseHistorySchema } from './eventBook.ts'
import { factEventOf, type Place } from './factEvent.ts'

export type FollowOptions = {
  client: MarketClient
  store: Store
  /** Told each event before it is kept that it was told: after a crash some are told once more. */
  onEvent?: ((event: MarketEvent) => void) | undefined
  /** Told when the book knows the chain up to a new head. */
  onHead(head: ChainBlock): void
  log: Logger
}

export type FactFollower = {
  readonly book: EventBook
  /** Up to where the book knows the chain; `undefined` until first known. */
  head(): ChainBlock | undefined
  /** Follows the chain until aborted, through every outage of its endpoint. Never rejects. */
  run(signal: AbortSignal): Promise<void>
}

const cursorSchema = z.strictObject({ block: z.int(), hash: bytes32Schema }) satisfies z.ZodType<MarketCursor>
const CURSOR = 'facts'

/** Sorts as the chain does. */
const placeKey = ({ block, logIndex }: Place) =>
  `${block.toString().padStart(16, '0')}/${logIndex.toString().padStart(8, '0')}`

/** After the client's own retries, which take longer each time. */
const RETRY_MS = 1_000

/** Keeps a durable book of what the chain says, through restarts and through blocks that are taken back. */
export function createFactFollower({ client, store, onEvent, onHead, log }: FollowOptions): FactFollower {
  const leases = store.collection('factLeases', leaseHistorySchema)
  const common = store.collection('factEvents', commonEventSchema)
  const cursors = store.collection('cursors', cursorSchema)
  const book = createEventBook({
    leases: leases.entries().map(({ value }) => value),
    common: common.entries().map(({ value }) => value),
  })
  let head: ChainBlock | undefined

  function keep(cursor: MarketCursor): void {
    const changes = book.takeChanges()
    store.transaction(() => {
      for (const id of changes.leases) {
        const lease = book.lease(id)
        if (lease) leases.set(id, lease)
        else leases.delete(id)
      }
      if (changes.commonFrom !== undefined) keepCommon(changes.commonFrom)
      cursors.set(CURSOR, cursor)
    })
  }

  /** Writes anew what is known from a block on. */
  function keepCommon(from: number): void {
    for (const { key } of common.entries({ from: placeKey({ block: from, logIndex: 0 }) })) common.delete(key)
    for (const event of book.common()) if (event.block >= from) common.set(placeKey(event), event)
  }

  function take(update: MarketUpdate): void {
    if (update.type === 'reorg') {
      log.warn({ fromBlock: update.fromBlock }, 'the chain rolled back')
      book.undo(update.fromBlock)
    } else if (update.type === 'synced') {
      keep(update.cursor)
      const { cursor, timestamp } = update
      head = { number: BigInt(cursor.block), hash: cursor.hash, timestamp }
      onHead(head)
    } else {
      const event = factEventOf(update)
      if (event) book.apply(event)
      onEvent?.(update)
    }
  }

  async function follow(signal: AbortSignal): Promise<void> {
    const cursor = cursors.get(CURSOR)
    // What an interrupted look brought after the last kept block comes once more.
    book.undo(cursor ? cursor.block + 1 : 0)
    for await (const update of watchMarket(client, { cursor, signal })) take(update)
  }

  return {
    book,
    head: () => head,
    async run(signal) {
      while (!signal.aborted) {
        try {
          await follow(signal)
        } catch (error) {
          if (!signal.aborted) log.warn({ error }, 'the chain cannot be followed')
        }
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {}) // aborted: the loop ends
      }
    },
  }
}
