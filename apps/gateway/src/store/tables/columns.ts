import { bigint, numeric, pgSchema, text } from 'drizzle-orm/pg-core'
import type { Address, Hex } from 'viem'

/** The gateway's own part of a database: all of its tables stand here, and nothing outside is its business. */
export const ownSchema = pgSchema('tender_gateway')

/** A table of the gateway's; every statement names it with its schema, whatever the connection's `search_path` is. */
export const table = ownSchema.table

// The kinds of column that all tables are made of. Amounts and uint256 are exact; what fits 53 bits is a number.

/** Up to 256 bits: amounts, shares, pools. */
export const amount = (name: string) => numeric(name, { precision: 78, scale: 0, mode: 'bigint' })

/** An id that contracts count up from 1. */
export const counted = (name: string) => bigint(name, { mode: 'bigint' })

/** Unix seconds, seconds, block numbers, units: less than 2^53. */
export const whole = (name: string) => bigint(name, { mode: 'number' })

/** 0x-hex, lower case. */
export const hex = (name: string) => text(name).$type<Hex>()

/** 0x-hex with the checksum in its case. */
export const address = (name: string) => text(name).$type<Address>()

/** Where in the chain a row's reason stands. `position` sorts as the chain does, see `positionOf`. */
export const place = () => ({
  position: whole('position').notNull(),
  block: whole('block').notNull(),
  tx: hex('tx').notNull(),
  /** Unix seconds of the block. */
  at: whole('at').notNull(),
})
