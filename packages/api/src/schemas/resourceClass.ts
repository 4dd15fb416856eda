import { z } from 'zod'
import {
  accountSchema,
  addressParam,
  amountSchema,
  classNameSchema,
  countSchema,
  hashSchema,
  idSchema,
  kindSchema,
  placed,
  tierSchema,
  timeParam,
  timeSchema,
} from './common.ts'

/** What a unit of a class costs in one asset, from matches. */
export const classPriceSchema = z
  .object({
    asset: accountSchema,
    reference: amountSchema.describe(
      'Median price of the last 100 matches of the last 24 hours; if there were none, of the last 100: smallest units per unit per hour',
    ),
    matches: countSchema.describe('Matches that the reference price is of'),
    since: timeSchema.describe('When the earliest of them was'),
    last: z
      .object({ price: amountSchema, at: timeSchema, ...placed })
      .describe('The latest match: smallest units per unit per hour'),
  })
  .meta({ id: 'ClassPrice', description: 'What a unit of a resource class costs, from matches' })

/** A resource class and how much of it there is. */
export const resourceClassSchema = z
  .object({
    id: hashSchema.describe('Its id on the chain'),
    name: classNameSchema,
    listed: z.boolean().describe('Whether new capacity can be committed to it'),
    stakePerUnit: amountSchema.describe("What a committed unit locks, stake token's smallest units"),
    committedUnits: countSchema.describe('Units that providers stand for with their stake'),
    leasedUnits: countSchema.describe('Units of those that leases hold'),
    providers: countSchema.describe('Providers with units committed'),
    prices: z.array(classPriceSchema).max(64).describe('One for each asset in which it was matched'),
    ...placed,
  })
  .meta({ id: 'ResourceClass', description: 'A resource class, its capacity and its prices' })

/** All classes at once: there are few. */
export const resourceClassesSchema = z
  .object({ items: z.array(resourceClassSchema).max(1024) })
  .meta({ id: 'ResourceClasses', description: 'All resource classes, the listed ones first' })

/** The matches of one hour or day. Prices: smallest units per unit per hour. */
export const candleSchema = z
  .object({
    from: timeSchema.describe('When the interval begins'),
    first: amountSchema.describe('Price of its first match'),
    low: amountSchema.describe('Lowest price'),
    median: amountSchema.describe('Median price'),
    high: amountSchema.describe('Highest price'),
    last: amountSchema.describe('Price of its last match'),
    units: countSchema.describe('Units matched'),
    matches: countSchema.describe('Leases that opened'),
  })
  .meta({ id: 'Candle', description: 'The matches of one hour or day; prices in smallest units per unit per hour' })

export const candlesSchema = z
  .object({
    class: classNameSchema,
    asset: accountSchema,
    interval: z.enum(['hour', 'day']),
    items: z.array(candleSchema).max(1000).describe('The oldest first; intervals without a match are left out'),
  })
  .meta({ id: 'Candles', description: 'Price history of a resource class from actual matches' })

export const candlesQuery = z.strictObject({
  asset: addressParam.optional().describe("Asset of the prices; the market's default asset unless told"),
  interval: z.enum(['hour', 'day']).default('hour').describe('Length of a candle; days begin at midnight UTC'),
  from: timeParam
    .optional()
    .describe(
      'Earliest moment; unless told the last 7 days of hours, the last 180 days of days. At most 1000 candles come back',
    ),
})

/** One step of the demand: what tenants would pay. */
export const demandStepSchema = z
  .object({
    price: amountSchema.describe('Highest price of these orders, smallest units per unit per hour'),
    units: countSchema.describe('Units that they ask for, all replicas'),
    orders: countSchema,
  })
  .meta({ id: 'DemandStep', description: 'Open orders with one highest price' })

/** One step of the supply: what providers ask. */
export const supplyStepSchema = z
  .object({
    price: amountSchema.describe('Smallest units per unit per hour'),
    units: countSchema.describe('Units free at that price'),
    providers: z.array(idSchema).max(100).describe('Whose they are, at most 100'),
  })
  .meta({ id: 'SupplyStep', description: 'Free units with one indicative price' })

export const depthSchema = z
  .object({
    class: classNameSchema,
    asset: accountSchema,
    at: timeSchema.describe('When this was so'),
    demand: z
      .array(demandStepSchema)
      .max(1000)
      .describe('From signed orders that can still be matched, the highest price first'),
    supply: z
      .array(supplyStepSchema)
      .max(1000)
      .describe('From what providers say, bounded by what they have committed and not leased, the lowest price first'),
  })
  .meta({ id: 'Depth', description: 'Demand and supply of a resource class, by price' })

export const depthQuery = z.strictObject({
  asset: addressParam.optional().describe("Asset of the prices; the market's default asset unless told"),
})

/** A lease that an order and an offer opened. */
export const matchSchema = z
  .object({
    lease: hashSchema.describe('The lease that it opened'),
    order: hashSchema,
    offer: hashSchema,
    class: classNameSchema,
    tenant: accountSchema,
    provider: idSchema,
    asset: accountSchema,
    kind: kindSchema,
    tier: tierSchema,
    units: countSchema,
    price: amountSchema.describe('Smallest units per unit per hour'),
    durationSeconds: z.int().min(0).describe('How long was paid for, seconds'),
    at: timeSchema.describe('When it was matched'),
    ...placed,
  })
  .meta({ id: 'Match', description: 'A lease that an order and an offer opened' })

export type ClassPrice = z.output<typeof classPriceSchema>
export type ResourceClass = z.output<typeof resourceClassSchema>
export type Candle = z.output<typeof candleSchema>
export type Candles = z.output<typeof candlesSchema>
export type Depth = z.output<typeof depthSchema>
export type DemandStep = z.output<typeof demandStepSchema>
export type SupplyStep = z.output<typeof supplyStepSchema>
export type Match = z.output<typeof matchSchema>
