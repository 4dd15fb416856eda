import { briefSchema, MAX_COUNTRIES, MAX_REPLICAS, orderEnvelopeSchema } from '@tender/protocol'
import { z } from 'zod'
import {
  accountSchema,
  addressParam,
  amountSchema,
  blockSchema,
  bpsSchema,
  classNameSchema,
  classParam,
  countrySchema,
  countSchema,
  hashSchema,
  hexSchema,
  idSchema,
  kindSchema,
  levelSchema,
  pageOf,
  pageQuery,
  secondsSchema,
  tierSchema,
  timeSchema,
} from './common.ts'

export const orderStateSchema = z
  .enum(['open', 'matched', 'expired', 'cancelled'])
  .describe(
    'open: it can still be matched. matched: leases opened. expired: its time passed without a match. cancelled: its tenant took it back',
  )

/** A bid that stands on the chain; sealed bids go straight to the tenant and are nobody else's to see. */
export const openBidSchema = z
  .object({
    offer: hashSchema.describe("The offer's digest"),
    provider: idSchema,
    price: amountSchema.describe('Smallest units per unit per hour'),
    kept: z.boolean().describe('False: a better one took its place'),
    tx: hashSchema,
    block: blockSchema,
  })
  .meta({ id: 'OpenBid', description: 'A bid of an auction on the chain' })

/** A tenant's signed request, as gossip or the chain brought it. */
export const orderSchema = z
  .object({
    hash: hashSchema.describe("The order's digest, which its tenant signed"),
    state: orderStateSchema,
    source: z
      .enum(['gossip', 'chain'])
      .describe(
        'gossip: signed and passed from peer to peer. chain: posted to the order book, or only known by its match',
      ),
    tenant: accountSchema,
    agent: accountSchema.nullable().describe('Peer key that bids are sealed to; null: only the match is known'),
    class: classNameSchema,
    asset: accountSchema,
    kind: kindSchema,
    tier: tierSchema.describe('The worst tier that it takes'),
    units: countSchema.describe('Resource units of one replica'),
    replicas: z
      .int()
      .min(1)
      .max(MAX_REPLICAS)
      .nullable()
      .describe('How many leases it asks for; null: only the match is known'),
    maxPrice: amountSchema
      .nullable()
      .describe('Highest price, smallest units per unit per hour; null: only the match is known'),
    duration: secondsSchema.describe('Seconds paid for'),
    maxMinSeconds: secondsSchema.nullable().describe('Longest minimum charge that it takes, seconds'),
    uptimeBps: bpsSchema.describe('Promised uptime asked for; 0: unmonitored'),
    worstLevel: levelSchema.nullable().describe('Worst trust level that it takes'),
    spread: z
      .enum(['none', 'distinctProviders', 'distinctCountries'])
      .nullable()
      .describe('How its replicas are spread'),
    countries: z.array(countrySchema).max(MAX_COUNTRIES).describe('Countries that it takes; empty: any'),
    previous: hashSchema.nullable().describe('The lease that it replaces; null: none'),
    auctionEnd: timeSchema.nullable().describe('Until when bids are taken'),
    expiry: timeSchema.nullable().describe('Until when it can be matched'),
    nonce: idSchema.nullable().describe("The bit of its tenant's bitmap that it uses"),
    signature: hexSchema.nullable().describe("The tenant's signature; null: only the match is known"),
    brief: briefSchema
      .nullable()
      .describe('The public part of its manifest, from gossip; null: it was not gossiped here'),
    seenAt: timeSchema.describe('When this gateway first heard of it'),
    bids: z.array(openBidSchema).max(256).describe('Bids of an auction on the chain; sealed bids are not public'),
    leases: z.array(hashSchema).max(MAX_REPLICAS).describe('Leases that it opened'),
    tx: hashSchema
      .nullable()
      .describe('Transaction that posted, matched or cancelled it, the latest; null: it is only gossip'),
    block: blockSchema.nullable().describe('Block of that transaction'),
  })
  .meta({ id: 'Order', description: "A tenant's signed request and what became of it" })

export const ordersSchema = pageOf(orderSchema).meta({ id: 'OrderPage', description: 'Orders, the newest first' })

export const ordersQuery = z.strictObject({
  state: orderStateSchema.optional(),
  source: z
    .enum(['gossip', 'chain'])
    .default('gossip')
    .describe('gossip: signed orders that peers passed on. chain: auctions at the order book'),
  class: classParam.optional(),
  tenant: addressParam.optional().describe('Only of this tenant'),
  ...pageQuery,
})

/** What `POST /v1/orders` takes: the same envelope that travels by gossip, numbers of 64 bits and more as decimal strings. */
export const orderBodySchema = orderEnvelopeSchema

export const publishedOrderSchema = z
  .object({
    hash: hashSchema.describe("The order's digest"),
    peers: countSchema.describe('Peers that it was passed to, as the gateway says'),
  })
  .meta({ id: 'PublishedOrder', description: 'A signed order that was passed on' })

export type OrderState = z.output<typeof orderStateSchema>
export type OpenBid = z.output<typeof openBidSchema>
export type Order = z.output<typeof orderSchema>
export type PublishedOrder = z.output<typeof publishedOrderSchema>
