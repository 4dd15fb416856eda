import { bigserial, index, integer, jsonb, primaryKey, text } from 'drizzle-orm/pg-core'
import { address, counted, hex, place, table, whole } from './columns.ts'

// What was read from the chain, and how far. Rows of blocks that the chain took back are gone.

/** One row: which market this database is of, and up to which block it knows it. */
export const cursor = table('cursor', {
  id: integer('id').primaryKey(),
  chainId: whole('chain_id').notNull(),
  orderBook: address('order_book').notNull(),
  deployBlock: whole('deploy_block').notNull(),
  /** Hash of the deploy block: another one there is another chain. */
  deployHash: hex('deploy_hash').notNull(),
  block: whole('block').notNull(),
  hash: hex('hash').notNull(),
  /** Unix seconds of that block. */
  timestamp: whole('timestamp').notNull(),
  /** Blocks after this one can be taken back. */
  finalBlock: whole('final_block').notNull(),
})

/** The last blocks, to find where a reorganisation began. */
export const blocks = table('blocks', {
  block: whole('block').primaryKey(),
  hash: hex('hash').notNull(),
  timestamp: whole('timestamp').notNull(),
})

/** Rows as they were before a block changed them. `before` null: there was none. */
export const undo = table(
  'undo',
  {
    block: whole('block').notNull(),
    /** The table's name in the database. */
    table: text('table_name').notNull(),
    /** The primary key's columns as a JSON array of texts. */
    key: text('key').notNull(),
    before: jsonb('before').$type<Record<string, unknown>>(),
  },
  (t) => [primaryKey({ columns: [t.block, t.table, t.key] })],
)

/** Every event of the market's contracts, as it stands in the chain. */
export const events = table(
  'events',
  {
    ...place(),
    logIndex: integer('log_index').notNull(),
    contract: address('contract').notNull(),
    name: text('name').notNull(),
    /** By name; integers of more than 48 bits are decimal texts. */
    args: jsonb('args').$type<Record<string, unknown>>().notNull(),
    // What it is about, where it is about such a thing.
    lease: hex('lease'),
    provider: counted('provider'),
    order: hex('order_hash'),
  },
  (t) => [
    primaryKey({ columns: [t.position] }),
    index('events_tx').on(t.tx),
    index('events_lease').on(t.lease, t.position),
    index('events_provider').on(t.provider, t.position),
    index('events_order').on(t.order, t.position),
  ],
)

/** What listeners were told, so that who was away can catch up. Never taken back, forgotten by age. */
export const changes = table(
  'changes',
  {
    /** Rises with each change, in the order of commits. */
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    /** Unix seconds by the gateway's clock. */
    toldAt: whole('told_at').notNull(),
    type: text('type').$type<ChangeType>().notNull(),
    /** Who it concerns, for filters. */
    tenant: address('tenant'),
    provider: counted('provider'),
    /** Plain JSON, see `Change`. */
    data: jsonb('data').$type<Record<string, unknown>>().notNull(),
  },
  (t) => [index('changes_told_at').on(t.toldAt)],
)

export type ChangeType = 'block' | 'reorg' | 'order' | 'match' | 'lease' | 'job' | 'provider' | 'era'
