import { desc, eq, lt, sql } from 'drizzle-orm'
import type { Address } from 'viem'
import type { Transaction } from '../store/database.ts'
import type { Store } from '../store/openStore.ts'
import { auctions, balances, blocks, cursor, jobs, leases, orders, undo } from '../store/schema.ts'
import { applyEvent } from './apply/applyEvent.ts'
import { upsertRows } from './bulkRows.ts'
import type { ReadStep } from './chainReader.ts'
import { createDraft, type Draft, type RowMemory } from './draft.ts'
import type { MarketFacts, Step, StepFacts, TimedEvent } from './step.ts'
import { shapeOf } from './tableShape.ts'

export type CursorRow = typeof cursor.$inferSelect

/** What a step goes on from, and what it writes with. */
export type WriteOptions = {
  store: Store
  memory: RowMemory
  market: MarketFacts
  /** Whether the blocks may still be taken back. */
  journal: boolean
  /** The cursor after the step. */
  next: CursorRow
}

/** Applies what was read and writes it, with the cursor, in one transaction. */
export async function writeStep(read: ReadStep, facts: StepFacts, options: WriteOptions): Promise<void> {
  const { store, memory, market, journal, next } = options
  const draft = createDraft({ read: store.read, memory, journal })
  await preload(draft, read.events)
  const step: Step = {
    draft,
    market,
    facts,
    place: { position: 0, block: 0, tx: '0x', at: 0 },
    legs: 0,
    ended: undefined,
  }
  for (const event of read.events) await applyEvent(event, step)
  await store.write(async ({ tx, tell }) => {
    await draft.flush(tx)
    await markOrders(tx, read.events)
    await upsertRows(
      tx,
      shapeOf(blocks),
      read.blocks.map(({ block, hash, timestamp }) => ({ block, hash, timestamp })),
    )
    await tx.delete(blocks).where(lt(blocks.block, next.finalBlock))
    await tx.delete(undo).where(lt(undo.block, next.finalBlock + 1))
    await setCursor(tx, next)
    // Nobody waits for what happened long ago.
    if (journal) for (const change of draft.told) tell(change)
    tell({
      type: 'block',
      tenant: null,
      provider: null,
      data: { block: next.block, hash: next.hash, timestamp: next.timestamp },
    })
  })
}

/** Reads at once what the events will ask for one by one. */
async function preload(draft: Draft, events: readonly TimedEvent[]): Promise<void> {
  const opened = events.flatMap((event) => (event.type === 'LeaseOpened' ? [event.args] : []))
  const fresh = new Set(opened.map(({ lease }) => lease))
  const touched = new Set(events.flatMap(({ args }) => ('lease' in args && !fresh.has(args.lease) ? [args.lease] : [])))
  const paying = events.flatMap((event) => (event.type === 'Deposited' ? [event.args] : []))
  await draft.preload(
    auctions,
    opened.map(({ terms }) => [terms.order]),
  )
  await draft.preload(
    leases,
    [...touched].map((lease) => [lease]),
  )
  const ofJobs = events.flatMap((event) => (event.type === 'JobBegun' ? [event.args.lease] : []))
  await draft.preload(
    jobs,
    ofJobs.map((lease) => [lease]),
  )
  await draft.preload(balances, [
    ...paying.map(({ account, asset }) => [account, asset]),
    ...opened.map(({ terms }) => [terms.tenant, terms.asset]),
  ])
}

/** Says of orders that were seen in gossip what became of them. */
async function markOrders(tx: Transaction, events: readonly TimedEvent[]): Promise<void> {
  const matched = events.flatMap((event) =>
    event.type === 'LeaseOpened' ? [{ hash: event.args.terms.order, block: event.block }] : [],
  )
  const cancelled = events.flatMap((event) =>
    event.type === 'OrderCancelled' ? [{ hash: event.args.order, block: event.block }] : [],
  )
  for (const [column, list] of [
    [orders.matchedBlock, matched],
    [orders.cancelledBlock, cancelled],
  ] as const) {
    if (list.length === 0) continue
    await tx.execute(sql`
      UPDATE ${orders} SET ${sql.identifier(column.name)} = v.block
      FROM json_to_recordset(${JSON.stringify(list)}::json) AS v(hash text, block bigint) WHERE ${orders.hash} = v.hash`)
  }
}

const ROW = 1

export async function readCursor(store: Store): Promise<CursorRow | undefined> {
  const [row] = await store.read((db) => db.select().from(cursor).where(eq(cursor.id, ROW)))
  return row
}

export async function setCursor(tx: Transaction, row: CursorRow): Promise<void> {
  await tx.insert(cursor).values(row).onConflictDoUpdate({ target: cursor.id, set: row })
}

/** Before the first block. */
export function firstCursor(book: { chainId: number; deployBlock: number; orderBook: Address }): CursorRow {
  const { chainId, deployBlock, orderBook } = book
  const nothing = { block: deployBlock - 1, hash: '0x', timestamp: 0, finalBlock: deployBlock - 1 } as const
  return { id: ROW, chainId, orderBook, deployBlock, deployHash: '0x', ...nothing }
}

/** Blocks that are remembered, newest first. */
export function keptBlocks(store: Store) {
  return store.read((db) => db.select().from(blocks).orderBy(desc(blocks.block)))
}
